"""How likely each category of an item is at a place, and how fast that changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yucai.framework import ItemModel
from yucai.measurement.scales import ItemParameters

__all__ = ["chances_of", "marks_of", "rises_of"]

Array = npt.NDArray[np.float64]


def chances_of(item: ItemParameters, places: npt.ArrayLike) -> Array:
    r"""Return the chances of the categories met, (..., K), at places of any shape, of an item that nobody rates.

    Graded: P(Y >= k) = 1 / (1 + exp(-(a x + d_k))); partial credit: log P(k) / P(k-1) = a x + d_k; nominal: log P(k) /
    P(0) = a_k x + d_k; guessing: P(1) = c + (1 - c) / (1 + exp(-(a x + d))).
    """
    x = np.asarray(places, dtype=np.float64)[..., None]
    if item.model is ItemModel.NOMINAL and len(item.slopes) > 1:
        return _softmax(np.array(item.slopes) * x + np.array(item.intercepts))
    lines = item.slope * x + np.array(item.intercepts)
    if item.model is ItemModel.PARTIAL_CREDIT:
        return _softmax(np.cumsum(lines, axis=-1))
    above = _sigmoid(lines)
    if item.model is ItemModel.GUESSING:
        above = item.floor + (1.0 - item.floor) * above
    ends = np.ones_like(x)
    return np.asarray(np.concatenate([ends, above], axis=-1) - np.concatenate([above, 0.0 * ends], axis=-1))


def rises_of(item: ItemParameters, places: npt.ArrayLike) -> Array:
    """Return the derivatives of ``chances_of`` by the place, (..., K)."""
    x = np.asarray(places, dtype=np.float64)[..., None]
    chances = chances_of(item, places)
    if item.model is ItemModel.NOMINAL and len(item.slopes) > 1:
        return _risen(chances, np.array([0.0, *item.slopes]))
    if item.model is ItemModel.PARTIAL_CREDIT:
        return _risen(chances, item.slope * np.arange(chances.shape[-1], dtype=np.float64))
    above = _sigmoid(item.slope * x + np.array(item.intercepts))
    rise = (1.0 - item.floor) * item.slope * above * (1.0 - above)
    none = np.zeros_like(x)
    return np.asarray(np.concatenate([none, rise], axis=-1) - np.concatenate([rise, none], axis=-1))


def marks_of(item: ItemParameters) -> Array:
    """Return what share of the item's worth each category is, (K,): even steps, or all for the right option only."""
    n = len(item.categories)
    if item.model is ItemModel.NOMINAL:
        return np.asarray(np.arange(n) == n - 1, dtype=np.float64)
    return np.arange(n, dtype=np.float64) / max(n - 1, 1)


def _sigmoid(lines: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-lines)))


def _softmax(lines: Array) -> Array:
    """Return chances from the lines of all categories but the first, whose line is 0."""
    whole = np.concatenate([np.zeros((*lines.shape[:-1], 1)), lines], axis=-1)
    risen = np.exp(whole - whole.max(axis=-1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=-1, keepdims=True))


def _risen(chances: Array, slopes: Array) -> Array:
    return np.asarray(chances * (slopes - (chances * slopes).sum(axis=-1, keepdims=True)))
