"""Compiled inner loops of adaptive tests: where a learner stands, what each item would tell, which one is asked.

The same in plain NumPy is ``plain.py``, against which these are tested. Arrays: D qualities, J items in the order of
their qualities, T rows (a row is one category of one item), Q nodes, A areas of content. Tables run over items inside a
node, so that the sums over nodes are sums of long rows. A live session and a simulation go through the same loops.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_items import curves
from yucai.measurement.engine.kernels import compiled, one_unit

__all__ = ["BLOCK", "DETERMINANT", "INFORMATION", "VARIANCE", "choose", "place", "simulate", "values"]

INFORMATION, VARIANCE, DETERMINANT = 0, 1, 2
LENGTH, SETTLED, EMPTY = 1, 2, 3
BLOCK: Final = 16  # examinees that one task takes
UNWEIGHED: Final = 1e-7  # of the highest weight: nodes with less tell nothing
NEVER: Final = -1e300
GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
MIX_2: Final = np.uint64(0x94D049BB133111EB)


def _uniform(state):
    """Return the next number from [0, 1) of a stream, and move it on; state (1,) (Steele, Lea and Flood 2014)."""
    state[0] += GOLDEN
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


_draw = compiled(_uniform)


def _place(likelihood, seen, nodes, precision, tau, nu, n_sweeps, weights, mean, covariance, lower, zero):
    """Fill where a learner stands: weights (D, Q), mean (D,), covariance (D, D); likelihood (D, Q) in logarithms."""
    one_unit(likelihood, seen, nodes, precision, zero, tau, nu, n_sweeps, weights, mean, covariance, lower)
    for d in range(mean.size):
        if not seen[d]:
            total = 0.0
            for q in range(nodes.size):
                away = nodes[q] - mean[d]
                weights[d, q] = np.exp(max(-0.5 * away * away / covariance[d, d], -60.0))
                total += weights[d, q]
            for q in range(nodes.size):
                weights[d, q] /= total


place = compiled(_place)


def _above(weights, nodes, cut):
    """Return the share of a margin that lies above a cut, each node's weight spread evenly over its cell."""
    h, share = nodes[1] - nodes[0], 0.0
    for q in range(nodes.size):
        share += weights[q] * min(max((nodes[q] + 0.5 * h - cut) / h, 0.0), 1.0)
    return share


_beyond = compiled(_above)


def _quantile(weights, nodes, share):
    """Return the point below which a share of a margin lies."""
    h, reached = nodes[1] - nodes[0], 0.0
    for q in range(nodes.size):
        if reached + weights[q] >= share:
            return nodes[q] + ((share - reached) / max(weights[q], 1e-300) - 0.5) * h
        reached += weights[q]
    return nodes[nodes.size - 1]


_point = compiled(_quantile)


def _values(
    criterion, importance, weights, mean, covariance, nodes, chances, information, item_from, row_from, first,
    n_categories, moments, value,
):  # fmt: skip
    """Fill what each item would tell, (J,). chances (Q, T), information (Q, J); moments (3, T) is room to work in.

    The drop of the variance of quality e that a drop of v - v' on quality d brings is (c_ed / c_dd)^2 (v - v').
    """
    for d in range(mean.size):
        j0, j1 = item_from[d], item_from[d + 1]
        if j0 == j1:
            continue
        gain, own, highest = 0.0, covariance[d, d], 0.0
        for e in range(mean.size):
            gain += importance[e] * (covariance[e, d] / own) ** 2
        for q in range(nodes.size):
            highest = max(highest, weights[d, q])
        low, high = 0, nodes.size
        while weights[d, low] < UNWEIGHED * highest:
            low += 1
        while weights[d, high - 1] < UNWEIGHED * highest:
            high -= 1
        if criterion == INFORMATION:
            into = value[j0:j1]
            into[:] = 0.0
            for q in range(low, high):
                w, row = weights[d, q], information[q, j0:j1]
                for j in range(j1 - j0):
                    into[j] += w * row[j]
            for j in range(j1 - j0):
                into[j] = gain * own * own * into[j] / (1.0 + own * into[j])
            continue
        t0, t1 = row_from[d], row_from[d + 1]
        s0, s1, s2 = moments[0, t0:t1], moments[1, t0:t1], moments[2, t0:t1]
        s0[:], s1[:], s2[:] = 0.0, 0.0, 0.0
        variance = 0.0
        for q in range(low, high):
            away, row = nodes[q] - mean[d], chances[q, t0:t1]
            w0 = weights[d, q]
            w1 = w0 * away
            w2 = w1 * away
            variance += w2
            for t in range(t1 - t0):
                s0[t] += w0 * row[t]
                s1[t] += w1 * row[t]
                s2[t] += w2 * row[t]
        for j in range(j0, j1):
            left = 0.0
            for t in range(first[j] - t0, first[j] - t0 + n_categories[j]):
                left += s2[t] - s1[t] * s1[t] / max(s0[t], 1e-300)
            if criterion == VARIANCE:
                value[j] = gain * (variance - left)
            else:
                value[j] = np.log(variance / max(left, 1e-12)) if gain > 0.0 else 0.0


values = compiled(_values)


def _pick(value, barred, n_best, admitted, state, taken):
    """Return the item to ask, or -1; mark in ``barred`` (J,) with 2 what exposure control set aside.

    One of the ``n_best`` best at random, then asked with its chance ``admitted``; set aside otherwise. Fill ``taken``
    (J,) with how often each was considered.
    """
    fallback = -1
    while True:
        chosen, at_least = -1, NEVER
        wanted = 1 if n_best == 1 else 1 + int(_draw(state) * n_best)
        for rank in range(wanted):
            best, top = -1, NEVER
            for j in range(value.size):
                if barred[j] == 0 and value[j] > top:
                    best, top = j, value[j]
            if best < 0:
                break
            chosen = best
            if rank < wanted - 1:
                barred[best] = 3  # passed over for now
            at_least = top
        for j in range(value.size):
            if barred[j] == 3:
                barred[j] = 0
        if chosen < 0:
            return fallback
        taken[chosen] += 1
        if admitted[chosen] >= 1.0 or _draw(state) < admitted[chosen]:
            return chosen
        barred[chosen] = 2
        if fallback < 0 and at_least > NEVER:
            fallback = chosen


_picked = compiled(_pick)


def _settle(weights, covariance, nodes, targets, cuts, certainty, importance, active):
    """Fill ``active`` (D,) with the importance of what is not settled; return whether all that has a rule is."""
    n_rules, n_open = 0, 0
    for d in range(targets.size):
        active[d] = importance[d]
        if importance[d] <= 0.0:
            continue
        done, ruled = True, False
        if targets[d] > 0.0:
            ruled = True
            done = np.sqrt(covariance[d, d]) <= targets[d]
        if not np.isnan(cuts[d]):
            above = _beyond(weights[d], nodes, cuts[d])
            sure = above >= certainty or above <= 1.0 - certainty
            done = (done and sure) if ruled else sure
            ruled = True
        if ruled:
            n_rules += 1
            if done:
                active[d] = 0.0
            else:
                n_open += 1
    return n_rules > 0 and n_open == 0


_settled = compiled(_settle)


def _bar(area, counts, least, most, n_left, barred):
    """Bar the items that the blueprint does not allow now (1); return how many it still asks for."""
    need = 0
    for a in range(counts.size):
        need += max(least[a] - counts[a], 0)
    if counts.size == 0:
        return 0
    for j in range(area.size):
        a = area[j]
        if barred[j] != 0:
            continue
        full = a >= 0 and counts[a] >= most[a]
        wanted = a >= 0 and counts[a] < least[a]
        if full or (need >= n_left and not wanted):
            barred[j] = 1
    return need


_barred = compiled(_bar)


def _choose(
    n_given, most_items, least_items, criterion, importance, targets, cuts, certainty, area, counts, least, most,
    n_best, admitted, weights, mean, covariance, nodes, chances, information, item_from, row_from, first, n_categories,
    state, barred, moments, value, active, taken,
):  # fmt: skip
    """Return the item to ask (from 0), or why there is none: -LENGTH, -SETTLED or -EMPTY.

    barred (J,) holds 1 for what was asked, 2 for what exposure control set aside; more is added to it.
    """
    if n_given >= most_items:
        return -LENGTH
    asked_or_aside = barred.copy()
    need = _barred(area, counts, least, most, most_items - n_given, barred)
    settled = _settled(weights, covariance, nodes, targets, cuts, certainty, importance, active)
    if settled and n_given >= least_items and need == 0:
        return -SETTLED
    if settled:
        for d in range(active.size):
            active[d] = importance[d]
    values(
        criterion, active, weights, mean, covariance, nodes, chances, information, item_from, row_from, first,
        n_categories, moments, value,
    )  # fmt: skip
    chosen = _picked(value, barred, n_best, admitted, state, taken)
    for j in range(barred.size):
        if barred[j] != 2:
            barred[j] = asked_or_aside[j]
    return chosen if chosen >= 0 else -EMPTY


choose = compiled(_choose)


def _examine(
    i, places, seed, n_sweeps, most_items, least_items, criterion, importance, targets, cuts, certainty, area, least,
    most, n_best, admitted, nodes, logs, chances, information, item_from, row_from, first, n_categories, family, slopes,
    intercepts, quality, precision, prior, taken, items, answers, means, sds, lower90, upper90, path, reason,
):  # fmt: skip
    """Give one examinee the whole test; arrays as in ``simulate``."""
    d_n, q_n, j_n = precision.shape[0], nodes.size, family.size
    likelihood, weights = np.zeros((d_n, q_n)), np.zeros((d_n, q_n))
    mean, covariance, lower, zero = np.zeros(d_n), prior.copy(), np.zeros((d_n, d_n)), np.zeros(d_n)
    tau, nu, seen, active = np.zeros(d_n), np.zeros(d_n), np.zeros(d_n, np.bool_), np.zeros(d_n)
    barred, value, moments = np.zeros(j_n, np.int8), np.zeros(j_n), np.zeros((3, chances.shape[1]))
    counts, state = np.zeros(least.size, np.int64), np.empty(1, np.uint64)
    width = n_categories.max()
    p, dp = np.empty(width), np.empty((width, 2 * width))
    state[0] = seed + np.uint64(i) * GOLDEN * np.uint64(0x632BE59BD9B4E019)
    n_given = 0
    while True:
        place(likelihood, seen, nodes, precision, tau, nu, n_sweeps, weights, mean, covariance, lower, zero)
        total = 0.0
        for d in range(d_n):
            total += np.sqrt(covariance[d, d])
        path[i, n_given] = total / d_n
        j = choose(
            n_given, most_items, least_items, criterion, importance, targets, cuts, certainty, area, counts, least,
            most, n_best, admitted, weights, mean, covariance, nodes, chances, information, item_from, row_from, first,
            n_categories, state, barred, moments, value, active, taken,
        )  # fmt: skip
        if j < 0:
            reason[i] = -j
            break
        d = quality[j]
        curves(family[j], n_categories[j], slopes[j], intercepts[j], places[i, d], p, dp)
        drawn, k = _draw(state), 0
        while k < n_categories[j] - 1 and drawn >= p[k]:
            drawn -= p[k]
            k += 1
        items[i, n_given], answers[i, n_given] = j, k
        barred[j] = 1
        if area[j] >= 0:
            counts[area[j]] += 1
        row, into = logs[first[j] + k], likelihood[d]
        for q in range(q_n):
            into[q] += row[q]
        if not seen[d]:
            seen[d], tau[d] = True, 1.0
        n_given += 1
    for n in range(n_given + 1, path.shape[1]):
        path[i, n] = path[i, n_given]
    for d in range(d_n):
        means[i, d], sds[i, d] = mean[d], np.sqrt(covariance[d, d])
        lower90[i, d], upper90[i, d] = _point(weights[d], nodes, 0.05), _point(weights[d], nodes, 0.95)


_examined = compiled(_examine)


def _simulate(
    places, seed, n_sweeps, most_items, least_items, criterion, importance, targets, cuts, certainty, area, least, most,
    n_best, admitted, nodes, logs, chances, information, item_from, row_from, first, n_categories, family, slopes,
    intercepts, quality, precision, prior, taken, items, answers, means, sds, lower90, upper90, path, reason,
):  # fmt: skip
    """Give every examinee the whole test; places (n, D) are the true ones.

    Fill, for each of n examinees: items and answers (n, most_items), -1 after the end; means, sds, lower90, upper90
    (n, D); path (n, most_items + 1) the mean standard deviation after so many answers; reason (n,); and taken (blocks,
    J), how often each item was considered. Chance comes from a stream of each examinee's own.
    """
    for b in nb.prange(taken.shape[0]):
        for i in range(b * BLOCK, min((b + 1) * BLOCK, places.shape[0])):
            _examined(
                i, places, seed, n_sweeps, most_items, least_items, criterion, importance, targets, cuts, certainty,
                area, least, most, n_best, admitted, nodes, logs, chances, information, item_from, row_from, first,
                n_categories, family, slopes, intercepts, quality, precision, prior, taken[b], items, answers, means,
                sds, lower90, upper90, path, reason,
            )  # fmt: skip


simulate = compiled(_simulate, parallel=True)
