"""Draws the figures of the guide's pages on populations and levels: every point is computed when this runs.

python tools/figures_of_places.py
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "guide" / "measurement"
BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", flags=re.M | re.S)
WIDTH, HEIGHT, LEFT, RIGHT, LOW = 720, 330, 150, 20, 280
INK, GREY, TEAL, RUST, BLUE = "#444", "#9a9a9a", "#00796b", "#b5512b", "#3367a8"
Array = npt.NDArray[np.float64]


def main() -> None:
    """Write both figures."""
    populations(_run("populations.md"))
    levels(_run("levels.md"))


def _run(page: str) -> dict[str, Any]:
    """Return what the examples of a page leave behind."""
    names: dict[str, Any] = {"__name__": "__figure__"}
    for block in BLOCK.findall((FOLDER / page).read_text(encoding="utf-8")):
        exec(compile(block, page, "exec"), names)
    return names


def populations(told: dict[str, Any]) -> None:
    """Draw the two years as estimated, and as the page simulates them."""
    x = np.linspace(-4, 5, 181)
    spread = 0.15 * 10 / np.sqrt(12)
    found = told["both"].population
    hours = np.array(list(told["hours"].values()))
    wide = found.regression[0][0] * hours.std()
    parts = [_axis(np.arange(-4, 6), "SDs of the 2025 learners who practise alike")]
    for year, colour, mean in (("2025", BLUE, 0.0), ("2026", RUST, 0.6)):
        law = found.law(year)
        said = _bell(x, law.mean[0], np.sqrt(law.covariance[0][0] + wide**2))
        true = _bell(x, mean, np.sqrt(1 + spread**2))
        parts += [_curve(x, said * 620, colour), _curve(x, true * 620, colour, dash="3 5")]
        reach = 1.645 * law.mean_std_errors[0]
        y = 28 if year == "2025" else 46
        ends = (_x(law.mean[0] - reach), _x(law.mean[0] + reach))
        parts.append(f'<path d="M{ends[0]:.1f} {y}H{ends[1]:.1f}" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<circle cx="{_x(law.mean[0]):.1f}" cy="{y}" r="4" fill="{colour}"/>')
        parts.append(_word(12, y + 4, f"{year}: mean and 90 %", colour))
    parts.append(_word(12, 70, "— estimated", INK) + _word(12, 88, "··· the truth", INK))
    _save("populations", "Two years on one scale, as estimated and as they truly are", parts)


def levels(told: dict[str, Any]) -> None:
    """Draw the marks of the essays, the cuts, and one learner's margin in the colours of the levels."""
    x = np.linspace(-4, 5, 361)
    profiles, table = told["profiles"], told["construct_map"](told["scale"])
    cuts = [level.begins for level in told["levels"][1:]]
    sure = told["found"].probability.max(axis=1)
    who = int(np.argsort(np.abs(sure - 0.62))[0])
    density = _bell(x, profiles.mean[who, 0], profiles.std_error[who, 0]) * 120
    parts = [_axis(np.arange(-4, 6), "SDs of all units")]
    for low, high, colour in zip([-4.0, *cuts], [*cuts, 5.0], (GREY, TEAL, RUST), strict=True):
        here = (x >= low) & (x <= high)
        points = [(x[here][0], 0.0), *zip(x[here], density[here], strict=True), (x[here][-1], 0.0)]
        outline = " ".join(f"{_x(a):.1f},{LOW - b:.1f}" for a, b in points)
        parts.append(f'<polygon points="{outline}" fill="{colour}" opacity=".55"/>')
    for level, at, chance in zip(told["levels"], [-3.9, *cuts], told["found"].probability[who], strict=True):
        parts.append(_word(_x(at) + 6, 20, level.name.en, INK) + _word(_x(at) + 6, 37, f"{chance:.0%}", INK))
    parts += [f'<path d="M{_x(cut):.1f} 8V{LOW}" stroke="{INK}" stroke-dasharray="4 4"/>' for cut in cuts]
    for row, item in enumerate(sorted(set(table["item"]))):
        y = 66 + 22 * row
        parts.append(_word(12, y + 4, item, INK))
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{GREY}" stroke-width=".4"/>')
        for category, place in table.filter(item=item).select("category", "place").iter_rows():
            parts.append(
                f'<circle cx="{_x(place):.1f}" cy="{y}" r="9" fill="#fff" stroke="{BLUE}"/>'
                + _word(_x(place), y + 4, str(category), BLUE, anchor="middle")
            )
    parts.append(_word(12, LOW - 30, "one learner:", INK) + _word(12, LOW - 14, "chance of levels", INK))
    _save("levels", "Marks on essays along the scale, the cuts of three levels, and one learner's curve", parts)


def _bell(x: Array, mean: float, sd: float) -> Array:
    return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))


def _x(place: float) -> float:
    return LEFT + (place + 4) / 9 * (WIDTH - LEFT - RIGHT)


def _curve(x: Array, heights: Array, colour: str, *, dash: str = "") -> str:
    points = " ".join(f"{_x(a):.1f},{LOW - b:.1f}" for a, b in zip(x, heights, strict=True))
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _word(x: float, y: float, said: str, colour: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-size="13">{said}</text>'


def _axis(marks: Sequence[float] | npt.NDArray[Any], name: str) -> str:
    parts = [f'<path d="M{LEFT} {LOW}H{WIDTH - RIGHT}" stroke="{INK}"/>']
    parts += [_word(_x(mark), LOW + 18, f"{mark:g}".replace("-", "−"), INK, anchor="middle") for mark in marks]
    return "\n".join([*parts, _word((LEFT + WIDTH - RIGHT) / 2, LOW + 40, name, INK, anchor="middle")])


def _save(name: str, title: str, parts: Sequence[str]) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif"><title>{title}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>\n'
    )
    (FOLDER / f"{name}.svg").write_text(head + "\n".join(parts) + "\n</svg>\n", encoding="utf-8")


if __name__ == "__main__":
    main()
