"""One person in statements: where they stand, and what is left of a statement when they may stand there no longer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

import msgspec

from yucai.evidence.statements.facts import actor_key
from yucai.evidence.statements.rules import VOIDED
from yucai.evidence.statements.rules_actors import check_agent
from yucai.evidence.statements.signatures import SIGNATURE
from yucai.evidence.statements.splicing import joined, members, written
from yucai.evidence.statements.versions import Version
from yucai.evidence.statements.walk import Walk

__all__ = ["ERASED_HOME", "PersonFate", "PersonTraces", "fate_of", "is_agent", "traces_of", "without_person"]

Json = dict[str, Any]
ERASED_HOME: Final = "https://erased.invalid"  # nobody can ever own it (RFC 2606)
SHORTEST_NUMBER: Final = 6  # an account name this long that holds a digit is somebody's number, wherever it stands
_STORES_OWN: Final = frozenset(("id", "stored", "timestamp", "version"))
_JWS: Final = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_BEFORE, _BEHIND = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


class PersonFate(Enum):
    """What has to become of a statement."""

    STAYS = "stays"
    REWRITTEN = "rewritten"  # it is about others: the person in it is replaced
    REMOVED = "removed"  # it is about the person


@dataclass(frozen=True)
class PersonTraces:
    """By what a person is told: keys of ``actor_key``, and texts that stand for nobody else."""

    keys: frozenset[str]
    texts: frozenset[str]

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """The texts in small letters, as JSON and as addresses write them; where none of them is, no text is."""
        forms = {form for text in self.texts for form in (text, quote(text, safe=""), quote(text))}
        return tuple(sorted({form.lower().encode("utf-8", "surrogatepass") for form in forms}))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds the texts as words of their own, in whatever case."""
        forms = {form for text in self.texts for form in (text, quote(text, safe=""), quote(text))}
        words = (_word(form) for form in sorted(forms, key=len, reverse=True))
        return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)

    @cached_property
    def stored_needles(self) -> tuple[bytes, ...]:
        """The needles and, beside them, what senders write who put every sign beyond ASCII into numbers."""
        numbered = {json.dumps(text)[1:-1] for text in self.texts} | {t.replace("@", "\\u0040") for t in self.texts}
        return (*self.needles, *sorted(form.lower().encode() for form in numbered if "\\u" in form))

    def are_in_content(self, raw: bytes) -> bool:
        """Whether bytes of any kind hold one of the texts, also as the payload of a signature."""
        found = _JWS.fullmatch(raw.strip())
        return self.are_in(raw) or (found is not None and self.are_in(_decoded(found[2])))

    def are_in(self, raw: bytes) -> bool:
        """Whether the JSON text of a statement or document holds one of the texts."""
        if not self.texts:
            return False
        if b"\\" in raw:
            raw = _unescaped(raw)
        low = raw.lower()
        return any(needle in low for needle in self.needles) and bool(
            self.pattern.search(raw.decode("utf-8", "replace"))
        )


def _decoded(segment: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        return b""


def _word(text: str) -> str:
    before = _BEFORE if text[:1].isascii() and text[:1].isalnum() else ""
    behind = _BEHIND if text[-1:].isascii() and text[-1:].isalnum() else ""
    if "@" in text or "%40" in text:  # an address goes on with dots, dashes and more names
        before, behind = r"(?<![A-Za-z0-9_.+-])", r"(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"
    return f"{before}{re.escape(text)}{behind}"


def _unescaped(raw: bytes) -> bytes:
    """Return all texts of a JSON value without escapes, one on each line."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return raw
    return "\n".join(_strings(value)).encode("utf-8", "surrogatepass")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _strings(held)


def is_agent(value: object) -> bool:
    """Whether a value is an agent with one good identifier, as both versions of xAPI write it."""
    walk = Walk(Version.V2)
    check_agent(walk, value, "agent")
    return not walk.faults


def traces_of(agents: Iterable[Mapping[str, Any]], *, texts: Iterable[str] = ()) -> PersonTraces:
    """Return how to tell a person whose identifiers are those of these agents.

    A mail address is looked for as its hash too. Addresses, identifying addresses of the web, hashes and account names
    that look like numbers are also looked for in texts; ``texts`` names more, a full name or a telephone number.

    >>> sorted(traces_of([{"mbox": "mailto:lin@example.edu"}]).texts)[1]
    'lin@example.edu'
    """
    keys: set[str] = set()
    found = {text.strip() for text in texts if text.strip()}
    for agent in agents:
        keys.add(actor_key(dict(agent)))
        if "mbox" in agent:
            address = str(agent["mbox"])
            spelled = _spelled(address)
            hashes = {_sha1(one) for one in spelled}
            keys |= {actor_key({"mbox": one}) for one in spelled} | {f"mbox_sha1sum:{digest}" for digest in hashes}
            found |= {address.partition(":")[2], *hashes}
        elif "account" in agent:
            name = str(agent["account"]["name"])
            if "@" in name or (len(name) >= SHORTEST_NUMBER and any(letter.isdigit() for letter in name)):
                found.add(name)
        else:
            found |= {str(agent[name]) for name in ("mbox_sha1sum", "openid") if name in agent}
    return PersonTraces(keys=frozenset(keys), texts=frozenset(found))


def _spelled(address: str) -> set[str]:
    """Return how an address is written: as it was given, and with the domain or all of it in small letters."""
    box, _, domain = address.rpartition("@")
    return {address, f"{box}@{domain.lower()}", address.lower()}


def _sha1(address: str) -> str:
    return hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()


def fate_of(statement: Json, traces: PersonTraces, raw: bytes) -> PersonFate:
    """Return what has to become of a statement when a person is to be forgotten; ``raw`` is its text.

    It goes where the person acts, or is what it is about, also within a SubStatement. Where others act and the person
    is a member, a teacher or anything else beside, they are replaced. A statement that voids another one stays, for
    what was withdrawn would come back without it.
    """
    if _is_about(statement, traces.keys):
        return PersonFate.REWRITTEN if statement["verb"]["id"] == VOIDED else PersonFate.REMOVED
    named = any(actor_key(one) in traces.keys for one in _actors(statement))
    return PersonFate.REWRITTEN if named or traces.are_in(raw) else PersonFate.STAYS


def _is_about(statement: Json, keys: frozenset[str]) -> bool:
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if _is_only(statement["actor"], keys) or (kind in ("Agent", "Group") and _is_only(thing, keys)):
        return True
    return kind == "SubStatement" and _is_about(thing, keys)


def _is_only(actor: Json, keys: frozenset[str]) -> bool:
    """Whether an actor is the person, or a nameless group of the person alone."""
    if actor_key(actor) in keys:
        return True
    members_of = actor.get("member", ()) if actor_key(actor).startswith("group:") else ()
    return bool(members_of) and all(actor_key(one) in keys for one in members_of)


def _actors(value: Any) -> Iterator[Json]:
    """Yield everything in a statement that is an agent or group, wherever it stands, but nothing within texts."""
    if isinstance(value, list):
        for held in value:
            yield from _actors(held)
    elif isinstance(value, dict):
        if _is_actor(value):
            yield value
        for name, held in value.items():
            if name not in ("extensions", "definition", "result"):
                yield from _actors(held)


def _is_actor(value: Json) -> bool:
    if value.get("objectType") in ("Activity", "SubStatement", "StatementRef"):
        return False
    if any(isinstance(value.get(name), str) for name in ("mbox", "mbox_sha1sum", "openid")):
        return True
    account = value.get("account")
    return isinstance(account, dict) and all(isinstance(account.get(name), str) for name in ("homePage", "name"))


def without_person(raw: bytes, traces: PersonTraces, *, pseudonym: str) -> bytes:
    """Return a statement with the person replaced by an account of nobody; what does not name them stays as sent.

    Texts that stand for the person give way to the pseudonym. A signature goes: it holds for the old words only.
    """
    changed: dict[str, bytes] = {}
    for name, part in members(raw).items():
        if name in _STORES_OWN:
            changed[name] = part
            continue
        value = msgspec.json.decode(part)
        new = _replaced(value, traces, pseudonym)
        changed[name] = part if new == value else written(new)
    if "attachments" in changed:
        kept = [one for one in msgspec.json.decode(changed["attachments"]) if one["usageType"] != SIGNATURE]
        if kept:
            changed["attachments"] = written(kept)
        else:
            del changed["attachments"]
    return joined(changed)


def _replaced(value: Any, traces: PersonTraces, pseudonym: str) -> Any:
    if isinstance(value, dict):
        if _is_actor(value) and actor_key(value) in traces.keys:
            return _nobody(value, traces, pseudonym)
        text = _text_replacer(traces, pseudonym)
        return {text(name): _replaced(held, traces, pseudonym) for name, held in value.items()}
    if isinstance(value, list):
        return [_replaced(held, traces, pseudonym) for held in value]
    return _text_replacer(traces, pseudonym)(value) if isinstance(value, str) else value


def _text_replacer(traces: PersonTraces, pseudonym: str) -> Callable[[str], str]:
    return lambda text: traces.pattern.sub(pseudonym, text)


def _nobody(actor: Json, traces: PersonTraces, pseudonym: str) -> Json:
    kept = {
        name: _replaced(held, traces, pseudonym) for name, held in actor.items() if name in ("objectType", "member")
    }
    return {**kept, "account": {"homePage": ERASED_HOME, "name": pseudonym}}
