"""Counts with crossed effects of child and observer: against R's lme4, and against what must hold for any record.

R 4.2.2, lme4 1.1.31: ``glmer(count ~ 0 + factor(setting) + (1 | child) + (1 | observer) + offset(log(hours)), data,
family = poisson, nAGQ = 1, control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhobeg = 0.02,
rhoend = 1e-9, maxfun = 1e5)))``; then ``fixef``, ``VarCorr``, ``logLik``, ``ranef``, ``sqrt(diag(vcov(.)))``.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import optimize
from scipy.special import gammaln

from tests.unit.evidence.observing import observed, session
from yucai.measurement import answer_behaviour, fit_crossed_poisson, fit_mixed_poisson, rates_by_setting

DATA = Path(__file__).parent / "data"
CROSSED = {
    "coefficients": [1.1919932556, 1.6967425626, 1.2488432423, 0.1678914572],
    "sds": [0.6024749672, 0.1895583880],
    "log_likelihood": -253.1305078611,
    "observers": [-0.2128141270, 0.1705255003, 0.1132858839, -0.0172593942, 0.1123331947, -0.1010981323],
    "std_errors": [0.1990635903, 0.1819156203, 0.1981726094, 0.2667278167],
}
NESTED = {
    "coefficients": [1.0053674554, 1.5335811221, 0.9934884234, 0.1510713001],
    "sds": [0.2977117901, 0.0],
    "log_likelihood": -152.6196001520,
    "std_errors": [0.16794152, 0.13066366, 0.16364459, 0.23898415],
}


def read(name):
    """Return counts, hours, a column for each setting, children and observers numbered from 0."""
    table = pl.read_csv(DATA / f"{name}_observers.csv")
    design = np.eye(4)[table["setting"].to_numpy() - 1]
    who = [table[column].to_numpy() - 1 for column in ("child", "observer")]
    return table["count"].to_numpy().astype(float), table["hours"].to_numpy(), design, *who


def fitted(counts, hours, design, children, observers):
    return fit_crossed_poisson(counts, hours, design, children=children, observers=observers)


def drawn(seed, *, observer_sd=0.3, n_observers=6, n_children=24, reps=3):
    """Return sessions of ten minutes, each by an observer drawn at random, and the observers' true effects."""
    rng = np.random.default_rng(seed)
    children = np.repeat(np.arange(n_children), 4 * reps)
    settings = np.tile(np.repeat(np.arange(4), reps), n_children)
    observers = rng.integers(0, n_observers, len(children))
    own, noted = rng.normal(0, 0.6, n_children), rng.normal(0, observer_sd, n_observers)
    rates = np.array([3.0, 5.4, 3.6, 1.2])[settings] * np.exp(own[children] + noted[observers])
    hours = np.full(len(children), 1 / 6)
    return (rng.poisson(rates * hours).astype(float), hours, np.eye(4)[settings], children, observers), noted


def test_crossed_effects_are_those_of_lme4():
    found = fitted(*read("crossed"))
    assert found.converged
    assert found.coefficients == pytest.approx(CROSSED["coefficients"], abs=1e-6)
    assert [found.child_sd, found.observer_sd] == pytest.approx(CROSSED["sds"], abs=1e-6)
    assert found.log_likelihood == pytest.approx(CROSSED["log_likelihood"], abs=1e-7)
    assert found.observer_effects == pytest.approx(CROSSED["observers"], abs=1e-6)
    assert found.std_errors == pytest.approx(CROSSED["std_errors"], rel=1e-4)


def test_no_difference_between_observers_is_found_as_in_lme4():
    found = fitted(*read("nested"))
    assert found.converged
    assert found.coefficients == pytest.approx(NESTED["coefficients"], abs=1e-5)
    assert (found.child_sd, found.observer_sd) == (pytest.approx(NESTED["sds"][0], abs=1e-5), 0.0)
    assert found.log_likelihood == pytest.approx(NESTED["log_likelihood"], abs=1e-7)
    assert found.std_errors == pytest.approx(NESTED["std_errors"], rel=1e-3)
    assert (found.observer_effects == 0).all()


def test_without_differences_between_observers_the_result_is_that_of_children_alone():
    counts, hours, design, children, observers = read("nested")
    found = fitted(counts, hours, design, children, observers)
    alone = fit_mixed_poisson(counts, hours, design, groups=children, n_nodes=1)
    assert found.coefficients == pytest.approx(alone.coefficients, abs=1e-5)
    assert found.child_sd == pytest.approx(alone.child_sd, abs=1e-5)
    assert found.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-8)
    assert found.std_errors == pytest.approx(alone.std_errors, rel=1e-3)


def fit_given(coefficients, child_sd, observer_sd, data):
    """The likeliest effects when everything else is given, by a general optimiser."""
    return mode_by_hand(np.array([*coefficients, child_sd, observer_sd]), *data)[0]


def by_hand(parameters, counts, hours, design, children, observers):
    """Laplace's approximation, the normal densities written out."""
    _, precision, height, curve = mode_by_hand(parameters, counts, hours, design, children, observers)
    return height + np.log(precision).sum() / 2 - np.linalg.slogdet(curve)[1] / 2 - gammaln(counts + 1).sum()


def mode_by_hand(parameters, counts, hours, design, children, observers):
    n, (child_sd, observer_sd) = (int(children.max()) + 1, int(observers.max()) + 1), parameters[-2:]
    precision = np.repeat([1 / child_sd**2, 1 / observer_sd**2], n)
    members = np.column_stack([np.eye(n[0])[children], np.eye(n[1])[observers]])
    fixed = design @ parameters[:-2] + np.log(hours)

    def minus(effects):
        linear = fixed + members @ effects
        slope = members.T @ (np.exp(linear) - counts) + precision * effects
        return np.exp(linear).sum() - counts @ linear + precision @ effects**2 / 2, slope

    mode = optimize.minimize(minus, np.zeros(sum(n)), jac=True, method="BFGS", options={"gtol": 1e-8}).x
    curve = (members.T * np.exp(fixed + members @ mode)) @ members + np.diag(precision)
    return mode, precision, -minus(mode)[0], curve


def test_the_likelihood_is_flat_at_the_top_and_what_it_is_by_hand():
    data = read("crossed")
    found = fitted(*data)
    top = np.array([*found.coefficients, found.child_sd, found.observer_sd])
    assert found.log_likelihood == pytest.approx(by_hand(top, *data), abs=1e-7)
    assert found.steepest < 1e-8
    for n in range(len(top)):
        step = 0.02 * np.eye(len(top))[n]
        below, above = by_hand(top - step, *data), by_hand(top + step, *data)
        assert max(below, above) < found.log_likelihood
        assert (above - below) / 0.04 == pytest.approx(0, abs=0.05)  # what the third derivative leaves


def test_degrees_of_freedom_are_satterthwaite_s():
    """2 V^2 / Var(V): V from the rates' covariance at given SDs, its variance by the delta method, all by hand."""
    data = read("crossed")
    found, (_, hours, design, children, observers) = fitted(*data), data
    top = np.array([*found.coefficients, found.child_sd, found.observer_sd])

    def slopes(parameters):
        steps = 1e-3 * np.eye(6)
        return np.array([(by_hand(parameters + s, *data) - by_hand(parameters - s, *data)) / 2e-3 for s in steps])

    curve = np.array([(slopes(top + s) - slopes(top - s)) / 2e-2 for s in 1e-2 * np.eye(6)])
    of_sds = np.linalg.inv(-(curve + curve.T) / 2)[4:, 4:]
    assert found.sd_covariance == pytest.approx(of_sds, rel=0.03, abs=1e-5)

    def variance(child_sd, observer_sd):
        members = np.column_stack([design, np.eye(24)[children], np.eye(6)[observers]])
        given = fit_given(found.coefficients, child_sd, observer_sd, data)
        weight = hours * np.exp(members @ np.append(found.coefficients, given))
        precision = np.repeat([0, 1 / child_sd**2, 1 / observer_sd**2], [4, 24, 6])
        return np.linalg.inv((members.T * weight) @ members + np.diag(precision))[0, 0]

    child, observer = found.child_sd, found.observer_sd
    growth = np.array([
        (variance(child + 0.001, observer) - variance(child - 0.001, observer)) / 0.002,
        (variance(child, observer + 0.001) - variance(child, observer - 0.001)) / 0.002,
    ])  # fmt: skip
    wanted = 2 * found.covariance[0, 0] ** 2 / (growth @ found.sd_covariance @ growth)
    first = np.eye(4)[0]
    assert found.degrees_of_freedom(first) == pytest.approx(wanted, rel=0.01)
    assert found.degrees_of_freedom(3 * first) == pytest.approx(found.degrees_of_freedom(first))
    assert found.degrees_of_freedom(np.eye(4)[1] - first) > 10 * found.degrees_of_freedom(first)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_and_the_numbers_of_people_change_nothing(seed):
    data, _ = drawn(seed)
    rng = np.random.default_rng(seed)
    rows, kids, watchers = rng.permutation(len(data[0])), rng.permutation(24), rng.permutation(6)
    counts, hours, design, children, observers = (part[rows] for part in data)
    one, other = fitted(*data), fitted(counts, hours, design, kids[children], watchers[observers])
    assert other.coefficients == pytest.approx(one.coefficients, abs=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)
    assert other.observer_effects[watchers] == pytest.approx(one.observer_effects, abs=1e-6)
    assert other.std_errors == pytest.approx(one.std_errors, rel=1e-4)


def test_rows_of_one_cell_may_come_apart_or_together():
    (counts, hours, design, children, observers), _ = drawn(3)
    cells, where = np.unique(np.column_stack([children, observers, design @ np.arange(4)]), axis=0, return_inverse=True)
    together = fitted(
        np.bincount(where, weights=counts),
        np.bincount(where, weights=hours),
        np.eye(4)[cells[:, 2].astype(int)],
        *cells[:, :2].T.astype(int),
    )
    assert together.coefficients == pytest.approx(fitted(*drawn(3)[0]).coefficients, abs=1e-6)


def test_a_setting_in_which_nothing_was_seen_has_no_lower_end_and_disturbs_no_other():
    (counts, hours, design, children, observers), _ = drawn(4)
    counts = np.where(design[:, 2] == 1, 0.0, counts)
    here = design[:, 2] == 0
    whole = fitted(counts, hours, design, children, observers)
    rest = fitted(counts[here], hours[here], design[here][:, [0, 1, 3]], children[here], observers[here])
    assert whole.converged
    assert whole.coefficients[2] < -15
    assert whole.std_errors[2] == np.inf
    assert whole.coefficients[[0, 1, 3]] == pytest.approx(rest.coefficients, abs=1e-5)
    assert whole.std_errors[[0, 1, 3]] == pytest.approx(rest.std_errors, rel=1e-3)
    assert whole.observer_effects == pytest.approx(rest.observer_effects, abs=1e-5)


def test_nothing_seen_at_all_is_survived():
    (counts, *rest), _ = drawn(4)
    found = fitted(counts * 0, *rest)
    assert (found.child_sd, found.observer_sd) == (0.0, 0.0)
    assert np.isinf(found.std_errors).all()


def test_a_spread_of_nought_is_no_trap():
    """The slope at SD 0 is 0 whatever the data: a search that stops there has found nothing."""
    noughts = 0
    for seed in range(15):
        data, _ = drawn(seed, observer_sd=0.5, reps=2, n_children=12)
        found = fitted(*data)
        sds = np.array([found.child_sd, found.observer_sd])
        noughts += (sds == 0).sum()
        for beside in (0.1, 0.3):
            away = np.append(found.coefficients, np.where(sds == 0, beside, sds))
            assert by_hand(away, *data) <= found.log_likelihood + 1e-7
    assert noughts > 0


def test_observers_effects_lie_in_their_intervals():
    held, steps = [], 2.570582  # Student's t with five degrees of freedom
    for seed in range(30):
        data, noted = drawn(seed, observer_sd=0.4)
        found = fitted(*data)
        if found.observer_sd:
            held += (np.abs(found.observer_effects - noted) <= steps * found.observer_errors).tolist()
    assert np.mean(held) == pytest.approx(0.95, abs=0.05)


def watched(*, n_children=12, n_observers=6, ratio=1.0, settings=("free-play", "meal"), who=None):
    """Return records of an hour a child and setting: six disputes each, ``ratio`` times as many in O1's notes."""
    who = who or (lambda n, place: (n + 5 * place) % n_observers)
    sessions, rows = [], []
    for n in range(n_children):
        for place, setting in enumerate(settings):
            name, watcher = f"S{n:02d}{place}", who(n, place)
            observer = f"O{watcher + 1}"
            facts = {"child": f"K-{n:03d}", "observer": observer, "setting": setting, "exposure_s": 3600.0}
            sessions.append(session(name, **facts))
            times = round((6 + n % 3) * (ratio if watcher == 0 else 1))
            rows += [(name, observer, "aggression", 100.0 * k + 10, 100.0 * k + 20) for k in range(times)]
    return observed(rows, *sessions)


def test_an_observer_who_notes_more_is_told_with_an_interval():
    found = rates_by_setting(watched(n_children=24, ratio=3.0), "aggression")
    assert found.observer_sd > 0.2
    first, *others = found.observers
    assert (first.observer, first.hours) == ("O1", 8.0)
    assert first.ratio > 1.8
    assert 1 < first.ratio95[0] < first.ratio90[0] < first.ratio < first.ratio90[1] < first.ratio95[1]
    assert all(other.ratio95[0] < 1 for other in others)
    assert first.said.en.startswith(
        f"Observer O1 notes about {first.ratio:.1f} times as much as a middle observer (95 %"
    )
    assert first.said.zh.startswith(f"观察者 O1 记录的次数约为居中观察者的 {first.ratio:.1f} 倍")
    assert found.notes[0].en.startswith("Observers have an effect of their own in the model")
    answer = answer_behaviour(watched(n_children=24, ratio=3.0), "aggression", rng=np.random.default_rng(1))
    assert first.said.en in answer.in_language("en")
    assert "Observer O2" not in answer.in_language("en")


def test_observers_who_note_alike_are_not_set_against_each_other():
    found = rates_by_setting(watched(), "aggression")
    assert (found.observer_sd, found.observers) == (0.0, ())
    assert found.notes[0].en.startswith("The 6 observers differ no more than chance would make them")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"n_observers": 1}, "All records that count are of one observer"),
        ({"n_observers": 4}, "4 observers are too few to tell how much observers differ (it takes 5)"),
        ({"n_observers": 12, "who": lambda n, _place: n}, "Each child had an observer of its own"),
        ({"who": lambda n, place: 1 + n % 4 if place else 0}, "Observers kept to settings"),
    ],
)  # fmt: skip
def test_where_observers_cannot_be_told_the_notes_say_why_and_only_children_are_in_the_model(facts, words):
    record = watched(**facts)
    found = rates_by_setting(record, "aggression")
    assert found.observer_sd is None
    assert found.observers == ()
    assert found.notes[0].en.startswith(words)
    assert found.notes[0].zh
    as_one = watched(**(facts | {"n_observers": 1, "who": None}))
    assert [r.rate95 for r in found.rates] == [
        pytest.approx(r.rate95) for r in rates_by_setting(as_one, "aggression").rates
    ]
