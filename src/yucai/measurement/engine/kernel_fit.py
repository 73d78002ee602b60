"""Compiled inner loops of fit: answers drawn at given places, standardized log-likelihoods, residuals side by side."""

from __future__ import annotations

import numba as nb
import numpy as np

from yucai.measurement.engine.kernel_items import _curves
from yucai.measurement.engine.kernels import compiled

__all__ = ["beside", "draw", "standardize"]


def _draw(
    pointer,
    row,
    row_cell,
    first,
    cell_item,
    shift,
    family,
    n_categories,
    slopes,
    intercepts,
    quality,
    places,
    chance,
    drawn,
):
    """Fill ``drawn`` (L,) with the row each unit's answer falls in at its places (n, D), by uniform numbers (L,)."""
    most = n_categories.max()
    for i in nb.prange(pointer.size - 1):
        p, dp = np.empty(most), np.empty((most, 2 * most))
        for r in range(pointer[i], pointer[i + 1]):
            c = row_cell[row[r]]
            j = cell_item[c]
            x = places[i, quality[row[r]]] - shift[c]
            _curves(family[j], n_categories[j], slopes[j], intercepts[j], x, p, dp)
            left, k = chance[r], 0
            while k < n_categories[j] - 1 and left >= p[k]:
                left -= p[k]
                k += 1
            drawn[r] = first[c] + k


draw = compiled(_draw, parallel=True)


def _standardize(pointer, row, quality, above, variance, weights, found):
    """Fill ``found`` (n, D) with each unit's sum of ``above`` over the root of its sum of ``variance``, averaged.

    Both are curves of rows (T, Q); the average is over the weights (n, D, Q). NaN where there is no answer.
    """
    d_n, q_n = weights.shape[1], weights.shape[2]
    for i in nb.prange(pointer.size - 1):
        up, wide = np.zeros((d_n, q_n)), np.zeros((d_n, q_n))
        seen = np.zeros(d_n, np.bool_)
        for r in range(pointer[i], pointer[i + 1]):
            t = row[r]
            d = quality[t]
            seen[d] = True
            for q in range(q_n):
                up[d, q] += above[t, q]
                wide[d, q] += variance[t, q]
        for d in range(d_n):
            s = 0.0
            if seen[d]:
                for q in range(q_n):
                    s += weights[i, d, q] * up[d, q] / np.sqrt(max(wide[d, q], 1e-12))
                found[i, d] = s
            else:
                found[i, d] = np.nan


standardize = compiled(_standardize, parallel=True)


def _beside(pointer, row, quality, row_item, residual, weights, j, found):
    """Fill ``found`` (n, J) with the mean, over a unit's place, of its residual on item j times that on each item.

    ``residual`` (T, Q); 0 where either was not answered, and for items of other qualities.
    """
    q_n = weights.shape[2]
    for i in nb.prange(pointer.size - 1):
        for k in range(found.shape[1]):
            found[i, k] = 0.0
        own, d, there = np.zeros(q_n), 0, False
        for r in range(pointer[i], pointer[i + 1]):
            t = row[r]
            if row_item[t] == j:
                there = True
                d = quality[t]
                for q in range(q_n):
                    own[q] += residual[t, q]
        if not there:
            continue
        for q in range(q_n):
            own[q] *= weights[i, d, q]
        for r in range(pointer[i], pointer[i + 1]):
            t = row[r]
            if quality[t] == d and row_item[t] != j:
                s = 0.0
                for q in range(q_n):
                    s += own[q] * residual[t, q]
                found[i, row_item[t]] += s


beside = compiled(_beside, parallel=True)
