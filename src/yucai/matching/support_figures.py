"""The arithmetic of testing a list: who is in the top share, how often that was right, and how well chances hold."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["NoFitError", "area_under_curve", "brier_score", "fit_logistic", "top_share"]

Floats = NDArray[np.float64]
NEWTON_STEPS: Final = 100
WORST_BEND: Final = 1e12  # the condition of the second derivatives at which a fit is given up
TOLD: Final = 1e-6  # chances that are nowhere further from what happened tell it without error
FLAT: Final = 1e-9  # the largest slope of the loss, a case, at which a fit is done


class NoFitError(YucaiError, ArithmeticError):
    """A regression does not come to rest."""

    says = Text(
        "No model can be fitted: the counts tell without error to whom it happened. Look whether something came in "
        "that was known only afterwards; else leave it to the rules.",
        "无法拟合模型：现有计数能毫无误差地区分结果。请检查是否混入了事后才知道的数据；否则请仅使用规则。",
    )
    exit_code = 65


def top_share(score: Floats, share: float, weights: Floats) -> Floats:
    """Return how far each case belongs to the top share by score, 0 to 1; cases with one score share what is left.

    ``weights`` is how often each case counts, (cases,) or (cases, rounds); what comes back has its shape. The result
    is the expectation over all ways of breaking ties by lot, so that no order of the cases can help a method.

    >>> top_share(np.array([3.0, 1.0, 1.0, 0.0]), 0.5, np.ones(4)).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    counts = weights if weights.ndim == 2 else weights[:, None]
    _, group = np.unique(-score, return_inverse=True)
    held = np.zeros((int(group.max(initial=-1)) + 1, counts.shape[1]))
    np.add.at(held, group, counts)
    before = np.cumsum(held, axis=0) - held
    room = share * counts.sum(axis=0) - before
    part = np.clip(np.divide(room, held, out=np.zeros_like(held), where=held > 0), 0.0, 1.0)
    found = np.asarray(part[group], dtype=np.float64)
    return found if weights.ndim == 2 else found[:, 0]


def area_under_curve(score: Floats, happened: NDArray[np.bool_]) -> float:
    """Return how often a case to which it happened has the higher score than one to which it did not; ties count half.

    It is the statistic of Mann and Whitney (1947) over the number of pairs; nan without pairs.

    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    n = int(happened.sum())
    pairs = n * (len(score) - n)
    _, place, times = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    return float((ranks[happened].sum() - n * (n + 1) / 2) / pairs) if pairs else float("nan")


def brier_score(chance: Floats, happened: NDArray[np.bool_]) -> float:
    """Return the mean squared distance of chances from what happened (Brier 1950); 0 is best.

    >>> round(brier_score(np.array([0.9, 0.2]), np.array([True, False])), 3)
    0.025
    """
    return float(np.mean((chance - happened) ** 2))


def fit_logistic(
    features: Floats, happened: NDArray[np.bool_], *, ridge: float = 0.0, offset: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    r"""Return intercept and slopes of a logistic regression, and their covariance.

    .. math:: \min_{a, b} \; -\sum_i \log P(y_i \mid a + b x_i + o_i) + \tfrac{\lambda}{2} \lVert b \rVert^2

    Newton steps, halved where the loss would rise (le Cessie and van Houwelingen 1992, Applied Statistics 41). The
    intercept is not drawn towards 0. The covariance is the inverse of the second derivatives. Raises
    ``NoFitError`` where the fit does not come to rest, as where features tell the outcome without error.
    """
    x = np.column_stack([np.ones(len(happened)), features])
    y, penalty = happened.astype(np.float64), np.full(x.shape[1], ridge)
    penalty[0] = 0.0
    found = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        line = x @ found + offset
        p = expit(line)
        slope = x.T @ (p - y) + penalty * found
        bend = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        if np.max(np.abs(slope)) <= FLAT * len(y):
            if np.max(np.abs(p - y)) < TOLD:
                break
            return found, np.asarray(np.linalg.inv(bend))
        if np.linalg.cond(bend) > WORST_BEND:
            break
        step = np.linalg.solve(bend, slope)
        here = _loss(x, y, found, penalty=penalty, offset=offset)
        while _loss(x, y, found - step, penalty=penalty, offset=offset) > here and np.max(np.abs(step)) > FLAT:
            step = step / 2
        found = found - step
    raise NoFitError


def _loss(x: Floats, y: Floats, at: Floats, *, penalty: Floats, offset: Floats | float) -> float:
    line = x @ at + offset
    return float(np.sum(np.logaddexp(0.0, line) - y * line) + 0.5 * np.sum(penalty * at**2))
