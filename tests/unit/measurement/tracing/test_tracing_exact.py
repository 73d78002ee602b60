"""Tracing against what is exact: every path added up, plain NumPy, derivatives by differences, any order of rows."""

import numba
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from tests.unit.measurement.tracing.practice import by_paths, log_likelihood, simulated, stored
from yucai.measurement.tracing import Attempts, TracingModel, fit_tracing, kernels, trace_mastery
from yucai.measurement.tracing.chains import chains_of
from yucai.measurement.tracing.plain import smooth_chain
from yucai.measurement.tracing.search import layout_of, search
from yucai.measurement.tracing.state import Numbers, Pass, Prior, expect, first_numbers
from yucai.measurement.tracing.uncertainty import score_of

CHANCE = st.floats(0.01, 0.99)
SHOWN = st.floats(0.01, 0.5)
FREE = Prior(weight=0.0, guess=np.zeros(1), slip=np.zeros(1))


@given(st.lists(st.tuples(st.booleans(), SHOWN, SHOWN), min_size=1, max_size=7), CHANCE, CHANCE, CHANCE)
@settings(max_examples=60)
def test_plain_numpy_adds_up_every_path(answers, start, learn, forget):
    right, guess, slip = (np.array(part) for part in zip(*answers, strict=True))
    told = smooth_chain(right, start=start, learn=learn, forget=forget, guess=guess, slip=slip)
    ends, mastered, whole = by_paths(right, start, learn, forget, guess, slip)
    assert told.height == pytest.approx(np.log(whole), abs=1e-12)
    np.testing.assert_allclose(told.mastered, mastered, atol=1e-12)
    np.testing.assert_allclose(told.ends, ends, atol=1e-12)


def with_lengths(rng, *, n_items):
    """Attempts whose chains have any length from 1 to 50, at three skills."""
    whole = simulated(rng, n_learners=40, n_trials=50, start=0.4, learn=0.1, forget=0.05, n_skills=3, n_items=n_items)
    lengths = pl.DataFrame({"learner": whole.table["learner"].unique().sort(), "most": rng.integers(1, 150, 40)})
    return Attempts(whole.table.join(lengths, on="learner").filter(pl.col("order") < pl.col("most")).drop("most"))


@pytest.mark.parametrize("n_items", [1, 4])
def test_the_compiled_pass_is_the_plain_one(n_items):
    rng = np.random.default_rng(3)
    attempts = with_lengths(rng, n_items=n_items)
    skills = tuple(attempts.table["skill"].unique().sort())
    chains = chains_of(attempts.table, skills, by_item=n_items > 1)
    j = len(chains.item_skill)
    numbers = Numbers(
        level=rng.normal(size=3), learn=rng.uniform(0.05, 0.4, 3), forget=rng.uniform(0.02, 0.2, 3),
        guess=rng.uniform(0.05, 0.45, j), slip=rng.uniform(0.05, 0.45, j), spread=0.0,
    )  # fmt: skip
    found = expect(Pass(chains), numbers, FREE, np.ones(3, bool))
    moves, items, height, began = np.zeros((3, 4)), np.zeros((j, 4)), np.zeros(3), np.zeros(3)
    for (_learner, skill), part in attempts.table.group_by("learner", "skill"):
        s, part = skills.index(skill), part.sort("order")
        which = [s if n_items == 1 else 4 * s + int(name[-1]) for name in part["item"].fill_null("0")]
        right = part["right"].to_numpy()
        told = smooth_chain(
            right, start=expit(numbers.level[s]), learn=numbers.learn[s], forget=numbers.forget[s],
            guess=numbers.guess[which], slip=numbers.slip[which],
        )  # fmt: skip
        before = told.mastered[:-1].sum()
        moves[s] += [told.learnt.sum(), len(right) - 1 - before, told.forgot.sum(), before]
        height[s] += told.height
        began[s] += told.mastered[0]
        for t, k in enumerate(which):
            items[k] += np.array([right[t], not right[t], 0, 0]) * told.mastered[t]
            items[k] += np.array([0, 0, right[t], not right[t]]) * (1 - told.mastered[t])
    np.testing.assert_allclose(found.moves, moves, atol=1e-9)
    np.testing.assert_allclose(found.items, items, atol=1e-9)
    np.testing.assert_allclose(found.height, height, atol=1e-9)
    np.testing.assert_allclose(found.began[:, 0], began, atol=1e-9)


def test_where_learners_vary_the_likelihood_is_that_of_adding_up_places_of_learners():
    attempts = simulated(
        np.random.default_rng(5), n_learners=12, n_trials=4, start=0.4, learn=0.2, n_skills=3, spread=1.5
    )
    skills = tuple(attempts.table["skill"].unique().sort())
    chains = chains_of(attempts.table, skills, by_item=False)
    numbers = Numbers(
        level=np.array([-0.4, 0.3, 1.0]), learn=np.full(3, 0.2), forget=np.zeros(3), guess=np.full(3, 0.2),
        slip=np.full(3, 0.1), spread=1.3,
    )  # fmt: skip
    found = expect(Pass(chains), numbers, FREE, np.ones(3, bool))
    places = np.linspace(-9, 9, 2001)
    weight = np.exp(-0.5 * places**2) / np.exp(-0.5 * places**2).sum()
    total = 0.0
    for _learner, own in attempts.table.group_by("learner"):
        likely = weight.copy()
        for (skill,), part in own.group_by("skill"):
            start = expit(numbers.level[skills.index(skill)] + 1.3 * places)
            right = part.sort("order")["right"].to_numpy()
            ends, _mastered, _whole = by_paths(right, 0.5, 0.2, 0.0, np.full(4, 0.2), np.full(4, 0.1))
            likely *= (1 - start) * ends[0] + start * ends[1]
        total += np.log(likely.sum())
    assert found.height.sum() == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize(
    "model", [TracingModel(forgetting=True), TracingModel(by_item=True), TracingModel(by_learner=True)]
)
def test_derivatives_are_those_of_the_likelihood(model):
    attempts = simulated(
        np.random.default_rng(6), n_learners=60, n_trials=6, start=0.3, learn=0.2, n_skills=2, n_items=3
    )
    skills = tuple(attempts.table["skill"].unique().sort())
    chains = chains_of(attempts.table, skills, by_item=model.by_item)
    layout = layout_of(chains, forgetting=model.forgetting, by_learner=model.by_learner)
    numbers = first_numbers(chains, forgetting=model.forgetting, by_learner=model.by_learner)
    n = len(chains.item_skill)
    prior = Prior(weight=10.0 if model.by_item else 0.0, guess=np.full(n, 0.25), slip=np.full(n, 0.15))
    run, row = Pass(chains), layout.row(numbers)
    whole = lambda r: expect(run, layout.numbers(r), prior, np.ones(2, bool)).height.sum()  # noqa: E731
    score = score_of(numbers, expect(run, numbers, prior, np.ones(2, bool)), prior, layout)
    for p in range(len(row)):
        by = np.zeros_like(row)
        by[p] = 1e-5
        slope = (whole(row + by) - whole(row - by)) / 2e-5
        in_logits = 1.0 if model.by_learner and (p < 2 or p == len(row) - 1) else row[p] * (1 - row[p])
        assert score[p] == pytest.approx(slope * in_logits, abs=2e-4)


def test_standard_errors_are_those_of_the_curvature():
    attempts = simulated(np.random.default_rng(8), n_learners=300, n_trials=6, start=0.3, learn=0.2, forget=0.1)
    (one,) = fit_tracing(attempts, model=TracingModel(forgetting=True)).skills
    at = np.array([one.start.value, one.learn.value, one.forget.value, one.guess.value, one.slip.value])
    height = lambda x: log_likelihood(attempts, expit(x))  # noqa: E731
    x, h = logit(at), 2e-3
    curve = np.zeros((5, 5))
    for p in range(5):
        for q in range(5):
            a, b = np.eye(5)[p] * h, np.eye(5)[q] * h
            curve[p, q] = -(height(x + a + b) - height(x + a - b) - height(x - a + b) + height(x - a - b)) / (4 * h * h)
    np.testing.assert_allclose(np.array(one.covariance), np.linalg.inv(curve), rtol=0.02, atol=2e-4)
    for p in range(5):
        assert height(x) > height(x + 0.05 * np.eye(5)[p])
        assert height(x) > height(x - 0.05 * np.eye(5)[p])


@pytest.mark.parametrize(
    "model", [TracingModel(forgetting=True), TracingModel(by_item=True), TracingModel(by_learner=True)]
)
def test_neither_the_order_of_rows_nor_the_names_of_learners_matter(model):
    attempts = simulated(
        np.random.default_rng(9), n_learners=80, n_trials=6, start=0.3, learn=0.2, n_skills=2, n_items=2
    )
    names = attempts.table["learner"].unique().sort()
    other = dict(zip(names, np.random.default_rng(2).permutation(names.to_numpy()), strict=True))
    renamed = attempts.table.with_columns(pl.col("learner").replace_strict(other)).sample(
        fraction=1.0, shuffle=True, seed=1
    )
    found, again = fit_tracing(attempts, model=model), fit_tracing(Attempts.from_table(renamed), model=model)
    np.testing.assert_allclose(again.table()["value"], found.table()["value"], atol=1e-10)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-8)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor")
@pytest.mark.parametrize("model", [TracingModel(), TracingModel(by_item=True), TracingModel(by_learner=True)])
def test_one_thread_and_two_give_the_same_bits(model, monkeypatch):
    attempts = simulated(
        np.random.default_rng(10), n_learners=100, n_trials=6, start=0.3, learn=0.2, n_skills=2, n_items=2
    )
    told = []
    monkeypatch.setattr(kernels, "MANY", 0)
    for n in (1, 2):
        numba.set_num_threads(n)
        told.append(fit_tracing(attempts, model=model))
        told.append(trace_mastery(attempts, told[-1]).now)
    assert told[0] == told[2]
    assert told[1].equals(told[3])
    monkeypatch.setattr(kernels, "MANY", 1_000_000)
    alone = trace_mastery(attempts, told[0]).now
    np.testing.assert_allclose(alone["mastery"], told[1]["mastery"], atol=1e-12)


def test_the_search_never_ends_lower_than_plain_steps():
    attempts = stored()
    skills = tuple(attempts.table["skill"].unique().sort())
    chains = chains_of(attempts.table, skills, by_item=False)
    layout = layout_of(chains, forgetting=True, by_learner=False)
    start = first_numbers(chains, forgetting=True, by_learner=False)
    found = search(chains, layout, start, FREE)
    rises = np.diff(found.trace)
    assert found.settled.all()
    assert found.n_steps < 80
    assert rises.min() >= -1e-7


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_what_is_told_before_an_answer_is_what_a_filter_tells(seed):
    rng = np.random.default_rng(seed)
    attempts = simulated(rng, n_learners=40, n_trials=5, start=0.4, learn=0.2, n_skills=1)
    tracing = fit_tracing(attempts)
    (one,) = tracing.skills
    told = trace_mastery(attempts, tracing)
    for (_learner,), part in told.answers.group_by("learner"):
        m = one.start.value
        for row in part.sort("order").iter_rows(named=True):
            assert row["mastery"] == pytest.approx(m, abs=1e-10)
            assert row["chance"] == pytest.approx(one.chance(m), abs=1e-10)
            p1, p0 = (1 - one.slip.value, one.guess.value) if row["right"] else (one.slip.value, 1 - one.guess.value)
            m = m * p1 / (m * p1 + (1 - m) * p0)
            m += (1 - m) * one.learn.value
        now = told.now.filter(pl.col("learner") == _learner).row(0, named=True)
        assert now["mastery"] == pytest.approx(m, abs=1e-10)
        assert now["next_right"] == pytest.approx(one.chance(m), abs=1e-10)
