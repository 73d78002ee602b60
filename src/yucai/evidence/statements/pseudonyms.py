"""Statements for research: what is declared goes out, everything else stays; persons and addresses by keyed hash."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b, sha1
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from yucai.evidence.statements.facts import actor_key
from yucai.evidence.statements.forms import is_duration, is_language, moment_of
from yucai.evidence.statements.persons import traces_of
from yucai.evidence.statements.rules_actors import IDENTIFIERS
from yucai.evidence.statements.rules_parts import CONTEXT_ACTIVITIES
from yucai.evidence.statements.stamping import timestamp_text
from yucai.evidence.statements.versions import Version

__all__ = [
    "KNOWN_VOCABULARIES",
    "PSEUDONYM_HOME",
    "EverybodysNames",
    "ExportPart",
    "Pseudonyms",
    "ReleaseRules",
    "TimeGrain",
    "flat_row",
    "names_in",
    "pseudonymised",
]

Json = dict[str, Any]
PSEUDONYM_HOME: Final = "https://pseudonym.invalid"  # nobody can ever own it (RFC 2606)
KNOWN_VOCABULARIES: Final = (
    "http://adlnet.gov/expapi/",
    "https://w3id.org/xapi/",
    "http://activitystrea.ms/",
    "http://id.tincanapi.com/",
    "https://h5p.org/",
)
CLOSED: Final = frozenset(("choice", "true-false", "likert", "matching", "sequencing", "performance", "numeric"))
INTERACTIONS: Final = CLOSED | {"fill-in", "long-fill-in", "other"}
SCORES: Final = ("scaled", "raw", "min", "max")
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


_WORDS: Final = re.compile(r"[\w.@+-]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]{2,}")
_ADDRESS: Final = re.compile(  # of mail, and of machines by both versions of IP
    r"[^\s@/]+@[^\s@/]+\.[^\s@/]+|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?:[0-9a-f]{1,4}:){4,}", re.IGNORECASE
)


class TimeGrain(Enum):
    """How exact the times are that go out."""

    EXACT = "exact"
    HOUR = "hour"
    DAY = "day"


class ExportPart(Enum):
    """What may go out beside who did what, to what, when, with which score; each only where it is declared."""

    ACTIVITY_NAMES = "activity-names"
    RESPONSES = "responses"  # of questions that offer answers; what somebody writes never goes out
    LANGUAGE = "language"
    INSTRUCTORS = "instructors"  # by pseudonym, with teams and other people of the context


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRules:
    """What goes out. Addresses that begin with none of ``addresses`` go out as hashes, extensions not named do not."""

    parts: frozenset[ExportPart] = frozenset()
    addresses: tuple[str, ...] = KNOWN_VOCABULARIES
    extensions: frozenset[str] = frozenset()
    grain: TimeGrain = TimeGrain.EXACT
    shift_days: int = 0  # every person's times are moved by a number of days of their own, at most so many

    def __post_init__(self) -> None:
        if self.shift_days < 0:
            raise ValueError("days to shift by cannot be negative")


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names of nobody: equal for equal things under one key, and not to be linked under two.

    ``same`` maps a key of ``actor_key`` to the one that stands for the same person.
    """

    key: bytes = field(repr=False)
    same: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, kind: str, text: str) -> str:
        """Return the pseudonym of a text, 32 hexadecimal digits."""
        said = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return blake2b(said, key=self.key, digest_size=16).hexdigest()

    def of_id(self, own: str) -> str:
        """Return a UUID that stands for another."""
        return str(uuid.UUID(hex=self.of("id", own.lower()), version=4))

    def of_person(self, actor: Json) -> str:
        """Return the pseudonym of an agent or group, one and the same for a mail address and its hash."""
        key = self.same.get(actor_key(actor), actor_key(actor))
        kind, _, value = key.partition(":")
        if kind == "mbox":
            key = f"mbox_sha1sum:{sha1(value.encode(), usedforsecurity=False).hexdigest()}"
        return self.of("person", key)

    def days_of(self, person: str, most: int) -> int:
        """Return by how many days the times of a person are moved."""
        drawn = hmac.new(self.key, f"days\0{person}".encode(), "sha256").digest()
        return int.from_bytes(drawn[:8], "big") % (2 * most + 1) - most if most else 0


@dataclass(frozen=True, slots=True)
class EverybodysNames:
    """Names, addresses and numbers of everybody in a store, in small letters: what holds one of them stays inside."""

    known: frozenset[str] = field(default_factory=frozenset, repr=False)

    def are_in(self, text: str) -> bool:
        """Whether some words of a text, or some signs of Chinese in a row, are one of them."""
        if not self.known:
            return False
        words = [word.strip(".-").lower() for word in _WORDS.findall(text)]
        runs = {" ".join(words[i : i + n]) for n in range(1, 5) for i in range(len(words) - n + 1)}
        for run in _CHINESE.findall(text):
            runs |= {run[i : i + n] for n in range(2, 5) for i in range(len(run) - n + 1)}
        return not runs.isdisjoint(self.known)


NOBODY: Final = EverybodysNames()


def names_in(statement: Json) -> Iterator[str]:
    """Yield every name, address and number by which a statement names somebody, in small letters."""
    for one in _people(statement):
        if isinstance(one.get("name"), str) and ("member" in one or any(name in one for name in IDENTIFIERS)):
            yield one["name"].strip().lower()
        if _has_key(one) and any(name in one for name in IDENTIFIERS):
            yield from (text.lower() for text in traces_of([one]).texts)
            if "account" in one:
                yield str(one["account"]["name"]).strip().lower()


def pseudonymised(
    statement: Json, *, rules: ReleaseRules, pseudonyms: Pseudonyms, everybody: EverybodysNames = NOBODY
) -> Json:
    """Return what of a stored statement may go out: a valid statement that names nobody.

    Even what is declared is left out or hashed where it holds an identifier or name of somebody in the statement, or of
    ``everybody``, or anything that looks like a mail address or the address of a machine.
    """
    person = pseudonyms.of_person(statement["actor"])
    moved = _Release(rules, pseudonyms, everybody, tuple(_people(statement)), person)
    new = {"id": pseudonyms.of_id(statement["id"]), **moved.statement(statement)}
    return {**new, "version": statement["version"]}


def _people(value: Any) -> Iterator[Json]:
    """Yield every agent and group of a statement, wherever it stands."""
    if isinstance(value, list):
        for held in value:
            yield from _people(held)
    elif isinstance(value, dict):
        if any(isinstance(value.get(name), str | dict) for name in IDENTIFIERS) or isinstance(value.get("name"), str):
            yield value
        for held in value.values():
            yield from _people(held)


class _Release:
    """What one statement lets out."""

    def __init__(
        self,
        rules: ReleaseRules,
        pseudonyms: Pseudonyms,
        everybody: EverybodysNames,
        people: tuple[Json, ...],
        person: str,
    ) -> None:
        self.rules, self.pseudonyms, self.everybody, self.person = rules, pseudonyms, everybody, person
        agents = [one for one in people if any(name in one for name in IDENTIFIERS)]
        good = [one for one in agents if _has_key(one)]
        names = {str(one["name"]) for one in people if isinstance(one.get("name"), str)}
        accounts = {str(one["account"]["name"]) for one in good if "account" in one}
        local = {str(one["mbox"]).partition(":")[2].partition("@")[0] for one in good if "mbox" in one}
        self.traces = traces_of(good, texts={text for text in names | accounts | local if len(text) > 1})

    def statement(self, value: Json) -> Json:
        """Return a statement or SubStatement without what a store gives it."""
        new: Json = {
            "actor": self.actor(value["actor"]),
            "verb": {"id": self.iri(value["verb"]["id"])},
            "object": self.thing(value["object"]),
        }
        kind = value["object"].get("definition", {}).get("interactionType")
        for name, part in (("result", self.result(value, kind)), ("context", self.context(value))):
            if part:
                new[name] = part
        moment = moment_of(value["timestamp"], Version.V1) if "timestamp" in value else None
        if moment is not None:
            new["timestamp"] = timestamp_text(self.moment(moment))
        return new

    def moment(self, at: datetime) -> datetime:
        moved = at.astimezone(UTC) + timedelta(days=self.pseudonyms.days_of(self.person, self.rules.shift_days))
        if self.rules.grain is TimeGrain.EXACT:
            return moved
        hour = moved.replace(minute=0, second=0, microsecond=0)
        return hour if self.rules.grain is TimeGrain.HOUR else hour.replace(hour=0)

    def actor(self, actor: Json) -> Json:
        kind = "Group" if actor.get("objectType") == "Group" else "Agent"
        new: Json = {"objectType": kind}
        if any(name in actor for name in IDENTIFIERS):
            new["account"] = {"homePage": PSEUDONYM_HOME, "name": self.pseudonyms.of_person(actor)}
        if actor.get("member"):
            new["member"] = [self.actor(one) for one in actor["member"]]
        return new

    def iri(self, iri: str) -> str:
        open_to_all = any(iri.startswith(begin) for begin in self.rules.addresses)
        if open_to_all and not self.tells(iri):
            return iri
        return f"{PSEUDONYM_HOME}/{self.pseudonyms.of('iri', iri)}"

    def tells(self, text: str) -> bool:
        """Whether a text holds an identifier or a name of somebody, or what looks like an address."""
        readable = unquote(text)
        return bool(
            _ADDRESS.search(readable)
            or self.traces.are_in(readable.encode("utf-8", "surrogatepass"))
            or self.everybody.are_in(readable)
        )

    def thing(self, thing: Json) -> Json:
        kind = thing.get("objectType", "Activity")
        if kind == "StatementRef":
            return {"objectType": kind, "id": self.pseudonyms.of_id(thing["id"])}
        if kind == "SubStatement":
            return {"objectType": kind, **self.statement(thing)}
        return self.actor(thing) if kind in ("Agent", "Group") else self.activity(thing)

    def activity(self, activity: Json) -> Json:
        said = activity.get("definition", {})
        definition: Json = {}
        if "type" in said:
            definition["type"] = self.iri(said["type"])
        if said.get("interactionType") in INTERACTIONS:
            definition["interactionType"] = said["interactionType"]
        if ExportPart.ACTIVITY_NAMES in self.rules.parts:
            names = {tag: text for tag, text in said.get("name", {}).items() if not self.tells(f"{tag} {text}")}
            if names:
                definition["name"] = names
        new: Json = {"objectType": "Activity", "id": self.iri(activity["id"])}
        return {**new, "definition": definition} if definition else new

    def result(self, value: Json, interaction: object) -> Json:
        said = value.get("result", {})
        new: Json = {}
        score = {name: said["score"][name] for name in SCORES if name in said.get("score", {})}
        if score:
            new["score"] = score
        new |= {name: said[name] for name in ("success", "completion") if isinstance(said.get(name), bool)}
        if is_duration(said.get("duration", "")):
            new["duration"] = said["duration"]
        response = said.get("response")
        asked = ExportPart.RESPONSES in self.rules.parts and interaction in CLOSED
        if asked and response is not None and not self.tells(response):
            new["response"] = response
        return new | self.extensions(said)

    def extensions(self, said: Json) -> Json:
        found = {
            name: value
            for name, value in said.get("extensions", {}).items()
            if name in self.rules.extensions and not self.tells(_ENCODE({name: value}).decode())
        }
        return {"extensions": found} if found else {}

    def context(self, value: Json) -> Json:
        said = value.get("context", {})
        new: Json = {}
        if "registration" in said:
            new["registration"] = self.pseudonyms.of_id(said["registration"])
        if "statement" in said:
            new["statement"] = {"objectType": "StatementRef", "id": self.pseudonyms.of_id(said["statement"]["id"])}
        if ExportPart.LANGUAGE in self.rules.parts and is_language(said.get("language", "")):
            new["language"] = said["language"]
        places = {name: _many(held) for name, held in said.get("contextActivities", {}).items()}
        activities = {
            name: [self.activity(one) for one in places[name]] for name in CONTEXT_ACTIVITIES if places.get(name)
        }
        if activities:
            new["contextActivities"] = activities
        if ExportPart.INSTRUCTORS in self.rules.parts:
            new |= self.people(said)
        return new | self.extensions(said)

    def people(self, said: Json) -> Json:
        new: Json = {name: self.actor(said[name]) for name in ("instructor", "team") if name in said}
        for name, inside, kind in (
            ("contextAgents", "agent", "contextAgent"),
            ("contextGroups", "group", "contextGroup"),
        ):
            if said.get(name):
                new[name] = [{"objectType": kind, inside: self.actor(one[inside])} for one in said[name]]
        return new


def _has_key(actor: Json) -> bool:
    try:
        actor_key(actor)
    except (KeyError, TypeError, AttributeError):
        return False
    return True


def _many(found: Any) -> list[Json]:
    return [found] if isinstance(found, dict) else list(found)


def flat_row(statement: Json) -> Json:
    """Return a pseudonymised statement as one row of a table."""
    thing, result, context = statement["object"], statement.get("result", {}), statement.get("context", {})
    score = result.get("score", {})
    parents = context.get("contextActivities", {}).get("parent", [])
    account = statement["actor"].get("account")
    people = [account] if account else [one["account"] for one in statement["actor"]["member"]]
    return {
        "statement": statement["id"],
        "person": ",".join(sorted(one["name"] for one in people)),
        "verb": statement["verb"]["id"],
        "object_kind": thing["objectType"],
        "object": thing.get("id") or thing.get("account", {}).get("name"),
        "activity_type": thing.get("definition", {}).get("type"),
        "parent": parents[0]["id"] if parents else None,
        "registration": context.get("registration"),
        "language": context.get("language"),
        "timestamp": statement.get("timestamp"),
        **{f"score_{name}": None if score.get(name) is None else float(score[name]) for name in SCORES},
        "success": result.get("success"),
        "completion": result.get("completion"),
        "duration": result.get("duration"),
        "response": result.get("response"),
    }
