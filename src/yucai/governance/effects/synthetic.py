"""Synthetic difference-in-differences and outcome-only synthetic control, for many assignments at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.governance.effects.comparing import Labels, Window
from yucai.governance.effects.plan import Array, Estimator
from yucai.governance.effects.weighing import (
    Mask,
    Problems,
    best_weights,
    even_weights,
    published_weights,
    settled_weights,
    single_weights,
)

__all__ = [
    "FEWEST_PRE",
    "SYNTHETIC_DRAWS",
    "Fitted",
    "effects_less",
    "fit_synthetic",
    "slopes_within",
    "starts_of",
    "synthetic_fits",
]

FEWEST_PRE: Final = 3
SYNTHETIC_DRAWS: Final = 499
RIDGE_OF_NOTHING: Final = 1e-6  # in SDs of the yearly change: only makes the lowest point unique
ENDS_AT: Final = 1e-5

Solver = Callable[[Problems], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What came out for one cohort of each assignment: weights, the gap in every year, the effect, the fit before."""

    unit_weights: Array
    year_weights: Array
    gaps: Array
    effects: Array
    fits: Array


def synthetic_fits(
    outcome: Array,
    windows: Sequence[Window],
    assignments: Labels,
    method: Estimator,
    *,
    donors: Mask | None = None,
) -> tuple[Array, Array, tuple[Fitted, ...]]:
    r"""Return effects and fits of each assignment, and the parts of each cohort.

    Each cohort is fitted by itself against the units that were never treated; the effect is the mean over treated
    unit-years. ``donors`` (assignments x units) takes further units out. The fit is the root mean squared gap before
    the policy; for synthetic difference-in-differences around its mean.
    """
    never = len(windows)
    free = assignments == never if donors is None else (assignments == never) & donors
    parts = tuple(fit_synthetic(outcome, window, assignments == k, free, method) for k, window in enumerate(windows))
    size = np.array([w.size * len(w.post) for w in windows], dtype=np.float64)
    share = size / size.sum()
    effects = sum(part.effects * w for part, w in zip(parts, share, strict=True))
    squares = sum(part.fits**2 * w for part, w in zip(parts, share, strict=True))
    return np.asarray(effects), np.sqrt(np.asarray(squares)), parts


def fit_synthetic(
    outcome: Array,
    window: Window,
    treated: Mask,
    donors: Mask,
    method: Estimator,
    *,
    solver: Solver = published_weights,
) -> Fitted:
    """Return the fit of one cohort for each row of treated units and donors."""
    pre, post = list(window.pre), list(window.post)
    means = (treated @ outcome) / treated.sum(axis=1, keepdims=True)
    noise = _noise(outcome[:, pre], donors)
    weights = solver(_unit_problems(outcome[:, pre], means[:, pre], donors, noise, window, method))
    if method is Estimator.SYNTHETIC_DID:
        years = published_weights(_year_problems(outcome, window, donors, noise))
    else:
        years = np.zeros((len(treated), len(pre)))
    gaps = means - weights @ outcome
    level = (gaps[:, pre] * years).sum(axis=1)
    centre = gaps[:, pre].mean(axis=1, keepdims=True) if method is Estimator.SYNTHETIC_DID else 0.0
    return Fitted(
        unit_weights=weights,
        year_weights=years,
        gaps=gaps - level[:, None],
        effects=gaps[:, post].mean(axis=1) - level,
        fits=np.sqrt(((gaps[:, pre] - centre) ** 2).mean(axis=1)),
    )


def slopes_within(treatment: Array, windows: Sequence[Window], assignments: Labels, parts: Sequence[Fitted]) -> Array:
    """Return by how much each effect rises when the treated gain one, the weights staying as they are."""
    sizes = np.array([w.size * len(w.post) for w in windows], dtype=np.float64)
    found = np.zeros(len(assignments))
    for k, (window, fitted) in enumerate(zip(windows, parts, strict=True)):
        treated = assignments == k
        gaps = (treated @ treatment) / treated.sum(axis=1, keepdims=True) - fitted.unit_weights @ treatment
        level = (gaps[:, list(window.pre)] * fitted.year_weights).sum(axis=1)
        found += (gaps[:, list(window.post)].mean(axis=1) - level) * sizes[k] / sizes.sum()
    return found


def effects_less(
    outcome: Array,
    effect: Array,
    windows: Sequence[Window],
    assignments: Labels,
    method: Estimator,
    parts: Sequence[Fitted],
) -> Array:
    """Return the effects of each assignment once an effect (units x years) is taken off the outcome.

    With one cohort nothing before the policy changes by it, so that the weights of units stay as they were.
    """
    if len(windows) > 1:
        return synthetic_fits(outcome - effect, windows, assignments, method)[0]
    return fit_synthetic(
        outcome - effect, windows[0], assignments == 0, assignments == 1, method,
        solver=lambda _problems: parts[0].unit_weights,
    ).effects  # fmt: skip


def _noise(before: Array, donors: Mask) -> Array:
    """Return the SD of the yearly changes of the donors before the policy, for each row."""
    changes = np.diff(before, axis=1)
    n = donors.sum(axis=1) * changes.shape[1]
    sums, squares = donors @ changes.sum(axis=1), donors @ (changes**2).sum(axis=1)
    spread = np.maximum(squares - sums**2 / n, 0.0) / np.maximum(n - 1, 1)
    # A series that never moves has no noise; a speck of it keeps the problem defined.
    return np.asarray(np.maximum(np.sqrt(spread), 1e-12 * max(1.0, float(np.abs(before).max()))), dtype=np.float64)


def _unit_problems(
    before: Array, aim: Array, donors: Mask, noise: Array, window: Window, method: Estimator
) -> Problems:
    """Return the problems of unit weights: donors' years before the policy against the mean of the treated."""
    n_rows = before.shape[1]
    # Weights add to one, so a common course of all units taken off changes nothing but the rounding.
    common = before.mean(axis=0)
    rows, goals = before - common, aim - common
    if method is Estimator.SYNTHETIC_DID:
        rows, goals = rows - rows.mean(axis=1, keepdims=True), goals - goals.mean(axis=1, keepdims=True)
        zeta = (window.size * len(window.post)) ** 0.25 * noise
    else:
        zeta = RIDGE_OF_NOTHING * noise
    return Problems(
        gram=rows @ rows.T, linear=goals @ rows.T, constant=(goals**2).sum(axis=1), ridge=n_rows * zeta**2,
        allowed=donors, decrease=ENDS_AT * noise, n_rows=np.full(len(donors), float(n_rows)),
    )  # fmt: skip


def _year_problems(outcome: Array, window: Window, donors: Mask, noise: Array) -> Problems:
    """Return the problems of year weights: the years before the policy against the mean of those after, over donors."""
    before, after = outcome[:, list(window.pre)], outcome[:, list(window.post)].mean(axis=1)
    own = before.mean(axis=1)
    rows, goal = before - own[:, None], after - own  # weights add to one here too
    n = donors.sum(axis=1).astype(np.float64)
    mean_rows, mean_goal = (donors @ rows) / n[:, None], (donors @ goal) / n
    products = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    n_years = rows.shape[1]
    gram = (donors @ products).reshape(len(donors), n_years, n_years)
    gram = gram - n[:, None, None] * mean_rows[:, :, None] * mean_rows[:, None, :]
    return Problems(
        gram=gram,
        linear=donors @ (rows * goal[:, None]) - n[:, None] * mean_rows * mean_goal[:, None],
        constant=donors @ goal**2 - n * mean_goal**2,
        ridge=n * (RIDGE_OF_NOTHING * noise) ** 2,
        allowed=np.ones((len(donors), n_years), dtype=np.bool_),
        decrease=ENDS_AT * noise,
        n_rows=n,
    )


def starts_of(outcome: Array, window: Window, treated: Mask, donors: Mask) -> tuple[tuple[str, float, float], ...]:
    """Return name, effect and fit of synthetic control from other starts, and at the one lowest point.

    One cohort, one assignment (rows of length 1). Where these differ, the weights are not settled by the data.
    """
    solvers: dict[str, Solver] = {
        "even weights, not pruned": lambda problems: settled_weights(problems, even_weights(problems)),
        "best single donor": lambda problems: settled_weights(problems, single_weights(problems)),
        "lowest point": lambda problems: _lowest(outcome, window, treated, donors),
    }
    found = []
    for name, solver in solvers.items():
        fit = fit_synthetic(outcome, window, treated, donors, Estimator.SYNTHETIC_CONTROL, solver=solver)
        found.append((name, float(fit.effects[0]), float(fit.fits[0])))
    return tuple(found)


def _lowest(outcome: Array, window: Window, treated: Mask, donors: Mask) -> Array:
    before = outcome[:, list(window.pre)]
    noise = float(_noise(before, donors)[0])
    places = np.flatnonzero(donors[0])
    common = before.mean(axis=0)
    aim = before[treated[0]].mean(axis=0) - common
    ridge = before.shape[1] * (RIDGE_OF_NOTHING * noise) ** 2
    weights = np.zeros((1, outcome.shape[0]))
    weights[0, places] = best_weights((before[places] - common).T, aim, ridge)
    return weights
