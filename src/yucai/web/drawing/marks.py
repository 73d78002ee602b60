"""Marks as SVG: words, dots, lines, boxes, intervals, targets. Written here, without a chart library.

Each mark is a mapping with its ``kind``; heights are pixels on the sheet, ``from``, ``to`` and ``value`` are places on
the x axis, which reaches from one side of the plot to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from typing import Any, Final

from yucai.web.drawing.svg import FONT, MIDDLE_EM
from yucai.web.drawing.words import printable

__all__ = ["Plot", "write_marks"]

ANCHORS: Final = {"left": "start", "center": "middle", "right": "end"}
EDGE: Final = "#ffffff"
Mark = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Where the x axis lies: its two ends in pixels, and the values there."""

    left: float
    right: float
    axis: tuple[float, float]

    def x(self, value: float) -> float:
        """Return where a value lies; one beyond the axis stays on its end."""
        low, high = self.axis
        share = (min(max(value, low), high) - low) / (high - low)
        return self.left + share * (self.right - self.left)


def write_marks(marks: Sequence[Mark], *, size: tuple[int, int], plot: Plot, title: str, description: str) -> str:
    """Return marks as one self-contained SVG, painted in the order given, with what a screen reader says.

    It scales with its box, has no style sheet, script or outside address; its ids are unique to its content.
    """
    spoken = any(mark.get("text") for mark in marks)
    drawn = "".join(_PAINTERS[mark["kind"]](mark, plot) for mark in marks)
    title, description = printable(title), printable(description)
    name = "d" + blake2b(f"{drawn}\0{size}\0{title}\0{description}".encode(), digest_size=6).hexdigest()
    font = f' font-family="{FONT}"' if spoken else ""
    told = f' aria-describedby="{name}-d"' if description else ""
    said = f'<desc id="{name}-d">{escape(description, quote=False)}</desc>' if description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="100%" role="img"'
        f' class="drawing"{font} aria-labelledby="{name}-t"{told}>'
        f'<title id="{name}-t">{escape(title, quote=False)}</title>{said}{drawn}</svg>'
    )


def _n(value: float) -> str:
    """Return a number of pixels, to a hundredth, as short as it goes."""
    said = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if said == "-0" else said


def _points(points: Sequence[Sequence[float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _words(mark: Mark, _plot: Plot) -> str:
    size = mark["size"]
    anchor = ANCHORS[mark.get("align", "left")]
    held = f' text-anchor="{anchor}"' if anchor != "start" else ""
    bold = ' font-weight="bold"' if mark.get("weight") == "bold" else ""
    return (
        f'<text x="{_n(mark["x"])}" y="{_n(mark["y"] + MIDDLE_EM * size)}" font-size="{_n(size)}px"{held}{bold}'
        f' fill="{mark["fill"]}">{escape(printable(mark["text"]), quote=False)}</text>'
    )


def _rule(mark: Mark, plot: Plot) -> str:
    """A line between two points, or, where ``value`` is given, upright at that place of the axis."""
    upright = mark.get("value") is not None
    x1 = round(plot.x(mark["value"])) if upright else mark["x1"]
    x2 = x1 if upright else mark["x2"]
    dash = f' stroke-dasharray="{mark["dash"]}"' if mark.get("dash") else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(mark["y1"])}" x2="{_n(x2)}" y2="{_n(mark["y2"])}" fill="none"'
        f' stroke="{mark["stroke"]}" stroke-width="{_n(mark.get("width", 1))}"{dash}/>'
    )


def _rect(x: float, y: float, size: tuple[float, float], r: float, look: str) -> str:
    held = f' rx="{_n(r)}" ry="{_n(r)}"' if r else ""
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(size[0])}" height="{_n(size[1])}"{held} {look}/>'


def _box(mark: Mark, _plot: Plot) -> str:
    return _rect(mark["x"], mark["y"], (mark["width"], mark["height"]), mark.get("r", 0), f'fill="{mark["fill"]}"')


def _point(x: float, y: float, mark: Mark) -> str:
    """The value itself: a dot, or a diamond where the row is one to look at."""
    look = f'fill="{mark["fill"]}" stroke="{mark.get("stroke", EDGE)}" stroke-width="{_n(mark.get("edge", 1.75))}"'
    if mark.get("shape") == "diamond":
        corners = ((x, y - 8.5), (x + 8.5, y), (x, y + 8.5), (x - 8.5, y))
        return f'<polygon points="{_points(corners)}" {look}/>'
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(mark["r"])}" {look}/>'


def _dot(mark: Mark, _plot: Plot) -> str:
    return _point(mark["x"], mark["y"], mark)


def _interval(mark: Mark, plot: Plot) -> str:
    """From lower to upper bound, and the value on it; an arrow head where it goes on beyond the axis."""
    left, right, half, y = plot.x(mark["from"]), plot.x(mark["to"]), mark["height"] / 2, mark["y"]
    look = f'fill="{mark["band"]}"'
    parts = [_rect(left, y - half, (max(right - left, 1), mark["height"]), half, look)]
    if mark["from"] < plot.axis[0]:
        parts.append(f'<polygon points="{_points(((left + 2, y - 6), (left - 5, y), (left + 2, y + 6)))}" {look}/>')
    if mark["to"] > plot.axis[1]:
        parts.append(f'<polygon points="{_points(((right - 2, y - 6), (right + 5, y), (right - 2, y + 6)))}" {look}/>')
    return "".join([*parts, _point(plot.x(mark["value"]), y, mark)])


def _target(mark: Mark, plot: Plot) -> str:
    """A place to reach: an upright bar with a small flag, so that dot and interval stay seen behind it."""
    x = plot.x(mark["value"]) if mark.get("value") is not None else mark["x"]
    y, tall, look = mark["y"], mark["height"] / 2, f'fill="{mark["fill"]}"'
    flag = ((x - 5, y - tall - 3), (x + 5, y - tall - 3), (x, y - tall + 4))
    return _rect(x - 1.25, y - tall, (2.5, 2 * tall), 0, look) + f'<polygon points="{_points(flag)}" {look}/>'


def _unknown(mark: Mark, plot: Plot) -> str:
    """A hollow box, dashed, with words in its middle: we cannot say where on the axis."""
    look = f'fill="{mark["band"]}" stroke="{mark["stroke"]}" stroke-width="1" stroke-dasharray="3,3"'
    size = (mark["width"], mark["height"])
    box = _rect(mark["x"], mark["y"] - size[1] / 2, size, min(size) / 2, look)
    return box + (_words({**mark, "x": mark["x"] + size[0] / 2}, plot) if mark.get("text") else "")


def _path(mark: Mark, _plot: Plot) -> str:
    width, points = _n(mark["width"]), _points(mark["points"])
    return f'<polyline points="{points}" fill="none" stroke="{mark["stroke"]}" stroke-width="{width}"/>'


def _area(mark: Mark, _plot: Plot) -> str:
    """A filled shape; where ``fill`` is "none" its edge alone."""
    edge = f' stroke="{mark["stroke"]}" stroke-width="{_n(mark.get("width", 1))}"' if mark.get("stroke") else ""
    return f'<polygon points="{_points(mark["points"])}" fill="{mark["fill"]}"{edge}/>'


_PAINTERS: Final[Mapping[str, Callable[[Mark, Plot], str]]] = {
    "words": _words,
    "dot": _dot,
    "rule": _rule,
    "interval": _interval,
    "target": _target,
    "unknown": _unknown,
    "path": _path,
    "box": _box,
    "area": _area,
}
