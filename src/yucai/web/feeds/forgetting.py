"""What feeds forget of a person who is erased from the record stores: whose actor it was, and the scores behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from yucai.evidence import PersonTraces
from yucai.web.accounts.models import Space
from yucai.web.feeds.actions import forget_keys
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed

__all__ = ["DECLARED_ACTORS"]


class _DeclaredActors:
    """Actors that the office declared to be a person on record.

    What was declared to be the same person is the same person: its statements go too. Scores made of statements that
    are gone are taken back when a feed looks again; the person's number on record is the office's own and stays.
    """

    name = "declared actors"

    def further_keys(self, space: Space, keys: frozenset[str]) -> frozenset[str]:
        """Return the other actors who were declared to be the same person."""
        of = ActorDeclaration.objects.filter(feed__space=space)
        people = of.filter(key__in=keys).values("person")
        return frozenset(of.filter(person__in=people).values_list("key", flat=True))

    def count(self, space: Space, traces: PersonTraces) -> int:
        """Return how many declarations would go."""
        return ActorDeclaration.objects.filter(feed__space=space, key__in=traces.keys).count()

    def forget(self, space: Space, traces: PersonTraces, *, at: datetime) -> int:
        """Let them go, and have every feed of the institution look at its store again."""
        n = self.count(space, traces)
        for feed in _one_a_store(space):
            forget_keys(store=feed.store, keys=traces.keys)
        return n


def _one_a_store(space: Space) -> list[EvidenceFeed]:
    feeds = EvidenceFeed.objects.filter(space=space).select_related("store").order_by("store", "pk")
    return list({feed.store_id: feed for feed in feeds}.values())


DECLARED_ACTORS: Final = _DeclaredActors()
