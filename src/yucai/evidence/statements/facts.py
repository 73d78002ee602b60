"""What a store has to know of a statement to find it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from yucai.evidence.statements.forms import moment_of
from yucai.evidence.statements.rules import VOIDED
from yucai.evidence.statements.rules_actors import IDENTIFIERS
from yucai.evidence.statements.rules_parts import CONTEXT_ACTIVITIES
from yucai.evidence.statements.versions import Version

__all__ = [
    "AttachmentNeed",
    "ObjectKind",
    "RelatedActivity",
    "RelatedAgent",
    "StatementFacts",
    "StatementRole",
    "actor_key",
    "facts_of",
]

Json = dict[str, Any]
_ENCODE = msgspec.json.Encoder().encode


class ObjectKind(Enum):
    """What a statement is about."""

    ACTIVITY = "Activity"
    AGENT = "Agent"
    GROUP = "Group"
    SUB_STATEMENT = "SubStatement"
    STATEMENT_REF = "StatementRef"


class StatementRole(Enum):
    """How an agent or activity stands in a statement.

    The filters ``agent`` and ``activity`` see only roles that are ``direct``; ``related_agents`` and
    ``related_activities`` see all.
    """

    ACTOR = "actor"
    ACTOR_MEMBER = "actor-member"
    OBJECT = "object"
    OBJECT_MEMBER = "object-member"
    AUTHORITY = "authority"
    INSTRUCTOR = "instructor"
    TEAM = "team"
    CONTEXT_AGENT = "context-agent"
    CONTEXT_GROUP = "context-group"
    PARENT = "parent"
    GROUPING = "grouping"
    CATEGORY = "category"
    OTHER = "other"
    SUB_ACTOR = "sub-actor"
    SUB_OBJECT = "sub-object"
    SUB_CONTEXT = "sub-context"

    @property
    def direct(self) -> bool:
        """Whether the narrow filter sees it."""
        return self in {
            StatementRole.ACTOR,
            StatementRole.ACTOR_MEMBER,
            StatementRole.OBJECT,
            StatementRole.OBJECT_MEMBER,
        }


@dataclass(frozen=True, slots=True)
class RelatedActivity:
    """An activity that a statement names, and how."""

    id: str
    role: StatementRole


@dataclass(frozen=True, slots=True)
class RelatedAgent:
    """An agent or group that a statement names, by its key, and how."""

    key: str
    role: StatementRole


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentNeed:
    """An attachment a statement speaks of; without ``file_url`` its bytes must have come along."""

    sha2: str
    length: int
    content_type: str
    usage_type: str
    file_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """What a store indexes of one good statement. UUIDs are in lower case.

    ``object`` is the id or key of what the statement is about, for a SubStatement that of its own object. ``target`` is
    the statement that is the object of this one: filters find this one too wherever they find that one. A statement
    that is only part of the context is in ``context_statement``, and filters do not follow it.
    """

    id: str | None
    actor: str
    verb: str
    object: str
    object_kind: ObjectKind
    registration: str | None
    activities: tuple[RelatedActivity, ...]
    agents: tuple[RelatedAgent, ...]
    target: str | None
    context_statement: str | None
    voids: str | None
    attachments: tuple[AttachmentNeed, ...]
    timestamp: datetime | None


def actor_key(actor: Json) -> str:
    """Return the text that tells an agent or group from all others: its identifier, or the members of a nameless group.

    The domain of a mail address and the digits of a hash have no case; everything else is kept letter for letter.

    >>> actor_key({"name": "Ana", "mbox": "mailto:Ana@Example.org"})
    'mbox:mailto:Ana@example.org'
    """
    for name in IDENTIFIERS:
        if name in actor:
            return f"{name}:{_canonical(name, actor[name])}"
    members = sorted(actor_key(member) for member in actor.get("member", ()))
    return f"group:{_ENCODE(members).decode()}"


def _canonical(name: str, value: Any) -> str:
    if name == "account":
        return _ENCODE([value["homePage"], value["name"]]).decode()
    if name == "mbox":
        box, _, domain = value.rpartition("@")
        return f"{box}@{domain.lower()}"
    return str(value.lower() if name == "mbox_sha1sum" else value)


def facts_of(statement: Json, *, version: Version) -> StatementFacts:
    """Return what a store has to know of a statement that breaks no rule."""
    thing, context = statement["object"], statement.get("context", {})
    kind = ObjectKind(thing.get("objectType", "Activity"))
    timestamp = statement.get("timestamp")
    target = thing["id"].lower() if kind is ObjectKind.STATEMENT_REF else None
    registration = context.get("registration")
    own = statement.get("id")
    return StatementFacts(
        id=own.lower() if own else None,
        actor=actor_key(statement["actor"]),
        verb=statement["verb"]["id"],
        object=_object_key(thing, kind),
        object_kind=kind,
        registration=registration.lower() if registration else None,
        activities=tuple(RelatedActivity(*pair) for pair in dict.fromkeys(_activities(statement, thing, kind))),
        agents=tuple(RelatedAgent(*pair) for pair in dict.fromkeys(_agents(statement, thing, kind))),
        target=target,
        context_statement=context["statement"]["id"].lower() if "statement" in context else None,
        voids=target if statement["verb"]["id"] == VOIDED else None,
        attachments=tuple(_attachments(statement)),
        timestamp=moment_of(timestamp, version) if timestamp else None,
    )


def _object_key(thing: Json, kind: ObjectKind) -> str:
    if kind is ObjectKind.ACTIVITY:
        return str(thing["id"])
    if kind is ObjectKind.STATEMENT_REF:
        return str(thing["id"].lower())
    if kind is ObjectKind.SUB_STATEMENT:
        inner = thing["object"]
        return _object_key(inner, ObjectKind(inner.get("objectType", "Activity")))
    return actor_key(thing)


def _activities(statement: Json, thing: Json, kind: ObjectKind) -> Iterator[tuple[str, StatementRole]]:
    if kind is ObjectKind.ACTIVITY:
        yield thing["id"], StatementRole.OBJECT
    for name, activity in _context_activities(statement):
        yield activity["id"], StatementRole(name)
    if kind is ObjectKind.SUB_STATEMENT:
        inner = thing["object"]
        if inner.get("objectType", "Activity") == "Activity":
            yield inner["id"], StatementRole.SUB_OBJECT
        for _, activity in _context_activities(thing):
            yield activity["id"], StatementRole.SUB_CONTEXT


def _context_activities(statement: Json) -> Iterator[tuple[str, Json]]:
    held = statement.get("context", {}).get("contextActivities", {})
    for name in CONTEXT_ACTIVITIES:
        found = held.get(name, ())
        for activity in (found,) if isinstance(found, dict) else found:
            yield name, activity


def _agents(statement: Json, thing: Json, kind: ObjectKind) -> Iterator[tuple[str, StatementRole]]:
    yield from _with_members(statement["actor"], StatementRole.ACTOR, StatementRole.ACTOR_MEMBER)
    if kind in (ObjectKind.AGENT, ObjectKind.GROUP):
        yield from _with_members(thing, StatementRole.OBJECT, StatementRole.OBJECT_MEMBER)
    if "authority" in statement:
        yield from _with_members(statement["authority"], StatementRole.AUTHORITY, StatementRole.AUTHORITY)
    for role, actor in _context_people(statement):
        yield from _with_members(actor, role, role)
    if kind is ObjectKind.SUB_STATEMENT:
        yield from _with_members(thing["actor"], StatementRole.SUB_ACTOR, StatementRole.SUB_ACTOR)
        if thing["object"].get("objectType") in ("Agent", "Group"):
            yield from _with_members(thing["object"], StatementRole.SUB_OBJECT, StatementRole.SUB_OBJECT)
        for _, actor in _context_people(thing):
            yield from _with_members(actor, StatementRole.SUB_CONTEXT, StatementRole.SUB_CONTEXT)


def _context_people(statement: Json) -> Iterator[tuple[StatementRole, Json]]:
    context = statement.get("context", {})
    if "instructor" in context:
        yield StatementRole.INSTRUCTOR, context["instructor"]
    if "team" in context:
        yield StatementRole.TEAM, context["team"]
    for entry in context.get("contextAgents", ()):
        yield StatementRole.CONTEXT_AGENT, entry["agent"]
    for entry in context.get("contextGroups", ()):
        yield StatementRole.CONTEXT_GROUP, entry["group"]


def _with_members(actor: Json, role: StatementRole, member_role: StatementRole) -> Iterator[tuple[str, StatementRole]]:
    yield actor_key(actor), role
    for member in actor.get("member", ()):
        yield actor_key(member), member_role


def _attachments(statement: Json) -> Iterator[AttachmentNeed]:
    thing = statement["object"]
    inner = thing.get("attachments", ()) if thing.get("objectType") == "SubStatement" else ()
    for one in (*statement.get("attachments", ()), *inner):
        yield AttachmentNeed(
            sha2=one["sha2"].lower(),
            length=one["length"],
            content_type=one["contentType"],
            usage_type=one["usageType"],
            file_url=one.get("fileUrl"),
        )
