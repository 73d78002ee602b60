"""Forward-backward in plain NumPy, chain by chain: slower, easier to read, and what the compiled one must equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Smoothed", "smooth_chain"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothed:
    """What T answers tell of one learner and skill: mastered (T,) at each, given all of them; learnt and forgot (T-1,)
    after each but the last; the log-likelihood; and the likelihoods given not mastered and mastered at first (2,).
    """

    mastered: Array
    learnt: Array
    forgot: Array
    height: float
    ends: Array


def smooth_chain(
    right: npt.NDArray[np.bool_], *, start: float, learn: float, forget: float, guess: Array, slip: Array
) -> Smoothed:
    r"""Return what the answers right (T,), of chances guess and slip (T,), tell of one chain.

    .. math:: \alpha_t = e_t \circ A' \alpha_{t-1}, \quad \beta_{t-1} = A (e_t \circ \beta_t), \quad
        P(L_t | all) \propto \alpha_t \beta_t

    with A the chances of passing from one state to the other, in the order not mastered, mastered.

    >>> told = smooth_chain(np.array([True]), start=0.5, learn=0.1, forget=0.0, guess=np.array([0.2]),
    ...     slip=np.array([0.1]))
    >>> round(float(told.mastered[0]), 4), round(float(np.exp(told.height)), 2)
    (0.8182, 0.55)
    """
    n = len(right)
    seen = np.column_stack((np.where(right, guess, 1.0 - guess), np.where(right, 1.0 - slip, slip)))
    pass_on = np.array([[1.0 - learn, learn], [forget, 1.0 - forget]])
    forward, backward = np.empty((n, 2)), np.ones((n, 2))
    forward[0] = np.array([1.0 - start, start]) * seen[0]
    for t in range(1, n):
        forward[t] = seen[t] * (forward[t - 1] @ pass_on)
    for t in range(n - 1, 0, -1):
        backward[t - 1] = pass_on @ (seen[t] * backward[t])
    whole = float(forward[-1].sum())
    passed = forward[:-1, :, None] * pass_on * (seen * backward)[1:, None, :] / whole
    return Smoothed(
        mastered=forward[:, 1] * backward[:, 1] / whole, learnt=passed[:, 0, 1], forgot=passed[:, 1, 0],
        height=float(np.log(whole)), ends=seen[0] * backward[0],
    )  # fmt: skip
