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


def score_within(responses: Responses, calibration: WithinCalibration, *, rule: EnoughRule | None = None) -> Profiles:
    """Return the profiles that the responses give: means and full covariance over the qualities, without testlets.

    90 % intervals are those of the normal law that expectation propagation ends with. An answer counts as evidence of
    every quality its item speaks of. Raises FaultyInputError: scores that are no categories of their item.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    mine = in_categories(responses, {one.item: one.coding for one in calibration.items})
    mine = mine.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True).sort("unit", "item")
    number = {one.item: j for j, one in enumerate(calibration.items)}
    unit = mine["unit"].to_numpy().astype(np.int64)
    item = mine["item"].replace_strict(number, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    met = [np.maximum(np.searchsorted(one.categories, np.arange(one.coding.top + 1), "right") - 1, 0)
           for one in calibration.items]  # fmt: skip
    category = np.array([met[j][c] for j, c in zip(item, mine["category"].to_numpy(), strict=True)], dtype=np.int64)
    mean, covariance = _placed(calibration, unit, item, category, units.height)
    sd = np.sqrt(np.einsum("nkk->nk", covariance))
    speaks = np.array([[q in one.qualities for q in calibration.qualities] for one in calibration.items])
    n_evidence = np.zeros(mean.shape, dtype=np.int64)
    np.add.at(n_evidence, unit, speaks[item].astype(np.int64))
    return Profiles(
        units=units, qualities=calibration.qualities, mean=mean, covariance=covariance,
        lower90=mean - NORMAL_90 * sd, upper90=mean + NORMAL_90 * sd, n_evidence=n_evidence,
        enough=rule.holds(n_evidence, sd), kinds_used=_kinds(calibration, unit, item, speaks, units.height),
        spread=np.ones(len(calibration.qualities)),
        rule=rule,
    )  # fmt: skip


def _placed(
    calibration: WithinCalibration,
    unit: npt.NDArray[np.int64],
    item: npt.NDArray[np.int64],
    category: npt.NDArray[np.int64],
    n: int,
) -> tuple[Array, Array]:
    """Return means (n, K) and covariances (n, K, K), testlets integrated out."""
    from yucai.measurement.engine.directions import see, shares_of
    from yucai.measurement.engine.search import nodes_of

    design = Design(
        units=pl.DataFrame({"unit": np.arange(n)}), items=tuple(map(_declared, calibration.items)),
        qualities=calibration.qualities, testlets=tuple(one.testlet for one in calibration.testlets),
        basis=(), unit=unit, item=item, category=category,
    )  # fmt: skip
    design = replace(design, basis=basis_of(design))
    records, directed = records_of_design(design)
    state, nodes = _state(calibration, design, records, directed), nodes_of(SPACING)
    k, means, spreads = len(calibration.qualities), [], []
    for share in shares_of(records, directed, len(nodes)):
        found = see(share, state, nodes, n_sweeps=SWEEPS)
        means.append(found.mean[:, :k])
        spreads.append(found.covariance[:, :k, :k])
    return np.concatenate(means), np.concatenate(spreads)


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
