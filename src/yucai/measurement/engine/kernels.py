"""Compiled inner loops of the engine. Double precision; each sum runs in one order, whatever the number of threads.

The same in plain NumPy is ``plain.py``, against which these are tested. Arrays: N units, D qualities, Q nodes, T rows
(a row is one category of one cell, a cell an item as judged by one rater or by nobody), L responses.
"""

from __future__ import annotations

import os
from typing import Any, Final, Literal

import numba as nb
import numpy as np

__all__ = ["BLOCK", "compiled", "count", "expect", "one_unit", "order_of"]

# Threads that wait sleep rather than spin: on a machine that has other work to do, spinning takes what is waited for.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when numba starts its threads, which is later

FAST: Final = {"contract", "reassoc", "nsz", "arcp"}
BLOCK: Final = 32  # units that one task takes
FLOOR: Final = -60.0  # of exponents: what is less weighs nothing, and denormal numbers are slow
HALF_LOG_2PI: Final = 0.9189385332046727


def compiled(function: Any, *, parallel: bool = False, inline: Literal["never", "always"] = "never") -> Any:
    """Return the function as machine code, kept on disk."""
    return nb.njit(cache=True, fastmath=FAST, parallel=parallel, inline=inline, nogil=True, error_model="numpy")(
        function
    )


def _exponential(x):
    """Return exp(x) for x from -60 to 0, in a form that the processor does eight at a time; relative error 1e-12."""
    z = x * 0.00390625
    p = 1.0 + z * (
        1.0
        + z
        * (
            0.5
            + z
            * (
                1.0 / 6
                + z
                * (
                    1.0 / 24
                    + z
                    * (
                        1.0 / 120
                        + z * (1.0 / 720 + z * (1.0 / 5040 + z * (1.0 / 40320 + z * (1.0 / 362880 + z / 3628800))))
                    )
                )
            )
        )
    )
    for _ in range(8):
        p *= p
    return p


_exp = compiled(_exponential, inline="always")


def _inverse(precision, tau, lower, covariance):
    """Fill ``covariance`` with (precision + diag tau)^-1 by Cholesky; return the logarithm of its determinant."""
    d = tau.size
    log_det = 0.0
    for u in range(d):
        for v in range(u + 1):
            s = precision[u, v]
            if u == v:
                s += tau[u]
            for k in range(v):
                s -= lower[u, k] * lower[v, k]
            if u == v:
                lower[u, u] = np.sqrt(max(s, 1e-12))
                log_det -= 2.0 * np.log(lower[u, u])
            else:
                lower[u, v] = s / lower[v, v]
    for column in range(d):
        for u in range(column, d):
            s = 1.0 if u == column else 0.0
            for k in range(column, u):
                s -= lower[u, k] * covariance[k, column]
            covariance[u, column] = s / lower[u, u]
        for u in range(d - 1, column - 1, -1):
            s = covariance[u, column]
            for k in range(u + 1, d):
                s -= lower[k, u] * covariance[k, column]
            covariance[u, column] = s / lower[u, u]
    for u in range(d):
        for v in range(u):
            covariance[v, u] = covariance[u, v]
    return log_det


_invert = compiled(_inverse)


def _one_unit(likelihood, seen, nodes, precision, pull, tau, nu, n_sweeps, weights, mean, covariance, lower):
    """Run the sweeps of one unit; fill weights, sites, mean and covariance; return its log-evidence.

    likelihood (D, Q), seen (D,), precision (D, D), pull = precision @ prior mean (D,). The terms of the prior alone
    (its determinant and its mean's height) are the caller's.
    """
    d, q_n = likelihood.shape
    log_h = np.log(nodes[1] - nodes[0]) - HALF_LOG_2PI
    height = 0.0
    for sweep in range(n_sweeps + 1):
        log_det = _invert(precision, tau, lower, covariance)
        for u in range(d):
            s = 0.0
            for v in range(d):
                s += covariance[u, v] * (pull[v] + nu[v])
            mean[u] = s
        if sweep == n_sweeps:
            s = 0.5 * log_det
            for u in range(d):
                s += 0.5 * mean[u] * (pull[u] + nu[u])
            return s + height
        height = 0.0
        for u in range(d):
            if not seen[u]:
                continue
            v_c = 1.0 / max(1.0 / covariance[u, u] - tau[u], 1e-6)
            m_c = v_c * (mean[u] / covariance[u, u] - nu[u])
            slant = -0.5 / v_c
            highest = -1e300
            for q in range(q_n):
                away = nodes[q] - m_c
                weights[u, q] = likelihood[u, q] + slant * away * away
                highest = max(highest, weights[u, q])
            for q in range(q_n):
                weights[u, q] = _exp(max(weights[u, q] - highest, FLOOR))
            s0, s1 = 0.0, 0.0
            for q in range(q_n):
                s0 += weights[u, q]
                s1 += weights[u, q] * nodes[q]
            m_t = s1 / s0
            s2 = 0.0
            scale = 1.0 / s0
            for q in range(q_n):
                weights[u, q] *= scale
                s2 += weights[u, q] * (nodes[q] - m_t) ** 2
            v_t = max(s2, 1e-8)
            tau[u] = max(1.0 / v_t - 1.0 / v_c, 0.0)
            nu[u] = m_t / v_t - m_c / v_c
            height += highest + np.log(s0) + log_h - 0.5 * np.log(v_c)
            height += -0.5 * np.log(v_t / v_c) - 0.5 * m_t * m_t / v_t + 0.5 * m_c * m_c / v_c
    return height


_unit = one_unit = compiled(_one_unit)


def _expect(
    pointer,
    row,
    quality,
    table,
    nodes,
    precision,
    group,
    pull,
    tau,
    nu,
    n_sweeps,
    weights,
    mean,
    spread,
    height,
    sums,
    whole,
):
    """Run the E-step of all units; see ``plain.expect``.

    ``sums`` (blocks, G, D, D) gets the covariances' sums, ``whole`` (n, D, D) each of them, if it is not empty.
    """
    n, d = tau.shape
    q_n = nodes.size
    for b in nb.prange(sums.shape[0]):
        likelihood = np.empty((d, q_n))
        seen = np.empty(d, np.bool_)
        lower, covariance = np.empty((d, d)), np.empty((d, d))
        sums[b] = 0.0
        for i in range(b * BLOCK, min(n, (b + 1) * BLOCK)):
            likelihood[:] = 0.0
            seen[:] = False
            for r in range(pointer[i], pointer[i + 1]):
                t = row[r]
                u = quality[t]
                seen[u] = True
                for q in range(q_n):
                    likelihood[u, q] += table[t, q]
            for u in range(d):
                if not seen[u]:  # nothing is known here but what the other qualities tell
                    tau[i, u] = 0.0
                    nu[i, u] = 0.0
            height[i] = _unit(
                likelihood, seen, nodes, precision[group[i]], pull[i], tau[i], nu[i], n_sweeps,
                weights[i], mean[i], covariance, lower,
            )  # fmt: skip
            for u in range(d):
                spread[i, u] = covariance[u, u]
                for v in range(d):
                    sums[b, group[i], u, v] += covariance[u, v]
                    if whole.size > 0:
                        whole[i, u, v] = covariance[u, v]


expect = compiled(_expect, parallel=True)


def _count(pointer, unit, quality, weights, counts):
    """Add to ``counts`` (T, Q) the weights of the units that answered in each row."""
    q_n = counts.shape[1]
    for t in nb.prange(counts.shape[0]):
        u = quality[t]
        for r in range(pointer[t], pointer[t + 1]):
            i = unit[r]
            for q in range(q_n):
                counts[t, q] += weights[i, u, q]


count = compiled(_count, parallel=True)


def _order_of(of, starts):
    """Return the order that sorts whole numbers from 0, equals staying in theirs; ``starts`` is where each begins."""
    at = starts.copy()
    order = np.empty(of.size, np.int64)
    for r in range(of.size):
        order[at[of[r]]] = r
        at[of[r]] += 1
    return order


order_of = compiled(_order_of)
