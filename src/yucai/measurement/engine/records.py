"""The records that the engine works on: answers by unit and by row, items with their families, raters, covariates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernels

__all__ = ["Family", "Items", "Records", "records_of", "records_on_items", "units_of"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
NOBODY: Final = -1


class Family(IntEnum):
    """How the categories of an item hang on the place; the numbers are those of ``kernels``."""

    GRADED = 0
    PARTIAL_CREDIT = 1
    NOMINAL = 2
    GUESSING = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Items:
    """J items: family, quality and number of categories, each (J,)."""

    family: Index
    quality: Index
    n_categories: Index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """L answers of N units, in the order of units and again in that of rows.

    A cell is an item as judged by one rater, or by nobody; its rows are its categories. ``pointer`` (N+1,) and ``row``
    (L,) list the rows of each unit, ``row_pointer`` (T+1,) and ``unit`` (L,) the units of each row. ``cell_item``,
    ``cell_rater`` (C,) say whose a cell is, ``first`` (C,) its first row, ``quality`` (T,) the quality of a row.
    ``item_cells`` (C,) with ``item_pointer`` (J+1,) list each item's cells.
    """

    items: Items
    n_units: int
    n_qualities: int
    n_raters: int
    pointer: Index
    row: Index
    row_pointer: Index
    unit: Index
    quality: Index
    cell_item: Index
    cell_rater: Index
    first: Index
    item_pointer: Index
    item_cells: Index

    @property
    def n_rows(self) -> int:
        """Rows of the table of log-probabilities."""
        return len(self.quality)

    @property
    def rater_quality(self) -> Index:
        """The quality that each rater's severity is about, (raters,)."""
        of = np.zeros(self.n_raters, dtype=np.int64)
        judged = self.cell_rater >= 0
        of[self.cell_rater[judged]] = self.items.quality[self.cell_item[judged]]
        return of


def records_of(
    items: Items,
    *,
    unit: npt.NDArray[Any],
    item: npt.NDArray[Any],
    category: npt.NDArray[Any],
    rater: npt.NDArray[Any] | None = None,
    n_units: int,
    n_raters: int = 0,
) -> Records:
    """Return the records of L answers given as (L,) arrays of numbers; a rater is -1 where nobody judged.

    The order of the answers does not matter: within a unit they are put in the order of their rows.
    """
    judge = NOBODY if rater is None else rater.astype(np.int64)
    cells, cell = _numbered(item.astype(np.int64) * (n_raters + 1) + judge + 1, len(items.family) * (n_raters + 1))
    cell_item, cell_rater = cells // (n_raters + 1), cells % (n_raters + 1) - 1
    row = _first_rows(items, cell_item)[cell] + category
    del cell  # arrays as long as the answers are let go of as soon as may be
    return _arranged(items, cell_item, cell_rater, unit, row, n_units, n_raters)


def records_on_items(
    items: Items, *, unit: npt.NDArray[Any], item: npt.NDArray[Any], category: npt.NDArray[Any], n_units: int
) -> Records:
    """Return the records of some of the units: answers that nobody judged, over the cells of all items."""
    cells = np.arange(len(items.family))
    row = _first_rows(items, cells)[item] + category
    return _arranged(items, cells, np.full_like(cells, NOBODY), unit, row, n_units, 0)


def _first_rows(items: Items, cell_item: Index) -> Index:
    sizes = items.n_categories[cell_item]
    return np.asarray(np.cumsum(sizes) - sizes, dtype=np.int64)


def _arranged(
    items: Items, cell_item: Index, cell_rater: Index, unit: npt.NDArray[Any], row: Index, n_units: int, n_raters: int
) -> Records:
    sizes, first = items.n_categories[cell_item], _first_rows(items, cell_item)
    n_rows = int(sizes.sum())
    whose = np.ascontiguousarray(unit, dtype=np.int64)
    unit_starts, row_starts = _starts(whose, n_units), _starts(row, n_rows)
    by_row = kernels.order_of(row, row_starts)
    order = kernels.order_of(whose[by_row], unit_starts)
    by_unit = by_row[order]
    del by_row, order, whose
    row = row[by_unit]
    del by_unit
    unit = np.repeat(np.arange(n_units), np.diff(unit_starts))[kernels.order_of(row, row_starts)]
    return Records(
        items=items,
        n_units=n_units,
        n_qualities=int(items.quality.max()) + 1,
        n_raters=n_raters,
        pointer=unit_starts,
        row=row,
        row_pointer=row_starts,
        unit=unit,
        quality=np.repeat(items.quality[cell_item], sizes),
        cell_item=cell_item,
        cell_rater=cell_rater,
        first=first,
        item_pointer=_starts(cell_item, len(items.family)),
        item_cells=np.argsort(cell_item, kind="stable"),
    )


def _numbered(key: Index, n: int) -> tuple[Index, Index]:
    """Return the keys that occur, in order, and for each answer which of them it has."""
    there = np.zeros(n, dtype=bool)
    there[key] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[key]


def _starts(of: npt.NDArray[Any], n: int) -> Index:
    """Return where each of n groups begins in a list that is sorted by group, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n))]).astype(np.int64)


def units_of(records: Records, begin: int, end: int) -> Records:
    """Return the records of some of the units, numbered anew from 0, over the same cells."""
    low, high = records.pointer[begin], records.pointer[end]
    row = records.row[low:high]
    pointer = records.pointer[begin : end + 1] - low
    unit, starts = np.repeat(np.arange(end - begin), np.diff(pointer)), _starts(row, records.n_rows)
    return replace(
        records,
        n_units=end - begin,
        pointer=pointer,
        row=row,
        row_pointer=starts,
        unit=unit[kernels.order_of(row, starts)],
    )
