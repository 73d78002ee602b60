"""A row of small bars, one for each day: how much came lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from yucai.web.drawing.sheet import Ink

__all__ = ["DayBar", "day_bars"]

WIDE: Final = 8
GAP: Final = 2
HIGH: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One bar, and what is said when one points at it."""

    value: int
    title: str


def day_bars(bars: Sequence[DayBar], *, name: str, title: str) -> str:
    """Return bars as SVG, the highest as high as the picture; a day with anything is seen.

    >>> day_bars([DayBar(value=1, title="a<b")], name="x", title="t").count("<rect")
    1
    """
    most = max((bar.value for bar in bars), default=0)
    width = len(bars) * (WIDE + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="day-bars" role="img" aria-labelledby="{escape(name)}-t"'
        f' viewBox="0 0 {width} {HIGH + 2}" preserveAspectRatio="none">'
        f'<title id="{escape(name)}-t">{escape(title)}</title>'
    ]
    for place, bar in enumerate(bars):
        high = max(2, round(HIGH * bar.value / most)) if bar.value else 1
        shade = Ink.point if bar.value else Ink.rule
        parts.append(
            f'<rect x="{place * (WIDE + GAP)}" y="{HIGH + 1 - high}" width="{WIDE}" height="{high}" fill="{shade}">'
            f"<title>{escape(bar.title)}</title></rect>"
        )
    return "".join([*parts, "</svg>"])
