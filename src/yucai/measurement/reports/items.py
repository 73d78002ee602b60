"""The item table: how hard each item is, how well it tells learners apart, and how its categories are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.frames import Contract, column
from yucai.measurement.calibration import Calibration, ItemParameters
from yucai.measurement.profiles import Profiles
from yucai.measurement.reports.canvas import Canvas, Scheme, cut, text_width
from yucai.measurement.scoring import on_scale
from yucai.texts import Text

__all__ = [
    "CATEGORY_USES",
    "ITEM_REPORT",
    "CategoryUse",
    "ItemLine",
    "ItemReport",
    "category_uses",
    "item_report",
]

Array = npt.NDArray[np.float64]
EASY_ABOVE: Final = 0.9  # mean share of the highest score
HARD_BELOW: Final = 0.2
FEW_IN_CATEGORY: Final = 5


ITEM_REPORT: Final = Contract(
    "item report",
    (
        column("quality", "text", "quality", "素养"),
        column("item", "text", "item", "题目"),
        column("n_answers", "whole", "answers", "作答数"),
        column("mean_share", "number", "mean share of the highest score", "平均得分率"),
        column("difficulty", "number", "where its middle lies on the scale", "难度", nullable=True),
        column("discrimination", "number", "slope", "区分度"),
        column("discrimination_low", "number", "lower end of its 90 % interval", "区分度 90% 区间下限"),
        column("discrimination_high", "number", "upper end of its 90 % interval", "区分度 90% 区间上限"),
        column("rest_correlation", "number", "correlation with the other items", "与其余题目的相关", nullable=True),
        column("misleading", "flag", "who stands higher does not do better", "水平更高者得分并不更高"),
        column("disordered", "flag", "a higher category draws weaker learners", "较高得分档的学习者反而更弱"),
    ),
)  # fmt: skip
CATEGORY_USES: Final = Contract(
    "uses of categories",
    (
        column("quality", "text", "quality", "素养"),
        column("item", "text", "item", "题目"),
        column("category", "whole", "score category", "得分档"),
        column("n_answers", "whole", "answers", "作答数"),
        column("share", "number", "share of the answers", "占比"),
        column("mean_place", "number", "mean place of those who reached it", "该档学习者的平均位置", nullable=True),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryUse:
    """How often a score category was reached, and where those who reached it stand (None: nobody)."""

    category: int
    n_answers: int
    share: float
    mean_place: float | None


def category_uses(category: npt.NDArray[np.int64], place: Array, *, top: int) -> tuple[CategoryUse, ...]:
    """Return how each category from 0 to ``top`` was used, from the category and place of each answer, (L,).

    >>> [use.n_answers for use in category_uses(np.array([0, 1, 1]), np.array([-1.0, 0.0, 1.0]), top=2)]
    [1, 2, 0]
    """
    counts = np.bincount(category, minlength=top + 1)
    sums = np.bincount(category, place, minlength=top + 1)
    return tuple(
        CategoryUse(
            category=k, n_answers=int(n), share=float(n / max(len(category), 1)),
            mean_place=float(sums[k] / n) if n else None,
        )
        for k, n in enumerate(counts)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One item of the report."""

    quality: str
    item: str
    parameters: ItemParameters
    mean_share: float
    rest_correlation: float | None
    uses: tuple[CategoryUse, ...]

    @property
    def disordered(self) -> bool:
        """Whether a category that five or more reached holds weaker learners than one below it."""
        places = [u.mean_place for u in self.uses if u.mean_place is not None and u.n_answers >= FEW_IN_CATEGORY]
        return any(b < a for a, b in pairwise(places))

    @property
    def says(self) -> tuple[Text, ...]:
        """What a teacher should know of the item, most urgent first."""
        found = []
        if self.parameters.misleading:
            found.append(
                Text(
                    "Misleading: who stands higher does not do better. Check key and wording.",
                    "误导：水平更高者得分并不更高。请核对答案与措辞。",
                )
            )
        if self.disordered:
            found.append(
                Text(
                    "A higher mark goes to weaker learners. Check how the marks are given.",
                    "较高的得分档反而对应较弱的学习者。请检查评分标准。",
                )
            )
        if self.mean_share > EASY_ABOVE:
            found.append(Text("Nearly everybody reaches the top.", "几乎人人满分。"))
        if self.mean_share < HARD_BELOW:
            found.append(Text("Hardly anybody gets anywhere.", "几乎无人得分。"))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """The items of all qualities, in the order of the calibration.

    Categories are those of the score; for the wrong answers that were chosen see ``option_report``.
    """

    items: tuple[ItemLine, ...]

    def of(self, item: str) -> ItemLine:
        """Return the line of an item. Raises KeyError."""
        return {line.item: line for line in self.items}[item]

    def to_table(self) -> pl.DataFrame:
        """Return one row an item, in the columns of ``ITEM_REPORT``."""
        rows = [
            (
                i.quality, i.item, i.parameters.n_responses, i.mean_share,
                None if np.isnan(i.parameters.difficulty) else i.parameters.difficulty, i.parameters.slope,
                *i.parameters.slope90, i.rest_correlation, i.parameters.misleading, i.disordered,
            )
            for i in self.items
        ]  # fmt: skip
        return ITEM_REPORT.of_rows(rows)

    def categories_table(self) -> pl.DataFrame:
        """Return one row an item and category, in the columns of ``CATEGORY_USES``."""
        rows = [(i.quality, i.item, u.category, u.n_answers, u.share, u.mean_place) for i in self.items for u in i.uses]
        return CATEGORY_USES.of_rows(rows)

    def svg(
        self, *, language: str, width: int = 720, scheme: Scheme = Scheme.LIGHT, names: Mapping[str, str] | None = None
    ) -> str:
        """Return the discrimination of each item with its 90 % interval; misleading ones are diamonds."""
        return _draw(self.items, language=language, width=width, scheme=scheme, names=names or {})


def item_report(calibration: Calibration, responses: Responses, profiles: Profiles) -> ItemReport:
    """Return what a teacher needs of each item, from the responses that were calibrated and their profiles.

    ``rest_correlation`` is that of the item with the mean share of the unit's other items of the quality.
    Raises FaultyInputError when no response is on a calibrated item.
    """
    lines: list[ItemLine] = []
    for scale in calibration.scales:
        coded = on_scale(responses, scale, profiles.units)
        k = profiles.qualities.index(scale.quality)
        top = np.array([max(len(item.categories) - 1, 1) for item in scale.items])
        share = coded.category / top[coded.item]
        n = profiles.units.height
        total, count = np.bincount(coded.unit, share, minlength=n), np.bincount(coded.unit, minlength=n)
        for j, item in enumerate(scale.items):
            here = coded.item == j
            if not here.any():
                continue
            unit = coded.unit[here]
            mine, times = np.bincount(unit, share[here], minlength=n), np.bincount(unit, minlength=n)
            both = (times > 0) & (count > times)
            rest = (total[both] - mine[both]) / (count[both] - times[both])
            lines.append(
                ItemLine(
                    quality=scale.quality,
                    item=item.item,
                    parameters=item,
                    mean_share=float(share[here].mean()),
                    rest_correlation=_correlation(mine[both] / times[both], rest),
                    uses=category_uses(coded.category[here].astype(np.int64), profiles.mean[unit, k], top=int(top[j])),
                )
            )
    if not lines:
        says = Text("no response is on a calibrated item.", "没有作答属于标定中的题目。")
        raise FaultyInputError("item report", [Fault(code="none-calibrated", says=says)])
    return ItemReport(items=tuple(lines))


def _correlation(a: Array, b: Array) -> float | None:
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


TITLE = Text("How well each item tells learners apart", "各题的区分度")
DESCRIPTION = Text(
    "Discrimination of {n} items with 90 % intervals; {m} are misleading.",
    "{n} 题的区分度及 90% 区间；其中 {m} 题有误导。",
)
WEAK = Text("tells nothing", "无区分")
STRONG = Text("tells apart well", "区分良好")
ESTIMATE = Text("estimate and 90 % interval", "估计值与 90% 区间")
MISLEADING = Text("misleading", "有误导")


def _draw(items: tuple[ItemLine, ...], *, language: str, width: int, scheme: Scheme, names: Mapping[str, str]) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink = canvas.ink
    phone = width < 560
    left = 16.0 if phone else min(0.36 * width, 24 + max(text_width(names.get(i.item, i.item), 13) for i in items))
    right = width - 18.0
    low = min(-0.5, *(i.parameters.slope90[0] for i in items))
    high = max(2.0, *(i.parameters.slope90[1] for i in items))
    low, high = max(low, -2.0), min(high, 5.0)

    def x_of(value: float) -> float:
        return left + (right - left) * (min(max(value, low), high) - low) / (high - low)

    canvas.words(WEAK.in_language(language), x_of(0), 12, size=11.5, fill=ink.quiet, align="middle")
    canvas.words(STRONG.in_language(language), right, 12, size=11.5, fill=ink.quiet, align="end")
    y, step = 26.0, 46 if phone else 30
    foot = y + step * len(items)
    canvas.line((x_of(0), y), (x_of(0), foot), ink.rule, wide=1.25)
    canvas.line((x_of(1), y), (x_of(1), foot), ink.guide)
    for line in items:
        middle = y + step / 2 + (9 if phone else 0)
        name = names.get(line.item, line.item)
        if phone:
            canvas.box((0, y), (width, 24), ink.ground)
            canvas.words(cut(name, 13, width=width - 32), 16, y + 12)
        else:
            canvas.words(cut(name, 13, width=left - 20), 8, middle)
        start, end = (x_of(value) for value in line.parameters.slope90)
        canvas.box((start, middle - 4.5), (max(end - start, 2), 9), ink.band, r=4.5)
        mark = canvas.diamond if line.parameters.misleading else canvas.dot
        mark(x_of(line.parameters.slope), middle, ink.marked if line.parameters.misleading else ink.point)
        y += step
    y += 16
    canvas.dot(24, y, ink.point)
    canvas.words(ESTIMATE.in_language(language), 38, y, size=11.5, fill=ink.quiet)
    wrong = sum(line.parameters.misleading for line in items)
    if wrong:
        at = 56 + text_width(ESTIMATE.in_language(language), 11.5)
        canvas.diamond(at, y, ink.marked)
        canvas.words(MISLEADING.in_language(language), at + 14, y, size=11.5, fill=ink.quiet)
    said = DESCRIPTION.in_language(language, n=len(items), m=wrong)
    return canvas.svg(y + 18, title=TITLE.in_language(language), description=said)
