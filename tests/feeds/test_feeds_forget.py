"""Who is erased from a store is declared to be nobody any longer, and the scores of those statements come off."""

from tests.feeds.lessons import HOME
from yucai.evidence import PersonTraces, actor_key
from yucai.web.accounts.models import Person
from yucai.web.feeds.forgetting import DECLARED_ACTORS
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed

MAIL = actor_key({"mbox": "mailto:lin@example.edu"})
OTHER = actor_key({"mbox": "mailto:lin@elsewhere.example"})
STRANGER = actor_key({"mbox": "mailto:zhou@example.edu"})


def declared(feed, at, **keys):
    for code, key in keys.items():
        person = Person.objects.get(space=feed.space, code=code[1:3])
        ActorDeclaration.objects.create(feed=feed, key=key, person=person, at=at)


def test_every_actor_of_the_same_person_is_known_and_goes(feed):
    at = feed.store.created_at
    declared(feed, at, p01a=MAIL, p01b=OTHER, p02=STRANGER)
    further = DECLARED_ACTORS.further_keys(feed.space, frozenset({MAIL}))
    assert further == {MAIL, OTHER}
    traces = PersonTraces(keys=further, texts=frozenset())
    EvidenceFeed.objects.update(look={"found": 1})
    assert DECLARED_ACTORS.count(feed.space, traces) == 2
    assert DECLARED_ACTORS.forget(feed.space, traces, at=at) == 2
    assert [one.key for one in ActorDeclaration.objects.all()] == [STRANGER]
    assert EvidenceFeed.objects.get(pk=feed.pk).look == {}


def test_of_somebody_nobody_declared_nothing_goes(feed):
    traces = PersonTraces(keys=frozenset({actor_key({"account": {"homePage": HOME, "name": "99"}})}), texts=frozenset())
    assert DECLARED_ACTORS.count(feed.space, traces) == DECLARED_ACTORS.forget(
        feed.space, traces, at=feed.store.created_at
    )
