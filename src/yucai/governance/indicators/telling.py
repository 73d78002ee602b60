"""What of a filled-in value may be told to somebody who may not see the people it counts.

A value whose people are on record passes ``release_table`` with its people. Of a value that somebody filled in nobody
knows the people; then the numbers themselves must leave no small difference: not inside a ratio, and not between one
version and the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from yucai.governance.indicators.computing import IndicatorValue
from yucai.governance.indicators.definitions import Counting, Figure, Indicator, IndicatorPack

__all__ = ["may_be_told", "standing_told", "told_of_each_other"]


def may_be_told(indicator: Indicator, value: IndicatorValue, figures: Mapping[str, Figure], *, min_cell: int) -> bool:
    """Return whether a value leaves no count of people from 1 to below the minimum, nor one over on the other side."""
    if value.value is None:
        return False
    lines = [*value.top, *value.bottom]
    heads = [line.count for line in lines if figures[line.figure].people]
    if any(0 < count < min_cell for count in heads):
        return False
    if indicator.counting is Counting.PART and value.numerator is not None and value.denominator is not None:
        return not 0 < value.denominator - value.numerator < min_cell
    return True


def standing_told(
    indicator: Indicator, versions: Sequence[IndicatorValue], figures: Mapping[str, Figure], *, min_cell: int
) -> IndicatorValue | None:
    """Return the version that is told: the newest that may be, and that differs in no count of people by a few.

    ``versions`` are all signed versions, oldest first. A version that is a few people away from the one that was told
    stays inside, for the difference would tell of them; the one that was told stands. The answer hangs on the versions
    alone, so that asking at another moment cannot get round it.
    """
    told: list[IndicatorValue] = []
    for version in versions:
        if may_be_told(indicator, version, figures, min_cell=min_cell) and all(
            _far_enough(before, version, figures, min_cell=min_cell) for before in told
        ):
            told.append(version)
    return told[-1] if told else None


def _far_enough(
    before: IndicatorValue, after: IndicatorValue, figures: Mapping[str, Figure], *, min_cell: int
) -> bool:  # fmt: skip
    def heads(value: IndicatorValue) -> dict[str, float]:
        lines = [*value.top, *value.bottom]
        return {line.figure: line.count for line in lines if figures[line.figure].people}

    one, other = heads(before), heads(after)
    return all(not 0 < abs(one.get(code, 0.0) - other.get(code, 0.0)) < min_cell for code in one.keys() | other.keys())


def told_of_each_other(pack: IndicatorPack, told: Mapping[str, IndicatorValue], *, min_cell: int) -> frozenset[str]:
    """Return which of several values must stay inside because another one, beside it, would tell of a few.

    Where a pack says that parts are at most a whole, the whole less the parts counts people too: sixty were due in one
    table and fifty-seven graduated in another, and three did not.
    """
    counts: dict[str, float] = {}
    for value in told.values():
        for line in (*value.top, *value.bottom):
            counts.setdefault(line.figure, line.count)
    hidden: set[str] = set()
    for check in pack.checks:
        codes = (check.whole, *check.parts)
        if not all(pack.figure(code).people and code in counts for code in codes):
            continue
        if 0 < counts[check.whole] - sum(counts[code] for code in check.parts) < min_cell:
            hidden |= {
                name
                for name, value in told.items()
                if any(line.figure in check.parts for line in (*value.top, *value.bottom))
            }
    return frozenset(hidden)
