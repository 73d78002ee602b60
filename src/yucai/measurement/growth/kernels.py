"""Compiled inner loops of growth: a learner's occasions by Kalman filter and smoother inside expectation propagation.

Arrays: n learners, T occasions, D qualities, Q nodes. The same over the dense normal law of all occasions is
``plain.py``, against which these are tested.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_tilting import site_height, tilt
from yucai.measurement.engine.kernels import compiled

__all__ = ["across_occasions", "follow"]

LEAST_VARIANCE = 1e-9


def _solve_spd(a, lower, b):
    """Replace the columns of ``b`` (D, M) by a^-1 b, by Cholesky."""
    d = a.shape[0]
    for u in range(d):
        for v in range(u + 1):
            s = a[u, v]
            for k in range(v):
                s -= lower[u, k] * lower[v, k]
            if u == v:
                lower[u, u] = np.sqrt(max(s, LEAST_VARIANCE))
            else:
                lower[u, v] = s / lower[v, v]
    for c in range(b.shape[1]):
        for u in range(d):
            s = b[u, c]
            for k in range(u):
                s -= lower[u, k] * b[k, c]
            b[u, c] = s / lower[u, u]
        for u in range(d - 1, -1, -1):
            s = b[u, c]
            for k in range(u + 1, d):
                s -= lower[k, u] * b[k, c]
            b[u, c] = s / lower[u, u]


_solve = compiled(_solve_spd)


def _forward(mu, kept, moved, begin, tau, nu, mean, cov, ahead_m, ahead):
    """Filter: fill predicted (``ahead``) and filtered means and covariances; return the log-integral of the sites."""
    t_n, d = mu.shape
    height = 0.0
    for t in range(t_n):
        for u in range(d):
            ahead_m[t, u] = mu[t, u] + (kept[t - 1, u] * (mean[t - 1, u] - mu[t - 1, u]) if t > 0 else 0.0)
            for v in range(d):
                if t == 0:
                    ahead[t, u, v] = begin[u, v]
                else:
                    ahead[t, u, v] = kept[t - 1, u] * kept[t - 1, v] * cov[t - 1, u, v] + moved[t - 1, u, v]
        mean[t] = ahead_m[t]
        cov[t] = ahead[t]
        for u in range(d):
            if tau[t, u] == 0.0 and nu[t, u] == 0.0:
                continue
            height += site_height(mean[t, u], cov[t, u, u], tau[t, u], nu[t, u])
            by = 1.0 / (1.0 + tau[t, u] * cov[t, u, u])
            push, pull = (nu[t, u] - tau[t, u] * mean[t, u]) * by, tau[t, u] * by
            column = cov[t, :, u].copy()
            for v in range(d):
                mean[t, v] += column[v] * push
                for k in range(d):
                    cov[t, v, k] -= column[v] * column[k] * pull
    return height


_filter = compiled(_forward)


def _backward(kept, mean, cov, ahead_m, ahead, gain, lower, work):
    """Smooth (Rauch, Tung and Striebel): means and covariances are replaced; ``gain`` (T-1, D, D) is filled."""
    t_n, d = mean.shape
    for t in range(t_n - 2, -1, -1):
        for u in range(d):
            for v in range(d):
                work[u, v] = kept[t, u] * cov[t, u, v]
        _solve(ahead[t + 1], lower, work)
        for u in range(d):
            for v in range(d):
                gain[t, u, v] = work[v, u]
        for u in range(d):
            for k in range(d):
                mean[t, u] += gain[t, u, k] * (mean[t + 1, k] - ahead_m[t + 1, k])
        for u in range(d):
            for v in range(d):
                s = 0.0
                for k in range(d):
                    s += gain[t, u, k] * (cov[t + 1, k, v] - ahead[t + 1, k, v])
                work[u, v] = s
        for u in range(d):
            for v in range(u + 1):
                s = cov[t, u, v]
                for k in range(d):
                    s += work[u, k] * gain[t, v, k]
                cov[t, u, v] = s
                cov[t, v, u] = s


_smooth = compiled(_backward)


def _follow(
    units, time, pointer, row, quality, table, nodes, mu, group, kept, moved, begin, tau, nu, n_sweeps,
    mean, cov, gain, height, weights,
):  # fmt: skip
    """Run the E-step of all learners.

    ``units`` (n+1,) says which units (rows of ``tau``, ``nu`` (U, D), ``weights`` (U, D, Q)) are a learner's, ``time``
    (U,) in which occasion each is; ``pointer``, ``row``, ``quality``, ``table`` are the answers as in the engine. mu
    (G, T, D); kept (T-1, D) and moved (T-1, D, D) what stays of, and is added to, a place from one occasion to the
    next; begin (D, D). Filled: mean (n, T, D), cov (n, T, D, D), gain (n, T-1, D, D), height (n,).
    """
    t_n, d = mu.shape[1:]
    for i in nb.prange(units.size - 1):
        first, last = units[i], units[i + 1]
        curves, seen = np.zeros((last - first, d, nodes.size)), np.zeros((last - first, d), np.bool_)
        for n in range(last - first):
            for r in range(pointer[first + n], pointer[first + n + 1]):
                u = quality[row[r]]
                seen[n, u] = True
                for q in range(nodes.size):
                    curves[n, u, q] += table[row[r], q]
        ahead_m, ahead = np.empty((t_n, d)), np.empty((t_n, d, d))
        lower, work = np.empty((d, d)), np.empty((d, d))
        own_tau, own_nu = np.zeros((t_n, d)), np.zeros((t_n, d))
        told = 0.0
        for sweep in range(n_sweeps + 1):
            for n in range(last - first):
                for u in range(d):
                    own_tau[time[first + n], u] = tau[first + n, u] if seen[n, u] else 0.0
                    own_nu[time[first + n], u] = nu[first + n, u] if seen[n, u] else 0.0
            whole = _filter(mu[group[i]], kept, moved, begin, own_tau, own_nu, mean[i], cov[i], ahead_m, ahead)
            _smooth(kept, mean[i], cov[i], ahead_m, ahead, gain[i], lower, work)
            if sweep == n_sweeps:
                height[i] = whole + told
                break
            told = 0.0
            for n in range(last - first):
                t = time[first + n]
                for u in range(d):
                    if not seen[n, u]:
                        continue
                    v_c = 1.0 / max(1.0 / cov[i, t, u, u] - own_tau[t, u], 1e-6)
                    m_c = v_c * (mean[i, t, u] / cov[i, t, u, u] - own_nu[t, u])
                    log_z, m_t, v_t = tilt(curves[n, u], nodes, m_c, v_c, weights[first + n, u])
                    tau[first + n, u] = max(1.0 / v_t - 1.0 / v_c, 0.0)
                    nu[first + n, u] = m_t / v_t - m_c / v_c
                    told += log_z - site_height(m_c, v_c, tau[first + n, u], nu[first + n, u])


follow = compiled(_follow, parallel=True)


def _across(
    units, time, pointer, row, quality, row_rater, by_severity, nodes, weights, squares, mean, cov, gain, across
):
    """Fill ``across`` (n, D, T, T): how each quality's places in the occasions vary together, raters' errors added.

    A severity moves a place by the posterior covariance of the place with the derivative of the log-likelihood, and
    every other place by its regression on that one; ``squares`` (raters,) are the squared errors.
    """
    for i in nb.prange(units.size - 1):
        t_n, d = mean.shape[1:]
        whole = np.empty((t_n, t_n, d, d))
        for t in range(t_n):
            whole[t, t] = cov[i, t]
            for s in range(t - 1, -1, -1):
                for u in range(d):
                    for v in range(d):
                        x = 0.0
                        for k in range(d):
                            x += gain[i, s, u, k] * whole[s + 1, t, k, v]
                        whole[s, t, u, v] = x
                        whole[t, s, v, u] = x
        for u in range(d):
            for s in range(t_n):
                for t in range(t_n):
                    across[i, u, s, t] = whole[s, t, u, u]
        first, last = pointer[units[i]], pointer[units[i + 1]]
        push, move = np.empty((t_n, d)), np.empty((t_n, d))
        for r in range(first, last):
            rater = row_rater[row[r]]
            fresh = rater >= 0
            for s in range(first, r):
                if row_rater[row[s]] == rater:
                    fresh = False
            if not fresh:
                continue
            push[:] = 0.0
            for n in range(units[i], units[i + 1]):
                t = time[n]
                for s in range(pointer[n], pointer[n + 1]):
                    u = quality[row[s]]
                    if row_rater[row[s]] == rater:
                        for q in range(nodes.size):
                            away = nodes[q] - mean[i, t, u]
                            push[t, u] += weights[n, u, q] * by_severity[row[s], q] * away / cov[i, t, u, u]
            for s in range(t_n):
                for u in range(d):
                    x = 0.0
                    for t in range(t_n):
                        for v in range(d):
                            x += whole[s, t, u, v] * push[t, v]
                    move[s, u] = x
            for u in range(d):
                for s in range(t_n):
                    for t in range(t_n):
                        across[i, u, s, t] += squares[rater] * move[s, u] * move[t, u]


across_occasions = compiled(_across, parallel=True)
