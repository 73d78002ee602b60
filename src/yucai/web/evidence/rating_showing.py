"""Rating rounds as they are shown: a rater's works, the levels of others once they may be seen, and progress."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import translation

from yucai.evidence import DesignReport, LearnersShown, RatingPlan
from yucai.framework import Rubric
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence import rating_planning as planning
from yucai.web.evidence.rating_models import RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import design_of, plan_of, rubric_of
from yucai.web.evidence.rating_rounds import round_so_far, seen_by

__all__ = [
    "LevelsView",
    "MyRound",
    "MyWork",
    "RaterView",
    "called",
    "closed_levels",
    "my_rounds",
    "people_of_rounds",
    "people_shown",
    "progress_of",
    "reading_of",
    "seat_levels",
    "whose",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MyWork:
    """One work of a rater: how it is called, and how much of it is rated."""

    pk: int
    code: str
    whose: str
    rated: int
    criteria: int
    saved: bool
    conflict: bool

    @property
    def whole(self) -> bool:
        """Whether nothing of it is open."""
        return self.conflict or self.rated == self.criteria


@dataclass(frozen=True, slots=True, kw_only=True)
class MyRound:
    """One round as its rater sees it."""

    record: RatingRoundRecord
    works: tuple[MyWork, ...]
    handed_in_at: datetime | None

    @property
    def unfinished(self) -> int:
        """How many works have something left open."""
        return sum(not work.whole for work in self.works)

    @property
    def done(self) -> int:
        """How many works have nothing left open."""
        return len(self.works) - self.unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterView:
    """How far one rater is: no level among it."""

    name: str
    role: str
    works: int
    begun: int
    handed_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsView:
    """Levels by criterion: a row is a criterion, a column a rater; an empty string is open."""

    raters: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def my_rounds(account: Account, records: Sequence[RatingRoundRecord]) -> list[MyRound]:
    """Return rounds as one of their raters sees them; nothing of the others is among it. One question for all."""
    seats = RatingSeatRecord.objects.filter(round__in=records, rater=account).order_by("work")
    mine: dict[int, list[Any]] = {record.pk: [] for record in records}
    for seat in seats.annotate(rated=Count("marks", filter=Q(marks__level__isnull=False))):
        mine[seat.round_id].append(seat)
    return [_my_round(record, mine[record.pk]) for record in records]


def _my_round(record: RatingRoundRecord, seats: Sequence[Any]) -> MyRound:
    plan, n_criteria = plan_of(record), len(rubric_of(record).criteria)
    works = tuple(
        MyWork(
            pk=seat.pk,
            code=seat.work,
            whose=whose(plan, seat.work),
            rated=seat.rated,
            criteria=n_criteria,
            saved=seat.saved_at is not None,
            conflict=seat.conflict,
        )
        for seat in seats
    )
    return MyRound(record=record, works=works, handed_in_at=next((seat.handed_in_at for seat in seats), None))


def whose(plan: RatingPlan, work: str) -> str:
    """Return what a rater learns of whose work it is: as the plan says, and nothing where it is blind."""
    found = plan.work(work)
    if plan.shown == LearnersShown.NAMES:
        return ", ".join(found.names)
    return ", ".join(found.learners) if plan.shown == LearnersShown.NUMBERS else ""


def people_shown(record: RatingRoundRecord, works: Iterable[str]) -> list[Person]:
    """Return the people whom a page that shows these works to a rater shows with them: none where it is blind."""
    return people_of_rounds([(record, works)])


def people_of_rounds(shown: Iterable[tuple[RatingRoundRecord, Iterable[str]]]) -> list[Person]:
    """Return the same for works of several rounds, with one question for all."""
    codes: dict[int, set[str]] = {}
    for record, works in shown:
        plan = plan_of(record)
        if plan.shown != LearnersShown.BLIND:
            codes.setdefault(record.space_id, set()).update(one for work in works for one in plan.work(work).learners)
    wanted = Q(pk__in=[])
    for space, learners in codes.items():
        wanted |= Q(space=space, code__in=learners)
    return list(Person.objects.filter(wanted)) if codes else []


def progress_of(record: RatingRoundRecord) -> tuple[RaterView, ...]:
    """Return how far each rater is."""
    found: dict[int, list[RatingSeatRecord]] = {}
    for seat in RatingSeatRecord.objects.filter(round=record).select_related("rater").order_by("rater__username"):
        found.setdefault(seat.rater_id, []).append(seat)
    return tuple(
        RaterView(
            name=_name(seats[0].rater),
            role=str(seats[0].rater.get_role_display()),
            works=len(seats),
            begun=sum(seat.saved_at is not None for seat in seats),
            handed_in_at=seats[0].handed_in_at,
        )
        for seats in found.values()
    )


def called(accounts: Iterable[Account]) -> dict[str, str]:
    """Return how each rater is called on a page."""
    return planning.called(accounts, language=translation.get_language() or "en")


def reading_of(plan: RatingPlan, accounts: Iterable[Account]) -> tuple[DesignReport, list[str]]:
    """Return the check of a design and its lines in the language of the page, raters called by name."""
    report = design_of(plan, called(accounts))
    lines = report.in_language(translation.get_language() or "en").split("\n")
    return report, [line.strip().removeprefix("- ") for line in lines]


def seat_levels(seat: RatingSeatRecord, account: Account, *, rubric: Rubric) -> LevelsView:
    """Return an account's own levels of a work beside those of the others that it may see."""
    others = seen_by(account, seat.round, seat.work)
    marks = seat.marks.filter(level__isnull=False).values_list("criterion", "level")
    own = {criterion: level for criterion, level in marks if level is not None}
    raters = called(Account.objects.filter(rating_seats__round=seat.round).distinct())
    columns = [own, *others.values()]
    names = (_name(account), *(raters.get(rater, rater) for rater in others))
    return LevelsView(raters=names, rows=_rows(rubric, columns))


def closed_levels(record: RatingRoundRecord) -> list[tuple[str, LevelsView]]:
    """Return the levels that counted, work by work. Only for a round that is closed."""
    if record.closed_at is None:
        raise ValueError("levels of an open round are shown to nobody but who handed in")
    state, rubric = round_so_far(record), rubric_of(record)
    raters = called(Account.objects.filter(rating_seats__round=record).distinct())
    shown = []
    for work in state.plan.works:
        found: dict[str, dict[str, int]] = {}
        mine = state.ratings.table.filter(learner=work.learners[0]).sort("rater")
        for rater, item, score in mine.select("rater", "item", "score").iter_rows():
            found.setdefault(rater, {})[item] = int(score) + 1
        names = tuple(raters.get(rater, rater) for rater in found)
        if found:
            shown.append((work.code, LevelsView(raters=names, rows=_rows(rubric, list(found.values())))))
    return shown


def _rows(rubric: Rubric, columns: Sequence[dict[str, int]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    language = translation.get_language() or "en"
    return tuple(
        (c.name.in_language(language), tuple(str(levels.get(c.code, "")) for levels in columns))
        for c in rubric.criteria
    )


def _name(account: Account) -> str:
    return account.name.in_language(translation.get_language() or "en")
