"""Compiled inner loops over items: chances of categories with their derivatives, tables, Fisher scoring, unit scores.

Arrays as in ``kernels``; C cells, J items. Numbers of an item, in this order: graded and partial credit a, d_1 ..
d_K-1; nominal a_1 .., d_1 ..; guessing a, d and the logit of the floor.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_products import add_products
from yucai.measurement.engine.kernels import BLOCK, compiled

__all__ = [
    "GUESSING",
    "NOMINAL",
    "cross",
    "curves",
    "improve",
    "rise",
    "score_answers",
    "score_units",
    "tabulate",
    "tabulate_scores",
]

LEAST: Final = 1e-12
LEAST_COUNT: Final = 1e-12  # counts on a line of interpolation may be negative
GRADED, PARTIAL_CREDIT, NOMINAL, GUESSING = 0, 1, 2, 3


def _sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


_sig = compiled(_sigmoid, inline="always")


def _probabilities(family, k_n, slopes, intercepts, x, p, dp):
    """Fill p (K,) and its derivatives by the item's numbers dp (K, P); return how many numbers there are.

    Numbers: graded and partial credit a, d_1.. d_K-1; nominal a_1.., d_1..; guessing a, d, logit of the floor.
    """
    if family == GRADED:
        up, rise = 1.0, 0.0
        for k in range(k_n):
            low = _sig(slopes[0] * x + intercepts[k]) if k < k_n - 1 else 0.0
            fall = low * (1.0 - low)
            p[k] = max(up - low, LEAST)
            for m in range(k_n):
                dp[k, m] = 0.0
            dp[k, 0] = (rise - fall) * x
            if k > 0:
                dp[k, k] = rise
            if k < k_n - 1:
                dp[k, k + 1] = -fall
            up, rise = low, fall
        return k_n
    if family == GUESSING:
        low = _sig(intercepts[1])
        s = _sig(slopes[0] * x + intercepts[0])
        p[1] = max(low + (1.0 - low) * s, LEAST)
        p[0] = max(1.0 - p[1], LEAST)
        dp[1, 0] = (1.0 - low) * s * (1.0 - s) * x
        dp[1, 1] = (1.0 - low) * s * (1.0 - s)
        dp[1, 2] = low * (1.0 - low) * (1.0 - s)
        for m in range(3):
            dp[0, m] = -dp[1, m]
        return 3
    top, line = 0.0, 0.0
    p[0] = 0.0
    for k in range(1, k_n):
        line = slopes[k - 1] * x + intercepts[k - 1] if family == NOMINAL else line + slopes[0] * x + intercepts[k - 1]
        p[k] = line
        top = max(top, line)
    s = 0.0
    for k in range(k_n):
        p[k] = np.exp(p[k] - top)
        s += p[k]
    average = 0.0
    for k in range(k_n):
        p[k] = max(p[k] / s, LEAST)
        average += k * p[k]
    if family == NOMINAL:
        for k in range(k_n):
            for m in range(1, k_n):
                by = p[k] * ((1.0 if k == m else 0.0) - p[m])
                dp[k, m - 1] = by * x
                dp[k, k_n - 2 + m] = by
        return 2 * (k_n - 1)
    tail = 0.0
    for k in range(k_n):
        dp[k, 0] = p[k] * (k - average) * x
    for m in range(k_n - 1, 0, -1):
        tail += p[m]
        for k in range(k_n):
            dp[k, m] = p[k] * ((1.0 if k >= m else 0.0) - tail)
    return k_n


_curves = curves = compiled(_probabilities)


def _tabulate(first, item, shift, family, n_categories, slopes, intercepts, nodes, table):
    """Fill ``table`` (T, Q) with the log-probabilities of each cell's categories, seen past its rater's severity."""
    most = n_categories.max()
    for c in nb.prange(item.size):
        j = item[c]
        p, dp = np.empty(most), np.empty((most, 2 * most))
        for q in range(nodes.size):
            _curves(family[j], n_categories[j], slopes[j], intercepts[j], nodes[q] - shift[c], p, dp)
            for k in range(n_categories[j]):
                table[first[c] + k, q] = np.log(p[k])


tabulate = compiled(_tabulate, parallel=True)


def _expected_height(j, cells, pointer, first, shift, family, k_n, slopes, intercepts, nodes, counts, p, dp):
    """Return the expected log-likelihood of one item's answers."""
    height = 0.0
    for place in range(pointer[j], pointer[j + 1]):
        c = cells[place]
        for q in range(nodes.size):
            n = 0.0
            for k in range(k_n):
                n += abs(counts[first[c] + k, q])
            if n < LEAST_COUNT:
                continue
            _curves(family, k_n, slopes, intercepts, nodes[q] - shift[c], p, dp)
            for k in range(k_n):
                height += counts[first[c] + k, q] * np.log(p[k])
    return height


_height = compiled(_expected_height)


def _slope_and_information(
    j, cells, pointer, first, shift, family, k_n, slopes, intercepts, nodes, counts, g, h, p, dp
):
    """Fill the derivative of the expected log-likelihood by an item's numbers, and the information; return how many."""
    g[:] = 0.0
    h[:] = 0.0
    n_p = 0
    for place in range(pointer[j], pointer[j + 1]):
        c = cells[place]
        for q in range(nodes.size):
            n, size = 0.0, 0.0
            for k in range(k_n):
                n += counts[first[c] + k, q]
                size += abs(counts[first[c] + k, q])
            if size < LEAST_COUNT:
                continue
            n_p = _curves(family, k_n, slopes, intercepts, nodes[q] - shift[c], p, dp)
            for k in range(k_n):
                seen, expected = counts[first[c] + k, q] / p[k], n / p[k]
                for u in range(n_p):
                    by = dp[k, u]
                    if by == 0.0:
                        continue
                    g[u] += seen * by
                    for v in range(u + 1):
                        h[u, v] += expected * by * dp[k, v]
    for u in range(n_p):
        for v in range(u):
            h[v, u] = h[u, v]
    return n_p


_scores = compiled(_slope_and_information)


def _log_prior(numbers, n_p, prior_mean, prior_precision):
    s = 0.0
    for u in range(n_p):
        s -= 0.5 * prior_precision[u] * (numbers[u] - prior_mean[u]) ** 2
    return s


_prior = compiled(_log_prior)


def _pack(family, k_n, slopes, intercepts, numbers):
    n_s = k_n - 1 if family == NOMINAL else 1
    n_i = 2 if family == GUESSING else k_n - 1
    for u in range(n_s):
        numbers[u] = slopes[u]
    for u in range(n_i):
        numbers[n_s + u] = intercepts[u]
    return n_s + n_i


_packed = compiled(_pack)


def _unpack(family, k_n, numbers, slopes, intercepts, bound, gap):
    n_s = k_n - 1 if family == NOMINAL else 1
    n_i = 2 if family == GUESSING else k_n - 1
    for u in range(n_s):
        slopes[u] = min(max(numbers[u], -bound), bound)
    for u in range(n_i):
        intercepts[u] = numbers[n_s + u]
        if family == GRADED and u > 0:
            intercepts[u] = min(intercepts[u], intercepts[u - 1] - gap)


_unpacked = compiled(_unpack)


def _improve(
    cells,
    pointer,
    first,
    shift,
    family,
    n_categories,
    slopes,
    intercepts,
    nodes,
    counts,
    prior_mean,
    prior_precision,
    free,
    n_steps,
):
    """Move every free item by Fisher scoring on its expected counts, never down; ``slopes``, ``intercepts`` change."""
    most = n_categories.max()
    for j in nb.prange(family.size):
        if not free[j]:
            continue
        f, k_n = family[j], n_categories[j]
        p, dp = np.empty(most), np.empty((most, 2 * most))
        g, h = np.empty(2 * most), np.empty((2 * most, 2 * most))
        here, there = np.empty(2 * most), np.empty(2 * most)
        s_try, i_try = slopes[j].copy(), intercepts[j].copy()
        for _ in range(n_steps):
            n_p = _packed(f, k_n, slopes[j], intercepts[j], here)
            before = _height(
                j, cells, pointer, first, shift, f, k_n, slopes[j], intercepts[j], nodes, counts, p, dp
            ) + _prior(here, n_p, prior_mean[j], prior_precision[j])
            if (
                _scores(j, cells, pointer, first, shift, f, k_n, slopes[j], intercepts[j], nodes, counts, g, h, p, dp)
                == 0
            ):
                break
            for u in range(n_p):
                g[u] -= prior_precision[j, u] * (here[u] - prior_mean[j, u])
                h[u, u] += prior_precision[j, u] + 1e-6
            move = np.linalg.solve(h[:n_p, :n_p].copy(), g[:n_p].copy())
            longest = 0.0
            for u in range(n_p):
                longest = max(longest, abs(move[u]))
            share = 1.0 / max(1.0, longest)
            for _half in range(8):
                for u in range(n_p):
                    there[u] = here[u] + share * move[u]
                _unpacked(f, k_n, there, s_try, i_try, 5.0, 1e-3)
                _packed(f, k_n, s_try, i_try, there)
                after = _height(j, cells, pointer, first, shift, f, k_n, s_try, i_try, nodes, counts, p, dp) + _prior(
                    there, n_p, prior_mean[j], prior_precision[j]
                )
                if after >= before - 1e-12 * abs(before):
                    slopes[j] = s_try
                    intercepts[j] = i_try
                    break
                share *= 0.5
            if longest < 1e-6:
                break


improve = compiled(_improve, parallel=True)


def _rise(cells, pointer, first, shift, family, n_categories, slopes, intercepts, nodes, counts, rise):
    """Fill the derivatives of each item's expected log-likelihood by its numbers, (J, P)."""
    most = n_categories.max()
    for j in nb.prange(family.size):
        p, dp = np.empty(most), np.empty((most, 2 * most))
        h = np.empty((2 * most, 2 * most))
        _scores(
            j, cells, pointer, first, shift, family[j], n_categories[j], slopes[j], intercepts[j], nodes, counts,
            rise[j], h, p, dp,
        )  # fmt: skip


rise = compiled(_rise, parallel=True)


def _tabulate_scores(item, shift, first, family, n_categories, slopes, intercepts, nodes, by_number, by_severity):
    """Fill the derivatives of each row's log-probability by its item's numbers (T, P, Q) and by the severity (T, Q)."""
    most = n_categories.max()
    for c in nb.prange(item.size):
        j = item[c]
        f, k_n = family[j], n_categories[j]
        p, dp = np.empty(most), np.empty((most, 2 * most))
        n_s = k_n - 1 if f == NOMINAL else 1
        n_i = 1 if f == GUESSING else k_n - 1
        for q in range(nodes.size):
            n_p = _curves(f, k_n, slopes[j], intercepts[j], nodes[q] - shift[c], p, dp)
            for k in range(k_n):
                t = first[c] + k
                for u in range(n_p):
                    by_number[t, u, q] = dp[k, u] / p[k]
                by = 0.0
                for m in range(n_i):
                    by -= slopes[j, m if f == NOMINAL else 0] * dp[k, n_s + m]
                by_severity[t, q] = by / p[k]


tabulate_scores = compiled(_tabulate_scores, parallel=True)


def _scores_of_unit(
    begin, end, row, quality, row_item, row_rater, n_numbers, place, weights, by_number, by_severity, begin_raters,
    scores,
):  # fmt: skip
    """Add a unit's derivatives, given its weights (D, Q), to its scores: by items' numbers, then by severities."""
    q_n = weights.shape[1]
    for r in range(begin, end):
        t = row[r]
        d, j = quality[t], row_item[t]
        for u in range(n_numbers[j]):
            s = 0.0
            for q in range(q_n):
                s += weights[d, q] * by_number[t, u, q]
            scores[place[j] + u] += s
        if row_rater[t] >= 0:
            s = 0.0
            for q in range(q_n):
                s += weights[d, q] * by_severity[t, q]
            scores[begin_raters + row_rater[t]] += s


_of_unit = compiled(_scores_of_unit)


def _score_units(
    pointer, row, quality, row_item, row_rater, n_numbers, place, weights, by_number, by_severity, begin_raters, scores
):
    """Fill each unit's derivatives by every number of items, and by every severity from column ``begin_raters`` on."""
    for i in nb.prange(pointer.size - 1):
        scores[i] = 0.0
        _of_unit(
            pointer[i], pointer[i + 1], row, quality, row_item, row_rater, n_numbers, place, weights[i], by_number,
            by_severity, begin_raters, scores[i],
        )  # fmt: skip


score_units = compiled(_score_units, parallel=True)


def _cross(
    pointer, row, quality, row_item, row_rater, n_numbers, place, weights, by_number, by_severity, begin_raters,
    of_backbone, starts, sums,
):  # fmt: skip
    """Add to ``sums`` (chunks, P, P), lower halves, the outer products of the units' scores, chunk by chunk.

    ``of_backbone`` (n, B) are the last of each unit's scores.
    """
    n_b = of_backbone.shape[1]
    for chunk in nb.prange(starts.size - 1):
        scores = np.empty((BLOCK, sums.shape[1]))
        for begin in range(starts[chunk], starts[chunk + 1], BLOCK):
            scores[:] = 0.0
            for i in range(begin, min(begin + BLOCK, starts[chunk + 1])):
                own = scores[i - begin]
                _of_unit(
                    pointer[i], pointer[i + 1], row, quality, row_item, row_rater, n_numbers, place, weights[i],
                    by_number, by_severity, begin_raters, own,
                )  # fmt: skip
                for u in range(n_b):
                    own[own.size - n_b + u] = of_backbone[i, u]
            add_products(scores, sums[chunk])


cross = compiled(_cross, parallel=True)


def _score_answers(pointer, row, quality, weights, by_severity, scores):
    """Fill for each answer the derivative of its unit's log-likelihood by the severity of whoever judged it, (L,)."""
    q_n = weights.shape[2]
    for i in nb.prange(pointer.size - 1):
        for r in range(pointer[i], pointer[i + 1]):
            t = row[r]
            s = 0.0
            for q in range(q_n):
                s += weights[i, quality[t], q] * by_severity[t, q]
            scores[r] = s


score_answers = compiled(_score_answers, parallel=True)
