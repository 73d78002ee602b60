"""Compiled inner loops for items that speak of several qualities: one site for all that is said of a block of these.

Given all other evidence a block's places have a normal law; Gauss-Hermite nodes around where the unit stands (Liu and
Pierce 1994) give its tilted law, and the site is a whole normal term over the block. Curves of answers on one quality
are read off their grid by cubic interpolation, and what nodes weigh is put back on the grid the same way, so that
derivatives stay exact. The same by plain loops is ``plain_directions.py``. Arrays: N units, D qualities, W such items,
R answers on them, L slopes an item, B blocks of up to X qualities with M nodes.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_items import LEAST, _probabilities
from yucai.measurement.engine.kernel_tilting import site_height, tilt
from yucai.measurement.engine.kernels import FLOOR, HALF_LOG_2PI, _inverse, compiled

__all__ = ["expect_directed", "gather_directed", "score_directed"]

WEIGHTLESS = 1e-10  # nodes that weigh less move no derivative
_curves = compiled(_probabilities)
_invert = compiled(_inverse)


def _log_chance(family, k_n, intercepts, eta, c):
    """Return the log-probability of category c on a line; as ``kernel_items`` has it, without derivatives."""
    if family == 0:
        up = 1.0 / (1.0 + np.exp(-(eta + intercepts[c - 1]))) if c > 0 else 1.0
        low = 1.0 / (1.0 + np.exp(-(eta + intercepts[c]))) if c < k_n - 1 else 0.0
        return np.log(max(up - low, LEAST))
    top, line, own = 0.0, 0.0, 0.0
    for k in range(1, k_n):
        line += eta + intercepts[k - 1]
        top = max(top, line)
        if k == c:
            own = line
    s, line = np.exp(-top), 0.0
    for k in range(1, k_n):
        line += eta + intercepts[k - 1]
        s += np.exp(line - top)
    return max(own - top - np.log(s), np.log(LEAST))


_chance = compiled(_log_chance)


def _four(x, nodes, share):
    """Fill ``share`` (4,) with what the grid's nodes from the returned one on contribute at x (cubic)."""
    t = min(max((x - nodes[0]) / (nodes[1] - nodes[0]), 0.0), nodes.size - 1.0)
    q = min(max(int(t), 1), nodes.size - 3)
    f = t - q
    share[0] = -f * (f - 1.0) * (f - 2.0) / 6.0
    share[1] = (f + 1.0) * (f - 1.0) * (f - 2.0) / 2.0
    share[2] = -(f + 1.0) * f * (f - 2.0) / 2.0
    share[3] = (f + 1.0) * f * (f - 1.0) / 6.0
    return q - 1


_beside = compiled(_four)


def _root_of(matrix, n, root):
    """Fill ``root`` with the lower Cholesky factor of the first n rows; return the logarithm of its determinant."""
    log_det = 0.0
    for u in range(n):
        for v in range(u + 1):
            s = matrix[u, v]
            for k in range(v):
                s -= root[u, k] * root[v, k]
            if u == v:
                root[u, u] = np.sqrt(max(s, 1e-10))
                log_det += np.log(root[u, u])
            else:
                root[u, v] = s / root[v, v]
    return log_det


_root = compiled(_root_of)


def _posterior(precision, pull, tau, nu, has, size, dims, site, site_nu, whole, b, lower, cov, mean, none):
    """Fill covariance and mean of a unit under all its sites, and ``b``; return the log-determinant."""
    d = tau.size
    for u in range(d):
        b[u] = pull[u] + nu[u]
        for v in range(d):
            whole[u, v] = precision[u, v]
        whole[u, u] += tau[u]
    for o in range(size.size):
        if has[o]:
            for u in range(size[o]):
                b[dims[o, u]] += site_nu[o, u]
                for v in range(size[o]):
                    whole[dims[o, u], dims[o, v]] += site[o, u, v]
    log_det = _invert(whole, none, lower, cov)
    for u in range(d):
        x = 0.0
        for v in range(d):
            x += cov[u, v] * b[v]
        mean[u] = x
    return log_det


_settle = compiled(_posterior)


def _tilted(
    o, size, dims, nodes_u, log_w, n_nodes, takes, seen, curves, grid, first, last, item, category, shift, along,
    family, n_categories, intercepts, of_item, cov, mean, site, site_nu, law, centre, root,
):  # fmt: skip
    """Renew the site of one block and its ``law`` (M,) at ``centre`` + ``root`` u; return what it tells the height."""
    n, m_n = size[o], n_nodes[o]
    v_b, inner, lower, none = np.empty((n, n)), np.empty((n, n)), np.empty((n, n)), np.zeros(n)
    pull, share = np.empty(n), np.empty(4)
    for u in range(n):
        centre[u] = mean[dims[o, u]]
        for v in range(n):
            v_b[u, v] = cov[dims[o, u], dims[o, v]]
    log_root = _root(v_b, n, root)
    _invert(v_b, none, lower, inner)
    for u in range(n):
        pull[u] = -site_nu[u]
        for v in range(n):
            pull[u] += inner[u, v] * centre[v]
    for u in range(n):
        for v in range(n):
            inner[u, v] -= site[u, v]
    x = np.empty((n, m_n))
    for g in range(m_n):
        s = log_w[o, g]
        for u in range(n):
            at = centre[u]
            for v in range(u + 1):
                at += root[u, v] * nodes_u[o, g, v]
            x[u, g] = at
        for u in range(n):
            s += pull[u] * x[u, g]
            for v in range(n):
                s -= 0.5 * inner[u, v] * x[u, g] * x[v, g]
        law[g] = s
    for u in range(n):
        d = dims[o, u]
        if takes[d] == o and seen[d]:
            for g in range(m_n):
                q = _beside(x[u, g], grid, share)
                for k in range(4):
                    law[g] += share[k] * curves[d, q + k]
    for r in range(first, last):
        j = item[r]
        if of_item[j] == o:
            for g in range(m_n):
                eta = -shift[r]
                for u in range(n):
                    eta += along[j, u] * x[u, g]
                law[g] += _chance(family[j], n_categories[j], intercepts[j], eta, category[r])
    highest, s0 = -1e300, 0.0
    for g in range(m_n):
        highest = max(highest, law[g])
    for g in range(m_n):
        law[g] = np.exp(max(law[g] - highest, FLOOR))
        s0 += law[g]
    m_t = np.zeros(n)
    for g in range(m_n):
        law[g] /= s0
        for u in range(n):
            m_t[u] += law[g] * x[u, g]
    for u in range(n):
        for v in range(u + 1):
            s = 0.0
            for g in range(m_n):
                s += law[g] * (x[u, g] - m_t[u]) * (x[v, g] - m_t[v])
            v_b[u, v] = s + (1e-10 if u == v else 0.0)
            v_b[v, u] = v_b[u, v]
    new = np.empty((n, n))
    log_det = _invert(v_b, none, lower, new)
    told = highest + np.log(s0) + log_root - n * HALF_LOG_2PI + 0.5 * log_det
    for u in range(n):
        s = 0.0
        for v in range(n):
            s += new[u, v] * m_t[v]
            site[u, v] = new[u, v] - inner[u, v]
        site_nu[u] = s - pull[u]
        told -= 0.5 * m_t[u] * s
    return told


_tilt_block = compiled(_tilted)


def _put_back(o, size, dims, nodes_u, n_nodes, takes, seen, grid, law, centre, root, weights):
    """Put what a block's nodes weigh on the grid of each quality whose curve it takes, ``weights`` (D, Q)."""
    share = np.empty(4)
    for u in range(size[o]):
        d = dims[o, u]
        if takes[d] != o or not seen[d]:
            continue
        weights[d] = 0.0
        for g in range(n_nodes[o]):
            at = centre[u]
            for v in range(u + 1):
                at += root[u, v] * nodes_u[o, g, v]
            q = _beside(at, grid, share)
            for k in range(4):
                weights[d, q + k] += law[g] * share[k]


_onto_grid = compiled(_put_back)


def _expect_directed(
    pointer, row, quality, table, grid, d_pointer, item, category, shift, along, family, n_categories, intercepts,
    size, dims, nodes_u, log_w, n_nodes, of_item, takes, precision, pull, tau, nu, site, site_nu, n_sweeps,
    weights, mean, cov, height, law, centre, root,
):  # fmt: skip
    """Run the E-step of all units; of each block the ``law`` (N, B, M) at ``centre`` + ``root`` u is filled."""
    d, b_n = tau.shape[1], size.size
    for i in nb.prange(pointer.size - 1):
        curves, seen, has = np.zeros((d, grid.size)), np.zeros(d, np.bool_), np.zeros(b_n, np.bool_)
        first, last = d_pointer[i], d_pointer[i + 1]
        for r in range(pointer[i], pointer[i + 1]):
            u = quality[row[r]]
            seen[u] = True
            for q in range(grid.size):
                curves[u, q] += table[row[r], q]
        for u in range(d):
            if takes[u] >= 0 or not seen[u]:
                tau[i, u] = 0.0
                nu[i, u] = 0.0
            if takes[u] >= 0 and seen[u]:
                has[takes[u]] = True
        for r in range(first, last):
            has[of_item[item[r]]] = True
        whole, lower, b, none = np.empty((d, d)), np.empty((d, d)), np.empty(d), np.zeros(d)
        told = 0.0
        for sweep in range(n_sweeps + 1):
            log_det = _settle(
                precision, pull[i], tau[i], nu[i], has, size, dims, site[i], site_nu[i], whole, b, lower, cov[i],
                mean[i], none,
            )  # fmt: skip
            if sweep == n_sweeps:
                height[i] = 0.5 * log_det + told
                for u in range(d):
                    height[i] += 0.5 * mean[i, u] * b[u]
                break
            told = 0.0
            for u in range(d):
                if seen[u] and takes[u] < 0:
                    v_c = 1.0 / max(1.0 / cov[i, u, u] - tau[i, u], 1e-6)
                    m_c = v_c * (mean[i, u] / cov[i, u, u] - nu[i, u])
                    log_z, m_t, v_t = tilt(curves[u], grid, m_c, v_c, weights[i, u])
                    tau[i, u] = max(1.0 / v_t - 1.0 / v_c, 0.0)
                    nu[i, u] = m_t / v_t - m_c / v_c
                    told += log_z - site_height(m_c, v_c, tau[i, u], nu[i, u])
            for o in range(b_n):
                if has[o]:
                    told += _tilt_block(
                        o, size, dims, nodes_u, log_w, n_nodes, takes, seen, curves, grid, first, last, item, category,
                        shift, along, family, n_categories, intercepts, of_item, cov[i], mean[i], site[i, o],
                        site_nu[i, o], law[i, o], centre[i, o], root[i, o],
                    )  # fmt: skip
        for o in range(b_n):
            if has[o]:
                _onto_grid(
                    o, size, dims, nodes_u, n_nodes, takes, seen, grid, law[i, o], centre[i, o], root[i, o], weights[i]
                )


expect_directed = compiled(_expect_directed, parallel=True)


def _answer(
    j, c, severity, basis, slopes, n_slopes, family, n_categories, intercepts, n, nodes_u, m_n, law, centre, root,
    one, p, dp, z, by, g, h,
):  # fmt: skip
    """Add an answer's expected derivatives by its item's slopes and intercepts to ``g``, the information to ``h``.

    Return the derivative by the line itself and the information on it, which is what severities take.
    """
    l_n, k_n = n_slopes[j], n_categories[j]
    n_i = k_n - 1
    told, known = 0.0, 0.0
    for q in range(m_n):
        w = law[q]
        if w < WEIGHTLESS:
            continue
        eta = 0.0
        for k in range(l_n):
            z[k] = -severity
        for u in range(n):
            at = centre[u]
            for v in range(u + 1):
                at += root[u, v] * nodes_u[q, v]
            for k in range(l_n):
                z[k] += basis[j, k, u] * at
        for k in range(l_n):
            eta += slopes[j, k] * z[k]
        _curves(family[j], k_n, one, intercepts[j], eta, p, dp)
        rise = 0.0
        for m in range(n_i):
            rise += dp[c, 1 + m]
            g[l_n + m] += w * dp[c, 1 + m] / p[c]
        rise *= w / p[c]
        told += rise
        for k in range(l_n):
            g[k] += rise * z[k]
        j_ee = 0.0
        by[:] = 0.0
        for k in range(k_n):
            rise = 0.0
            for m in range(n_i):
                rise += dp[k, 1 + m]
            j_ee += rise * rise / p[k]
            for m in range(n_i):
                by[m] += rise * dp[k, 1 + m] / p[k]
                for o in range(n_i):
                    h[l_n + m, l_n + o] += w * dp[k, 1 + m] * dp[k, 1 + o] / p[k]
        known += w * j_ee
        for k in range(l_n):
            for m in range(l_n):
                h[k, m] += w * j_ee * z[k] * z[m]
            for m in range(n_i):
                h[k, l_n + m] += w * by[m] * z[k]
                h[l_n + m, k] += w * by[m] * z[k]
    return told, known


_told = compiled(_answer)


def _gather_directed(
    i_pointer, of_answer, unit, category, severity, basis, slopes, n_slopes, family, n_categories, intercepts,
    size, nodes_u, n_nodes, of_item, law, centre, root, g, h, told,
):  # fmt: skip
    """Fill for each item the derivatives of the log-evidence by its numbers (W, P) and the information (W, P, P), and
    for each answer those by its line, ``told`` (R, 2).
    """
    k_most = n_categories.max()
    for j in nb.prange(i_pointer.size - 1):
        p, dp, one = np.empty(k_most + 1), np.empty((k_most + 1, 2 * k_most + 2)), np.ones(1)
        z, by = np.empty(basis.shape[1]), np.empty(k_most + 1)
        g[j] = 0.0
        h[j] = 0.0
        o = of_item[j]
        for place in range(i_pointer[j], i_pointer[j + 1]):
            r = of_answer[place]
            i = unit[r]
            told[r, 0], told[r, 1] = _told(
                j, category[r], severity[r], basis, slopes, n_slopes, family, n_categories, intercepts, size[o],
                nodes_u[o], n_nodes[o], law[i, o], centre[i, o], root[i, o], one, p, dp, z, by, g[j], h[j],
            )  # fmt: skip


gather_directed = compiled(_gather_directed, parallel=True)


def _score_directed(
    d_pointer, item, category, severity, rater, basis, slopes, n_slopes, family, n_categories, intercepts,
    size, nodes_u, n_nodes, of_item, law, centre, root, begin, begin_raters, scores,
):  # fmt: skip
    """Add to each unit's scores the derivatives by the numbers of items with several qualities, from ``begin`` (W,) on,
    and by the severities, from ``begin_raters`` on.
    """
    k_most = n_categories.max()
    p_n = basis.shape[1] + k_most
    for i in nb.prange(d_pointer.size - 1):
        p, dp, one = np.empty(k_most + 1), np.empty((k_most + 1, 2 * k_most + 2)), np.ones(1)
        z, by, g, h = np.empty(basis.shape[1]), np.empty(k_most + 1), np.empty(p_n), np.empty((p_n, p_n))
        for r in range(d_pointer[i], d_pointer[i + 1]):
            j = item[r]
            o = of_item[j]
            g[:] = 0.0
            told, _known = _told(
                j, category[r], severity[r], basis, slopes, n_slopes, family, n_categories, intercepts, size[o],
                nodes_u[o], n_nodes[o], law[i, o], centre[i, o], root[i, o], one, p, dp, z, by, g, h,
            )  # fmt: skip
            for u in range(n_slopes[j] + n_categories[j] - 1):
                scores[i, begin[j] + u] += g[u]
            if rater[r] >= 0:
                for k in range(n_slopes[j]):
                    scores[i, begin_raters + rater[r]] -= slopes[j, k] * told


score_directed = compiled(_score_directed, parallel=True)
