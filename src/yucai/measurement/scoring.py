"""From responses and a calibration to profiles: where each learner stands on each quality, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceRule, Strength
from yucai.measurement.calibration import Calibration
from yucai.measurement.coding import CodedQuality, Coding, in_categories
from yucai.measurement.populations import Background, Population, background_of
from yucai.measurement.profiles import EnoughRule, Profiles
from yucai.measurement.scales import ItemParameters, QualityScale
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.engine.places import Places
    from yucai.measurement.engine.state import Backbone, State

__all__ = ["on_scale", "score", "severity_errors", "state_of"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
NO_COVARIATES: Final = Text(
    "the calibration was made without covariates. Score without them, or calibrate with them.",
    "该标定未使用协变量。请不带协变量计分，或重新标定。",
)
NO_GROUPS: Final = Text(
    "the calibration was made without groups. Score without them, or calibrate with them.",
    "该标定未分组。请不分组计分，或重新标定。",
)
COVARIATES_TOO: Final = Text(
    "the calibration has covariates ({names}) besides its groups: give both, or neither.",
    "该标定除组别外还有协变量（{names}）：请两者都给出，或都不给出。",
)
GROUPS_TOO: Final = Text(
    "the calibration has groups besides its covariates ({names}): give both, or neither.",
    "该标定除协变量（{names}）外还有组别：请两者都给出，或都不给出。",
)


def score(
    responses: Responses,
    calibration: Calibration,
    *,
    covariates: pl.DataFrame | None = None,
    groups: pl.DataFrame | None = None,
    rule: EnoughRule | None = None,
) -> Profiles:
    """Return the profiles that the responses give under a calibration, all qualities together.

    Expected a posteriori means (Bock and Mislevy 1982) with the calibrated population as prior, so that what one
    quality shows says something of the others too; 90 % intervals from the 5 % and 95 % points of each margin,
    widened for what is not known of the raters' severity (delta method). A rater whom the calibration does not know is
    taken for an average one, with the whole spread of raters as uncertainty. What is not known of the items is not
    added. Responses on items that the calibration does not hold are not counted.

    Whoever answers alike is placed alike: the prior is that of all calibrated units together. With ``covariates`` and
    ``groups``, as ``calibrate`` had them, it is that of units alike in these, which is right for statements on groups
    and for plausible values, and unfair between persons. Raises FaultyInputError: scores that are no categories of
    their item; covariates or groups that the calibration does not know, that are missing, or one without the other.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    n, k = units.height, len(calibration.qualities)
    background = _background(units, calibration.population, covariates, groups)
    at = [calibration.qualities.index(scale.quality) for scale in calibration.scales]
    center, whole = np.zeros(k), np.eye(k)
    center[at], whole[np.ix_(at, at)] = calibration.population.mean, calibration.population.covariance
    spread = np.sqrt(np.diag(whole))
    mean, covariance = np.tile(center, (n, 1)), np.tile(whole, (n, 1, 1))
    lower, upper = mean - NORMAL_90 * spread, mean + NORMAL_90 * spread
    n_evidence = np.zeros((n, k), dtype=np.int64)
    kinds: list[list[tuple[str, ...]]] = [[()] * k for _ in range(n)]
    coded = [on_scale(responses, scale, units) for scale in calibration.scales]
    places = _places(coded, calibration, background)
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
        enough=rule.holds(n_evidence, sd / spread),
        kinds_used=tuple(tuple(row) for row in kinds),
        spread=spread,
        rule=rule,
    )


def _background(
    units: pl.DataFrame, population: Population, covariates: pl.DataFrame | None, groups: pl.DataFrame | None
) -> Background | None:
    """Return what is known of the units; None where nothing was said. Raises FaultyInputError."""
    if covariates is None and groups is None:
        return None
    grouped = len(population.groups) > 1
    faults = [
        Fault(code=code, says=says, facts={"names": ", ".join(population.covariates)})
        for code, says, wrong in (
            ("no-covariates", NO_COVARIATES, covariates is not None and not population.covariates),
            ("no-groups", NO_GROUPS, groups is not None and not grouped),
            ("covariates-too", COVARIATES_TOO, covariates is None and bool(population.covariates)),
            ("groups-too", GROUPS_TOO, groups is None and grouped),
        )
        if wrong
    ]
    if faults:
        raise FaultyInputError("covariates and groups", faults)
    return background_of(units, covariates, groups, known=population)


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
    return Coding(model=item.model, bands=item.bands, reversed=item.reversed, top=item.top, edges=item.edges)


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


def _places(coded: Sequence[CodedQuality], calibration: Calibration, background: Background | None) -> Places | None:
    """Return the places of all units on all scales; None where there is no scale."""
    if not coded:
        return None
    from yucai.measurement.engine.places import places_of  # loads the compiler, which takes a second
    from yucai.measurement.joint import gathered, whole_part

    records = gathered(coded, coded[0].units)
    errors = [severity_errors(one, scale) for one, scale in zip(coded, calibration.scales, strict=True)]
    state = state_of(coded, calibration, background)
    return places_of(whole_part(records, background), state, severity_error=np.concatenate(errors))


def _backbone(population: Population, background: Background | None) -> Backbone:
    """Return the law of all calibrated units together, or, where something is known of the units, of those alike."""
    from yucai.measurement.engine.state import Backbone

    d = len(population.mean)
    if background is None:
        return Backbone(
            mean=np.array(population.mean),
            regression=np.zeros((0, d)),
            covariance=np.array(population.covariance)[None],
        )
    means = np.array([law.mean for law in population.groups])
    regression = np.concatenate([np.array(population.regression).reshape(-1, d), means[1:] - means[0]])
    return Backbone(
        mean=means[0], regression=regression, covariance=np.array([law.covariance for law in population.groups])
    )


def severity_errors(coded: CodedQuality, scale: QualityScale) -> Array:
    """Return the standard errors of severities; of raters whom the scale does not know, the spread of all raters."""
    errors = np.full(len(coded.raters), scale.severity_sd)
    errors[: len(scale.raters)] = [rater.std_error for rater in scale.raters]
    return errors


def state_of(coded: Sequence[CodedQuality], calibration: Calibration, background: Background | None = None) -> State:
    """Return the numbers of a calibration as the engine takes them, for responses coded on its scales."""
    from yucai.measurement.engine.state import Numbers, State

    items = [item for scale in calibration.scales for item in scale.items]
    numbers = [item.numbers for item in items]
    slopes = np.zeros((len(items), max(len(one[0]) for one in numbers)))
    intercepts = np.zeros((len(items), max(2, *(len(one[1]) for one in numbers))))
    for j, (of_slopes, of_intercepts, *_errors) in enumerate(numbers):
        slopes[j, : len(of_slopes)], intercepts[j, : len(of_intercepts)] = of_slopes, of_intercepts
    severity = [np.zeros(len(one.raters)) for one in coded]
    for known, scale in zip(severity, calibration.scales, strict=True):
        known[: len(scale.raters)] = [rater.severity for rater in scale.raters]
    return State(
        numbers=Numbers(
            slopes=slopes,
            intercepts=intercepts,
            severity=np.concatenate(severity),
            severity_sd=np.array([scale.severity_sd for scale in calibration.scales]),
        ),
        backbone=_backbone(calibration.population, background),
    )


def _note_kinds(kinds: list[list[tuple[str, ...]]], q: int, coded: CodedQuality, scale: QualityScale) -> None:
    pairs = pl.DataFrame({"unit": coded.unit, "kind": [scale.items[j].kind for j in coded.item]}).unique()
    for unit, met in pairs.sort("kind").group_by("unit", maintain_order=True).agg("kind").iter_rows():
        kinds[unit][q] = tuple(met)
