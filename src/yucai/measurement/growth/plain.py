"""The E-step of growth in plain NumPy, over the dense normal law of all occasions: the oracle of the filter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yucai.measurement.growth.laws import Path, joint_covariance

__all__ = ["follow_one"]

Array = npt.NDArray[np.float64]


def follow_one(
    curves: Array, seen: npt.NDArray[np.bool_], nodes: Array, path: Path, *, group: int, n_sweeps: int
) -> tuple[Array, Array, float]:
    """Return mean (T D,), covariance (T D, T D) and log-evidence of one learner.

    curves (T, D, Q) are the log-likelihoods of the answers at the nodes, seen (T, D) says where there were any.
    """
    t_n, d, q_n = curves.shape
    prior, mu = joint_covariance(path), path.mean[group].ravel()
    precision, there, flat = np.linalg.inv(prior), seen.ravel(), curves.reshape(t_n * d, q_n)
    tau, nu = np.where(there, 1.0, 0.0), np.zeros(t_n * d)
    corrections = np.zeros(t_n * d)
    for sweep in range(n_sweeps + 1):
        v = np.linalg.inv(precision + np.diag(tau))
        m = v @ (precision @ mu + nu)
        if sweep == n_sweeps:
            break
        v_c = 1.0 / (1.0 / np.diag(v) - tau)
        m_c = v_c * (m / np.diag(v) - nu)
        weights = np.exp(flat - (nodes - m_c[:, None]) ** 2 / (2 * v_c[:, None]))
        z = weights.sum(axis=1) * (nodes[1] - nodes[0]) / np.sqrt(2 * np.pi * v_c)
        weights /= weights.sum(axis=1, keepdims=True)
        m_t = weights @ nodes
        v_t = (weights * (nodes - m_t[:, None]) ** 2).sum(axis=1)
        tau = np.where(there, np.maximum(1 / v_t - 1 / v_c, 0.0), 0.0)
        nu = np.where(there, m_t / v_t - m_c / v_c, 0.0)
        one = 1 + tau * v_c
        site = (nu * m_c + v_c * nu**2 / 2 - tau * m_c**2 / 2) / one - 0.5 * np.log(one)
        corrections = np.where(there, np.log(z) - site, 0.0)
    whole = 0.5 * (
        np.linalg.slogdet(v)[1] - np.linalg.slogdet(prior)[1] + m @ (precision @ mu + nu) - mu @ precision @ mu
    )
    return m, v, float(whole + corrections.sum())
