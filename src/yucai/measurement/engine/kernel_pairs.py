"""Compiled inner loops for rated answers: curves that items have once are moved to where each rater sees them.

A pair is a unit as judged by one rater, or by nobody. Items' curves lie on an even line of severities taken off, finer
than the nodes by a whole number of phases: curves (rows, places). Seen past a severity, a curve at the nodes is
eight-point interpolation on that line (Lagrange), whose weights are the same at every node; for that a stretch of the
line is held by phases. So no curve is worked out once a rater, nor is any sum kept once a rater and item. They are
tested against ``plain.py`` on tables worked out cell by cell.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernels import compiled, one_unit

__all__ = ["N_BEFORE", "N_POINTS", "expect_pairs", "lagrange", "place_shifts", "seen_by", "unknown"]

N_POINTS: Final = 8
N_BEFORE: Final = 3  # of them lie before the place asked for and its left neighbour
EDGE: Final = 1e-11  # weight at the end of a window above which the window is too narrow
REACH: Final = 7.0  # posterior SDs that a window spans on both sides
_unit = one_unit


def _lagrange_at(t, value, first, second, third):
    """Fill (8,) the weights of the points -3 to 4 at t from 0 to 1, and their first three derivatives by t."""
    for s in range(N_POINTS):
        own = s - N_BEFORE
        scale = 1.0
        for o in range(N_POINTS):
            if o != s:
                scale /= own - (o - N_BEFORE)
        v, one, two, three = 1.0, 0.0, 0.0, 0.0
        for o in range(N_POINTS):
            if o == s:
                continue
            away = t - (o - N_BEFORE)
            three = three * away + 3.0 * two
            two = two * away + 2.0 * one
            one = one * away + v
            v = v * away
        value[s], first[s], second[s], third[s] = v * scale, one * scale, two * scale, three * scale


lagrange = compiled(_lagrange_at)


def _place_shifts(shift, step, n_phases, base, phase, ahead, weights):
    """Fill for each severity (L,) where its eight points lie and their weights (L, 4, 8): value and three derivatives.

    ``step`` is how far apart the places of the line are. Derivatives are by the severity.
    """
    for r in range(shift.size):
        back = -shift[r] / step
        low = int(np.floor(back))
        lagrange(back - low, weights[r, 0], weights[r, 1], weights[r, 2], weights[r, 3])
        base[r] = (low - N_BEFORE) // n_phases
        for s in range(N_POINTS):
            at = low - N_BEFORE + s
            phase[r, s] = at % n_phases
            ahead[r, s] = at // n_phases - base[r]
            weights[r, 1, s] *= -1.0 / step
            weights[r, 2, s] *= 1.0 / (step * step)
            weights[r, 3, s] *= -1.0 / (step * step * step)


place_shifts = compiled(_place_shifts)


def _sum_rows(first, last, row, curves, begin, along, total):
    """Fill ``total`` (phases, n) with the sum of the answers' curves from a place on; ``along`` (phases n,) is room."""
    n_phases, n, size = total.shape[0], total.shape[1], total.size
    end, a = begin + size, first
    for x in range(size):
        along[x] = 0.0
    while a + 4 <= last:  # four in one pass
        one, two = curves[row[a], begin:end], curves[row[a + 1], begin:end]
        three, four = curves[row[a + 2], begin:end], curves[row[a + 3], begin:end]
        for x in range(size):
            along[x] += (one[x] + two[x]) + (three[x] + four[x])
        a += 4
    while a < last:
        own = curves[row[a], begin:end]
        for x in range(size):
            along[x] += own[x]
        a += 1
    for x in range(n):
        for f in range(n_phases):
            total[f, x] = along[x * n_phases + f]


_summed = compiled(_sum_rows)


def _window(mean, covariance, seen, nodes):
    """Return the nodes between which a unit's margins have weight."""
    low, high = nodes.size, 0
    step = nodes[1] - nodes[0]
    for u in range(seen.size):
        if seen[u]:
            half = REACH * np.sqrt(covariance[u, u]) + 2.0 * step
            low = min(low, int(np.floor((mean[u] - half - nodes[0]) / step)))
            high = max(high, int(np.ceil((mean[u] + half - nodes[0]) / step)) + 1)
    low, high = max(low, 0), min(high, nodes.size)
    return (low, high) if high - low >= 3 else (0, nodes.size)


_windowed = compiled(_window)


def _ends_heavy(weights, seen, low, high, n):
    for u in range(seen.size):
        if seen[u]:
            if low > 0 and weights[u, 0] > EDGE:
                return True
            if high < n and weights[u, high - low - 1] > EDGE:
                return True
    return False


_heavy = compiled(_ends_heavy)


def _settle_unit(
    i, pairs, rater, quality, pointer, row, curves, n_phases, margin, base, phase, ahead, lag, nodes, low, high,
    precision, pull, tau, nu, n_sweeps, seen, room, along, likelihood, weights, mean, covariance, lower,
):  # fmt: skip
    """Add up a unit's curves between two nodes and run its sweeps; return its log-evidence."""
    w, d = high - low, seen.size
    for u in range(d):
        seen[u] = False
        for q in range(w):
            likelihood[u, q] = 0.0
    for one, p in enumerate(range(pairs[i], pairs[i + 1])):
        r, u = rater[p], quality[p]
        seen[u] = True
        total = room[one][: n_phases * (w + N_POINTS)].reshape((n_phases, w + N_POINTS))
        _summed(pointer[p], pointer[p + 1], row, curves, (low + margin + base[r]) * n_phases, along, total)
        for s in range(N_POINTS):
            by, x = lag[r, 0, s], ahead[r, s]
            if by != 0.0:
                own, into = total[phase[r, s], x : x + w], likelihood[u]
                for q in range(w):
                    into[q] += by * own[q]
    for u in range(d):
        if not seen[u]:
            tau[u] = 0.0
            nu[u] = 0.0
    return _unit(
        likelihood, seen, nodes[low:high], precision, pull, tau, nu, n_sweeps, weights, mean, covariance, lower
    )


_settled = compiled(_settle_unit)


def _tell_pair(total, weights, nodes, middle, phase, ahead, lag, bent, told):
    """Fill what a pair tells of its severity: slope, expected curvature, own curvature, how it moves the mean, and the
    expected third derivative. ``bent`` (3, n) is room for the derivatives of the pair's log-likelihood.
    """
    n = weights.size
    bent[:] = 0.0
    for s in range(N_POINTS):
        own = total[phase[s], ahead[s] : ahead[s] + n]
        for o in range(3):
            by, into = lag[1 + o, s], bent[o]
            for q in range(n):
                into[q] += by * own[q]
    one, two, three = bent[0], bent[1], bent[2]
    g, known, square, move, third = 0.0, 0.0, 0.0, 0.0, 0.0
    for q in range(n):
        g += weights[q] * one[q]
        known -= weights[q] * two[q]
        square += weights[q] * one[q] * one[q]
        move += weights[q] * one[q] * (nodes[q] - middle)
        third += weights[q] * three[q]
    told[0], told[1], told[2], told[3], told[4] = g, known, known - (square - g * g), move, third


_told = compiled(_tell_pair)


def _count_pair(first, last, row, weights, phase, ahead, lag, wider, begin, spread, along, counts):
    """Add the unit's weights, as its rater sees the places, to the counts (rows, places) of the answers.

    ``wider`` is the variance that not knowing severities adds to what the rater sees: a sum of the counts times a curve
    f is the mean of f + wider / 2 f''.
    """
    n_phases, n, w, size = spread.shape[0], spread.shape[1], weights.size, spread.size
    spread[:] = 0.0
    for s in range(N_POINTS):
        by, x = lag[0, s] + 0.5 * wider * lag[2, s], ahead[s]
        if by != 0.0:
            into = spread[phase[s], x : x + w]
            for q in range(w):
                into[q] += by * weights[q]
    for x in range(n):
        for f in range(n_phases):
            along[x * n_phases + f] = spread[f, x]
    for a in range(first, last):
        into = counts[row[a], begin : begin + size]
        for x in range(size):
            into[x] += along[x]


_counted = compiled(_count_pair)


def _expect_pairs(
    pairs, rater, quality, pointer, row, curves, n_phases, margin, base, phase, ahead, lag, nodes, precision, group,
    pull, tau, nu, n_sweeps, low, high, most_pairs, starts, wider, moves, mean, spread, height, sums, counts, told,
    whole, weights,
):  # fmt: skip
    """Run the E-step of all units in chunks from ``starts``.

    ``low`` and ``high`` (n,) are the nodes between which a unit is looked for, and become those of the next step.
    ``wider`` (pairs,) is what severities that are not known add to the variance of what a pair's rater sees, ``moves``
    (pairs,) what they add to that of the place, in units of its squared variance.
    Filled are mean and spread (n, D), height (n,), sums of covariances (chunks, G, D, D), counts (chunks, rows,
    places), what each pair tells of its severity (pairs, 5), and, where they are not empty, covariances (n, D, D) and
    weights (n, D, Q).
    """
    d, q_n = tau.shape[1], nodes.size
    for chunk in nb.prange(starts.size - 1):
        room = np.empty((most_pairs, n_phases * (q_n + N_POINTS)))
        one_room, two_room = np.empty(d * q_n), np.empty(d * q_n)
        spread_room, along = np.empty(n_phases * (q_n + N_POINTS)), np.empty(n_phases * (q_n + N_POINTS))
        bent_room = np.empty(3 * q_n)
        seen, before = np.empty(d, np.bool_), np.empty((2, d))
        lower, covariance = np.empty((d, d)), np.empty((d, d))
        for i in range(starts[chunk], starts[chunk + 1]):
            for u in range(d):
                before[0, u], before[1, u] = tau[i, u], nu[i, u]
            begin, end = low[i], high[i]
            for _attempt in range(2):
                w = end - begin
                likelihood, mine = one_room[: d * w].reshape((d, w)), two_room[: d * w].reshape((d, w))
                height[i] = _settled(
                    i, pairs, rater, quality, pointer, row, curves, n_phases, margin, base, phase, ahead, lag, nodes,
                    begin, end, precision[group[i]], pull[i], tau[i], nu[i], n_sweeps, seen, room, along, likelihood,
                    mine, mean[i], covariance, lower,
                )  # fmt: skip
                if not _heavy(mine, seen, begin, end, q_n):
                    break
                begin, end = 0, q_n
                for u in range(d):
                    tau[i, u], nu[i, u] = before[0, u], before[1, u]
            low[i], high[i] = _windowed(mean[i], covariance, seen, nodes)
            w = end - begin
            over = spread_room[: n_phases * (w + N_POINTS)].reshape((n_phases, w + N_POINTS))
            for one, p in enumerate(range(pairs[i], pairs[i + 1])):
                r, u = rater[p], quality[p]
                if told.size > 0:
                    total = room[one][: n_phases * (w + N_POINTS)].reshape((n_phases, w + N_POINTS))
                    bent = bent_room[: 3 * w].reshape((3, w))
                    _told(total, mine[u], nodes[begin:end], mean[i, u], phase[r], ahead[r], lag[r], bent, told[p])
                if counts.size > 0:
                    _counted(
                        pointer[p], pointer[p + 1], row, mine[u], phase[r], ahead[r], lag[r], wider[p],
                        (begin + margin + base[r]) * n_phases, over, along, counts[chunk],
                    )  # fmt: skip
            for p in range(pairs[i], pairs[i + 1]):
                if moves[p] > 0.0:
                    for u in range(d):
                        for v in range(d):
                            by = covariance[u, quality[p]] * covariance[v, quality[p]]
                            sums[chunk, group[i], u, v] += moves[p] * by
            for u in range(d):
                spread[i, u] = covariance[u, u]
                for v in range(d):
                    sums[chunk, group[i], u, v] += covariance[u, v]
                    if whole.size > 0:
                        whole[i, u, v] = covariance[u, v]
                if weights.size > 0:
                    for q in range(q_n):
                        weights[i, u, q] = mine[u, q - begin] if seen[u] and begin <= q < end else 0.0


expect_pairs = compiled(_expect_pairs, parallel=True)


def _unknown(pairs, rater, quality, reach, variance, covariance, wider, whole):
    """Fill what severities that are not known add to the variance of what each pair's rater sees, and of the place.

    A place less a severity moves with that severity by ``reach`` - 1 and by their ``reach`` with those of the unit's
    other raters of the same quality. variance (L + 1,), nobody's last; covariance (L, L), empty where each severity is
    taken for itself. ``whole`` (pairs,) adds up to the place's over the pairs of a unit and quality.
    """
    for i in nb.prange(pairs.size - 1):
        for p in range(pairs[i], pairs[i + 1]):
            wider[p], whole[p] = 0.0, 0.0
            for s in range(pairs[i], pairs[i + 1]):
                if quality[s] != quality[p]:
                    continue
                by = reach[s] - (1.0 if s == p else 0.0)
                if covariance.size == 0:
                    wider[p] += by * by * variance[rater[s]]
                    continue
                if rater[s] == covariance.shape[0]:
                    continue
                for t in range(pairs[i], pairs[i + 1]):
                    if quality[t] == quality[p] and rater[t] < covariance.shape[0]:
                        other = reach[t] - (1.0 if t == p else 0.0)
                        wider[p] += by * other * covariance[rater[s], rater[t]]
                if rater[p] < covariance.shape[0]:
                    whole[p] += reach[p] * reach[s] * covariance[rater[p], rater[s]]
            if covariance.size == 0:
                whole[p] = reach[p] * reach[p] * variance[rater[p]]


unknown = compiled(_unknown, parallel=True)


def _seen_by(first, item, rater, n_categories, own, curves, n_phases, margin, base, phase, ahead, lag, table):
    """Fill ``table`` (T, Q) with the curves of each cell's categories at the nodes, as its rater sees them."""
    q_n = table.shape[1]
    for c in nb.prange(item.size):
        r, j = rater[c], item[c]
        for k in range(n_categories[j]):
            into = table[first[c] + k]
            into[:] = 0.0
            for s in range(N_POINTS):
                by, x = lag[r, 0, s], (margin + base[r] + ahead[r, s]) * n_phases + phase[r, s]
                if by != 0.0:
                    line = curves[own[j] + k, x : x + (q_n - 1) * n_phases + 1]
                    for q in range(q_n):
                        into[q] += by * line[q * n_phases]


seen_by = compiled(_seen_by, parallel=True)
