"""Shares between 0 and 1 with their intervals, one line each, and a stroke at what is expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yucai.web.drawing.sheet import Ink, Sheet
from yucai.web.drawing.words import text_width, wrap

__all__ = ["ShareLabels", "ShareLine", "share_lines"]

PHONE_BELOW: Final = 560
ROW: Final = 38
SIZE: Final = 13
SMALL: Final = 11.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLine:
    """One share with its interval, and what is expected of it; ``note`` says at the side what that means.

    Without an interval the dot stands alone; without a value nothing is placed.
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None = None
    expected: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLabels:
    """What the reader reads beside the dots, in the reader's language."""

    title: str
    description: str
    estimate: str
    interval: str
    expected: str
    unknown: str


def share_lines(lines: Sequence[ShareLine], *, width: int, labels: ShareLabels) -> str:
    """Return shares as SVG, on an axis of tenths that holds them all. On a phone the names stand above their lines.

    >>> said = ShareLabels(title="t", description="d", estimate="e", interval="i", expected="x", unknown="u")
    >>> row = ShareLine(name="a", value=0.7, interval=(0.6, 0.8), expected=0.7)
    >>> share_lines([row], width=700, labels=said).count("<circle")
    2
    """
    phone = width < PHONE_BELOW
    name = max((text_width(one.name, SIZE) for one in lines), default=0) + 24
    note = max((text_width(one.note, SMALL) for one in lines), default=0) + 20
    left, right = (16.0, width - 16.0) if phone else (min(name, width * 0.4), width - max(24.0, min(note, width * 0.3)))
    sheet = Sheet(width=width, left=left, right=right)
    axis = _axis(lines)
    sheet.y = top = 8
    for one in lines:
        _line(sheet, one, labels, phone=phone)
    _ticks(sheet, axis, top=top)
    sheet.y += 36
    sheet.legend(_key(lines, labels), start=8)
    return sheet.drawn(title=labels.title, description=labels.description, axis=axis)


def _line(sheet: Sheet, one: ShareLine, labels: ShareLabels, *, phone: bool) -> None:
    if phone:
        head = f"{one.name} · {one.note}" if one.note else one.name
        sheet.y += sheet.lines(head, 8, width=sheet.width - 16, size=SIZE) - 6
    middle = sheet.y + ROW / 2
    if not phone:
        for words, x, size, room in (
            (one.name, 8.0, SIZE, sheet.left - 16), (one.note, sheet.right + 12, SMALL, sheet.width - sheet.right - 12)
        ):  # fmt: skip
            broken = wrap(words, size, width=room)
            for number, line in enumerate(broken):
                fill = Ink.text if size == SIZE else Ink.quiet
                sheet.words(line, x, middle + 16 * (number - (len(broken) - 1) / 2), size=size, fill=fill)
    if one.expected is not None:
        sheet.put("target", value=one.expected, y=middle, height=24, fill=Ink.marked)
    if one.value is None:
        sheet.unknown(sheet.left, middle, size=(sheet.right - sheet.left, 20), text=labels.unknown)
    else:
        low, high = one.interval or (one.value, one.value)
        ends: dict[str, Any] = {"from": low, "to": high, "shape": "circle", "fill": Ink.point, "band": Ink.band}
        sheet.put("interval", value=one.value, y=middle, height=9, r=6, **ends)
    sheet.y += ROW


def _ticks(sheet: Sheet, axis: tuple[float, float], *, top: float) -> None:
    low, high = axis
    for n in range(round(10 * low), round(10 * high) + 1):
        value = n / 10
        x = sheet.left + (value - low) / (high - low) * (sheet.right - sheet.left)
        sheet.put("rule", depth=3, value=value, y1=top, y2=sheet.y, stroke=Ink.guide)
        sheet.words(f"{value:.1f}", x, sheet.y + 10, size=SMALL, align="center", fill=Ink.quiet)


def _key(lines: Sequence[ShareLine], labels: ShareLabels) -> list[tuple[str, str]]:
    entries = [("circle", labels.estimate)]
    if any(one.interval is not None for one in lines):
        entries.append(("interval", labels.interval))
    if any(one.expected is not None for one in lines):
        entries.append(("target", labels.expected))
    return entries


def _axis(lines: Sequence[ShareLine]) -> tuple[float, float]:
    """Return the tenths between which everything lies, at least three of them, never beyond 0 and 1."""
    told = [end for one in lines for end in (one.value, one.expected, *(one.interval or ())) if end is not None]
    low = max(0.0, math.floor(10 * min(told, default=0.0) - 0.3) / 10)
    high = min(1.0, math.ceil(10 * max(told, default=1.0) + 0.3) / 10)
    return (low, high) if high - low > 0.25 else (max(0.0, round(high - 0.3, 1)), max(high, 0.3))
