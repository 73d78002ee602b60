"""Weak priors for items about which little was answered, what counts as little, and the bound of slopes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.coding import Coded

__all__ = [
    "DECLARED_SD",
    "FEW_IN_CATEGORY",
    "FEW_RESPONSES",
    "FLOOR_PRIOR",
    "INTERCEPT_PRIOR_SD",
    "SLOPE_PRIOR",
    "STEEPEST",
    "declared_slope",
    "few_of",
    "weak_priors",
]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEW_RESPONSES: Final = 200
FEW_IN_CATEGORY: Final = 20
SLOPE_PRIOR: Final = (1.0, 0.75)  # mean and standard deviation, for items with few responses only
INTERCEPT_PRIOR_SD: Final = 3.0
FLOOR_PRIOR: Final = (-1.4, 0.5)  # of the logit of a floor: the middle 90 % from 0.10 to 0.36
DECLARED_SD: Final = 0.01  # of a slope that is declared: as good as fixed
STEEPEST: Final = 5.0  # beyond this a slope says "the same answer twice over", not "a sharper item"


def declared_slope(reliability: float) -> float:
    """Return the slope at which places explain a share of the variance of the logistic line behind an item.

    The line a x + e has variance a^2 + pi^2 / 3 over units of variance 1 (McKelvey and Zavoina 1975).
    """
    return float(np.pi / np.sqrt(3.0) * np.sqrt(reliability / (1.0 - reliability)))


def weak_priors(n_categories: npt.NDArray[np.int64], nominal: Flags, few: Flags) -> tuple[Array, Array]:
    """Return prior mean and precision of each item's numbers as the engine packs them, (J, P); none for most.

    Slopes of options (of ``nominal`` items) are held to rise in even steps to that of the right one. Floors have their
    prior in every plan.
    """
    numbers = np.arange(2 * int(n_categories.max()) + 2)[None, :]
    mean, precision = np.zeros((len(few), numbers.size)), np.zeros((len(few), numbers.size))
    steps = n_categories - 1
    n_slopes = np.where(nominal, steps, 1)
    slopes = (numbers < n_slopes[:, None]) & few[:, None]
    intercepts = (numbers >= n_slopes[:, None]) & (numbers < (n_slopes + steps)[:, None]) & few[:, None]
    rising = (numbers + 1) / n_slopes[:, None] * SLOPE_PRIOR[0]
    mean[slopes], precision[slopes] = rising[slopes], 1.0 / SLOPE_PRIOR[1] ** 2
    precision[intercepts] = 1.0 / INTERCEPT_PRIOR_SD**2
    return mean, precision


def few_of(coded: Coded) -> npt.NDArray[np.bool_]:
    """Few responses, or few in the rarest category: then the likelihood alone can run off to infinity."""
    counts = coded.counts
    there = np.arange(counts.shape[1]) < np.array([len(used) for used in coded.used])[:, None]
    rarest = np.where(there, counts, counts.max()).min(axis=1)
    few: npt.NDArray[np.bool_] = (counts.sum(axis=1) < FEW_RESPONSES) | (rarest < FEW_IN_CATEGORY)
    return few
