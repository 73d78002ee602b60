"""All qualities of an evidence map calibrated together: from coded responses to the engine and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.framework import ItemModel
from yucai.measurement.coding import Coded, CodedQuality, places_among, units_of
from yucai.measurement.engine.rated_steps import shared_qualities, variances
from yucai.measurement.engine.records import Family, Items, Records, records_of
from yucai.measurement.engine.search import SMALLEST_CHANGE, Fit, Part, Plan, fit, parts_of, plan_of, start_of
from yucai.measurement.engine.state import State
from yucai.measurement.engine.uncertainty import Uncertainty, uncertainty_of
from yucai.measurement.populations import Background, GroupLaw, Population, normal_population
from yucai.measurement.priors import DECLARED_SD, declared_slope, few_of, weak_priors
from yucai.measurement.scales import ItemParameters, model_met
from yucai.measurement.severity_spread import Information, Strength, likeliest_spread, posterior_variance, strength_of

__all__ = [
    "NOTHING",
    "Joint",
    "Own",
    "QualityNumbers",
    "estimate_together",
    "gathered",
    "items_of",
    "plan_for",
    "told_together",
    "whole_part",
]

Array = npt.NDArray[np.float64]
FAMILIES: Final = {
    ItemModel.BINARY: Family.GRADED,
    ItemModel.GRADED: Family.GRADED,
    ItemModel.PARTIAL_CREDIT: Family.PARTIAL_CREDIT,
    ItemModel.NOMINAL: Family.NOMINAL,
    ItemModel.GUESSING: Family.GUESSING,
}
MOST_SPREADS: Final = 12
ROUGHLY: Final = 2e-3  # change of a number at which the spreads of severities are told better
SAME_SPREAD: Final = 0.005  # change of its logarithm at which a spread has settled


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityNumbers:
    """What was found for one quality: of each item slopes and intercepts, severities (L,), their standard errors in the
    same shapes, and the spread of severities (0: nobody rated). The second intercept of an item that can be guessed is
    the logit of its floor.
    """

    slopes: tuple[Array, ...]
    intercepts: tuple[Array, ...]
    severity: Array
    slope_errors: tuple[Array, ...]
    intercept_errors: tuple[Array, ...]
    severity_errors: Array
    severity_sd: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """What was found for all qualities together; ``correlations`` (K, K) of the places, with their standard errors."""

    qualities: tuple[QualityNumbers, ...]
    correlations: Array
    correlation_errors: Array
    population: Population
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    n_nodes: int
    converged: bool


NOTHING: Final = Joint(
    qualities=(), correlations=np.zeros((0, 0)), correlation_errors=np.zeros((0, 0)),
    population=normal_population((), (), 0), log_likelihood=0.0, trace=(), n_steps=0, n_nodes=0, converged=True,
)  # fmt: skip


def estimate_together(
    coded: Sequence[CodedQuality],
    *,
    background: Background | None = None,
    anchors: Sequence[Mapping[int, ItemParameters]] | None = None,
    exact: bool = False,
    told: Callable[[float], None] | None = None,
) -> Joint:
    """Return the likeliest items, severities, correlations and population, by marginal maximum likelihood.

    ``background`` tells of the units in the order of ``units_of``; ``anchors`` for each quality the items that keep
    their numbers, by place.
    """
    units, _ = units_of(coded)
    records = gathered(coded, units)
    carried = anchors or [{} for _ in coded]
    own = Own(
        records, _design(background, units.height), _group(background, units.height), exact,
        _errors_of_kept(coded, records, carried),
    )  # fmt: skip
    plan = plan_for(coded, records, carried)
    found, said = _settled(own, plan, _start(coded, own, carried), told)
    return told_together(coded, own, found, said, plan, carried, background=background)


def told_together(
    coded: Sequence[Coded], own: Own, found: Fit, said: Uncertainty, plan: Plan,
    carried: Sequence[Mapping[int, ItemParameters]], *, background: Background | None = None,
) -> Joint:  # fmt: skip
    """Return what a search found, quality by quality."""
    state = found.state
    qualities, first_item, first_rater = [], 0, 0
    for d, one in enumerate(coded):
        items = slice(first_item, first_item + len(one.items))
        raters = slice(first_rater, first_rater + len(one.raters))
        qualities.append(_kept(_numbers(one, state, said, items, raters, d), carried[d]))
        first_item, first_rater = items.stop, raters.stop
    spread = np.sqrt(np.diag(state.backbone.covariance[0]))
    return Joint(
        qualities=tuple(qualities),
        correlations=state.backbone.covariance[0] / np.outer(spread, spread),
        correlation_errors=said.correlations,
        population=_population(coded, own, background, found, said, plan),
        log_likelihood=found.log_likelihood,
        trace=found.trace,
        n_steps=found.n_steps,
        n_nodes=len(found.nodes),
        converged=found.converged,
    )


@dataclass(frozen=True, slots=True, kw_only=False, eq=False)
class Own:
    """What the search is about: records, what shifts the places (N, P), groups (N,), errors of items that are kept."""

    records: Records
    design: Array
    group: npt.NDArray[np.int64]
    exact: bool
    of_fixed: Array


def _errors_of_kept(
    coded: Sequence[CodedQuality], records: Records, carried: Sequence[Mapping[int, ItemParameters]]
) -> Array:
    """Return the errors of the items that keep their numbers, 0 of all others, (J, P) as the engine packs them."""
    errors = np.zeros((len(records.items.family), 2 * int(records.items.n_categories.max()) + 2))
    first = 0
    for one, of in zip(coded, carried, strict=True):
        for j, item in of.items():
            _slopes, _intercepts, slopes, intercepts = item.numbers
            errors[first + j, : len(slopes)] = slopes
            errors[first + j, len(slopes) : len(slopes) + len(intercepts)] = intercepts
        first += len(one.items)
    return errors


def _design(background: Background | None, n: int) -> Array:
    return np.zeros((n, 0)) if background is None else background.design()


def _group(background: Background | None, n: int) -> npt.NDArray[np.int64]:
    return np.zeros(n, dtype=np.int64) if background is None else background.group


def gathered(coded: Sequence[CodedQuality], units: pl.DataFrame) -> Records:
    """Return the responses of several qualities as records over ``units`` (learner, occasion)."""
    unit, item, category, rater = [], [], [], []
    n_items, n_raters = 0, 0
    for one in coded:
        unit.append(places_among(one, units)[one.unit])
        item.append(one.item + n_items)
        category.append(one.category)
        rater.append(np.where(one.rater >= 0, one.rater + n_raters, -1))
        n_items, n_raters = n_items + len(one.items), n_raters + len(one.raters)
    return records_of(
        items_of(coded), unit=np.concatenate(unit), item=np.concatenate(item), category=np.concatenate(category),
        rater=np.concatenate(rater), n_units=units.height, n_raters=n_raters,
    )  # fmt: skip


def items_of(coded: Sequence[Coded]) -> Items:
    """Return the items of several qualities, one after the other."""
    sizes = [len(used) for one in coded for used in one.used]
    models = [rule.model for one in coded for rule in one.rules]
    family = [int(FAMILIES[model_met(model, k)]) for model, k in zip(models, sizes, strict=True)]
    return Items(
        family=np.array(family, dtype=np.int64),
        quality=np.repeat(np.arange(len(coded)), [len(one.items) for one in coded]),
        n_categories=np.array(sizes, dtype=np.int64),
    )


def whole_part(records: Records, background: Background | None = None) -> Part:
    """Return all units as one part, with what is known of them."""
    n, d = records.n_units, records.n_qualities
    return Part(
        records=records, covariates=_design(background, n), group=_group(background, n),
        tau=np.ones((n, d)), nu=np.zeros((n, d)),
    )  # fmt: skip


def plan_for(coded: Sequence[Coded], records: Records, carried: Sequence[Mapping[int, ItemParameters]]) -> Plan:
    """Return what is fixed during the search: weak priors where little was answered, and items that are kept."""
    few = np.concatenate([few_of(one) for one in coded])
    kept = np.concatenate(
        [np.isin(np.arange(len(one.items)), list(of)) for one, of in zip(coded, carried, strict=True)]
    )
    few &= ~kept
    mean, precision = weak_priors(records.items.n_categories, records.items.family == Family.NOMINAL, few)
    for j, rule in enumerate(rule for one in coded for rule in one.rules):
        if rule.reliability is not None and not kept[j]:
            mean[j, 0], precision[j, 0] = declared_slope(rule.reliability), 1.0 / DECLARED_SD**2
    tied = np.array([rule.common_slope for one in coded for rule in one.rules])
    precision[tied, 0] = 0.0  # much is known of a slope that is found from all of them together
    plan = plan_of(records, prior_mean=mean, prior_precision=precision)
    anchored = np.array([bool(of) for of in carried])
    return replace(plan, free=~kept, anchored=anchored, held=plan.held & ~anchored, tied=tied)


def _start(coded: Sequence[CodedQuality], own: Own, carried: Sequence[Mapping[int, ItemParameters]]) -> State:
    """Return where the search begins, with the numbers of items that keep them."""
    state = start_of(own.records, n_groups=int(own.group.max(initial=0)) + 1, n_covariates=own.design.shape[1])
    first = 0
    for one, of in zip(coded, carried, strict=True):
        for j, item in of.items():
            slopes, intercepts, *_errors = item.numbers
            state.numbers.slopes[first + j, : len(slopes)] = slopes
            state.numbers.intercepts[first + j, : len(intercepts)] = intercepts
        tied = [j for j, rule in enumerate(one.rules) if rule.common_slope]
        if kept := [of[j].slope for j in tied if j in of]:  # those that come new have the slope of the others
            state.numbers.slopes[[first + j for j in tied], 0] = kept[0]
        first += len(one.items)
    return state


def _settled(own: Own, plan: Plan, start: State, told: Callable[[float], None] | None) -> tuple[Fit, Uncertainty]:
    """Search until items, severities and the spreads of severities stay.

    A search finds spreads as if each severity were known by itself; how much less is known of all together, from the
    information on all numbers, is told to the next one. That ends where a search finds the spreads that were likeliest
    after it, or those of the search before: with few ratings the two differ for good, by some hundredths, since the
    search goes by the means of the severities' law and not by its top.
    """
    records = own.records
    if not records.n_raters:
        found = _searched(own, plan, start, told)
        return found, _uncertainty(own, found, plan)
    found = _searched(own, plan, start, told, close=ROUGHLY)
    n_steps, trace, said = found.n_steps, found.trace, _uncertainty(own, found, plan)
    strengths = _strengths(said, found, records)
    for _ in range(MOST_SPREADS):
        plan, state = _told_of_spreads(found, said, strengths, records, plan)
        before = found
        found = _searched(own, plan, state, told, nodes=found.nodes)
        n_steps += found.n_steps
        said = _uncertainty(own, found, plan)
        strengths = _strengths(said, found, records)
        if min(_spread_moves(found, strengths, records), _moved(before, found, records)) < SAME_SPREAD:
            return replace(found, trace=trace, n_steps=n_steps), said
    return replace(found, trace=trace, n_steps=n_steps, converged=False), said


def _told_of_spreads(
    found: Fit, said: Uncertainty, strengths: Mapping[int, Strength], records: Records, plan: Plan
) -> tuple[Plan, State]:
    """Return the plan with how much wider severities are together than each by itself, and the likeliest spreads."""
    numbers, wider = found.state.numbers, plan.wider.copy()
    spreads, shared = numbers.severity_sd.copy(), shared_qualities(records, plan.free)
    for d in np.unique(records.rater_quality):
        own, spread = records.rater_quality == d, float(numbers.severity_sd[d])
        spreads[d] = likeliest_spread(strengths[d], numbers.severity[own], spread)
    state = replace(found.state, numbers=replace(numbers, severity_sd=spreads))
    apart = variances(state, records, found.judged[2], np.ones_like(wider), shared)
    for d in np.unique(records.rater_quality):
        whole = posterior_variance(strengths[d], spreads[d])
        each = float(apart[records.rater_quality == d].sum())  # nothing where the only rater shares all with himself
        wider[d] = max(whole - spreads[d] ** 2 * (d in shared), 0.0) / each if each > 0 else 1.0
    covariance: Array = np.zeros((0, 0))
    if not len(said.alone):
        at = slice(said.raters_from, said.raters_from + records.n_raters)
        known = said.information[at, at] + np.diag(1.0 / spreads[records.rater_quality] ** 2)
        covariance = np.asarray(np.linalg.inv(known), dtype=np.float64)
    return replace(plan, wider=wider, severity_covariance=covariance), state


def _spread_moves(found: Fit, strengths: Mapping[int, Strength], records: Records) -> float:
    """Return how far the farthest spread is from the likeliest, as a logarithm."""
    numbers, farthest = found.state.numbers, 0.0
    for d in np.unique(records.rater_quality):
        own, spread = records.rater_quality == d, float(numbers.severity_sd[d])
        likeliest = likeliest_spread(strengths[d], numbers.severity[own], spread)
        farthest = max(farthest, abs(float(np.log(likeliest / spread))))
    return farthest


def _moved(before: Fit, found: Fit, records: Records) -> float:
    """Return how far the spreads of severities are from those of the search before, as a logarithm."""
    there = np.unique(records.rater_quality)
    spread = found.state.numbers.severity_sd[there] / before.state.numbers.severity_sd[there]
    return float(np.abs(np.log(spread)).max())


def _searched(
    own: Own, plan: Plan, start: State, told: Callable[[float], None] | None, *, nodes: Array | None = None,
    close: float = SMALLEST_CHANGE,
) -> Fit:  # fmt: skip
    return fit(
        own.records, plan=plan, covariates=own.design, group=own.group, start=start, nodes=nodes, close=close, told=told
    )


def _uncertainty(own: Own, found: Fit, plan: Plan) -> Uncertainty:
    parts = parts_of(own.records, covariates=own.design, group=own.group, n_nodes=len(found.nodes))
    return uncertainty_of(found, parts, plan, exact=own.exact, of_fixed=own.of_fixed if own.of_fixed.any() else None)


def _strengths(said: Uncertainty, found: Fit, records: Records) -> dict[int, Strength]:
    """Return for each quality that was rated what is known of its severities."""
    return {int(d): strength_of(_known_of(said, found, records, d)) for d in np.unique(records.rater_quality)}


def _known_of(said: Uncertainty, found: Fit, records: Records, d: int) -> Information:
    """Return what is known of one quality's severities, everything else free to follow."""
    own = records.rater_quality == d
    if len(said.alone):
        return Information(items=np.zeros((0, 0)), across=np.zeros((0, 0)), raters=said.alone[own])
    of_others = 1.0 / found.state.numbers.severity_sd[records.rater_quality] ** 2
    n = len(said.information)
    mine = np.zeros(n, dtype=bool)
    mine[said.raters_from : said.raters_from + len(own)] = own
    other = said.information[np.ix_(~mine, ~mine)].copy()
    rest = np.zeros(n)
    rest[said.raters_from : said.raters_from + len(own)] = of_others
    other[np.diag_indices(len(other))] += rest[~mine]
    return Information(
        items=other, across=said.information[np.ix_(~mine, mine)], raters=said.information[np.ix_(mine, mine)]
    )


def _numbers(one: Coded, state: State, said: Uncertainty, items: slice, raters: slice, d: int) -> QualityNumbers:
    families = [FAMILIES[model_met(rule.model, len(used))] for rule, used in zip(one.rules, one.used, strict=True)]
    n_slopes = [len(used) - 1 if of is Family.NOMINAL else 1 for of, used in zip(families, one.used, strict=True)]
    n_steps = [2 if of is Family.GUESSING else len(used) - 1 for of, used in zip(families, one.used, strict=True)]
    listed = list(zip(range(items.start, items.stop), n_slopes, n_steps, strict=True))
    return QualityNumbers(
        slopes=tuple(state.numbers.slopes[j, :s] for j, s, _ in listed),
        intercepts=tuple(state.numbers.intercepts[j, :k] for j, _, k in listed),
        severity=state.numbers.severity[raters],
        slope_errors=tuple(said.numbers[j, :s] for j, s, _ in listed),
        intercept_errors=tuple(said.numbers[j, s : s + k] for j, s, k in listed),
        severity_errors=said.severity[raters],
        severity_sd=float(state.numbers.severity_sd[d]) if one.raters else 0.0,
    )


def _kept(numbers: QualityNumbers, carried: Mapping[int, ItemParameters]) -> QualityNumbers:
    """Items that keep their numbers keep their errors, too."""
    for j, item in carried.items():
        _slopes, _intercepts, slopes, intercepts = item.numbers
        numbers.slope_errors[j][:] = slopes
        numbers.intercept_errors[j][:] = intercepts
    return numbers


def _population(
    coded: Sequence[Coded], own: Own, background: Background | None, found: Fit, said: Uncertainty, plan: Plan
) -> Population:
    backbone = found.state.backbone
    names = background.groups if background is not None else ("",)
    n_p = own.design.shape[1] - (len(names) - 1)
    shift = np.concatenate([np.zeros((1, len(coded))), backbone.regression[n_p:]])
    mean = backbone.mean + own.design @ backbone.regression
    away = mean - mean.mean(axis=0)
    share = np.bincount(own.group, minlength=len(names)) / len(own.group)
    whole = np.einsum("g,gde->de", share, backbone.covariance) + away.T @ away / len(away)
    laws = [
        GroupLaw(
            group=name,
            n_units=int((own.group == g).sum()),
            mean=_row(backbone.mean + shift[g]),
            mean_std_errors=_row(said.group_mean(n_p, g)),
            covariance=_rows(backbone.covariance[g]),
            covariance_std_errors=_rows(said.covariance[g]),
        )
        for g, name in enumerate(names)
    ]
    return Population(
        covariates=background.covariates if background is not None else (),
        centers=_row(background.centers) if background is not None else (),
        regression=_rows(backbone.regression[:n_p]),
        regression_std_errors=_rows(said.regression[:n_p]),
        groups=tuple(laws),
        anchored=tuple(one.quality for one, kept in zip(coded, plan.anchored, strict=True) if kept),
        mean=_row(mean.mean(axis=0)),
        covariance=_rows(whole),
    )


def _row(values: Array) -> tuple[float, ...]:
    return tuple(map(float, values))


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(map(_row, matrix))
