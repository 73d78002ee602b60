"""Measures the diagnosis of mastery beside PyPI mirt 1.2.0, if that is there (development only).

python -m bench.diagnosis [--learners N]
"""

from __future__ import annotations

import argparse
import importlib.util
import secrets
import statistics
import time

import numpy as np

from tests.unit.measurement.diagnosis.mastering import simulated
from yucai.measurement.diagnosis.classes import Answers, fit_classes, patterns_of


def timed(name, work):
    """Print the median of five runs, wall and CPU, and the log-likelihood that ``work`` returns."""
    walls, cpus, height = [], [], 0.0
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        height = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{name}: {statistics.median(walls):.2f} s wall, {statistics.median(cpus):.2f} s CPU, height {height:.3f}")


def main():
    """Print times for 30 items on five concepts."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--learners", type=int, default=5000)
    n, seed = asked.parse_args().learners, secrets.randbits(32)
    rng = np.random.default_rng(seed)
    matrix = np.concatenate([np.eye(5, dtype=int)] * 3 + [(rng.random((15, 5)) < 0.4).astype(int)])
    matrix[matrix.sum(axis=1) == 0, 0] = 1
    table, *_ = simulated(n=n, matrix=matrix, rng=rng)
    print(f"seed {seed}: {n} learners, 30 items, 5 concepts")
    answers = Answers(right=(table == 1) * 1.0, seen=(table >= 0) * 1.0)
    mastered = patterns_of(5)
    dina = [mastered[:, q > 0].all(axis=1).astype(np.int64) for q in matrix]
    full = [(mastered[:, q > 0] * 2 ** np.arange(q.sum())).sum(axis=1) for q in matrix]
    timed("DINA", lambda: fit_classes(answers, matrix > 0, dina).log_likelihood)
    timed("G-DINA", lambda: fit_classes(answers, matrix > 0, full).log_likelihood)
    if importlib.util.find_spec("mirt"):
        import mirt

        def peer():
            model, shares = mirt.fit_cdm(table, matrix, "DINA", max_iter=5000, tol=1e-7)
            return float(np.log(np.exp(model.pattern_log_likelihoods(table)) @ shares).sum())

        timed("mirt 1.2.0, DINA", peer)


if __name__ == "__main__":
    main()
