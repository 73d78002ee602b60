"""Statements as the pages show them: in words, with whose they are, and with who looked written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from yucai.evidence import LearnerNumbers, actor_key
from yucai.web.accounts.access import purpose_of, read_people, visible_people
from yucai.web.accounts.models import Account, Person
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed, FeedDeclaration
from yucai.web.records.actions import tool_of
from yucai.web.records.catalogue import activities_of, definitions_for
from yucai.web.records.credentials import caller_of
from yucai.web.records.keys import key_of, stored_of
from yucai.web.records.models import RecordStore, StatementRow
from yucai.web.records.operating_models import StatementReading
from yucai.web.records.telling import ToldStatement, tell
from yucai.web.stores.filters import person_text

__all__ = ["Line", "known_people", "lines_of", "note_reading", "tool_names"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One statement in a list."""

    id: str
    at: datetime
    told: ToldStatement
    person: Person | None
    person_text: str
    activity: str
    tool: str
    voided: bool
    voiding: bool


def tool_names(store: RecordStore) -> dict[int, str]:
    """Return the tools of a store by the key of the authority that their statements carry."""
    return {caller_of(one).authority_key: tool_of(one) for one in store.credentials.order_by("pk")}


def known_people(store: RecordStore, account: Account, actors: Iterable[Json]) -> dict[str, Person]:
    """Return the people on record whom actors are, by ``actor_key``: as the sources of evidence of this store say, and
    who has their number at a tool of the store.
    """
    by_key = {actor_key(actor): actor for actor in actors}
    rules = [*_declared(store, by_key), _at_tools(store)]
    numbers: dict[str, str] = {}
    for key, actor in by_key.items():
        number = next(filter(None, (rule.number_of(actor) for rule in rules)), None)
        if number is not None:
            numbers[key] = number
    people = visible_people(account).filter(space=store.space_id, code__in=set(numbers.values()))
    by_code = {person.code: person for person in people}
    return {key: by_code[code] for key, code in numbers.items() if code in by_code}


def _declared(store: RecordStore, keys: Iterable[str]) -> Iterator[LearnerNumbers]:
    """Yield how each source of evidence finds learners in this store."""
    feeds = list(EvidenceFeed.objects.filter(store=store).select_related("in_force").order_by("pk"))
    newest = FeedDeclaration.objects.order_by("number")  # of several the last one stays
    waiting = [feed.pk for feed in feeds if feed.in_force is None]
    latest = {one.feed_id: one for one in newest.filter(feed__in=waiting)} if waiting else {}
    crosswalks: dict[int, dict[str, str]] = {feed.pk: {} for feed in feeds}
    said = ActorDeclaration.objects.filter(feed__in=feeds, key__in=list(keys))
    for feed_pk, key, code in said.values_list("feed", "key", "person__code"):
        crosswalks[feed_pk][key] = code
    for feed in feeds:
        declaration = feed.in_force or latest.get(feed.pk)
        if declaration is not None:
            yield LearnerNumbers(
                home_pages=frozenset(declaration.home_pages),
                mail_domains=frozenset(domain.lower() for domain in declaration.mail_domains),
                crosswalk=crosswalks[feed.pk],
            )


def _at_tools(store: RecordStore) -> LearnerNumbers:
    rows = store.credentials.values_list("authority", flat=True)
    homes = {str(msgspec.json.decode(text)["account"]["homePage"]).rstrip("/") for text in rows}
    return LearnerNumbers(home_pages=frozenset(homes | {f"{home}/" for home in homes}))


def lines_of(
    store: RecordStore, bodies: Sequence[tuple[int, bytes]], *, account: Account, page: str, language: str, at: datetime
) -> list[Line]:
    """Return statements as lines, and write down that this account looked at those whom they are about."""
    if not bodies:
        return []
    statements = [(seq, msgspec.json.decode(body)) for seq, body in bodies]
    actors = {actor_key(one["actor"]): one["actor"] for _, one in statements}
    people = known_people(store, account, actors.values())
    note_reading(store, actors, people, account=account, page=page, at=at)
    marks = {
        seq: (authority, voided, voiding)
        for seq, authority, voided, voiding in StatementRow.objects.filter(
            seq__in=[seq for seq, _ in statements]
        ).values_list("seq", "authority", "voided", "voiding")
    }
    names = definitions_for(store.pk, {one["id"] for _, statement in statements for one in activities_of(statement)})
    tools = tool_names(store)
    lines = []
    for seq, statement in statements:
        person = people.get(actor_key(statement["actor"]))
        authority, voided, voiding = marks.get(seq, (0, False, False))
        who = person.name.in_language(language) if person is not None else ""
        thing = statement["object"]
        lines.append(
            Line(
                id=str(statement["id"]),
                at=stored_of(seq),
                told=tell(statement, language=language, who=who, names=names),
                person=person,
                person_text=person_text(statement["actor"]),
                activity=str(thing["id"]) if thing.get("objectType", "Activity") == "Activity" else "",
                tool=tools.get(authority, ""),
                voided=voided,
                voiding=voiding,
            )
        )
    return lines


def note_reading(
    store: RecordStore,
    actors: Mapping[str, Json],
    people: Mapping[str, Person],
    *,
    account: Account,
    page: str,
    at: datetime,
) -> None:
    """Write down who looked at statements of whom: of people on record as everywhere, of others by their number."""
    read_people(account, {person.pk: person for person in people.values()}.values(), page=page, at=at)
    purpose = purpose_of(account)
    StatementReading.objects.bulk_create(
        StatementReading(
            at=at, account=account, store=store, actor=key_of(store.pk, "agent", key), page=page, purpose=purpose
        )
        for key in actors
        if key not in people
    )
