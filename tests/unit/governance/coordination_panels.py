"""The reference panel, and random panels."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from yucai.governance.coordination import IndexPanel, freeze_goalposts, index_panel, scale_panel

DATA = Path(__file__).parent / "data" / "ccd_reference"
SYSTEMS = ("edu", "sci", "tal", "nq")


@cache
def reference(name):
    """A file of printed numbers: R package mathmodels 0.0.11 and spdep 1.2-7, run unchanged in R 4.2.2 (see README)."""
    return pl.read_csv(DATA / f"{name}.csv", schema_overrides={"gb2260": pl.String})


@cache
def reference_panel():
    table = reference("input")
    return index_panel(table, table.columns[4:], unit="gb2260", group="region")


@cache
def reference_scaled():
    panel = reference_panel()
    return scale_panel(panel, goalposts=freeze_goalposts(panel, version="reference"))


def indicators_of(system):
    return [one for one in reference_panel().indicators if one.startswith(f"{system}_")]


def plain_panel(values, years=1):
    """A panel of anonymous units."""
    n, k = values.shape
    units = tuple(f"u{place:02d}" for place in range(n // years))
    return IndexPanel(
        units=units, years=tuple(range(2001, 2001 + years)), indicators=tuple("abcdefgh"[:k]), values=values
    )


@st.composite
def panels(draw):
    """Any panel of one year in which every indicator varies."""
    n, k = draw(st.integers(5, 12)), draw(st.integers(2, 5))
    whole = draw(arrays(np.int64, (n, k), elements=st.integers(0, 400)))
    values = whole / 8.0
    values[0], values[1] = 0.0, 50.0  # every indicator varies, and none by a hair
    return plain_panel(values)


scores = st.integers(2, 5).flatmap(
    lambda k: arrays(np.float64, st.tuples(st.integers(5, 12), st.just(k)), elements=st.floats(0.002, 1.0))
)
