"""What knowledge tracing estimates, what one pass over the chains expects, and the step that this allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, logsumexp

from yucai.measurement.tracing import kernels
from yucai.measurement.tracing.chains import Chains

__all__ = [
    "LOG_WEIGHTS",
    "LOWEST",
    "MOST_GUESS",
    "NODES",
    "Expected",
    "Numbers",
    "Pass",
    "Prior",
    "expect",
    "first_numbers",
    "improved",
]

Array = npt.NDArray[np.float64]
LOWEST: Final = 1e-4  # of guess and slip
MOST_GUESS: Final = 0.5  # of guess and slip: who mastered a skill is never less likely to be right than who did not
LEAST_CHANCE: Final = 1e-6  # of start, learn and forget
WIDEST: Final = 5.0  # of the spread of learners
NODES: Final = np.linspace(-5.0, 5.0, 31)
LOG_WEIGHTS: Final = -0.5 * NODES**2 - logsumexp(-0.5 * NODES**2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """level (S,) is the logit of mastery at the start for a middle learner; learn, forget (S,); guess, slip (I,).

    ``spread`` is the SD of learners around the levels; 0: all begin alike.
    """

    level: Array
    learn: Array
    forget: Array
    guess: Array
    slip: Array
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prior:
    """How strongly each item's guess and slip are held to those of its skill: as if seen ``weight`` more answers."""

    weight: float
    guess: Array
    slip: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """What the chains tell under some numbers. moves (S, 4): learnt, could have learnt, forgot, could have forgotten;
    items (I, 4): right and wrong of those who mastered, then of those who did not; began (S, Q) and there (S, Q):
    chains that began mastered, and all, by the learner's node.

    ``height`` (S,) holds log-likelihood and log-prior of each skill; where learners vary it stands in the first.
    """

    moves: Array
    items: Array
    began: Array
    there: Array
    height: Array


def first_numbers(chains: Chains, *, forgetting: bool, by_learner: bool) -> Numbers:
    """Return where the search begins."""
    s, i = chains.n_skills, len(chains.item_skill)
    return Numbers(
        level=np.full(s, logit(0.3)), learn=np.full(s, 0.15), forget=np.full(s, 0.02 if forgetting else 0.0),
        guess=np.full(i, 0.2), slip=np.full(i, 0.1), spread=1.0 if by_learner else 0.0,
    )  # fmt: skip


class Pass:
    """The arrays that one pass over the chains fills; kept so that skills which have settled need no further pass."""

    def __init__(self, chains: Chains) -> None:
        """Make room for the sums of each block and the likelihoods of each chain."""
        b = len(chains.begin)
        self.chains = chains
        self.sums = np.zeros((b, kernels.N_SUMS))
        self.height = np.zeros((b, kernels.LANES))
        self.ends = np.ones((b, 2, kernels.LANES))
        self.mastered = np.zeros((len(chains.code) if chains.item.size else 0, kernels.LANES))
        self.here = chains.learner >= 0
        self.first = np.searchsorted(chains.skill, np.arange(chains.n_skills))
        self.n_chains = self.by_skill(self.here.sum(axis=1).astype(float))
        self.n_right = np.bincount(np.repeat(chains.skill, chains.n_rows), (chains.code == 1).sum(axis=1))
        seen = (chains.code != kernels.PADDING).sum(axis=1)
        self.n_seen = np.bincount(np.repeat(chains.skill, chains.n_rows), seen)

    def run(self, numbers: Numbers, start: Array, active: npt.NDArray[np.bool_]) -> None:
        """Go over the chains of the active skills, each with its own chance of mastery at the start (B, LANES)."""
        c = self.chains
        smooth = kernels.smooth if c.code.size >= kernels.MANY else kernels.smooth_alone
        smooth(
            c.begin, c.n_rows, c.skill, active, c.code, c.item, start, numbers.learn, numbers.forget, numbers.guess,
            numbers.slip, self.sums, self.height, self.ends, self.mastered,
        )  # fmt: skip

    def by_skill(self, values: Array) -> Array:
        """Return sums over the blocks of each skill."""
        return np.add.reduceat(values, self.first, axis=0)

    def moves_and_answers(self) -> tuple[Array, Array]:
        """Return ``moves`` and ``items`` of all skills, items alike."""
        started, learnt, forgot, right1, seen1 = self.by_skill(self.sums).T
        not_last1 = seen1 - (started + learnt - forgot)  # who was where at the end follows from the moves
        could = self.n_seen - self.n_chains - not_last1
        wrong1 = seen1 - right1
        answers = (right1, wrong1, self.n_right - right1, self.n_seen - self.n_right - wrong1)
        return np.column_stack((learnt, could, forgot, not_last1)), np.column_stack(answers)


def expect(run: Pass, numbers: Numbers, prior: Prior, active: npt.NDArray[np.bool_]) -> Expected:
    """Return what the chains tell of the active skills; of the others, what they told before."""
    chains = run.chains
    if numbers.spread > 0:
        began, there, height = _over_learners(run, numbers)
    else:
        start = np.repeat(expit(numbers.level)[chains.skill][:, None], kernels.LANES, axis=1)
        run.run(numbers, start, active)
        height = run.by_skill(np.where(run.here, run.height, 0.0).sum(axis=1))
        began = run.by_skill(run.sums[:, 0])[:, None]
        there = run.n_chains[:, None]
    moves, items = run.moves_and_answers()
    if chains.item.size:
        items = np.empty((len(chains.item_skill), 4))
        kernels.by_item(chains.item_pointer, chains.item_place, chains.code.ravel(), run.mastered.ravel(), items)
    if prior.weight:
        of_items = _held(numbers.guess, prior.guess) + _held(numbers.slip, prior.slip)
        of_skills = prior.weight * np.bincount(chains.item_skill, of_items, chains.n_skills)
        height = height + (of_skills if numbers.spread == 0 else np.eye(1, len(height))[0] * of_skills.sum())
    return Expected(moves=moves, items=items, began=began, there=there, height=height)


def _held(chance: Array, to: Array) -> Array:
    return to * np.log(chance) + (1.0 - to) * np.log1p(-chance)


def _over_learners(run: Pass, numbers: Numbers) -> tuple[Array, Array, Array]:
    """Go over the chains with what each learner's other skills say of the start.

    Given the start, a chain knows nothing of its learner; so a first pass gives its two likelihoods, quadrature over
    the learner the chance of having begun mastered, and a second pass is run with the start that gives that chance.
    """
    chains, active = run.chains, np.ones(run.chains.n_skills, dtype=bool)
    block, lane = np.nonzero(run.here)
    skill, learner = chains.skill[block], chains.learner[block, lane]
    start = np.full(run.here.shape, 0.5)
    run.run(numbers, start, active)
    none, one = run.ends[block, 0, lane], run.ends[block, 1, lane]
    lost = run.height[block, lane] - np.log(0.5 * none + 0.5 * one)
    p = expit(numbers.level[:, None] + numbers.spread * NODES)
    began = p[skill] * one[:, None]
    whole = began + (1.0 - p[skill]) * none[:, None]
    logs = np.log(whole)
    by_learner = np.tile(LOG_WEIGHTS, (chains.n_learners, 1))
    for q in range(len(NODES)):
        by_learner[:, q] += np.bincount(learner, logs[:, q], chains.n_learners)
    of_learner = logsumexp(by_learner, axis=1)
    weight = np.exp(by_learner - of_learner[:, None])[learner]
    share = weight * began / whole
    chance = np.clip(share.sum(axis=1), 1e-12, 1.0 - 1e-12)
    start[block, lane] = chance * none / (chance * none + (1.0 - chance) * one)
    run.run(numbers, start, active)
    height = np.zeros(chains.n_skills)
    height[0] = of_learner.sum() + lost.sum()
    cells = [np.zeros((chains.n_skills, len(NODES))) for _ in range(2)]
    for q in range(len(NODES)):
        cells[0][:, q] = np.bincount(skill, share[:, q], chains.n_skills)
        cells[1][:, q] = np.bincount(skill, weight[:, q], chains.n_skills)
    return cells[0], cells[1], height


def improved(numbers: Numbers, found: Expected, prior: Prior) -> Numbers:
    """Return the likelier numbers: shares of what was expected, within their bounds."""
    right1, wrong1, right0, wrong0 = found.items.T
    k = prior.weight
    level, spread = _started(numbers, found)
    return replace(
        numbers,
        level=level,
        spread=spread,
        learn=_share(found.moves[:, 0], found.moves[:, 1], numbers.learn, LEAST_CHANCE, 1.0 - LEAST_CHANCE),
        forget=np.where(
            numbers.forget > 0,
            _share(found.moves[:, 2], found.moves[:, 3], numbers.forget, LEAST_CHANCE, 1.0 - LEAST_CHANCE),
            0.0,
        ),
        guess=_share(right0 + k * prior.guess, right0 + wrong0 + k, numbers.guess, LOWEST, MOST_GUESS),
        slip=_share(wrong1 + k * prior.slip, right1 + wrong1 + k, numbers.slip, LOWEST, MOST_GUESS),
    )


def _share(part: Array, whole: Array, otherwise: Array, low: float, high: float) -> Array:
    found = np.where(whole > 1e-9, part / np.maximum(whole, 1e-9), otherwise)
    return np.clip(found, low, high)


def _started(numbers: Numbers, found: Expected) -> tuple[Array, float]:
    """Return levels and spread: a share where all learners begin alike, otherwise logistic regression on the nodes."""
    if numbers.spread == 0:
        share = found.began[:, 0] / np.maximum(found.there[:, 0], 1e-9)
        return logit(np.clip(share, LEAST_CHANCE, 1.0 - LEAST_CHANCE)), 0.0
    level, spread = numbers.level, numbers.spread
    for _ in range(4):
        p = expit(level[:, None] + spread * NODES)
        away, bend = found.began - found.there * p, found.there * p * (1.0 - p)
        g, h = away.sum(axis=1), np.maximum(bend.sum(axis=1), 1e-9)
        g_spread, across = (away * NODES).sum(), (bend * NODES).sum(axis=1)
        h_spread = (bend * NODES**2).sum() - (across**2 / h).sum()
        by = np.clip((g_spread - (across * g / h).sum()) / max(h_spread, 1e-9), -0.5, 0.5)
        level = np.clip(level + np.clip((g - across * by) / h, -1.0, 1.0), logit(LEAST_CHANCE), -logit(LEAST_CHANCE))
        spread = float(np.clip(spread + by, 1e-3, WIDEST))
    return level, spread
