"""One quality of one person over several occasions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from yucai.web.drawing.dots import PHONE_BELOW, DotLabels, IntervalRow, check_rows
from yucai.web.drawing.sheet import AXIS, Ink, Sheet
from yucai.web.drawing.words import balance, text_width

__all__ = ["GrowthPoint", "growth_lines", "growth_spark"]

SPARK: Final = (40, 60)  # pixels: room for one occasion, and the height of the whole scale


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPoint:
    """Where a person stood on one occasion, with the 90 % interval; nothing is placed where ``enough`` is false."""

    occasion: str
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    enough: bool = True


def growth_lines(points: Sequence[GrowthPoint], *, width: int, labels: DotLabels) -> str:
    """Return one quality over time as SVG: a dot with its 90 % interval an occasion, joined where both are known.

    Occasions are evenly spaced in the order given. Raises FaultyInputError naming every point that contradicts itself.
    """
    rows = [
        IntervalRow(name=point.occasion, mean=point.mean, lower=point.lower, upper=point.upper, enough=point.enough)
        for point in points
    ]
    check_rows(rows, width, labels)
    sheet = Sheet(width=width, left=_side(width, labels), right=width - 16)
    if not points:
        sheet.y = 16
        sheet.y += sheet.lines(labels.empty or labels.not_enough, 16, width=width - 32, fill=Ink.quiet) + 16
        return sheet.drawn(title=labels.title, description=labels.description)
    foot = 12.0 + (200 if width < PHONE_BELOW else 240)
    _ladder(sheet, labels, (12.0, foot))
    _places(sheet, rows, labels, (12.0, foot))
    sheet.y += 16
    entries = [("circle", labels.estimate), ("interval", labels.interval)]
    if not all(row.enough for row in rows):
        entries.append(("unknown", labels.not_enough))
    sheet.legend(entries, start=8)
    return sheet.drawn(title=labels.title, description=labels.description)


def growth_spark(points: Sequence[GrowthPoint], *, title: str, description: str) -> str:
    """Return one quality over time as a small SVG without words: the line of ``growth_lines`` for a row of a table.

    Its height is always the whole scale, so that small changes look small and rows can be compared; the line in the
    middle is the average. A hollow box stands where there is not enough evidence, and nothing is joined across it.
    """
    rows = [
        IntervalRow(name=point.occasion or "-", mean=point.mean, lower=point.lower, upper=point.upper,
                    enough=point.enough)
        for point in points
    ]  # fmt: skip
    wide, tall = SPARK[0] * max(len(rows), 1), SPARK[1]
    sheet, reach = Sheet(width=wide, left=0, right=wide), (2.0, tall - 2.0)
    for value in (AXIS[0], 0.0, AXIS[1]):
        y = _height(value, reach)
        sheet.put("rule", depth=3, x1=0, x2=wide, y1=y, y2=y, stroke=Ink.guide if value else Ink.zero)
    places = [(row, SPARK[0] * (number + 0.5)) for number, row in enumerate(rows)]
    for (row, x), (after, x_after) in pairwise(places):
        if row.enough and after.enough:
            ends = [[x, _height(row.mean, reach)], [x_after, _height(after.mean, reach)]]
            sheet.put("path", depth=1, points=ends, stroke=Ink.point, width=1.25)
    for row, x in places:
        if not row.enough:
            sheet.unknown(x - 6, tall / 2, size=(12, tall - 4))
            continue
        top, bottom = _height(row.upper, reach), _height(row.lower, reach)
        sheet.put("box", depth=2, x=x - 4.5, y=top, width=9, height=max(bottom - top, 1), r=4.5, fill=Ink.band)
        sheet.put("dot", x=x, y=_height(row.mean, reach), r=3, fill=Ink.point, shape="circle", edge=1)
    sheet.y = tall
    return sheet.drawn(title=title, description=description)


def _side(width: int, labels: DotLabels) -> float:
    """Room for the three words of the axis, at most a quarter of the width."""
    widest = max(text_width(text, 11.5) for text in (labels.low, labels.middle, labels.high))
    return round(min(widest + 20, width * 0.25))


def _ladder(sheet: Sheet, labels: DotLabels, reach: tuple[float, float]) -> None:
    """The axis of ability, upright: words at its ends and its middle, a clear line at zero."""
    for value in range(int(AXIS[0]), int(AXIS[1]) + 1):
        y = _height(value, reach)
        stroke = Ink.zero if value == 0 else Ink.guide
        sheet.put("rule", depth=2, x1=sheet.left, x2=sheet.right, y1=y, y2=y, stroke=stroke)
    for text, place in ((labels.high, 2.5), (labels.middle, 0.0), (labels.low, -2.5)):
        lines = balance(text, 11.5, width=sheet.left - 14)
        for number, line in enumerate(lines):
            y = _height(place, reach) + 15 * (number - (len(lines) - 1) / 2)
            sheet.words(line, 6, y, size=11.5, fill=Ink.quiet)


def _places(sheet: Sheet, rows: Sequence[IntervalRow], labels: DotLabels, reach: tuple[float, float]) -> None:
    room = (sheet.right - sheet.left) / len(rows)
    places = [(row, sheet.left + room * (number + 0.5)) for number, row in enumerate(rows)]
    for (row, x), (after, x_after) in pairwise(places):
        if row.enough and after.enough:
            points = [[x, _height(row.mean, reach)], [x_after, _height(after.mean, reach)]]
            sheet.put("path", depth=1, points=points, stroke=Ink.point, width=1.5)
    deepest = 0
    for row, x in places:
        _place(sheet, row, x, reach)
        lines = balance(row.name, 11.5, width=room - 6)
        deepest = max(deepest, len(lines))
        for number, line in enumerate(lines):
            sheet.words(line, x, reach[1] + 14 + 16 * number, size=11.5, align="center", fill=Ink.quiet)
    sheet.y = reach[1] + 8 + 16 * deepest


def _place(sheet: Sheet, row: IntervalRow, x: float, reach: tuple[float, float]) -> None:
    if not row.enough:
        tall = reach[1] - reach[0]
        sheet.unknown(x - 8, sum(reach) / 2, size=(16, tall), text="?")
        return
    top, bottom = _height(row.upper, reach), _height(row.lower, reach)
    sheet.put("box", depth=2, x=x - 4.5, y=top, width=9, height=max(bottom - top, 1), r=4.5, fill=Ink.band)
    sheet.put("dot", x=x, y=_height(row.mean, reach), r=6.5, fill=Ink.point, shape="circle")


def _height(value: float | None, reach: tuple[float, float]) -> float:
    """Return how far down the sheet a value lies; values beyond the axis stay on its edge."""
    low, high = AXIS
    share = (min(max(value or 0.0, low), high) - low) / (high - low)
    return round(reach[1] - share * (reach[1] - reach[0]), 1)
