"""The E-step in plain NumPy: slower, easier to read, and what the compiled one is tested against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.records import Records

__all__ = ["count", "expect"]

Array = npt.NDArray[np.float64]


def expect(
    records: Records, table: Array, nodes: Array, *, covariance: Array, mu: Array, n_sweeps: int
) -> tuple[Array, Array, Array, Array]:
    r"""Return weights (n, D, Q), means (n, D), covariances (n, D, D) and log-evidence (n,) of each unit.

    With sites tau, nu for each quality, V = (S^-1 + diag tau)^-1 and m = V (S^-1 mu + nu); the cavity of quality d is
    v_c = 1 / (1 / V_dd - tau_d), m_c = v_c (m_d / V_dd - nu_d), its tilted law w_q ~ exp(LL_q - (x_q - m_c)^2 / 2 v_c),
    and the new site is what turns the cavity into that law's mean and variance. At the end

    .. math:: \log Z = \tfrac12 (\log|V| - \log|S| + m'V^{-1}m - \mu'S^{-1}\mu)
        + \sum_d \log Z_d - \tfrac12 \log(v_t/v_c) - m_t^2/2v_t + m_c^2/2v_c

    table (T, Q), nodes (Q,), covariance (D, D), mu (n, D).
    """
    n, d, log_h = records.n_units, records.n_qualities, np.log(nodes[1] - nodes[0])
    precision, log_det = np.linalg.inv(covariance), np.linalg.slogdet(covariance)[1]
    likelihood = np.zeros((n, d, len(nodes)))
    unit = np.repeat(np.arange(n), np.diff(records.pointer))
    np.add.at(likelihood, (unit, records.quality[records.row]), table[records.row])
    seen = np.zeros((n, d), dtype=bool)
    seen[unit, records.quality[records.row]] = True
    tau, nu, pull = np.where(seen, 1.0, 0.0), np.zeros((n, d)), mu @ precision
    for _ in range(n_sweeps):
        v = np.linalg.inv(precision + np.einsum("nd,de->nde", tau, np.eye(d)))
        m, v_d = np.einsum("nde,ne->nd", v, pull + nu), np.einsum("ndd->nd", v)
        v_c = 1.0 / (1.0 / v_d - tau)
        m_c = v_c * (m / v_d - nu)
        log_w = likelihood - (nodes - m_c[..., None]) ** 2 / (2 * v_c[..., None])
        top = log_w.max(axis=2)
        w = np.exp(log_w - top[..., None])
        total = w.sum(axis=2)
        w /= total[..., None]
        m_t = w @ nodes
        v_t = (w * (nodes - m_t[..., None]) ** 2).sum(axis=2)
        log_z = top + np.log(total) + log_h - 0.5 * np.log(2 * np.pi * v_c)
        log_z += -0.5 * np.log(v_t / v_c) - m_t**2 / (2 * v_t) + m_c**2 / (2 * v_c)
        tau = np.where(seen, np.maximum(1.0 / v_t - 1.0 / v_c, 0.0), 0.0)
        nu = np.where(seen, m_t / v_t - m_c / v_c, 0.0)
    v = np.linalg.inv(precision + np.einsum("nd,de->nde", tau, np.eye(d)))
    m = np.einsum("nde,ne->nd", v, pull + nu)
    height = 0.5 * (np.linalg.slogdet(v)[1] - log_det + np.einsum("nd,nd->n", m, pull + nu))
    height += np.where(seen, log_z, 0.0).sum(axis=1) - 0.5 * np.einsum("nd,nd->n", mu, pull)
    return w, m, v, height


def count(records: Records, weights: Array) -> Array:
    """Return the expected numbers of answers in each row at each node, (T, Q)."""
    counts = np.zeros((records.n_rows, weights.shape[2]))
    unit = np.repeat(np.arange(records.n_units), np.diff(records.pointer))
    np.add.at(counts, records.row, weights[unit, records.quality[records.row]])
    return counts
