"""Weights that data give: entropy, conflict (CRITIC), variation, principal components. None is importance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.governance.coordination.conventions import Conventional, Floats, require_choice
from yucai.governance.coordination.scaling import Scaled
from yucai.texts import Text

__all__ = [
    "METHODS",
    "NegativeWeightsError",
    "Weights",
    "conflict_weights",
    "entropies",
    "entropy_weights",
    "equal_weights",
    "principal_weights",
    "variation_weights",
    "weigh",
    "weigh_by_year",
]

METHODS: Final = ("entropy", "critic", "variation", "principal", "equal")
WEIGHTS: Final = Text("the weights", "权重")
ENTROPY: Final = Text(
    "entropy weights, {over}: shares of the scaled values plus {shift}, entropy over ln n with n = {n} {count}; they "
    "reward skewness and are not importance",
    "熵权法，{over}：对归一化值加 {shift} 后求比重，熵除以 ln n，n = {n}（{count}）；熵权偏好偏态，不等于重要性",
)
CRITIC: Final = Text(
    "CRITIC weights, {over}: standard deviation (divisor n - {ddof}) times the sum of 1 - r, {sign} correlations",
    "CRITIC 赋权，{over}：标准差（除数 n - {ddof}）乘以 1 - r 之和，相关系数{sign}",
)
SIGNED: Final = Text("signed", "取原值")
ABSOLUTE: Final = Text("absolute", "取绝对值")
VARIATION: Final = Text(
    "weights by the coefficient of variation of the scaled values, {over} (divisor n - {ddof})",
    "变异系数法，{over}：按归一化值计算（除数 n - {ddof}）",
)
PRINCIPAL: Final = Text(
    "weights of {n} principal component{n:|s} of the correlation matrix, {over} (kept: {rule}), explaining {share} %",
    "主成分赋权，{over}：相关矩阵的 {n} 个主成分（保留规则：{rule}），累计解释 {share} %",
)
EQUAL: Final = Text("equal weights", "等权")
POOLED: Final = Text("all units and years pooled", "各地区各年合并计算")
ONE_YEAR: Final = Text("year {year} alone", "仅用 {year} 年")
ROWS: Final = Text("rows", "行数")
UNITS: Final = Text("units", "地区数")
NO_SPREAD: Final = Text(
    "the indicators do not vary in these rows, so data give no weights. Choose other rows, or equal weights.",
    "这些行中指标没有差异，无法由数据赋权。请另选范围，或采用等权。",
)
NOT_SHARES: Final = Text(
    "entropy needs values that are not negative; {n} are. Scale the indicators first.",
    "求熵要求数值非负；现有 {n} 个为负。请先归一化。",
)


class NegativeWeightsError(YucaiError):
    """Principal components gave weights below nought."""

    says = Text(
        "Principal components give negative weights: {listed}. A weight below 0 turns an indicator against its stated "
        'direction. Choose other indicators or weights, or ask to have them reported (negative="report").',
        '主成分给出了负权重：{listed}。负权重使指标与其既定方向相反。请更换指标或赋权方法，或要求照实报告（negative="report"）。',
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights(Conventional):
    """One weight for each indicator; they add up to 1."""

    indicators: tuple[str, ...]
    values: Floats
    method: str

    def shares(self) -> dict[str, float]:
        """Return the weights by indicator."""
        return dict(zip(self.indicators, self.values.tolist(), strict=True))


def entropies(values: Floats, *, count: int, shift: float = 0.0) -> Floats:
    """Return the entropy of each column's shares: e = -sum(p ln p) / ln(count), p = (x + shift) / sum(x + shift).

    0 ln 0 counts as 0, its limit. ``count`` is the number of rows; papers that put the number of units over a pooled
    panel get other weights. Source: Shannon 1948; Hwang and Yoon 1981, section 3.

    >>> entropies(np.array([[1.0, 1.0], [1.0, 0.0]]), count=2).tolist()
    [1.0, 0.0]
    """
    moved = values + shift
    if np.any(moved < 0):
        facts = {"n": int(np.count_nonzero(moved < 0))}
        raise FaultyInputError(WEIGHTS, [Fault(code="not-shares", says=NOT_SHARES, facts=facts)])
    shares = moved / moved.sum(axis=0)
    terms = shares * np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(-terms.sum(axis=0) / np.log(count) + 0.0, dtype=np.float64)


def entropy_weights(values: Floats, *, count: int, shift: float = 0.0) -> Floats:
    """Return w = (1 - e) / sum(1 - e), with e of ``entropies``.

    >>> entropy_weights(np.array([[1.0, 1.0], [1.0, 0.0]]), count=2).tolist()
    [0.0, 1.0]
    """
    return _normed(1 - entropies(values, count=count, shift=shift))


def conflict_weights(values: Floats, *, ddof: int, signed: bool) -> Floats:
    """Return CRITIC weights: standard deviation times the sum over the others of 1 - r (or 1 - abs(r)), to add up to 1.

    Source: Diakoulaki, Mavrotas and Papayannakis 1995.
    """
    if values.shape[1] == 1:
        return np.ones(1)
    correlations = np.corrcoef(values.T)
    conflict = (1 - (correlations if signed else np.abs(correlations))).sum(axis=1)
    return _normed(values.std(axis=0, ddof=ddof) * conflict)


def variation_weights(values: Floats, *, ddof: int) -> Floats:
    """Return standard deviation over mean, to add up to 1.

    >>> variation_weights(np.array([[1.0, 1.0], [1.0, 3.0]]), ddof=0).tolist()
    [0.0, 1.0]
    """
    return _normed(values.std(axis=0, ddof=ddof) / values.mean(axis=0))


def principal_weights(values: Floats, *, keep: float | None) -> tuple[Floats, int, float]:
    """Return weights from the correlation matrix's principal components, how many were kept, and what they explain.

    Each component is turned so that its loadings add up to more than 0. The weight of indicator j is the sum over kept
    components of eigenvector_j times that component's share of the kept variance, to add up to 1; it can be negative.
    ``keep`` is the share of variance to reach, or None for eigenvalues above 1 (Kaiser), at least one component.
    """
    if values.shape[1] == 1:
        return np.ones(1), 1, 1.0
    sizes, vectors = np.linalg.eigh(np.corrcoef(values.T))
    sizes, vectors = sizes[::-1], vectors[:, ::-1]
    reached = np.cumsum(sizes) / sizes.sum()
    n = max(1, int(np.count_nonzero(sizes > 1))) if keep is None else int(np.searchsorted(reached, keep - 1e-12)) + 1
    n = min(n, len(sizes))
    turned = vectors[:, :n] * np.where(vectors[:, :n].sum(axis=0) < 0, -1.0, 1.0)
    return _normed(turned @ (sizes[:n] / sizes[:n].sum())), n, float(reached[n - 1])


def equal_weights(indicators: Sequence[str]) -> Weights:
    """Return the same weight for each."""
    n = len(indicators)
    return Weights(indicators=tuple(indicators), values=np.full(n, 1 / n), method="equal", conventions=(EQUAL,))


def weigh(
    scaled: Scaled,
    indicators: Sequence[str],
    *,
    method: str = "entropy",
    year: int | None = None,
    count: str = "rows",
    shift: float = 0.0,
    ddof: int = 1,
    signed: bool = True,
    keep: float | None = None,
    negative: str = "refuse",
) -> Weights:
    """Return weights of indicators from scaled data, all years pooled, or of one year.

    ``count`` (rows or units in ln n) and ``shift`` belong to entropy, ``ddof`` to critic and variation, ``signed`` to
    critic, ``keep`` and ``negative`` (refuse or report) to principal. Raises NegativeWeightsError, FaultyInputError.
    """
    require_choice("method", method, METHODS)
    require_choice("count", count, ("rows", "units"))
    require_choice("negative", negative, ("refuse", "report"))
    values = scaled.of(indicators)
    over = POOLED
    if year is not None:
        values, over = scaled.panel.rows_of(values, year), ONE_YEAR.filled(year=year)
    n = len(values) if count == "rows" else len(scaled.panel.units)
    rule = "eigenvalue > 1" if keep is None else f"{keep:.0%}"
    make: Mapping[str, Callable[[], tuple[Floats, Text]]] = {
        "entropy": partial(_by_entropy, values, n, shift, over, ROWS if count == "rows" else UNITS),
        "critic": partial(_by_critic, values, ddof, signed, over),
        "variation": lambda: (variation_weights(values, ddof=ddof), VARIATION.filled(over=over, ddof=ddof)),
        "principal": partial(_by_components, values, keep, rule, over),
        "equal": lambda: (equal_weights(indicators).values, EQUAL),
    }
    found, said = make[method]()
    if negative == "refuse" and np.any(found < 0):
        listed = ", ".join(f"{one} ({w:.3f})" for one, w in zip(indicators, found, strict=True) if w < 0)
        raise NegativeWeightsError(listed=listed)
    return Weights(
        indicators=tuple(indicators), values=found, method=method, conventions=(*scaled.conventions, said)
    )  # fmt: skip


def weigh_by_year(scaled: Scaled, indicators: Sequence[str], *, method: str = "entropy") -> dict[int, Weights]:
    """Return the weights that each year alone would give: how far a conclusion hangs on the year."""
    return {year: weigh(scaled, indicators, method=method, year=year) for year in scaled.panel.years}


def _by_entropy(values: Floats, n: int, shift: float, over: Text, count: Text) -> tuple[Floats, Text]:
    said = ENTROPY.filled(over=over, shift=f"{shift:g}", n=n, count=count)
    return entropy_weights(values, count=n, shift=shift), said


def _by_critic(values: Floats, ddof: int, signed: bool, over: Text) -> tuple[Floats, Text]:
    said = CRITIC.filled(over=over, ddof=ddof, sign=SIGNED if signed else ABSOLUTE)
    return conflict_weights(values, ddof=ddof, signed=signed), said


def _by_components(values: Floats, keep: float | None, rule: str, over: Text) -> tuple[Floats, Text]:
    found, n, share = principal_weights(values, keep=keep)
    return found, PRINCIPAL.filled(n=n, over=over, rule=rule, share=round(100 * share))


def _normed(values: Floats) -> Floats:
    total = values.sum()
    if not np.isfinite(total) or abs(total) < np.finfo(float).tiny:
        raise FaultyInputError(WEIGHTS, [Fault(code="no-spread", says=NO_SPREAD)])
    return np.asarray(values / total, dtype=np.float64)
