"""One item's curve: what the weak and the strong reached on it, beside what the calibration expects of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.frames import Contract, column
from yucai.measurement.calibration import Calibration
from yucai.measurement.chances import chances_of, marks_of
from yucai.measurement.reports.canvas import Canvas, Scheme
from yucai.measurement.scales import ItemParameters, QualityScale
from yucai.measurement.scoring import on_scale
from yucai.texts import Text

__all__ = ["ITEM_CURVE", "CurveGroup", "CurveReport", "curve_report", "expected_share"]

Array = npt.NDArray[np.float64]
GROUPS: Final = 5
FEWEST: Final = 50  # answers; with fewer, groups of ten and less say what chance says
SURE: Final = 2.5758293035489004  # of one group at 99 %: five groups together at about 95 %
NOISY: Final = 1.2  # mean square; usual for tests of some consequence (Wright and Linacre 1994)
TOO_REGULAR: Final = 0.8
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(21)

ITEM_CURVE: Final = Contract(
    "item curve",
    (
        column("group", "whole", "group of learners, 1 the weakest", "学习者分组（1 为最弱）"),
        column("n_answers", "whole", "answers", "作答数"),
        column("mean_place", "number", "mean place", "平均位置"),
        column("seen", "number", "mean share of the highest score", "平均得分率"),
        column("expected", "number", "what the calibration expects", "标定预期的得分率"),
        column("std_error", "number", "how far chance takes the first from the second", "偶然偏差的标准误"),
    ),
)  # fmt: skip
NONE: Final = Text(
    "there are no answers on “{item}” whose learners have a place. Compute the profiles first.",
    "“{item}”没有可用的作答：作答者尚无位置。请先计算画像。",
)
UNKNOWN: Final = Text("“{item}” is none of the calibrated items.", "“{item}”不在标定的题目之中。")
FITS: Final = Text(
    "Weak and strong learners did on it as the calibration expects.", "各水平学习者的表现均与标定预期一致。"
)
FEW: Final = Text(
    "Only {n} answers: too few to say whether weak and strong learners did as expected.",
    "只有 {n} 个作答，不足以判断各水平学习者的表现是否符合预期。",
)
TOP_LOW: Final = Text(
    "The strongest fifth did worse than expected. Something holds the able back: a trap in the wording, a limit of "
    "time, or marks that stop short.",
    "最强五分之一的表现低于预期。可能有因素限制了高水平者：措辞有陷阱、时间不足，或评分封顶。",
)
BOTTOM_HIGH: Final = Text(
    "The weakest fifth did better than expected: it can be guessed, or was given away.",
    "最弱五分之一的表现好于预期：可能容易猜中，或题目已泄露。",
)
APART: Final = Text(
    "Learners of group {groups} (of five, 1 the weakest) did not do as expected. Look at their answers first.",
    "第 {groups} 组（共五组，1 为最弱）学习者的表现与预期不符。再次使用前请查看其作答。",
)
ERRATIC: Final = Text(
    "Answers jump about more than expected (infit {infit:.2f}, 1 is expected): chance plays a large part. Look for "
    "unclear wording.",
    "作答比预期更不稳定（加权均方拟合 {infit:.2f}，预期为 1）：偶然成分较大。请检查措辞是否含糊。",
)
REGULAR: Final = Text(
    "Answers are more regular than expected (infit {infit:.2f}, 1 is expected): another item may ask the same.",
    "作答比预期更整齐（加权均方拟合 {infit:.2f}，预期为 1）：可能与其他题目重复。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveGroup:
    """Learners who stand alike: what they reached and what was expected, as shares of the highest score."""

    n_answers: int
    mean_place: float
    seen: float
    expected: float
    std_error: float

    @property
    def away(self) -> int:
        """1 surely above what was expected, -1 surely below, 0 neither."""
        off = self.seen - self.expected
        return int(np.sign(off)) if abs(off) > SURE * self.std_error else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveReport:
    """An item's fit in five groups of learners, and its mean squares (1: as expected)."""

    item: str
    n_answers: int
    infit: float
    outfit: float
    groups: tuple[CurveGroup, ...]

    @property
    def fits(self) -> bool | None:
        """Whether the curve holds as far as these answers tell; None with too few of them."""
        if self.n_answers < FEWEST:
            return None
        return not any(group.away for group in self.groups) and TOO_REGULAR <= self.infit <= NOISY

    @property
    def says(self) -> tuple[Text, ...]:
        """What a teacher should know, most urgent first."""
        if self.fits is None:
            return (FEW.filled(n=self.n_answers),)
        if self.fits:
            return (FITS,)
        aways = [group.away for group in self.groups]
        middle = [str(k + 1) for k, away in enumerate(aways) if away]
        found = [TOP_LOW] if aways[-1] < 0 else []
        found += [BOTTOM_HIGH] if aways[0] > 0 else []
        if middle and not found:
            found.append(APART.filled(groups=", ".join(middle)))
        if self.infit > NOISY:
            found.append(ERRATIC.filled(infit=self.infit))
        elif self.infit < TOO_REGULAR:
            found.append(REGULAR.filled(infit=self.infit))
        return tuple(found)

    def to_table(self) -> pl.DataFrame:
        """Return one row a group, in the columns of ``ITEM_CURVE``."""
        rows = [
            (k, g.n_answers, g.mean_place, g.seen, g.expected, g.std_error) for k, g in enumerate(self.groups, start=1)
        ]
        return ITEM_CURVE.of_rows(rows)

    def svg(self, *, language: str, width: int = 720, scheme: Scheme = Scheme.LIGHT) -> str:
        """Return what was expected as a line with its 99 % band, and what was seen as dots; diamonds lie outside."""
        return _draw(self, language=language, width=width, scheme=scheme)


def curve_report(calibration: Calibration, responses: Responses, places: pl.DataFrame, *, item: str) -> CurveReport:
    r"""Return how the answers on one item follow its curve, in five groups of learners by place.

    ``places``: learner, occasion, mean, std_error on the item's quality. Expectations are averaged over the place,
    taken as normal; with E and V mean and variance of the mark there,

    .. math:: infit = \frac{\sum_i E_w (k_i - E)^2}{\sum_i E_w V}, \quad outfit = mean_i\ E_w \frac{(k_i - E)^2}{V}

    (Wright and Masters 1982, averaged as in ``item_fit``). It takes the item as known and the places as given, which
    the same answer helped to find: a look, quick enough for a page, that leans to fitting. ``item_fit`` allows for
    both. Raters count as average. Raises FaultyInputError: no such item, no answers with a place.
    """
    scale, known = _of(calibration, item)
    units = places.select("learner", "occasion")
    coded = on_scale(responses, _only(scale, known), units)
    if not len(coded.unit):
        raise FaultyInputError("item curve", [Fault(code="no-answers", says=NONE, facts={"item": item})])
    mean, spread = (places[name].to_numpy()[coded.unit] for name in ("mean", "std_error"))
    at = mean[:, None] + spread[:, None] * NODES[None, :]
    chances, weight = chances_of(known, at), WEIGHTS / WEIGHTS.sum()
    marks = marks_of(known)
    seen, expected = marks[coded.category], chances @ marks
    variance = np.maximum(chances @ marks**2 - expected**2, 1e-9)
    square = (seen[:, None] - expected) ** 2
    mean_of, spread_of = expected @ weight, variance @ weight
    whole = spread_of + (expected - mean_of[:, None]) ** 2 @ weight  # of the answer, the place being unsure
    order = np.argsort(mean, kind="stable")
    return CurveReport(
        item=item,
        n_answers=len(mean),
        infit=float((square @ weight).sum() / spread_of.sum()),
        outfit=float(((square / variance) @ weight).mean()),
        groups=tuple(
            CurveGroup(
                n_answers=len(here),
                mean_place=float(mean[here].mean()),
                seen=float(seen[here].mean()),
                expected=float(mean_of[here].mean()),
                std_error=float(np.sqrt(whole[here].sum()) / len(here)),
            )
            for here in np.array_split(order, GROUPS)
            if len(here)
        ),
    )


def expected_share(item: ItemParameters, places: npt.ArrayLike) -> Array:
    """Return the mean share of the highest score that is expected at places, of an item that nobody rates.

    Of options without an order it is the chance of the right one.
    """
    return np.asarray(chances_of(item, places) @ marks_of(item))


def _of(calibration: Calibration, item: str) -> tuple[QualityScale, ItemParameters]:
    for scale in calibration.scales:
        for one in scale.items:
            if one.item == item:
                return scale, one
    raise FaultyInputError("item curve", [Fault(code="unknown-item", says=UNKNOWN, facts={"item": item})])


def _only(scale: QualityScale, item: ItemParameters) -> QualityScale:
    return QualityScale(
        quality=scale.quality, items=(item,), raters=(), severity_sd=0.0, n_units=scale.n_units, n_responses=0
    )


TITLE: Final = Text("Seen and expected, from weak to strong", "从弱到强：实际与预期")
DESCRIPTION: Final = Text(
    "Mean share of the highest score in five groups of learners, {n} answers; {m} lie outside what chance explains.",
    "五组学习者的平均得分率，共 {n} 个作答；其中 {m} 组超出偶然所能解释的范围。",
)
WEAKEST: Final = Text("weakest fifth", "最弱五分之一")
STRONGEST: Final = Text("strongest fifth", "最强五分之一")
SEEN: Final = Text("seen", "实际")
EXPECTED: Final = Text("expected, with what chance explains", "预期及偶然范围")


def _draw(report: CurveReport, *, language: str, width: int, scheme: Scheme) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink = canvas.ink
    left, right, top, foot = 48.0, width - 40.0, 18.0, 196.0

    def point(k: int, share: float) -> tuple[float, float]:
        across = left + 20 + (right - left - 40) * k / max(len(report.groups) - 1, 1)
        return across, foot - (foot - top) * min(max(share, 0.0), 1.0)

    for share in (0.0, 0.5, 1.0):
        y = foot - (foot - top) * share
        canvas.line((left, y), (right, y), ink.guide if share else ink.rule)
        canvas.words(f"{share:.0%}", left - 8, y, size=11, fill=ink.quiet, align="end")
    low = [point(k, g.expected - SURE * g.std_error) for k, g in enumerate(report.groups)]
    high = [point(k, g.expected + SURE * g.std_error) for k, g in enumerate(report.groups)]
    canvas.area([*low, *reversed(high)], ink.band)
    canvas.curve([point(k, g.expected) for k, g in enumerate(report.groups)], ink.point)
    for k, group in enumerate(report.groups):
        mark = canvas.diamond if group.away else canvas.dot
        mark(*point(k, group.seen), ink.marked if group.away else ink.text)
    canvas.words(WEAKEST.in_language(language), left, foot + 18, size=11.5, fill=ink.quiet)
    canvas.words(STRONGEST.in_language(language), right, foot + 18, size=11.5, fill=ink.quiet, align="end")
    y = foot + 44
    canvas.dot(left + 6, y, ink.text)
    canvas.words(SEEN.in_language(language), left + 18, y, size=11.5, fill=ink.quiet)
    canvas.box((left + 78, y - 5), (26, 10), ink.band)
    canvas.line((left + 78, y), (left + 104, y), ink.point, wide=2)
    canvas.words(EXPECTED.in_language(language), left + 112, y, size=11.5, fill=ink.quiet)
    outside = sum(bool(group.away) for group in report.groups)
    said = DESCRIPTION.in_language(language, n=report.n_answers, m=outside)
    return canvas.svg(y + 16, title=TITLE.in_language(language), description=said)
