"""Whether a conclusion hangs on equal steps between the answers of a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.governance.teaching.ratings import RatingFit, fit_ratings

__all__ = ["SpacingCheck", "check_spacing", "normal_scores"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacingCheck:
    """The same model with answers placed by how often each was given, beside the one with equal steps.

    ``correlation`` is that of the effects; ``largest_move`` the largest difference between an effect here and there,
    each in SDs of its own model; ``steps`` is the place of each answer.
    """

    steps: tuple[tuple[float, float], ...]
    correlation: float
    largest_move: float
    fit: RatingFit


def check_spacing(
    table: pl.DataFrame, fit: RatingFit, *, score: str = "score", factor: str = "lecturer"
) -> SpacingCheck:
    """Return what becomes of the effects of a factor if the answers are an order only.

    Answers are taken for a normal variable cut into categories, as the cumulative probit model takes them, and each is
    replaced by the mean of its piece. It is a check of equal steps, not a cumulative link model with crossed effects.
    """
    factors = [each.factor for each in fit.effects]
    covariates = [each.name for each in fit.coefficients[1:]]
    answers, steps = normal_scores(table[score].to_numpy())
    placed = np.interp(table[score].to_numpy(), answers, steps)
    other = fit_ratings(
        table.with_columns(pl.Series(score, placed)), score=score, factors=factors, covariates=covariates, joint=factor
    )
    here, there = fit.of(factor), other.of(factor)
    told = here.sd > 0 and there.sd > 0
    return SpacingCheck(
        steps=tuple(zip(answers.tolist(), steps.tolist(), strict=True)),
        correlation=float(np.corrcoef(here.effects, there.effects)[0, 1]) if told else 0.0,
        largest_move=float(np.abs(here.effects / here.sd - there.effects / there.sd).max()) if told else 0.0,
        fit=other,
    )


def normal_scores(scores: Array) -> tuple[Array, Array]:
    r"""Return the answers of a scale and, for each, the mean of its piece of the standard normal.

    .. math:: s_k = \frac{\phi(c_{k-1}) - \phi(c_k)}{p_k}, \quad c_k = \Phi^{-1}(p_1 + ... + p_k)
    """
    answers, counts = np.unique(scores, return_counts=True)
    shares = counts / counts.sum()
    cuts = scipy.stats.norm.ppf(np.concatenate([[0.0], np.cumsum(shares)[:-1], [1.0]]))
    heights = scipy.stats.norm.pdf(cuts)
    return answers.astype(np.float64), (heights[:-1] - heights[1:]) / shares
