"""The long runs behind the observation statistics: do tests hold their level, do intervals hold what they promise.

    .venv/bin/python bench/observation.py            prints a table; --quick: a tenth of the runs; --json FILE

Each line has a simulated truth, a bar, and its Monte Carlo error.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from yucai.demo import simulate_kindergarten
from yucai.evidence import Observations, SamplingMode, Session, load_coding_scheme, ratio_interval
from yucai.measurement import analyse_lags, event_agreement, rates_by_setting, reason_fits


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


RATES = {"free-play": 3.0, "transition": 5.4, "outdoor": 3.6, "meal": 1.2}  # begun per hour, of a middle child
SCHEME = load_coding_scheme("aggression-preschool")
STARTS = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def watched_by_several(rng: np.random.Generator, *, n_observers: int, observer_sd: float) -> tuple[Observations, dict]:
    """24 children, each three times ten minutes in four settings, by observers drawn at random; and their effects."""
    children = np.exp(rng.normal(0, 0.6, 24))
    own = {f"O{n + 1}": float(np.exp(rng.normal(0, observer_sd))) for n in range(n_observers)}
    sessions, rows = [], []
    for n, (child, setting) in enumerate((c, s) for c in range(24) for s in RATES for _ in range(3)):
        observer = str(rng.choice(list(own)))
        sessions.append(_watched(f"S{n:03d}", child=child, observer=observer, setting=setting))
        times = rng.poisson(RATES[setting] * children[child] * own[observer] / 6)
        rows += [(f"S{n:03d}", observer, "aggression", float(at)) for at in np.sort(rng.uniform(1, 599, times))]
    table = pl.DataFrame(rows, schema=["session", "observer", "code", "onset_s"], orient="row")
    return Observations.from_table(table, scheme=SCHEME, sessions=sessions), own


def as_one_observer(record: Observations) -> Observations:
    """The same record, its observers held to be one: what the model says that has no effect of the observer."""
    sessions = [replace(session, observer="O1") for session in record.sessions]
    table = record.table.with_columns(observer=pl.lit("O1"))
    return Observations.from_table(table, scheme=record.scheme, sessions=sessions)


def observers_apart(runs: int, *, n_observers: int, observer_sd: float) -> dict[str, list[float]]:
    """Rates of a middle child and observer, by setting: the share of 95 % intervals that hold them, run by run."""
    held: dict[str, list[float]] = {"in the model": [], "left out": [], "ratios": [], "own effects": []}
    for seed in range(runs):
        rng = np.random.default_rng((103, seed))
        record, own = watched_by_several(rng, n_observers=n_observers, observer_sd=observer_sd)
        found = rates_by_setting(record, "aggression")
        first = RATES[found.rates[0].setting]
        held["in the model"].append(_held((rate.rate95, RATES[rate.setting]) for rate in found.rates))
        held["ratios"].append(_held((rate.ratio95, RATES[rate.setting] / first) for rate in found.rates[1:]))
        alone = rates_by_setting(as_one_observer(record), "aggression")
        held["left out"].append(_held((rate.rate95, RATES[rate.setting]) for rate in alone.rates))
        if found.observers:
            held["own effects"].append(_held((one.ratio95, own[one.observer]) for one in found.observers))
    return held


def _held(intervals: Iterable[tuple[tuple[float, float], float]]) -> float:
    return float(np.mean([low <= truth <= high for (low, high), truth in intervals]))


def chance_kappas(runs: int, *, tolerance_s: float) -> Iterator[float]:
    """Kappa of aligned events of two observers whose records have nothing to do with each other; states of 30 s."""
    for seed in range(runs):
        rng = np.random.default_rng((104, seed))
        sessions, rows = [], []
        for n in range(10):
            for observer in ("O1", "O2"):
                facts = {"mode": SamplingMode.TIMED_EVENT, "second": observer == "O2"}
                sessions.append(_watched(f"S{n:02d}", child=n, observer=observer, setting="free-play", **facts))
                rows += [(f"S{n:02d}", observer, *state) for state in _states(rng, 600.0)]
        table = pl.DataFrame(rows, schema=["session", "observer", "code", "onset_s", "offset_s"], orient="row")
        record = Observations.from_table(table, scheme=SCHEME, sessions=sessions)
        yield event_agreement(record, tolerance_s=tolerance_s, rng=rng, n_resamples=2).value


def _states(rng: np.random.Generator, length_s: float) -> Iterator[tuple[str, float, float]]:
    at, last = 0.0, ""
    while at < length_s:
        last = str(rng.choice([one for one in ("alone", "shared-play", "watching", "aggression") if one != last]))
        until = min(at + rng.exponential(30.0), length_s)
        yield last, at, until
        at = until


def _watched(name: str, *, child: int, observer: str, setting: str, **facts: Any) -> Session:
    held = {"mode": SamplingMode.EVENT, "exposure_s": 600.0, "starts": STARTS, "delete_on": dt.date(2027, 8, 31)}
    who = {"session": name, "child": f"K-{child:03d}", "observer": observer, "setting": setting}
    return Session(**(held | who | {"consent": f"C-{child:03d}"} | facts))


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
    for n, sd, runs in ((6, 0.3, 1000), (6, 0.0, 500), (12, 0.3, 500), (6, 0.6, 500)):
        for what, held in observers_apart(runs // scale, n_observers=n, observer_sd=sd).items():
            found[f"95 %, {n} observers of SD {sd:g}: {what}"] = (0.95, held)
    for window in (2.0, 5.0, 15.0):
        name = f"kappa by chance, window {window:g} s, states of 30 s"
        found[name] = (0.0, list(chance_kappas(200 // scale, tolerance_s=window)))
    rates, reasons = kindergartens(200 // scale)
    found["95 % of a setting's rate, kindergarten"] = (0.95, rates)
    found["95 % of a reason's share, kindergarten"] = (0.95, reasons)
    figures = {}
    for name, (bar, held) in found.items():
        share = float(np.mean(held))
        error = float(np.std(held) / np.sqrt(len(held)))
        figures[name] = {"bar": bar, "share": share, "error": error, "runs": len(held)}
        print(f"{name:52} {share:7.3f}  bar {bar:.2f}  Monte Carlo error {error:.4f}  ({len(held)} runs)")
    print(f"{time.perf_counter() - began:.0f} s")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
