"""Which rows of a table are sound: everything wrong with each, which stand twice, which contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.columns import TypedColumn, column_types
from yucai.evidence.profiles import TableProfile
from yucai.texts import Text

__all__ = ["Judged", "judge"]

EMPTY: Final = Text("{title} is empty. Fill it in.", "{title}为空。请补上。")
TWICE: Final = Text(
    "the row {row} above says something else of the same {key}. Keep the right one.",
    "上文第 {row} 行对同一{key}的记载不同。请保留正确的一行。",
)
NOT_UNDERSTOOD: Final = Text(
    "{n} values in {title} were not understood and left empty (first: row {row}, “{value}”).",
    "{title}中有 {n} 个值未能识别，已留空（首见第 {row} 行“{value}”）。",
)
OUTSIDE: Final = Text(
    "the score {value} lies outside 0 to {highest}. Correct one of them.",
    "得分 {value} 不在 0 到 {highest} 之间。请改正。",
)
SCORED: Final = frozenset({"score", "highest"})  # may be empty: a state, which is said by the cell or by nothing
SOURCES: Final = frozenset({"source_sheet", "source_row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the rows: ``kept`` marks the sound ones, ``faults`` holds, by sheet and row, all that is wrong."""

    kept: pl.Series
    faults: Mapping[tuple[str, int], Sequence[Fault]]
    doubled: tuple[tuple[str, int], ...]
    notices: tuple[Fault, ...]


Part = tuple[str, Mapping[str, TypedColumn]]  # a sheet's name and its typed columns
Place = tuple[str, int]


def judge(
    profile: TableProfile, table: pl.DataFrame, parts: Sequence[Part], *, faults: Mapping[Place, Sequence[Fault]]
) -> Judged:
    """Return which rows of a table are sound. ``parts`` are its sheets in order, each with its typed columns;
    ``faults`` is what is wrong with some rows already.

    A value that is not understood refuses the row where the column is needed, and is left empty with a notice where
    it is not. A row that says the same as one above is a repetition; one that says something else of it is refused.
    """
    wrong = {place: list(told) for place, told in faults.items()}
    notices: list[Fault] = []
    sheets = table["source_sheet"].fill_null("").to_list()
    places = list(zip(sheets, table["source_row"].to_list(), strict=True))
    at = 0
    for sheet, typed in parts:
        height = len(next(iter(typed.values())).faults)
        rows = places[at : at + height]
        for name, column in typed.items():
            needed = profile.column(name).needed or "digits-lost" in column.says
            where = sheet if len(parts) > 1 else ""
            if profile.column(name).type != "highest":
                notices += _note_wrong(column, rows, needed=needed, faults=wrong, where=where)
        _note_empty(profile, typed, rows, wrong)
        _note_outside(profile, typed, rows, wrong)
        at += height
    doubled = _note_twice(profile, table, places, wrong)
    out = {*wrong, *doubled}
    kept = pl.Series("kept", [place not in out for place in places], dtype=pl.Boolean)
    return Judged(kept=kept, faults=wrong, doubled=tuple(doubled), notices=tuple(notices))


def _note_wrong(
    column: TypedColumn, rows: Sequence[Place], *, needed: bool, faults: dict[Place, list[Fault]], where: str
) -> list[Fault]:
    """Write down what was not understood: against the row where the column is needed, as one notice where it is not."""
    wrong = [n for n, code in enumerate(column.faults.to_list()) if code]
    if not wrong:
        return []
    if not needed:
        facts = {"n": len(wrong), "title": column.title, "row": rows[wrong[0]][1], "value": column.texts[wrong[0]]}
        return [Fault(code="not-understood", says=NOT_UNDERSTOOD, where=where, facts=facts)]
    for n in wrong:
        code = column.faults[n]
        facts = {"value": column.texts[n], "title": column.title, **column.facts}
        faults.setdefault(rows[n], []).append(Fault(code=code, says=column.says[code], facts=facts))
    return []


def _note_empty(
    profile: TableProfile, typed: Mapping[str, TypedColumn], rows: Sequence[Place], faults: dict[Place, list[Fault]]
) -> None:
    """Write down which needed cells are empty; of columns of which one is needed, one must be filled."""
    groups: dict[str, list[TypedColumn]] = {}
    for column in profile.columns:
        asked = (column.needed and column.type not in SCORED) or column.needed_one_of
        if column.name in typed and asked:
            groups.setdefault(column.needed_one_of or column.name, []).append(typed[column.name])
    for columns in groups.values():
        filled = pl.DataFrame([(c.texts != "").rename(f"{n}") for n, c in enumerate(columns)])
        for n in filled.select(~pl.any_horizontal(pl.all())).to_series().arg_true().to_list():
            facts = {"title": columns[0].title}
            faults.setdefault(rows[n], []).append(Fault(code="empty", says=EMPTY, facts=facts))


def _note_outside(
    profile: TableProfile, typed: Mapping[str, TypedColumn], rows: Sequence[Place], faults: dict[Place, list[Fault]]
) -> None:
    """Write down scores without a highest score above 0, or outside of it; a state needs none."""
    named = {column.type: column.name for column in profile.columns if column.type in SCORED and column.name in typed}
    if named.keys() != SCORED:
        return
    score, most = typed[named["score"]], typed[named["highest"]]
    seen = pl.DataFrame(
        {"score": score.values[named["score"]], "most": most.values[named["highest"]],
         "state": score.values[f"{named['score']}_state"]}
    ).with_row_index("n").filter(pl.col("state").is_null())  # fmt: skip
    for n in seen.filter(pl.col("most").is_null())["n"]:
        told = Fault(code="no-highest", says=most.says["no-highest"], facts={"value": most.texts[n]})
        faults.setdefault(rows[n], []).append(told)
    for n in seen.filter((pl.col("score") < 0) | (pl.col("score") > pl.col("most")))["n"]:
        facts = {"value": score.texts[n], "highest": most.texts[n]}
        faults.setdefault(rows[n], []).append(Fault(code="outside", says=OUTSIDE, facts=facts))


def _note_twice(
    profile: TableProfile, table: pl.DataFrame, places: Sequence[Place], faults: dict[Place, list[Fault]]
) -> list[Place]:
    """Return the repetitions; write down the rows that say something else of what a row above speaks of."""
    key = [part for name in profile.key for part in column_types(profile.column(name)) if part in table.columns]
    takes_part = pl.Series([place not in faults for place in places], dtype=pl.Boolean)
    for column in profile.columns:
        if column.type == "score":  # a state and a later score may stand side by side
            takes_part &= table[f"{column.name}_state"].is_null()
    said = [name for name in table.columns if name not in SOURCES]
    groups = table.filter(takes_part).select(  # only these: a file may call its own columns as it likes
        n=takes_part.arg_true(),
        again=~pl.struct(key).is_first_distinct(),
        same=~pl.struct(said).is_first_distinct(),
        first=pl.col("source_row").first().over(key),
    )
    groups = groups.filter(pl.col("again"))
    titles = Text(", ".join(profile.column(name).title.en for name in profile.key),
                  "、".join(profile.column(name).title.zh for name in profile.key))  # fmt: skip
    doubled = []
    for n, same, first in groups.select("n", "same", "first").iter_rows():
        if same:
            doubled.append(places[n])
        else:
            facts = {"row": first, "key": titles}
            faults.setdefault(places[n], []).append(Fault(code="twice", says=TWICE, facts=facts))
    return doubled
