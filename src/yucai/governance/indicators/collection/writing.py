"""The tables of a state collection as a workbook with typed cells and as a Word file, both from the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any, Final

from yucai.evidence import CellKind, WorkbookColumn, WorkbookTable, write_workbook
from yucai.governance.indicators.collection.checking import CHECK_STATES, KIND_SAYS, CheckLine, CheckState
from yucai.governance.indicators.collection.filling import (
    SIGNED_SAYS,
    FilledLine,
    FilledTable,
    SignedBy,
    StateCollection,
)
from yucai.governance.indicators.computing import EMPTY_SAYS
from yucai.governance.indicators.reports import (
    CHECKS,
    NOBODY,
    SIMULATED,
    SOURCE,
    WHY,
    dress_document,
    put_list,
    put_table,
)
from yucai.texts import Text

__all__ = ["write_collection_docx", "write_collection_xlsx"]

HEADS: Final = (
    Text("Item", "项目"),
    Text("Value", "数值"),
    Text("Unit", "单位"),
    Text("As of", "截止日期"),
    Text("Year before", "上年"),
    Text("Recorder", "填报人"),
    Text("Auditor", "审核人"),
    Text("Signed", "签核情况"),
)
KINDS: Final = (CellKind.TEXT, CellKind.DECIMAL, CellKind.TEXT, CellKind.DAY, CellKind.DECIMAL, CellKind.TEXT,
                CellKind.TEXT, CellKind.TEXT)  # fmt: skip
SIGNED_ON: Final = Text("Day of the second signature", "审核日期")
STANDS_IN: Final = Text("Filled in for", "填报于")
WIDTHS: Final = (6.7, 2.9, 2.6, 2.3, 2.3, 2.9, 2.9, 3.5)
FIRST: Final = Text("To read first", "填表说明")
YEAR: Final = Text("Year {year}; each item says as of which day it is", "{year} 年度；各项注明截止日期")
WHAT: Final = Text("What", "事项")
SAYS: Final = Text("Says", "内容")
INSTITUTION: Final = Text("Institution", "单位")
OF_YEAR: Final = Text("Year", "年度")
BEFORE_SENDING: Final = Text("Before anything is sent", "报送前须知")
STATE: Final = Text("How far the tables are", "填报情况")
VERSION: Final = Text("Definition of the tables", "采集表定义")
LACKING: Final = Text("Not in this table", "本表未含")
DATA: Final = Text("Data", "数据")
COLUMNS: Final = (Text("Check", "核对"), Text("Outcome", "结果"), Text("What was compared", "核对内容"))
FOUND: Final = Text("Contradictions, and what wants a word", "矛盾与须说明事项")
NOTHING: Final = Text("Nothing contradicts and nothing leaps against last year.", "各表一致，与上年相比无异常变动。")
OPEN: Final = Text("Checks that cannot be made yet", "尚无法核对的事项")
ALL_MADE: Final = Text("Every check could be made.", "各项均可核对。")
ORDER: Final = (CheckState.CONTRADICTS, CheckState.WANTS_A_WORD, CheckState.OPEN, CheckState.AGREES)


def write_collection_xlsx(filled: StateCollection, *, language: str) -> bytes:
    """Return the tables as a workbook: what to read first, a sheet a table, and every check with how it came out."""
    sheets = [_first_sheet(filled, language)]
    sheets += [_sheet(number, table, language) for number, table in enumerate(filled.tables, start=1)]
    return write_workbook([*sheets, _check_sheet(filled.checks, language)], at=filled.at)


def write_collection_docx(filled: StateCollection, *, language: str) -> bytes:
    """Return the tables as a Word file: what to read first, a table each, and what the checks found."""
    from docx import Document  # slow to load, and asked for a few times a year
    from docx.shared import Cm

    document: Any = Document()
    dress_document(document, Cm)
    title = filled.collection.name.in_language(language)
    document.core_properties.title = title
    document.core_properties.author = filled.institution.in_language(language)
    document.core_properties.created = document.core_properties.modified = filled.at.replace(tzinfo=None)
    document.add_heading(title, 0)
    year = YEAR.filled(year=filled.year).in_language(language)
    document.add_paragraph(f"{filled.institution.in_language(language)} · {year}")
    if filled.simulated:
        document.add_paragraph(SIMULATED.in_language(language))
    document.add_heading(BEFORE_SENDING.in_language(language), 1)
    document.add_paragraph(filled.collection.note.in_language(language))
    document.add_paragraph(filled.summary.in_language(language))
    for number, table in enumerate(filled.tables, start=1):
        document.add_heading(f"{number}  {table.table.name.in_language(language)}", 1)
        rows = [_line(line, language) for line in table.lines]
        put_table(document, [one.in_language(language) for one in HEADS], rows, numbers=(1, 4), widths=WIDTHS)
        if table.table.lacking.en:
            document.add_paragraph(_lacks(table, language))
    document.add_heading(CHECKS.in_language(language), 1)
    document.add_paragraph(filled.checked.in_language(language))
    put_list(document, FOUND, [_told(one, language) for one in filled.found], NOTHING, language)
    opened = [one.says.in_language(language) for one in filled.checks if one.state is CheckState.OPEN]
    put_list(document, OPEN, opened, ALL_MADE, language)
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def _told(one: CheckLine, language: str) -> str:
    colon = "：" if language.startswith("zh") else ": "
    return f"{CHECK_STATES[one.state].in_language(language)}{colon}{one.says.in_language(language)}"


def _lacks(table: FilledTable, language: str) -> str:
    colon = "：" if language.startswith("zh") else ": "
    return f"{LACKING.in_language(language)}{colon}{table.table.lacking.in_language(language)}"


def _line(line: FilledLine, language: str) -> list[str]:
    nobody = NOBODY.in_language(language)
    signed = SIGNED_SAYS[line.signed].in_language(language)
    why = EMPTY_SAYS[line.why].in_language(language) if line.why else "–"
    return [
        line.name.in_language(language), _written(line.value, line.places) or why, line.unit.in_language(language),
        line.as_of.isoformat() if line.as_of else "–", _written(line.before, line.places) or "–",
        line.recorder or nobody, line.auditor or nobody,
        f"{signed}\n{line.signed_on.isoformat()}" if line.signed_on else signed,
    ]  # fmt: skip


def _written(value: float | None, places: int) -> str:
    return "" if value is None else f"{round(value, places) + 0.0:,.{places}f}"


def _first_sheet(filled: StateCollection, language: str) -> WorkbookTable:
    collection = filled.collection
    rows: list[tuple[Text, Text]] = [
        (INSTITUTION, filled.institution),
        (OF_YEAR, YEAR.filled(year=filled.year)),
        (BEFORE_SENDING, collection.note),
        (STATE, filled.summary),
        (CHECKS, filled.checked),
        (VERSION, Text(f"{collection.code} {collection.version}", f"{collection.code} {collection.version}")),
    ]
    if filled.simulated:
        rows.insert(2, (DATA, SIMULATED))
    rows += [(table.table.name, table.table.lacking) for table in filled.tables if table.table.lacking.en]
    columns = [WorkbookColumn(title=one.in_language(language)) for one in (WHAT, SAYS)]
    told = [[what.in_language(language), says.in_language(language)] for what, says in rows]
    return WorkbookTable(name=FIRST.in_language(language), columns=columns, rows=told)


def _sheet(number: int, table: FilledTable, language: str) -> WorkbookTable:
    places = max((line.places for line in table.lines), default=0)
    kinds: Sequence[CellKind] = [CellKind.WHOLE if kind is CellKind.DECIMAL and not places else kind for kind in KINDS]
    columns = [
        WorkbookColumn(title=head.in_language(language), kind=kind, places=places if kind is CellKind.DECIMAL else 0)
        for head, kind in zip(HEADS, kinds, strict=True)
    ]
    columns.append(WorkbookColumn(title=SIGNED_ON.in_language(language), kind=CellKind.DAY))
    columns += [WorkbookColumn(title=one.in_language(language)) for one in (WHY, STANDS_IN, SOURCE)]
    rows = [_typed(line, language) for line in table.lines]
    return WorkbookTable(name=f"{number} {table.table.name.in_language(language)}", columns=columns, rows=rows)


def _typed(line: FilledLine, language: str) -> list[Any]:
    nobody = NOBODY.in_language(language)
    day: date | None = line.signed_on if line.signed is SignedBy.BOTH else None
    return [
        line.name.in_language(language), _round(line.value, line.places), line.unit.in_language(language), line.as_of,
        _round(line.before, line.places), line.recorder or nobody, line.auditor or nobody,
        SIGNED_SAYS[line.signed].in_language(language), day,
        EMPTY_SAYS[line.why].in_language(language) if line.why else None,
        line.stands_in.in_language(language) or None, line.source or None,
    ]  # fmt: skip


def _round(value: float | None, places: int) -> float | int | None:
    if value is None:
        return None
    return round(value, places) if places else round(value)


def _check_sheet(checks: Sequence[CheckLine], language: str) -> WorkbookTable:
    columns = [WorkbookColumn(title=one.in_language(language)) for one in COLUMNS]
    rows = [
        [KIND_SAYS[one.kind].in_language(language), CHECK_STATES[one.state].in_language(language),
         one.says.in_language(language)]
        for state in ORDER for one in checks if one.state is state
    ]  # fmt: skip
    return WorkbookTable(name=CHECKS.in_language(language), columns=columns, rows=rows)
