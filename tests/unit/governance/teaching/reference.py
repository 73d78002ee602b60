"""The data of teaching quality that are kept beside the repository (GPL: never in the package), and R's values."""

import polars as pl

from tests.shared_data import shared_folder

NAME = "teaching_quality"


def eth_ratings() -> pl.DataFrame:
    """73,421 ratings of 1,128 lecturers by 2,972 students at ETH Zurich."""
    told = pl.read_parquet(shared_folder(NAME) / "insteval.parquet")
    return told.rename({"s": "rater", "d": "lecturer", "y": "score"})


def london_exams() -> pl.DataFrame:
    """4,059 pupils of 65 schools in inner London, with an earlier and a later score."""
    return pl.read_csv(shared_folder(NAME) / "london_exam.csv", infer_schema_length=None)


def lme4_values() -> dict[tuple[str, str], float]:
    told = pl.read_csv(shared_folder(NAME) / "lme4_reference.csv")
    return {(model.split()[0], quantity): value for model, quantity, value in told.iter_rows()}


def lme4_effects(name: str, level: str) -> dict[str, tuple[float, float]]:
    told = pl.read_csv(shared_folder(NAME) / name)
    return {str(row[level]): (row["eb"], row["se"]) for row in told.iter_rows(named=True)}
