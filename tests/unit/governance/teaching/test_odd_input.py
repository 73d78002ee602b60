"""Whatever table comes in either fits or is refused in plain words; nothing else escapes."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.governance.teaching.simulated import ratings
from yucai.errors import FaultyInputError
from yucai.governance import (
    check_ordinal,
    check_spacing,
    differential_ratings,
    fit_ratings,
    teaching_standings,
    value_added,
)

ODD = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
FLOATS = st.one_of(
    st.floats(),  # infinities, no numbers, the largest and the smallest ones too
    st.sampled_from([0.0, 1.0, 2.0, 5.0, 1e150, -1e150, 1e300, 1e9, 1e-9, 1e-300, 5e-324]),
    st.integers(1, 5).map(float),
)


@st.composite
def tables(draw, *, columns=("score",), levels=4):
    """A dozen to thirty rows of any numbers, with raters and lecturers."""
    n = draw(st.integers(8, 30))
    kinds = st.sampled_from([FLOATS, st.integers(1, 5).map(float), st.just(draw(FLOATS))])
    data = {one: draw(st.lists(draw(kinds), min_size=n, max_size=n)) for one in columns}
    for who in ("rater", "lecturer"):
        data[who] = draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))
    return pl.DataFrame(data, schema_overrides=dict.fromkeys(columns, pl.Float64))


def fits_or_is_refused(fit):
    """Return what a function gives; None where it refuses in both languages."""
    try:
        return fit()
    except FaultyInputError as error:
        refused = error
    assert refused.faults
    for language in ("en", "zh"):
        assert "{" not in refused.in_language(language)
    return None


@ODD
@given(table=tables())
def test_any_table_of_ratings_fits_or_is_refused(table):
    fit = fits_or_is_refused(lambda: fit_ratings(table, joint="lecturer"))
    if fit is None:
        return
    assert np.isfinite(fit.of("lecturer").means).all()
    assert np.isfinite(fit.of("rater").std_errors).all()
    standings = teaching_standings(fit.of("lecturer"), rng=np.random.default_rng(1), n_draws=50)
    assert all(one.low <= one.mean <= one.high for one in standings)
    spacing = fits_or_is_refused(lambda: check_spacing(table, fit))
    ordinal = fits_or_is_refused(lambda: check_ordinal(table, fit))
    assert ordinal is None or (np.isfinite(ordinal.effects).all() and 0 <= ordinal.moved <= ordinal.n)
    assert spacing is None or -1.0000001 <= spacing.correlation <= 1.0000001


@ODD
@given(table=tables(columns=("score", "before", "earlier")))
def test_any_table_of_scores_gives_value_added_or_is_refused(table):
    for prior in (["before"], ["before", "earlier"]):
        asked = [dict.fromkeys(prior, one) for one in (0.95, 0.6)]
        found = fits_or_is_refused(
            lambda p=prior, a=asked: value_added(table, score="score", prior=p, school="lecturer", reliabilities=a)
        )
        if found is not None:
            assert np.isfinite(found.lowest).all()
            assert (found.lowest <= found.highest).all()


@ODD
@given(table=tables(), data=st.data())
def test_any_table_with_groups_is_described_or_refused(table, data):
    groups = {who: data.draw(st.lists(st.sampled_from("fm"), min_size=5, max_size=5)) for who in ("rater", "lecturer")}
    named = table.with_columns(
        pl.col(who).replace_strict(dict(enumerate(groups[who])), return_dtype=pl.String).alias(f"{who}_group")
        for who in groups
    )
    found = fits_or_is_refused(lambda: differential_ratings(named, least=1))
    if found is not None:
        assert all(np.isfinite(cell.mean) for cell in found.cells)


@pytest.mark.parametrize(("value", "code"), [(1e150, "too-large"), (-2e9, "too-large"), (float("inf"), "empty")])
def test_one_number_from_far_out_is_named_with_its_row(value, code):
    table = ratings(np.random.default_rng(1)).table
    scores = table["score"].to_list()
    scores[6] = value
    with pytest.raises(FaultyInputError) as refused:
        fit_ratings(table.with_columns(score=pl.Series(scores)))
    assert [fault.code for fault in refused.value.faults] == [code]
    assert "row 7" in refused.value.in_language("en")
    assert "第 7 行" in refused.value.in_language("zh")


@pytest.mark.parametrize("by", [1e-12, 1e-8])
def test_scores_that_hardly_differ_for_their_size_are_refused(by):
    table = ratings(np.random.default_rng(1)).table
    with pytest.raises(FaultyInputError, match="Use another unit"):
        fit_ratings(table.with_columns(score=100 + by * pl.col("score")))


def test_scores_that_leave_nothing_to_chance_are_refused():
    table = pl.DataFrame({"lecturer": [n % 4 for n in range(40)], "score": [float(n % 4) for n in range(40)]})
    with pytest.raises(FaultyInputError, match="without any chance"):
        fit_ratings(table, factors=("lecturer",))


def test_columns_that_are_named_wrongly_are_refused():
    table = ratings(np.random.default_rng(1)).table
    for wrong, code in (
        ({"factors": ()}, "no-factor"),
        ({"factors": ("rater", "rater")}, "named-twice"),
        ({"joint": "course"}, "not-a-factor"),
    ):
        with pytest.raises(FaultyInputError) as refused:
            fit_ratings(table, **wrong)
        assert code in {fault.code for fault in refused.value.faults}
    with pytest.raises(FaultyInputError, match="no earlier score is named"):
        value_added(table, score="score", prior=[], school="lecturer")


def test_an_earlier_score_that_is_the_same_inside_each_school_is_refused():
    """It tells of the school and not of the pupil: intake and what was added cannot be told apart."""
    table = ratings(np.random.default_rng(1)).table.with_columns(
        before=pl.col("lecturer").str.slice(1).cast(pl.Float64)
    )
    with pytest.raises(FaultyInputError, match="cannot be told apart"):
        value_added(table, score="score", prior=["before"], school="lecturer", reliabilities=[{"before": 1.0}])
