"""Compiled inner loops of knowledge tracing: forward-backward over two states, sixteen chains of one skill at a time.

The same in plain NumPy is ``plain.py``, against which these are tested. A chain is one learner's attempts at one
skill; a block holds up to 16 chains of one skill, padded at the end. Arrays: B blocks, W rows of all blocks
together, S skills, I items (numbered through all skills; one a skill where items are alike). Each block writes sums of
its own, which are added in the order of the blocks: the same bits with any number of threads.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernels import compiled

__all__ = [
    "LANES",
    "MANY",
    "N_SUMS",
    "PADDING",
    "by_item",
    "count_off",
    "follow",
    "follow_alone",
    "smooth",
    "smooth_alone",
]

LANES: Final = 16
PADDING: Final = 2  # code y of a place after the end of a chain; 1 is right, 0 wrong
# Codes are worked with as numbers, without asking which: y (2 - y) is 1 where it is right, y (y - 1) / 2 at padding.
N_SUMS: Final = 5  # expected: mastered at the start, learnt, forgot, right when mastered, seen when mastered
MANY: Final = 200_000  # answers from which on threads gain more than waiting for them costs
LOGS_EVERY: Final = 16  # rows between two logarithms; a chance is at least 1e-8, so the product stays normal


def _emissions(code, item, alone, guess, slip, begin, n_rows, e1, e0):
    """Fill the chances of what was seen, given mastered (e1) and not (e0), (rows, LANES)."""
    g, s = guess[alone], slip[alone]
    for t in range(n_rows):
        row, one, none = code[begin + t], e1[t], e0[t]
        if item.shape[0] == 0:
            for k in range(LANES):
                y = np.float64(row[k])
                right, beyond = y * (2.0 - y), 0.5 * y * (y - 1.0)
                one[k] = s + right * (1.0 - 2.0 * s) + beyond * (1.0 - s)
                none[k] = 1.0 - g + right * (2.0 * g - 1.0) + beyond * g
        else:
            which = item[begin + t]
            for k in range(LANES):
                y, j = row[k], which[k]
                one[k] = 1.0 - slip[j] if y == 1 else (slip[j] if y == 0 else 1.0)
                none[k] = guess[j] if y == 1 else (1.0 - guess[j] if y == 0 else 1.0)


_seen = compiled(_emissions)


def _forward(start, e1, e0, up, down, n_rows, mastered, height):
    """Fill mastery after each row (rows, LANES) and the log-likelihoods (LANES,); divide e1, e0 by the chance seen."""
    before, product = np.empty(LANES), np.ones(LANES)
    for k in range(LANES):
        before[k] = start[k]
        height[k] = 0.0
    for t in range(n_rows):
        x1, x0, a = e1[t], e0[t], mastered[t]
        for k in range(LANES):
            one, none = before[k] * x1[k], (1.0 - before[k]) * x0[k]
            c = 1.0 / (one + none)
            a[k] = one * c
            before[k] = a[k] * (1.0 - down) + (1.0 - a[k]) * up
            product[k] *= one + none
            x1[k] *= c
            x0[k] *= c
        if t % LOGS_EVERY == LOGS_EVERY - 1 or t == n_rows - 1:
            for k in range(LANES):
                height[k] += np.log(product[k])
                product[k] = 1.0


_filtered = compiled(_forward)


def _backward(code, begin, e1, e0, up, down, n_rows, mastered, sums, ends):
    """Turn ``mastered`` from filtered to smoothed, fill sums (N_SUMS,) and ends (2, LANES).

    Loops are kept short of arrays: the compiler does several lanes at once only where it can see that none overlap.
    """
    b1, b0 = np.ones(LANES), np.ones(LANES)
    learnt, forgot, right, seen = 0.0, 0.0, 0.0, 0.0
    for t in range(n_rows - 1, -1, -1):
        row, a, x1, x0 = code[begin + t], mastered[t], e1[t], e0[t]
        for k in range(LANES):
            a[k] *= b1[k]
        for k in range(LANES):
            y = np.float64(row[k])
            right += a[k] * y * (2.0 - y)
            seen += a[k] * (1.0 - 0.5 * y * (y - 1.0))
        for k in range(LANES):
            x1[k] *= b1[k]
            x0[k] *= b0[k]
        if t == 0:
            break
        earlier = mastered[t - 1]
        for k in range(LANES):
            b1[k] = x1[k] - down * (x1[k] - x0[k])
            b0[k] = x0[k] + up * (x1[k] - x0[k])
        for k in range(LANES):
            y = np.float64(row[k])
            there = 1.0 - 0.5 * y * (y - 1.0)
            learnt += (1.0 - earlier[k]) * x1[k] * there
            forgot += earlier[k] * x0[k] * there
    started, row = 0.0, code[begin]
    for k in range(LANES):
        y = np.float64(row[k])
        started += mastered[0, k] * (1.0 - 0.5 * y * (y - 1.0))
        ends[0, k], ends[1, k] = e0[0, k], e1[0, k]
    sums[0], sums[1], sums[2], sums[3], sums[4] = started, learnt * up, forgot * down, right, seen


_smoothed = compiled(_backward)


def _block(
    b, begin, n_rows, skill, active, code, item, start, learn, forget, guess, slip, sums, height, ends, mastered
):
    """Run forward and backward over the chains of one block; arrays as in ``smooth``."""
    s, n = skill[b], n_rows[b]
    if not active[s]:
        return
    work = np.empty((3, n, LANES))
    _seen(code, item, s, guess, slip, begin[b], n, work[0], work[1])
    _filtered(start[b], work[0], work[1], learn[s], forget[s], n, work[2], height[b])
    _smoothed(code, begin[b], work[0], work[1], learn[s], forget[s], n, work[2], sums[b], ends[b])
    if mastered.shape[0] > 0:
        mastered[begin[b] : begin[b] + n] = work[2]


_one_block = compiled(_block)


def _smooth(begin, n_rows, skill, active, code, item, start, learn, forget, guess, slip, sums, height, ends, mastered):
    """Run forward and backward over every chain of the active skills.

    code (W, LANES), item (W, LANES) or (0, LANES) where items are alike, start (B, LANES), learn, forget (S,), guess,
    slip (I,). Fill sums (B, N_SUMS), height (B, LANES) the log-likelihoods, ends (B, 2, LANES) the likelihoods given
    not mastered and mastered at the start, both divided by the same number, and, where it has rows, mastered (W,
    LANES).
    """
    for b in nb.prange(begin.size):
        _one_block(
            b, begin, n_rows, skill, active, code, item, start, learn, forget, guess, slip, sums, height, ends, mastered
        )


smooth = compiled(_smooth, parallel=True)


def _smooth_alone(
    begin, n_rows, skill, active, code, item, start, learn, forget, guess, slip, sums, height, ends, mastered
):
    """Do what ``smooth`` does in one thread: where a pass takes a few milliseconds, waiting for threads costs more."""
    for b in range(begin.size):
        _one_block(
            b, begin, n_rows, skill, active, code, item, start, learn, forget, guess, slip, sums, height, ends, mastered
        )


smooth_alone = compiled(_smooth_alone)


def _count_off(of, seen, step):
    """Fill how many earlier rows belong to the same group; ``seen`` (groups,) begins at 0."""
    for r in range(of.size):
        step[r] = seen[of[r]]
        seen[of[r]] += 1


count_off = compiled(_count_off)


def _by_item(pointer, place, code, mastered, sums):
    """Fill for each item right and wrong answers expected of those who mastered, then of those who did not, (I, 4).

    pointer (I+1,) and place list where the item's answers stand in the flattened rows of ``code`` and ``mastered``.
    """
    for j in range(pointer.size - 1):
        right1, wrong1, right0, wrong0 = 0.0, 0.0, 0.0, 0.0
        for r in range(pointer[j], pointer[j + 1]):
            g = mastered[place[r]]
            if code[place[r]] == 1:
                right1 += g
                right0 += 1.0 - g
            else:
                wrong1 += g
                wrong0 += 1.0 - g
        sums[j, 0], sums[j, 1], sums[j, 2], sums[j, 3] = right1, wrong1, right0, wrong0


by_item = compiled(_by_item)


def _one(
    i, pointer, rows, skill, right, item, pair, nodes, log_weights, level, learn, forget, guess, slip, before, now
):
    """Go through the answers of one learner; arrays as in ``follow``."""
    q_n = nodes.size
    known = np.full((level.size, q_n), -1.0)
    w = np.exp(log_weights)
    for a in range(pointer[i], pointer[i + 1]):
        for r in range(rows[a], rows[a + 1]):
            s, mean = skill[r], 0.0
            if known[s, 0] < 0.0:
                for q in range(q_n):
                    known[s, q] = 1.0 / (1.0 + np.exp(-level[s] - nodes[q]))
            for q in range(q_n):
                mean += w[q] * known[s, q]
            before[r] = mean
        for r in range(rows[a], rows[a + 1]):
            s, j, seen = skill[r], item[r], 0.0
            for q in range(q_n):
                m = known[s, q]
                p1 = m * (1.0 - slip[j] if right[r] else slip[j])
                p0 = (1.0 - m) * (guess[j] if right[r] else 1.0 - guess[j])
                w[q] *= p1 + p0
                seen += w[q]
                m = p1 / (p1 + p0)
                known[s, q] = m * (1.0 - forget[s]) + (1.0 - m) * learn[s]
            for q in range(q_n):
                w[q] /= seen
    for r in range(rows[pointer[i]], rows[pointer[i + 1]]):
        mean = 0.0
        for q in range(q_n):
            mean += w[q] * known[skill[r], q]
        now[pair[r]] = mean


_one_learner = compiled(_one)


def _follow(
    pointer, rows, skill, right, item, pair, nodes, log_weights, level, learn, forget, guess, slip, before, now
):
    """Go through each learner's answers in order and fill the mastery before each row, (R,), and at last, (pairs,).

    pointer (N+1,) into the answers, rows (A+1,) from an answer to its rows: one for each skill it takes; skill, right,
    item and pair (R,), a pair being a learner and a skill. A learner is at one of ``nodes`` with ``log_weights``;
    mastery at the start is the logistic of level (S,) plus the node. No row of an answer sees that answer's outcome.
    """
    for i in nb.prange(pointer.size - 1):
        _one_learner(
            i,
            pointer,
            rows,
            skill,
            right,
            item,
            pair,
            nodes,
            log_weights,
            level,
            learn,
            forget,
            guess,
            slip,
            before,
            now,
        )


follow = compiled(_follow, parallel=True)


def _follow_alone(
    pointer, rows, skill, right, item, pair, nodes, log_weights, level, learn, forget, guess, slip, before, now
):
    """Do what ``follow`` does in one thread."""
    for i in range(pointer.size - 1):
        _one_learner(
            i,
            pointer,
            rows,
            skill,
            right,
            item,
            pair,
            nodes,
            log_weights,
            level,
            learn,
            forget,
            guess,
            slip,
            before,
            now,
        )


follow_alone = compiled(_follow_alone)
