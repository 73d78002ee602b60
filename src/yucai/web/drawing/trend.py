"""One number over the years: a line with its values, what is aimed at, and a gap where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from yucai.web.drawing.sheet import Ink, Sheet
from yucai.web.drawing.words import text_width

__all__ = ["TrendPoint", "TrendWords", "trend_line", "trend_spark"]

FIRM: Final = 6.5
NEAR: Final = 16.0  # of two lines of words that would run into one another
ROOM: Final = (46.0, 160.0)  # where the lowest and the highest value lie, measured from the top, turned round


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One year; ``said`` is its value in words, or why there is none; ``firm`` tells that two people signed it.

    ``definition`` is the version of the definition that counted: a line is not drawn over a change of it. ``earlier``
    are values of this year that a later version corrected.
    """

    name: str
    value: float | None
    said: str
    firm: bool = True
    definition: str = ""
    earlier: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendWords:
    """What a full, a light and a hollow dot mean, and a line that is broken."""

    firm: str
    light: str
    corrected: str
    broken: str


def trend_line(
    points: Sequence[TrendPoint], *, width: int, title: str, description: str, aim: float | None, aim_said: str,
    words: TrendWords,
) -> str:  # fmt: skip
    """Return years as SVG: a dot a year with its value, joined where both are known, and a dashed line at the aim.

    A hollow box stands where there is no value. Where the definition changed the line is broken, and an upright stroke
    names both versions; values that were corrected stay as small hollow dots.
    """
    sheet = Sheet(width=width, left=16, right=width - 16)
    low, high = _ends(points, aim)
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
    _broken(sheet, places)
    for point, x in places:
        sheet.words(point.name, x, ROOM[1] + 38, size=12, align="center", fill=Ink.quiet)
        for value in point.earlier:
            sheet.put("dot", x=x, y=_height(value, low, high), r=4, fill=Ink.paper, shape="circle", stroke=Ink.point)
        if point.value is None:
            sheet.unknown(x - 11, sum(ROOM) / 2, size=(22, 76), text="?")
            continue
        y = _height(point.value, low, high)
        sheet.put("dot", x=x, y=y, r=FIRM, fill=Ink.point if point.firm else Ink.band, shape="circle")
        taken = any(0 < y - _height(value, low, high) < 30 for value in point.earlier)  # by what was corrected
        sheet.words(point.said, x, y + 18 if taken else y - 18, size=13, align="center", fill=Ink.text, weight="bold")
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
        if one.value is not None and after.value is not None and not _changed(one, after):
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


def _ends(points: Sequence[TrendPoint], aim: float | None) -> tuple[float, float]:
    """Return the lowest and the highest of everything that is drawn."""
    values = [value for point in points for value in (point.value, *point.earlier) if value is not None]
    values += [] if aim is None else [aim]
    return (min(values), max(values)) if values else (0.0, 1.0)


def _broken(sheet: Sheet, places: Sequence[tuple[TrendPoint, float]]) -> None:
    """Put an upright stroke between two years that another definition counted, with both versions."""
    for (one, x), (after, x_after) in pairwise(places):
        if _changed(one, after):
            middle = (x + x_after) / 2
            sheet.put("rule", depth=2, x1=middle, x2=middle, y1=ROOM[0] - 16, y2=ROOM[1] + 22, stroke=Ink.marked,
                      dash="3,3")  # fmt: skip
            sheet.words(f"{one.definition} → {after.definition}", middle, ROOM[0] - 28, size=11.5, align="center",
                        fill=Ink.marked)  # fmt: skip


def _changed(one: TrendPoint, after: TrendPoint) -> bool:
    """Whether another definition counted the year after, as far as both are known."""
    return bool(one.definition and after.definition) and one.definition != after.definition


def _key(sheet: Sheet, points: Sequence[TrendPoint], words: TrendWords) -> None:
    """Say what the dots and a broken line mean, as far as there are any, beside one another or below."""
    known = [point for point in points if point.value is not None]
    entries: list[tuple[str, dict[str, Any] | None]] = []
    if any(point.firm for point in known):
        entries.append((words.firm, {"r": FIRM, "fill": Ink.point}))
    if not all(point.firm for point in known):
        entries.append((words.light, {"r": FIRM, "fill": Ink.band}))
    if any(point.earlier for point in points):
        entries.append((words.corrected, {"r": 4, "fill": Ink.paper, "stroke": Ink.point}))
    if any(_changed(one, after) for one, after in pairwise(points)):
        entries.append((words.broken, None))
    x, sheet.y = 16.0, ROOM[1] + 66
    for said, dot in entries:
        taken = 22 + text_width(said, 11.5) + 24
        if x > 16 and x + taken > sheet.width:
            x, sheet.y = 16.0, sheet.y + 22
        if dot is not None:
            sheet.put("dot", x=x + 8, y=sheet.y, shape="circle", **dot)
        else:
            sheet.put("rule", x1=x + 8, x2=x + 8, y1=sheet.y - 8, y2=sheet.y + 8, stroke=Ink.marked, dash="3,3")
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
        if one.value is not None and after.value is not None and not _changed(one, after):
            ends = [[x, _height(one.value, low, high)], [x_after, _height(after.value, low, high)]]
            sheet.put("path", depth=1, points=ends, stroke=Ink.point, width=thick)


def _height(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(ROOM[1] - share * (ROOM[1] - ROOM[0]), 1)


def _small(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(24 - 18 * share, 1)
