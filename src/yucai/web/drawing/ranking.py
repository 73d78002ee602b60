"""Ranks with the interval in which each lies, and densities on a scale from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from yucai.web.drawing.sheet import Ink
from yucai.web.drawing.tiles import opening
from yucai.web.drawing.words import printable, text_width

__all__ = ["DensityCurve", "RankRow", "density_curves", "rank_bars"]

HIGH: Final = 19
DASHES: Final = ("", "7 4", "2 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRow:
    """One unit: its rank, from which to which rank it may lie, and its value in words."""

    name: str
    rank: int
    lower: int
    upper: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityCurve:
    """One curve: its points on 0 to 1 with their heights."""

    name: str
    points: Sequence[float]
    heights: Sequence[float]


def rank_bars(rows: Sequence[RankRow], *, width: int, name: str, title: str, description: str, axis: str) -> str:
    """Return ranks as SVG, one line a unit: the dot is the rank, the bar the interval; rank 1 stands at the left."""
    n = max(row.upper for row in rows)
    left = max(text_width(row.name, 12.5) for row in rows) + 14
    right = width - max(text_width(row.note, 11.5) for row in rows) - 14
    step, top = (right - left - 12) / max(n - 1, 1), 30.0
    foot = top + HIGH * len(rows)
    parts = [opening(name, title, description, width, foot + 6)]
    for rank in sorted({1, *range(5, n + 1, 5)}):
        x = left + 6 + (rank - 1) * step
        parts.append(f'<path d="M{x:.1f} {top - 4}V{foot:.1f}" stroke="{Ink.guide}" fill="none"/>')
        parts.append(_word(f"{rank}", x, 22, anchor="middle", size=11, fill=Ink.quiet))
    parts.append(_word(axis, left - 8, 22, anchor="end", size=11, fill=Ink.quiet))
    for place, row in enumerate(rows):
        y = top + HIGH * (place + 0.5)
        low, high, dot = (left + 6 + (rank - 1) * step for rank in (row.lower, row.upper, row.rank))
        bar = f'x="{low - 5:.1f}" y="{y - 4.5:.1f}" width="{high - low + 10:.1f}" height="9" rx="4.5"'
        parts.append(_word(row.name, left - 8, y + 4.5, anchor="end", size=12.5))
        parts.append(f'<rect {bar} fill="{Ink.band}"/><circle cx="{dot:.1f}" cy="{y:.1f}" r="5" fill="{Ink.point}"/>')
        parts.append(_word(row.note, width - 4, y + 4, anchor="end", size=11.5, fill=Ink.quiet))
    return "".join([*parts, "</svg>"])


def density_curves(curves: Sequence[DensityCurve], *, width: int, name: str, title: str, description: str) -> str:
    """Return densities on a scale from 0 to 1 as SVG; lines differ by their dashes, and the key says which is which."""
    most = max(max(curve.heights) for curve in curves)
    left, right, top, foot = 14.0, width - 14.0, 12.0, 170.0
    parts = [opening(name, title, description, width, 226)]
    for tenth in range(0, 11, 2):
        x = left + (right - left) * tenth / 10
        parts.append(f'<path d="M{x:.1f} {top}V{foot}" stroke="{Ink.guide}" fill="none"/>')
        parts.append(_word(f"{tenth / 10:.1f}", x, foot + 17, anchor="middle", size=11, fill=Ink.quiet))
    parts.append(f'<path d="M{left} {foot}H{right}" stroke="{Ink.zero}" fill="none"/>')
    key = left
    for place, curve in enumerate(curves):
        pairs = zip(curve.points, curve.heights, strict=True)
        path = "L".join(f"{left + (right - left) * at:.1f} {foot - (foot - top) * h / most:.1f}" for at, h in pairs)
        dash = f' stroke-dasharray="{DASHES[place % 3]}"' if DASHES[place % 3] else ""
        parts.append(f'<path d="M{path}" fill="none" stroke="{Ink.point}" stroke-width="2"{dash}/>')
        parts.append(
            f'<path d="M{key:.1f} 210H{key + 30:.1f}" fill="none" stroke="{Ink.point}" stroke-width="2"{dash}/>'
        )
        parts.append(_word(curve.name, key + 36, 214, size=11.5, fill=Ink.quiet))
        key += 36 + text_width(curve.name, 11.5) + 20
    return "".join([*parts, "</svg>"])


def _word(text: str, x: float, y: float, *, size: float, anchor: str = "start", fill: str = Ink.text) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
    return f"<text {place}>{escape(printable(text))}</text>"
