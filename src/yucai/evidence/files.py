"""Files in: what a table means, which rows are sound, and a report of it all."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.grids import MOST_BYTES, Grid, plain, read_grids, shown_figure
from yucai.evidence.refusals import ColumnsMissingError, EmptyFileError, FileUnreadableError
from yucai.evidence.reports import ImportReport, RefusedRow
from yucai.evidence.responses import RESPONSES, Responses
from yucai.framework import EvidenceMap
from yucai.texts import Text

__all__ = ["Reading", "check_items", "read_responses"]

REQUIRED: Final = ("learner", "item", "score", "max_score")
SAID: Final = {
    "shifted": Text(
        "the row has more cells than the header has titles: a value that holds the separator needs quotation marks. "
        "Correct the row.",
        "该行的单元格多于表头：取值中若含分隔符，须用引号括起。请改正该行。",
    ),
    "no-learner": Text("no learner is named. Enter the number.", "没有学号。请补上。"),
    "no-item": Text("no item is named. Enter what was done.", "没有题目或任务。请补上。"),
    "long-number": Text(
        "the number {value} was stored as a figure and has lost digits. Format the column as text and enter it again.",
        "编号 {value} 被存为数值，末位已丢失。请把该列设为文本后重新录入。",
    ),
    "not-a-number": Text("the score “{value}” is not a number. Correct it.", "得分“{value}”不是数字。请改正。"),
    "outside": Text(
        "the score {value} lies outside 0 to {highest}. Correct one of them.",
        "得分 {value} 不在 0 到 {highest} 之间。请改正。",
    ),
    "no-highest": Text(
        "the highest score “{highest}” is no number above 0. Correct it.", "满分“{highest}”不是大于 0 的数字。请改正。"
    ),
    "twice": Text(
        "the same learner, item, rater and term stand in a row above. Keep one of them.",
        "与上文某行的学号、题目、评分人、学期相同。请只保留一行。",
    ),
}
NO_RULE = Text(
    "no rule of “{map}” covers the item “{item}”: it is kept but not measured. Add a rule to measure it.",
    "“{map}”中没有规则涵盖题目“{item}”：已保留，但不参与测量。如需测量，请补充规则。",
)
NO_TIME = Text(
    "{n} times were not understood (first: row {row}, “{value}”): these scores are kept without a time. "
    "Write times as 2026-03-31 or 2026-03-31 09:30.",
    "有 {n} 个时间未能识别（首见第 {row} 行“{value}”）：得分已保留，但不带时间。"
    "请写成 2026-03-31 或 2026-03-31 09:30。",
)
OTHER_SHEET = Text(
    "the sheet “{sheet}” has none of the columns learner, item, score, max_score; it was not read.",
    "工作表“{sheet}”中没有学号、题目、得分、满分任何一列，未读取。",
)
# What a row is told by, and the numbers among it that were stored as figures too long for one. A learner's number holds
# no E; an item may well be called 3E2, so that there only the plus and the two digits that programs write give it away.
LONG_LEARNER: Final = r"^\d(\.\d+)?[eE]\+?\d+$|^\d{16,}\.0+$"
LONG_NUMBER: Final = r"^\d(\.\d+)?[eE]\+\d{2,}$|^\d{16,}\.0+$"
DAY: Final = r"^([1-9]\d{3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(.*)$"  # a year of two digits could be a day
LAST_YEAR: Final = 9999
EXACT_BELOW: Final[dict[type[pl.DataType], float]] = {
    pl.Float16: 2.0**11,
    pl.Float32: 2.0**24,
    pl.Float64: 1e15,
}  # whole numbers above lose digits
TIME_FORMATS: Final = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
MOST_FOUND: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file gave: the sound rows as responses, and the report on all rows."""

    responses: Responses
    report: ImportReport


def read_responses(path: Path, *, columns: Mapping[str, str] | None = None, limit: int = MOST_BYTES) -> Reading:
    """Return the responses in a CSV, XLSX or Parquet file, told apart by content, with a report.

    ``columns`` names the file's column for one of ours (``{"score": "Mark"}``); it goes before what the header says.
    Rows at fault are refused with their row and the reason; the sound rows are kept. Cells such as 缺考 are states,
    counted and never zero; sheets with none of our columns are passed over with a notice. Raises one of
    ``yucai.evidence``'s refusals when the file as a whole cannot be read.
    """
    path = path if path.name else path.absolute()  # "." has no name that a sentence could say
    titles = _titles(columns or {})
    optional = [ours for ours in columns or {} if ours not in REQUIRED]  # chosen by hand, so it must be there
    digest, grids = read_grids(path, known=frozenset(word for ours in titles.values() for word in ours), limit=limit)
    used, notices = _sheets_of_use(path.name, grids, titles, needed=(*REQUIRED, *optional))
    whole = pl.concat([_table(path.name, grid, places) for grid, places in used])
    if not whole.height:
        raise EmptyFileError(file=path.name)
    judged = _judged(whole)
    kept = judged.filter(pl.col("fault").is_null() & pl.col("state").is_null())
    states = judged.filter(pl.col("fault").is_null() & pl.col("state").is_not_null())["state"].value_counts()
    first = used[0][0]
    kept, untimed = _timed(kept)
    report = ImportReport(
        file=path.name,
        sha256=digest,
        kind=first.kind,
        encoding=first.encoding,
        understood={ours: grid.header[place] for grid, places in reversed(used) for ours, place in places.items()},
        ignored=_ignored(used),
        read_count=judged.height,
        kept_count=kept.height,
        states=dict(states.sort("state").iter_rows()),
        refused=tuple(_refused(judged)),
        notices=(*notices, *untimed),
    )
    table = kept.with_columns(source_file=pl.lit(path.name))
    return Reading(responses=Responses(RESPONSES.check(table)), report=report)


def check_items(responses: Responses, evidence_map: EvidenceMap) -> tuple[Fault, ...]:
    """Return, for each item that no rule of the map covers, a fault that says so."""
    items = responses.table["item"].unique().sort()
    return tuple(
        Fault(code="no-rule", says=NO_RULE, facts={"map": evidence_map.code, "item": item})
        for item in items
        if evidence_map.rule_for(item) is None
    )


@cache
def _profile() -> Mapping[str, Mapping[str, list[str]]]:
    text = files("yucai.evidence").joinpath("profiles/responses.toml").read_text(encoding="utf-8")
    profile: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(text)
    return profile


def _titles(chosen: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the titles under which a file may hold each of our columns; a title chosen by hand is the only one."""
    known = _profile()["columns"]
    if strange := sorted(chosen.keys() - known.keys()):
        raise ValueError(f"no columns of ours: {', '.join(strange)}. Ours are {', '.join(known)}.")
    return {ours: frozenset(map(plain, [chosen[ours]] if ours in chosen else theirs)) for ours, theirs in known.items()}


def _sheets_of_use(
    name: str, grids: tuple[Grid, ...], titles: Mapping[str, frozenset[str]], *, needed: tuple[str, ...]
) -> tuple[list[tuple[Grid, dict[str, int]]], tuple[Fault, ...]]:
    """Return the sheets that hold responses, each with the places of our columns, and a notice for each other sheet.

    Raises ColumnsMissingError naming, sheet by sheet, all columns that are missing.
    """
    placed = [(grid, _places(grid, titles)) for grid in grids]
    used = [(grid, places) for grid, places in placed if places.keys() & set(REQUIRED)] or placed
    lacking = [(grid, [ours for ours in needed if ours not in places]) for grid, places in used]
    if any(missing for _, missing in lacking):
        several = len(grids) > 1
        said = [(f"{grid.sheet}: " if several else "", grid, missing) for grid, missing in lacking if missing]
        wanted = "; ".join(where + ", ".join(missing) for where, _, missing in said)
        found = "; ".join(where + (", ".join(t for t in grid.header if t) or "-") for where, grid, _ in said)
        raise ColumnsMissingError(file=name, missing=wanted, found=found[:MOST_FOUND])
    others = [grid for grid, _ in placed if all(grid is not other for other, _ in used)]
    return used, tuple(Fault(code="other-sheet", says=OTHER_SHEET, facts={"sheet": grid.sheet}) for grid in others)


def _ignored(used: list[tuple[Grid, dict[str, int]]]) -> tuple[str, ...]:
    """Return the titles of the columns that were not used, each once."""
    titles = (t for grid, places in used for place, t in enumerate(grid.header) if t and place not in places.values())
    return tuple(dict.fromkeys(titles))


def _places(grid: Grid, titles: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Return where each of our columns stands: at the first title that means it."""
    places: dict[str, int] = {}
    for place, title in enumerate(map(plain, grid.header)):
        for ours in titles:
            if title in titles[ours]:
                places.setdefault(ours, place)
    return places


def _table(name: str, grid: Grid, places: Mapping[str, int]) -> pl.DataFrame:
    """Return a grid in our columns as text, with sheet and row; rows in which none of them is filled are left out."""
    names = ("learner", "item", "score", "max_score", "rater", "occasion", "at")
    cells = [_as_text(name, grid, places[ours]) if ours in places else pl.lit(None, pl.String) for ours in names]
    table = grid.columns.select(
        *(cell.alias(ours) for cell, ours in zip(cells, names, strict=True)),
        pl.lit(grid.sheet or None, pl.String).alias("source_sheet"),
        pl.Series("shifted", [row in grid.shifted for row in range(grid.columns.height)], dtype=pl.Boolean),
    ).with_row_index("source_row", offset=grid.first_row)
    blank = pl.all_horizontal(pl.col(ours).fill_null("").str.strip_chars() == "" for ours in names)
    return table.with_columns(pl.col("source_row").cast(pl.Int64)).filter(~blank)


def _as_text(name: str, grid: Grid, place: int) -> pl.Series:
    """Return a column as it reads: whole numbers without a point, times in UTC."""
    column = grid.columns.to_series(place)
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        moment = column.dt.convert_time_zone("UTC") if kind.time_zone else column
        return moment.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    try:
        if kind.is_nested():
            raise pl.exceptions.InvalidOperationError
        if kind.is_float():
            figures = column.fill_nan(None)
            whole = (figures == figures.floor()) & figures.is_finite()
            limit = EXACT_BELOW[type(kind)]
            if (whole & (figures.abs() >= limit)).any():
                return pl.Series([None if v is None else shown_figure(v, limit) for v in figures], dtype=pl.String)
            return figures.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, figures.cast(pl.String))
        return column.cast(pl.String)
    except pl.exceptions.PolarsError as problem:
        title = grid.header[place]
        reason = Text(f"the column {title} holds no plain values: {kind}", f"“{title}”列不是普通取值：{kind}")
        raise FileUnreadableError(file=name, reason=reason) from problem


def _judged(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with numbers as numbers, ``state`` where the score cell names one, ``fault`` where one is."""
    texts = ("learner", "item", "rater", "occasion", "score", "max_score")
    clean = table.with_columns(_cleaned(name) for name in texts)
    states = {word: state for state, words in _profile()["states"].items() for word in map(plain, words)}
    lower = pl.col("score").fill_null("").str.to_lowercase()
    clean = clean.with_columns(
        state=lower.replace_strict(states, default=None, return_dtype=pl.String),
        raw=pl.col("score"),
        highest=pl.col("max_score"),
        score=_number("score"),
        max_score=_number("max_score"),
    )
    key = ["learner", "item", "rater", "occasion"]
    long = [(name, pl.col(name).str.contains(LONG_LEARNER if name == "learner" else LONG_NUMBER)) for name in key[:3]]
    clean = clean.with_columns(long=pl.coalesce(pl.when(found).then(pl.col(name)) for name, found in long))
    sound = pl.col("state").is_null()
    fault = (
        pl.when(pl.col("shifted")).then(pl.lit("shifted"))
        .when(pl.col("learner").is_null()).then(pl.lit("no-learner"))
        .when(pl.col("item").is_null()).then(pl.lit("no-item"))
        .when(pl.col("long").is_not_null()).then(pl.lit("long-number"))
        .when(sound & (pl.col("max_score").is_null() | (pl.col("max_score") <= 0))).then(pl.lit("no-highest"))
        .when(sound & pl.col("score").is_null()).then(pl.lit("not-a-number"))
        .when(sound & ((pl.col("score") < 0) | (pl.col("score") > pl.col("max_score")))).then(pl.lit("outside"))
    )  # fmt: skip
    clean = clean.with_columns(fault=fault)
    first = pl.struct(key).is_first_distinct()
    counted = sound & pl.col("fault").is_null()
    twice = clean.filter(counted).filter(~first).select("source_sheet", "source_row", twice=pl.lit(True))
    clean = clean.join(twice, on=["source_sheet", "source_row"], how="left", nulls_equal=True, maintain_order="left")
    return clean.with_columns(fault=pl.when(pl.col("twice")).then(pl.lit("twice")).otherwise(pl.col("fault")))


def _cleaned(name: str) -> pl.Expr:
    """Full-width digits and blanks become plain ones; an empty cell is no value. Names stay as written."""
    text = pl.col(name).str.strip_chars()
    if name != "rater":
        text = text.str.normalize("NFKC").str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text).alias(name)


def _number(name: str) -> pl.Expr:
    """1,250 is read as 1250, while 1,5 is no number: whether fifteen or one and a half was meant is not known."""
    text = pl.col(name)
    grouped = text.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
    number = pl.when(grouped).then(text.str.replace_all(",", "")).otherwise(text).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _timed(kept: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Fault, ...]]:
    """Return the rows with times in UTC, and a notice when some were not understood; a time without zone is UTC."""
    said = kept["at"].str.strip_chars().unique().drop_nulls()
    text = said.str.normalize("NFKC").str.replace(r"^(\d{4})(\d{2})(\d{2})$", "${1}-${2}-${3}")
    text = text.set(~text.str.contains(DAY), None).str.replace(DAY, "${1}-${2}-${3} ${4}").str.strip_chars()
    text = text.str.replace(r"\s*(Z|UTC)$", "+00:00").str.replace_all(r"\s+", " ")
    zoned = [text.str.to_datetime(f, strict=False, time_unit="us", time_zone="UTC") for f in TIME_FORMATS[:2]]
    local = [
        text.str.to_datetime(f, strict=False, time_unit="us").dt.replace_time_zone("UTC") for f in TIME_FORMATS[2:]
    ]
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    known = pl.DataFrame({"said": said}).with_columns(moment=pl.coalesce(*zoned, *local, day))
    known = known.with_columns(pl.when(pl.col("moment").dt.year() <= LAST_YEAR).then(pl.col("moment")))
    timed = kept.with_columns(said=pl.col("at").str.strip_chars()).join(
        known, on="said", how="left", maintain_order="left"
    )
    lost = timed.filter(pl.col("moment").is_null() & (pl.col("said") != ""))
    notices: tuple[Fault, ...] = ()
    if lost.height:
        facts = {"n": lost.height, "row": lost["source_row"][0], "value": lost["said"][0]}
        notices = (Fault(code="no-time", says=NO_TIME, where=lost["source_sheet"][0] or "", facts=facts),)
    return timed.with_columns(at=pl.col("moment")), notices


def _refused(judged: pl.DataFrame) -> Iterator[RefusedRow]:
    wrong = judged.filter(pl.col("fault").is_not_null())
    for row in wrong.iter_rows(named=True):
        value = row["long"] if row["fault"] == "long-number" else row["raw"]
        facts = {"value": value or "", "highest": row["highest"] or ""}
        fault = Fault(code=row["fault"], says=SAID[row["fault"]], facts=facts)
        yield RefusedRow(sheet=row["source_sheet"] or "", row=row["source_row"], fault=fault)
