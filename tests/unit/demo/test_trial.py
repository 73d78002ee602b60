"""The simulated trial of a question bank: the same each time, after the true places, and one question with two keys."""

import numpy as np
import polars as pl

from yucai.demo import question_file, simulate_college
from yucai.evidence import questions_from, read_table


def test_the_questions_are_sound_and_their_keys_vary():
    questions = questions_from(read_table(question_file(), "question-bank"))
    assert len(questions) == 24
    assert {len(one.options) for one in questions} == {4}
    assert all(sum(one.key == letter for one in questions) == 6 for letter in "ABCD")
    assert all(one.stem.en != one.stem.zh for one in questions)


def test_the_able_choose_the_key_more_often_but_for_the_question_with_two():
    college = simulate_college()
    truth = college.truth.to_table().filter(occasion="2025-2026")
    told = college.trial.with_columns(quality=pl.col("item").str.split("/").list.get(2))
    told = told.join(truth.drop("occasion"), on=["learner", "quality"])
    grows = {item: np.corrcoef(rows["place"], rows["score"])[0, 1] for (item,), rows in told.group_by("item")}
    falls = [item for item, r in grows.items() if r < 0]
    assert falls == ["test/ai/ai-innovative-thinking/9"]
    assert sum(r > 0.15 for r in grows.values()) >= 22


def test_the_same_seed_gives_the_same_trial():
    assert simulate_college().trial.equals(simulate_college().trial)
