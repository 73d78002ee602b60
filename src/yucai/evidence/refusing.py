"""Rows taken out of a reading after it was made: refused for a reason found later, or passed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.quality import QualityReport, RefusedCells
from yucai.evidence.tables import TableReading, counted_states

__all__ = ["Place", "pass_over_rows", "refuse_rows"]

Place = tuple[str, int]
"""A sheet ("" where a file has none) and a row of it."""
PLACES: Final = ("source_sheet", "source_row")


def refuse_rows(reading: TableReading, wrong: Mapping[Place, Sequence[Fault]]) -> TableReading:
    """Return a reading without some of its sound rows, which stand in its report as refused, with all their cells."""
    if not wrong:
        return reading
    left = pass_over_rows(reading, wrong.keys())
    told = [row for row in reading.report.refused if (row.sheet, row.row) not in wrong]
    before = {(row.sheet, row.row): row.faults for row in reading.report.refused}
    for cells in reading.cells.filter(_among(reading.cells, wrong.keys())).iter_rows(named=True):
        place = (cells["source_sheet"] or "", cells["source_row"])
        said = {title: cell for title, cell in cells.items() if title not in PLACES and cell is not None}
        faults = (*before.get(place, ()), *wrong[place])
        told.append(RefusedCells(sheet=place[0], row=place[1], faults=faults, cells=said))
    order = {sheet: n for n, sheet in enumerate(reading.report.sheets)}
    told.sort(key=lambda row: (order.get(row.sheet, 0), row.row))
    return replace(left, report=replace(left.report, refused=tuple(told)))


def pass_over_rows(reading: TableReading, places: Collection[Place]) -> TableReading:
    """Return a reading without some of its rows, sound or refused; its report counts those that are left."""
    table = reading.table.filter(~_among(reading.table, places))
    left = tuple(row for row in reading.report.refused if (row.sheet, row.row) not in places)
    states = counted_states(table, reading.profile)
    report: QualityReport = replace(reading.report, kept_count=table.height, refused=left, states=states)
    return replace(reading, table=table, report=report)


def _among(table: pl.DataFrame, places: Collection[Place]) -> pl.Series:
    wanted = set(places)
    rows = zip(table["source_sheet"].fill_null("").to_list(), table["source_row"].to_list(), strict=True)
    return pl.Series([place in wanted for place in rows], dtype=pl.Boolean)
