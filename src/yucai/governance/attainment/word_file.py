"""The attainment report of a course as colleges file it: a Word document on A4, in Chinese or English."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from yucai.evidence import CellKind
from yucai.governance.attainment.report import CourseReport, ReportTable, report_tables
from yucai.texts import Text

__all__ = ["write_course_report"]

BODY, HEAD, LATIN = "宋体", "黑体", "Times New Roman"
GREY: Final = "E7EDF1"
TITLE: Final = Text("Report on the attainment of course objectives", "课程目标达成情况评价报告")
FACTS: Final = (
    ("course", Text("Course", "课程名称")),
    ("code", Text("Course number", "课程号")),
    ("group", Text("Class", "授课班级")),
    ("term", Text("Term", "学年学期")),
    ("teacher", Text("Teacher", "任课教师")),
    ("students", Text("Students", "学生人数")),
)
SECTIONS: Final = (
    ("facts", Text("The course", "课程基本信息")),
    ("objectives", Text("Course objectives and graduation requirements", "课程目标与毕业要求")),
    ("parts", Text("Assessment", "考核方式与权重")),
    ("results", Text("Attainment", "课程目标达成情况")),
    ("survey", Text("What students say", "学生问卷")),
    ("sensitivity", Text("What the figures hang on", "结果对权重与口径的依赖")),
    ("analysis", Text("Analysis", "达成情况分析")),
    ("last", Text("Improvement: last year", "上一年持续改进措施及成效")),
    ("this", Text("Improvement: this year", "本年持续改进措施")),
    ("signed", Text("Signatures", "签字")),
)
WORDS: Final = {
    "method": Text(
        "Attainment is the weighted mean of scores over full marks, over the students who have a score in every part "
        "that counts for the objective. Absent, deferred, withdrawn and exempt are no zeros: who was left out is "
        "counted. Intervals cover 95 %. “Reached” and “below expectation” are said only where the whole interval lies "
        "on one side of the expected value.",
        "达成度为各考核环节得分率的加权平均，只统计对应环节均有得分的学生。缺考、缓考、弃修、免修不按零分计，未计入人数单独列出。"
        "区间为 95% 区间；仅当整个区间都在期望值一侧时，才判断为“达成”或“未达成”。",
    ),
    "spread": Text("Number of students in each tenth of attainment:", "各达成度区间的学生人数："),
    "survey": Text("Indirect evidence is kept apart from scores.{combined}", "间接评价与成绩评价分开列出。{combined}"),
    "combined": Text(" The combined figure follows: {name}.", "综合达成度按“{name}”计算。"),
    "last": Text(
        "The difference follows the action. That does not prove that the action caused it: other students sat other "
        "exams.",
        "变化发生在措施之后，但不能证明由该措施引起：两年的学生和试题均不相同。",
    ),
    "no-analysis": Text("(to be written by the teacher)", "（由任课教师填写）"),
    "no-last": Text("No action of last year is on record.", "没有上一年改进措施的记录。"),
    "no-this": Text("No action is on record.", "暂无改进措施记录。"),
    "no-survey": Text("No survey is on record.", "没有问卷记录。"),
    "draft": Text("Draft: not checked, not locked.", "草稿：尚未审核锁定。"),
    "locked": Text(
        "Version {version}, filled in by {filled} on {filled_on}, checked and locked by {checked} on {checked_on}.",
        "第 {version} 版，{filled}于 {filled_on} 填报，{checked}于 {checked_on} 审核锁定。",
    ),
    "digest": Text("SHA-256 of the locked result: {digest}", "锁定结果的 SHA-256：{digest}"),
    "corrects": Text("It corrects version {corrects}: {reason}", "本版更正第 {corrects} 版：{reason}"),
    "simulated": Text("Simulated data of a demonstration.", "演示用模拟数据。"),
    "sign": Text("Signature:                 Date:", "签字：                 日期："),
    "page": Text("Page {page} of {pages}", "第 {page} 页 共 {pages} 页"),
}
SIGNERS: Final = (
    Text("Teacher", "任课教师"),
    Text("Head of the course", "课程负责人"),
    Text("Head of the programme", "专业负责人"),
)
NUMERALS: Final = "一二三四五六七八九十"
WIDTHS: Final[Mapping[str, Sequence[float]]] = {  # centimetres of 16
    "objectives": (2, 8, 2, 4),
    "parts": (2.2, 4.6, 1.7, 1.9, 1.6, 2, 2),
    "results": (1.7, 1.6, 1.8, 2.1, 1.4, 1.9, 1.9, 1.9, 1.7),
    "spread": (1.75, *(1.14,) * 10, 2.85),
    "sensitivity": (1.7, 2, 2, 2, 2.7, 2.6, 3),
    "survey": (1.7, 2, 2.7, 1.7, 1.5, 3.9, 2.5),
    "last": (1.7, 3.3, 1.5, 1.9, 1.3, 1.3, 1.6, 1.8, 1.6),
    "this": (2, 9, 2.5, 2.5),
}


def write_course_report(report: CourseReport, *, language: str, at: datetime) -> bytes:
    """Return the report as a Word file in ``"zh"`` or ``"en"``, made at a moment."""
    from docx import Document

    page = _Page(Document(), language)
    page.set_up(report, at=at)
    tables = {table.code: table for table in report_tables(report)}
    for number, (code, name) in enumerate(SECTIONS):
        page.heading(number, name)
        _section(page, code, report, tables)
    made = io.BytesIO()
    page.document.save(made)
    return made.getvalue()


def _section(page: _Page, code: str, report: CourseReport, tables: Mapping[str, ReportTable]) -> None:
    """Write what stands under one heading."""
    if code == "facts":
        page.facts(report)
    elif code == "analysis":
        page.paragraph(report.analysis or page.said("no-analysis"))
    elif code == "signed":
        page.signatures()
        if report.locked is not None:
            page.paragraph(page.said("digest", digest=report.locked.digest), small=True)
    elif code in tables:
        _before(page, code, report)
        page.table(tables[code])
        if code == "results":
            page.paragraph(page.said("spread"))
            page.table(tables["spread"])
    elif code == "last" and report.last_says:
        page.paragraph(report.last_says)
    else:
        page.paragraph(page.said(f"no-{code}"))


def _before(page: _Page, code: str, report: CourseReport) -> None:
    if code == "results":
        page.paragraph(page.said("method"), small=True)
    if code == "survey":
        name = report.result.combination
        combined = WORDS["combined"].in_language(page.language, name=name) if name else ""
        page.paragraph(page.said("survey", combined=combined), small=True)
    if code == "last":
        page.paragraph(page.said("last"), small=True)


class _Page:
    """A document on A4, with the fonts of Chinese offices; every run is told its face for Chinese and for Latin."""

    def __init__(self, document: Any, language: str) -> None:
        self.document, self.language = document, language

    def said(self, code: str, **facts: object) -> str:
        """Return a sentence in the language of the document."""
        return WORDS[code].in_language(self.language, **facts)

    def set_up(self, report: CourseReport, *, at: datetime) -> None:
        """Set paper, margins, the style of the text, title, state and page numbers."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2.3)
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = LATIN, Pt(10.5)
        _east_asian(style.element.get_or_add_rPr(), BODY)
        core = self.document.core_properties
        core.title, core.author, core.language = TITLE.in_language(self.language), "Yucai", self.language
        core.created = core.modified = at.replace(tzinfo=None)
        for text, size in ((report.school, 14), (TITLE.in_language(self.language), 18)):
            title = self.document.add_paragraph()
            title.alignment = WD_ALIGN_PARAGRAPH.CENTER
            title.paragraph_format.space_after = Pt(4)
            self.run(title, text, size=size, face=HEAD, bold=True)
        for text in self._state(report):
            state = self.document.add_paragraph()
            state.alignment = WD_ALIGN_PARAGRAPH.CENTER
            state.paragraph_format.space_after = Pt(2)
            self.run(state, text, size=9)
        self._page_numbers(section)

    def _state(self, report: CourseReport) -> list[str]:
        told = [self.said("simulated")] if report.simulated else []
        locked = report.locked
        if locked is None:
            return [*told, self.said("draft")]
        days = {"filled_on": f"{locked.filled_at:%Y-%m-%d}", "checked_on": f"{locked.checked_at:%Y-%m-%d}"}
        told.append(
            self.said("locked", version=locked.version, filled=locked.filled_by, checked=locked.checked_by, **days)
        )
        if locked.corrects is not None:
            told.append(self.said("corrects", corrects=locked.corrects, reason=locked.reason))
        return told

    def _page_numbers(self, section: Any) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, middle, after = self.said("page", page="\x00", pages="\x00").split("\x00")
        for text, field in ((before, "PAGE"), (middle, "NUMPAGES"), (after, "")):
            self.run(foot, text, size=9)
            if field:
                _field(self.run(foot, "", size=9), field)

    def run(self, paragraph: Any, text: str, *, size: float = 10.5, face: str = BODY, bold: bool = False) -> Any:
        """Add words to a paragraph."""
        from docx.shared import Pt

        run = paragraph.add_run(text)
        run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), bold
        _east_asian(run._element.get_or_add_rPr(), face)
        return run

    def heading(self, number: int, name: Text) -> None:
        """Write a heading that Word knows as one, with its number as the language has it."""
        from docx.shared import Pt, RGBColor

        paragraph = self.document.add_heading(level=1)
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(12), Pt(4)
        mark = f"{NUMERALS[number]}、" if self.language.startswith("zh") else f"{number + 1}. "
        run = self.run(paragraph, mark + name.in_language(self.language), size=12, face=HEAD, bold=True)
        run.font.color.rgb = RGBColor(0, 0, 0)

    def paragraph(self, text: str, *, small: bool = False) -> None:
        """Write a paragraph."""
        from docx.shared import Pt

        for line in text.splitlines() or [""]:
            paragraph = self.document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(4)
            paragraph.paragraph_format.keep_with_next = small  # words about a table stay with it
            self.run(paragraph, line, size=9 if small else 10.5)

    def facts(self, report: CourseReport) -> None:
        """Write what the course is, two facts a row."""
        course = report.map
        told = {"course": course.name or course.course, "code": course.course, "group": report.group,
                "term": report.term, "teacher": report.teacher or "–",
                "students": str(report.result.students)}  # fmt: skip
        grid = self._grid(len(FACTS) // 2, (2.6, 5.4, 2.6, 5.4))
        for place, (code, name) in enumerate(FACTS):
            row, left = grid.rows[place // 2], 2 * (place % 2)
            self._cell(row.cells[left], name.in_language(self.language), head=True)
            self._cell(row.cells[left + 1], told[code])

    def table(self, table: ReportTable) -> None:
        """Write a table: heads that come again on the next page, numbers to the right."""
        grid = self._grid(1 + len(table.rows), WIDTHS[table.code])
        _repeat(grid.rows[0])
        for cell, (name, kind) in zip(grid.rows[0].cells, table.columns, strict=True):
            self._cell(cell, name.in_language(self.language), head=True, right=kind.is_number)
        for line, row in zip(grid.rows[1:], table.rows, strict=True):
            _whole(line)
            for cell, value, (_name, kind) in zip(line.cells, row, table.columns, strict=True):
                self._cell(cell, _written(value, kind, self.language), right=kind.is_number)
        gap = self.document.add_paragraph()
        gap.paragraph_format.space_after = 0
        self.run(gap, " ", size=4)

    def signatures(self) -> None:
        """Write who signs, with room to do it by hand."""
        from docx.shared import Cm

        grid = self._grid(len(SIGNERS), (4, 12))
        for row, who in zip(grid.rows, SIGNERS, strict=True):
            row.height = Cm(1.3)
            self._cell(row.cells[0], who.in_language(self.language), head=True)
            self._cell(row.cells[1], self.said("sign"), size=10.5)

    def _grid(self, rows: int, widths: Sequence[float]) -> Any:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.shared import Cm

        grid = self.document.add_table(rows=rows, cols=len(widths))
        grid.style, grid.autofit, grid.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Cm(width)  # for those who read the grid; below for those who read the cells
            for cell in column.cells:
                cell.width = Cm(width)
        return grid

    def _cell(self, cell: Any, text: str, *, head: bool = False, right: bool = False, size: float = 9) -> None:
        from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        self.run(paragraph, text, size=size, face=HEAD if head else BODY, bold=head)
        if head:
            _shade(cell)


def _written(value: Any, kind: CellKind, language: str) -> str:
    if isinstance(value, Text):
        return value.in_language(language)
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if kind is CellKind.PERCENT:
        return f"{value:.0%}"
    if kind is CellKind.DECIMAL:
        return f"{value:.3f}" if abs(value) < 1.0005 else f"{value:.1f}"
    return str(value)


def _east_asian(properties: Any, face: str) -> None:
    from docx.oxml.ns import qn

    properties.get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def _field(run: Any, code: str) -> None:
    """Put a field into a run that Word works out when it opens the file: the number of the page, of pages."""
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        made = _element("w:fldChar", fldCharType=kind) if kind else _element("w:instrText")
        made.text = text or None
        run._element.append(made)


def _shade(cell: Any) -> None:
    cell._element.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=GREY))


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))


def _whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))
