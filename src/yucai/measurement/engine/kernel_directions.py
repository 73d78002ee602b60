"""Compiled inner loops for items that speak of several qualities: a site along the item's direction for every answer.

The line eta = a'x of an item has, given all other evidence, a normal law; one-dimensional quadrature on nodes placed
around where it stands gives its tilted law, and the site is a rank-one term of the precision. The same by plain loops
is ``plain_directions.py``. Arrays: N units, D qualities, W such items, R answers on them, G nodes, L slopes an item.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_items import _probabilities
from yucai.measurement.engine.kernel_tilting import site_height, tilt
from yucai.measurement.engine.kernels import HALF_LOG_2PI, _inverse, compiled

__all__ = ["N_NODES", "expect_directed", "gather_directed", "score_directed"]

N_NODES = 25
FARTHEST = 6.0  # SDs of the line that the nodes reach on both sides
_curves = compiled(_probabilities)
_invert = compiled(_inverse)


def _tilt_line(e, s, e_c, v_c, category, family, k_n, intercepts, one, weights, p, dp):
    """Fill ``weights`` (G,) with the tilted law of a line on nodes around e; return log Z, mean and variance."""
    g_n = weights.size
    h = 2.0 * FARTHEST * np.sqrt(s) / (g_n - 1)
    first, highest = e - FARTHEST * np.sqrt(s), -1e300
    for g in range(g_n):
        eta = first + g * h
        _curves(family, k_n, one, intercepts, eta, p, dp)
        weights[g] = np.log(p[category]) - 0.5 * (eta - e_c) ** 2 / v_c
        highest = max(highest, weights[g])
    s0, s1, s2 = 0.0, 0.0, 0.0
    for g in range(g_n):
        weights[g] = np.exp(max(weights[g] - highest, -60.0))
        s0 += weights[g]
        s1 += weights[g] * (first + g * h)
    m_t = s1 / s0
    for g in range(g_n):
        weights[g] /= s0
        s2 += weights[g] * (first + g * h - m_t) ** 2
    return highest + np.log(s0 * h) - HALF_LOG_2PI - 0.5 * np.log(v_c), m_t, max(s2, 1e-8)


_tilt_along = compiled(_tilt_line)


def _posterior(precision, pull, tau, nu, first, last, item, direction, d_tau, d_nu, whole, b, lower, cov, mean, none):
    """Fill covariance and mean of a unit under all its sites, and ``b``; return the log-determinant."""
    d = tau.size
    for u in range(d):
        b[u] = pull[u] + nu[u]
        for v in range(d):
            whole[u, v] = precision[u, v]
        whole[u, u] += tau[u]
    for r in range(first, last):
        for u in range(d):
            b[u] += d_nu[r] * direction[item[r], u]
            for v in range(d):
                whole[u, v] += d_tau[r] * direction[item[r], u] * direction[item[r], v]
    log_det = _invert(whole, none, lower, cov)
    for u in range(d):
        x = 0.0
        for v in range(d):
            x += cov[u, v] * b[v]
        mean[u] = x
    return log_det


_settle = compiled(_posterior)


def _expect_directed(
    pointer, row, quality, table, nodes, d_pointer, item, category, direction, basis, n_slopes, family, n_categories,
    intercepts, precision, pull, tau, nu, d_tau, d_nu, n_sweeps,
    weights, mean, cov, height, lines, where, base, lean, rest,
):  # fmt: skip
    """Run the E-step of all units.

    Of each answer on an item with several qualities are filled: ``lines`` (R, G) the weights of its line at the nodes
    ``where`` (R, 2) begins and steps, and the places along the item's slopes given the line: ``base`` + ``lean`` eta
    (R, L), with what is then still open, ``rest`` (R, L, L).
    """
    d, k_most = tau.shape[1], n_categories.max()
    for i in nb.prange(pointer.size - 1):
        curves, seen = np.zeros((d, nodes.size)), np.zeros(d, np.bool_)
        for r in range(pointer[i], pointer[i + 1]):
            u = quality[row[r]]
            seen[u] = True
            for q in range(nodes.size):
                curves[u, q] += table[row[r], q]
        for u in range(d):
            if not seen[u]:
                tau[i, u] = 0.0
                nu[i, u] = 0.0
        whole, lower, b, none = np.empty((d, d)), np.empty((d, d)), np.empty(d), np.zeros(d)
        p, dp, one = np.empty(k_most + 1), np.empty((k_most + 1, 2 * k_most + 2)), np.ones(1)
        ahead = np.empty(d)
        first, last = d_pointer[i], d_pointer[i + 1]
        told = 0.0
        for sweep in range(n_sweeps + 1):
            log_det = _settle(
                precision, pull[i], tau[i], nu[i], first, last, item, direction, d_tau, d_nu, whole, b, lower, cov[i],
                mean[i], none,
            )  # fmt: skip
            if sweep == n_sweeps:
                height[i] = 0.5 * log_det + told
                for u in range(d):
                    height[i] += 0.5 * mean[i, u] * b[u]
                break
            told = 0.0
            for u in range(d):
                if seen[u]:
                    v_c = 1.0 / max(1.0 / cov[i, u, u] - tau[i, u], 1e-6)
                    m_c = v_c * (mean[i, u] / cov[i, u, u] - nu[i, u])
                    log_z, m_t, v_t = tilt(curves[u], nodes, m_c, v_c, weights[i, u])
                    tau[i, u] = max(1.0 / v_t - 1.0 / v_c, 0.0)
                    nu[i, u] = m_t / v_t - m_c / v_c
                    told += log_z - site_height(m_c, v_c, tau[i, u], nu[i, u])
            for r in range(first, last):
                j = item[r]
                s, e = 0.0, 0.0
                for u in range(d):
                    x = 0.0
                    for v in range(d):
                        x += cov[i, u, v] * direction[j, v]
                    ahead[u] = x
                    s += direction[j, u] * x
                    e += direction[j, u] * mean[i, u]
                s = max(s, 1e-8)
                out = 1.0 / max(1.0 - d_tau[r] * s, 1e-6)
                v_c, e_c = s * out, (e - d_nu[r] * s) * out
                log_z, m_t, v_t = _tilt_along(
                    e, s, e_c, v_c, category[r], family[j], n_categories[j], intercepts[j], one, lines[r], p, dp
                )
                where[r, 0] = e - FARTHEST * np.sqrt(s)
                where[r, 1] = 2.0 * FARTHEST * np.sqrt(s) / (lines.shape[1] - 1)
                for k in range(n_slopes[j]):
                    at, along = 0.0, 0.0
                    for u in range(d):
                        at += basis[j, k, u] * (mean[i, u] - ahead[u] * e / s)
                        along += basis[j, k, u] * ahead[u] / s
                    base[r, k], lean[r, k] = at, along
                for k in range(n_slopes[j]):
                    for m in range(n_slopes[j]):
                        x = -lean[r, k] * lean[r, m] * s
                        for u in range(d):
                            for v in range(d):
                                x += basis[j, k, u] * cov[i, u, v] * basis[j, m, v]
                        rest[r, k, m] = x
                d_tau[r] = max(1.0 / v_t - 1.0 / v_c, 0.0)
                d_nu[r] = m_t / v_t - e_c / v_c
                told += log_z - site_height(e_c, v_c, d_tau[r], d_nu[r])


expect_directed = compiled(_expect_directed, parallel=True)


def _answer(
    r, j, category, n_slopes, family, n_categories, intercepts, lines, where, base, lean, rest, one, p, dp, g, h
):
    """Add an answer's expected derivatives by its item's slopes and intercepts to ``g``, the information to ``h``."""
    l_n, k_n = n_slopes[j], n_categories[j]
    n_i = k_n - 1
    by = np.empty(n_i)
    for q in range(lines.shape[1]):
        w, eta = lines[r, q], where[r, 0] + q * where[r, 1]
        if w < 1e-14:
            continue
        _curves(family[j], k_n, one, intercepts[j], eta, p, dp)
        c = category[r]
        rise = 0.0
        for m in range(n_i):
            rise += dp[c, 1 + m]
            g[l_n + m] += w * dp[c, 1 + m] / p[c]
        for k in range(l_n):
            g[k] += w * rise / p[c] * (base[r, k] + lean[r, k] * eta)
        j_ee = 0.0
        by[:] = 0.0
        for c in range(k_n):
            rise = 0.0
            for m in range(n_i):
                rise += dp[c, 1 + m]
            j_ee += rise * rise / p[c]
            for m in range(n_i):
                by[m] += rise * dp[c, 1 + m] / p[c]
                for o in range(n_i):
                    h[l_n + m, l_n + o] += w * dp[c, 1 + m] * dp[c, 1 + o] / p[c]
        for k in range(l_n):
            x = base[r, k] + lean[r, k] * eta
            for m in range(l_n):
                h[k, m] += w * j_ee * (x * (base[r, m] + lean[r, m] * eta) + rest[r, k, m])
            for m in range(n_i):
                h[k, l_n + m] += w * by[m] * x
                h[l_n + m, k] += w * by[m] * x


_told = compiled(_answer)


def _gather_directed(
    i_pointer, of_item, category, n_slopes, family, n_categories, intercepts, lines, where, base, lean, rest, g, h
):
    """Fill for each item the derivatives of the log-evidence by its numbers (W, P) and the information (W, P, P)."""
    k_most = n_categories.max()
    for j in nb.prange(i_pointer.size - 1):
        p, dp, one = np.empty(k_most + 1), np.empty((k_most + 1, 2 * k_most + 2)), np.ones(1)
        g[j] = 0.0
        h[j] = 0.0
        for place in range(i_pointer[j], i_pointer[j + 1]):
            _told(
                of_item[place], j, category, n_slopes, family, n_categories, intercepts, lines, where, base, lean,
                rest, one, p, dp, g[j], h[j],
            )  # fmt: skip


gather_directed = compiled(_gather_directed, parallel=True)


def _score_directed(
    d_pointer, item, category, n_slopes, family, n_categories, intercepts, lines, where, base, lean, rest, begin, scores
):
    """Add to each unit's scores the derivatives by the numbers of items with several qualities, from ``begin`` (W,)."""
    k_most, p_n = n_categories.max(), base.shape[1] + n_categories.max()
    for i in nb.prange(d_pointer.size - 1):
        p, dp, one = np.empty(k_most + 1), np.empty((k_most + 1, 2 * k_most + 2)), np.ones(1)
        g, h = np.empty(p_n), np.empty((p_n, p_n))
        for r in range(d_pointer[i], d_pointer[i + 1]):
            j = item[r]
            g[:] = 0.0
            h[:] = 0.0
            _told(
                r, j, category, n_slopes, family, n_categories, intercepts, lines, where, base, lean, rest, one, p, dp,
                g, h,
            )  # fmt: skip
            for u in range(n_slopes[j] + n_categories[j] - 1):
                scores[i, begin[j] + u] += g[u]


score_directed = compiled(_score_directed, parallel=True)
