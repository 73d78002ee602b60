"""Calibration over partitions gives what calibration of the whole gives, whoever is asked."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.engine.answers import correlated
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement import Partition, StandardErrors, calibrate, calibrate_partitions
from yucai.texts import Text

N, CORRELATION = 900, np.array([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]])


def a_map():
    rules = tuple(
        EvidenceRule(
            item=f"q{d}-*", quality=f"quality-{d}", model=ItemModel.GRADED, kind=EvidenceKind.TEST,
            strength=Strength.STRONG, reason=Text("a test", "测验"),
        )
        for d in range(3)
    )  # fmt: skip
    return EvidenceMap(code="tests", version="1", framework="nine", name=Text("tests", "测验"), rules=rules)


@pytest.fixture(scope="module")
def table():
    """Three qualities, five items each of up to four categories, a third missing; one item tells nothing."""
    rng = np.random.default_rng(71)
    drawn, quality, *_ = correlated(rng, n=N, per_quality=5, correlation=CORRELATION, n_categories=4, observed=0.7)
    drawn[:, 3] = np.where(drawn[:, 3] == 2, 1, drawn[:, 3])  # a category nobody reached
    drawn[:, 7] = np.where(drawn[:, 7] >= 0, 2, -1)
    unit, item = np.nonzero(drawn >= 0)
    names = [f"q{d}-{j:02d}" for j, d in enumerate(quality)]
    return pl.DataFrame({
        "learner": [f"u{i:04d}" for i in unit], "item": [names[j] for j in item],
        "score": drawn[unit, item].astype(float), "max_score": 3.0,
        "rater": pl.Series([None] * len(unit), dtype=pl.String), "occasion": ["autumn"] * len(unit),
    })  # fmt: skip


def cut(table, ends, folder):
    """Write learners up to each of the ends into a file of their own."""
    number = table["learner"].str.slice(1).cast(pl.Int64)
    made = []
    for n, (begin, end) in enumerate(zip([0, *ends], [*ends, N], strict=True)):
        file = folder / f"part-{n}.parquet"
        table.filter((number >= begin) & (number < end)).write_parquet(file)
        made.append(Partition(file=file, folder=folder / f"work-{n}"))
    return made


def numbers(calibration):
    """All that was estimated, in one row."""
    found = [calibration.log_likelihood, *np.ravel(calibration.correlations)]
    found += [*np.ravel(calibration.correlation_std_errors)]
    for item in (item for scale in calibration.scales for item in scale.items):
        found += [item.slope, item.slope_std_error, *item.intercepts, *item.intercept_std_errors]
    return np.array(found)


@pytest.mark.parametrize("errors", list(StandardErrors))
@pytest.mark.parametrize("ends", [[], [300], [1, 440, 450, 899]])
def test_the_same_numbers_come_out_however_learners_are_cut(table, tmp_path, ends, errors):
    whole = calibrate(Responses.from_table(table), a_map(), errors=errors)
    parts = calibrate_partitions(cut(table, ends, tmp_path), a_map(), errors=errors)
    assert numbers(parts) == pytest.approx(numbers(whole), rel=1e-10, abs=1e-10)
    assert parts.n_steps == whole.n_steps
    assert parts.n_nodes == whole.n_nodes
    assert parts.left_out == whole.left_out
    assert parts.notices == whole.notices
    assert parts.population.covariance == pytest.approx(np.array(whole.population.covariance), rel=1e-10)
    assert [(s.n_units, s.n_responses) for s in parts.scales] == [(s.n_units, s.n_responses) for s in whole.scales]
    assert [i.n_responses for s in parts.scales for i in s.items] == [
        i.n_responses for s in whole.scales for i in s.items
    ]


def test_other_processes_give_the_same_numbers(table, tmp_path):
    made = cut(table, [200, 640], tmp_path)
    here = calibrate_partitions(made, a_map())
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = calibrate_partitions(made, a_map(), run=pool.map)
    np.testing.assert_allclose(numbers(there), numbers(here), rtol=1e-10, atol=1e-12)


def test_a_question_may_be_put_twice(table, tmp_path):
    """As by a cluster that loses a worker."""
    made = cut(table, [450], tmp_path)
    once = calibrate_partitions(made, a_map())

    def twice(question, partitions):
        return [[question(one), question(one)][1] for one in partitions]

    assert np.array_equal(numbers(calibrate_partitions(made, a_map(), run=twice)), numbers(once))


@pytest.mark.spark
def test_spark_gives_the_same_bits(table, tmp_path, spark_session):
    made = cut(table, [450], tmp_path)
    here = calibrate_partitions(made, a_map())
    context = spark_session.sparkContext

    def on_spark(question, partitions):
        return context.parallelize(partitions, len(partitions)).map(question).collect()

    assert np.array_equal(numbers(calibrate_partitions(made, a_map(), run=on_spark)), numbers(here))


def test_what_cannot_be_calibrated_is_told(table, tmp_path):
    with pytest.raises(FaultyInputError, match="Name at least one file"):
        calibrate_partitions([], a_map())
    made = cut(table, [450], tmp_path)
    again = [*made, Partition(file=made[0].file, folder=tmp_path / "again")]
    with pytest.raises(FaultyInputError, match="450 learners have responses in several partitions"):
        calibrate_partitions(again, a_map())
    rated = table.with_columns(rater=pl.lit("anna"))
    with pytest.raises(FaultyInputError, match=f"{table.height} responses were given by raters"):
        calibrate_partitions(cut(rated, [], tmp_path), a_map())
    with pytest.raises(FaultyInputError, match="not whole numbers"):
        calibrate_partitions(cut(table.with_columns(score=pl.col("score") / 2), [450], tmp_path), a_map())
