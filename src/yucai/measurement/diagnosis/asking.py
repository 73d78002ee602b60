"""What is asked of a diagnosis, checked: which item needs which concepts, answers right or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.diagnosis.classes import Answers
from yucai.texts import Text

__all__ = ["Asked", "asked_of"]

MOST_CONCEPTS: Final = 12
MOST_NAMES: Final = 5
NO_CONCEPT: Final = Text(
    "{item} needs no concept. Name at least one, or leave the item out.",
    "{item} 未对应任何知识点。请至少写一个，或去掉该题。",
)
NOTHING: Final = Text(
    "none of the items that need concepts was answered (items such as {item}). Check the codes of the items.",
    "对应知识点的题目没有任何作答（例如 {item}）。请核对题目代码。",
)
TOO_MANY: Final = Text(
    "{n} concepts make {patterns} patterns of mastery; at most {most} concepts can be told apart. Diagnose "
    "fewer at once.",
    "{n} 个知识点共有 {patterns} 种掌握模式，最多可区分 {most} 个知识点。请减少知识点。",
)
NOT_ALONE: Final = Text(
    "no answered item needs {concepts} alone, so the answers cannot tell who has mastered it. Add an item for each, or "
    "join it with another concept.",
    "没有作答过的题目只考查 {concepts}，因此无法判断谁已掌握。请各补一题，或将其与其他知识点合并。",
)
NOT_RIGHT_OR_WRONG: Final = Text(
    "{n} scores on {item} are neither 0 nor full marks (first: {score} of {top}). Say from which share on an answer "
    "counts as right (right_from).",
    "{item} 有 {n} 个得分既非 0 分也非满分（首见：{score}/{top}）。请用 right_from 指明达到多少比例算作答对。",
)
TWICE: Final = Text(
    "{n} answers on {item} stand beside another of the same learner and occasion (first: {learner}). Keep one.",
    "{item} 有 {n} 个作答与同一学习者同一时段的作答重复（首见：{learner}）。请只保留一个。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Answers, numbered: units, items and concepts in order, the Q-matrix ``needed`` (J, K), items answered alike."""

    units: pl.DataFrame
    items: tuple[str, ...]
    concepts: tuple[str, ...]
    needed: npt.NDArray[np.bool_]
    answers: Answers
    alike: tuple[str, ...]
    never: tuple[str, ...]


def asked_of(responses: Responses, concepts: Mapping[str, Sequence[str]], *, right_from: float | None) -> Asked:
    """Return what is asked, numbered. Raises FaultyInputError with every fault."""
    table = responses.table.filter(pl.col("item").is_in(list(concepts)))
    faults = [
        Fault(code="no-concept", says=NO_CONCEPT, facts={"item": item}) for item, own in concepts.items() if not own
    ]
    if not table.height:
        faults.append(Fault(code="no-answers", says=NOTHING, facts={"item": next(iter(concepts), "-")}))
        raise FaultyInputError("diagnosis", faults)
    table = table.with_columns(share=pl.col("score") / pl.col("max_score"))
    faults += [*_about_scores(table, right_from), *_about_twice(table)]
    right = pl.col("share") >= (1.0 if right_from is None else right_from) - 1e-9
    table = table.with_columns(right=right).sort("learner", "occasion", "item")
    seen = dict(table.group_by("item").agg(pl.col("right").n_unique()).iter_rows())
    items = tuple(sorted(item for item, n in seen.items() if n > 1))
    names = tuple(dict.fromkeys(concept for item in sorted(concepts) for concept in concepts[item]))
    needed = np.array([[name in concepts[item] for name in names] for item in items], dtype=bool)
    faults += _about_concepts(names, needed.reshape(len(items), len(names)))
    if faults:
        raise FaultyInputError("diagnosis", faults)
    units = table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    return Asked(
        units=units, items=items, concepts=names, needed=needed, answers=_answers(table, units, items),
        alike=tuple(sorted(item for item, n in seen.items() if n < 2)),
        never=tuple(sorted(item for item in concepts if item not in seen)),
    )  # fmt: skip


def _answers(table: pl.DataFrame, units: pl.DataFrame, items: Sequence[str]) -> Answers:
    mine = table.filter(pl.col("item").is_in(list(items)))
    mine = mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True)
    place = {item: j for j, item in enumerate(items)}
    at = mine["unit"].to_numpy(), mine["item"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    seen, right = np.zeros((units.height, len(items))), np.zeros((units.height, len(items)))
    seen[at] = 1.0
    right[at] = mine["right"].to_numpy()
    return Answers(right=right, seen=seen)


def _about_scores(table: pl.DataFrame, right_from: float | None) -> Iterator[Fault]:
    if right_from is not None:
        return
    between = table.filter((pl.col("share") > 0) & (pl.col("share") < 1))
    for part in between.partition_by("item", maintain_order=True):
        facts = {"item": part["item"][0], "n": part.height, "score": part["score"][0], "top": part["max_score"][0]}
        yield Fault(code="not-right-or-wrong", says=NOT_RIGHT_OR_WRONG, facts=facts)


def _about_twice(table: pl.DataFrame) -> Iterator[Fault]:
    again = table.filter(~pl.struct("learner", "occasion", "item").is_first_distinct())
    for part in again.partition_by("item", maintain_order=True):
        facts = {"item": part["item"][0], "n": part.height, "learner": part["learner"][0]}
        yield Fault(code="twice", says=TWICE, facts=facts)


def _about_concepts(names: Sequence[str], needed: npt.NDArray[np.bool_]) -> Iterator[Fault]:
    if len(names) > MOST_CONCEPTS:
        facts: dict[str, object] = {"n": len(names), "patterns": 2 ** len(names), "most": MOST_CONCEPTS}
        yield Fault(code="too-many-concepts", says=TOO_MANY, facts=facts)
    alone = needed[needed.sum(axis=1) == 1].any(axis=0) if len(needed) else np.zeros(len(names), dtype=bool)
    lacking = [name for name, has in zip(names, alone, strict=True) if not has]
    if lacking:
        more = len(lacking) - MOST_NAMES
        tails = (f" and {more} more", f"等 {len(lacking)} 个知识点") if more > 0 else ("", "")
        said = Text(", ".join(lacking[:MOST_NAMES]) + tails[0], "、".join(lacking[:MOST_NAMES]) + tails[1])
        yield Fault(code="not-alone", says=NOT_ALONE, facts={"concepts": said})
