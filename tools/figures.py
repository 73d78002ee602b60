"""Draws the figures of the measurement guide: every point in them is computed when this runs.

python tools/figures.py [growth ...]

``chart`` is for the benches, which draw what they measured.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "guide" / "measurement"
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.M | re.S)
Array = npt.NDArray[np.float64]
COLOURS = ("#00695c", "#c2410c", "#3949ab", "#6d4c41")
INK, GREY, TEAL, RUST, BLUE = "#555", "#999", "#00897b", "#c0562f", "#3367a8"


class Drawing:
    """An SVG with one pair of axes; x and y in their own units, text in the page's colour on any ground."""

    def __init__(
        self,
        *,
        title: str,
        x: tuple[float, float],
        y: tuple[float, float],
        size: tuple[int, int],
        margins: tuple[int, int] = (58, 16),
    ) -> None:
        self.x, self.y, self.size, self.title, self.margins = x, y, size, title, margins
        self.parts: list[str] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies, in pixels."""
        w, h = self.size
        (left, right), top, bottom = self.margins, 18, 44
        across = left + (x - self.x[0]) / (self.x[1] - self.x[0]) * (w - left - right)
        return across, h - bottom - (y - self.y[0]) / (self.y[1] - self.y[0]) * (h - top - bottom)

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str, *, width: float = 2, dash: str = "") -> None:
        """Draw a line through points."""
        points = " ".join("{:.1f},{:.1f}".format(*self.at(a, b)) for a, b in zip(xs, ys, strict=True))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>')

    def area(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
        """Fill what lies between two lines."""
        there = [self.at(a, b) for a, b in zip(xs, low, strict=True)]
        back = [self.at(a, b) for a, b in zip(xs, high, strict=True)]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in [*there, *reversed(back)])
        self.parts.append(f'<polygon points="{points}" fill="{colour}" fill-opacity=".25"/>')

    def dot(self, x: float, y: float, colour: str, *, r: float = 3.5, hollow: str = "") -> None:
        """Draw a point."""
        a, b = self.at(x, y)
        fill = f'fill="{hollow}" stroke="{colour}" stroke-width="1.6"' if hollow else f'fill="{colour}"'
        self.parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{r}" {fill}/>')

    def word(self, x: float, y: float, said: str, *, colour: str = INK, anchor: str = "start", size: int = 13) -> None:
        """Write at a point."""
        a, b = self.at(x, y)
        self.parts.append(
            f'<text x="{a:.1f}" y="{b:.1f}" fill="{colour}" text-anchor="{anchor}" font-size="{size}">{said}</text>'
        )

    def axes(self, *, x: Sequence[tuple[float, str]], y: Sequence[float], x_name: str, y_name: str) -> None:
        """Draw both axes with their marks."""
        (left, low), (right, high) = self.at(self.x[0], self.y[0]), self.at(self.x[1], self.y[1])
        for value in y:
            _, b = self.at(self.x[0], value)
            self.parts.append(f'<path d="M{left:.1f} {b:.1f}H{right:.1f}" stroke="{GREY}" stroke-width=".5"/>')
            said = f"{value:g}".replace("-", "−")
            self.parts.append(
                f'<text x="{left - 8:.1f}" y="{b + 4:.1f}" fill="{INK}" text-anchor="end" font-size="12">{said}</text>'
            )
        for value, said in x:
            a, _ = self.at(value, self.y[0])
            self.parts.append(
                f'<text x="{a:.1f}" y="{low + 18:.1f}" fill="{INK}" text-anchor="middle" font-size="12">{said}</text>'
            )
        middle = (left + right) / 2
        self.parts.append(
            f'<text x="{middle:.1f}" y="{low + 37:.1f}" fill="{INK}" text-anchor="middle" font-size="13">'
            f"{x_name}</text>"
            f'<text transform="translate(16 {(low + high) / 2:.1f}) rotate(-90)" fill="{INK}" text-anchor="middle" '
            f'font-size="13">{y_name}</text>'
        )

    def svg(self) -> str:
        """Return the figure."""
        w, h = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            f'font-family="system-ui, sans-serif"><title>{self.title}</title>\n'
        )
        ground = f'<rect width="{w}" height="{h}" rx="6" fill="#fff"/>\n'
        return head + ground + "\n".join(self.parts) + "\n</svg>\n"

    def save(self, name: str) -> None:
        """Write the figure beside the guide's pages."""
        (FOLDER / f"{name}.svg").write_text(self.svg(), encoding="utf-8")


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
    (x_name, *x), (y_name, *y) = across, up
    figure = Drawing(title=escape(title), x=(x[0], x[1]), y=(y[0], y[1]), size=(720, 360), margins=(58, 150))
    marks = [x[0] + (x[1] - x[0]) * k / ticks[0] for k in range(ticks[0] + 1)]
    heights = [round(y[0] + (y[1] - y[0]) * k / ticks[1], 10) for k in range(ticks[1] + 1)]
    named = [(mark, f"{mark:.3g}".replace("-", "−")) for mark in marks]
    figure.axes(x=named, y=heights, x_name=escape(x_name), y_name=escape(y_name))
    for colour, (xs, low, high) in zip(COLOURS, bands, strict=False):
        figure.area(xs, low, high, colour)
    ends = _apart([ys[-1] for _name, _xs, ys in lines], least=(y[1] - y[0]) * 16 / 298)
    for colour, (name, xs, ys), end in zip(COLOURS, lines, ends, strict=False):
        figure.line(xs, ys, colour)
        figure.word(xs[-1] + (x[1] - x[0]) * 0.015, end, escape(name), colour=colour)
    for a, b, filled in dots:
        figure.dot(a, b, COLOURS[0], r=5.5, hollow="" if filled else "#fff")
    return figure.svg()


def _apart(heights: Sequence[float], *, least: float) -> list[float]:
    """Return heights of labels in the same order, moved no further than they must to stand clear of each other."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    made = list(heights)
    for before, n in itertools.pairwise(order):
        short = least - (made[n] - made[before])
        if short > 0:
            made[before] -= short / 2
            made[n] += short / 2
    return made


def _told(page: str, *, blocks: int | None = None) -> dict[str, Any]:
    """Return what the examples of a page, or the first of them, leave behind."""
    names: dict[str, Any] = {"__name__": "__figure__"}
    for block in BLOCK.findall((FOLDER / page).read_text(encoding="utf-8"))[:blocks]:
        exec(compile(block, page, "exec"), names)
    return names


def growth() -> None:
    """Changes of the lowest, by raw scores and as measured, where nobody moved and where some did."""
    from tests.unit.measurement.growth.growing import Growing, a_path
    from yucai.measurement.growth.laws import GrowthLaw
    from yucai.measurement.growth.search import fit_path, spread_out

    path = a_path(d=1, t_n=2, law=GrowthLaw.RANDOM_WALK, moved=0.25, means=[[[0.0], [0.3]]])
    grown = Growing(path, n=400, per_quality=12, rng=np.random.default_rng(8), n_categories=3)
    found = fit_path(grown.chain, grown.state, path)
    mean, across = spread_out(grown.chain, grown.state, found, np.zeros(0))
    change = mean[:, 1, 0] - mean[:, 0, 0]
    reach = 1.645 * np.sqrt(across[:, 0, 0, 0] + across[:, 0, 1, 1] - 2 * across[:, 0, 0, 1])
    shown = np.argsort(change)[::8]
    figure = Drawing(title="Changes of fifty learners with 90 % intervals", x=(-1, 50), y=(-1.4, 2.2), size=(720, 330))
    figure.axes(
        x=[(0, "fell most"), (49, "rose most")], y=[-1, 0, 1, 2], x_name="fifty of 400 learners, by measured change",
        y_name="change (SD of all units)",
    )  # fmt: skip
    true = (grown.places[:, 1] - grown.places[:, 0])[:, 0]
    for n, i in enumerate(shown):
        low, high = change[i] - reach[i], change[i] + reach[i]
        colour = TEAL if low > 0 else RUST if high < 0 else GREY
        figure.line([n, n], [low, high], colour)
        figure.dot(n, change[i], colour)
        figure.dot(n, true[i], INK, r=2.5, hollow="#fff")
    figure.word(1, 1.95, "● risen", colour=TEAL)
    figure.word(9, 1.95, "● cannot tell", colour="#777")
    figure.word(20, 1.95, "● fallen", colour=RUST)
    figure.word(29, 1.95, "○ the truth of the simulation")
    figure.save("growth")


def within() -> None:
    """Where one learner stands on two qualities, by projects that speak of both, by questions of one, and by all."""
    from tests.unit.measurement.engine.test_engine_directions import Within
    from yucai.measurement.engine.directions import see, shares_of
    from yucai.measurement.engine.search import nodes_of

    test = Within(n=3, d=2, per_quality=4, patterns=[(0, 1)] * 4, rng=np.random.default_rng(2), k_n=3)
    turns = np.stack([np.cos(np.linspace(0, 2 * np.pi, 60)), np.sin(np.linspace(0, 2 * np.pi, 60))])
    figure = Drawing(title="Ellipses of two qualities", x=(-3.6, 3.6), y=(-2.4, 2.4), size=(620, 380))
    figure.axes(
        x=[(-2, "−2"), (0, "0"), (2, "2")], y=[-2, -1, 0, 1, 2], x_name="knowledge (SD of all units)",
        y_name="communication (SD of all units)",
    )  # fmt: skip
    for n, (name, colour) in enumerate((("projects alone", RUST), ("questions alone", BLUE), ("all", TEAL))):
        answered = np.array([1, 2, 1, 2, 1, 1, 0, 1, 2, 1, 1, 1])
        answered[: 8 if n == 0 else 0] = -1
        answered[8 if n == 1 else 12 :] = -1
        test.table = np.vstack([np.zeros(12, int), np.full(12, 2), answered])
        simple, directed = test.parts
        (share,) = shares_of(simple, directed, 81)
        found = see(share, test.true_state(), nodes_of(0.15), n_sweeps=12)
        x, y = np.sqrt(4.605) * np.linalg.cholesky(found.covariance[2]) @ turns
        figure.line((x + found.mean[2, 0]).tolist(), (y + found.mean[2, 1]).tolist(), colour)
        figure.word(1.9, 2.1 - 0.3 * n, f"— {name}", colour=colour)
    figure.save("within")


def diagnosis() -> None:
    """How often a concept is mastered among learners of whom the diagnosis says so with a given probability."""
    from tests.unit.measurement.diagnosis.mastering import Q, q_of, responses_of, simulated
    from yucai.measurement.diagnosis import diagnose

    table, mastered, *_ = simulated(n=6000, matrix=Q, rng=np.random.default_rng(5))
    found = diagnose(responses_of(table), q_of())
    figure = Drawing(title="Said and true mastery", x=(0, 1), y=(0, 1), size=(560, 380))
    marks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    figure.axes(
        x=[(m, f"{m:g}") for m in marks], y=marks, x_name="probability of mastery that is told",
        y_name="share that has mastered it",
    )  # fmt: skip
    figure.line([0, 1], [0, 1], GREY, width=1.2, dash="5 4")
    for k, (name, colour) in enumerate((("A", TEAL), ("B", RUST), ("C", BLUE))):
        for low in np.arange(0, 1, 0.1):
            here = (found.probability[:, k] >= low) & (found.probability[:, k] <= low + 0.1)
            r = 2 + 0.1 * np.sqrt(here.sum())
            figure.dot(float(found.probability[here, k].mean()), float(mastered[here, k].mean()), colour, r=r)
        figure.word(0.06, 0.92 - 0.08 * k, f"● concept {name}", colour=colour)
    figure.word(0.97, 0.06, "a larger dot stands for more learners", anchor="end", size=12)
    figure.save("diagnosis")


def counts() -> None:
    """Where a newcomer with nothing but clicks is placed, by what the clicks are declared to be worth."""
    from tests.unit.measurement.making import BINARY, a_map, responses, rule
    from tests.unit.measurement.test_counts import CLICKS, a_rule, clicking
    from yucai.measurement import calibrate, score

    came, _ = clicking(n=1500, rng=np.random.default_rng(4))
    figure = Drawing(title="Places by clicks alone", x=(-0.5, 4.5), y=(-2.8, 2.6), size=(620, 340))
    figure.axes(
        x=[(0, "0 to 1"), (1, "2 to 4"), (2, "5 to 9"), (3, "10 to 19"), (4, "20 and more")], y=[-2, -1, 0, 1, 2],
        x_name="clicks", y_name="place (SD of all units)",
    )  # fmt: skip
    for n, (worth, colour) in enumerate(((0.1, GREY), (0.3, BLUE), (0.6, TEAL))):
        own = calibrate(came, a_map(rule("b*", BINARY), a_rule("clicks", edges=CLICKS, reliability=worth)))
        for k, clicks in enumerate((0.0, 3.0, 7.0, 14.0, 50.0)):
            one = score(responses([("new", "clicks", clicks, 1e6)]), own).of("new")
            x = k + 0.16 * (n - 1)
            figure.line([x, x], [float(one.lower90[0]), float(one.upper90[0])], colour)
            figure.dot(x, float(one.mean[0]), colour)
        figure.word(-0.35, 2.25 - 0.4 * n, f"● declared reliability {worth:g}", colour=colour)
    figure.save("counts")


def curves() -> None:
    """What five groups reached on the last question of the page on fit, beside what was expected of them."""
    from yucai.measurement import curve_report, score

    told = _told("fit.md", blocks=1)
    places = score(told["responses"], told["calibration"]).to_table()
    report = curve_report(told["calibration"], told["responses"], places, item="question/12")
    (FOLDER / "curves.svg").write_text(report.svg(language="en") + "\n", encoding="utf-8")


def populations() -> None:
    """The two years of the page on populations, as estimated and as the page simulates them."""
    told, x = _told("populations.md"), np.linspace(-4, 5, 181)
    title = "Two years on one scale, as estimated and as they truly are"
    figure = Drawing(title=title, x=(-4, 5), y=(0, 0.5), size=(720, 330))
    marks = [(float(mark), f"{mark}".replace("-", "−")) for mark in range(-4, 6)]
    figure.axes(x=marks, y=(), x_name="SDs of the 2025 learners who practise alike", y_name="density")
    found = told["both"].population
    wide = found.regression[0][0] * np.array(list(told["hours"].values())).std()
    for year, colour, mean, height in (("2025", BLUE, 0.0, 0.48), ("2026", RUST, 0.6, 0.45)):
        law = found.law(year)
        said = _bell(x, law.mean[0], float(np.sqrt(law.covariance[0][0] + wide**2)))
        figure.line(x, said, colour)
        figure.line(x, _bell(x, mean, float(np.sqrt(1 + (0.15 * 10) ** 2 / 12))), colour, dash="3 5")
        reach = 1.645 * law.mean_std_errors[0]
        figure.line([law.mean[0] - reach, law.mean[0] + reach], [height, height], colour, width=3)
        figure.dot(law.mean[0], height, colour, r=4)
        figure.word(-3.9, height - 0.006, f"{year}: mean and 90 %", colour=colour)
    figure.word(-3.9, 0.41, "— estimated")
    figure.word(-3.9, 0.38, "··· the truth")
    figure.save("populations")


def levels() -> None:
    """The marks of the essays, the cuts, and one learner's margin in the colours of the levels."""
    told, x = _told("levels.md"), np.linspace(-4, 5, 361)
    title = "Marks on essays along the scale, the cuts of three levels, and one learner's curve"
    figure = Drawing(title=title, x=(-4, 5), y=(0, 1), size=(720, 330), margins=(150, 20))
    marks = [(float(mark), f"{mark}".replace("-", "−")) for mark in range(-4, 6)]
    figure.axes(x=marks, y=(), x_name="SDs of all units", y_name="")
    profiles, table = told["profiles"], told["construct_map"](told["scale"])
    cuts = [level.begins for level in told["levels"][1:]]
    who = int(np.argsort(np.abs(told["found"].probability.max(axis=1) - 0.62))[0])
    bell = _bell(x, profiles.mean[who, 0], profiles.std_error[who, 0]) * 0.45
    for low, high, colour in zip([-4.0, *cuts], [*cuts, 5.0], (GREY, TEAL, RUST), strict=True):
        here = (x >= low) & (x <= high)
        figure.area(x[here], np.zeros(here.sum()), bell[here], colour)
    for level, at, chance in zip(told["levels"], [-3.9, *cuts], told["found"].probability[who], strict=True):
        figure.word(at + 0.08, 0.97, level.name.en)
        figure.word(at + 0.08, 0.91, f"{chance:.0%}")
    for cut in cuts:
        figure.line([cut, cut], [0, 1], INK, width=1, dash="4 4")
    for row, item in enumerate(sorted(set(table["item"]))):
        y = 0.8 - 0.085 * row
        figure.line([-4, 5], [y, y], GREY, width=0.4)
        figure.word(-4.1, y - 0.015, item, anchor="end")
        for category, place in table.filter(item=item).select("category", "place").iter_rows():
            figure.dot(place, y, BLUE, r=9, hollow="#fff")
            figure.word(place, y - 0.016, str(category), colour=BLUE, anchor="middle")
    figure.word(-4.1, 0.1, "one learner:", anchor="end")
    figure.word(-4.1, 0.04, "chance of levels", anchor="end")
    figure.save("levels")


def options() -> None:
    """How often each option of a question is chosen, as estimated and as the page simulates it."""
    from yucai.measurement.chances import chances_of

    told, x = _told("options.md"), np.linspace(-3, 3, 121)
    q = int(told["question"].item.rpartition("/")[2]) - 1
    title = f"How often each option of question {q + 1} is chosen, from weak to strong"
    figure = Drawing(title=title, x=(-3, 3), y=(0, 1), size=(720, 330), margins=(58, 120))
    marks = [(float(mark), f"{mark}".replace("-", "−")) for mark in range(-3, 4)]
    figure.axes(x=marks, y=(0, 0.25, 0.5, 0.75, 1), x_name="SDs of all units", y_name="chance")
    found, truth = chances_of(told["question"], x), told["chances"](x, q)
    for k, (name, colour) in enumerate(
        zip(("option 0", "option 1", "option 2", "the right one"), (GREY, INK, RUST, TEAL), strict=True)
    ):
        figure.line(x, found[:, k], colour)
        figure.line(x, truth[:, k], colour, width=1, dash="3 5")
        if found[0, k] > 0.1:  # chosen by the weak: named where it begins
            figure.word(-2.95, found[0, k] + 0.04, name, colour=colour)
        else:
            figure.word(3.08, found[-1, k] - 0.01, name, colour=colour)
    figure.word(-2.9, 0.94, "— estimated  ··· the truth")
    figure.save("options")


def _bell(x: Array, mean: float, sd: float) -> Array:
    return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))


FIGURES: dict[str, Callable[[], None]] = {
    "growth": growth, "within": within, "diagnosis": diagnosis, "counts": counts, "curves": curves,
    "populations": populations, "levels": levels, "options": options,
}  # fmt: skip


def main(chosen: Sequence[str]) -> None:
    """Draw the figures named, or all."""
    sys.path[:0] = [str(FOLDER.parents[2])]
    for name in chosen or FIGURES:
        FIGURES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
