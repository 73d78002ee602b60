"""Cognitive diagnosis: which concepts of a course a learner has mastered, and when nothing is said.

Read from top to bottom. 500 learners answer fourteen questions on limits, derivatives and integrals; some need two
concepts. All of it is simulated, so that the truth is known.
"""

import numpy as np
import polars as pl
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.diagnosis import DiagnosisModel, MasteryRule, MasteryVerdict, UndiagnosedError, diagnose

COURSE = ("limits", "derivatives", "integrals")
NEEDS = {
    **{f"limit/{j}": ["limits"] for j in range(3)},
    **{f"derivative/{j}": ["derivatives"] for j in range(3)},
    **{f"integral/{j}": ["integrals"] for j in range(3)},
    "slope/1": ["limits", "derivatives"], "slope/2": ["limits", "derivatives"], "area/1": ["limits", "integrals"],
    "area/2": ["limits", "integrals"], "chain/1": ["derivatives", "integrals"],
}  # fmt: skip


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(81)
    return (rng.normal(size=(500, 1)) + rng.normal(size=(500, 3)) > [-0.6, 0.0, 0.6]).astype(int)


@pytest.fixture(scope="module")
def responses(truth):
    rng = np.random.default_rng(82)
    rows = []
    for i, mastered in enumerate(truth):
        for item, needs in NEEDS.items():
            full = all(mastered[COURSE.index(one)] for one in needs)
            rows.append((f"L{i:03d}", item, float(rng.random() < (0.88 if full else 0.18)), 1.0))
    return Responses.from_table(pl.DataFrame(rows, schema=["learner", "item", "score", "max_score"], orient="row"))


@pytest.fixture(scope="module")
def diagnosis(responses):
    return diagnose(responses, NEEDS)


# 1. Learners


def test_each_concept_has_a_probability_and_a_plain_verdict(diagnosis):
    one = diagnosis.of("L007", "limits")
    assert 0.0 <= one.probability <= 1.0
    assert one.n_evidence == 7
    assert one.verdict in set(MasteryVerdict)
    assert one.says.en.startswith(("Mastered", "Not yet", "Cannot tell"))


def test_what_is_called_mastered_nearly_always_is(diagnosis, truth):
    table = diagnosis.to_table()
    k = [COURSE.index(name) for name in table["concept"]]
    learner = [int(name[1:]) for name in table["learner"]]
    table = table.with_columns(true=pl.Series(truth[learner, k]))
    assert table.filter(pl.col("verdict") == "mastered")["true"].mean() > 0.9
    assert table.filter(pl.col("verdict") == "not-yet")["true"].mean() < 0.1


def test_where_both_are_likely_nothing_is_said(diagnosis):
    between = diagnosis.to_table().filter(pl.col("probability").is_between(0.21, 0.79))
    assert between.height > 0
    assert set(between["verdict"]) == {"cannot-tell"}


def test_too_few_answers_are_not_enough_whatever_the_others_do(responses):
    strict = diagnose(responses, NEEDS, rule=MasteryRule(min_evidence=8))
    assert set(strict.to_table()["verdict"]) == {"cannot-tell"}
    assert strict.of("L007", "limits").says.zh == "尚不能判断：涉及该知识点的作答只有 7 个，至少需要 8 个。"


# 2. How sure, and do the items fit


def test_accuracy_and_consistency_are_told_for_each_concept(diagnosis, truth):
    for one in diagnosis.accuracy:
        k = COURSE.index(one.concept)
        assert one.share == pytest.approx(truth[:, k].mean(), abs=0.07)
        assert 0.85 < one.accuracy < 1.0
        assert 0.7 < one.consistency < one.accuracy + 0.02


def test_two_models_are_compared_on_the_same_answers(responses, diagnosis):
    simple = diagnose(responses, NEEDS, model=DiagnosisModel.DINA)
    assert simple.bic < diagnosis.bic  # nobody gets half the marks for half the concepts here
    assert diagnosis.log_likelihood >= simple.log_likelihood
    assert np.mean([one.wald_p > 0.01 for one in diagnosis.items if one.wald_p is not None]) >= 0.8


def test_a_wrongly_declared_item_is_noticed(responses, diagnosis):
    assert diagnosis.suggestions == ()
    (told,) = diagnose(responses, {**NEEDS, "limit/1": ["integrals"]}).suggestions
    assert (told.item, told.declared, told.suggested) == ("limit/1", ("integrals",), ("limits",))
    assert told.suggested_explains > told.declared_explains


def test_guessing_and_slips_are_in_one_table(diagnosis):
    table = diagnosis.items_table()
    assert table["guess"].mean() == pytest.approx(0.18, abs=0.05)
    assert table["slip"].mean() == pytest.approx(0.12, abs=0.05)


# 3. What cannot be used is said, all of it at once


def test_a_concept_that_no_item_asks_for_alone_cannot_be_told(responses):
    only = {item: needs for item, needs in NEEDS.items() if not item.startswith("integral")}
    with pytest.raises(FaultyInputError, match="no answered item needs integrals alone"):
        diagnose(responses, only)


def test_every_fault_is_named():
    rows = [
        ("ana", "a", 0.5, 1.0, "x"), ("ben", "a", 1.0, 1.0, "x"), ("ben", "a", 0.0, 1.0, "y"),
        ("ana", "b", 0.0, 1.0, None), ("ben", "b", 1.0, 1.0, None),
    ]  # fmt: skip
    names = ["learner", "item", "score", "max_score", "rater"]
    came = Responses.from_table(pl.DataFrame(rows, schema=names, orient="row"))
    with pytest.raises(FaultyInputError) as told:
        diagnose(came, {"a": ["one"], "b": ["one", "two"], "c": []})
    assert [fault.code for fault in told.value.faults] == ["no-concept", "not-right-or-wrong", "twice", "not-alone"]
    assert "ben" in told.value.in_language("zh")


def test_half_marks_count_from_a_stated_share_on():
    rng = np.random.default_rng(83)
    rows = [(f"L{i}", f"q{j}", float(rng.integers(0, 3)), 2.0) for i in range(60) for j in range(4)]
    came = Responses.from_table(pl.DataFrame(rows, schema=["learner", "item", "score", "max_score"], orient="row"))
    found = diagnose(came, {f"q{j}": ["one"] for j in range(4)}, right_from=0.5)
    assert found.n_evidence.tolist() == [[4]] * 60


def test_what_everybody_answers_alike_is_left_out_and_named(responses):
    more = pl.DataFrame({"learner": ["L001", "L002"], "item": ["easy"] * 2, "score": [1.0] * 2, "max_score": [1.0] * 2})
    both = Responses.from_table(pl.concat([responses.table, Responses.from_table(more).table]))
    found = diagnose(both, {**NEEDS, "easy": ["limits"], "never": ["limits"]})
    assert found.left_out == ("easy",)
    assert [notice.en for notice in found.notices] == [
        "easy: everybody answered alike; it tells nothing and was left out.",
        "never: nobody answered it.",
    ]


def test_names_that_were_not_diagnosed_are_refused(diagnosis):
    with pytest.raises(UndiagnosedError, match="nobody"):
        diagnosis.of("nobody", "limits")
    with pytest.raises(UndiagnosedError, match="series"):
        diagnosis.of("L007", "series")
