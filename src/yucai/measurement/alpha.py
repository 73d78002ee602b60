"""Krippendorff's alpha: several observers, any level of measurement, codes that are missing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.agreement import Agreement, NothingToCompareError
from yucai.texts import Text

__all__ = ["Level", "krippendorff_alpha"]

Array = npt.NDArray[np.float64]

NAME: Final = Text("Krippendorff's alpha", "Krippendorff α 系数")
METHOD: Final = Text(
    "bootstrap: units drawn again {n} time{n:|s}, ends at the quantiles", "自助法：对单元重复抽取 {n} 次，取分位数"
)
ALIKE: Final = Text(
    "Every code that can be compared is the same, so nothing shows whether observers can tell codes apart: "
    "alpha is not "
    "defined.",
    "可比较的代码全部相同，无从判断能否区分：α 没有定义。",
)
SINGLE: Final = Text(
    "{n} unit{n:|s} {n:was|were} judged by one observer only; {n:it tells|they tell} nothing about agreement and "
    "{n:was|were} left out.",
    "有 {n} 个单元只有一名观察者判断，不提供一致性信息，已略去。",
)
FEW_UNITS: Final = Text(
    "Only {n} unit{n:|s} {n:was|were} judged twice: the interval is rough.", "只有 {n} 个单元由多人判断：区间粗略。"
)
FEW: Final = 20


class Level(StrEnum):
    """What the codes are: names, ranks, numbers with equal steps, numbers with a true zero."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def krippendorff_alpha(
    units: Sequence[Sequence[Hashable | None]],
    *,
    level: Level = Level.NOMINAL,
    rng: np.random.Generator,
    n_resamples: int = 1000,
) -> Agreement:
    r"""Return alpha of codes given unit by unit, one place for each observer, ``None`` where nobody judged.

    .. math:: \alpha = 1 - D_o / D_e        (Krippendorff 2011, Computing Krippendorff's alpha-reliability)

    Codes of the levels above nominal must be numbers (of ``ratio``: not below 0). The interval draws units again.
    Raises NothingToCompareError.
    """
    judged = [[code for code in unit if code is not None] for unit in units]
    paired = [unit for unit in judged if len(unit) > 1]
    if not paired:
        raise NothingToCompareError
    codes: list[Hashable] = sorted({code for unit in paired for code in unit}, key=_sortable(level))
    values = np.array(codes, dtype=float) if level is not Level.NOMINAL else np.arange(float(len(codes)))
    if level is Level.RATIO and values.min(initial=0.0) < 0:
        raise ValueError("ratio codes must not lie below 0.")
    place = {code: n for n, code in enumerate(codes)}
    together = np.zeros((len(paired), len(codes), len(codes)))
    for n, unit in enumerate(paired):
        counts = np.bincount([place[code] for code in unit], minlength=len(codes)).astype(float)
        together[n] = (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    disagreement, chance = _disagreement(together.sum(axis=0), values, level)
    value = 1 - disagreement / chance if chance > 0 else np.nan
    drawn = rng.multinomial(len(paired), np.full(len(paired), 1 / len(paired)), size=n_resamples).astype(float)
    flat = drawn @ together.reshape(len(paired), -1)
    parts = [_disagreement(one.reshape(len(codes), -1), values, level) for one in flat]
    again = np.array([1 - seen / expected for seen, expected in parts if expected > 0])
    ends = _ends(again) if np.isfinite(value) and len(again) else ((np.nan, np.nan), (np.nan, np.nan))
    return Agreement(
        name=NAME,
        value=float(value),
        interval90=ends[0],
        interval95=ends[1],
        n=len(paired),
        observed=1 - disagreement,
        expected=1 - chance,
        method=METHOD.filled(n=n_resamples),
        notes=tuple(_notes(len(paired), sum(len(unit) == 1 for unit in judged), defined=bool(np.isfinite(value)))),
    )


def _sortable(level: Level) -> Callable[[Any], Any]:
    return (lambda code: (str(type(code)), str(code))) if level is Level.NOMINAL else (lambda code: code)


def _disagreement(together: Array, values: Array, level: Level) -> tuple[float, float]:
    """Return observed and chance disagreement from the matrix of coincidences."""
    counts = together.sum(axis=1)
    n = counts.sum()
    apart = _distance(values, counts, level)
    by_chance = np.outer(counts, counts) - np.diag(counts)
    return float((together * apart).sum() / n), float((by_chance * apart).sum() / (n * (n - 1)))


def _distance(values: Array, counts: Array, level: Level) -> Array:
    """Return the squared difference of each pair of codes at a level of measurement."""
    if level is Level.NOMINAL:
        return 1.0 - np.eye(len(values))
    if level is Level.ORDINAL:
        below = np.cumsum(counts)
        ranks = (
            below - counts / 2
        )  # the sum of counts between two codes, half of each end, is a difference of mid-ranks
        return np.square(np.subtract.outer(ranks, ranks))
    difference = np.subtract.outer(values, values)
    if level is Level.INTERVAL:
        return np.square(difference)
    total = np.add.outer(values, values)
    return np.square(np.divide(difference, total, out=np.zeros_like(difference), where=total > 0))


def _ends(again: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    low95, low90, high90, high95 = np.quantile(again, [0.025, 0.05, 0.95, 0.975])
    return (float(low90), float(high90)), (float(low95), float(high95))


def _notes(n: int, single: int, *, defined: bool) -> list[Text]:
    notes = []
    if not defined:
        notes.append(ALIKE)
    if single:
        notes.append(SINGLE.filled(n=single))
    if n < FEW:
        notes.append(FEW_UNITS.filled(n=n))
    return notes
