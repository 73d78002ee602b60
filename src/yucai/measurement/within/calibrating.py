"""Calibrate and place where some items speak of several qualities, or share a testlet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import Responses
from yucai.framework import EvidenceMap, ItemModel
from yucai.measurement.coding import CodedQuality, code_responses, qualities_of
from yucai.measurement.notices import about_one_rater, about_raters_apart
from yucai.measurement.scales import RaterSeverity
from yucai.measurement.within.declared import Design, design_of
from yucai.measurement.within.results import LoadedItem, RatersOfQuality, Testlet, WithinCalibration
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.engine.directed_errors import DirectedErrors
    from yucai.measurement.engine.directed_search import DirectedFit
    from yucai.measurement.engine.directions import Directed, DirectedState
    from yucai.measurement.engine.records import Records

__all__ = ["calibrate_within", "records_of_design"]

Array = npt.NDArray[np.float64]
FAMILIES: Final = {ItemModel.BINARY: 0, ItemModel.GRADED: 0, ItemModel.PARTIAL_CREDIT: 1}
ALIKE: Final = Text(
    "On {item} everybody reached the same category; it tells nothing and was left out.",
    "{item} 所有人得分档相同，不提供信息，已略去。",
)
NOT_CONVERGED: Final = Text(
    "The search ended after {n} steps without settling; read all its numbers with care.",
    "迭代 {n} 步后仍未收敛，全部数值须谨慎使用。",
)


def calibrate_within(
    responses: Responses, evidence_map: EvidenceMap, *, report: Callable[[float], None] | None = None
) -> WithinCalibration:
    r"""Return what the responses say of items, where rules may name further qualities (``also``) or a ``testlet``.

    With a_q the slopes of an item on the qualities it speaks of, its line is \sum_q a_q x_q; graded and binary items
    have logit P(Y >= k) = line + d_k, partial credit log P(k)/P(k-1) = line + d_k. Items of a testlet have the line
    a (x_q + t), t an effect of the unit and testlet alone, whose variance is estimated and which is not reported as a
    quality (Wainer, Bradlow and Wang 2007). Marginal maximum likelihood by EM with expectation propagation (Minka
    2001): one site for all that is said of up to three qualities that items join, integrated by Gauss-Hermite nodes
    around where the unit stands. Standard errors from the outer product of scores.

    Where a rater judged, each place of the line is counted from the rater's severity about the item's first quality,
    \sum_q a_q (x_q - \rho); severities are normal around 0, with a spread that is estimated. Raises FaultyInputError:
    what ``calibrate`` refuses, an item of more than four qualities, a testlet across qualities or of one item, loadings
    that no amount of answers could tell.
    """
    coded = code_responses(responses, evidence_map)
    dull = [one.items[j] for one in coded for j, used in enumerate(one.used) if len(used) < 2]
    if dull:
        kept = responses.table.filter(~pl.col("item").is_in(dull))
        coded = code_responses(replace(responses, table=kept), evidence_map)
    notices = [ALIKE.filled(item=item) for item in dull]
    notices += [about_one_rater(one.quality, one.raters[0]) for one in coded if len(one.raters) == 1]
    coded = tuple(_with_raters_apart(one) for one in coded)
    design = design_of(coded, qualities_of(evidence_map))
    from yucai.measurement.within.searching import settled  # loads the compiler

    found, errors = settled(*records_of_design(design), apart=design.apart, told=report)
    notices += [notice for one in coded for notice in about_raters_apart(one)]
    if not found.converged:
        notices.append(NOT_CONVERGED.filled(n=found.n_steps))
    k = len(design.qualities)
    return WithinCalibration(
        evidence_map=evidence_map.code,
        evidence_map_version=evidence_map.version,
        qualities=design.qualities,
        items=_items(design, found.state, errors),
        testlets=_testlets(design, found, errors),
        judged=_judged(design, found.state, errors),
        correlations=_rows(found.state.state.backbone.covariance[0, :k, :k]),
        correlation_std_errors=_rows(errors.correlations[:k, :k]),
        left_out=tuple(dull),
        notices=tuple(notices),
        log_likelihood=found.log_likelihood,
        n_steps=found.n_steps,
        converged=found.converged,
    )


def records_of_design(design: Design) -> tuple[Records, Directed]:
    """Return the answers on items with one quality, and those on all others."""
    from yucai.measurement.engine.directions import directed_of, empty_records
    from yucai.measurement.engine.records import Items, records_of

    plain, n, d = design.plain, design.units.height, len(design.apart)
    family = np.array([FAMILIES[one.coding.model] if len(one.used) > 2 else 0 for one in design.items])
    sizes = np.array([len(one.used) for one in design.items])
    number = np.where(plain, np.cumsum(plain) - 1, np.cumsum(~plain) - 1)
    own = plain[design.item]
    records = empty_records(n, d)
    if plain.any():
        items = Items(
            family=family[plain].astype(np.int64), n_categories=sizes[plain].astype(np.int64),
            quality=np.array([np.argmax(design.basis[j][0]) for j in np.flatnonzero(plain)], dtype=np.int64),
        )  # fmt: skip
        records = records_of(
            items, unit=design.unit[own], item=number[design.item[own]], category=design.category[own], n_units=n
        )
        records = replace(records, n_qualities=d)
    others = [design.basis[j] for j in np.flatnonzero(~plain)] or [np.eye(d)[[0]]]
    several = ~plain if (~plain).any() else np.zeros(0, dtype=bool)
    directed = directed_of(
        family=family[~plain] if len(several) else np.zeros(1), basis=others,
        n_categories=sizes[~plain] if len(several) else np.full(1, 2), unit=design.unit[~own],
        item=number[design.item[~own]], category=design.category[~own], n_units=n, rater=design.rater[~own],
        rater_quality=design.rater_quality,
    )  # fmt: skip
    return records, directed


def _with_raters_apart(coded: CodedQuality) -> CodedQuality:
    """Return the coded answers without a rater who judged everything: severity and difficulty are then one."""
    return replace(coded, raters=(), rater=np.full_like(coded.rater, -1)) if len(coded.raters) == 1 else coded


def _items(design: Design, state: DirectedState, errors: DirectedErrors) -> tuple[LoadedItem, ...]:
    seen = np.bincount(design.item, minlength=len(design.items))
    plain, found = design.plain, []
    for j, one in enumerate(design.items):
        n, steps = int((plain == plain[j])[:j].sum()), len(one.used) - 1
        if plain[j]:
            slopes, slope_errors = state.state.numbers.slopes[n, :1], errors.numbers[n, :1]
            intercepts, wide = state.state.numbers.intercepts[n, :steps], errors.numbers[n, 1 : 1 + steps]
        else:
            l_n = len(design.basis[j])
            slopes, slope_errors = state.slopes[n, :l_n], errors.slopes[n, :l_n]
            intercepts, wide = state.intercepts[n, :steps], errors.intercepts[n, :steps]
        found.append(
            LoadedItem(
                item=one.item, kind=str(one.rule.kind), coding=one.coding, categories=one.used, qualities=one.qualities,
                testlet=one.rule.testlet, slopes=tuple(map(float, slopes)),
                slope_std_errors=tuple(map(float, slope_errors)), intercepts=tuple(map(float, intercepts)),
                intercept_std_errors=tuple(map(float, wide)), n_responses=int(seen[j]),
            )
        )  # fmt: skip
    return tuple(found)


def _testlets(design: Design, found: DirectedFit, errors: DirectedErrors) -> tuple[Testlet, ...]:
    said = []
    for at, name in enumerate(design.testlets, start=len(design.qualities)):
        mine = [one for one in design.items if one.rule.testlet == name]
        said.append(
            Testlet(
                testlet=name, quality=mine[0].rule.quality, items=tuple(one.item for one in mine),
                variance=float(found.state.state.backbone.covariance[0, at, at]), std_error=float(errors.variances[at]),
            )
        )  # fmt: skip
    return tuple(said)


def _judged(design: Design, state: DirectedState, errors: DirectedErrors) -> tuple[RatersOfQuality, ...]:
    n_ratings = np.bincount(design.rater[design.rater >= 0], minlength=len(design.raters))
    return tuple(
        RatersOfQuality(
            quality=quality,
            severity_sd=float(state.state.numbers.severity_sd[design.qualities.index(quality)]),
            raters=tuple(
                RaterSeverity(
                    rater=rater, severity=float(state.state.numbers.severity[r]), std_error=float(errors.severity[r]),
                    n_ratings=int(n_ratings[r]),
                )
                for r, (of, rater) in enumerate(design.raters)
                if of == quality
            ),
        )
        for quality in dict.fromkeys(quality for quality, _rater in design.raters)
    )  # fmt: skip


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)
