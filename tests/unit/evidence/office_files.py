"""Files as offices have them, made here: workbooks of both ages, pages and XML called .xls, zips."""

import struct
import zipfile
from datetime import UTC, datetime

from openpyxl import Workbook

from yucai.evidence import read_table

AT = datetime(2025, 9, 5, 8, 0, tzinfo=UTC)
TITLES = ["学号", "姓名", "课程号", "课程名", "学年学期", "成绩"]
ROWS = [
    ["020250101", "张三", "CS101", "程序设计", "2025-2026-1", "86"],
    ["020250102", "李四", "CS101", "程序设计", "2025-2026-1", "缺考"],
]


def read(path, profile=None, **options):
    return read_table(path, profile, at=AT, **options)


def csv_file(path, rows, *, encoding="utf-8", mark=b"", delimiter=","):
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    path.write_bytes(mark + text.encode(encoding))
    return path


def xlsx_file(path, rows, *, sheet="成绩", merged=(), more=None):
    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for area in merged:
        page.merge_cells(area)
    if more:
        more(book, page)
    book.save(path)
    return path


def html_file(path, rows, *, encoding="utf-8"):
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    path.write_bytes(f"<html><head><meta charset=x></head><body><table>{body}</table></body></html>".encode(encoding))
    return path


def xml_file(path, rows, *, doctype=""):
    cells = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in rows
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?>{doctype}<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="成绩">'
        f"<Table>{cells}</Table></Worksheet></Workbook>",
        encoding="utf-8",
    )
    return path


def xls_file(path, rows, *, sheet="成绩", locked=False):
    """Write a workbook of Excel 97-2003: BIFF8 records in an OLE container ([MS-XLS], [MS-CFB])."""

    def record(code, data):
        return struct.pack("<HH", code, len(data)) + data

    def wide(text, size):
        return struct.pack(f"<{size}B", len(text), 1) + text.encode("utf-16-le")

    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0x41, 0x06))
    lock = record(0x002F, struct.pack("<HHHH", 0, 0, 0x1234, 0x5678)) if locked else b""
    name = wide(sheet, "B")
    named = 4 + 6 + len(name)
    globals_size = len(begin) + len(lock) + named + 4
    book = begin + lock + record(0x0085, struct.pack("<IH", globals_size, 0) + name) + record(0x000A, b"")
    page = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0x41, 0x06))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                page += record(0x0204, struct.pack("<HHHHB", r, c, 0, len(cell), 1) + cell.encode("utf-16-le"))
            else:
                page += record(0x0203, struct.pack("<HHHd", r, c, 0, cell))
    path.write_bytes(ole({"Workbook": book + page + record(0x000A, b"")}))
    return path


def ole(streams):
    """Return a compound file: header, one sector of allocation table, one of directory, then the streams."""
    table, body, entries = [0xFFFFFFFD, 0xFFFFFFFE], b"", []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        content += b"\0" * (-len(content) % 512)
        first, n = len(table), len(content) // 512
        table += [*range(first + 1, first + n), 0xFFFFFFFE]
        entries.append((name, 2, first, len(content)))
        body += content
    assert len(table) <= 128 and len(entries) <= 3  # noqa: PT018 - one sector each is enough here

    def entry(name, kind, first, size, child=0xFFFFFFFF, right=0xFFFFFFFF):
        raw = (name + "\0").encode("utf-16-le")
        return (
            raw.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, right, child)
            + b"\0" * 36
            + struct.pack("<IQ", first, size)
        )

    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    for n, (name, kind, first, size) in enumerate(entries, 1):
        directory += entry(name, kind, first, size, right=n + 1 if n < len(entries) else 0xFFFFFFFF)
    directory = directory.ljust(512, b"\0")
    table += [0xFFFFFFFF] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 6 + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + struct.pack("<128I", *table) + directory + body


def zip_file(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
