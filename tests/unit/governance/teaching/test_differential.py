"""Groups of raters who see groups of lecturers differently."""

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from tests.unit.governance.teaching.simulated import ratings
from yucai.errors import FaultyInputError
from yucai.governance import DifferentialRatings, GroupDifferential, RatedCell, differential_ratings


def grouped(rng, *, planted, n_lecturers=30):
    """Men rate women lower by ``planted`` than women do."""
    table = ratings(rng, n_raters=150, n_lecturers=n_lecturers, each=12).table
    sexes = [
        pl.when(pl.col(who).str.slice(1).cast(pl.Int64) % 2 == 0).then(pl.lit("m")).otherwise(pl.lit("f"))
        for who in ("rater", "lecturer")
    ]
    table = table.with_columns(rater_group=sexes[0], lecturer_group=sexes[1])
    hit = (pl.col("rater_group") == "m") & (pl.col("lecturer_group") == "m")
    return table.with_columns(score=pl.col("score") + planted * hit)


def test_a_planted_difference_is_found_and_none_is_not():
    (found,) = differential_ratings(grouped(np.random.default_rng(1), planted=0.6)).differentials
    assert found.apart
    assert found.low < 0.6 < found.high
    (found,) = differential_ratings(grouped(np.random.default_rng(1), planted=0.0)).differentials
    assert not found.apart


def test_small_cells_are_hidden_with_all_that_follows_from_them():
    table = grouped(np.random.default_rng(1), planted=0.6, n_lecturers=14)
    found = differential_ratings(table)
    assert found.n_hidden == 4
    assert all(cell.mean is None and cell.std_error is None for cell in found.cells)
    assert found.differentials[0].difference is None
    assert not found.differentials[0].apart
    assert differential_ratings(table, least=7).n_hidden == 0


def test_nobody_is_named_and_the_use_as_sole_ground_is_refused():
    table = grouped(np.random.default_rng(1), planted=0.6)
    found = differential_ratings(table)
    names = {field.name for kind in (DifferentialRatings, GroupDifferential, RatedCell) for field in fields(kind)}
    assert not names & {"name", "names", "effects", "lecturer", "rater"}
    assert "l001" not in repr(found)
    assert any("sole ground" in text.en and "唯一依据" in text.zh for text in found.cautions)


def test_groups_that_cannot_be_compared_are_refused():
    table = grouped(np.random.default_rng(1), planted=0.0)
    with pytest.raises(FaultyInputError) as refused:
        differential_ratings(table.with_columns(lecturer_group=pl.lit("f")))
    assert "few-levels" in {fault.code for fault in refused.value.faults}
    mixed = table.with_row_index().with_columns(
        rater_group=pl.when(pl.col("index") == 0).then(pl.lit("x")).otherwise(pl.col("rater_group"))
    )
    with pytest.raises(FaultyInputError) as refused:
        differential_ratings(mixed)
    assert {"two-groups", "no-pair"} <= {fault.code for fault in refused.value.faults}
