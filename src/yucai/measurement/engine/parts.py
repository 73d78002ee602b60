"""Units in parts: what a part's E-step tells the M-step, whose sum over the parts is that of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.rated import Line, Seen, Severities, Sight, look, sight_of
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.state import State

__all__ = [
    "Found",
    "Part",
    "Statistics",
    "answers_counted",
    "height_before",
    "places_before",
    "see",
    "severities_told",
    "skewed",
    "summed",
]

Array = npt.NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """Some of the units: their records, covariates (n, P) and groups (n,), and their sites, which the sweeps renew.

    ``sight`` tells where units with rated answers are looked for; it is found out when it is first asked for.
    """

    records: Records
    covariates: Array
    group: npt.NDArray[np.int64]
    tau: Array
    nu: Array
    sight: Sight | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """What the M-step needs of a part; the sum over parts is that of the whole.

    counts (T, Q), of rated answers those of the items' categories on their line; by group: n (G,), x with a leading
    one: xx (G, P+1, P+1), xm (G, P+1, D), mm (G, D, D); of severities (3, L) slope, expected and own curvature.
    """

    counts: Array
    n: Array
    xx: Array
    xm: Array
    mm: Array
    height: float
    judged: Array

    def __add__(self, other: Statistics) -> Statistics:
        """Return the statistics of both parts together."""
        return Statistics(
            counts=self.counts + other.counts, n=self.n + other.n, xx=self.xx + other.xx,
            xm=self.xm + other.xm, mm=self.mm + other.mm, height=self.height + other.height,
            judged=self.judged + other.judged,
        )  # fmt: skip


class Found(Protocol):
    """Places after their answers: mean (n, D), height (n,), sums of covariances (G, D, D)."""

    @property
    def mean(self) -> Array:
        """Mean of each place, (n, D)."""

    @property
    def height(self) -> Array:
        """Log-evidence of each unit, (n,)."""

    @property
    def covariance_sum(self) -> Array:
        """Sums of the places' covariances, (G, D, D)."""


def summed(part: Part, state: State, found: Found, counts: Array, judged: Array) -> Statistics:
    """Return what places after their answers say, with counts of answers and what severities are told."""
    x = np.concatenate([np.ones((part.records.n_units, 1)), part.covariates], axis=1)
    g_n = len(state.backbone.covariance)
    chosen = [slice(None)] if g_n == 1 else [part.group == g for g in range(g_n)]
    covariance = found.covariance_sum
    return Statistics(
        counts=counts,
        n=np.array([float(len(x[here])) for here in chosen]),
        xx=np.stack([x[here].T @ x[here] for here in chosen]),
        xm=np.stack([x[here].T @ found.mean[here] for here in chosen]),
        mm=np.stack([covariance[g] + found.mean[here].T @ found.mean[here] for g, here in enumerate(chosen)]),
        height=float(found.height.sum()),
        judged=judged,
    )


def severities_told(part: Part, state: State, line: Line, nodes: Array, *, n_sweeps: int) -> tuple[Statistics, Array]:
    """Return what a part with rated answers says to the step of the severities, and the variances of its places."""
    found = see(part, state, line, nodes, n_sweeps=n_sweeps, telling=True)
    sight, l_n = _sight(part), part.records.n_raters
    by = [np.bincount(sight.pairs.rater, found.told[:, k], minlength=l_n + 1)[:l_n] for k in range(3)]
    sight.reach, sight.skew = found.told[:, 3].copy(), found.told[:, 4].copy()
    return summed(part, state, found, found.counts, np.stack(by).astype(np.float64)), found.variance


def skewed(part: Part, known: Severities) -> Array:
    r"""Return what pulls the mean of the severities' law away from its top, (L,), as was told last.

    .. math:: \tfrac12 \sum_p \delta_p E[\partial^3 \log P / \partial \rho^3]

    with delta the variance that not knowing severities adds to what a pair's rater sees.
    """
    sight, l_n = _sight(part), part.records.n_raters
    wider, _whole = sight.unknown(known)
    return np.asarray(0.5 * np.bincount(sight.pairs.rater, wider * sight.skew, minlength=l_n + 1)[:l_n])


def answers_counted(
    part: Part, state: State, line: Line, nodes: Array, *, n_sweeps: int, known: Severities
) -> tuple[Statistics, Array]:
    """Return what it says to the step of items and backbone, severities being ``known`` so far."""
    wider, moves = sight_of(part.records, nodes, part.sight).unknown(known)
    found = see(part, state, line, nodes, n_sweeps=n_sweeps, counting=True, wider=wider, moves=moves)
    return summed(part, state, found, found.counts, np.zeros((3, part.records.n_raters))), found.variance


def _sight(part: Part) -> Sight:
    assert part.sight is not None
    return part.sight


def see(
    part: Part, state: State, line: Line, nodes: Array, *, n_sweeps: int, counting: bool = False,
    telling: bool = False, whole: bool = False, weighing: bool = False, wider: Array | None = None,
    moves: Array | None = None,
) -> Seen:  # fmt: skip
    """Run the E-step of a part with rated answers and renew its sites; what is asked for beside is told by ``Seen``."""
    part.sight = sight_of(part.records, nodes, part.sight)
    precision, mu, pull = places_before(part, state)
    found = look(
        part.sight, line, nodes, precision=precision, group=part.group, pull=pull, tau=part.tau, nu=part.nu,
        n_sweeps=n_sweeps, counting=counting, telling=telling, whole=whole, weighing=weighing, wider=wider, moves=moves,
    )  # fmt: skip
    found.height[:] -= height_before(part, state, mu, pull)
    return found


def places_before(part: Part, state: State) -> tuple[Array, Array, Array]:
    """Return precisions (G, D, D) and means (n, D) of the places before any answer, and one times the other."""
    backbone = state.backbone
    precision = np.linalg.inv(backbone.covariance)
    mu = backbone.mean + part.covariates @ backbone.regression
    pull = np.einsum("nde,ne->nd", precision[part.group], mu) if len(precision) > 1 else mu @ precision[0]
    return np.asarray(precision), mu, np.ascontiguousarray(pull)


def height_before(part: Part, state: State, mu: Array, pull: Array) -> Array:
    """Return the heights of the places' densities before any answer, constants left out, (n,)."""
    log_det = np.linalg.slogdet(state.backbone.covariance)[1]
    return np.asarray(0.5 * log_det[part.group] + 0.5 * np.einsum("nd,nd->n", mu, pull))
