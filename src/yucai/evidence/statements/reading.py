"""Reading statements from a request: strict JSON, every rule, and the bytes of each statement as they came."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from yucai.errors import Fault
from yucai.evidence.statements.parts import Part, Parts
from yucai.evidence.statements.refused import (
    FaultyStatementsError,
    NotJsonError,
    RepeatedStatementError,
    TooLargeError,
)
from yucai.evidence.statements.rules import statement_faults
from yucai.evidence.statements.versions import Version
from yucai.texts import Text

__all__ = ["RequestLimits", "SentStatement", "StatementBatch", "read_json", "read_statements"]

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = re.compile(rb"[^\[\]{}]+")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_BYTE = re.compile(r"(?:JSON is malformed: )?(?P<why>.*) \(byte (?P<at>\d+)\)")
_SPACE = b" \t\r\n"
_VALUE = msgspec.json.Decoder()
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODE = msgspec.json.Encoder().encode
_PARTS = Parts()
# Which members of a statement, and of its context, are remembered as parts; a context itself is opened.
_PLACES = frozenset(("actor", "verb", "object"))
_CONTEXT_PLACES = frozenset(("contextActivities", "instructor", "team"))
MOST_FAULTS = 200

EMPTY = Text("it is empty; a statement or an array of statements belongs there", "内容为空，应为一条陈述或陈述数组")
NOT_UTF8 = Text("it is not UTF-8", "不是 UTF-8 编码")
MALFORMED = Text("it is no well-formed JSON ({why})", "不是合法的 JSON（{why}）")
BREAKS_OFF = Text("it breaks off before its end", "内容不完整，在结尾前中断")
AT_BYTE = Text("near byte {at}: {why}", "第 {at} 字节附近：{why}")
KNOWN = {
    "invalid character": Text("invalid character", "无效字符"),
    "trailing characters": Text("trailing characters", "结尾有多余字符"),
    "invalid number": Text("invalid number", "无效数字"),
    "invalid escape character in string": Text("invalid escape character in string", "文字中有无效转义"),
}
REPEATED = Text("an object in it has one key more than once", "其中有对象重复使用了同一个键")
TOO_DEEP = Text("it is nested more than {limit} levels deep", "嵌套超过 {limit} 层")
NOT_STATEMENTS = Text(
    "it holds a single value; a statement or an array of statements belongs there",
    "其内容是单个值，应为一条陈述或陈述数组",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """How much one request may bring."""

    n_bytes: int = 32_000_000
    n_statements: int = 10_000
    statement_bytes: int = 2_000_000
    depth: int = 100
    n_parts: int = 1_000
    part_bytes: int = 128_000_000


class SentStatement(msgspec.Struct, frozen=True):
    """One statement as it was sent: its bytes, untouched, and what they say."""

    raw: bytes
    value: dict[str, Any]


class StatementBatch(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of one request, in their order; ``single`` where one came without an array around it."""

    statements: tuple[SentStatement, ...]
    single: bool


def read_json(body: bytes, *, limits: RequestLimits) -> Any:
    """Return what a JSON text says, or refuse it.

    Strict where JSON leaves room: no key twice in one object, no lone surrogates, no NaN, a bound to the depth.
    """
    _check_size(body, limits)
    return _read(body, limits)


def read_statements(body: bytes, *, version: Version, limits: RequestLimits) -> StatementBatch:
    """Return the statements of a body, each with its exact bytes; refuse the whole body if anything is wrong.

    An empty array is a batch of none. Refusals are of the family of RecordRefusedError, and say the status to answer.
    """
    _check_size(body, limits)
    trimmed = body.strip(_SPACE)
    single = not trimmed.startswith(b"[")
    raws = [trimmed] if single else [bytes(raw) for raw in _decoded(trimmed, _ARRAY, limits)]
    if len(raws) > limits.n_statements:
        raise TooLargeError(found=len(raws), what=Text("statements", "条陈述"), limit=limits.n_statements)
    largest = max(map(len, raws), default=0)
    if largest > limits.statement_bytes:
        what = Text("bytes in one statement", "字节的单条陈述")
        raise TooLargeError(found=largest, what=what, limit=limits.statement_bytes)
    opening = _Opening(version, limits)
    sent = tuple(SentStatement(raw, opening.statement(raw)) for raw in raws)
    if single and not isinstance(sent[0].value, dict):
        raise NotJsonError(reason=NOT_STATEMENTS)
    _check_rules(sent, version=version, single=single)
    opening.remember()
    _check_ids(sent)
    return StatementBatch(statements=sent, single=single)


def _check_size(body: bytes, limits: RequestLimits) -> None:
    if len(body) > limits.n_bytes:
        raise TooLargeError(found=len(body), what=Text("bytes", "字节"), limit=limits.n_bytes)
    if not body.strip(_SPACE):
        raise NotJsonError(reason=EMPTY)


def _read(raw: bytes, limits: RequestLimits) -> Any:
    value = _decoded(raw, _VALUE, limits)
    _check_depth(raw, limits)
    if not _same_when_written(value, raw):
        _WATCHED.decode(raw.decode())
    return value


class _WholeError(Exception):
    """A statement cannot be read part by part."""


class _Opening:
    """Reads the statements of one request part by part; parts that came before are not read again."""

    def __init__(self, version: Version, limits: RequestLimits) -> None:
        self.version, self.limits = version, limits
        self.news: dict[tuple[str, bytes], Part] = {}
        self.n_brackets = 0

    def statement(self, raw: bytes) -> Any:
        """Return what a statement says; strict as ``read_json`` is."""
        self.n_brackets = 0
        try:
            value = self._object(raw, _PLACES)
        except (_WholeError, msgspec.MsgspecError, ValueError, RecursionError):
            return _read(raw, self.limits)
        if self.n_brackets > self.limits.depth:
            _check_depth(raw, self.limits)
        return value

    def remember(self) -> None:
        """Keep the new parts; called when all of them kept the rules."""
        for (place, raw), part in self.news.items():
            part.good = (*part.good, self.version)
            _PARTS.keep(place, raw, part)

    def _object(self, raw: bytes, places: frozenset[str]) -> dict[str, Any]:
        held = [(name, bytes(value)) for name, value in _MEMBERS.decode(raw).items()]
        if not _once_in(raw, held):
            raise _WholeError
        self.n_brackets += 1
        value: dict[str, Any] = {}
        for name, text in held:
            if text[0] not in b"{[":
                value[name] = _VALUE.decode(text)
            elif name in places and text[0] == _OPEN:
                value[name] = self._part(name, text)
            elif name == "context" and places is _PLACES and text[0] == _OPEN:
                value[name] = self._object(text, _CONTEXT_PLACES)
            else:
                value[name] = self._plain(text)
                self.n_brackets += text.count(b"{") + text.count(b"[")
        return value

    def _part(self, place: str, text: bytes) -> Part:
        part = _PARTS.find(place, text) or self.news.get((place, text))
        if part is None:
            part = Part(self._plain(text), n_brackets=text.count(b"{") + text.count(b"["))
        if self.version not in part.good:
            self.news[place, text] = part
        self.n_brackets += part.n_brackets
        return part

    def _plain(self, text: bytes) -> Any:
        value = _VALUE.decode(text)
        if not _same_when_written(value, text):
            _WATCHED.decode(text.decode())
        return value


_OPEN = ord("{")


def _once_in(raw: bytes, held: list[tuple[str, bytes]]) -> bool:
    """Tell whether these are all members of an object, by writing it as browsers do, or as Python does."""
    names = [_ENCODE(name) for name, _ in held]
    compact = b",".join([name + b":" + text for name, (_, text) in zip(names, held, strict=True)])
    if len(compact) + 2 == len(raw):
        return raw[1:-1] == compact
    return raw[1:-1] == b", ".join([name + b": " + text for name, (_, text) in zip(names, held, strict=True)])


def _check_rules(sent: tuple[SentStatement, ...], *, version: Version, single: bool) -> None:
    faults: list[Fault] = []
    for i, statement in enumerate(sent):
        faults += statement_faults(statement.value, version=version, at="" if single else f"[{i}]")
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise FaultyStatementsError(faults[:MOST_FAULTS])


def _check_ids(sent: tuple[SentStatement, ...]) -> None:
    seen: set[str] = set()
    for statement in sent:
        own = statement.value.get("id")
        if own is None:
            continue
        if own.lower() in seen:
            raise RepeatedStatementError(id=own)
        seen.add(own.lower())


def _decoded(body: bytes, decoder: msgspec.json.Decoder[Any], limits: RequestLimits) -> Any:
    try:
        return decoder.decode(body)
    except UnicodeDecodeError:
        raise NotJsonError(reason=NOT_UTF8) from None
    except RecursionError:
        raise NotJsonError(reason=TOO_DEEP.filled(limit=limits.depth)) from None
    except (msgspec.MsgspecError, ValueError) as refused:
        raise NotJsonError(reason=MALFORMED.filled(why=_where_wrong(str(refused)))) from None


def _where_wrong(why: str) -> Text:
    """Say in both languages what the decoder says in English."""
    if why == "Input data was truncated":
        return BREAKS_OFF
    shown = why if len(why) < 200 and _PLAIN.fullmatch(why) else "?"
    found = _BYTE.fullmatch(shown)
    if found is None:
        return Text(shown, shown)
    return AT_BYTE.filled(at=int(found["at"]), why=KNOWN.get(found["why"], found["why"]))


def _check_depth(body: bytes, limits: RequestLimits) -> None:
    """Refuse what is nested too deep; most bodies have fewer brackets than levels are allowed."""
    if body.count(b"{") + body.count(b"[") <= limits.depth:
        return
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub(b"", _STRINGS.sub(b"", body)):
        if bracket in b"{[":
            depth += 1
            deepest = max(depth, deepest)
        else:
            depth -= 1
    if deepest > limits.depth:
        raise NotJsonError(reason=TOO_DEEP.filled(limit=limits.depth))


def _same_when_written(value: Any, body: bytes) -> bool:
    """Tell whether writing the value gives these very bytes: then no key can have come twice."""
    try:
        return _ENCODE(value) == body
    except (msgspec.MsgspecError, OverflowError, ValueError):
        return False


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise NotJsonError(reason=REPEATED)


_WATCHED = json.JSONDecoder(object_pairs_hook=_once_each)
