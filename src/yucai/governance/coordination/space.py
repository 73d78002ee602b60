"""Whether neighbours are alike: Moran's I of all units, and of each (LISA), with false discovery held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, require_finite
from yucai.texts import Text

__all__ = [
    "QUADRANTS",
    "LocalMoran",
    "Moran",
    "contiguity",
    "false_discovery",
    "local_moran",
    "moran",
    "moran_i",
    "moran_variance",
]

QUADRANTS: Final = ("HH", "LH", "LL", "HL")
LEAST: Final = 5
MOST_DENSE: Final = 300
SpatialWeights = Any
"""A square array of weights: of numpy, or for many units a sparse array of scipy, with room for neighbours alone."""
NEIGHBOURS: Final = Text("the neighbourhood", "邻接关系")
UNKNOWN: Final = Text("is named as a neighbour but is no unit here.", "列为邻居，却不在地区名单中。")
ISLAND: Final = Text(
    "has no neighbour. Say who its neighbour is by convention (as Guangdong is Hainan's), or leave it out.",
    "没有邻居。请按约定指定邻居（如海南与广东），或剔除该地区。",
)
SELF: Final = Text("is named as its own neighbour.", "被列为自己的邻居。")
SMALL: Final = Text(
    "there are {n} units that vary; Moran's I needs at least {least} with different values.",
    "只有 {n} 个地区，或取值全部相同；莫兰指数至少需要 {least} 个取值不全同的地区。",
)
SHAPE: Final = Text("{n} values, but weights for {units} units.", "数值有 {n} 个，权重矩阵却对应 {units} 个地区。")
MORAN: Final = Text(
    "Moran's I, row-standardised contiguity, variance under randomisation (Cliff and Ord 1981), two-sided normal p",
    "莫兰指数，行标准化邻接权重，随机化假设下的方差（Cliff 与 Ord，1981），双侧正态 p 值",
)
PERMUTED: Final = Text("{n} permutations besides, two-sided", "另作 {n} 次置换，双侧")
LISA: Final = Text(
    "local Moran (Anselin 1995), conditional variance (Sokal 1998), two-sided normal p; false discovery held at "
    "{level} "
    "over {n} units (Benjamini and Hochberg 1995)",
    "局部莫兰指数（Anselin，1995），条件方差（Sokal，1998），双侧正态 p 值；{n} 个地区的错误发现率控制在 {level}（"
    "Benjamini 与 Hochberg，1995）",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moran(Conventional):
    """Moran's I with what chance would give; ``p_permuted`` only where a generator was given."""

    i: float
    expected: float
    variance: float
    z: float
    p: float
    p_permuted: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalMoran(Conventional):
    """Local Moran of each unit; ``q`` is the p value after false discovery, ``found`` where it is at most the level."""

    i: Floats
    expected: Floats
    variance: Floats
    z: Floats
    p: Floats
    q: Floats
    quadrant: tuple[str, ...]
    found: tuple[bool, ...]


def contiguity(
    units: Sequence[str], pairs: Iterable[tuple[str, str]], *, among: Sequence[str] | None = None
) -> SpatialWeights:
    """Return row-standardised weights: each neighbour counts 1 over the number of neighbours.

    ``among`` lists all units that pairs may name; pairs with one that is not among ``units`` are then left out.
    Raises FaultyInputError naming unknown neighbours, units that are their own, and units without any.
    """
    place, known = {unit: n for n, unit in enumerate(units)}, set(among or units)
    joined, faults = set[tuple[int, int]](), []
    for a, b in pairs:
        faults += [Fault(code="unknown", says=UNKNOWN, where=one) for one in (a, b) if one not in known]
        if a == b:
            faults.append(Fault(code="self", says=SELF, where=a))
        elif a in place and b in place:
            joined |= {(place[a], place[b]), (place[b], place[a])}
    at = np.array(sorted(joined), dtype=np.int64).reshape(-1, 2)
    counts = np.bincount(at[:, 0], minlength=len(units))
    faults += [Fault(code="island", says=ISLAND, where=units[int(k)]) for k in np.flatnonzero(counts == 0)]
    if faults:
        raise FaultyInputError(NEIGHBOURS, faults)
    if len(units) > MOST_DENSE:
        from scipy.sparse import csr_array

        return csr_array((1 / counts[at[:, 0]], (at[:, 0], at[:, 1])), shape=(len(units), len(units)))
    weights = np.zeros((len(units), len(units)))
    weights[at[:, 0], at[:, 1]] = 1 / counts[at[:, 0]]
    return weights


def moran_i(values: Floats, weights: SpatialWeights) -> float:
    """Return I = n / sum(w) times z'Wz / z'z with z = x - mean (Moran 1950).

    >>> w = np.array([[0.0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]])
    >>> round(moran_i(np.array([1.0, 2, 3, 4]), w), 12)
    0.4
    """
    z = values - values.mean()
    return float(len(z) / weights.sum() * (z @ weights @ z) / (z @ z))


def moran_variance(values: Floats, weights: SpatialWeights) -> float:
    """Return the variance of Moran's I when values are put on the units at random (Cliff and Ord 1981)."""
    z, n = values - values.mean(), len(values)
    s0, s1 = weights.sum(), (weights * weights).sum() + (weights * weights.T).sum()
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    peak = n * (z**4).sum() / (z @ z) ** 2
    first = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = peak * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    return float((first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - 1 / (n - 1) ** 2)


def false_discovery(p: Floats) -> Floats:
    """Return p values after Benjamini and Hochberg 1995: the smallest level at which each would be found.

    >>> false_discovery(np.array([0.01, 0.04, 0.03])).round(12).tolist()
    [0.03, 0.04, 0.04]
    """
    n = len(p)
    order = np.argsort(p)[::-1]
    running = np.minimum.accumulate(p[order] * n / np.arange(n, 0, -1))
    found = np.empty(n)
    found[order] = np.minimum(running, 1.0)
    return found


def moran(values: Floats, weights: SpatialWeights, *, rng: Generator | None = None, permutations: int = 999) -> Moran:
    """Return global Moran's I; with a generator, also its p value by permutation."""
    _check(values, weights)
    i, variance, n = moran_i(values, weights), moran_variance(values, weights), len(values)
    expected = -1 / (n - 1)
    z = (i - expected) / np.sqrt(variance)
    said: tuple[Text, ...] = (MORAN,)
    permuted = None
    if rng is not None:
        permuted = _permuted(values, weights, i - expected, rng=rng, n=permutations)
        said = (MORAN, PERMUTED.filled(n=permutations))
    return Moran(i=i, expected=expected, variance=variance, z=float(z), p=float(2 * ndtr(-abs(z))),
                 p_permuted=permuted, conventions=said)  # fmt: skip


def local_moran(values: Floats, weights: SpatialWeights, *, level: float = 0.05) -> LocalMoran:
    """Return local Moran of each unit, with the expectation and variance given its own value.

    I_i = (z_i / m2) sum_j w_ij z_j, m2 = sum z^2 / n; E = -z_i^2 w_i / ((n-1) m2);
    Var = (z_i / m2)^2 (n / (n-2)) (sum_j w_ij^2 - w_i^2 / (n-1)) (m2 - z_i^2 / (n-1)).
    """
    _check(values, weights)
    z, n = values - values.mean(), len(values)
    m2, total, squares, lag = (z @ z) / n, weights.sum(axis=1), (weights * weights).sum(axis=1), weights @ z
    i, expected = z / m2 * lag, -(z**2) * total / ((n - 1) * m2)
    variance = (z / m2) ** 2 * (n / (n - 2)) * (squares - total**2 / (n - 1)) * (m2 - z**2 / (n - 1))
    score = np.divide(i - expected, np.sqrt(variance), out=np.zeros(n), where=variance > 0)
    p = 2 * ndtr(-np.abs(score))
    q = false_discovery(p)
    quadrant = tuple(
        ("H" if own > 0 else "L") + ("H" if near > 0 else "L") for own, near in zip(z, lag, strict=True)
    )  # fmt: skip
    return LocalMoran(
        i=i, expected=expected, variance=variance, z=score, p=p, q=q, quadrant=quadrant,
        found=tuple(bool(one) for one in q <= level), conventions=(LISA.filled(level=level, n=n),),
    )  # fmt: skip


def _permuted(values: Floats, weights: SpatialWeights, apart: float, *, rng: Generator, n: int) -> float:
    z = values - values.mean()
    shuffled = rng.permuted(np.tile(z, (n, 1)), axis=1)
    found = len(z) / weights.sum() * (shuffled * (weights @ shuffled.T).T).sum(axis=1) / (z @ z)
    beyond = np.count_nonzero(np.abs(found + 1 / (len(z) - 1)) >= abs(apart) - 1e-12)
    return float((beyond + 1) / (n + 1))


def _check(values: Floats, weights: SpatialWeights) -> None:
    require_finite(NEIGHBOURS, [("values", values)])
    faults = []
    if weights.shape != (len(values), len(values)):
        faults.append(Fault(code="shape", says=SHAPE, facts={"n": len(values), "units": weights.shape[0]}))
    if len(values) < LEAST or np.ptp(values) == 0:
        faults.append(Fault(code="too-few", says=SMALL, facts={"n": len(values), "least": LEAST}))
    if faults:
        raise FaultyInputError(NEIGHBOURS, faults)
