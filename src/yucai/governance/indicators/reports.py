"""The year report on undergraduate teaching: one store, from which the Word file and the workbook are both written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from yucai.evidence import CellKind, WorkbookColumn, WorkbookTable, write_workbook
from yucai.governance.indicators.checking import Contradiction
from yucai.governance.indicators.computing import EMPTY_SAYS, IndicatorValue, WhyEmpty
from yucai.governance.indicators.definitions import Indicator, IndicatorPack
from yucai.texts import Text

__all__ = ["QualityReport", "ReportItem", "write_report_docx", "write_report_xlsx"]

TITLE: Final = Text("Report on the quality of undergraduate teaching", "本科教学质量报告（数据部分）")
SCHOOL_YEAR: Final = Text("School year {before}/{year}", "{before}—{year} 学年")
SIMULATED: Final = Text("Simulated data: no figure is a real institution's.", "模拟数据：不代表任何真实单位。")
HEADS: Final = (
    Text("Item", "指标"),
    Text("Value", "数值"),
    Text("Unit", "单位"),
    Text("Year before", "上年"),
    Text("Target", "目标"),
    Text("Recorder", "填报人"),
    Text("Auditor", "审核人"),
    Text("Signed", "审核日期"),
)
STATE: Final = Text("State of the report", "填报情况")
SUMMARY: Final = Text(
    "{n} items: {signed} signed by two people, {open} filled in and not yet signed by a second person, {empty} without "
    "a value. {wrong} {wrong:contradiction|contradictions} between the tables.",
    "共 {n} 项：{signed} 项经两人签核，{open} 项已填报待审核，{empty} 项无数值。表间矛盾 {wrong} 处。",
)
CHECKS: Final = Text("Checks between the tables", "表间核对")
NO_FAULT: Final = Text(
    "Sums agree, ratios equal their parts, one figure is the same in every table, nothing leaps against last year.",
    "各总数与分项相符，比例与分子、分母一致，同一数据项各表相同，与上年相比无异常变动。",
)
NOTHING_YET: Final = Text("There is nothing to compare yet: no item has a value.", "各项均无数值，尚无可核对的内容。")
OPEN: Final = Text("What is unsigned or empty, and why", "未审核与空缺事项及原因")
NOT_SIGNED: Final = Text("filled in by {who}, not yet signed by a second person", "由 {who} 填报，尚未经第二人审核")
NOBODY: Final = Text("nobody named", "未指定")
NO_OPEN: Final = Text("Nothing: every item has a value and two signatures.", "无：各项均有数值并经两人签核。")
HOW: Final = Text("How each value comes about", "各项计算过程")
TOP: Final = Text("numerator", "分子")
BOTTOM: Final = Text("denominator", "分母")
UNCHECKED: Final = Text("definition to be checked by the office", "口径须由单位核定")
FIGURES: Final = Text("Figures", "基础数据")
FIGURE_HEADS: Final = (
    Text("Figure", "数据项"),
    Text("Item", "指标"),
    Text("Part", "部分"),
    Text("Count", "数量"),
    Text("Weight", "权重"),
    Text("Counts as", "折合"),
)
WHERE: Final = Text("Item", "事项")
SAYS: Final = Text("What is to be done", "说明")
SOURCE: Final = Text("Source", "数据来源")
STANDARD: Final = Text("Standard", "依据")
WHY: Final = Text("Why empty", "空缺原因")
FONT: Final = ("Times New Roman", "宋体")
SHADE: Final = "DCE6EC"
WIDTHS: Final = (7.4, 2.9, 2.6, 2.3, 2.3, 3.3, 3.0, 2.3)  # centimetres


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportItem:
    """One item of the report as it stands: value or why there is none, who answers, and whether two signed."""

    indicator: Indicator
    value: IndicatorValue | None
    why: WhyEmpty | None
    before: float | None
    target: float | None
    recorder: str
    auditor: str
    source: str
    filled: bool
    signed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """A report of one institution and year. The Word file and the workbook say the same: both are written from it."""

    institution: Text
    simulated: bool
    year: int
    pack: IndicatorPack
    items: tuple[ReportItem, ...]
    contradictions: tuple[Contradiction, ...]
    at: datetime

    @property
    def summary(self) -> Text:
        """How far the report is, in one sentence."""
        signed = sum(item.signed_on is not None and item.value is not None for item in self.items)
        empty = sum(item.value is None for item in self.items)
        facts = {"n": len(self.items), "signed": signed, "open": len(self.items) - signed - empty, "empty": empty}
        return SUMMARY.filled(**facts, wrong=len(self.contradictions))

    @property
    def no_fault(self) -> Text:
        """What is said where the checks found nothing: that all agrees, or that there was nothing to compare."""
        return NO_FAULT if any(item.value is not None for item in self.items) else NOTHING_YET

    @property
    def open_items(self) -> tuple[tuple[Indicator, Text], ...]:
        """What is unsigned or empty, each with why and whose it is."""
        found = []
        for item in self.items:
            who = Text(item.recorder or NOBODY.en, item.recorder or NOBODY.zh)
            if item.value is None and item.why is not None:
                found.append((item.indicator, OWNED.filled(why=EMPTY_SAYS[item.why], who=who)))
            elif item.signed_on is None:
                found.append((item.indicator, NOT_SIGNED.filled(who=who)))
        return tuple(found)


OWNED: Final = Text("{why} ({who})", "{why}（{who}）")


def write_report_docx(report: QualityReport, *, language: str) -> bytes:
    """Return the report as a Word file: state, a table a group, the checks, what is open, how values come about."""
    from docx import Document  # slow to load, and asked for once a year
    from docx.shared import Cm

    document: Any = Document()
    dress_document(document, Cm)
    document.core_properties.title = TITLE.in_language(language)
    document.core_properties.author = report.institution.in_language(language)
    document.core_properties.created = report.at.replace(tzinfo=None)
    document.core_properties.modified = report.at.replace(tzinfo=None)
    document.add_heading(TITLE.in_language(language), 0)
    year = SCHOOL_YEAR.filled(before=report.year - 1, year=report.year)
    document.add_paragraph(f"{report.institution.in_language(language)} · {year.in_language(language)}")
    if report.simulated:
        document.add_paragraph(SIMULATED.in_language(language))
    document.add_heading(STATE.in_language(language), 1)
    document.add_paragraph(report.summary.in_language(language))
    for number, (code, name) in enumerate(report.pack.groups, start=1):
        document.add_heading(f"{number}  {name.in_language(language)}", 1)
        rows = [_line(item, language) for item in report.items if item.indicator.group == code]
        put_table(document, [head.in_language(language) for head in HEADS], rows, numbers=(1, 3, 4))
    if any(not item.indicator.checked for item in report.items):
        document.add_paragraph(f"* {UNCHECKED.in_language(language)}")
    put_list(document, CHECKS, [one.says.in_language(language) for one in report.contradictions],
             report.no_fault, language)  # fmt: skip
    opened = [f"{one.name.in_language(language)}：{says.in_language(language)}" if language.startswith("zh")
              else f"{one.name.in_language(language)}: {says.in_language(language)}"
              for one, says in report.open_items]  # fmt: skip
    put_list(document, OPEN, opened, NO_OPEN, language)
    document.add_heading(HOW.in_language(language), 1)
    for item in report.items:
        if item.value is not None and item.indicator.denominator is not None:
            document.add_paragraph(_comes_about(report.pack, item, language), style="List Bullet")
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def write_report_xlsx(report: QualityReport, *, language: str) -> bytes:
    """Return the report as a workbook with typed cells: a sheet a group, the figures, the checks, what is open."""
    return write_workbook(
        [
            *(_group_sheet(report, code, name, language) for code, name in report.pack.groups),
            _figure_sheet(report, language),
            _said_sheet(CHECKS, [(_named(report, one, language), one.says.in_language(language))
                                 for one in report.contradictions], language),
            _said_sheet(OPEN, [(one.name.in_language(language), says.in_language(language))
                               for one, says in report.open_items], language),
        ],
        at=report.at,
    )  # fmt: skip


def _line(item: ReportItem, language: str) -> list[str]:
    nobody, places = NOBODY.in_language(language), item.indicator.places
    why = EMPTY_SAYS[item.why].in_language(language) if item.why else "–"
    value = item.value.value if item.value else None
    name = item.indicator.name.in_language(language) + ("" if item.indicator.checked else " *")
    return [
        name, _said(value, places) or why, item.indicator.unit.in_language(language), _said(item.before, places) or "–",
        _said(item.target, places) or "–", item.recorder or nobody, item.auditor or nobody,
        item.signed_on.isoformat() if item.signed_on else "–",
    ]  # fmt: skip


def _said(value: float | None, places: int) -> str:
    return "" if value is None else f"{round(value, places) + 0.0:,.{places}f}"


def _comes_about(pack: IndicatorPack, item: ReportItem, language: str) -> str:
    assert item.value is not None

    def side(lines: Sequence[Any]) -> str:
        told = []
        for line in lines:
            if line.count:
                weight = "" if line.weight == 1 else f" × {line.weight:g}"
                told.append(f"{pack.figure(line.figure).name.in_language(language)} {line.count:,.10g}{weight}")
        return " + ".join(told) or "0"

    places, unit = item.indicator.places, item.indicator.unit.in_language(language)
    name = item.indicator.name.in_language(language)
    mark = "" if item.indicator.checked else f" [{UNCHECKED.in_language(language)}]"
    parts = f"({side(item.value.top)}) / ({side(item.value.bottom)})"
    colon = "：" if language.startswith("zh") else ": "
    return f"{name}{colon}{parts} = {_said(item.value.value, places)} {unit}{mark}"


def put_list(document: Any, title: Text, lines: Sequence[str], nothing: Text, language: str) -> None:
    """Add a heading with a list below it, or the sentence that says there is nothing."""
    document.add_heading(title.in_language(language), 1)
    if not lines:
        document.add_paragraph(nothing.in_language(language))
    for line in lines:
        document.add_paragraph(line, style="List Bullet")


def dress_document(document: Any, cm: Any) -> None:
    """Set paper, margins and faces; Word takes the face of Chinese letters apart from that of Latin ones."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = cm(29.7), cm(21)
    section.orientation = 1
    section.left_margin = section.right_margin = cm(1.8)
    section.top_margin = section.bottom_margin = cm(1.8)
    for name in ("Normal", "Title", "Heading 1", "List Bullet"):
        style = document.styles[name]
        style.font.name = FONT[0]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), FONT[1])
        fonts.set(qn("w:hAnsi"), FONT[0])
        if name != "Normal":
            style.font.color.rgb = RGBColor(0x12, 0x40, 0x5C) if "List" not in name else RGBColor(0, 0, 0)
    document.styles["Normal"].font.size = Pt(10.5)
    document.styles["Title"].font.size = Pt(20)
    document.styles["Heading 1"].font.size = Pt(14)


def put_table(
    document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: tuple[int, ...],
    widths: tuple[float, ...] = WIDTHS,
) -> None:  # fmt: skip
    """Add a table whose head is repeated on each page; ``numbers`` are the columns that stand to the right."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)  # of the grid; LibreOffice asks it, Word the cells
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for place, line in enumerate([heads, *rows]):
        row = table.rows[0] if place == 0 else table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        cells = row.cells
        for column, (cell, said) in enumerate(zip(cells, line, strict=True)):
            cell.width = Cm(widths[column])
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(said)
            run.font.size, run.bold = Pt(9), place == 0
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
            if column in numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if place == 0:
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), SHADE)
                cell._tc.get_or_add_tcPr().append(shade)


def _group_sheet(report: QualityReport, code: str, name: Text, language: str) -> WorkbookTable:
    kinds = (CellKind.TEXT, CellKind.DECIMAL, CellKind.TEXT, CellKind.DECIMAL, CellKind.DECIMAL, CellKind.TEXT,
             CellKind.TEXT, CellKind.DAY)  # fmt: skip
    columns = [
        WorkbookColumn(title=head.in_language(language), kind=kind, places=2 if kind is CellKind.DECIMAL else 0)
        for head, kind in zip(HEADS, kinds, strict=True)
    ]
    columns += [WorkbookColumn(title=one.in_language(language), kind=CellKind.TEXT, places=0)
                for one in (WHY, SOURCE, STANDARD)]  # fmt: skip
    rows = [_typed(item, language) for item in report.items if item.indicator.group == code]
    return WorkbookTable(name=name.in_language(language), columns=columns, rows=rows)


def _typed(item: ReportItem, language: str) -> list[Any]:
    places = item.indicator.places
    value = item.value.value if item.value else None
    nobody = NOBODY.in_language(language)
    return [
        item.indicator.name.in_language(language), _round(value, places), item.indicator.unit.in_language(language),
        _round(item.before, places), _round(item.target, places), item.recorder or nobody, item.auditor or nobody,
        item.signed_on, EMPTY_SAYS[item.why].in_language(language) if item.why else None, item.source or None,
        item.indicator.standard,
    ]  # fmt: skip


def _round(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


def _figure_sheet(report: QualityReport, language: str) -> WorkbookTable:
    kinds = (CellKind.TEXT, CellKind.TEXT, CellKind.TEXT, CellKind.DECIMAL, CellKind.DECIMAL, CellKind.DECIMAL)
    columns = [
        WorkbookColumn(title=head.in_language(language), kind=kind, places=1 if kind is CellKind.DECIMAL else 0)
        for head, kind in zip(FIGURE_HEADS, kinds, strict=True)
    ]
    rows = []
    for item in report.items:
        sides: Mapping[Text, Sequence[Any]] = {TOP: item.value.top, BOTTOM: item.value.bottom} if item.value else {}
        for part, lines in sides.items():
            rows += [
                [report.pack.figure(line.figure).name.in_language(language), item.indicator.name.in_language(language),
                 part.in_language(language), line.count, line.weight, line.counts_as]
                for line in lines
            ]  # fmt: skip
    return WorkbookTable(name=FIGURES.in_language(language), columns=columns, rows=rows)


def _named(report: QualityReport, found: Contradiction, language: str) -> str:
    """Return the names of the items that contradict one another."""
    names = {one.indicator.code: one.indicator.name.in_language(language) for one in report.items}
    return ("、" if language.startswith("zh") else ", ").join(names.get(code, code) for code in found.items)


def _said_sheet(title: Text, rows: Sequence[tuple[str, str]], language: str) -> WorkbookTable:
    columns = [WorkbookColumn(title=one.in_language(language), kind=CellKind.TEXT, places=0) for one in (WHERE, SAYS)]
    return WorkbookTable(name=title.in_language(language), columns=columns, rows=[list(row) for row in rows])
