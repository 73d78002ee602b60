"""Minutes of a run of a rule as a Word document on A4: what was run, whom it names, and room to decide and to sign."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from yucai.texts import Text

__all__ = ["MinutesRow", "SelectionMinutes", "write_minutes"]

BODY, HEAD, LATIN = "宋体", "黑体", "Times New Roman"
GREY: Final = "E7EDF1"
NUMERALS: Final = "一二三四五六七八九十"
WORDS: Final = {
    "title": Text("Minutes: a rule for entry or exit, run on records", "动态进出规则运行会议纪要"),
    "simulation": Text(
        "This is a simulation. The rule proposes; nobody's place ends or begins by it. What is decided, named persons "
        "decide and sign below, each with an own reason.",
        "本件为规则模拟结果。规则只提出建议，不产生任何人进出的效力；决定由具名人员作出并在下方签字、说明理由。",
    ),
    "simulated": Text(
        "Simulated data of a demonstration: nobody named here exists.", "演示用模拟数据：所列人员均不存在。"
    ),
    "run": Text("The run", "运行情况"),
    "rule": Text("What the rule says", "规则内容"),
    "line": Text("Where the line is", "分界线"),
    "people": Text("Whom the rule names", "规则涉及人员"),
    "edge": Text("Whose outcome hangs on little", "临界人员"),
    "compared": Text("Against the list that was made", "与实际名单的比较"),
    "explained": Text("How this came about, and how to object", "结果由来与异议"),
    "decided": Text("What was decided", "会议决定"),
    "change": Text("What would change it: {said}", "可能改变结果的情形：{said}"),
    "signed": Text("Signatures", "签字"),
    "page": Text("Page {page} of {pages}", "第 {page} 页 共 {pages} 页"),
    "sign": Text("Signature:                 Date:", "签字：                 日期："),
    "seal": Text("(seal)", "（盖章）"),
    "decide": Text(
        "Decision on each person, with the reason (the law asks for a person's own reason, not for the list's):",
        "对每一人的决定及理由（须为作出决定者本人的理由，不得仅以名单为据）：",
    ),
    "nobody": Text("Nobody.", "无。"),
}
EXPLAINED: Final = (
    Text(
        "Data used: marks, credits, awards and own works that lay before the day; for a place, the marks of the group. "
        "No protected trait, no portrait.",
        "所用数据：截至日期之前的成绩、学分、奖项和个人成果；名次另用到本组成绩。不使用受保护特征和画像。",
    ),
    Text(
        "Rule: as above, in its version; a written rule, simulated and untested.",
        "所用规则：如上，按所列版本；书面规则的模拟，未经检验。",
    ),
    Text(
        "How sure: missing marks are taken at both ends; whose outcome hangs on little stands above.",
        "把握程度：缺少的成绩按最低和最高两端考虑；结果取决于细微变动者见上。",
    ),
    Text(
        "How to object: a mark or an award that is wrong is contested where it stands, on the own page “My data”; "
        "somebody else answers. This paper decides nothing.",
        "异议途径：成绩或奖项有误，可在本人“我的数据”页对该条记录提出异议，由他人处理。本件不产生任何决定。",
    ),
)
FACTS: Final = (
    Text("Rule", "规则"), Text("Version", "版本"), Text("Source", "依据"), Text("Whose", "范围"),
    Text("As of", "截至日期"),
    Text("Run by", "运行人"), Text("Run at", "运行时间"), Text("People", "人数"), Text("SHA-256", "SHA-256"),
)  # fmt: skip
COLUMNS: Final = (
    Text("Number", "学号"), Text("Name", "姓名"), Text("Group", "组别"), Text("Proposal", "规则结果"),
    Text("Mean", "平均"), Text("Place", "名次"), Text("Reasons", "理由"),
)  # fmt: skip
WIDTHS: Final = (2.4, 1.9, 1.7, 1.7, 1.5, 1.2, 5.8)  # centimetres
SIGNERS: Final = (
    Text("Chair", "主持人"), Text("Members", "参会人员"), Text("Keeper of the minutes", "记录人"),
    Text("Supervision", "监督人"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesRow:
    """One person as the minutes name them."""

    number: str
    name: Text
    group: str
    outcome: Text
    measure: str
    place: str
    reasons: tuple[Text, ...]
    change: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionMinutes:
    """All that the minutes say. ``rows`` are those of whom the rule says more than that nothing changes."""

    school: Text
    rule: Text
    version: int
    source: str
    scope: Text
    as_of: date
    by: Text
    run_at: str
    people: int
    digest: str
    simulated: bool
    sentences: tuple[Text, ...]
    lines: tuple[Text, ...]
    counts: tuple[Text, ...]
    rows: tuple[MinutesRow, ...]
    edge: tuple[Text, ...]
    compared: tuple[Text, ...]


def write_minutes(minutes: SelectionMinutes, *, language: str, at: datetime) -> bytes:
    """Return the minutes as a Word file in ``"zh"`` or ``"en"``, made at a moment."""
    from docx import Document  # slow to load, and asked for a few times a year

    page = _Page(Document(), language)
    page.set_up(minutes, at=at)
    parts: list[tuple[str, Sequence[Text]]] = [
        ("rule", minutes.sentences), ("line", (*minutes.lines, *minutes.counts)), ("people", ()),
        ("edge", minutes.edge), ("compared", minutes.compared), ("explained", EXPLAINED), ("decided", ()),
        ("signed", ()),
    ]  # fmt: skip
    page.heading("run")
    page.facts(minutes)
    for code, said in parts:
        if code == "compared" and not said:
            continue
        page.heading(code)
        page.part(code, said, minutes)
    made = io.BytesIO()
    page.document.save(made)
    return made.getvalue()


class _Page:
    """A document on A4, with the fonts of Chinese offices; every run is told its face for Chinese and for Latin."""

    def __init__(self, document: Any, language: str) -> None:
        self.document, self.language, self.number = document, language, 0

    def said(self, text: str | Text, **facts: object) -> str:
        """Return words in the language of the document."""
        return (WORDS[text] if isinstance(text, str) else text).in_language(self.language, **facts)

    def set_up(self, minutes: SelectionMinutes, *, at: datetime) -> None:
        """Set paper, margins, title, what this is, and page numbers."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.3)
        section.top_margin = section.bottom_margin = Cm(2.3)
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = LATIN, Pt(10.5)
        _east_asian(style.element.get_or_add_rPr(), BODY)
        core = self.document.core_properties
        core.title, core.author, core.language = self.said("title"), "Yucai", self.language
        core.created = core.modified = at.replace(tzinfo=None)
        told = [
            (self.said(minutes.school), 14, HEAD),
            (self.said("title"), 18, HEAD),
            (self.said("simulation"), 9, BODY),
        ]
        if minutes.simulated:
            told.append((self.said("simulated"), 9, BODY))
        for text, size, face in told:
            line = self.document.add_paragraph()
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
            line.paragraph_format.space_after = Pt(4)
            self.run(line, text, size=size, face=face, bold=face == HEAD)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, middle, after = self.said("page", page="\x00", pages="\x00").split("\x00")
        for text, field in ((before, "PAGE"), (middle, "NUMPAGES"), (after, "")):
            self.run(foot, text, size=9)
            if field:
                _field(self.run(foot, "", size=9), field)

    def part(self, code: str, said: Sequence[Text], minutes: SelectionMinutes) -> None:
        """Write what stands under one heading."""
        if code == "people":
            self.people(minutes)
        elif code == "decided":
            self.paragraph(self.said("decide"))
            for _line in range(6):
                self.paragraph("＿" * 38 if self.language.startswith("zh") else "_" * 78)
        elif code == "signed":
            self.signatures()
        else:
            for place, text in enumerate(said, start=1):
                self.paragraph(f"{place}. {self.said(text)}")
            if not said:
                self.paragraph(self.said("nobody"))

    def run(self, paragraph: Any, text: str, *, size: float = 10.5, face: str = BODY, bold: bool = False) -> Any:
        """Add words to a paragraph; signs that no document may hold are left out."""
        from docx.shared import Pt

        run = paragraph.add_run("".join(sign for sign in text if sign >= " " or sign in "\t\n"))
        run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), bold
        _east_asian(run._element.get_or_add_rPr(), face)
        return run

    def heading(self, code: str) -> None:
        """Write a heading that Word knows as one, with its number as the language has it."""
        from docx.shared import Pt, RGBColor

        paragraph = self.document.add_heading(level=1)
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(12), Pt(4)
        mark = f"{NUMERALS[self.number]}、" if self.language.startswith("zh") else f"{self.number + 1}. "
        run = self.run(paragraph, mark + self.said(code), size=12, face=HEAD, bold=True)
        run.font.color.rgb = RGBColor(0, 0, 0)
        self.number += 1

    def paragraph(self, text: str) -> None:
        """Write a paragraph."""
        from docx.shared import Pt

        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(3)
        self.run(paragraph, text)

    def facts(self, minutes: SelectionMinutes) -> None:
        """Write what was run, on whom, when and by whom."""
        told = (
            self.said(minutes.rule), f"{minutes.version}", minutes.source, self.said(minutes.scope),
            f"{minutes.as_of:%Y-%m-%d}", self.said(minutes.by), minutes.run_at, f"{minutes.people}", minutes.digest,
        )  # fmt: skip
        grid = self._grid(len(FACTS), (3.2, 13.0))
        for row, name, value in zip(grid.rows, FACTS, told, strict=True):
            self._cell(row.cells[0], self.said(name), head=True)
            self._cell(row.cells[1], value)

    def people(self, minutes: SelectionMinutes) -> None:
        """Write whom the rule names, with heads that come again on the next page."""
        if not minutes.rows:
            self.paragraph(self.said("nobody"))
            return
        grid = self._grid(1 + len(minutes.rows), WIDTHS)
        _repeat(grid.rows[0])
        for cell, name in zip(grid.rows[0].cells, COLUMNS, strict=True):
            self._cell(cell, self.said(name), head=True)
        for line, row in zip(grid.rows[1:], minutes.rows, strict=True):
            _whole(line)
            gap = "" if self.language.startswith("zh") else " "
            reasons = gap.join(self.said(text) for text in row.reasons)
            change = self.said("change", said=gap.join(self.said(text) for text in row.change))
            told = (row.number, self.said(row.name), row.group, self.said(row.outcome), row.measure, row.place)
            for cell, value in zip(line.cells, (*told, reasons), strict=True):
                self._cell(cell, value)
            self.run(line.cells[-1].add_paragraph(), change, size=8)

    def signatures(self) -> None:
        """Write who signs, with room to do it by hand, and the place of the seal."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm

        grid = self._grid(len(SIGNERS), (4.2, 12.0))
        for row, who in zip(grid.rows, SIGNERS, strict=True):
            row.height = Cm(1.3)
            _whole(row)
            self._cell(row.cells[0], self.said(who), head=True)
            self._cell(row.cells[1], self.said("sign"), size=10.5)
            for cell in row.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = True  # nobody signs on a page of its own
        seal = self.document.add_paragraph()
        seal.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self.run(seal, self.said("seal"))

    def _grid(self, rows: int, widths: Sequence[float]) -> Any:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.shared import Cm

        grid = self.document.add_table(rows=rows, cols=len(widths))
        grid.style, grid.autofit, grid.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Cm(width)
            for cell in column.cells:
                cell.width = Cm(width)
        return grid

    def _cell(self, cell: Any, text: str, *, head: bool = False, size: float = 9) -> None:
        from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
        from docx.shared import Pt

        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        self.run(paragraph, text, size=size, face=HEAD if head else BODY, bold=head)
        if head:
            cell._element.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=GREY))


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


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))


def _whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))
