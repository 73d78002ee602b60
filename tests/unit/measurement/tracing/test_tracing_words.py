"""What is said of attempts that cannot be used, and of skills that cannot be known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.tracing.practice import simulated
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.tracing import (
    Attempts,
    Tracing,
    TracingFileError,
    TracingModel,
    evaluate_tracing,
    fit_tracing,
    trace_mastery,
)

SCHEMA = {"learner": pl.String, "skill": pl.String, "order": pl.Float64, "right": pl.Boolean, "item": pl.String}


def attempts(rows):
    return Attempts.from_table(pl.DataFrame(rows, schema=SCHEMA, orient="row"))


def said(rows):
    with pytest.raises(FaultyInputError) as told:
        attempts(rows)
    return told.value


def test_all_faults_are_told_at_once_in_both_languages():
    error = said([
        ("Ana", "sums", 1.0, True, None), ("Ana", "sums", 1.0, True, None),
        ("Ben", "sums", float("nan"), True, None), ("Cai", "sums", 2.0, True, "a"), ("Cai", "lines", 2.0, False, "b"),
    ])  # fmt: skip
    assert [fault.code for fault in error.faults] == ["no-order", "duplicate", "two-answers"]
    assert "first: Ana at sums, place 1" in str(error)
    assert "first: Cai, place 2" in str(error)
    assert "Ben 的 sums" in error.in_language("zh")


def test_no_attempts_and_missing_columns_are_told():
    assert [fault.code for fault in said([]).faults] == ["empty"]
    with pytest.raises(FaultyInputError, match="“right”"):
        Attempts.from_table(pl.DataFrame({"learner": ["Ana"], "skill": ["sums"], "order": [1.0]}))


def of_class(skill, answers):
    return [(f"L{i}", skill, float(t), a == "1", None) for i, own in enumerate(answers) for t, a in enumerate(own)]


def test_a_skill_that_cannot_be_known_is_named_and_the_rest_is_told():
    rng = np.random.default_rng(1)
    table = simulated(rng, n_learners=60, n_trials=5, start=0.3, learn=0.2).table
    more = pl.DataFrame(
        [(f"L{i}", "easy", 900.0 + t, True, None) for i in range(9) for t in range(4)]
        + [(f"L{i}", "once", 800.0, i % 2 == 0, None) for i in range(9)],
        schema=SCHEMA, orient="row",
    )  # fmt: skip
    found = fit_tracing(Attempts.from_table(pl.concat([table.select(list(SCHEMA)), more.select(list(SCHEMA))])))
    assert [one.skill for one in found.skills] == ["skill-0"]
    assert found.left_out == ("easy", "once")
    assert found.notices[0].en == (
        "easy: all 36 answers are right; they tell nothing of how it is learnt, and it was left out."
    )
    assert found.notices[1].zh == "once：没有人尝试满 3 次，无法区分学会与猜对，已略去。"


def test_nothing_to_trace_is_told():
    with pytest.raises(FaultyInputError, match="no skill can be traced"):
        fit_tracing(attempts(of_class("once", ["1", "0", "1"])))


def test_a_number_at_the_edge_has_no_error_and_is_named():
    rng = np.random.default_rng(0)
    found = fit_tracing(
        simulated(rng, n_learners=400, n_trials=8, start=0.3, learn=0.2, forget=0.0),
        model=TracingModel(forgetting=True),
    )
    (one,) = found.skills
    assert one.forget.value < 1e-4
    assert one.forget.std_error is None
    assert "forget could not be told with an error" in found.notices[0].en
    assert one.learn.std_error is not None


def test_attempts_at_other_skills_are_named_or_refused():
    rng = np.random.default_rng(3)
    known = simulated(rng, n_learners=50, n_trials=5, start=0.3, learn=0.2)
    tracing = fit_tracing(known)
    both = pl.concat([known.table, known.table.with_columns(skill=pl.lit("other"), order=pl.col("order") + 100)])
    assert trace_mastery(Attempts.from_table(both), tracing).passed_over == ("other",)
    with pytest.raises(FaultyInputError, match="traced were skill-0"):
        trace_mastery(Attempts.from_table(known.table.with_columns(skill=pl.lit("other"))), tracing)


def test_few_learners_for_an_evaluation_are_told():
    few = simulated(np.random.default_rng(4), n_learners=3, n_trials=5, start=0.3, learn=0.2)
    with pytest.raises(FaultyInputError, match="3 learners cannot be parted into 5 groups"):
        evaluate_tracing(few, rng=np.random.default_rng(1))


def responses(rows, *, timed=True):
    begun = datetime(2026, 3, 2, 8, tzinfo=UTC)
    columns = {
        "learner": [row[0] for row in rows], "item": [row[1] for row in rows],
        "score": [row[2] for row in rows], "max_score": [10.0] * len(rows),
        "at": [begun + timedelta(minutes=row[3]) if timed else None for row in rows],
    }  # fmt: skip
    return Responses.from_table(pl.DataFrame(columns, schema_overrides={"at": pl.Datetime("us", "UTC")}))


SKILLS = {"sum/*": ["sums"], "story": ["sums", "reading"]}


def test_responses_become_attempts_in_the_order_of_their_times():
    rows = [("Ana", "sum/2", 9.0, 5), ("Ana", "story", 10.0, 1), ("Ana", "song", 3.0, 2), ("Ana", "sum/1", 2.0, 5)]
    found = Attempts.from_responses(responses(rows), SKILLS, right_from=0.9)
    assert found.table.select("skill", "order", "right", "item").rows() == [
        ("reading", 0.0, True, "story"), ("sums", 0.0, True, "story"),
        ("sums", 1.0, False, "sum/1"), ("sums", 2.0, True, "sum/2"),
    ]  # fmt: skip
    assert found.n_answers == 3


def test_responses_without_time_or_skill_are_refused():
    with pytest.raises(FaultyInputError, match="first: Ana on sum/1"):
        Attempts.from_responses(responses([("Ana", "sum/1", 9.0, 5)], timed=False), SKILLS)
    with pytest.raises(FaultyInputError, match="items such as song"):
        Attempts.from_responses(responses([("Ana", "song", 9.0, 5)]), SKILLS)


def test_a_tracing_is_kept_whole_and_anything_else_refused(tmp_path):
    rng = np.random.default_rng(5)
    found = fit_tracing(
        simulated(rng, n_learners=60, n_trials=5, start=0.3, learn=0.2, n_skills=2, n_items=2),
        model=TracingModel(forgetting=True, by_item=True, by_learner=True),
    )
    found.save(tmp_path / "tracing.json")
    assert Tracing.load(tmp_path / "tracing.json") == found
    (tmp_path / "other.json").write_text('{"yucai_tracing": 99}', encoding="utf-8")
    for name in ("other.json", "nowhere.json"):
        with pytest.raises(TracingFileError, match="no tracing that this version can read"):
            Tracing.load(tmp_path / name)
