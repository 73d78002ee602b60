"""The E-step of one unit with items of several qualities in plain NumPy: what the compiled one is tested against."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.interpolate import barycentric_interpolate
from scipy.special import logsumexp

from yucai.measurement.engine.joined import Blocks

__all__ = ["expect_one"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


def expect_one(
    curves: Array,
    seen: npt.NDArray[np.bool_],
    grid: Array,
    blocks: Blocks,
    said: Sequence[Callable[[Array], Array] | None],
    *,
    covariance: Array,
    n_sweeps: int,
) -> tuple[Array, Array, float]:
    r"""Return mean (D,), covariance (D, D) and log-evidence of one unit.

    curves (D, Q): log-likelihoods of the answers on one quality each; ``said``: for each block the log-likelihood of
    its answers on several qualities as a function of places (M, b), or None. With T, n a block's site and V, m its
    margin, its cavity has precision V^-1 - T and pull V^-1 m - n.
    """
    d, precision = len(curves), np.linalg.inv(covariance)
    alone = seen & (blocks.takes < 0)
    tau, nu = np.where(alone, 1.0, 0.0), np.zeros(d)
    dims = [blocks.dims[b, :size] for b, size in enumerate(blocks.size)]
    held = [b for b, own in enumerate(dims) if said[b] is not None or (seen & (blocks.takes == b))[own].any()]
    sites = {b: (np.zeros((len(dims[b]),) * 2), np.zeros(len(dims[b]))) for b in held}
    told = 0.0
    for sweep in range(n_sweeps + 1):
        whole, pull = precision + np.diag(tau), nu.copy()
        for b, (t, n) in sites.items():
            whole[np.ix_(dims[b], dims[b])] += t
            pull[dims[b]] += n
        v = np.linalg.inv(whole)
        m = v @ pull
        if sweep == n_sweeps:
            break
        told = 0.0
        for u in np.flatnonzero(alone):
            v_c = 1.0 / (1.0 / v[u, u] - tau[u])
            m_c = v_c * (m[u] / v[u, u] - nu[u])
            z, tau[u], nu[u] = _site(curves[u], grid, m_c, v_c)
            told += z
        for b, own in ((b, dims[b]) for b in held):
            count = blocks.n_nodes[b]
            root = np.linalg.cholesky(v[np.ix_(own, own)])
            x = m[own] + blocks.nodes[b, :count, : len(own)] @ root.T
            back = np.linalg.inv(v[np.ix_(own, own)])
            inner, way = back - sites[b][0], back @ m[own] - sites[b][1]
            height = blocks.log_weights[b, :count] + x @ way - 0.5 * np.einsum("ma,ab,mb->m", x, inner, x)
            for k, u in enumerate(own):
                if blocks.takes[u] == b and seen[u]:
                    height = height + _read(curves[u], grid, x[:, k])
            answers = said[b]
            height = height if answers is None else height + answers(x)
            total = logsumexp(height)
            w = np.exp(height - total)
            m_t = w @ x
            v_t = (x - m_t).T @ (w[:, None] * (x - m_t))
            new = np.linalg.inv(v_t)
            sites[b] = new - inner, new @ m_t - way
            told += total + np.log(np.diag(root)).sum() - 0.5 * len(own) * np.log(2 * np.pi)
            told -= 0.5 * (m_t @ new @ m_t + np.linalg.slogdet(v_t)[1])
    height = 0.5 * (np.linalg.slogdet(v)[1] - np.linalg.slogdet(covariance)[1] + m @ pull)
    return m, v, float(height + told)


def _read(curve: Array, grid: Array, at: Array) -> Array:
    """Return a curve between the nodes of its grid: the cubic through the four that lie around."""
    first = np.clip(((at - grid[0]) / (grid[1] - grid[0])).astype(int) - 1, 0, len(grid) - 4)
    inside = np.clip(at, grid[0], grid[-1])
    return np.array([
        barycentric_interpolate(grid[f : f + 4], curve[f : f + 4], x) for f, x in zip(first, inside, strict=True)
    ])  # fmt: skip


def _site(curve: Array, nodes: Array, m_c: float, v_c: float) -> tuple[float, float, float]:
    """Return log Z less that of the site, and the site."""
    w = np.exp(curve - (nodes - m_c) ** 2 / (2 * v_c))
    z = w.sum() * (nodes[1] - nodes[0]) / np.sqrt(2 * np.pi * v_c)
    w /= w.sum()
    m_t = float(w @ nodes)
    v_t = float(w @ (nodes - m_t) ** 2)
    tau, nu = max(1 / v_t - 1 / v_c, 0.0), m_t / v_t - m_c / v_c
    one = 1 + tau * v_c
    return float(np.log(z) - (nu * m_c + v_c * nu**2 / 2 - tau * m_c**2 / 2) / one + 0.5 * np.log(one)), tau, nu
