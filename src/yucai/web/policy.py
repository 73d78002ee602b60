"""What an office settles about signing in: the table ``[sign_in]`` in the settings file of its workspace."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["IdentityService", "Protocol", "SignInPolicy", "read_policy", "read_service"]

ROLES: Final = ("director", "teacher", "student", "mentor", "researcher", "bureau", "officer")
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
    "[{table}] knows no “{name}”. It knows: {known}.", "[{table}] 中没有“{name}”。可用的有：{known}。"
)
NOT_TEXT: Final = Text(
    "[{table}] {name} is no text; write it in quotation marks.", "[{table}] {name} 不是文本；请加引号。"
)
MISSING: Final = Text(
    "[{table}] needs {name}; the identity service tells it.", "[{table}] 须填写 {name}，由身份认证服务提供。"
)
NOT_SAFE: Final = Text(
    "[{table}] {name} is “{value}”; it must begin with https, for passwords stand behind it.",
    "[{table}] {name} 为“{value}”；须以 https 开头，因其关系到密码安全。",
)
HALF: Final = Text(
    "[{table}] open_role and open_space belong together; write both, or neither.",
    "[{table}] open_role 与 open_space 须同时填写或同时省略。",
)
NO_SUCH_ROLE: Final = Text(
    "[{table}] open_role is “{value}”; directors and students are opened by the office. Write another role.",
    "[{table}] open_role 为“{value}”；主任与学生账号由管理办公室开设，请改填其他角色。",
)
BOTH: Final = Text(
    "More than one of [oidc], [cas] and [saml] names an identity service; keep one of them.",
    "[oidc]、[cas] 与 [saml] 中有不止一个指定了身份认证服务；请只保留一个。",
)
PEM: Final = "-----BEGIN CERTIFICATE-----"
NO_CERTIFICATE: Final = Text(
    "[saml] certificate is none; copy it with its lines BEGIN CERTIFICATE and END CERTIFICATE.",
    "[saml] certificate 不是证书；请连同 BEGIN CERTIFICATE 与 END CERTIFICATE 两行一并复制。",
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


class Protocol(StrEnum):
    """What an identity service speaks; also the name of its table in the settings file."""

    OIDC = "oidc"
    CAS = "cas"
    SAML = "saml"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityService:
    """The school's own identity service, and which of its claims is an account name here."""

    protocol: Protocol = Protocol.OIDC
    issuer: str  # of CAS the address of its server, of SAML the entity id
    client_id: str = ""
    client_secret: str = field(default="", repr=False)  # no log and no error shows it
    sign_in: str = ""  # with SAML: where browsers are sent
    certificate: str = ""  # with SAML: whose key signs, as PEM
    claim: str = ""  # empty, not with OpenID Connect: the name with which the person signed in there
    name: str = ""
    open_role: str = ""  # empty: no account is opened by itself
    open_space: str = ""


ADDRESS: Final = {Protocol.OIDC: "issuer", Protocol.CAS: "server", Protocol.SAML: "issuer"}
ASKED_AT: Final = {Protocol.OIDC: "issuer", Protocol.CAS: "server", Protocol.SAML: "sign_in"}
NEEDED: Final = {
    Protocol.OIDC: ("issuer", "client_id", "client_secret", "claim"),
    Protocol.CAS: ("server",),
    Protocol.SAML: ("issuer", "sign_in", "certificate"),
}
ALLOWED: Final = {
    protocol: tuple(dict.fromkeys((*needed, "claim", "name", "open_role", "open_space")))
    for protocol, needed in NEEDED.items()
}


def read_service(file: Path) -> IdentityService | None:
    """Return the identity service that a settings file names in ``[oidc]``, ``[cas]`` or ``[saml]``, or None.

    Raises FaultyInputError, which names everything that is wrong.
    """
    if not file.is_file():
        return None
    whole = tomllib.loads(file.read_text(encoding="utf-8"))
    named = [protocol for protocol in Protocol if protocol in whole]
    if not named:
        return None
    faults = [fault for protocol in named for fault in _service_faults(protocol, whole[protocol])]
    if len(named) > 1:
        faults.append(Fault(code="both", says=BOTH))
    if faults:
        raise FaultyInputError(file.name, faults)
    (protocol,) = named
    said = dict(whole[protocol])
    return IdentityService(protocol=protocol, issuer=said.pop(ADDRESS[protocol]), **said)


def _service_faults(protocol: Protocol, said: Any) -> Iterator[Fault]:
    if not isinstance(said, dict):
        yield _unknown(protocol)
        return
    table, address = {"table": str(protocol)}, ASKED_AT[protocol]
    for name, value in said.items():
        if name not in ALLOWED[protocol]:
            facts = {"name": name, "known": ", ".join(ALLOWED[protocol])}
            yield Fault(code="unknown", says=UNKNOWN_OF_SERVICE, facts=table | facts)
        elif not isinstance(value, str):
            yield Fault(code="not-text", says=NOT_TEXT, facts=table | {"name": name})
    for name in NEEDED[protocol]:
        if not said.get(name):
            yield Fault(code="missing", says=MISSING, facts=table | {"name": name})
    there = urlsplit(str(said.get(address, "")))
    if there.scheme != "https" and there.hostname not in ("127.0.0.1", "localhost", "::1", None):
        yield Fault(code="not-safe", says=NOT_SAFE, facts=table | {"name": address, "value": said[address]})
    if said.get("certificate") and PEM not in str(said["certificate"]):
        yield Fault(code="no-certificate", says=NO_CERTIFICATE)
    if bool(said.get("open_role")) != bool(said.get("open_space")):
        yield Fault(code="half", says=HALF, facts=table)
    if said.get("open_role") and said["open_role"] not in set(ROLES) - {"director", "student"}:
        yield Fault(code="no-such-role", says=NO_SUCH_ROLE, facts=table | {"value": said["open_role"]})
