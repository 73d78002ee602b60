"""What a test on past data found: figures of each way of making a list, and whether a model may join the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from yucai.matching.support_given import SupportSigns
from yucai.texts import Text

__all__ = ["BandFigures", "Calibration", "Difference", "Drift", "DriftRule", "DriftState", "Figure", "JoinCheck",
           "JoinRule", "MethodFigures", "PastCase", "ReliabilityRow", "SplitFigures", "SupportComparison"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """One learner of the past as known on one day, and whether what a list wants to prevent came after that day.

    ``cohort`` is the group of which one list would have been made (a course in a term). ``on`` is the day on which it
    happened, None where it did not or the day is not known (a failed course has none).
    """

    signs: SupportSigns
    cohort: str
    happened: bool
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with both ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFigures:
    """How one way of making a list did, when the top share of every cohort is listed.

    ``precision`` is the share of the listed to whom it happened, ``recall`` the share of those to whom it happened who
    were listed. ``lead_days`` is the median of days from the list to the event, over the listed whose day of the event
    is known (``n_with_day``, in cases; ties count in part). ``auc`` is over all cases, cohort by cohort.
    """

    method: str
    says: Text
    precision: Figure
    recall: Figure
    auc: float
    lead_days: float | None
    n_with_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandFigures:
    """How a band of the rules did as it is: how many were in it, and to how many of them it happened."""

    band: str
    n_cases: int
    n_events: int
    precision: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """By how much the precision of one way lies above that of another, with an interval over learners drawn anew."""

    method: str
    against: str
    precision: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityRow:
    """Cases with about the same chance: the mean chance, and how often it happened."""

    n_cases: int
    predicted: float
    observed: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether chances hold: of 100 cases with a chance of 30 in 100 it should happen to 30.

    ``slope`` and ``intercept`` are of the line of Cox (1958); 1 and 0 are best. A slope below 1 says that chances are
    too extreme. ``intercept`` is taken with the slope held at 1 (calibration in the large). ``brier_of_base`` is the
    Brier score of giving everybody the chance of all.
    """

    intercept: Figure
    slope: Figure
    brier: float
    brier_of_base: float
    expected: float
    observed: int
    table: tuple[ReliabilityRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFigures:
    """The figures of one way of holding learners out."""

    says: Text
    n_cases: int
    n_events: int
    n_cohorts: int
    methods: tuple[MethodFigures, ...]
    bands: tuple[BandFigures, ...]
    differences: tuple[Difference, ...]
    calibration: Calibration

    def method(self, code: str) -> MethodFigures:
        """Return the figures of one way of making a list: ``rules``, ``model`` or ``unseen``."""
        return next(one for one in self.methods if one.method == code)

    def difference(self, code: str, against: str) -> Difference:
        """Return by how much one way is better than another."""
        return next(one for one in self.differences if (one.method, one.against) == (code, against))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRule:
    """When a model may join the rules; fixed in writing before anybody looks at a result.

    A model joins only if past data hold ``least_cases`` cases with ``least_events`` events and ``least_listed`` listed;
    if the interval of its precision over that of the rules lies above 0 both for learners it has not seen and in later
    cohorts; and if its chances hold in the later cohorts: slope, and events that came over events expected, between
    ``lowest`` and ``highest``.
    """

    version: str = "1.0"
    share: float = 0.10
    least_cases: int = 300
    least_events: int = 50
    least_listed: int = 30
    lowest: float = 0.8
    highest: float = 1.25
    level: float = 0.95
    folds: int = 5
    rounds: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCheck:
    """One condition of the rule of joining, in words with its numbers, and whether it is met."""

    says: Text
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportComparison:
    """What the past of a school says of rules and model, and whether the model may join.

    ``learners`` holds out learners in turn; ``later`` tests in cohorts that came after all those it learned from, None
    where all cases are of one day. ``n_abstained`` cases are left out of everything: nothing was due yet. ``cut`` is
    the chance that the top share of learners reached while held out.
    """

    rule: JoinRule
    rules_version: str
    clicks: bool
    n_cases: int
    n_events: int
    n_abstained: int
    learners: SplitFigures
    later: SplitFigures | None
    checks: tuple[JoinCheck, ...]
    seed: int
    cut: float | None = None

    @property
    def joins(self) -> bool:
        """Whether every condition is met."""
        return all(check.met for check in self.checks)

    @property
    def because(self) -> tuple[Text, ...]:
        """The conditions that decided it: those not met, or all where all are met."""
        failed = tuple(check.says for check in self.checks if not check.met)
        return failed or tuple(check.says for check in self.checks)


class DriftState(StrEnum):
    """What watching a model found."""

    HOLDS = "holds"
    CANNOT_TELL = "cannot-tell"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRule:
    """When a model switches itself off; fixed in writing.

    Off as soon as one interval of the recent cases lies wholly outside: precision below the interval it was admitted
    with, precision below that of the rules, events more or fewer than expected by more than ``most_shift`` in log odds
    (0.4 is a factor of 1.5), or a slope outside ``slopes``. With fewer cases or events than the least nothing is said.
    """

    version: str = "1.0"
    least_cases: int = 100
    least_events: int = 20
    most_shift: float = 0.4
    slopes: tuple[float, float] = (0.5, 2.0)
    level: float = 0.95
    rounds: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a recent stretch of time says of a model that joined; ``off`` is obeyed by every list."""

    rule: DriftRule
    state: DriftState
    model: str
    n_cases: int
    n_events: int
    recent: SplitFigures | None
    says: tuple[Text, ...]

    @property
    def off(self) -> bool:
        """Whether the model may speak no longer."""
        return self.state is DriftState.OFF
