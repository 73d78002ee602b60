"""Statements of learning tools: the record stores forget the person by their own erasure."""

from __future__ import annotations

from yucai.evidence import PersonTraces
from yucai.web.accounts.models import Account, Space
from yucai.web.erasure.holding import Task
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.subjects import Subject, traces_in
from yucai.web.feeds.forgetting import DECLARED_ACTORS
from yucai.web.feeds.models import ActorDeclaration, WeakCount
from yucai.web.records import tracing
from yucai.web.records.erasing import erase_actor, foresee_erasure
from yucai.web.records.models import RecordStore
from yucai.web.records.refused_box import REFUSED_DELIVERIES

__all__ = ["count_declared", "count_statements", "forget_declared", "forget_statements", "stores_with"]

PLACES = (DECLARED_ACTORS, REFUSED_DELIVERIES)


def stores_with(subject: Subject) -> list[RecordStore]:
    """Return the record stores of the space in which anything of the person stands."""
    traces = traces_in(subject)
    return [store for store in RecordStore.objects.filter(space=subject.space) if _holds(store, traces)]


def _holds(store: RecordStore, traces: PersonTraces) -> bool:
    found = (*tracing.naming(store.pk, traces), *tracing.telling(store.pk, traces))
    return any(found) or tracing.documents_of_person(store.pk, traces).exists()


def count_statements(subject: Subject) -> int:
    """Return how many statements and documents of the record stores are of the person, or name them."""
    traces = traces_in(subject)
    if not traces.keys or not RecordStore.objects.filter(space=subject.space).exists():
        return 0
    space = Space.objects.get(pk=subject.space)
    foreseen = foresee_erasure(space=space, traces=traces, reason="?", places=PLACES)
    return sum(one.removed + one.rewritten + one.documents for one in foreseen.stores)


def forget_statements(subject: Subject, task: Task) -> int:
    """Erase the person from every record store of the space; from now on the stores refuse statements of them."""
    traces = traces_in(subject)
    if not traces.keys or not RecordStore.objects.filter(space=subject.space).exists():
        return 0
    erasure = PersonErasure.objects.select_related("decided_by").get(pk=task.erasure)
    by: Account | None = erasure.decided_by
    done = erase_actor(
        space=Space.objects.get(pk=subject.space),
        traces=traces,
        reason=f"{erasure.code}: {task.reason}",
        by=by,
        clock=task.clock,
        places=PLACES,
        patience=task.patience,
    )
    return sum(one.removed + one.rewritten + one.documents for one in done.stores)


def count_declared(subject: Subject) -> int:
    """Return how often feeds say which actor is this person, and how much they counted of them."""
    actors = ActorDeclaration.objects.filter(person=subject.person).count()
    return actors + WeakCount.objects.filter(person=subject.person).count()


def forget_declared(subject: Subject, task: Task) -> int:
    """Let go who the person is among the actors, and what was counted."""
    n = count_declared(subject)
    ActorDeclaration.objects.filter(person=subject.person).delete()
    WeakCount.objects.filter(person=subject.person).delete()
    return n
