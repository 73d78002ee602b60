"""The M-step of the backbone: how places are spread, and scale and mean handed over to the items."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.records import Records
from yucai.measurement.engine.state import Backbone, State

__all__ = ["backbone_step", "n_lines", "scaled", "with_unit_variances"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
LEAST_OWN: Final = 1e-3  # smallest eigenvalue of correlations: places that cannot be told apart would divide by zero


def backbone_step(
    backbone: Backbone, n: Array, xx: Array, xm: Array, mm: Array, anchored: Flags, held: Flags
) -> tuple[Backbone, Array, Array]:
    """Return the likelier backbone, and for each quality how far its zero moved and its unit stretched, both (D,).

    Qualities that are neither anchored nor held are estimated with free mean and scale, which then go to the items. A
    held quality keeps mean 0 and, in the first group, variance 1; an anchored one keeps what is found.
    """
    loose = ~anchored & ~held
    coefficients = _regressed(backbone, xx, xm, with_mean=loose | anchored)
    spread = np.stack([
        (mm[g] - coefficients.T @ xm[g] - xm[g].T @ coefficients + coefficients.T @ xx[g] @ coefficients) / n[g]
        for g in range(len(n))
    ])  # fmt: skip
    spread = np.stack([_apart(one) for one in spread])
    if held.any():
        spread[0] = with_unit_variances(spread[0], backbone.covariance[0], held)
    stretch = np.where(loose, np.sqrt(np.einsum("dd->d", spread[0])), 1.0)
    spread /= np.outer(stretch, stretch)
    moved = np.where(loose, coefficients[0], 0.0)
    found = Backbone(
        mean=np.where(anchored, coefficients[0], 0.0), regression=coefficients[1:] / stretch, covariance=spread
    )
    return found, moved, stretch


def _apart(spread: Array) -> Array:
    """Return a covariance in which no quality is all but told by the others; variances stay as they are."""
    sd = np.sqrt(np.diag(spread))
    values, vectors = np.linalg.eigh(spread / np.outer(sd, sd))
    if values[0] >= LEAST_OWN:
        return spread
    mended = (vectors * np.maximum(values, LEAST_OWN)) @ vectors.T
    root = np.sqrt(np.diag(mended)) / sd
    return np.asarray(mended / np.outer(root, root))


def _regressed(backbone: Backbone, xx: Array, xm: Array, *, with_mean: Flags) -> Array:
    """Return mean and regression (P+1, D) by generalised least squares under the present covariances."""
    p, d = xm.shape[1:]
    if len(xx) == 1 and with_mean.all():  # the same covariates everywhere: each quality by itself
        return np.asarray(np.linalg.solve(xx[0], xm[0]))
    free = np.ones((p, d), dtype=bool)
    free[0] = with_mean
    precision = np.linalg.inv(backbone.covariance)
    left = sum(np.kron(xx[g], precision[g]) for g in range(len(xx)))
    right = sum((xm[g] @ precision[g]).ravel() for g in range(len(xx)))
    chosen = free.ravel()
    found = np.zeros(p * d)
    if chosen.any():
        found[chosen] = np.linalg.solve(np.asarray(left)[np.ix_(chosen, chosen)], np.asarray(right)[chosen])
    return found.reshape(p, d)


def with_unit_variances(spread: Array, start: Array, held: Flags) -> Array:
    """Return the likeliest covariance whose held variances are 1, by Fisher scoring under the constraint.

    The free step is ``spread - start``; what would change a held variance is taken out along ``start diag start``.
    """
    root = np.where(held, np.sqrt(np.diag(start)), 1.0)
    now = start / np.outer(root, root)
    for _ in range(4):
        away = spread - now
        pull = np.zeros(len(now))
        pull[held] = np.linalg.solve((now * now)[np.ix_(held, held)], np.diag(away)[held])
        step = away - now @ np.diag(pull) @ now
        share = 1.0
        while share > 1e-4 and np.linalg.eigvalsh(now + share * step)[0] < LEAST_OWN / 2:
            share /= 2
        now = now + share * step
    return np.asarray((now + now.T) / 2)


def scaled(state: State, records: Records, moved: Array, stretch: Array) -> State:
    """Return the state in new units: places x become (x - moved) / stretch; no answer gets likelier or less likely."""
    numbers, of = state.numbers, records.items.quality
    intercepts = numbers.intercepts.copy()
    for j in range(len(of)):
        k = n_lines(records, j)
        slope = numbers.slopes[j, :k] if records.items.family[j] == 2 else numbers.slopes[j, 0]
        intercepts[j, :k] += slope * moved[of[j]]
    return replace(
        state,
        numbers=replace(
            numbers,
            slopes=numbers.slopes * stretch[of, None],
            intercepts=intercepts,
            severity=numbers.severity / stretch[records.rater_quality] if records.n_raters else numbers.severity,
            severity_sd=numbers.severity_sd / stretch,
        ),
    )


def n_lines(records: Records, j: int) -> int:
    """How many of an item's intercepts belong to lines in the place: all but the floor of a guessing item."""
    return 1 if records.items.family[j] == 3 else int(records.items.n_categories[j]) - 1
