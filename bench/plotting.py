"""Small line charts as SVG text, for figures of the guide that the benches draw from what they measured."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 34, 52
COLOURS = ("#00695c", "#c2410c", "#3949ab", "#6d4c41")


def chart(
    title: str,
    *,
    across: tuple[str, float, float],
    up: tuple[str, float, float],
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    bands: Sequence[tuple[Sequence[float], Sequence[float], Sequence[float]]] = (),
    dots: Sequence[tuple[float, float, bool]] = (),
    ticks: tuple[int, int] = (6, 5),
) -> str:
    """Return a chart: axes (name, least, most), named lines (name, x, y), bands (x, low, high), dots (x, y, filled)."""
    x_name, x0, x1 = across
    y_name, y0, y1 = up

    def px(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def py(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    def path(xs: Sequence[float], ys: Sequence[float]) -> str:
        return " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(xs, ys, strict=True))

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="15" fill="#1f2933">{escape(title)}</text>',
    ]
    for k in range(ticks[1] + 1):
        y = y0 + (y1 - y0) * k / ticks[1]
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py(y):.1f}" y2="{py(y):.1f}" stroke="#e3e8ee"/>')
        out.append(
            f'<text x="{LEFT - 8}" y="{py(y) + 4:.1f}" font-size="12" text-anchor="end" fill="#52606d">{y:.3g}</text>'
        )
    for k in range(ticks[0] + 1):
        x = x0 + (x1 - x0) * k / ticks[0]
        out.append(
            f'<text x="{px(x):.1f}" y="{HEIGHT - BOTTOM + 18}" font-size="12" text-anchor="middle" '
            f'fill="#52606d">{x:.3g}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 12}" font-size="13" text-anchor="middle" fill="#1f2933">'
        f"{escape(x_name)}</text>"
    )
    out.append(
        f'<text transform="translate(16,{(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" font-size="13" '
        f'text-anchor="middle" fill="#1f2933">{escape(y_name)}</text>'
    )
    for n, (xs, low, high) in enumerate(bands):
        around = path([*xs, *reversed(list(xs))], [*low, *reversed(list(high))])
        out.append(f'<polygon points="{around}" fill="{COLOURS[n]}" fill-opacity="0.16"/>')
    heights = _apart([py(ys[-1]) + 4 for _name, _xs, ys in lines])
    for n, (name, xs, ys) in enumerate(lines):
        out.append(f'<polyline points="{path(xs, ys)}" fill="none" stroke="{COLOURS[n]}" stroke-width="2.2"/>')
        out.append(
            f'<text x="{px(xs[-1]) + 8:.1f}" y="{heights[n]:.1f}" font-size="12.5" fill="{COLOURS[n]}">'
            f"{escape(name)}</text>"
        )
    for x, y, filled in dots:
        fill = COLOURS[0] if filled else "#ffffff"
        out.append(
            f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="5.5" fill="{fill}" stroke="{COLOURS[0]}" stroke-width="2"/>'
        )
    return "\n".join([*out, "</svg>\n"])


def _apart(heights: Sequence[float], *, least: float = 16.0) -> list[float]:
    """Return heights of labels in the same order, moved no further than they must to stand clear of each other."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    made = list(heights)
    for before, n in itertools.pairwise(order):
        short = least - (made[n] - made[before])
        if short > 0:
            made[before] -= short / 2
            made[n] += short / 2
    return made
