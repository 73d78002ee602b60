"""Answers for the engine: simulated from known items, and the published ones."""

import csv

import numpy as np

from tests.unit.measurement.making import DATA
from yucai.measurement.engine.records import Family, Items, records_of


def records(table, *, quality=None, family=Family.GRADED):
    """Records of a table (N, J) of categories, -1 where nobody answered."""
    n, j_n = table.shape
    items = Items(
        family=np.full(j_n, int(family)),
        quality=np.zeros(j_n, dtype=np.int64) if quality is None else np.asarray(quality),
        n_categories=table.max(axis=0) + 1,
    )
    unit, item = np.nonzero(table >= 0)
    return records_of(items, unit=unit, item=item, category=table[unit, item], n_units=n)


def lsat(section):
    """The answers (1000, 5) of a section of the Law School Admission Test."""
    with (DATA / f"lsat{section}.csv").open(encoding="utf-8") as file:
        patterns = [line["pattern"] for line in csv.DictReader(file) for _ in range(int(line["test_takers"]))]
    return np.array([[int(answer) for answer in pattern] for pattern in patterns])


def graded(theta, quality, slopes, intercepts, rng):
    """Draw categories (N, J) of graded items; theta (N, D), intercepts (J, K-1)."""
    line = slopes[None, :] * theta[:, quality]
    drawn = rng.random(line.shape)
    return sum(
        (drawn < 1 / (1 + np.exp(-(line + intercepts[:, k])))).astype(np.int64) for k in range(intercepts.shape[1])
    )


def correlated(rng, *, n, per_quality, correlation, n_categories=2, observed=1.0):
    """Return table, quality of each item, places, slopes and intercepts of a simulated test of several qualities."""
    d = len(correlation)
    quality = np.repeat(np.arange(d), per_quality)
    theta = rng.multivariate_normal(np.zeros(d), correlation, n)
    slopes = rng.lognormal(0.2, 0.3, len(quality))
    intercepts = np.sort(rng.normal(0, 1.2, (len(quality), n_categories - 1)), axis=1)[:, ::-1]
    table = graded(theta, quality, slopes, intercepts, rng)
    table[rng.random(table.shape) > observed] = -1
    return table, quality, theta, slopes, intercepts
