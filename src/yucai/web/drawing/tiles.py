"""A map of tiles: units of a country as equal squares, roughly where they lie. It needs no borders and claims none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from yucai.web.drawing.sheet import Ink
from yucai.web.drawing.svg import FONT
from yucai.web.drawing.words import printable, text_width

__all__ = ["MapTile", "opening", "tile_map"]

TINTS: Final = (0.05, 0.13, 0.21, 0.3, 0.38)
PHONE_BELOW: Final = 560


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTile:
    """One unit: where its tile stands, its short name, its value from 0 to 1, and what is said when one points at it.

    ``value`` is None where nothing is told of it; ``mark`` is a letter or sign in the corner.
    """

    column: int
    row: int
    name: str
    value: float | None
    title: str
    mark: str = ""


def tile_map(tiles: Sequence[MapTile], *, width: int, name: str, title: str, description: str) -> str:
    """Return tiles as SVG: the value in figures, as the length of a bar and as a tint, so that no colour tells alone.

    >>> tile_map([MapTile(column=0, row=0, name="a<b", value=0.5, title="t")], width=320, name="m", title="t",
    ...          description="d").count("a&lt;b")
    1
    """
    columns, rows = max(tile.column for tile in tiles) + 1, max(tile.row for tile in tiles) + 1
    phone = width < PHONE_BELOW
    gap, high = (3, 42) if phone else (6, 58)
    wide = (width - gap * (columns - 1)) / columns
    ends = _ends([tile.value for tile in tiles if tile.value is not None])
    parts = [opening(name, title, description, width, rows * (high + gap) - gap)]
    for tile in tiles:
        x, y = tile.column * (wide + gap), tile.row * (high + gap)
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})"><title>{escape(printable(tile.title))}</title>')
        parts.append(_tile(tile, wide, high, phone, ends))
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def opening(name: str, title: str, description: str, width: int, height: float) -> str:
    """Return how a picture begins that is written by hand: what it is called, what it shows, how large it is."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" width="100%" font-family="{FONT}"'
        f' viewBox="0 0 {width} {height:.0f}" aria-labelledby="{escape(name)}-t" aria-describedby="{escape(name)}-d">'
        f'<title id="{escape(name)}-t">{escape(printable(title))}</title>'
        f'<desc id="{escape(name)}-d">{escape(printable(description))}</desc>'
    )


def _ends(values: Sequence[float]) -> tuple[float, ...]:
    """Return the values from which the next tint begins: a fifth of the units to each."""
    down = sorted(values)
    return tuple(down[len(down) * step // len(TINTS)] for step in range(1, len(TINTS))) if down else ()


def _tile(tile: MapTile, wide: float, high: float, phone: bool, ends: tuple[float, ...]) -> str:
    small, large = (10.5, 11.5) if phone else (13.0, 15.0)
    small = min(small, small * (wide - 4) / max(text_width(tile.name, small), 1))  # a long name is set smaller
    middle = f'x="{wide / 2:.1f}" text-anchor="middle"'
    word = f'font-size="{small:.1f}" fill="{Ink.text}">{escape(printable(tile.name))}</text>'
    if tile.value is None:
        edge = f'fill="{Ink.hollow}" stroke="{Ink.hollow_edge}" stroke-dasharray="3 3"'
        box = f'<rect x=".5" y=".5" width="{wide - 1:.1f}" height="{high - 1}" rx="5" {edge}/>'
        dash = f'<text {middle} y="{high * 0.76:.1f}" font-size="{large}" fill="{Ink.quiet}">–</text>'
        return f'{box}<text {middle} y="{high * 0.4:.1f}" {word}{dash}'
    tint = TINTS[sum(tile.value >= end for end in ends)]
    shape = f'x=".5" y=".5" width="{wide - 1:.1f}" height="{high - 1}" rx="5"'
    inner = wide - 12
    sign = (
        f'<text x="{wide - 5:.1f}" y="{small + 2:.1f}" text-anchor="end" font-size="{small - 1:.1f}" fill="{Ink.text}">'
    )
    return (
        f'<rect {shape} fill="{Ink.paper}" stroke="{Ink.rule}"/>'
        f'<rect {shape} fill="{Ink.point}" fill-opacity="{tint}"/>'
        f'<text {middle} y="{high * 0.34:.1f}" {word}'
        f'<text {middle} y="{high * 0.68:.1f}" font-size="{large}" font-weight="bold" fill="{Ink.text}">'
        f"{tile.value:.2f}</text>"
        f'<rect x="6" y="{high - 9}" width="{inner:.1f}" height="4" rx="2" fill="{Ink.point}" fill-opacity="0.2"/>'
        f'<rect x="6" y="{high - 9}" width="{inner * min(max(tile.value, 0), 1):.1f}" height="4" rx="2" '
        f'fill="{Ink.point}"/>' + (f"{sign}{escape(tile.mark)}</text>" if tile.mark else "")
    )
