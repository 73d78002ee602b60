"""Whether two observers see the same: kappa with and without weights, occurrence agreement, what kappa can reach."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.errors import YucaiError
from yucai.measurement.shares import wilson_interval
from yucai.texts import Text

__all__ = [
    "Agreement",
    "KappaWeights",
    "NothingToCompareError",
    "OccurrenceAgreement",
    "UnequalLengthsError",
    "kappa",
    "kappa_of_accuracy",
    "kappa_of_table",
    "occurrence_agreement",
]

Array = npt.NDArray[np.float64]

QUANTILES: Final = {90: 1.6448536269514722, 95: 1.959963984540054}  # of the normal law
KAPPA: Final = Text("Cohen's kappa", "Cohen κ 系数")
WEIGHTED: Final = Text("weighted kappa ({weights})", "加权 κ 系数（{weights}）")
WEIGHT_NAMES: Final = {"linear": Text("linear weights", "线性权重"), "quadratic": Text("squared weights", "平方权重")}
ANALYTIC: Final = Text(
    "large-sample standard error (Fleiss, Cohen and Everitt 1969); units count as independent",
    "大样本标准误（Fleiss、Cohen、Everitt 1969），各单元视为独立",
)
NO_CUTOFF: Final = Text(
    "There is no cut-off that fits all: kappa depends on how many codes there are and how unequal they are. "
    "With codes as "
    "frequent as these, two observers who are each right {accuracy} of the time would reach a kappa of {reached}.",
    "不存在通用的合格线：κ 取决于代码的多少及其是否均衡。按此处各代码的频率，两名各有 {accuracy} 判断正确的观察者"
    "可达到的 κ 为 {reached}。",
)
ONE_CODE: Final = Text(
    "Both observers used one code only, so nothing shows whether they can tell codes apart: kappa is not defined.",
    "两名观察者都只用了同一个代码，无从判断能否区分：κ 没有定义。",
)
RARE: Final = Text(
    "the rarest code was used {n} times: kappa rests on few units.", "最少的代码只出现 {n} 次：κ 取决于少量单元。"
)
FEW_USES: Final = 5


class UnequalLengthsError(YucaiError):
    """Two observers' lists of codes are not of one length."""

    says = Text(
        "One observer gave {first} codes and the other {second}. Give one code of each for every unit.",
        "一名观察者有 {first} 个代码，另一名有 {second} 个。每个单元须各有一个代码。",
    )
    exit_code = 65


class NothingToCompareError(YucaiError):
    """No unit was judged by two observers."""

    says = Text(
        "Nothing was judged by two observers, so there is no agreement to look at. Have some of it coded twice.",
        "没有任何内容由两名观察者共同判断，无法考察一致性。请安排部分内容由两人编码。",
    )
    exit_code = 65


class KappaWeights(StrEnum):
    """How much a disagreement counts: all alike, by distance, or by squared distance of the ordered codes."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One figure of agreement with its intervals, how these were made, and what to know before reading it.

    ``value`` is NaN where the figure is not defined; ``notes`` say why.
    """

    name: Text
    value: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]
    n: int  # units, pairs or sessions compared
    observed: float  # share of agreement (weighted, where weights are used)
    expected: float  # share that chance would give
    method: Text
    notes: tuple[Text, ...] = ()

    @property
    def defined(self) -> bool:
        """Whether there is a figure at all."""
        return not np.isnan(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceAgreement:
    """Agreement on units where a code was given, and on units where it was not: two figures that chance inflates apart.

    ``occurrence`` is the share of units that both scored among those that at least one scored; ``non_occurrence`` the
    same of units not scored. Intervals are Wilson's; units count as independent.
    """

    code: str
    occurrence: float
    occurrence90: tuple[float, float]
    occurrence95: tuple[float, float]
    n_occurrence: int
    non_occurrence: float
    non_occurrence90: tuple[float, float]
    non_occurrence95: tuple[float, float]
    n_non_occurrence: int


def kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    weights: KappaWeights = KappaWeights.NONE,
    order: Sequence[Hashable] | None = None,
) -> Agreement:
    """Return Cohen's kappa of two observers' codes, unit by unit.

    With weights the codes must be ordered: by ``order``, or by size. Units must be independent of one another; for
    time units and events of the same session use ``time_unit_agreement`` and ``event_agreement``.
    Raises UnequalLengthsError, NothingToCompareError.
    """
    if len(first) != len(second):
        raise UnequalLengthsError(first=len(first), second=len(second))
    used = {*first, *second}
    codes: list[Any] = list(order) if order is not None else sorted(used, key=_by_kind)
    if missing := used - set(codes):
        raise ValueError(f"codes that the order lacks: {', '.join(sorted(map(str, missing)))}")
    place = {code: n for n, code in enumerate(codes)}
    table = np.zeros((len(codes), len(codes)))
    for one, other in zip(first, second, strict=True):
        table[place[one], place[other]] += 1
    return kappa_of_table(table, weights=weights)


def _by_kind(code: Any) -> tuple[str, Any]:
    return (str(type(code)), code)


def kappa_of_table(table: Array, *, weights: KappaWeights = KappaWeights.NONE) -> Agreement:
    r"""Return kappa from a table of counts: rows one observer, columns the other, in the order of the codes.

    .. math:: \kappa = (p_o - p_e) / (1 - p_e)        (Cohen 1960, 1968)

    The standard error is that of Fleiss, Cohen and Everitt (1969) for a kappa other than 0.
    Raises NothingToCompareError.

    >>> round(kappa_of_table(np.array([[20.0, 5.0], [10.0, 15.0]])).value, 3)
    0.4
    """
    n = float(table.sum())
    if n <= 0:
        raise NothingToCompareError
    shares = table / n
    weight = _weights(len(table), weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((weight * shares).sum()), float(rows @ weight @ columns)
    name = KAPPA
    if weights is not KappaWeights.NONE:
        name = WEIGHTED.filled(weights=WEIGHT_NAMES[weights])
    if 1 - expected < 1e-12:
        nothing = (np.nan, np.nan)
        return Agreement(name=name, value=np.nan, interval90=nothing, interval95=nothing, n=round(n), observed=observed,
                         expected=expected, method=ANALYTIC, notes=(ONE_CODE,))  # fmt: skip
    value = (observed - expected) / (1 - expected)
    error = _standard_error(shares, weight, observed, expected) / np.sqrt(n)
    ends = {p: (max(-1.0, value - z * error), min(1.0, value + z * error)) for p, z in QUANTILES.items()}
    return Agreement(
        name=name,
        value=value,
        interval90=ends[90],
        interval95=ends[95],
        n=round(n),
        observed=observed,
        expected=expected,
        method=ANALYTIC,
        notes=notes_on_codes(table),
    )


def _weights(k: int, weights: KappaWeights) -> Array:
    if weights is KappaWeights.NONE:
        return np.eye(k)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
    return 1.0 - (apart if weights is KappaWeights.LINEAR else apart**2)


def _standard_error(shares: Array, weight: Array, observed: float, expected: float) -> float:
    """Return the standard error of one unit (divide by the root of their number)."""
    by_row, by_column = weight @ shares.sum(axis=0), shares.sum(axis=1) @ weight
    inner = weight * (1 - expected) - np.add.outer(by_row, by_column) * (1 - observed)
    spread = (shares * inner**2).sum() - (observed * expected - 2 * expected + observed) ** 2
    return float(np.sqrt(max(spread, 0.0)) / (1 - expected) ** 2)


def notes_on_codes(table: Array) -> tuple[Text, ...]:
    """Return what must be known of the codes before kappa is read: how many, how unequal, how rare."""
    shares = (table.sum(axis=0) + table.sum(axis=1)) / (2 * table.sum())
    shares = shares[shares > 0]
    reached = kappa_of_accuracy(shares, accuracy=0.9)
    facts = {"accuracy": "90 %", "reached": f"{reached:.2f}"}
    notes = [NO_CUTOFF.filled(**facts)]
    rarest = int(np.ceil(shares.min() * table.sum()))
    if rarest < FEW_USES:
        notes.append(RARE.filled(n=rarest))
    return tuple(notes)


def kappa_of_accuracy(shares: Sequence[float] | Array, *, accuracy: float) -> float:
    """Return the kappa that two observers reach who are each right with this probability, whatever the code.

    ``shares`` say how frequent the codes truly are; errors spread evenly over the other codes (Bakeman, Quera
    and others
    1997). Shows why no cut-off fits all: the same observers reach less with few or unequal codes.

    >>> round(kappa_of_accuracy([0.5, 0.5], accuracy=0.9), 2), round(kappa_of_accuracy([0.95, 0.05], accuracy=0.9), 2)
    (0.64, 0.25)
    """
    true = np.asarray(shares, dtype=float)
    true = true / true.sum()
    k = len(true)
    if k < 2:
        return float("nan")
    seen = np.full((k, k), (1 - accuracy) / (k - 1))
    np.fill_diagonal(seen, accuracy)
    table = seen.T @ (true[:, None] * seen)
    observed, expected = float(np.trace(table)), float(table.sum(axis=1) @ table.sum(axis=0))
    return (observed - expected) / (1 - expected)


def occurrence_agreement(first: Sequence[Hashable], second: Sequence[Hashable], code: Hashable) -> OccurrenceAgreement:
    """Return how far two observers agree on the units with a code and on those without it.

    Where a code is rare, agreement on everything else is high by itself; so both are told apart (Hawkins and
    Dotson 1975).
    Raises UnequalLengthsError, NothingToCompareError.
    """
    if len(first) != len(second):
        raise UnequalLengthsError(first=len(first), second=len(second))
    if not first:
        raise NothingToCompareError
    one, other = np.array([c == code for c in first]), np.array([c == code for c in second])
    both, either, neither = int((one & other).sum()), int((one | other).sum()), int((~one & ~other).sum())
    not_both = len(first) - both
    return OccurrenceAgreement(
        code=str(code),
        occurrence=both / either if either else np.nan,
        occurrence90=_wilson(both, either, 90),
        occurrence95=_wilson(both, either, 95),
        n_occurrence=either,
        non_occurrence=neither / not_both if not_both else np.nan,
        non_occurrence90=_wilson(neither, not_both, 90),
        non_occurrence95=_wilson(neither, not_both, 95),
        n_non_occurrence=not_both,
    )


def _wilson(n_yes: int, n: int, percent: int) -> tuple[float, float]:
    """Return Wilson's (1927) interval of a share."""
    if not n:
        return (np.nan, np.nan)
    low, high = wilson_interval(np.array([float(n_yes)]), np.array([float(n)]), level=percent / 100)
    return float(low[0]), float(high[0])
