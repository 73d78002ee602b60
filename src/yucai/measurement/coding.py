"""From scores to categories: which response speaks of which quality, by the rules of an evidence map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceMap, EvidenceRule, ItemModel
from yucai.texts import Text

__all__ = [
    "Coded",
    "CodedQuality",
    "Coding",
    "CountedQuality",
    "about_rules",
    "code_responses",
    "coding_of",
    "in_categories",
    "places_among",
    "qualities_of",
    "ruled_of",
    "units_of",
]

MOST_CATEGORIES: Final = 21  # marks out of 20 may stand as they are; finer marks need bands
HAIR: Final = 1e-9  # a share that rounding left a hair under a bound has reached it

NO_RULE = Text(
    "no item of these responses falls under a rule of the evidence map “{map}” (items such as {item}). "
    "Add rules for them, or choose another map.",
    "这些作答中没有任何题目符合证据映射“{map}”的规则（例如 {item}）。请补充规则，或换用其他映射。",
)
NOT_WHOLE = Text(
    "{n} scores on {item} are not whole numbers from 0 (first: {score}). Give the rule bands, or whole-number scores.",
    "{item} 有 {n} 个得分不是从 0 开始的整数（首见：{score}）。请为规则设定分段，或改用整数得分。",
)
NOT_RIGHT_OR_WRONG = Text(
    "{item} is to be right or wrong, but its scores make {n} categories. Give the rule one band, or the graded model.",
    "{item} 应只分对错，其得分却有 {n} 档。请为规则只设一个分段界限，或改用等级模型。",
)
TOO_MANY = Text(
    "{item} has scores up to {top}: that makes {n} categories, and at most {most} can be told apart. "
    "Give the rule bands.",
    "{item} 的得分最高到 {top}，共 {n} 档，最多只能区分 {most} 档。请为规则设定分段。",
)
OTHER_TOP = Text(
    "{item} is marked out of {top}, but {n} scores are out of another highest score (first: {other}). "
    "Give the rule bands, or use one scale.",
    "{item} 满分为 {top}，却有 {n} 个得分的满分不同（首见：{other}）。请为规则设定分段，或统一满分。",
)
SEVERAL = Text(
    "{n} items speak of several qualities or share a testlet (first: {item}). Calibrate them with "
    "yucai.measurement.within.calibrate_within.",
    "有 {n} 个题目对应多项素养或同属题组（首见：{item}）。请改用 yucai.measurement.within.calibrate_within 标定。",
)
NO_RELIABILITY = Text(
    "{item} has options without an order, and a declared reliability: there is no one slope that it could stand for. "
    "Leave the reliability out, or choose another model.",
    "{item} 为无序选项，却声明了信度；无序选项没有单一的区分度可对应。请去掉信度，或换用其他模型。",
)
EMPTY = Text("there are no responses. Import some first.", "没有作答数据。请先导入。")

Index = npt.NDArray[np.intp]
UNIT: Final = ["learner", "occasion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How the scores on one item become categories 0 to ``top``: by bands of the share reached, by edges of the score,
    or as they stand.
    """

    model: ItemModel
    bands: tuple[float, ...]
    reversed: bool
    top: int
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedQuality:
    """The responses that speak of one quality, as numbers. R responses, sorted by unit.

    A unit is a learner in an occasion. ``unit``, ``item``, ``category`` and ``rater`` are (R,); the rater is -1 where
    nobody rated. ``used`` lists for each item the categories met, in order: category c of the arrays is ``used[c]``.
    """

    quality: str
    units: pl.DataFrame  # learner, occasion
    items: tuple[str, ...]
    rules: tuple[EvidenceRule, ...]
    codings: tuple[Coding, ...]
    used: tuple[tuple[int, ...], ...]
    raters: tuple[str, ...]
    unit: Index
    item: Index
    category: Index
    rater: Index

    @property
    def n_units(self) -> int:
        """Learners in an occasion."""
        return self.units.height

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each category of each item was met, (J, most categories)."""
        width = max(len(used) for used in self.used)
        counted = np.bincount(self.item * width + self.category, minlength=len(self.items) * width)
        return counted.reshape(len(self.items), width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedQuality:
    """A ``CodedQuality`` of which only the numbers are at hand, and that nobody rated."""

    quality: str
    items: tuple[str, ...]
    rules: tuple[EvidenceRule, ...]
    codings: tuple[Coding, ...]
    used: tuple[tuple[int, ...], ...]
    n_units: int
    counts: npt.NDArray[np.int64]
    raters: tuple[str, ...] = ()


Coded = CodedQuality | CountedQuality


def qualities_of(evidence_map: EvidenceMap) -> tuple[str, ...]:
    """Return the qualities a map has rules for, in the order of the rules."""
    return tuple(dict.fromkeys(quality for rule in evidence_map.rules for quality in (rule.quality, *rule.also)))


def about_rules(items: Iterable[str], evidence_map: EvidenceMap) -> Iterator[Fault]:
    """Yield a fault where items speak of several qualities or share a testlet, which simple structure passes over, and
    where a rule declares what its model has not.
    """
    rules = {item: evidence_map.rule_for(item) for item in items}
    yield from _about_options(rules)
    several = [item for item, rule in rules.items() if rule is not None and (rule.also or rule.testlet)]
    if several:
        yield Fault(code="several-qualities", says=SEVERAL, facts={"n": len(several), "item": several[0]})


def _about_options(rules: Mapping[str, EvidenceRule | None]) -> Iterator[Fault]:
    for item, rule in rules.items():
        if rule is not None and rule.model is ItemModel.NOMINAL and rule.reliability is not None:
            yield Fault(code="reliability-of-options", says=NO_RELIABILITY, facts={"item": item})


def code_responses(responses: Responses, evidence_map: EvidenceMap) -> tuple[CodedQuality, ...]:
    """Return the coded responses, one entry for each quality that has any, in the order of the map.

    Raises FaultyInputError: no responses, no item under a rule, scores that are no categories.
    """
    if not len(responses):
        raise FaultyInputError("responses", [Fault(code="empty", says=EMPTY)])
    ruled = ruled_of(responses.table["item"].unique(maintain_order=True), evidence_map)
    highest = dict(responses.table.group_by("item").agg(pl.col("max_score").max()).iter_rows())
    codings = {item: coding_of(rule, highest[item]) for item, rule in ruled.items()}
    whole = in_categories(responses, codings)
    told = {rule.quality for rule in ruled.values()}
    return tuple(
        _coded(quality, whole, {item: (rule, codings[item]) for item, rule in ruled.items() if rule.quality == quality})
        for quality in qualities_of(evidence_map)
        if quality in told
    )


def ruled_of(items: Iterable[str], evidence_map: EvidenceMap) -> dict[str, EvidenceRule]:
    """Return the rule of each item that has one. Raises FaultyInputError where none has."""
    rules = {item: evidence_map.rule_for(item) for item in items}
    ruled = {item: rule for item, rule in rules.items() if rule is not None}
    if not ruled:
        facts = {"map": evidence_map.code, "item": next(iter(rules))}
        raise FaultyInputError("responses", [Fault(code="no-rule", says=NO_RULE, facts=facts)])
    return ruled


def in_categories(responses: Responses, codings: Mapping[str, Coding]) -> pl.DataFrame:
    """Return the responses on the items of ``codings`` with a column ``category``, 0 to the item's ``top``.

    Raises FaultyInputError listing every item whose scores are no categories.
    """
    table = responses.table.select("learner", "occasion", "item", "rater", "score", "max_score")
    table = table.filter(pl.col("item").is_in(list(codings)))
    parts = table.partition_by("item", maintain_order=True)
    faults = [fault for part in parts for fault in _faults(part, codings[part.item(0, "item")])]
    if faults:
        raise FaultyInputError("responses", faults)
    coded = [part.with_columns(category=_categories(part, codings[part.item(0, "item")])) for part in parts]
    return pl.concat(coded) if coded else table.with_columns(category=pl.Series([], dtype=pl.Int64))


def coding_of(rule: EvidenceRule, highest: float) -> Coding:
    """Return how the scores on an item become categories, the highest score that it was marked out of given."""
    top = len(rule.edges) or len(rule.bands) or int(np.ceil(highest))
    return Coding(model=rule.model, bands=rule.bands, reversed=rule.reversed, top=top, edges=rule.edges)


def _categories(part: pl.DataFrame, coding: Coding) -> pl.Series:
    if coding.edges:
        category = np.searchsorted(np.asarray(coding.edges), part["score"].to_numpy() + HAIR, side="right")
    elif coding.bands:
        share = part["score"].to_numpy() / part["max_score"].to_numpy()
        category = np.searchsorted(np.asarray(coding.bands), share + HAIR, side="right")
    else:
        category = part["score"].to_numpy().astype(np.int64)
    return pl.Series(coding.top - category if coding.reversed else category, dtype=pl.Int64)


def _faults(part: pl.DataFrame, coding: Coding) -> Iterator[Fault]:
    facts: dict[str, object] = {"item": part.item(0, "item"), "n": coding.top + 1, "top": coding.top}
    if coding.model in (ItemModel.BINARY, ItemModel.GUESSING) and coding.top > 1:
        yield Fault(code="not-binary", says=NOT_RIGHT_OR_WRONG, facts=facts)
        return
    if coding.bands or coding.edges:
        return
    if coding.top >= MOST_CATEGORIES:
        yield Fault(code="too-many-categories", says=TOO_MANY, facts={**facts, "most": MOST_CATEGORIES})
        return
    broken = part.filter(pl.col("score") != pl.col("score").round())
    if broken.height:
        facts_here = {**facts, "n": broken.height, "score": broken.item(0, "score")}
        yield Fault(code="not-whole", says=NOT_WHOLE, facts=facts_here)
    other = part.filter(pl.col("max_score") != coding.top)
    if other.height:
        facts_here = {**facts, "n": other.height, "other": f"{other.item(0, 'max_score'):g}"}
        yield Fault(code="other-highest-score", says=OTHER_TOP, facts=facts_here)


def _coded(quality: str, table: pl.DataFrame, ruled: Mapping[str, tuple[EvidenceRule, Coding]]) -> CodedQuality:
    mine = table.filter(pl.col("item").is_in(list(ruled)))
    units = mine.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    items = tuple(sorted(mine["item"].unique()))
    raters = tuple(sorted(mine["rater"].drop_nulls().unique()))
    mine = (
        mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True)
        .with_columns(
            place=pl.col("item").replace_strict({name: j for j, name in enumerate(items)}, return_dtype=pl.Int64),
            judge=pl.col("rater").replace_strict(
                {name: r for r, name in enumerate(raters)}, default=-1, return_dtype=pl.Int64
            ),
        )
        .sort("unit", "place", "judge")
    )
    item = mine["place"].to_numpy().astype(np.intp)
    category, used = _squeezed(item, mine["category"].to_numpy(), len(items))
    return CodedQuality(
        quality=quality,
        units=units,
        items=items,
        rules=tuple(ruled[name][0] for name in items),
        codings=tuple(ruled[name][1] for name in items),
        used=used,
        raters=raters,
        unit=mine["unit"].to_numpy().astype(np.intp),
        item=item,
        category=category,
        rater=mine["judge"].to_numpy().astype(np.intp),
    )


def _squeezed(item: Index, met: npt.NDArray[np.int64], n_items: int) -> tuple[Index, tuple[tuple[int, ...], ...]]:
    """Return the categories counted without those never met, and for each item the categories met."""
    width = int(met.max()) + 1
    pairs, place = np.unique(item * width + met, return_inverse=True)
    first = np.searchsorted(pairs, np.arange(n_items) * width)
    used = tuple(tuple((chunk % width).tolist()) for chunk in np.split(pairs, first[1:]))
    return (place - first[item]).astype(np.intp), used


def units_of(coded: Sequence[CodedQuality]) -> tuple[pl.DataFrame, list[Index]]:
    """Return all units of several qualities, and for each quality's responses the unit among them."""
    units = pl.concat([one.units for one in coded]).unique().sort(UNIT, nulls_last=False)
    return units, [places_among(one, units)[one.unit] for one in coded]


def places_among(one: CodedQuality, units: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Return where each unit of a quality stands among ``units``."""
    numbered = units.with_row_index("whole")
    place = one.units.join(numbered, on=UNIT, nulls_equal=True, how="left", maintain_order="left")["whole"]
    return place.to_numpy().astype(np.int64)
