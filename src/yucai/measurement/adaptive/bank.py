"""A bank of calibrated items: what an adaptive test may ask, and how answers depend on where a learner stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.framework import ItemModel
from yucai.measurement.calibration import Calibration
from yucai.measurement.scales import model_met
from yucai.texts import Text

__all__ = ["BankItem", "ItemBank", "ItemFamily", "bank_of"]

Array = npt.NDArray[np.float64]
STEEPEST: Final = 50.0

EMPTY = Text("the bank holds no item. Calibrate some first.", "题库为空。请先标定题目。")
TWICE = Text("{item} stands in the bank {n} times. Keep one.", "题库中 {item} 出现 {n} 次。请只保留一个。")
NO_QUALITY = Text(
    "{item} speaks of “{quality}”, which is none of the qualities of this bank ({known}).",
    "{item} 所属的“{quality}”不在题库的素养之列（{known}）。",
)
NUMBERS = Text(
    "{item} ({family}) has {slopes} slopes and {intercepts} intercepts; it needs {right}. Correct its numbers.",
    "{item}（{family}）有 {slopes} 个斜率、{intercepts} 个截距，应为：{right}。请改正参数。",
)
NOT_FINITE = Text(
    "{item} has numbers that are not finite or slopes beyond {most}. Correct them, or leave it out.",
    "{item} 的参数不是有限数，或斜率超过 {most}。请改正，或略去该题。",
)
OUT_OF_ORDER = Text(
    "{item} is graded, so its intercepts must fall from one level to the next. Put them in order.",
    "{item} 为等级题，其截距须逐级递减。请调整顺序。",
)
CORRELATIONS = Text(
    "the correlations must be one symmetric table of {n} by {n} with ones on its diagonal and no quality told by the "
    "others. Correct them.",
    "相关矩阵须为 {n} 行 {n} 列的对称表，对角线为 1，且任一素养不能由其余素养完全决定。请改正。",
)


class ItemFamily(StrEnum):
    """How the categories of an item hang on the place x of a learner (logistic metric, slope-intercept form)."""

    GRADED = "graded"  # logit P(Y >= k) = a x + d_k, d falling; with two categories the 2PL
    PARTIAL_CREDIT = "partial-credit"  # log P(k) / P(k - 1) = a x + d_k
    NOMINAL = "nominal"  # log P(k) / P(0) = a_k x + d_k
    GUESSING = "guessing"  # P(right) = c + (1 - c) / (1 + exp(-a x - d)); intercepts d and logit c


FAMILIES: Final = {
    ItemModel.BINARY: ItemFamily.GRADED,
    ItemModel.GRADED: ItemFamily.GRADED,
    ItemModel.PARTIAL_CREDIT: ItemFamily.PARTIAL_CREDIT,
    ItemModel.NOMINAL: ItemFamily.NOMINAL,
    ItemModel.GUESSING: ItemFamily.GUESSING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankItem:
    """One item. ``levels`` are the score levels its categories stand for, lowest first; a level that is none of them
    counts as the nearest lower one. ``area`` is the content it belongs to, "" for none.
    """

    item: str
    quality: str
    family: ItemFamily
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    levels: tuple[int, ...]
    area: str = ""

    @property
    def n_categories(self) -> int:
        """How many categories its numbers make."""
        return 2 if self.family is ItemFamily.GUESSING else len(self.intercepts) + 1

    def category_of(self, level: int) -> int:
        """Return the category that a score level counts as."""
        return max(int(np.searchsorted(self.levels, level, side="right")) - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBank:
    """Items in the order of their qualities and names; ``correlations`` (D, D) of where learners stand on these."""

    qualities: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]
    items: tuple[BankItem, ...]

    @classmethod
    def of_items(
        cls, items: Sequence[BankItem], *, qualities: Sequence[str], correlations: npt.ArrayLike | None = None
    ) -> ItemBank:
        """Return the bank of these items. Without ``correlations`` qualities have nothing to do with each other.

        Raises FaultyInputError naming every faulty item.
        """
        d = len(qualities)
        matrix = np.eye(d) if correlations is None else np.asarray(correlations, dtype=float)
        faults = list(_faults(items, qualities, matrix))
        if faults:
            raise FaultyInputError("item bank", faults)
        rank = {quality: k for k, quality in enumerate(qualities)}
        ordered = sorted(items, key=lambda one: (rank[one.quality], one.item))
        rows = tuple(tuple(map(float, row)) for row in matrix)
        return cls(qualities=tuple(qualities), correlations=rows, items=tuple(ordered))

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas of content that items belong to."""
        return tuple(sorted({one.area for one in self.items} - {""}))


def bank_of(
    calibration: Calibration, *, content: Mapping[str, str] | None = None, qualities: Sequence[str] | None = None
) -> ItemBank:
    """Return the bank of a calibration's items, or of those of some qualities.

    ``content`` names the area of items; ``*`` stands for any text, and the first entry that fits counts. Items that
    are rated count as rated by an average rater. Items that mislead (slopes surely below 0.3) are left out. Raises
    FaultyInputError: nothing is left.
    """
    wanted = [s for s in calibration.scales if qualities is None or s.quality in qualities]
    at = [k for k, scale in enumerate(calibration.scales) if scale in wanted]
    items = [
        BankItem(
            item=one.item,
            quality=scale.quality,
            family=FAMILIES[model_met(one.model, len(one.categories))],
            slopes=one.numbers[0],
            intercepts=one.numbers[1],
            levels=one.categories,
            area=_area_of(one.item, content or {}),
        )
        for scale in wanted
        for one in scale.items
        if not one.misleading
    ]
    correlations = np.asarray(calibration.correlations, dtype=float).reshape(len(calibration.scales), -1)[
        np.ix_(at, at)
    ]
    return ItemBank.of_items(items, qualities=[s.quality for s in wanted], correlations=correlations)


def _area_of(item: str, content: Mapping[str, str]) -> str:
    return next((area for pattern, area in content.items() if fnmatchcase(item, pattern)), "")


def _faults(items: Sequence[BankItem], qualities: Sequence[str], matrix: Array) -> Iterator[Fault]:
    if not items:
        yield Fault(code="no-items", says=EMPTY)
    for name, n in Counter(one.item for one in items).items():
        if n > 1:
            yield Fault(code="item-twice", says=TWICE, facts={"item": name, "n": n})
    for one in items:
        if one.quality not in qualities:
            facts = {"item": one.item, "quality": one.quality, "known": ", ".join(qualities)}
            yield Fault(code="no-quality", says=NO_QUALITY, facts=facts)
        yield from _faults_of(one)
    d = len(qualities)
    sound = matrix.shape == (d, d) and np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1.0)
    if not sound or (d and np.linalg.eigvalsh(matrix)[0] < 1e-6):
        yield Fault(code="correlations", says=CORRELATIONS, facts={"n": d})


def _faults_of(one: BankItem) -> Iterator[Fault]:
    right = {
        ItemFamily.GRADED: Text("one slope, an intercept for each step", "一个斜率，每一级一个截距"),
        ItemFamily.PARTIAL_CREDIT: Text("one slope, an intercept for each step", "一个斜率，每一级一个截距"),
        ItemFamily.NOMINAL: Text("a slope and an intercept for each category but the first", "除首类外每类各一对参数"),
        ItemFamily.GUESSING: Text("one slope, the intercept and the logit of the floor", "斜率、截距与下限的对数比"),
    }[one.family]  # fmt: skip
    n_slopes, n_steps = len(one.slopes), len(one.intercepts)
    fits = {
        ItemFamily.GRADED: n_slopes == 1 and n_steps >= 1,
        ItemFamily.PARTIAL_CREDIT: n_slopes == 1 and n_steps >= 1,
        ItemFamily.NOMINAL: n_slopes == n_steps >= 1,
        ItemFamily.GUESSING: n_slopes == 1 and n_steps == 2,
    }[one.family]
    if not fits or len(one.levels) != one.n_categories:
        facts = {"item": one.item, "family": str(one.family), "slopes": n_slopes, "intercepts": n_steps, "right": right}
        yield Fault(code="wrong-numbers", says=NUMBERS, facts=facts)
        return
    numbers = np.array([*one.slopes, *one.intercepts])
    if not np.all(np.isfinite(numbers)) or np.abs(one.slopes).max() > STEEPEST:
        yield Fault(code="not-finite", says=NOT_FINITE, facts={"item": one.item, "most": f"{STEEPEST:g}"})
    elif one.family is ItemFamily.GRADED and np.any(np.diff(one.intercepts) >= 0):
        yield Fault(code="out-of-order", says=OUT_OF_ORDER, facts={"item": one.item})
