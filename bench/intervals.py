"""Whether 90 % intervals hold the truth: items, raters, correlations, groups and learners, by simulation.

    python bench/intervals.py                    all designs, 20 replications each
    python bench/intervals.py --replications 200
    python bench/intervals.py --design ten       one design

One line a design: the share of intervals that hold what the simulation knows, and its Monte Carlo error, taken between
replications. Seeds are 0, 1, 2 ... so that a line can be had again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.unit.measurement.making import BINARY, CREDIT, GRADED, Simulated, a_map, rule
from yucai.evidence import Responses
from yucai.measurement import Calibration, calibrate, score

Flags = npt.NDArray[np.bool_]
Hits = Mapping[str, Flags]


def inside(truth: npt.NDArray[np.float64], ends: object) -> Flags:
    """Return which true values lie in their intervals."""
    low, high = np.asarray(ends, dtype=np.float64).reshape(-1, 2).T
    return np.asarray((low <= truth) & (truth <= high))


def several(seed: int, *, d: int, n: int, models: list[object], observed: float, n_raters: int) -> Hits:
    """Simulate d qualities that correlate by 0.5, measure them together, and compare with the truth."""
    rng = np.random.default_rng(seed)
    places = rng.multivariate_normal(np.zeros(d), np.full((d, d), 0.5) + 0.5 * np.eye(d), n)
    tests = [
        Simulated(models, n, rng=rng, places=places[:, k], n_raters=n_raters, spread=0.4) for k in range(d)
    ]  # fmt: skip
    tables = [one.responses.table.with_columns(item=pl.col("item") + f"/{k}") for k, one in enumerate(tests)]
    table = pl.concat(tables)
    table = table.filter(pl.Series(rng.random(table.height) < observed))
    kinds = {"b": BINARY, "g": GRADED, "c": CREDIT}
    rules = [rule(f"{first}*/{k}", model, quality=f"q{k}") for k in range(d) for first, model in kinds.items()]
    responses = Responses(table)
    calibration = calibrate(responses, a_map(*rules))
    found: dict[str, list[Flags]] = {"slopes": [], "severities": [], "correlations": [], "places": []}
    for k, one in enumerate(tests):
        scale = calibration.scale(f"q{k}")
        assert scale is not None
        slopes = dict(zip((f"{name}/{k}" for name in one.names), one.slopes, strict=True))
        found["slopes"].append(
            inside(np.array([slopes[i.item] for i in scale.items]), [i.slope90 for i in scale.items])
        )
        if scale.raters:
            apart = one.severities - one.severities.mean()
            found["severities"].append(inside(apart, [rater.severity90 for rater in scale.raters]))
    r, e = np.array(calibration.correlations), 1.6449 * np.array(calibration.correlation_std_errors)
    below = np.tril_indices(d, -1)
    found["correlations"].append(np.abs(r - 0.5)[below] <= e[below])
    profiles = score(responses, calibration)
    rows = [int(name[1:]) for name in profiles.units["learner"]]
    at = [profiles.qualities.index(f"q{k}") for k in range(d)]
    true = places[rows]
    found["places"].append(((profiles.lower90[:, at] <= true) & (true <= profiles.upper90[:, at])).ravel())
    return {name: np.concatenate(hits) for name, hits in found.items() if hits}


def grouped(seed: int) -> Hits:
    """Simulate two groups and a covariate, 300 learners and six items."""
    from tests.unit.measurement.test_populations import Learners

    learners = Learners(np.random.default_rng(seed), n=300, models=(BINARY,) * 4 + (CREDIT,) * 2)
    calibration: Calibration = learners.calibrated()
    population = calibration.population
    second = population.groups[1]
    said = {
        "regression": (population.regression[0][0], population.regression_std_errors[0][0], 0.5 / 3),
        "means": (second.mean[0], second.mean_std_errors[0], 0.6),
        "variances": (second.covariance[0][0], second.covariance_std_errors[0][0], 1.3**2),
    }
    return {name: np.array([abs(value - true) <= 1.6449 * error]) for name, (value, error, true) in said.items()}


DESIGNS: Mapping[str, tuple[str, Callable[[int], Hits]]] = {
    "rated": (
        "4 qualities, 300 learners, 3 rated criteria each, 2 of 10 raters",
        lambda seed: several(seed, d=4, n=300, models=[CREDIT] * 3, observed=1.0, n_raters=10),
    ),
    "ten": (
        "10 qualities, 1,000 learners, 6 binary and 4 graded items each, 30 % observed",
        lambda seed: several(seed, d=10, n=1000, models=[BINARY] * 6 + [GRADED] * 4, observed=0.3, n_raters=0),
    ),
    "groups": ("2 groups and a covariate, 300 learners, 6 items", grouped),
}


def main() -> None:
    """Print one line a design."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--replications", type=int, default=20)
    asked.add_argument("--design", choices=sorted(DESIGNS))
    given = asked.parse_args()
    for name in [given.design] if given.design else DESIGNS:
        title, simulate = DESIGNS[name]
        began = time.perf_counter()
        runs = [simulate(seed) for seed in range(given.replications)]
        print(f"{title} ({given.replications} replications, {time.perf_counter() - began:.0f} s)")
        for kind in runs[0]:
            shares = np.array([run[kind].mean() for run in runs])
            error = shares.std(ddof=1) / np.sqrt(len(shares))
            print(f"  {kind}: {shares.mean():.3f} ({error:.3f})")


if __name__ == "__main__":
    main()
