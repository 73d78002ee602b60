"""Which version of xAPI a request speaks: the 1.0 family or 2.0."""

from __future__ import annotations

import re
from enum import Enum

from yucai.evidence.statements.refused import RecordRefusedError
from yucai.texts import Text

__all__ = ["VERSION_HEADER", "Version", "VersionRefusedError", "read_version", "speaks"]

VERSION_HEADER = "X-Experience-API-Version"
_FAMILY = re.compile(r"([12])\.0(?:\.(?:0|[1-9][0-9]{0,8}))?", re.ASCII)


class Version(Enum):
    """A version that is spoken here; the value is what an answer says in its header."""

    V1 = "1.0.3"
    V2 = "2.0.0"

    @property
    def stated(self) -> str:
        """What a statement states as its version when its client stated none: 1.0.0 in the whole 1.0 family."""
        return "1.0.0" if self is Version.V1 else self.value


class VersionRefusedError(RecordRefusedError):
    """The request names no version, or one that is not spoken here."""

    says = Text(
        "The header X-Experience-API-Version is {given}. Send 1.0.3 or 2.0.0.",
        "请求头 X-Experience-API-Version {given}。请发送 1.0.3 或 2.0.0。",
    )


def read_version(header: str | None) -> Version:
    """Return the version a request speaks, from its header.

    1.0 and every 1.0.x are answered as 1.0.3, 2.0 and every 2.0.x as 2.0.0: what differs between patches of one family
    binds no client.

    >>> read_version("1.0.1").value, read_version("2.0").value
    ('1.0.3', '2.0.0')
    """
    if header is None:
        raise VersionRefusedError(given=Text("missing", "缺失"))
    found = _FAMILY.fullmatch(header.strip())
    if found is None:
        raise VersionRefusedError(given=Text(f"“{header[:40]}”", f"为“{header[:40]}”"))
    return Version.V1 if found[1] == "1" else Version.V2


def speaks(stated: object, version: Version) -> bool:
    """Tell whether a statement may state this as its ``version`` in a request of that version.

    A request of 2.0 may also bring statements made under 1.0; a request of 1.0 cannot bring one of 2.0.
    """
    found = _FAMILY.fullmatch(stated) if isinstance(stated, str) else None
    return found is not None and (found[1] == "1" or version is Version.V2)
