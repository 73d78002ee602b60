"""Weights that people give (AHP), and a compromise of several sets of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Floats, require_choice
from yucai.governance.coordination.weights import Weights
from yucai.texts import Text

__all__ = ["MOST_INCONSISTENT", "RANDOM_INDICES", "Judged", "combine_weights", "combined", "consistency", "judge_pairs"]

MOST_INCONSISTENT: Final = 0.1
RANDOM_INDICES: Final[Mapping[str, tuple[float, ...]]] = {
    "saaty-1980": (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "alonso-lamata-2006": (0.0, 0.0, 0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854),
}
"""The mean consistency index of random judgements for 1 to 10 indicators; tables differ, so the one used is named."""

MATRIX: Final = Text("the judgements", "判断矩阵")
SQUARE: Final = Text(
    "it has {shape} cells for {n} indicators; it needs {n} × {n}, from 2 to 10.",
    "矩阵为 {shape}，指标有 {n} 个；应为 {n} × {n}，2 至 10 个。",
)
POSITIVE: Final = Text("every judgement must be above 0.", "每个判断值都须大于 0。")
RECIPROCAL: Final = Text(
    "{a} against {b} is {x}, but {b} against {a} is {y}; one must be 1 over the other.",
    "{a} 对 {b} 为 {x}，而 {b} 对 {a} 为 {y}；两者须互为倒数。",
)
INCONSISTENT: Final = Text(
    "the judgements contradict each other: consistency ratio {ratio} by the table {table}, above 0.1. Look again at "
    "the comparison of {a} and {b}, which fits the rest least.",
    "判断自相矛盾：一致性比率 {ratio}（随机指标表 {table}），超过 0.1。请重新考虑 {a} 与 {b} 的比较，它与其余判断最"
    "不相符。",
)
AHP: Final = Text(
    "AHP: principal eigenvector of {n} × {n} judgements, consistency ratio {ratio} with the random indices {table}",
    "层次分析法：{n} × {n} 判断矩阵的主特征向量，一致性比率 {ratio}（随机指标表 {table}）",
)
GAME: Final = Text(
    "game-theoretic combination of {listed} with {parts}: a compromise between weights, not evidence for them",
    "博弈论组合赋权：{listed}，系数 {parts}；它只是各组权重的折中，不是权重正确的证据",
)
SAME: Final = Text(
    "the sets of weights are about different indicators: {listed}.", "各组权重所指的指标不同：{listed}。"
)
ALIKE: Final = Text(
    "the sets of weights are the same or combinations of one another, so no compromise is defined. Leave one out.",
    "各组权重相同或互为线性组合，无法确定折中。请去掉一组。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged(Weights):
    """Weights by judgement, with how far the judgements contradict each other."""

    ratio: float


def consistency(matrix: Floats, *, table: str) -> tuple[Floats, float]:
    """Return the principal eigenvector to add up to 1, and CR = ((largest eigenvalue - n) / (n - 1)) / RI.

    Source: Saaty 1980. For two indicators nothing can contradict, and CR is 0.

    >>> weights, ratio = consistency(np.array([[1, 2], [0.5, 1]]), table="saaty-1980")
    >>> weights.round(4).tolist(), ratio
    ([0.6667, 0.3333], 0.0)
    """
    n = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    random = RANDOM_INDICES[table][n - 1]
    ratio = (float(values[first].real) - n) / (n - 1) / random if random else 0.0
    return vector / vector.sum(), max(ratio, 0.0)


def judge_pairs(matrix: Floats, indicators: Sequence[str], *, table: str = "saaty-1980") -> Judged:
    """Return weights by pairwise judgement. Raises FaultyInputError for a matrix that contradicts itself or is none."""
    require_choice("table", table, tuple(RANDOM_INDICES))
    _check_matrix(matrix, indicators)
    weights, ratio = consistency(matrix, table=table)
    facts: dict[str, object] = {"ratio": f"{ratio:.3f}", "table": table}
    if ratio > MOST_INCONSISTENT:
        off = np.abs(np.log(matrix * weights / weights[:, None]))
        a, b = np.unravel_index(int(np.argmax(off)), off.shape)
        facts |= {"a": indicators[int(a)], "b": indicators[int(b)]}
        raise FaultyInputError(MATRIX, [Fault(code="inconsistent", says=INCONSISTENT, facts=facts)])
    said = AHP.filled(**facts, n=len(indicators))
    return Judged(indicators=tuple(indicators), values=weights, method="ahp", ratio=ratio, conventions=(said,))


def combined(sets: Floats) -> tuple[Floats, Floats]:
    """Return the weights nearest to several sets at once, and the parts of the sets in it.

    Minimises the sum over j of the squared distance of sum_k a_k w_k to w_j; its first-order conditions are
    sum_k a_k (w_j . w_k) = w_j . w_j. The coefficients enter by their absolute values, to add up to 1.

    >>> combined(np.array([[0.6, 0.4], [0.2, 0.8]]))[0].round(4).tolist()
    [0.3214, 0.6786]
    """
    gram = sets @ sets.T
    parts = np.abs(np.linalg.solve(gram, np.diag(gram)))
    parts = parts / parts.sum()
    return parts @ sets, parts


def combine_weights(sets: Sequence[Weights]) -> Weights:
    """Return the game-theoretic combination of sets of weights of the same indicators."""
    if len({one.indicators for one in sets}) != 1:
        facts = {"listed": " / ".join(",".join(one.indicators) for one in sets)}
        raise FaultyInputError(MATRIX, [Fault(code="not-same", says=SAME, facts=facts)])
    stacked = np.stack([one.values for one in sets])
    if np.linalg.matrix_rank(stacked, tol=1e-9) < len(sets):
        raise FaultyInputError(MATRIX, [Fault(code="alike", says=ALIKE)])
    values, parts = combined(stacked)
    listed = ", ".join(one.method for one in sets)
    said = GAME.filled(listed=listed, parts=", ".join(f"{part:.3f}" for part in parts))
    before = tuple(dict.fromkeys(line for one in sets for line in one.conventions))
    return Weights(indicators=sets[0].indicators, values=values, method="game", conventions=(*before, said))


def _check_matrix(matrix: Floats, indicators: Sequence[str]) -> None:
    n = len(indicators)
    facts: dict[str, object] = {"shape": " × ".join(map(str, matrix.shape)), "n": n}
    if matrix.shape != (n, n) or not 2 <= n <= len(RANDOM_INDICES["saaty-1980"]):
        raise FaultyInputError(MATRIX, [Fault(code="not-square", says=SQUARE, facts=facts)])
    if not np.all(np.isfinite(matrix)) or np.any(matrix <= 0):
        raise FaultyInputError(MATRIX, [Fault(code="not-positive", says=POSITIVE)])
    wrong = [(a, b) for a in range(n) for b in range(a, n) if abs(matrix[a, b] * matrix[b, a] - 1) > 1e-6]
    faults = [
        Fault(code="not-reciprocal", says=RECIPROCAL, facts={
            "a": indicators[a], "b": indicators[b], "x": f"{matrix[a, b]:g}", "y": f"{matrix[b, a]:g}"})
        for a, b in wrong
    ]  # fmt: skip
    if faults:
        raise FaultyInputError(MATRIX, faults)
