"""Scores of predictions by hand, and an evaluation that lets nothing leak."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.measurement.tracing.practice import simulated
from yucai.measurement.tracing import (
    Attempts,
    TracingModel,
    evaluate_tracing,
    fit_tracing,
    score_predictions,
    trace_mastery,
)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])), min_size=2, max_size=40))
def test_auc_counts_pairs(rows):
    right, chance = (np.array(part) for part in zip(*rows, strict=True))
    told = score_predictions(right, chance)
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in chance[right] for b in chance[~right]]
    assert (told.auc is None) == (not pairs)
    if pairs:
        assert told.auc == pytest.approx(np.mean(pairs))
    assert told.rmse == pytest.approx(np.sqrt(np.mean((right - chance) ** 2)))
    assert told.log_loss == pytest.approx(-np.mean(np.log(np.where(right, chance, 1 - chance))))


def test_chances_that_came_true_are_calibrated_and_others_are_not():
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.95, 20_000)
    right = rng.random(20_000) < chance
    assert score_predictions(right, chance).calibration_error < 0.012
    assert score_predictions(right, np.clip(chance + 0.1, 0, 1)).calibration_error == pytest.approx(0.1, abs=0.015)


def test_learners_are_foretold_by_others_and_each_answer_once():
    attempts = simulated(np.random.default_rng(2), n_learners=120, n_trials=8, start=0.3, learn=0.15, n_skills=2)
    twice = attempts.table.with_columns(skill=pl.lit("whole"))  # every answer takes a second skill
    both = Attempts.from_table(pl.concat([attempts.table, twice]))
    told = evaluate_tracing(both, rng=np.random.default_rng(3), n_folds=3)
    assert told.whole.n_answers == both.n_answers == attempts.n_answers == len(both) // 2
    assert told.cold_start.n_answers == 5 * 120
    assert told.later.n_answers + told.cold_start.n_answers == told.whole.n_answers
    assert sum(fold.n_answers for fold in told.folds) == told.whole.n_answers
    assert told.predictions.select(pl.struct("learner", "order").n_unique()).item() == both.n_answers


def test_a_prediction_does_not_know_its_own_answer_nor_the_learners_later_ones():
    attempts = simulated(
        np.random.default_rng(4), n_learners=60, n_trials=6, start=0.3, learn=0.15, n_skills=2, spread=1.0
    )
    tracing = fit_tracing(attempts, model=TracingModel(by_learner=True))
    turned = attempts.table.with_columns(
        right=pl.when(pl.col("order") >= 6).then(~pl.col("right")).otherwise(pl.col("right"))
    )
    told, other = (
        trace_mastery(attempts, tracing).predictions(),
        trace_mastery(Attempts.from_table(turned), tracing).predictions(),
    )
    same = told["chance"] == other["chance"]
    assert same.filter(told["order"] <= 6).all()
    assert not same.filter(told["order"] > 6).all()


def test_tracing_foretells_as_well_as_the_truth_and_better_than_shares():
    rng = np.random.default_rng(5)
    attempts = simulated(rng, n_learners=1500, n_trials=10, start=0.3, learn=0.15)
    told = evaluate_tracing(attempts, rng=rng, n_folds=2)
    m, chances = np.full(1500, 0.3), []
    right = attempts.table["right"].to_numpy().reshape(1500, 10)
    for t in range(10):
        chances.append(m * 0.9 + (1 - m) * 0.2)
        seen = np.where(right[:, t], chances[-1], 1 - chances[-1])
        m = m * np.where(right[:, t], 0.9, 0.1) / seen
        m += (1 - m) * 0.15
    truth = score_predictions(right.ravel(), np.column_stack(chances).ravel())
    assert told.whole.auc == pytest.approx(truth.auc, abs=0.003)
    assert told.whole.log_loss < told.base.log_loss - 0.05
    assert told.whole.calibration_error < 0.02
    assert told.n_unpredicted == 0


def test_where_learners_begin_apart_cold_starts_are_foretold_better():
    rng = np.random.default_rng(6)
    attempts = simulated(rng, n_learners=500, n_trials=4, start=0.4, learn=0.05, n_skills=10, spread=2.0)
    alike, apart = (
        evaluate_tracing(attempts, rng=np.random.default_rng(1), n_folds=2, model=model)
        for model in (TracingModel(), TracingModel(by_learner=True))
    )
    assert apart.cold_start.auc > alike.cold_start.auc + 0.02
    assert apart.whole.log_loss < alike.whole.log_loss - 0.01
