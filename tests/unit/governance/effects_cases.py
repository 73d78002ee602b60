"""Panels with known effects, and the published studies."""

from functools import cache

import numpy as np
import polars as pl

from tests.shared_data import shared_folder
from yucai.governance import EvaluationPlan, PolicyPanel, read_panel
from yucai.texts import Text

ALONE = Text("No unit has to do with another.", "各单位互不相干。")


def made_panel(n_units=30, n_years=12, *, treated=(), first=2018, effect=0.0, drift=0.0, noise=1.0, seed=7):
    """Units with a level and noise of their own; the treated gain ``effect`` from ``first`` on, and drift always."""
    chance = np.random.default_rng(seed)
    years = np.arange(2012, 2012 + n_years)
    values = (
        chance.normal(50, 5, (n_units, 1))
        + chance.normal(0, 1, (1, n_years))
        + chance.normal(0, noise, (n_units, n_years))
    )
    firsts = dict(treated) if isinstance(treated, dict) else dict.fromkeys(treated, first)
    for place, year in firsts.items():
        values[place] += effect * (years >= year) + drift * np.arange(n_years)
    return panel_of(values, years.tolist(), firsts)


def panel_of(values, years, firsts):
    codes = [f"U{n:02d}" for n in range(len(values))]
    table = {
        "unit": np.repeat(codes, len(years)).tolist(),
        "year": years * len(values),
        "value": np.asarray(values).ravel().tolist(),
    }
    told = {codes[n]: year for n, year in firsts.items()}
    return read_panel(table, unit="unit", period="year", outcome="value", first_treated=told)


def with_outcome(panel, outcome):
    return PolicyPanel(
        units=panel.units, names=panel.names, periods=panel.periods, outcome=np.asarray(outcome, dtype=np.float64),
        first_treated=panel.first_treated, outcome_name=panel.outcome_name,
    )  # fmt: skip


def quick_plan(**facts):
    return EvaluationPlan(**{"draws": 199, **facts})


def whole_plan(**facts):
    """A plan that asks all there is to ask."""
    return quick_plan(**{"smallest_effect": 1.0, "no_neighbours": ALONE, **facts})


@cache
def mpdta():
    table = pl.read_csv(shared_folder("did_reference") / "mpdta.csv")
    return read_panel(table, unit="countyreal", period="year", outcome="lemp", first_treated="first.treat")


@cache
def proposition_99():
    table = pl.read_csv(shared_folder("synth_reference") / "prop99_packs.csv", separator=";")
    told = {"California": 1989}
    return read_panel(table, unit="State", period="Year", outcome="PacksPerCapita", first_treated=told)


@cache
def germany():
    table = pl.read_csv(shared_folder("synth_reference") / "germany.csv", infer_schema_length=0)
    told = {"West Germany": 1990}
    return read_panel(table, unit="country", period="year", outcome="gdp", first_treated=told)


@cache
def basque():
    table = pl.read_csv(shared_folder("synth_reference") / "basque.csv", infer_schema_length=0)
    table = table.filter(~pl.col("regionname").str.starts_with("Spain"))
    told = {"Basque Country (Pais Vasco)": 1970}
    return read_panel(table, unit="regionname", period="year", outcome="gdpcap", first_treated=told)


@cache
def provinces(variable="rd_fte_total", treated=("110000",), first=2018, log=True):
    table = pl.read_csv(shared_folder("cn_province_science_talent") / "wide_2010_2023.csv")
    value = pl.col(variable).cast(pl.Float64)
    table = table.with_columns((value.log() if log else value).alias("outcome"))
    told = dict.fromkeys(treated, first)
    return read_panel(table, unit="gb2260", period="year", outcome="outcome", first_treated=told, unit_name="province")


@cache
def borders():
    table = pl.read_csv(shared_folder("cn_province_science_talent") / "adjacency.csv")
    return tuple((str(a), str(b)) for a, b in table.select("gb2260_a", "gb2260_b").rows())
