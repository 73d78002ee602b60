"""What a store has to know of a statement to find it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import msgspec

from yucai.evidence.statements.forms import moment_of
from yucai.evidence.statements.parts import worked_out_once
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
R = TypeVar("R")
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


class StatementFacts(msgspec.Struct, frozen=True, kw_only=True):
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


@worked_out_once
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
    context = statement.get("context", {})
    thing = _facts_of_object(statement["object"])
    timestamp = statement.get("timestamp")
    registration = context.get("registration")
    own = statement.get("id")
    verb = statement["verb"]["id"]
    around = _activities_around(context["contextActivities"]) if "contextActivities" in context else ()
    return StatementFacts(
        id=own.lower() if own else None,
        actor=actor_key(statement["actor"]),
        verb=verb,
        object=thing.key,
        object_kind=thing.kind,
        registration=registration.lower() if registration else None,
        activities=(*thing.activities, *around, *thing.inner_activities),
        agents=_agents(statement, thing),
        target=thing.target,
        context_statement=context["statement"]["id"].lower() if "statement" in context else None,
        voids=thing.target if verb == VOIDED else None,
        attachments=tuple(_attachments(statement)),
        timestamp=moment_of(timestamp, version) if timestamp else None,
    )


class _ObjectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the object of a statement tells; inner is what stands within a SubStatement."""

    kind: ObjectKind
    key: str
    target: str | None
    activities: tuple[RelatedActivity, ...]
    inner_activities: tuple[RelatedActivity, ...]
    agents: tuple[RelatedAgent, ...]
    inner_agents: tuple[RelatedAgent, ...]


@worked_out_once
def _facts_of_object(thing: Json) -> _ObjectFacts:
    kind = ObjectKind(thing.get("objectType", "Activity"))
    about_people = kind in (ObjectKind.AGENT, ObjectKind.GROUP)
    inner = kind is ObjectKind.SUB_STATEMENT
    return _ObjectFacts(
        kind=kind,
        key=_object_key(thing, kind),
        target=thing["id"].lower() if kind is ObjectKind.STATEMENT_REF else None,
        activities=(RelatedActivity(thing["id"], StatementRole.OBJECT),) if kind is ObjectKind.ACTIVITY else (),
        inner_activities=_each_once(RelatedActivity, _inner_activities(thing)) if inner else (),
        agents=_with_members(thing, StatementRole.OBJECT, StatementRole.OBJECT_MEMBER) if about_people else (),
        inner_agents=_each_once(RelatedAgent, _inner_agents(thing)) if inner else (),
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


@worked_out_once
def _activities_around(context_activities: Json) -> tuple[RelatedActivity, ...]:
    return _each_once(
        RelatedActivity, ((id, StatementRole(name)) for name, id in _context_activities(context_activities))
    )


def _context_activities(held: Json) -> Iterator[tuple[str, str]]:
    for name in CONTEXT_ACTIVITIES:
        found = held.get(name, ())
        for activity in (found,) if isinstance(found, dict) else found:
            yield name, activity["id"]


def _inner_activities(thing: Json) -> Iterator[tuple[str, StatementRole]]:
    inner = thing["object"]
    if inner.get("objectType", "Activity") == "Activity":
        yield inner["id"], StatementRole.SUB_OBJECT
    for _, id in _context_activities(thing.get("context", {}).get("contextActivities", {})):
        yield id, StatementRole.SUB_CONTEXT


def _agents(statement: Json, thing: _ObjectFacts) -> tuple[RelatedAgent, ...]:
    found = (*_agents_of_actor(statement["actor"]), *thing.agents)
    if "authority" in statement:
        found += _with_members(statement["authority"], StatementRole.AUTHORITY, StatementRole.AUTHORITY)
    if "context" in statement:
        people = ((actor_key(one), role) for role, actor in _context_people(statement) for one in _all_of(actor))
        found += _each_once(RelatedAgent, people)
    return found + thing.inner_agents


@worked_out_once
def _agents_of_actor(actor: Json) -> tuple[RelatedAgent, ...]:
    return _with_members(actor, StatementRole.ACTOR, StatementRole.ACTOR_MEMBER)


def _with_members(actor: Json, role: StatementRole, member_role: StatementRole) -> tuple[RelatedAgent, ...]:
    members = ((actor_key(member), member_role) for member in actor.get("member", ()))
    return _each_once(RelatedAgent, ((actor_key(actor), role), *members))


def _inner_agents(thing: Json) -> Iterator[tuple[str, StatementRole]]:
    people = [(StatementRole.SUB_ACTOR, thing["actor"])]
    if thing["object"].get("objectType") in ("Agent", "Group"):
        people.append((StatementRole.SUB_OBJECT, thing["object"]))
    people += [(StatementRole.SUB_CONTEXT, actor) for _, actor in _context_people(thing)]
    for role, actor in people:
        for one in _all_of(actor):
            yield actor_key(one), role


def _all_of(actor: Json) -> tuple[Json, ...]:
    """Return an agent, or a group and its members."""
    return (actor, *actor.get("member", ()))


def _each_once(kind: Callable[[str, StatementRole], R], pairs: Iterable[tuple[str, StatementRole]]) -> tuple[R, ...]:
    return tuple(kind(*pair) for pair in dict.fromkeys(pairs))


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
