"""Recovery of true numbers by the engine, against exact maximum likelihood on the same answers.

    .venv/bin/python bench/recovery.py                       all designs, 200 replications each
    ... --replications 50 --design "500 x 5 x 3"             one design: learners x items a quality x qualities

Exact: the log-likelihood over the whole tensor of nodes with its derivatives, climbed by L-BFGS from the truth, written
here and sharing nothing with the engine. Printed are root mean squares of estimate - truth over items and replications,
for the engine and as a multiple of exact maximum likelihood (bar 1.02), the bias of the slopes (bar .02), and how far
apart the two programs' estimates are. Seeds are 0, 1, 2 ... so that a line can be had again.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

CORRELATION = np.array([[1.0, 0.5, 0.4], [0.5, 1.0, 0.6], [0.4, 0.6, 1.0]])
DESIGNS = ["500 x 5 x 1", "500 x 20 x 1", "2000 x 5 x 1", "500 x 5 x 3", "500 x 20 x 3", "2000 x 5 x 3"]
STEEPEST = 5.0  # the engine's bound of slopes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--design", choices=DESIGNS)
    chosen = parser.parse_args()
    print(f"{chosen.replications} replications, load {os.getloadavg()[0]:.1f}\n")
    print("| learners x items x qualities | slopes | intercepts | correlations | places | bias of slopes | apart | s |")
    print("|---|---|---|---|---|---|---|---|")
    for design in [chosen.design] if chosen.design else DESIGNS:
        n, per, d = map(int, design.split(" x "))
        print(_line(design, n, per, d, chosen.replications), flush=True)


@dataclass(frozen=True)
class Answers:
    """y (n, J), the quality of each item, and the truth."""

    y: np.ndarray
    quality: np.ndarray
    slopes: np.ndarray
    intercepts: np.ndarray
    correlation: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Estimate:
    slopes: np.ndarray
    intercepts: np.ndarray
    correlation: np.ndarray
    places: np.ndarray


def _drawn(n: int, per: int, d: int, rng: np.random.Generator) -> Answers:
    correlation = CORRELATION[:d, :d]
    places = rng.standard_normal((n, d)) @ np.linalg.cholesky(correlation).T
    quality = np.repeat(np.arange(d), per)
    slopes, intercepts = rng.uniform(0.8, 1.8, d * per), rng.normal(0, 1, d * per)
    y = rng.random((n, d * per)) < 1 / (1 + np.exp(-(slopes * places[:, quality] + intercepts)))
    return Answers(
        y=y.astype(np.int64), quality=quality, slopes=slopes, intercepts=intercepts, correlation=correlation,
        places=places,
    )  # fmt: skip


def _engine(data: Answers) -> Estimate:
    from yucai.measurement.engine.places import places_of
    from yucai.measurement.engine.records import Family, Items, records_of
    from yucai.measurement.engine.search import Part, fit

    n, j = data.y.shape
    items = Items(family=np.full(j, int(Family.GRADED)), quality=data.quality, n_categories=np.full(j, 2))
    unit, item = np.indices(data.y.shape).reshape(2, -1)
    records = records_of(items, unit=unit, item=item, category=data.y[unit, item], n_units=n)
    found = fit(records)
    d = records.n_qualities
    part = Part(
        records=records, covariates=np.zeros((n, 0)), group=np.zeros(n, dtype=np.int64), tau=np.ones((n, d)),
        nu=np.zeros((n, d)),
    )  # fmt: skip
    places = places_of(part, found.state, severity_error=np.zeros(0))
    numbers = found.state.numbers
    return Estimate(
        slopes=numbers.slopes[:, 0], intercepts=numbers.intercepts[:, 0],
        correlation=found.state.backbone.covariance[0], places=places.mean,
    )  # fmt: skip


class Exact:
    """The log-likelihood of items and correlations over the tensor of nodes."""

    def __init__(self, data: Answers) -> None:
        self.data, self.d = data, len(data.correlation)
        self.nodes = np.linspace(-6.0, 6.0, 41 if data.y.shape[1] // self.d > 10 else 31)
        axes = np.meshgrid(*[self.nodes] * self.d, indexing="ij")
        self.grid = np.stack([axis.ravel() for axis in axes], axis=1)
        self.pairs = np.tril_indices(self.d, -1)

    def found(self) -> Estimate:
        data, j = self.data, self.data.y.shape[1]
        start = np.concatenate([data.slopes, data.intercepts, self._free(data.correlation)])
        bounds = [(-STEEPEST, STEEPEST)] * j + [(None, None)] * (len(start) - j)
        options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-4}
        best = minimize(self._down, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        marginals, _height, _joint = self._looked(best)
        places = np.stack([weights @ self.nodes for weights in marginals], axis=1)
        return Estimate(
            slopes=best[:j], intercepts=best[j : 2 * j], correlation=self._correlation(best[2 * j :]), places=places
        )

    def _free(self, correlation: np.ndarray) -> np.ndarray:
        factor = np.linalg.cholesky(correlation)
        return np.array([factor[a, b] / factor[a, a] for a, b in zip(*self.pairs, strict=True)])

    def _correlation(self, free: np.ndarray) -> np.ndarray:
        """Any row is allowed: a lower triangle with ones on its diagonal, each line scaled to length one."""
        factor = np.eye(self.d)
        factor[self.pairs] = free
        factor /= np.linalg.norm(factor, axis=1, keepdims=True)
        return factor @ factor.T

    def _looked(self, row: np.ndarray) -> tuple[list[np.ndarray], float, np.ndarray]:
        """Return each learner's marginals (n, Q), the log-likelihood, and the joint law summed over learners (Q^D,)."""
        y, quality, j = self.data.y, self.data.quality, self.data.y.shape[1]
        curves, top = [], np.zeros(len(y))
        for d in range(self.d):
            mine = np.flatnonzero(quality == d)
            line = row[mine, None] * self.nodes + row[j + mine, None]
            height = -(y[:, mine] @ np.logaddexp(0, -line) + (1 - y[:, mine]) @ np.logaddexp(0, line))
            highest = height.max(axis=1)
            curves.append(np.exp(height - highest[:, None]))
            top += highest
        correlation = self._correlation(row[2 * j :])
        prior = np.exp(-0.5 * np.einsum("ga,ab,gb->g", self.grid, np.linalg.inv(correlation), self.grid, optimize=True))
        prior *= (self.nodes[1] - self.nodes[0]) ** self.d / np.sqrt(np.linalg.det(2 * np.pi * correlation))
        first, rest = curves[0], np.ones((len(y), 1))
        for curve in curves[1:]:
            rest = (rest[:, :, None] * curve[:, None, :]).reshape(len(y), -1)
        table = prior.reshape(len(self.nodes), -1)
        over = (first @ table) * rest
        total = over.sum(axis=1)
        marginals = [first * (rest @ table.T) / total[:, None]]
        shape = (len(y), *[len(self.nodes)] * (self.d - 1))
        for d in range(1, self.d):
            others = tuple(axis for axis in range(1, self.d) if axis != d)
            marginals.append(over.reshape(shape).sum(axis=others) / total[:, None])
        joint = table * ((first / total[:, None]).T @ rest)
        return marginals, float((np.log(total) + top).sum()), joint.ravel()

    def _down(self, row: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the log-likelihood and its derivatives."""
        y, j = self.data.y, self.data.y.shape[1]
        marginals, height, joint = self._looked(row)
        slope = np.zeros(len(row))
        for d, weights in enumerate(marginals):
            mine = np.flatnonzero(self.data.quality == d)
            chance = 1 / (1 + np.exp(-(row[mine, None] * self.nodes + row[j + mine, None])))
            away = y[:, mine].T @ weights - chance * weights.sum(axis=0)
            slope[mine], slope[j + mine] = away @ self.nodes, away.sum(axis=1)
        free = row[2 * j :]
        inverse = np.linalg.inv(self._correlation(free))
        squares = self.grid.T @ (joint[:, None] * self.grid)
        by = 0.5 * (inverse @ squares @ inverse - len(y) * inverse)
        for k in range(len(free)):
            step = 1e-6 * np.eye(len(free))[k]
            bent = (self._correlation(free + step) - self._correlation(free - step)) / 2e-6
            slope[2 * j + k] = (by * bent).sum()
        return -height, -slope


def _line(design: str, n: int, per: int, d: int, replications: int) -> str:
    began = time.perf_counter()
    away: dict[str, list[list[np.ndarray]]] = {"slopes": [], "intercepts": [], "correlation": [], "places": []}
    apart = []
    for seed in range(replications):
        data = _drawn(n, per, d, np.random.default_rng(seed))
        ours, exact = _engine(data), Exact(data).found()
        for what, pairs in away.items():
            truth = getattr(data, what)
            pairs.append([np.ravel(getattr(one, what) - truth) for one in (ours, exact)])
        apart.append(np.abs(ours.slopes - exact.slopes))
    cells = []
    for pairs in away.values():
        both = np.sqrt(np.mean(np.array(pairs) ** 2, axis=(0, 2)))
        cells.append(f"{both[0]:.4f} ({both[0] / both[1]:.4f})" if both[1] > 0 else "")
    bias = np.mean([pair[0].mean() for pair in away["slopes"]])
    spent = time.perf_counter() - began
    return f"| {design} | {' | '.join(cells)} | {bias:+.4f} | {np.median(np.concatenate(apart)):.1e} | {spent:.0f} |"


if __name__ == "__main__":
    main()
