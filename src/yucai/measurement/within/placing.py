"""Where units stand by a calibration in which items speak of several qualities or share a testlet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceRule, Strength
from yucai.measurement.coding import in_categories
from yucai.measurement.profiles import EnoughRule, Profiles
from yucai.measurement.within.calibrating import records_of_design
from yucai.measurement.within.declared import Declared, Design, basis_of
from yucai.measurement.within.results import LoadedItem, WithinCalibration
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.engine.directions import Directed, DirectedState
    from yucai.measurement.engine.records import Records

__all__ = ["score_within"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
SPACING: Final = 0.05
SWEEPS: Final = 10
STEP: Final = 0.05  # of a severity, for what it moves


def score_within(responses: Responses, calibration: WithinCalibration, *, rule: EnoughRule | None = None) -> Profiles:
    """Return the profiles that the responses give: means and full covariance over the qualities, without testlets.

    90 % intervals are those of the normal law that expectation propagation ends with. An answer counts as evidence of
    every quality its item speaks of. Intervals are widened for what is not known of the raters' severity (delta
    method); a rater whom the calibration does not know counts as an average one, with the whole spread of raters as
    uncertainty. Raises FaultyInputError: scores that are no categories of their item.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    mine = in_categories(responses, {one.item: one.coding for one in calibration.items})
    mine = mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True).sort(
        "unit", "item", "rater"
    )
    design = _design(calibration, mine, units.height)
    mean, covariance = _placed(calibration, design)
    sd = np.sqrt(np.einsum("nkk->nk", covariance))
    speaks = np.array([[q in one.qualities for q in calibration.qualities] for one in calibration.items])
    n_evidence = np.zeros(mean.shape, dtype=np.int64)
    np.add.at(n_evidence, design.unit, speaks[design.item].astype(np.int64))
    return Profiles(
        units=units, qualities=calibration.qualities, mean=mean, covariance=covariance,
        lower90=mean - NORMAL_90 * sd, upper90=mean + NORMAL_90 * sd, n_evidence=n_evidence,
        enough=rule.holds(n_evidence, sd),
        kinds_used=_kinds(calibration, design.unit, design.item, speaks, units.height),
        spread=np.ones(len(calibration.qualities)), rule=rule,
    )  # fmt: skip


def _design(calibration: WithinCalibration, mine: pl.DataFrame, n: int) -> Design:
    """Return the answers as the calibration has them; raters it does not know follow after those it knows."""
    items = tuple(map(_declared, calibration.items))
    number = {one.item: j for j, one in enumerate(items)}
    item = mine["item"].replace_strict(number, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    met = [np.maximum(np.searchsorted(one.used, np.arange(one.coding.top + 1), "right") - 1, 0) for one in items]
    category = np.array([met[j][c] for j, c in zip(item, mine["category"].to_numpy(), strict=True)], dtype=np.int64)
    known = {(of.quality, one.rater): 0 for of in calibration.judged for one in of.raters}
    spread = {of.quality for of in calibration.judged}
    judged = [(items[j].rule.quality, rater) for j, rater in zip(item, mine["rater"], strict=True)]
    raters = tuple(dict.fromkeys([*known, *sorted({of for of in judged if of[0] in spread and of[1] is not None})]))
    at = {of: r for r, of in enumerate(raters)}
    design = Design(
        units=pl.DataFrame({"unit": np.arange(n)}), items=items, qualities=calibration.qualities,
        testlets=tuple(one.testlet for one in calibration.testlets), basis=(),
        unit=mine["unit"].to_numpy().astype(np.int64), item=item, category=category,
        rater=np.array([at.get(of, -1) for of in judged], dtype=np.int64), raters=raters,
    )  # fmt: skip
    return replace(design, basis=basis_of(design))


def _placed(calibration: WithinCalibration, design: Design) -> tuple[Array, Array]:
    """Return means (n, K) and covariances (n, K, K), testlets integrated out."""
    from yucai.measurement.engine.directions import see, shares_of
    from yucai.measurement.engine.search import nodes_of

    records, directed = records_of_design(design)
    state, nodes = _state(calibration, design, records, directed), nodes_of(SPACING)
    errors = _severity_errors(calibration, design)
    k, means, spreads = len(calibration.qualities), [], []
    for share in shares_of(records, directed, len(nodes)):
        found = see(share, state, nodes, n_sweeps=SWEEPS)
        covariance = found.covariance[:, :k, :k].copy()
        mine = share.directed
        severity, turn = state.severity(mine), _turns(mine)
        for t in range(int(turn.max(initial=-1)) + 1):
            by = np.where(turn == t, STEP, 0.0)
            up = see(share, state, nodes, n_sweeps=SWEEPS, severity=severity + by).mean
            down = see(share, state, nodes, n_sweeps=SWEEPS, severity=severity - by).mean
            error = np.zeros(len(up))
            error[mine.unit[turn == t]] = errors[mine.rater[turn == t]]
            move = (up - down)[:, :k] / (2 * STEP) * error[:, None]
            covariance += move[:, :, None] * move[:, None, :]
        means.append(found.mean[:, :k])
        spreads.append(covariance)
    return np.concatenate(means), np.concatenate(spreads)


def _severity_errors(calibration: WithinCalibration, design: Design) -> Array:
    """Return the errors of severities, (raters,); of raters whom the calibration does not know, the spread of all."""
    spread = {one.quality: one.severity_sd for one in calibration.judged}
    known = {(of.quality, one.rater): one.std_error for of in calibration.judged for one in of.raters}
    return np.array([known.get(rater, spread[rater[0]]) for rater in design.raters])


def _turns(directed: Directed) -> npt.NDArray[np.int64]:
    """Return for each answer the how-manieth of its unit's raters gave it, (R,); -1 where nobody rated."""
    rated = directed.rater >= 0
    n = int(directed.rater.max(initial=0)) + 1
    pairs, place = np.unique(directed.unit[rated] * n + directed.rater[rated], return_inverse=True)
    unit = pairs // n
    turn = np.full(len(rated), -1)
    turn[rated] = (np.arange(len(pairs)) - np.searchsorted(unit, unit))[place]
    return turn


def _declared(one: LoadedItem) -> Declared:
    rule = EvidenceRule(
        item=one.item, quality=one.qualities[0], model=one.model, kind=EvidenceKind(one.kind),
        strength=Strength.STRONG, reason=Text("", ""), bands=one.coding.bands, reversed=one.coding.reversed,
        also=one.qualities[1:], testlet=one.testlet,
    )  # fmt: skip
    return Declared(item=one.item, rule=rule, coding=one.coding, used=one.categories)


def _state(calibration: WithinCalibration, design: Design, records: Records, directed: Directed) -> DirectedState:
    """Return the numbers of a calibration as the engine takes them."""
    from yucai.measurement.engine.directions import beginning

    state = beginning(records, directed, design.apart)
    plain, k = design.plain, len(calibration.qualities)
    for j, one in enumerate(calibration.items):
        n, steps = int((plain == plain[j])[:j].sum()), len(one.intercepts)
        slopes = state.state.numbers.slopes if plain[j] else state.slopes
        intercepts = state.state.numbers.intercepts if plain[j] else state.intercepts
        slopes[n, : len(one.slopes)] = one.slopes
        intercepts[n, :steps] = one.intercepts
    numbers = state.state.numbers
    for of in calibration.judged:
        numbers.severity_sd[calibration.qualities.index(of.quality)] = of.severity_sd
        for rater in of.raters:
            numbers.severity[design.raters.index((of.quality, rater.rater))] = rater.severity
    covariance = state.state.backbone.covariance[0]
    covariance[:k, :k] = np.array(calibration.correlations)
    covariance[np.arange(k, len(covariance)), np.arange(k, len(covariance))] = [
        t.variance for t in calibration.testlets
    ]
    return state


def _kinds(
    calibration: WithinCalibration,
    unit: npt.NDArray[np.int64],
    item: npt.NDArray[np.int64],
    speaks: npt.NDArray[np.bool_],
    n: int,
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return which kinds of evidence each unit has of each quality."""
    met: list[list[set[str]]] = [[set() for _ in calibration.qualities] for _ in range(n)]
    for i, j in np.unique(np.column_stack([unit, item]), axis=0):
        for k in np.flatnonzero(speaks[j]):
            met[i][k].add(calibration.items[j].kind)
    return tuple(tuple(tuple(sorted(kinds)) for kinds in row) for row in met)
