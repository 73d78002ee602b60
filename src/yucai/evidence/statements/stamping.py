"""What a store adds to a statement: id, time, authority and version, beside the bytes the client sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

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
    activities becomes an array of one, as both versions ask.
    """
    held = members(raw)
    time = timestamp_text(stored)
    added = {name: written(value) for name, value in _missing(held, id=id, version=version).items()}
    if "timestamp" not in held:
        added["timestamp"] = written(timestamp or time)
    added["stored"] = written(time)
    if authority is not None:
        added["authority"] = written(authority)
    arrays = {name: new for name, new in _with_arrays(held).items() if new != held[name]}
    if arrays or any(name in held for name in added):
        kept = {name: value for name, value in held.items() if name not in added}
        return joined({**kept, **arrays, **added})
    return raw.rstrip(b" \t\r\n")[:-1] + b"," + joined(added)[1:]


def _missing(held: dict[str, bytes], *, id: str, version: Version) -> dict[str, str]:
    given = {"id": id, "version": version.value}
    return {name: value for name, value in given.items() if name not in held}


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
