"""The qualities of one person around a centre: the numbers of the dots, with their intervals as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from yucai.web.drawing.dots import PHONE_BELOW, DotLabels, IntervalRow, QualityRow, check_rows, key_of
from yucai.web.drawing.sheet import AXIS, Ink, Sheet
from yucai.web.drawing.words import balance, text_width

__all__ = ["quality_radar"]

SIZE: Final = 11.5
HALF: Final = 5.5  # pixels from the middle of a band to its side


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dial:
    """The middle of the picture, how far the axes reach, and how many there are; the first points up."""

    x: float
    y: float
    reach: float
    n: int

    def at(self, number: int, value: float, *, aside: float = 0.0) -> list[float]:
        """Return where a value lies on an axis, ``aside`` pixels beside it; the centre is the low end of the scale."""
        low, high = AXIS
        far = self.reach * (min(max(value, low), high) - low) / (high - low)
        turn = 2 * math.pi * number / self.n
        return [
            self.x + far * math.sin(turn) + aside * math.cos(turn),
            self.y - far * math.cos(turn) + aside * math.sin(turn),
        ]


def quality_radar(rows: Sequence[QualityRow], *, width: int, labels: DotLabels) -> str:
    """Return the qualities of one person as SVG around a centre, each on an axis of its own.

    The centre is three standard deviations below the average, the clear ring the average, the edge three above. A band
    is a 90 % interval; means are joined where two neighbours are known, and where there is not enough evidence the
    axis is dashed and nothing is joined. The area means nothing: it depends on the order of the qualities.
    Raises FaultyInputError naming every row that contradicts itself.
    """
    plain = [
        IntervalRow(name=r.name, mean=r.mean, lower=r.lower, upper=r.upper, enough=r.enough, target=r.target)
        for r in rows
    ]
    check_rows(plain, width, labels)
    sheet = Sheet(width=width, left=16, right=width - 16)
    if not rows:
        sheet.y = 16
        sheet.y += sheet.lines(labels.empty or labels.not_enough, 16, width=width - 32, fill=Ink.quiet) + 16
        return sheet.drawn(title=labels.title, description=labels.description)
    phone = width < PHONE_BELOW
    reach = width * 0.28 if phone else min(width * 0.27, 190)
    dial = _Dial(x=width / 2, y=reach + 58, reach=reach, n=len(rows))
    _rings(sheet, dial)
    for number, row in enumerate(plain):
        _axis(sheet, dial, number, row)
        _name(sheet, dial, number, row.name)
    _joined(sheet, dial, plain)
    sheet.y = dial.y + reach + 64
    sheet.legend(key_of(plain, labels), start=16)
    return sheet.drawn(title=labels.title, description=labels.description)


def _rings(sheet: Sheet, dial: _Dial) -> None:
    for value in range(int(AXIS[0]) + 1, int(AXIS[1]) + 1):
        points = [dial.at(number, value) for number in range(dial.n)]
        stroke, width = (Ink.zero, 1.25) if value == 0 else (Ink.guide, 1.0)
        sheet.put("area", depth=4, points=points, fill="none", stroke=stroke, width=width)


def _axis(sheet: Sheet, dial: _Dial, number: int, row: IntervalRow) -> None:
    """One axis with its interval, dot and target; dashed with a question mark where nothing can be said."""
    (x1, y1), (x2, y2) = dial.at(number, AXIS[0]), dial.at(number, AXIS[1])
    look = {"stroke": Ink.guide} if row.enough else {"stroke": Ink.hollow_edge, "dash": "3,3"}
    sheet.put("rule", depth=3, x1=x1, y1=y1, x2=x2, y2=y2, **look)
    if row.target is not None:
        corners = ((-0.05, -12), (-0.05, 12), (0.05, 12), (0.05, -12))
        near = [dial.at(number, row.target + step, aside=side) for step, side in corners]
        sheet.put("area", depth=0, points=near, fill=Ink.marked)
    if not row.enough or row.mean is None or row.lower is None or row.upper is None:
        x, y = dial.at(number, 0.0)
        sheet.unknown(x - 9, y, size=(18, 18), text="?")
        return
    ends = ((row.lower, -HALF), (row.lower, HALF), (row.upper, HALF), (row.upper, -HALF))
    band = [dial.at(number, value, aside=side) for value, side in ends]
    sheet.put("area", depth=2, points=band, fill=Ink.band)
    x, y = dial.at(number, row.mean)
    sheet.put("dot", x=x, y=y, r=5.5, fill=Ink.point, shape="circle")


def _joined(sheet: Sheet, dial: _Dial, rows: Sequence[IntervalRow]) -> None:
    """Join the means of neighbours that are both known."""
    for number, row in enumerate(rows):
        after = (number + 1) % len(rows)
        other = rows[after]
        if len(rows) > 2 and row.enough and other.enough and row.mean is not None and other.mean is not None:
            points = [dial.at(number, row.mean), dial.at(after, other.mean)]
            sheet.put("path", depth=1, points=points, stroke=Ink.point, width=1.5)


def _name(sheet: Sheet, dial: _Dial, number: int, name: str) -> None:
    """Put a name beyond the end of its axis, on the side away from the middle, within the picture."""
    turn = 2 * math.pi * number / dial.n
    x, y = dial.x + (dial.reach + 14) * math.sin(turn), dial.y - (dial.reach + 14) * math.cos(turn)
    side = math.sin(turn)
    align = "center" if abs(side) < 0.2 else "left" if side > 0 else "right"
    room = {"center": sheet.width * 0.5, "left": sheet.width - x - 6, "right": x - 6}[align]
    lines = balance(name, SIZE, width=max(room, 40))
    widest = max(text_width(line, SIZE) for line in lines)
    if align == "left":
        x = min(x, sheet.width - 4 - widest)
    elif align == "right":
        x = max(x, 4 + widest)
    # Words above the middle grow upwards, below it downwards, at the sides both ways.
    rise = -(len(lines) - 1) if math.cos(turn) > 0.6 else 0 if math.cos(turn) < -0.6 else -(len(lines) - 1) / 2
    for place, line in enumerate(lines):
        sheet.words(line, x, y + 15 * (rise + place), size=SIZE, align=align)
