"""Statements without anybody's name, written for research by command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.evidence import KNOWN_VOCABULARIES, ExportPart, ReleaseRules, TimeGrain
from yucai.texts import Text
from yucai.web.commands.gathering import stores_named
from yucai.web.commands.starting import start, time_told

__all__ = ["PseudonymisedExport", "RecordsExported", "export_records_pseudonymised"]

CROWD: Final = Text(
    "The rarest combination of {columns} is shared by {smallest} people; {rare} combinations by fewer than {k}.",
    "{columns} 的最少见组合由 {smallest} 人共有；不足 {k} 人的组合有 {rare} 个。",
)
NO_CROWD: Final = Text(
    "How well people hide in the crowd was not checked. Name columns with --column.",
    "未检查人群匿名程度。可用 --column 指定列。",
)


class SamePeopleUnreadableError(YucaiError):
    """The file that says which identifiers are one person's cannot be used."""

    says = Text(
        "“{file}” must be a JSON list of lists of agents, each list one person.",
        "“{file}”应为 JSON 列表，其中每个列表含同一人的多个主体。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class PseudonymisedExport:
    """What was typed: which statements, what of them, for whom and for what."""

    to: Path
    recipient: str
    purpose: str
    consents: str = ""
    since: str | None = None
    until: str | None = None
    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    times: str = "exact"
    shift_days: int = 0
    columns: tuple[str, ...] = ()
    k: int = 5
    leave_out: bool = False
    same_people: Path | None = None
    key_file: Path | None = None

    def rules(self) -> ReleaseRules:
        """Return what goes out."""
        return ReleaseRules(
            parts=frozenset(ExportPart(part) for part in self.parts),
            addresses=(*KNOWN_VOCABULARIES, *self.addresses),
            extensions=frozenset(self.extensions),
            grain=TimeGrain(self.times),
            shift_days=self.shift_days,
        )

    def same(self) -> dict[str, str]:
        """Return which identifier stands for which. Raises SamePeopleUnreadableError."""
        from yucai.evidence import actor_key, is_agent

        if self.same_people is None:
            return {}
        try:
            found = json.loads(self.same_people.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise SamePeopleUnreadableError(file=self.same_people) from problem
        people: list[Any] = found if isinstance(found, list) else [None]
        if not all(isinstance(person, list) and person and all(map(is_agent, person)) for person in people):
            raise SamePeopleUnreadableError(file=self.same_people)
        return {actor_key(one): actor_key(person[0]) for person in people for one in person}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsExported:
    """What went out, and where it lies."""

    code: str
    folder: Path
    statements: int
    people: int
    left_out: int
    columns: tuple[str, ...]
    k: int
    smallest: int | None
    rare: int

    def in_language(self, language: str) -> str:
        """Return how many statements of how many people, and how well they hide in the crowd."""
        said = Text(
            "Export {code}: {statements} statement{statements:|s} of {people} people in {folder}, {left_out} left out.",
            "导出 {code}：{people} 人的 {statements} 条陈述已写入 {folder}，未导出 {left_out} 条。",
        ).in_language(
            language,
            code=self.code,
            statements=self.statements,
            people=self.people,
            folder=self.folder,
            left_out=self.left_out,
        )
        if self.smallest is None:
            return f"{said}\n{NO_CROWD.in_language(language)}"
        columns = ", ".join(self.columns)
        crowd = CROWD.in_language(language, columns=columns, smallest=self.smallest, rare=self.rare, k=self.k)
        return f"{said}\n{crowd}"


def export_records_pseudonymised(
    workspace: Path, code: str, asked: PseudonymisedExport, *, at: datetime
) -> RecordsExported:
    """Write statements of a store without anybody's name into a new folder.

    Without a place where consents lie, only statements of people go out whose consent to research holds now.
    Raises FaultyInputError, UnknownStoreError, NoTimeError, SamePeopleUnreadableError.
    """
    start(workspace)
    from yucai.web.records.exporting import Crowd, ExportFilter, ExportPurpose, export_pseudonymised
    from yucai.web.rights.own_statements import actors_consenting

    store = stores_named(code)[0]
    done = export_pseudonymised(
        store=store,
        folder=asked.to,
        purpose=ExportPurpose(recipient=asked.recipient, purpose=asked.purpose, consents=asked.consents),
        rules=asked.rules(),
        wanted=ExportFilter(
            since=time_told(asked.since),
            until=time_told(asked.until),
            verbs=asked.verbs,
            activities=asked.activities,
            actors=None if asked.consents.strip() else actors_consenting(store, at=at),
        ),
        crowd=Crowd(columns=asked.columns, k=asked.k, leave_out=asked.leave_out),
        same=asked.same(),
        key_file=asked.key_file,
        by=None,
        at=at,
    )
    return RecordsExported(
        code=done.code,
        folder=asked.to,
        statements=done.statements,
        people=done.people,
        left_out=done.left_out,
        columns=asked.columns,
        k=asked.k,
        smallest=done.smallest,
        rare=done.rare,
    )
