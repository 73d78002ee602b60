"""Variants of the formulas as they occur in print, right ones and mistakes, each with its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.governance.coordination.conventions import Floats, Frequencies
from yucai.governance.coordination.coupling import classical_coupling, corrected_coupling
from yucai.governance.coordination.weights import conflict_weights, entropies, entropy_weights, variation_weights
from yucai.texts import Text

__all__ = [
    "COORDINATIONS",
    "COUPLINGS",
    "DEVELOPMENTS",
    "FLOORS",
    "SCALINGS",
    "WEIGHTINGS",
    "FormulaVariant",
    "Make",
    "distinct_entropies",
]

FLOORS: Final = (1e-10, 1e-6, 1e-5, 1e-4, 1e-3, 0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaVariant:
    """One way to do one step: its code, its name, and, where it is a published mistake, what is wrong with it."""

    code: str
    name: Text
    mistake: Text | None = None


def distinct_entropies(values: Floats) -> Floats:
    """Return the entropy of how often each distinct value occurs: -sum(q ln q), as one published program takes it.

    For a continuous indicator nearly all values differ, so that this is about ln n whatever they are.

    >>> distinct_entropies(np.array([[1.0], [2.0]])).round(4).tolist()
    [0.6931]
    """
    down = np.sort(values.T, axis=1)
    n = down.shape[1]
    first = np.concatenate([np.ones((len(down), 1), dtype=np.bool_), down[:, 1:] != down[:, :-1]], axis=1)
    counts = [np.diff(np.append(np.flatnonzero(one), n)) for one in first]
    return np.array([_entropy_of(one) for one in counts])


def _entropy_of(counts: Frequencies) -> float:
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _plain(values: Floats) -> Floats:
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((values - low) / (high - low), dtype=np.float64)


def _yearly(values: Floats, years: Frequencies) -> Floats:
    found = np.empty_like(values)
    for year in np.unique(years):
        chosen = values[years == year]
        spread = np.ptp(chosen, axis=0)
        found[years == year] = (chosen - chosen.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    return found


def _named(code: str, en: str, zh: str, mistake: Text | None = None) -> FormulaVariant:
    return FormulaVariant(code=code, name=Text(en, zh), mistake=mistake)


Scaling = Callable[[Floats, Frequencies], Floats]
Weighting = Callable[[Floats, int], Floats]

SCALINGS: Final[Sequence[tuple[FormulaVariant, Scaling]]] = (
    (_named("span", "min-max to [0.002, 0.998], pooled", "极差归一化到 [0.002, 0.998]，各年合并"),
     lambda x, years: 0.002 + 0.996 * _plain(x)),
    (_named("plain", "min-max to [0, 1], pooled", "极差归一化到 [0, 1]，各年合并"),
     lambda x, years: _plain(x)),
    *((_named(f"floor-{floor:g}", f"min-max to [0, 1] plus {floor:g}", f"极差归一化后加 {floor:g}"),
       lambda x, years, floor=floor: _plain(x) + floor) for floor in FLOORS),
    (_named("yearly", "min-max within each year", "逐年极差归一化",
             mistake=Text("scores of different years are not comparable", "不同年份的得分不可比")),
     _yearly),
    (_named("shares", "shares of the column sum, no min-max", "按列求比重，未作极差归一化"),
     lambda x, years: x / x.sum(axis=0)),
)  # fmt: skip


def _normed(values: Floats) -> Floats:
    total = values.sum()
    return np.asarray(values / total if total else np.full(len(values), np.nan), dtype=np.float64)


WEIGHTINGS: Final[Sequence[tuple[FormulaVariant, Weighting]]] = (
    (_named("entropy", "entropy weights 1 - e, ln n over rows", "熵权 1 - e，ln n 取行数"),
     lambda x, units: entropy_weights(x, count=len(x))),
    (_named("entropy-units", "entropy weights, ln n over units although years are pooled",
                                             "熵权，各年合并却以地区数取 ln n",
             mistake=Text("the entropy can exceed 1, and weights turn negative", "熵值可能大于 1，权重可能为负")),
     lambda x, units: entropy_weights(x, count=max(units, 2))),
    (_named("equal", "equal weights", "等权"), lambda x, units: np.full(x.shape[1], 1 / x.shape[1])),
    (_named("critic", "CRITIC weights", "CRITIC 赋权"),
     lambda x, units: conflict_weights(x, ddof=1, signed=True)),
    (_named("variation", "coefficient of variation", "变异系数法"),
     lambda x, units: variation_weights(x, ddof=1)),
    (_named("entropy-turned", "weights by e instead of 1 - e", "用 e 而非 1 - e 赋权",
             mistake=Text("indicators that tell least apart get most weight", "区分度最低的指标反而权重最大")),
     lambda x, units: _normed(entropies(x, count=len(x)))),
    (_named("distinct-turned", "weights by the entropy of distinct-value counts",
                                               "按“不同取值频数”的熵赋权",
             mistake=Text("that entropy is about ln n for any continuous indicator, so weights come out nearly equal",
                          "连续型指标的该熵几乎恒为 ln n，权重因此近乎相等")),
     lambda x, units: _normed(distinct_entropies(x))),
    (_named("distinct", "weights by 1 - entropy of distinct-value counts",
                                        "按 1 -“不同取值频数”的熵赋权",
             mistake=Text("counts of distinct values say nothing of an indicator's spread",
                          "不同取值的频数与指标离散程度无关")),
     lambda x, units: _normed(1 - distinct_entropies(x) / np.log(len(x)))),
)  # fmt: skip


def _ratio(u: Floats) -> Floats:
    return np.asarray(np.prod(u, axis=1) / (u.mean(axis=1)) ** u.shape[1], dtype=np.float64)


def _pairs(u: Floats) -> Floats:
    left, right = np.triu_indices(u.shape[1], 1)
    n = u.shape[1]
    return np.asarray(n * (np.prod(u, axis=1) / np.prod(u[:, left] + u[:, right], axis=1)) ** (1 / n), dtype=np.float64)


Make = Callable[[Floats], Floats]
NO_FACTOR: Final = Text("the factor n is dropped, so C cannot exceed 1/n", "漏掉系数 n，C 不可能超过 1/n")
WRONG_ROOT: Final = Text(
    "the root is not the n-th, so C falls much too fast with any difference", "开方次数不是 n，稍有差异 C 便过快下降"
)
PAIRS: Final = Text(
    "products of pairwise sums stand below: C is not without unit, and reaches 1 for no reason",
    "分母用两两之和的连乘：C 带量纲，且不在各系统相等时取 1",
)
COUPLINGS: Final[Sequence[tuple[FormulaVariant, Make]]] = (
    (_named("classical", "classical C, factor n and n-th root", "传统 C，含系数 n 与 n 次方根"),
     classical_coupling),
    (_named("corrected", "corrected C (Wang Shujia et al. 2021)", "修正 C（王淑佳等，2021）"),
     corrected_coupling),
    (_named("no-factor", "classical C without the factor n", "传统 C 漏掉系数 n", mistake=NO_FACTOR),
     lambda u: np.prod(u, axis=1) ** (1 / u.shape[1]) / u.sum(axis=1)),
    (_named("no-root", "ratio without any root", "比值未开方", mistake=WRONG_ROOT), _ratio),
    (_named("square-root", "square root of the ratio, whatever n", "无论 n 为几都开平方",
             mistake=WRONG_ROOT),
     lambda u: np.sqrt(_ratio(u))),
    (_named("squared-ratio", "square of the ratio (k = 2)", "比值取 k = 2 次方", mistake=WRONG_ROOT),
     lambda u: _ratio(u) ** 2),
    (_named("pairs", "n-th root over products of pairwise sums", "分母为两两之和连乘的 n 次方根",
             mistake=PAIRS),
     _pairs),
)  # fmt: skip
DEVELOPMENTS: Final[Sequence[tuple[FormulaVariant, Make]]] = (
    (_named("equal", "T with equal shares", "T 取等权系数"), lambda u: u.mean(axis=1)),
    (_named("sum", "T as the plain sum", "T 取简单相加",
             mistake=Text("the shares do not add up to 1, so D can exceed 1", "系数之和不为 1，D 可能大于 1")),
     lambda u: u.sum(axis=1)),
    (_named("geometric", "T as the geometric mean", "T 取几何平均"),
     lambda u: np.prod(u, axis=1) ** (1 / u.shape[1])),
)  # fmt: skip
COORDINATIONS: Final[Sequence[tuple[FormulaVariant, float, Callable[[Floats, Floats], Floats]]]] = (
    (_named("square", "D = (C T)^(1/2)", "D = (C·T)^(1/2)"), 1 / 2, lambda c, t: np.sqrt(c * t)),
    (_named("cube", "D = (C T)^(1/3)", "D = (C·T)^(1/3)",
            Text("a cube root, which lifts every D and its grade", "误用立方根，抬高了所有 D 及其等级")),
     1 / 3, lambda c, t: np.cbrt(c * t)),
    (_named("none", "D = C T", "D = C·T",
            Text("no root at all, which lowers every D and its grade", "未开方，压低了所有 D 及其等级")),
     1.0, lambda c, t: c * t),
)  # fmt: skip
"""Each with the power of the product C T, by which its rounding carries over."""
