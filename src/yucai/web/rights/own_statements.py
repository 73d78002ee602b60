"""The statements of learning tools whose actor is a person on record, by what the feeds of the institution declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from yucai.evidence import actor_key
from yucai.web.accounts.consents import RESEARCH, consenting
from yucai.web.accounts.models import Person
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed
from yucai.web.records.keys import key_of
from yucai.web.records.models import RecordStore, StatementRow

__all__ = ["actors_consenting", "own_statement_rows", "statements_of"]

FEW: Final = 1_000  # actors that are named to the database; of more all declarations are read


def _actor_keys(people: Sequence[Person], feeds: Sequence[EvidenceFeed]) -> dict[int, set[str]]:
    """Return the actors that feeds take for these people, by store: declared one by one, by home page, by mail domain.

    One question for all of them, and one more for the declarations where the feeds do not bring them along.
    """
    told = {(feed.pk, key): person.pk for feed in feeds for person in people for key in _told(person, feed)}
    declared = ActorDeclaration.objects.filter(feed__in=feeds)
    if len(told) <= FEW:
        declared = declared.filter(Q(key__in={key for _feed, key in told}) | Q(person__in=people))
    # What was said one by one counts before the number.
    said = {(feed, key): person for feed, key, person in declared.values_list("feed", "key", "person")}
    wanted, store_of = {person.pk for person in people}, {feed.pk: feed.store_id for feed in feeds}
    keys = {feed.store_id: set[str]() for feed in feeds}
    for (feed, key), who in (told | said).items():
        if who in wanted:
            keys[store_of[feed]].add(key)
    return keys


def _told(person: Person, feed: EvidenceFeed) -> Iterator[str]:
    """Yield the actors that a feed takes for whoever has a person's number."""
    for declaration in feed.declarations.all():
        for home in declaration.home_pages:
            yield actor_key({"account": {"homePage": home, "name": person.code}})
        for domain in declaration.mail_domains:
            yield actor_key({"mbox": f"mailto:{person.code}@{domain}"})


def own_statement_rows(person: Person) -> QuerySet[StatementRow]:
    """Return the statements whose actor is the person, in every store of the institution."""
    feeds = EvidenceFeed.objects.filter(space=person.space_id).prefetch_related("declarations")
    wanted = Q(seq__in=[])
    for store, own in _actor_keys([person], list(feeds)).items():
        wanted |= Q(store=store, actor__in=[key_of(store, "agent", key) for key in own])
    return StatementRow.objects.filter(wanted)


def statements_of(person: Person) -> Iterator[str]:
    """Yield the statements whose actor is the person, store by store in the order of storing, as they are kept."""
    rows = own_statement_rows(person).order_by("store", "seq")
    for body in rows.values_list("body", flat=True).iterator(chunk_size=500):
        yield bytes(body).decode()


def actors_consenting(store: RecordStore, *, at: datetime) -> frozenset[str]:
    """Return the actors of a store, as its feeds declare them, whose people consent to research at a moment.

    An actor that no feed declares is nobody on record, so nobody's consent is known, and it is not among them.
    """
    feeds = list(EvidenceFeed.objects.filter(store=store).select_related("space").prefetch_related("declarations"))
    spaces = {feed.space_id: feed.space for feed in feeds}
    keys = set[str]()
    for number, space in spaces.items():
        mine = [feed for feed in feeds if feed.space_id == number]
        for found in _actor_keys(list(consenting(space=space, code=RESEARCH.code, at=at)), mine).values():
            keys |= found
    return frozenset(keys)
