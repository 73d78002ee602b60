"""How unequal units are, within groups of them and between: Gini after Dagum, Theil; and how values are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, require_finite
from yucai.texts import Text

__all__ = [
    "Dagum",
    "Density",
    "Theil",
    "decompose_gini",
    "decompose_theil",
    "density",
    "gini",
    "reflected_density",
    "silverman_width",
    "theil",
]

VALUES: Final = Text("the values", "数值")
NEGATIVE: Final = Text(
    "{n} value{n:|s} {n:is|are} below 0 or all are 0; inequality needs values from 0 up with a mean above 0.",
    "{n} 个值为负，或全部为 0；不平等指标要求数值非负且均值大于 0。",
)
LENGTHS: Final = Text("{n} values, but {groups} groups.", "数值有 {n} 个，分组却有 {groups} 个。")
RANGE: Final = Text("{n} value{n:|s} lie outside [0, 1].", "{n} 个值不在 [0, 1] 内。")
DAGUM: Final = Text(
    "Gini coefficient (divisor n²) after Dagum 1997: within groups, net between groups, and overlap; the scheme of "
    "groups drives the shares",
    "基尼系数（除数 n²），按 Dagum（1997）分解：组内、组间净差异与超变密度（重叠）；分组方案决定各部分占比",
)
THEIL: Final = Text(
    "Theil T, population form, with groups weighted by their share of the sum; 0 ln 0 counts as 0",
    "泰尔指数 T（总体形式），各组按其总量占比加权；0 ln 0 计为 0",
)
DENSITY: Final = Text(
    "Gaussian kernel, width {width} ({rule}), reflected at 0 and 1 so that nothing lies outside; {n} points",
    "高斯核，带宽 {width}（{rule}），在 0 与 1 处反射，使密度不溢出区间；{n} 个点",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dagum(Conventional):
    """The Gini coefficient and its parts; within + between + overlap = gini. ``pairs`` holds G_jh of two groups."""

    gini: float
    within: float
    between: float
    overlap: float
    groups: tuple[str, ...]
    pairs: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Theil(Conventional):
    """Theil's T and its parts; within + between = theil."""

    theil: float
    within: float
    between: float
    groups: tuple[str, ...]
    each: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Density(Conventional):
    """A density on [0, 1] at points of it."""

    points: Floats
    heights: Floats
    width: float


def gini(values: Floats) -> float:
    """Return the mean absolute difference of all ordered pairs, each with itself too, over twice the mean.

    >>> round(gini(np.array([0.0, 1.0])), 12)
    0.5
    """
    down = np.sort(values)
    n = len(down)
    return float((2 * np.arange(1, n + 1) - n - 1) @ down / (n * down.sum()))


def theil(values: Floats) -> float:
    """Return the mean of (x / mean) ln(x / mean), 0 where all are equal.

    >>> theil(np.array([2.0, 2.0]))
    0.0
    """
    shares = values / values.mean()
    return float((shares * np.log(np.where(shares > 0, shares, 1.0))).mean())


def decompose_gini(values: Floats, groups: Sequence[str]) -> Dagum:
    """Return the Gini coefficient of values and its three parts by groups.

    For groups j and h with means m and shares of units p and of the sum s: G_jh = mean abs(x - y) / (m_j + m_h);
    within = sum G_jj p_j s_j; with D_jh = (d - p) / (d + p), d and p the mean positive and negative difference of the
    richer against the poorer, between = sum G_jh (p_j s_h + p_h s_j) D_jh, and overlap the same with 1 - D_jh.
    Source: Dagum 1997, Empirical Economics 22.
    """
    labels, sizes, sums, spread, upward = _by_pairs(values, groups)
    means, p, s = sums / sizes, sizes / sizes.sum(), sums / sums.sum()
    pairs = spread / np.maximum(means[:, None] + means, np.finfo(float).tiny)
    shares = p[:, None] * s
    richer, poorer = np.nonzero(np.logical_or(means[:, None] > means, _tied(means)))
    force = pairs[richer, poorer] * (shares + shares.T)[richer, poorer]
    total = spread[richer, poorer]
    net = np.divide(2 * upward[richer, poorer] - total, total, out=np.zeros_like(total), where=total > 0)
    return Dagum(
        gini=gini(values),
        within=float(np.sum(np.diag(pairs) * p * s)),
        between=float(force @ net),
        overlap=float(force @ (1 - net)),
        groups=labels,
        pairs=pairs,
        conventions=(DAGUM,),
    )


def decompose_theil(values: Floats, groups: Sequence[str]) -> Theil:
    """Return Theil's T and its parts: within = sum s_j T_j, between = sum s_j ln(m_j / m)."""
    _check(values, groups)
    labels, at = np.unique(np.asarray(groups), return_inverse=True)
    sums, total = np.bincount(at, values), values.sum()
    means = sums / np.bincount(at)
    held = np.where(means > 0, means, 1.0)
    ratio = values / held[at]
    terms = np.bincount(at, values * np.log(np.where(ratio > 0, ratio, 1.0)))
    return Theil(
        theil=theil(values),
        within=float(terms.sum() / total),
        between=float(sums @ np.log(np.where(means > 0, held / values.mean(), 1.0)) / total),
        groups=tuple(str(one) for one in labels),
        each=tuple((terms / np.where(sums > 0, sums, 1.0)).tolist()),
        conventions=(THEIL,),
    )


def silverman_width(values: Floats) -> float:
    """Return 0.9 min(sd, interquartile range / 1.34) n^(-1/5) (Silverman 1986, eq. 3.31); never 0."""
    low, high = np.quantile(values, (0.25, 0.75))
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    spread = min(one for one in (sd, float(high - low) / 1.34, np.inf) if one > 0)
    return float(0.9 * (spread if np.isfinite(spread) else 0.01) * len(values) ** -0.2)


def reflected_density(values: Floats, points: Floats, *, width: float) -> Floats:
    """Return a Gaussian kernel density on [0, 1], what would lie outside folded back at both ends.

    Points are reflected as often as the width can reach, so that the density adds up to 1.
    """
    folds = int(np.ceil(width * 4)) + 1
    images = np.concatenate([np.concatenate([2 * k + values, 2 * k - values]) for k in range(-folds, folds + 1)])
    away = (points[:, None] - images) / width
    return np.asarray(np.exp(-0.5 * away**2).sum(axis=1) / (len(values) * width * np.sqrt(2 * np.pi)), dtype=np.float64)


def density(values: Floats, *, n_points: int = 101, width: float | None = None) -> Density:
    """Return the kernel density of values in [0, 1], by Silverman's width unless one is given."""
    require_finite(VALUES, [("values", values)])
    outside = int(np.count_nonzero((values < 0) | (values > 1)))
    if outside or not len(values):
        raise FaultyInputError(VALUES, [Fault(code="outside", says=RANGE, facts={"n": outside})])
    used = silverman_width(values) if width is None else width
    points = np.linspace(0, 1, n_points)
    said = DENSITY.filled(width=f"{used:.4g}", rule="Silverman" if width is None else "given", n=len(values))
    heights = reflected_density(values, points, width=used)
    return Density(points=points, heights=heights, width=used, conventions=(said,))


def _by_pairs(values: Floats, groups: Sequence[str]) -> tuple[tuple[str, ...], Floats, Floats, Floats, Floats]:
    """Return groups, sizes, sums, and the mean absolute and mean positive difference of every two groups."""
    _check(values, groups)
    labels = tuple(sorted(set(groups)))
    marks = np.asarray(groups)
    inside = [np.sort(values[marks == one]) for one in labels]
    sizes, sums = np.array([float(len(few)) for few in inside]), np.array([few.sum() for few in inside])
    upward = np.array([[_over(one, other) for other in inside] for one in inside]) / (sizes[:, None] * sizes)
    return labels, sizes, sums, upward + upward.T, upward


def _over(one: Floats, other: Floats) -> float:
    """Return the sum over all pairs of how far a value of one group lies above one of another; both are sorted."""
    below = np.searchsorted(other, one)
    return float(one @ below - np.concatenate([[0.0], np.cumsum(other)])[below].sum())


def _tied(means: Floats) -> npt.NDArray[np.bool_]:
    """Return each pair of groups with equal means once."""
    return np.triu(means[:, None] == means, 1)


def _check(values: Floats, groups: Sequence[str]) -> None:
    require_finite(VALUES, [("values", values)])
    negative = int(np.count_nonzero(values < 0))
    faults = []
    if len(values) != len(groups):
        faults.append(Fault(code="lengths", says=LENGTHS, facts={"n": len(values), "groups": len(groups)}))
    if negative or not values.sum() > 0:
        faults.append(Fault(code="negative", says=NEGATIVE, facts={"n": negative}))
    if faults:
        raise FaultyInputError(VALUES, faults)
