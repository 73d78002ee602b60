"""Descriptions of single units: nearness to an ideal (TOPSIS), what weighs on them (obstacles), grey relation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, require_choice
from yucai.governance.coordination.panels import IndexPanel
from yucai.governance.coordination.scaling import GoodDirection, GoodKind, Scaled
from yucai.governance.coordination.weights import Weights
from yucai.texts import Text

__all__ = [
    "Closeness",
    "GreyRelation",
    "grey_relation",
    "obstacle_degrees",
    "obstacles",
    "relate",
    "to_ideal",
    "topsis",
]

NORMS: Final = ("vector", "min-max", "sum")
TOPSIS: Final = Text(
    "TOPSIS, {norm} norm, Euclidean distances to the best and the worst value that occur: units that come or go "
    "move it",
    "TOPSIS，{norm} 规范化，到样本中最优与最劣值的欧氏距离：地区增减会改变结果",
)
OBSTACLES: Final = Text(
    "obstacle degree: weight times shortfall on [0, 1], as shares of a row; it restates both and is no cause",
    "障碍度：权重乘以 [0, 1] 上的差距，按行求比重；它只是二者的重述，不是原因",
)
GREY: Final = Text(
    "grey relation with rho {rho} on values scaled to [0, 1], least and largest distance over all series: a "
    "description, "
    "no test; the order of factors can turn with rho",
    "灰色关联度，分辨系数 {rho}，按 [0, 1] 归一化值，最小与最大差取自全部序列：仅为描述，不是检验；次序可能随分辨系"
    "数改变",
)
KINDS: Final = Text(
    "TOPSIS here takes positive and negative indicators; {n} are of another kind. Scale them first and use min-max.",
    "TOPSIS 仅适用于正向和负向指标；现有 {n} 个为其他类型。请先归一化。",
)
NORMLESS: Final = Text(
    "{indicator} cannot be normed this way: it does not vary, or adds up to 0.",
    "{indicator} 无法这样规范化：没有差异，或总和为 0。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Closeness(Conventional):
    """One value a row (TOPSIS), or one a row and indicator (obstacles)."""

    panel: IndexPanel
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreyRelation(Conventional):
    """The grey relational degree of indicators to one of them; descriptive."""

    reference: str
    degrees: Mapping[str, float]


def to_ideal(values: Floats, weights: Floats, *, negative: Floats | None = None) -> Floats:
    """Return d- / (d+ + d-) of normed values: distances to the best and worst weighted value of each column.

    ``negative`` flags columns where low is good. Source: Hwang and Yoon 1981.

    >>> to_ideal(np.array([[0.0], [0.5], [1.0]]), np.array([1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    weighted = values * weights
    top, low = weighted.max(axis=0), weighted.min(axis=0)
    if negative is not None:
        top, low = np.where(negative, low, top), np.where(negative, top, low)
    good = np.sqrt(((weighted - top) ** 2).sum(axis=1))
    bad = np.sqrt(((weighted - low) ** 2).sum(axis=1))
    return np.asarray(bad / (good + bad), dtype=np.float64)


def topsis(
    panel: IndexPanel, weights: Weights, *, norm: str = "vector", directions: Mapping[str, GoodDirection] | None = None
) -> Closeness:
    """Return how near each unit and year comes to the ideal. ``norm`` is vector, min-max or sum; it moves scores."""
    require_choice("norm", norm, NORMS)
    values = panel.values[:, panel.places(weights.indicators)]
    kinds = [(directions or {}).get(one, GoodDirection()).kind for one in weights.indicators]
    other = [kind for kind in kinds if kind not in (GoodKind.POSITIVE, GoodKind.NEGATIVE)]
    if other:
        raise FaultyInputError("TOPSIS", [Fault(code="other-kind", says=KINDS, facts={"n": len(other)})])
    base = values - values.min(axis=0) if norm == "min-max" else values
    size = {"vector": np.sqrt((values**2).sum(axis=0)), "sum": values.sum(axis=0), "min-max": np.ptp(values, axis=0)}[
        norm
    ]
    flat = [one for one, length in zip(weights.indicators, size, strict=True) if length == 0]
    if flat:
        faults = [Fault(code="no-norm", says=NORMLESS, facts={"indicator": one}) for one in flat]
        raise FaultyInputError("TOPSIS", faults)
    negative = np.array([kind is GoodKind.NEGATIVE for kind in kinds], dtype=np.float64)
    found = to_ideal(base / size, weights.values, negative=negative)
    return Closeness(panel=panel, values=found, conventions=(*weights.conventions, TOPSIS.filled(norm=norm)))


def obstacles(plain: Floats, weights: Floats) -> Floats:
    """Return (1 - x'_j) w_j as shares of each row; a row without any shortfall has none (zeros).

    >>> obstacles(np.array([[1.0, 0.5]]), np.array([0.5, 0.5])).tolist()
    [[0.0, 1.0]]
    """
    weighed = (1 - plain) * weights
    total = weighed.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weighed, total, out=np.zeros_like(weighed), where=total > 0), dtype=np.float64)


def obstacle_degrees(scaled: Scaled, weights: Weights) -> Closeness:
    """Return what share of each row's weighted shortfall each indicator holds."""
    places = scaled.panel.places(weights.indicators)
    found = obstacles(scaled.plain()[:, places], weights.values)
    return Closeness(panel=scaled.panel, values=found, conventions=(*weights.conventions, OBSTACLES))


def grey_relation(reference: Floats, series: Floats, *, rho: float) -> Floats:
    """Return the mean over rows of (least + rho largest) / (distance + rho largest) for each column (Deng 1982).

    >>> grey_relation(np.array([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 1.0]]), rho=0.5).round(4).tolist()
    [1.0, 0.6667]
    """
    apart = np.abs(series - reference[:, None])
    least, most = apart.min(), apart.max()
    if most == 0:
        return np.ones(series.shape[1])
    return np.asarray(((least + rho * most) / (apart + rho * most)).mean(axis=0), dtype=np.float64)


def relate(scaled: Scaled, reference: str, factors: tuple[str, ...], *, rho: float = 0.5) -> GreyRelation:
    """Return the grey relational degrees of factors to an indicator. A description: nothing is tested."""
    plain = scaled.plain()
    found = grey_relation(
        plain[:, scaled.panel.places([reference])[0]], plain[:, scaled.panel.places(factors)], rho=rho
    )
    degrees = dict(zip(factors, found.tolist(), strict=True))
    return GreyRelation(reference=reference, degrees=degrees, conventions=(*scaled.conventions, GREY.filled(rho=rho)))
