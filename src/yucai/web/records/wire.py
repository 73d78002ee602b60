"""A request as it comes from the web server, and an answer as it goes back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from yucai.evidence import RecordRefusedError, TooLargeError, read_version
from yucai.texts import Text
from yucai.web.records.arriving import LARGE, Arriving, room_for
from yucai.web.records.refusals import BrokenOffError, BusyError, TooSlowError

__all__ = [
    "AlternateRefusedError",
    "Answer",
    "Request",
    "is_alternate",
    "json_answer",
    "read_head",
    "start",
    "unfolded",
    "with_body",
]

FORM: Final = "application/x-www-form-urlencoded"
METHODS: Final = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE"))
# The headers that the alternate request syntax carries as fields of a form; everything else is a parameter.
AS_FIELDS: Final = frozenset(
    (
        *("authorization", "x-experience-api-version", "content-type", "content-length", "if-match"),
        *("if-none-match", "accept", "accept-language", "accept-encoding"),
    )
)
MOST_FIELDS: Final = 200
IN_A_HEADER: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_ENCODE: Final = msgspec.json.Encoder().encode

NOT_TEXT: Final = Text("the parameters are not UTF-8, or too many", "参数不是 UTF-8 编码，或数量过多")
EXTRA: Final = Text("beside method there are further parameters in the address", "地址中除 method 外还有其他参数")
NO_FORM: Final = Text(f"the body must be of type {FORM}", f"请求内容的类型须为 {FORM}")
NO_CONTENT: Final = Text("there is no field named content", "缺少名为 content 的字段")
NO_METHOD: Final = Text("method must be GET, HEAD, PUT, POST or DELETE", "method 须为 GET、HEAD、PUT、POST 或 DELETE")
NO_HEADER: Final = Text(
    "a field that stands for a header holds a character that headers cannot have",
    "代替请求头的字段含有请求头不允许的字符",
)
ONLY_ONE: Final = Text("xAPI 2.0 does not have it; send the method itself", "xAPI 2.0 不再支持，请直接使用该方法")


class AlternateRefusedError(RecordRefusedError):
    """A request within a request that is not as xAPI 1.0.3 asks, or parameters that cannot be read."""

    says = Text("The request cannot be read: {reason}.", "无法读取请求：{reason}。")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, with header names in lower case.

    It and all else that every request makes are structs: a frozen dataclass takes ten times as long to make.
    """

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    n_statements: int = 0


def json_answer(value: Any, *, headers: Mapping[str, str] | None = None, n_statements: int = 0) -> Answer:
    """Return an answer that holds a value as JSON."""
    said = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status=HTTPStatus.OK, body=_ENCODE(value), headers=said, n_statements=n_statements)


def read_head(environ: Mapping[str, Any], *, path: str) -> Request:
    """Return the request of a web server, its body yet unread. Raises AlternateRefusedError."""
    headers = {}
    for key, value in environ.items():
        name = _header_of(key)
        if name is not None and (value or key[:5] == "HTTP_"):
            headers[name] = value
    pairs = _pairs(str(environ.get("QUERY_STRING", "")))
    return Request(method=str(environ["REQUEST_METHOD"]).upper(), path=path, pairs=pairs, headers=headers, body=b"")


@lru_cache(maxsize=1_024)
def _header_of(key: str) -> str | None:
    """Return the header that a key of a web server's environment holds."""
    if key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return key.replace("_", "-").lower()
    return key[5:].replace("_", "-").lower() if key[:5] == "HTTP_" else None


def with_body(
    request: Request,
    environ: Mapping[str, Any],
    *,
    most_bytes: int,
    held: ExitStack,
    places: Sequence[threading.Lock] = (),
) -> Request:
    """Return the request with its body; ``held`` keeps the place of a large one, ``places`` are those to wait in.

    Raises TooLargeError, TooSlowError, BusyError, BrokenOffError.
    """
    if request.method in ("GET", "HEAD"):
        return request
    body = _read_body(environ, most_bytes, held, places)
    return Request(method=request.method, path=request.path, pairs=request.pairs, headers=request.headers, body=body)


def is_alternate(request: Request) -> bool:
    """Whether a request holds another one, as xAPI 1.0.3 allows for browsers of old."""
    return request.method == "POST" and any(name == "method" for name, _ in request.pairs)


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(
            parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS) if query else ()
        )
    except (UnicodeDecodeError, ValueError):
        raise AlternateRefusedError(reason=NOT_TEXT) from None


def _arrived(arriving: Arriving, length: int | None, most_bytes: int, held: ExitStack) -> bytes:
    if length is not None:
        if length > LARGE:
            held.enter_context(room_for(length))
        return arriving.read(length)
    body = arriving.read(min(most_bytes, LARGE) + 1)
    if len(body) > LARGE:
        held.enter_context(room_for(most_bytes))
        body += arriving.read(most_bytes + 1 - len(body))
    return body


def _read_body(environ: Mapping[str, Any], most_bytes: int, held: ExitStack, places: Sequence[threading.Lock]) -> bytes:
    """Read the body, but never more than is taken: a length may be missing or untrue."""
    stated = str(environ.get("CONTENT_LENGTH") or "")
    length = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else None
    if length is not None and length > most_bytes:
        raise TooLargeError(found=length, what=Text("bytes", "字节"), limit=most_bytes)
    if length is None and "chunked" not in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower():
        return b""
    try:
        body = _arrived(Arriving(environ["wsgi.input"], places=places), length, most_bytes, held)
    except TimeoutError:
        raise TooSlowError from None
    except BlockingIOError:
        raise BusyError from None
    if len(body) > most_bytes:
        raise TooLargeError(found=len(body), what=Text("bytes", "字节"), limit=most_bytes)
    if length is not None and len(body) < length:
        raise BrokenOffError(found=len(body), stated=length)
    return body


def unfolded(request: Request) -> Request:
    """Return the request that an alternate one stands for. Raises AlternateRefusedError."""
    if len(request.pairs) > 1:
        raise AlternateRefusedError(reason=EXTRA)
    method = request.pairs[0][1].upper()
    if method not in METHODS:
        raise AlternateRefusedError(reason=NO_METHOD)
    fields = _fields(request)
    headers = {name: value for name, value in request.headers.items() if not name.startswith("content-")}
    headers |= {name.lower(): value for name, value in fields if name.lower() in AS_FIELDS}
    if not all(map(IN_A_HEADER.fullmatch, headers.values())):
        raise AlternateRefusedError(reason=NO_HEADER)
    if "x-experience-api-version" in headers and read_version(headers["x-experience-api-version"]).value[0] == "2":
        raise AlternateRefusedError(reason=ONLY_ONE)
    content = [value for name, value in fields if name == "content"]
    if method in ("PUT", "POST"):
        if len(content) != 1:
            raise AlternateRefusedError(reason=NO_CONTENT)
        headers.setdefault("content-type", "application/json")
    pairs = tuple((name, value) for name, value in fields if name != "content" and name.lower() not in AS_FIELDS)
    body = "".join(content).encode("utf-8", "surrogatepass")
    return Request(method=method, path=request.path, pairs=pairs, headers=headers, body=body)


def _fields(request: Request) -> tuple[tuple[str, str], ...]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, "") or (kind == "" and request.body):
        raise AlternateRefusedError(reason=NO_FORM)
    try:
        return _pairs(request.body.decode("ascii"))
    except UnicodeDecodeError:
        raise AlternateRefusedError(reason=NOT_TEXT) from None


def start(answer: Answer, start_response: Any, *, extra: Mapping[str, str], with_body: bool) -> Iterable[bytes]:
    """Hand an answer to the web server."""
    headers = [*extra.items(), *answer.headers.items()]
    if answer.status is not HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(_status_line(answer.status), headers)
    return [answer.body] if with_body and answer.body else []


@cache
def _status_line(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"
