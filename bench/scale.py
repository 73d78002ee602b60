"""Measures how the measurement engine grows: with answers, with qualities, to a million learners, over processes.

.venv/bin/python bench/scale.py --cost            CPU a step over tenfold answers and over qualities, with exponents
... --large 1000000                               200 mixed items, 10 qualities, 30 % answered; time and memory
... --workers 200000 --partition 25000            the same in partitions, one process against two
"""

from __future__ import annotations

import argparse
import os
import resource
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

N_ITEMS, N_QUALITIES, ANSWERED = 200, 10, 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--large", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--partition", type=int, default=25_000)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}, load {os.getloadavg()[0]:.1f}", flush=True)
    rng = np.random.default_rng(seed)
    if chosen.cost:
        _cost(rng)
    if chosen.large:
        _large(rng, chosen.large)
    if chosen.workers:
        _workers(rng, chosen.workers, chosen.partition)


@dataclass(frozen=True)
class Bank:
    """Items: quality, number of categories, slope and steps of each; correlations of .4 between all qualities."""

    quality: np.ndarray
    sizes: np.ndarray
    slope: np.ndarray
    steps: np.ndarray

    def drawn(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return unit, item and category of the answers of n learners."""
        d = N_QUALITIES
        factor = np.linalg.cholesky(np.full((d, d), 0.4) + 0.6 * np.eye(d))
        place = rng.standard_normal((n, d)) @ factor.T
        unit, item = np.nonzero(rng.random((n, N_ITEMS)) < ANSWERED)
        z = self.slope[item] * place[unit, self.quality[item]]
        above = rng.random(len(unit))[:, None] < 1 / (1 + np.exp(-(z[:, None] + self.steps[item])))
        return unit.astype(np.int32), item.astype(np.int16), above.sum(axis=1).astype(np.int8)


def _bank(rng: np.random.Generator) -> Bank:
    quality = np.tile(np.arange(N_QUALITIES), N_ITEMS // N_QUALITIES)
    sizes = np.where(np.arange(N_ITEMS) < N_ITEMS // 2, 2, 5)
    steps = np.sort(rng.normal(0, 1.2, (N_ITEMS, 4)), axis=1)[:, ::-1]
    steps[sizes == 2, 1:] = -np.inf
    return Bank(quality=quality, sizes=sizes, slope=rng.lognormal(0.1, 0.3, N_ITEMS), steps=steps)


def _cost(rng: np.random.Generator) -> None:
    """Print seconds of processor a step over tenfold answers, and over qualities, with the exponent of the growth."""
    from yucai.measurement.engine.records import Family, Items, records_of
    from yucai.measurement.engine.search import fit

    def spent(n: int, j: int, d: int) -> float:
        place = rng.standard_normal((n, d))
        quality = np.repeat(np.arange(d), j // d)
        y = (rng.random((n, j)) < 1 / (1 + np.exp(-place[:, quality]))).astype(np.int64)
        items = Items(family=np.full(j, int(Family.GRADED)), quality=quality, n_categories=np.full(j, 2))
        unit, item = np.indices(y.shape).reshape(2, -1)
        records = records_of(items, unit=unit, item=item, category=y[unit, item], n_units=n)
        times = []
        for _ in range(5):
            began = time.process_time()
            found = fit(records)
            times.append((time.process_time() - began) / found.n_steps)
        return sorted(times)[2]

    spent(300, 20, 2)
    sizes = [(n, spent(n, 40, 2)) for n in (1_000, 10_000, 100_000)]
    for (n, a), (m, b) in pairwise(sizes):
        print(f"{n} -> {m} learners: {a * 1e3:.1f} -> {b * 1e3:.1f} ms of CPU a step, exponent {np.log10(b / a):.2f}")
    for title, sized in (("60 items in all", lambda d: 60), ("6 items each", lambda d: 6 * d)):
        many = [(d, spent(10_000, sized(d), d)) for d in (1, 2, 5, 10)]
        for (d, a), (e, b) in pairwise(many):
            grown = np.log(b / a) / np.log(e / d)
            print(f"{d} -> {e} qualities, {title}: {a * 1e3:.1f} -> {b * 1e3:.1f} ms a step, exponent {grown:.2f}")


def _large(rng: np.random.Generator, n: int) -> None:
    """Draw and fit in this process."""
    from yucai.measurement.engine.records import Items, records_of
    from yucai.measurement.engine.search import fit

    bank, pieces = _bank(rng), []
    for begin in range(0, n, 20_000):
        unit, item, category = bank.drawn(min(20_000, n - begin), rng)
        pieces.append((unit + np.int32(begin), item, category))
    unit, item, category = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    del pieces
    before = _peak()
    wall, cpu = time.perf_counter(), time.process_time()
    items = Items(family=np.zeros(N_ITEMS, dtype=np.int64), quality=bank.quality, n_categories=bank.sizes)
    records = records_of(items, unit=unit, item=item, category=category, n_units=n)
    made = time.perf_counter() - wall
    found = fit(records)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rmse = float(np.sqrt(np.mean((found.state.numbers.slopes[:, 0] - bank.slope) ** 2)))
    print(
        f"{n} learners, {len(unit)} answers: {wall:.1f} s wall (records {made:.1f}), {cpu:.1f} s CPU, "
        f"{found.n_steps} steps, {len(found.nodes)} nodes, converged {found.converged}, "
        f"peak {_peak():.0f} MB ({before:.0f} MB before), RMSE of slopes {rmse:.4f}"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- partitions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """Called with a partition and its number it draws and writes its responses."""

    bank: Bank
    seed: int
    size: int

    def __call__(self, numbered: tuple[int, Any]) -> None:
        import polars as pl

        number, partition = numbered
        unit, item, category = self.bank.drawn(self.size, np.random.default_rng([self.seed, number]))
        pl.DataFrame({"u": unit, "i": item, "score": category.astype(float), "max_score": 0.0}).select(
            learner=pl.format("p{}-{}", pl.lit(number), "u"), item=pl.format("q{}-{}", pl.col("i") % N_QUALITIES, "i"),
            score="score", max_score=pl.lit(self.bank.sizes[item] - 1.0), rater=pl.lit(None, dtype=pl.String),
            occasion=pl.lit(None, dtype=pl.String),
        ).write_parquet(partition.file)  # fmt: skip


class Timed:
    """A ``run`` that keeps what the questions cost, by their name."""

    def __init__(self, run: Callable[..., Iterable[Any]]) -> None:
        self.run, self.walls = run, {}

    def __call__(self, question: Callable[[Any], Any], of: Sequence[Any]) -> Iterable[Any]:
        began = time.perf_counter()
        said = list(self.run(question, of))
        name = getattr(question, "__name__", type(question).__name__)
        self.walls[name] = self.walls.get(name, 0.0) + time.perf_counter() - began
        return said


def _workers(rng: np.random.Generator, n: int, size: int) -> None:
    from yucai.measurement import Partition, calibrate_partitions

    bank, seed = _bank(rng), int(rng.integers(2**31))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        partitions = [Partition(file=folder / f"{k}.parquet", folder=folder / str(k)) for k in range(-(-n // size))]
        walls, slopes = {}, {}
        for n_workers in (1, 2):
            with ProcessPoolExecutor(n_workers, mp_context=get_context("spawn")) as pool:
                if n_workers == 1:
                    list(pool.map(Written(bank=bank, seed=seed, size=size), enumerate(partitions)))
                calibrate_partitions(partitions[:2], _map(), run=pool.map)  # warm
                run, began, cpu = Timed(pool.map), time.perf_counter(), time.process_time()
                found = calibrate_partitions(partitions, _map(), run=run)
                walls[n_workers] = time.perf_counter() - began
                own = time.process_time() - cpu
            slopes[n_workers] = np.array([item.slope for scale in found.scales for item in scale.items])
            asked = ", ".join(f"{name} {wall:.1f}" for name, wall in run.walls.items())
            print(
                f"{len(partitions)} partitions of {size}, {n_workers} workers: {walls[n_workers]:.1f} s wall "
                f"({asked}); here {own:.2f} s CPU, {found.n_steps} steps, load {os.getloadavg()[0]:.1f}", flush=True,
            )  # fmt: skip
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"two workers {walls[1] / walls[2]:.2f} x one; same bits {np.array_equal(slopes[1], slopes[2])}; "
            f"peak {children:.0f} MB a worker, {_peak():.0f} MB here"
        )


def _map() -> Any:
    from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
    from yucai.texts import Text

    rules = tuple(
        EvidenceRule(
            item=f"q{d}-*", quality=f"quality-{d}", model=ItemModel.GRADED, kind=EvidenceKind.TEST,
            strength=Strength.STRONG, reason=Text("a test", "测验"),
        )
        for d in range(N_QUALITIES)
    )  # fmt: skip
    return EvidenceMap(code="large", version="1", framework="nine", name=Text("large", "大"), rules=rules)


if __name__ == "__main__":
    main()
