"""What a priority list is counted from: the work of one learner up to a date, and what else is known of them.

Work is counted, not clicks. No trait of a person can come in: there is no field for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["GRACE_DAYS", "Clicks", "EvidenceSeen", "SupportDataError", "SupportSigns", "Work"]

GRACE_DAYS: Final = 3  # a piece of work counts as missing from the fourth day after its due date


class SupportDataError(YucaiError):
    """Raised when what is given about the work of a learner cannot be counted."""

    says = Text("Work cannot be counted. {what}", "作业无法计数。{what}")
    exit_code = 65


NO_SHARE: Final = Text(
    "“{reference}” has {value} as a share of all points; give a number from 0 to 1.",
    "“{reference}”的得分比例为 {value}；请填写 0 到 1 之间的数。",
)
TWICE: Final = Text(
    "Learner {learner} has the work {references} twice; give each piece of work once.",
    "学生 {learner} 的作业 {references} 出现两次；每份作业只提供一次。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of work that is expected of a learner, or was handed in.

    ``reference`` tells it from the other pieces of the learner, ``name`` is what the school calls it. ``due`` is None
    for work without a due date; such work is never missing. ``handed_in`` is None as long as nothing came. ``excused``
    is work that this learner need not do (agreed absence, result carried over). ``result`` and ``pass_mark`` are
    shares of all points, 0 to 1; ``result_on`` is the day on which the result was known, the day it was handed in
    where it is not given.
    """

    reference: str
    name: str = ""
    due: date | None = None
    handed_in: date | None = None
    excused: bool = False
    result: float | None = None
    pass_mark: float | None = None
    result_on: date | None = None

    def __post_init__(self) -> None:
        for value in (self.result, self.pass_mark):
            if value is not None and not 0.0 <= value <= 1.0:
                raise SupportDataError(what=NO_SHARE.filled(reference=self.reference, value=value))

    @property
    def called(self) -> str:
        """What it is called, its reference where it has no name."""
        return self.name or self.reference

    @property
    def late(self) -> bool:
        """Whether it came after its due date."""
        return self.due is not None and self.handed_in is not None and self.handed_in > self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSeen:
    """Other evidence of own work: its kind (a project, a rating, a test), how many pieces, and the day of the last."""

    kind: Text
    pieces: int
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """Visits to a course site, where a school has them. They can be bought or lacking, and count for little."""

    last_visit: date | None
    days_active: int
    window_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportSigns:
    """What is known of one learner at ``as_of``; whatever came later does not count.

    ``works`` are the pieces of work of this learner, in any order; those due before ``joined`` (the day since which
    the learner belongs to the group) are not expected. ``evidence`` is other evidence of own work, ``last_contact`` the
    day of the last talk that somebody noted. ``clicks`` is None where no clicks are read.
    """

    learner: str
    as_of: date
    works: tuple[Work, ...] = ()
    joined: date | None = None
    evidence: tuple[EvidenceSeen, ...] = ()
    last_contact: date | None = None
    clicks: Clicks | None = None

    def __post_init__(self) -> None:
        seen = [work.reference for work in self.works]
        twice = sorted({reference for reference in seen if seen.count(reference) > 1})
        if twice:
            raise SupportDataError(what=TWICE.filled(learner=self.learner, references=", ".join(twice)))

    @property
    def due(self) -> tuple[Work, ...]:
        """The pieces that are expected and whose grace is over, or that came before; by due date."""
        last = self.as_of - timedelta(days=GRACE_DAYS)
        since = self.joined or date.min
        found = [
            work
            for work in self.works
            if work.due is not None and not work.excused and work.due >= since
            if work.due < last or (work.due <= self.as_of and self._came(work))
        ]
        return tuple(sorted(found, key=lambda work: (work.due or date.min, work.reference)))

    @property
    def in_grace(self) -> tuple[Work, ...]:
        """The pieces that were due in the last days, did not come, and do not count as missing yet."""
        first = self.as_of - timedelta(days=GRACE_DAYS)
        since = self.joined or date.min
        return tuple(
            work
            for work in self.works
            if work.due is not None and not work.excused and work.due >= since
            if first <= work.due <= self.as_of and not self._came(work)
        )

    @property
    def missing(self) -> tuple[Work, ...]:
        """The pieces that were due and did not come, by due date."""
        return tuple(work for work in self.due if not self._came(work))

    @property
    def handed_in(self) -> tuple[Work, ...]:
        """All pieces that came, also those without a due date or due later, by the day on which they came."""
        came = [work for work in self.works if self._came(work) and not work.excused]
        return tuple(sorted(came, key=lambda work: (work.handed_in or date.min, work.reference)))

    @property
    def late(self) -> tuple[Work, ...]:
        """The expected pieces that came after their due date, by the day on which they came."""
        since = self.joined or date.min
        return tuple(work for work in self.handed_in if work.late and (work.due or since) >= since)

    @property
    def results(self) -> tuple[Work, ...]:
        """The pieces whose result is known by now, by the day on which they came."""
        return tuple(
            work
            for work in self.handed_in
            if work.result is not None and (work.result_on or work.handed_in or date.max) <= self.as_of
        )

    @property
    def last_work(self) -> date | None:
        """The day of the last own work of any kind, or None."""
        days = [work.handed_in for work in self.handed_in if work.handed_in is not None]
        days += [one.last for one in self.evidence if one.last <= self.as_of and one.pieces > 0]
        return max(days, default=None)

    @property
    def days_quiet(self) -> int | None:
        """Days since the last own work, since ``joined`` where that is later, or None where neither is known."""
        days = [day for day in (self.last_work, self.joined) if day is not None]
        return max(0, (self.as_of - max(days)).days) if days else None

    @property
    def excused(self) -> tuple[Work, ...]:
        """The pieces due by now, or without a due date, that need not be done and are therefore not counted."""
        return tuple(work for work in self.works if work.excused and (work.due or date.min) <= self.as_of)

    @property
    def without_due_date(self) -> tuple[Work, ...]:
        """The pieces that have no due date and did not come; they are never missing."""
        return tuple(work for work in self.works if work.due is None and not work.excused and not self._came(work))

    def _came(self, work: Work) -> bool:
        return work.handed_in is not None and work.handed_in <= self.as_of
