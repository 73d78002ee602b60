"""Measures growth: whether intervals of change hold what they say, how well the law is found, and how long it takes.

    python -m bench.growth [--replications N]

Items and law are estimated from the same simulated answers: three occasions, two qualities, items with three
categories, a tenth of the units away. Seeds are drawn when it runs, and printed.
"""

from __future__ import annotations

import argparse
import secrets
import time
from dataclasses import replace

import numpy as np

from tests.unit.measurement.growth.growing import Growing, a_path
from yucai.measurement.engine.search import fit
from yucai.measurement.growth.laws import joint_covariance
from yucai.measurement.growth.search import fit_path, path_errors, spread_out

NORMAL_90 = 1.6448536269514722
MEANS = np.array([[[0.0, 0.0], [0.2, 0.1], [0.5, 0.0]], [[0.0, 0.0], [0.0, 0.2], [0.0, -0.3]]])


def begun(path):
    """Return a path that knows nothing of the truth."""
    d = len(path.kept)
    start = 0.5 * np.eye(d) + 0.5
    return replace(path, mean=np.zeros_like(path.mean), begin=start, moved=0.15 * start, kept=np.full(d, 0.9))


def replication(n, per_quality, seed):
    """Return the share of learners' and of groups' changes held, the claims, the right ones of them, and the fit."""
    path = a_path(d=2, t_n=3, kept=0.85, moved=0.25, means=MEANS)
    rng = np.random.default_rng(seed)
    grown = Growing(path, n=n, per_quality=per_quality, rng=rng, n_categories=3, there=0.9, group=np.arange(n) % 2)
    chain = grown.chain
    calibrated = fit(chain.records).state
    found = fit_path(chain, calibrated, begun(path))
    mean, across = spread_out(chain, calibrated, found, np.zeros(0))
    own = np.einsum("tdtd->td", joint_covariance(path).reshape(3, 2, 3, 2)).mean(axis=0)
    unit = np.sqrt(own + MEANS.reshape(-1, 2).var(axis=0))  # the unit of a calibration: the SD of all units
    change = mean[:, 2] - mean[:, 0]
    error = np.sqrt(across[:, :, 0, 0] + across[:, :, 2, 2] - 2 * across[:, :, 0, 2])
    true = (grown.places[:, 2] - grown.places[:, 0]) / unit
    held = np.abs(change - true) <= NORMAL_90 * error
    claimed = np.abs(change) > NORMAL_90 * error
    of_means = path_errors(chain, found, calibrated)[0].reshape(2, 3, 2, 2, 3, 2)
    variance = np.array([[of_means[g, 2, k, g, 2, k] + of_means[g, 0, k, g, 0, k] - 2 * of_means[g, 2, k, g, 0, k]
                          for k in range(2)] for g in range(2)])  # fmt: skip
    away = (found.path.mean[:, 2] - found.path.mean[:, 0]) - (MEANS[:, 2] - MEANS[:, 0]) / unit
    of_groups = np.abs(away) <= NORMAL_90 * np.sqrt(variance)
    return held.mean(), of_groups.mean(), claimed.sum(), (np.sign(change) == np.sign(true))[claimed].sum(), found


def timed(n, d, t_n, per_quality):
    """Print how long a search and the places take for many learners."""
    size = f"{n} learners, {d} qualities, {t_n} occasions, {d * per_quality} items"
    path = a_path(d=d, t_n=t_n, kept=0.85, moved=0.25)
    grown = Growing(path, n=n, per_quality=per_quality, rng=np.random.default_rng(1), n_categories=3, there=0.9)
    chain, state = grown.chain, grown.state
    wall, cpu = time.perf_counter(), time.process_time()
    found = fit_path(chain, state, begun(path))
    spread_out(chain, state, found, np.zeros(0))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{size}: {wall:.1f} s wall, {cpu:.1f} s CPU, {len(found.trace)} steps, settled {found.converged}")


def main():
    """Print coverage by case, then times."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--replications", type=int, default=100)
    n_times = asked.parse_args().replications
    seed = secrets.randbits(32)
    print(f"seed {seed}, {n_times} replications")
    for n, per_quality in ((300, 5), (300, 15), (1000, 5), (1000, 15)):
        told = [replication(n, per_quality, (seed, r, n, per_quality)) for r in range(n_times)]
        learners, groups = np.mean([t[0] for t in told]), np.mean([t[1] for t in told])
        claims, right = sum(t[2] for t in told), sum(t[3] for t in told)
        share = claims / (n_times * n * 2)
        kept = np.mean([t[4].path.kept for t in told])
        print(f"{n} learners, {per_quality} items a quality: held {learners:.3f} of learners' changes, "
              f"{groups:.3f} of groups'; {share:.3f} claimed, {right / max(claims, 1):.3f} of them "
              f"the right way; kept {kept:.3f} (0.85)")  # fmt: skip
    timed(2000, 3, 4, 10)
    timed(20000, 3, 4, 10)
    timed(20000, 9, 4, 5)


if __name__ == "__main__":
    main()
