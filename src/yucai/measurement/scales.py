"""Scales: what was found of the items and raters of one quality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from yucai.framework import ItemModel

__all__ = ["ItemParameters", "LeftOutItem", "QualityScale", "RaterSeverity", "model_met"]

NORMAL_90: Final = 1.6448536269514722
MISLEADING_BELOW: Final = 0.3  # slope; below it a step from poor to excellent hardly shows in the score
SEVERE_BEYOND: Final = 0.5  # SDs of all units; half of that moves a learner by less than most intervals are wide


def model_met(model: ItemModel, n_categories: int) -> ItemModel:
    """Return the model that the categories met come to: of two, right or wrong, unless they can be guessed.

    >>> str(model_met(ItemModel.NOMINAL, 2)), str(model_met(ItemModel.GUESSING, 2))
    ('binary', 'guessing')
    """
    return ItemModel.BINARY if n_categories == 2 and model is not ItemModel.GUESSING else model


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemParameters:
    """One item on the scale of its quality. ``categories`` are the score categories met, lowest first.

    A category never met counts as the nearest lower one that was met.
    """

    item: str
    model: ItemModel
    kind: str
    strength: str
    bands: tuple[float, ...]
    reversed: bool
    top: int  # highest category that the bands, or the highest score, allow
    categories: tuple[int, ...]
    slope: float
    slope_std_error: float
    intercepts: tuple[float, ...]
    intercept_std_errors: tuple[float, ...]
    n_responses: int
    edges: tuple[float, ...] = ()
    reliability: float | None = None  # as declared; the slope is then not estimated
    slopes: tuple[float, ...] = ()  # nominal: of each category but the first, the last of them being ``slope``
    slope_std_errors: tuple[float, ...] = ()
    floor: float = 0.0  # guessing: the chance of whoever knows nothing
    floor_std_error: float = 0.0

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> ItemParameters:
        """Return what ``dataclasses.asdict`` and JSON made of an item."""
        lists = ("bands", "categories", "intercepts", "intercept_std_errors", "edges", "slopes", "slope_std_errors")
        model = ItemModel(said["model"])
        if model is ItemModel.GUESSING and not 0.0 < said.get("floor", 0.0) < 1.0:
            raise ValueError("an item that can be guessed has a floor between 0 and 1")
        return cls(**{**said, "model": model, **{name: tuple(said.get(name, ())) for name in lists}})

    @property
    def numbers(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Slopes, intercepts and the standard errors of both as they were estimated: of an item that can be guessed the
        second intercept is the logit of its floor.
        """
        slopes, errors = self.slopes or (self.slope,), self.slope_std_errors or (self.slope_std_error,)
        if self.model is not ItemModel.GUESSING:
            return slopes, self.intercepts, errors, self.intercept_std_errors
        slant = self.floor * (1.0 - self.floor)
        floor, floor_error = math.log(self.floor / (1.0 - self.floor)), self.floor_std_error / slant
        return slopes, (*self.intercepts, floor), errors, (*self.intercept_std_errors, floor_error)

    @property
    def difficulty(self) -> float:
        """Where on the scale the middle of the item lies: mean of -d/a; NaN for an item that does not discriminate, and
        for options without an order.
        """
        if abs(self.slope) < 1e-6 or len(self.slopes) > 1:
            return float("nan")
        return float(np.mean([-d / self.slope for d in self.intercepts]))

    @property
    def slope90(self) -> tuple[float, float]:
        """The 90 % interval of the slope."""
        reach = NORMAL_90 * self.slope_std_error
        return self.slope - reach, self.slope + reach

    @property
    def misleading(self) -> bool:
        """Whether the whole interval of the slope lies below 0.3: who stands higher does not do better here."""
        return self.slope90[1] < MISLEADING_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterSeverity:
    """How much further along (SDs of all units) a learner must be for the same rating as from an average rater."""

    rater: str
    severity: float
    std_error: float
    n_ratings: int

    @property
    def severity90(self) -> tuple[float, float]:
        """The 90 % interval of the severity."""
        reach = NORMAL_90 * self.std_error
        return self.severity - reach, self.severity + reach

    @property
    def far_off(self) -> bool:
        """Whether the whole interval lies more than half an SD of all units from the average rater."""
        low, high = self.severity90
        return low > SEVERE_BEYOND or high < -SEVERE_BEYOND


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutItem:
    """An item that everybody answered alike: it tells nothing of its quality."""

    quality: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityScale:
    """Items and raters of one quality. ``severity_sd`` is 0 where nobody rated."""

    quality: str
    items: tuple[ItemParameters, ...]
    raters: tuple[RaterSeverity, ...]
    severity_sd: float
    n_units: int
    n_responses: int

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> QualityScale:
        """Return what ``dataclasses.asdict`` and JSON made of a scale."""
        items = tuple(map(ItemParameters.from_json, said["items"]))
        return cls(**{**said, "items": items, "raters": tuple(RaterSeverity(**rater) for rater in said["raters"])})
