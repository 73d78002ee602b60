"""All qualities of an evidence map calibrated together: from coded responses to the engine and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.framework import ItemModel
from yucai.measurement.coding import CodedQuality
from yucai.measurement.engine.records import Family, Items, Records, records_of
from yucai.measurement.engine.search import Fit, Part, Plan, fit, parts_of, plan_of
from yucai.measurement.engine.state import State
from yucai.measurement.engine.uncertainty import Uncertainty, uncertainty_of
from yucai.measurement.priors import INTERCEPT_PRIOR_SD, SLOPE_PRIOR, few_of
from yucai.measurement.severity_spread import Information, likeliest_spread

__all__ = ["NOTHING", "Joint", "QualityNumbers", "estimate_together", "gathered", "whole_part"]

Array = npt.NDArray[np.float64]
MOST_SPREADS: Final = 12
SAME_SPREAD: Final = 0.005  # change of its logarithm at which a spread has settled
KEY: Final = ["learner", "occasion"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityNumbers:
    """What was found for one quality: slope (J,), intercepts (J, steps; NaN where an item has fewer), severities (L,),
    their standard errors in the same shapes, and the spread of severities (0: nobody rated).
    """

    slope: Array
    intercepts: Array
    severity: Array
    slope_errors: Array
    intercept_errors: Array
    severity_errors: Array
    severity_sd: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """What was found for all qualities together; ``correlations`` (K, K) of the places, with their standard errors."""

    qualities: tuple[QualityNumbers, ...]
    correlations: Array
    correlation_errors: Array
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    n_nodes: int
    converged: bool


NOTHING: Final = Joint(
    qualities=(), correlations=np.zeros((0, 0)), correlation_errors=np.zeros((0, 0)), log_likelihood=0.0, trace=(),
    n_steps=0, n_nodes=0, converged=True,
)  # fmt: skip


def estimate_together(coded: Sequence[CodedQuality], *, told: Callable[[float], None] | None = None) -> Joint:
    """Return the likeliest items, severities and correlations of the qualities, by marginal maximum likelihood."""
    units = pl.concat([one.units for one in coded]).unique().sort(KEY, nulls_last=False)
    records = gathered(coded, units)
    plan = _plan(coded, records)
    found, said = _settled(records, plan, told)
    state = found.state
    qualities, first_item, first_rater = [], 0, 0
    for d, one in enumerate(coded):
        items = slice(first_item, first_item + len(one.items))
        raters = slice(first_rater, first_rater + len(one.raters))
        qualities.append(_numbers(one, state, said, items, raters, d))
        first_item, first_rater = items.stop, raters.stop
    return Joint(
        qualities=tuple(qualities),
        correlations=state.backbone.covariance[0],
        correlation_errors=said.correlations,
        log_likelihood=found.log_likelihood,
        trace=found.trace,
        n_steps=found.n_steps,
        n_nodes=len(found.nodes),
        converged=found.converged,
    )


def gathered(coded: Sequence[CodedQuality], units: pl.DataFrame) -> Records:
    """Return the responses of several qualities as records over ``units`` (learner, occasion)."""
    numbered = units.with_row_index("whole")
    unit, item, category, rater = [], [], [], []
    n_items, n_raters = 0, 0
    for one in coded:
        place = one.units.join(numbered, on=KEY, nulls_equal=True, how="left", maintain_order="left")["whole"]
        unit.append(place.to_numpy().astype(np.int64)[one.unit])
        item.append(one.item + n_items)
        category.append(one.category)
        rater.append(np.where(one.rater >= 0, one.rater + n_raters, -1))
        n_items, n_raters = n_items + len(one.items), n_raters + len(one.raters)
    return records_of(
        _items(coded), unit=np.concatenate(unit), item=np.concatenate(item), category=np.concatenate(category),
        rater=np.concatenate(rater), n_units=units.height, n_raters=n_raters,
    )  # fmt: skip


def _items(coded: Sequence[CodedQuality]) -> Items:
    sizes = [len(used) for one in coded for used in one.used]
    credit = [rule.model is ItemModel.PARTIAL_CREDIT for one in coded for rule in one.rules]
    family = [
        int(Family.PARTIAL_CREDIT if partial and k > 2 else Family.GRADED)  # with two categories both are one
        for partial, k in zip(credit, sizes, strict=True)
    ]
    return Items(
        family=np.array(family, dtype=np.int64),
        quality=np.repeat(np.arange(len(coded)), [len(one.items) for one in coded]),
        n_categories=np.array(sizes, dtype=np.int64),
    )


def whole_part(records: Records) -> Part:
    """Return all units as one part without covariates."""
    n, d = records.n_units, records.n_qualities
    return Part(
        records=records, covariates=np.zeros((n, 0)), group=np.zeros(n, dtype=np.int64),
        tau=np.ones((n, d)), nu=np.zeros((n, d)),
    )  # fmt: skip


def _plan(coded: Sequence[CodedQuality], records: Records) -> Plan:
    few = np.concatenate([few_of(one) for one in coded])
    j_n, width = len(few), 2 * int(records.items.n_categories.max()) + 2
    mean, precision = np.zeros((j_n, width)), np.zeros((j_n, width))
    mean[few, 0], precision[few, 0] = SLOPE_PRIOR[0], 1.0 / SLOPE_PRIOR[1] ** 2
    numbers = np.arange(width)[None, :]
    steps = (numbers >= 1) & (numbers < records.items.n_categories[:, None]) & few[:, None]
    precision[steps] = 1.0 / INTERCEPT_PRIOR_SD**2
    return plan_of(records, prior_mean=mean, prior_precision=precision)


def _settled(records: Records, plan: Plan, told: Callable[[float], None] | None) -> tuple[Fit, Uncertainty]:
    """Search until items, severities and the spreads of severities stay; half strides where a spread swings."""
    found = fit(records, plan=plan, told=told)
    said = _uncertainty(records, found, plan)
    if not records.n_raters:
        return found, said
    of = records.rater_quality
    there = np.unique(of)
    stride, last = np.ones(len(there)), np.zeros(len(there))
    for _ in range(MOST_SPREADS):
        spreads = found.state.numbers.severity_sd.copy()
        moves = np.array([np.log(_likeliest(said, found, of == d, spreads[d]) / spreads[d]) for d in there])
        stride, last = np.where(moves * last < 0, stride / 2, stride), moves
        if np.abs(moves).max() < SAME_SPREAD:
            return found, said
        spreads[there] *= np.exp(stride * moves)
        numbers = replace(found.state.numbers, severity_sd=spreads)
        again = fit(records, plan=plan, start=replace(found.state, numbers=numbers), told=told)
        found = replace(again, trace=found.trace, n_steps=found.n_steps + again.n_steps)
        said = _uncertainty(records, found, plan)
    return replace(found, converged=False), said


def _uncertainty(records: Records, found: Fit, plan: Plan) -> Uncertainty:
    n = records.n_units
    parts = parts_of(records, covariates=np.zeros((n, 0)), group=np.zeros(n, np.int64), n_nodes=len(found.nodes))
    return uncertainty_of(found, parts, plan)


def _likeliest(said: Uncertainty, found: Fit, own: npt.NDArray[np.bool_], spread: float) -> float:
    """Return the likeliest spread of one quality's severities, everything else free to follow."""
    if len(said.alone):
        alone = Information(items=np.zeros((0, 0)), across=np.zeros((0, 0)), raters=said.alone[own])
        return likeliest_spread(alone, found.state.numbers.severity[own], spread)
    n = len(said.information)
    mine = np.zeros(n, dtype=bool)
    mine[said.raters_from : said.raters_from + len(own)] = own
    other = said.information[np.ix_(~mine, ~mine)].copy()
    rest = np.zeros(n)
    rest[said.raters_from : said.raters_from + len(own)] = 1.0 / found.state.numbers.severity_sd.max() ** 2
    other[np.diag_indices(len(other))] += rest[~mine]
    information = Information(
        items=other, across=said.information[np.ix_(~mine, mine)], raters=said.information[np.ix_(mine, mine)]
    )
    return likeliest_spread(information, found.state.numbers.severity[own], spread)


def _numbers(one: CodedQuality, state: State, said: Uncertainty, items: slice, raters: slice, d: int) -> QualityNumbers:
    steps = np.array([len(used) - 1 for used in one.used])
    there = np.arange(int(steps.max()))[None, :] < steps[:, None]
    intercepts = np.where(there, state.numbers.intercepts[items, : there.shape[1]], np.nan)
    errors = np.where(there, said.numbers[items, 1 : 1 + there.shape[1]], np.nan)
    return QualityNumbers(
        slope=state.numbers.slopes[items, 0],
        intercepts=intercepts,
        severity=state.numbers.severity[raters],
        slope_errors=said.numbers[items, 0],
        intercept_errors=errors,
        severity_errors=said.severity[raters],
        severity_sd=float(state.numbers.severity_sd[d]) if one.raters else 0.0,
    )
