"""Items that speak of several qualities, testlets, and what was found of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.framework import ItemModel
from yucai.measurement.calibration import RATERS, CalibrationFileError
from yucai.measurement.coding import Coding
from yucai.measurement.keeping import keep, kept_in
from yucai.measurement.scales import RaterSeverity
from yucai.measurement.severity_spread import SPREAD_MODE
from yucai.texts import Text

__all__ = ["LoadedItem", "RatersOfQuality", "Testlet", "WithinCalibration"]


FILE_VERSION: Final = 2
KEPT_AS: Final = "yucai_within_calibration"
CONVENTION: Final = (
    "Logistic metric (D = 1): graded logit P(Y >= k) = sum_q a_q x_q + d_k, in a testlet a (x_q + t) + d_k; partial "
    "credit log P(k)/P(k-1) = the same. The places x are normal over the units, each with mean 0 and variance 1, and "
    "correlated as estimated; t is normal with mean 0 and the testlet's variance, related to nothing. Of a rated item "
    "each x stands for x - rho, rho being the rater's severity about the item's first quality: normal with mean 0 and "
    f"estimated spread (Rayleigh prior, mode {SPREAD_MODE:g}). No other priors."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedItem:
    """One item: its slope on each quality it speaks of, with standard errors; ``testlet`` is empty for most.

    logit P(Y >= k) = sum_q a_q x_q + d_k (graded, binary), log P(k)/P(k-1) = sum_q a_q x_q + d_k (partial credit); in a
    testlet a (x_q + t); rated, x_q - rho for x_q. ``categories`` are the score categories met, lowest first.
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
class RatersOfQuality:
    """Who rated items that speak of this quality first: severities, in SDs of all units, and their estimated spread."""

    quality: str
    severity_sd: float
    raters: tuple[RaterSeverity, ...]


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
    judged: tuple[RatersOfQuality, ...]
    correlations: tuple[tuple[float, ...], ...]
    correlation_std_errors: tuple[tuple[float, ...], ...]
    left_out: tuple[str, ...]
    notices: tuple[Text, ...]
    log_likelihood: float
    n_steps: int
    converged: bool
    convention: str = CONVENTION

    def save(self, file: Path) -> None:
        """Write the calibration as one JSON file with version and convention; whole or not at all."""
        keep(file, name=KEPT_AS, version=FILE_VERSION, said=asdict(self))

    @classmethod
    def load(cls, file: Path) -> WithinCalibration:
        """Return the calibration in a file. Raises CalibrationFileError."""
        return kept_in(file, name=KEPT_AS, version=FILE_VERSION, made=_from_json, unreadable=CalibrationFileError)

    def raters_table(self) -> pl.DataFrame:
        """Return one row a rater and quality, in the columns of ``RATERS``."""
        return RATERS.of_rows([
            (one.quality, r.rater, r.severity, r.std_error, r.n_ratings) for one in self.judged for r in one.raters
        ])  # fmt: skip

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


def _from_json(said: Mapping[str, Any]) -> WithinCalibration:
    rows = ("correlations", "correlation_std_errors")
    return WithinCalibration(
        **{
            **said,
            "qualities": tuple(said["qualities"]),
            "items": tuple(map(_item, said["items"])),
            "testlets": tuple(Testlet(**{**one, "items": tuple(one["items"])}) for one in said["testlets"]),
            "judged": tuple(
                RatersOfQuality(**{**one, "raters": tuple(RaterSeverity(**r) for r in one["raters"])})
                for one in said["judged"]
            ),
            "left_out": tuple(said["left_out"]),
            "notices": tuple(Text(**notice) for notice in said["notices"]),
            **{name: tuple(tuple(map(float, row)) for row in said[name]) for name in rows},
        }
    )


def _item(said: Mapping[str, Any]) -> LoadedItem:
    coding = said["coding"]
    lists = ("categories", "qualities", "slopes", "slope_std_errors", "intercepts", "intercept_std_errors")
    own = Coding(
        **{**coding, "model": ItemModel(coding["model"]), **{name: tuple(coding[name]) for name in ("bands", "edges")}}
    )
    return LoadedItem(**{**said, "coding": own, **{name: tuple(said[name]) for name in lists}})
