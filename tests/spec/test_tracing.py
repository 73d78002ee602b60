"""Knowledge tracing: how a skill is learnt attempt by attempt, who has mastered it by now, and what comes next.

Read from top to bottom. 200 learners practise two skills, eight questions each, in the order in which a course sets
them. All of it is simulated, so that the truth is known: fractions are learnt faster than graphs.
"""

import numpy as np
import polars as pl
import pytest

from yucai.measurement import Attempts, Tracing, TracingModel, evaluate_tracing, fit_tracing, trace_mastery

LEARN = {"fractions": 0.3, "graphs": 0.08}


@pytest.fixture(scope="module")
def table():
    """One row an answer, as any data frame: whose, at which skill, the how manieth, and whether it was right."""
    rng = np.random.default_rng(31)
    rows = []
    for n in range(200):
        mastered = {skill: rng.random() < 0.2 for skill in LEARN}
        for k in range(16):
            skill = "fractions" if k % 2 else "graphs"
            right = rng.random() < (0.9 if mastered[skill] else 0.2)
            rows.append((f"learner-{n:03d}", skill, float(k), bool(right)))
            mastered[skill] |= rng.random() < LEARN[skill]
    return pl.DataFrame(rows, schema=["learner", "skill", "order", "right"], orient="row")


@pytest.fixture(scope="module")
def attempts(table):
    return Attempts.from_table(table)


@pytest.fixture(scope="module")
def tracing(attempts):
    return fit_tracing(attempts)


# 1. What practice says of skills


def test_how_fast_a_skill_is_learnt_comes_with_its_interval(tracing):
    for skill, learn in LEARN.items():
        found = tracing.skill(skill).learn
        assert found.lower90 < learn < found.upper90
    assert tracing.skill("fractions").learn.lower90 > tracing.skill("graphs").learn.upper90


def test_guessing_is_told_from_knowing(tracing):
    skill = tracing.skill("fractions")
    assert skill.guess.lower90 < 0.2 < skill.guess.upper90
    assert skill.slip.value == pytest.approx(0.1, abs=0.04)


def test_the_numbers_come_as_one_table_and_one_file(tracing, tmp_path):
    assert tracing.table().columns == ["skill", "number", "item", "value", "std_error", "lower90", "upper90"]
    tracing.save(tmp_path / "tracing.json")
    assert Tracing.load(tmp_path / "tracing.json") == tracing


# 2. Who has mastered what by now


def test_mastery_rises_with_right_answers_and_falls_with_wrong_ones(tracing):
    rows = [("Lin", "graphs", float(n), right) for n, right in enumerate([False, False, True, True, True])]
    steps = []
    for n in range(1, 6):
        own = Attempts.from_table(pl.DataFrame(rows[:n], schema=["learner", "skill", "order", "right"], orient="row"))
        steps.append(trace_mastery(own, tracing).now.row(0, named=True))
    mastery = [step["mastery"] for step in steps]
    assert mastery[0] > mastery[1] < mastery[2] < mastery[3] < mastery[4]
    assert mastery[4] > 0.8
    assert all(step["mastery_lower90"] < step["mastery"] < step["mastery_upper90"] for step in steps)
    assert steps[4]["next_right"] > steps[1]["next_right"] + 0.3


def test_every_answer_was_foretold_before_it_was_known(attempts, tracing):
    told = trace_mastery(attempts, tracing).predictions()
    first = told.group_by("learner", maintain_order=True).first()
    assert first["chance"].n_unique() == 1  # nothing was known of anybody
    assert told.height == attempts.n_answers


# 3. How much it is worth


def test_learners_who_were_not_seen_are_foretold(attempts):
    told = evaluate_tracing(attempts, rng=np.random.default_rng(1))
    assert told.whole.auc > 0.7
    assert told.whole.log_loss < told.base.log_loss
    assert told.cold_start.n_answers == 5 * 200
    assert told.cold_start.auc < told.later.auc


# 4. Richer models, when practice calls for them


def test_what_is_forgotten_is_asked_for(attempts):
    found = fit_tracing(attempts, model=TracingModel(forgetting=True))
    assert found.skill("fractions").forget.value < 0.1
    assert fit_tracing(attempts).skill("fractions").forget is None
