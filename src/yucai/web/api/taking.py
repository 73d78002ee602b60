"""What a request brings along: which answer it takes, what stands behind the question mark, and its body."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar, get_args
from urllib.parse import parse_qsl

import msgspec
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from yucai.texts import Text
from yucai.web.api.asked import said
from yucai.web.api.problems import ProblemError

__all__ = ["MOST_BODY", "body_of", "query_of", "require_json_taken"]

MOST_BODY: Final = 16_384  # bytes
MOST_FIELDS: Final = 20
NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
RETRY: Final = {"Retry-After": "5"}

BEHIND: Final = Text("what stands behind the question mark", "问号之后的内容")
NO_JSON: Final = Text("the body is no JSON", "请求内容不是 JSON")
TWICE: Final = Text("It was said twice.", "该项重复。")
OTHER: Final = Text("It is not as the document says.", "与文档不符。")
FAULTS: Final = tuple(
    (re.compile(pattern, re.DOTALL), says)
    for pattern, says in (
        (r"Object contains unknown field `(?P<name>.*)`",
         Text("There is nothing called “{name}”.", "没有“{name}”这一项。")),
        (r"Object missing required field `(?P<name>.*)`", Text("“{name}” is missing.", "缺少“{name}”。")),
        (r"Expected `\w+` (?P<bound>[<>]=? ?-?[\d.]+)", Text("It must be {bound}.", "必须 {bound}。")),
        (r"Expected `\w+` of length (?P<bound>[<>]=? ?\d+)", Text("Its length must be {bound}.", "长度必须 {bound}。")),
        (r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`",
         Text("It must be {wanted} and is {got}.", "应为 {wanted}，实为 {got}。")),
        (r"Invalid enum value (?P<got>.*)",
         Text("{got} is none of the values in the document.", "文档中没有 {got} 这个值。")),
    )
)  # fmt: skip

Form = TypeVar("Form", bound=msgspec.Struct)


def require_json_taken(request: HttpRequest) -> None:
    """Raise ProblemError where the one who asks takes no JSON."""
    if not request.META.get("HTTP_ACCEPT", "").strip():
        return
    try:
        taken = request.get_preferred_type(["application/json"])
    except ValueError:  # a header that nobody can read
        taken = None
    if taken is None:
        raise ProblemError("accept")


def query_of(request: HttpRequest, form: type[Form]) -> Form:
    """Return what stands behind the question mark. Raises ProblemError."""
    try:
        pairs = parse_qsl(
            request.META.get("QUERY_STRING", ""),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise ProblemError("malformed", facts={"why": BEHIND}) from None
    names = [name for name, _value in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ProblemError("invalid", faults=[(name, said(TWICE)) for name in twice])
    numbers = {one.name for one in msgspec.structs.fields(form) if int in (one.type, *get_args(one.type))}
    told = {name: int(value) if name in numbers and NUMBER.fullmatch(value) else value for name, value in pairs}
    return _checked(lambda: msgspec.convert(told, form))


def body_of(request: HttpRequest, form: type[Form]) -> Form:
    """Return the body of a request. Raises ProblemError."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise ProblemError("media-type", headers={"Accept": "application/json"})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdecimal() or int(length) > MOST_BODY:
        raise ProblemError("large", facts={"most": MOST_BODY})
    try:
        body = request.body
    except UnreadablePostError:
        why = getattr(request.META.get("wsgi.input"), "refused", None)
        raise ProblemError("late" if why is TimeoutError else "busy", headers=RETRY) from None
    return _checked(lambda: msgspec.json.decode(body, type=form))


def _checked(form: Callable[[], Form]) -> Form:
    """Return what was read, or raise ProblemError with what is wrong of it, in the language that was asked for."""
    try:
        return form()
    except msgspec.ValidationError as problem:
        told, _at, where = str(problem).partition(" - at `$")
        raise ProblemError("invalid", faults=[(where.strip("`."), _fault(told))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError("malformed", facts={"why": NO_JSON}) from None


def _fault(told: str) -> str:
    """Return in both languages what the reader of JSON tells in one."""
    for pattern, says in FAULTS:
        if found := pattern.fullmatch(told):
            return said(says.filled(**found.groupdict()))
    return said(OTHER)
