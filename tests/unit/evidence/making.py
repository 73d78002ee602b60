"""What the tests of evidence are made of: files of each kind, and what is said when one is refused."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yucai.evidence import read_responses

HEADER = ("learner", "item", "score", "max_score")
CHINESE = ("学号", "题目", "得分", "满分")
ROW = ("s1", "essay", "4", "5")


def text_of(rows, *, separator=","):
    """Return rows as the text of a CSV file."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="\n").writerows(rows)
    return written.getvalue()


def write_csv(path, rows, *, encoding="utf-8", separator=","):
    path.write_bytes(text_of(rows, separator=separator).encode(encoding))
    return path


def write_xlsx(path, sheets, *, hidden=()):
    """Write a workbook; ``sheets`` are rows by name of the sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def write_parquet(path, columns):
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path)
    return path


def write_zip(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_sheet(path, xml, *, part="xl/worksheets/sheet1.xml"):
    """Write a workbook whose only sheet is the XML given, kept under any name inside the archive."""
    plain = write_xlsx(path.with_name("plain.xlsx"), {"Sheet": [["x"]]})
    with zipfile.ZipFile(plain) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != "xl/worksheets/sheet1.xml"}
    plain.unlink()
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = parts[relations].replace(b"/xl/worksheets/sheet1.xml", f"/{part}".encode())
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    body = f'<worksheet xmlns="{main}"><sheetData>{xml}</sheetData></worksheet>'
    return write_zip(path, {**parts, part: body})


def read_table(path, **options):
    """Return the responses in a file as rows of learner, item, score and highest score."""
    return read_responses(path, **options).responses.table.select(HEADER).rows()


def one_cell(tmp_path, title, value):
    """Return the reading of one sound row in which one cell is as given."""
    row = {"learner": "s1", "item": "essay", "score": "4", "max_score": "5", title: value}
    return read_responses(write_csv(tmp_path / "one.csv", [list(row), list(row.values())]))


def refused(path, error, **options):
    """Return what is said, English and Chinese, when a file is refused; nothing may be left behind or changed."""
    before = sorted(path.parent.rglob("*")) if path.parent.is_dir() else None
    with pytest.raises(error) as told:
        read_responses(path, **options)
    assert before == (sorted(path.parent.rglob("*")) if path.parent.is_dir() else None)
    assert type(told.value) is error
    assert str(told.value) == told.value.in_language("en")
    return told.value.in_language("en"), told.value.in_language("zh")


def reasons(reading, language="en"):
    return [row.in_language(language) for row in reading.report.refused]
