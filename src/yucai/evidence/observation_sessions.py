"""One stretch of watching: who, whom, how long, by which way of sampling, with whose consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["SamplingMode", "Session"]


class SamplingMode(StrEnum):
    """How behaviour is sampled in time; each mode has estimators of its own."""

    EVENT = "event"  # each occurrence is noted at its moment; how long it lasts is not
    TIMED_EVENT = "timed-event"  # beginning and end of each occurrence
    PARTIAL_INTERVAL = "partial-interval"  # an interval counts when the behaviour is seen at any moment of it
    WHOLE_INTERVAL = "whole-interval"  # an interval counts when the behaviour fills it
    MOMENTARY = "momentary"  # looked at the end of each interval only

    @property
    def by_interval(self) -> bool:
        """Whether the observer scores intervals (or their ends) and not occurrences."""
        return self not in (SamplingMode.EVENT, SamplingMode.TIMED_EVENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One stretch of time in which one observer watched one child: the denominator of everything counted in it.

    ``child`` is a pseudonym. ``consent`` is the number of the consent form, ``delete_on`` the day by which the record
    goes; there is no video unless a form that allows it is named. ``second`` marks a record taken beside the first
    only to look at agreement: it is never counted in an estimate.
    """

    session: str
    child: str
    observer: str
    setting: str
    mode: SamplingMode
    starts: datetime
    exposure_s: float
    consent: str
    delete_on: date
    interval_s: float | None = None
    second: bool = False
    video: bool = False
    video_consent: str = ""

    @property
    def n_intervals(self) -> int:
        """The number of intervals scored, 0 where occurrences are noted."""
        return round(self.exposure_s / self.interval_s) if self.interval_s else 0
