"""The long runs behind the observation statistics: do tests hold their level, do intervals hold what they promise.

    .venv/bin/python bench/observation.py            prints a table; --quick: a tenth of the runs; --json FILE

Each line has a simulated truth, a bar, and its Monte Carlo error.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from yucai.demo import simulate_kindergarten
from yucai.evidence import ratio_interval
from yucai.measurement import analyse_lags, rates_by_setting, reason_fits


def sizes(runs: int, *, n_children: int, length: int, repeats: bool) -> dict[str, list[bool]]:
    """Independent codes: whether p of one transition, p with ties in full, and any of all p_any are at most 0.05."""
    rng = np.random.default_rng(101)
    shares = np.array([0.5, 0.3, 0.2])
    held: dict[str, list[bool]] = {"p": [], "p_full": [], "any p_any": []}
    while len(held["p"]) < runs:
        children = {}
        for n in range(n_children):
            session = rng.choice(3, length, p=rng.permutation(shares))
            if not repeats:
                session = session[np.r_[True, session[1:] != session[:-1]]]
            children[f"K-{n:03d}"] = [["abc"[code] for code in session]]
        found = analyse_lags(children, repeats=repeats, rng=rng, n_permutations=199)
        if len(found.codes) < 3:  # a short record without one of the codes
            continue
        held["p"].append(bool(found.p[0, 1] <= 0.05))
        held["p_full"].append(bool(found.p_full[0, 1] <= 0.05))
        held["any p_any"].append(bool(np.nanmin(found.p_any) <= 0.05))
    return held


def covers(runs: int, *, n_children: int, rate: float, child_sd: float) -> Iterator[bool]:
    """Rates of children who differ: whether the 95 % interval of the bootstrap over children holds the mean."""
    rng = np.random.default_rng(102)
    hours, truth = np.full(n_children, 2.0), rate * np.exp(child_sd**2 / 2)
    for _ in range(runs):
        counts = rng.poisson(rate * np.exp(rng.normal(0, child_sd, n_children)) * hours).astype(float)
        low, high = ratio_interval(counts, hours, rng=rng, n_resamples=1000).interval95
        yield bool(low <= truth <= high)


def kindergartens(runs: int) -> tuple[list[bool], list[bool]]:
    """Simulated kindergartens: rates of a typical child by setting, and the share of one reason."""
    rates, reasons = [], []
    for seed in range(runs):
        one = simulate_kindergarten(seed=seed)
        for rate in rates_by_setting(one.observations, "aggression").rates:
            rates.append(rate.rate95[0] <= one.truth.typical_rate[rate.setting] <= rate.rate95[1])
        low, high = reason_fits(one.observations, "aggression", rng=np.random.default_rng(seed))[0].interval95
        reasons.append(low <= one.truth.reasons["tangible"] <= high)
    return rates, reasons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    scale = 10 if chosen.quick else 1
    began, found = time.perf_counter(), {}
    for n_children, length in ((1, 20), (4, 40), (4, 150)):
        for repeats, said in ((True, "possible"), (False, "impossible")):
            for what, held in sizes(3000 // scale, n_children=n_children, length=length, repeats=repeats).items():
                found[f"{what}, {n_children} x {length} codes, repeats {said}"] = (0.05, held)
    for n, rate, sd in ((12, 2.0, 0.6), (24, 2.0, 0.6), (24, 1.0, 0.8), (40, 0.5, 1.0), (60, 2.0, 0.6)):
        name = f"95 % of a rate: {n} children, {rate:g} an hour, SD {sd:g}"
        found[name] = (0.95, list(covers(3000 // scale, n_children=n, rate=rate, child_sd=sd)))
    rates, reasons = kindergartens(200 // scale)
    found["95 % of a setting's rate, kindergarten"] = (0.95, rates)
    found["95 % of a reason's share, kindergarten"] = (0.95, reasons)
    figures = {}
    for name, (bar, held) in found.items():
        share = float(np.mean(held))
        error = float(np.sqrt(share * (1 - share) / len(held)))
        figures[name] = {"bar": bar, "share": share, "error": error, "runs": len(held)}
        print(f"{name:52} {share:7.3f}  bar {bar:.2f}  Monte Carlo error {error:.4f}  ({len(held)} runs)")
    print(f"{time.perf_counter() - began:.0f} s")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
