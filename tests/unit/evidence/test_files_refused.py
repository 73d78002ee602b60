"""A file that cannot be taken in as a whole: why, and what to do, in both languages; nothing is left behind."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import contextlib
import errno
import os
import random
import struct
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.evidence.making import (
    HEADER,
    ROW,
    read_table,
    refused,
    text_of,
    with_sheet,
    write_csv,
    write_parquet,
    write_xlsx,
    write_zip,
)
from tests.unit.evidence.office_files import xls_file
from yucai.errors import YucaiError
from yucai.evidence import (
    ColumnsMissingError,
    EmptyFileError,
    FileMissingError,
    FileTooLargeError,
    FileUnreadableError,
    NoTableError,
    PasswordError,
    UndecodableFileError,
    WrongKindError,
    read_responses,
)
from yucai.texts import Text

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le")
NEEDED = ("Student number, Item, Score, Highest score", "学号、题目、得分、满分")
CSV = text_of([HEADER, ROW]).encode()
COLUMNS = {"learner": ["s1"], "item": ["e"], "score": [4], "max_score": [5]}


def holding(path, content):
    path.write_bytes(content)
    return path


def unreadable(name, en, zh):
    return (
        f"“{name}” cannot be read ({en}). Ask for permission to read it, or save it anew.",
        f"“{name}”无法读取（{zh}）。请申请读取权限，或重新保存该文件。",
    )


# Nothing there


@pytest.mark.parametrize("place", ["gone.csv", "no/such/folder/gone.csv", "there.csv/gone.csv"])
def test_a_file_that_is_not_there(tmp_path, place):
    holding(tmp_path / "there.csv", CSV)
    assert refused(tmp_path / place, FileMissingError) == (
        "There is no file “gone.csv”. Check the name and the folder.",
        "找不到文件“gone.csv”。请核对文件名和所在文件夹。",
    )


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(FileMissingError):
        read_responses(tmp_path / "a\0.csv")


EMPTY = {
    "nothing": b"",
    "blanks": b" \r\n\t\n",
    "a byte-order mark": b"\xef\xbb\xbf",
    "a byte-order mark of UTF-16": b"\xff\xfe",
    "a header": b"learner,item,score,max_score\n",
    "a header and blank rows": b"learner,item,score,max_score\n,,,\n\n  ,,,\n",
    "a header and cells of other columns": "学号,题目,得分,满分,备注\n,,,,制表人\n".encode(),
}


@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY)
def test_a_text_file_that_holds_no_rows(tmp_path, content):
    assert refused(holding(tmp_path / "grades.csv", content), EmptyFileError) == (
        "“grades.csv” holds no rows. Check that the right file, and the right sheet, was saved.",
        "“grades.csv”中没有数据行。请确认保存的是正确的文件和工作表。",
    )


def test_a_workbook_or_parquet_file_that_holds_no_rows(tmp_path):
    refused(write_xlsx(tmp_path / "a.xlsx", {"S": []}), EmptyFileError)
    refused(write_xlsx(tmp_path / "b.xlsx", {"S": [HEADER], "T": []}), EmptyFileError)
    only_hidden = write_xlsx(tmp_path / "c.xlsx", {"S": [["title"]], "T": [HEADER, ROW]}, hidden=["T"])
    assert "It has: title." in refused(only_hidden, ColumnsMissingError)[0]
    refused(write_parquet(tmp_path / "d.parquet", {name: pa.array([], pa.string()) for name in HEADER}), EmptyFileError)
    refused(write_parquet(tmp_path / "e.parquet", pa.table({})), EmptyFileError)


# Not to be opened


def test_a_folder(tmp_path):
    folder = tmp_path / "grades.csv"
    folder.mkdir()
    assert refused(folder, FileUnreadableError) == unreadable("grades.csv", "it is a folder", "这是文件夹")


def test_the_folder_where_one_stands_has_a_name(tmp_path, monkeypatch):
    here = tmp_path / "office"
    here.mkdir()
    monkeypatch.chdir(here)
    assert refused(Path(), FileUnreadableError) == unreadable("office", "it is a folder", "这是文件夹")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    said = refused(tmp_path / "pipe.csv", FileUnreadableError)
    assert said == unreadable("pipe.csv", "it is a device or a pipe and may never end", "这是设备或管道，可能没有尽头")


def test_a_link_that_leads_to_itself(tmp_path):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    said = refused(tmp_path / "loop.csv", FileUnreadableError)
    assert said == unreadable("loop.csv", "it is a link that leads to itself", "该链接指向自身")


def test_a_name_that_is_too_long(tmp_path):
    name = "n" * 300 + ".csv"
    assert refused(tmp_path / name, FileUnreadableError) == unreadable(name, "its name is too long", "文件名过长")


@contextlib.contextmanager
def as_nobody():
    """The rights of the superuser reach every file: where the tests run as root, they are laid down for a moment."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_one_may_not_read(tmp_path):
    path = holding(tmp_path / "grades.csv", CSV)
    path.chmod(0)
    with as_nobody(), pytest.raises(FileUnreadableError) as told:
        read_responses(path)
    said = (told.value.in_language("en"), told.value.in_language("zh"))
    assert said == unreadable("grades.csv", "no permission", "没有读取权限")
    path.chmod(0o600)
    assert len(read_table(path)) == 1


@pytest.mark.parametrize(
    ("number", "en", "zh"),
    [
        (errno.EIO, "the disk reports a fault", "磁盘报告故障"),
        (errno.EPERM, "no permission", "没有读取权限"),
        (errno.ESTALE, "the system says: Stale file handle", "系统提示：Stale file handle"),
    ],
)
def test_a_disk_that_fails_while_it_is_read(tmp_path, monkeypatch, number, en, zh):
    path = holding(tmp_path / "a.csv", CSV)
    sound = Path.open

    def fail(path, *mode, **options):
        if path.name == "a.csv":
            raise OSError(number, os.strerror(number))
        return sound(path, *mode, **options)

    monkeypatch.setattr(Path, "open", fail)  # no disk breaks at our word
    assert refused(path, FileUnreadableError) == unreadable("a.csv", en, zh)


# Not what the name says


PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
BINARY = ("binary data (a picture, a PDF or a Word file?)", "二进制数据（图片、PDF 或 Word 文件？）")
KINDS = {
    "bytes of no kind": ("a.csv", b"MZ\x90\0", *BINARY),
    "XML": ("a.xls", b'<?xml version="1.0"?><note/>', "XML that is no spreadsheet", "并非电子表格的 XML"),
}


@pytest.mark.parametrize(("name", "content", "en", "zh"), KINDS.values(), ids=KINDS)
def test_a_file_that_is_not_what_its_name_says(tmp_path, name, content, en, zh):
    suffix = Path(name).suffix
    assert refused(holding(tmp_path / name, content), WrongKindError) == (
        f"“{name}” is called {suffix} but its content is {en}. Open it and save it as .xlsx or .csv.",
        f"“{name}”的后缀是 {suffix}，内容却是{zh}。请打开后另存为 .xlsx 或 .csv。",
    )


DOCUMENTS = {
    "a picture": ("a.csv", PICTURE, "a picture", "图片"),
    "a picture called a workbook": ("a.xlsx", PICTURE, "a picture", "图片"),
    "a photograph": ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture", "图片"),
    "a PDF": ("a.pdf", b"%PDF-1.7\n", "a PDF document", "PDF 文件"),
}


@pytest.mark.parametrize(("name", "content", "en", "zh"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_in_place_of_a_table_is_called_what_it_is(tmp_path, name, content, en, zh):
    assert refused(holding(tmp_path / name, content), NoTableError) == (
        f"“{name}” is {en}, not a table. Ask whoever sent it for the Excel or CSV file it was made from; systems of offices export one.",
        f"“{name}”是{zh}，不是表格。请向发送人索取原始的 Excel 或 CSV 文件；教务等系统一般都可导出。",
    )


@pytest.mark.parametrize(("folder", "kind"), [("word", "a Word document"), ("ppt", "a presentation")])
@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.zip"])
def test_an_office_document_that_is_no_workbook(tmp_path, name, folder, kind):
    path = write_zip(tmp_path / name, {f"{folder}/document.xml": "<w/>", "[Content_Types].xml": "<t/>"})
    assert f"“{name}” is {kind}, not a table." in refused(path, NoTableError)[0]


def test_a_workbook_or_parquet_file_under_the_name_of_another_kind(tmp_path):
    """It is read as what it is, and that is said."""
    book = write_xlsx(tmp_path / "book.xlsx", {"S": [HEADER, ROW]}).read_bytes()
    table = write_parquet(tmp_path / "table.parquet", COLUMNS).read_bytes()
    page = "<table>" + "".join(f"<tr><td>{'<td>'.join(row)}</tr>" for row in (HEADER, ROW)) + "</table>"
    really = {"a.csv": (book, "xlsx"), "a.parquet": (book, "xlsx"), "b.csv": (table, "parquet"),
              "b.xlsx": (table, "parquet"), "c.xlsx": (CSV, "csv"), "c.parquet": (CSV, "csv"),
              "d.xlsx": (page.encode(), "html")}  # fmt: skip
    for name, (content, kind) in really.items():
        reading = read_responses(holding(tmp_path / name, content))
        assert (len(reading.responses), reading.report.kind) == (1, kind)
        [said] = [notice.in_language("en") for notice in reading.report.notices]
        assert said == f"called {Path(name).suffix}, but really {kind}; read as what it is."


def test_a_workbook_that_kept_the_old_suffix_is_read_all_the_same(tmp_path):
    book = write_xlsx(tmp_path / "book.xlsx", {"S": [HEADER, ROW]}).read_bytes()
    assert len(read_table(holding(tmp_path / "grades.xls", book))) == 1


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.zip"])
def test_a_zip_archive_that_is_no_workbook(tmp_path, name):
    path = write_zip(tmp_path / name, {"other/document.xml": "<w/>", "[Content_Types].xml": "<t/>"})
    assert "its content is a zip archive that is no workbook." in refused(path, WrongKindError)[0]


@pytest.mark.parametrize("name", ["grades.xlsx", "grades.xls", "grades.csv"])
def test_a_workbook_with_a_password_or_of_the_old_format(tmp_path, name):
    assert refused(holding(tmp_path / name, LOCKED), PasswordError) == (
        f"“{name}” is protected by a password. Open it, take the password off (File > Info > Protect Workbook), "
        "save it and import it again.",
        f"“{name}”设有密码。请打开后去掉密码（文件 > 信息 > 保护工作簿），保存后再导入。",
    )
    damaged = unreadable(name, "its content is damaged", "内容已损坏")
    assert refused(holding(tmp_path / name, OLE), FileUnreadableError) == damaged
    old = xls_file(tmp_path / "old.xls", [list(HEADER), list(ROW)]).read_bytes()
    assert len(read_table(holding(tmp_path / name, old))) == 1


# Not to be understood


@pytest.mark.parametrize("content", [b"\xff\xfea", b"learner,item\n\x80\x81", "né,à\n".encode("latin-1")])
def test_text_of_no_encoding_that_is_known(tmp_path, content):
    assert refused(holding(tmp_path / "a.csv", content), UndecodableFileError) == (
        "The text of “a.csv” is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” and import it again.",
        "“a.csv”的文字编码既不是 UTF-8 也不是 GB18030。请另存为“CSV UTF-8”后再导入。",
    )


@pytest.mark.parametrize(
    "row", ['"s1,essay,4,5\ns2,essay,4,5\n', '"s1" x,essay,4,5\n', '"' + "s1,essay,4,5\n" * 20_000]
)
def test_quotation_marks_that_do_not_match_swallow_no_rows(tmp_path, row):
    path = holding(tmp_path / "a.csv", CSV + row.encode())
    assert refused(path, FileUnreadableError) == unreadable("a.csv", "its quotation marks do not match", "引号不配对")


def test_all_missing_columns_are_named_and_all_that_are_there(tmp_path):
    path = write_csv(tmp_path / "a.csv", [["学号", "姓名", "", "绩点"], ["s1", "An", "", "3"]])
    assert refused(path, ColumnsMissingError) == (
        "“a.csv” lacks columns that a table of the kind “Scores, one a row” needs: Item, Score, Highest score. It has: 学号, 姓名, 绩点. Add them, or say which title means which column.",
        "“a.csv”缺少“得分（每行一个）”所需的列：题目、得分、满分。现有列：学号, 姓名, 绩点。请补上，或指明哪一列是它。",
    )


def test_missing_columns_are_named_sheet_by_sheet(tmp_path):
    sheets = {"二": [["学号", "题目"], ["s1", "e"]], "三": [["得分"], [4]], "说明": [["x"], ["y"]]}
    en, _zh = refused(write_xlsx(tmp_path / "a.xlsx", sheets), ColumnsMissingError)
    assert (
        "needs: 二: Score, Highest score; 三: Student number, Item, Highest score; 说明: "
        "Student number, Item, Score, Highest score. It has: 二: 学号, 题目; 三: 得分; 说明: x." in en
    )


def test_sheets_that_lack_columns_are_named_beside_one_that_has_them(tmp_path):
    sheets = {"一": [HEADER, ROW], "二": [["学号", "题目"], ["s1", "e"]]}
    reading = read_responses(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert len(reading.responses) == 1
    assert [notice.facts["sheet"] for notice in reading.report.notices] == ["二"]


def test_a_file_with_none_of_our_columns_says_so_and_a_long_list_is_cut(tmp_path):
    titles = [f"column {n}" for n in range(500)]
    with pytest.raises(ColumnsMissingError) as told:
        read_responses(write_csv(tmp_path / "a.csv", [titles, titles]))
    assert told.value.facts["missing"] == Text(*NEEDED)
    assert len(told.value.facts["found"]) == 400


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([[1]]), "List(Int64)"),
        (pa.array([{"a": 1}]), "Struct({'a': Int64})"),
        (pa.array([b"\xff\xfe"]), "Binary"),
    ],
    ids=["list", "struct", "binary"],
)
def test_a_column_that_holds_no_plain_values(tmp_path, column, kind):
    path = write_parquet(tmp_path / "a.parquet", {**COLUMNS, "learner": column})
    assert refused(path, FileUnreadableError) == unreadable(
        "a.parquet", f"the column learner holds no plain values: {kind}", f"“learner”列不是普通取值：{kind}"
    )
    assert len(read_table(write_parquet(tmp_path / "b.parquet", {**COLUMNS, "not needed": column}))) == 1


# Damaged


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_file_that_was_cut_off(tmp_path, kind):
    sound = tmp_path / f"sound.{kind}"
    content = (
        write_xlsx(sound, {"S": [HEADER, ROW]}) if kind == "xlsx" else write_parquet(sound, COLUMNS)
    ).read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        path = holding(tmp_path / f"a.{kind}", content[: int(len(content) * share)])
        with pytest.raises(YucaiError) as told:
            read_responses(path)
        assert type(told.value) in {FileUnreadableError, WrongKindError}
    assert refused(path, FileUnreadableError) == unreadable(f"a.{kind}", "its content is damaged", "内容已损坏")


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_file_with_a_damaged_byte_is_read_the_same_or_refused(tmp_path, kind):
    rows = [(f"s{n}", "essay", n % 6, 5) for n in range(50)]
    sound = tmp_path / f"sound.{kind}"
    columns = dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True))
    content = (
        write_xlsx(sound, {"S": [HEADER, *rows]}) if kind == "xlsx" else write_parquet(sound, columns)
    ).read_bytes()
    draw = random.Random(4)
    read, told = 0, 0
    for _ in range(150):
        place = draw.randrange(len(content))
        changed = bytes([content[place] ^ (1 << draw.randrange(8))])
        path = holding(tmp_path / f"a.{kind}", content[:place] + changed + content[place + 1 :])
        try:
            read_responses(path).responses.table.rows()
            read += 1
        except YucaiError:
            told += 1
    assert told > 20
    assert read + told == 150


# Too much


@pytest.mark.parametrize(
    ("limit", "en", "zh"),
    [(10, "1 MB; the limit is 0 MB", "1 MB，上限为 0 MB"), (1_000_000, "2 MB; the limit is 1 MB", "2 MB，上限为 1 MB")],
)
def test_a_file_beyond_the_limit_reads_as_larger_than_it(tmp_path, limit, en, zh):
    path = holding(tmp_path / "a.csv", CSV + b"\n" * (limit if limit > 10 else 0))
    assert refused(path, FileTooLargeError, limit=limit) == (
        f"“a.csv” is too large ({en}). Split it into smaller files.",
        f"“a.csv”过大（{zh}）。请拆分成较小的文件。",
    )


def test_a_file_of_just_the_limit_is_read(tmp_path):
    assert len(read_table(holding(tmp_path / "a.csv", CSV), limit=len(CSV))) == 1


def bomb(tmp_path, size):
    return with_sheet(tmp_path / "bomb.xlsx", "<row><c><v>1</v></c></row>" + " " * size)


def test_a_workbook_that_unpacks_to_more_than_four_times_the_limit(tmp_path):
    path = bomb(tmp_path, 5_000_000)
    assert path.stat().st_size < 20_000
    en, zh = refused(path, FileTooLargeError, limit=1_000_000)
    assert en == "“bomb.xlsx” is too large (6 MB; the limit is 4 MB). Split it into smaller files."
    assert zh == "“bomb.xlsx”过大（6 MB，上限为 4 MB）。请拆分成较小的文件。"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_that_lies_about_the_size_it_unpacks_to(tmp_path, part):
    xml = b"<a>" + b" " * 5_000_000
    path = write_zip(tmp_path / "bomb.xlsx", {"[Content_Types].xml": "<t/>", "xl/workbook.xml": "<w/>", part: xml})
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(xml)), struct.pack("<I", 9)))
    assert "(5 MB; the limit is 4 MB)" in refused(path, FileTooLargeError, limit=1_000_000)[0]


def test_a_parquet_file_of_equal_values_that_no_memory_would_hold(tmp_path):
    n = 1_000_000
    columns = {name: pa.nulls(n, pa.string()) for name in HEADER}
    path = write_parquet(tmp_path / "bomb.parquet", columns)
    assert path.stat().st_size < 10_000
    assert "(32 MB; the limit is 4 MB)" in refused(path, FileTooLargeError, limit=1_000_000)[0]


FAR = {
    "a cell far off": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "in small letters": '<row r="1"><c r="a1"><v>1</v></c></row><row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
    "with blanks": "<row r = '1048576'><c r = 'XFD1048576'><v>1</v></c></row>",
    "a cell without a place in a row far off": '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>',
    "a wide row without places": f'<row r="1">{"<c><v>1</v></c>" * 16_384}</row><row r="1048576"><c r="A1048576"><v>1</v></c></row>',
}


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/elsewhere/sheet.bin"])
@pytest.mark.parametrize("xml", FAR.values(), ids=FAR)
def test_a_sheet_stretched_by_a_cell_far_off(tmp_path, xml, part):
    path = with_sheet(tmp_path / "far.xlsx", xml, part=part)
    assert refused(path, FileUnreadableError) == unreadable(
        "far.xlsx",
        "a cell far off stretches a sheet to 1,048,576 rows and 16,384 columns; delete it",
        "有单元格远离数据，使工作表达 1,048,576 行、16,384 列，请删除",
    )


def test_a_long_sheet_and_a_wide_sheet_are_no_far_cells(tmp_path):
    long = '<row r="1"><c r="A1"><v>1</v></c></row><row r="300000"><c r="A300000"><v>1</v></c></row>'
    wide = "<row>" + "<c><v>1</v></c>" * 16_384 + "</row><row><c><v>1</v></c></row>"
    for xml in (wide, long):
        refused(with_sheet(tmp_path / "a.xlsx", xml), ColumnsMissingError)


def test_a_place_between_two_pieces_is_seen(tmp_path):
    for size in range((1 << 20) - 120, (1 << 20), 7):
        xml = " " * size + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        assert "16,384 columns" in refused(with_sheet(tmp_path / "a.xlsx", xml), FileUnreadableError)[0]
