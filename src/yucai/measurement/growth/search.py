r"""EM of growth: items stay as calibrated; what is sought is how groups' means, and learners around them, move.

The E-step is a Kalman filter and smoother inside expectation propagation (Minka 2001); moments of neighbouring
occasions give the M-step in closed form (Shumway and Stoffer 1982). Steps are mixed (Anderson); a leap that ends lower
is taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.records import Records, units_of
from yucai.measurement.engine.search import mixed, shift_of, table_of
from yucai.measurement.engine.state import State
from yucai.measurement.growth import kernels
from yucai.measurement.growth.laws import GrowthLaw, Path, joint_covariance

__all__ = ["Chain", "Followed", "GrowthFit", "fit_path", "follow", "path_errors", "share_of", "spread_out"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_STEPS: Final = 400
SMALLEST_CHANGE: Final = 1e-4
SMALLEST_GAIN: Final = 1e-9
MEMORY: Final = 5
SWEEPS: Final = 8
REACH: Final = 6.0
WIDEST: Final = 8.0  # how far the grid reaches on both sides
COARSEST: Final = 0.2
MOST_DOUBLES: Final = 6_000_000  # that one share's weights take
PRIOR_LEARNERS: Final = 4.0  # as many as stand behind the first guess of a covariance; few learners leave it open


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """Whose units these are. Units are sorted by learner and then time.

    ``units`` (n+1,) lists where each learner's begin, ``time`` (U,) their occasion, ``group`` (n,) the learner's group;
    ``told`` (G, T, D) says of which group, occasion and quality there is any evidence.
    """

    records: Records
    units: Index
    time: Index
    group: Index
    told: npt.NDArray[np.bool_]

    @property
    def n_learners(self) -> int:
        """How many learners there are."""
        return len(self.group)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """Some learners after their answers: mean (n, T, D), covariance (n, T, D, D), gain (n, T-1, D, D), weights
    (U, D, Q), log-evidence (n,). The covariance of x_t with x_t+1 is gain_t times the covariance of t + 1.
    """

    mean: Array
    covariance: Array
    gain: Array
    weights: Array
    height: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GrowthFit:
    """Where the search ended."""

    path: Path
    nodes: Array
    log_likelihood: float
    trace: tuple[float, ...]
    converged: bool


@dataclass(slots=True, kw_only=True, eq=False)
class _Share:
    """Some of the learners, and their sites."""

    chain: Chain
    tau: Array
    nu: Array


def share_of(chain: Chain, begin: int, end: int) -> Chain:
    """Return some of the learners of a chain."""
    low, high = int(chain.units[begin]), int(chain.units[end])
    return Chain(
        records=units_of(chain.records, low, high), units=chain.units[begin : end + 1] - low,
        time=chain.time[low:high], group=chain.group[begin:end], told=chain.told,
    )  # fmt: skip


def follow(
    chain: Chain, path: Path, table: Array, nodes: Array, *, n_sweeps: int, sites: tuple[Array, Array] | None = None
) -> Followed:
    """Run the E-step over a chain, and renew the sites where some are given."""
    n, (t_n, d), u_n = chain.n_learners, path.mean.shape[1:], chain.records.n_units
    tau, nu = sites if sites is not None else (np.ones((u_n, d)), np.zeros((u_n, d)))
    mean, covariance = np.empty((n, t_n, d)), np.empty((n, t_n, d, d))
    gain, height, weights = np.zeros((n, t_n - 1, d, d)), np.empty(n), np.zeros((u_n, d, len(nodes)))
    records = chain.records
    kernels.follow(
        chain.units, chain.time, records.pointer, records.row, records.quality, table, nodes,
        np.ascontiguousarray(path.mean), chain.group, path.kept_by_step, path.moved_by_step, path.begin, tau, nu,
        n_sweeps, mean, covariance, gain, height, weights,
    )  # fmt: skip
    return Followed(mean=mean, covariance=covariance, gain=gain, weights=weights, height=height)


def fit_path(chain: Chain, state: State, path: Path, *, told: Callable[[float], None] | None = None) -> GrowthFit:
    """Return the likeliest path of the learners of a chain, beginning from ``path``; items are those of ``state``."""
    spacing, guess = COARSEST, path
    trace: list[float] = []
    while True:
        search = _Search(chain, state, guess, spacing, told)
        path, converged = search.run(path)
        trace = trace or search.trace
        if search.spacing <= search.wanted * 1.02 or spacing <= 0.05:
            break
        spacing = max(0.9 * search.wanted, 0.05)
    return GrowthFit(
        path=path,
        nodes=search.nodes,
        log_likelihood=search.trace[-1] - search.log_prior(path),
        trace=tuple(trace),
        converged=converged,
    )


class _Search:
    """One search on one grid."""

    def __init__(
        self, chain: Chain, state: State, guess: Path, spacing: float, told: Callable[[float], None] | None
    ) -> None:
        self.chain, self.told = chain, told
        self.nodes = grid(spacing)
        self.spacing = float(self.nodes[1] - self.nodes[0])
        self.table = table_of(chain.records, state, self.nodes)
        self.shares = _shares(chain, len(self.nodes))
        self.trace: list[float] = []
        self.wanted = 0.0
        self.guess = guess
        self.n = np.bincount(chain.group, minlength=len(chain.told)).astype(np.float64)

    def run(self, path: Path) -> tuple[Path, bool]:
        xs: list[Array] = []
        gs: list[Array] = []
        plain, leapt, best, began = path, False, -np.inf, 0.0
        for step in range(MOST_STEPS):
            value, said = self.gather(path, n_sweeps=3 if step == 0 else 2)
            value += self.log_prior(path)
            if leapt and value < best - 1e-9 * abs(best):
                path, leapt, xs, gs = plain, False, [], []
                continue
            self.trace.append(value)
            plain = _moved(path, said, self.chain.told, self.n, self.guess)
            before, after = path.flat(), plain.flat()
            change, gain, best = float(np.max(np.abs(after - before))), value - best, value
            began = began or change
            if self.told is not None:
                self.told(float(np.clip(np.log(began / max(change, 1e-9)) / np.log(1e4), 0.0, 0.99)))
            if change < SMALLEST_CHANGE or (not leapt and 0 <= gain < SMALLEST_GAIN * abs(value)):
                return plain, True
            xs, gs = [*xs, before][-MEMORY:], [*gs, after][-MEMORY:]
            far = mixed(xs, gs)
            path, leapt = plain, False
            if far is not None:
                tried = path.with_flat(far)
                if _is_sound(tried):
                    path, leapt = tried, True
        return plain, False

    def log_prior(self, path: Path) -> float:
        """Return the log-prior of the two covariances (inverse Wishart), constants left out."""
        pairs = ((path.begin, self.guess.begin), (path.moved, self.guess.moved))
        return (
            -0.5
            * PRIOR_LEARNERS
            * sum(float(np.linalg.slogdet(one)[1] + np.trace(np.linalg.solve(one, guess))) for one, guess in pairs)
        )

    def gather(self, path: Path, *, n_sweeps: int) -> tuple[float, _Moments]:
        """Run the E-step of every share, in order, and add up."""
        height, whole, spreads = 0.0, None, []
        for share in self.shares:
            found = follow(share.chain, path, self.table, self.nodes, n_sweeps=n_sweeps, sites=(share.tau, share.nu))
            height += float(found.height.sum())
            said = _moments(found, share.chain.group, path)
            whole = said if whole is None else whole + said
            spreads.append(np.sqrt(np.einsum("ntdd->ntd", found.covariance)).ravel())
        self.wanted = float(np.quantile(np.concatenate(spreads), 0.01))
        assert whole is not None
        return height, whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moments:
    """Sums over learners of places less their group's mean: by group and occasion (G, T, D), of squares (T, D, D), and
    of neighbours E[z_t+1 z_t'] (T-1, D, D).
    """

    first: Array
    second: Array
    lag: Array

    def __add__(self, other: _Moments) -> _Moments:
        return _Moments(first=self.first + other.first, second=self.second + other.second, lag=self.lag + other.lag)


def _moments(found: Followed, group: Index, path: Path) -> _Moments:
    z = found.mean - path.mean[group]
    lag = np.einsum("ntdk,ntke->ted", found.gain, found.covariance[:, 1:])
    return _Moments(
        first=np.stack([z[group == g].sum(axis=0) for g in range(len(path.mean))]),
        second=found.covariance.sum(axis=0) + np.einsum("ntd,nte->tde", z, z),
        lag=lag + np.einsum("ntd,nte->tde", z[:, 1:], z[:, :-1]),
    )


def _moved(path: Path, said: _Moments, told: npt.NDArray[np.bool_], n: Array, guess: Path) -> Path:
    """Return the likelier path: means first, then the moments about the new means."""
    shift = np.where(told, said.first / n[:, None, None], 0.0)
    back = np.einsum("gtd,gte->tde", shift, said.first)
    second = said.second - back - back.transpose(0, 2, 1) + np.einsum("g,gtd,gte->tde", n, shift, shift)
    lag = (
        said.lag - np.einsum("gtd,gte->tde", shift[:, 1:], said.first[:, :-1])
        - np.einsum("gtd,gte->tde", said.first[:, 1:], shift[:, :-1])
        + np.einsum("g,gtd,gte->tde", n, shift[:, 1:], shift[:, :-1])
    )  # fmt: skip
    moved = replace(path, mean=path.mean + shift, begin=_held(second[0], n.sum(), guess.begin))
    if path.law is GrowthLaw.RETURNING:
        moved = replace(moved, kept=_likelier_kept(moved, second, lag))
    return replace(moved, moved=_held(_new(moved, second, lag), n.sum() * len(path.steps), guess.moved))


def _held(squares: Array, n: float, guess: Array) -> Array:
    """Return the likeliest covariance where some learners' worth of the guess stands behind it."""
    return np.asarray((squares + squares.T) / 2 + PRIOR_LEARNERS * guess) / (n + PRIOR_LEARNERS)


def _new(path: Path, second: Array, lag: Array) -> Array:
    """Return the sum of squares of what is new in a step of length one."""
    kept = path.kept_by_step
    cross = lag * kept[:, None, :]
    new = second[1:] - cross - cross.transpose(0, 2, 1) + kept[:, :, None] * second[:-1] * kept[:, None, :]
    return np.asarray((new / path.steps[:, None, None]).sum(axis=0))


def _likelier_kept(path: Path, second: Array, lag: Array) -> Array:
    """Return what is kept in a step of length one, by one step of scoring (exact where all steps are of length one)."""
    inverse, kept, s = np.linalg.inv(path.moved), path.kept_by_step, path.steps
    slope = s[:, None] * path.kept[None, :] ** (s[:, None] - 1.0)
    residual = lag - kept[:, :, None] * second[:-1]
    gradient = (slope * np.einsum("de,ted->td", inverse, residual) / s[:, None]).sum(axis=0)
    information = np.einsum("td,te,de,tde,t->de", slope, slope, inverse, second[:-1], 1.0 / s)
    return np.asarray(np.clip(path.kept + np.linalg.solve(information, gradient), 0.01, 1.5))


def path_errors(chain: Chain, fit: GrowthFit, state: State) -> tuple[Array, Array, Array]:
    """Return the covariance of the means (G T D, G T D), and standard errors of sqrt(diag W) and of phi, each (D,).

    From the outer product of the learners' scores; means without evidence have NaN.
    """
    path = fit.path
    table = table_of(chain.records, state, fit.nodes)
    information: Array | None = None
    for share in _shares(chain, len(fit.nodes)):
        found = follow(share.chain, path, table, fit.nodes, n_sweeps=SWEEPS)
        scores = _scores(found, share.chain.group, path)
        information = scores.T @ scores if information is None else information + scores.T @ scores
    assert information is not None
    n_means, d = path.mean.size, len(path.kept)
    free = np.ones(len(information), dtype=bool)
    free[:n_means] = chain.told.ravel()
    if path.law is GrowthLaw.RANDOM_WALK:
        free[-d:] = False
    known = np.full(information.shape, np.nan)
    known[np.ix_(free, free)] = np.linalg.pinv(information[np.ix_(free, free)], rcond=1e-12, hermitian=True)
    at = n_means + d * (d + 1) // 2
    diagonal = at + np.flatnonzero(np.equal(*np.tril_indices(d)))
    of_spread = np.sqrt(np.diag(known)[diagonal]) / (2 * np.sqrt(np.diag(path.moved)))
    return known[:n_means, :n_means], of_spread, np.sqrt(np.diag(known)[-d:])


def spread_out(chain: Chain, state: State, fit: GrowthFit, severity_error: Array) -> tuple[Array, Array]:
    """Return all learners' places (n, T, D), and how each quality's vary across occasions (n, D, T, T).

    severity_error (raters,) widens what hangs on a rater's severity (delta method); what one rater's severity does to
    both ends of a change cancels.
    """
    records, path = chain.records, fit.path
    table, by_severity = table_of(records, state, fit.nodes), np.zeros((records.n_rows, len(fit.nodes)))
    sizes = records.items.n_categories[records.cell_item]
    row_rater = np.repeat(records.cell_rater, sizes)
    if records.n_raters:
        by_number = np.zeros((records.n_rows, 2 * int(records.items.n_categories.max()), len(fit.nodes)))
        kernel_items.tabulate_scores(
            records.cell_item, shift_of(records, state), records.first, records.items.family,
            records.items.n_categories, state.numbers.slopes, state.numbers.intercepts, fit.nodes, by_number,
            by_severity,
        )  # fmt: skip
    t_n, d = path.mean.shape[1:]
    means, spreads = [], []
    for share in _shares(chain, len(fit.nodes)):
        own = share.chain
        found = follow(own, path, table, fit.nodes, n_sweeps=SWEEPS)
        across = np.empty((own.n_learners, d, t_n, t_n))
        kernels.across_occasions(
            own.units, own.time, own.records.pointer, own.records.row, own.records.quality, row_rater, by_severity,
            fit.nodes, found.weights, severity_error**2, found.mean, found.covariance, found.gain, across,
        )  # fmt: skip
        means.append(found.mean)
        spreads.append(across)
    return np.concatenate(means), np.concatenate(spreads)


def _scores(found: Followed, group: Index, path: Path) -> Array:
    """Return each learner's derivatives by means, P, W and phi, (n, G T D + D (D + 1) + D)."""
    n, (t_n, d) = len(group), path.mean.shape[1:]
    z = found.mean - path.mean[group]
    pull = z.reshape(n, -1) @ np.linalg.inv(joint_covariance(path))
    by_mean = np.zeros((n, len(path.mean), t_n * d))
    by_mean[np.arange(n), group] = pull
    second = found.covariance + np.einsum("ntd,nte->ntde", z, z)
    lag = np.einsum("ntdk,ntke->nted", found.gain, found.covariance[:, 1:]) + np.einsum(
        "ntd,nte->ntde", z[:, 1:], z[:, :-1]
    )
    kept, s = path.kept_by_step, path.steps
    cross = lag * kept[None, :, None, :]
    new = second[:, 1:] - cross - cross.transpose(0, 1, 3, 2)
    new += kept[None, :, :, None] * second[:, :-1] * kept[None, :, None, :]
    inverse = np.linalg.inv(path.moved)
    residual = lag - kept[None, :, :, None] * second[:, :-1]
    slope = path.kept[None, :] ** (s[:, None] - 1.0)  # the step's length cancels against that of its innovation
    by_kept = np.einsum("td,de,nted->nd", slope, inverse, residual)
    moved = (new / s[None, :, None, None] - path.moved).sum(axis=1)
    return np.concatenate([
        by_mean.reshape(n, -1), _by_covariance(second[:, 0] - path.begin, path.begin),
        _by_covariance(moved, path.moved), by_kept,
    ], axis=1)  # fmt: skip


def _by_covariance(away: Array, covariance: Array) -> Array:
    """Return derivatives by the lower triangle of a covariance, from squares less what was expected of them."""
    inverse = np.linalg.inv(covariance)
    whole = 0.5 * np.einsum("de,nef,fg->ndg", inverse, away, inverse, optimize=True)
    rows, columns = np.tril_indices(len(covariance))
    return np.asarray(whole[:, rows, columns] * np.where(rows == columns, 1.0, 2.0))


def grid(spacing: float) -> Array:
    """Return even nodes that are at most so far apart, wide enough for places that have moved."""
    half = int(np.ceil(WIDEST / spacing))
    return np.asarray(np.linspace(-half, half, 2 * half + 1) * spacing)


def _shares(chain: Chain, n_nodes: int) -> tuple[_Share, ...]:
    d, n, t_n = chain.records.n_qualities, chain.n_learners, chain.told.shape[1]
    most = max(1, MOST_DOUBLES // (d * t_n * (n_nodes + 3 * d)))
    shares = []
    for begin in range(0, n, most):
        own = chain if most >= n else share_of(chain, begin, min(begin + most, n))
        shape = (own.records.n_units, d)
        shares.append(_Share(chain=own, tau=np.ones(shape), nu=np.zeros(shape)))
    return tuple(shares)


def _is_sound(path: Path) -> bool:
    flat = path.flat()
    return bool(np.all(np.isfinite(flat)) and np.abs(path.mean).max() < REACH and np.all(path.kept > 0.0))
