"""Files handed in as proof: what they are is told by their content, never by their name."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["MOST_BYTES", "Attachment", "AttachmentType", "look_into", "safe_file_name"]

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_UNPACKED: Final = 200 * 1024 * 1024
MOST_PARTS: Final = 5000
MOST_PIXELS: Final = 100_000_000
MOST_NAME: Final = 80


class AttachmentType(StrEnum):
    """The kinds of file that are taken; the value is the suffix a stored file is given back with."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpg"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    TEXT = "txt"

    @property
    def media_type(self) -> str:
        """What a browser is told."""
        return MEDIA_TYPES[self]


OFFICE: Final = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Final = {
    AttachmentType.PDF: "application/pdf",
    AttachmentType.PNG: "image/png",
    AttachmentType.JPEG: "image/jpeg",
    AttachmentType.DOCX: f"{OFFICE}wordprocessingml.document",
    AttachmentType.XLSX: f"{OFFICE}spreadsheetml.sheet",
    AttachmentType.PPTX: f"{OFFICE}presentationml.presentation",
    AttachmentType.TEXT: "text/plain; charset=utf-8",
}
MAIN_PARTS: Final = {
    "word/document.xml": AttachmentType.DOCX,
    "xl/workbook.xml": AttachmentType.XLSX,
    "ppt/presentation.xml": AttachmentType.PPTX,
}
MARKUP: Final = re.compile(r"<\s*(?:!doctype\s+html|html|svg|script|iframe|object|embed|body|\?xml)\b", re.I)
NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

EMPTY: Final = Text("The file is empty. Attach it again.", "文件为空。请重新选择。")
LARGE: Final = Text(
    "The file has {size} MB; at most {most} MB are taken. Attach a smaller scan, or give a link.",
    "文件大小为 {size} MB，上限为 {most} MB。请附上较小的扫描件，或填写网址。",
)
KIND: Final = Text(
    "The content of the file is {found}. Taken are PDF, PNG, JPEG, Word, Excel and PowerPoint files (.docx, .xlsx, "
    ".pptx) and plain text.",
    "文件内容为{found}。可接收：PDF、PNG、JPEG、Word、Excel、PowerPoint 文件（.docx、.xlsx、.pptx）及纯文本。",
)
CUT: Final = Text("The file breaks off before its end. Attach it again.", "文件不完整，未到结尾即中断。请重新选择。")
BOMB: Final = Text(
    "Unpacked, the file would be far larger than it says ({found}). Save it anew, or attach a PDF of it.",
    "文件解压后会异常庞大（{found}）。请重新保存，或改附 PDF。",
)
LOCKED: Final = Text(
    "The file is locked by a password, so nobody can verify it. Attach it without one.",
    "文件设有密码，无法核实。请去除密码后再提交。",
)
MACROS: Final = Text(
    "The file holds macros or embedded programs. Save it without them, or attach a PDF of it.",
    "文件含有宏或嵌入的程序。请另存为不含宏的文件，或改附 PDF。",
)
PIXELS: Final = Text(
    "The picture has {found} pixels, far more than a scan needs. Make it smaller.",
    "图片尺寸为 {found} 像素，远超扫描件所需。请缩小后再提交。",
)

NOT_KNOWN: Final = Text("of a kind that is not taken", "不接收的类型")
ARCHIVE: Final = Text("a packed archive", "压缩包")
WEB_PAGE: Final = Text("a web page, an SVG or a script", "网页、SVG 或脚本")
PROGRAM: Final = Text("a program", "程序")
OLD_OFFICE: Final = Text(
    "an office document of the old kind (.doc, .xls, .ppt)", "旧版 Office 文件（.doc、.xls、.ppt）"
)
NAMED: Final = (
    (b"MZ", PROGRAM), (b"\x7fELF", PROGRAM), (b"#!", PROGRAM), (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"GIF8", NOT_KNOWN), (b"RIFF", NOT_KNOWN), (b"%!PS", NOT_KNOWN), (b"{\\rtf", NOT_KNOWN),
    (b"\xd0\xcf\x11\xe0", OLD_OFFICE), (b"Rar!", ARCHIVE), (b"7z\xbc\xaf", ARCHIVE), (b"\x1f\x8b", ARCHIVE),
    (b"BZh", ARCHIVE), (b"\xfd7zXZ", ARCHIVE),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that may be kept: what it is, and under which name it is given back."""

    type: AttachmentType
    name: str
    content: bytes


def look_into(content: bytes, *, name: str) -> Attachment:
    """Return a file as an attachment; its type is told by its content, and its name is made harmless.

    Nothing is unpacked: of an office document only the list of its parts is read.
    Raises FaultyInputError for what is empty, too large, of another kind, cut off, locked or made to do harm.
    """
    if not content:
        raise _refused("empty", EMPTY)
    if len(content) > MOST_BYTES:
        raise _refused("too-large", LARGE, size=f"{len(content) / 1024**2:.1f}", most=MOST_BYTES // 1024**2)
    kind = _type_of(content)
    return Attachment(type=kind, name=safe_file_name(name, kind), content=content)


def safe_file_name(name: str, kind: AttachmentType) -> str:
    r"""Return a name without folders, control characters and tricks of direction, with the suffix of what it is.

    >>> safe_file_name("..\\..\\证书.php", AttachmentType.PDF)
    '证书.pdf'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = last.rpartition(".")[0] or last.strip(".")
    kept = "".join(c if c.isalnum() or c in " -_()（）·" or unicodedata.category(c) == "Mn" else "_" for c in stem)
    kept = re.sub(r"[ _]{2,}", "_", kept).strip(" ._-")[:MOST_NAME].strip(" ._-")
    return f"{kept or 'document'}.{kind}"


def _refused(code: str, says: Text, **facts: object) -> FaultyInputError:
    return FaultyInputError("file", [Fault(code=code, says=says, where="document", facts=facts)])


def _type_of(content: bytes) -> AttachmentType:
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise _refused("cut-off", CUT)
        return AttachmentType.PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        if b"\xff\xd9" not in content[-1024:]:
            raise _refused("cut-off", CUT)
        return AttachmentType.JPEG
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office(content)
    for mark, found in NAMED:
        if content.startswith(mark):
            raise _refused("wrong-type", KIND, found=found)
    return _text(content)


def _png(content: bytes) -> AttachmentType:
    if len(content) < 33 or content[12:16] != b"IHDR" or b"IEND" not in content[-64:]:
        raise _refused("cut-off", CUT)
    width, height = struct.unpack(">II", content[16:24])
    if width * height > MOST_PIXELS:
        raise _refused("too-many-pixels", PIXELS, found=f"{width} × {height}")
    return AttachmentType.PNG


def _office(content: bytes) -> AttachmentType:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as problem:
        raise _refused("cut-off", CUT) from problem
    names = {part.filename for part in parts}
    kinds = [kind for main, kind in MAIN_PARTS.items() if main in names]
    if "[Content_Types].xml" not in names or len(kinds) != 1:
        raise _refused("wrong-type", KIND, found=ARCHIVE)
    for code, says, facts in _harm_in(parts, len(content)):
        raise _refused(code, says, **facts)
    return kinds[0]


def _harm_in(parts: list[zipfile.ZipInfo], size: int) -> Iterator[tuple[str, Text, dict[str, object]]]:
    """Yield what an office document holds that must not be opened by anybody, from the list of its parts alone."""
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        yield "bomb", BOMB, {"found": f"{unpacked / 1024**2:,.0f} MB"}
    if len(parts) > MOST_PARTS:
        yield "bomb", BOMB, {"found": f"{len(parts):,}"}
    if len({part.filename for part in parts}) != len(parts) or sum(part.compress_size for part in parts) > size:
        yield "bomb", BOMB, {"found": "×2"}  # parts that lie over each other
    if any(part.flag_bits & 0x1 for part in parts):
        yield "locked", LOCKED, {}
    inner = [part.filename.lower() for part in parts]
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in inner):
        yield "wrong-type", KIND, {"found": ARCHIVE}
    if any(name.endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".vbs")) or "/activex/" in name for name in inner):
        yield "macros", MACROS, {}


def _text(content: bytes) -> AttachmentType:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            said = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if NOT_TEXT.search(said):
            break
        if MARKUP.search(said):
            raise _refused("wrong-type", KIND, found=WEB_PAGE)
        return AttachmentType.TEXT
    raise _refused("wrong-type", KIND, found=NOT_KNOWN)
