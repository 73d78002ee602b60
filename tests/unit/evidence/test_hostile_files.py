"""Files that would harm are refused with one sentence, memory bounded; no reader shows a traceback to a person."""

import contextlib
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.office_files import AT, ROWS, TITLES, csv_file, read, xls_file, xlsx_file, xml_file, zip_file
from yucai.errors import YucaiError
from yucai.evidence import FileChangedError, FileTooLargeError, FileUnreadableError, preview_file, read_table
from yucai.evidence.markup import html_tables
from yucai.evidence.sniffing import sniff

SMALL = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "max_examples": 60}


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # a gigabyte that takes no room
    with pytest.raises(FileTooLargeError) as told:
        read(path)
    assert "1074 MB; the limit is 256 MB" in told.value.in_language("en")


def test_a_zip_bomb_is_refused_by_what_it_says_and_by_what_it_is(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "x")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(30):
                part.write(b"\0" * (1 << 20))
    content = path.read_bytes()
    honest = (30 << 20).to_bytes(4, "little")
    assert content.count(honest) >= 1
    path.write_bytes(content.replace(honest, (100).to_bytes(4, "little")))
    with pytest.raises(FileUnreadableError):
        read(path)
    path.write_bytes(content.replace(honest, (3 << 30).to_bytes(4, "little")))
    with pytest.raises((FileTooLargeError, FileUnreadableError)):
        read(path)


def test_a_cell_at_the_far_corner_is_refused_with_where_it_reaches(tmp_path):
    def more(_book, page):
        page["XFD1048576"] = "x"

    with pytest.raises(FileUnreadableError) as told:
        read(xlsx_file(tmp_path / "a.xlsx", [TITLES, *ROWS], more=more))
    assert "1,048,576 rows and 16,384 columns" in told.value.in_language("en")


@pytest.mark.parametrize(
    "text",
    [
        "<table>" * 100_000, "<table><tr><td>" * 5_000, "<table><tr><td colspan=999999999 rowspan=999999999>学号",
        "<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>" + "<Row>" * 100_000,
        "学号,姓名\n" + "x" * 200_000 + ",1", '学号,姓名\n"1,2\n' * 3, "," * 20_000 + "x",
    ],
    ids=["nested", "nested cells", "endless span", "nested xml", "endless cell", "open quote", "endless row"],
)  # fmt: skip
def test_deep_and_endless_content_is_one_sentence(text, tmp_path):
    path = tmp_path / "a.xls"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(YucaiError) as told:
        read(path)
    assert "\n" not in told.value.in_language("zh")
    assert len(told.value.in_language("zh")) < 600


def test_an_old_workbook_that_asks_for_a_hundred_gigabytes_harms_nobody(tmp_path, capfd):
    """A cell said to stand in row 65,536 and column 65,536: the native reader would take the whole process with it."""
    path = xls_file(tmp_path / "a.xls", [TITLES, *ROWS])
    cell = struct.pack("<HHH", 1, 0, 0)  # row, column and format of the first number below the titles
    content = path.read_bytes()
    assert content.count(cell) >= 1
    path.write_bytes(content.replace(cell, struct.pack("<HHH", 65_535, 65_535, 0), 1))
    with pytest.raises(FileUnreadableError, match="its content is damaged"):
        read(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "never_closed",
    [
        "<!--",
        "<![CDATA[",
        "<a ",
        "<",
        "<!a",
        "</",
        "</td",
        "<?",
        "<a b='",
        '<td x="',
        "&",
        "&#",
        "<script>",
        "<td =",
        "=",
    ],
)
def test_a_page_of_things_never_closed_is_read_in_the_time_of_its_length(never_closed):
    def seconds(times):
        began = time.process_time()
        html_tables("<table><tr><td>1" + never_closed * times)
        return time.process_time() - began

    assert seconds(100_000) < 2  # the parser of the standard library took half a minute, and longer the longer it was


def test_spans_and_indexes_that_claim_far_more_than_a_file_holds_are_refused(tmp_path):
    wide = "<tr><td>1" + "<td colspan=1000>" * 16 + "<td>2"
    path = tmp_path / "a.xls"
    path.write_text("<table>" + wide * 4_000, encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        read(path)
    path = xml_file(tmp_path / "b.xls", [TITLES, *ROWS])
    far = '<Row><Cell ss:Index="16384"><Data ss:Type="String">1</Data></Cell></Row>'
    path.write_text(path.read_text("utf-8").replace("</Table>", far * 4_000 + "</Table>"), encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        read(path)


def test_a_file_may_call_its_own_columns_as_the_program_calls_things(tmp_path):
    odd = ["n", "again", "same", "first", "row", "kept", "source_row", "import_code"]
    rows = [[*row, *odd] for row in ROWS]
    reading = read(csv_file(tmp_path / "a.csv", [[*TITLES, *odd], *rows]))
    assert reading.report.kept_count == len(ROWS)
    assert reading.table["again"].to_list() == ["again"] * len(ROWS)


def test_a_row_index_far_away_in_xml_is_refused(tmp_path):
    path = xml_file(tmp_path / "a.xls", [TITLES, *ROWS])
    path.write_text(path.read_text("utf-8").replace("<Row>", '<Row ss:Index="2000000000">', 1), encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        read(path)


def append(path):
    with path.open("ab", buffering=0) as file:
        file.write(b"2025000099,x\n")


def write_over(path):
    with path.open("r+b", buffering=0) as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"0")


def write_over_and_set_the_clock_back(path):
    before = path.stat()
    write_over(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_another_in_its_place(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[:-2] + b"0\n")
    other.replace(path)


LOOKS = ["stat", "open", "fstat", "read", "read", "fstat", "stat"]


def read_while_somebody(act, path, *, before):
    """Read a file and act just before the n-th of the calls to the system by which it is read; return those calls."""
    made = []

    def heard(_frame, event, called):
        name = getattr(called, "__name__", "")
        if event == "c_call" and name in LOOKS and made.count("stat") < 2:
            made.append(name)
            if len(made) == before:
                act(path)

    sys.setprofile(heard)
    try:
        sniff(path)
    finally:
        sys.setprofile(None)
        assert len(made) >= before
    return made


@pytest.mark.parametrize("act", [append, write_over, write_over_and_set_the_clock_back, put_another_in_its_place])
@pytest.mark.parametrize("before", range(2, len(LOOKS) + 1))
def test_a_file_that_somebody_writes_to_is_refused(act, before, tmp_path):
    """The write falls between the first look at the file and the last, wherever that is: no luck of two threads."""
    path = csv_file(tmp_path / "a.csv", [TITLES, *ROWS])
    os.utime(path, (1_700_000_000, 1_700_000_000))
    time.sleep(0.02)  # longer than the tick of the clock by which the system dates a change
    with pytest.raises(FileChangedError, match="was changed while it was being read"):
        read_while_somebody(act, path, before=before)


def test_a_file_written_to_just_before_it_is_read_is_read(tmp_path):
    path = csv_file(tmp_path / "a.csv", [TITLES, *ROWS])
    assert read_while_somebody(append, path, before=1) == LOOKS
    assert read(path).report.kept_count == len(ROWS)


def test_a_pipe_that_never_ends_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(FileUnreadableError, match="device or a pipe"):
        read(tmp_path / "a.csv")


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from yucai.evidence import NoRoomError, load_profile, read_table, write_csv, write_parquet, write_xlsx
source, folder = map(Path, sys.argv[1:])
table = read_table(source, at=datetime(2025, 9, 5, tzinfo=UTC)).table
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
parquet = lambda path, table, profile: write_parquet(path, table)
for write, name in ((write_csv, "a.csv"), (write_xlsx, "a.xlsx"), (parquet, "a.parquet")):
    try:
        write(folder / name, table, load_profile("grades"))
    except NoRoomError as refusal:
        print(refusal)
print(sorted(path.name for path in folder.iterdir()))
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(tmp_path):
    """The limit of the operating system on the size of a file stands for the full disk."""
    source = csv_file(tmp_path / "in.csv", [TITLES, *ROWS])
    out = tmp_path / "out"
    out.mkdir()
    ran = subprocess.run([sys.executable, "-c", FULL, str(source), str(out)], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert ["no room is left" in line for line in lines] == [True, True, True, False]
    assert lines[-1] == "[]"


def refuses_or_reads(path):
    """Every reader ends in a table, a preview or one sentence of ours."""
    for act in (lambda: preview_file(path), lambda: read_table(path, "grades", at=AT)):
        with contextlib.suppress(YucaiError):
            act()


@settings(**SMALL)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content, tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    refuses_or_reads(path)


markup = st.lists(
    st.sampled_from(["<table>", "</table>", "<tr>", "<td>", "<td colspan=3>", "<td rowspan=2>", "<br>", "&amp;", "学号",
                     "成绩", "<!DOCTYPE html>", "<style>", "</td>", "&#x110000;", "<![CDATA[", "85", "\0", "<!--"]),
    max_size=30,
)  # fmt: skip


@settings(**SMALL)
@given(parts=markup)
def test_any_page_is_read_or_refused(parts, tmp_path):
    path = tmp_path / "a.xls"
    path.write_text("<html>" + "".join(parts), encoding="utf-8")
    refuses_or_reads(path)


cells = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["学号", "姓名", "课程号", "成绩", "缺考", "合计", "（万元）", "1e400", "=1", "-", "0", "²"]),
)


@settings(**SMALL)
@given(rows=st.lists(st.lists(cells, max_size=7), max_size=8), head=st.booleans())
def test_any_table_is_read_or_refused(rows, head, tmp_path):
    import csv

    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([TITLES, *rows] if head else rows)
    refuses_or_reads(path)


@settings(**SMALL)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(data, tmp_path, sound):
    content = bytearray(data.draw(st.sampled_from(sound)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.xls"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    refuses_or_reads(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    made = [
        xlsx_file(folder / "a.xlsx", [TITLES, *ROWS]),
        xls_file(folder / "a.xls", [TITLES, *ROWS]),
        xml_file(folder / "b.xls", [TITLES, *ROWS]),
        zip_file(folder / "a.zip", {"a.csv": "学号,成绩\n1,2\n"}),
    ]
    return [Path(path).read_bytes() for path in made]


def test_a_page_keeps_marks_references_and_sections_as_a_person_reads_them():
    page = "<table><tr><td>A &amp; B &lt;3 R&D<td><![CDATA[x<y & z]]><td>a\0b<td>张<br>三</table>"
    assert html_tables(page)[0].rows == [["A & B <3 R&D", "x<y & z", "a b", "张\n三"]]
