"""What a fitted diagnosis says of itself: errors, items that need more than DINA, the Q-matrix, how sure it is."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.diagnosis.classes import Answers, ClassFit, patterns_of, scores_of

__all__ = ["accuracy_of", "covariance_of", "explained_by", "wald_against_dina"]

Array = npt.NDArray[np.float64]
NEVER: Final = 1e-12


def covariance_of(answers: Answers, fit: ClassFit) -> tuple[Array, ...]:
    """Return the covariance of each item's chances, (G, G); NaN where a chance is at a bound or has no units.

    From the outer product of all scores, shares of the patterns estimated beside.
    """
    scores = scores_of(answers, fit)
    information = scores.T @ scores
    known = np.diag(information) > NEVER
    covariance = np.full(information.shape, np.nan)
    covariance[np.ix_(known, known)] = np.linalg.pinv(information[np.ix_(known, known)], rcond=1e-10, hermitian=True)
    ends = np.cumsum([len(one) for one in fit.chances])
    return tuple(
        covariance[end - len(one) : end, end - len(one) : end] for one, end in zip(fit.chances, ends, strict=True)
    )


def wald_against_dina(chances: Array, covariance: Array) -> tuple[float, int, float] | None:
    """Return Wald statistic, degrees of freedom and p of "all groups but the last alike" (de la Torre and Lee 2013).

    None for an item that needs one concept, where both models are one, and where a chance lies at a bound.
    """
    n = len(chances) - 2
    if n < 1 or np.isnan(covariance).any():
        return None
    contrast = np.hstack([np.ones((n, 1)), -np.eye(n), np.zeros((n, 1))])
    away = contrast @ chances
    statistic = float(away @ np.linalg.solve(contrast @ covariance @ contrast.T, away))
    return statistic, n, float(scipy.special.chdtrc(n, statistic))


def explained_by(answers: Answers, fit: ClassFit) -> Array:
    r"""Return for each item and each set of concepts the share of variance explained (PVAF), (J, 2^K).

    \zeta^2(q) is the variance over patterns of the chance of a right answer when patterns that agree on the concepts of
    q are joined; PVAF is \zeta^2(q) over that of all concepts (de la Torre and Chiu 2016). Column c is the set whose
    bits are those of c; the empty set explains nothing.
    """
    n, r = fit.posterior.T @ answers.seen, fit.posterior.T @ answers.right
    c_n = len(fit.shares)
    explained = np.zeros((answers.right.shape[1], c_n))
    for chosen in range(1, c_n):
        group = np.unique(np.arange(c_n) & chosen, return_inverse=True)[1]
        joined = np.zeros((int(group.max()) + 1, c_n))
        joined[group, np.arange(c_n)] = 1.0
        own_n, own_r = joined @ n, joined @ r
        chance = own_r / np.maximum(own_n, NEVER)
        mean = own_r.sum(axis=0) / np.maximum(own_n.sum(axis=0), NEVER)
        explained[:, chosen] = (own_n * (chance - mean) ** 2).sum(axis=0) / np.maximum(own_n.sum(axis=0), NEVER)
    return np.asarray(explained / np.maximum(explained[:, [-1]], NEVER))


def accuracy_of(fit: ClassFit, n_concepts: int) -> tuple[Array, Array, float]:
    """Return for each concept how often its classification is right, and agrees with that of a second test alike; and
    how often the whole pattern is right.

    Accuracy is the mean of the larger of p and 1 - p (Wang, Song, Chen, Meng and Ding 2015); agreement sums over
    patterns the chance that two independent tests say the same (Johnson and Sinharay 2018).
    """
    mastered = patterns_of(n_concepts).astype(np.float64)
    p = fit.posterior @ mastered
    accuracy = np.maximum(p, 1 - p).mean(axis=0)
    said = (p > 0.5).astype(np.float64)
    of_pattern = fit.posterior.sum(axis=0)
    yes = (fit.posterior.T @ said) / np.maximum(of_pattern, NEVER)[:, None]
    agreement = ((yes**2 + (1 - yes) ** 2) * of_pattern[:, None]).sum(axis=0) / of_pattern.sum()
    return accuracy, agreement, float(fit.posterior.max(axis=1).mean())
