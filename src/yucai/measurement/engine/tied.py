"""Items that share one slope: each finds its steps at the slope there is, then all together move the slope."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items

__all__ = ["moving_ties", "pinned", "representatives", "tie_slopes"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
PINNED: Final = 1e9  # precision at which a slope stays where it is
APART: Final = 1e-4  # share of a slope by which the second look lies off
FARTHEST: Final = 1.5  # times that a slope changes in one step


def moving_ties(tied: Flags, free: Flags, quality: Index) -> Flags:
    """Return which tied items' slope is searched for: those of qualities in which no tied item keeps its numbers."""
    kept = np.isin(quality, quality[tied & ~free])
    return np.asarray(tied & ~kept)


def pinned(mean: Array, precision: Array, tied: Flags, slopes: Array) -> tuple[Array, Array]:
    """Return the priors of a step in which tied slopes (J, S) stay where they are."""
    if not tied.any():
        return mean, precision
    mean, precision = mean.copy(), precision.copy()
    mean[tied, 0], precision[tied, 0] = slopes[tied, 0], PINNED
    return mean, precision


def tie_slopes(items: tuple[Any, ...], moving: Flags, quality: Index) -> None:
    """Move the common slope of each quality by one step of Newton's, its curvature from a second look close by.

    ``items`` is what ``kernel_items.rise`` takes; its slopes (J, S) are changed in place.
    """
    if not moving.any():
        return
    slopes, n = items[6], int(quality.max()) + 1
    here = _pull(items, slopes, moving, quality, n)
    beside = slopes.copy()
    beside[moving, 0] *= 1.0 + APART
    there = _pull(items, beside, moving, quality, n)
    common = np.zeros(n)
    common[quality[moving]] = slopes[moving, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = np.where(there < here, 1.0 - APART * here / (there - here), np.where(here > 0, FARTHEST, 1.0))
    moved = common * np.clip(stretch, 1.0 / FARTHEST, FARTHEST)
    slopes[moving, 0] = moved[quality[moving]]


def _pull(items: tuple[Any, ...], slopes: Array, moving: Flags, quality: Index, n: int) -> Array:
    """Return how the expected log-likelihood rises with each quality's common slope, (D,)."""
    rise = np.zeros((len(slopes), 2 * int(items[5].max()) + 2))
    kernel_items.rise(*items[:6], slopes, *items[7:], rise)
    return np.bincount(quality[moving], rise[moving, 0], minlength=n).astype(np.float64)


def representatives(place: Index, n: int, tied: Flags, quality: Index) -> Index:
    """Return for each of ``n`` numbers, those of item j beginning at ``place`` (J,), which one it is the same as."""
    same = np.arange(n)
    for d in np.unique(quality[tied]):
        own = place[tied & (quality == d)]
        same[own] = own[0]
    return same
