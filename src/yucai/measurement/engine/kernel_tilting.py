"""One site of expectation propagation: the cavity tilted by a curve on a grid, and what a site does to a normal law."""

from __future__ import annotations

import numpy as np

from yucai.measurement.engine.kernels import FLOOR, HALF_LOG_2PI, _exponential, compiled

__all__ = ["site_height", "tilt"]

_exp = compiled(_exponential, inline="always")


def _tilt(curve, nodes, m_c, v_c, weights):
    r"""Fill ``weights`` (Q,) with the law N(x; m_c, v_c) exp(curve) / Z on even nodes; return log Z, mean, variance."""
    slant, highest = -0.5 / v_c, -1e300
    for q in range(nodes.size):
        away = nodes[q] - m_c
        weights[q] = curve[q] + slant * away * away
        highest = max(highest, weights[q])
    for q in range(nodes.size):
        weights[q] = _exp(max(weights[q] - highest, FLOOR))
    s0, s1 = 0.0, 0.0
    for q in range(nodes.size):
        s0 += weights[q]
        s1 += weights[q] * nodes[q]
    m_t, s2, scale = s1 / s0, 0.0, 1.0 / s0
    for q in range(nodes.size):
        weights[q] *= scale
        s2 += weights[q] * (nodes[q] - m_t) ** 2
    log_z = highest + np.log(s0 * (nodes[1] - nodes[0])) - HALF_LOG_2PI - 0.5 * np.log(v_c)
    return log_z, m_t, max(s2, 1e-8)


tilt = compiled(_tilt)


def _site_height(m, v, tau, nu):
    r"""Return the logarithm of the integral of N(x; m, v) exp(-tau x^2 / 2 + nu x)."""
    return (nu * m + 0.5 * v * nu * nu - 0.5 * tau * m * m) / (1.0 + tau * v) - 0.5 * np.log(1.0 + tau * v)


site_height = compiled(_site_height)
