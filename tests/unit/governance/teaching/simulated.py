"""Ratings of which the truth is known."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    table: pl.DataFrame
    raters: np.ndarray
    lecturers: np.ndarray


def ratings(rng, *, n_raters=60, n_lecturers=20, each=8, sds=(0.4, 0.5, 1.0), mean=3.5):
    """Each rater rates ``each`` lecturers, drawn at random."""
    of_raters, of_lecturers = rng.normal(0, sds[0], n_raters), rng.normal(0, sds[1], n_lecturers)
    rows = [(r, lecturer) for r in range(n_raters) for lecturer in rng.choice(n_lecturers, each, replace=False)]
    who = np.array(rows)
    score = mean + of_raters[who[:, 0]] + of_lecturers[who[:, 1]] + rng.normal(0, sds[2], len(who))
    table = pl.DataFrame(
        {
            "rater": [f"r{one:03}" for one in who[:, 0]],
            "lecturer": [f"l{one:03}" for one in who[:, 1]],
            "score": score,
        }
    )
    return World(table=table, raters=of_raters, lecturers=of_lecturers)


def plain_criterion(ratings, design, designs, sds, sigma):
    """Minus twice the restricted log-likelihood, by the covariance of all ratings as it stands in the textbook."""
    n, p = design.shape
    whole = sigma**2 * np.eye(n) + sum(sd**2 * z @ z.T for z, sd in zip(designs, sds, strict=True))
    inverse = np.linalg.inv(whole)
    inner = design.T @ inverse @ design
    beta = np.linalg.solve(inner, design.T @ inverse @ ratings)
    left = ratings - design @ beta
    return (
        np.linalg.slogdet(whole)[1] + np.linalg.slogdet(inner)[1] + left @ inverse @ left + (n - p) * np.log(2 * np.pi)
    )
