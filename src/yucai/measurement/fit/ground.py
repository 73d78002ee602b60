"""What every statistic of fit stands on: the answers on their items, each unit's place as weights, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.coding import CodedQuality
from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.information import score_tables
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import Part, Plan, expect, nodes_of, plan_of, table_of
from yucai.measurement.engine.state import State
from yucai.measurement.engine.uncertainty import UnitScores, unit_scores
from yucai.measurement.joint import gathered, whole_part
from yucai.measurement.priors import few_of, weak_priors
from yucai.measurement.scoring import on_scale, state_of
from yucai.texts import Text

__all__ = [
    "Answers",
    "Ground",
    "afresh",
    "answers_of",
    "averaged",
    "few_items",
    "held_numbers",
    "lay_ground",
    "layout_of",
    "of_part",
    "of_records",
    "plan_for",
    "scores_of",
    "sweeps",
    "usual_scores",
    "with_answers",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
SPACING: Final = 0.1
MOST_UNITS: Final = 20_000  # that items and the whole are judged by; evenly spread over all
SWEEPS: Final = 6

NOTHING_CALIBRATED = Text(
    "none of these responses is on an item of the calibration (items such as {item}). Give the responses that were "
    "calibrated, or calibrate these.",
    "这些作答没有一条属于标定中的题目（例如 {item}）。请提供标定所用的作答，或先标定这些作答。",
)
EMPTY = Text("there are no responses. Give those that were calibrated.", "没有作答数据。请提供标定所用的作答。")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """n units with their answers under a state: table (T, Q) of log-probabilities, weights (n, D, Q) of the places
    over the nodes (Q,), mean (n, D), and the row-wise moments of the categories, expected and variance (T, Q).

    ``fitted``: whether these very answers gave the numbers of the items, which then cost freedom.
    """

    coded: tuple[CodedQuality, ...]
    units: pl.DataFrame
    part: Part
    state: State
    nodes: Array
    table: Array
    weights: Array
    mean: Array
    few: npt.NDArray[np.bool_]  # (J,), items with so few answers that priors helped
    category: Array  # (T,)
    expected: Array
    variance: Array
    fitted: bool

    @property
    def records(self) -> Records:
        """The answers as the engine has them."""
        return self.part.records

    @property
    def row_cell(self) -> Index:
        """The cell of each row, (T,)."""
        return np.repeat(np.arange(len(self.records.first)), self.records.items.n_categories[self.records.cell_item])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Unit, item, rater (-1: nobody) and category of each answer, (L,), in the order of the units."""

    unit: Index
    item: Index
    rater: Index
    category: Index
    quality: Index
    n_units: int


def lay_ground(calibration: Calibration, responses: Responses, *, most: int = MOST_UNITS) -> Ground:
    """Return the ground for these responses; of more than ``most`` units every so many-th. Raises FaultyInputError."""
    if not len(responses):
        raise FaultyInputError("fit", [Fault(code="empty", says=EMPTY)])
    known = {item.item for scale in calibration.scales for item in scale.items}
    table = responses.table.filter(pl.col("item").is_in(list(known)))
    if not table.height:
        fault = Fault(code="none-calibrated", says=NOTHING_CALIBRATED, facts={"item": responses.table.item(0, "item")})
        raise FaultyInputError("fit", [fault])
    units = table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    fitted = _same(calibration, table)
    if units.height > most:
        units = units[np.linspace(0, units.height - 1, most).round().astype(int).tolist()]
        table = table.join(units, on=["learner", "occasion"], nulls_equal=True, how="semi")
    coded = tuple(on_scale(Responses(table), scale, units) for scale in calibration.scales)
    records = gathered(coded, units)
    return of_records(coded, units, records, state_of(coded, calibration), fitted=fitted)


def _same(calibration: Calibration, table: pl.DataFrame) -> bool:
    """Whether the answers are as many, item by item, as those that gave the calibration."""
    counted = dict(table.group_by("item").len().iter_rows())
    items = [item for scale in calibration.scales for item in scale.items]
    return all(counted.get(item.item, 0) == item.n_responses for item in items)


def of_records(
    coded: Sequence[CodedQuality], units: pl.DataFrame, records: Records, state: State, *, fitted: bool
) -> Ground:
    """Return the ground for records of one population under a state."""
    return of_part(coded, units, whole_part(records), state, fitted=fitted)


def of_part(
    coded: Sequence[CodedQuality],
    units: pl.DataFrame,
    part: Part,
    state: State,
    *,
    fitted: bool,
    few: npt.NDArray[np.bool_] | None = None,
) -> Ground:
    """Return the ground for a part, whose units may differ in what is expected of them, under a state.

    ``few`` (J,): items that priors helped, where the records have items that the coded answers do not know.
    """
    records = part.records
    nodes = nodes_of(SPACING)
    table = table_of(records, state, nodes)
    found = expect(part, state, table, nodes, n_sweeps=sweeps(records), whole=False)
    sizes = records.items.n_categories[records.cell_item]
    category = (np.arange(records.n_rows) - np.repeat(records.first, sizes)).astype(np.float64)
    chance = np.exp(table)
    expected = np.repeat(np.add.reduceat(chance * category[:, None], records.first, axis=0), sizes, axis=0)
    variance = np.add.reduceat(chance * (category[:, None] - expected) ** 2, records.first, axis=0)
    return Ground(
        coded=tuple(coded),
        units=units,
        part=part,
        state=state,
        nodes=nodes,
        table=table,
        weights=found.weights,
        mean=found.mean,
        few=few_items(coded) if few is None else few,
        category=category,
        expected=expected,
        variance=np.repeat(variance, sizes, axis=0),
        fitted=fitted,
    )


def sweeps(records: Records) -> int:
    """Return how often sites are renewed from the beginning; with one quality the first time is exact."""
    return 1 if records.n_qualities == 1 else SWEEPS


def with_answers(ground: Ground, records: Records) -> Ground:
    """Return the ground with other answers in the same design, under the same state."""
    part = afresh(replace(ground.part, records=records))
    found = expect(part, ground.state, ground.table, ground.nodes, n_sweeps=sweeps(records), whole=False)
    return replace(ground, part=part, weights=found.weights, mean=found.mean)


def answers_of(ground: Ground) -> Answers:
    """Return whose each answer is, on what, by whom, and which category."""
    records = ground.records
    cell = ground.row_cell[records.row]
    return Answers(
        unit=np.repeat(np.arange(records.n_units), np.diff(records.pointer)),
        item=records.cell_item[cell],
        rater=records.cell_rater[cell],
        category=ground.category[records.row].astype(np.int64),
        quality=records.quality[records.row],
        n_units=records.n_units,
    )


def averaged(ground: Ground, curves: Array) -> Array:
    """Return for each answer the mean of its row's curve (T, Q) over what is known of its unit's place, (L,)."""
    found = np.empty(len(ground.records.row))
    records = ground.records
    kernel_items.score_answers(records.pointer, records.row, records.quality, ground.weights, curves, found)
    return found


def scores_of(ground: Ground) -> UnitScores:
    """Return the units' scores at the ground's state."""
    return unit_scores(afresh(ground.part), ground.state, ground.nodes, layout_of(ground))


def usual_scores(ground: Ground) -> Callable[[Ground], Array]:
    """Return what gives the units' scores (n, P) of grounds that differ from this one in the answers alone."""
    layout = layout_of(ground)
    by = score_tables(layout, ground.state, ground.nodes)
    return lambda drawn: (
        unit_scores(afresh(drawn.part), drawn.state, drawn.nodes, layout, table=drawn.table, by=by).scores
    )


def layout_of(ground: Ground) -> Layout:
    """Return where each number stands, every item's being free."""
    return Layout(ground.records, ground.state, plan_of(ground.records))


def afresh(part: Part) -> Part:
    """Return the part with its sites as before the first sweep."""
    return replace(part, tau=np.ones_like(part.tau), nu=np.zeros_like(part.nu))


def held_numbers(ground: Ground) -> Array:
    """Return the precision of the prior of each number that unit scores are by, (P,)."""
    layout = layout_of(ground)
    held = layout.held_items(plan_for(ground)) + layout.held_raters(ground.state)
    return np.asarray(held[layout.free])


def plan_for(ground: Ground) -> Plan:
    """Return the plan of the calibration: weak priors where answers are few."""
    items = ground.records.items
    mean, precision = weak_priors(items.n_categories, items.family == kernel_items.NOMINAL, ground.few)
    return plan_of(ground.records, prior_mean=mean, prior_precision=precision)


def few_items(coded: Sequence[CodedQuality]) -> npt.NDArray[np.bool_]:
    """Return which items, over all qualities, had so few answers that priors helped."""
    return np.concatenate([few_of(one) if len(one.unit) else np.zeros(len(one.items), bool) for one in coded])
