r"""The likeliest numbers: EM (Baum and others 1970) over all skills at once, steps mixed (Anderson 1965).

Each skill is a search of its own, with its own leaps and its own end; where learners vary all skills are one search. A
leap after which the likelihood is lower is taken back to the plain step before it, so that it never ends lower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from yucai.measurement.tracing.chains import Chains
from yucai.measurement.tracing.state import (
    LEAST_CHANCE,
    LOWEST,
    MOST_GUESS,
    WIDEST,
    Expected,
    Numbers,
    Pass,
    Prior,
    expect,
    improved,
)

__all__ = ["Found", "Layout", "layout_of", "search"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST_STEPS: Final = 1000
SETTLED: Final = 2e-6  # longest plain step in a chance at which a search has settled
MEMORY: Final = 4
HAIR: Final = 1e-11  # relative fall of a log-likelihood that rounding may make


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Where each number stands in one row: start, learn, forget of the skills, guess, slip of the items, the spread.

    ``places`` (G, P) lists the numbers of each search, filled up with the number of them all; ``forgetting`` and
    ``by_learner`` say whether forget and the spread are among them.
    """

    n_skills: int
    n_items: int
    forgetting: bool
    by_learner: bool
    places: Index

    @property
    def low(self) -> Array:
        """The least value of each number."""
        return self._row(LEAST_CHANCE if not self.by_learner else logit(LEAST_CHANCE), LEAST_CHANCE, LOWEST, 1e-3)

    @property
    def high(self) -> Array:
        """The greatest value of each number."""
        most = 1.0 - LEAST_CHANCE
        return self._row(most if not self.by_learner else logit(most), most, MOST_GUESS, WIDEST)

    def _row(self, start: float, chance: float, guess: float, spread: float) -> Array:
        s, i = self.n_skills, self.n_items
        parts = [np.full(s, start), np.full(s * (2 if self.forgetting else 1), chance), np.full(2 * i, guess)]
        return np.concatenate([*parts, [spread]] if self.by_learner else parts)

    def row(self, numbers: Numbers) -> Array:
        """Return the numbers as one row."""
        parts = [numbers.level if self.by_learner else expit(numbers.level), numbers.learn]
        parts += [numbers.forget] if self.forgetting else []
        parts += [numbers.guess, numbers.slip]
        return np.concatenate([*parts, [numbers.spread]] if self.by_learner else parts)

    def numbers(self, row: Array) -> Numbers:
        """Return the numbers that a row stands for."""
        s, i = self.n_skills, self.n_items
        cuts = np.cumsum([s, s, s if self.forgetting else 0, i])
        start, learn, forget, guess, rest = np.split(row, cuts)
        return Numbers(
            level=start if self.by_learner else logit(start), learn=learn,
            forget=forget if self.forgetting else np.zeros(s), guess=guess, slip=rest[:i],
            spread=float(rest[i]) if self.by_learner else 0.0,
        )  # fmt: skip


def layout_of(chains: Chains, *, forgetting: bool, by_learner: bool) -> Layout:
    """Return where the numbers of these chains stand."""
    s, i = chains.n_skills, len(chains.item_skill)
    kinds = 3 if forgetting else 2
    skill = np.concatenate([np.tile(np.arange(s), kinds), np.tile(chains.item_skill, 2)])
    n = len(skill) + by_learner
    if by_learner:
        places = np.arange(n)[None, :]
    else:
        mine = [np.flatnonzero(skill == one) for one in range(s)]
        places = np.full((s, max(map(len, mine))), n)
        for one, of in enumerate(mine):
            places[one, : len(of)] = of
    return Layout(n_skills=s, n_items=i, forgetting=forgetting, by_learner=by_learner, places=places)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Where the search ended. ``height`` (S,) as in ``Expected``; ``settled`` (S,); ``trace`` sums over the skills."""

    run: Pass
    numbers: Numbers
    expected: Expected
    height: Array
    settled: npt.NDArray[np.bool_]
    n_steps: int
    trace: tuple[float, ...]


def search(
    chains: Chains, layout: Layout, start: Numbers, prior: Prior, *, told: Callable[[float], None] | None = None
) -> Found:
    """Return the likeliest numbers, beginning at ``start``."""
    run, leaps = Pass(chains), _Leaps(layout)
    here = layout.row(start)
    n_groups = len(layout.places)
    active, trace = np.ones(n_groups, dtype=bool), []
    best = np.full(n_groups, -np.inf)
    safe = here.copy()
    for step in range(MOST_STEPS):
        numbers = layout.numbers(here)
        skills = np.repeat(active, chains.n_skills) if layout.by_learner else active
        found = expect(run, numbers, prior, skills)
        height = found.height.sum(keepdims=True) if layout.by_learner else found.height
        image = layout.row(improved(numbers, found, prior))
        fell = active & (height < best - HAIR * np.abs(best))
        rose = active & ~fell
        best = np.where(rose, height, best)
        trace.append(float(best.sum()))
        here = leaps.taken_back(here, safe, fell)
        safe = leaps.only(image, safe, rose)
        if told is not None:
            told(step / (step + 12.0))
        longest = leaps.longest(image - here, rose)
        active = active & ~(rose & (longest < SETTLED))
        if not active.any():
            break
        here = leaps.leap(here, image, rose & active)
    if active.any():  # the last leap was not looked at yet
        found = expect(run, layout.numbers(here), prior, np.ones(layout.n_skills, dtype=bool))
    settled = np.repeat(~active, layout.n_skills) if layout.by_learner else ~active
    return Found(
        run=run, numbers=layout.numbers(here), expected=found, height=found.height, settled=settled, n_steps=step + 1,
        trace=tuple(trace),
    )  # fmt: skip


class _Leaps:
    """Anderson mixing with a memory for each search."""

    def __init__(self, layout: Layout) -> None:
        self.places = layout.places
        self.low, self.high = np.append(layout.low, 0.0), np.append(layout.high, 0.0)
        shape = (MEMORY, *layout.places.shape)
        self.moves, self.turns = np.zeros(shape), np.zeros(shape)
        self.last: tuple[Array, Array] | None = None
        self.slot = 0
        self.known = np.zeros(len(layout.places), dtype=bool)  # searches whose last point counts

    def _grouped(self, row: Array) -> Array:
        return np.append(row, 0.0)[self.places]

    def only(self, row: Array, otherwise: Array, groups: npt.NDArray[np.bool_]) -> Array:
        """Return the row in some of the searches, and another one in the rest."""
        made = np.append(otherwise, 0.0)
        chosen = self.places[groups]
        made[chosen] = np.append(row, 0.0)[chosen]
        return made[:-1]

    def longest(self, step: Array, groups: npt.NDArray[np.bool_]) -> Array:
        """Return the longest move of each search, infinite in those not asked for."""
        return np.where(groups, np.abs(self._grouped(step)).max(axis=1), np.inf)

    def taken_back(self, here: Array, safe: Array, groups: npt.NDArray[np.bool_]) -> Array:
        """Return to the plain step in the searches that fell, and forget their past."""
        self.moves[:, groups], self.turns[:, groups] = 0.0, 0.0
        self.known = self.known & ~groups
        return self.only(safe, here, groups)

    def leap(self, here: Array, image: Array, groups: npt.NDArray[np.bool_]) -> Array:
        """Return where to go next in some of the searches; the others stay."""
        x, f = self._grouped(here), self._grouped(image - here)
        if self.last is not None:
            both = (groups & self.known)[:, None]
            self.moves[self.slot] = np.where(both, x - self.last[0], 0.0)
            self.turns[self.slot] = np.where(both, f - self.last[1], 0.0)
            self.slot = (self.slot + 1) % MEMORY
            self.last = (np.where(groups[:, None], x, self.last[0]), np.where(groups[:, None], f, self.last[1]))
        else:
            self.last = (x, f)
        self.known = self.known | groups
        turns = self.turns.transpose(1, 0, 2)
        gram = turns @ turns.transpose(0, 2, 1)
        size = np.einsum("gmm->g", gram)
        gram[:, np.arange(MEMORY), np.arange(MEMORY)] += (1e-9 * size + 1e-300)[:, None]
        weight = np.linalg.solve(gram, (turns @ f[:, :, None]))[:, :, 0]
        target = x + f - np.einsum("gm,gmp->gp", weight, (self.moves + self.turns).transpose(1, 0, 2))
        low, high = self.low[self.places], self.high[self.places]
        target = np.where(np.isfinite(target), np.clip(target, low, high), x + f)
        made = np.append(here, 0.0)
        made[self.places[groups]] = target[groups]
        return made[:-1]
