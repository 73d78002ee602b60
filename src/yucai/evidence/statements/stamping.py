"""What a store adds to a statement: id, time, authority and version, beside the bytes the client sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from yucai.evidence.statements.forms import utc_text
from yucai.evidence.statements.splicing import changed, joined, members, written
from yucai.evidence.statements.versions import Version

__all__ = ["stamped", "timestamp_text"]


def timestamp_text(at: datetime) -> str:
    """Return a time as statements carry it: UTC, to the microsecond.

    >>> timestamp_text(datetime(2026, 11, 26, 9, 30, tzinfo=UTC))
    '2026-11-26T09:30:00.000000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamped(
    raw: bytes, *, id: str, stored: datetime, authority: dict[str, Any] | None, version: Version, timestamp: str = ""
) -> bytes:
    """Return a statement as the store keeps it.

    What the client sent stays byte for byte, decimals and order of keys included. ``stored`` is always the store's; so
    is the authority, unless it is None: then the client is trusted with its own. ``id``, ``timestamp`` (that of
    ``stored``, if none is given) and ``version`` are added where they are missing. A single activity among the context
    activities becomes an array of one, as both versions ask, and in 2.0 a timestamp is converted to UTC.
    """
    found = _KNOWN.decode(raw)
    if version is Version.V2:
        raw = _in_utc(raw, found.timestamps())
    time = timestamp_text(stored)
    added: dict[str, Any] = {}
    for name, value in (("id", id), ("version", version.stated), ("timestamp", timestamp or time)):
        if getattr(found, name) is UNSET:
            added[name] = value
    added["stored"] = time
    if authority is not None:
        added["authority"] = authority
    tail = written(added)
    if not found.has_singles() and found.stored is UNSET and (authority is None or found.authority is UNSET):
        return raw.rstrip(b" \t\r\n")[:-1] + b"," + tail[1:]
    held = members(raw)
    kept = {name: value for name, value in held.items() if name not in added}
    return joined({**kept, **_with_arrays(held), **members(tail)})


class _Context(msgspec.Struct):
    contextActivities: dict[str, msgspec.Raw] = {}  # noqa: N815  (as xAPI calls it)

    def has_singles(self) -> bool:
        """Whether an activity stands there without an array around it."""
        return any(bytes(held).startswith(b"{") for held in self.contextActivities.values())


class _Object(msgspec.Struct):
    context: _Context | UnsetType = UNSET
    timestamp: Any = UNSET


class _Known(msgspec.Struct):
    """What has to be known of a statement to stamp it; everything else is passed over unread."""

    id: Any = UNSET
    version: Any = UNSET
    timestamp: Any = UNSET
    stored: Any = UNSET
    authority: Any = UNSET
    context: _Context | UnsetType = UNSET
    object: _Object | UnsetType = UNSET

    def timestamps(self) -> list[str]:
        """Return the statement's own timestamp and that of its SubStatement, as far as they are there."""
        inner = self.object.timestamp if self.object is not UNSET else UNSET
        return [one for one in (self.timestamp, inner) if one is not UNSET]

    def has_singles(self) -> bool:
        """Whether an activity stands there without an array around it, also inside a SubStatement."""
        inner = self.object.context if self.object is not UNSET else UNSET
        return any(context is not UNSET and context.has_singles() for context in (self.context, inner))


_KNOWN = msgspec.json.Decoder(_Known)


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
