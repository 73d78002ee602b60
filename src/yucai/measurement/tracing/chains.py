"""Attempts as numbers: chains of one learner at one skill, packed in blocks for the compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.measurement.engine.kernels import order_of
from yucai.measurement.tracing.attempts import Answers, answers_of
from yucai.measurement.tracing.kernels import LANES, PADDING, count_off

__all__ = ["Chains", "chains_of", "items_of"]

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chains:
    """C chains of N learners at S skills, in B blocks of up to 16 chains of one skill; W rows of all blocks together.

    ``begin``, ``n_rows``, ``skill`` (B,) of the blocks; ``learner`` (B, LANES), -1 where there is no chain; ``code``
    (W, LANES). ``item`` (W, LANES), or (0, LANES) where all items of a skill are alike; then I = S. ``item_skill``
    (I,); ``item_pointer`` (I+1,) and, where items differ, ``item_place`` list where each item's answers stand in the
    flattened ``code``.
    """

    n_learners: int
    n_skills: int
    begin: Index
    n_rows: Index
    skill: Index
    learner: Index
    code: npt.NDArray[np.int8]
    item: npt.NDArray[np.int32]
    item_skill: Index
    item_pointer: Index
    item_place: Index


def items_of(table: pl.DataFrame, skills: tuple[str, ...]) -> pl.DataFrame:
    """Return skill and item of all that were tried, skills in the given order and items by name."""
    rank = {name: s for s, name in enumerate(skills)}
    found = table.select("skill", "item").unique()
    found = found.with_columns(rank=pl.col("skill").replace_strict(rank, return_dtype=pl.Int64))
    return found.sort("rank", "item", nulls_last=False).select("skill", "item")


def chains_of(table: pl.DataFrame, skills: tuple[str, ...], *, by_item: bool, answers: Answers | None = None) -> Chains:
    """Return the chains in a table of attempts, sorted by learner and order; every row's skill is one of ``skills``.

    ``answers`` are those of the table, where they are known already.
    """
    answers = answers or answers_of(table)
    s, who, n_learners = answers.skill, answers.learner, answers.n_learners
    if answers.skills != skills:
        s = np.array([skills.index(name) for name in answers.skills], dtype=np.int64)[s]
    length = np.bincount(s * n_learners + who, minlength=len(skills) * n_learners)
    there = np.flatnonzero(length)
    order = there[np.lexsort((there, -length[there], there // max(n_learners, 1)))]  # of a skill, long chains first
    lane, block, begin, n_rows = _placed(order // max(n_learners, 1), length[order])
    first, step = np.zeros(len(length), dtype=np.int64), np.zeros(len(s), dtype=np.int64)
    first[order] = begin[block] * LANES + lane
    count_off(s * n_learners + who, np.zeros(len(length), dtype=np.int64), step)
    place = first[s * n_learners + who] + step * LANES
    whose = np.full((len(begin), LANES), -1, dtype=np.int64)
    whose[block, lane] = order % max(n_learners, 1)
    code = np.full(int(n_rows.sum()) * LANES, PADDING, dtype=np.int8)
    code[place] = answers.right
    block_skill = np.zeros(len(begin), dtype=np.int64)
    block_skill[block] = order // max(n_learners, 1)
    item, item_skill = _numbered(table, s, skills, by_item=by_item)
    packed = np.zeros(code.size if by_item else 0, dtype=np.int32)
    if by_item:
        packed[place] = item
    pointer = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=len(item_skill)))]).astype(np.int64)
    item_place = place[order_of(item, pointer)] if by_item else place[:0]
    return Chains(
        n_learners=n_learners, n_skills=len(skills), begin=begin, n_rows=n_rows, skill=block_skill,
        learner=whose, code=code.reshape(-1, LANES), item=packed.reshape(-1, LANES), item_skill=item_skill,
        item_pointer=pointer, item_place=item_place,
    )  # fmt: skip


def _placed(skill: Index, length: Index) -> tuple[Index, Index, Index, Index]:
    """Return lane and block of each chain, and where each block begins and how many rows it has."""
    first_of_skill = np.concatenate([[0], np.flatnonzero(np.diff(skill)) + 1]) if len(skill) else np.zeros(0, int)
    n_of_skill = np.diff(np.concatenate([first_of_skill, [len(skill)]]))
    inside = np.arange(len(skill)) - np.repeat(first_of_skill, n_of_skill)
    blocks = -(-n_of_skill // LANES)
    first_block = np.cumsum(blocks) - blocks
    block = np.repeat(first_block, n_of_skill) + inside // LANES
    n_rows = np.zeros(int(blocks.sum()), dtype=np.int64)
    np.maximum.at(n_rows, block, length)
    return inside % LANES, block, np.cumsum(n_rows) - n_rows, n_rows


def _numbered(table: pl.DataFrame, skill: Index, skills: tuple[str, ...], *, by_item: bool) -> tuple[Index, Index]:
    """Return each row's item as a number, and each item's skill; where items are alike, skills stand for them."""
    if not by_item:
        return skill, np.arange(len(skills))
    known = items_of(table, skills).with_row_index("j")
    numbered = table.join(known, on=["skill", "item"], nulls_equal=True, how="left", maintain_order="left")
    rank = {name: s for s, name in enumerate(skills)}
    return numbered["j"].to_numpy().astype(np.int64), np.array([rank[name] for name in known["skill"]])
