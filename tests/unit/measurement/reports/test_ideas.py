"""What a class holds and what not: gaps against others, intervals that hold, false alarms over all ideas together."""

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import BINARY, a_map, responses, rule
from yucai.measurement import CLASS_IDEAS, IdeaKind, calibrate, class_ideas, score

TOPIC = ("b03", "b07")
TOPICS = dict.fromkeys(TOPIC, "waves")


def answers(rng, *, lost=0.0, class_size=40, n=400, shift=0.0):
    """400 learners of whom the first 40 are a class that stands ``shift`` higher and has lost the topic of waves."""
    rows = []
    for learner, place in enumerate(rng.normal(size=n)):
        mine = learner < class_size
        for item, hard in enumerate(np.linspace(-1.2, 1.2, 12)):
            code = f"b{item:02d}"
            logit = 1.4 * (place + shift * mine - hard) - lost * (mine and code in TOPIC)
            rows.append((f"L{learner:03d}", code, float(rng.random() < 1 / (1 + np.exp(-logit))), 1.0))
    return responses(rows)


def asked(said, *, class_size=40, topics=TOPICS):
    calibration = calibrate(said, a_map(rule("b*", BINARY)))
    places = score(said, calibration).to_table()
    mine = [f"L{n:03d}" for n in range(class_size)]
    here = type(said)(said.table.filter(pl.col("learner").is_in(mine)))
    return class_ideas(calibration, here, places.filter(pl.col("learner").is_in(mine)), topics=topics)


def test_a_topic_that_a_class_has_lost_is_the_one_that_is_named():
    said = answers(np.random.default_rng(3), lost=2.0)
    found = asked(said)
    assert [(idea.kind, idea.code) for idea in found.behind] == [(IdeaKind.TOPIC, "waves")]
    (waves,) = found.behind
    table = said.table.filter(pl.col("item").is_in(TOPIC))
    mine = pl.col("learner") < "L040"
    assert waves.seen == pytest.approx(table.filter(mine)["score"].mean())
    assert waves.expected == pytest.approx(table.filter(~mine)["score"].mean(), abs=0.1)  # they stand much alike
    assert (waves.n_people, waves.n_answers) == (40, 80)
    assert waves.gap90[0] < waves.gap < waves.gap90[1] < 0


def test_the_place_of_a_class_is_the_mean_of_its_people_with_the_error_of_that_mean():
    places = pl.DataFrame(
        {"learner": [f"L{n}" for n in range(20)], "occasion": ["t"] * 20, "quality": ["skill"] * 20,
         "mean": np.linspace(-1, 0, 20), "std_error": [0.4] * 20, "enough": [True] * 16 + [False] * 4}
    )  # fmt: skip
    said = answers(np.random.default_rng(0), n=60)
    calibration = calibrate(said, a_map(rule("b*", BINARY)))
    (idea,) = class_ideas(calibration, type(said)(said.table.clear()), places).ideas
    assert (idea.kind, idea.n_people, idea.expected) == (IdeaKind.QUALITY, 16, 0.0)
    assert idea.seen == pytest.approx(np.linspace(-1, 0, 20)[:16].mean())
    assert idea.std_error == pytest.approx(0.4 / 4)
    assert idea.p_value < 1e-6
    assert idea.behind


def test_where_nothing_is_lost_hardly_anything_is_named():
    """Of 40 classes that hold what others hold, at most a few are told of anything."""
    rng = np.random.default_rng(5)
    named = [bool([idea for idea in asked(answers(rng, n=160)).behind if idea.kind is not IdeaKind.QUALITY])
             for _ in range(12)]  # fmt: skip
    assert sum(named) <= 2


def test_what_only_the_class_was_asked_has_nothing_to_be_compared_with():
    found = asked(answers(np.random.default_rng(1), n=40), topics={})
    assert {idea.kind for idea in found.ideas} == {IdeaKind.QUALITY}
    assert len([thin for thin in found.thin if "outside the class" in thin.why.en]) == 12


def test_of_nine_people_too_little_is_known():
    found = asked(answers(np.random.default_rng(1), n=100), class_size=9)
    assert found.ideas == ()
    assert all(thin.why.en.startswith("9 people of the class have evidence of it") for thin in found.thin)


def test_the_table_keeps_its_contract_and_the_surest_comes_first():
    found = asked(answers(np.random.default_rng(3), lost=2.0))
    assert found.to_table().columns == [column.name for column in CLASS_IDEAS.columns]
    assert [idea.p_value for idea in found.ideas] == sorted(idea.p_value for idea in found.ideas)
