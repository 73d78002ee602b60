"""From responses and a calibration to profiles: where each learner stands on each quality, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceRule, Strength
from yucai.measurement.calibration import Calibration, ItemParameters, QualityScale
from yucai.measurement.coding import CodedQuality, Coding, in_categories
from yucai.measurement.profiles import EnoughRule, Profiles
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.engine.places import Places
    from yucai.measurement.engine.state import State

__all__ = ["on_scale", "score", "state_on"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722


def score(responses: Responses, calibration: Calibration, *, rule: EnoughRule | None = None) -> Profiles:
    """Return the profiles that the responses give under a calibration, all qualities together.

    Expected a posteriori means (Bock and Mislevy 1982) with the calibrated correlations as prior, so that what one
    quality shows says something of the others too; 90 % intervals from the 5 % and 95 % points of each margin,
    widened for what is not known of the raters' severity (delta method). A rater whom the calibration does not know is
    taken for an average one, with the whole spread of raters as uncertainty. What is not known of the items is not
    added. Responses on items that the calibration does not hold are not counted. Raises FaultyInputError: scores that
    are no categories of their item.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    n, k = units.height, len(calibration.qualities)
    mean, covariance = np.zeros((n, k)), np.tile(np.eye(k), (n, 1, 1))
    lower, upper = np.full((n, k), -NORMAL_90), np.full((n, k), NORMAL_90)
    n_evidence = np.zeros((n, k), dtype=np.int64)
    kinds: list[list[tuple[str, ...]]] = [[()] * k for _ in range(n)]
    at = [calibration.qualities.index(scale.quality) for scale in calibration.scales]
    coded = [on_scale(responses, scale, units) for scale in calibration.scales]
    places = _places(coded, calibration)
    if places is not None:
        mean[:, at], lower[:, at], upper[:, at] = places.mean, places.lower90, places.upper90
        covariance[np.ix_(range(n), at, at)] = places.covariance
    for q, one, scale in zip(at, coded, calibration.scales, strict=True):
        n_evidence[:, q] = np.bincount(one.unit, minlength=n)
        _note_kinds(kinds, q, one, scale)
    sd = np.sqrt(np.einsum("nkk->nk", covariance))
    return Profiles(
        units=units,
        qualities=calibration.qualities,
        mean=mean,
        covariance=covariance,
        lower90=lower,
        upper90=upper,
        n_evidence=n_evidence,
        enough=rule.holds(n_evidence, sd),
        kinds_used=tuple(tuple(row) for row in kinds),
        rule=rule,
    )


def on_scale(responses: Responses, scale: QualityScale, units: pl.DataFrame) -> CodedQuality:
    """Return the responses on a scale's items, in the scale's own categories and over ``units``; there may be none.

    Raters whom the scale does not know follow after those it knows.
    """
    known = {item.item: j for j, item in enumerate(scale.items)}
    codings = tuple(_coding(item) for item in scale.items)
    mine = in_categories(responses, dict(zip(known, codings, strict=True)))
    mine = mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True)
    mine = mine.sort("unit", "item", "rater")  # sums in one order whatever that of the rows, equal to the last bit
    item = mine["item"].replace_strict(known, return_dtype=pl.Int64).to_numpy().astype(np.intp)
    raters = [rater.rater for rater in scale.raters]
    if raters:
        raters += sorted(set(mine["rater"].drop_nulls().unique()) - set(raters))
    numbers = {name: r for r, name in enumerate(raters)} or {"": -1}
    judge = mine["rater"].replace_strict(numbers, default=-1, return_dtype=pl.Int64)
    return CodedQuality(
        quality=scale.quality,
        units=units,
        items=tuple(known),
        rules=tuple(_rule(scale.quality, item) for item in scale.items),
        codings=codings,
        used=tuple(item.categories for item in scale.items),
        raters=tuple(raters),
        unit=mine["unit"].to_numpy().astype(np.intp),
        item=item,
        category=_nearest(scale)[item, mine["category"].to_numpy()],
        rater=judge.to_numpy().astype(np.intp),
    )


def _coding(item: ItemParameters) -> Coding:
    return Coding(model=item.model, bands=item.bands, reversed=item.reversed, top=item.top)


def _rule(quality: str, item: ItemParameters) -> EvidenceRule:
    return EvidenceRule(
        item=item.item,
        quality=quality,
        model=item.model,
        kind=EvidenceKind(item.kind),
        strength=Strength(item.strength),
        reason=Text("", ""),
    )


def _nearest(scale: QualityScale) -> npt.NDArray[np.intp]:
    """Return, for each item and category, the place of the highest category met that is not above it."""
    nearest = np.zeros((len(scale.items), max(item.top for item in scale.items) + 1), dtype=np.intp)
    for j, item in enumerate(scale.items):
        reached = np.searchsorted(item.categories, np.arange(nearest.shape[1]), side="right") - 1
        nearest[j] = np.maximum(reached, 0)
    return nearest


def _places(coded: Sequence[CodedQuality], calibration: Calibration) -> Places | None:
    """Return the places of all units on all scales; None where there is no scale."""
    if not coded:
        return None
    from yucai.measurement.engine.places import places_of  # loads the compiler, which takes a second
    from yucai.measurement.joint import gathered, whole_part

    records = gathered(coded, coded[0].units)
    errors = [_severity_errors(one, scale) for one, scale in zip(coded, calibration.scales, strict=True)]
    return places_of(whole_part(records), state_on(coded, calibration), severity_error=np.concatenate(errors))


def _severity_errors(coded: CodedQuality, scale: QualityScale) -> Array:
    errors = np.full(len(coded.raters), scale.severity_sd)
    errors[: len(scale.raters)] = [rater.std_error for rater in scale.raters]
    return errors


def state_on(coded: Sequence[CodedQuality], calibration: Calibration) -> State:
    """Return the numbers of a calibration as the engine has them; raters it does not know stand at 0."""
    from yucai.measurement.engine.state import Backbone, Numbers, State

    items = [item for scale in calibration.scales for item in scale.items]
    width = max(2, *(len(item.intercepts) for item in items))
    intercepts = np.zeros((len(items), width))
    for j, item in enumerate(items):
        intercepts[j, : len(item.intercepts)] = item.intercepts
    severity = [np.zeros(len(one.raters)) for one in coded]
    for known, scale in zip(severity, calibration.scales, strict=True):
        known[: len(scale.raters)] = [rater.severity for rater in scale.raters]
    d = len(coded)
    return State(
        numbers=Numbers(
            slopes=np.array([[item.slope] for item in items]),
            intercepts=intercepts,
            severity=np.concatenate(severity),
            severity_sd=np.array([scale.severity_sd for scale in calibration.scales]),
        ),
        backbone=Backbone(
            mean=np.zeros(d), regression=np.zeros((0, d)), covariance=np.array(calibration.correlations)[None]
        ),
    )


def _note_kinds(kinds: list[list[tuple[str, ...]]], q: int, coded: CodedQuality, scale: QualityScale) -> None:
    pairs = pl.DataFrame({"unit": coded.unit, "kind": [scale.items[j].kind for j in coded.item]}).unique()
    for unit, met in pairs.sort("kind").group_by("unit", maintain_order=True).agg("kind").iter_rows():
        kinds[unit][q] = tuple(met)
