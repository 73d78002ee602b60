"""What a file really is: its bytes read once and steadily, its kind by content, its text by encoding."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import zipfile
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from yucai.errors import YucaiError
from yucai.evidence.refusals import (
    EmptyFileError,
    FileMissingError,
    FileTooLargeError,
    FileUnreadableError,
    UndecodableFileError,
    megabytes,
    megabytes_up,
)
from yucai.texts import Text

__all__ = ["MOST_TABLE_BYTES", "FileChangedError", "PasswordError", "Sniffed", "decode", "sniff"]

MOST_TABLE_BYTES: Final = 256_000_000
UNPACKED: Final = 4  # a file may unpack to so many times the limit of its size
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD_STREAM: Final = "WordDocument".encode("utf-16-le")
BOOK_STREAM: Final = "Workbook".encode("utf-16-le")
OTHER_MARKS: Final = {  # what people drop in place of a table
    "pdf": (b"%PDF",),
    "picture": (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"),
}
OFFICE_KINDS: Final = {"xl": "xlsx", "word": "word", "ppt": "slides"}
ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
# A workbook of 1997-2003 that begins with FILEPASS ([MS-XLS] 2.4.117); calamine knows only one of its kinds of locks.
FILE_PASS: Final = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.S)
HTML_STARTS: Final = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body", b"<style", b"<div", b"<tr")
SPREADSHEET: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
SHORT: Final = 3  # letters of a plain word ("at", "id") that any text may hold
MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NOT_OPENED: Final = {
    errno.EACCES: Text("no permission", "没有读取权限"),
    errno.EPERM: Text("no permission", "没有读取权限"),
    errno.EISDIR: Text("it is a folder", "这是文件夹"),
    errno.ENAMETOOLONG: Text("its name is too long", "文件名过长"),
    errno.ELOOP: Text("it is a link that leads to itself", "该链接指向自身"),
    errno.EIO: Text("the disk reports a fault", "磁盘报告故障"),
}
NO_FILE: Final = Text("it is a device or a pipe and may never end", "这是设备或管道，可能没有尽头")
FOLDER: Final = NOT_OPENED[errno.EISDIR]


class PasswordError(YucaiError):
    """The workbook has a password."""

    says = Text(
        "“{file}” is protected by a password. Open it, take the password off (File > Info > Protect Workbook), "
        "save it and import it again.",
        "“{file}”设有密码。请打开后去掉密码（文件 > 信息 > 保护工作簿），保存后再导入。",
    )
    exit_code = 65


class FileChangedError(YucaiError):
    """Somebody wrote to the file while it was read."""

    says = Text(
        "“{file}” was changed while it was being read. Close it in other programs and import it again.",
        "读取“{file}”期间文件被改动。请在其他程序中关闭它，再重新导入。",
    )
    exit_code = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Sniffed:
    """The whole content of a file, and its kind: xlsx, xls, html, xml, csv, csv-zip, parquet, other ..."""

    name: str
    suffix: str
    content: bytes
    kind: str
    most_unpacked: int = UNPACKED * MOST_TABLE_BYTES

    @property
    def sha256(self) -> str:
        """What tells two versions of a file apart."""
        return hashlib.sha256(self.content).hexdigest()


def sniff(path: Path, *, limit: int = MOST_TABLE_BYTES) -> Sniffed:
    """Return a file's content and its kind, told by content and never by suffix.

    Raises a refusal when it is missing, no plain file, empty, larger than ``limit``, changed while read, or locked.
    """
    path = path if path.name else path.absolute()  # "." has no name that a sentence could say
    content = _steady_content(path, limit)
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise EmptyFileError(file=path.name)
    kind = _kind(content)
    if kind == "locked":
        raise PasswordError(file=path.name)
    return Sniffed(
        name=path.name, suffix=path.suffix.lower(), content=content, kind=kind, most_unpacked=UNPACKED * limit
    )


def decode(name: str, content: bytes, *, known: frozenset[str], encoding: str | None = None) -> tuple[str, str, bool]:
    """Return a file's text, its encoding and whether a known header word confirms it.

    A byte-order mark decides; else strict UTF-8, else GB18030, over the whole file: a third of all Chinese UTF-8 text
    would pass for GB18030, almost none the other way round. Plain ASCII needs no confirmation.
    """
    marked = next((word for mark, word in MARKS.items() if content.startswith(mark)), None)
    wanted = [encoding] if encoding else [marked] if marked else ["utf-8", "gb18030"]
    for candidate in wanted:
        try:
            text = content.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        sure = bool(encoding or marked) or text.isascii() or any(word in text for word in known if _telling(word))
        return text, candidate, sure
    raise UndecodableFileError(file=name)


def _telling(word: str) -> bool:
    """Whether a title would hardly stand in a text by chance: a word of two Latin letters would."""
    return not word.isascii() or len(word) > SHORT


def _steady_content(path: Path, limit: int) -> bytes:
    """Return all bytes of a file; FileChangedError where it was written to, or replaced, between first and last look.

    The file is looked at under its name and as it was opened, before and after: a write changes its size or its times,
    a replacement the file behind the name. Looking at times alone would miss a writer who sets them back, at the size
    alone one who writes over what stands.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise FileUnreadableError(file=path.name, reason=FOLDER if stat.S_ISDIR(about.st_mode) else NO_FILE)
        if about.st_size > limit:
            raise FileTooLargeError(file=path.name, megabytes=megabytes_up(about.st_size), limit=megabytes(limit))
        with path.open("rb", buffering=0) as opened:
            before = os.fstat(opened.fileno())
            content = _read_on(opened, about.st_size + 1)
            after = os.fstat(opened.fileno())
        last = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as problem:  # ValueError: a name no file can have
        raise FileMissingError(file=path.name) from problem
    except OSError as problem:
        said = problem.strerror or str(problem)
        reason = NOT_OPENED.get(problem.errno or 0, Text(f"the system says: {said}", f"系统提示：{said}"))
        raise FileUnreadableError(file=path.name, reason=reason) from problem
    if len({_state(seen) for seen in (about, before, after, last)}) > 1 or len(content) != about.st_size:
        raise FileChangedError(file=path.name)
    return content


def _read_on(opened: FileIO, most: int) -> bytes:
    """Return at most so many bytes: an unbuffered read may give fewer than are there."""
    pieces: list[bytes] = []
    while most > 0 and (piece := opened.read(most)):
        pieces.append(piece)
        most -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _state(seen: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is written to or another takes its name."""
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _kind(content: bytes) -> str:
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(OLE):
        if WORD_STREAM in content and BOOK_STREAM not in content:
            return "word"
        return "locked" if ENCRYPTED in content or FILE_PASS.search(content) else "xls"
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    if content.startswith(b"PAR1"):
        return "parquet"
    if found := next((kind for kind, marks in OTHER_MARKS.items() if content.startswith(marks)), None):
        return found
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide:
        start = content[:8192].decode("utf-16", "replace").encode().lower().lstrip()
    if start.startswith((b"<?xml", b"<workbook")):
        return "xml" if SPREADSHEET in start or b"<workbook" in start else "html" if b"<html" in start else "other-xml"
    if start.startswith(HTML_STARTS) or (start.startswith(b"<!--") and b"<table" in start):
        return "html"
    return "binary" if b"\x00" in content[:65536] and not wide else "csv"


def _zip_kind(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return "broken-zip"
    if "[content_types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        return next((kind for folder, kind in OFFICE_KINDS.items() if folder in folders), "zip")
    return "csv-zip" if any(name.endswith(".csv") for name in names) else "zip"
