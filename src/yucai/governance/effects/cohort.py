"""Whether a programme did something for one small cohort: an exact permutation test, and a shrunken estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.effects.figures import figure, percent
from yucai.governance.effects.plan import Array
from yucai.texts import Text

__all__ = ["FEWEST_IN_COHORT", "CohortEffect", "estimate_cohort_effect"]

FEWEST_IN_COHORT: Final = 5
MOST_STATES: Final = 2_000_000  # of the counting of all permutations: members times sums
POINTS: Final = 4_001
TIE: Final = 1e-9

CONVENTION: Final = Text(
    "Difference of means; two-sided permutation test of who was in the cohort ({counted}); normal prior around 0 with "
    "SD {prior_sd}, t likelihood with Welch's standard error and degrees of freedom.",
    "均值之差；对“谁在该批次”作双侧置换检验（{counted}）；先验为以 0 为中心、标准差 {prior_sd} 的正态分布，"
    "似然为 t 分布，采用 Welch 标准误与自由度。",
)
ALL_COUNTED: Final = Text("all permutations counted", "全部置换均已计入")
DRAWN: Final = Text("{n} permutations, drawn", "随机抽取 {n} 次置换")
COMPARED: Final = Text(
    "The {n} of the cohort differ by {estimate} on average from the {m} compared with; at least as much comes up in "
    "{p} of all ways to choose the cohort.",
    "该批次 {n} 人与对照 {m} 人的平均值相差 {estimate}；在所有可能的分组中，至少同样大的差异占 {p}。",
)
SHRUNK: Final = Text(
    "Drawn towards 0, as small groups exaggerate: {shrunk} (from {low} to {high}); the chance that it is above 0 is "
    "{positive}.",
    "小样本容易夸大效应，向 0 收缩后为 {shrunk}（{low} 至 {high}）；效应大于 0 的概率为 {positive}。",
)
NOT_PROVEN: Final = Text(
    "Nobody was assigned by lot; what else set the cohort apart is in this figure too.",
    "学生并非随机分入该批次；该批次其他方面的不同也包含在此数值中。",
)
TOO_FEW: Final = Text(
    "{which} has {n} values; at least {fewest} are needed. Add more, or judge the people by other means.",
    "{which}只有 {n} 个值；至少需要 {fewest} 个。请补充，或改用其他方式评价。",
)
NOT_FINITE: Final = Text(
    "{which} holds {n} values that are not numbers. Leave them out or correct them.",
    "{which}中有 {n} 个值不是数字。请剔除或更正。",
)
BAD_PRIOR: Final = Text(
    "The SD of the prior is {value}; it is above 0: how large effects of such programmes usually are.",
    "先验标准差为 {value}；应大于 0，即此类项目效应的通常大小。",
)
COHORT: Final = Text("The cohort", "该批次")
COMPARISON: Final = Text("The comparison", "对照组")


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortEffect:
    """The difference of one cohort from those it is compared with.

    ``estimate`` is the difference of means, ``p_value`` from the permutation test (``exact`` when all permutations
    were counted). ``shrunk``, ``shrunk_sd``, ``interval``: mean, SD and central interval of the posterior under a
    normal prior around 0 with ``prior_sd``. ``chance_positive`` is that the effect is above 0, ``chance_matters`` that
    it reaches the smallest effect of interest.
    """

    n_cohort: int
    n_comparison: int
    estimate: float
    p_value: float
    smallest_p: float
    exact: bool
    n_permutations: int
    prior_sd: float
    shrunk: float
    shrunk_sd: float
    interval: tuple[float, float]
    chance_positive: float
    chance_matters: float | None
    convention: Text
    says: tuple[Text, ...]


def estimate_cohort_effect(
    cohort: Sequence[float],
    comparison: Sequence[float],
    *,
    prior_sd: float,
    smallest_effect: float | None = None,
    alpha: float = 0.05,
    seed: int = 20261128,
    draws: int = 9_999,
) -> CohortEffect:
    """Return what one cohort has over those it is compared with.

    ``cohort`` and ``comparison`` are values of persons, best their gains, as those who start higher end higher.
    ``prior_sd`` is how large effects of such programmes usually are, in units of the outcome. Where values have few
    decimals all permutations are counted, whatever their number (Streitberg and Röhmel 1986); else ``draws`` are drawn.

    >>> found = estimate_cohort_effect([3, 4, 5, 4, 4], [1, 2, 3, 2, 2], prior_sd=1.0)
    >>> found.estimate, found.exact, round(found.p_value, 4)
    (2.0, True, 0.0159)
    """
    one, two = np.asarray(cohort, dtype=np.float64), np.asarray(comparison, dtype=np.float64)
    faults = _faults(one, two, prior_sd)
    if faults:
        raise FaultyInputError(Text("values of a cohort", "批次数据"), faults)
    estimate = float(one.mean() - two.mean())
    counted = _counted_p(one, two)
    n_ways = math.comb(len(one) + len(two), len(one))
    exact = counted is not None
    p_value = counted if counted is not None else _drawn_p(one, two, seed=seed, draws=draws)
    posterior = _posterior(one, two, prior_sd)
    low, high = (float(posterior.at(q)) for q in (alpha / 2.0, 1.0 - alpha / 2.0))
    positive = posterior.above(0.0)
    n = n_ways if exact else draws + 1
    facts = {"n": len(one), "m": len(two), "estimate": figure(estimate), "p": percent(p_value)}
    return CohortEffect(
        n_cohort=len(one), n_comparison=len(two), estimate=estimate, p_value=p_value, smallest_p=1.0 / n, exact=exact,
        n_permutations=n, prior_sd=prior_sd, shrunk=posterior.mean, shrunk_sd=posterior.sd, interval=(low, high),
        chance_positive=positive,
        chance_matters=None if smallest_effect is None else posterior.above(smallest_effect),
        convention=CONVENTION.filled(counted=ALL_COUNTED if exact else DRAWN.filled(n=n), prior_sd=figure(prior_sd)),
        says=(
            COMPARED.filled(**facts),
            SHRUNK.filled(
                shrunk=figure(posterior.mean), low=figure(low), high=figure(high), positive=percent(positive)
            ),
            NOT_PROVEN,
        ),
    )  # fmt: skip


def _faults(one: Array, two: Array, prior_sd: float) -> list[Fault]:
    faults = []
    for which, values in ((COHORT, one), (COMPARISON, two)):
        if len(values) < FEWEST_IN_COHORT:
            facts: dict[str, object] = {"which": which, "n": len(values), "fewest": FEWEST_IN_COHORT}
            faults.append(Fault(code="too-few", says=TOO_FEW, facts=facts))
        wrong = int((~np.isfinite(values)).sum())
        if wrong:
            faults.append(Fault(code="not-a-number", says=NOT_FINITE, facts={"which": which, "n": wrong}))
    if not (math.isfinite(prior_sd) and prior_sd > 0.0):
        faults.append(Fault(code="bad-prior", says=BAD_PRIOR, facts={"value": prior_sd}))
    return faults


def _counted_p(one: Array, two: Array) -> float | None:
    """Return the p-value over all permutations by counting sums, or None when the values are too fine for it."""
    pooled = np.concatenate([one, two])
    for scale in (1, 2, 4, 5, 10, 20, 100, 1000):
        whole = np.rint(pooled * scale)
        if np.allclose(pooled * scale, whole, rtol=0.0, atol=1e-6):
            break
    else:
        return None
    values = (whole - whole.min()).astype(np.int64)
    if len(one) * int(values.sum() + 1) > MOST_STATES:
        return None
    ways = _ways(values, len(one))
    sums = np.arange(ways.shape[0], dtype=np.float64)
    middle = len(one) * values.mean()
    real = abs(float(values[: len(one)].sum()) - middle)
    return float(ways[np.abs(sums - middle) >= real - 1e-6].sum() / ways.sum())


def _ways(values: Array, n: int) -> Array:
    """Return in how many of the choices of n values (as a share of all choices of any size) each sum comes up."""
    ways = np.zeros((n + 1, int(values.sum()) + 1))
    ways[0, 0] = 1.0
    for value in values.tolist():
        shift = int(value)
        moved = ways[:-1, : ways.shape[1] - shift].copy()
        ways[1:, shift:] += moved
        ways *= 0.5
    return np.asarray(ways[n], dtype=np.float64)


def _drawn_p(one: Array, two: Array, *, seed: int, draws: int) -> float:
    pooled, n = np.concatenate([one, two]), len(one)
    chance = np.random.default_rng(seed)
    rows = chance.permuted(np.tile(pooled, (draws, 1)), axis=1)
    means = rows[:, :n].mean(axis=1) - rows[:, n:].mean(axis=1)
    real = abs(float(one.mean() - two.mean()))
    return float((1 + (np.abs(means) >= real * (1.0 - TIE)).sum()) / (draws + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posterior:
    places: Array
    masses: Array

    @property
    def mean(self) -> float:
        return float(self.masses @ self.places)

    @property
    def sd(self) -> float:
        return float(np.sqrt(self.masses @ (self.places - self.mean) ** 2))

    def at(self, share: float) -> float:
        return float(np.interp(share, np.cumsum(self.masses), self.places))

    def above(self, value: float) -> float:
        return float(self.masses[self.places > value].sum() + 0.5 * self.masses[self.places == value].sum())


def _posterior(one: Array, two: Array, prior_sd: float) -> _Posterior:
    parts = one.var(ddof=1) / len(one), two.var(ddof=1) / len(two)
    error = max(math.sqrt(parts[0] + parts[1]), 1e-9 * prior_sd)
    ends = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)
    degrees = (parts[0] + parts[1]) ** 2 / ends if ends > 0 else float(len(one) + len(two) - 2)
    estimate = float(one.mean() - two.mean())
    low, high = min(0.0, estimate), max(0.0, estimate)
    reach = 8.0 * min(prior_sd, error)
    places = np.linspace(low - reach, high + reach, POINTS)
    prior = -0.5 * (places / prior_sd) ** 2
    logs = prior - 0.5 * (degrees + 1.0) * np.log1p(((estimate - places) / error) ** 2 / degrees)
    masses = np.exp(logs - logs.max())
    return _Posterior(places=places, masses=masses / masses.sum())
