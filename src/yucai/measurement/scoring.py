"""From responses and a calibration to profiles: where each learner stands on each quality, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceRule, Strength
from yucai.measurement.calibration import Calibration, ItemParameters, QualityScale
from yucai.measurement.coding import CodedQuality, Coding, in_categories
from yucai.measurement.information import in_chunks
from yucai.measurement.parameters import Design, Parameters, curves_of, design_of, table_of
from yucai.measurement.profiles import EnoughRule, Profiles
from yucai.measurement.quadrature import Grid, grid_of, membership_of, moments, posterior, quantile
from yucai.texts import Text

__all__ = ["on_scale", "score"]

Array = npt.NDArray[np.float64]
NODES: Final = 241
NORMAL_90: Final = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class _Places:
    """Mean, SD and both ends of the 90 % interval of every unit, each (N,)."""

    mean: Array
    sd: Array
    lower: Array
    upper: Array


def score(responses: Responses, calibration: Calibration, *, rule: EnoughRule | None = None) -> Profiles:
    """Return the profiles that the responses give under a calibration.

    Expected a posteriori means with the standard normal as prior (Bock and Mislevy 1982), 90 % intervals from the
    5 % and 95 % points of the posterior, widened for what is not known of the raters' severity (delta method); a
    rater whom the calibration does not know is taken for an average one, with the whole spread of raters as
    uncertainty. What is not known of the items is not added. Responses on items that the calibration does not hold
    are not counted. Raises FaultyInputError: scores that are no categories of their item.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    n, k = units.height, len(calibration.qualities)
    mean, sd = np.zeros((n, k)), np.ones((n, k))
    lower, upper = np.full((n, k), -NORMAL_90), np.full((n, k), NORMAL_90)
    n_evidence = np.zeros((n, k), dtype=np.int64)
    kinds: list[list[tuple[str, ...]]] = [[()] * k for _ in range(n)]
    for q, quality in enumerate(calibration.qualities):
        scale = calibration.scale(quality)
        coded = None if scale is None else on_scale(responses, scale, units)
        if scale is None or coded is None:
            continue
        rows, places = np.unique(coded.unit), _places(coded, scale)
        mean[rows, q], sd[rows, q] = places.mean[rows], places.sd[rows]
        lower[rows, q], upper[rows, q] = places.lower[rows], places.upper[rows]
        n_evidence[:, q] = np.bincount(coded.unit, minlength=n)
        _note_kinds(kinds, q, coded, scale)
    return Profiles(
        units=units,
        qualities=calibration.qualities,
        mean=mean,
        std_error=sd,
        lower90=lower,
        upper90=upper,
        n_evidence=n_evidence,
        enough=rule.holds(n_evidence, sd),
        kinds_used=tuple(tuple(row) for row in kinds),
        rule=rule,
    )


def on_scale(responses: Responses, scale: QualityScale, units: pl.DataFrame) -> CodedQuality | None:
    """Return the responses on a scale's items, in the scale's own categories and over ``units``; None when none are.

    Raters whom the scale does not know follow after those it knows.
    """
    known = {item.item: j for j, item in enumerate(scale.items)}
    codings = tuple(_coding(item) for item in scale.items)
    mine = in_categories(responses, dict(zip(known, codings, strict=True)))
    if not mine.height:
        return None
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


def _parameters(scale: QualityScale, n_raters: int) -> Parameters:
    intercepts = np.full((len(scale.items), max(len(item.intercepts) for item in scale.items)), np.nan)
    for j, item in enumerate(scale.items):
        intercepts[j, : len(item.intercepts)] = item.intercepts
    severity = np.zeros(n_raters)
    severity[: len(scale.raters)] = [rater.severity for rater in scale.raters]
    return Parameters(
        slope=np.array([item.slope for item in scale.items]),
        intercepts=intercepts,
        severity=severity,
        severity_sd=scale.severity_sd,
    )


def _places(coded: CodedQuality, scale: QualityScale) -> _Places:
    design, parameters, grid = design_of(coded), _parameters(scale, len(coded.raters)), grid_of(NODES)
    weights, _ = posterior(membership_of(coded, design), table_of(design, parameters, grid.nodes), grid)
    mean, sd = moments(weights, grid)
    errors = np.full(len(coded.raters), scale.severity_sd)
    errors[: len(scale.raters)] = [rater.std_error for rater in scale.raters]
    added = _by_severity(coded, design, parameters, weights, grid).power(2) @ errors**2
    wider = np.sqrt(1.0 + added / sd**2)
    ends = [mean + (quantile(weights, grid, share) - mean) * wider for share in (0.05, 0.95)]
    return _Places(mean, sd * wider, ends[0], ends[1])


def _by_severity(
    coded: CodedQuality, design: Design, parameters: Parameters, weights: Array, grid: Grid
) -> sparse.csr_matrix:
    """Return how each unit's mean moves with each rater's severity, (N, L).

    The derivative of a posterior mean by a parameter is the posterior covariance of the place with the derivative of
    the log-likelihood.
    """
    shape = (coded.units.height, design.n_raters)
    moves, units, raters = [np.zeros(0)], [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    mean = weights @ grid.nodes
    for block, chosen, cell, category in in_chunks(design):
        if not (block.rater >= 0).any():
            continue
        by_place = curves_of(block, parameters, grid.nodes).by_place
        for r, c, k in zip(chosen, cell, category, strict=True):
            judged = block.rater[c] >= 0
            unit = coded.unit[r][judged]
            away = grid.nodes[None, :] - mean[unit, None]
            moves.append(np.einsum("rq,rq,rq->r", weights[unit], -by_place[c, k][judged], away))
            units.append(unit)
            raters.append(block.rater[c][judged])
    where = (np.concatenate(units), np.concatenate(raters))
    return sparse.csr_matrix((np.concatenate(moves), where), shape=shape)


def _note_kinds(kinds: list[list[tuple[str, ...]]], q: int, coded: CodedQuality, scale: QualityScale) -> None:
    pairs = pl.DataFrame({"unit": coded.unit, "kind": [scale.items[j].kind for j in coded.item]}).unique()
    for unit, met in pairs.sort("kind").group_by("unit", maintain_order=True).agg("kind").iter_rows():
        kinds[unit][q] = tuple(met)
