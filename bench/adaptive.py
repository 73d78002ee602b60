"""Measures adaptive tests: time an item against other programs, errors, a live step, and what correlations save.

    .venv/bin/python bench/adaptive.py                   the tables; bank and learners are drawn anew in each run
    ... --peers PYTHON                                   an interpreter that has mirt 1.2.0 and catsim 0.21.0
    ... --figure docs/images/adaptive-testing.svg        draws the figure of the guide

The same bank of 500 two-parameter items and the same 1,000 learners for all, 20 items each, the most informative item
next, estimates by EAP. Where a program is not there, figures measured before stand for it and are named as such.
Medians of 5 warm runs; microseconds an item given.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from yucai.measurement.adaptive import (
    AdaptivePlan,
    AdaptiveSession,
    AdaptiveTest,
    BankItem,
    Choice,
    ItemBank,
    ItemFamily,
    control_exposure,
    prepare_test,
    simulate_test,
)

N_ITEMS, N_LEARNERS, LENGTH = 500, 1000, 20
STORED = "2026-11-23, the same design, quiet: mirt 1.2.0 batch 8.9 us CPU an item, catsim 0.21.0 700 us"

MIRT = """
import json, sys, time, warnings, numpy as np
warnings.simplefilter("ignore")
from mirt.cat import CATEngine
from mirt.models import TwoParameterLogistic
said = np.load(sys.argv[1])
model = TwoParameterLogistic(n_items=len(said["slope"]))
model.set_parameters(discrimination=said["slope"], difficulty=said["difficulty"])
model._is_fitted = True
told = {}
for name, more in (("rust", {}), ("lock-step", {"use_rust": False})):
    walls, cpus = [], []
    for _ in range(6):
        engine = CATEngine(model, se_threshold=1e-3, max_items=20, n_quadpts=61)  # MFI, EAP, SE are its defaults
        wall, cpu = time.perf_counter(), time.process_time()
        found = engine.run_batch_simulation(said["place"], **more)
        walls.append(time.perf_counter() - wall); cpus.append(time.process_time() - cpu)
    n = sum(one.n_items_administered for one in found)
    away = np.array([one.theta for one in found]) - said["place"]
    rmse = float(np.sqrt(np.mean(away**2)))
    told[name] = {"wall": sorted(walls[1:])[2] / n, "cpu": sorted(cpus[1:])[2] / n, "rmse": rmse}
print(json.dumps(told))
"""
CATSIM = """
import json, sys, time, warnings, numpy as np
warnings.simplefilter("ignore")
from catsim.estimation import NumericalSearchEstimator
from catsim.initialization import FixedPointInitializer
from catsim.item_bank import ItemBank
from catsim.selection import MaxInfoSelector
from catsim.simulation import Simulator
from catsim.stopping import TestLengthStopper
said = np.load(sys.argv[1])
floor = np.zeros(len(said["slope"]))
items = ItemBank(np.column_stack([said["slope"], said["difficulty"], floor, floor + 1]))
place = said["place"][:200]
simulator = Simulator(items, place, seed=1)
wall, cpu = time.perf_counter(), time.process_time()
simulator.simulate(
    FixedPointInitializer(0), MaxInfoSelector(), NumericalSearchEstimator(), TestLengthStopper(max_items=20)
)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
n = sum(len(one) for one in simulator.administered_items)
away = np.array([one[-1] for one in simulator.estimations]) - place
print(json.dumps({"wall": wall / n, "cpu": cpu / n, "rmse": float(np.sqrt(np.mean(away**2)))}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="interpreter that has mirt 1.2.0 and catsim 0.21.0")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}, load {os.getloadavg()[0]:.1f}")
    rng = np.random.default_rng(seed)
    if chosen.figure:
        chosen.figure.write_text(_figure(), encoding="utf-8")
        return
    _speed(rng, chosen.peers)
    _live(rng)
    _exposed(rng)
    _saved(rng)


def _bank(rng: np.random.Generator, n: int, *, d: int = 1, rho: float = 0.5, steps: int = 1) -> ItemBank:
    items = []
    for j in range(n):
        slope = float(rng.lognormal(0.2, 0.3))
        intercepts = np.sort(rng.normal(0, 1.2, steps))[::-1]
        items.append(
            BankItem(
                item=f"i{j:05d}", quality=f"q{j % d}", family=ItemFamily.GRADED, slopes=(slope,),
                intercepts=tuple(map(float, intercepts)), levels=tuple(range(steps + 1)), area=f"a{j % 3}",
            )
        )  # fmt: skip
    correlations = np.full((d, d), rho) + (1 - rho) * np.eye(d)
    return ItemBank.of_items(items, qualities=[f"q{k}" for k in range(d)], correlations=correlations)


def _speed(rng: np.random.Generator, peers: str | None) -> None:
    bank, places = _bank(rng, N_ITEMS), rng.normal(size=N_LEARNERS)
    print(
        f"\n{N_ITEMS} items, {N_LEARNERS} learners, {LENGTH} items each     us wall  us CPU   RMSE   bias   90 % hold"
    )
    ours = {}
    for choice in Choice:
        test = prepare_test(bank, AdaptivePlan(most_items=LENGTH, choice=choice))
        ours[choice] = _one(f"by {choice}", test, places)
    slope = np.array([one.slopes[0] for one in bank.items])
    difficulty = np.array([-one.intercepts[0] / one.slopes[0] for one in bank.items])
    if not peers:
        print(f"  other programs were not there; measured before: {STORED}")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bank.npz"
        np.savez(file, slope=slope, difficulty=difficulty, place=places)
        told = {f"mirt 1.2.0 batch, {name}": figures for name, figures in _run(peers, MIRT, file).items()}
        told["catsim 0.21.0 (200 learners)"] = _run(peers, CATSIM, file)
    for name, figures in told.items():
        print(f"  {name:40} {figures['wall'] * 1e6:10.2f} {figures['cpu'] * 1e6:7.2f}  {figures['rmse']:.3f}"
              f"    {figures['cpu'] / ours[Choice.INFORMATION]:.1f} times ours")  # fmt: skip


def _one(name: str, test: AdaptiveTest, places: np.ndarray) -> float:
    walls, cpus = [], []
    for k in range(6):
        wall, cpu = time.perf_counter(), time.process_time()
        found = simulate_test(test, rng=np.random.default_rng(k), places=places)
        walls.append((time.perf_counter() - wall) / found.length.sum())
        cpus.append((time.process_time() - cpu) / found.length.sum())
    wall, cpu = statistics.median(walls[1:]), statistics.median(cpus[1:])
    said = f"{found.rmse[0]:.3f}  {found.bias[0]:+.3f}  {found.coverage90[0]:.3f}"
    print(f"  {name:40} {wall * 1e6:10.2f} {cpu * 1e6:7.2f}  {said}")
    return cpu


def _run(interpreter: str, code: str, file: Path) -> dict:
    out = subprocess.run([interpreter, "-c", code, str(file)], capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


def _live(rng: np.random.Generator) -> None:
    """Print what a step of a kept session takes: read, placed, next item chosen, written."""
    print(
        "\nOne step of a live session, bank of 5,000 items, ms: CPU on average; wall: median, 95 %, longest   (bar 5; "
        "with a page and its records: bench/asking.py)"
    )
    for d, steps in ((1, 1), (1, 4), (10, 1), (10, 4)):
        test = prepare_test(_bank(rng, 5000, d=d, steps=steps), AdaptivePlan(most_items=40, std_error=0.05))
        times, cpu = [], 0.0
        for _ in range(10):
            kept = AdaptiveSession.begin(test).to_json()
            for _ in range(40):
                began, used = time.perf_counter(), time.process_time()
                session = AdaptiveSession.from_json(kept, test=test).next_item(rng=rng)
                kept = session.to_json()
                times.append(time.perf_counter() - began)
                cpu += time.process_time() - used
                answer = int(rng.integers(steps + 1))
                kept = session.answered(session.asked, answer).to_json()
        _steps(f"{d:2} qualities, {steps + 1} categories", times, cpu)


def _steps(name: str, times: list[float], cpu: float) -> None:
    ordered = np.sort(times[40:]) * 1e3
    said = f"{np.median(ordered):6.2f} {ordered[int(len(ordered) * 0.95)]:7.2f} {ordered[-1]:7.2f}"
    print(f"  {name:38} {cpu / len(times) * 1e3:6.2f}   {said}")


def _exposed(rng: np.random.Generator) -> None:
    """Print what control of exposure costs."""
    bank, places = _bank(rng, N_ITEMS), rng.normal(size=4000)
    free = prepare_test(bank, AdaptivePlan(most_items=LENGTH, choice=Choice.INFORMATION))
    among = prepare_test(bank, AdaptivePlan(most_items=LENGTH, choice=Choice.INFORMATION, among=10))
    held = control_exposure(free, most_share=0.2, rng=rng, n=2000)
    print("\nExposure, 4,000 learners            most exposed  overlap  never asked   RMSE")
    for name, test in (("no control", free), ("one of the 10 best", among), ("Sympson-Hetter, at most .20", held)):
        found = simulate_test(test, rng=rng, places=places)
        table = found.exposure()
        never = (table["n_asked"] == 0).sum()
        print(f"  {name:32} {table['share'][0]:10.3f} {found.overlap:10.3f} {never:10} {found.rmse[0]:10.3f}")


def _saved(rng: np.random.Generator) -> None:
    """Print how many items one test of ten correlated qualities needs for what ten separate tests reach."""
    print("\nTen qualities: items for the mean standard error that separate tests reach (500 right-or-wrong items)")
    print("  correlation   separate 20        30        40        60        80")
    for rho in (0.3, 0.5, 0.7):
        joint, apart = _both(rng, rho)
        said = []
        for n in (20, 30, 40, 60, 80):
            needed = int(np.flatnonzero(joint <= apart[n])[0])
            said.append(f"{needed:4} ({1 - needed / n:.0%})")
        print(f"  {rho:11.1f}   {'  '.join(said)}")


def _both(rng: np.random.Generator, rho: float) -> tuple[np.ndarray, np.ndarray]:
    bank = _bank(rng, N_ITEMS, d=10, rho=rho)
    alone = ItemBank.of_items(bank.items, qualities=bank.qualities)
    places = rng.multivariate_normal(np.zeros(10), np.array(bank.correlations), 400)
    seed = int(rng.integers(2**32))
    found = [
        simulate_test(prepare_test(one, AdaptivePlan(most_items=80)), rng=np.random.default_rng(seed), places=places)
        for one in (bank, alone)
    ]
    return found[0].path, found[1].path


def _figure() -> str:
    """Draw how sure one test of ten qualities and ten separate ones are after so many items."""
    joint, apart = _both(np.random.default_rng(11), 0.5)
    x = list(range(81))
    sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
    from figures import chart  # the one tool that draws

    return chart(
        "Ten qualities correlated by .5: one test, or ten separate ones",
        across=("items asked", 0, 80),
        up=("mean standard error (SD of learners)", 0.3, 1.0),
        lines=[("one test", x, joint.tolist()), ("ten separate tests", x, apart.tolist())],
        ticks=(8, 7),
    )


if __name__ == "__main__":
    main()
