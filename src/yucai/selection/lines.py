"""Who stands beyond a line by place. Ties and missing marks leave somebody undecided; chance never decides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    level = defaultdict[float, list[Standing]](list)
    for one in standings.values():
        if one.certain and one.low[0] == one.high[0]:
            level[one.low[0]].append(one)
    return {name: _beyond(one, k, lows, highs, level.get(one.low[0], ())) for name, one in standings.items()}


def _beyond(one: Standing, k: int, lows: Sequence[Key], highs: Sequence[Key], level: Iterable[Standing]) -> Beyond:
    """Return where one stands; ``level`` are those with the same first number, oneself among them."""
    maybe_ahead = bisect_right(lows, one.high) - 1  # without oneself
    surely_ahead = bisect_left(highs, one.low)
    known = one.low[0] == one.high[0]
    tied = sum(other is not one and other.low <= one.high and one.low <= other.high for other in level) if known else 0
    if maybe_ahead < k:
        return Beyond(True, None, surely_ahead, tied)
    if surely_ahead >= k:
        return Beyond(False, None, surely_ahead, tied)
    if not known:
        return Beyond(None, Cause.OWN, surely_ahead, tied)
    by_tie = surely_ahead < k <= surely_ahead + tied
    return Beyond(None, Cause.TIE if by_tie else Cause.OTHERS, surely_ahead, tied)
