"""Whether people use a list well: how often they follow it, how long they look, and whether anybody acts at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMinute

from yucai.matching import ListUse
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun

__all__ = ["HASTE", "Haste", "UseOfList", "UseShown", "use_of_list"]

WINDOW: Final = timedelta(days=28)
MOST_TOLD: Final = 5
HASTE: Final = 10  # decisions of one account in one minute: nobody has read that much
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
    """Return how a list was used in the last four weeks, by everybody or by one account. Two queries."""
    decisions = CaseDecision.objects.filter(case__space=space, at__gt=at - WINDOW, at__lte=at)
    if only is not None:
        decisions = decisions.filter(by=only)
    minutes = _minutes(decisions)
    return UseShown(
        each=tuple(_each(minutes)), haste=tuple(_hasty(minutes)), acted=_acted(space, run, at=at), days=WINDOW.days
    )


def _minutes(decisions: QuerySet[CaseDecision]) -> list[dict[str, Any]]:
    """Return what each account decided in each minute of the clock: how much, and whether as the list proposed."""
    rows = decisions.annotate(minute=TruncMinute("at")).order_by("by__username", "-minute")
    named = rows.values("by", "minute", "by__name_en", "by__name_zh", "by__username")
    counted = named.annotate(
        n=Count("pk", filter=~Q(reason="")), looked=Sum("seconds", filter=~Q(reason="")),
        did=Count("pk", filter=Q(followed=True)), aside=Count("pk", filter=Q(followed=False)),
    )  # fmt: skip
    return [dict(row) for row in counted]


def _each(minutes: Sequence[dict[str, Any]]) -> Iterator[UseOfList]:
    """Yield for each account how often it followed the list, and its seconds for a decision with a reason."""
    for _by, group in groupby(minutes, key=lambda row: row["by"]):
        rows = list(group)
        n, looked, did, aside = (sum(row[name] or 0 for row in rows) for name in ("n", "looked", "did", "aside"))
        if did or aside:
            yield UseOfList(who=_name(rows[0]), followed=did, set_aside=aside, seconds=looked / n if n else None)


def _hasty(minutes: Sequence[dict[str, Any]]) -> list[Haste]:
    """Return where one account wrote more decisions in one minute of the clock than anybody can read."""
    hasty = [row for row in minutes if row["n"] >= HASTE]
    latest = sorted(hasty, key=lambda row: row["minute"], reverse=True)[:MOST_TOLD]
    return [Haste(who=_name(row), at=row["minute"], decisions=row["n"]) for row in latest]


def _name(row: dict[str, Any]) -> Text:
    return Text(row["by__name_en"] or row["by__username"], row["by__name_zh"] or row["by__username"])


def _acted(space: Space, run: PriorityRun | None, *, at: datetime) -> ListUse:
    """Return how many of the entries that stood for four weeks, or were acted upon since, somebody acted upon."""
    cases = SupportCase.objects.filter(space=space, opened_at__gt=at - WINDOW).exclude(
        state=SupportCase.State.WITHDRAWN
    )  # fmt: skip
    counted = cases.order_by().values_list("helped").annotate(n=Count("pk"))
    if run is not None:
        stood = run.entries.exclude(band=PriorityEntry.Band.UNKNOWN).filter(since__lte=at - WINDOW)
        waiting = stood.exclude(person__in=cases.values("person")).order_by()
        counted = counted.union(waiting.values_list("band").annotate(n=Count("pk")), all=True)
    told = dict(counted)
    acted = sum(n for code, n in told.items() if code not in PriorityEntry.Band.values)
    return ListUse(days=WINDOW.days, entries=sum(told.values()), acted=acted,
                   helped=told.get(SupportCase.Helped.YES, 0), no_word=told.get("", 0))  # fmt: skip
