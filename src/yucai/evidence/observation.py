"""Observation records: who watched whom, for how long, by which sampling, and what was seen. Checked, never altered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from yucai.errors import FaultyInputError
from yucai.evidence.coding_schemes import CodingScheme
from yucai.evidence.observation_faults import row_faults, session_faults
from yucai.evidence.observation_sessions import Session
from yucai.frames import Column, Contract
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["OBSERVATIONS", "Observations"]


def _column(name: str, kind: str, meaning: Text, *, unit: str = "", needed: bool = False) -> Column:
    return Column(name=name, kind=kind, meaning=meaning, unit=unit, required=needed, nullable=not needed)


OBSERVATIONS = Contract(
    "observations",
    (
        _column("session", "text", Text("the session it was seen in", "所属观察时段"), needed=True),
        _column("observer", "text", Text("who saw it", "观察者"), needed=True),
        _column("code", "text", Text("what was seen, by the coding scheme", "编码方案中的代码"), needed=True),
        _column("onset_s", "number", Text("when it began, from the start of the session", "开始时刻，自时段开始计"),
                unit="seconds", needed=True),
        _column("offset_s", "number", Text("when it ended; empty for a moment", "结束时刻；瞬时事件为空"),
                unit="seconds"),
        _column("actor", "text", Text("who did it; empty: the child observed", "行为者；为空即被观察幼儿")),
        _column("target", "text", Text("to whom: a pseudonym, peer, adult, object, group", "对象：化名或上述类别")),
        _column("antecedent", "text", Text("what went before, as linked by the observer", "观察者所联系的前因")),
        _column("consequence", "text", Text("what followed, as linked by the observer", "观察者所联系的后果")),
        _column("modifiers", "text", Text("form=physical;function=reactive", "修饰项，如 form=physical")),
        _column("materials", "text", Text("what was being used", "所用材料")),
        _column("density", "number", Text("children within reach", "触手可及范围内的幼儿数"), unit="children"),
        _column("adult_distance_m", "number", Text("distance to the nearest adult", "与最近成人的距离"), unit="metres"),
        _column("comment", "text", Text("a remark, without names", "备注，不写姓名")),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Sessions and what was seen in them, in the columns of ``OBSERVATIONS``, by one coding scheme.

    Session and observer together name one record. In ``partial-interval`` and ``whole-interval`` a row is one
    interval that was scored (onset and offset are its ends); in ``momentary`` it is one moment, the end of an
    interval. A bout that was under way when watching began has onset 0; one that was still under way at the end has
    the end as offset.
    """

    scheme: CodingScheme
    sessions: tuple[Session, ...]
    table: pl.DataFrame

    @classmethod
    def from_table(cls, table: Any, *, scheme: CodingScheme, sessions: Iterable[Session]) -> Observations:
        """Return checked observations from a data frame of any kind.

        Raises FaultyInputError that lists all faults: columns, codes, times outside the session, states that overlap,
        intervals off their grid, names in place of pseudonyms, missing consent or deletion date, video without
        consent.
        """
        listed = tuple(sessions)
        faults = list(session_faults(scheme, listed))
        try:
            checked = OBSERVATIONS.check(table)
        except FaultyInputError as error:
            raise FaultyInputError(OBSERVATIONS.name, [*faults, *error.faults]) from None
        faults.extend(row_faults(checked, scheme, listed))
        if faults:
            raise FaultyInputError(OBSERVATIONS.name, faults)
        order = ["session", "observer", "onset_s", "code"]
        return cls(scheme, listed, checked.sort(order, maintain_order=True))

    def __len__(self) -> int:
        """The number of rows."""
        return self.table.height

    @property
    def children(self) -> tuple[str, ...]:
        """The pseudonyms of the children watched, in order."""
        return tuple(sorted({session.child for session in self.sessions}))

    def select(self, keep: Sequence[Session]) -> Observations:
        """Return the observations of some sessions only."""
        kept = Observations(self.scheme, tuple(keep), self.table)
        return Observations(self.scheme, kept.sessions, kept._rows_of_sessions())

    def first_records(self) -> Observations:
        """Return the records that count: those that were not taken only to look at agreement."""
        return self.select([session for session in self.sessions if not session.second])

    def of_setting(self, setting: str) -> Observations:
        """Return the observations made in one setting."""
        return self.select([session for session in self.sessions if session.setting == setting])

    def due_for_deletion(self, *, on: date) -> tuple[Session, ...]:
        """Return the sessions whose day of deletion has come."""
        return tuple(session for session in self.sessions if session.delete_on <= on)

    def with_children(self) -> pl.DataFrame:
        """Return the rows with the columns child, setting and exposure_s of their session beside them."""
        return self.table.join(self.sessions_table(), on=["session", "observer"], how="left", maintain_order="left")

    def acts(self, code: str) -> pl.DataFrame:
        """Return the rows of one code in which the child observed is the one who acts, with child and setting.

        Raises UnknownObservationCodeError.
        """
        import polars as pl

        self.scheme.code_of(code)
        own = pl.col("actor").is_null() | (pl.col("actor") == pl.col("child"))
        return self.with_children().filter((pl.col("code") == code) & own)

    def _rows_of_sessions(self) -> pl.DataFrame:
        names = self.sessions_table().select("session", "observer")
        return self.table.join(names, on=["session", "observer"], how="semi", maintain_order="left")

    def sessions_table(self) -> pl.DataFrame:
        """Return session, observer, child, setting and exposure_s, one row a record."""
        import polars as pl

        names = ("session", "observer", "child", "setting", "exposure_s")
        held = [{name: getattr(session, name) for name in names} for session in self.sessions]
        schema = dict.fromkeys(names[:-1], pl.String) | {"exposure_s": pl.Float64}
        return pl.DataFrame(held, schema=schema)
