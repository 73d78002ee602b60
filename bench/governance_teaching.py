"""Measures the model of course ratings beside R's lme4 in the same run, and whether its intervals hold what they say.

    python -m bench.governance_teaching [--rounds N] [--worlds N]

73,421 ratings of 1,128 lecturers by 2,972 students (ETH Zurich), one thread, each fit in a fresh process, turn by turn.
Both give variance components, effects and conditional standard errors of students and lecturers. Without R, lme4's time
is taken from a loop of sparse and dense algebra that was timed beside it before, and this is said.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy

from tests.unit.governance.teaching.reference import eth_ratings
from tests.unit.governance.teaching.simulated import ratings
from tests.unit.governance.teaching.test_value_added import made
from yucai.errors import FaultyInputError
from yucai.governance import fit_ratings, groups_added, value_added

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
NORMAL_90 = 1.6448536269514722
LME4_IN_LOOPS = 23.0  # CPU seconds of lme4 for one of the loop below, when both ran here

OURS = """
import json, sys, time
import polars as pl
from yucai.governance import fit_ratings
table = pl.read_csv(sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
fit = fit_ratings(table, joint="lecturer")
told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
found = fit.of("lecturer")
told["sd"] = {one.factor: one.sd for one in fit.components}
told["effects"] = {n: [float(e), float(s)] for n, e, s in zip(found.names, found.effects, found.std_errors)}
print(json.dumps(told))
"""
THEIRS = """
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1]); d$rater <- factor(d$rater); d$lecturer <- factor(d$lecturer)
t <- system.time({
  m <- lmer(score ~ 1 + (1|rater) + (1|lecturer), d)
  e <- ranef(m, condVar = TRUE)
})
v <- as.data.frame(VarCorr(m)); l <- e$lecturer
pairs <- sprintf('"%s": [%.12f, %.12f]', rownames(l), l[, 1], sqrt(attr(l, "postVar")[1, 1, ]))
cat(sprintf('{"wall": %f, "cpu": %f, "sd": {%s}, "effects": {%s}}\n',
            t[["elapsed"]], t[["user.self"]] + t[["sys.self"]],
            paste(sprintf('"%s": %.12f', tolower(v$grp), v$sdcor), collapse = ", "), paste(pairs, collapse = ", ")))
"""


def run(command):
    """Return what a fresh process says, its whole wall time and its peak memory in MB."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **ONE_THREAD}) as child:
        said = child.stdout.read()
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}")
    return {**json.loads(said), "whole": time.perf_counter() - begun, "memory": used.ru_maxrss / 1024}


def loop():
    """Return CPU seconds of a fixed piece of sparse and dense algebra."""
    rng = np.random.default_rng(0)
    sparse = scipy.sparse.random(3000, 1100, density=0.02, random_state=rng, format="csr")
    begun = time.process_time()
    for _ in range(4):
        block = (sparse.T @ sparse).toarray() + 10 * np.eye(1100)
        scipy.linalg.cho_solve(scipy.linalg.cho_factor(block), np.eye(1100))
    return time.process_time() - begun


def beside_lme4(rounds):
    """Print times of both, turn by turn, and how far their answers differ."""
    print(f"load average {os.getloadavg()[0]:.1f}; {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        data, theirs = Path(folder) / "ratings.csv", Path(folder) / "theirs.R"
        eth_ratings().select("rater", "lecturer", "score").write_csv(data)
        theirs.write_text(THEIRS)
        commands = {"ours": [sys.executable, "-c", OURS, str(data)]}
        if shutil.which("Rscript"):
            commands["lme4"] = ["Rscript", str(theirs), str(data)]
        told = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                told[name].append(run(command))
    for name, runs in told.items():
        said = [
            f"{key} {statistics.median(one[key] for one in runs):.2f}" for key in ("wall", "cpu", "whole", "memory")
        ]
        print(f"{name}: median " + ", ".join(said))
    cpu = {name: statistics.median(one["cpu"] for one in runs) for name, runs in told.items()}
    once = statistics.median(loop() for _ in range(3))
    if "lme4" not in cpu:
        print(f"R is not installed: lme4 is taken for {LME4_IN_LOOPS} loops of {once:.2f} s of CPU each, not measured")
        cpu["lme4"] = LME4_IN_LOOPS * once
    else:
        print(f"lme4 took {cpu['lme4'] / once:.1f} loops")
        wall = [one["wall"] / other["wall"] for one, other in zip(told["ours"], told["lme4"], strict=True)]
        print(f"wall, ours over lme4: median {statistics.median(wall):.3f}, largest {max(wall):.3f} (bar 0.5)")
        compare(told["ours"][0], told["lme4"][0])
    print(f"CPU, ours over lme4: {cpu['ours'] / cpu['lme4']:.3f} (bar 0.5)")


def compare(ours, theirs):
    """Print how far the answers of both differ."""
    sds = max(abs(ours["sd"][name] - theirs["sd"][name]) for name in theirs["sd"])
    pairs = np.array([[*ours["effects"][name], *pair] for name, pair in theirs["effects"].items()])
    print(f"largest differences: SDs {sds:.1e}, effects {np.abs(pairs[:, 0] - pairs[:, 2]).max():.1e}, "
          f"standard errors {np.abs(pairs[:, 1] - pairs[:, 3]).max():.1e}")  # fmt: skip


def coverage(worlds):
    """Print how often 90 % intervals of lecturers hold the truth, for few and for many lecturers."""
    seed = secrets.randbits(32)
    print(f"seed {seed}, {worlds} worlds each")
    for n_lecturers, each, n_raters in ((12, 5, 40), (30, 8, 120), (100, 10, 400)):
        held = []
        for world_number in range(worlds):
            rng = np.random.default_rng((seed, n_lecturers, world_number))
            world = ratings(rng, n_raters=n_raters, n_lecturers=n_lecturers, each=each)
            found = fit_ratings(world.table).of("lecturer")
            truth = world.lecturers[[int(name[1:]) for name in found.names]]
            truth = truth - truth.mean() + found.effects.mean()
            held.append(np.mean(np.abs(found.effects - truth) <= NORMAL_90 * found.std_errors))
        error = np.std(held) / np.sqrt(len(held))
        print(f"{n_lecturers} lecturers, {n_raters * each / n_lecturers:.0f} ratings each: 90 % intervals of "
              f"differences from the average hold {np.mean(held):.3f} (error {error:.3f})")  # fmt: skip


def added_coverage(worlds):
    """Print how often intervals of value added hold the truth: at the true reliability, and over a range with it in."""
    seed = secrets.randbits(32)
    print(f"value added, seed {seed}, {worlds} worlds each, true reliability 0.75, range 0.6 to 0.9")
    for n_schools, each in ((8, 30), (30, 30), (100, 40)):
        held, plain, wrong = [], [], []
        for world_number in range(worlds):
            rng = np.random.default_rng((seed, n_schools, world_number))
            table, added = made(rng, n_schools=n_schools, each=each, reliability=0.75)
            asked = [{"prior": one} for one in (0.9, 0.825, 0.75, 0.675, 0.6)]
            try:
                found = value_added(table, score="score", prior=["prior"], school="school", reliabilities=asked)
            except FaultyInputError:
                continue
            truth = added[[int(name) for name in found.schools.names]]
            truth = truth - truth.mean()
            groups = groups_added(found)
            held.append(np.mean([one.low <= t <= one.high for one, t in zip(groups, truth, strict=True)]))
            errors = NORMAL_90 * found.schools.std_errors
            plain.append(np.mean(np.abs(found.schools.effects - truth) <= errors))
            named = [one.place.value for one in groups]
            wrong.append(np.mean([(p == "above" and t < 0) or (p == "below" and t > 0)
                                  for p, t in zip(named, truth, strict=True)]))  # fmt: skip
        error = np.std(held) / np.sqrt(len(held))
        print(f"{n_schools} groups of {each}: intervals over the range hold {np.mean(held):.3f} (error {error:.3f}), "
              f"as if without error {np.mean(plain):.3f}; called above or below and on the other side "
              f"{np.mean(wrong):.4f}; {worlds - len(held)} refused")  # fmt: skip


def main():
    """Print everything."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--worlds", type=int, default=2000)
    told = asked.parse_args()
    beside_lme4(told.rounds)
    coverage(told.worlds)
    added_coverage(told.worlds)


if __name__ == "__main__":
    main()
