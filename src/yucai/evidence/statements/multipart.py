"""multipart/mixed: statements first, then the bytes of their attachments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from yucai.evidence.statements.reading import RequestLimits
from yucai.evidence.statements.refused import RecordRefusedError, TooLargeError
from yucai.texts import Text

__all__ = [
    "AttachmentPart",
    "MultipartBody",
    "MultipartRefusedError",
    "media_type",
    "read_multipart",
    "write_multipart",
]

_PARAMETER = re.compile(r';\s*([A-Za-z0-9!#$&^_.+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,200}(?<! )")
_HEADER_NAME = re.compile(rb"[!#-'*+.^_`|~0-9A-Za-z-]{1,80}")
_NEWLINE = re.compile(rb"\r?\n")
_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_BLANK = re.compile(rb"\r?\n\r?\n")

NO_BOUNDARY = Text("the header Content-Type names no usable boundary", "请求头 Content-Type 中没有可用的 boundary")
NO_PARTS = Text("its boundary does not occur in it", "内容中没有出现 boundary")
NOT_CLOSED = Text("it breaks off: no closing boundary", "内容不完整：缺少结尾 boundary")
BAD_HEADER = Text("the header of part {n} is malformed", "第 {n} 部分的头部格式有误")
NOT_JSON_FIRST = Text(
    "its first part must be application/json and hold the statements", "第一部分须为 application/json 且包含陈述"
)
NO_HASH = Text(
    "part {n} needs the header X-Experience-API-Hash, with a SHA-2", "第 {n} 部分缺少含 SHA-2 的 X-Experience-API-Hash"
)
NOT_BINARY = Text(
    "part {n} needs the header Content-Transfer-Encoding: binary", "第 {n} 部分缺少 Content-Transfer-Encoding: binary"
)
OTHER_HASH = Text("the bytes of part {n} have another hash than it says", "第 {n} 部分的内容与其声明的哈希不符")

LONGEST_HEAD = 64_000  # bytes of the header of one part
_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}


class MultipartRefusedError(RecordRefusedError):
    """A multipart body that is not as xAPI asks."""

    says = Text("The multipart body cannot be read: {reason}.", "无法读取 multipart 请求内容：{reason}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentPart:
    """The bytes of one attachment; ``sha2`` is their hash in lower case."""

    sha2: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartBody:
    """The JSON of the statements, and the attachments that came with it by their hash."""

    statements: bytes
    parts: Mapping[str, AttachmentPart]


def media_type(header: str | None) -> tuple[str, dict[str, str]]:
    r"""Return the media type of a Content-Type header in lower case, and its parameters.

    >>> media_type('Multipart/Mixed; boundary="a b"; charset=utf-8')
    ('multipart/mixed', {'boundary': 'a b', 'charset': 'utf-8'})
    """
    text = header or ""
    kind, _, rest = text.partition(";")
    found = _PARAMETER.findall(f";{rest}") if rest else []
    return kind.strip().lower(), {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare for name, quoted, bare in found
    }


def read_multipart(content_type: str, body: bytes, *, limits: RequestLimits) -> MultipartBody:
    """Return the parts of a multipart/mixed body: statements first, every further part under its true SHA-2.

    Lines may end in CR LF or, as some clients send them, in LF alone.
    """
    boundary = media_type(content_type)[1].get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MultipartRefusedError(reason=NO_BOUNDARY)
    (first, statements), *others = _split(body, boundary.encode("ascii"), limits)
    if media_type(first.get("content-type"))[0] != "application/json":
        raise MultipartRefusedError(reason=NOT_JSON_FIRST)
    parts = [_attachment(headers, content, n) for n, (headers, content) in enumerate(others, start=2)]
    return MultipartBody(statements=statements, parts={part.sha2: part for part in parts})


def _split(body: bytes, boundary: bytes, limits: RequestLimits) -> list[tuple[dict[str, str], bytes]]:
    found: list[tuple[dict[str, str], bytes]] = []
    start = -1
    for begin, end, closing in _delimiters(body, b"--" + boundary):
        if start >= 0:
            _check_size(len(found) + 1, begin - start, limits)
            found.append(_part(body[start:begin] if begin > start else b"", len(found) + 1))
        if closing:
            break
        start = end
    else:
        raise MultipartRefusedError(reason=NOT_CLOSED if start >= 0 else NO_PARTS)
    if not found:
        raise MultipartRefusedError(reason=NO_PARTS)
    return found


def _delimiters(body: bytes, line: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield where each delimiter line begins (with the newline before it) and ends, and whether it is the last."""
    at = 0
    while (place := body.find(line, at)) >= 0:
        at = place + len(line)
        after = _REST.match(body, at)
        if after and (place == 0 or body[place - 1 : place] == b"\n"):
            begin = place - (2 if body[max(place - 2, 0) : place] == b"\r\n" else min(place, 1))
            yield begin, after.end(), after[1] is not None


def _check_size(n: int, size: int, limits: RequestLimits) -> None:
    if n > limits.n_parts:
        raise TooLargeError(found=n, what=Text("parts", "个部分"), limit=limits.n_parts)
    if size > limits.part_bytes:
        raise TooLargeError(found=size, what=Text("bytes in a part", "字节的部分"), limit=limits.part_bytes)


def _part(raw: bytes, n: int) -> tuple[dict[str, str], bytes]:
    """Return headers, names in lower case, and content of one part."""
    opening = _NEWLINE.match(raw)
    if opening:
        return {}, raw[opening.end() :]
    blank = _BLANK.search(raw, 0, LONGEST_HEAD)
    if blank is None and len(raw) > LONGEST_HEAD:
        raise MultipartRefusedError(reason=_numbered(BAD_HEADER, n))
    head, content = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")
    headers = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if not colon or b"\0" in value or not _HEADER_NAME.fullmatch(name):
            raise MultipartRefusedError(reason=_numbered(BAD_HEADER, n))
        headers[name.decode("ascii").lower()] = value.strip(b" \t\r").decode("latin-1")
    return headers, content


def _attachment(headers: Mapping[str, str], content: bytes, n: int) -> AttachmentPart:
    sha2 = headers.get("x-experience-api-hash", "").lower()
    if len(sha2) not in _HASHES:
        raise MultipartRefusedError(reason=_numbered(NO_HASH, n))
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise MultipartRefusedError(reason=_numbered(NOT_BINARY, n))
    if _HASHES[len(sha2)](content).hexdigest() != sha2:
        raise MultipartRefusedError(reason=_numbered(OTHER_HASH, n))
    return AttachmentPart(
        sha2=sha2, content_type=headers.get("content-type", "application/octet-stream"), content=content
    )


def _numbered(words: Text, n: int) -> Text:
    return words.filled(n=n)


def write_multipart(statements: bytes, parts: Iterable[AttachmentPart]) -> tuple[str, bytes]:
    """Return the Content-Type and the body of an answer: statements, then each attachment once.

    The boundary follows from what is sent, and occurs in none of it.
    """
    once = {part.sha2: part for part in parts}
    boundary = hashlib.sha256(statements + b"".join(sorted(sha2.encode() for sha2 in once))).hexdigest()[:32]
    while any(boundary.encode() in content for content in (statements, *(part.content for part in once.values()))):
        boundary = hashlib.sha256(boundary.encode()).hexdigest()[:32]
    line = b"--" + boundary.encode()
    pieces = [line, b"Content-Type: application/json", b"", statements]
    for part in once.values():
        pieces += [
            line,
            b"Content-Type: " + re.sub(r"[\r\n]", " ", part.content_type).encode("latin-1", "replace"),
            b"Content-Transfer-Encoding: binary",
            b"X-Experience-API-Hash: " + part.sha2.encode(),
            b"",
            part.content,
        ]
    pieces += [line + b"--", b""]
    return f"multipart/mixed; boundary={boundary}", b"\r\n".join(pieces)
