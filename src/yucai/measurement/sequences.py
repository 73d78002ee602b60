"""What follows what: transitions between codes, against chance, tested by shuffling within each child."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.evidence import Observations
from yucai.measurement.contingency import PooledRatio, adjusted_residuals, expected_counts, pooled_odds_ratio
from yucai.measurement.orders import orders_without_repeats
from yucai.texts import Text

__all__ = ["LagAnalysis", "NoTransitionsError", "analyse_lags", "code_sequences"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

SAME: Final = 1e-9  # as far: apart by rounding only
MANY_CELLS: Final = Text(
    "{n} cells were tested: about one in twenty is below 0.05 by chance alone. Use p_any, which allows for "
    "all of them.",
    "共检验 {n} 个单元格：仅凭偶然约有二十分之一低于 0.05。请使用已考虑全部单元格的 p_any。",
)
ORDER_ONLY: Final = Text(
    "What follows is not what is caused: a third thing may bring about both.",
    "先后不等于因果：两者可能由第三个因素引起。",
)
THIN: Final = Text(
    "{n} of {cells} expected counts lie below 5: z is rough there; the permutation p does not depend on it.",
    "{cells} 个期望频数中有 {n} 个小于 5：该处的 z 值粗略；置换 p 值不受影响。",
)


class NoTransitionsError(YucaiError):
    """No sequence is long enough for the lag."""

    says = Text(
        "No sequence has more than {lag} codes, so nothing follows anything. Use longer records or a smaller lag.",
        "没有一个序列多于 {lag} 个代码，因此无从分析先后。请使用更长的记录或更小的滞后。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LagAnalysis:
    """Counts of given code (row) and code that follows (column), against chance.

    ``z`` are adjusted residuals (Allison and Liker's z where every transition is possible). ``p`` are two-sided
    permutation values cell by cell, ``p_any`` those of the farthest cell of each shuffle, which allow for looking at
    all cells. Both are mid-p: a shuffle that lies exactly as far as the record counts half (Lancaster 1961; Hwang and
    Yang 2001), so that about one test in twenty of codes without any order comes out below 0.05. ``p_full`` and
    ``p_any_full`` count such shuffles in full: at most one in twenty, whatever the record, but fewer than that where
    counts take few values. ``odds_ratios`` pool the children's own tables (Mantel-Haenszel).
    """

    codes: tuple[str, ...]
    lag: int
    counts: Array
    expected: Array
    z: Array
    p: Array
    p_any: Array
    p_full: Array
    p_any_full: Array
    odds_ratios: Mapping[tuple[str, str], PooledRatio]
    n_children: int
    n_transitions: int
    repeats: bool  # whether a code may follow itself
    notes: tuple[Text, ...]

    def to_table(self) -> pl.DataFrame:
        """Return one row for each possible transition."""
        rows = []
        for (given, target), ratio in self.odds_ratios.items():
            i, j = self.codes.index(given), self.codes.index(target)
            values = [float(array[i, j]) for array in (self.counts, self.expected, self.z, self.p, self.p_any,
                                                              self.p_any_full)]  # fmt: skip
            rows.append((given, target, *values, ratio.value, *ratio.interval95))
        names = [
            "given",
            "target",
            "count",
            "expected",
            "z",
            "p",
            "p_any",
            "p_any_full",
            "odds_ratio",
            "low95",
            "high95",
        ]
        return pl.DataFrame(rows, schema=names, orient="row")


def code_sequences(observations: Observations, codes: Sequence[str] | None = None) -> dict[str, list[list[str]]]:
    """Return, child by child, the codes of each session in order of their beginning; second records are left out.

    ``codes`` (default: all behaviours) are those that count; pauses count as events when a code stands for them.
    """
    counted = observations.first_records()
    wanted = list(codes) if codes is not None else list(observations.scheme.codes_of("behaviours"))
    rows = counted.with_children().filter(pl.col("code").is_in(wanted)).sort("child", "session", "onset_s")
    sequences: dict[str, list[list[str]]] = {child: [] for child in counted.children}
    for (child, _session), held in rows.group_by(["child", "session"], maintain_order=True):
        sequences[str(child)].append(held["code"].to_list())
    return sequences


def analyse_lags(
    sequences: Mapping[str, Sequence[Sequence[str]]],
    *,
    lag: int = 1,
    repeats: bool = True,
    rng: np.random.Generator,
    n_permutations: int = 999,
) -> LagAnalysis:
    """Return which code follows which, ``lag`` steps later, more or less often than chance would have it.

    ``repeats=False`` says that a code cannot follow itself (states that exclude one another): these cells are
    impossible at lag 1, and each shuffle is drawn evenly among the orders without equal neighbours. The order is
    shuffled within each session of each child, so differences between children count as nothing. p counts ties half,
    for a p read against 0.05 is expected to come out below it once in twenty when nothing is there; ``p_full``
    stands beside it for whoever needs a level that is never exceeded. Raises NoTransitionsError.
    """
    codes = tuple(sorted({code for child in sequences.values() for session in child for code in session}))
    place = {code: n for n, code in enumerate(codes)}
    numbered = [[np.array([place[c] for c in session]) for session in child] for child in sequences.values()]
    possible = np.ones((len(codes), len(codes)), dtype=bool)
    if not repeats and lag == 1:
        np.fill_diagonal(possible, val=False)
        _check_no_repeats(sequences)
    by_child = np.array([_transitions(child, len(codes), lag) for child in numbered]).reshape(-1, *possible.shape)
    counts = by_child.sum(axis=0)
    if not counts.sum():
        raise NoTransitionsError(lag=lag)
    shuffled = np.zeros((n_permutations, *possible.shape))
    for session in (one for child in numbered for one in child if len(one) > lag):
        orders = _shuffles(session, n_permutations, repeats=repeats, rng=rng)
        _count_into(shuffled, orders, lag)
    beyond, level = _shares(counts, shuffled, possible)
    (p, p_any), (p_full, p_any_full) = beyond + level / 2, beyond + level
    expected = expected_counts(counts, possible)
    return LagAnalysis(
        codes=codes,
        lag=lag,
        counts=counts,
        expected=expected,
        z=adjusted_residuals(counts, possible),
        p=p,
        p_any=p_any,
        p_full=p_full,
        p_any_full=p_any_full,
        odds_ratios={(codes[i], codes[j]): _odds(by_child, i, j, repeats=repeats or lag > 1)
                     for i, j in np.argwhere(possible)},
        n_children=len(numbered),
        n_transitions=int(counts.sum()),
        repeats=repeats,
        notes=tuple(_notes(expected, possible)),
    )  # fmt: skip


def _check_no_repeats(sequences: Mapping[str, Sequence[Sequence[str]]]) -> None:
    for child in sequences.values():
        for session in child:
            if any(one == other for one, other in pairwise(session)):
                raise ValueError(
                    "a code follows itself in these sequences: use repeats=True, or join equal neighbours."
                )


def _transitions(sessions: Sequence[Codes], k: int, lag: int) -> Array:
    counts = np.zeros((k, k))
    for session in sessions:
        np.add.at(counts, (session[:-lag], session[lag:]), 1)
    return counts


def _count_into(shuffled: Array, orders: Codes, lag: int) -> None:
    """Add the transitions of each shuffled order to its own table."""
    n, k = len(orders), shuffled.shape[1]
    cells = (np.arange(n)[:, None] * k + orders[:, :-lag]) * k + orders[:, lag:]
    shuffled += np.bincount(cells.ravel(), minlength=n * k * k).reshape(n, k, k)


def _shuffles(session: Codes, n: int, *, repeats: bool, rng: np.random.Generator) -> Codes:
    if repeats:
        return rng.permuted(np.tile(session, (n, 1)), axis=1)
    return orders_without_repeats(np.bincount(session), n, rng=rng)


def _shares(counts: Array, shuffled: Array, possible: Mask) -> tuple[Array, Array]:
    """Return the shares of orders beyond the record and level with it, two-sided: by cell, and by the farthest cell.

    The record is one order among the shuffles and stands with those beyond: so no p is below 1 / (shuffles + 1).
    """
    everything = np.concatenate([counts[None], shuffled])
    mean, spread = everything.mean(axis=0), everything.std(axis=0)
    far = np.divide(np.abs(everything - mean), spread, out=np.zeros_like(everything), where=spread > 0)
    far = np.where(possible, far, 0.0)
    farthest = np.broadcast_to(far.reshape(len(far), -1).max(axis=1)[:, None, None], far.shape)
    own = far[0]
    beyond, level = np.full((2, 2, *own.shape), np.nan)
    for n, others in enumerate((far[1:], farthest[1:])):
        above = (others > own + SAME).sum(axis=0)
        reached = (others >= own - SAME).sum(axis=0)
        beyond[n] = np.where(possible, 1 + above, np.nan) / len(far)
        level[n] = np.where(possible, reached - above, np.nan) / len(far)
    return beyond, level


def _odds(by_child: Array, i: int, j: int, *, repeats: bool) -> PooledRatio:
    """Return the pooled odds ratio of j after i against j after other codes (those that j can follow)."""
    others = np.ones(by_child.shape[1], dtype=bool)
    others[i] = False
    if not repeats:
        others[j] = False  # j cannot follow itself, so its row says nothing about how likely j is
    after_i, after_others = by_child[:, i], by_child[:, others].sum(axis=1)
    rows = [np.column_stack([row[:, j], row.sum(axis=1) - row[:, j]]) for row in (after_i, after_others)]
    return pooled_odds_ratio(np.stack(rows, axis=1))


def _notes(expected: Array, possible: Mask) -> list[Text]:
    cells, thin = int(possible.sum()), int((expected[possible] < 5).sum())
    notes = [ORDER_ONLY, MANY_CELLS.filled(n=cells)]
    if thin:
        notes.append(THIN.filled(n=thin, cells=cells))
    return notes
