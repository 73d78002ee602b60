"""Attempts at skills, in the order in which each learner made them: what knowledge tracing reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = ["ATTEMPTS", "Answers", "Attempts", "answers_of"]

ATTEMPTS: Final = Contract(
    "attempts",
    (
        Column(name="learner", kind="text", meaning=Text("who tried", "学习者")),
        Column(name="skill", kind="text", meaning=Text("skill that it takes", "技能（知识点）")),
        Column(name="order", kind="number", meaning=Text("place in the learner's own order", "先后次序")),
        Column(name="right", kind="flag", meaning=Text("whether it was right", "是否答对")),
        Column(name="item", kind="text", meaning=Text("question or task", "题目或任务"), required=False, nullable=True),
    ),
)

EMPTY = Text("there are no attempts. Give at least one answer.", "没有作答记录。请至少提供一次作答。")
NO_ORDER = Text(
    "{n} attempts have no usable place in their order (first: {learner} at {skill}). Number them, or leave them out.",
    "有 {n} 次作答缺少可用的先后次序（首见：{learner} 的 {skill}）。请补上次序，或略去这些记录。",
)
TWICE = Text(
    "{n} attempts stand twice for the same learner, skill and place in the order (first: {learner} at {skill}, "
    "place {order}). Keep one of each, or number them one after the other.",
    "有 {n} 次作答重复（同一学习者、技能、次序；首见：{learner} 的 {skill}，次序 {order}）。请各保留一次，或依次编号。",
)
TWO_ANSWERS = Text(
    "{n} places in a learner's order hold more than one answer (first: {learner}, place {order}). One place is one "
    "answer, which may take several skills; number different answers one after the other.",
    "有 {n} 处次序含有不止一个答案（首见：{learner}，次序 {order}）。一处次序只能是一次作答（可涉及多项技能），"
    "不同的作答请依次编号。",
)
NO_TIME = Text(
    "{n} responses do not say when they were given (first: {learner} on {item}), so their order is not known. "
    "Add the time, or leave them out.",
    "有 {n} 条作答没有时间（首见：{learner} 的 {item}），无法得知先后次序。请补上时间，或略去。",
)
NO_SKILL = Text(
    "none of these responses is on an item that takes a skill (items such as {item}). Name the skills of the items.",
    "这些作答中没有任何题目对应到技能（例如 {item}）。请注明各题所需的技能。",
)
TRIED = ("learner", "skill", "order")


@dataclass(frozen=True, slots=True)
class Attempts:
    """Who tried what, in which order, and whether it was right; in the columns of ``ATTEMPTS``, sorted.

    A learner and a place in the order name one answer. An answer that takes several skills has one row for each of
    them, with the same learner, order, item and outcome.
    """

    table: pl.DataFrame

    @classmethod
    def from_table(cls, table: Any) -> Attempts:
        """Return the attempts in a data frame of any kind (Polars, pandas, PyArrow ...).

        Raises FaultyInputError that lists all faults: missing or empty columns, wrong types, no order, the same
        attempt twice, two answers at one place.
        """
        checked = ATTEMPTS.check(table)
        if faults := list(_faults(checked)):
            raise FaultyInputError(ATTEMPTS.name, faults)
        return cls(checked.sort("learner", "order", "skill"))

    @classmethod
    def from_responses(
        cls, responses: Responses, skills: Mapping[str, Sequence[str]], *, right_from: float = 1.0
    ) -> Attempts:
        """Return the attempts that responses are, in the order of their times.

        ``skills`` names the skills of each item; ``*`` in an item stands for any text, and the first entry that fits
        counts. Right is whoever reached the share ``right_from`` of the highest score. Responses given at the same
        moment follow in the order of their items' names. Items without skills are passed over. Raises
        FaultyInputError: no response with a skill, responses without a time.
        """
        of = {item: _skills_of(item, skills) for item in responses.table["item"].unique(maintain_order=True)}
        told = responses.table.filter(pl.col("item").is_in([item for item, known in of.items() if known]))
        if not told.height:
            fault = Fault(code="no-skill", says=NO_SKILL, facts={"item": next(iter(of), "-")})
            raise FaultyInputError(ATTEMPTS.name, [fault])
        timeless = told.filter(pl.col("at").is_null())
        if timeless.height:
            first = timeless.row(0, named=True)
            facts = {"n": timeless.height, "learner": first["learner"], "item": first["item"]}
            raise FaultyInputError(ATTEMPTS.name, [Fault(code="no-time", says=NO_TIME, facts=facts)])
        keyed = pl.DataFrame({"item": list(of), "skill": [list(known) for known in of.values()]})
        ordered = told.sort("learner", "at", "item", "occasion", "rater").with_columns(
            order=pl.int_range(pl.len()).over("learner").cast(pl.Float64),
            right=pl.col("score") >= right_from * pl.col("max_score") - 1e-9,
        )
        return cls.from_table(ordered.join(keyed.explode("skill"), on="item"))

    def __len__(self) -> int:
        """The number of rows: one an answer and skill."""
        return self.table.height

    @property
    def n_answers(self) -> int:
        """The number of answers, each counted once however many skills it takes."""
        return int(self.table.select(pl.struct("learner", "order").n_unique()).item())

    def of_learners(self, learners: Collection[str]) -> Attempts:
        """Return the attempts of some learners."""
        return Attempts(self.table.filter(pl.col("learner").is_in(list(learners))))


def _skills_of(item: str, skills: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return next((tuple(known) for pattern, known in skills.items() if fnmatchcase(item, pattern)), ())


def _faults(table: pl.DataFrame) -> Iterator[Fault]:
    if not table.height:
        yield Fault(code="empty", says=EMPTY)
        return
    adrift = table.filter(~pl.col("order").is_finite())
    if adrift.height:
        yield Fault(code="no-order", says=NO_ORDER, facts=_facts(adrift, TRIED[:2]))
    twice = table.filter(~pl.struct(TRIED).is_first_distinct() & pl.col("order").is_finite())
    if twice.height:
        yield Fault(code="duplicate", says=TWICE, facts=_facts(twice, TRIED))
    answers = table.group_by("learner", "order", maintain_order=True).agg(
        different=pl.struct("right", "item").n_unique()
    )
    mixed = answers.filter(pl.col("different") > 1)
    if mixed.height:
        yield Fault(code="two-answers", says=TWO_ANSWERS, facts=_facts(mixed, ("learner", "order")))


def _facts(rows: pl.DataFrame, named: Sequence[str]) -> dict[str, object]:
    first = rows.row(0, named=True)
    shown = {name: f"{first[name]:g}" if name == "order" else first[name] for name in named}
    return {"n": rows.height, **shown}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Attempts as numbers: names of the skills, and of each attempt (R,) its skill, its learner and if it was right."""

    skills: tuple[str, ...]
    skill: npt.NDArray[np.int64]
    learner: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]

    @property
    def n_learners(self) -> int:
        """Learners are numbered in their order."""
        return int(self.learner[-1]) + 1 if len(self.learner) else 0


def answers_of(table: pl.DataFrame) -> Answers:
    """Return a table of attempts, sorted by learner and order, as numbers; skills by name."""
    skills = table["skill"].unique().sort()
    return Answers(
        skills=tuple(skills),
        skill=table["skill"].cast(pl.Enum(skills)).to_physical().to_numpy().astype(np.int64),
        learner=table["learner"].rle_id().to_numpy().astype(np.int64),
        right=table["right"].to_numpy(),
    )
