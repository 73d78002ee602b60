"""A priority list as an account sees it: its own people, by band, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, QuerySet

from yucai.web.accounts.access import closed_to, visible_people
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.bulk import among
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.matching.case_models import OPEN_STATES, CaseDecision, SupportCase
from yucai.web.matching.priority_doors import seen_runs
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_words import Noted, noted, said_of

__all__ = ["EntryView", "ListView", "entries_for", "entry_views", "last_contacts", "list_view", "runs_for"]

ROWS_A_PAGE = 50
Band = PriorityEntry.Band


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One person on a list. ``case`` is their open case; ``contact`` the day of the last talk that a case holds."""

    pk: int
    person: Person
    name: str
    home: str
    noted: Noted
    contact: date | None
    case: SupportCase | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A list as far as an account sees it. ``closed`` says whether minors whom it may not read were left out."""

    run: PriorityRun
    counts: Mapping[str, int]
    page: Page[PriorityEntry]
    unknown_page: Page[PriorityEntry]
    closed: bool
    newer: bool  # whether evidence came in since

    @property
    def people(self) -> list[Person]:
        """Everybody whom this page names."""
        return [entry.person for entry in (*self.page.object_list, *self.unknown_page.object_list)]


def runs_for(account: Account, space: Space) -> QuerySet[PriorityRun]:
    """Return the lists that an account may open, the newest first."""
    return PriorityRun.objects.filter(seen_runs(account, space)).select_related("group", "by").order_by("-at", "-pk")


def entries_for(account: Account, run: PriorityRun, *, at: datetime) -> QuerySet[PriorityEntry]:
    """Return the entries of a list that an account sees: of its own people, without whom their age closes."""
    found = run.entries.filter(person__in=visible_people(account).values("pk"))
    return found.exclude(person__in=closed_to(account, page="priority", at=at).values("pk"))


def list_view(
    account: Account, run: PriorityRun, *, group: Group | None, page: str | None, unknown: str | None, at: datetime
) -> ListView:
    """Return a page of a list with its counts, in as many queries for many people as for few."""
    entries = entries_for(account, run, at=at)
    if group is not None:
        entries = entries.filter(person__in=Membership.objects.filter(group=group).values("person"))
    counts = dict(entries.order_by().values("band").annotate(n=Count("pk")).values_list("band", "n"))
    named = entries.select_related("person").order_by("-band", "person__code")  # talk-soon stands before keep-in-view
    shut = run.entries.filter(person__in=visible_people(account).values("pk")).filter(
        person__in=closed_to(account, page="priority", at=at).values("pk")
    )
    return ListView(
        run=run,
        counts={band: counts.get(band, 0) for band in Band.values},
        page=Paginator(named.exclude(band=Band.UNKNOWN), ROWS_A_PAGE).get_page(page),
        unknown_page=Paginator(named.filter(band=Band.UNKNOWN), ROWS_A_PAGE).get_page(unknown),
        closed=shut.exists(),
        newer=EvidenceRecord.objects.filter(pk__gt=run.last_record, person__space=run.space_id).exists(),
    )


def entry_views(entries: Sequence[PriorityEntry]) -> list[EntryView]:
    """Return these entries in words, each with the last talk, the open case and the class. Three queries."""
    people = [entry.person_id for entry in entries]
    contacts, homes = last_contacts(people), _homes(people)
    cases = {case.person_id: case
             for case in SupportCase.objects.filter(among("person", people), state__in=OPEN_STATES)}  # fmt: skip
    return [
        EntryView(
            pk=entry.pk,
            person=entry.person,
            name=said_of(entry.person.name),
            home=homes.get(entry.person_id, ""),
            noted=noted(entry, as_of=entry.run.as_of, rules_version=entry.run.rules_version),
            contact=contacts.get(entry.person_id),
            case=cases.get(entry.person_id),
        )
        for entry in entries
    ]


def last_contacts(people: Iterable[int]) -> dict[int, date]:
    """Return the day of the last talk with each of these people (numbers) that a case holds."""
    talks = CaseDecision.objects.filter(among("case__person", list(people)), kind=CaseDecision.Kind.TALK)
    rows = talks.order_by().values("case__person").annotate(last=Max("day"))
    return dict(rows.values_list("case__person", "last"))


def _homes(people: Sequence[int]) -> dict[int, str]:
    kinds = (Group.Kind.CLASS, Group.Kind.PRESENTATION)
    mine = Membership.objects.filter(among("person", people), group__kind__in=kinds).select_related("group")
    return {one.person_id: said_of(one.group.name) for one in mine.order_by("-group__code")}
