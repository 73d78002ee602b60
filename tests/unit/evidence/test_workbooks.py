"""A workbook of tables: every cell with its type, every text as it was, and nothing that is computed."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.evidence import CellKind, WorkbookColumn, WorkbookTable, write_workbook
from yucai.evidence.cells import MOST_CHARACTERS, NOT_IN_XLSX
from yucai.evidence.workbooks import MOST_ROWS, TooManyRowsError

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
KINDS = (CellKind.TEXT, CellKind.WHOLE, CellKind.DECIMAL, CellKind.PERCENT, CellKind.DAY, CellKind.TIME)


def opened(*tables):
    return openpyxl.load_workbook(io.BytesIO(write_workbook(tables, at=NOON)))


def table(columns, rows, name="Sheet"):
    return WorkbookTable(name=name, columns=columns, rows=rows)


def of_kinds(*values):
    columns = [WorkbookColumn(title=kind.value, kind=kind, places=1) for kind in KINDS]
    return opened(table(columns, [values])).worksheets[0]


def test_cells_have_the_type_of_their_column():
    sheet = of_kinds("007", 12, 0.25, 0.5, date(2026, 9, 1), datetime(2026, 9, 1, 8, 30, tzinfo=UTC))
    cells = list(sheet[2])
    assert [cell.value for cell in cells[:4]] == ["007", 12, 0.25, 0.5]
    assert [cell.value.isoformat() for cell in cells[4:]] == ["2026-09-01T00:00:00", "2026-09-01T08:30:00"]
    assert [cell.data_type for cell in cells] == ["s", "n", "n", "n", "d", "d"]
    assert [cell.number_format for cell in cells[1:]] == ["#,##0", "0.0", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"]


def test_words_stand_where_there_is_no_number_and_nothing_stands_where_there_is_nothing():
    sheet = of_kinds(None, "hidden", None, "not enough evidence yet", None, "never")
    assert [cell.value for cell in sheet[2]] == [None, "hidden", None, "not enough evidence yet", None, "never"]
    assert sheet["B2"].font.italic
    assert sheet["B2"].alignment.horizontal == "right"


def test_the_head_row_stays_and_can_be_filtered_by():
    sheet = of_kinds("a", 1, 1.0, 1.0, date(2026, 1, 1), NOON)
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:F2"
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.print_title_rows == "$1:$1"


def test_columns_are_as_wide_as_what_stands_in_them_within_limits():
    columns = [WorkbookColumn(title="a"), WorkbookColumn(title="b"), WorkbookColumn(title="c")]
    sheet = opened(table(columns, [["学" * 10, "x" * 500, "x"]])).worksheets[0]
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths == [23, 60, 11]
    assert sheet["B2"].alignment.wrap_text


# What XML cannot hold is left out; nothing else is, however it looks.
texts = st.text(max_size=60) | st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n", "_x0041_", "_x005F_", "'a", "1e5", "2026-01-01", " a ", "\u202e"]
)


@given(st.lists(texts, min_size=1, max_size=5))
def test_any_text_survives_and_none_is_computed(given_texts):
    kinds = (CellKind.TEXT, CellKind.DECIMAL, CellKind.WHOLE)
    columns = [WorkbookColumn(title="head", kind=kind) for kind in kinds]
    sheet = opened(table(columns, [[text, text, 1] for text in given_texts])).worksheets[0]
    for text, row in zip(given_texts, sheet.iter_rows(min_row=2), strict=True):
        for cell in row[:2]:
            assert cell.data_type != "f"
            assert unescaped(cell.value or "") == NOT_IN_XLSX.sub("", text)


def unescaped(text):
    """What a spreadsheet reads: ``_xHHHH_`` stands for a character; the reader of these tests leaves that alone."""
    from openpyxl.utils.escape import unescape

    return unescape(text)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_that_would_act_as_a_formula_stays_a_text_also_after_it_was_edited(start):
    text = f"{start}1+cmd|' /C calc'!A0"
    cell = opened(table([WorkbookColumn(title=text)], [[text]])).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_what_a_sheet_cannot_hold_as_a_number_or_a_day_stands_as_text():
    sheet = of_kinds("x" * 40_000, 2025990001000000000, float("nan"), 0.1, date(1899, 1, 1), None)
    assert len(sheet["A2"].value) == MOST_CHARACTERS
    assert sheet["A2"].value.endswith("…")
    assert [cell.value for cell in sheet[2]][1:5] == ["2025990001000000000", "nan", 0.1, "1899-01-01"]


def test_sheets_have_names_of_their_own_that_a_sheet_may_bear():
    column = [WorkbookColumn(title="a")]
    book = opened(
        *(
            table(column, [], name)
            for name in ("a/b[c]", "a b c", "", "长" * 40, "长" * 50, "8 Graduates, degrees and destinations")
        )
    )
    cut = ["长" * 30 + "…", "长" * 29 + " 2", "8 Graduates, degrees and…"]
    assert book.sheetnames == ["a b c", "a b c 2", "1", *cut]


def test_more_rows_than_a_sheet_holds_are_refused():
    class Long(list):
        def __len__(self):
            return MOST_ROWS + 1

    with pytest.raises(TooManyRowsError, match="1,048,576"):
        write_workbook([table([WorkbookColumn(title="a")], Long())], at=NOON)


def test_the_same_rows_at_the_same_moment_say_when_they_were_written():
    book = opened(table([WorkbookColumn(title="a")], [["x"]]))
    assert (book.properties.creator, book.properties.created.isoformat()) == ("Yucai", "2026-11-27T12:00:00")
