"""A table is described once: its page and its file say the same, in the words of the reader."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from yucai.texts import Text
from yucai.web.listing import About, Cell, CellKind, Column, On, Sorting, Table, heads, shown_rows, workbook_of

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
KINDS = [(CellKind.DECIMAL, False), (CellKind.DECIMAL, True), (CellKind.PERCENT, False)]
ABOUT = About(spaces=[Text("school", "学校")], simulated=True, made_for="Lin", address="/x/", at=NOON)


@pytest.fixture(autouse=True, scope="module")
def in_english():
    with translation.override("en"):
        yield


def table(*columns, rows=("row",), **more):
    return Table(key="t", title="T", columns=columns, rows=list(rows), **more)


def column(value, **more):
    return Column(key="c", title="C", read=lambda row: value, **more)


def on_page(described):
    (row,) = shown_rows(described)
    return row.cells[0].text


def in_file(described, sheet=0):
    rows = openpyxl.load_workbook(io.BytesIO(workbook_of(described, ABOUT))).worksheets[sheet].iter_rows()
    return [[cell.value for cell in row] for row in rows]


@pytest.mark.parametrize(
    ("value", "kind", "places", "shown", "held"),
    [
        ("007", CellKind.TEXT, 0, "007", "007"),
        (Text("one", "一"), CellKind.TEXT, 0, "one", "one"),
        (gettext_lazy("Home"), CellKind.TEXT, 0, "Home", "Home"),
        (12345, CellKind.WHOLE, 0, "12,345", 12345),
        (0.786, CellKind.PERCENT, 0, "79", 0.79),
        (1.2345, CellKind.DECIMAL, 2, "1.23", 1.23),
        (date(2026, 9, 1), CellKind.DAY, 0, "2026-09-01", datetime(2026, 9, 1)),  # noqa: DTZ001
        (
            datetime(2026, 9, 1, 4, 30, 59, tzinfo=UTC),
            CellKind.TIME,
            0,
            "2026-09-01 12:30",
            datetime(2026, 9, 1, 12, 30),  # noqa: DTZ001
        ),
        (None, CellKind.WHOLE, 0, "–", None),
        ("", CellKind.TEXT, 0, "–", None),
    ],
)
def test_a_value_stands_on_the_page_by_its_kind_and_in_the_file_with_its_type(value, kind, places, shown, held):
    described = table(column(value, kind=kind, places=places), Column(key="n", title="N", read=lambda row: 1))
    assert on_page(described) == shown
    assert in_file(described)[1][0] == held


@given(st.floats(-5, 5), st.sampled_from(KINDS), st.integers(0, 2))
def test_no_number_of_a_file_is_finer_than_that_of_its_page(value, kind, places):
    described = table(column(value, kind=kind[0], signed=kind[1], places=places))
    shown = float(on_page(described).replace("−", "-"))
    held = in_file(described)[1][0]
    assert held * (100 if kind[0] is CellKind.PERCENT else 1) == pytest.approx(shown, abs=1e-9)
    assert str(held) != "-0.0"


def test_words_in_place_of_a_value_stand_on_both():
    described = table(column(Cell(words="hidden", hidden=True), kind=CellKind.DECIMAL))
    (row,) = shown_rows(described)
    assert (row.cells[0].text, row.cells[0].hidden) == ("hidden", True)
    assert in_file(described)[1] == ["hidden"]


def test_buttons_are_for_the_page_and_parts_of_a_joined_cell_for_the_file():
    described = table(
        Column(key="a", title="from – to", on=On.PAGE, read=lambda row: Cell(shown="1 – 2")),
        Column(key="b", title="from", kind=CellKind.WHOLE, on=On.FILE, read=lambda row: 1),
        Column(key="c", title="to", kind=CellKind.WHOLE, on=On.FILE, read=lambda row: 2),
        Column(key="d", title="Actions", unseen=True, template="_pick.html"),
    )
    assert [head.title for head in heads(described)] == ["from – to", "Actions"]
    assert in_file(described) == [["from", "to"], [1, 2]]


def test_the_row_is_named_by_its_first_column_that_says_something():
    (row,) = shown_rows(table(Column(key="p", title="", template="_pick.html"), column("x"), column("y")))
    assert [cell.first for cell in row.cells] == [False, True, False]


def test_a_head_turns_the_order_and_keeps_the_filters():
    sorting = Sorting(by="n", down=True, query="contains=a")
    first, second = heads(table(column(1, sort="n"), column(2, sort="m"), sorting=sorting))
    assert (first.href, first.order) == ("?contains=a&sort=n", "descending")
    assert (second.href, second.order) == ("?contains=a&sort=m", "")


def test_the_second_sheet_says_what_the_file_is_in_the_language_of_the_page():
    described = table(column("x"), notes=("Fewer than 5 are hidden.",), filters=(("Name", "a"),))
    with translation.override("en"):
        said = in_file(described, sheet=1)
    assert ["Institution", "school"] in said
    assert ["Made", "2026-11-27 20:00 (Asia/Shanghai)"] in said
    assert ["Only rows with", "Name: a"] in said
    assert ["Note", "Fewer than 5 are hidden."] in said
    with translation.override("zh-hans"):
        said = in_file(described, sheet=1)
    assert ["机构", "学校"] in said
    assert ["模拟数据", "是：其中人物全部或部分并不存在"] in said
