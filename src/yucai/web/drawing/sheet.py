"""A sheet of marks in pixels, filled from top to bottom, and the colours and sizes all charts share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from yucai.web.drawing.marks import Plot, write_marks
from yucai.web.drawing.words import text_width, wrap

__all__ = ["AXIS", "Ink", "Sheet"]

AXIS: Final = (-3.0, 3.0)
"""Ability scales are read from three standard deviations below the group's average to three above."""


class Ink:
    """Colours: ink on white reads at 4.5:1 or better; point and band differ in lightness, so grey print keeps them."""

    text = "#1f2933"
    quiet = "#566270"
    heading = "#12405c"
    rule = "#d5dbe1"
    guide = "#eef1f4"
    zero = "#8793a0"
    point = "#0f5a7d"
    band = "#a9cfe2"
    marked = "#9a4a06"
    marked_band = "#f1c9a0"
    hollow = "#f7f8fa"
    hollow_edge = "#aeb8c2"
    paper = "#ffffff"


@dataclass(slots=True, kw_only=True)
class Sheet:
    """Marks gathered for one chart. ``left`` and ``right`` bound the plot, ``y`` is how far down we are, in pixels."""

    width: int
    left: float
    right: float
    y: float = 0.0
    marks: list[dict[str, Any]] = field(default_factory=list)

    def put(self, kind: str, *, depth: int = 0, **mark: Any) -> None:
        """Add one mark of a kind that ``marks.py`` knows. Deeper marks are painted first: 1 boxes, 2 axis, 3 guides."""
        self.marks.append({"kind": kind, "depth": depth, **mark})

    def words(self, text: str, x: float, y: float, **look: Any) -> None:
        """Add one line of text with its middle at ``y``; ``align`` is left, center or right."""
        usual = {"size": 13, "fill": Ink.text}
        self.marks.append({"kind": "words", "depth": 0, "text": text, "x": x, "y": y, **usual, **look})

    def unknown(self, x: float, y: float, *, size: tuple[float, float], text: str = "") -> None:
        """Add the hollow dashed box that stands where nothing can be said; ``x`` is its left edge, ``y`` its middle."""
        look = {"size": 11.5, "fill": Ink.quiet, "align": "center"}
        look |= {"band": Ink.hollow, "stroke": Ink.hollow_edge, "width": size[0], "height": size[1]}
        self.marks.append({"kind": "unknown", "depth": 0, "x": x, "y": y, "text": text, **look})

    def legend(self, entries: list[tuple[str, str]], *, start: float) -> None:
        """Add the key: what each shape means, in as many lines as it takes."""
        x = start
        for shape, text in entries:
            taken = 38 + text_width(text, 11.5) + 18
            if x > start and x + taken - 18 > self.width - 8:
                x, self.y = start, self.y + 22
            self._sample(shape, x, self.y)
            self.words(text, x + 38, self.y, size=11.5, fill=Ink.quiet)
            x += taken
        self.y += 18

    def lines(self, text: str, x: float, *, width: float, **look: Any) -> float:
        """Add text broken to ``width`` from ``y`` down; return its height in pixels."""
        size = look.get("size", 13)
        step = round(size * 1.4)
        broken = wrap(text, size, width=width)
        for number, line in enumerate(broken):
            self.words(line, x, self.y + step * (number + 0.5), **look)
        return float(step * len(broken))

    def drawn(self, *, title: str, description: str, axis: tuple[float, float] = AXIS) -> str:
        """Return the marks as an SVG that ends where they end."""
        marks = sorted(self.marks, key=lambda mark: -mark["depth"])
        plot = Plot(left=self.left, right=self.right, axis=axis)
        return write_marks(marks, size=(self.width, round(self.y)), plot=plot, title=title, description=description)

    def _sample(self, shape: str, x: float, y: float) -> None:
        if shape == "unknown":
            self.unknown(x, y, size=(30, 13))
            return
        if shape == "interval":
            self.put("box", x=x, y=y - 4.5, width=30, height=9, r=4.5, fill=Ink.band)
            return
        if shape == "target":
            self.put("target", x=x + 15, y=y, height=16, fill=Ink.marked)
            return
        fill = Ink.marked if shape == "diamond" else Ink.point
        self.put("dot", x=x + 15, y=y, r=6, shape=shape, fill=fill)
