"""Rating sheets in: what a rater handed in, checked against the plan, with all faults at once."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.quality import RefusedCells
from yucai.evidence.rating_plans import RatingPlan
from yucai.evidence.rating_reports import SAYS, AsideRow, RatingSheetReport, Remark
from yucai.evidence.rating_sheets import ABOUT, COLUMNS, check_rubric, criterion_titles, fingerprint
from yucai.evidence.responses import RESPONSES, Responses
from yucai.evidence.titled import TitledSheet, read_titled
from yucai.evidence.vocabulary import plain
from yucai.framework import Criterion, Rubric
from yucai.texts import Text

__all__ = ["RatingSheetReading", "read_rating_sheet"]

YES: Final = frozenset({"是", "有", "yes", "y", "true", "1", "x", "v", "√", "✓", "✔"})
NO: Final = frozenset({"", "否", "无", "没有", "no", "n", "none", "false", "0", "-", "–", "—", "/"})
OPEN: Final = frozenset({"", "-", "–", "—", "/", "n/a", "na", "not seen", "未见", "没有看到", "无"})
WHOLE: Final = re.compile(r"\+?(\d{1,6})([.,]0*)?")
BETWEEN: Final = re.compile(r"[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingSheetReading:
    """What a rating sheet gave: its sound ratings as responses, and the report on everything."""

    responses: Responses
    report: RatingSheetReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """The sheet of ratings: where each of our columns stands."""

    grid: TitledSheet
    places: Mapping[str, int]


@dataclass(slots=True)
class _Found:
    """What the rows gave so far."""

    refused: list[RefusedCells] = field(default_factory=list)
    aside: list[AsideRow] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    levels: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)  # work -> row, level by criterion
    first_row: dict[str, int] = field(default_factory=dict)
    computed: int = 0  # cells of ours in which a formula stands, its result read


def read_rating_sheet(
    path: Path, plan: RatingPlan, rubric: Rubric, *, rater: str | None = None, at: datetime | None = None
) -> RatingSheetReading:
    """Return the ratings in a sheet that was written for a rater of the plan, with a report.

    Level 1 is a score of 0. Cells at fault are refused with their row; the other cells are kept. A sheet of another
    rater, plan or version of the rubric gives no ratings at all. Rows with a conflict of interest are kept aside; what
    is open is listed as not yet rated. A shared work gives one response for each of its learners. ``rater`` is who
    hands the sheet in, ``at`` when. Raises one of ``yucai.evidence``'s refusals when the file cannot be read, and
    OtherRubricError.
    """
    check_rubric(plan, rubric)
    titles = _titles(rubric)
    digest, grids = read_titled(path, known=frozenset(word for words in titles.values() for word in words))
    about = _about(grids)
    sheet, faults = _sheet_of(grids, titles)
    who = rater or about.get("rater", "")
    faults = [*faults, *_faults_of_about(about, plan, who)]
    notices = [*_notices(about, plan, who)]
    found = _Found()
    if sheet is not None and not faults:
        formulas, unchecked = _formulas(path, sheet)
        notices += unchecked
        _judge(sheet, (plan, rubric, who), formulas, found)
        notices += _notices_of_rows(plan, who, found)
    levels = {work: found.levels[work] for work in (w.code for w in plan.works) if work in found.levels}
    report = RatingSheetReport(
        file=path.name,
        sha256=digest,
        rater=who,
        faults=tuple(faults),
        refused=tuple(sorted(found.refused, key=lambda row: row.row)),
        aside=tuple(found.aside),
        missing=tuple(_missing(plan, rubric, who, found)) if not faults else (),
        notices=(*notices, *(_notices_of_columns(sheet, rubric) if sheet else ())),
        ignored=_ignored(sheet) if sheet else (),
        remarks=tuple(found.remarks),
        kept_count=sum(len(of_work) for _row, of_work in levels.values()),
    )
    source = (path.name, sheet.grid.sheet if sheet else "")
    return RatingSheetReading(responses=_responses(plan, rubric, (who, levels), (source, at)), report=report)


def _titles(rubric: Rubric) -> dict[str, frozenset[str]]:
    """Return the titles, as they are compared, under which each of our columns may stand."""
    named = {code: {text.en, text.zh} | _both(text.zh, text.en) for code, text in COLUMNS.items()}
    for languages in (("zh", "en"), ("en", "zh"), ("zh",), ("en",)):
        for code, title in criterion_titles(rubric, languages).items():
            named.setdefault(code, {code}).update({title, title.replace("\n", " "), title.replace("\n", "")})
    return {code: frozenset(plain(word) for word in words) for code, words in named.items()}


def _both(zh: str, en: str) -> set[str]:
    return {between.join(pair) for pair in ((zh, en), (en, zh)) for between in ("\n", " ", "")}


def _about(grids: Sequence[TitledSheet]) -> dict[str, str]:
    """Return what the sheets say of themselves: plan, rater, rubric ..., wherever a label stands beside a value."""
    labels = {
        plain(word): name for name, text in ABOUT.items() for word in (text.en, *_both(text.zh, text.en), text.zh)
    }
    said: dict[str, str] = {}
    for grid in grids:
        rows = [grid.header, *grid.columns.iter_rows()]
        pairs = {labels[plain(row[0])]: str(row[1]).strip() for row in rows if len(row) > 1 and plain(row[0]) in labels}
        if "rater" in pairs and "rubric_version" in pairs:
            said |= pairs
    return said


def _sheet_of(grids: Sequence[TitledSheet], titles: Mapping[str, frozenset[str]]) -> tuple[_Sheet | None, list[Fault]]:
    """Return the one sheet that holds ratings; a fault where there is none, several, or a column twice."""
    placed = []
    for grid in grids:
        words = [plain(title) for title in grid.header]
        places = {ours: [n for n, word in enumerate(words) if word in titles[ours]] for ours in titles}
        if places["work"]:
            placed.append((grid, {ours: found for ours, found in places.items() if found}))
    if len(placed) != 1:
        names = ", ".join(grid.sheet or "-" for grid, _places in placed)
        code = "several-sheets" if placed else "no-sheet"
        return None, [Fault(code=code, says=SAYS[code], facts={"sheets": names})]
    [(grid, places)] = placed
    faults = [
        Fault(code="column-twice", says=SAYS["column-twice"], facts={"column": _one_line(grid.header[found[0]])})
        for found in places.values()
        if len(found) > 1
    ]
    return _Sheet(grid=grid, places={ours: found[0] for ours, found in places.items()}), faults


def _faults_of_about(about: Mapping[str, str], plan: RatingPlan, who: str) -> Iterator[Fault]:
    says = about.get("rater")
    if not who:
        yield Fault(code="no-rater", says=SAYS["no-rater"])
    elif who not in plan.raters:
        yield Fault(code="unknown-rater", says=SAYS["unknown-rater"], facts={"rater": who})
    elif says is not None and says != who:
        yield Fault(code="other-rater", says=SAYS["other-rater"], facts={"found": says, "rater": who})
    planned = {"plan": plan.code, "occasion": plan.occasion, "rubric": plan.rubric}
    for name, wanted in planned.items():
        if (found := about.get(name, wanted)) != wanted:
            what = Text(ABOUT[name].en.lower(), ABOUT[name].zh)
            facts = {"what": what, "found": found, "wanted": wanted}
            yield Fault(code=f"other-{name}", says=SAYS["other-plan"], facts=facts)
    if (found := about.get("rubric_version", plan.rubric_version)) != plan.rubric_version:
        facts = {"found": found, "wanted": plan.rubric_version}
        yield Fault(code="other-version", says=SAYS["other-version"], facts=facts)


def _notices(about: Mapping[str, str], plan: RatingPlan, who: str) -> Iterator[Fault]:
    if not about:
        yield Fault(code="no-about", says=SAYS["no-about"])
    elif who in plan.raters and about.get("fingerprint") != fingerprint(plan, who):
        yield Fault(code="plan-changed", says=SAYS["plan-changed"])


def _notices_of_columns(sheet: _Sheet, rubric: Rubric) -> Iterator[Fault]:
    titles = criterion_titles(rubric)
    if gone := [_one_line(titles[c.code]) for c in rubric.criteria if c.code not in sheet.places]:
        yield Fault(code="columns-gone", says=SAYS["columns-gone"], facts={"columns": ", ".join(gone)})
    if "conflict" not in sheet.places:
        yield Fault(code="no-conflict-column", says=SAYS["no-conflict-column"])


def _notices_of_rows(plan: RatingPlan, who: str, found: _Found) -> Iterator[Fault]:
    if gone := [work.code for work in plan.works_of(who) if work.code not in found.first_row]:
        yield Fault(code="rows-gone", says=SAYS["rows-gone"], facts={"works": ", ".join(gone)})
    if found.computed:
        yield Fault(code="formulas-read", says=SAYS["formulas-read"], facts={"n": found.computed})


def _ignored(sheet: _Sheet) -> tuple[str, ...]:
    used = set(sheet.places.values())
    return tuple(_one_line(title) for n, title in enumerate(sheet.grid.header) if title and n not in used)


def _formulas(path: Path, sheet: _Sheet) -> tuple[frozenset[tuple[int, int]], list[Fault]]:
    """Return the cells with formulas, row and place: one that was never computed reads as if nothing stood there."""
    from openpyxl import load_workbook

    if sheet.grid.kind != "xlsx":
        return frozenset(), []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that do not concern us
            book = load_workbook(path, read_only=True)
            rows = list(book[sheet.grid.sheet].iter_rows())
        cells = [(c.row, c.column - 1) for row in rows for c in row if c.value is not None and c.data_type == "f"]
        book.close()
        return frozenset(cells), []
    except Exception as problem:  # read well by one reader, refused by the other: what cannot be checked is said
        facts = {"reason": type(problem).__name__}
        return frozenset(), [Fault(code="formulas-unchecked", says=SAYS["formulas-unchecked"], facts=facts)]


def _judge(
    sheet: _Sheet, task: tuple[RatingPlan, Rubric, str], formulas: frozenset[tuple[int, int]], found: _Found
) -> None:
    plan, rubric, who = task
    known = {plain(work.code): work.code for work in plan.works}
    mine = {work.code for work in plan.works_of(who)}
    criteria = [c for c in rubric.criteria if c.code in sheet.places]
    first_row = found.first_row
    for row, cells in enumerate(sheet.grid.columns.iter_rows(), start=sheet.grid.first_row):
        row_formulas = {place for at, place in formulas if at == row}
        said = _said(sheet, cells, row_formulas.__contains__)
        unseen = {c.code for c in criteria if not said[c.code] and sheet.places[c.code] in row_formulas}
        if not unseen and all(not said.get(name) for name in ("work", "conflict", *(c.code for c in criteria))):
            continue
        work = known.get(plain(said["work"]))
        fault = _fault_of_work(said["work"], work, (mine, who), first_row)
        if fault is not None:
            found.refused.append(_refused(sheet, row, fault))
        if work is None or work not in mine:
            continue
        if work in first_row:
            found.levels.pop(work, None)
            found.aside[:] = [aside for aside in found.aside if aside.work != work]
            continue
        first_row[work] = row
        found.computed += sum(bool(said[c.code]) and sheet.places[c.code] in row_formulas for c in criteria)
        _take_row(sheet, (row, work, said), (criteria, unseen), found)


def _said(sheet: _Sheet, cells: tuple[object, ...], is_formula: Callable[[int], bool]) -> dict[str, str]:
    """Return what stands in our columns of a row; remarks as they were written."""
    said = {ours: _clean(cells[place]) for ours, place in sheet.places.items()}
    if (place := sheet.places.get("remark")) is not None:
        said["remark"] = str(cells[place]).strip()
    if (place := sheet.places.get("conflict")) is not None and not said["conflict"] and is_formula(place):
        said["conflict"] = "="
    return said


def _fault_of_work(
    said: str, work: str | None, mine: tuple[set[str], str], first_row: Mapping[str, int]
) -> Fault | None:
    if not said:
        return Fault(code="no-work", says=SAYS["no-work"])
    if work is None:
        return Fault(code="unknown-work", says=SAYS["unknown-work"], facts={"work": said})
    if work not in mine[0]:
        return Fault(code="not-assigned", says=SAYS["not-assigned"], facts={"work": work, "rater": mine[1]})
    if work in first_row:
        return Fault(code="twice", says=SAYS["twice"], facts={"work": work, "first": first_row[work]})
    return None


def _take_row(
    sheet: _Sheet,
    what: tuple[int, str, Mapping[str, str]],
    asked: tuple[Sequence[Criterion], set[str]],
    found: _Found,
) -> None:
    row, work, said = what
    criteria, unseen = asked
    if remark := said.get("remark"):
        found.remarks.append(Remark(work=work, text=remark))
    levels: dict[str, int] = {}
    for criterion in criteria:
        level, code = _level(said[criterion.code], criterion.max_score + 1)
        if criterion.code in unseen:
            code = "formula"
        if code is not None:
            title = _one_line(sheet.grid.header[sheet.places[criterion.code]])
            facts = {"column": title, "value": said[criterion.code], "top": criterion.max_score + 1}
            fault = Fault(code=code, says=SAYS[code], facts=facts)
            found.refused.append(_refused(sheet, row, fault))
        elif level is not None:
            levels[criterion.code] = level
    declared = plain(said.get("conflict", ""))
    if declared not in NO:
        found.aside.append(AsideRow(work=work, row=row, levels=levels))
        if declared not in YES:
            fault = Fault(code="unclear-conflict", says=SAYS["unclear-conflict"], facts={"value": said["conflict"]})
            found.refused.append(_refused(sheet, row, fault))
    else:
        found.levels[work] = (row, levels)


def _level(said: str, top: int) -> tuple[int | None, str | None]:
    """Return the level, or what is wrong with it; neither where the cell is open."""
    if plain(said) in OPEN:
        return None, None
    if whole := WHOLE.fullmatch(said):
        level = int(whole.group(1))
        return (level, None) if 1 <= level <= top else (None, "out-of-range")
    if BETWEEN.fullmatch(said):
        return None, "out-of-range" if said.startswith("-") else "between-levels"
    return None, "no-level"


def _missing(plan: RatingPlan, rubric: Rubric, who: str, found: _Found) -> Iterator[tuple[str, str]]:
    aside = {row.work for row in found.aside}
    for work in plan.works_of(who):
        rated = found.levels.get(work.code, (0, {}))[1]
        if work.code not in aside:
            yield from ((work.code, c.code) for c in rubric.criteria if c.code not in rated)


def _responses(
    plan: RatingPlan,
    rubric: Rubric,
    rated: tuple[str, Mapping[str, tuple[int, dict[str, int]]]],
    origin: tuple[tuple[str, str], datetime | None],
) -> Responses:
    (who, levels), ((file, sheet), at) = rated, origin
    tops = {c.code: float(c.max_score) for c in rubric.criteria}
    rows = [
        (learner, item, level - 1.0, tops[item], who, plan.occasion, at, file, sheet or None, row)
        for work, (row, of_work) in levels.items()
        for learner in dict.fromkeys(plan.work(work).learners)
        for item, level in of_work.items()
    ]
    columns = {c.name: c.dtype for c in RESPONSES.columns if c.name != "record"}
    return Responses.from_table(pl.DataFrame(rows, schema=columns, orient="row"))


def _refused(sheet: _Sheet, row: int, fault: Fault) -> RefusedCells:
    return RefusedCells(sheet=sheet.grid.sheet, row=row, faults=(fault,), cells={})


def _clean(cell: object) -> str:
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _one_line(title: str) -> str:
    return " ".join(title.split())
