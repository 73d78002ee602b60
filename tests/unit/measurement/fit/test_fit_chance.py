"""How often fit cries wolf where the model holds: small here, at length in ``bench/fit.py``."""

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, Simulated
from yucai.measurement import calibrate, item_fit, local_dependence, model_fit, person_fit
from yucai.measurement.fit.squares import two_sided


@pytest.fixture(scope="module")
def rates():
    found = {name: [] for name in ("infit", "outfit", "curve", "whole", "pairs", "persons")}
    for seed in range(6):
        rng = np.random.default_rng([31, seed])
        made = Simulated([BINARY] * 8, 400, rng=rng)
        calibration = calibrate(made.responses, ANY_MODEL)
        items = item_fit(calibration, made.responses, rng=rng).items
        found["infit"] += two_sided(np.array([i.infit_z for i in items])).tolist()
        found["outfit"] += two_sided(np.array([i.outfit_z for i in items])).tolist()
        found["curve"] += [i.curve_p for i in items if i.curve_p is not None]
        found["whole"].append(model_fit(calibration, made.responses, rng=rng).p_value)
        found["pairs"] += [p.p_value for p in local_dependence(calibration, made.responses, rng=rng).pairs]
        persons = person_fit(calibration, made.responses, rng=rng, n_resamples=19).persons
        found["persons"] += [p.p_value for p in persons]
    return {name: np.array(p) for name, p in found.items()}


@pytest.mark.parametrize("name", ["infit", "outfit", "curve", "pairs", "persons"])
def test_five_in_a_hundred_are_rejected_by_chance(rates, name):
    p = rates[name]
    reach = 3.5 * np.sqrt(0.05 * 0.95 / (len(p) if name != "persons" else 6 * 40))  # persons share their items
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=reach)


def test_p_values_of_the_whole_are_spread_over_all(rates):
    assert 0.2 < np.median(rates["whole"]) < 0.8
    assert (rates["whole"] <= 0.05).sum() <= 2
