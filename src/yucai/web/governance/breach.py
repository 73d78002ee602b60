"""Who was affected: what an account that was in the wrong hands could look at, and did, by the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
from yucai.web.accounts.models import Account, Person

__all__ = ["Affected", "AffectedPerson", "affected_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedPerson:
    """Somebody of whom something was shown: how often, first and last, and on which pages."""

    person: int
    space: str
    code: str
    n_looks: int
    first_at: datetime
    last_at: datetime
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """What an account did in a time: who was shown, what else it did by name and count, and what was refused to it."""

    account: str
    since: datetime
    until: datetime
    people: tuple[AffectedPerson, ...]
    acts: tuple[tuple[str, int], ...]
    n_refused: int
    first_event: int
    last_event: int


def affected_by(account: Account, *, since: datetime, until: datetime) -> Affected:
    """Return what the trail says of an account between two times, both included."""
    events = AuditEntry.objects.filter(account=account, at__gte=since, at__lte=until)
    shown = AuditPerson.objects.filter(
        entry__account=account, entry__at__gte=since, entry__at__lte=until, entry__refused=False
    )
    counted = shown.values("person").annotate(n=Count("entry"), first=Min("entry__at"), last=Max("entry__at"))
    by_person = {row["person"]: row for row in counted}
    pages: dict[int, set[str]] = {}
    for person, act, target in shown.values_list("person", "entry__act", "entry__target").distinct():
        pages.setdefault(person, set()).add(target or act)
    people = Person.objects.filter(pk__in=list(by_person)).select_related("space").order_by("space__code", "code")
    edges = events.aggregate(first=Min("position"), last=Max("position"))
    others = events.filter(refused=False).exclude(act="read").values("act").annotate(n=Count("position"))
    return Affected(
        account=account.username,
        since=since,
        until=until,
        people=tuple(
            AffectedPerson(
                person=one.pk,
                space=one.space.code,
                code=one.code,
                n_looks=by_person[one.pk]["n"],
                first_at=by_person[one.pk]["first"],
                last_at=by_person[one.pk]["last"],
                pages=tuple(sorted(pages[one.pk])),
            )
            for one in people
        ),
        acts=tuple(sorted((row["act"], row["n"]) for row in others)),
        n_refused=events.filter(refused=True).count(),
        first_event=edges["first"] or 0,
        last_event=edges["last"] or 0,
    )
