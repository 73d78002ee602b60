"""Items that speak of several qualities, testlets, and what was found of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from yucai.framework import ItemModel
from yucai.measurement.coding import Coding
from yucai.texts import Text

__all__ = ["LoadedItem", "Testlet", "WithinCalibration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedItem:
    """One item: its slope on each quality it speaks of, with standard errors; ``testlet`` is empty for most.

    logit P(Y >= k) = sum_q a_q x_q + d_k (graded, binary), log P(k)/P(k-1) = sum_q a_q x_q + d_k (partial credit); in a
    testlet a (x_q + t). ``categories`` are the score categories met, lowest first.
    """

    item: str
    kind: str
    coding: Coding
    categories: tuple[int, ...]
    qualities: tuple[str, ...]
    testlet: str
    slopes: tuple[float, ...]
    slope_std_errors: tuple[float, ...]
    intercepts: tuple[float, ...]
    intercept_std_errors: tuple[float, ...]
    n_responses: int

    @property
    def model(self) -> ItemModel:
        """How the score hangs on the line."""
        return self.coding.model


@dataclass(frozen=True, slots=True, kw_only=True)
class Testlet:
    """What the items of a testlet share beside the quality: its variance, in units of the quality's variance."""

    testlet: str
    quality: str
    items: tuple[str, ...]
    variance: float
    std_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinCalibration:
    """All items of a map, some of which speak of several qualities or belong to a testlet.

    ``correlations`` (K, K) are those of the qualities, in order, with ``correlation_std_errors``; testlets are related
    to nothing. Places have mean 0 and variance 1 over the units.
    """

    evidence_map: str
    evidence_map_version: str
    qualities: tuple[str, ...]
    items: tuple[LoadedItem, ...]
    testlets: tuple[Testlet, ...]
    correlations: tuple[tuple[float, ...], ...]
    correlation_std_errors: tuple[tuple[float, ...], ...]
    left_out: tuple[str, ...]
    notices: tuple[Text, ...]
    log_likelihood: float
    n_steps: int
    converged: bool

    def loadings_table(self) -> pl.DataFrame:
        """Return one row an item and quality: item, quality, slope, std_error, testlet, n_responses."""
        rows = [
            (one.item, quality, slope, error, one.testlet, one.n_responses)
            for one in self.items
            for quality, slope, error in zip(one.qualities, one.slopes, one.slope_std_errors, strict=True)
        ]
        names = {
            "item": pl.String, "quality": pl.String, "slope": pl.Float64, "std_error": pl.Float64,
            "testlet": pl.String, "n_responses": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=names, orient="row")
