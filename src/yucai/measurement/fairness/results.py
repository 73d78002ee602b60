"""What an audit of fairness finds: items that behave differently in one group, by how much, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from yucai.frames import Contract, column
from yucai.texts import Text

__all__ = [
    "DIF",
    "LOGISTIC_DIF",
    "DifClass",
    "DifReport",
    "GroupDifference",
    "ItemDif",
    "LogisticDif",
    "LogisticReport",
    "class_of_area",
    "class_of_r2",
]

FLAGGED: Final = 0.05  # share of false alarms
SMALL_AREA, LARGE_AREA = 0.05, 0.10
SMALL_R2, LARGE_R2 = 0.035, 0.070


class DifClass(StrEnum):
    """How much an item differs between groups: A negligible, B moderate, C large."""

    A = "A"
    B = "B"
    C = "C"


def class_of_area(area: float, rate: float) -> DifClass:
    """Return the class of a difference in expected share of the item's score (Dorans and Kulick 1986: 0.05, 0.10).

    >>> class_of_area(0.07, 0.01), class_of_area(0.2, 0.5)
    (<DifClass.B: 'B'>, <DifClass.A: 'A'>)
    """
    if rate > FLAGGED or area < SMALL_AREA:
        return DifClass.A
    return DifClass.C if area >= LARGE_AREA else DifClass.B


def class_of_r2(change: float, rate: float) -> DifClass:
    """Return the class of a change of Nagelkerke's R2 (Jodoin and Gierl 2001: 0.035, 0.070).

    >>> class_of_r2(0.08, 0.01)
    <DifClass.C: 'C'>
    """
    if rate > FLAGGED or change < SMALL_R2:
        return DifClass.A
    return DifClass.C if change >= LARGE_R2 else DifClass.B


DIF: Final = Contract(
    "differences between groups, model-based",
    (
        column("quality", "text", "quality", "素养"),
        column("item", "text", "item", "题目"),
        column("group", "text", "group compared with the reference", "与基准组比较的组别"),
        column("uniform_p", "number", "p-value: harder or easier throughout", "p 值：整体偏难或偏易"),
        column("nonuniform_p", "number", "p-value: tells apart more or less", "p 值：区分度不同"),
        column("false_discovery_rate", "number", "share of false alarms", "错误发现率"),
        column("lr_chi2", "number", "likelihood ratio of freeing the item", "放开该题的似然比", nullable=True),
        column("lr_p", "number", "its p-value", "其 p 值", nullable=True),
        column("signed_area", "number", "mean difference, share of the score", "平均差异（占得分）", nullable=True),
        column("area", "number", "mean absolute difference", "平均绝对差异", nullable=True),
        column("class", "text", "class: A negligible, B moderate, C large", "等级：A 可忽略，B 中等，C 较大"),
    ),
)  # fmt: skip
LOGISTIC_DIF: Final = Contract(
    "differences between groups, logistic",
    (
        column("quality", "text", "quality", "素养"),
        column("item", "text", "item", "题目"),
        column("matching", "text", "what learners are matched by", "匹配依据"),
        column("uniform_chi2", "number", "chi-square: harder or easier throughout", "卡方：整体偏难或偏易"),
        column("uniform_p", "number", "its p-value", "其 p 值"),
        column("nonuniform_chi2", "number", "chi-square: tells apart more or less", "卡方：区分度不同"),
        column("nonuniform_p", "number", "its p-value", "其 p 值"),
        column("false_discovery_rate", "number", "share of false alarms", "错误发现率"),
        column("r2_change", "number", "what the group adds to Nagelkerke's R2", "组别增加的 Nagelkerke R2"),
        column("class", "text", "class: A negligible, B moderate, C large", "等级：A 可忽略，B 中等，C 较大"),
        column("n_units", "whole", "units", "单元数"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """How one group as a whole stands to the reference on one quality: mean and SD, in SDs of the reference group.

    This is a difference between groups of learners, not of items; it is allowed for, and says nothing of fairness.
    """

    quality: str
    group: str
    n_units: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDif:
    """One item in one group beside the reference, learners of equal place compared.

    The likelihood ratio and the areas are there for items that were freed; ``signed_area`` above 0: the group reaches
    more than equal learners of the reference. Areas are shares of the item's highest score, over the group's places.
    """

    quality: str
    item: str
    group: str
    uniform_p: float
    nonuniform_p: float
    false_discovery_rate: float
    lr_chi2: float | None
    lr_freedom: int | None
    lr_p: float | None
    signed_area: float | None
    area: float | None
    dif_class: DifClass


@dataclass(frozen=True, slots=True, kw_only=True)
class DifReport:
    """The model-based audit over all items. ``anchors`` are the items that both groups were compared by."""

    name: Text
    reference: str
    groups: tuple[GroupDifference, ...]
    items: tuple[ItemDif, ...]
    anchors: tuple[str, ...]
    n_rounds: int
    notices: tuple[Text, ...]

    def of(self, item: str, group: str | None = None) -> ItemDif:
        """Return what was found of an item in a group (the first one). Raises KeyError."""
        for found in self.items:
            if found.item == item and group in (None, found.group):
                return found
        raise KeyError(item)

    @property
    def flagged(self) -> tuple[ItemDif, ...]:
        """What is of class B or C, the largest area first."""
        found = [one for one in self.items if one.dif_class is not DifClass.A]
        return tuple(sorted(found, key=lambda one: -(one.area or 0.0)))

    def to_table(self) -> pl.DataFrame:
        """Return one row an item and group, in the columns of ``DIF``."""
        rows = [
            (
                i.quality, i.item, i.group, i.uniform_p, i.nonuniform_p, i.false_discovery_rate, i.lr_chi2, i.lr_p,
                i.signed_area, i.area, str(i.dif_class),
            )
            for i in self.items
        ]  # fmt: skip
        return DIF.of_rows(rows)

    def in_language(self, language: str) -> str:
        """Return one sentence for each flagged item, or one that there is none."""
        lines = [_sentence(one, language) for one in self.flagged]
        none = Text(
            "No item differs between the groups by more than chance or by a size that counts.",
            "没有题目在组间存在超出偶然、且大小值得关注的差异。",
        )
        return "\n".join(lines) or none.in_language(language)


HARDER = Text(
    "{item} ({c}): learners of {group} reach {size} points of 100 less than equally able ones of the reference group. "
    "Look at wording and context before it is used for decisions.",
    "{item}（{c}）：{group} 的学习者比基准组中水平相同者平均低 {size} 分（百分制）。用于决策前请检查措辞与情境。",
)
EASIER = Text(
    "{item} ({c}): learners of {group} reach {size} points of 100 more than equally able ones of the reference group. "
    "Look at wording and context before it is used for decisions.",
    "{item}（{c}）：{group} 的学习者比基准组中水平相同者平均高 {size} 分（百分制）。用于决策前请检查措辞与情境。",
)
CROSSES = Text(
    "{item} ({c}): for {group} it is easier at one end and harder at the other, by {size} points of 100 on average. "
    "Look at wording and context before it is used for decisions.",
    "{item}（{c}）：对 {group} 而言一端偏易、另一端偏难，平均相差 {size} 分（百分制）。用于决策前请检查措辞与情境。",
)


def _sentence(one: ItemDif, language: str) -> str:
    signed, area = one.signed_area or 0.0, one.area or 0.0
    says = CROSSES if abs(signed) < 0.7 * area else EASIER if signed > 0 else HARDER
    size = area if says is CROSSES else abs(signed)
    return says.in_language(language, item=one.item, group=one.group, c=str(one.dif_class), size=f"{100 * size:.0f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticDif:
    """One item over all groups at once, learners matched by their total score or their place."""

    quality: str
    item: str
    matching: str  # "total score" or "place"
    n_units: int
    uniform_chi2: float
    uniform_p: float
    nonuniform_chi2: float
    nonuniform_p: float
    p_value: float
    false_discovery_rate: float
    r2_change: float
    dif_class: DifClass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticReport:
    """The logistic audit over all items."""

    name: Text
    items: tuple[LogisticDif, ...]
    notices: tuple[Text, ...]

    def of(self, item: str) -> LogisticDif:
        """Return what was found of an item. Raises KeyError."""
        return {one.item: one for one in self.items}[item]

    def to_table(self) -> pl.DataFrame:
        """Return one row an item, in the columns of ``LOGISTIC_DIF``."""
        rows = [
            (
                i.quality, i.item, i.matching, i.uniform_chi2, i.uniform_p, i.nonuniform_chi2, i.nonuniform_p,
                i.false_discovery_rate, i.r2_change, str(i.dif_class), i.n_units,
            )
            for i in self.items
        ]  # fmt: skip
        return LOGISTIC_DIF.of_rows(rows)
