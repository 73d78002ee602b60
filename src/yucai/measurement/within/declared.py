"""What a map declares of items with several qualities and of testlets, checked before anything is estimated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.framework import EvidenceRule, ItemModel
from yucai.measurement.coding import CodedQuality, Coding, units_of
from yucai.measurement.engine.joined import MOST_AT_ONCE
from yucai.measurement.within.identification import undetermined_of
from yucai.texts import Text

__all__ = ["Declared", "Design", "basis_of", "design_of"]

Array = npt.NDArray[np.float64]
MOST_NAMES: Final = 5
BOTH: Final = Text(
    "{item} speaks of several qualities and belongs to the testlet “{testlet}”; only one of the two can be told. "
    "Drop one.",
    "{item} 既对应多项素养，又属于题组“{testlet}”，两者无法同时估计。请去掉其一。",
)
ACROSS: Final = Text(
    "the testlet “{testlet}” holds items of several qualities ({qualities}). Make one testlet for each quality.",
    "题组“{testlet}”中的题目属于不同素养（{qualities}）。请按素养分别设题组。",
)
LONELY: Final = Text(
    "the testlet “{testlet}” has one item only ({item}), so nothing shared can be told. Drop the testlet.",
    "题组“{testlet}”只有一个题目（{item}），无法判断共同成分。请取消该题组。",
)
TOO_MANY: Final = Text(
    "{item} speaks of {n} qualities; what one score says of more than {most} cannot be told. Name the {most} that it "
    "shows best.",
    "{item} 对应 {n} 项素养；一个得分至多能说明 {most} 项。请只保留最能体现的 {most} 项。",
)
DECLARED: Final = Text(
    "{item} has a declared reliability, which is not used beside items of several qualities. Drop it, or use "
    "calibrate.",
    "{item} 声明了信度；含多素养题目的标定不使用声明信度。请删去，或使用 calibrate。",
)
COMMON: Final = Text(
    "{item} has a common slope, which is not offered beside items of several qualities. Drop it, or use calibrate.",
    "{item} 声明了共同区分度；含多素养题目的标定不支持共同区分度。请删去，或使用 calibrate。",
)
OTHER_MODEL: Final = Text(
    "{item} has the model “{model}”, which is not offered beside items of several qualities. Use binary, graded or "
    "partial-credit, or calibrate the quality by itself with calibrate.",
    "{item} 采用“{model}”模型；含多素养题目的标定不支持该模型。请改用 "
    "binary、graded 或 partial-credit，或用 calibrate 单独标定该素养。",
)
NOT_TOLD: Final = Text(
    "the answers cannot tell what {items} say of {qualities}. Let at least two or three items speak of each of these "
    "qualities alone, or let these items speak of one quality.",
    "现有作答无法区分 {items} 与 {qualities} 的关系。"
    "请为这些素养各准备至少两三个只对应它的题目，或让上述题目只对应一项素养。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One item as declared and coded."""

    item: str
    rule: EvidenceRule
    coding: Coding
    used: tuple[int, ...]

    @property
    def qualities(self) -> tuple[str, ...]:
        """What it speaks of, the main one first."""
        return (self.rule.quality, *self.rule.also)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """All items and answers, numbered; qualities come before testlets. unit, item, category, rater (R,), -1: nobody.

    ``raters`` are named with the main quality of what they judge: whoever judges items of two has two severities.
    """

    units: pl.DataFrame
    items: tuple[Declared, ...]
    qualities: tuple[str, ...]
    testlets: tuple[str, ...]
    basis: tuple[Array, ...]
    unit: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    category: npt.NDArray[np.int64]
    rater: npt.NDArray[np.int64]
    raters: tuple[tuple[str, str], ...]

    @property
    def apart(self) -> npt.NDArray[np.bool_]:
        """Which of the dimensions are testlets."""
        return np.arange(len(self.qualities) + len(self.testlets)) >= len(self.qualities)

    @property
    def plain(self) -> npt.NDArray[np.bool_]:
        """Which items speak of one quality, belong to no testlet and are not rated."""
        alone = np.array([len(one.qualities) == 1 and not one.rule.testlet for one in self.items])
        alone[self.item[self.rater >= 0]] = False
        return alone

    @property
    def rater_quality(self) -> npt.NDArray[np.int64]:
        """The quality that each severity is about, (raters,)."""
        return np.array([self.qualities.index(quality) for quality, _rater in self.raters], dtype=np.int64)


def design_of(coded: Sequence[CodedQuality], qualities: Sequence[str]) -> Design:
    """Return the design of coded responses. Raises FaultyInputError with every fault."""
    units, unit = units_of(coded)
    items: list[Declared] = []
    raters: list[tuple[str, str]] = []
    item, category, rater = [], [], []
    for one in coded:
        rater.append(np.where(one.rater >= 0, one.rater + len(raters), -1))
        raters += [(one.quality, name) for name in one.raters]
        item.append(one.item + len(items))
        category.append(one.category)
        items += [
            Declared(item=name, rule=rule, coding=coding, used=used)
            for name, rule, coding, used in zip(one.items, one.rules, one.codings, one.used, strict=True)
        ]
    testlets = tuple(dict.fromkeys(one.rule.testlet for one in items if one.rule.testlet))
    faults = [*_about_many(items), *_about_testlets(items, testlets), *_about_reliability(items), *_about_models(items)]
    told = tuple(q for q in qualities if any(q in one.qualities for one in items))
    design = Design(
        units=units, items=tuple(items), qualities=told, testlets=testlets,
        basis=(), unit=np.concatenate(unit), item=np.concatenate(item),
        category=np.concatenate(category).astype(np.int64), rater=np.concatenate(rater).astype(np.int64),
        raters=tuple(raters),
    )  # fmt: skip
    design = replace(design, basis=basis_of(design))
    faults = faults or [*_about_loadings(design)]
    if faults:
        raise FaultyInputError("responses", faults)
    return design


def basis_of(design: Design) -> tuple[Array, ...]:
    """Return each item's directions (L, D): one for each quality, or that of its quality and testlet alike."""
    quality = {name: n for n, name in enumerate(design.qualities)}
    testlet = {name: n for n, name in enumerate(design.testlets, start=len(quality))}
    own = np.eye(len(quality) + len(testlet))
    return tuple(
        own[[quality[one.rule.quality]]] + own[[testlet[one.rule.testlet]]]
        if one.rule.testlet
        else own[[quality[name] for name in one.qualities]]
        for one in design.items
    )


def _about_many(items: Sequence[Declared]) -> Iterator[Fault]:
    for one in items:
        if (n := len(one.qualities)) > MOST_AT_ONCE:
            yield Fault(code="too-many", says=TOO_MANY, facts={"item": one.item, "n": n, "most": MOST_AT_ONCE})


def _about_testlets(items: Sequence[Declared], testlets: Sequence[str]) -> Iterator[Fault]:
    for one in items:
        if one.rule.also and one.rule.testlet:
            yield Fault(code="both", says=BOTH, facts={"item": one.item, "testlet": one.rule.testlet})
    for testlet in testlets:
        mine = [one for one in items if one.rule.testlet == testlet]
        qualities = sorted({one.rule.quality for one in mine})
        if len(qualities) > 1:
            yield Fault(code="across", says=ACROSS, facts={"testlet": testlet, "qualities": ", ".join(qualities)})
        if len(mine) == 1:
            yield Fault(code="lonely", says=LONELY, facts={"testlet": testlet, "item": mine[0].item})


def _about_reliability(items: Sequence[Declared]) -> Iterator[Fault]:
    for one in items:
        if one.rule.reliability is not None:
            yield Fault(code="declared", says=DECLARED, facts={"item": one.item})


def _about_models(items: Sequence[Declared]) -> Iterator[Fault]:
    for one in items:
        if one.rule.model in (ItemModel.GUESSING, ItemModel.NOMINAL):
            yield Fault(code="other-model", says=OTHER_MODEL, facts={"item": one.item, "model": str(one.rule.model)})
        if one.rule.common_slope:
            yield Fault(code="common-slope", says=COMMON, facts={"item": one.item})


def _about_loadings(design: Design) -> Iterator[Fault]:
    """Say what cannot be told from pairs of items that the same units answered."""
    met = np.zeros((design.units.height, len(design.items)), dtype=np.float32)
    met[design.unit, design.item] = 1.0
    found = undetermined_of(design.basis, design.apart, (met.T @ met) > 0)
    if found is None:
        return
    names = [*design.qualities, *design.testlets]
    yield Fault(
        code="not-identified",
        says=NOT_TOLD,
        facts={
            "items": _listed([design.items[j].item for j in found.items]),
            "qualities": _listed([names[d] for d in found.qualities]),
        },
    )


def _listed(names: Sequence[str]) -> Text:
    more = len(names) - MOST_NAMES
    tails = (f" and {more} more", f"等 {len(names)} 个") if more > 0 else ("", "")
    return Text(", ".join(names[:MOST_NAMES]) + tails[0], "、".join(names[:MOST_NAMES]) + tails[1])
