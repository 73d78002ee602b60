"""Compiled inner loop of the weights: Frank and Wolfe's steps on a simplex, one problem after the other.

The same in plain NumPy stands in the tests, against which it is checked. Nothing is reordered for speed, so that the
same problem gives the same bits.
"""

from __future__ import annotations

import numba as nb
import numpy as np

__all__ = ["descend"]

REFRESH_EVERY = 250  # steps after which what is carried along is made anew from the weights


@nb.njit(cache=True, nogil=True)
def descend(grams, linear, constant, ridge, allowed, decrease, n_rows, weights, most):
    """Move each row of ``weights`` to where its height falls no more; ``grams`` is one for all or one each."""
    n = weights.shape[1]
    gx = np.empty(n)
    for b in range(weights.shape[0]):
        gram, x, c, eta = grams[b if grams.shape[0] > 1 else 0], weights[b], linear[b], ridge[b]
        squares, bent, met, last = 0.0, 0.0, 0.0, np.inf
        for done in range(most):
            if done % REFRESH_EVERY == 0:
                squares, bent, met = 0.0, 0.0, 0.0
                for j in range(n):
                    gx[j] = 0.0
                for k in range(n):
                    if x[k] != 0.0:
                        for j in range(n):
                            gx[j] += x[k] * gram[k, j]
                for j in range(n):
                    squares += x[j] * x[j]
                    bent += x[j] * gx[j]
                    met += x[j] * c[j]
            i, lowest = -1, np.inf
            for j in range(n):
                if allowed[b, j]:
                    half = gx[j] - c[j] + eta * x[j]
                    if half < lowest:
                        i, lowest = j, half
            slope = lowest - (bent - met + eta * squares)
            gx_i, x_i, own = gx[i], x[i], gram[i, i]
            curve = own - 2.0 * gx_i + bent + eta * (1.0 - 2.0 * x_i + squares)
            step = 0.0
            if curve > 0.0:
                step = min(max(-slope / curve, 0.0), 1.0)
            stay = 1.0 - step
            for j in range(n):
                gx[j] += step * (gram[i, j] - gx[j])
                x[j] *= stay
            x[i] += step
            squares = stay**2 * squares + 2.0 * step * stay * x_i + step**2
            bent = stay**2 * bent + 2.0 * step * stay * gx_i + step**2 * own
            met = stay * met + step * c[i]
            height = (eta * squares + bent - 2.0 * met + constant[b]) / n_rows[b]
            if last - height < decrease[b] ** 2:
                break
            last = height
