"""The rater report: how severe each rater is, how surely, and how predictable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from yucai.evidence import Responses
from yucai.frames import Contract, column
from yucai.measurement.calibration import Calibration, RaterSeverity
from yucai.measurement.fit import RaterFit, rater_fit
from yucai.measurement.reports.canvas import Canvas, Scheme, cut, text_width
from yucai.texts import Text, signed

__all__ = ["RATER_REPORT", "RaterLine", "RaterReport", "rater_report"]


RATER_REPORT: Final = Contract(
    "rater report",
    (
        column("quality", "text", "quality", "素养"),
        column("rater", "text", "rater", "评分人"),
        column("n_ratings", "whole", "ratings", "评分数"),
        column("severity", "number", "severity", "评分宽严"),
        column("severity_low", "number", "lower end of its 90 % interval", "90% 区间下限"),
        column("severity_high", "number", "upper end of its 90 % interval", "90% 区间上限"),
        column("infit", "number", "infit mean square (1: as expected)", "加权均方拟合", nullable=True),
        column("far_off", "flag", "far from the other raters", "与其他评分人相差很大"),
        column("finding", "text", "what is to be said", "结论", nullable=True),
    ),
)
TITLE = Text("Severity of the raters", "评分人的宽严")
DESCRIPTION = Text(
    "Severity of {n} raters with 90 % intervals; {m} stand out.", "{n} 位评分人的宽严及 90% 区间；{m} 位值得关注。"
)
SAYS: Final = {
    "severe": Text("far more severe than the others", "远比其他人严格"),
    "lenient": Text("far more lenient than the others", "远比其他人宽松"),
    "erratic": Text("jumps about more than expected", "评分波动大于预期"),
    "flat": Text("tells works apart less than expected", "评分的区分小于预期"),
}
LENIENT = Text("more lenient", "较宽")
AVERAGE = Text("average rater", "平均评分人")
SEVERE = Text("more severe", "较严")
ESTIMATE = Text("estimate and 90 % interval", "估计值与 90% 区间")
STANDS_OUT = Text("to be talked over", "需要讨论")
FLAGGED: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterLine:
    """One rater on one quality; ``fit`` is None where none of the rater's ratings is among the responses."""

    quality: str
    severity: RaterSeverity
    fit: RaterFit | None

    @property
    def finding(self) -> Text | None:
        """What is to be talked over with the rater, or None."""
        if self.severity.far_off:
            return SAYS["severe" if self.severity.severity > 0 else "lenient"]
        if self.fit is None or not self.fit.false_discovery_rate <= FLAGGED:
            return None
        if self.fit.infit > 1.2:
            return SAYS["erratic"]
        return SAYS["flat"] if self.fit.infit < 0.8 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterReport:
    """All raters, quality by quality."""

    raters: tuple[RaterLine, ...]

    def of(self, rater: str) -> RaterLine:
        """Return the line of a rater. Raises KeyError."""
        return {line.severity.rater: line for line in self.raters}[rater]

    def to_table(self, *, language: str = "en") -> pl.DataFrame:
        """Return one row a rater and quality, in the columns of ``RATER_REPORT``."""
        rows = [
            (
                r.quality, r.severity.rater, r.severity.n_ratings, r.severity.severity, *r.severity.severity90,
                r.fit.infit if r.fit else None, r.severity.far_off,
                r.finding.in_language(language) if r.finding else None,
            )
            for r in self.raters
        ]  # fmt: skip
        return RATER_REPORT.of_rows(rows)

    def svg(
        self, *, language: str, width: int = 720, scheme: Scheme = Scheme.LIGHT, names: Mapping[str, str] | None = None
    ) -> str:
        """Return severities with their 90 % intervals; raters to be talked to are diamonds, with what is to be said."""
        return _draw(self.raters, language=language, width=width, scheme=scheme, names=names or {})


def rater_report(calibration: Calibration, responses: Responses, *, rng: np.random.Generator) -> RaterReport:
    """Return how severe and how predictable each rater is; ``infit`` by ``rater_fit``. Raises FaultyInputError."""
    fits = {(fit.quality, fit.rater): fit for fit in rater_fit(calibration, responses).raters}
    return RaterReport(
        raters=tuple(
            RaterLine(quality=scale.quality, severity=rater, fit=fits.get((scale.quality, rater.rater)))
            for scale in calibration.scales
            for rater in scale.raters
        )
    )


def _draw(raters: tuple[RaterLine, ...], *, language: str, width: int, scheme: Scheme, names: Mapping[str, str]) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink, phone = canvas.ink, width < 560
    left, right = (24.0, width - 24.0) if phone else (0.26 * width, 0.7 * width)
    reach = max([1.0, *(abs(end) for line in raters for end in line.severity.severity90)])

    def x_of(value: float) -> float:
        return (left + right) / 2 + (right - left) / 2 * value / reach

    for text, x, align in ((LENIENT, left, "start"), (AVERAGE, x_of(0), "middle"), (SEVERE, right, "end")):
        canvas.words(text.in_language(language), x, 12, size=11.5, fill=ink.quiet, align=align)
    y, step = 26.0, 48 if phone else 32
    canvas.line((x_of(0), y), (x_of(0), y + step * len(raters)), ink.rule, wide=1.25)
    for line in raters:
        name = names.get(line.severity.rater, line.severity.rater)
        finding = line.finding.in_language(language) if line.finding else ""
        middle = y + (34 if phone else step / 2)
        if phone:
            canvas.box((0, y), (width, 22), ink.ground)
            canvas.words(cut(f"{name}  {finding}".strip(), 13, width=width - 24), 12, y + 12, bold=bool(finding))
        else:
            canvas.words(cut(name, 13, width=left - 24), 12, middle, bold=bool(finding))
            canvas.words(cut(finding, 11.5, width=width - right - 24), right + 16, middle, size=11.5, fill=ink.quiet)
        low, high = (x_of(end) for end in line.severity.severity90)
        canvas.box((low, middle - 4.5), (high - low, 9), ink.band, r=4.5)
        (canvas.diamond if finding else canvas.dot)(
            x_of(line.severity.severity), middle, ink.marked if finding else ink.point
        )
        y += step
    y += 18
    canvas.dot(24, y, ink.point)
    canvas.words(ESTIMATE.in_language(language), 38, y, size=11.5, fill=ink.quiet)
    loud = sum(line.finding is not None for line in raters)
    if loud:
        at = 60 + text_width(ESTIMATE.in_language(language), 11.5)
        canvas.diamond(at, y, ink.marked)
        canvas.words(STANDS_OUT.in_language(language), at + 14, y, size=11.5, fill=ink.quiet)
    said = DESCRIPTION.in_language(language, n=len(raters), m=loud)
    widest = signed(reach)
    return canvas.svg(y + 18, title=TITLE.in_language(language), description=f"{said} ±{widest.lstrip('+')}")
