"""What has leave to go: the only thing that renderers of numbers about people take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yucai.governance.release.tables import Axis, Percentages, Statistic
from yucai.texts import Text

__all__ = ["HIDDEN_MARK", "Released", "ReleasedCell", "Verdict", "rows_of"]

HIDDEN_MARK: Final = "…"
FEW = Text(
    "Hidden: this number, or another that could be worked out from it, would tell something of fewer than {n} people.",
    "不公开：该数值，或由其可推算出的其他数值，会透露不足 {n} 人的情况。",
)
SPREAD = Text(
    "Hidden: a spread is shown of {n} people or more, and only where it tells of none of them singly.",
    "不公开：分布仅在至少 {n} 人、且不透露任何个人情况时公布。",
)
EXTREME = Text("Hidden: the lowest and the highest value are single persons'.", "不公开：最低值与最高值属于个别人。")
PEOPLE = Text("people", "人数")
PER_CENT = Text("% of the group", "占组内百分比")
AMOUNT = Text("sum", "合计金额")
WHY = Text("why hidden", "不公开的原因")


class Verdict(StrEnum):
    """Whether a number may go. It does not tell which rule was at work: that alone would narrow the number down."""

    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedCell:
    """One cell. What is hidden is not in here: None stands for it, and ``reasons`` says why in both languages."""

    place: tuple[str, ...]
    verdict: Verdict
    count: int | None = None
    per_cent: float | None = None
    amount: float | None = None
    figures: Mapping[tuple[str, Statistic], float | None] = field(default_factory=lambda: MappingProxyType({}))
    reasons: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A table that may leave, as of a moment. ``held`` says why, where this is the one of an earlier day."""

    code: str
    name: Text
    axes: tuple[Axis, ...]
    cells: tuple[ReleasedCell, ...]
    as_of: datetime
    min_cell: int
    percentages: Percentages | None = None
    measures: tuple[tuple[str, Text], ...] = ()
    unit: Text | None = None
    held: Text | None = None

    def cell(self, *place: str) -> ReleasedCell:
        """Return the cell at a place: an entry of each axis, TOTAL for all of it. Raises KeyError where none is."""
        for cell in self.cells:
            if cell.place == place:
                return cell
        raise KeyError(place)

    @property
    def reasons(self) -> tuple[Text, ...]:
        """Why something is hidden here, each reason once."""
        return tuple(dict.fromkeys(reason for cell in self.cells for reason in cell.reasons))


def rows_of(released: Released, *, language: str) -> Iterator[tuple[str | int | float, ...]]:
    """Give a table as rows for a sheet, a CSV, a page or a chart: a header, then one row a cell.

    The entries of the axes in words, the people or the per cent, the sum, each figure, and why something is hidden.
    A hidden number is HIDDEN_MARK.
    """
    asked = list(dict.fromkeys(key for cell in released.cells for key in cell.figures))
    names = dict(released.measures)
    header = [axis.name.in_language(language) for axis in released.axes]
    header.append(PEOPLE.in_language(language))
    if released.percentages is not None:
        header.append(PER_CENT.in_language(language))
    if released.unit is not None:
        header.append(f"{AMOUNT.in_language(language)} ({released.unit.in_language(language)})")
    header += [f"{names[code].in_language(language)}: {STATISTICS[what].in_language(language)}" for code, what in asked]
    yield (*header, WHY.in_language(language))
    for cell in released.cells:
        row: list[str | int | float] = [
            axis.said(node).in_language(language) for axis, node in zip(released.axes, cell.place, strict=True)
        ]
        row.append(_said(cell.count, cell))
        if released.percentages is not None:
            row.append(_said(cell.per_cent, cell))
        if released.unit is not None:
            row.append(_said(cell.amount, cell))
        row += [_said(cell.figures.get(key), cell) for key in asked]
        yield (*row, " ".join(reason.in_language(language) for reason in cell.reasons))


STATISTICS: Final = {
    Statistic.MEAN: Text("mean", "平均值"),
    Statistic.MEDIAN: Text("middle", "中位数"),
    Statistic.LOW_QUARTER: Text("lower quarter", "下四分位数"),
    Statistic.HIGH_QUARTER: Text("upper quarter", "上四分位数"),
    Statistic.SPREAD: Text("standard deviation", "标准差"),
    Statistic.LOWEST: Text("lowest", "最低值"),
    Statistic.HIGHEST: Text("highest", "最高值"),
}


def _said(number: float | int | None, cell: ReleasedCell) -> str | int | float:
    if number is not None:
        return number
    return HIDDEN_MARK if cell.reasons else ""
