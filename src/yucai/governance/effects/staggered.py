"""The one place where diff-diff is called: estimates and diagnostics that rest on cluster-robust errors.

Its version is pinned, and the stored figures of R's ``did`` are a permanent test of it. No loader of data of its own is
ever called. With fewer than eight treated units nothing here answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import special

from yucai.errors import YucaiError
from yucai.governance.effects.comparing import event_times
from yucai.governance.effects.plan import ControlGroup, EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import (
    FEWEST_FOR_CLUSTERS,
    BaconShares,
    EventTimePoint,
    FewTreatedError,
    HonestBreakdown,
)
from yucai.texts import Text

__all__ = [
    "Clustered",
    "EstimatorsMissingError",
    "bacon_shares",
    "clustered_comparison",
    "clustered_imputation",
    "honest_breakdown",
    "p_and_interval",
]

MOST_BREAKS: Final = 10.0
FIT: Final = {"outcome": "y", "unit": "i", "time": "t", "first_treat": "g"}


class EstimatorsMissingError(YucaiError):
    """The package with the estimators is not installed, or in another version."""

    says = Text(
        "Policy effects need the package diff-diff 3.13.0; here is {found}. Install Yucai with the extra “effects”.",
        "政策效应评估需要 diff-diff 3.13.0；当前为 {found}。请安装 Yucai 的 effects 附加组件。",
    )
    exit_code = 69


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """An estimate with its cluster-robust standard error, and the same by event time."""

    estimate: float
    std_error: float
    path: tuple[EventTimePoint, ...]


def clustered_comparison(panel: PolicyPanel, plan: EvaluationPlan, group: ControlGroup) -> Clustered:
    """Return Callaway and Sant'Anna's estimate without covariates, errors clustered by unit as R's ``did`` has them.

    With a horizon or with anticipation it is the mean of the event times from 0 up to it, weighted by the treated units
    behind each; the weights are then taken as fixed. (The package would count years of anticipation as effect.)
    """
    fitted = _compared(panel, plan, group, base="varying")
    path = fitted.aggregate("event_study")
    points = _points(path, panel, plan, wanted=event_times(panel, plan))
    if plan.horizon is None and not plan.anticipation:
        return Clustered(estimate=float(fitted.overall_att), std_error=float(fitted.overall_se), path=points)
    estimate, error = _up_to_horizon(path, panel, plan)
    return Clustered(estimate=estimate, std_error=error, path=points)


def clustered_imputation(panel: PolicyPanel, plan: EvaluationPlan) -> Clustered:
    """Return the imputation estimate with the conservative errors of its authors.

    Years of treated units in anticipation and beyond the horizon are left out.
    """
    _enough(panel)
    package = _package()
    frame = _frame(panel)
    since = frame["t"] - frame["g"]
    beyond = since > (np.inf if plan.horizon is None else plan.horizon)
    frame = frame[(frame["g"] == 0) | ~(((since < 0) & (since >= -plan.anticipation)) | beyond)]
    with _quiet():
        fitted = package.ImputationDiD(alpha=plan.alpha).fit(frame, **FIT)
        path = fitted.aggregate("event_study")
    wanted = [e for e in event_times(panel, plan) if e >= 0]
    points = _points(path, panel, plan, wanted=wanted)
    return Clustered(estimate=float(fitted.overall_att), std_error=float(fitted.overall_se), path=points)


def honest_breakdown(panel: PolicyPanel, plan: EvaluationPlan, group: ControlGroup) -> HonestBreakdown | None:
    """Return how far parallel trends may fail (Rambachan and Roth 2023, relative magnitudes), or None if undefined.

    The path has one common base, the last year before the policy; the effect is the plain mean over event times from 0
    to the horizon. It is undefined without two years before the policy, and where there are so many years for so few
    units that their errors cannot be told apart.
    """
    fitted = _compared(panel, plan, group, base="universal")
    package = _package()
    with _quiet():
        path = fitted.aggregate("event_study")
        try:
            used = package.compute_honest_did(path, method="relative_magnitude", M=0.0).post_periods_used
        except ValueError:
            return None  # the package says so for a singular covariance, and for no year before the policy
        counted = np.array([e >= 0 and (plan.horizon is None or e <= plan.horizon) for e in used], dtype=np.float64)
        facts = {"method": "relative_magnitude", "alpha": plan.alpha, "l_vec": counted / counted.sum()}
        breakdown = package.HonestDiD(**facts).breakdown_value(path)
        at_one = package.compute_honest_did(path, M=1.0, **facts)
    bounds = (float(at_one.ci_lb), float(at_one.ci_ub))
    return HonestBreakdown(
        breakdown=MOST_BREAKS if breakdown is None else float(breakdown),
        bounds=bounds if np.isfinite(bounds).all() else None,
    )


def bacon_shares(panel: PolicyPanel) -> BaconShares:
    """Return the two-way fixed-effects estimate and the weights of the comparisons in it (Goodman-Bacon 2021)."""
    package = _package()
    with _quiet():
        found = package.BaconDecomposition().fit(_frame(panel), **FIT)
    return BaconShares(
        two_way_estimate=float(found.twfe_estimate),
        treated_against_never=float(found.total_weight_treated_vs_never),
        earlier_against_later=float(found.total_weight_earlier_vs_later),
        later_against_earlier=float(found.total_weight_later_vs_earlier),
    )


def p_and_interval(
    estimate: float, std_error: float, panel: PolicyPanel, alpha: float
) -> tuple[float, tuple[float, float] | None]:
    """Return a two-sided p-value and interval from t with as many degrees as the smaller group has units, less one.

    Without an error that is a number above 0 nothing is told: p is 1, and there is no interval.
    """
    _enough(panel)
    if not std_error > 0:
        return 1.0, None
    degrees = max(min(len(panel.treated), len(panel.donors)) - 1, 1)
    width = float(special.stdtrit(degrees, 1.0 - alpha / 2.0)) * std_error
    return float(2.0 * special.stdtr(degrees, -abs(estimate) / std_error)), (estimate - width, estimate + width)


def _enough(panel: PolicyPanel) -> None:
    if len(panel.treated) < FEWEST_FOR_CLUSTERS:
        raise FewTreatedError(n_treated=len(panel.treated), fewest=FEWEST_FOR_CLUSTERS)


def _compared(panel: PolicyPanel, plan: EvaluationPlan, group: ControlGroup, *, base: str) -> Any:
    _enough(panel)
    named = {ControlGroup.NEVER: "never_treated", ControlGroup.NOT_YET: "not_yet_treated"}[group]
    estimator = _package().CallawaySantAnna(
        control_group=named, anticipation=plan.anticipation, alpha=plan.alpha, base_period=base
    )
    with _quiet():
        return estimator.fit(_frame(panel), **FIT)


def _points(
    path: Any, panel: PolicyPanel, plan: EvaluationPlan, *, wanted: Sequence[int]
) -> tuple[EventTimePoint, ...]:
    points = []
    for event_time, effect, error in zip(path.event_time, path.att, path.se, strict=True):
        if int(event_time) not in wanted or not np.isfinite(effect):
            continue
        if np.isfinite(error) and error > 0:
            p_value, interval = p_and_interval(float(effect), float(error), panel, plan.alpha)
            points.append(EventTimePoint(event_time=int(event_time), estimate=float(effect), std_error=float(error),
                                         interval=interval, p_value=p_value))  # fmt: skip
        else:
            points.append(EventTimePoint(event_time=int(event_time), estimate=float(effect)))
    return tuple(points)


def _up_to_horizon(path: Any, panel: PolicyPanel, plan: EvaluationPlan) -> tuple[float, float]:
    places, weights = [], []
    for n, event_time in enumerate(path.event_time):
        if event_time >= 0 and (plan.horizon is None or event_time <= plan.horizon):
            places.append(n)
            behind = [f for f in panel.first_treated if f is not None and f + event_time <= panel.periods[-1]]
            weights.append(float(len(behind)))
    share = np.array(weights) / sum(weights)
    index = [list(path.vcov_index).index(path.event_time[n]) for n in places]
    spread = np.asarray(path.vcov)[np.ix_(index, index)]
    return float(share @ path.att[places]), float(np.sqrt(share @ spread @ share))


def _frame(panel: PolicyPanel) -> Any:
    """Return unit-years as a pandas table; 0 stands for never treated."""
    import pandas as pd

    n_units, n_periods = panel.outcome.shape
    firsts = [0 if first is None else first for first in panel.first_treated]
    return pd.DataFrame(
        {
            "i": np.repeat(np.arange(n_units), n_periods),
            "t": np.tile(np.array(panel.periods), n_units),
            "y": panel.outcome.ravel(),
            "g": np.repeat(np.array(firsts), n_periods),
        }
    )


def _package() -> Any:
    try:
        import diff_diff
    except ModuleNotFoundError as problem:
        raise EstimatorsMissingError(found=Text("none", "未安装")) from problem
    if diff_diff.__version__ != "3.13.0":
        raise EstimatorsMissingError(found=diff_diff.__version__)
    return diff_diff


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep its advice for programmers away from readers; what matters to them is in our conventions and reasons."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
