"""Rating sheets out: one workbook a rater, with what they are to judge, the anchors, and nobody else's ratings.

One row is one work and one column one criterion: a rater looks at a work once and fills one line; nine criteria of ten
works fit on one screen, where a row for each rating would make ninety. Levels run from 1, as the anchors do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.evidence.rating_plans import LearnersShown, RatedWork, RatingPlan
from yucai.evidence.responses import Responses
from yucai.framework import Criterion, Rubric
from yucai.texts import Text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = [
    "ABOUT",
    "COLUMNS",
    "OtherRubricError",
    "RatingSheetNotWrittenError",
    "check_rubric",
    "criterion_titles",
    "fingerprint",
    "write_rating_sheet",
]

COLUMNS: Final = {
    "work": Text("Work", "作品"),
    "title": Text("Title", "题目"),
    "learners": Text("Learners", "学习者"),
    "conflict": Text("Conflict of interest? (yes)", "有利益关系？（是）"),
    "remark": Text("Remarks", "备注"),
}
ABOUT: Final = {
    "plan": Text("Plan", "方案"),
    "fingerprint": Text("Fingerprint of the plan", "方案指纹"),
    "occasion": Text("Term", "学期"),
    "rater": Text("Rater", "评分人"),
    "rubric": Text("Rubric", "量规"),
    "rubric_version": Text("Version of the rubric", "量规版本"),
}
SHEETS: Final = {
    "ratings": Text("Ratings", "评分"),
    "rubric": Text("Rubric", "量规"),
    "about": Text("About", "说明"),
}
HEADING: Final = Text(
    "Rating sheet of {rater} · {name} · levels 1 to {top}", "{rater} 的评分表 · {name} · 等级 1 至 {top}"
)
HOW: Final = Text(
    "Choose the highest level of which you saw every part. What you did not see stays open. If you have a conflict of "
    "interest, choose yes and rate nothing in that row.",
    "请选择各项表现均已看到的最高等级；没有看到的留空。如有利益关系，请选“是”，该行不评。",
)
LEVEL: Final = Text("Level {rank}", "等级 {rank}")
CRITERION: Final = Text("Criterion", "评分项")
LOOK_AT: Final = Text("Where to look", "观察依据")
NOT_A_LEVEL: Final = Text("A whole number from 1 to {top}, or nothing.", "请填 1 至 {top} 的整数，或留空。")
YES: Final = Text("yes", "是")
ZH_FIRST: Final = ("zh", "en")
HEADER_ROW: Final = 3
FONT: Final = "Microsoft YaHei"
GREY, INPUT, EDGE = "FFE8ECEF", "FFFFFBE6", "FFB8C0C8"


class OtherRubricError(YucaiError):
    """A plan was made for another rubric, or another version of it."""

    says = Text(
        "The plan “{plan}” is for the rubric {wanted}, but {given} was given. Use the one it was made for, or plan "
        "anew.",
        "方案“{plan}”使用的量规是 {wanted}，现给出的是 {given}。请使用原量规，或重新安排。",
    )
    exit_code = 65


class RatingSheetNotWrittenError(YucaiError):
    """A rating sheet could not be saved."""

    says = Text(
        "The rating sheet “{file}” could not be written ({reason}). Check that the folder is there, that you may write "
        "in it, and that the file is not open elsewhere.",
        "评分表“{file}”无法写入（{reason}）。请确认文件夹存在、您有写入权限，且该文件未在其他程序中打开。",
    )
    exit_code = 73


def write_rating_sheet(
    plan: RatingPlan,
    rubric: Rubric,
    rater: str,
    *,
    file: Path,
    ratings: Responses | None = None,
    languages: Sequence[str] = ZH_FIRST,
) -> None:
    """Write one rater's sheet: works by criteria to fill in, the anchors, and what the sheet is; whole or not at all.

    ``ratings`` are earlier ratings to begin with; only the rater's own, of this plan's term, are shown. Whatever
    titles and names hold is written as text, never as a formula. Raises UnknownRaterError, OtherRubricError,
    RatingSheetNotWrittenError.
    """
    from openpyxl import Workbook

    check_rubric(plan, rubric)
    works = plan.works_of(rater)
    book = Workbook()
    sheet = book.active
    sheet.title = _said(SHEETS["ratings"], languages, " ")
    _fill_ratings(sheet, plan, rubric, (works, rater, _own_levels(plan, rater, ratings), languages))
    _fill_rubric(book.create_sheet(_said(SHEETS["rubric"], languages, " ")), rubric, languages)
    _fill_about(book.create_sheet(_said(SHEETS["about"], languages, " ")), plan, rater, languages)
    unfinished = file.with_name(f".{file.name}.part")
    try:
        book.save(unfinished)
        unfinished.replace(file)
    except OSError as problem:
        raise RatingSheetNotWrittenError(file=file.name, reason=problem.strerror or problem) from problem


def check_rubric(plan: RatingPlan, rubric: Rubric) -> None:
    """Raise OtherRubricError when a plan was made for another rubric or version."""
    if (plan.rubric, plan.rubric_version) != (rubric.code, rubric.version):
        wanted, given = f"{plan.rubric} {plan.rubric_version}", f"{rubric.code} {rubric.version}"
        raise OtherRubricError(plan=plan.code, wanted=wanted, given=given)


def criterion_titles(rubric: Rubric, languages: Sequence[str] = ZH_FIRST) -> dict[str, str]:
    """Return the column title of each criterion by its code; the code is added where two names are the same."""
    names = {c.code: _said(c.name, languages, "\n") for c in rubric.criteria}
    return {code: name if [*names.values()].count(name) == 1 else f"{name}\n{code}" for code, name in names.items()}


def fingerprint(plan: RatingPlan, rater: str) -> str:
    """Return what changes when a rater's works, or the rubric's version, change; it tells nothing of them.

    >>> from yucai.evidence import RatingPlan
    >>> plan = RatingPlan(code="p", occasion="o", rubric="r", rubric_version="1", works=(), raters=("An",), seats=())
    >>> fingerprint(plan, "An")
    'a4486bd287'
    """
    said = [plan.code, plan.occasion, plan.rubric, plan.rubric_version, rater, *(w.code for w in plan.works_of(rater))]
    return sha256("\x1f".join(said).encode()).hexdigest()[:10]


def _said(text: Text, languages: Sequence[str], between: str, **facts: object) -> str:
    return between.join(text.in_language(language, **facts) for language in languages)


def _own_levels(plan: RatingPlan, rater: str, ratings: Responses | None) -> Mapping[tuple[str, str], int]:
    """Return the rater's own levels by first learner and criterion."""
    if ratings is None:
        return {}
    rows = ratings.table.select("rater", "occasion", "learner", "item", "score").iter_rows()
    return {(x, item): int(score) + 1 for who, when, x, item, score in rows if (who, when) == (rater, plan.occasion)}


def _fill_ratings(
    sheet: Worksheet,
    plan: RatingPlan,
    rubric: Rubric,
    mine: tuple[Sequence[RatedWork], str, Mapping[tuple[str, str], int], Sequence[str]],
) -> None:
    works, rater, levels, languages = mine
    top = max(len(c.anchors) for c in rubric.criteria)
    heading = {"rater": rater, "name": "", "top": top}
    said = [HEADING.in_language(x, **{**heading, "name": rubric.name.in_language(x)}) for x in languages]
    _put(sheet, (1, 1), "  |  ".join(said), bold=True)
    _put(sheet, (2, 1), _said(HOW, languages, "\n"))
    columns = _columns(plan, rubric, languages)
    for place, (code, title, width) in enumerate(columns, start=1):
        _put_header(sheet, (HEADER_ROW, place), title)
        _width(sheet, place, width)
        if criterion := next((c for c in rubric.criteria if c.code == code), None):
            _put_comment(sheet, (HEADER_ROW, place), _anchors(criterion, languages))
    fixed = len(columns) - len(rubric.criteria) - 2
    for row, work in enumerate(works, start=HEADER_ROW + 1):
        for place, (code, _title, _width_of) in enumerate(columns, start=1):
            if code in ("work", "title", "learners"):
                _put_cell(sheet, (row, place), _about_work(plan, work, code))
            else:
                _put_input(sheet, (row, place), levels.get((work.learners[0], code)), wide=code == "remark")
        sheet.row_dimensions[row].height = max(_height(_about_work(plan, work, c), w) for c, _t, w in columns[:fixed])
    last = HEADER_ROW + max(len(works), 1)
    _validate(sheet, columns, rubric, (last, languages))
    _settle(sheet, columns, last)


def _columns(plan: RatingPlan, rubric: Rubric, languages: Sequence[str]) -> list[tuple[str, str, float]]:
    """Return code, title and width of each column; learners only where the plan shows them."""
    first = ["work", "title"] + (["learners"] if plan.shown is not LearnersShown.BLIND else [])
    widths = {"work": 14.0, "title": 34.0, "learners": 22.0, "conflict": 14.0, "remark": 30.0}
    named = [(code, _said(COLUMNS[code], languages, "\n"), widths[code]) for code in (*first, "conflict", "remark")]
    criteria = [(code, title, 14.0) for code, title in criterion_titles(rubric, languages).items()]
    return [*named[: len(first)], *criteria, *named[len(first) :]]


def _about_work(plan: RatingPlan, work: RatedWork, code: str) -> str:
    if code == "work":
        return work.code
    if code == "title":
        return work.title
    return "、".join(work.names if plan.shown is LearnersShown.NAMES and work.names else work.learners)


def _anchors(criterion: Criterion, languages: Sequence[str]) -> str:
    parts = []
    for language in languages:
        lines = [f"{a.rank}  {a.observed.in_language(language)}" for a in criterion.anchors]
        parts.append("\n".join([criterion.look_at.in_language(language), *lines]))
    return "\n\n".join(parts)


def _validate(
    sheet: Worksheet, columns: Sequence[tuple[str, str, float]], rubric: Rubric, rest: tuple[int, Sequence[str]]
) -> None:
    """Offer the levels, and yes for a conflict, as drop-downs; anything else is stopped with a sentence."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    last, languages = rest
    tops = {c.code: len(c.anchors) for c in rubric.criteria}
    for place, (code, _title, _width_of) in enumerate(columns, start=1):
        if code not in tops and code != "conflict":
            continue
        offered = (
            [str(n) for n in range(1, tops[code] + 1)] if code in tops else [YES.in_language(x) for x in languages]
        )
        rule = DataValidation(type="list", formula1=f'"{",".join(offered)}"', allow_blank=True)
        rule.errorStyle, rule.showErrorMessage = "stop", True
        if code in tops:
            rule.error = _said(NOT_A_LEVEL, languages, "\n", top=tops[code])
        letter = get_column_letter(place)
        rule.add(f"{letter}{HEADER_ROW + 1}:{letter}{last}")
        sheet.add_data_validation(rule)


def _settle(sheet: Worksheet, columns: Sequence[tuple[str, str, float]], last: int) -> None:
    """Freeze what must stay in sight, lock all but the inputs (no password), and set up one page width on paper."""
    from openpyxl.utils import get_column_letter

    fixed = 1 + [code for code, *_rest in columns].index("title")
    sheet.freeze_panes = f"{get_column_letter(fixed + 1)}{HEADER_ROW + 1}"
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(columns))
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 22, 48
    heights = [_height(title, width) for _code, title, width in columns]
    sheet.row_dimensions[HEADER_ROW].height = max(heights)
    _lock(sheet)
    _one_page_wide(sheet)
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.print_area = f"A1:{get_column_letter(len(columns))}{last}"


def _fill_rubric(sheet: Worksheet, rubric: Rubric, languages: Sequence[str]) -> None:
    ranks = sorted({anchor.rank for c in rubric.criteria for anchor in c.anchors})
    titles = [CRITERION, LOOK_AT, *(None for _rank in ranks)]
    for place, title in enumerate(titles, start=1):
        said = _said(LEVEL, languages, "\n", rank=ranks[place - 3]) if title is None else _said(title, languages, "\n")
        _put_header(sheet, (1, place), said)
        _width(sheet, place, 16.0 if place == 1 else 32.0)
    for row, criterion in enumerate(rubric.criteria, start=2):
        observed = {anchor.rank: _said(anchor.observed, languages, "\n") for anchor in criterion.anchors}
        cells = [criterion_titles(rubric, languages)[criterion.code], _said(criterion.look_at, languages, "\n")]
        height = 0.0
        for place, said in enumerate([*cells, *(observed.get(rank, "") for rank in ranks)], start=1):
            _put_cell(sheet, (row, place), said)
            height = max(height, _height(said, 16.0 if place == 1 else 32.0))
        sheet.row_dimensions[row].height = height
    sheet.freeze_panes = "B2"
    _lock(sheet)
    _one_page_wide(sheet)


def _fill_about(sheet: Worksheet, plan: RatingPlan, rater: str, languages: Sequence[str]) -> None:
    said = {
        "plan": plan.code,
        "fingerprint": fingerprint(plan, rater),
        "occasion": plan.occasion,
        "rater": rater,
        "rubric": plan.rubric,
        "rubric_version": plan.rubric_version,
    }
    for row, (name, value) in enumerate(said.items(), start=1):
        _put_header(sheet, (row, 1), _said(ABOUT[name], languages, " "))
        _put_cell(sheet, (row, 2), value)
    _width(sheet, 1, 34.0)
    _width(sheet, 2, 44.0)
    sheet.protection.sheet = True


def _lock(sheet: Worksheet) -> None:
    """Lock what is not to be filled in, without a password; widths and heights may be changed."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _one_page_wide(sheet: Worksheet) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5


def _height(said: str, width: float) -> float:
    """Return the height of a row, in points, in which wrapped text can be read; Chinese letters are two wide."""
    wide = (sum(2 if unicodedata.east_asian_width(x) in "WF" else 1 for x in line) for line in said.split("\n"))
    return 8 + 14 * sum(max(1, -(-letters // max(int(width * 0.85), 1))) for letters in wide)


def _put(sheet: Worksheet, place: tuple[int, int], said: str, *, bold: bool = False) -> Any:
    """Write text as text: what begins with = + - @ stays what it is, and cannot become a formula when edited."""
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(*place)
    cell.value = _visible(said)
    cell.data_type = "s"
    cell.quotePrefix = said[:1] in tuple("=+-@'\t\r")
    cell.font = Font(name=FONT, size=10, bold=bold)
    cell.alignment = Alignment(wrap_text=place != (1, 1), vertical="center")
    return cell


def _visible(said: str) -> str:
    return "".join(x for x in said if x in "\n" or unicodedata.category(x) not in ("Cc", "Cs"))


def _put_header(sheet: Worksheet, place: tuple[int, int], said: str) -> None:
    from openpyxl.styles import PatternFill

    cell = _put(sheet, place, said, bold=True)
    cell.fill, cell.border = PatternFill("solid", fgColor=GREY), _edges()


def _put_cell(sheet: Worksheet, place: tuple[int, int], said: str) -> None:
    cell = _put(sheet, place, said)
    cell.border, cell.number_format = _edges(), "@"


def _put_input(sheet: Worksheet, place: tuple[int, int], value: int | None, *, wide: bool) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    cell = sheet.cell(*place)
    cell.value = value
    cell.font = Font(name=FONT, size=10 if wide else 12)
    cell.fill, cell.border = PatternFill("solid", fgColor=INPUT), _edges()
    cell.alignment = Alignment(horizontal="left" if wide else "center", vertical="center", wrap_text=wide)
    cell.protection = Protection(locked=False)


def _put_comment(sheet: Worksheet, place: tuple[int, int], said: str) -> None:
    from openpyxl.comments import Comment

    comment = Comment(said, "Yucai")
    comment.width, comment.height = 520, 340
    sheet.cell(*place).comment = comment


def _edges() -> Any:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color=EDGE)
    return Border(left=line, right=line, top=line, bottom=line)


def _width(sheet: Worksheet, place: int, width: float) -> None:
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(place)].width = width
