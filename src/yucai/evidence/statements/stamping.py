"""What a store adds to a statement: id, time, authority and version, beside the bytes the client sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from yucai.evidence.statements.forms import utc_text
from yucai.evidence.statements.parts import worked_out_once
from yucai.evidence.statements.splicing import changed, joined, members, written
from yucai.evidence.statements.versions import Version

__all__ = ["stamped", "timestamp_text"]


_DECODE = msgspec.json.Decoder().decode


def timestamp_text(at: datetime) -> str:
    """Return a time as statements carry it: UTC, to the microsecond.

    >>> timestamp_text(datetime(2026, 11, 26, 9, 30, tzinfo=UTC))
    '2026-11-26T09:30:00.000000Z'
    """
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def stamped(
    raw: bytes,
    *,
    id: str,
    stored: datetime,
    authority: dict[str, Any] | None,
    version: Version,
    timestamp: str = "",
    value: dict[str, Any] | None = None,
) -> bytes:
    """Return a statement as the store keeps it; ``value`` is what ``raw`` says, for whoever has read it already.

    What the client sent stays byte for byte, decimals and order of keys included. ``stored`` is always the store's; so
    is the authority, unless it is None: then the client is trusted with its own. ``id``, ``timestamp`` (that of
    ``stored``, if none is given) and ``version`` are added where they are missing. A single activity among the context
    activities becomes an array of one, as both versions ask, and in 2.0 a timestamp is converted to UTC.
    """
    known: dict[str, Any] = _DECODE(raw) if value is None else value
    if version is Version.V2:
        raw = _in_utc(raw, _timestamps(known))
    time = timestamp_text(stored)
    added: dict[str, Any] = {}
    for name, text in (("id", id), ("version", version.stated), ("timestamp", timestamp or time)):
        if name not in known:
            added[name] = text
    added["stored"] = time
    if authority is not None:
        added["authority"] = authority
    tail = written(added)
    if not _has_singles(known) and "stored" not in known and (authority is None or "authority" not in known):
        return raw.rstrip(b" \t\r\n")[:-1] + b"," + tail[1:]
    held = members(raw)
    kept = {name: held[name] for name in held if name not in added}
    return joined({**kept, **_with_arrays(held), **members(tail)})


def _has_singles(statement: dict[str, Any]) -> bool:
    """Whether a context activity stands there without an array around it, also inside a SubStatement."""
    context = statement.get("context", {})
    return ("contextActivities" in context and _is_single(context["contextActivities"])) or _is_single_inside(
        statement["object"]
    )


@worked_out_once
def _is_single(context_activities: dict[str, Any]) -> bool:
    return any(isinstance(held, dict) for held in context_activities.values())


@worked_out_once
def _is_single_inside(thing: dict[str, Any]) -> bool:
    inner = thing.get("context", {}) if thing.get("objectType") == "SubStatement" else {}
    return _is_single(inner.get("contextActivities", {}))


def _timestamps(statement: dict[str, Any]) -> list[str]:
    """Return the statement's own timestamp and that of its SubStatement, as far as they are there."""
    return [one["timestamp"] for one in (statement, statement["object"]) if "timestamp" in one]


def _in_utc(raw: bytes, timestamps: list[str]) -> bytes:
    """Return the statement that has these timestamps with them in UTC."""
    if all(utc_text(one) == one for one in timestamps):
        return raw
    own: dict[str, Callable[[bytes], bytes]] = {"timestamp": lambda one: written(utc_text(msgspec.json.decode(one)))}
    return changed(raw, {**own, "object": lambda thing: changed(thing, own)})


def _with_arrays(held: dict[str, bytes]) -> dict[str, bytes]:
    """Return context and SubStatement with their context activities as arrays."""
    found = {}
    if "context" in held:
        found["context"] = changed(held["context"], {"contextActivities": _as_arrays})
    if "object" in held and b"contextActivities" in held["object"]:
        thing = msgspec.json.decode(held["object"])
        if thing.get("objectType") == "SubStatement":
            found["object"] = changed(
                held["object"], {"context": lambda raw: changed(raw, {"contextActivities": _as_arrays})}
            )
    return found


def _as_arrays(raw: bytes) -> bytes:
    held = members(raw)
    return changed(raw, dict.fromkeys(held, lambda one: one if one.startswith(b"[") else b"[" + one + b"]"))
