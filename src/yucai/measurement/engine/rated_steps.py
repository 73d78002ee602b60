r"""Steps of severities, their spreads, and what items and raters share, each in closed form.

Severities are those at the posterior's top; items, population and the spread s of severities are the likeliest with
severities integrated out (Laplace), s under a Rayleigh prior with its mode at 1. Items at the top together with the
severities would be too steep, the more raters there are for each learner. With V the posterior covariance of the
severities, all else free, s solves

.. math:: (L - 1) s^2 + s^4 = \rho'\rho + \operatorname{tr} V          (empirical Bayes, Efron and Morris 1973)

for there the derivative of ``likeliest_spread``'s height is zero. That prior keeps s from zero, where no rater would be
said to differ for certain (after Chung et al. 2013), and does little else from ten raters on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.backbone import n_lines, scaled
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.state import NARROWEST, State, with_numbers

__all__ = [
    "centred",
    "judged",
    "lines_of",
    "rated_items",
    "shared_qualities",
    "spread",
    "spread_height",
    "unscaled",
    "variances",
]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def judged(
    state: State, records: Records, slope: Array, known: Array, shared: tuple[int, ...], prior: tuple[Array, Array]
) -> State:
    """Return the state after a step of the severities; slope and expected curvature of the log-likelihood (L,).

    prior: mean and precision (J, P) of the items' numbers. That of a rated item is about what the average rater sees,
    so that in a ``shared`` quality it pulls alike at each severity.
    """
    of, held = records.rater_quality, 1.0 / state.numbers.severity_sd[records.rater_quality] ** 2
    pull = slope - held * state.numbers.severity
    mean, precision = prior
    for d in shared if precision.any() else ():
        back = 0.0
        for j in rated_items(records, d):
            lines, slopes = lines_of(state, records, j)
            packed = state.numbers.intercepts[j, : len(slopes)]
            back += float((precision[j, lines] * slopes * (packed - mean[j, lines])).sum())
        pull[of == d] += back / (of == d).sum()
    move = pull / (np.maximum(known, 0.0) + held)
    return with_numbers(state, severity=state.numbers.severity + np.clip(move, -1.0, 1.0))


def rated_items(records: Records, d: int) -> npt.NDArray[np.int64]:
    """Return the items of a quality that raters judged."""
    rated = np.unique(records.cell_item[records.cell_rater >= 0])
    return np.asarray(rated[records.items.quality[rated] == d], dtype=np.int64)


def lines_of(state: State, records: Records, j: int) -> tuple[slice, Array]:
    """Return where the intercepts of an item's lines stand among its numbers, and each line's slope."""
    k = n_lines(records, j)
    if records.items.family[j] == kernel_items.NOMINAL:
        return slice(k, 2 * k), state.numbers.slopes[j, :k]
    return slice(1, 1 + k), np.full(k, state.numbers.slopes[j, 0])


def spread(state: State, records: Records, mean: Array, own: Array, wider: Array, shared: tuple[int, ...]) -> State:
    """Return the state with the likeliest spreads of severities, whose law has its ``mean`` (L,) beside its top.

    own (L,): information on each severity, of which posterior variances follow; all together they are ``wider`` (D,)
    times those. Of what the severities of a ``shared`` quality have in common nothing is known but its prior.
    """
    of, sd = records.rater_quality, state.numbers.severity_sd.copy()
    known = variances(state, records, own, wider, shared)
    for d in np.unique(of):
        mine = of == d
        whole = float((mean[mine] ** 2).sum() + known[mine].sum())
        half = 0.5 * (mine.sum() - (2 if d in shared else 1))
        sd[d] = max(float(np.sqrt(np.sqrt(half**2 + whole) - half)), NARROWEST)
    return with_numbers(state, severity_sd=sd)


def variances(state: State, records: Records, own: Array, wider: Array, shared: tuple[int, ...]) -> Array:
    """Return the severities' posterior variances without what those of a ``shared`` quality have in common, (L,)."""
    of, sd = records.rater_quality, state.numbers.severity_sd
    found = wider[of] / (np.maximum(own, 0.0) + 1.0 / sd[of] ** 2)
    n = np.bincount(of, minlength=records.n_qualities)
    for d in shared:
        found[of == d] *= 1.0 - 1.0 / n[d]
    return np.asarray(found)


def spread_height(state: State, records: Records, own: Array) -> float:
    """Return the log-density of severities, these integrated out (Laplace), and of their spreads."""
    of, sd = records.rater_quality, state.numbers.severity_sd
    there = sd[np.unique(of)]
    total = -0.5 * float(((state.numbers.severity / sd[of]) ** 2).sum())
    total -= 0.5 * float(np.log1p(np.maximum(own, 0.0) * sd[of] ** 2).sum())
    return total + float((np.log(there) - 0.5 * there**2).sum())


def shared_qualities(records: Records, free: Flags) -> tuple[int, ...]:
    """Return the qualities whose severities may move together: their rated items are free, and were always rated."""
    judged = records.cell_rater >= 0
    rated = np.zeros(len(free), dtype=bool)
    rated[records.cell_item[judged]] = True
    tied = rated & ~free
    tied[records.cell_item[~judged]] |= rated[records.cell_item[~judged]]
    there = np.unique(records.rater_quality) if records.n_raters else np.zeros(0, dtype=np.int64)
    return tuple(int(d) for d in there if not tied[records.items.quality == d].any())


def centred(state: State, records: Records, shared: tuple[int, ...]) -> State:
    """Return the state with what the severities of ``shared`` qualities have in common put into the rated items.

    No answer gets likelier or less likely, and priors of rated items are about what the average rater sees: so the
    severities are around 0 at the top, whereto items and severities moved in turn would take a hundred turns.
    """
    severity, intercepts = state.numbers.severity.copy(), state.numbers.intercepts.copy()
    for d in shared:
        own = records.rater_quality == d
        middle = severity[own].mean()
        severity[own] -= middle
        for j in rated_items(records, d):
            _lines, slopes = lines_of(state, records, j)
            intercepts[j, : len(slopes)] -= middle * slopes
    return with_numbers(state, severity=severity, intercepts=intercepts)


def unscaled(state: State, records: Records, held: Flags, precision: Array, rise: Array) -> State:
    r"""Return the state after a step in which zero and unit of each ``held`` quality (D,) were free.

    Items' numbers as the kernels pack them rise by ``rise`` (J, P), priors of a ``precision`` (J, P) in it. All of a
    quality's together they say how far its places have moved by m and stretched by t; n units have correlations R:

    .. math:: \frac{\partial}{\partial m} = \sum_j a_j \sum_k g_{jk}, \quad
        \frac{\partial}{\partial \log t} = \sum_j a_j g_{ja}, \quad
        n R^{-1} \text{ and } n (R^{-1} \circ R + I) \text{ the curvatures}

    which is Newton's step along what items must otherwise find together, one small step after the other (after Liu,
    Rubin and Wu 1998).
    """
    items, of, n = records.items, records.items.quality, records.n_units
    d_n, at = len(held), np.flatnonzero(held)
    slope, line = state.numbers.slopes[:, 0], np.arange(1, rise.shape[1])
    there = line < np.where(items.family == kernel_items.GUESSING, 2, items.n_categories)[:, None]
    own = np.linalg.inv(state.backbone.covariance[0])
    pull = np.bincount(of, slope * (rise[:, 1:] * there).sum(axis=1), minlength=d_n)
    held_back = np.bincount(of, slope**2 * (precision[:, 1:] * there).sum(axis=1), minlength=d_n)
    moved, stretch = np.zeros(d_n), np.ones(d_n)
    moved[at] = np.linalg.solve((n * own + np.diag(held_back))[np.ix_(at, at)], pull[at])
    pull = np.bincount(of, slope * rise[:, 0], minlength=d_n)
    bent = n * (own * state.backbone.covariance[0] + np.eye(d_n))
    bent += np.diag(np.bincount(of, slope**2 * precision[:, 0], minlength=d_n))
    stretch[at] = np.exp(np.clip(np.linalg.solve(bent[np.ix_(at, at)], pull[at]), -0.5, 0.5))
    return scaled(state, records, np.clip(moved, -0.5, 0.5), stretch)
