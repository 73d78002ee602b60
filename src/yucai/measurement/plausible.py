"""Plausible values: places drawn from what is known of each learner, for statements on groups of learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.measurement.margins import bend_of, bent
from yucai.measurement.profiles import Profiles
from yucai.texts import Text

__all__ = ["PlausibleValues", "PooledEstimate", "TooFewDrawsError", "plausible_values", "pool_estimates"]

Array = npt.NDArray[np.float64]


class TooFewDrawsError(YucaiError):
    """Draws are too few to tell how far they differ."""

    says = Text(
        "{n} draws were asked for or given; at least {least} are needed to tell how far they differ.",
        "所取的抽样次数为 {n}，至少需要 {least} 次才能看出抽样之间的差异。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlausibleValues:
    """M draws of the places of N units on K qualities: ``values`` (M, N, K), rows in the order of ``units``."""

    units: pl.DataFrame
    qualities: tuple[str, ...]
    values: Array

    def to_table(self) -> pl.DataFrame:
        """Return one row a draw, unit and quality: draw (from 1), learner, occasion, quality, place."""
        m, n, k = self.values.shape
        rows = np.tile(np.repeat(np.arange(n), k), m)
        whose = self.units[rows.tolist()]
        return pl.DataFrame(
            {
                "draw": np.repeat(np.arange(1, m + 1), n * k),
                "learner": whose["learner"],
                "occasion": whose["occasion"],
                "quality": pl.Series(list(self.qualities) * (m * n), dtype=pl.String),
                "place": self.values.ravel(),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEstimate:
    """One number from M draws: value, standard error, and the share of its variance that measurement causes."""

    value: float
    std_error: float
    share_of_measurement: float


def plausible_values(profiles: Profiles, draws: int, *, rng: np.random.Generator) -> PlausibleValues:
    """Return draws from what is known of each unit: jointly normal, each margin as uneven as its interval.

    For statements on groups score with the covariates and groups that the statement is about (Mislevy 1991): places of
    single learners draw towards the middle, plausible values do not. A draw is no measurement of a person. Raises
    TooFewDrawsError.
    """
    if draws < 1:
        raise TooFewDrawsError(n=draws, least=1)
    n, k = profiles.mean.shape
    sd, bend = profiles.std_error, bend_of(profiles)
    root = np.linalg.cholesky(profiles.covariance / (sd[:, :, None] * sd[:, None, :]) + 1e-12 * np.eye(k))
    values = np.empty((draws, n, k))
    for m in range(draws):
        z = np.einsum("nde,ne->nd", root, rng.standard_normal((n, k)))
        values[m] = profiles.mean + sd * bent(z, bend)
    return PlausibleValues(units=profiles.units, qualities=profiles.qualities, values=values)


def pool_estimates(values: Sequence[float], std_errors: Sequence[float]) -> PooledEstimate:
    r"""Return what M analyses, one a draw, say together (Rubin 1987).

    .. math:: \bar q = \tfrac1M \sum q_m, \quad T = \tfrac1M \sum s_m^2 + (1 + \tfrac1M) \, \mathrm{Var}(q_m)

    Raises TooFewDrawsError below two draws.

    >>> pooled = pool_estimates([1.0, 1.2], [0.3, 0.3])
    >>> round(pooled.value, 3), round(pooled.std_error, 3)
    (1.1, 0.346)
    """
    m = len(values)
    if m < 2:
        raise TooFewDrawsError(n=m, least=2)
    between = (1 + 1 / m) * float(np.var(values, ddof=1))
    total = float(np.mean(np.square(std_errors))) + between
    return PooledEstimate(
        value=float(np.mean(values)),
        std_error=float(np.sqrt(total)),
        share_of_measurement=between / total if total > 0 else 0.0,
    )
