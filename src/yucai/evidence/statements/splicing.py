"""Changing a few members of a JSON object and leaving the bytes of all others as they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

__all__ = ["changed", "joined", "members", "written"]

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODE = msgspec.json.Encoder().encode


def members(raw: bytes) -> dict[str, bytes]:
    """Return the members of an object, each value as the bytes it was sent in."""
    return {name: bytes(value) for name, value in _MEMBERS.decode(raw).items()}


def joined(held: Mapping[str, bytes]) -> bytes:
    """Return the object with these members.

    >>> joined(members(b'{"score": 1.10, "max":2}'))
    b'{"score":1.10,"max":2}'
    """
    return b"{" + b",".join(_ENCODE(name) + b":" + value for name, value in held.items()) + b"}"


def changed(raw: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return the object with some of its members changed, where it has them; the same bytes if nothing differs."""
    held = members(raw)
    new = {name: change(held[name]) for name, change in changes.items() if name in held}
    if all(held[name] == value for name, value in new.items()):
        return raw
    return joined({**held, **new})


def written(value: Any) -> bytes:
    """Return the JSON of a value of ours."""
    return _ENCODE(value)
