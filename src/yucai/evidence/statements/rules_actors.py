"""Rules of agents and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from yucai.evidence.statements.forms import is_iri, is_mail_address, is_sha1
from yucai.evidence.statements.walk import Json, Walk

__all__ = ["IDENTIFIERS", "check_actor", "check_agent", "check_authority", "check_group"]

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_AGENT = frozenset(("objectType", "name", *IDENTIFIERS))
_GROUP = _AGENT | {"member"}
_ACCOUNT = frozenset(("homePage", "name"))
_KINDS = frozenset(("Agent", "Group"))
_FORMS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "mbox": (is_mail_address, "not-a-mailbox"),
    "mbox_sha1sum": (is_sha1, "not-a-sha1"),
    "openid": (is_iri, "not-an-iri"),
}


def check_actor(walk: Walk, value: object, at: str) -> None:
    """Check an agent or a group, told apart by ``objectType``; without one it is an agent."""
    if not walk.is_object(value, at):
        return
    kind = value.get("objectType", "Agent")
    if kind == "Agent":
        _check_agent(walk, value, at)
    elif kind == "Group":
        _check_group(walk, value, at)
    else:
        walk.one_of(kind, f"{at}.objectType", _KINDS)


def check_agent(walk: Walk, value: object, at: str) -> None:
    """Check what must be an agent."""
    if not walk.is_object(value, at):
        return
    kind = value.get("objectType", "Agent")
    if kind == "Group":
        walk.fault("group-in-group" if "member[" in at else "not-one-of", at, known="Agent")
    elif walk.one_of(kind, f"{at}.objectType", ("Agent",)):
        _check_agent(walk, value, at)


def check_group(walk: Walk, value: object, at: str) -> None:
    """Check what must be a group."""
    if not walk.is_object(value, at):
        return
    if value.get("objectType") == "Group":
        _check_group(walk, value, at)
    else:
        walk.fault("not-a-group", at)


def check_authority(walk: Walk, value: object, at: str) -> None:
    """Check whoever vouches for a statement: an agent, or a nameless group of application and user."""
    check_actor(walk, value, at)
    if not isinstance(value, dict) or value.get("objectType") != "Group":
        return
    if any(name in value for name in IDENTIFIERS):
        walk.fault("identified-authority", at)
    members = value.get("member")
    if isinstance(members, list) and len(members) != 2:
        walk.fault("not-two-members", at, n=len(members))


def _check_agent(walk: Walk, value: Json, at: str) -> None:
    walk.keys(value, at, known=_AGENT)
    if _check_identifiers(walk, value, at) == 0:
        walk.fault("no-identifier", at)


def _check_group(walk: Walk, value: Json, at: str) -> None:
    walk.keys(value, at, known=_GROUP)
    identified = _check_identifiers(walk, value, at)
    members = value.get("member", _GROUP)
    if members is _GROUP:
        if not identified:
            walk.fault("no-members", at)
        return
    if walk.is_list(members, f"{at}.member"):
        if not members and not identified:
            walk.fault("no-members", at)
        for i, member in enumerate(members):
            check_agent(walk, member, f"{at}.member[{i}]")


def _check_identifiers(walk: Walk, value: Json, at: str) -> int:
    """Check name and identifiers, and return how many identifiers there are."""
    if "name" in value:
        walk.is_string(value["name"], f"{at}.name")
    found = [name for name in IDENTIFIERS if name in value]
    for name in found:
        if name == "account":
            _check_account(walk, value["account"], f"{at}.account")
        else:
            check, code = _FORMS[name]
            walk.form(value[name], f"{at}.{name}", check=check, code=code)
    if len(found) > 1:
        walk.fault("many-identifiers", at, names=", ".join(found))
    return len(found)


def _check_account(walk: Walk, value: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_ACCOUNT, needed=("homePage", "name"))
    if "homePage" in value:
        walk.iri(value["homePage"], f"{at}.homePage")
    if "name" in value:
        walk.is_string(value["name"], f"{at}.name")
