"""The data of teaching quality that are kept beside the repository (GPL: they never enter the package), and R's values.

They lie in the first folder ``shared`` above or in the checkout. Where there is none, the test says so and is skipped;
with ``CI`` set a skipped test is a failure.
"""

from pathlib import Path

import polars as pl
import pytest

FOLDER = Path("shared") / "data" / "teaching_quality"


def reference_folder() -> Path:
    places = [parent / FOLDER for parent in Path(__file__).resolve().parents]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        pytest.skip("the data of teaching quality (shared/data/teaching_quality) are not beside this checkout")
    return found


def eth_ratings() -> pl.DataFrame:
    """73,421 ratings of 1,128 lecturers by 2,972 students at ETH Zurich."""
    told = pl.read_parquet(reference_folder() / "insteval.parquet")
    return told.rename({"s": "rater", "d": "lecturer", "y": "score"})


def london_exams() -> pl.DataFrame:
    """4,059 pupils of 65 schools in inner London, with an earlier and a later score."""
    return pl.read_csv(reference_folder() / "london_exam.csv", infer_schema_length=None)


def lme4_values() -> dict[tuple[str, str], float]:
    told = pl.read_csv(reference_folder() / "lme4_reference.csv")
    return {(model.split()[0], quantity): value for model, quantity, value in told.iter_rows()}


def lme4_effects(name: str, level: str) -> dict[str, tuple[float, float]]:
    told = pl.read_csv(reference_folder() / name)
    return {str(row[level]): (row["eb"], row["se"]) for row in told.iter_rows(named=True)}
