"""Whether people use a list well: how often they follow it, how long they look, and whether anybody acts at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import TruncMinute

from yucai.matching import ListUse
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun

__all__ = ["HASTE", "Haste", "UseOfList", "UseShown", "use_of_list"]

WINDOW: Final = timedelta(days=28)
HASTE: Final = 10  # decisions of one account in one minute: nobody has read that much
Kind = CaseDecision.Kind
TOO_FAST: Final = Text(
    "{who} wrote {n} decisions within one minute of {day}. Nobody can have read the evidence of so many people: look "
    "at these cases again.",
    "{who}在 {day} 的一分钟内写下 {n} 个决定。不可能读完这么多人的依据：请重新核查这些记录。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """That an account decided more in one minute than anybody can read."""

    who: Text
    at: datetime
    decisions: int

    @property
    def says(self) -> Text:
        """The warning in words."""
        return TOO_FAST.filled(who=self.who, n=self.decisions, day=f"{self.at:%Y-%m-%d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfList:
    """How one account, or all (``who`` None), dealt with a list in the last four weeks.

    ``followed`` and ``set_aside`` count entries; ``seconds`` is the mean for a decision, None where there is none.
    """

    who: Text | None
    followed: int
    set_aside: int
    seconds: float | None

    @property
    def agreement(self) -> int | None:
        """In how many of a hundred cases the list was followed; None where nobody decided."""
        total = self.followed + self.set_aside
        return round(100 * self.followed / total) if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseShown:
    """What the director sees of the use of a list: each account, haste, and whether anybody acts."""

    each: tuple[UseOfList, ...]
    haste: tuple[Haste, ...]
    acted: ListUse
    days: int


def use_of_list(space: Space, run: PriorityRun | None, *, at: datetime, only: Account | None = None) -> UseShown:
    """Return how a list was used in the last four weeks, by everybody or by one account. Three queries."""
    decisions = CaseDecision.objects.filter(case__space=space, at__gt=at - WINDOW, at__lte=at)
    if only is not None:
        decisions = decisions.filter(by=only)
    return UseShown(
        each=tuple(_each(decisions)),
        haste=tuple(_hasty(decisions)),
        acted=_acted(space, run, at=at),
        days=WINDOW.days,
    )


def _each(decisions: QuerySet[CaseDecision]) -> list[UseOfList]:
    """Return for each account how often it followed the list, and its seconds for a decision with a reason.

    A list is followed where a talk was held, or a case was opened with a reason; it is not where an entry was set
    aside.
    """
    first = Q(kind=Kind.TALK) | Q(kind=Kind.OPENED) & ~Q(reason="")
    rows = decisions.order_by().values("by").annotate(
        followed=Count("case", filter=first, distinct=True), aside=Count("case", filter=Q(kind=Kind.DISMISSED)),
        mean=Avg("seconds", filter=~Q(reason="")),
    )  # fmt: skip
    told = {by: (followed, aside, seconds)
            for by, followed, aside, seconds in rows.values_list("by", "followed", "aside", "mean")}  # fmt: skip
    accounts = Account.objects.filter(pk__in=told).order_by("username")
    return [
        UseOfList(who=account.name, followed=told[account.pk][0], set_aside=told[account.pk][1],
                  seconds=told[account.pk][2])
        for account in accounts
        if told[account.pk][0] or told[account.pk][1]
    ]  # fmt: skip


def _hasty(decisions: QuerySet[CaseDecision]) -> list[Haste]:
    """Return where one account wrote more decisions in one minute of the clock than anybody can read."""
    written = decisions.exclude(reason="").order_by().annotate(minute=TruncMinute("at"))
    rows = written.values("by", "minute", "by__name_en", "by__name_zh", "by__username")
    found = rows.annotate(n=Count("pk")).filter(n__gte=HASTE).order_by("-minute")[:5]
    return [
        Haste(
            who=Text(row["by__name_en"] or row["by__username"], row["by__name_zh"] or row["by__username"]),
            at=row["minute"],
            decisions=row["n"],
        )
        for row in found
    ]


def _acted(space: Space, run: PriorityRun | None, *, at: datetime) -> ListUse:
    """Return how many of the entries that stood for four weeks, or were acted upon since, somebody acted upon."""
    cases = SupportCase.objects.filter(space=space, opened_at__gt=at - WINDOW).exclude(
        state=SupportCase.State.WITHDRAWN
    )  # fmt: skip
    told = cases.aggregate(n=Count("pk"), did=Count("pk", filter=Q(helped="yes")),
                           open=Count("pk", filter=Q(helped="")))  # fmt: skip
    waited = 0
    if run is not None:
        stood = run.entries.exclude(band=PriorityEntry.Band.UNKNOWN).filter(since__lte=at - WINDOW)
        waited = stood.exclude(person__in=cases.values("person")).count()
    return ListUse(days=WINDOW.days, entries=told["n"] + waited, acted=told["n"], helped=told["did"],
                   no_word=told["open"])  # fmt: skip
