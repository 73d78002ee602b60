"""How often the audits of fairness cry wolf, and how often they find an item that is harder for one group.

    python bench/fairness.py [--rounds 100]

Two groups of 500, the second half an SD ahead, ten binary and five graded items drawn anew each round. First without a
difference: rate of p <= 5 %, and rounds in which anything is flagged (class B or C). Then with one item harder by 0.6.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
from scipy import stats

from tests.unit.measurement.making import ANY_MODEL, BINARY, GRADED, draw, of_arrays, some_items
from yucai.measurement import Groups, calibrate, dif, logistic_dif
from yucai.measurement.fairness.audit import _case, _fitted, _score_tests
from yucai.texts import Text

MODELS = [BINARY] * 10 + [GRADED] * 5


def a_round(seed, harder):
    rng = np.random.default_rng(seed)
    group = np.arange(1000) % 2
    places = rng.normal(size=1000) + 0.5 * group
    names, tops, slopes, steps = some_items(MODELS, rng)
    unit, item = (p.ravel() for p in np.indices((1000, len(MODELS))))
    seen = places[unit] - np.where((item == 3) & (group[unit] == 1), harder, 0.0)
    score = draw(MODELS, slopes, steps, unit, item, seen, rng)
    responses = of_arrays(unit, item, score, names=names, tops=tops)
    of = {f"u{i:05d}": "ab"[g] for i, g in enumerate(group)}
    groups = Groups.from_mapping(of, name=Text("group", "组"), reference="a")
    return calibrate(responses, ANY_MODEL), responses, groups, rng


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=3)
    chosen = parser.parse_args()
    rates = defaultdict(list)
    for n in range(chosen.rounds):
        calibration, responses, groups, rng = a_round([chosen.seed, n], 0.0)
        units = responses.table.select("learner", "occasion").unique().join(groups.table, on="learner")
        case, _notices = _case(calibration, responses, units, "a")
        free = _fitted(case, [])
        tests = _score_tests(case, free, list(range(len(MODELS))), rng=rng).values()
        rates["score test"].append(np.mean([t.p_value <= 0.05 for t in tests]))
        rates["score test, shift"].append(np.mean([t.uniform_p[0] <= 0.05 for t in tests]))
        rates["score test, slope"].append(np.mean([t.nonuniform_p[0] <= 0.05 for t in tests]))
        ratio = 2 * (_fitted(case, [n % 15]).found.log_likelihood - free.found.log_likelihood)
        rates["likelihood ratio"].append(stats.chi2.sf(ratio, 2 if n % 15 < 10 else 5) <= 0.05)
        logistic = logistic_dif(calibration, responses, groups)
        rates["logistic (no allowance for the groups' means)"].append(
            np.mean([i.p_value <= 0.05 for i in logistic.items])
        )
        rates["logistic, class B or C"].append(np.mean([str(i.dif_class) != "A" for i in logistic.items]))
    print(f"no difference of items, {chosen.rounds} rounds")
    for name, by_round in rates.items():
        error = 2 * np.std(by_round) / np.sqrt(len(by_round))
        print(f"  {name:48s} {100 * np.mean(by_round):5.2f} % +- {100 * error:.2f}")
    found, wrong = [], []
    for n in range(max(1, chosen.rounds // 4)):
        calibration, responses, groups, rng = a_round([chosen.seed, 1, n], 0.6)
        flagged = {one.item for one in dif(calibration, responses, groups, rng=rng).flagged}
        found.append("b03" in flagged)
        wrong.append(len(flagged - {"b03"}) > 0)
    right, false = 100 * np.mean(found), 100 * np.mean(wrong)
    print(f"one item harder by 0.6 SD: flagged in {right:.0f} % of rounds, a sound one in {false:.0f} %")


if __name__ == "__main__":
    main()
