"""One number over the years: a line with its values, what is aimed at, and a gap where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from yucai.web.drawing.sheet import Ink, Sheet
from yucai.web.drawing.words import text_width

__all__ = ["TrendPoint", "trend_line", "trend_spark"]

FIRM: Final = 6.5
NEAR: Final = 16.0  # of two lines of words that would run into one another
ROOM: Final = (46.0, 160.0)  # where the lowest and the highest value lie, measured from the top, turned round


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One year; ``said`` is its value in words, or why there is none; ``firm`` tells that two people signed it."""

    name: str
    value: float | None
    said: str
    firm: bool = True


def trend_line(
    points: Sequence[TrendPoint], *, width: int, title: str, description: str, aim: float | None, aim_said: str,
    words: tuple[str, str],
) -> str:  # fmt: skip
    """Return years as SVG: a dot a year with its value, joined where both are known, and a dashed line at the aim.

    A hollow box stands where there is no value. ``words`` say what a full and a light dot mean.
    """
    sheet = Sheet(width=width, left=16, right=width - 16)
    values = [point.value for point in points if point.value is not None] + ([aim] if aim is not None else [])
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (sheet.right - sheet.left) / max(len(points), 1)
    places = [(point, sheet.left + room * (number + 0.5)) for number, point in enumerate(points)]
    sheet.put("rule", depth=3, x1=sheet.left, x2=sheet.right, y1=ROOM[1] + 22, y2=ROOM[1] + 22, stroke=Ink.rule)
    if aim is not None:
        y = _height(aim, low, high)
        sheet.put("rule", depth=2, x1=sheet.left, x2=sheet.right, y1=y, y2=y, stroke=Ink.zero, dash="5,4")
        on_the_left = _near(places[-1:], y, low, high) and not _near(places[:1], y, low, high)
        edge, align = (sheet.left, "left") if on_the_left else (sheet.right, "right")
        sheet.words(aim_said, edge, y - 9, size=11.5, fill=Ink.quiet, align=align)
    _joined(sheet, places, low, high, thick=1.75)
    for point, x in places:
        sheet.words(point.name, x, ROOM[1] + 38, size=12, align="center", fill=Ink.quiet)
        if point.value is None:
            sheet.unknown(x - 11, sum(ROOM) / 2, size=(22, 76), text="?")
            continue
        y = _height(point.value, low, high)
        sheet.put("dot", x=x, y=y, r=FIRM, fill=Ink.point if point.firm else Ink.band, shape="circle")
        sheet.words(point.said, x, y - 18, size=13, align="center", fill=Ink.text, weight="bold")
    _key(sheet, points, words)
    return sheet.drawn(title=title, description=description)


def trend_spark(points: Sequence[TrendPoint], *, title: str) -> str:
    """Return years as a small SVG without words, for a row of a table: from the lowest to the highest of them."""
    wide, tall = 28 * max(len(points), 1), 30
    sheet = Sheet(width=wide, left=0, right=wide)
    values = [point.value for point in points if point.value is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    places = [(point, 28 * (number + 0.5)) for number, point in enumerate(points)]
    for (one, x), (after, x_after) in pairwise(places):
        if one.value is not None and after.value is not None:
            ends = [[x, _small(one.value, low, high)], [x_after, _small(after.value, low, high)]]
            sheet.put("path", depth=1, points=ends, stroke=Ink.point, width=1.25)
    for point, x in places:
        if point.value is None:
            sheet.unknown(x - 4, tall / 2, size=(8, 18))
            continue
        fill = Ink.point if point.firm else Ink.band
        sheet.put("dot", x=x, y=_small(point.value, low, high), r=3, fill=fill, shape="circle", edge=1)
    sheet.y = tall
    return sheet.drawn(title=title, description="")


def _key(sheet: Sheet, points: Sequence[TrendPoint], words: tuple[str, str]) -> None:
    """Say what full and light dots mean, as far as there are any, beside one another or below."""
    x, sheet.y = 16.0, ROOM[1] + 66
    for said, fill, firm in zip(words, (Ink.point, Ink.band), (True, False), strict=True):
        if not any(point.value is not None and point.firm is firm for point in points):
            continue
        taken = 22 + text_width(said, 11.5) + 24
        if x > 16 and x + taken > sheet.width:
            x, sheet.y = 16.0, sheet.y + 22
        sheet.put("dot", x=x + 8, y=sheet.y, r=FIRM, fill=fill, shape="circle")
        sheet.words(said, x + 22, sheet.y, size=11.5, fill=Ink.quiet)
        x += taken
    sheet.y += 14


def _near(places: Sequence[tuple[TrendPoint, float]], y: float, low: float, high: float) -> bool:
    """Return whether a year at the edge says its value where the words of the aim would stand."""
    heights = (_height(point.value, low, high) for point, _x in places if point.value is not None)
    return any(abs(height - 9 - y) < NEAR for height in heights)


def _joined(
    sheet: Sheet, places: Sequence[tuple[TrendPoint, float]], low: float, high: float, *, thick: float
) -> None:  # fmt: skip
    for (one, x), (after, x_after) in pairwise(places):
        if one.value is not None and after.value is not None:
            ends = [[x, _height(one.value, low, high)], [x_after, _height(after.value, low, high)]]
            sheet.put("path", depth=1, points=ends, stroke=Ink.point, width=thick)


def _height(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(ROOM[1] - share * (ROOM[1] - ROOM[0]), 1)


def _small(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(24 - 18 * share, 1)
