"""How often statistics of fit cry wolf at 5 %, and how often they see what is planted.

    python bench/fit.py [--rounds 200] [--design binary|graded|sparse|raters|qualities|all]

Each round draws its own items, learners and answers from the model; a rate is over all rounds and things tested, its
Monte Carlo error (2 standard errors, rounds taken as independent) beside it.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict

import numpy as np
import polars as pl

from tests.unit.measurement.making import BINARY, CREDIT, GRADED, a_map, draw, of_arrays, rule, some_items
from yucai.measurement import calibrate, item_fit, local_dependence, model_fit, person_fit, rater_fit

ONE = a_map(rule("b*", BINARY), rule("g*", GRADED), rule("c*", CREDIT))
THREE = a_map(*(rule(f"q{d}/*", BINARY, quality=f"quality-{d}") for d in range(3)))


class Round:
    """One data set drawn from a design; what is planted is set by name."""

    def __init__(self, design, rng, plant=""):
        self.rng, self.design = rng, design
        models = {
            "binary": [BINARY] * 20,
            "graded": [GRADED] * 5 + [CREDIT] * 5,
            "sparse": [BINARY] * 24 + [GRADED] * 6,
            "raters": [CREDIT] * 4,
            "qualities": [BINARY] * 18,
        }[design]
        n = {"binary": 1000, "graded": 1000, "sparse": 1500, "raters": 500, "qualities": 1000}[design]
        self.names, self.tops, self.slopes, self.steps = some_items(models, rng)
        places = rng.normal(size=n)
        unit, item = (place.ravel() for place in np.indices((n, len(models))))
        rater, seen, evidence_map = None, places[unit], ONE
        if design == "raters":
            severity = rng.normal(0, 0.5, 10)
            panel = np.array([rng.choice(10, 2, replace=False) for _ in range(n)])
            unit, seat, item = (place.ravel() for place in np.indices((n, 2, len(models))))
            rater = panel[unit, seat]
            seen = places[unit] - severity[rater]
            if plant == "erratic":
                seen = np.where(rater == 0, rng.normal(size=len(seen)) * 0.9 + 0.3 * seen, seen)
        if design == "qualities":
            factor = np.linalg.cholesky(np.full((3, 3), 0.5) + 0.5 * np.eye(3))
            seen = (rng.normal(size=(n, 3)) @ factor.T)[unit, item // 6]
            self.names = [f"q{j // 6}/{j:02d}" for j in range(18)]
            evidence_map = THREE
        if plant == "twin":  # two items share something of their own
            own = rng.normal(size=n)
            seen = seen + np.where(item < 2, 0.7 * own[unit], 0.0)
        score = draw(models, self.slopes, self.steps, unit, item, seen, rng)
        if plant == "plateau":  # the second item stops rising half-way
            here = item == 1
            stopped = np.minimum(seen, -0.2) * 1.6
            score[here] = draw(models, self.slopes, self.steps, unit[here], item[here], stopped[here], rng)
        if plant == "guessing":  # every tenth learner answers the harder half by chance
            hard = np.argsort([-d[0] for d in self.steps])[len(models) // 2 :]
            here = (unit % 10 == 0) & np.isin(item, hard)
            score[here] = rng.random(here.sum()) < 0.5
        if design == "sparse":
            kept = rng.random(len(unit)) < 0.4
            unit, item, score = unit[kept], item[kept], score[kept]
        self.responses = of_arrays(unit, item, score, names=self.names, tops=self.tops, rater=rater)
        self.calibration = calibrate(self.responses, evidence_map)


def told(one: Round, resamples: int) -> dict[str, list[float]]:
    """Return p-values by statistic."""
    found = defaultdict(list)
    normal = lambda z: [float(2 * (1 - __import__("scipy.stats").stats.norm.cdf(abs(v)))) for v in z]  # noqa: E731
    few = resamples if one.design in ("sparse",) else 0
    items = item_fit(one.calibration, one.responses, rng=one.rng, n_resamples=few).items
    found["infit"] += normal([i.infit_z for i in items])
    found["outfit"] += normal([i.outfit_z for i in items])
    found["curve"] += [i.curve_p for i in items if i.curve_p is not None]
    whole = model_fit(one.calibration, one.responses, rng=one.rng, n_resamples=few)
    found["M2"] += [whole.p_value] if whole.p_value is not None else []
    found["SRMSR"] += [whole.srmsr_p] if whole.srmsr_p is not None else []
    found["pairs"] += [pair.p_value for pair in local_dependence(one.calibration, one.responses, rng=one.rng).pairs]
    persons = person_fit(one.calibration, one.responses, rng=one.rng, n_resamples=19).persons
    found["l_z"] += [person.p_value for person in persons]
    if one.design == "raters":
        raters = rater_fit(one.calibration, one.responses).raters
        found["rater infit"] += normal([r.infit_z for r in raters])
        found["rater outfit"] += normal([r.outfit_z for r in raters])
    return found


def chance(design: str, rounds: int, resamples: int, seed: int) -> None:
    rates = defaultdict(list)
    began = time.perf_counter()
    for n in range(rounds):
        for name, p in told(Round(design, np.random.default_rng([seed, n])), resamples).items():
            rates[name].append(np.mean(np.array(p) <= 0.05)) if p else None
    print(f"\n{design}: no misfit, {rounds} rounds, {time.perf_counter() - began:.0f} s")
    for name, by_round in rates.items():
        error = 2 * np.std(by_round) / np.sqrt(len(by_round))
        print(f"  {name:13s} rejected at 5 %: {100 * np.mean(by_round):5.2f} % +- {100 * error:.2f}")


def power(rounds: int, seed: int) -> None:
    """Print how often what is planted is seen, at 5 % and at a share of false alarms of 5 %."""
    seen = defaultdict(list)
    for n in range(rounds):
        rng = np.random.default_rng([seed, 7, n])
        one = Round("binary", rng, "twin")
        pairs = local_dependence(one.calibration, one.responses, rng=one.rng).pairs
        seen["twin items named first, FDR 5 %"].append(
            pairs[0].false_discovery_rate <= 0.05 and {pairs[0].item, pairs[0].with_item} == set(one.names[:2])
        )
        whole = model_fit(one.calibration, one.responses, rng=rng, n_resamples=0)
        seen["twin items, M2 at 5 %"].append((whole.p_value or 1) <= 0.05)
        one = Round("binary", rng, "plateau")
        fits = item_fit(one.calibration, one.responses, rng=rng, n_resamples=0)
        seen["item that stops rising, S-X2 FDR 5 %"].append(fits.of(one.names[1]).misfits)
        one = Round("raters", rng, "erratic")
        raters = rater_fit(one.calibration, one.responses)
        seen["erratic rater, FDR 5 %"].append(
            raters.of("r00").false_discovery_rate <= 0.05 and raters.of("r00").infit > 1
        )
        one = Round("binary", rng, "guessing")
        persons = person_fit(one.calibration, one.responses, rng=rng, n_resamples=99).to_table()
        guessing = pl.col("learner").str.slice(1).cast(pl.Int64) % 10 == 0
        seen["learners who guess half, l_z at 5 %"].append((persons.filter(guessing)["p_value"] <= 0.05).mean())
    print(f"\nwhat is planted, {rounds} rounds")
    for name, of in seen.items():
        print(f"  {name:40s} seen: {100 * np.mean(of):5.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=39)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--design", default="all")
    chosen = parser.parse_args()
    designs = ("binary", "graded", "qualities", "raters", "sparse")
    for design in designs if chosen.design == "all" else [chosen.design]:
        if design != "power":
            chance(design, chosen.rounds, chosen.resamples, chosen.seed)
    if chosen.design in ("all", "power"):
        power(max(1, chosen.rounds // 4), chosen.seed)


if __name__ == "__main__":
    main()
