"""How likely each category of an item is, at each place on the scale. Arithmetic on arrays and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, logsumexp

__all__ = ["Curves", "graded_curves", "partial_credit_curves"]

Array = npt.NDArray[np.float64]
LEAST = 1e-12  # below this a probability is held, so that its logarithm stays a number


class Curves:
    """Category probabilities of several items alike in model and number of categories, with their derivatives.

    ``log_p`` (J, K, Q) are log-probabilities of category k of item j at node q; ``score`` (J, K, Q, K) are the
    derivatives of the log-probability by the slope and the K-1 intercepts; ``by_place`` (J, K, Q) by the place x.
    """

    __slots__ = ("by_place", "log_p", "score")

    def __init__(self, log_p: Array, score: Array, by_place: Array) -> None:
        self.log_p, self.score, self.by_place = log_p, score, by_place


def graded_curves(slope: Array, intercepts: Array, places: Array) -> Curves:
    r"""Return the curves of graded (with two categories: two-parameter logistic) items.

    .. math:: P(Y \ge k \mid x) = 1 / (1 + \exp(-(a x + d_k)))      (Samejima 1969; D = 1)

    slope (J,), intercepts (J, K-1) falling in k, places (J, Q) or (1, Q).
    """
    above = expit(slope[:, None, None] * places[:, None, :] + intercepts[:, :, None])  # (J, K-1, Q)
    j, steps, q = above.shape
    ends = np.ones((j, 1, q)), np.zeros((j, 1, q))
    reached = np.concatenate([ends[0], above, ends[1]], axis=1)
    p = np.maximum(reached[:, :-1] - reached[:, 1:], LEAST)
    density = above * (1.0 - above)
    rising = np.concatenate([np.zeros((j, 1, q)), density, np.zeros((j, 1, q))], axis=1)
    by_line = (rising[:, :-1] - rising[:, 1:]) / p  # derivative by a x, all intercepts moving together
    score = np.zeros((j, steps + 1, q, steps + 1))
    score[..., 0] = by_line * places[:, None, :]
    for k in range(steps):
        score[:, k + 1, :, k + 1] = density[:, k] / p[:, k + 1]
        score[:, k, :, k + 1] = -density[:, k] / p[:, k]
    if steps == 1:  # the difference above loses digits far out; two categories have an exact form
        line = slope[:, None] * places + intercepts[:, 0, None]
        return Curves(np.stack([log_expit(-line), log_expit(line)], axis=1), score, by_line * slope[:, None, None])
    return Curves(np.log(p), score, by_line * slope[:, None, None])


def partial_credit_curves(slope: Array, intercepts: Array, places: Array) -> Curves:
    r"""Return the curves of generalised partial-credit items.

    .. math:: \log P(Y = k \mid x) = k a x + \sum_{m \le k} d_m + \text{const}      (Muraki 1992; D = 1)

    slope (J,), intercepts (J, K-1), places (J, Q) or (1, Q).
    """
    steps = intercepts.shape[1]
    k = np.arange(steps + 1.0)
    sums = np.concatenate([np.zeros((len(slope), 1)), np.cumsum(intercepts, axis=1)], axis=1)
    line = k[None, :, None] * (slope[:, None] * places)[:, None, :] + sums[:, :, None]
    log_p = line - logsumexp(line, axis=1, keepdims=True)
    p = np.exp(log_p)
    mean = (k[None, :, None] * p).sum(axis=1, keepdims=True)
    away = k[None, :, None] - mean  # (J, K, Q)
    score = np.empty((*log_p.shape, steps + 1))
    score[..., 0] = away * places[:, None, :]
    tail = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]  # P(Y >= k)
    for m in range(steps):
        score[..., m + 1] = (k >= m + 1)[None, :, None] - tail[:, m + 1][:, None, :]
    return Curves(log_p, score, away * slope[:, None, None])
