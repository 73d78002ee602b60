"""How places may move from one occasion to the next: the law, its numbers, and the law of all occasions at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["GrowthLaw", "Path", "joint_covariance"]

Array = npt.NDArray[np.float64]


class GrowthLaw(StrEnum):
    """How a learner's place moves around the mean of the group."""

    RETURNING = "returning"  # keeps a share of the distance from the mean, which is estimated; the rest is new
    RANDOM_WALK = "random-walk"  # keeps all of it; every step is new


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    r"""Numbers of a law. T occasions, D qualities, G groups; ``steps`` (T-1,) is the time between occasions.

    .. math:: x_1 \sim N(\mu_1, P), \quad
        x_{t+1} - \mu_{t+1} = \phi^{s_t} (x_t - \mu_t) + e_t, \quad e_t \sim N(0, s_t W)

    mean (G, T, D), begin P (D, D), moved W (D, D), kept phi (D,), all 1 for a random walk.
    """

    law: GrowthLaw
    steps: Array
    mean: Array
    begin: Array
    moved: Array
    kept: Array

    @property
    def kept_by_step(self) -> Array:
        """What is kept in each step, (T-1, D)."""
        return np.asarray(self.kept[None, :] ** self.steps[:, None])

    @property
    def moved_by_step(self) -> Array:
        """What is added in each step, (T-1, D, D)."""
        return np.asarray(self.steps[:, None, None] * self.moved)

    def flat(self) -> Array:
        """Return one row in which a search may move freely."""
        below = np.tril_indices(len(self.kept), -1)
        factors = [np.linalg.cholesky(self.begin), np.linalg.cholesky(self.moved)]
        rows = [np.concatenate([np.log(np.diag(one)), one[below]]) for one in factors]
        return np.concatenate([self.mean.ravel(), *rows, self.kept])

    def with_flat(self, flat: Array) -> Path:
        """Return the path that such a row stands for."""
        d, at = len(self.kept), self.mean.size
        size = d * (d + 1) // 2
        factors = [_factor(flat[at + n * size : at + (n + 1) * size], d) for n in range(2)]
        return Path(
            law=self.law, steps=self.steps, mean=flat[:at].reshape(self.mean.shape).copy(),
            begin=factors[0] @ factors[0].T, moved=factors[1] @ factors[1].T,
            kept=flat[at + 2 * size :] if self.law is GrowthLaw.RETURNING else self.kept,
        )  # fmt: skip


def _factor(row: Array, d: int) -> Array:
    factor = np.zeros((d, d))
    factor[np.diag_indices(d)] = np.exp(np.minimum(row[:d], 3.0))
    factor[np.tril_indices(d, -1)] = row[d:]
    return factor


def joint_covariance(path: Path) -> Array:
    """Return the covariance of all places of a learner, (T D, T D), occasion by occasion."""
    t_n, d = path.mean.shape[1:]
    whole = np.zeros((t_n, d, t_n, d))
    now = path.begin
    for t in range(t_n):
        if t:
            kept = path.kept_by_step[t - 1]
            now = kept[:, None] * now * kept + path.moved_by_step[t - 1]
        whole[t, :, t] = now
        ahead = now
        for s in range(t + 1, t_n):
            ahead = path.kept_by_step[s - 1][:, None] * ahead
            whole[s, :, t] = ahead
            whole[t, :, s] = ahead.T
    return whole.reshape(t_n * d, t_n * d)
