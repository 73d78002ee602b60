"""The E-step of one unit with items of several qualities in plain NumPy: what the compiled one is tested against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.kernel_directions import FARTHEST, N_NODES

__all__ = ["expect_one"]

Array = npt.NDArray[np.float64]


def expect_one(
    curves: Array,
    seen: npt.NDArray[np.bool_],
    nodes: Array,
    lines: list[tuple[Array, Callable[[Array], Array]]],
    *,
    covariance: Array,
    n_sweeps: int,
) -> tuple[Array, Array, float]:
    r"""Return mean (D,), covariance (D, D) and log-evidence of one unit.

    curves (D, Q): log-likelihoods of the answers on one quality each; ``lines``: of each other answer its direction a
    (D,) and its log-probability as a function of eta = a'x. With V = (S^-1 + diag tau + \sum_r t_r a_r a_r')^-1 the
    line's cavity is v_c = s / (1 - t s), e_c = (a'm - n s) / (1 - t s), s = a'Va.
    """
    d, precision = len(curves), np.linalg.inv(covariance)
    tau, nu = np.where(seen, 1.0, 0.0), np.zeros(d)
    t, n = np.zeros(len(lines)), np.zeros(len(lines))
    told = 0.0
    for sweep in range(n_sweeps + 1):
        whole, b = precision + np.diag(tau), nu.copy()
        for r, (a, _) in enumerate(lines):
            whole += t[r] * np.outer(a, a)
            b += n[r] * a
        v = np.linalg.inv(whole)
        m = v @ b
        if sweep == n_sweeps:
            break
        told = 0.0
        for u in np.flatnonzero(seen):
            v_c = 1.0 / (1.0 / v[u, u] - tau[u])
            m_c = v_c * (m[u] / v[u, u] - nu[u])
            z, tau[u], nu[u] = _site(curves[u], nodes, m_c, v_c)
            told += z
        for r, (a, log_p) in enumerate(lines):
            s, e = float(a @ v @ a), float(a @ m)
            v_c, e_c = s / (1 - t[r] * s), (e - n[r] * s) / (1 - t[r] * s)
            where = e + np.sqrt(s) * np.linspace(-FARTHEST, FARTHEST, N_NODES)
            z, t[r], n[r] = _site(log_p(where), where, e_c, v_c)
            told += z
    height = 0.5 * (np.linalg.slogdet(v)[1] - np.linalg.slogdet(covariance)[1] + m @ b)
    return m, v, float(height + told)


def _site(curve: Array, nodes: Array, m_c: float, v_c: float) -> tuple[float, float, float]:
    """Return log Z less that of the site, and the site."""
    w = np.exp(curve - (nodes - m_c) ** 2 / (2 * v_c))
    z = w.sum() * (nodes[1] - nodes[0]) / np.sqrt(2 * np.pi * v_c)
    w /= w.sum()
    m_t = float(w @ nodes)
    v_t = float(w @ (nodes - m_t) ** 2)
    tau, nu = max(1 / v_t - 1 / v_c, 0.0), m_t / v_t - m_c / v_c
    one = 1 + tau * v_c
    return float(np.log(z) - (nu * m_c + v_c * nu**2 / 2 - tau * m_c**2 / 2) / one + 0.5 * np.log(one)), tau, nu
