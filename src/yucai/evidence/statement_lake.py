"""Statements as rows of typed columns: what the lake holds of a record store, read by any engine.

The JSON is taken apart once, when a statement enters the lake, so that no analysis has to read JSON, which every engine
does in its own way. The statement itself stays beside as its last column, byte for byte: extensions, definitions and
whatever else has no column of its own are not lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
import polars as pl
from msgspec import UNSET, UnsetType

from yucai.evidence.lake import Dataset
from yucai.evidence.statements import Version, actor_key, facts_of
from yucai.evidence.statements.forms import moment_of
from yucai.evidence.statements.rules import VOIDED
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = ["STATEMENTS", "STATEMENT_LAKE", "duration_seconds", "statement_table"]


def _given(name: str, kind: str, en: str, zh: str, unit: str = "") -> Column:
    return Column(name=name, kind=kind, meaning=Text(en, zh), unit=unit)


def _maybe(name: str, kind: str, en: str, zh: str, unit: str = "") -> Column:
    return Column(name=name, kind=kind, meaning=Text(en, zh), unit=unit, required=False, nullable=True)


STATEMENTS: Final = Contract(
    "statements",
    (
        _given("store", "text", "code of the record store", "记录库代码"),
        _given("seq", "whole", "number in the order of storing", "入库序号"),
        _given("id", "text", "id of the statement", "陈述标识"),
        _given("stored", "time", "when it was stored", "入库时间"),
        _given("timestamp", "time", "when it was done", "发生时间"),
        _given("actor", "text", "key of who did it: kind of identifier and identifier", "行为者的键：标识种类与标识"),
        _maybe("account_home", "text", "home page of the actor's account", "行为者账户的主页"),
        _maybe("account_name", "text", "name of the actor's account", "行为者账户名"),
        _maybe("mbox", "text", "mail address of the actor, without mailto:", "行为者邮箱（不含 mailto:）"),
        _given("verb", "text", "what was done", "动词"),
        _given("object_kind", "text", "what kind of thing it was done to", "对象种类"),
        _given("object", "text", "id or key of what it was done to", "对象的标识或键"),
        _maybe("activity_type", "text", "type of the activity", "活动类型"),
        _maybe("parent", "texts", "activities it is directly a part of", "所属的上级活动"),
        _maybe("grouping", "texts", "activities it belongs to more widely", "更广的归属活动"),
        _maybe("category", "texts", "activities that say which profile it follows", "所依规范的活动"),
        _maybe("other", "texts", "other activities it has to do with", "其他相关活动"),
        _maybe("registration", "text", "attempt or enrolment it belongs to", "注册标识"),
        _maybe("platform", "text", "where it was done", "平台"),
        _maybe("language", "text", "in which language", "语言"),
        _maybe("score_scaled", "number", "score, from -1 to 1", "换算得分，-1 到 1"),
        _maybe("score_raw", "number", "points reached", "得分", "points"),
        _maybe("score_min", "number", "lowest points", "最低分", "points"),
        _maybe("score_max", "number", "highest points", "满分", "points"),
        _maybe("success", "flag", "whether it was a success", "是否成功"),
        _maybe("completion", "flag", "whether it was finished", "是否完成"),
        _maybe("response", "text", "what was answered", "作答"),
        _maybe(
            "duration",
            "number",
            "how long it took; empty where that depends on the calendar",
            "用时；取决于历法的留空",
            "s",
        ),
        _maybe("target", "text", "id of the statement it is about", "所指陈述的标识"),
        _given("voids", "flag", "whether it voids that statement", "是否作废所指陈述"),
        _maybe("authority", "text", "key of who vouches for it", "担保者的键"),
        _given("body", "text", "the whole statement as the store gives it back", "记录库给出的完整陈述"),
    ),
)

STATEMENT_LAKE: Final = Dataset(
    contract=STATEMENTS,
    record="seq",
    schema_version=1,
    if_missing=Text(
        "Write it anew from the store: yucai records mend STORE",
        "可由记录库重新写出：yucai records mend 记录库",
    ),
    if_changed=Text(
        "Write it anew from the store: yucai records mend STORE",
        "可由记录库重新写出：yucai records mend 记录库",
    ),
    unlike=("seq", "id", "stored", "timestamp", "response", "body"),
)
Key = tuple[str, str | None, str | None, str | None]


class _Named(msgspec.Struct):
    id: str


class _Context(msgspec.Struct):
    registration: str | None = None
    platform: str | None = None
    language: str | None = None
    contextActivities: dict[str, list[_Named] | _Named] = {}  # noqa: N815  (as xAPI calls it)


class _Definition(msgspec.Struct):
    type: str | None = None


class _Thing(msgspec.Struct):
    id: str = ""
    objectType: str = "Activity"  # noqa: N815  (as xAPI calls it)
    definition: _Definition | UnsetType = UNSET


class _Score(msgspec.Struct):
    scaled: int | float | None = None
    raw: int | float | None = None
    min: int | float | None = None
    max: int | float | None = None


class _Result(msgspec.Struct):
    score: _Score | UnsetType = UNSET
    success: bool | None = None
    completion: bool | None = None
    response: str | None = None
    duration: str | None = None


class _Verb(msgspec.Struct):
    id: str


class _Statement(msgspec.Struct):
    """What of a statement has a column; everything else is passed over unread."""

    id: str
    stored: str
    timestamp: str
    actor: msgspec.Raw
    verb: _Verb
    object: _Thing
    context: _Context | UnsetType = UNSET
    result: _Result | UnsetType = UNSET
    authority: msgspec.Raw | UnsetType = UNSET


_DECODE: Final = msgspec.json.Decoder(_Statement).decode
_NO_CONTEXT, _NO_RESULT, _NO_SCORE = _Context(), _Result(), _Score()
_NOTHING: Final[list[str]] = []


def statement_table(statements: Iterable[tuple[int, bytes]], *, store: str) -> pl.DataFrame:
    """Return kept statements, each with its number, as rows in the columns of ``STATEMENTS``."""
    rows = [_row(store, seq, body) for seq, body in statements]
    if not rows:
        return STATEMENTS.empty()
    import pyarrow

    schema = STATEMENTS.empty().to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    columns = [pyarrow.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    return STATEMENTS.check(pyarrow.Table.from_arrays(columns, schema=schema))


def _row(store: str, seq: int, body: bytes) -> tuple[Any, ...]:
    found = _DECODE(body)
    thing = found.object
    kind = thing.objectType
    target = thing.id.lower() if kind == "StatementRef" else None
    about = thing.id if kind == "Activity" else target or _about(body)
    context, stored = found.context or _NO_CONTEXT, _moment(found.stored)
    return (
        *(store, seq, found.id.lower(), stored, _moment(found.timestamp) or stored),
        *_who(bytes(found.actor)),
        *(found.verb.id, kind, about, thing.definition.type if thing.definition else None),
        *(_ids(context, place) for place in ("parent", "grouping", "category", "other")),
        context.registration and context.registration.lower(),
        *(context.platform, context.language),
        *_outcome(found.result or _NO_RESULT),
        *(target, target is not None and found.verb.id == VOIDED),
        _who(bytes(found.authority))[0] if found.authority else None,
        body.decode(),
    )


def _moment(text: str) -> datetime | None:
    return moment_of(text, Version.V1)  # which takes what either version writes


@lru_cache(maxsize=65_536)
def _who(raw: bytes) -> Key:
    """Return the key of an actor, and the parts of it that are looked at alone; the same few come again and again."""
    actor = msgspec.json.decode(raw)
    account = actor.get("account", {})
    box = actor.get("mbox")
    return actor_key(actor), account.get("homePage"), account.get("name"), box and box.removeprefix("mailto:")


def _about(body: bytes) -> str:
    """Return the key of an agent or group, or what a SubStatement is about: seldom met."""
    return facts_of(msgspec.json.decode(body), version=Version.V1).object


def _ids(context: _Context, place: str) -> list[str]:
    held = context.contextActivities.get(place)
    if held is None:
        return _NOTHING
    return [held.id] if isinstance(held, _Named) else [one.id for one in held]


def _outcome(result: _Result) -> tuple[Any, ...]:
    score = result.score or _NO_SCORE
    return (
        *(_number(one) for one in (score.scaled, score.raw, score.min, score.max)),
        *(result.success, result.completion, result.response),
        duration_seconds(result.duration) if result.duration else None,
    )


def _number(value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:  # larger than any number an engine holds; the body keeps it
        return None


_DURATION: Final = re.compile(r"P(?:([\d.,]+)W)?(?:([\d.,]+)D)?(?:T(?:([\d.,]+)H)?(?:([\d.,]+)M)?(?:([\d.,]+)S)?)?")
_SECONDS: Final = (604_800, 86_400, 3_600, 60, 1)


@lru_cache(maxsize=4_096)
def duration_seconds(text: str) -> float | None:
    """Return how many seconds an ISO 8601 duration has, or None where it counts in years or months.

    >>> duration_seconds("PT1M30.5S"), duration_seconds("P1DT2H"), duration_seconds("P1M")
    (90.5, 93600.0, None)
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    parts = zip(found.groups(), _SECONDS, strict=True)
    total = sum(float(number.replace(",", ".")) * seconds for number, seconds in parts if number)
    return total if total < float("inf") else None
