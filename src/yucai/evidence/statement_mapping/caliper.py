"""Caliper 1.2 events that map plainly to statements; every other one is counted and told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from yucai.errors import Fault
from yucai.evidence.statements import RecordRefusedError, Version, is_agent, statement_faults
from yucai.texts import Text

__all__ = ["CaliperReading", "CaliperRefusedError", "statements_from_caliper"]

Json = dict[str, Any]
ADL: Final = "http://adlnet.gov/expapi/verbs"
VIDEO: Final = "https://w3id.org/xapi/video/verbs"
UUID: Final = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I)
IRL: Final = re.compile(r"(https?://[^?#]*[^/?#])/([^/?#]+)")
TYPE: Final = "http://purl.imsglobal.org/caliper"
# Words of the standard have letters only; anything else in their place may be somebody's and is not repeated.
WORD: Final = re.compile(r"[A-Za-z]{1,60}")

NO_ENVELOPE: Final = Text("it is no object", "它不是对象")
NO_DATA: Final = Text("“data” is no array of events", "“data”不是事件数组")
OTHER_VERSION: Final = Text("“dataVersion” names no Caliper 1.1 or 1.2", "“dataVersion”不是 Caliper 1.1 或 1.2")
TOLD: Final[Mapping[str, Text]] = {
    "not-mapped": Text(
        "{n} events “{type}: {action}” have no plain counterpart among statements and were left out.",
        "{n} 个事件“{type}：{action}”没有明确对应的陈述，未采用。",
    ),
    "describes": Text("{n} entries describe things and are no events.", "{n} 项只是实体描述，不是事件。"),
    "incomplete": Text(
        "{n} events “{type}: {action}” lack who did it, what it was done to, or a score; they were left out.",
        "{n} 个事件“{type}：{action}”缺少行为人、对象或得分，未采用。",
    ),
    "faulty": Text(
        "{n} events “{type}: {action}” would break rules of xAPI ({where}); they were left out.",
        "{n} 个事件“{type}：{action}”不符合 xAPI 规则（{where}），未采用。",
    ),
}
VERSIONS: Final = ("/v1p1", "/v1p2")


class CaliperRefusedError(RecordRefusedError):
    """What came is no envelope of Caliper events."""

    says = Text(
        "This is no Caliper envelope: {reason}. Send “sensor”, “sendTime”, “dataVersion” and “data”.",
        "这不是 Caliper 信封：{reason}。请提供“sensor”“sendTime”“dataVersion”与“data”。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaliperReading:
    """The statements that an envelope gives, in the order of its events, and what gave none."""

    statements: tuple[Json, ...]
    notices: tuple[Fault, ...]


class _Verb(NamedTuple):
    id: str
    en: str
    zh: str


PLAYED: Final = _Verb(f"{VIDEO}/played", "played", "播放")
VERBS: Final[Mapping[tuple[str, str], _Verb]] = {
    ("AssessmentItemEvent", "Started"): _Verb(f"{ADL}/attempted", "attempted", "开始作答"),
    ("AssessmentItemEvent", "Completed"): _Verb(f"{ADL}/answered", "answered", "回答"),
    ("AssessmentItemEvent", "Submitted"): _Verb(f"{ADL}/answered", "answered", "回答"),
    ("AssessmentEvent", "Started"): _Verb(f"{ADL}/attempted", "attempted", "开始作答"),
    ("AssessmentEvent", "Submitted"): _Verb("http://activitystrea.ms/schema/1.0/submit", "submitted", "提交"),
    ("AssignableEvent", "Started"): _Verb(f"{ADL}/attempted", "attempted", "开始作答"),
    ("AssignableEvent", "Submitted"): _Verb("http://activitystrea.ms/schema/1.0/submit", "submitted", "提交"),
    ("GradeEvent", "Graded"): _Verb(f"{ADL}/scored", "scored", "获得评分"),
    ("SessionEvent", "LoggedIn"): _Verb("https://w3id.org/xapi/adl/verbs/logged-in", "logged in", "登录"),
    ("SessionEvent", "LoggedOut"): _Verb("https://w3id.org/xapi/adl/verbs/logged-out", "logged out", "退出登录"),
    ("NavigationEvent", "NavigatedTo"): _Verb(f"{ADL}/experienced", "experienced", "浏览"),
    ("ViewEvent", "Viewed"): _Verb("http://id.tincanapi.com/verb/viewed", "viewed", "查看"),
    ("MediaEvent", "Started"): PLAYED,
    ("MediaEvent", "Resumed"): PLAYED,
    ("MediaEvent", "Paused"): _Verb(f"{VIDEO}/paused", "paused", "暂停"),
    ("MediaEvent", "JumpedTo"): _Verb(f"{VIDEO}/seeked", "jumped", "跳转"),
    ("MediaEvent", "Ended"): _Verb(f"{ADL}/completed", "completed", "看完"),
    ("ToolUseEvent", "Used"): _Verb(f"{ADL}/interacted", "used", "使用"),
}


def statements_from_caliper(envelope: object, *, version: Version) -> CaliperReading:
    """Return the statements that the events of a Caliper envelope give; raises CaliperRefusedError.

    A learner is told by the number of the school's records (``SisSourcedId``) where the event has one; else by the
    address of the person, parted before its last piece into home page and account name. An event and its statement
    share their id. What happened to nobody in particular, or holds no score where one belongs, is left out and told.
    """
    if not isinstance(envelope, dict):
        raise CaliperRefusedError(reason=NO_ENVELOPE)
    if not str(envelope.get("dataVersion", "")).endswith(VERSIONS):
        raise CaliperRefusedError(reason=OTHER_VERSION)
    events = envelope.get("data")
    if not isinstance(events, list):
        raise CaliperRefusedError(reason=NO_DATA)
    sensor = _id_of(envelope.get("sensor"))
    statements: list[Json] = []
    left: Counter[tuple[str, str, str, str]] = Counter()
    for event in events:
        kind, action = _word(_get(event, "type")), _word(_get(event, "action"))
        if not kind.endswith("Event"):
            left["describes", "", "", ""] += 1
            continue
        verb = VERBS.get((kind, action))
        if verb is None:
            left["not-mapped", kind, action, ""] += 1
            continue
        statement = _statement(event, kind, verb, sensor)
        faults = statement_faults(statement, version=version) if statement else ()
        if statement is None:
            left["incomplete", kind, action, ""] += 1
        elif faults:
            left["faulty", kind, action, faults[0].where] += 1
        else:
            statements.append(statement)
    return CaliperReading(statements=tuple(statements), notices=tuple(_notices(left)))


def _notices(left: Counter[tuple[str, str, str, str]]) -> list[Fault]:
    return [
        Fault(code=code, says=TOLD[code], facts={"n": n, "type": kind, "action": action, "where": where})
        for (code, kind, action, where), n in sorted(left.items())
    ]


def _statement(event: Json, kind: str, verb: _Verb, sensor: str) -> Json | None:
    """Return the statement of one event, or None where it lacks what a statement needs."""
    actor, thing = event.get("actor"), event.get("object")
    result: Json = {}
    if kind == "GradeEvent":  # graded is an attempt: whoever made it is the learner, what it was made at the activity
        actor, thing = _get(thing, "assignee"), _get(thing, "assignable")
        score = _score(event.get("generated"))
        if score is None:
            return None
        result = {"score": score}
    elif kind == "NavigationEvent" and event.get("target") is not None:
        thing = event["target"]
    agent, activity = _agent(actor, _id_of(event.get("edApp")) or sensor), _activity(thing)
    if agent is None or activity is None:
        return None
    told: Json = {
        "id": _statement_id(event.get("id")),
        "actor": agent,
        "verb": {"id": verb.id, "display": {"en": verb.en, "zh": verb.zh}},
        "object": activity,
        "context": _context(event, thing),
        "timestamp": event.get("eventTime"),
    }
    return {name: value for name, value in (told | {"result": result}).items() if value}


def _statement_id(id: object) -> str | None:
    """The UUID of the event; of an event named otherwise, always the same one."""
    if not isinstance(id, str) or not id:
        return None
    found = UUID.fullmatch(id)
    return found[1].lower() if found else str(uuid5(NAMESPACE_URL, id.encode("utf-8", "replace").decode()))


def _agent(person: object, platform: str) -> Json | None:
    if _get(person, "type") not in (None, "Person"):
        return None
    for other in _list(_get(person, "otherIdentifiers")):
        number = _get(other, "identifier")
        if _get(other, "identifierType") == "SisSourcedId" and isinstance(number, str) and number:
            home = _id_of(_get(other, "source")) or platform
            return {"objectType": "Agent", "account": {"homePage": home, "name": number}} if home else None
    id = _id_of(person)
    if is_agent({"mbox": id}):  # the same person as in other statements, also for who was erased
        return {"objectType": "Agent", "mbox": id}
    found = IRL.fullmatch(id)
    home, name = (found[1], found[2]) if found else (platform, id)
    return {"objectType": "Agent", "account": {"homePage": home, "name": name}} if home and name else None


def _activity(thing: object) -> Json | None:
    id = _id_of(thing)
    if not id:
        return None
    definition: Json = {}
    kind, name = _word(_get(thing, "type")), _get(thing, "name")
    if kind:
        definition["type"] = f"{TYPE}/{kind}"
    if isinstance(name, str) and name:
        definition["name"] = {"und": name}
    return {"id": id, "definition": definition} if definition else {"id": id}


def _context(event: Json, thing: object) -> Json:
    places = {
        "parent": _activity(_get(thing, "isPartOf")),
        "grouping": _activity(event.get("group")),
        "other": _activity(event.get("edApp")),
    }
    held = {name: [activity] for name, activity in places.items() if activity}
    return {"contextActivities": held} if held else {}


def _score(score: object) -> Json | None:
    """Points with their highest score; without one a share from 0 to 1 where the event calls it so."""
    given, most = _number(_get(score, "scoreGiven")), _number(_get(score, "maxScore"))
    if given is not None and most is not None:
        return {"raw": given, "min": 0, "max": most}
    share = _number(_get(score, "normalScore"))
    return {"scaled": share} if share is not None and given is None else None


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _get(held: object, name: str) -> Any:
    return held.get(name) if isinstance(held, dict) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(value: object) -> str:
    return value if isinstance(value, str) and WORD.fullmatch(value) else ""


def _id_of(thing: object) -> str:
    """The id of an entity, which may stand for the whole of it."""
    id = _get(thing, "id") if isinstance(thing, dict) else thing
    return id if isinstance(id, str) else ""
