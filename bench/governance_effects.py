"""Measures policy effects: how often placebo policies are "found", and what each estimator costs beside its peer.

    .venv/bin/python -m bench.governance_effects             all tables, about half an hour
    ... --draws N                                            placebo policies for each cell (default 400)
    ... --treated N ...                                      how many of 31 are treated (default 1 2 4 8)
    ... --only size | coverage | cost

*Size*: policies that never were, on real outcomes of the 31 provinces. Who was "treated" and from which year is drawn;
an honest test at 5 % finds one in twenty. Randomisation inference is ours; the cluster-robust test is diff-diff's,
asked directly, because the product refuses it below eight treated units. Seeds are drawn when it runs, and printed.

*Coverage*: an effect is planted on such policies; how often the interval of 95 % holds it. Half as many draws.

*Cost*: each line runs in a fresh process; the first call is not counted, as it loads and compiles. Figures of R's
``did`` and ``synthdid`` are those stored in ``shared/data``.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from tests.unit.governance.effects_cases import mpdta, panel_of, proposition_99, provinces, with_outcome
from yucai.governance import ControlGroup, Estimator, EvaluationPlan, estimate_effects, evaluate
from yucai.governance.effects.assigning import assignments_of, rank_p
from yucai.governance.effects.comparing import (
    effect_contrasts,
    labels_of,
    table_of,
    total,
    treatment_of,
    windows_of,
)
from yucai.governance.effects.imputing import imputed_effects
from yucai.governance.effects.placebos import synthetic_placebos
from yucai.governance.effects.staggered import clustered_comparison, clustered_imputation
from yucai.governance.effects.synthetic import SYNTHETIC_DRAWS, synthetic_fits

OUTCOMES = ("rd_fte_total", "rd_spend_total", "patent_granted_total", "budget_education", "budget_science_technology")
TREATED = (1, 2, 4, 8)
SYNTHETIC = (Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL)
PLANTED = 0.1
PLAN = EvaluationPlan()


def frame_of(panel):
    """Return unit-years for diff-diff."""
    import pandas as pd

    units, years = panel.outcome.shape
    firsts = [0 if first is None else first for first in panel.first_treated]
    return pd.DataFrame(
        {"i": np.repeat(np.arange(units), years), "t": np.tile(panel.periods, units), "y": panel.outcome.ravel(),
         "g": np.repeat(firsts, years), "d": np.concatenate([[float(f is not None and t >= f) for t in panel.periods]
                                                             for f in panel.first_treated])}
    )  # fmt: skip


def peer_comparison(panel):
    import diff_diff

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return diff_diff.CallawaySantAnna().fit(frame_of(panel), outcome="y", unit="i", time="t", first_treat="g")


def own_comparison(panel):
    labels = labels_of(panel)
    rows = assignments_of(labels, draws=PLAN.draws, seed=PLAN.seed).rows
    return total(table_of(effect_contrasts(panel, PLAN, ControlGroup.NEVER), panel.outcome, labels), rows)


def counted(estimate):
    """Return the p-value that the verdict takes: the larger one where there are two."""
    return max(estimate.p_value, estimate.randomisation_p)


def never_was(panels, chance, n, n_treated):
    """Return a panel of real outcomes with a drawn policy that never was."""
    real = panels[n % len(panels)]
    treated = chance.choice(31, n_treated, replace=False).tolist()
    return panel_of(real.outcome, list(real.periods), dict.fromkeys(treated, int(chance.integers(2014, 2020))))


def synthetic_p(panel, method):
    """Return the p-value of the product; from three treated units on it is one rank, and its interval is not needed."""
    if len(panel.treated) <= 2:
        return counted(estimate_effects(panel, EvaluationPlan(estimators=(method,)))[0])
    windows, labels = windows_of(panel, PLAN), labels_of(panel)
    rows = assignments_of(labels, draws=SYNTHETIC_DRAWS, seed=PLAN.seed, most=SYNTHETIC_DRAWS).rows
    return rank_p(synthetic_fits(panel.outcome, windows, rows, method)[0], panel.outcome)


def sizes(draws, treated):
    seed = secrets.randbits(32)
    chance = np.random.default_rng(seed)
    print(f"seed {seed}, {draws} placebo policies a cell\n")
    print("| Treated of 31 | Comparison | Imputation | SDID | Synthetic control | Cluster-robust |")
    print("|---|---|---|---|---|---|")
    panels = [provinces(variable) for variable in OUTCOMES]
    for n_treated in treated:
        found = {"comparison": [], "imputation": [], **{one: [] for one in SYNTHETIC}, "cluster": []}
        for n in range(draws):
            placebo = never_was(panels, chance, n, n_treated)
            found["comparison"].append(rank_p(own_comparison(placebo)))
            found["cluster"].append(float(peer_comparison(placebo).overall_p_value))
            rows = assignments_of(labels_of(placebo), draws=199, seed=n, most=500).rows
            found["imputation"].append(rank_p(imputed_effects(placebo, PLAN, placebo.outcome[None], rows)[0]))
            for method in SYNTHETIC:
                found[method].append(synthetic_p(placebo, method))
        shares = [f"{np.mean(np.array(p) <= 0.05):.3f}" for p in found.values()]
        print(f"| {n_treated} | " + " | ".join(shares) + " |", flush=True)
    print(f"\nstandard error of a share at 5 %: {(0.05 * 0.95 / draws) ** 0.5:.3f}\n")


def coverage(draws, treated):
    """An effect of 0.1 is planted on each placebo policy; how often its interval holds it, and how wide that is."""
    seed = secrets.randbits(32)
    chance = np.random.default_rng(seed)
    print(f"seed {seed}, {draws} planted effects a cell: share of intervals that hold it (median width)\n")
    print("| Treated of 31 | Comparison | Imputation | SDID | Synthetic control |\n|---|---|---|---|---|")
    panels = [provinces(variable) for variable in OUTCOMES]
    plan = EvaluationPlan(control_groups=(ControlGroup.NEVER,))
    for n_treated in treated:
        held, widths, none = ({one: [] for one in Estimator} for _ in range(3))
        for n in range(draws):
            placebo = never_was(panels, chance, n, n_treated)
            planted = with_outcome(placebo, placebo.outcome + PLANTED * treatment_of(placebo))
            for one in estimate_effects(planted, plan):
                ends = one.interval
                none[one.method].append(ends is None)  # it has no end: all effects are held
                held[one.method].append(ends is None or ends[0] <= PLANTED <= ends[1])
                widths[one.method].append(np.inf if ends is None else ends[1] - ends[0])
        cells = [
            f"{np.mean(held[m]):.3f} ({np.median(widths[m]):.2f}, {np.mean(none[m]):.0%} without end)"
            for m in Estimator
        ]
        print(f"| {n_treated} | " + " | ".join(cells) + " |", flush=True)
    print(f"\nstandard error of a share at 95 %: {(0.05 * 0.95 / draws) ** 0.5:.3f}\n")


def peer_imputation(panel):
    import diff_diff

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return diff_diff.ImputationDiD().fit(frame_of(panel), outcome="y", unit="i", time="t", first_treat="g")


def peer_synthetic(panel, n_placebos):
    import diff_diff

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return diff_diff.SyntheticDiD(variance_method="placebo", n_bootstrap=n_placebos, seed=1).fit(
            frame_of(panel).assign(d=lambda f: f.groupby("i")["d"].transform("max")), outcome="y", treatment="d",
            unit="i", time="t", post_periods=[t for t in panel.periods if t >= panel.cohorts[0]],
        )  # fmt: skip


def peer_control(panel):
    import diff_diff

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return diff_diff.SyntheticControl(seed=1).fit(
            frame_of(panel).astype({"d": int}), outcome="y", treatment="d", unit="i", time="t"
        )


def own_synthetic(panel, method):
    windows, labels = windows_of(panel, PLAN), labels_of(panel)
    synthetic_placebos.cache_clear()
    effect = synthetic_fits(panel.outcome, windows, labels[None, :], method)[0][0]
    return effect, synthetic_placebos(panel, PLAN, method, windows).estimates.std(ddof=1)


def own_evaluation(panel):
    synthetic_placebos.cache_clear()
    return evaluate(panel, PLAN).verdict.grade


LINES = {
    "comparison, 1,000 assignments (own)": lambda: own_comparison(mpdta())[0],
    "comparison, clustered (our door)": lambda: clustered_comparison(mpdta(), PLAN, ControlGroup.NEVER).estimate,
    "comparison, clustered (diff-diff)": lambda: peer_comparison(mpdta()).overall_att,
    "imputation, 1,000 assignments (own)": lambda: imputed_effects(
        mpdta(), PLAN, mpdta().outcome[None],
        assignments_of(labels_of(mpdta()), draws=999, seed=1).rows)[0, 0],
    "imputation, clustered (our door)": lambda: clustered_imputation(mpdta(), PLAN).estimate,
    "imputation, clustered (diff-diff)": lambda: peer_imputation(mpdta()).overall_att,
    "SDID, all 38 placebos (own)": lambda: own_synthetic(proposition_99(), Estimator.SYNTHETIC_DID)[0],
    "SDID, 38 placebos drawn (diff-diff)": lambda: peer_synthetic(proposition_99(), 38).att,
    "synthetic control, all 38 placebos (own)": lambda: own_synthetic(proposition_99(), Estimator.SYNTHETIC_CONTROL)[0],
    "synthetic control, no placebos (diff-diff)": lambda: peer_control(proposition_99()).att,
    "whole evaluation, Proposition 99": lambda: own_evaluation(proposition_99()),
    "whole evaluation, minimum wage": lambda: own_evaluation(mpdta()),
    "whole evaluation, 4 of 31 provinces": lambda: own_evaluation(
        provinces(treated=("110000", "310000", "340000", "440000"))),
}  # fmt: skip


def one_line(name):
    """Run one line five times after a first call and print its median times and the memory of this process."""
    run = LINES[name]
    value = run()
    walls, cpus = [], []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    # Not ru_maxrss: a child starts with the peak of the process that started it.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    said = {"value": str(value), "wall": float(np.median(walls)), "cpu": float(np.median(cpus)), "peak": peak}
    print(json.dumps(said))


def costs():
    print("\n| Work | Result | Wall s | CPU s | Peak MB |\n|---|---|---|---|---|")
    for name in LINES:
        command = [sys.executable, "-m", "bench.governance_effects", "--line", name]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            print(f"| {name} | did not run: {answer.stderr.strip().splitlines()[-1]} | | | |", flush=True)
            continue
        said = json.loads(answer.stdout.strip().splitlines()[-1])
        value = f"{float(said['value']):.6g}" if said["value"].lstrip("-")[:1].isdigit() else said["value"]
        print(f"| {name} | {value} | {said['wall']:.3f} | {said['cpu']:.3f} | {said['peak']:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--only", choices=("size", "coverage", "cost"))
    parser.add_argument("--treated", type=int, nargs="+", default=TREATED)
    parser.add_argument("--line", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.line:
        one_line(asked.line)
        return
    began = time.perf_counter()
    print(f"load at the start: {os.getloadavg()[0]:.1f}", flush=True)
    if asked.only in {None, "size"}:
        sizes(asked.draws, asked.treated)
    if asked.only in {None, "coverage"}:
        coverage(max(asked.draws // 2, 1), asked.treated)
    if asked.only in {None, "cost"}:
        costs()
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
