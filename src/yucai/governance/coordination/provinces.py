"""The provincial panel that comes with Yucai: science, talent, education finance and GDP of mainland China."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from yucai.governance.coordination.indices import IndexPack, load_indices
from yucai.governance.coordination.panels import IndexPanel, index_panel
from yucai.texts import Text

__all__ = ["Province", "Provinces", "load_provinces", "province_panel"]

DATA: Final = Path(__file__).parent / "data"
REGIONS: Final[Mapping[str, Text]] = {
    "东部": Text("East", "东部"),
    "中部": Text("Central", "中部"),
    "西部": Text("West", "西部"),
    "东北": Text("Northeast", "东北"),
}
SOURCE: Final = Text(
    "China Statistical Yearbook on Science and Technology, China Statistical Yearbook and national R&D bulletins ("
    "NBS), "
    "transcribed by the R package techme (Hu Huaping, MIT, commit 9ad60a1); GDP and sectors: NBS, census-revised; "
    "neighbours written for this project",
    "《中国科技统计年鉴》《中国统计年鉴》与全国科技经费投入统计公报（国家统计局），由 R 包 techme（胡华平，MIT 许可"
    "，提交 9ad60a1）整理；"
    "GDP 及三次产业：国家统计局，经济普查修订后口径；邻接关系为本项目自编",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """A provincial unit: its six-digit code (GB/T 2260), its name, its region of the statistical office."""

    code: str
    name: Text
    region: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Provinces:
    """The panel with its units, neighbours and source. ``table`` has one row a unit and year, a column a variable.

    Published intensities are in it for comparison only: until 2018 they rest on GDP before the fourth census.
    """

    table: pl.DataFrame
    units: tuple[Province, ...]
    neighbours: tuple[tuple[str, str], ...]
    regions: Mapping[str, Text]
    source: Text


@cache
def load_provinces() -> Provinces:
    """Return the provincial panel. It is read from the package, once a process."""
    table = pl.read_parquet(DATA / "provinces.parquet")
    rows = table.select("unit", "name_zh", "name_en", "region").unique(maintain_order=True).rows()
    pairs = pl.read_csv(DATA / "adjacency.csv", schema_overrides={"a": pl.String, "b": pl.String}).rows()
    return Provinces(
        table=table,
        units=tuple(Province(code=code, name=Text(en, zh), region=region) for code, zh, en, region in rows),
        neighbours=tuple((a, b) for a, b in pairs),
        regions=REGIONS,
        source=SOURCE,
    )


def province_panel(
    provinces: Provinces | None = None, *, pack: IndexPack | None = None, years: Sequence[int] | None = None
) -> IndexPanel:
    """Return the indicators of a version of the indices as a panel, in its years unless others are named.

    Every ratio is worked out here, from census-revised GDP. Raises FaultyInputError naming every unit and year whose
    figures are missing: nothing is filled in.
    """
    provinces, pack = provinces or load_provinces(), pack or load_indices()
    wanted = list(years or pack.years)
    table = provinces.table.filter(pl.col("year").is_in(wanted), ~pl.col("unit").is_in(list(pack.left_out)))
    ratios = [
        (pl.sum_horizontal(one.over, ignore_nulls=False) / _divisor(one.under) * one.factor).alias(code)
        for code, one in pack.indicators.items()
    ]
    found = index_panel(table.with_columns(ratios), list(pack.indicators), group="region")
    return IndexPanel(
        units=found.units, years=found.years, indicators=found.indicators, values=found.values, groups=found.groups,
        names={one.code: one.name for one in provinces.units},
    )  # fmt: skip


def _divisor(under: tuple[str, ...]) -> pl.Expr:
    return pl.sum_horizontal(under, ignore_nulls=False) if under else pl.lit(1.0)
