"""A statement as another store takes it: what a store keeps, in the version the other one speaks."""

from __future__ import annotations

from typing import Any

import msgspec

from yucai.evidence.statements.splicing import changed
from yucai.evidence.statements.versions import Version, speaks

__all__ = ["handed_on", "stated_version"]


class _Stated(msgspec.Struct):
    version: Any = None


_STATED = msgspec.json.Decoder(_Stated)


def stated_version(raw: bytes) -> Version | None:
    """Return the version a statement states itself, or None where it states none or one that is not spoken here.

    >>> stated_version(b'{"version": "1.0.3"}').value, stated_version(b"{}")
    ('1.0.3', None)
    """
    try:
        stated = _STATED.decode(raw).version
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return next((version for version in Version if speaks(stated, version)), None)


def handed_on(raw: bytes, *, version: Version) -> bytes:
    """Return a kept statement for a request of that version, every byte as it is but for one case.

    A request of 1.0 cannot bring a statement that states 2.0; it then states what 1.0 states. Version is not part of
    what makes two statements the same, so that both stores agree.

    >>> handed_on(b'{"version":"2.0.0","id":"x"}', version=Version.V1)
    b'{"version":"1.0.0","id":"x"}'
    """
    if version is Version.V2 or stated_version(raw) is not Version.V2:
        return raw
    return changed(raw, {"version": lambda _: f'"{version.stated}"'.encode()})
