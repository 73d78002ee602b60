"""Measures items of several qualities: whether intervals hold what they say, bias of loadings, and how long it takes.

    python -m bench.within [--replications N]

Three qualities, five binary items each and four items of several qualities. Seeds are drawn when it runs, and printed.
"""

from __future__ import annotations

import argparse
import secrets
import time

import numpy as np

from tests.unit.measurement.engine.test_engine_directions import Within
from yucai.measurement.engine.directed_errors import errors_of
from yucai.measurement.engine.directed_search import fit_directed
from yucai.measurement.engine.directions import see, shares_of

NORMAL_90 = 1.6448536269514722
PATTERNS = [(0, 1), (1, 2), (0, 2), (0, 1, 2)]


def replication(n, k_n, seed):
    """Return deviations of loadings from the truth, in themselves and in errors, and which places are held."""
    test = Within(n=n, d=3, per_quality=5, patterns=PATTERNS, k_n=k_n, rng=np.random.default_rng(seed), observed=0.8)
    records, directed = test.parts
    apart = np.zeros(3, dtype=bool)
    found = fit_directed(records, directed, apart=apart)
    errors = errors_of(records, directed, found, apart=apart)
    there = np.arange(3) < directed.n_slopes[:, None]
    away = (found.state.slopes - test.true_state().slopes)[there]
    (share,) = shares_of(records, directed, len(found.nodes))
    placed = see(share, found.state, found.nodes, n_sweeps=10)
    sd = np.sqrt(np.einsum("ndd->nd", placed.covariance))
    held = np.abs(placed.mean - test.places) <= NORMAL_90 * sd
    return away, away / errors.slopes[there], held.mean()


def main():
    """Print coverage, bias and times."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--replications", type=int, default=50)
    n_times, seed = asked.parse_args().replications, secrets.randbits(32)
    print(f"seed {seed}, {n_times} replications")
    for n, k_n in ((1000, 2), (1000, 4)):
        told = [replication(n, k_n, (seed, r, n, k_n)) for r in range(n_times)]
        away, turned = (np.concatenate([t[i] for t in told]) for i in range(2))
        print(f"{n} learners, {k_n} categories: loadings off by {away.mean():+.3f} (root mean square "
              f"{np.sqrt(np.mean(away**2)):.3f}), their intervals hold {np.mean(np.abs(turned) <= NORMAL_90):.3f}; "
              f"places held {np.mean([t[2] for t in told]):.3f}")  # fmt: skip
    for n in (2000, 20000):
        test = Within(n=n, d=3, per_quality=5, patterns=PATTERNS, k_n=3, rng=np.random.default_rng(1))
        parts = test.parts
        wall, cpu = time.perf_counter(), time.process_time()
        found = fit_directed(*parts)
        print(f"{n} learners: {time.perf_counter() - wall:.1f} s wall, {time.process_time() - cpu:.1f} s CPU, "
              f"{found.n_steps} steps, settled {found.converged}")  # fmt: skip


if __name__ == "__main__":
    main()
