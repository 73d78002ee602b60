"""Norms, composites and reliability: where a learner stands among others, and what a weighted sum is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.measurement.calibration import Calibration
from yucai.measurement.profiles import Profiles, UnknownQualityError
from yucai.texts import Text

__all__ = ["Composite", "Norms", "UnknownGroupError", "compose", "norms_of", "reliability_of"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
NO_WEIGHT = Text(
    "the weights are all zero, so there is nothing to add up. Give at least one.",
    "所有权重均为零，无从合成。请至少给出一个。",
)
NO_NUMBER = Text(
    "the weight of {quality} is {weight}, which is no finite number. Correct it.",
    "{quality} 的权重为 {weight}，不是有限的数。请更正。",
)


class UnknownGroupError(YucaiError):
    """The calibration knows no such group."""

    says = Text(
        "The calibration knows no group “{group}”, only {known}. Choose one of these.",
        "标定中没有“{group}”组，只有：{known}。请从中选择。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Norms:
    """Shares of a population below N units on K qualities, (N, K), from 0 to 1, with the ends of 90 % intervals.

    NaN where there is not enough evidence. ``among`` names the group; empty for all calibrated units.
    """

    qualities: tuple[str, ...]
    units: pl.DataFrame
    among: str
    share_below: Array
    lower90: Array
    upper90: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composite:
    """A weighted sum of qualities, asked for: value, std_error, lower90, upper90 and enough, each (N,).

    ``reliability`` is the share of the variance between these learners that the sum can see; compare it with those of
    its parts before one number is shown in their stead.
    """

    weights: tuple[tuple[str, float], ...]
    units: pl.DataFrame
    value: Array
    std_error: Array
    lower90: Array
    upper90: Array
    enough: npt.NDArray[np.bool_]
    reliability: float


def norms_of(profiles: Profiles, calibration: Calibration, *, among: str | None = None) -> Norms:
    """Return which share of the calibrated units, or of one of the groups, stands below each learner.

    The share is that of the estimated normal law, not of the sample, and its interval that of the place. With
    covariates a group's law is that of its units at the centers of the covariates. Raises UnknownGroupError.
    """
    population = calibration.population
    mean, covariance = np.array(population.mean), np.array(population.covariance)
    if among is not None:
        law = population.law(among)
        if law is None:
            raise UnknownGroupError(group=among, known=", ".join(law.group for law in population.groups))
        mean, covariance = np.array(law.mean), np.array(law.covariance)
    center, spread = np.zeros(len(profiles.qualities)), np.ones(len(profiles.qualities))
    for d, scale in enumerate(calibration.scales):
        k = profiles.qualities.index(scale.quality)
        center[k], spread[k] = mean[d], np.sqrt(covariance[d, d])
    shares = [
        np.where(profiles.enough, scipy.special.ndtr((place - center) / spread), np.nan)
        for place in (profiles.mean, profiles.lower90, profiles.upper90)
    ]
    return Norms(
        qualities=profiles.qualities, units=profiles.units, among=among or "",
        share_below=shares[0], lower90=shares[1], upper90=shares[2],
    )  # fmt: skip


def compose(profiles: Profiles, weights: Mapping[str, float]) -> Composite:
    """Return the weighted sum of some qualities with what is not known of it, correlations of errors included.

    Enough is there only where each weighted quality has enough. Raises UnknownQualityError; FaultyInputError: weights
    that are no numbers or all zero.
    """
    for quality in weights:
        if quality not in profiles.qualities:
            raise UnknownQualityError(quality=quality, known=", ".join(profiles.qualities))
    faults = [
        Fault(code="no-number", says=NO_NUMBER, facts={"quality": quality, "weight": weight})
        for quality, weight in weights.items()
        if not np.isfinite(weight)
    ]
    if not any(weights.values()):
        faults.append(Fault(code="no-weight", says=NO_WEIGHT))
    if faults:
        raise FaultyInputError("weights", faults)
    weight = np.array([weights.get(quality, 0.0) for quality in profiles.qualities])
    value = profiles.mean @ weight
    error = np.sqrt(np.einsum("d,nde,e->n", weight, profiles.covariance, weight))
    enough = np.all(profiles.enough[:, weight != 0], axis=1)
    return Composite(
        weights=tuple(weights.items()),
        units=profiles.units,
        value=value,
        std_error=error,
        lower90=value - NORMAL_90 * error,
        upper90=value + NORMAL_90 * error,
        enough=enough,
        reliability=_reliability(value[enough], error[enough]),
    )


def reliability_of(profiles: Profiles) -> Mapping[str, float]:
    """Return for each quality the share of the variance between learners with enough evidence that profiles can see.

    Variance of the means over itself plus the mean squared standard error (empirical reliability; du Toit 2003). NaN
    where fewer than two have enough evidence.
    """
    return {
        quality: _reliability(profiles.mean[here, k], profiles.std_error[here, k])
        for k, (quality, here) in enumerate(zip(profiles.qualities, profiles.enough.T, strict=True))
    }


def _reliability(values: Array, errors: Array) -> float:
    if len(values) < 2:
        return float("nan")
    seen, unseen = float(np.var(values, ddof=1)), float(np.mean(errors**2))
    return seen / (seen + unseen)
