"""What comes out of an evaluation: feasibility, estimates, diagnostics, verdict. Frozen, without any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.errors import YucaiError
from yucai.governance.effects.plan import ControlGroup, Estimator
from yucai.texts import Text

__all__ = [
    "FEWEST_FOR_CLUSTERS",
    "BaconShares",
    "Diagnostics",
    "DonorWeight",
    "EffectEstimate",
    "EventTimePoint",
    "Feasibility",
    "FewTreatedError",
    "HonestBreakdown",
    "InTimePlacebo",
    "Inference",
    "LeftOut",
    "Needs",
    "PeriodWeight",
    "Placebo",
    "PretrendTest",
    "RuleOutcome",
    "SolverStart",
    "SpillOver",
    "Verdict",
    "VerdictGrade",
]

FEWEST_FOR_CLUSTERS: Final = 8


class Inference(StrEnum):
    """Where a p-value or an interval comes from."""

    CLUSTER_ROBUST = "cluster-robust"
    RANDOMISATION = "randomisation"
    PLACEBO = "exhaustive-placebo"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return INFERENCES[self]


INFERENCES: Final[Mapping[Inference, Text]] = {
    Inference.CLUSTER_ROBUST: Text("cluster-robust", "聚类稳健推断"),
    Inference.RANDOMISATION: Text("randomisation inference", "随机化推断"),
    Inference.PLACEBO: Text("exhaustive placebos in space", "穷举空间安慰剂"),
}


class FewTreatedError(YucaiError):
    """Somebody asks for a t-based result with too few treated units."""

    says = Text(
        "A cluster-robust p-value with {n_treated} treated unit{n_treated:|s} is refused: with fewer than {fewest} it "
        "is too small much too often. Use randomisation inference.",
        "处理单位仅 {n_treated} 个，不提供聚类稳健 p 值：少于 {fewest} 个时它会过于频繁地偏小。请使用随机化推断。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """What can be told at all, known before any result.

    ``pre_periods`` and ``post_periods`` are the fewest that any treated unit has, anticipation and horizon taken into
    account. ``mde`` is the smallest effect that would be found with the power of the plan (units of the outcome),
    ``mde_share`` the same as a share of the mean of the treated before the policy. ``placebo_sd`` is the SD of the
    placebos behind it, ``lasting_share`` the share of their variance that more years after the policy would not take
    away. ``smallest_p`` is the smallest p-value that the inference of the primary estimator can give, ``trend_mde`` the
    smallest effect for which a drift that makes it would very probably be seen before the policy. ``reasons`` say
    why it is not testable; they are empty when it is. ``says`` is the whole gate in sentences.
    """

    testable: bool
    n_units: int
    n_treated: int
    n_donors: int
    n_cohorts: int
    pre_periods: int
    post_periods: int
    mde: float | None
    mde_share: float | None
    placebo_sd: float | None
    lasting_share: float | None
    smallest_p: float | None
    n_assignments: int
    trend_mde: float | None = None
    allowed: tuple[Inference, ...]
    estimators: tuple[Estimator, ...]
    primary: Estimator | None
    reasons: tuple[Text, ...]
    says: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTimePoint:
    """The effect so many years from the start of the policy; before it, what should be about 0."""

    event_time: int
    estimate: float
    std_error: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorWeight:
    """How much one donor counts in the synthetic comparison."""

    unit: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodWeight:
    """How much one year before the policy counts in synthetic difference-in-differences."""

    period: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo:
    """What the method gives for units that were not treated, as if they were; ``fit`` is the root mean squared gap."""

    units: tuple[str, ...]
    estimate: float
    fit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverStart:
    """What the method gives when its weights are sought from another start."""

    name: str
    estimate: float
    fit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEstimate:
    """One method's answer, with the inference that is allowed for it and the convention it stands on.

    ``n_assignments`` is how many assignments or placebos stand behind the p-value, the real one included; ``exact``
    says that they are all there are. ``fit`` is the root mean squared gap before the policy, of synthetic methods.
    """

    method: Estimator
    control_group: ControlGroup | None
    n_treated: int
    estimate: float
    inference: Inference
    std_error: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    randomisation_p: float | None = None
    n_assignments: int | None = None
    exact: bool = False
    path: tuple[EventTimePoint, ...] = ()
    convention: Text
    weights: tuple[DonorWeight, ...] = ()
    period_weights: tuple[PeriodWeight, ...] = ()
    placebos: tuple[Placebo, ...] = ()
    starts: tuple[SolverStart, ...] = ()
    fit: float | None = None

    def __post_init__(self) -> None:
        """Refuse what rests on a t-distribution with fewer than eight treated units."""
        if self.inference is Inference.CLUSTER_ROBUST and self.n_treated < FEWEST_FOR_CLUSTERS:
            raise FewTreatedError(n_treated=self.n_treated, fewest=FEWEST_FOR_CLUSTERS)

    @property
    def key(self) -> str:
        """How it is named in a file: the method and with whom it compares."""
        return self.method.value if self.control_group is None else f"{self.method.value}/{self.control_group.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendTest:
    """Whether the treated already drifted apart before the policy, and which drift would have been seen.

    ``slope`` is the drift a year, ``detectable_slope`` the one found with the power of the plan, ``hidden_effect``
    what such a drift would add up to by the end of the window: a pre-trend test that sees nothing rules out no more.
    ``power`` is the chance of seeing a drift that would by itself make the effect that was estimated, at the level of
    the rule; None where nothing could be seen at all. ``share_asked`` is the share of the treated behind the test.
    """

    slope: float
    p_value: float
    n_pre: int
    detectable_slope: float | None
    hidden_effect: float | None
    power: float | None
    share_asked: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestBreakdown:
    """How far parallel trends may fail until 0 is not ruled out, in largest breaks from year to year before the policy.

    ``breakdown`` is 0 when not even exact parallel trends rule it out. ``bounds`` is the interval at M = 1.
    """

    breakdown: float
    bounds: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The primary estimate without one unit."""

    unit: str
    estimate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InTimePlacebo:
    """The primary estimate as if the policy had begun so many years earlier, on years before the policy alone.

    ``power`` is the chance of seeing an effect there of the size that was estimated, ``share_asked`` the share of the
    treated that have the years for it.
    """

    years: int
    estimate: float
    p_value: float | None
    power: float | None = None
    share_asked: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpillOver:
    """What happened to untreated neighbours of the treated, and the estimate when they do not serve as controls.

    ``power`` is the chance of seeing half of the estimated effect on them, of the worse sign.
    """

    ring: tuple[str, ...]
    effect_on_ring: float
    p_value: float | None
    estimate_without_ring: float | None
    power: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaconShares:
    """Of which comparisons the two-way fixed-effects estimate consists; the last kind compares with the treated."""

    two_way_estimate: float
    treated_against_never: float
    earlier_against_later: float
    later_against_earlier: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What speaks for and against an estimate. What could not be had is None, and ``withheld`` says why."""

    pretrend: PretrendTest | None
    honest: HonestBreakdown | None
    left_out: tuple[LeftOut, ...]
    in_time: tuple[InTimePlacebo, ...]
    spill_over: SpillOver | None
    bacon: BaconShares | None
    withheld: tuple[Text, ...]


class VerdictGrade(StrEnum):
    """The four grades, from the least to the most that can be said."""

    NOT_TESTABLE = "not-testable"
    INCONCLUSIVE = "inconclusive"
    SUGGESTIVE = "suggestive"
    SUPPORTED = "supported"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return GRADES[self]


GRADES: Final[Mapping[VerdictGrade, Text]] = {
    VerdictGrade.NOT_TESTABLE: Text("not testable", "无法检验"),
    VerdictGrade.INCONCLUSIVE: Text("inconclusive", "尚无定论"),
    VerdictGrade.SUGGESTIVE: Text("suggestive", "有所提示"),
    VerdictGrade.SUPPORTED: Text("supported", "得到支持"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """One rule of the verdict, whether it was met (None: could not be asked), and the figures it looked at."""

    code: str
    met: bool | None
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What would decide an open question: so many more treated units, years after the policy or donors.

    Each alone, other things equal; None where no number of them would, or none is needed. ``effect`` is the effect
    that it is worked out for.
    """

    effect: float | None
    more_treated: int | None
    more_years: int | None
    more_donors: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The grade by the fixed rules, with every rule that was asked and the whole of it in sentences."""

    grade: VerdictGrade
    rules_version: str
    rules: tuple[RuleOutcome, ...]
    needs: Needs | None
    says: tuple[Text, ...]
