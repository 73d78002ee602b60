"""Which event of one observer is which event of the other: the cheapest alignment of two lists of events in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["Alignment", "TimedCode", "align_events"]

GAP: Final = 1.0  # one event that the other observer has nothing for
OTHER_CODE: Final = 1.0  # both saw something, and called it differently: dearer than a match, cheaper than two gaps
FAR: Final = 0.5  # a match at the very end of the window costs as much as half a gap
SAME: Final = 1e-9


class TimedCode(NamedTuple):
    """One event: when, and what."""

    at_s: float
    code: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of codes in order of time; ``None`` stands where an observer noted nothing."""

    pairs: tuple[tuple[str | None, str | None], ...]
    cost: float


def align_events(first: Sequence[TimedCode], second: Sequence[TimedCode], *, tolerance_s: float) -> Alignment:
    """Return the cheapest alignment of two observers' events (Needleman and Wunsch 1970; Bakeman and others 2009).

    Two events may be the same only when they lie at most ``tolerance_s`` apart. An event left alone costs 1; a
    pair costs
    up to 0.5 for its distance in time and 1 more when the codes differ. Exchanging the observers exchanges the
    pairs and
    changes nothing else.

    >>> one = [TimedCode(3.0, "hit"), TimedCode(20.0, "push")]
    >>> align_events(one, [TimedCode(4.0, "hit"), TimedCode(40.0, "push")], tolerance_s=3).pairs
    (('hit', 'hit'), ('push', None), (None, 'push'))
    """
    if not tolerance_s > 0:
        raise ValueError("tolerance_s must be above 0.")
    one, other = sorted(map(TimedCode._make, first)), sorted(map(TimedCode._make, second))
    if other < one:  # ties between equally cheap alignments are broken alike, whoever comes first
        turned = align_events(other, one, tolerance_s=tolerance_s)
        return Alignment(tuple((mine, theirs) for theirs, mine in turned.pairs), turned.cost)
    pairs: list[tuple[str | None, str | None]] = []
    cost = 0.0
    for mine, theirs in _stretches(one, other, tolerance_s):
        found, paid = _aligned(mine, theirs, tolerance_s)
        pairs.extend(found)
        cost += paid
    return Alignment(tuple(pairs), cost)


def _stretches(
    one: list[TimedCode], other: list[TimedCode], tolerance_s: float
) -> list[tuple[list[TimedCode], list[TimedCode]]]:
    """Return the lists cut wherever both are silent for longer than the window: nothing can be paired across."""
    stretches: list[tuple[list[TimedCode], list[TimedCode]]] = []
    last = float("-inf")
    for event, side in sorted([(event, 0) for event in one] + [(event, 1) for event in other]):
        if event.at_s - last > tolerance_s + SAME:
            stretches.append(([], []))
        stretches[-1][side].append(event)
        last = event.at_s
    return stretches


def _aligned(
    one: list[TimedCode], other: list[TimedCode], tolerance_s: float
) -> tuple[list[tuple[str | None, str | None]], float]:
    n, m = len(one), len(other)
    cost = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        for j in range(m + 1):
            ways = []
            if i and j:
                ways.append(cost[i - 1][j - 1] + _pair_cost(one[i - 1], other[j - 1], tolerance_s))
            if i:
                ways.append(cost[i - 1][j] + GAP)
            if j:
                ways.append(cost[i][j - 1] + GAP)
            cost[i][j] = min(ways, default=0.0)
    pairs: list[tuple[str | None, str | None]] = []
    i, j = n, m
    while i or j:
        paired = _pair_cost(one[i - 1], other[j - 1], tolerance_s) if i and j else float("inf")
        if i and j and cost[i][j] >= cost[i - 1][j - 1] + paired - SAME:
            pairs.append((one[i - 1].code, other[j - 1].code))
            i, j = i - 1, j - 1
        elif i and cost[i][j] >= cost[i - 1][j] + GAP - SAME:
            pairs.append((one[i - 1].code, None))
            i -= 1
        else:
            pairs.append((None, other[j - 1].code))
            j -= 1
    return pairs[::-1], cost[n][m]


def _pair_cost(one: TimedCode, other: TimedCode, tolerance_s: float) -> float:
    apart = abs(one.at_s - other.at_s)
    if apart > tolerance_s + SAME:
        return float("inf")
    return FAR * apart / tolerance_s + (OTHER_CODE if one.code != other.code else 0.0)
