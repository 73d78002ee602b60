"""What somebody asks of a store on its page, read from the address of the page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.utils.timezone import get_default_timezone, make_aware
from django.utils.translation import gettext as _

from yucai.evidence import actor_key
from yucai.web.records.credentials import Caller, caller_of
from yucai.web.records.finding import Search
from yucai.web.records.keys import key_of, microsecond_of, seq_at
from yucai.web.records.models import RecordCredential, RecordStore, StatementAgent, StatementRow
from yucai.web.records.telling import VERBS, iri_end

__all__ = ["NAMES", "Asked", "asked_of", "homes_of", "person_text"]

NAMES: Final = ("person", "verb", "activity", "registration", "credential", "since", "until", "voided")
SAMPLE: Final = 500  # statements that are looked at for verbs and home pages
ON_A_PAGE: Final = 25
A_DAY: Final = 86_400_000_000  # microseconds
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
SHA1: Final = re.compile(r"[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, in keys and as it was typed; ``faults`` says what of it cannot be looked for."""

    search: Search
    caller: Caller
    said: Mapping[str, str]
    faults: tuple[str, ...]
    agent: int | None
    others: tuple[str, ...]  # the same number at other platforms

    @property
    def narrowed(self) -> bool:
        """Whether anything was asked for."""
        return any(self.said.values())


def asked_of(store: RecordStore, typed: Mapping[str, Any], *, limit: int = ON_A_PAGE) -> Asked:
    """Return the question that is typed; what cannot be read is left out and named."""
    said = {name: str(typed.get(name, "")).strip()[:1_000] for name in NAMES}
    faults: list[str] = []
    agent, others = _agent(store, said, faults)
    registration = _uuid(said["registration"])
    if said["registration"] and registration is None:
        faults.append(_("A registration is written as 8-4-4-4-12 digits and letters."))
    first, last = _times(said, faults)
    before = str(typed.get("before", ""))
    if before.isascii() and before.isdigit() and len(before) < 20:
        last = min(int(before), 2**63 - 1) if last is None else min(int(before), last)
    activity = said["activity"]
    search = Search(
        store=store.pk,
        limit=limit,
        agent=agent,
        verb=_verb(store, said["verb"], faults),
        activity=key_of(store.pk, "activity", activity) if activity else None,
        registration=registration,
        related_agents=False,
        first=first,
        last=last,
        voided=said["voided"] == "yes",
    )
    return Asked(
        search=search,
        caller=_caller(store, said["credential"]),
        said=said,
        faults=tuple(faults),
        agent=agent,
        others=others,
    )


def _caller(store: RecordStore, credential: str) -> Caller:
    """Return as who the store is read: as everybody, or as one credential that sees what it stored."""
    if credential.isascii() and credential.isdigit() and len(credential) < 16:
        row = RecordCredential.objects.filter(store=store, pk=int(credential)).first()
        if row is not None:
            known = caller_of(row)
            return Caller(
                store=store.pk,
                key="",
                scopes=frozenset({"statements/read/mine"}),
                authority=known.authority,
                authority_key=known.authority_key,
            )
    return Caller(store=store.pk, key="", scopes=frozenset({"statements/read"}), authority={}, authority_key=0)


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        return None


def _times(said: Mapping[str, str], faults: list[str]) -> tuple[int, int | None]:
    first, last = 0, None
    for name in ("since", "until"):
        if not said[name]:
            continue
        day = _day(said[name])
        if day is None:
            faults.append(_("“%(day)s” is no day. Write it as 2026-11-26.") % {"day": said[name]})
        elif name == "since":
            first = max(0, seq_at(microsecond_of(day)))
        else:
            last = seq_at(microsecond_of(day) + A_DAY) - 1
    return first, last


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
        return None if day is None else make_aware(datetime(day.year, day.month, day.day), get_default_timezone())  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None


def _verb(store: RecordStore, typed: str, faults: list[str]) -> int | None:
    """Return the key of a verb that is named by its IRI, its last part, or a word of ours."""
    if not typed:
        return None
    if ":" in typed:
        return key_of(store.pk, "verb", typed)
    wanted = typed.lower()
    ends = {end for end, words in VERBS.items() if wanted in (end, words.en.lower(), words.zh, words.zh.rstrip("了："))}
    for iri in known_verbs(store):
        if iri_end(iri).lower() in ends | {wanted}:
            return key_of(store.pk, "verb", iri)
    faults.append(_("No statement of late has the verb “%(verb)s”. Write its whole address.") % {"verb": typed})
    return None


def _lately(store: RecordStore) -> list[dict[str, Any]]:
    rows = StatementRow.objects.filter(store=store).order_by("-seq").values_list("body", flat=True)
    return [msgspec.json.decode(bytes(body)) for body in rows[:SAMPLE]]


def known_verbs(store: RecordStore) -> list[str]:
    """Return the verbs of the last statements, the most used first."""
    found: dict[str, int] = {}
    for statement in _lately(store):
        verb = str(statement["verb"]["id"])
        found[verb] = found.get(verb, 0) + 1
    return sorted(found, key=lambda verb: (-found[verb], verb))


def homes_of(store: RecordStore) -> list[str]:
    """Return the home pages at which people may have accounts: of the tools, and of the last statements."""
    tools = (
        msgspec.json.decode(text)["account"]["homePage"]
        for text in store.credentials.values_list("authority", flat=True)
    )
    people = (one["actor"]["account"]["homePage"] for one in _lately(store) if "account" in one["actor"])
    return list(dict.fromkeys(map(str, (*tools, *people))))


def _agent(store: RecordStore, said: Mapping[str, str], faults: list[str]) -> tuple[int | None, tuple[str, ...]]:
    """Return the key of a person who is typed, and the same name at other platforms."""
    typed = said["person"]
    if not typed:
        return None, ()
    agent = _agent_typed(typed)
    if agent is not None:
        return key_of(store.pk, "agent", actor_key(agent)), ()
    accounts = [{"account": {"homePage": home, "name": typed}} for home in homes_of(store)]
    found = [one for one in accounts if _is_there(key_of(store.pk, "agent", actor_key(one)))]
    if not found:
        faults.append(
            _("No statement here is of “%(person)s”. Check it, or write the mail address, or: name @ web address.")
            % {"person": typed}
        )
        return key_of(store.pk, "agent", f"nobody:{typed}"), ()
    return key_of(store.pk, "agent", actor_key(found[0])), tuple(person_text(one) for one in found[1:])


def _is_there(key: int) -> bool:
    return StatementRow.objects.filter(actor=key).exists() or StatementAgent.objects.filter(agent=key).exists()


def _agent_typed(typed: str) -> dict[str, Any] | None:
    name, at, home = typed.rpartition(" @ ")
    if at and "://" in home:
        return {"account": {"homePage": home.strip(), "name": name.strip()}}
    if SHA1.fullmatch(typed):
        return {"mbox_sha1sum": typed.lower()}
    if "://" in typed:
        return {"openid": typed}
    if "@" in typed:
        return {"mbox": f"mailto:{typed.removeprefix('mailto:')}"}
    return None


def person_text(actor: Mapping[str, Any]) -> str:
    """Return an actor as it is typed into the filter; "" for a group without an identifier."""
    if "account" in actor:
        return f"{actor['account']['name']} @ {actor['account']['homePage']}"
    if "mbox" in actor:
        return str(actor["mbox"]).removeprefix("mailto:")
    return str(actor.get("openid") or actor.get("mbox_sha1sum") or "")
