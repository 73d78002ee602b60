"""Test information: where on the scale the items of a quality tell most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from yucai.frames import Column, Contract
from yucai.measurement.calibration import Calibration
from yucai.measurement.fit import Informations, information
from yucai.measurement.reports.canvas import Canvas, Scheme, text_width
from yucai.texts import Text, signed

__all__ = ["TEST_INFORMATION", "InformationReport", "information_report"]

PLACES: Final = tuple(np.round(np.linspace(-3.0, 3.0, 61), 10).tolist())
ENOUGH: Final = 0.36 / 0.64  # information at which the reliability reaches 0.36, the usual rule of enough evidence

TEST_INFORMATION: Final = Contract(
    "test information",
    (
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="place", kind="number", meaning=Text("place on the scale", "量尺位置"), unit="SD of all units"),
        Column(name="information", kind="number", meaning=Text("information of all items", "全部题目的信息量")),
        Column(name="std_error", kind="number", meaning=Text("standard error they leave", "所余标准误")),
        Column(name="reliability", kind="number", meaning=Text("reliability there", "该处信度")),
    ),
)
TITLE = Text("Where these items tell most", "题目在何处最有信息量")
DESCRIPTION = Text(
    "Information of {n} items from three standard deviations below the average to three above; most at {top}.",
    "{n} 题的信息量，从低于平均三个标准差到高于平均三个标准差；在 {top} 处最大。",
)
MORE = Text("more able", "水平较高")
LESS = Text("less able", "水平较低")
AVERAGE = Text("average", "平均")
ALL = Text("all items together", "全部题目")
ONE = Text("this item", "本题")
RULE = Text("above it there is enough evidence", "高于此线即证据充足")
HIGHEST = Text("information", "信息量")


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReport:
    """What each learner's answers to all items of a quality would tell, by where the learner stands."""

    told: Informations

    @property
    def best_place(self) -> float:
        """Where the items tell most."""
        return float(self.told.places[int(np.argmax(self.told.whole))])

    def to_table(self) -> pl.DataFrame:
        """Return one row a place, in the columns of ``TEST_INFORMATION``."""
        told = self.told
        rows = list(
            zip(
                [told.quality] * len(told.places), told.places, told.whole, told.std_errors,
                told.conditional_reliability, strict=True,
            )
        )  # fmt: skip
        return TEST_INFORMATION.of_rows(rows)

    def svg(self, *, language: str, width: int = 720, scheme: Scheme = Scheme.LIGHT, marked: Sequence[str] = ()) -> str:
        """Return the curve of all items together, and of those that are ``marked``, dashed."""
        return _draw(self, language=language, width=width, scheme=scheme, marked=marked)


def information_report(calibration: Calibration, quality: str) -> InformationReport:
    """Return where the items of a quality tell most, each answered once. Raises UnknownQualityError."""
    return InformationReport(told=information(calibration, quality, places=PLACES))


def _draw(report: InformationReport, *, language: str, width: int, scheme: Scheme, marked: Sequence[str]) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink, told = canvas.ink, report.told
    left, right, top, foot = 40.0, width - 16.0, 34.0, 214.0
    most = max(*told.whole, 1.2 * ENOUGH)

    def point(place: float, value: float) -> tuple[float, float]:
        across = left + (right - left) * (place - PLACES[0]) / (PLACES[-1] - PLACES[0])
        return across, foot - (foot - top) * value / most

    whole = [point(p, v) for p, v in zip(told.places, told.whole, strict=True)]
    canvas.area([(left, foot), *whole, (right, foot)], ink.guide)
    _scale(canvas, language, (left, right, top, foot), most)
    enough = point(0, ENOUGH)[1]
    canvas.curve([(left, enough), (right, enough)], ink.rule, wide=1, dash="2 3")
    canvas.curve(whole, ink.point)
    for item, of_item in zip(told.items, told.by_item, strict=True):
        if item in marked:
            canvas.curve([point(p, v) for p, v in zip(told.places, of_item, strict=True)], ink.marked, dash="6 4")
    y = foot + 54
    canvas.curve([(left, y), (left + 28, y)], ink.point)
    canvas.words(ALL.in_language(language), left + 36, y, size=11.5, fill=ink.quiet)
    if any(item in marked for item in told.items):
        start = left + 60 + text_width(ALL.in_language(language), 11.5)
        canvas.curve([(start, y), (start + 28, y)], ink.marked, dash="6 4")
        canvas.words(ONE.in_language(language), start + 36, y, size=11.5, fill=ink.quiet)
    y += 20
    canvas.curve([(left, y), (left + 28, y)], ink.rule, wide=1, dash="2 3")
    canvas.words(RULE.in_language(language), left + 36, y, size=11.5, fill=ink.quiet)
    said = DESCRIPTION.in_language(language, n=len(told.items), top=signed(report.best_place))
    return canvas.svg(y + 16, title=TITLE.in_language(language), description=said)


def _scale(canvas: Canvas, language: str, box: tuple[float, float, float, float], most: float) -> None:
    """Put the two axes: places beneath, information at the left."""
    ink, (left, right, top, foot) = canvas.ink, box
    canvas.words(HIGHEST.in_language(language), 4, 14, size=11.5, fill=ink.quiet)
    for share in (0.5, 1.0):
        y = foot - (foot - top) * share
        canvas.line((left, y), (right, y), ink.guide)
        canvas.words(f"{most * share:.1f}", left - 6, y, size=11, fill=ink.quiet, align="end")
    canvas.line((left, foot), (right, foot), ink.rule, wide=1.25)
    for place in range(-3, 4):
        x = left + (right - left) * (place + 3) / 6
        canvas.line((x, foot), (x, foot + 4), ink.rule)
        canvas.words(signed(place) if place else "0", x, foot + 14, size=11, fill=ink.quiet, align="middle")
    canvas.words(LESS.in_language(language), left, foot + 32, size=11.5, fill=ink.quiet)
    canvas.words(
        AVERAGE.in_language(language), (left + right) / 2, foot + 32, size=11.5, fill=ink.quiet, align="middle"
    )
    canvas.words(MORE.in_language(language), right, foot + 32, size=11.5, fill=ink.quiet, align="end")
