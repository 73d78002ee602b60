"""How often panel Granger tests cry wolf as they are usually run and as Yucai runs them, and what one run costs.

    python bench/governance_causality.py [--panels 300] [--draws 99]

30 units, 13 years, no effect, 5 %: four worlds that differ in what the series share. Then an effect, for the share that
is found and the share of intervals that hold it. Then the time of one mean Wald test beside R's plm (pgrangertest on
the same panel, when Rscript with plm is there).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

from yucai.governance import (
    demean_periods,
    draw_without_effect,
    half_panel_jackknife,
    local_projection,
    mean_of_unit_walds,
    standardised_mean,
)
from yucai.governance.causality.granger import half_panel_slopes

UNITS, PERIODS, BEFORE = 30, 13, 30
WORLDS = {
    "nothing shared": {},
    "a common trend": {"trend": 0.3},
    "a trend, shocks hang together": {"trend": 0.3, "together": 0.5},
    "the same, and the effect drives the cause": {"trend": 0.3, "together": 0.5, "back": 0.3},
}
R_CALL = """
suppressMessages(library(plm)); d <- pdata.frame(read.csv("{file}"), index = c("u", "t"))
n <- 50; s <- proc.time()[["elapsed"]]
for (i in 1:n) g <- pgrangertest(y ~ x, data = d, order = 1, test = "Wbar")
cat((proc.time()[["elapsed"]] - s) / n, as.numeric(g$statistic), as.character(packageVersion("plm")))
"""


def a_world(rng, *, slope=0.0, trend=0.0, together=0.0, back=0.0):
    cause, effect = (np.zeros((UNITS, PERIODS + BEFORE)) for _ in range(2))
    constants, pasts = rng.normal(size=(2, UNITS)), rng.uniform(0.4, 0.8, (2, UNITS)) - (0.1 if slope else 0.0)
    for t in range(1, PERIODS + BEFORE):
        shock = rng.normal(size=UNITS)
        own = together * shock + np.sqrt(1 - together**2) * rng.normal(size=UNITS)
        effect[:, t] = constants[1] + pasts[1] * effect[:, t - 1] + slope * cause[:, t - 1] + shock
        cause[:, t] = constants[0] + pasts[0] * cause[:, t - 1] + back * effect[:, t - 1] + own
    common = trend * np.cumsum(rng.normal(size=PERIODS + BEFORE))
    return (cause + common)[:, BEFORE:], (effect + common)[:, BEFORE:]


def usual(cause, effect):
    mean_wald = float(mean_of_unit_walds(cause, effect, lags=1))
    z_bar, z_tilde = standardised_mean(mean_wald, units=UNITS, rows=PERIODS - 1, lags=1)
    _, wald = half_panel_jackknife(cause, effect, lags=1)
    return [2 * stats.norm.sf(abs(z_bar)), 2 * stats.norm.sf(abs(z_tilde)), stats.chi2.sf(float(wald), 1)]


def ours(cause, effect, draws, rng, slope):
    cause, effect = demean_periods(cause), demean_periods(effect)
    drawn = draw_without_effect(cause, effect, lags=1, draws=draws, rng=rng)
    slopes, covariance = half_panel_slopes(cause, effect, lags=1)
    null, null_covariances = half_panel_slopes(*drawn, lags=1)
    t = abs(slopes[0] - slope) / np.sqrt(covariance[0, 0])
    null_t = np.abs(null[:, 0]) / np.sqrt(null_covariances[:, 0, 0])
    means = mean_of_unit_walds(*drawn, lags=1)
    p_units = (1 + (means >= mean_of_unit_walds(cause, effect, lags=1)).sum()) / (draws + 1)
    p_slope = (1 + (null_t >= abs(slopes[0]) / np.sqrt(covariance[0, 0])).sum()) / (draws + 1)
    holds = t <= np.quantile(null_t, 0.95, method="weibull")
    answers = []
    for horizon in (1, 2, 3):
        raw, error = local_projection(cause, effect, horizon=horizon, lags=1)
        nothing, errors = local_projection(*drawn, horizon=horizon, lags=1)
        reach = np.quantile(np.abs(nothing - nothing.mean()) / errors, 0.95, method="weibull") * error
        answers.append(abs(raw - nothing.mean()) <= reach)
    return [p_units, p_slope, holds, *answers]


def rates(chosen, *, slope, **world):
    rng = np.random.default_rng(chosen.seed)
    rows = []
    for _ in range(chosen.panels):
        cause, effect = a_world(rng, slope=slope, **world)
        p = [*usual(cause, effect), *(mine := ours(cause, effect, chosen.draws, rng, slope))[:2]]
        rows.append([*(one <= 0.05 for one in p), *mine[2:]])
    return 100 * np.mean(rows, axis=0)


def beside_plm(rng):
    cause, effect = a_world(rng, trend=0.3)
    start = time.perf_counter()
    for _ in range(50):
        mine = float(mean_of_unit_walds(cause, effect, lags=1))
    seconds = (time.perf_counter() - start) / 50
    print(f"\nOne mean Wald test, 30 x 13: ours {1000 * seconds:.2f} ms ({mine:.6f})")
    start = time.perf_counter()
    draw_without_effect(demean_periods(cause), demean_periods(effect), lags=1, draws=999, rng=rng)
    print(f"999 panels drawn without an effect: {1000 * (time.perf_counter() - start):.0f} ms")
    if shutil.which("Rscript") is None:
        print("Rscript is not here; plm was not run.")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.csv"
        rows = ("u,t,x,y", *(f"{u},{t},{cause[u, t]!r},{effect[u, t]!r}" for u in range(UNITS) for t in range(PERIODS)))
        file.write_text("\n".join(str(row).replace("np.float64(", "").replace(")", "") for row in rows))
        ran = subprocess.run(["Rscript", "-e", R_CALL.format(file=file)], capture_output=True, text=True, check=False)
    if ran.returncode:
        print(f"plm was not run: {ran.stderr.strip().splitlines()[-1]}")
        return
    took, statistic, version = ran.stdout.split()
    print(f"R plm {version}, pgrangertest, the same panel: {1000 * float(took):.1f} ms ({float(statistic):.6f})")
    print(f"ours is {float(took) / seconds:.0f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=300)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; {chosen.panels} panels each, {chosen.draws} draws")
    heads = ["World", "Z-bar", "Z-tilde", "jackknife, chi-square", "mean Wald, drawn", "slope, drawn", "slope held"]
    print("| " + " | ".join([*heads, "answers held, 1 to 3 years"]) + " |")
    print("|---" * 8 + "|")
    for slope in (0.0, 0.2):
        for name, world in WORLDS.items():
            r = rates(chosen, slope=slope, **world)
            held = " / ".join(f"{one:.0f}" for one in r[6:]) if slope == 0 else "-"
            print(
                f"| {name}{f', effect {slope}' if slope else ''} | "
                + " | ".join(f"{one:.1f}" for one in r[:6])
                + f" | {held} |",
                flush=True,
            )
    beside_plm(np.random.default_rng(chosen.seed))


if __name__ == "__main__":
    main()
