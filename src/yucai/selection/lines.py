"""Who stands beyond a line by place. Ties and missing marks leave somebody undecided; chance never decides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Beyond", "Cause", "Key", "Standing", "beyond_line"]

Key = tuple[float, ...]


class Cause(StrEnum):
    """Why something is undecided: marks of one's own are missing, those of others, or nothing breaks a tie."""

    OWN = "own"
    OTHERS = "others"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands, the first beyond the line lowest: between two ends that are the same if all is known.

    ``certain`` is whether they take part in the ranking for sure, and not only perhaps.
    """

    low: Key
    high: Key
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Beyond:
    """Whether somebody is beyond a line, None where that is open, and why; ``ahead`` are surely nearer to it."""

    value: bool | None
    cause: Cause | None
    ahead: int
    tied: int


def beyond_line(standings: Mapping[str, Standing], k: int) -> Mapping[str, Beyond]:
    """Return for everybody whether they are among the first ``k``.

    Somebody is, if they are even where all that is missing and every tie goes the other way; and is not, if they are
    not even where all goes their way.

    >>> rows = {"a": Standing((1.0,), (1.0,)), "b": Standing((2.0,), (2.0,)), "c": Standing((2.0,), (2.0,))}
    >>> [(one.value, one.cause) for one in beyond_line(rows, 2).values()]
    [(True, None), (None, <Cause.TIE: 'tie'>), (None, <Cause.TIE: 'tie'>)]
    """
    lows = sorted(one.low for one in standings.values())
    highs = sorted(one.high for one in standings.values() if one.certain)
    points = sorted(one.low for one in standings.values() if one.certain and one.low == one.high)
    return {name: _beyond(one, k, lows, highs, points) for name, one in standings.items()}


def _beyond(one: Standing, k: int, lows: Sequence[Key], highs: Sequence[Key], points: Sequence[Key]) -> Beyond:
    maybe_ahead = bisect_right(lows, one.high) - 1  # without oneself
    surely_ahead = bisect_left(highs, one.low)
    known = one.low == one.high
    tied = bisect_right(points, one.low) - bisect_left(points, one.low) - one.certain if known else 0
    if maybe_ahead < k:
        return Beyond(True, None, surely_ahead, tied)
    if surely_ahead >= k:
        return Beyond(False, None, surely_ahead, tied)
    if not known:
        return Beyond(None, Cause.OWN, surely_ahead, tied)
    by_tie = tied > 0 and surely_ahead < k <= surely_ahead + tied
    return Beyond(None, Cause.TIE if by_tie else Cause.OTHERS, surely_ahead, tied)
