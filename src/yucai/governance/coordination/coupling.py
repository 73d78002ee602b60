"""How high subsystems stand (T), how level they stand to one another (C), and the usual mixture of both (D)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats
from yucai.governance.coordination.panels import IndexPanel
from yucai.governance.coordination.scaling import Scaled
from yucai.governance.coordination.weights import Weights
from yucai.texts import Text

__all__ = [
    "Bands",
    "Coupling",
    "classical_coupling",
    "coordination_degree",
    "corrected_coupling",
    "couple",
    "development_index",
    "grade_bands",
    "subsystem_scores",
]

GRADES: Final = Path(__file__).parent / "data" / "grades.toml"
SCORES: Final = Text("the subsystem scores", "子系统得分")
SYSTEMS: Final = Text(
    "coupling is between at least two subsystems; there is {n}.", "耦合至少需要两个子系统；现有 {n} 个。"
)
OUTSIDE: Final = Text(
    "{system} is {value}; a score lies above 0 and up to 1. At 0 the degree is set by whoever chose a floor constant, "
    "so nothing is said.",
    "{system} 为 {value}；得分须大于 0 且不超过 1。得分为 0 时结果完全取决于人为设定的下限常数，故不给出结果。",
)
PARTS: Final = Text(
    "the shares of the subsystems are {parts}; they must be as many as subsystems, above 0, and add up to 1.",
    "子系统系数为 {parts}；个数须与子系统相同，均大于 0，且和为 1。",
)
CONVENTIONS: Final = Text(
    "T = sum of {parts} times the scores; classical C = n (product U)^(1/n) / sum U; corrected C after Wang Shujia et "
    "al. 2021; D = (C T)^(1/2)",
    "T 为各子系统得分按 {parts} 加权之和；传统 C = n(∏U)^(1/n)/∑U；修正 C 依王淑佳等（2021）；D = (C·T)^(1/2)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Grades of D as a paper names them: lower ends and names. A band has no empirical meaning."""

    code: str
    source: Text
    note: Text
    ends: tuple[float, ...]
    names: tuple[Text, ...]

    def places(self, values: Floats) -> Floats:
        """Return in which band values lie, from 0; a value on an edge belongs to the higher band."""
        rounded = np.round(values, 12)
        return np.clip(np.searchsorted(self.ends, rounded, side="right") - 1, 0, len(self.names) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coupling(Conventional):
    """T, C and D by both formulas, one entry a row of the panel; they are shown side by side, never D alone."""

    panel: IndexPanel
    systems: tuple[str, ...]
    scores: Floats
    parts: tuple[float, ...]
    t: Floats
    c_classical: Floats
    c_corrected: Floats
    d_classical: Floats
    d_corrected: Floats

    def of(self, year: int) -> Mapping[str, Floats]:
        """Return the figures of a year, by name."""
        named = {"t": self.t, "c_classical": self.c_classical, "c_corrected": self.c_corrected,
                 "d_classical": self.d_classical, "d_corrected": self.d_corrected}  # fmt: skip
        return {name: self.panel.rows_of(values, year) for name, values in named.items()}


def development_index(scores: Floats, parts: Floats) -> Floats:
    """Return T = sum of part times score, a weighted mean.

    >>> development_index(np.array([[0.2, 0.6]]), np.array([0.5, 0.5])).round(12).tolist()
    [0.4]
    """
    return np.asarray(scores @ parts, dtype=np.float64)


def classical_coupling(scores: Floats) -> Floats:
    """Return C = n (U1 ... Un)^(1/n) / (U1 + ... + Un): geometric over arithmetic mean, 1 where all are equal.

    With the factor n and the n-th root; prints that lack either are wrong (Cong Xiaonan 2019; Wang et al. 2021).

    >>> classical_coupling(np.array([[0.2, 0.2], [0.1, 0.4]])).round(12).tolist()
    [1.0, 0.8]
    """
    n = scores.shape[1]
    product = np.prod(scores, axis=1)
    return np.asarray(np.minimum(n * product ** (1 / n) / scores.sum(axis=1), 1.0), dtype=np.float64)


def corrected_coupling(scores: Floats) -> Floats:
    """Return C = sqrt((1 - mean of abs(Ui - Uj) over pairs) (product of Ui / max U)^(1/(n-1))).

    Source: Wang Shujia, Kong Wei, Ren Liang, Zhi Dandan, Dai Binting 2021, Journal of Natural Resources 36(3). It uses
    more of [0, 1] than the classical one, which crowds near 1.

    >>> corrected_coupling(np.array([[0.2, 0.2], [0.1, 0.4]])).round(4).tolist()
    [1.0, 0.4183]
    """
    n = scores.shape[1]
    left, right = np.triu_indices(n, 1)
    apart = np.abs(scores[:, left] - scores[:, right]).mean(axis=1)
    level = np.prod(scores / scores.max(axis=1, keepdims=True), axis=1) ** (1 / (n - 1))
    return np.asarray(np.sqrt((1 - apart) * level), dtype=np.float64)


def coordination_degree(c: Floats, t: Floats) -> Floats:
    """Return D = (C T)^(1/2). A cube root occurs in print and is a mistake.

    >>> coordination_degree(np.array([0.8]), np.array([0.2])).round(12).tolist()
    [0.4]
    """
    return np.asarray(np.sqrt(c * t), dtype=np.float64)


def subsystem_scores(scaled: Scaled, weights: Sequence[Weights]) -> Floats:
    """Return one score for each set of weights: the weighted sum of its scaled indicators."""
    return np.column_stack([scaled.of(one.indicators) @ one.values for one in weights])


def couple(
    panel: IndexPanel,
    scores: Floats,
    systems: Sequence[str],
    *,
    parts: Sequence[float] | None = None,
    conventions: Sequence[Text] = (),
) -> Coupling:
    """Return T, both C and both D of subsystem scores, one row a unit and year; ``parts`` are equal unless given.

    Raises FaultyInputError naming every score that lies outside (0, 1]: results are withheld rather than floored.
    """
    shares = np.full(len(systems), 1 / len(systems)) if parts is None else np.asarray(parts, dtype=np.float64)
    _check_scores(panel, scores, systems, shares)
    t, classical, corrected = development_index(scores, shares), classical_coupling(scores), corrected_coupling(scores)
    said = CONVENTIONS.filled(parts=" : ".join(f"{one:.3g}" for one in shares))
    return Coupling(
        panel=panel,
        systems=tuple(systems),
        scores=scores,
        parts=tuple(shares.tolist()),
        t=t,
        c_classical=classical,
        c_corrected=corrected,
        d_classical=coordination_degree(classical, t),
        d_corrected=coordination_degree(corrected, t),
        conventions=(*conventions, said),
    )


@cache
def grade_bands(code: str = "ten") -> Bands:
    """Return a table of grades that papers use: ``"ten"``, ``"five"`` or ``"four"``. Raises KeyError for another."""
    tables = tomllib.loads(GRADES.read_text("utf-8"))["bands"]
    found = tables[code]
    return Bands(
        code=code,
        source=Text(found["source"]["en"], found["source"]["zh"]),
        note=Text(found["note"]["en"], found["note"]["zh"]),
        ends=tuple(float(band["from"]) for band in found["band"]),
        names=tuple(Text(band["en"], band["zh"]) for band in found["band"]),
    )


def _check_scores(panel: IndexPanel, scores: Floats, systems: Sequence[str], parts: Floats) -> None:
    faults = []
    if len(systems) < 2:
        faults.append(Fault(code="one-system", says=SYSTEMS, facts={"n": len(systems)}))
    if len(parts) != len(systems) or np.any(parts <= 0) or abs(parts.sum() - 1) > 1e-9:
        facts = {"parts": ", ".join(f"{one:g}" for one in parts)}
        faults.append(Fault(code="parts", says=PARTS, facts=facts))
    rows = panel.rows
    for row, k in np.argwhere(~((scores > 0) & (scores <= 1 + 1e-12))):
        facts = {"system": systems[k], "value": f"{scores[row, k]:.6g}"}
        faults.append(Fault(code="outside", says=OUTSIDE, where=f"{rows[row][0]}, {rows[row][1]}", facts=facts))
    if faults:
        raise FaultyInputError(SCORES, faults)
