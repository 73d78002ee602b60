"""Where each learner stands on each skill after the attempts so far, what comes next, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Column, Contract
from yucai.measurement.tracing.attempts import ATTEMPTS, Attempts
from yucai.measurement.tracing.results import SkillTracing, Tracing
from yucai.texts import Text

__all__ = ["MASTERY", "TRACED_ANSWERS", "Traces", "trace_mastery"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
NORMAL_90: Final = 1.6448536269514722
STRIDE: Final = 1e-3
HAIR: Final = 1e-12

_LEARNER = Column(name="learner", kind="text", meaning=Text("who tried", "学习者"))
_SKILL = Column(name="skill", kind="text", meaning=Text("skill", "技能（知识点）"))
TRACED_ANSWERS: Final = Contract(
    "traced answers",
    (
        _LEARNER,
        Column(name="order", kind="number", meaning=Text("place in the learner's own order", "先后次序")),
        _SKILL,
        Column(name="item", kind="text", meaning=Text("question or task", "题目或任务"), nullable=True),
        Column(name="right", kind="flag", meaning=Text("whether it was right", "是否答对")),
        Column(name="mastery", kind="number", meaning=Text("chance of mastery before the answer", "作答前的掌握概率")),
        Column(name="chance", kind="number", meaning=Text("chance of a right answer, told before it", "预测答对概率")),
    ),
)
MASTERY: Final = Contract(
    "mastery",
    (
        _LEARNER,
        _SKILL,
        Column(name="n_answers", kind="whole", meaning=Text("answers so far", "已有作答数")),
        Column(name="mastery", kind="number", meaning=Text("chance that the skill is mastered now", "当前掌握概率")),
        Column(name="mastery_std_error", kind="number", meaning=Text("its standard error", "标准误"), nullable=True),
        Column(name="mastery_lower90", kind="number", meaning=Text("lower end, 90 %", "90% 区间下限"), nullable=True),
        Column(name="mastery_upper90", kind="number", meaning=Text("upper end, 90 %", "90% 区间上限"), nullable=True),
        Column(
            name="next_right", kind="number", meaning=Text("chance that the next answer is right", "下一题答对概率")
        ),
        Column(name="next_std_error", kind="number", meaning=Text("its standard error", "标准误"), nullable=True),
        Column(name="next_lower90", kind="number", meaning=Text("lower end, 90 %", "90% 区间下限"), nullable=True),
        Column(name="next_upper90", kind="number", meaning=Text("upper end, 90 %", "90% 区间上限"), nullable=True),
    ),
)

NONE_TRACED = Text(
    "none of these attempts is at a skill that was traced (they are at {skill}; traced were {known}). Trace with these "
    "attempts, or name the skills alike.",
    "这些作答所涉技能均未追踪过（例如 {skill}；已追踪：{known}）。请用这些作答重新追踪，或统一技能名称。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traces:
    """What was known before each answer, in the columns of ``TRACED_ANSWERS``, and where learners stand now, in those
    of ``MASTERY``. ``passed_over`` names skills of the attempts that were not traced.

    Standard errors are those of what is not known of the skill's numbers (delta method); that a learner either has
    mastered a skill or has not is what ``mastery`` itself says. They are empty where the numbers have none.
    """

    answers: pl.DataFrame
    now: pl.DataFrame
    passed_over: tuple[str, ...]

    def predictions(self) -> pl.DataFrame:
        """Return one row an answer: learner, order, item, right, and the chance told before it.

        Where an answer takes several skills it is that of the skill that makes it least likely (Gong, Beck and
        Heffernan 2010).
        """
        return self.answers.group_by("learner", "order", maintain_order=True).agg(
            pl.col("item").first(), pl.col("right").first(), pl.col("chance").min()
        )


def trace_mastery(attempts: Attempts, tracing: Tracing) -> Traces:
    r"""Return what was known before each answer and where learners stand after the last.

    After an answer the chance of mastery is :math:`m' = m P(answer | L) / P(answer)`, and before the next one
    :math:`m' (1 - forget) + (1 - m') learn`. Where learners vary, all this is averaged over where a learner may be,
    so that an answer on one skill says something of the start of others. An item that was not traced counts as a
    middle one of its skill. Raises FaultyInputError: no attempt at a traced skill.
    """
    known = [one.skill for one in tracing.skills]
    table = attempts.table.filter(pl.col("skill").is_in(known))
    others = sorted(set(attempts.table["skill"].unique()) - set(known))
    if not table.height:
        facts = {"skill": ", ".join(others[:3]), "known": ", ".join(known[:3])}
        raise FaultyInputError(ATTEMPTS.name, [Fault(code="not-traced", says=NONE_TRACED, facts=facts)])
    walk = _Walk(table, tracing)
    before, now = walk.run(walk.numbers)
    item = walk.item
    chance = before * (1.0 - walk.numbers.slip[item]) + (1.0 - before) * walk.numbers.guess[item]
    answers = table.with_columns(mastery=pl.Series(before), chance=pl.Series(chance))
    return Traces(
        answers=TRACED_ANSWERS.check(answers),
        now=MASTERY.check(walk.standing(now)),
        passed_over=tuple(others),
    )


class _Walk:
    """Attempts as numbers, and the numbers of their skills: those of items, then of each skill's middle item."""

    def __init__(self, table: pl.DataFrame, tracing: Tracing) -> None:
        from yucai.measurement.tracing.state import LOG_WEIGHTS, NODES, Numbers  # loads the compiler

        self.skills = tracing.skills
        rank = {one.skill: s for s, one in enumerate(self.skills)}
        items = [(s, i.item) for s, one in enumerate(self.skills) for i in one.items]
        self.first = len(items)
        self.skill = table["skill"].replace_strict(rank, return_dtype=pl.Int64).to_numpy()
        self.item = self.first + self.skill
        if items:
            listed = pl.DataFrame(items, schema={"s": pl.Int64, "item": pl.String}, orient="row").with_row_index("j")
            numbered = table.select("item").with_columns(s=pl.Series(self.skill)).join(
                listed, on=["s", "item"], how="left", nulls_equal=True, maintain_order="left"
            )  # fmt: skip
            own = numbered["j"].to_numpy()
            self.item = (
                np.where(np.isnan(own), self.item, np.nan_to_num(own)).astype(np.int64)
                if own.dtype.kind == "f"
                else own.astype(np.int64)
            )
        of_items = [i for one in self.skills for i in one.items]
        self.numbers = Numbers(
            level=scipy.special.logit(np.array([one.start.value for one in self.skills])),
            learn=np.array([one.learn.value for one in self.skills]),
            forget=np.array([one.forget.value if one.forget else 0.0 for one in self.skills]),
            guess=np.array([i.guess.value for i in of_items] + [one.guess.value for one in self.skills]),
            slip=np.array([i.slip.value for i in of_items] + [one.slip.value for one in self.skills]),
            spread=tracing.spread.value if tracing.spread else 0.0,
        )
        self.nodes = self.numbers.spread * NODES if tracing.spread else np.zeros(1)
        self.log_weights = LOG_WEIGHTS if tracing.spread else np.zeros(1)
        new = table.select(answer=pl.struct("learner", "order").rle_id(), learner=pl.col("learner").rle_id())
        answer, learner = new["answer"].to_numpy().astype(np.int64), new["learner"].to_numpy().astype(np.int64)
        self.rows = np.concatenate([np.flatnonzero(np.diff(answer, prepend=-1)), [len(answer)]]).astype(np.int64)
        of_answer = learner[self.rows[:-1]]
        self.pointer = np.concatenate([np.flatnonzero(np.diff(of_answer, prepend=-1)), [len(of_answer)]]).astype(
            np.int64
        )
        pairs, self.pair, count = np.unique(
            learner * len(self.skills) + self.skill, return_inverse=True, return_counts=True
        )
        self.pair_skill = pairs % len(self.skills)
        self.right = table["right"].to_numpy()
        names = table["learner"].to_numpy()[self.rows[self.pointer[:-1]]]
        self.pairs = pl.DataFrame({
            "learner": names[pairs // len(self.skills)],
            "skill": [self.skills[s].skill for s in self.pair_skill],
            "n_answers": count,
        })  # fmt: skip

    def run(self, numbers: object) -> tuple[Array, Array]:
        """Return the mastery before each row and that of each pair after the last."""
        from yucai.measurement.tracing.kernels import MANY, follow, follow_alone
        from yucai.measurement.tracing.state import Numbers

        assert isinstance(numbers, Numbers)
        before, now = np.empty(len(self.skill)), np.empty(len(self.pair_skill))
        walk = follow if len(self.skill) >= MANY else follow_alone
        walk(
            self.pointer, self.rows, self.skill, self.right, self.item, self.pair, self.nodes, self.log_weights,
            numbers.level, numbers.learn, numbers.forget, numbers.guess, numbers.slip, before, now,
        )  # fmt: skip
        return before, now

    def standing(self, now: Array) -> pl.DataFrame:
        """Return where each learner stands on each skill tried, and how surely."""
        logits = [
            scipy.special.logit(np.clip(now, HAIR, 1.0 - HAIR)),
            scipy.special.logit(self._next(now, self.numbers)),
        ]
        variance = self._variances()
        told = ~np.isnan(variance[0])
        columns = {}
        for name, at, v in zip(("mastery", "next"), logits, variance, strict=True):
            value, reach = scipy.special.expit(at), NORMAL_90 * np.sqrt(v)
            columns[name if name == "mastery" else "next_right"] = now if name == "mastery" else value
            columns[f"{name}_std_error"] = np.sqrt(v) * value * (1.0 - value)
            columns[f"{name}_lower90"], columns[f"{name}_upper90"] = (
                scipy.special.expit(at - reach),
                scipy.special.expit(at + reach),
            )
        made = self.pairs.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
        blank = [name for name in columns if name not in ("mastery", "next_right")]
        shown = pl.Series(told)
        return made.with_columns(pl.when(shown).then(pl.col(name)).otherwise(None) for name in blank)

    def _next(self, now: Array, numbers: object) -> Array:
        from yucai.measurement.tracing.state import Numbers

        assert isinstance(numbers, Numbers)
        guess, slip = numbers.guess[self.first :][self.pair_skill], numbers.slip[self.first :][self.pair_skill]
        chance: Array = now * (1.0 - slip) + (1.0 - now) * guess
        return chance

    def _variances(self) -> tuple[Array, Array]:
        """Return the variances of the logits of mastery and of the next answer, by differences along each number."""
        sizes = [len(one.covariance) for one in self.skills]
        by = np.zeros((2, len(self.pair_skill), max(sizes)))
        for p in range(max(sizes)):
            ends = []
            for way in (STRIDE, -STRIDE):
                numbers = self._moved(p, way)
                _before, now = self.run(numbers)
                ends.append(
                    (scipy.special.logit(np.clip(now, HAIR, 1 - HAIR)), scipy.special.logit(self._next(now, numbers)))
                )
            by[0, :, p] = (ends[0][0] - ends[1][0]) / (2 * STRIDE)
            by[1, :, p] = (ends[0][1] - ends[1][1]) / (2 * STRIDE)
        found = np.full((2, len(self.pair_skill)), np.nan)
        for s, one in enumerate(self.skills):
            if not _is_told(one):
                continue
            here, c = self.pair_skill == s, np.array(one.covariance)
            for k in range(2):
                d = by[k, here, : sizes[s]]
                found[k, here] = np.einsum("np,pq,nq->n", d, c, d)
        return found[0], found[1]

    def _moved(self, p: int, way: float) -> object:
        """Return the numbers with the p-th number of every skill moved in logits."""
        from yucai.measurement.tracing.state import Numbers

        n = self.numbers
        parts = {
            "level": n.level.copy(), "learn": n.learn.copy(), "forget": n.forget.copy(),
            "guess": n.guess.copy(), "slip": n.slip.copy(),
        }  # fmt: skip
        first_item = 0
        for s, one in enumerate(self.skills):
            names = ["level", "learn", *(["forget"] if one.forget else [])]
            j = len(one.items)
            if p < len(names):
                parts[names[p]][s] += way if p == 0 else _by_logit(parts[names[p]][s], way)
            elif p < len(one.covariance):
                name = "guess" if p - len(names) < max(j, 1) else "slip"
                i = (p - len(names)) % max(j, 1)
                middle = self.first + s
                if j:
                    change = _by_logit(parts[name][first_item + i], way)
                    parts[name][first_item + i] += change
                    parts[name][middle] += change * one.items[i].n_answers / one.n_answers
                else:
                    parts[name][middle] += _by_logit(parts[name][middle], way)
            first_item += j
        return Numbers(**parts, spread=n.spread)


def _is_told(one: SkillTracing) -> bool:
    """Return whether every number that moves the mastery has an error, numbers at a bound apart."""
    return any(any(row) for row in one.covariance)


def _by_logit(p: float, way: float) -> float:
    return float(scipy.special.expit(scipy.special.logit(p) + way) - p)
