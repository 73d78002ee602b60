"""What a home lists of one institution below the cards: its groups, how the profiles stand, and its tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.accounts.access import (
    guards_people,
    may_observe_at_all,
    visible_groups,
)
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.observation_models import ObservationPlan
from yucai.web.governance.attainment_doors import may_see_attainment
from yucai.web.governance.indicator_doors import may_see_governance
from yucai.web.governance.list_fairness_views import AUDITS
from yucai.web.homes.cards import Asked, Way, address
from yucai.web.jobs.models import Job
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.switches import state_of
from yucai.web.teaching.outside import outside_size

__all__ = [
    "Listed",
    "ListedGroup",
    "Numbers",
    "Shelf",
    "listed_groups",
    "numbers_of",
    "observed_only",
    "observes",
    "tools_of",
]

ORDER = (Group.Kind.COHORT, Group.Kind.CLASS, Group.Kind.PRESENTATION, Group.Kind.MENTEES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """A group with its address and how many people are in it, in words: a page may list a thousand."""

    kind: str
    name: str
    to: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The groups of one kind; ``folded`` where there are many that few come for."""

    kind: str
    name: str
    groups: tuple[ListedGroup, ...]
    folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How the profiles of an institution stand, for who may compute them."""

    run: CalibrationRun | None
    stale: str
    off: Text | None
    until: datetime | None
    job: Job | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Tools of one kind, under its name."""

    name: str
    ways: tuple[Way, ...]


def listed_groups(asked: Asked) -> tuple[Listed, ...]:
    """Return the groups that an account may open, kind by kind, each with its people as far as that may be told."""
    found = visible_groups(asked.account).filter(space=asked.space).select_related("space")
    found = found.annotate(members=Count("people")).order_by("code")
    outside = asked.account.role == Account.Role.BUREAU
    rows = [_row(one, members=_told(one, asked) if outside else one.members) for one in found]
    return tuple(_of_kind(kind, rows, asked.account) for kind in ORDER if any(row.kind == kind for row in rows))


def _row(group: Group, *, members: int | None) -> ListedGroup:
    """Return a line of the list; ``members`` is None where that may not be told."""
    says = (
        _("number of people hidden")
        if members is None
        else ngettext("%(n)s person", "%(n)s people", members) % {"n": number_format(members)}
    )
    name = group.name.in_language(get_language() or "en")
    return ListedGroup(kind=group.kind, name=name, to=address("group", group.pk), says=says)


def _told(group: Group, asked: Asked) -> int | None:
    return outside_size(group, to=asked.account, at=asked.at).cells[0].count


def _of_kind(kind: Group.Kind, rows: Iterable[ListedGroup], account: Account) -> Listed:
    own = account.role in (Account.Role.MENTOR, Account.Role.TEACHER)
    names = {
        Group.Kind.COHORT: _("Entry years"), Group.Kind.CLASS: _("Classes"), Group.Kind.PRESENTATION: _("Courses"),
        Group.Kind.MENTEES: _("Mentees") if own else _("Mentees, by mentor"),
    }  # fmt: skip
    mine = tuple(row for row in rows if row.kind == kind)
    return Listed(kind=kind.value, name=names[kind], groups=mine, folded=kind is Group.Kind.MENTEES and not own)


def numbers_of(asked: Asked) -> Numbers:
    """Return how the profiles of an institution stand, for who may compute them."""
    run = CalibrationRun.objects.filter(space=asked.space, current=True).first()
    state = state_of(asked.space, PROFILES.code, at=asked.at)
    impact = state.last.impact if state.last is not None else None
    open_ = Job.objects.filter(space=asked.space, kind="measure", state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return Numbers(
        run=run,
        stale=what_changed_since(run) or why_no_profiles(asked.space, run, at=asked.at),
        off=state.why,
        until=impact.provisional_until if state.provisional and impact else None,
        job=open_.first(),
    )


def observes(asked: Asked) -> bool:
    """Return whether children are watched in an institution, by who may take part in that."""
    return may_observe_at_all(asked.account) and ObservationPlan.objects.filter(space=asked.space).exists()


def observed_only(space: Space) -> bool:
    """Return whether nobody is on record by name where children are watched."""
    return not Person.objects.filter(space=space).exists()


def tools_of(asked: Asked, *, measures: bool) -> tuple[Shelf, ...]:
    """Return what else an account does in an institution: each address once, and only where it is let in.

    ``measures`` says whether it computes profiles there: whoever does also takes files in.
    """
    account, code = asked.account, asked.space.code
    guards = guards_people(account, asked.space)
    data = [
        (measures, _("Import files"), address("import_desk", code)),
        (measures, _("Sources from record stores"), address("feeds")),
        (measures or guards, _("Research exports"), address("research", code)),
    ]
    quality = [
        (may_see_governance(account), _("Governance"), f"{address('governance')}?space={code}"),
        (may_see_attainment(account), _("Attainment"), f"{address('attainment')}?space={code}"),
        (measures or account.role == Account.Role.TEACHER,  # who sees the own figures there
         _("Teaching quality"), f"{address('teaching_quality')}?space={code}"),
        (account.role in AUDITS, _("Is the priority list fair?"), address("priority_fairness", code)),
    ]  # fmt: skip
    runs = guards and account.role == Account.Role.DIRECTOR  # as ``may_run_accounts`` says of whoever is let in
    people = [
        (guards, _("Announcements"), address("announcements", code)),
        (guards, _("Erasure, holds and time limits"), address("erasures", code)),
        (guards, _("Protected traits"), address("traits", code)),
        (runs, _("Accounts"), address("accounts")),
        (runs, _("Links for people outside"), address("outside_links")),
    ]
    about = [
        (True, _("Registers"), address("registers", code)),
        (True, _("Programs and their tokens"), address("api_tokens")),
    ]
    named = (
        (_("Data"), data),
        (_("Quality and governance"), quality),
        (_("People and rights"), people),
        (_("Reference"), about),
    )
    shelves = (
        Shelf(name=name, ways=tuple(Way(words=words, to=to) for open_, words, to in ways if open_))
        for name, ways in named
    )
    return tuple(shelf for shelf in shelves if shelf.ways)
