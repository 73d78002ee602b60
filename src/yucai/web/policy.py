"""What an office settles about signing in: the table ``[sign_in]`` in the settings file of its workspace."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["IdentityService", "SignInPolicy", "read_policy", "read_service"]

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
UNKNOWN: Final = Text(
    "[sign_in] knows no “{name}”. It knows: {known}.", "[sign_in] 中没有“{name}”这一项。可用的有：{known}。"
)

UNKNOWN_OF_SERVICE: Final = Text(
    "[oidc] knows no “{name}”. It knows: {known}.", "[oidc] 中没有“{name}”。可用的有：{known}。"
)
NOT_TEXT: Final = Text("[oidc] {name} is no text; write it in quotation marks.", "[oidc] {name} 不是文本；请加引号。")
MISSING: Final = Text(
    "[oidc] needs {name}; the identity service tells it.", "[oidc] 须填写 {name}，由身份认证服务提供。"
)
NOT_SAFE: Final = Text(
    "[oidc] issuer is “{value}”; it must begin with https, for passwords stand behind it.",
    "[oidc] issuer 为“{value}”；须以 https 开头，因其关系到密码安全。",
)
HALF: Final = Text(
    "[oidc] open_role and open_space belong together; write both, or neither.",
    "[oidc] open_role 与 open_space 须同时填写或同时省略。",
)
NO_SUCH_ROLE: Final = Text(
    "[oidc] open_role is “{value}”; directors and students are opened by the office. Write another role.",
    "[oidc] open_role 为“{value}”；主任与学生账号由管理办公室开设，请改填其他角色。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPolicy:
    """How long somebody stays signed in, and who needs a second factor."""

    idle_minutes: int = 60
    longest_hours: int = 10  # a working day
    second_factor_for: tuple[str, ...] = ()


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
        else:
            yield _unknown(name)


def _listed(value: Any) -> list[Any]:
    """Return the parts of a list; anything else is one wrong part."""
    return value if isinstance(value, list) else [repr(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityService:
    """The school's own identity service (OpenID Connect), and which of its claims is an account name here."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str
    name: str = ""
    open_role: str = ""  # empty: no account is opened by itself
    open_space: str = ""


def read_service(file: Path) -> IdentityService | None:
    """Return the identity service that a settings file names in ``[oidc]``, or None. Raises FaultyInputError."""
    if not file.is_file():
        return None
    said = tomllib.loads(file.read_text(encoding="utf-8")).get("oidc")
    if said is None:
        return None
    if not isinstance(said, dict) or (faults := [*_service_faults(said)]):
        raise FaultyInputError(file.name, faults if isinstance(said, dict) else [_unknown("oidc")])
    return IdentityService(**said)


def _service_faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    known = IdentityService.__dataclass_fields__
    for name, value in said.items():
        if name not in known:
            facts = {"name": name, "known": ", ".join(known)}
            yield Fault(code="unknown", says=UNKNOWN_OF_SERVICE, facts=facts)
        elif not isinstance(value, str):
            yield Fault(code="not-text", says=NOT_TEXT, facts={"name": name})
    for name in ("issuer", "client_id", "client_secret", "claim"):
        if not said.get(name):
            yield Fault(code="missing", says=MISSING, facts={"name": name})
    issuer = urlsplit(str(said.get("issuer", "")))
    if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost", "::1", None):
        yield Fault(code="not-safe", says=NOT_SAFE, facts={"value": said["issuer"]})
    if bool(said.get("open_role")) != bool(said.get("open_space")):
        yield Fault(code="half", says=HALF)
    if said.get("open_role") and said["open_role"] not in set(ROLES) - {"director", "student"}:
        yield Fault(code="no-such-role", says=NO_SUCH_ROLE, facts={"value": said["open_role"]})
