"""Make the provincial panel of the package from its sources, and print the goalposts of the indices.

python tools/provinces.py FOLDER     FOLDER holds wide_2010_2023.csv, gdp_by_sector_2015_2024.csv, adjacency.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

DATA = Path(__file__).parent.parent / "src/yucai/governance/coordination/data"


def main(folder: Path) -> None:
    """Write the panel and the neighbours, and print goalposts to be pasted into a new version of the indices."""
    text = {"gb2260": pl.String, "gb2260_a": pl.String, "gb2260_b": pl.String}
    wide = pl.read_csv(folder / "wide_2010_2023.csv", schema_overrides=text)
    gdp = pl.read_csv(folder / "gdp_by_sector_2015_2024.csv", schema_overrides=text)
    joined = wide.join(gdp.drop("province", "province_en"), on=["gb2260", "year"], how="left")
    named = joined.rename({"gb2260": "unit", "province": "name_zh", "province_en": "name_en"}).sort("unit", "year")
    named.write_parquet(DATA / "provinces.parquet", compression="zstd", compression_level=19)
    pairs = pl.read_csv(folder / "adjacency.csv", schema_overrides=text)
    pairs.select(a="gb2260_a", b="gb2260_b").write_csv(DATA / "adjacency.csv")
    from yucai.governance.coordination import freeze_goalposts, province_panel

    for code, (low, high) in freeze_goalposts(province_panel(), version="new").ends.items():
        print(f"{code}: goalposts = [{low!r}, {high!r}]")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
