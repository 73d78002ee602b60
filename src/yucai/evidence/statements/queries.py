"""Parameters of requests: what may be asked, and whether it is asked rightly."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from yucai.errors import Fault
from yucai.evidence.statements.facts import actor_key
from yucai.evidence.statements.forms import is_iri, is_uuid, moment_of
from yucai.evidence.statements.reading import RequestLimits, read_json
from yucai.evidence.statements.refused import NotJsonError, ParameterRefusedError, TooLargeError
from yucai.evidence.statements.rules_actors import IDENTIFIERS, check_actor
from yucai.evidence.statements.versions import Version
from yucai.evidence.statements.walk import Walk
from yucai.texts import Text

__all__ = [
    "DocumentQuery",
    "DocumentResource",
    "StatementFormat",
    "StatementQuery",
    "read_activity_query",
    "read_agent_query",
    "read_document_query",
    "read_one_document_query",
    "read_put_query",
    "read_query",
]

AGENT_LIMITS = RequestLimits(n_bytes=64_000, depth=10)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_LOST_PLUS = re.compile(r"(?<=[Tt])(\S+) (\d\d:?\d\d)")
SAYS = {
    "unknown": Text(
        "There is no such parameter here; letters have their case. There are: {known}.",
        "此处没有该参数（区分大小写），可用参数：{known}。",
    ),
    "repeated": Text("It is there more than once; send it once.", "该参数重复出现，请只发送一次。"),
    "missing": Text("It is missing and must be there.", "缺少该参数，必须提供。"),
    "alone": Text(
        "With statementId or voidedStatementId only attachments and format may be asked.",
        "使用 statementId 或 voidedStatementId 时，只能附加 attachments 与 format。",
    ),
    "uuid": Text("It must be a UUID.", "必须是 UUID。"),
    "iri": Text("It must be an IRI with a scheme.", "必须是带协议的 IRI。"),
    "boolean": Text("It must be true or false.", "必须是 true 或 false。"),
    "timestamp": Text(
        "It must be a date and time, such as 2026-11-26T09:30:00Z.", "必须是日期时间，例如 2026-11-26T09:30:00Z。"
    ),
    "count": Text("It must be a whole number, 0 or more.", "必须是不小于 0 的整数。"),
    "format": Text("It must be one of: ids, exact, canonical.", "必须是 ids、exact、canonical 之一。"),
    "agent": Text(
        "It must be the JSON of an agent or of a group with an identifier.", "必须是主体（或有标识的群组）的 JSON。"
    ),
    "empty": Text("It must not be empty.", "不能为空。"),
}


class StatementFormat(Enum):
    """How statements are given back."""

    IDS = "ids"
    EXACT = "exact"
    CANONICAL = "canonical"


class DocumentResource(Enum):
    """The three kinds of documents, each with the parameters that name one."""

    STATE = ("stateId", ("activityId", "agent"), ("registration",))
    AGENT_PROFILE = ("profileId", ("agent",), ())
    ACTIVITY_PROFILE = ("profileId", ("activityId",), ())

    def __init__(self, own: str, needed: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        self.own = own
        self.needed = needed
        self.allowed = allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementQuery:
    """What statements are asked for. ``agent`` is a key of ``actor_key``; ``limit`` 0 means as many as allowed."""

    statement_id: str | None = None
    voided_statement_id: str | None = None
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_activities: bool = False
    related_agents: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 0
    format: StatementFormat = StatementFormat.EXACT
    attachments: bool = False
    ascending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuery:
    """Which document or documents are asked for; ``id`` is the stateId or profileId, None for all of them."""

    resource: DocumentResource
    id: str | None
    activity: str | None = None
    agent: str | None = None
    agent_value: Mapping[str, Any] | None = None
    registration: str | None = None
    since: datetime | None = None


class _Reader:
    """Takes parameters one by one, and gathers what is wrong with them."""

    def __init__(
        self, pairs: Iterable[tuple[str, str]], *, known: Collection[str], needed: Collection[str], version: Version
    ) -> None:
        self.version = version
        self.faults: list[Fault] = []
        self.given: dict[str, str] = {}
        for name, value in pairs:
            if name not in known:
                self.fault("unknown", name, known=", ".join(sorted(known)))
            elif name in self.given:
                self.fault("repeated", name)
            else:
                self.given[name] = value
        for name in needed:
            if name not in self.given:
                self.fault("missing", name)

    def fault(self, code: str, name: str, **facts: object) -> None:
        self.faults.append(Fault(code=code, says=SAYS[code], where=name[:60], facts=facts))

    def done(self) -> None:
        if self.faults:
            raise ParameterRefusedError(self.faults)

    def uuid(self, name: str) -> str | None:
        value = self.given.get(name)
        if value is not None and not is_uuid(value):
            self.fault("uuid", name)
        return value.lower() if value is not None else None

    def iri(self, name: str) -> str | None:
        value = self.given.get(name)
        if value is not None and not is_iri(value):
            self.fault("iri", name)
        return value

    def text(self, name: str) -> str | None:
        value = self.given.get(name)
        if value == "":
            self.fault("empty", name)
        return value

    def flag(self, name: str) -> bool:
        value = self.given.get(name, "false")
        if value not in ("true", "false"):
            self.fault("boolean", name)
        return value == "true"

    def moment(self, name: str) -> datetime | None:
        """A plus sign that was not escaped arrives as a space, and is meant as one."""
        value = self.given.get(name)
        if value is None:
            return None
        found = moment_of(_LOST_PLUS.sub(r"\1+\2", value) if len(value) < 60 else value, self.version)
        if found is None:
            self.fault("timestamp", name)
        return found

    def count(self, name: str) -> int:
        value = self.given.get(name, "0")
        if not _WHOLE.fullmatch(value):
            self.fault("count", name)
            return 0
        return int(value)

    def agent(self, name: str) -> dict[str, Any] | None:
        value = self.given.get(name)
        if value is None:
            return None
        try:
            agent = read_json(value.encode("utf-8", "surrogatepass"), limits=AGENT_LIMITS)
        except (NotJsonError, TooLargeError):
            agent = None
        walk = Walk(self.version)
        check_actor(walk, agent, name)
        if walk.faults or not isinstance(agent, dict) or not any(one in agent for one in IDENTIFIERS):
            self.fault("agent", name)
            return None
        return agent


_ONE = ("statementId", "voidedStatementId")
_WITH_ONE = frozenset(("attachments", "format"))
_FILTERS = ("agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until")
_STATEMENTS = frozenset((*_ONE, *_WITH_ONE, *_FILTERS, "limit", "ascending"))


def read_query(pairs: Iterable[tuple[str, str]], *, version: Version) -> StatementQuery:
    """Return what a GET of statements asks for, from its decoded parameters; refuse what is not right."""
    reader = _Reader(pairs, known=_STATEMENTS, needed=(), version=version)
    one = [name for name in _ONE if name in reader.given]
    if len(one) > 1 or (one and reader.given.keys() - {one[0]} - _WITH_ONE):
        reader.fault("alone", one[0])
    agent = reader.agent("agent")
    form = reader.given.get("format", "exact")
    if form not in {known.value for known in StatementFormat}:
        reader.fault("format", "format")
        form = "exact"
    query = StatementQuery(
        statement_id=reader.uuid("statementId"),
        voided_statement_id=reader.uuid("voidedStatementId"),
        agent=actor_key(agent) if agent else None,
        verb=reader.iri("verb"),
        activity=reader.iri("activity"),
        registration=reader.uuid("registration"),
        related_activities=reader.flag("related_activities"),
        related_agents=reader.flag("related_agents"),
        since=reader.moment("since"),
        until=reader.moment("until"),
        limit=reader.count("limit"),
        format=StatementFormat(form),
        attachments=reader.flag("attachments"),
        ascending=reader.flag("ascending"),
    )
    reader.done()
    return query


def read_put_query(pairs: Iterable[tuple[str, str]], *, version: Version) -> str:
    """Return the id under which a PUT brings its statement."""
    reader = _Reader(pairs, known=("statementId",), needed=("statementId",), version=version)
    found = reader.uuid("statementId")
    reader.done()
    return found or ""


def read_document_query(
    pairs: Iterable[tuple[str, str]], *, resource: DocumentResource, version: Version
) -> DocumentQuery:
    """Return which document, or documents, are asked for.

    ``since`` belongs to lists of ids; beside the id of one document it is checked and has no effect.
    """
    return _document_query(pairs, resource, version, needed=resource.needed)


def read_one_document_query(
    pairs: Iterable[tuple[str, str]], *, resource: DocumentResource, version: Version
) -> DocumentQuery:
    """Return which one document a PUT or POST is about."""
    return _document_query(pairs, resource, version, needed=(*resource.needed, resource.own))


def _document_query(
    pairs: Iterable[tuple[str, str]], resource: DocumentResource, version: Version, *, needed: Collection[str]
) -> DocumentQuery:
    known = (resource.own, *resource.needed, *resource.allowed, "since")
    reader = _Reader(pairs, known=known, needed=needed, version=version)
    agent = reader.agent("agent")
    query = DocumentQuery(
        resource=resource,
        id=reader.text(resource.own),
        activity=reader.iri("activityId"),
        agent=actor_key(agent) if agent else None,
        agent_value=agent,
        registration=reader.uuid("registration"),
        since=reader.moment("since"),
    )
    reader.done()
    return query


def read_agent_query(pairs: Iterable[tuple[str, str]], *, version: Version) -> dict[str, Any]:
    """Return the agent whose Person is asked for."""
    reader = _Reader(pairs, known=("agent",), needed=("agent",), version=version)
    agent = reader.agent("agent")
    reader.done()
    return agent or {}


def read_activity_query(pairs: Iterable[tuple[str, str]], *, version: Version) -> str:
    """Return the id of the activity that is asked for."""
    reader = _Reader(pairs, known=("activityId",), needed=("activityId",), version=version)
    activity = reader.iri("activityId")
    reader.done()
    return activity or ""
