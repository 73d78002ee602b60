"""Means, quarters and spreads that are nobody's own value."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.governance.release.policy import ReleasePolicy
from yucai.governance.release.tables import Measure, Statistic

__all__ = ["figures_of", "guarded_quantile"]

Floats = npt.NDArray[np.float64]
STEP: Final = 5  # windows grow by this many people, so that two rules in turn give no single person's value away
QUARTERS: Final = {Statistic.LOW_QUARTER: 0.25, Statistic.MEDIAN: 0.5, Statistic.HIGH_QUARTER: 0.75}


def guarded_quantile(values: Floats, share: float, *, of: int) -> float:
    r"""Return a quantile that is no single person's value: the mean of the ``of`` values around it.

    .. math:: \frac{1}{m} \sum_{i=j}^{j+m-1} x_{(i)}, \quad j + (m - 1)/2 \approx q (n - 1)

    with the window moved inwards where it would leave the data.

    >>> guarded_quantile(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 60.0, 70.0]), 0.5, of=5)
    14.8
    """
    ordered = np.sort(values)
    first = int(np.clip(round(share * (len(ordered) - 1) - (of - 1) / 2), 0, len(ordered) - of))
    return float(ordered[first : first + of].mean())


def figures_of(values: Floats, measure: Measure, *, policy: ReleasePolicy) -> dict[Statistic, float | None]:
    """Return each figure that is asked of the values of one cell; None where it would tell of single persons.

    Too few people; a mean (or the mean around a quarter) so near to an end of the range that nobody behind it can be
    far from it; quarters that are all one value; the lowest and the highest always.
    """
    found = {what: _figure(what, values, measure, policy) for what in measure.statistics}
    return {what: None if value is None else round(value, measure.decimals) for what, value in found.items()}


def _figure(what: Statistic, values: Floats, measure: Measure, policy: ReleasePolicy) -> float | None:
    if what in (Statistic.LOWEST, Statistic.HIGHEST):
        return None
    if len(values) < (policy.min_cell if what is Statistic.MEAN else policy.min_spread):
        return None
    if np.ptp(values) == 0 or _at_an_end(float(values.mean()), len(values), measure, policy):
        return None
    if what is Statistic.MEAN:
        return float(values.mean())
    if what is Statistic.SPREAD:
        return float(values.std(ddof=1))
    window = STEP * -(-policy.min_cell // STEP)
    if len(values) < window:
        return None
    quarters = {other: guarded_quantile(values, share, of=window) for other, share in QUARTERS.items()}
    if quarters[Statistic.LOW_QUARTER] == quarters[Statistic.HIGH_QUARTER]:
        return None
    return None if _at_an_end(quarters[what], window, measure, policy) else quarters[what]


def _at_an_end(mean: float, people: int, measure: Measure, policy: ReleasePolicy) -> bool:
    """Whether the mean alone would keep everybody behind it within less than the open share of the range.

    With a mean d below the highest value nobody is more than n d below it.
    """
    if measure.low is None or measure.high is None:
        return False
    room = min(mean - measure.low, measure.high - mean)
    return bool(people * room < policy.open_share * (measure.high - measure.low))
