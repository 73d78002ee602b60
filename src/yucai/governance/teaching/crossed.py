"""Variance components of crossed effects by REML: one large block is folded away, the rest is solved densely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["CrossedFit", "FactorFit", "fit_crossed"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

SMALLEST: Final = 1e-8  # variance of a factor over that of the error: below this it is none
STEPS: Final = 60
HALVINGS: Final = 30
SETTLED: Final = 1e-9  # expected gain of the criterion at which the search has arrived
ROWS_AT_ONCE: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FactorFit:
    """The effects of one factor: SD over its levels, conditional means, conditional standard errors, counts."""

    sd: float
    effects: Array
    std_errors: Array  # given the variance components and the fixed effects, as lme4's condVar
    n_ratings: Codes
    covariance: Array | None  # of the effects, under the same conditions; kept for the factor that was asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossedFit:
    """A linear mixed model with crossed normal effects, at the top of its restricted likelihood."""

    coefficients: Array
    covariance: Array  # of the coefficients, given the variance components
    residual_sd: float
    factors: tuple[FactorFit, ...]  # in the order in which they were given
    criterion: float  # minus twice the restricted log-likelihood, as lme4's REML criterion
    n_ratings: int
    n_steps: int
    converged: bool

    @property
    def std_errors(self) -> Array:
        """The standard errors of the coefficients."""
        errors: Array = np.sqrt(np.diag(self.covariance))
        return errors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counts:
    """What of the data is needed at every step: counts and sums, made once."""

    codes: tuple[Codes, ...]  # the folded factor first
    sizes: tuple[int, ...]
    columns: Array  # the design and, last, the ratings
    gram: Array
    folded_n: Array
    folded_sums: Array  # of the columns by level of the folded factor
    kept_n: Array
    kept_sums: Array
    kept_pairs: Array | None  # counts between the kept factors; none where there is one only
    cross: Any  # sparse counts: folded levels by kept levels
    which: Codes  # for each kept level, the number of its factor from 0

    @property
    def n_fixed(self) -> int:
        return int(self.columns.shape[1]) - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Point:
    """The criterion at one set of ratios, with what its slopes and the effects are made of."""

    ratios: Array
    criterion: float
    diagonal: Array  # of the folded block
    factor: Array  # lower Cholesky factor of the kept block
    coefficients: Array
    rss: float
    fixed_root: Array


def fit_crossed(ratings: Array, design: Array, *, factors: Sequence[Codes], joint: int | None = None) -> CrossedFit:
    r"""Return the REML fit of ratings with normal effects of each factor.

    .. math:: y = X \beta + \sum_k Z_k b_k + e, \quad b_k \sim N(0, \gamma_k \sigma^2), e \sim N(0, \sigma^2)

    ``factors`` number the levels of each from 0. The one with most levels is folded away level by level, since its
    block is diagonal; the others form one dense matrix. The search is Newton's with the average information
    (Gilmour, Thompson and Cullis 1995), halved until the criterion falls. ``joint`` numbers the factor of which
    the whole covariance of its effects is kept.
    """
    order = sorted(range(len(factors)), key=lambda k: -int(factors[k].max()))
    data = _counted(ratings, design, [factors[k] for k in order])
    at, n_steps, converged = _searched(data)
    fitted = _effects(at, data, joint=None if joint is None else order.index(joint))
    root = np.linalg.inv(at.fixed_root)
    n_free = len(ratings) - data.n_fixed
    variance = at.rss / n_free
    return CrossedFit(
        coefficients=at.coefficients,
        covariance=variance * root.T @ root,
        residual_sd=float(np.sqrt(variance)),
        factors=tuple(fitted[order.index(k)] for k in range(len(factors))),
        criterion=at.criterion + n_free * (1 + np.log(2 * np.pi / n_free)),
        n_ratings=len(ratings),
        n_steps=n_steps,
        converged=converged,
    )


def _counted(ratings: Array, design: Array, codes: Sequence[Codes]) -> _Counts:
    sizes = tuple(int(code.max()) + 1 for code in codes)
    columns = np.column_stack([design, ratings])
    starts = np.cumsum([0, *sizes[1:]])
    ones = np.ones(len(ratings))
    placed = [code + start for code, start in zip(codes[1:], starts, strict=False)]
    shape = (sizes[0], int(starts[-1]))
    rows, cols = np.tile(codes[0], len(placed)), np.concatenate([*placed, np.empty(0, dtype=np.int64)])
    cross = scipy.sparse.csr_matrix((np.tile(ones, len(placed)), (rows, cols)), shape=shape)
    pairs = None
    if len(placed) > 1:
        whole = scipy.sparse.csr_matrix(
            (np.tile(ones, len(placed)), (np.tile(np.arange(len(ratings)), len(placed)), cols)),
            shape=(len(ratings), shape[1]),
        )
        pairs = (whole.T @ whole).toarray()
    return _Counts(
        codes=tuple(codes),
        sizes=sizes,
        columns=columns,
        gram=columns.T @ columns,
        folded_n=np.bincount(codes[0], minlength=sizes[0]).astype(np.float64),
        folded_sums=_sums(columns, codes[0], sizes[0]),
        kept_n=np.concatenate(
            [np.bincount(c, minlength=s).astype(np.float64) for c, s in zip(codes[1:], sizes[1:], strict=True)]
            or [np.empty(0)]
        ),
        kept_sums=np.concatenate(
            [_sums(columns, c, s) for c, s in zip(codes[1:], sizes[1:], strict=True)]
            or [np.empty((0, columns.shape[1]))]
        ),
        kept_pairs=pairs,
        cross=cross,
        which=np.repeat(np.arange(len(sizes) - 1), sizes[1:]),
    )


def _sums(columns: Array, codes: Codes, size: int) -> Array:
    """Return the sums of the columns over the rows of each level."""
    return np.column_stack([np.bincount(codes, weights=column, minlength=size) for column in columns.T])


def _folded_counts(data: _Counts, weights: Array) -> Array:
    """Return the counts between kept levels that share a folded one, weighted by it, as a dense matrix."""
    weighted = data.cross.copy()
    weighted.data = weighted.data * np.repeat(weights, np.diff(data.cross.indptr))
    dense: Array = (weighted.T @ data.cross).toarray()
    return dense


def _point(ratios: Array, data: _Counts) -> _Point:
    """Return the profiled criterion, without its constant: log determinants and the logarithm of the squares left."""
    diagonal = ratios[0] * data.folded_n + 1
    scale = np.sqrt(ratios[1:])[data.which]
    weights = ratios[0] / diagonal
    inner = -_folded_counts(data, weights)
    if data.kept_pairs is None:
        inner[np.diag_indices_from(inner)] += data.kept_n
    else:
        inner += data.kept_pairs
    inner *= scale[:, None]
    inner *= scale[None, :]
    inner[np.diag_indices_from(inner)] += 1
    factor = scipy.linalg.cholesky(inner, lower=True, overwrite_a=True, check_finite=False)
    rest = scale[:, None] * (data.kept_sums - data.cross.T @ (weights[:, None] * data.folded_sums))
    forward = scipy.linalg.solve_triangular(factor, rest, lower=True, check_finite=False)
    left = data.gram - (data.folded_sums * weights[:, None]).T @ data.folded_sums - forward.T @ forward
    k = data.n_fixed
    root = np.linalg.cholesky(left[:k, :k])
    half = scipy.linalg.solve_triangular(root, left[:k, k], lower=True)
    rss = float(left[k, k] - half @ half)
    logs = np.log(diagonal).sum() + 2 * np.log(np.diag(factor)).sum() + 2 * np.log(np.diag(root)).sum()
    return _Point(
        ratios=ratios,
        criterion=float(logs + (len(data.columns) - k) * np.log(rss)),
        diagonal=diagonal,
        factor=factor,
        coefficients=scipy.linalg.solve_triangular(root.T, half, lower=False),
        rss=rss,
        fixed_root=root,
    )


def _solved(at: _Point, sums: tuple[Array, Array], data: _Counts) -> tuple[Array, Array]:
    """Return the effects for sums over folded and kept levels: the mixed-model equations without fixed effects."""
    scale = np.sqrt(at.ratios[1:])[data.which][:, None]
    weights = (at.ratios[0] / at.diagonal)[:, None]
    rest = scale * (sums[1] - data.cross.T @ (weights * sums[0]))
    kept = scale * scipy.linalg.cho_solve((at.factor, True), rest, check_finite=False)
    return weights * (sums[0] - data.cross @ kept), kept


def _projected(at: _Point, columns: Array, data: _Counts) -> Array:
    """Return what is left of columns after random and fixed effects: P times each."""
    cleared = _cleared(at, columns, data)
    design = data.columns[:, : data.n_fixed]
    inside = scipy.linalg.cho_solve((at.fixed_root, True), design.T @ cleared)
    left: Array = cleared - _cleared(at, design, data) @ inside
    return left


def _cleared(at: _Point, columns: Array, data: _Counts) -> Array:
    """Return what is left of columns after random effects: the inverse of the covariance times each."""
    sums = [_sums(columns, code, size) for code, size in zip(data.codes, data.sizes, strict=True)]
    kept = np.concatenate(sums[1:]) if len(sums) > 1 else np.empty((0, columns.shape[1]))
    folded, rest = _solved(at, (sums[0], kept), data)
    left = columns - folded[data.codes[0]]
    start = 0
    for code, size in zip(data.codes[1:], data.sizes[1:], strict=True):
        left = left - rest[start : start + size][code]
        start += size
    return left


def _inverse_of_kept(at: _Point) -> Array:
    """Return the inverse of the kept block from its Cholesky factor, both triangles."""
    if not len(at.factor):
        return at.factor
    inverse, fault = scipy.linalg.lapack.dpotri(at.factor, lower=1)
    if fault:
        raise np.linalg.LinAlgError("the block of kept factors has no inverse")
    whole: Array = np.tril(inverse) + np.tril(inverse, -1).T
    return whole


def _slopes(at: _Point, data: _Counts) -> tuple[Array, Array]:
    """Return the slopes of the criterion in each ratio and its average information."""
    inverse = _inverse_of_kept(at)
    scale = np.sqrt(at.ratios[1:])[data.which]
    scaled = inverse * scale[:, None] * scale[None, :]
    folded_weights = at.ratios[0] / at.diagonal**2
    kept_trace = np.bincount(data.which, weights=np.diag(inverse), minlength=len(at.ratios) - 1)
    traces = np.append((1 / at.diagonal).sum() + np.sum(scaled * _folded_counts(data, folded_weights)), kept_trace)
    determinants = (np.array(data.sizes) - traces) / at.ratios
    cleared = _cleared(at, data.columns, data)
    cleared[:, -1] -= cleared[:, :-1] @ at.coefficients
    free = len(cleared) - data.n_fixed
    inside = np.linalg.inv(at.fixed_root)
    by_level = [_sums(cleared, code, size) for code, size in zip(data.codes, data.sizes, strict=True)]
    fixed = np.array([np.sum((sums[:, :-1] @ inside.T) ** 2) for sums in by_level])
    squares = np.array([sums[:, -1] @ sums[:, -1] for sums in by_level])
    slopes = determinants - fixed - free / at.rss * squares
    spread = np.column_stack([sums[:, -1][code] for sums, code in zip(by_level, data.codes, strict=True)])
    information = free / at.rss * (spread.T @ _projected(at, spread, data) - np.outer(squares, squares) / at.rss)
    return slopes, information


def _start(data: _Counts) -> Array:
    """Return ratios to begin with: the variance of the means of levels, less what chance alone would give."""
    design, ratings = data.columns[:, :-1], data.columns[:, -1]
    left = ratings - design @ np.linalg.lstsq(design, ratings, rcond=None)[0]
    total = float(left @ left) / len(left)
    shares = []
    for code, size in zip(data.codes, data.sizes, strict=True):
        n = np.bincount(code, minlength=size)
        means = np.bincount(code, weights=left, minlength=size) / np.maximum(n, 1)
        between = float(n @ means**2) - total * size
        shares.append(max(between / max(float(n.sum() - (n @ n) / n.sum()), 1.0) / total, 1e-3))
    share = np.array(shares)
    return np.asarray(share / max(1 - share.sum(), 0.2))


def _searched(data: _Counts) -> tuple[_Point, int, bool]:
    """Return the lowest point of the criterion, the steps it took, and whether the search arrived."""
    at = _point(np.maximum(_start(data), SMALLEST), data)
    for step in range(1, STEPS + 1):
        slopes, information = _slopes(at, data)
        free = (at.ratios > SMALLEST) | (slopes < 0)
        if not free.any():
            return at, step, True
        change = np.zeros_like(slopes)
        change[free] = -np.linalg.solve(_steadied(information[np.ix_(free, free)]), slopes[free])
        if -float(slopes @ change) < SETTLED:
            return at, step, True
        found = _stepped(at, change, data)
        if found is None:
            return at, step, -float(slopes @ change) < 1e-4
        at = found
    return at, STEPS, False


def _steadied(information: Array) -> Array:
    """Return the information with no direction in which it bends down, for a step must go down the slope."""
    values, vectors = np.linalg.eigh(information)
    lifted: Array = (vectors * np.maximum(np.abs(values), 1e-8 * np.abs(values).max() + 1e-300)) @ vectors.T
    return lifted


def _stepped(at: _Point, change: Array, data: _Counts) -> _Point | None:
    """Return the next point down the slope: the whole step, or half of it until the criterion falls."""
    share = 1.0
    for _ in range(HALVINGS):
        ratios = np.maximum(at.ratios + share * change, np.maximum(SMALLEST, at.ratios * 0.05 * (at.ratios > 1e-6)))
        tried = _point(ratios, data)
        if tried.criterion < at.criterion:
            return tried
        share /= 2
    return None


def _effects(at: _Point, data: _Counts, *, joint: int | None) -> list[FactorFit]:
    """Return each factor's effects with the errors that are conditional on the components, folded factor first."""
    variance = at.rss / (len(data.columns) - data.n_fixed)
    k = data.n_fixed
    sums = [each[:, k:] - each[:, :k] @ at.coefficients[:, None] for each in (data.folded_sums, data.kept_sums)]
    folded, kept = _solved(at, (sums[0], sums[1]), data)
    scale = np.sqrt(at.ratios[1:])[data.which]
    scaled = _inverse_of_kept(at) * scale[:, None] * scale[None, :]
    weights = at.ratios[0] / at.diagonal
    out = []
    for f, size in enumerate(data.sizes):
        mine = data.which == f - 1
        effects = kept[mine, 0] if f else folded[:, 0]
        if f == joint:
            covariance = scaled[np.ix_(mine, mine)] if f else np.diag(weights) + _sandwich(data.cross, scaled, weights)
        spread = np.diag(scaled)[mine] if f else weights + weights**2 * _quadratic(data.cross, scaled)
        none = at.ratios[f] <= SMALLEST
        out.append(
            FactorFit(
                sd=0.0 if none else float(np.sqrt(variance * at.ratios[f])),
                effects=effects * (not none),
                std_errors=np.sqrt(variance * spread) * (not none),
                n_ratings=np.bincount(data.codes[f], minlength=size),
                covariance=variance * covariance * (not none) if f == joint else None,
            )
        )
    return out


def _sandwich(cross: Any, matrix: Array, weights: Array) -> Array:
    """Return w b M b' w over all pairs of rows b of sparse counts."""
    left = weights[:, None] * (cross @ matrix)
    whole: Array = weights[:, None] * (cross @ left.T)
    return whole


def _quadratic(cross: Any, matrix: Array) -> Array:
    """Return b' M b for each row b of sparse counts, some rows at once so that memory stays small."""
    out = np.zeros(cross.shape[0])
    for first in range(0, cross.shape[0], ROWS_AT_ONCE):
        rows = cross[first : first + ROWS_AT_ONCE]
        out[first : first + ROWS_AT_ONCE] = np.asarray(rows.multiply(rows @ matrix).sum(axis=1)).ravel()
    return out
