"""One learner's adaptive test: what was asked and answered, where that puts the learner, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import YucaiError
from yucai.measurement.adaptive.prepared import CHOICES, AdaptiveTest
from yucai.texts import Text

__all__ = ["AdaptiveSession", "AdaptiveSessionError", "Standing", "WhyEnded"]

Array = npt.NDArray[np.float64]
FILE_VERSION: Final = 1
SWEEPS: Final = 8

OTHER_TEST = Text("it belongs to another test or version of it", "它属于另一测试或另一版本")
DAMAGED = Text("it is damaged or something else", "内容损坏或并非测试记录")
NOT_ASKED = Text("“{item}” was not asked; asked is {asked}", "并未提问“{item}”，当前题目为 {asked}")
NOTHING_ASKED = Text("no item is asked now", "当前没有待答题目")
NO_LEVEL = Text("{level} is no score of “{item}”: 0 to {top}", "{level} 不是“{item}”的得分：应为 0 到 {top}")


class AdaptiveSessionError(YucaiError):
    """A session cannot take that step."""

    says = Text(
        "This test cannot go on like that: {reason}. Ask for the next item anew.",
        "测试无法这样继续：{reason}。请重新获取下一题。",
    )
    exit_code = 65


class WhyEnded(StrEnum):
    """Why a test ended; one of the plan's rules, or nothing left to ask."""

    LENGTH = "length"
    SETTLED = "settled"
    EMPTY = "empty"


REASONS: Final = {1: WhyEnded.LENGTH, 2: WhyEnded.SETTLED, 3: WhyEnded.EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Where a learner stands after the answers so far: mean, std_error, lower90, upper90 (D,), covariance (D, D).

    ``above``: for each quality with a cut, the chance of standing above it.
    """

    qualities: tuple[str, ...]
    mean: Array
    std_error: Array
    lower90: Array
    upper90: Array
    covariance: Array
    above: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveSession:
    """What was asked and answered, and no more; a step returns another session.

    ``answers`` are items with the category of each answer; ``asked`` is the item that waits for an answer;
    ``set_aside`` are items that exposure control keeps from this learner.
    """

    test: AdaptiveTest
    learner: str = ""
    answers: tuple[tuple[str, int], ...] = ()
    asked: str | None = None
    set_aside: tuple[str, ...] = ()
    ended: WhyEnded | None = None

    @classmethod
    def begin(cls, test: AdaptiveTest, *, learner: str = "", without: Collection[str] = ()) -> AdaptiveSession:
        """Return a session in which nothing has been asked yet; items ``without`` are kept from this learner."""
        aside = tuple(sorted(item for item in without if item in test.numbers))
        return cls(test=test, learner=learner, set_aside=aside)

    def next_item(self, *, rng: np.random.Generator) -> AdaptiveSession:
        """Return the session with the next item in ``asked``, or with the reason in ``ended`` when there is none.

        While an item waits for its answer it stays the same, so that a page may be loaded twice.
        """
        if self.asked is not None or self.ended is not None:
            return self
        from yucai.measurement.adaptive.kernels import choose

        test, t, plan = self.test, self.test.tables, self.test.plan
        weights, mean, covariance = self._placed()
        j_n = len(t.family)
        barred = np.zeros(j_n, dtype=np.int8)
        barred[[test.numbers[item] for item in self.set_aside]] = 2
        given = [test.numbers[item] for item, _category in self.answers]
        barred[given] = 1
        counts = np.bincount([a for a in t.area[given] if a >= 0], minlength=len(t.least)).astype(np.int64)
        state = rng.integers(2**64, size=1, dtype=np.uint64)
        chosen = choose(
            len(given), plan.most_items, plan.least_items, CHOICES[plan.choice], t.importance, t.targets, t.cuts,
            plan.certainty, t.area, counts, t.least, t.most, plan.among, t.admitted, weights, mean, covariance, t.nodes,
            t.chances, t.information, t.item_from, t.row_from, t.first, t.n_categories, state, barred,
            np.empty((3, len(t.logs))), np.empty(j_n), np.empty(len(mean)), np.zeros(j_n, dtype=np.int64),
        )  # fmt: skip
        aside = tuple(test.bank.items[j].item for j in np.flatnonzero(barred == 2))
        if chosen < 0:
            return replace(self, ended=REASONS[-chosen], set_aside=aside)
        return replace(self, asked=test.bank.items[chosen].item, set_aside=aside)

    def answered(self, item: str, level: int) -> AdaptiveSession:
        """Return the session after an answer to the item that was asked; ``level`` is its score, 0 or above.

        Raises AdaptiveSessionError: another item is asked (a page sent twice), or no such score.
        """
        if self.asked is None:
            raise AdaptiveSessionError(reason=NOTHING_ASKED)
        if item != self.asked:
            reason = NOT_ASKED.filled(item=item, asked=self.asked)
            raise AdaptiveSessionError(reason=reason)
        known = self.test.item(item)
        if not 0 <= level <= known.levels[-1]:
            raise AdaptiveSessionError(reason=NO_LEVEL.filled(item=item, level=level, top=known.levels[-1]))
        return replace(self, answers=(*self.answers, (item, known.category_of(level))), asked=None)

    def standing(self) -> Standing:
        """Return where the learner stands after the answers so far."""
        weights, mean, covariance = self._placed()
        nodes, qualities = self.test.tables.nodes, self.test.bank.qualities
        reached = np.cumsum(weights, axis=1)
        ends = []
        for share in (0.05, 0.95):
            q = np.minimum((reached < share).sum(axis=1), len(nodes) - 1)
            d = np.arange(len(q))
            inside = (share - (reached[d, q] - weights[d, q])) / np.maximum(weights[d, q], 1e-300)
            ends.append(nodes[q] + (inside - 0.5) * (nodes[1] - nodes[0]))
        h = nodes[1] - nodes[0]
        above = {
            quality: float(weights[qualities.index(quality)] @ np.clip((nodes + h / 2 - cut) / h, 0.0, 1.0))
            for quality, cut in self.test.plan.cuts.items()
        }
        return Standing(
            qualities=qualities, mean=mean, std_error=np.sqrt(np.diag(covariance)), lower90=ends[0], upper90=ends[1],
            covariance=covariance, above=above,
        )  # fmt: skip

    def to_json(self) -> str:
        """Return the session as one line of JSON, by which a service can keep it between two pages."""
        said = {
            "yucai_session": FILE_VERSION, "test": self.test.fingerprint, "learner": self.learner,
            "answers": self.answers, "asked": self.asked, "set_aside": self.set_aside, "ended": self.ended,
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, test: AdaptiveTest) -> AdaptiveSession:
        """Return the session that was kept. Raises AdaptiveSessionError: it is none, or belongs to another test."""
        try:
            said = json.loads(text)
            if said["yucai_session"] != FILE_VERSION or said["test"] != test.fingerprint:
                raise AdaptiveSessionError(reason=OTHER_TEST)
            answers = tuple((str(item), int(category)) for item, category in said["answers"])
            names = [
                *(item for item, _category in answers),
                *said["set_aside"],
                *([said["asked"]] if said["asked"] else []),
            ]
            if any(name not in test.numbers for name in names) or any(
                not 0 <= category < test.item(item).n_categories for item, category in answers
            ):
                raise AdaptiveSessionError(reason=DAMAGED)
            return cls(
                test=test, learner=str(said["learner"]), answers=answers, asked=said["asked"],
                set_aside=tuple(said["set_aside"]), ended=WhyEnded(said["ended"]) if said["ended"] else None,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as problem:
            raise AdaptiveSessionError(reason=DAMAGED) from problem

    def _placed(self) -> tuple[Array, Array, Array]:
        """Return weights (D, Q), mean (D,) and covariance (D, D) after the answers so far."""
        from yucai.measurement.adaptive.kernels import place

        t = self.test.tables
        d_n, q_n = len(t.prior), len(t.nodes)
        likelihood, seen = np.zeros((d_n, q_n)), np.zeros(d_n, dtype=bool)
        for j, category in sorted((self.test.numbers[item], category) for item, category in self.answers):
            likelihood[t.quality[j]] += t.logs[t.first[j] + category]
            seen[t.quality[j]] = True
        tau, nu = seen.astype(float), np.zeros(d_n)
        weights, mean, covariance = np.zeros((d_n, q_n)), np.zeros(d_n), t.prior.copy()
        place(
            likelihood, seen, t.nodes, t.precision, tau, nu, 1 if d_n == 1 else SWEEPS, weights, mean, covariance,
            np.zeros((d_n, d_n)), np.zeros(d_n),
        )  # fmt: skip
        return weights, mean, covariance
