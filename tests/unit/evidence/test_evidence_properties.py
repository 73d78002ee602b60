"""What holds for any file and any table: read or refused in words, and read back as it was written."""

import contextlib
import csv
import datetime
import io
import zipfile

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.making import write_csv, write_parquet, write_xlsx
from yucai.errors import YucaiError
from yucai.evidence import RESPONSES, Responses, open_lake, read_lake, read_responses, write_part

SUFFIXES = (".csv", ".xlsx", ".parquet", ".txt", ".xls")
TITLES = ("learner", "item", "score", "max_score", "rater", "occasion", "at")
MARKS = [
    "学号,题目,得分,满分\n",
    "learner\titem\tscore\tmax_score\n",
    '"',
    "\r",
    "\x00",
    "\u2028",
    "<?xml",
    "缺考",
    "1e400",
]
STARTS = [b"", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refused(path):
    """Any other exception than ours goes through, and the test fails."""
    before = sorted(path.parent.iterdir())
    with contextlib.suppress(YucaiError):
        reading = read_responses(path)
        assert len(reading.responses.table.rows()) == reading.report.kept_count - sum(reading.report.states.values())
        assert reading.report.in_language("zh")
        Responses.from_table(reading.responses.table)
    assert sorted(path.parent.iterdir()) == before


def a_workbook():
    content = io.BytesIO()
    book = openpyxl.Workbook()
    for row in (TITLES, ("s1", "essay", 4, 5), ("s2", "essay", "缺考", 5)):
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def a_parquet():
    content = io.BytesIO()
    pl.DataFrame({"learner": ["s1", "s2"], "item": ["e"] * 2, "score": [1.0, None], "max_score": [2, 2]}).write_parquet(
        content
    )
    return content.getvalue()


SOUND = {"xlsx": a_workbook(), "parquet": a_parquet()}


@st.composite
def contents(draw):
    """Draw bytes of no sense, text of some sense, and the beginnings of files of each kind."""
    start = draw(st.sampled_from(STARTS))
    text = "".join(draw(st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=8)), max_size=8)))
    encoded = text.encode(draw(st.sampled_from(["utf-8", "gb18030", "utf-16-le"])), "ignore")
    return start + draw(st.one_of(st.just(encoded), st.binary(max_size=200)))


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=contents())
@example(content=b"")
@ONE_FOLDER
def test_any_bytes_under_any_suffix_are_read_or_refused(tmp_path, suffix, content):
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    read_or_refused(path)


@pytest.mark.parametrize("kind", SOUND)
@given(data=st.data())
@ONE_FOLDER
def test_a_sound_file_with_bytes_changed_is_read_or_refused(tmp_path, kind, data):
    content = bytearray(SOUND[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"any.{kind}"
    path.write_bytes(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))
    read_or_refused(path)


@given(
    xml=st.lists(st.sampled_from(["<row>", "</row>", '<c r="B2">', "<c>", "</c>", "<v>1</v>", '<row r="9">', "&", "x"]))
)
@ONE_FOLDER
def test_any_sheet_inside_a_workbook_is_read_or_refused(tmp_path, xml):
    path = tmp_path / "any.xlsx"
    with zipfile.ZipFile(io.BytesIO(SOUND["xlsx"])) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            changed = name.endswith("sheet1.xml")
            new.writestr(
                name, f"<worksheet><sheetData>{''.join(xml)}</sheetData></worksheet>" if changed else old.read(name)
            )
    read_or_refused(path)


CELLS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        ["1", "2", "1,250", "缺考", "-", "２０２６年１月１日", "2026-02-29", "9999-12-31 23:59-05:00", "1e17"]
    ),
)


@given(rows=st.lists(st.lists(CELLS, max_size=8), max_size=5), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@ONE_FOLDER
def test_any_cells_below_our_titles_are_read_or_refused_row_by_row(tmp_path, rows, encoding):
    written = io.StringIO()
    csv.writer(written).writerows([TITLES, *rows])
    path = tmp_path / "any.csv"
    path.write_bytes(written.getvalue().encode(encoding, "ignore"))
    read_or_refused(path)


# Letters, digits and signs that mean themselves: a full-width digit is read as a plain one and would come back changed.
# The first is a letter, because 3E2 as a learner is refused: nobody knows whether it once was a number.
NAMES = st.from_regex(r"[A-Za-z甲乙\U0002cc56][A-Za-z0-9甲乙 .,;|\"'/=+-]{0,8}[a-z0-9]", fullmatch=True)
MOMENTS = st.datetimes(datetime.datetime(1900, 3, 1), datetime.datetime(2100, 1, 1), timezones=st.just(datetime.UTC))  # noqa: DTZ001


@st.composite
def tables(draw):
    """Draw tables of sound responses, each response once."""
    keys = st.tuples(NAMES, NAMES, st.none() | NAMES, st.none() | NAMES)
    rows = []
    for key in draw(st.lists(keys, min_size=1, max_size=6, unique=True)):
        highest = draw(st.integers(1, 10**9))  # in hundredths: the library that writes workbooks keeps 16 digits
        score = draw(st.integers(0, highest))
        at = draw(st.none() | MOMENTS)
        rows.append((key[0], key[1], score / 100, highest / 100, key[2], key[3], at and at.replace(microsecond=0)))
    return Responses.from_table(
        pl.DataFrame(rows, schema={c.name: c.dtype for c in RESPONSES.columns[:7]}, orient="row")
    )


def written(path, kind, table):
    plain = table.with_columns(pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S"))
    rows = [TITLES, *plain.rows()]
    if kind == "csv":
        return write_csv(path, [["" if cell is None else cell for cell in row] for row in rows])
    if kind == "gb18030":
        return write_csv(path, rows, encoding="gb18030")
    return write_xlsx(path, {"S": rows}) if kind == "xlsx" else write_parquet(path, table.to_arrow())


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx", "parquet"])
@given(responses=tables())
@settings(ONE_FOLDER, max_examples=40)
def test_responses_written_to_a_file_and_read_again_are_the_same(tmp_path, kind, responses):
    table = responses.table.select(TITLES)
    suffix = "csv" if kind == "gb18030" else kind
    reading = read_responses(written(tmp_path / f"again.{suffix}", kind, table))
    assert reading.responses.table.select(TITLES).rows() == table.rows()
    assert (reading.report.refused, reading.report.notices, reading.report.states) == ((), (), {})


@given(tables_of_parts=st.lists(tables(), min_size=1, max_size=3))
@settings(ONE_FOLDER, max_examples=10)
def test_responses_written_to_the_lake_and_read_again_are_the_same(tmp_path, tables_of_parts):
    whole, parts, first = [], [], 1
    for n, responses in enumerate(tables_of_parts):
        numbered = responses.table.with_columns(record=pl.int_range(first, first + len(responses), dtype=pl.Int64))
        first += len(responses)
        whole.append(numbered)
        parts.append(write_part(numbered, tmp_path, period=f"part-{n}"))
    assert read_lake(tmp_path, parts).table.equals(pl.concat(whole))
    assert RESPONSES.check(open_lake(tmp_path, parts).order_by("record").to_polars()).equals(pl.concat(whole))
