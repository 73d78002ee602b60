"""What schools add, where the earlier score was measured with error."""

import numpy as np
import polars as pl
import pytest

from tests.unit.governance.teaching.reference import lme4_effects, lme4_values, london_exams
from yucai.errors import FaultyInputError
from yucai.governance import value_added


@pytest.fixture(scope="module")
def london():
    return value_added(
        london_exams(),
        score="normexam",
        prior=["standLRT"],
        school="school",
        reliabilities=[{"standLRT": one} for one in (0.95, 0.85)],
    )


def test_the_schools_of_london_equal_lme4(london):
    """R 4.2.2, lme4 1.1-31: lmer(normexam ~ standLRT + (1|school))."""
    said, plain = lme4_values(), london.plain
    assert plain.components[0].sd == pytest.approx(said["Exam", "sd school"], abs=1e-5)
    assert plain.residual_sd == pytest.approx(said["Exam", "sd residual"], abs=1e-5)
    assert plain.coefficients[0].estimate == pytest.approx(said["Exam", "intercept"], abs=1e-5)
    assert plain.coefficients[1].estimate == pytest.approx(said["Exam", "standLRT"], abs=1e-5)
    assert plain.criterion == pytest.approx(said["Exam", "REML criterion"], abs=1e-3)
    schools, expected = london.schools, lme4_effects("lme4_exam_school_eb.csv", "school")
    values = np.array([expected[name] for name in schools.names])
    np.testing.assert_allclose(schools.effects, values[:, 0], atol=1e-5)
    np.testing.assert_allclose(schools.std_errors, values[:, 1], atol=1e-5)


def test_the_less_reliable_the_earlier_score_the_steeper_the_slope(london):
    slopes = [london.plain.coefficients[1].estimate, *(one.fit.coefficients[1].estimate for one in london.corrected)]
    assert slopes == sorted(slopes)
    assert slopes[-1] > slopes[0] / 0.9
    assert (london.lowest <= london.schools.effects).all()
    assert (london.highest >= london.schools.effects).all()


def made(rng, *, n_schools=120, each=40, reliability=0.7, slope=0.8, sd_school=0.3):
    """Scores of which the truth is known; schools differ in intake and in what they add."""
    between, within = 0.5, 1.0
    error = np.sqrt((1 - reliability) / reliability * (between**2 + within**2))
    schools = np.repeat(np.arange(n_schools), each)
    true = rng.normal(0, between, n_schools)[schools] + rng.normal(0, within, len(schools))
    added = rng.normal(0, sd_school, n_schools)
    score = slope * true + added[schools] + rng.normal(0, 0.6, len(schools))
    noisy = true + rng.normal(0, error, len(schools))
    return pl.DataFrame({"school": schools, "prior": noisy, "score": score}), added


def test_a_known_slope_and_known_schools_are_found_again():
    """Without correction the slope is too flat and schools are credited for their intake."""
    slopes, flat, sds = [], [], []
    for seed in range(6):
        table, _added = made(np.random.default_rng(seed))
        found = value_added(table, score="score", prior=["prior"], school="school", reliabilities=[{"prior": 0.7}])
        flat.append(found.plain.coefficients[1].estimate)
        slopes.append(found.corrected[0].fit.coefficients[1].estimate)
        sds.append(found.corrected[0].schools.sd)
    assert np.mean(slopes) == pytest.approx(0.8, abs=0.02)
    assert np.mean(sds) == pytest.approx(0.3, abs=0.02)
    assert np.mean(flat) < 0.6


def test_a_reliability_of_one_changes_nothing_and_two_earlier_scores_are_taken():
    table, _added = made(np.random.default_rng(1), n_schools=30, each=20)
    rng = np.random.default_rng(2)
    table = table.with_columns(second=pl.col("prior") * 0.5 + pl.Series(rng.normal(0, 1, table.height)))
    asked = [{"prior": 1.0, "second": 1.0}, {"prior": 0.9, "second": 0.8}]
    found = value_added(table, score="score", prior=["prior", "second"], school="school", reliabilities=asked)
    np.testing.assert_allclose(found.corrected[0].schools.effects, found.schools.effects, atol=1e-9)
    assert len(found.corrected[1].fit.coefficients) == 3


def test_a_reliability_that_cannot_be_is_refused_with_all_others():
    table, _added = made(np.random.default_rng(1), n_schools=30, each=20)
    asked = [{"prior": 1.2}, {}, {"prior": 0.05}]
    with pytest.raises(FaultyInputError) as refused:
        value_added(table, score="score", prior=["prior"], school="school", reliabilities=asked)
    assert [fault.code for fault in refused.value.faults] == ["reliability", "unnamed", "too-noisy"]
    assert "reliabilities[2]: for “prior” no reliability is given" in refused.value.in_language("en")
    assert "请采用更高的信度" in refused.value.in_language("zh")
