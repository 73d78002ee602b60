"""What an office settles about signing in: the table ``[sign_in]`` in the settings file of its workspace."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["SignInPolicy", "read_policy"]

ROLES: Final = ("director", "teacher", "student", "mentor", "researcher", "bureau")
BOUNDS: Final = {"idle_minutes": (5, 24 * 60), "longest_hours": (1, 24)}
NOT_BETWEEN: Final = Text(
    "[sign_in] {name} is {value}; write a whole number from {least} to {most}.",
    "[sign_in] {name} 为 {value}；请填写 {least} 到 {most} 的整数。",
)
NOT_ROLES: Final = Text(
    "[sign_in] second_factor_for holds “{value}”; write a list of these roles: {known}.",
    "[sign_in] second_factor_for 含有“{value}”；请列出以下角色：{known}。",
)
NOT_ADDRESS: Final = Text(
    '[sign_in] proxies holds “{value}”; write a list of addresses such as "127.0.0.1".',
    '[sign_in] proxies 含有“{value}”；请列出形如 "127.0.0.1" 的地址。',
)
NOT_YES_NO: Final = Text(
    "[sign_in] https is {value}; write true or false.", "[sign_in] https 为 {value}；请填 true 或 false。"
)
UNKNOWN: Final = Text(
    "[sign_in] knows no “{name}”. It knows: {known}.", "[sign_in] 中没有“{name}”这一项。可用的有：{known}。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPolicy:
    """How long somebody stays signed in, who needs a second factor, and what stands in front of the server."""

    idle_minutes: int = 60
    longest_hours: int = 10  # a working day
    second_factor_for: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()  # servers that may say for whom they ask
    https: bool = False  # whether people reach the pages over HTTPS only


def read_policy(file: Path) -> SignInPolicy:
    """Return what a settings file says about signing in; without a word about it, what holds by default.

    Raises FaultyInputError, which names everything that is wrong.
    """
    if not file.is_file():
        return SignInPolicy()
    said = tomllib.loads(file.read_text(encoding="utf-8")).get("sign_in", {})
    faults = [*_faults(said)] if isinstance(said, dict) else [_unknown("sign_in")]
    if faults:
        raise FaultyInputError(file.name, faults)
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return SignInPolicy(**known)


def _unknown(name: str) -> Fault:
    known = ", ".join(SignInPolicy.__dataclass_fields__)
    return Fault(code="unknown", says=UNKNOWN, facts={"name": name, "known": known})


def _faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in said.items():
        if name in BOUNDS:
            least, most = BOUNDS[name]
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                facts = {"name": name, "value": value, "least": least, "most": most}
                yield Fault(code="not-between", says=NOT_BETWEEN, facts=facts)
        elif name == "second_factor_for":
            for wrong in [one for one in _listed(value) if one not in ROLES]:
                yield Fault(code="not-roles", says=NOT_ROLES, facts={"value": wrong, "known": ", ".join(ROLES)})
        elif name == "proxies":
            for wrong in [one for one in _listed(value) if not _is_address(one)]:
                yield Fault(code="not-address", says=NOT_ADDRESS, facts={"value": wrong})
        elif name == "https":
            if not isinstance(value, bool):
                yield Fault(code="not-yes-no", says=NOT_YES_NO, facts={"value": value})
        else:
            yield _unknown(name)


def _listed(value: Any) -> list[Any]:
    """Return the parts of a list; anything else is one wrong part."""
    return value if isinstance(value, list) else [repr(value)]


def _is_address(value: Any) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)
