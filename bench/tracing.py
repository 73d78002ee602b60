"""Measures knowledge tracing: speed against other programs on the same practice, errors, and coverage of intervals.

    .venv/bin/python bench/tracing.py                           the table; the practice is drawn anew in each run
    ... --peers PYTHON --pybkt PYTHON                           interpreters that have mirt 1.2.0, pybkt 1.4.3
    ... --coverage 200                                          shares of 90 % intervals that hold the truth
    ... --figure docs/images/knowledge-tracing.svg              draws the figure of the guide

pybkt 1.4.3 needs scikit-learn < 1.6 and NumPy < 2.2. Where a program is not there, figures measured before stand for it
and are named as such. Wall and CPU seconds are medians of 5 warm runs (pybkt: one run on a fifth of the learners).
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
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from yucai.measurement.tracing import (
    Attempts,
    TracingModel,
    evaluate_tracing,
    fit_tracing,
    score_predictions,
    trace_mastery,
)

N_LEARNERS, N_SKILLS, N_TRIALS = 2400, 8, 15
STORED = "2026-11-23, the same design, quiet: mirt 1.2.0 0.47 s wall, 0.59 s CPU; pybkt 1.4.3 392 us of CPU a response"

MIRT = """
import json, sys, time, numpy as np
from mirt.estimation.bkt_em import fit_bkt_em
y = np.load(sys.argv[1])["right"]
n, s, t = y.shape
answers, skills = y.transpose(0, 2, 1).reshape(n, s * t), np.tile(np.arange(s), t)
fit_bkt_em(answers[:50], skills)
walls, cpus = [], []
for _ in range(5):
    wall, cpu = time.perf_counter(), time.process_time()
    found = fit_bkt_em(answers, skills)
    walls.append(time.perf_counter() - wall); cpus.append(time.process_time() - cpu)
m = found.model
print(json.dumps({"wall": sorted(walls)[2], "cpu": sorted(cpus)[2], "height": found.log_likelihood,
    "numbers": [m.p_init.tolist(), m.p_learn.tolist(), m.p_guess.tolist(), m.p_slip.tolist()]}))
"""
PYBKT = """
import json, sys, time, warnings, numpy as np, pandas as pd
warnings.simplefilter("ignore")
from pyBKT.models import Model
y = np.load(sys.argv[1])["right"][::5]
n, s, t = y.shape
i, k, o = (a.ravel() for a in np.indices(y.shape))
table = pd.DataFrame({"user_id": i, "skill_name": [f"s{x}" for x in k], "correct": y.ravel(), "order_id": o})
table = table.sort_values(["user_id", "order_id"])
model = Model(seed=1, num_fits=1, parallel=False)
wall, cpu = time.perf_counter(), time.process_time()
model.fit(data=table)
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "n": int(y.size)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="interpreter that has mirt 1.2.0")
    parser.add_argument("--pybkt", help="interpreter that has pybkt 1.4.3")
    parser.add_argument("--coverage", type=int, default=0)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}, load {os.getloadavg()[0]:.1f}")
    if chosen.figure:
        chosen.figure.write_text(_figure(), encoding="utf-8")
        return
    if chosen.coverage:
        _coverage(np.random.default_rng(seed), chosen.coverage)
        return
    _speed(np.random.default_rng(seed), chosen.peers, chosen.pybkt)


def _drawn(rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return answers (learners, skills, trials) and the truth behind them."""
    truth = {
        "start": rng.uniform(0.1, 0.5, N_SKILLS), "learn": rng.uniform(0.05, 0.3, N_SKILLS),
        "guess": rng.uniform(0.1, 0.3, N_SKILLS), "slip": rng.uniform(0.05, 0.2, N_SKILLS),
    }  # fmt: skip
    right = np.empty((N_LEARNERS, N_SKILLS, N_TRIALS), dtype=np.int64)
    mastered = rng.random((N_LEARNERS, N_SKILLS)) < truth["start"]
    for t in range(N_TRIALS):
        right[:, :, t] = rng.random(mastered.shape) < np.where(mastered, 1 - truth["slip"], truth["guess"])
        mastered |= rng.random(mastered.shape) < truth["learn"]
    return right, truth


def _attempts(right: np.ndarray) -> Attempts:
    i, s, t = (place.ravel() for place in np.indices(right.shape))
    table = pl.DataFrame({"i": i, "s": s, "order": (t * N_SKILLS + s).astype(float), "right": right.ravel() == 1})
    return Attempts.from_table(
        table.with_columns(
            learner=pl.format("L{}", pl.col("i").cast(pl.String).str.zfill(5)), skill=pl.format("s{}", "s")
        )
    )


def _timed(do: Callable[[], object]) -> tuple[float, float]:
    """Return the median wall and CPU seconds of five warm runs."""
    do()
    walls, cpus = [], []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        do()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def _speed(rng: np.random.Generator, peers: str | None, pybkt: str | None) -> None:
    from yucai.measurement.tracing.chains import chains_of
    from yucai.measurement.tracing.search import layout_of, search
    from yucai.measurement.tracing.state import Prior, first_numbers

    right, truth = _drawn(rng)
    attempts, n = _attempts(right), right.size
    skills = tuple(f"s{s}" for s in range(N_SKILLS))
    chains = chains_of(attempts.table, skills, by_item=False)
    layout = layout_of(chains, forgetting=False, by_learner=False)
    start = first_numbers(chains, forgetting=False, by_learner=False)
    free = Prior(weight=0.0, guess=start.guess, slip=start.slip)
    search_only = _timed(lambda: search(chains, layout, start, free))
    whole = _timed(lambda: fit_tracing(attempts))
    tracing = fit_tracing(attempts)
    followed = _timed(lambda: trace_mastery(attempts, tracing))
    print(f"\n{n:,} responses, {N_SKILLS} skills, {N_LEARNERS:,} learners   wall s   CPU s   log-likelihood")
    _row("search on packed answers, as mirt is given them", search_only, tracing.log_likelihood)
    _row("fit_tracing: table, search, standard errors", whole, tracing.log_likelihood)
    _row("trace: filter, next answers, their errors", followed, None)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "practice.npz"
        np.savez(file, right=right)
        told = _peer(peers, MIRT, file)
        slow = _peer(pybkt, PYBKT, file)
    if told:
        _row("mirt 1.2.0 fit_bkt_em", (told["wall"], told["cpu"]), told["height"])
        print(f"  mirt / search {told['wall'] / search_only[0]:.1f} wall, {told['cpu'] / search_only[1]:.1f} CPU; "
              f"mirt / fit_tracing with errors {told['wall'] / whole[0]:.1f} wall (bar 5)")  # fmt: skip
    if slow:
        each = slow["cpu"] / slow["n"] * 1e6
        ours = whole[1] / n * 1e6
        print(
            f"  pybkt 1.4.3 {each:.0f} us of CPU a response, fit_tracing {ours:.2f}: {each / ours:.0f} times (bar 500)"
        )
    if not told or not slow:
        print(f"  not all programs were there; measured before: {STORED}")
    numbers = {name: np.array([getattr(one, name).value for one in tracing.skills]) for name in truth}
    away = np.concatenate([numbers[name] - truth[name] for name in truth])
    print(f"\nRMSE of the numbers {np.sqrt(np.mean(away**2)):.4f}")
    if told:
        other = dict(zip(("start", "learn", "guess", "slip"), map(np.array, told["numbers"]), strict=True))
        away = np.concatenate([other[name] - truth[name] for name in truth])
        print(f"  of mirt           {np.sqrt(np.mean(away**2)):.4f}")
    _foretelling(attempts, right, truth, rng)


def _foretelling(attempts: Attempts, right: np.ndarray, truth: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    """Print how well unseen learners are foretold, beside what the truth itself would tell."""
    told = evaluate_tracing(attempts, rng=rng, n_folds=2)
    m, chances = np.broadcast_to(truth["start"], right.shape[:2]).copy(), np.empty(right.shape)
    for t in range(N_TRIALS):
        chances[:, :, t] = m * (1 - truth["slip"]) + (1 - m) * truth["guess"]
        seen = np.where(right[:, :, t] == 1, chances[:, :, t], 1 - chances[:, :, t])
        m = m * np.where(right[:, :, t] == 1, 1 - truth["slip"], truth["slip"]) / seen
        m = m + (1 - m) * truth["learn"]
    oracle = score_predictions(right.ravel(), chances.ravel())
    print("\nUnseen learners          AUC     log-loss  RMSE    calibration error")
    listed = [("tracing", told.whole), ("  first five answers", told.cold_start), ("the truth itself", oracle)]
    for name, scores in (*listed, ("share right of the skill", told.base)):
        print(
            f"  {name:22} {scores.auc:.4f}  {scores.log_loss:.4f}    {scores.rmse:.4f}  {scores.calibration_error:.4f}"
        )


def _row(name: str, figures: tuple[float, float], height: float | None) -> None:
    said = "" if height is None else f"   {height:.4f}"
    print(f"  {name:50} {figures[0]:8.3f} {figures[1]:7.3f}{said}")


def _peer(interpreter: str | None, code: str, file: Path) -> dict | None:
    if not interpreter:
        return None
    out = subprocess.run([interpreter, "-c", code, str(file)], capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


CASES = {
    "500 learners, 10 answers": (TracingModel(), {}, {}),
    "the same with forgetting": (TracingModel(forgetting=True), {"forget": 0.08}, {}),
    "the same, 5 items of their own": (TracingModel(by_item=True), {}, {"n_items": 5}),
    "4 skills, learners begin apart": (TracingModel(by_learner=True), {}, {"n_skills": 4, "spread": 1.0}),
    "100 learners, 10 answers": (TracingModel(), {}, {"n_learners": 100}),
}


def _coverage(rng: np.random.Generator, n: int) -> None:
    """Print shares of 90 % intervals that hold the truth over n classes, and the mean error."""
    truth = {"start": 0.3, "learn": 0.15, "forget": 0.0, "guess": 0.2, "slip": 0.1}
    for name, (model, more, shape) in CASES.items():
        true, held, away = {**truth, **more}, {}, {}
        for _ in range(n):
            found = fit_tracing(_class(rng, **{**true, **shape}), model=model)
            if found.spread is not None and found.spread.std_error is not None:
                held.setdefault("spread", []).append(found.spread.lower90 <= shape["spread"] <= found.spread.upper90)
                away.setdefault("spread", []).append(found.spread.value - shape["spread"])
            for one in found.skills:
                for number in true:
                    estimate = getattr(one, number)
                    if estimate is None or estimate.std_error is None:
                        continue
                    held.setdefault(number, []).append(estimate.lower90 <= true[number] <= estimate.upper90)
                    away.setdefault(number, []).append(estimate.value - true[number])
        said = "  ".join(f"{k} {np.mean(v):.3f} (bias {np.mean(away[k]):+.4f})" for k, v in held.items())
        print(f"{name:32} {n} classes: {said}", flush=True)


def _class(
    rng: np.random.Generator, *, start: float, learn: float, forget: float, guess: float, slip: float,
    n_learners: int = 500, n_skills: int = 1, n_items: int = 1, spread: float = 0.0,
) -> Attempts:  # fmt: skip
    lead = spread * rng.normal(size=(n_learners, 1))
    mastered = rng.random((n_learners, n_skills)) < 1 / (1 + np.exp(-np.log(start / (1 - start)) - lead))
    i, s = (place.ravel() for place in np.indices(mastered.shape))
    parts = []
    for t in range(10):
        right = rng.random(mastered.shape) < np.where(mastered, 1 - slip, guess)
        item = rng.integers(n_items, size=i.size)
        parts.append(
            pl.DataFrame({
                "learner": [f"L{k:04d}" for k in i], "skill": [f"s{k}" for k in s], "order": float(t) * n_skills + s,
                "right": right.ravel(), "item": [f"i{k}" for k in item],
            })
        )  # fmt: skip
        lost, found = rng.random(mastered.shape) < forget, rng.random(mastered.shape) < learn
        mastered = np.where(mastered, ~lost, found)
    return Attempts.from_table(pl.concat(parts))


def _figure() -> str:
    """Draw what is known of one learner's mastery after each of twelve answers."""
    tracing = fit_tracing(
        _class(np.random.default_rng(7), start=0.3, learn=0.12, forget=0.0, guess=0.2, slip=0.1, n_learners=150)
    )
    answers = "001011011111"
    steps = []
    for n in range(1, len(answers) + 1):
        rows = [("Lin", "s0", float(t), a == "1") for t, a in enumerate(answers[:n])]
        own = Attempts.from_table(pl.DataFrame(rows, schema=["learner", "skill", "order", "right"], orient="row"))
        steps.append(trace_mastery(own, tracing).now.row(0, named=True))
    x = list(range(1, len(answers) + 1))
    sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
    from figures import chart  # the one tool that draws

    return chart(
        "One learner, twelve answers: filled dots right, empty ones wrong",
        across=("answers so far", 1, 12),
        up=("chance", 0, 1),
        lines=[
            ("mastered", x, [s["mastery"] for s in steps]),
            ("next answer right", x, [s["next_right"] for s in steps]),
        ],
        bands=[(x, [s["mastery_lower90"] for s in steps], [s["mastery_upper90"] for s in steps])],
        dots=[(n, 0.03, a == "1") for n, a in zip(x, answers, strict=True)],
        ticks=(11, 5),
    )


if __name__ == "__main__":
    main()
