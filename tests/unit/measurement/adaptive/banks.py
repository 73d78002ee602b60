"""Banks for the tests: drawn items of every family, and the formulas of the families written anew."""

import numpy as np

from yucai.measurement.adaptive import BankItem, ItemBank, ItemFamily

GRADED, CREDIT, NOMINAL, GUESSING = (
    ItemFamily.GRADED,
    ItemFamily.PARTIAL_CREDIT,
    ItemFamily.NOMINAL,
    ItemFamily.GUESSING,
)


def drawn(rng, n_items, *, n_qualities=1, correlation=0.5, families=(GRADED,), n_categories=2, n_areas=3):
    """A bank whose items go round through the qualities, the families and the areas."""
    items = []
    for j in range(n_items):
        family = families[j % len(families)]
        steps = n_categories - 1
        slopes, intercepts = (float(rng.lognormal(0.2, 0.3)),), np.sort(rng.normal(0, 1.2, steps))[::-1]
        if family is NOMINAL:
            slopes = tuple(np.cumsum(rng.lognormal(-0.2, 0.3, steps)))
        if family is GUESSING:
            intercepts, steps = np.array([rng.normal(0, 1.2), -1.4]), 1
        items.append(
            BankItem(
                item=f"item-{j:04d}", quality=f"quality-{j % n_qualities}", family=family, slopes=slopes,
                intercepts=tuple(map(float, intercepts)), levels=tuple(range(steps + 1)), area=f"area-{j % n_areas}",
            )
        )  # fmt: skip
    d = n_qualities
    matrix = np.full((d, d), correlation) + (1 - correlation) * np.eye(d)
    return ItemBank.of_items(items, qualities=[f"quality-{q}" for q in range(d)], correlations=matrix)


def chances(item, places):
    """P(category) at the places, (K, ...), from the formulas."""
    x = np.asarray(places, float)
    if item.family is GRADED:
        above = [
            np.ones_like(x),
            *(1 / (1 + np.exp(-(item.slopes[0] * x + d))) for d in item.intercepts),
            np.zeros_like(x),
        ]
        return np.array(above[:-1]) - np.array(above[1:])
    if item.family is GUESSING:
        floor = 1 / (1 + np.exp(-item.intercepts[1]))
        right = floor + (1 - floor) / (1 + np.exp(-item.slopes[0] * x - item.intercepts[0]))
        return np.array([1 - right, right])
    if item.family is CREDIT:
        lines = np.cumsum([np.zeros_like(x), *(item.slopes[0] * x + d for d in item.intercepts)], axis=0)
    else:
        lines = np.array([np.zeros_like(x), *(a * x + d for a, d in zip(item.slopes, item.intercepts, strict=True))])
    risen = np.exp(lines)
    return risen / risen.sum(axis=0)
