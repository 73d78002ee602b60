"""Compiled inner loops of the observed information of rated answers: what their scores share, given the answers.

Arrays as in ``kernel_pairs`` and ``kernel_information``. Numbers stand in one row: those of items, severities (from
``begin_raters`` on), the backbone's, and behind them (from ``begin_more`` on) further functions of single answers whose
covariance with the scores is asked for. Raters may be taken for themselves: their own information is then ``told``.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_information import (
    DEGREES,
    _cumulants,
    _orthonormal,
    _share,
    _slotted,
    _written,
)
from yucai.measurement.engine.kernel_pairs import N_POINTS, _summed
from yucai.measurement.engine.kernels import compiled

__all__ = ["lose_pairs"]

NOTHING: Final = 1e-11  # weight of a node that changes no covariance


def _move(line, order, n, phase, ahead, lag, moved):
    """Fill ``moved`` (n,) with a curve held by phases (phases, n + 8) as a rater sees it, or with its derivatives."""
    moved[:] = 0.0
    for s in range(N_POINTS):
        by = lag[order, s]
        if by != 0.0:
            own = line[phase[s], ahead[s] : ahead[s] + n]
            for q in range(n):
                moved[q] += by * own[q]


_moved = compiled(_move)


def _dot_line(line, begin, against):
    """Return the sum of a curve on the line (M,), from a place on, times weights (n,) on the same places."""
    total = 0.0
    own = line[begin : begin + against.size]
    for x in range(against.size):
        total += own[x] * against[x]
    return total


_dotted = compiled(_dot_line)


def _spread_back(weights, order, n_phases, phase, ahead, lag, spread):
    """Fill weights on the line (n + 8) * phases that stand for weights at the nodes as a rater sees them."""
    spread[:] = 0.0
    for s in range(N_POINTS):
        by, first = lag[order, s], ahead[s] * n_phases + phase[s]
        if by != 0.0:
            for q in range(weights.size):
                spread[first + q * n_phases] += by * weights[q]


_spread = compiled(_spread_back)


def _trim(weights, low, high):
    """Return the nodes, from low to high, between which the margins (D, Q) weigh something."""
    begin, end = high, low
    for u in range(weights.shape[0]):
        for q in range(low, high):
            if weights[u, q] > NOTHING:
                begin, end = min(begin, q), max(end, q + 1)
    return (begin, end) if end - begin >= 3 else (low, high)


_trimmed = compiled(_trim)


def _lose_pairs(
    pairs, rater, quality, pointer, row, row_item, curves, by_number, n_numbers, place, n_phases, margin, base, phase,
    ahead, lag, low, high, nodes, weights, mean, covariance, precision, group, mu, x, begin_raters, begin_backbone,
    share_group, share_a, share_b, joint, begin_more, by_more, further, more_of_item, with_numbers, with_severity,
    starts, lost,
):  # fmt: skip
    """Add up over the units, chunk by chunk, the covariances of the scores given the answers: ``lost``, lower half.

    Taken off are the expected curvatures of items' numbers by severities, so that ``lost`` holds all of the information
    but the items' own curvature and that of the backbone, with the sign turned. ``by_number`` (rows, P, M) are the
    derivatives of the curves, in the order of the line. ``by_more`` (rows, F, M) are further functions of an answer,
    written for the item's number ``begin_more`` + F item where ``more_of_item``, else for the rater's; ``with_numbers``
    (J, P, F, M) and ``with_severity`` (J, F, M) their expected products with the answer's scores, ``further`` (J, F, M)
    with themselves.
    """
    d_n, c_n, n_f = weights.shape[1], share_a.size, by_more.shape[1]
    n_all, q_all = lost.shape[1], nodes.size
    for chunk in nb.prange(starts.size - 1):
        slot, which, of = np.full(n_all, -1), np.empty(n_all, np.int64), np.empty(n_all, np.int64)
        coefficients = np.empty((n_all, DEGREES))
        room = np.empty((3, n_phases * (q_all + N_POINTS)))
        waves_room, curve_room, seen = np.empty((d_n, DEGREES * q_all)), np.empty(q_all), np.empty(d_n, np.bool_)
        line_room = np.empty(DEGREES * n_phases * (q_all + N_POINTS))
        turned, sums = np.empty((DEGREES, n_all)), np.empty(n_all)
        rho, t_, w_ = np.empty((d_n, d_n)), np.empty((d_n, d_n)), np.empty((d_n, d_n))
        pull, third, fourth, squared = np.empty(d_n), np.empty(d_n), np.empty(d_n), np.empty((d_n, 2))
        along, square = np.empty((c_n, d_n)), np.empty((c_n, d_n))
        mine = lost[chunk]
        for i in range(starts[chunk], starts[chunk + 1]):
            lo, hi = _trimmed(weights[i], low[i], high[i])
            w = hi - lo
            seen[:] = False
            third[:] = 0.0
            fourth[:] = 0.0
            n_slots, size = 0, n_phases * (w + N_POINTS)
            total = room[0][:size].reshape((n_phases, w + N_POINTS))
            back, slanted = room[1][:size], room[2][:size]
            moved = curve_room[:w]
            on_line = line_room[: DEGREES * size].reshape((DEGREES, size))
            for p in range(pairs[i], pairs[i + 1]):
                r, u = rater[p], quality[p]
                first = (lo + margin + base[r]) * n_phases
                waves = waves_room[u][: DEGREES * w].reshape((DEGREES, w))
                margins = weights[i, u, lo : lo + w]
                if not seen[u]:
                    seen[u] = True
                    _orthonormal(margins, nodes[lo : lo + w], waves)
                    _cumulants(margins, nodes[lo : lo + w], u, third, fourth, squared)
                judged = r < base.size - 1
                at_rater = begin_raters + r
                _spread(margins, 0, n_phases, phase[r], ahead[r], lag[r], back)
                _spread(margins, 1, n_phases, phase[r], ahead[r], lag[r], slanted)
                for k in range(DEGREES):
                    _spread(waves[k], 0, n_phases, phase[r], ahead[r], lag[r], on_line[k])
                for a in range(pointer[p], pointer[p + 1]):
                    t = row[a]
                    j = row_item[t]
                    for v in range(n_numbers[j]):
                        n_slots = _slotted(place[j] + v, slot, n_slots, which, of, u, coefficients)
                        _written(by_number[t, v, first : first + size], on_line, coefficients[slot[place[j] + v]])
                        if judged and joint:
                            mine[at_rater, place[j] + v] += _dotted(by_number[t, v], first, slanted)
                    for f in range(n_f):
                        if not more_of_item and not judged:
                            continue
                        at = begin_more + n_f * (j if more_of_item else r) + f
                        n_slots = _slotted(at, slot, n_slots, which, of, u, coefficients)
                        _written(by_more[t, f, first : first + size], on_line, coefficients[slot[at]])
                        mine[at, at] -= _dotted(further[j, f], first, back)
                        for v in range(n_numbers[j]):
                            mine[at, place[j] + v] -= _dotted(with_numbers[j, v, f], first, back)
                        if judged and joint:
                            mine[at, at_rater] -= _dotted(with_severity[j, f], first, back)
                if judged and joint:
                    _summed(pointer[p], pointer[p + 1], row, curves, first, back, total)
                    _moved(total, 1, w, phase[r], ahead[r], lag[r], moved)
                    n_slots = _slotted(at_rater, slot, n_slots, which, of, u, coefficients)
                    _written(moved, waves, coefficients[slot[at_rater]])
            for s in range(n_slots):
                slot[which[s]] = -1
            _share(
                n_slots, which, of, coefficients, x[i], group[i], covariance[i], precision[group[i]], mean[i] - mu[i],
                third, fourth, squared, pull, rho, t_, w_, along, square, turned, sums, share_group, share_a, share_b,
                begin_backbone, mine,
            )  # fmt: skip


lose_pairs = compiled(_lose_pairs, parallel=True)
