"""From scores to categories: which response speaks of which quality, by the rules of an evidence map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceMap, EvidenceRule
from yucai.texts import Text

__all__ = ["CodedQuality", "code_responses", "qualities_of"]

NO_RULE = Text(
    "no item of these responses falls under a rule of the evidence map “{map}” (items such as {item}). "
    "Add rules for them, or choose another map.",
    "这些作答中没有任何题目符合证据映射“{map}”的规则（例如 {item}）。请补充规则，或换用其他映射。",
)
NOT_WHOLE = Text(
    "{n} scores on {item} are not whole numbers from 0 (first: {score}). Give the rule bands, or whole-number scores.",
    "{item} 有 {n} 个得分不是从 0 开始的整数（首见：{score}）。请为规则设定分段，或改用整数得分。",
)
EMPTY = Text("there are no responses. Import some first.", "没有作答数据。请先导入。")

Index = npt.NDArray[np.intp]


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
    used: tuple[tuple[int, ...], ...]
    raters: tuple[str, ...]
    unit: Index
    item: Index
    category: Index
    rater: Index


def qualities_of(evidence_map: EvidenceMap) -> tuple[str, ...]:
    """Return the qualities a map has rules for, in the order of the rules."""
    return tuple(dict.fromkeys(rule.quality for rule in evidence_map.rules))


def code_responses(responses: Responses, evidence_map: EvidenceMap) -> tuple[CodedQuality, ...]:
    """Return the coded responses, one entry for each quality that has any, in the order of the map.

    Raises FaultyInputError: no responses, no item under a rule, scores that are no categories.
    """
    if not len(responses):
        raise FaultyInputError("responses", [Fault(code="empty", says=EMPTY)])
    rules = {item: evidence_map.rule_for(item) for item in responses.table["item"].unique(maintain_order=True)}
    ruled = {item: rule for item, rule in rules.items() if rule is not None}
    if not ruled:
        facts = {"map": evidence_map.code, "item": next(iter(rules))}
        raise FaultyInputError("responses", [Fault(code="no-rule", says=NO_RULE, facts=facts)])
    table = responses.table.select("learner", "occasion", "item", "rater", "score", "max_score")
    table = table.filter(pl.col("item").is_in(list(ruled)))
    coded = [_categories(part, ruled[str(part["item"][0])]) for part in table.partition_by("item", maintain_order=True)]
    faults = [fault for part in coded for fault in _not_whole(part)]
    if faults:
        raise FaultyInputError("responses", faults)
    whole = pl.concat(coded)
    return tuple(_coded(quality, whole, ruled) for quality in qualities_of(evidence_map) if _any(whole, ruled, quality))


def _any(table: pl.DataFrame, ruled: dict[str, EvidenceRule], quality: str) -> bool:
    return any(rule.quality == quality for rule in ruled.values())


def _categories(part: pl.DataFrame, rule: EvidenceRule) -> pl.DataFrame:
    if rule.bands:
        share = part["score"].to_numpy() / part["max_score"].to_numpy()
        # A share that rounding left a hair under a bound has reached it.
        category = np.searchsorted(np.asarray(rule.bands), share + 1e-9, side="right").astype(float)
        highest = float(len(rule.bands))
    else:
        category = part["score"].to_numpy().astype(float)
        highest = float(part["max_score"].max() or 0.0)  # type: ignore[arg-type]
    if rule.reversed:
        category = highest - category
    return part.with_columns(category=pl.Series(category))


def _not_whole(part: pl.DataFrame) -> Iterator[Fault]:
    wrong = part.filter(pl.col("category") != pl.col("category").round())
    if wrong.height:
        facts = {"n": wrong.height, "item": wrong["item"][0], "score": wrong["score"][0]}
        yield Fault(code="not-whole", says=NOT_WHOLE, facts=facts)


def _coded(quality: str, table: pl.DataFrame, ruled: dict[str, EvidenceRule]) -> CodedQuality:
    names = [item for item, rule in ruled.items() if rule.quality == quality]
    mine = table.filter(pl.col("item").is_in(names))
    units = mine.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    mine = mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True)
    items = tuple(sorted(mine["item"].unique()))
    raters = tuple(sorted(mine["rater"].drop_nulls().unique()))
    mine = mine.join(pl.DataFrame({"item": items}).with_row_index("place"), on="item")
    mine = mine.join(
        pl.DataFrame({"rater": raters}, schema={"rater": pl.String}).with_row_index("judge"), on="rater", how="left"
    ).sort("unit", "place", "judge")
    item = mine["place"].to_numpy().astype(np.intp)
    met = mine["category"].to_numpy().astype(np.intp)
    used = [np.unique(met[item == j]) for j in range(len(items))]
    category = np.empty_like(met)
    for j, values in enumerate(used):
        here = item == j
        category[here] = np.searchsorted(values, met[here])
    return CodedQuality(
        quality=quality,
        units=units,
        items=items,
        rules=tuple(ruled[name] for name in items),
        used=tuple(tuple(int(v) for v in values) for values in used),
        raters=raters,
        unit=mine["unit"].to_numpy().astype(np.intp),
        item=item,
        category=category,
        rater=mine["judge"].fill_null(-1).cast(pl.Int64).to_numpy().astype(np.intp),
    )
