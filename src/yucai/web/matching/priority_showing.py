"""A priority list as an account sees it: its own people, by band, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery, When

from yucai.texts import Text
from yucai.web.accounts.access import closed_to, visible_people
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.bulk import among
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.matching.case_models import OPEN_STATES, CaseDecision, SupportCase
from yucai.web.matching.priority_doors import seen_runs
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_words import Noted, noted, said_of

__all__ = [
    "EntryView",
    "ListView",
    "described",
    "entries_for",
    "entry_views",
    "last_contacts",
    "last_talks",
    "list_view",
    "runs_for",
]

ROWS_A_PAGE = 50
Band = PriorityEntry.Band


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One person on a list. ``case`` is the number of their open case, 0 for none; ``contact`` the day of the last talk
    that a case holds.
    """

    pk: int
    person: Person
    name: str
    home: str
    noted: Noted
    contact: date | None
    case: int
    state: str
    state_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A page of a list as far as an account sees it: those of whom nothing is said come last.

    ``closed`` says whether minors whom it may not read were left out.
    """

    run: PriorityRun
    counts: Mapping[str, int]
    page: Page[PriorityEntry]
    closed: bool

    @property
    def people(self) -> list[Person]:
        """Everybody whom this page names."""
        return [entry.person for entry in self.page.object_list]

    @property
    def listed(self) -> list[PriorityEntry]:
        """Those of this page of whom something is said."""
        return [entry for entry in self.page.object_list if entry.band != Band.UNKNOWN]

    @property
    def unknown(self) -> list[PriorityEntry]:
        """Those of this page of whom too little is known."""
        return [entry for entry in self.page.object_list if entry.band == Band.UNKNOWN]


class _Counted(Paginator):  # type: ignore[type-arg]
    """A paginator that was told how many there are: the page counts them anyway."""

    def __init__(self, entries: QuerySet[PriorityEntry], *, n: int) -> None:
        super().__init__(entries, ROWS_A_PAGE)
        self.n = n

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self.n


def runs_for(account: Account, space: Space) -> QuerySet[PriorityRun]:
    """Return the lists that an account may open, the newest first; ``newer`` says whether evidence came in since."""
    # Whose a record is stands inside, and they come in order: both databases begin with what came since, not with all.
    of_space = Person.objects.filter(pk=OuterRef("person"), space=OuterRef(OuterRef("space")))
    since = EvidenceRecord.objects.filter(Exists(of_space), pk__gt=OuterRef("last_record")).order_by("pk")
    found = PriorityRun.objects.filter(seen_runs(account, space)).annotate(newer=Subquery(since.values("pk")[:1]))
    return found.select_related("group").order_by("-at", "-pk")


def entries_for(account: Account, run: PriorityRun, *, at: datetime) -> QuerySet[PriorityEntry]:
    """Return the entries of a list that an account sees: of its own people, without whom their age closes."""
    found: QuerySet[PriorityEntry] = _seen(account, run, at=at).filter(shut=False)
    return found


def last_talks(account: Account, space: Space, *, at: datetime) -> tuple[date, int] | None:
    """Return up to which day the last list that an account may open counts, and with how many of its people to talk."""
    run = runs_for(account, space).first()
    if run is None:
        return None
    return run.as_of, entries_for(account, run, at=at).filter(band=Band.TALK).count()


def list_view(
    account: Account,
    run: PriorityRun,
    *,
    group: Group | None,
    page: str | None,
    at: datetime,
    band: str = "",
    free: bool = False,
) -> ListView:
    """Return a page of a list with its counts: of one band, and ``free`` only who has no open case. Two queries."""
    seen = _seen(account, run, at=at)
    if group is not None:
        seen = seen.filter(person__in=Membership.objects.filter(group=group).values("person"))
    if free:
        seen = seen.exclude(person__in=SupportCase.objects.filter(state__in=OPEN_STATES).values("person"))
    told = seen.order_by().values_list("band", "shut").annotate(n=Count("pk"))
    rows = list(told)
    counts = {known: sum(n for one, shut, n in rows if one == known and not shut) for known in Band.values}
    order = Case(When(band=Band.TALK, then=0), When(band=Band.WATCH, then=1), default=2, output_field=IntegerField())
    shown = [known for known in Band.values if band in ("", known)]
    named = seen.filter(shut=False).order_by(order, "person__code")
    if band:
        named = named.filter(band=band)
    found = _Counted(named.values("pk"), n=sum(counts[known] for known in shown)).get_page(page)
    # What is said of each is asked for the people of the page alone: a database works it out before it cuts.
    found.object_list = described(run.entries.filter(pk__in=found.object_list)).order_by(order, "person__code")
    return ListView(run=run, counts=counts, page=found, closed=any(shut for _band, shut, _n in rows))


def described(entries: QuerySet[PriorityEntry]) -> QuerySet[PriorityEntry]:
    """Return entries with all that a page says of each: last talk, open case, and class, in the same query."""
    talks = CaseDecision.objects.filter(case__person=OuterRef("person"), kind=CaseDecision.Kind.TALK).order_by("-day")
    cases = SupportCase.objects.filter(person=OuterRef("person"), state__in=OPEN_STATES)
    kinds = (Group.Kind.CLASS, Group.Kind.PRESENTATION)
    homes = Group.objects.filter(memberships__person=OuterRef("person"), kind__in=kinds).order_by("code")
    return entries.select_related("person__space", "run").annotate(
        contact=Subquery(talks.values("day")[:1]),
        case_pk=Subquery(cases.values("pk")[:1]),
        case_state=Subquery(cases.values("state")[:1]),
        home_en=Subquery(homes.values("name_en")[:1]),
        home_zh=Subquery(homes.values("name_zh")[:1]),
    )


def entry_views(entries: Iterable[PriorityEntry]) -> list[EntryView]:
    """Return entries that are ``described`` in words. No query."""
    return [_view(entry) for entry in entries]


def _view(entry: Any) -> EntryView:
    state = entry.case_state or ""
    return EntryView(
        pk=entry.pk,
        person=entry.person,
        name=said_of(entry.person.name),
        home=said_of(Text(entry.home_en or "", entry.home_zh or "")),
        noted=noted(entry, as_of=entry.run.as_of, rules_version=entry.run.rules_version),
        contact=entry.contact,
        case=entry.case_pk or 0,
        state=state,
        state_name=str(SupportCase.State(state).label) if state else "",
    )


def last_contacts(people: Iterable[int]) -> dict[int, date]:
    """Return the day of the last talk with each of these people (numbers) that a case holds."""
    talks = CaseDecision.objects.filter(among("case__person", list(people)), kind=CaseDecision.Kind.TALK)
    rows = talks.order_by().values("case__person").annotate(last=Max("day"))
    return dict(rows.values_list("case__person", "last"))


def _seen(account: Account, run: PriorityRun, *, at: datetime) -> Any:  # entries, with an annotation
    """Return the entries of an account's own people; ``shut`` says of each whether their age closes them."""
    closed = closed_to(account, page="priority", at=at).filter(pk=OuterRef("person"))
    mine = visible_people(account).filter(pk=OuterRef("person"))  # each is asked for; their list would be of everybody
    return run.entries.filter(Exists(mine)).annotate(shut=Exists(closed))
