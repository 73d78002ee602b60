"""Counts by child and observer: Poisson rates with crossed normal effects of both, by Laplace's approximation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["CrossedPoisson", "fit_crossed_poisson"]

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NEWTON_STEPS: Final = 100
LAST_STEPS: Final = 5
STARTS: Final = 3
SMALLEST_SD: Final = 1e-3  # the likelihood is flat in the SD at 0: below this it is none
FARTHEST: Final = (-25.0, 10.0)  # from where the search begins: a rate exp(25) times smaller is none
LARGEST_SD: Final = 5.0
HEARD: Final = 1e-6  # expected counts that speak of a coefficient: with fewer it has no lower end
FLAT: Final = 1e-4  # steepest slope at which the search may be said to have arrived


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossedPoisson:
    """Log rates, the SD of children and of observers around them, and each observer's own effect.

    An SD of 0 means that they differ no more than chance would make them. ``covariance`` is that of the coefficients,
    with the uncertainty of both SDs taken into account; infinite for one of which nothing was counted.
    ``observer_effects`` are logs, drawn towards 0 the more the less an observer saw, with ``observer_errors`` that
    hold also what is not known of rates, children and SDs.
    """

    coefficients: Array
    covariance: Array
    child_sd: float
    observer_sd: float
    observer_effects: Array
    observer_errors: Array
    sd_covariance: Array  # of the two SDs; 0 for one that is 0
    covariance_slopes: Array  # how the coefficients' covariance grows with either SD
    log_likelihood: float
    steepest: float  # the largest slope of the log-likelihood where the search ended, 0 at its top
    converged: bool

    @property
    def std_errors(self) -> Array:
        """The standard errors of the coefficients."""
        errors: Array = np.sqrt(np.diag(self.covariance))
        return errors

    def degrees_of_freedom(self, contrast: Array) -> float:
        r"""Return Satterthwaite's (1946) degrees of freedom of a sum of coefficients: few where SDs are hardly known.

        .. math:: 2 V^2 / (g' C g)

        V is the variance of the sum, g how it grows with the SDs, C the covariance of these; infinite if g is 0.
        """
        variance = float(contrast @ self.covariance @ contrast)
        growth = np.einsum("i,nij,j->n", contrast, self.covariance_slopes, contrast)
        doubt = float(growth @ self.sd_covariance @ growth)
        return max(2 * variance**2 / doubt, 1.0) if doubt > 0 else np.inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Data:
    counts: Array
    log_exposure: Array
    design: Array
    members: Array  # (rows, children + observers): who is meant by a row
    n_children: int

    @property
    def k(self) -> int:
        return int(self.design.shape[1])

    def spread(self, parameters: Array) -> Array:
        """Return the SD that belongs to each effect."""
        child, observer = parameters[self.k :]
        n_observers = self.members.shape[1] - self.n_children
        return np.concatenate([np.full(self.n_children, child), np.full(n_observers, observer)])


def fit_crossed_poisson(
    counts: Array, exposure: Array, design: Array, *, children: Groups, observers: Groups
) -> CrossedPoisson:
    r"""Return the maximum-likelihood fit of counts with crossed normal effects of child and observer.

    .. math:: y_i \sim Poisson(exposure_i \exp(x_i \beta + u_{child(i)} + v_{observer(i)}))

    with :math:`u \sim N(0, \sigma_u^2), v \sim N(0, \sigma_v^2)`. The effects are integrated out together around
    their mode (Laplace; Breslow and Clayton 1993), as R's ``glmer(..., nAGQ = 1)`` does. ``children`` and ``observers``
    number them from 0. Slopes are exact, the covariance is the inverse of their differences.
    """
    n_children, n_observers = int(children.max()) + 1, int(observers.max()) + 1
    members = np.zeros((len(counts), n_children + n_observers))
    members[np.arange(len(counts)), children] = 1
    members[np.arange(len(counts)), n_children + observers] = 1
    data = _Data(counts=counts, log_exposure=np.log(exposure), design=design, members=members, n_children=n_children)
    at, moving = _searched(data)
    value, slopes = _laplace(at, data)
    steepest = float(np.abs(slopes[moving]).max(initial=0.0))
    covariance = _covariance(at, moving, data)
    k = data.k
    effects = _effects(at, data)
    errors = _errors(at, covariance, data)
    return CrossedPoisson(
        coefficients=at[:k],
        covariance=covariance[:k, :k],
        sd_covariance=covariance[k:, k:],
        covariance_slopes=np.stack(
            [_growth(at, place, data) if moving[place] else np.zeros((k, k)) for place in (k, k + 1)]
        ),
        child_sd=float(at[k]),
        observer_sd=float(at[k + 1]),
        observer_effects=effects[n_children:],
        observer_errors=errors[n_children:],
        log_likelihood=-value - float(scipy.special.gammaln(counts + 1).sum()),
        steepest=steepest,
        converged=steepest < FLAT,
    )


def _searched(data: _Data) -> tuple[Array, Mask]:
    """Return the parameters where minus the log-likelihood is least, and which of them are not at an end."""
    rough = np.linalg.lstsq(data.design, np.log(data.counts + 0.5) - data.log_exposure, rcond=None)[0]
    bounds = [(one + FARTHEST[0], one + FARTHEST[1]) for one in rough] + [(0.0, LARGEST_SD)] * 2
    options = {"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000}
    at = np.append(rough, [0.5, 0.3])
    for _ in range(STARTS):
        found = scipy.optimize.minimize(
            _laplace, at, args=(data,), jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        at = np.asarray(found.x, dtype=np.float64)
        none = np.append(np.zeros(data.k, dtype=bool), at[data.k :] < SMALLEST_SD)
        beside = np.where(none, 10 * SMALLEST_SD, at)
        if not (none & (_laplace(beside, data)[1] < 0)).any():
            break
        at = np.where(none, 0.1, at)  # the slope at 0 is 0 whatever the data: begin again from the side
    at = np.where(none, 0.0, at)
    heard = _heard(at, data)
    at[data.k :] *= heard.any()  # nothing was counted: nobody differs
    moving = np.append(heard, at[data.k :] > 0)
    return _polished(at, moving, data), moving


def _polished(at: Array, moving: Mask, data: _Data) -> Array:
    """Return the parameters after Newton's steps, as long as these make slopes smaller."""
    value, slopes = _laplace(at, data)
    for _ in range(LAST_STEPS if moving.any() else 0):
        moved = at.copy()
        moved[moving] -= np.linalg.pinv(_curvature(at, data, moving)) @ slopes[moving]
        if (moved[data.k :] < 0).any():
            break
        later, flatter = _laplace(moved, data)
        if np.abs(flatter[moving]).max() >= np.abs(slopes[moving]).max() or later > value + 1e-6:
            break
        at, value, slopes = moved, later, flatter
    return at


def _heard(at: Array, data: _Data) -> Mask:
    """Return which coefficients some expected counts speak of."""
    expected = _mode(at, data)[2]
    heard: Mask = expected @ data.design**2 > HEARD
    return heard


def _covariance(at: Array, moving: Mask, data: _Data) -> Array:
    """Return the covariance of all parameters, from the curvature: infinite for unheard rates, 0 for SDs of 0."""
    covariance = np.diag(np.where(moving, 0.0, np.where(np.arange(len(at)) < data.k, np.inf, 0.0)))
    if moving.any():
        covariance[np.ix_(moving, moving)] = np.linalg.pinv(_curvature(at, data, moving))
    return covariance


def _growth(at: Array, place: int, data: _Data) -> Array:
    """Return how the covariance of the coefficients grows with one SD, by central differences."""
    step = np.zeros_like(at)
    step[place] = 0.01 * at[place]
    k = data.k
    above, below = (np.linalg.pinv(_information(at + sign * step, data))[:k, :k] for sign in (1, -1))
    return np.asarray((above - below) / (2 * step[place]), dtype=np.float64)


def _mode(parameters: Array, data: _Data) -> tuple[Array, Array, Array, Array]:
    """Return the likeliest effects in units of their SD, what each does to the rows, expected counts and Cholesky."""
    loads = data.members * data.spread(parameters)
    fixed = data.design @ parameters[: data.k] + data.log_exposure
    effects = np.zeros(loads.shape[1])

    def height(at: Array) -> float:
        linear = fixed + loads @ at
        with np.errstate(over="ignore"):  # a step too long has no height and is halved
            return float(data.counts @ linear - np.exp(linear).sum() - at @ at / 2)

    now = height(effects)
    for _ in range(NEWTON_STEPS):
        expected = np.exp(fixed + loads @ effects)
        factor = scipy.linalg.cholesky(_crossed(expected, parameters, data), lower=True)
        step = scipy.linalg.cho_solve((factor, True), loads.T @ (data.counts - expected) - effects)
        share = 1.0
        while (later := height(effects + share * step)) < now - 1e-12 * abs(now) and share > 1e-6:
            share /= 2
        effects, now = effects + share * step, later
        if np.abs(step).max() < 1e-11:
            break
    expected = np.exp(fixed + loads @ effects)
    factor = scipy.linalg.cholesky(_crossed(expected, parameters, data), lower=True)
    return effects, loads, expected, factor


def _crossed(expected: Array, parameters: Array, data: _Data) -> Array:
    """Return the information on the effects, in units of their SD: diagonal but for who watched whom."""
    spread, n = data.spread(parameters), data.n_children
    size = len(spread)
    who = data.members.argmax(axis=1)
    whom = n + data.members[:, n:].argmax(axis=1)
    square = np.bincount(who * size + whom, weights=expected, minlength=size * size).reshape(size, size)
    square = square + square.T
    square[range(n), range(n)] = np.bincount(who, weights=expected, minlength=size)[:n]
    square[range(n, size), range(n, size)] = np.bincount(whom, weights=expected, minlength=size)[n:]
    return np.asarray(square * np.outer(spread, spread) + np.eye(size), dtype=np.float64)


def _laplace(parameters: Array, data: _Data) -> tuple[float, Array]:
    """Return minus the approximate log-likelihood (without the factorials) and its slopes."""
    effects, loads, expected, factor = _mode(parameters, data)
    linear = data.design @ parameters[: data.k] + data.log_exposure + loads @ effects
    height = data.counts @ linear - expected.sum() - effects @ effects / 2 - np.log(np.diag(factor)).sum()
    inverse = scipy.linalg.cho_solve((factor, True), np.eye(len(effects)))
    who, whom = data.members.argmax(axis=1), data.n_children + data.members[:, data.n_children :].argmax(axis=1)
    child, observer = parameters[data.k :]
    reach = child * inverse[who] + observer * inverse[whom]  # how far each row is from being settled by its effects
    pull = expected * np.einsum("ij,ij->i", reach, loads)
    rest = data.counts - expected
    shift = data.design - reach @ (loads.T @ (expected[:, None] * data.design))
    slopes = [data.design.T @ rest - shift.T @ pull / 2]
    for group in (slice(0, data.n_children), slice(data.n_children, None)):
        who = data.members[:, group]
        own = who @ effects[group]
        turned = -loads.T @ (expected * own)
        turned[group] += who.T @ rest
        moved = own + reach @ turned
        wider = expected @ np.einsum("ij,ij->i", reach[:, group], who)
        slopes.append(np.array([rest @ own - wider - moved @ pull / 2]))
    return -float(height), -np.concatenate(slopes)


def _curvature(at: Array, data: _Data, moving: Mask) -> Array:
    """Return the second derivatives of minus the log-likelihood, by central differences of its slopes."""
    columns = []
    for place in np.flatnonzero(moving):
        step = np.zeros_like(at)
        step[place] = 1e-5 * max(1.0, abs(float(at[place])))
        away = _laplace(at + step, data)[1] - _laplace(at - step, data)[1]
        columns.append(away[moving] / (2 * step[place]))
    square = np.column_stack(columns)
    return np.asarray((square + square.T) / 2, dtype=np.float64)


def _information(at: Array, data: _Data) -> Array:
    """Return what rows tell of coefficients and effects (in units of their SD) together, SDs being given."""
    _, loads, expected, _ = _mode(at, data)
    together = np.column_stack([data.design, loads])
    known = (together.T * expected) @ together
    own = range(data.k, len(known))
    known[own, own] += 1
    return np.asarray(known, dtype=np.float64)


def _effects(at: Array, data: _Data) -> Array:
    """Return each effect's likeliest value."""
    return _mode(at, data)[0] * data.spread(at)


def _errors(at: Array, covariance: Array, data: _Data) -> Array:
    """Return each effect's error, rates and effects being estimated together, and the SDs not known for sure.

    The variance given the SDs, and the variance that their doubt makes (delta method; Kass and Steffey 1989).
    """
    given = np.diag(np.linalg.pinv(_information(at, data)))[data.k :] * data.spread(at) ** 2
    for place in np.flatnonzero(at[data.k :] > 0) + data.k:
        step = np.zeros_like(at)
        step[place] = 0.01 * at[place]
        turn = (_effects(at + step, data) - _effects(at - step, data)) / (2 * step[place])
        given = given + turn**2 * covariance[place, place]
    errors: Array = np.sqrt(given)
    return errors
