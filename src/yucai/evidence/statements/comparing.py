"""When two statements are the same statement, by the comparison requirements of xAPI."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from yucai.evidence.statements.facts import actor_key
from yucai.evidence.statements.forms import moment_of
from yucai.evidence.statements.parts import worked_out_once
from yucai.evidence.statements.versions import Version

__all__ = ["digest", "equivalent"]

Json = dict[str, Any]
_ENCODE = msgspec.json.Encoder(order="deterministic").encode
# What a store may set or does not count as part of the statement.
_SET_BY_STORE = frozenset(("id", "stored", "authority", "version"))
_FRACTION = re.compile(r"[.,](\d{1,2})\d*S\Z", re.ASCII)


def digest(statement: Json) -> bytes:
    """Return 16 bytes that are equal for statements that are the same, whatever the order of keys and members.

    Left out is what a store may set, and what a statement only points at: definitions of activities and the display of
    verbs. A timestamp counts as a point in time, a duration to the hundredth of a second. Equal digests mean the same
    statement; unequal ones may still be the same where one side has no timestamp, so that then ``equivalent`` is asked.
    """
    written = _ENCODE(_normal(statement))
    return hashlib.blake2b(written, digest_size=16).digest()


def equivalent(one: Json, other: Json, *, ignoring: frozenset[str] = frozenset()) -> bool:
    """Tell whether two statements are the same but for what a store may have set.

    A timestamp that only one of them has may have been filled in by a store, and is no difference then. ``ignoring``
    names further properties that do not count.
    """
    left, right = _normal(one), _normal(other)
    for name in ignoring:
        left.pop(name, None)
        right.pop(name, None)
    if ("timestamp" in left) != ("timestamp" in right):
        left.pop("timestamp", None)
        right.pop("timestamp", None)
    return _plain(left) == _plain(right)


def _plain(value: Json) -> bytes:
    """Write a value out, so that 1 and true differ."""
    return _ENCODE(value)


def _normal(statement: Json) -> Json:
    """Return a statement or SubStatement in the one form in which it is compared."""
    held = {name: value for name, value in statement.items() if name not in _SET_BY_STORE}
    held["actor"] = _written_actor(statement["actor"])
    held["verb"] = statement["verb"]["id"]
    held["object"] = _written_object(statement["object"])
    if "timestamp" in held:
        moment = moment_of(held["timestamp"], Version.V1)
        held["timestamp"] = held["timestamp"] if moment is None else moment.isoformat()
    if "context" in held:
        held["context"] = _normal_context(held["context"])
    if "attachments" in held:
        held["attachments"] = [_normal_attachment(attachment) for attachment in held["attachments"]]
    if "result" in held:
        held["result"] = _normal_result(held["result"])
    return held


def _normal_result(result: Json) -> Json:
    held: Json = _numbers(result)
    if "duration" in held:
        held["duration"] = _FRACTION.sub(_to_hundredths, held["duration"])
    return held


def _to_hundredths(fraction: re.Match[str]) -> str:
    """Cut off what is finer than a hundredth: xAPI lets a store drop it, so that it makes no difference."""
    digits = fraction[1].rstrip("0")
    return f".{digits}S" if digits else "S"


@worked_out_once
def _written_actor(actor: Json) -> msgspec.Raw:
    return msgspec.Raw(_plain(_normal_actor(actor)))


@worked_out_once
def _written_object(thing: Json) -> msgspec.Raw:
    return msgspec.Raw(_plain(_normal_object(thing)))


@worked_out_once
def _written_activities(context_activities: Json) -> msgspec.Raw:
    found = {
        name: [one["id"] for one in ((held,) if isinstance(held, dict) else held)]
        for name, held in context_activities.items()
    }
    return msgspec.Raw(_plain(found))


def _normal_object(thing: Json) -> Json:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        return {"id": thing["id"]}
    if kind == "StatementRef":
        return {"statement": thing["id"].lower()}
    if kind == "SubStatement":
        return _normal(thing)
    return _normal_actor(thing)


def _normal_actor(actor: Json) -> Json:
    """An agent or group by its key; the name counts, the order of members does not."""
    held: Json = {"kind": actor.get("objectType", "Agent"), "key": actor_key(actor)}
    if "name" in actor:
        held["name"] = actor["name"]
    if "member" in actor:
        held["member"] = sorted((_normal_actor(member) for member in actor["member"]), key=_plain)
    return held


def _normal_context(context: Json) -> Json:
    held = dict(context)
    if "extensions" in held:
        held["extensions"] = _numbers(held["extensions"])
    if "registration" in held:
        held["registration"] = held["registration"].lower()
    if "statement" in held:
        held["statement"] = held["statement"]["id"].lower()
    for name in ("instructor", "team"):
        if name in held:
            held[name] = _written_actor(held[name])
    if "contextActivities" in held:
        held["contextActivities"] = _written_activities(held["contextActivities"])
    for name, inside in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in held:
            held[name] = [{**entry, inside: _normal_actor(entry[inside])} for entry in held[name]]
    return held


def _normal_attachment(attachment: Json) -> Json:
    return {name: value for name, value in attachment.items() if name != "fileUrl"} | {
        "sha2": attachment["sha2"].lower()
    }


def _numbers(value: Any) -> Any:
    """Write whole numbers in one way (1.0 and 1 are one number of JSON), and those beyond 64 bits as text."""
    if isinstance(value, dict):
        return {key: held if type(held) in _NO_NUMBER else _numbers(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_numbers(held) for held in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return {"": str(value)}
    return value


_NO_NUMBER: Final = frozenset((str, bool))  # asked for every value of every result, so by type at once
