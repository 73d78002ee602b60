"""Compiled algebra of information matrices: sums of outer products, and the inverse of what comes of them.

A library for matrices would do the same on threads of its own, which afterwards keep a processor busy with waiting for
a tenth of a second, and that is more than all the rest takes. Each sum runs in one order.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from yucai.measurement.engine.kernels import compiled

__all__ = ["add_products", "invert", "products"]

ROWS: Final = 64  # that are multiplied while they are at hand


def _add_products(rows, sums):
    """Add to the lower half of ``sums`` (P, P) the outer products of ``rows`` (a multiple of eight, P)."""
    for u in range(sums.shape[0]):
        for k in range(0, rows.shape[0], 8):
            r0, r1, r2, r3 = rows[k, u], rows[k + 1, u], rows[k + 2, u], rows[k + 3, u]
            r4, r5, r6, r7 = rows[k + 4, u], rows[k + 5, u], rows[k + 6, u], rows[k + 7, u]
            if r0 == r1 == r2 == r3 == r4 == r5 == r6 == r7 == 0.0:
                continue
            for v in range(u + 1):
                sums[u, v] += (
                    r0 * rows[k, v] + r1 * rows[k + 1, v] + r2 * rows[k + 2, v] + r3 * rows[k + 3, v]
                    + r4 * rows[k + 4, v] + r5 * rows[k + 5, v] + r6 * rows[k + 6, v] + r7 * rows[k + 7, v]
                )  # fmt: skip


add_products = compiled(_add_products)


def _products(left, right, starts, sums):
    """Add to ``sums`` (chunks, P, M), chunk by chunk of the rows, the products of left (n, P) and right (n, M)."""
    for chunk in nb.prange(starts.size - 1):
        for begin in range(starts[chunk], starts[chunk + 1], ROWS):
            end = min(begin + ROWS, starts[chunk + 1])
            whole = end - (end - begin) % 8
            for u in range(left.shape[1]):
                mine = sums[chunk, u]
                for k in range(begin, whole, 8):
                    r0, r1, r2, r3 = left[k, u], left[k + 1, u], left[k + 2, u], left[k + 3, u]
                    r4, r5, r6, r7 = left[k + 4, u], left[k + 5, u], left[k + 6, u], left[k + 7, u]
                    for v in range(mine.size):
                        mine[v] += (
                            r0 * right[k, v] + r1 * right[k + 1, v] + r2 * right[k + 2, v] + r3 * right[k + 3, v]
                            + r4 * right[k + 4, v] + r5 * right[k + 5, v] + r6 * right[k + 6, v] + r7 * right[k + 7, v]
                        )  # fmt: skip
                for k in range(whole, end):
                    by = left[k, u]
                    for v in range(mine.size):
                        mine[v] += by * right[k, v]


products = compiled(_products, parallel=True)


def _inverse(matrix, inverse):
    """Fill ``inverse`` by Cholesky; return whether the matrix (P, P) is positive definite, else nothing is filled."""
    n = matrix.shape[0]
    lower = np.zeros((n, n))
    for u in range(n):
        for v in range(u + 1):
            s = matrix[u, v]
            for k in range(v):
                s -= lower[u, k] * lower[v, k]
            if v < u:
                lower[u, v] = s / lower[v, v]
            elif s <= 1e-14 * matrix[u, u] or not s > 0.0:
                return False
            else:
                lower[u, u] = np.sqrt(s)
    undone = np.zeros((-(-n // 8) * 8, n))  # the inverse of the factor, filled up with rows of zeros
    for u in range(n):
        own = undone[u]
        for k in range(u):
            by = lower[u, k]
            if by != 0.0:
                for v in range(k + 1):
                    own[v] -= by * undone[k, v]
        for v in range(u):
            own[v] /= lower[u, u]
        own[u] = 1.0 / lower[u, u]
    inverse[:] = 0.0
    add_products(undone, inverse)
    for u in range(n):
        for v in range(u):
            inverse[v, u] = inverse[u, v]
    return True


invert = compiled(_inverse)
