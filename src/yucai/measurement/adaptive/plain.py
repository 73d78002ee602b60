"""What an item would tell, in plain NumPy: slower, easier to read, and what the compiled loops are tested against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["expected_variance", "mean_information"]

Array = npt.NDArray[np.float64]


def expected_variance(weights: Array, nodes: Array, chances: Array) -> float:
    r"""Return the variance of a place that is expected after the answer to one item (Owen 1975).

    .. math:: \sum_k P(k) Var(x | k), \quad P(k) = \sum_q w_q P(k | x_q)

    weights (Q,) of the nodes (Q,) before the answer, chances (K, Q) of the item's categories.

    >>> even, places = np.full(2, 0.5), np.array([-1.0, 1.0])
    >>> round(expected_variance(even, places, np.array([[0.9, 0.1], [0.1, 0.9]])), 2)  # 1.0 before
    0.36
    """
    expected = 0.0
    for chance in chances:
        joint = weights * chance
        total = joint.sum()
        mean = joint @ nodes / total
        expected += float(joint @ (nodes - mean) ** 2)
    return expected


def mean_information(weights: Array, chances: Array, slopes: Array) -> float:
    r"""Return the Fisher information of one item averaged over where a learner may stand (van der Linden 1998).

    .. math:: \sum_q w_q \sum_k P'(k | x_q)^2 / P(k | x_q)

    weights (Q,), chances and their derivatives by the place, slopes, (K, Q).
    """
    return float(weights @ (slopes**2 / chances).sum(axis=0))
