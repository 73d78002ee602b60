"""A small sheet to draw on: lines, boxes, dots and words become one SVG, for light and for dark pages."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Canvas", "Ink", "Scheme", "cut", "text_width"]

FONT: Final = "'Noto Sans SC','PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"
_THIN: Final = frozenset("iljtfrI.,:;'|!()[] -")


class Scheme(StrEnum):
    """Whether the page is light or dark."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """Colours of one scheme. Words read at 4.5:1 or better on the ground; marks differ in lightness as well as hue."""

    ground: str
    text: str
    quiet: str
    rule: str
    guide: str
    point: str
    band: str
    marked: str


INKS: Final = {
    Scheme.LIGHT: Ink(
        ground="#ffffff", text="#1f2933", quiet="#566270", rule="#8793a0", guide="#e3e8ed", point="#0f5a7d",
        band="#a9cfe2", marked="#9a4a06",
    ),
    Scheme.DARK: Ink(
        ground="#14191f", text="#e6ebf0", quiet="#a3afbb", rule="#7b8794", guide="#2b343d", point="#7fc4e8",
        band="#2f5f7a", marked="#f0a95c",
    ),
}  # fmt: skip


def text_width(text: str, size: float) -> float:
    """Return about how wide a line of text is, in pixels, rather too much than too little.

    >>> text_width("素养", 10) == 20.0
    True
    """
    wide = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.34 if c in _THIN else 0.62 for c in text)
    return wide * size


def cut(text: str, size: float, *, width: float) -> str:
    """Return the text, cut with an ellipsis where it does not fit.

    >>> cut("innovation", 10, width=40)
    'innov…'
    """
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


@dataclass(slots=True, kw_only=True)
class Canvas:
    """Marks in pixels from the upper left corner, painted in the order in which they were put."""

    width: int
    scheme: Scheme = Scheme.LIGHT
    marks: list[str] = field(default_factory=list)

    @property
    def ink(self) -> Ink:
        """The colours to draw with."""
        return INKS[self.scheme]

    def line(self, start: tuple[float, float], end: tuple[float, float], stroke: str, *, wide: float = 1) -> None:
        """Put a straight line."""
        self.marks.append(
            f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{stroke}" '
            f'stroke-width="{wide:g}"/>'
        )

    def box(self, corner: tuple[float, float], size: tuple[float, float], fill: str, *, r: float = 0) -> None:
        """Put a filled box."""
        self.marks.append(
            f'<rect x="{corner[0]:.1f}" y="{corner[1]:.1f}" width="{max(size[0], 0):.1f}" '
            f'height="{max(size[1], 0):.1f}" rx="{r:g}" fill="{fill}"/>'
        )

    def dot(self, x: float, y: float, fill: str, *, r: float = 5) -> None:
        """Put a dot."""
        self.marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{fill}"/>')

    def diamond(self, x: float, y: float, fill: str, *, r: float = 7) -> None:
        """Put a diamond: what is to be looked at, told by its shape as well as its colour."""
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in ((x, y - r), (x + r, y), (x, y + r), (x - r, y)))
        self.marks.append(f'<polygon points="{corners}" fill="{fill}"/>')

    def curve(self, points: list[tuple[float, float]], stroke: str, *, wide: float = 2, dash: str = "") -> None:
        """Put a line through many points."""
        listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<polyline points="{listed}" fill="none" stroke="{stroke}" stroke-width="{wide:g}" '
            f'stroke-linejoin="round"{dashed}/>'
        )

    def area(self, points: list[tuple[float, float]], fill: str) -> None:
        """Put a filled shape."""
        listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.marks.append(f'<polygon points="{listed}" fill="{fill}"/>')

    def words(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = 13,
        fill: str = "",
        align: str = "start",
        bold: bool = False,
    ) -> None:
        """Put one line of text with its middle at ``y``; ``align`` is start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        self.marks.append(
            f'<text x="{x:.1f}" y="{y + 0.36 * size:.1f}" font-size="{size:g}" fill="{fill or self.ink.text}" '
            f'text-anchor="{align}"{weight}>{escape(text)}</text>'
        )

    def svg(self, height: float, *, title: str, description: str) -> str:
        """Return all marks as one accessible SVG that scales with its box, without styles, scripts or addresses."""
        body = "".join(self.marks)
        ground = "" if self.scheme is Scheme.LIGHT else f'<rect width="100%" height="100%" fill="{self.ink.ground}"/>'
        name = "m" + blake2b(f"{title}\0{description}\0{body}".encode(), digest_size=6).hexdigest()
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:.0f}" width="100%" role="img" '
            f'class="drawing" font-family={quoteattr(FONT)} aria-labelledby="{name}-t" aria-describedby="{name}-d">'
            f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
            f"{ground}{body}</svg>"
        )
