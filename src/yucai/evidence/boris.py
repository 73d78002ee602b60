"""Observation records to and from BORIS: its tables of exported events, tabular and aggregated, as files or frames.

BORIS (Friard and Gamba 2016) knows observations, subjects, behaviours of the types STATE and POINT, and modifiers.
What it has no place for (observer, setting, observed time, consent, deletion date ...) travels as independent
variables, one column each, so that records come back whole. Column names are those of BORIS 8.27; older ones are
understood too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.boris_sessions import VARIABLES, sessions_of, variables_of
from yucai.evidence.coding_schemes import CodingScheme
from yucai.evidence.observation import OBSERVATIONS, Observations
from yucai.evidence.observation_sessions import Session
from yucai.evidence.titled import read_titled
from yucai.evidence.vocabulary import harmless, plain
from yucai.frames import to_polars
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BorisExport", "BorisReading", "from_boris", "read_boris", "to_boris"]

NEEDED: Final = ("observation id", "subject", "behavior", "behavior type")
OWN_FIELDS: Final = ("actor", "target", "antecedent", "consequence", "materials", "density", "adult_distance_m")
START_RANK: Final = {"STOP": 0, "POINT": 1, "START": 2}
BEFORE: Final = ("Observation id", "Observation date", "Description", "Observation duration", "Observation type",
                 "Source", "Time offset (s)", "Media duration (s)", "FPS")  # fmt: skip
AFTER: Final = ("Behavior type", "Time", "Media file name", "Image index", "Image file path", "Comment")

SILENT: Final = Text(
    "{n} session{n:|s} {n:holds|hold} no event, and BORIS's table has no row for them. Keep their list: without it "
    "the observed time would come back too short and every rate too high.",
    "有 {n} 个时段没有任何事件，BORIS 的表格中没有它们的行。请保留其清单：否则观察时长会偏短，所有频率都会偏高。",
)
NO_COLUMN: Final = Text(
    "the column “{value}” is missing. Export “events” (tabular or aggregated) from BORIS anew.",
    "缺少“{value}”列。请从 BORIS 重新导出“events”（tabular 或 aggregated）。",
)
NO_TIMES: Final = Text(
    "neither “Time” nor “Start (s)” and “Stop (s)” are among the columns. Export events from BORIS anew.",
    "既没有“Time”列，也没有“Start (s)”与“Stop (s)”列。请从 BORIS 重新导出事件。",
)
NO_STOP: Final = Text(
    "“{value}” starts and never stops. Mark its end in BORIS (or the end of the observation).",
    "“{value}”有开始而无结束。请在 BORIS 中标出其结束（或观察终点）。",
)
NO_START: Final = Text(
    "“{value}” stops without having started. Mark its beginning in BORIS.",
    "“{value}”有结束而无开始。请在 BORIS 中标出其开始。",
)
BAD_TYPE: Final = Text(
    "the behaviour type “{value}” is none of START, STOP, POINT, STATE. Correct it.",
    "行为类型“{value}”不是 START、STOP、POINT、STATE 之一。请改正。",
)
BAD_TIME: Final = Text(
    "“{value}” is no time in seconds. Choose seconds in BORIS and export anew.",
    "“{value}”不是以秒表示的时间。请在 BORIS 中选择以秒显示并重新导出。",
)
BAD_MODIFIER: Final = Text(
    "the modifier “{value}” belongs to no modifier of “{code}” in the scheme. Correct it, or add it to the scheme.",
    "修饰项“{value}”不属于编码方案中“{code}”的任何修饰项。请改正，或补入编码方案。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BorisExport:
    """A table of tabular events as BORIS writes it, and the sessions that it cannot hold because nothing was seen."""

    table: pl.DataFrame
    silent: tuple[Session, ...]
    notices: tuple[Text, ...]

    def save(self, path: Path) -> None:
        """Write the table as tab-separated text, the form that BORIS calls TSV; nothing in it acts as a formula."""
        import polars as pl

        texts = pl.col(pl.String).map_elements(harmless, return_dtype=pl.String)
        self.table.with_columns(texts).write_csv(path, separator="\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class BorisReading:
    """The observations in a table of BORIS, and what to know about them."""

    observations: Observations
    notices: tuple[Text, ...]


def to_boris(observations: Observations) -> BorisExport:
    """Return observations as BORIS's tabular events: START and STOP for what lasts, POINT for moments."""
    import polars as pl

    scheme = observations.scheme
    width = len(scheme.modifiers) + len(OWN_FIELDS)
    columns = [*BEFORE, *VARIABLES, "Subject", "Behavior", "Behavioral category",
               *(f"Modifier #{n + 1}" for n in range(width)), *AFTER]  # fmt: skip
    by_name = {(session.session, session.observer): session for session in observations.sessions}
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in observations.table.iter_rows(named=True):
        held.setdefault((row["session"], row["observer"]), []).append(row)
    lines = [line for name, rows in held.items() for line in _lines(by_name[name], rows, scheme)]
    silent = tuple(session for name, session in by_name.items() if name not in held)
    filled = SILENT.filled(n=len(silent))
    table = pl.DataFrame(
        {column: [line.get(column, "") for line in lines] for column in columns},
        schema=dict.fromkeys(columns, pl.String),
    )
    return BorisExport(table=table, silent=silent, notices=(filled,) if silent else ())


def _lines(session: Session, rows: Sequence[dict[str, Any]], scheme: CodingScheme) -> Iterator[dict[str, str]]:
    moments: list[tuple[float, int, str, dict[str, Any]]] = []
    for row in rows:
        onset, offset = row["onset_s"], row["offset_s"]
        if offset is None:
            moments.append((onset, START_RANK["POINT"], "POINT", row))
        else:
            moments.append((onset, START_RANK["START"], "START", row))
            moments.append((offset, START_RANK["STOP"] if offset > onset else 3, "STOP", row))
    for moment, _rank, kind, row in sorted(moments, key=lambda one: one[:2]):
        said = [*_modifiers_said(row, scheme), *(_own(row, field) for field in OWN_FIELDS)]
        yield {
            "Observation id": f"{session.session} {session.observer}",
            "Observation date": f"{session.starts:%Y-%m-%d %H:%M:%S}",
            "Observation duration": repr(float(session.exposure_s)),
            "Observation type": "Live observation",
            "Source": "NA",
            "Media duration (s)": "NA",
            "FPS": "NA",
            **variables_of(session),
            "Subject": session.child,
            "Behavior": row["code"],
            "Behavioral category": _category(row["code"], scheme),
            **{f"Modifier #{n}": value for n, value in enumerate(said, start=1)},
            "Behavior type": kind,
            "Time": repr(float(moment)),
            "Media file name": "NA",
            "Comment": (row["comment"] or "") if kind != "STOP" else "",
        }


def _modifiers_said(row: Mapping[str, Any], scheme: CodingScheme) -> Iterator[str]:
    said = dict(part.strip().split("=", 1) for part in (row["modifiers"] or "").split(";") if part.strip())
    for modifier in scheme.modifiers:
        yield f"{modifier.code}={said[modifier.code]}" if modifier.code in said else "None"


def _own(row: Mapping[str, Any], field: str) -> str:
    return "None" if row[field] is None else f"{field}={row[field]}"


def _category(code: str, scheme: CodingScheme) -> str:
    groups = ("behaviours", "antecedents", "consequences")
    return next((group for group in groups if code in scheme.codes_of(group)), "")


def read_boris(
    path: Path,
    *,
    scheme: CodingScheme,
    zone: tzinfo,
    given: Mapping[str, str] | None = None,
    sessions: Sequence[Session] = (),
) -> BorisReading:
    """Return the observations in a TSV, CSV or XLSX file that BORIS exported; see ``from_boris``."""
    import polars as pl

    _digest, sheets = read_titled(path, known=frozenset((*NEEDED, "time", "start (s)", "stop (s)")))
    tables = [
        grid.columns.rename(dict(zip(grid.columns.columns, _titles(grid.header), strict=True))) for grid in sheets
    ]
    table = pl.concat(tables, how="diagonal")
    return from_boris(table, scheme=scheme, zone=zone, given=given, sessions=sessions, name=path.name)


def _titles(header: Sequence[str]) -> list[str]:
    return [title if title and title not in header[:n] else f"column {n + 1}" for n, title in enumerate(header)]


def from_boris(
    table: Any,
    *,
    scheme: CodingScheme,
    zone: tzinfo,
    given: Mapping[str, str] | None = None,
    sessions: Sequence[Session] = (),
    name: str = "BORIS",
) -> BorisReading:
    """Return the observations in a frame of BORIS's tabular or aggregated events.

    ``given`` says, for all sessions, what the table has no independent variable for: observer, setting, consent,
    delete_on, mode and so on. ``sessions`` are further ones, such as those in which nothing was seen. ``zone`` is the
    time zone of BORIS's dates. Raises FaultyInputError that lists all faults at once.
    """
    import polars as pl

    frame = to_polars(table)
    by_plain = {plain(column): column for column in frame.columns}
    rows = [
        {key: "" if row[column] is None else str(row[column]).strip() for key, column in by_plain.items()}
        for row in frame.iter_rows(named=True)
    ]
    faults = [Fault(code="missing-column", says=NO_COLUMN, facts={"value": n}) for n in NEEDED if n not in by_plain]
    if not ("time" in by_plain or {"start (s)", "stop (s)"} <= by_plain.keys()):
        faults.append(Fault(code="missing-column", says=NO_TIMES))
    if faults:
        raise FaultyInputError(name, faults)
    rows = [row for row in rows if any(row[column] for column in NEEDED)]
    found, names, notices = sessions_of(rows, given or {}, zone=zone, faults=faults)
    lines = list(_events(rows, names, scheme, faults=faults))
    if faults:
        raise FaultyInputError(name, faults)
    own = pl.DataFrame(lines, schema=OBSERVATIONS.empty().schema)
    observations = Observations.from_table(own, scheme=scheme, sessions=[*found, *sessions])
    return BorisReading(observations=observations, notices=tuple(notices))


def _events(
    rows: Sequence[dict[str, str]],
    names: Mapping[str, tuple[str, str]],
    scheme: CodingScheme,
    *,
    faults: list[Fault],
) -> Iterator[dict[str, Any]]:
    """Yield one row in our columns for each bout or moment; whatever cannot be paired becomes a fault."""
    running: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for n, row in enumerate(rows, start=2):
        kind, where = row["behavior type"].upper(), f"row {n}"
        said = _said(row, scheme, where=where, faults=faults)
        event = {**said, "code": row["behavior"], "row": where}
        event["session"], event["observer"] = names.get(row["observation id"], ("", ""))
        key = (row["observation id"], row["subject"], row["behavior"], repr(sorted(said.items())))
        first = _seconds(row, "time" if row.get("time") else "start (s)", where=where, faults=faults)
        if kind == "POINT":
            yield _own_row(event, row, onset=first, offset=None)
        elif kind == "STATE":
            yield _own_row(event, row, onset=first, offset=_seconds(row, "stop (s)", where=where, faults=faults))
        elif kind == "START":
            running.setdefault(key, []).append({**event, "onset": first, "said": row})
        elif kind == "STOP" and running.get(key):
            begun = running[key].pop(0)
            yield _own_row(begun, begun["said"], onset=begun["onset"], offset=first)
        elif kind == "STOP":
            faults.append(Fault(code="no-start", says=NO_START, where=where, facts={"value": row["behavior"]}))
        else:
            faults.append(Fault(code="type", says=BAD_TYPE, where=where, facts={"value": row["behavior type"]}))
    for begun in (one for bouts in running.values() for one in bouts):
        faults.append(Fault(code="no-stop", says=NO_STOP, where=begun["row"], facts={"value": begun["code"]}))


def _own_row(event: Mapping[str, Any], row: Mapping[str, str], *, onset: float, offset: float | None) -> dict[str, Any]:
    held = {column.name: event.get(column.name) for column in OBSERVATIONS.columns}
    comment = row.get("comment") or row.get("comment start") or None
    return {**held, "onset_s": onset, "offset_s": offset, "comment": comment}


def _seconds(row: Mapping[str, str], column: str, *, where: str, faults: list[Fault]) -> float:
    try:
        return float(row.get(column, ""))
    except ValueError:
        faults.append(Fault(code="time", says=BAD_TIME, where=where, facts={"value": row.get(column, "")}))
        return 0.0


def _said(row: Mapping[str, str], scheme: CodingScheme, *, where: str, faults: list[Fault]) -> dict[str, Any]:
    """Return the modifiers of a row in our columns: ``name=value`` as we write them, a bare value as BORIS has it."""
    known = {value.code: one.code for one in scheme.modifiers if row["behavior"] in one.of for value in one.values}
    names = {one.code for one in scheme.modifiers}
    said: dict[str, Any] = {}
    modifiers = []
    cells = [row[column] for column in row if column.startswith("modifier")]
    for value in (part.strip() for cell in cells for part in cell.split("|")):
        field, _, rest = value.partition("=")
        if value in ("", "None", "NA"):
            continue
        if field in OWN_FIELDS and rest:
            said[field] = float(rest) if field in ("density", "adult_distance_m") else rest
        elif field in names and rest:
            modifiers.append(value)
        elif value in known:
            modifiers.append(f"{known[value]}={value}")
        else:
            facts = {"value": value, "code": row["behavior"]}
            faults.append(Fault(code="modifier", says=BAD_MODIFIER, where=where, facts=facts))
    if modifiers:
        said["modifiers"] = ";".join(modifiers)
    return said
