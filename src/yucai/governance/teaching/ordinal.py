"""A cumulative link model beside the linear one: answers as an order alone, with effects drawn towards 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.governance.teaching.checking import RATINGS
from yucai.governance.teaching.ratings import RatingFit
from yucai.texts import Text

__all__ = ["CumulativeMode", "OrdinalCheck", "check_ordinal", "cumulative_mode"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

MOST_ANSWERS: Final = 12  # of a scale; with more it is no order of a few answers
LATENT: Final = float(np.pi / np.sqrt(3))  # SD of the logistic distribution
STEPS: Final = 60
HALVINGS: Final = 30
SETTLED: Final = 1e-10
LEVEL: Final = 0.9
NO_ORDER: Final = Text(
    "“{column}” has {n} different answers; an order of answers has 2 to {most}. Leave this check out.",
    "“{column}”有 {n} 种不同取值；有序答案应为 2 至 {most} 种。请略去此项核对。",
)
NOT_FOUND: Final = Text(
    "the cumulative link model does not settle for these ratings. Leave this check out.",
    "累积链接模型在这些评分上未能收敛。请略去此项核对。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CumulativeMode:
    """The mode of a cumulative logit model whose effects have given SDs: thresholds, effects, their errors.

    ``std_errors`` are those of the first factor, from the curvature at the mode, the SDs taken as known.
    """

    thresholds: Array
    effects: tuple[Array, ...]
    std_errors: Array
    log_likelihood: float  # without the penalty
    n_steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrdinalCheck:
    """What becomes of the effects of a factor if answers are an order alone.

    ``correlation`` is that of both effects; ``moved`` how many of the ``n`` levels have their whole interval above or
    below the average in one model and not in the same way in the other.
    """

    thresholds: tuple[tuple[float, float], ...]
    names: tuple[str, ...]
    effects: Array
    std_errors: Array
    correlation: float
    moved: int

    @property
    def n(self) -> int:
        """How many levels there are."""
        return len(self.names)


def check_ordinal(
    table: pl.DataFrame, fit: RatingFit, *, score: str = "score", factor: str = "lecturer", level: float = LEVEL
) -> OrdinalCheck:
    r"""Return the effects of a factor in a cumulative logit model beside those of a linear fit.

    .. math:: P(score \le k) = \mathrm{logit}^{-1}(\tau_k - rater - lecturer)

    The SDs of effects are those of the linear model, over its chance and in units of the logistic distribution: the
    mode is found, not the likelihood of the SDs. Covariates are left out. Raises FaultyInputError where answers are no
    order of a few, or nothing is found.
    """
    answers, place = np.unique(table[score].cast(pl.Float64).to_numpy(), return_inverse=True)
    if not 2 <= len(answers) <= MOST_ANSWERS or not np.isfinite(answers).all():
        facts = {"column": score, "n": len(answers), "most": MOST_ANSWERS}
        raise FaultyInputError(RATINGS, [Fault(code="no-order", says=NO_ORDER, facts=facts)])
    here = fit.of(factor)
    order = [factor, *(one.factor for one in fit.effects if one.factor != factor)]
    sds = {one.factor: LATENT * one.sd / fit.residual_sd for one in fit.components[:-1]}
    told = [one for one in order if sds[one] > 0]
    if factor not in told:  # nothing to order: they do not differ
        none = np.zeros(len(here.names))
        return OrdinalCheck(thresholds=(), names=here.names, effects=none, std_errors=none, correlation=1.0, moved=0)
    codes = [table[one].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy() - 1 for one in told]
    found = cumulative_mode(place.astype(np.int64), codes, sds=[sds[one] for one in told])
    z = float(scipy.stats.norm.ppf(0.5 + level / 2))
    sides = [_sides(here.effects, z * here.std_errors), _sides(found.effects[0], z * found.std_errors)]
    return OrdinalCheck(
        thresholds=tuple(zip(answers[:-1].tolist(), found.thresholds.tolist(), strict=True)),
        names=here.names,
        effects=found.effects[0],
        std_errors=found.std_errors,
        correlation=float(np.corrcoef(here.effects, found.effects[0])[0, 1]) if np.ptp(found.effects[0]) else 0.0,
        moved=int((sides[0] != sides[1]).sum()),
    )


def _sides(effects: Array, halves: Array) -> Array:
    sides: Array = np.sign(effects) * (np.abs(effects) > halves)
    return sides


def cumulative_mode(answers: Codes, factors: Sequence[Codes], *, sds: Sequence[float]) -> CumulativeMode:
    """Return where the penalised likelihood of ordered answers (numbered from 0) is highest, by Newton's method.

    It is concave, so that there is one mode. Each rating has one level of each factor: of the largest factor but the
    first one the block is diagonal and is folded away. Raises FaultyInputError where nothing settles.
    """
    data = _laid_out(answers, factors, sds)
    at = data.start
    value, slope, curve = _penalised(at, data)
    for step in range(1, STEPS + 1):
        try:
            change, root = _solved(curve, slope, data)
        except (ValueError, np.linalg.LinAlgError):  # what is no number, or bends up: said below
            break
        gain = float(slope @ change)
        if not np.isfinite(gain):
            break
        if gain < SETTLED:
            return _mode(at, root, data, value=value, n_steps=step)
        share = 1.0
        for _ in range(HALVINGS):
            tried = at + share * change
            next_value, next_slope, next_curve = _penalised(tried, data)
            if next_value > value:
                break
            share /= 2
        else:
            if gain < 1e-6:  # as near as rounding lets it come
                return _mode(at, root, data, value=value, n_steps=step)
            break
        at, value, slope, curve = tried, next_value, next_slope, next_curve
    raise FaultyInputError(RATINGS, [Fault(code="not-found", says=NOT_FOUND)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Laid:
    """The designs of the upper and the lower end of each answer; what is folded stands last."""

    upper: Any
    lower: Any
    top: npt.NDArray[np.bool_]
    bottom: npt.NDArray[np.bool_]
    penalty: Array
    places: tuple[slice, ...]  # of each factor, in the order in which they were given
    n_thresholds: int
    n_kept: int
    start: Array


def _laid_out(answers: Codes, factors: Sequence[Codes], sds: Sequence[float]) -> _Laid:
    sizes = [int(codes.max()) + 1 for codes in factors]
    n, cuts = len(answers), int(answers.max())
    order = list(range(len(factors)))
    if len(order) > 1:
        folded = max(order[1:], key=lambda k: sizes[k])
        order = [*(k for k in order if k != folded), folded]
    starts, at = {}, cuts
    for k in order:
        starts[k], at = at, at + sizes[k]
    rows = np.arange(n)
    cells = [(rows, starts[k] + factors[k], np.full(n, -1.0)) for k in order]
    ends = []
    for shift in (0, -1):
        inside = (answers + shift >= 0) & (answers + shift < cuts)
        mine = [(rows[inside], (answers + shift)[inside], np.ones(int(inside.sum()))), *cells]
        r, c, v = (np.concatenate(part) for part in zip(*mine, strict=True))
        ends.append(scipy.sparse.csr_matrix((v, (r, c)), shape=(n, at)))
    penalty = np.zeros(at)
    for k in order:
        penalty[starts[k] : starts[k] + sizes[k]] = 1 / sds[k] ** 2
    shares = np.cumsum(np.bincount(answers, minlength=cuts + 1))[:-1] / n
    start = np.zeros(at)
    start[:cuts] = np.log(shares / (1 - shares))
    return _Laid(
        upper=ends[0], lower=ends[1], top=answers == cuts, bottom=answers == 0, penalty=penalty, start=start,
        places=tuple(slice(starts[k], starts[k] + sizes[k]) for k in range(len(factors))), n_thresholds=cuts,
        n_kept=at - sizes[order[-1]] if len(order) > 1 else at,
    )  # fmt: skip


def _penalised(at: Array, data: _Laid) -> tuple[float, Array, Any]:
    """Return the penalised log-likelihood, its slope and its curvature (with the sign turned) as a sparse matrix."""
    if (np.diff(at[: data.n_thresholds]) <= 0).any():
        return -np.inf, at, None
    high = np.where(data.top, 1.0, scipy.special.expit(data.upper @ at))
    low = np.where(data.bottom, 0.0, scipy.special.expit(data.lower @ at))
    chance = high - low
    if not (chance > 0).all():
        return -np.inf, at, None
    a, c = high * (1 - high), low * (1 - low)
    by_a, by_c = a / chance, -c / chance
    aa = by_a**2 - a * (1 - 2 * high) / chance
    cc = by_c**2 + c * (1 - 2 * low) / chance
    ac = by_a * by_c
    slope = data.upper.T @ by_a + data.lower.T @ by_c - data.penalty * at
    first = data.upper.multiply(aa[:, None]).tocsr() + data.lower.multiply(ac[:, None]).tocsr()
    second = data.upper.multiply(ac[:, None]).tocsr() + data.lower.multiply(cc[:, None]).tocsr()
    curve = (data.upper.T @ first + data.lower.T @ second).tocsr() + scipy.sparse.diags(data.penalty)
    return float(np.log(chance).sum() - 0.5 * data.penalty @ at**2), slope, curve.tocsr()


def _solved(curve: Any, slope: Array, data: _Laid) -> tuple[Array, Array]:
    """Return Newton's step and the Cholesky factor of what is kept once the folded factor is taken out."""
    k = data.n_kept
    kept = curve[:k, :k].toarray()
    if k == len(slope):
        root = scipy.linalg.cholesky(kept, lower=True)
        return scipy.linalg.cho_solve((root, True), slope), root
    beside, folded = curve[:k, k:], curve.diagonal()[k:]
    scaled = beside.multiply(1 / folded).tocsr()
    root = scipy.linalg.cholesky(kept - (scaled @ beside.T).toarray(), lower=True)
    first = scipy.linalg.cho_solve((root, True), slope[:k] - scaled @ slope[k:])
    return np.concatenate([first, (slope[k:] - beside.T @ first) / folded]), root


def _mode(at: Array, root: Array, data: _Laid, *, value: float, n_steps: int) -> CumulativeMode:
    inverse = scipy.linalg.cho_solve((root, True), np.eye(len(root)))
    return CumulativeMode(
        thresholds=at[: data.n_thresholds],
        effects=tuple(at[place] for place in data.places),
        std_errors=np.sqrt(np.diag(inverse)[data.places[0]]),
        log_likelihood=value + float(0.5 * data.penalty @ at**2),
        n_steps=n_steps,
    )
