"""Diagnosis against another program, brute force, direct optimisation and simulated truth."""

import numpy as np
import pytest
from scipy.optimize import minimize

from tests.unit.measurement.diagnosis.mastering import Q, likelihood, q_of, responses_of, simulated, stored
from yucai.measurement.diagnosis import DiagnosisModel, diagnose
from yucai.measurement.diagnosis.classes import Answers, fit_classes, patterns_of, posterior_of, scores_of

DINA, FULL = DiagnosisModel.DINA, DiagnosisModel.G_DINA

# PyPI mirt 1.2.0: model, shares = mirt.fit_cdm(table, Q, "DINA", max_iter=5000, tol=1e-10); model.guess, model.slip;
# the log-likelihood is that of model.pattern_log_likelihoods(table) under the shares. Table: data/diagnosis.csv.
GUESS = [0.136351, 0.282641, 0.187501, 0.100558, 0.258402, 0.270751, 0.215529, 0.226543, 0.261805, 0.245846, 0.182309,
         0.251063]  # fmt: skip
SLIP = [0.27005, 0.155216, 0.117069, 0.224158, 0.227819, 0.161753, 0.268859, 0.300867, 0.1783, 0.171044, 0.18489,
        0.1155]  # fmt: skip
SHARES = [0.081258, 0.078819, 0.164491, 0.116657, 0.092232, 0.193729, 0.114485, 0.158328]
HEIGHT = -4240.311251


@pytest.fixture(scope="module")
def dina():
    return diagnose(responses_of(stored()), q_of(), model=DINA)


@pytest.fixture(scope="module")
def full():
    return diagnose(responses_of(stored()), q_of(), model=FULL)


def test_guessing_slips_shares_and_height_are_those_of_another_program(dina):
    assert dina.converged
    assert [one.guess for one in dina.items] == pytest.approx(GUESS, abs=2e-5)
    assert [one.slip for one in dina.items] == pytest.approx(SLIP, abs=2e-5)
    assert dina.shares == pytest.approx(SHARES, abs=2e-5)
    assert dina.log_likelihood == pytest.approx(HEIGHT, abs=1e-5)


@pytest.mark.parametrize("which", ["dina", "full"])
def test_height_and_posteriors_are_those_of_brute_force(which, request):
    found = request.getfixturevalue(which)
    chances = []
    for one in found.items:
        told = {frozenset(own): p for own, p in zip(one.sets, one.chances, strict=True)}
        chances.append((one.concepts, told))

    def chance(j, pattern):
        concepts, told = chances[j]
        own = frozenset(c for c in concepts if pattern["ABC".index(c)])
        return told.get(own, told[frozenset()])

    height, posterior = likelihood(stored(), Q, chance, found.shares)
    assert found.log_likelihood == pytest.approx(height, abs=1e-6)
    assert found.probability == pytest.approx(posterior @ patterns_of(3), abs=1e-6)


def test_no_direct_search_ends_higher(full):
    """G-DINA: the likelihood written anew, climbed by a quasi-Newton method from where EM ended and from elsewhere."""
    table = stored()
    mastered = patterns_of(3)
    groups = [mastered[:, q > 0] @ (2 ** np.arange((q > 0).sum())) for q in Q]
    sizes = np.cumsum([0] + [len(set(g.tolist())) for g in groups])
    right, wrong = (table == 1).astype(float), (table == 0).astype(float)

    def fall(flat):
        chances = 1 / (1 + np.exp(-flat[: sizes[-1]]))
        shares = np.exp(np.append(flat[sizes[-1] :], 0.0))
        by = np.stack([chances[sizes[j] + g] for j, g in enumerate(groups)])
        joint = np.exp(right @ np.log(by) + wrong @ np.log1p(-by)) * (shares / shares.sum())
        return -np.log(joint.sum(axis=1)).sum()

    logits = np.concatenate([one.chances for one in full.items]).clip(1e-3, 1 - 1e-3)
    start = np.concatenate([np.log(logits / (1 - logits)), np.log(full.shares[:-1] / full.shares[-1])])
    assert -fall(start) == pytest.approx(full.log_likelihood, abs=0.2)
    found = minimize(fall, start, method="L-BFGS-B", options={"maxiter": 200})
    assert full.log_likelihood == pytest.approx(-found.fun, abs=2e-3)
    elsewhere = start + np.random.default_rng(1).normal(0, 0.3, len(start))
    again = minimize(fall, elsewhere, method="L-BFGS-B", options={"maxiter": 400, "maxfun": 60_000})
    assert -again.fun <= full.log_likelihood + 2e-3


def test_scores_are_the_derivatives_of_the_height():
    table = stored()[:80]
    answers = Answers(right=(table == 1) * 1.0, seen=(table >= 0) * 1.0)
    mastered = patterns_of(3)
    groups = [(mastered[:, q > 0] @ (2 ** np.arange((q > 0).sum()))).astype(np.int64) for q in Q]
    fit = fit_classes(Answers(right=(stored() == 1) * 1.0, seen=(stored() >= 0) * 1.0), Q > 0, groups)
    from dataclasses import replace

    posterior, _ = posterior_of(answers, fit.by_pattern, fit.shares)
    scores = scores_of(answers, replace(fit, posterior=posterior))
    column = 0
    for j in range(12):
        for g in range(len(fit.chances[j])):
            ends = []
            for by in (1e-5, -1e-5):
                chances = [one.copy() for one in fit.chances]
                chances[j][g] += by
                moved = replace(fit, chances=tuple(chances))
                ends.append(posterior_of(answers, moved.by_pattern, fit.shares)[1])
            assert scores[:, column] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-4)
            column += 1


def test_the_height_never_falls_and_the_wider_model_ends_no_lower(dina, full):
    table = stored()
    answers = Answers(right=(table == 1) * 1.0, seen=(table >= 0) * 1.0)
    groups = [patterns_of(3)[:, q > 0].all(axis=1).astype(np.int64) for q in Q]
    assert np.all(np.diff(fit_classes(answers, Q > 0, groups).trace) > -1e-8)
    assert full.log_likelihood > dina.log_likelihood
    assert (dina.n_parameters, full.n_parameters) == (24 + 7, 12 + 20 + 8 + 7)
    assert dina.bic < full.bic  # the table was made by DINA


def test_the_order_of_learners_items_and_concepts_changes_nothing(full):
    rng = np.random.default_rng(4)
    order, items = rng.permutation(600), rng.permutation(12)
    names = [f"i{j:02d}" for j in items]
    turned = {name: list(reversed(q_of()[name])) for name in names}
    again = diagnose(responses_of(stored()[order]), turned, model=FULL)
    assert again.log_likelihood == pytest.approx(full.log_likelihood, abs=1e-8)
    for k, concept in enumerate(full.concepts):
        at = again.concepts.index(concept)
        assert again.probability[:, at] == pytest.approx(full.probability[order.argsort()[order], k][order], abs=1e-6)


def test_guessing_and_slips_are_found_within_their_errors():
    away = []
    for seed in range(12):
        rng = np.random.default_rng((7, seed))
        table, _, guess, slip = simulated(n=800, matrix=Q, rng=rng, missing=0.1)
        found = diagnose(responses_of(table), q_of(), model=DINA)
        for one, g, s in zip(found.items, guess, slip, strict=True):
            away += [(one.guess - g) / one.std_errors[0], (one.slip - s) / one.std_errors[1]]
    assert np.sqrt(np.mean(np.square(away))) == pytest.approx(1.0, abs=0.12)
    assert np.mean(np.abs(away) < 1.645) == pytest.approx(0.9, abs=0.04)


def test_mastery_is_as_probable_as_it_says_and_accuracy_and_consistency_are_what_they_say():
    rng = np.random.default_rng(8)
    table, mastered, *_ = simulated(n=4000, matrix=Q, rng=rng)
    found = diagnose(responses_of(table), q_of(), model=FULL)
    told = found.probability > 0.5
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        here = (found.probability >= low) & (found.probability < low + 0.2)
        assert mastered[here].mean() == pytest.approx(found.probability[here].mean(), abs=0.06)
    said = [one.accuracy for one in found.accuracy]
    assert (told == mastered).mean(axis=0) == pytest.approx(said, abs=0.015)
    assert (told == mastered).all(axis=1).mean() == pytest.approx(found.pattern_accuracy, abs=0.02)
    chances = {i.item: dict(zip(i.sets, i.chances, strict=True)) for i in found.items}
    second = np.array([
        [chances[f"i{j:02d}"][tuple("ABC"[k] for k in np.flatnonzero(Q[j]) if m[k])] for j in range(12)]
        for m in mastered
    ])  # fmt: skip
    parallel = (rng.random(second.shape) < second).astype(int)
    by = np.array([[chances[f"i{j:02d}"][tuple("ABC"[k] for k in np.flatnonzero(Q[j]) if m[k])] for m in patterns_of(3)]
                   for j in range(12)])  # fmt: skip
    posterior, _ = posterior_of(Answers(right=parallel * 1.0, seen=np.ones(parallel.shape)), by, found.shares)
    agree = ((posterior @ patterns_of(3) > 0.5) == told).mean(axis=0)
    assert [one.consistency for one in found.accuracy] == pytest.approx(agree.tolist(), abs=0.02)


def test_the_wald_test_holds_its_size_and_finds_items_that_add_up():
    refused, found_out = [], []

    def adding(j, mastered):
        own = mastered[Q[j] > 0]
        full = 0.9 if own.all() else 0.15
        return 0.15 + 0.75 * own.mean() if j in (6, 10) else full

    for seed in range(15):
        rng = np.random.default_rng((9, seed))
        table, *_ = simulated(n=1000, matrix=Q, rng=rng, effects=adding)
        for one in diagnose(responses_of(table), q_of(), model=FULL).items:
            if one.wald_p is not None:
                (found_out if one.item in ("i06", "i10") else refused).append(one.wald_p < 0.05)
    assert np.mean(refused) < 0.12
    assert np.mean(found_out) > 0.95


def test_a_wrong_row_of_the_q_matrix_is_noticed_and_right_ones_are_left_alone():
    rng = np.random.default_rng(10)
    table, *_ = simulated(n=2000, matrix=Q, rng=rng)
    declared = q_of()
    assert diagnose(responses_of(table), declared).suggestions == ()
    told = diagnose(responses_of(table), {**declared, "i03": ["B"], "i06": ["A", "B", "C"]}).suggestions
    assert {(one.item, one.suggested) for one in told} == {("i03", ("A",)), ("i06", ("A", "B"))}
    assert all(one.suggested_explains > 0.95 for one in told)
