"""Orders of given codes in which no code follows itself, every one of them as likely as any other."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["orders_without_repeats"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

NO_CODE: Final = -1


def orders_without_repeats(counts: Codes, n: int, *, rng: np.random.Generator) -> Codes:
    """Return n orders of ``counts[c]`` codes c each, drawn evenly and apart among those without equal neighbours.

    Codes are put in one kind after the other. What matters of the kinds put in so far is how many pairs of equal
    neighbours they still form, to be parted by later kinds. For every such number the ways to end without any are
    counted (backwards, as logarithms), and each kind is put in with chances in proportion to them, so no walk and no
    waiting is needed. Counts that no such order has are refused.

    >>> orders_without_repeats(np.array([2, 1]), 3, rng=np.random.default_rng(1)).tolist()
    [[0, 1, 0], [0, 1, 0], [0, 1, 0]]
    """
    kinds = np.argsort(counts, kind="stable")[::-1]  # frequent kinds first: rare ones have few places to choose from
    kinds = kinds[counts[kinds] > 0]
    sizes = [int(counts[kind]) for kind in kinds]
    ways = _ways_to_end(sizes)
    if np.isneginf(ways[0][0]):
        raise ValueError("these codes have no order without equal neighbours.")
    orders = np.empty((n, 0), dtype=np.int64)
    for kind, size, after in zip(kinds, sizes, ways[1:], strict=True):
        orders = _put_in(orders, int(kind), size, after, rng)
    return orders


def _ways_to_end(sizes: list[int]) -> list[Array]:
    """Return, for 0, 1, ... kinds put in, the log of the ways to finish by the number of pairs still to be parted."""
    placed = sum(sizes)
    ways = [np.where(np.arange(placed + 1) == 0, 0.0, -np.inf)]
    for size in reversed(sizes):
        placed -= size
        most = max(placed, 1)  # of n codes fewer than n pairs are equal
        ways.append(
            np.array([scipy.special.logsumexp(_choices(placed, pairs, size, ways[-1])) for pairs in range(most)])
        )
    return ways[::-1]


def _choices(placed: int, pairs: int, size: int, after: Array) -> Array:
    """Return the log of the ways, by groups that a kind is put in as (rows, from 1) and groups that part a pair.

    A kind of ``size`` codes in g groups, b of which part equal neighbours, can be cut in C(size - 1, g - 1) ways and
    placed in C(pairs, b) C(placed + 1 - pairs, g - b); then pairs - b + size - g are left.
    """
    groups, parting = np.ogrid[1 : size + 1, 0 : min(pairs, size) + 1]
    left = pairs - parting + size - groups
    ways = _log_choose(size - 1, groups - 1) + _log_choose(pairs, parting)
    ways = ways + _log_choose(placed + 1 - pairs, groups - parting)
    found: Array = np.where(left < len(after), ways + after[np.minimum(left, len(after) - 1)], -np.inf)
    return found


def _log_choose(n: int, k: Codes) -> Array:
    inside = (k >= 0) & (k <= n)
    held = np.where(inside, k, 0)
    logs: Array = np.where(
        inside,
        scipy.special.gammaln(n + 1) - scipy.special.gammaln(held + 1) - scipy.special.gammaln(n - held + 1),
        -np.inf,
    )
    return logs


def _put_in(orders: Codes, kind: int, size: int, after: Array, rng: np.random.Generator) -> Codes:
    """Return the orders with one more kind, its groups and their places drawn."""
    n, placed = orders.shape
    equal = np.zeros((n, placed + 1), dtype=bool)  # the gap before each code, and the one at the end
    equal[:, 1:placed] = orders[:, 1:] == orders[:, :-1]
    groups, parting = _drawn_groups(equal.sum(axis=1), placed, size, after, rng)
    chosen = np.where(equal, *(_lowest(where, some, rng) for where, some in
                               ((equal, parting), (~equal, groups - parting))))  # fmt: skip
    starts = np.ones((n, size), dtype=bool)  # whether a code of this kind opens a group
    starts[:, 1:] = _lowest(np.ones((n, size - 1), dtype=bool), groups - 1, rng)
    group_of = np.cumsum(starts, axis=1) - 1
    gaps = np.nonzero(chosen)[1]  # row by row, from left to right
    first = np.cumsum(groups) - groups
    places = gaps[first[:, None] + group_of] + np.arange(size)
    out = np.full((n, placed + size), NO_CODE, dtype=np.int64)
    np.put_along_axis(out, places, kind, axis=1)
    out[out == NO_CODE] = orders.ravel()
    return out


def _drawn_groups(pairs: Codes, placed: int, size: int, after: Array, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Return how many groups each order gets, and how many of them part equal neighbours."""
    groups, parting = np.empty_like(pairs), np.empty_like(pairs)
    for number in np.unique(pairs):
        here = np.flatnonzero(pairs == number)
        logs = _choices(placed, int(number), size, after)
        chances = np.exp(logs - logs.max())
        drawn = rng.choice(logs.size, len(here), p=chances.ravel() / chances.sum())
        rows, columns = np.unravel_index(drawn, logs.shape)
        groups[here], parting[here] = rows + 1, columns
    return groups, parting


def _lowest(where: npt.NDArray[np.bool_], some: Codes, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return, row by row, ``some`` of the places that are open, each choice as likely as any other."""
    keys = np.where(where, rng.random(where.shape), np.inf)
    ranks = np.argsort(np.argsort(keys, axis=1), axis=1)
    chosen: npt.NDArray[np.bool_] = ranks < some[:, None]
    return chosen
