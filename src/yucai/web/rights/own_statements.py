"""The statements of learning tools whose actor is a person on record, by what the feeds of the institution declare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from yucai.evidence import actor_key
from yucai.web.accounts.consents import RESEARCH, consenting
from yucai.web.accounts.models import Person
from yucai.web.feeds.models import EvidenceFeed
from yucai.web.records.keys import key_of
from yucai.web.records.models import RecordStore, StatementRow

__all__ = ["actor_keys_of", "actors_consenting", "statements_of"]


def actor_keys_of(person: Person, feed: EvidenceFeed) -> set[str]:
    """Return the actors that a feed takes for this person: declared one by one, by home page, by mail domain."""
    told: set[str] = set()
    for declaration in feed.declarations.all():
        told |= {actor_key({"account": {"homePage": home, "name": person.code}}) for home in declaration.home_pages}
        told |= {actor_key({"mbox": f"mailto:{person.code}@{domain}"}) for domain in declaration.mail_domains}
    declared = dict(feed.actors.values_list("key", "person"))  # said one by one, it counts before the number
    mine = {key for key, who in declared.items() if who == person.pk}
    return mine | {key for key in told if declared.get(key, person.pk) == person.pk}


def statements_of(person: Person) -> Iterator[str]:
    """Yield the statements whose actor is the person, store by store in the order of storing, as they are kept."""
    keys: dict[int, set[str]] = {}
    for feed in EvidenceFeed.objects.filter(space=person.space_id).prefetch_related("declarations"):
        keys.setdefault(feed.store_id, set()).update(actor_keys_of(person, feed))
    for store, own in sorted(keys.items()):
        numbers = [key_of(store, "agent", key) for key in own]
        rows = StatementRow.objects.filter(store=store, actor__in=numbers).order_by("seq")
        for body in rows.values_list("body", flat=True).iterator(chunk_size=500):
            yield bytes(body).decode()


def actors_consenting(store: RecordStore, *, at: datetime) -> frozenset[str]:
    """Return the actors of a store, as its feeds declare them, whose people consent to research at a moment.

    An actor that no feed declares is nobody on record, so nobody's consent is known, and it is not among them.
    """
    feeds = list(EvidenceFeed.objects.filter(store=store).prefetch_related("declarations"))
    keys: set[str] = set()
    for feed in feeds:
        for person in consenting(space=feed.space, code=RESEARCH.code, at=at):
            keys |= actor_keys_of(person, feed)
    return frozenset(keys)
