"""What several estimators gave of one effect, side by side: a dot and its interval each, about a line at no effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yucai.web.drawing.sheet import Ink, Sheet
from yucai.web.drawing.words import text_width, wrap

__all__ = ["EffectLabels", "EffectLine", "effect_lines"]

PHONE_BELOW: Final = 560
ROW: Final = 40
SIZE: Final = 13
SMALL: Final = 11.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLine:
    """One estimate with its interval, where it has one; the ``marked`` one is what the verdict looks at."""

    name: str
    estimate: float
    interval: tuple[float, float] | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLabels:
    """What the reader reads beside the dots, in the reader's language; ``axis`` says what is counted."""

    title: str
    description: str
    axis: str
    estimate: str
    interval: str
    marked: str


def effect_lines(lines: Sequence[EffectLine], *, width: int, labels: EffectLabels) -> str:
    """Return the estimates as SVG. On a phone the names stand above their lines.

    >>> row = EffectLine(name="a", estimate=1.0, interval=(0.5, 1.5))
    >>> said = EffectLabels(title="t", description="d", axis="x", estimate="e", interval="i", marked="m")
    >>> effect_lines([row], width=700, labels=said).count("<circle")
    2
    """
    phone = width < PHONE_BELOW
    side = 16.0 if phone else 24 + min(max((text_width(one.name, SIZE) for one in lines), default=0), width * 0.38)
    sheet = Sheet(width=width, left=side, right=width - 24)
    low, step, high = _axis(lines)
    sheet.y = 10
    top = sheet.y
    for one in lines:
        _line(sheet, one, phone=phone, width=width)
    _ticks(sheet, (low, step, high), top=top)
    sheet.y += 26
    sheet.words(labels.axis, (sheet.left + sheet.right) / 2, sheet.y, size=SMALL, align="center", fill=Ink.quiet)
    sheet.y += 24
    entries = [("circle", labels.estimate), ("interval", labels.interval)]
    if any(one.marked for one in lines):
        entries.append(("diamond", labels.marked))
    sheet.legend(entries, start=8)
    return sheet.drawn(title=labels.title, description=labels.description, axis=(low, high))


def _line(sheet: Sheet, one: EffectLine, *, phone: bool, width: int) -> None:
    if phone:
        sheet.y += 4
        sheet.put("box", depth=1, x=6, y=sheet.y, width=min(text_width(one.name, SIZE) + 4, width - 12), height=18,
                  fill=Ink.paper)  # fmt: skip
        sheet.y += sheet.lines(one.name, 8, width=width - 16, size=SIZE) - 8
    middle = sheet.y + ROW / 2
    if not phone:
        broken = wrap(one.name, SIZE, width=sheet.left - 20)
        for number, line in enumerate(broken):
            sheet.words(line, 8, middle + 17 * (number - (len(broken) - 1) / 2), size=SIZE)
    low, high = one.interval or (one.estimate, one.estimate)
    look: dict[str, Any] = (
        {"fill": Ink.marked, "band": Ink.marked_band} if one.marked else {"fill": Ink.point, "band": Ink.band}
    )
    ends: dict[str, Any] = {"from": low, "to": high, "shape": "diamond" if one.marked else "circle"}
    sheet.put("interval", value=one.estimate, y=middle, height=9, r=6.5, **ends, **look)
    sheet.y += ROW


def _ticks(sheet: Sheet, axis: tuple[float, float, float], *, top: float) -> None:
    low, step, high = axis
    for n in range(round((high - low) / step) + 1):
        value = low + n * step
        x = sheet.left + (value - low) / (high - low) * (sheet.right - sheet.left)
        nought = abs(value) < step / 1e6
        stroke = Ink.zero if nought else Ink.guide
        sheet.put("rule", depth=2 if nought else 3, value=value, y1=top, y2=sheet.y, stroke=stroke)
        said = "0" if nought else f"{value:g}".replace("-", "−")
        sheet.words(said, x, sheet.y + 10, size=SMALL, align="center", fill=Ink.quiet)


def _axis(lines: Sequence[EffectLine]) -> tuple[float, float, float]:
    """Return a round scale that holds everything, nought too: its low end, its step, its high end."""
    values = [0.0, *(one.estimate for one in lines), *(end for one in lines for end in one.interval or ())]
    spread = max(values) - min(values) or 1.0
    power = 10.0 ** math.floor(math.log10(spread / 4))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= spread / 5)
    low, high = math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step
    return low, step, high if high > low else low + step
