"""Compiled inner loops of the observed information: curvature of expected answers, what not seeing places costs.

Arrays as in ``kernels`` and ``kernel_items``. A unit's score is a sum of functions of single places and, from the
backbone, of their squares and products; each function is written in polynomials that are orthonormal under the margin.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_items import GUESSING, NOMINAL, _curves, _packed
from yucai.measurement.engine.kernels import compiled

__all__ = ["DEGREES", "curve", "lose"]

DEGREES: Final = 8  # of the polynomials; a score of a place is a sum of logistic curves, which these follow to 1e-6
ACROSS: Final = 3  # of those, how many are followed from one quality into another
STEP: Final = 1e-5


def _gradient(family, k_n, numbers, shift, nodes, counts, slopes, intercepts, p, dp, g):
    """Fill g (P+1,) with the derivatives of a cell's expected log-likelihood by its item's numbers and the severity."""
    n_s = k_n - 1 if family == NOMINAL else 1
    n_i = 2 if family == GUESSING else k_n - 1
    for u in range(n_s):
        slopes[u] = numbers[u]
    for u in range(n_i):
        intercepts[u] = numbers[n_s + u]
    g[:] = 0.0
    n_p = n_s + n_i
    for q in range(nodes.size):
        _curves(family, k_n, slopes, intercepts, nodes[q] - shift, p, dp)
        for k in range(k_n):
            seen = counts[k, q] / p[k]
            if seen == 0.0:
                continue
            for u in range(n_p):
                g[u] += seen * dp[k, u]
            for m in range(1 if family == GUESSING else n_i):
                g[n_p] -= seen * slopes[m if family == NOMINAL else 0] * dp[k, n_s + m]


_slope = compiled(_gradient)


def _curve(item, shift, first, family, n_categories, slopes, intercepts, nodes, counts, bent):
    """Fill for each cell minus the second derivatives of its expected log-likelihood, (C, P+1, P+1); severity last."""
    most = n_categories.max()
    for c in nb.prange(item.size):
        j = item[c]
        f, k_n = family[j], n_categories[j]
        p, dp = np.empty(most), np.empty((most, 2 * most))
        s_try, i_try = slopes[j].copy(), intercepts[j].copy()
        numbers = np.zeros(2 * most + 1)
        ahead, behind = np.empty(2 * most + 1), np.empty(2 * most + 1)
        n_p = _packed(f, k_n, slopes[j], intercepts[j], numbers)
        mine = counts[first[c] : first[c] + k_n]
        bent[c] = 0.0
        for u in range(n_p + 1):
            by = 0.0 if u == n_p else STEP
            of_shift = STEP if u == n_p else 0.0
            numbers[u] += by
            _slope(f, k_n, numbers, shift[c] + of_shift, nodes, mine, s_try, i_try, p, dp, ahead)
            numbers[u] -= 2 * by
            _slope(f, k_n, numbers, shift[c] - of_shift, nodes, mine, s_try, i_try, p, dp, behind)
            numbers[u] += by
            for v in range(n_p + 1):
                bent[c, u, v] = (behind[v] - ahead[v]) / (2 * STEP)


curve = compiled(_curve, parallel=True)


def _polynomials(weights, nodes, found):
    """Fill found (K, Q) with the orthonormal polynomials of degree 1 to K under the weights, times the weights."""
    k_n, q_n = found.shape
    middle, wide = 0.0, 0.0
    for q in range(q_n):
        middle += weights[q] * nodes[q]
    for q in range(q_n):
        wide += weights[q] * (nodes[q] - middle) ** 2
    before, now, root = np.zeros(q_n), np.ones(q_n), 0.0
    wide = np.sqrt(max(wide, 1e-12))
    for k in range(k_n):
        center = 0.0
        for q in range(q_n):
            center += weights[q] * now[q] * now[q] * (nodes[q] - middle) / wide
        size = 0.0
        for q in range(q_n):
            ahead = ((nodes[q] - middle) / wide - center) * now[q] - root * before[q]
            before[q] = now[q]
            now[q] = ahead
            size += weights[q] * ahead * ahead
        root = np.sqrt(size)
        if root < 1e-7:  # the weights lie on fewer nodes than there are degrees
            found[k:] = 0.0
            return
        for q in range(q_n):
            now[q] /= root
            found[k, q] = now[q] * weights[q]


_orthonormal = compiled(_polynomials)


def _cumulants_of(weights, nodes, d, third, fourth, squared):
    """Fill a margin's third and fourth cumulants, and its square (x - m)^2 in polynomials of degree 1 and 2."""
    middle, two, three, four = 0.0, 0.0, 0.0, 0.0
    for q in range(nodes.size):
        middle += weights[q] * nodes[q]
    for q in range(nodes.size):
        away = nodes[q] - middle
        two += weights[q] * away**2
        three += weights[q] * away**3
        four += weights[q] * away**4
    third[d], fourth[d] = three, four - 3.0 * two * two
    squared[d, 0] = three / np.sqrt(two)
    squared[d, 1] = np.sqrt(max(four - two * two - three * three / two, 0.0))


_cumulants = compiled(_cumulants_of)


def _slot_for(at, slot, n_slots, which, of, d, coefficients):
    """Return how many numbers the unit has once the one at ``at``, about quality d, is among them."""
    if slot[at] >= 0:
        return n_slots
    slot[at] = n_slots
    which[n_slots] = at
    of[n_slots] = d
    coefficients[n_slots] = 0.0
    return n_slots + 1


_slotted = compiled(_slot_for)


def _in_polynomials(curve_of_place, waves, found):
    """Add to ``found`` (DEGREES,) the sums of a curve (Q,) times each of the waves (DEGREES, Q), all in one pass."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    for q in range(curve_of_place.size):
        y = curve_of_place[q]
        s0 += y * waves[0, q]
        s1 += y * waves[1, q]
        s2 += y * waves[2, q]
        s3 += y * waves[3, q]
        s4 += y * waves[4, q]
        s5 += y * waves[5, q]
        s6 += y * waves[6, q]
        s7 += y * waves[7, q]
    found[0] += s0
    found[1] += s1
    found[2] += s2
    found[3] += s3
    found[4] += s4
    found[5] += s5
    found[6] += s6
    found[7] += s7


_written = compiled(_in_polynomials)


def _gather(
    i, pointer, row, quality, row_item, n_numbers, place, nodes, weights, by_number, waves, seen, slot, which, of,
    coefficients,
):  # fmt: skip
    """Write a unit's scores in polynomials; return how many numbers they are about."""
    seen[:] = False
    n_slots = 0
    for r in range(pointer[i], pointer[i + 1]):
        t = row[r]
        d, j = quality[t], row_item[t]
        if not seen[d]:
            seen[d] = True
            _orthonormal(weights[i, d], nodes, waves[d])
        for u in range(n_numbers[j]):
            n_slots = _slotted(place[j] + u, slot, n_slots, which, of, d, coefficients)
            _written(by_number[t, u], waves[d], coefficients[slot[place[j] + u]])
    for s in range(n_slots):
        slot[which[s]] = -1
    return n_slots


_gathered = compiled(_gather)


def _tie(covariance, own, away, pull, rho, t_, w_):
    """Fill what ties a unit's places: precision times distance, correlations, V P and P V P."""
    d_n = away.size
    for a in range(d_n):
        pull[a] = 0.0
        for b in range(d_n):
            pull[a] += own[a, b] * away[b]
            rho[a, b] = covariance[a, b] / np.sqrt(covariance[a, a] * covariance[b, b])
            t_[a, b] = 0.0
            for c in range(d_n):
                t_[a, b] += covariance[a, c] * own[c, b]
    for a in range(d_n):
        for b in range(d_n):
            w_[a, b] = 0.0
            for c in range(d_n):
                w_[a, b] += own[a, c] * t_[c, b]


_tied = compiled(_tie)


def _pair(n_slots, which, of, coefficients, rho, turned, sums, lost):
    """Add a unit's covariances between the scores of items, and of whatever else was written.

    ``turned`` (DEGREES, P) and ``sums`` (P,) are room: the coefficients as they go together with one quality's.
    """
    for d in range(rho.shape[0]):
        met = False
        for s in range(n_slots):
            met = met or of[s] == d
        if not met:
            continue
        for r in range(n_slots):
            power = 1.0
            for k in range(DEGREES):
                power *= 1.0 if of[r] == d else rho[d, of[r]] if k < ACROSS else 0.0
                turned[k, r] = power * coefficients[r, k]
        for s in range(n_slots):
            if of[s] != d:
                continue
            c, n = coefficients[s], s + 1
            c0, c1, c2, c3, c4, c5, c6, c7 = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
            for r in range(n):
                sums[r] = (
                    c0 * turned[0, r] + c1 * turned[1, r] + c2 * turned[2, r] + c3 * turned[3, r]
                    + c4 * turned[4, r] + c5 * turned[5, r] + c6 * turned[6, r] + c7 * turned[7, r]
                )  # fmt: skip
            at = which[s]
            for r in range(n):
                other = which[r]
                if other <= at:
                    lost[at, other] += sums[r]
                else:
                    lost[other, at] += sums[r]


_paired = compiled(_pair)


def _reach(
    n_slots, which, of, coefficients, x, group, covariance, t_, third, squared, along, square, share_group,
    begin, lost,
):  # fmt: skip
    """Add a unit's covariances between the scores of items or severities and those of regression and covariances."""
    d_n, p_n = third.size, x.size
    for s in range(n_slots):
        d, at = of[s], which[s]
        one = coefficients[s, 0] / np.sqrt(covariance[d, d])
        two = coefficients[s, 0] * squared[d, 0] + coefficients[s, 1] * squared[d, 1]
        for p in range(p_n):
            for e in range(d_n):
                lost[begin + p * d_n + e, at] += one * x[p] * t_[d, e]
        for c in range(share_group.size):
            if share_group[c] != group:
                continue
            sum_ = one * along[c, d] * covariance[d, d] + two * square[c, d]
            for e in range(d_n):
                if e != d:
                    sum_ += one * third[e] * covariance[d, e] / covariance[e, e] * square[c, e]
            lost[begin + p_n * d_n + c, at] += sum_


_reached = compiled(_reach)


def _spread(covariance, t_, pull, share_a, share_b, along, square):
    """Fill how each covariance's score goes with a place and with its square, (C, D)."""
    for c in range(share_a.size):
        a, b = share_a[c], share_b[c]
        half = 0.5 if a == b else 1.0
        for d in range(pull.size):
            v = covariance[d, d]
            along[c, d] = half * (t_[d, a] * pull[b] + t_[d, b] * pull[a]) / v
            square[c, d] = half * t_[d, a] * t_[d, b] / (v * v)


_spreading = compiled(_spread)


def _lose(
    pointer, row, quality, row_item, n_numbers, place, nodes, weights, by_number, mean, covariance, precision, group,
    mu, x, begin_backbone, share_group, share_a, share_b, starts, lost,
):  # fmt: skip
    """Add up the covariances of the units' scores given their answers: ``lost`` (chunks, P, P), lower half."""
    d_n, c_n, n_all = weights.shape[1], share_a.size, lost.shape[1]
    for chunk in nb.prange(starts.size - 1):
        slot, which, of = np.full(n_all, -1), np.empty(n_all, np.int64), np.empty(n_all, np.int64)
        coefficients = np.empty((n_all, DEGREES))
        waves, seen = np.empty((d_n, DEGREES, nodes.size)), np.empty(d_n, np.bool_)
        rho, t_, w_ = np.empty((d_n, d_n)), np.empty((d_n, d_n)), np.empty((d_n, d_n))
        pull, third, fourth, squared = np.empty(d_n), np.empty(d_n), np.empty(d_n), np.empty((d_n, 2))
        along, square = np.empty((c_n, d_n)), np.empty((c_n, d_n))
        turned, sums = np.empty((DEGREES, n_all)), np.empty(n_all)
        for i in range(starts[chunk], starts[chunk + 1]):
            n_slots = _gathered(
                i, pointer, row, quality, row_item, n_numbers, place, nodes, weights, by_number, waves, seen, slot,
                which, of, coefficients,
            )  # fmt: skip
            for d in range(d_n):
                third[d], fourth[d] = 0.0, 0.0
                if seen[d]:
                    _cumulants(weights[i, d], nodes, d, third, fourth, squared)
            _share(
                n_slots, which, of, coefficients, x[i], group[i], covariance[i], precision[group[i]], mean[i] - mu[i],
                third, fourth, squared, pull, rho, t_, w_, along, square, turned, sums, share_group, share_a, share_b,
                begin_backbone, lost[chunk],
            )  # fmt: skip


def _share_scores(
    n_slots, which, of, coefficients, x, group, covariance, own, away, third, fourth, squared, pull, rho, t_, w_,
    along, square, turned, sums, share_group, share_a, share_b, begin_backbone, lost,
):  # fmt: skip
    """Add a unit's covariances between all its scores."""
    _tied(covariance, own, away, pull, rho, t_, w_)
    _spreading(covariance, t_, pull, share_a, share_b, along, square)
    _paired(n_slots, which, of, coefficients, rho, turned, sums, lost)
    _reached(
        n_slots, which, of, coefficients, x, group, covariance, t_, third, squared, along, square, share_group,
        begin_backbone, lost,
    )  # fmt: skip
    _lose_backbone(
        x, w_, t_, pull, covariance, third, fourth, along, square, group, share_group, share_a, share_b,
        begin_backbone, lost,
    )  # fmt: skip


def _lost_of_backbone(
    x, w_, t_, pull, covariance, third, fourth, along, square, group, share_group, share_a, share_b, begin, lost
):
    """Add a unit's covariances between the scores of regression and covariances.

    To those of a normal law comes what each margin has of skewness and tails: its third and fourth cumulants, carried
    to the other places by their regression on it.
    """
    d_n, p_n, c_n = pull.size, x.size, share_a.size
    at = begin + p_n * d_n
    for p in range(p_n):
        for e in range(d_n):
            for o in range(p_n):
                for f in range(d_n):
                    lost[begin + p * d_n + e, begin + o * d_n + f] += x[p] * x[o] * w_[e, f]
    for c in range(c_n):
        if share_group[c] != group:
            continue
        a, b = share_a[c], share_b[c]
        half = 0.5 if a == b else 1.0
        for e in range(d_n):
            sum_ = half * (w_[e, a] * pull[b] + w_[e, b] * pull[a])
            for d in range(d_n):
                sum_ += third[d] * t_[d, e] / covariance[d, d] * square[c, d]
            for p in range(p_n):
                lost[at + c, begin + p * d_n + e] += x[p] * sum_
        for o in range(c + 1):
            if share_group[o] != group:
                continue
            e, f = share_a[o], share_b[o]
            share = half * (0.5 if e == f else 1.0)
            sum_ = share * (
                w_[a, e] * w_[b, f] + w_[a, f] * w_[b, e]
                + w_[a, e] * pull[b] * pull[f] + w_[a, f] * pull[b] * pull[e]
                + w_[b, e] * pull[a] * pull[f] + w_[b, f] * pull[a] * pull[e]
            )  # fmt: skip
            for d in range(d_n):
                sum_ += third[d] * (along[c, d] * square[o, d] + along[o, d] * square[c, d])
                sum_ += fourth[d] * square[c, d] * square[o, d]
            lost[at + c, at + o] += sum_


_lose_backbone = compiled(_lost_of_backbone)
_share = compiled(_share_scores)
lose = compiled(_lose, parallel=True)
