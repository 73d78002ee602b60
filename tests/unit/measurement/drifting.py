"""Simulated panels that rate planted works twice, with the true change of each rater known in levels."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.unit.measurement.making import CREDIT, chances, of_arrays
from yucai.evidence import Responses

STEPS = np.linspace(-1.2, 1.2, 4)
WAVERING = 0.4  # SD of how differently a rater takes one work, alike on all its criteria
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


def mean_level(slope, places):
    """The expected level (from 0) at the places."""
    return (chances(CREDIT, slope, -slope * STEPS, places) * np.arange(5)[:, None]).sum(axis=0)


class Panel:
    """``drift`` is how many SDs of units each rater moves along; ``truth`` what that makes in levels on these works."""

    def __init__(self, n_raters, n_works, n_criteria, *, rng, slope=1.0, drift=0.0, same_works=True, wavering=WAVERING):
        severity = rng.normal(0, 0.5, n_raters)
        moved = severity + np.broadcast_to(drift, n_raters)
        wavering = np.broadcast_to(wavering, n_raters)
        first = rng.normal(size=n_works)
        last = first if same_works else rng.normal(size=n_works)
        self.truth = np.zeros(n_raters)
        tables = []
        for t, (places, severities) in enumerate(((first, severity), (last, moved))):
            rater, work, item = (part.ravel() for part in np.indices((n_raters, n_works, n_criteria)))
            taken = rng.normal(0, wavering[:, None], (n_raters, n_works))
            seen = places[work] + taken[rater, work] - severities[rater]
            below = np.cumsum(chances(CREDIT, slope, -slope * STEPS, seen), axis=0)[:-1]
            score = (rng.random(len(seen)) > below).sum(axis=0)
            names = [f"c{j}" for j in range(n_criteria)]
            table = of_arrays(work, item, score, names=names, tops=[4] * n_criteria, rater=rater).table
            prefix = "" if same_works else f"t{t}-"
            tables.append(table.with_columns(occasion=pl.lit(f"t{t}"), learner=pl.lit(prefix) + pl.col("learner")))
            for r in range(n_raters):
                level = sum(
                    w * mean_level(slope, places + wavering[r] * node - severities[r]).mean()
                    for node, w in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True)
                )
                self.truth[r] += level if t == 0 else -level
        if not same_works:  # compared with the others, as they are on the works of each occasion
            self.truth = (self.truth - self.truth.mean()) * n_raters / (n_raters - 1)
        self.responses = Responses.from_table(tables[0].vstack(tables[1]))
        self.common = sorted(set(self.responses.table["learner"]))
