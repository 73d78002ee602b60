"""Ratings of teaching, drawn towards the average as far as they are uncertain: students and lecturers told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.governance.teaching.checking import Wanted, checked_table, fitted
from yucai.governance.teaching.crossed import CrossedFit

__all__ = ["Coefficient", "FactorEffects", "RatingFit", "VarianceComponent", "fit_ratings", "ratings_needed"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """How much of the variance of a rating goes back to one factor; the last is chance ("residual")."""

    factor: str
    sd: float
    share: float
    n_levels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A fixed effect with its standard error, given the variance components."""

    name: str
    estimate: float
    std_error: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FactorEffects:
    """The levels of one factor, by name: raw mean, effect drawn towards 0, its standard error, reliability.

    ``reliability`` is the share of the variance of an effect that is known, 1 - std_error² / sd². ``means`` are on the
    scale of the scores: what the level would get from raters and in conditions that are average here.
    """

    factor: str
    names: tuple[str, ...]
    n_ratings: Codes
    raw_means: Array
    effects: Array
    std_errors: Array
    reliability: Array
    sd: float
    centre: float
    covariance: Array | None

    @property
    def means(self) -> Array:
        """The effects on the scale of the scores."""
        return self.centre + self.effects


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatingFit:
    """A model of ratings: where the differences come from, and what is known of each level.

    ``n_islands`` counts the parts between which no rater gives a comparison: a lecturer of one is set beside a lecturer
    of another only as far as their raters are alike.
    """

    components: tuple[VarianceComponent, ...]
    coefficients: tuple[Coefficient, ...]
    effects: tuple[FactorEffects, ...]
    residual_sd: float
    criterion: float
    n_ratings: int
    n_islands: int
    converged: bool

    def of(self, factor: str) -> FactorEffects:
        """Return the effects of one factor. Raises KeyError for one that is not in the model."""
        found = {each.factor: each for each in self.effects}
        return found[factor]


def fit_ratings(
    table: pl.DataFrame,
    *,
    score: str = "score",
    factors: Sequence[str] = ("rater", "lecturer"),
    covariates: Sequence[str] = (),
    joint: str | None = None,
    scale: tuple[float, float] | None = None,
) -> RatingFit:
    r"""Return the restricted maximum-likelihood fit of ratings with crossed effects of the factors.

    .. math:: score = \beta_0 + x \beta + rater + lecturer (+ course) + error

    Each factor's effects are normal. Covariates are numbers and enter as they are. ``joint`` names the factor of which
    the covariance of all effects is kept, for :func:`teaching_standings`. Equals R's
    ``lmer(score ~ x + (1|rater) + (1|lecturer))``. Raises FaultyInputError with every fault of the table.
    """
    wanted = Wanted(score=score, factors=tuple(factors), covariates=tuple(covariates), scale=scale, joint=joint)
    kept = checked_table(table, wanted)
    scores = kept[score].to_numpy()
    design = np.column_stack([np.ones(len(scores)), *(kept[one].to_numpy() for one in covariates)])
    coded = [_coded(kept[one]) for one in factors]
    numbered = {name: codes for name, (_names, codes) in zip(factors, coded, strict=True)}
    fit = fitted(scores, design, factors=numbered, joint=joint)
    total = fit.residual_sd**2 + sum(each.sd**2 for each in fit.factors)
    components = [
        VarianceComponent(factor=name, sd=each.sd, share=each.sd**2 / total, n_levels=len(each.effects))
        for name, each in zip(factors, fit.factors, strict=True)
    ]
    chance = VarianceComponent(
        factor="residual", sd=fit.residual_sd, share=fit.residual_sd**2 / total, n_levels=len(scores)
    )
    return RatingFit(
        components=(*components, chance),
        coefficients=tuple(
            Coefficient(name=name, estimate=float(estimate), std_error=float(error))
            for name, estimate, error in zip(("intercept", *covariates), fit.coefficients, fit.std_errors, strict=True)
        ),
        effects=_effects(fit, coded, factors=factors, scores=scores, centre=float(np.mean(design @ fit.coefficients))),
        residual_sd=fit.residual_sd,
        criterion=fit.criterion,
        n_ratings=len(scores),
        n_islands=_islands([codes for _names, codes in coded]),
        converged=fit.converged,
    )


def ratings_needed(fit: RatingFit, *, reliability: float, factor: str = "lecturer") -> int | None:
    r"""Return how many ratings by different raters make an effect as reliable as wished; None if none ever do.

    .. math:: n = \frac{r}{1 - r} \cdot \frac{\sigma^2_{others} + \sigma^2_{residual}}{\sigma^2_{factor}}
    """
    own = fit.of(factor).sd ** 2
    if not 0 < reliability < 1:
        raise ValueError(f"A reliability lies between 0 and 1, not at {reliability}.")
    if own == 0:
        return None
    others = sum(one.sd**2 for one in fit.components if one.factor != factor)
    return max(1, ceil(reliability / (1 - reliability) * others / own - 1e-9))


def _coded(names: pl.Series) -> tuple[tuple[str, ...], Codes]:
    """Return the levels of a factor in order, and which each rating belongs to."""
    levels = names.unique().sort()
    ranks = names.rank("dense").cast(pl.Int64).to_numpy() - 1
    return tuple(levels.to_list()), ranks


def _effects(
    fit: CrossedFit,
    coded: Sequence[tuple[tuple[str, ...], Codes]],
    *,
    factors: Sequence[str],
    scores: Array,
    centre: float,
) -> tuple[FactorEffects, ...]:
    return tuple(
        FactorEffects(
            factor=factor,
            names=names,
            n_ratings=each.n_ratings,
            raw_means=np.bincount(codes, weights=scores, minlength=len(names)) / each.n_ratings,
            effects=each.effects,
            std_errors=each.std_errors,
            reliability=1 - each.std_errors**2 / each.sd**2 if each.sd else np.zeros(len(names)),
            sd=each.sd,
            centre=centre,
            covariance=each.covariance,
        )
        for factor, (names, codes), each in zip(factors, coded, fit.factors, strict=True)
    )


def _islands(codes: Sequence[Codes]) -> int:
    """Return into how many parts the ratings fall that share no level of any factor."""
    starts = np.cumsum([0, *(int(one.max()) + 1 for one in codes)])
    n = int(starts[-1])
    if len(codes) == 1:
        return 1
    ends = [code + start for code, start in zip(codes, starts, strict=False)]
    rows = np.concatenate([ends[0]] * (len(ends) - 1))
    edges = scipy.sparse.coo_matrix((np.ones(len(rows)), (rows, np.concatenate(ends[1:]))), shape=(n, n))
    return int(scipy.sparse.csgraph.connected_components(edges, directed=False, return_labels=False))
