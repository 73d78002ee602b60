"""The rules of a statement, of xAPI 1.0.3 and 2.0: everything its structure must keep."""

from __future__ import annotations

from typing import Final

from yucai.errors import Fault
from yucai.evidence.statements.rules_activities import check_activity
from yucai.evidence.statements.rules_actors import check_actor, check_authority
from yucai.evidence.statements.rules_parts import check_attachments, check_context, check_reference, check_result
from yucai.evidence.statements.versions import Version, speaks
from yucai.evidence.statements.walk import Json, Walk

__all__ = ["VOIDED", "statement_faults"]

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
_NEEDED = ("actor", "verb", "object")
_STATEMENT = frozenset(
    (*_NEEDED, "id", "result", "context", "timestamp", "stored", "authority", "version", "attachments")
)
_NOT_IN_SUBSTATEMENT = ("id", "stored", "version", "authority")
_SUBSTATEMENT = frozenset((*_NEEDED, "objectType", "result", "context", "timestamp", "attachments"))
_OBJECTS = ("Activity", "Agent", "Group", "SubStatement", "StatementRef")
_VERB = frozenset(("id", "display"))
_SPOKEN = {Version.V1: "1.0, 1.0.x", Version.V2: "1.0.x, 2.0, 2.0.x"}


def statement_faults(statement: object, *, version: Version, at: str = "") -> tuple[Fault, ...]:
    """Return everything in a statement that breaks a rule of the version, each with its path; nothing if it is good.

    ``at`` is put before the paths, as ``[3]`` for the fourth statement of a request.

    >>> from yucai.evidence.statements.versions import Version
    >>> faults = statement_faults({"actor": {}, "verb": {"id": "x"}}, version=Version.V1)
    >>> [(fault.where, fault.code) for fault in faults]
    [('statement', 'missing'), ('actor', 'no-identifier'), ('verb.id', 'not-an-iri')]
    """
    walk = Walk(version)
    if walk.is_object(statement, at):
        _check_statement(walk, statement, at, f"{at}." if at else "")
    return tuple(walk.faults)


def _check_statement(walk: Walk, value: Json, at: str, before: str) -> None:
    walk.keys(value, at, known=_STATEMENT, needed=_NEEDED)
    if "id" in value:
        walk.uuid(value["id"], f"{before}id")
    if "stored" in value:
        walk.timestamp(value["stored"], f"{before}stored")
    if "authority" in value:
        check_authority(walk, value["authority"], f"{before}authority")
    if "version" in value and not speaks(value["version"], walk.version):
        walk.fault("not-a-version", f"{before}version", known=_SPOKEN[walk.version])
    _check_voiding(walk, value, before)
    _check_common(walk, value, before)


def _check_voiding(walk: Walk, value: Json, before: str) -> None:
    """A SubStatement voids nothing, whatever its verb; only a statement does."""
    verb, thing = value.get("verb"), value.get("object")
    voids = isinstance(verb, dict) and verb.get("id") == VOIDED
    if voids and isinstance(thing, dict) and thing.get("objectType") != "StatementRef":
        walk.fault("voids-no-statement", f"{before}object")


def _check_common(walk: Walk, value: Json, before: str) -> None:
    """Check what statements and SubStatements share."""
    thing = value.get("object")
    kind = thing.get("objectType", "Activity") if isinstance(thing, dict) else None
    if "actor" in value and not walk.kept(value["actor"]):
        check_actor(walk, value["actor"], f"{before}actor")
    if "verb" in value and not walk.kept(value["verb"]):
        _check_verb(walk, value["verb"], f"{before}verb")
    if "object" in value and not walk.kept(thing):
        _check_object(walk, thing, kind, f"{before}object")
    if "result" in value:
        check_result(walk, value["result"], f"{before}result")
    if "context" in value:
        check_context(walk, value["context"], f"{before}context", with_activity=kind in ("Activity", None))
    if "timestamp" in value:
        walk.timestamp(value["timestamp"], f"{before}timestamp")
    if "attachments" in value:
        check_attachments(walk, value["attachments"], f"{before}attachments")


def _check_verb(walk: Walk, value: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_VERB, needed=("id",))
    if "id" in value:
        walk.iri(value["id"], f"{at}.id")
    if "display" in value:
        walk.language_map(value["display"], f"{at}.display")


def _check_object(walk: Walk, value: object, kind: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    if kind == "Activity":
        check_activity(walk, value, at)
    elif kind == "StatementRef":
        check_reference(walk, value, at)
    elif kind in ("Agent", "Group"):
        check_actor(walk, value, at)
    elif kind == "SubStatement":
        _check_substatement(walk, value, at)
    else:
        walk.one_of(kind, f"{at}.objectType", _OBJECTS)


def _check_substatement(walk: Walk, value: Json, at: str) -> None:
    for name in _NOT_IN_SUBSTATEMENT:
        if name in value:
            walk.fault("not-in-substatement", at, name=name)
    walk.keys(
        {name: held for name, held in value.items() if name not in _NOT_IN_SUBSTATEMENT},
        at,
        known=_SUBSTATEMENT,
        needed=_NEEDED,
    )
    inner = value.get("object")
    if isinstance(inner, dict) and inner.get("objectType") == "SubStatement":
        walk.fault("substatement-in-substatement", f"{at}.object")
        value = {name: held for name, held in value.items() if name != "object"}
    _check_common(walk, value, f"{at}.")
