"""One reader of panels: which units and years a table holds once, twice or not at all, and what its cells come to.

Every room that works on a panel finds what is wrong with it here, and says it in the words of its own question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["UnitYears", "by_name", "several", "unit_years"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitYears:
    """A table of units and years as it stands, balanced or not; nothing is filled in.

    ``values`` has the shape (units, years, columns) and cannot be written to; where no row or no finite number stands
    it is not a number. Of a unit and year that occur more than once, the last row counts; ``twice`` names them.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    columns: tuple[str, ...]
    values: Floats
    counts: Mapping[tuple[str, int], int]

    @property
    def is_balanced(self) -> bool:
        """Whether every unit has one row for every year."""
        return len(self.counts) == len(self.units) * len(self.years) == sum(self.counts.values())

    def twice(self) -> Iterator[tuple[str, int, int]]:
        """Yield each unit and year that occur more than once, and how often."""
        return ((unit, year, n) for (unit, year), n in self.counts.items() if n > 1)

    def absent(self) -> Iterator[tuple[str, int]]:
        """Yield each unit and year without a row, unit by unit."""
        return ((unit, year) for unit in self.units for year in self.years if (unit, year) not in self.counts)

    def missing(self) -> Iterator[tuple[str, int, str]]:
        """Yield each unit, year and column without a finite number, also where the whole row is absent."""
        places = np.argwhere(np.isnan(self.values)).tolist()
        return ((self.units[unit], self.years[year], self.columns[column]) for unit, year, column in places)

    def gaps(self) -> Iterator[tuple[int, int, int]]:
        """Yield each year that no unit has, with the nearest years before and after it that some have."""
        return ((gone, *ends) for ends in pairwise(self.years) for gone in range(ends[0] + 1, ends[1]))

    def still(self) -> Iterator[tuple[str, str, float]]:
        """Yield each column and unit whose value is the same in every year, and that value."""
        same = (np.ptp(self.values, axis=1) == 0.0).T
        for column, unit in np.argwhere(same).tolist():
            yield self.columns[column], self.units[unit], float(self.values[unit, 0, column])


def unit_years(
    units: Sequence[str],
    years: Sequence[int],
    columns: Mapping[str, Sequence[float | None]],
    *,
    order: Collection[str] = (),
) -> UnitYears:
    """Return what stands in the rows of a table, each of a unit and a year; units in an order, else sorted.

    >>> found = unit_years(["A", "A", "B"], [2019, 2021, 2019], {"x": [1.0, 2.0, None]})
    >>> list(found.absent()), list(found.missing()), list(found.gaps()), found.is_balanced
    ([('B', 2021)], [('B', 2019, 'x'), ('B', 2021, 'x')], [(2020, 2019, 2021)], False)
    """
    known, when = tuple(order) or tuple(sorted(set(units))), tuple(sorted(set(years)))
    row, place = {unit: n for n, unit in enumerate(known)}, {year: n for n, year in enumerate(when)}
    rows, places = [row[unit] for unit in units], [place[year] for year in years]
    values = np.full((len(known), len(when), len(columns)), np.nan)
    for n, cells in enumerate(columns.values()):
        values[rows, places, n] = [np.nan if cell is None else cell for cell in cells]
    values[~np.isfinite(values)] = np.nan
    values.setflags(write=False)
    counted = Counter(zip(units, years, strict=True))
    counts = dict(sorted(counted.items(), key=lambda one: (str(one[0][0]), one[0][1])))
    return UnitYears(units=known, years=when, columns=tuple(columns), values=values, counts=counts)


def several(firsts: Sequence[str], seconds: Sequence[str], whens: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return each first part that goes with more than one second, and when each of these came up first.

    >>> several(["11", "11", "12"], ["北京", "北平", "天津"], ["2017", "2018", "2017"])
    {'11': {'北京': '2017', '北平': '2018'}}
    """
    found: dict[str, dict[str, str]] = {}
    for first, second, when in zip(firsts, seconds, whens, strict=True):
        found.setdefault(first, {}).setdefault(second, when)
    return {first: seen for first, seen in found.items() if len(seen) > 1}


def by_name(
    units: Sequence[str], names: Sequence[str], whens: Sequence[str]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Return the units that go by several names, and the names that stand for several units."""
    return several(units, names, whens), several(names, units, whens)
