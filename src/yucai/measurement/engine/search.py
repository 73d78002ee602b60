r"""EM over all qualities at once: each learner's answers collapse to one curve a quality, tied by a Gaussian backbone.

The E-step is one-dimensional quadrature for each quality inside expectation propagation (Minka 2001); with one quality
it is exact, and the whole is Bock and Aitkin's (1981) marginal maximum likelihood. Scale and mean of the places are set
free in each step and then put into the items (Liu, Rubin and Wu 1998). Steps are accelerated by Anderson mixing; a leap
that would lower the likelihood is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items, kernels, rated_steps
from yucai.measurement.engine.backbone import backbone_step, scaled
from yucai.measurement.engine.parts import (
    Part,
    Statistics,
    answers_counted,
    height_before,
    places_before,
    severities_told,
    skewed,
    summed,
)
from yucai.measurement.engine.rated import Severities, first_rows, line_of, rated_table
from yucai.measurement.engine.records import Records, units_of
from yucai.measurement.engine.state import State, first_state, is_sound, packed_numbers, with_numbers
from yucai.measurement.engine.threads import threads_for
from yucai.measurement.engine.tied import moving_ties, pinned, tie_slopes
from yucai.measurement.priors import FLOOR_PRIOR

__all__ = [
    "Fit",
    "Part",
    "Plan",
    "Search",
    "Statistics",
    "climbed",
    "expect",
    "fit",
    "mixed",
    "nodes_of",
    "parts_of",
    "plan_of",
    "shift_of",
    "spacing_for",
    "span_of",
    "start_of",
    "statistics_of",
    "table_of",
    "told_of",
]

Array = npt.NDArray[np.float64]
MOST_STEPS: Final = 500
SMALLEST_CHANGE: Final = 1e-5
SMALLEST_GAIN: Final = 1e-10
MEMORY: Final = 5
REACH: Final = 6.0  # SDs of the places that the grid spans on both sides
FAR: Final = 5.5  # SDs around the mean of units alike
NEARLY: Final = 0.25  # SD by which a span may fall short
MUCH_TOLD: Final = 0.99  # share of places about which less is told than the first grid is made for
TOLD_BY_STEP: Final = 0.35  # information of a step between categories
AT_ONCE: Final = 100_000  # units, where arrays as long as their answers are made
NARROW_SHARE: Final = 0.01  # of places, whose spread nodes may be apart
MOST_NODES: Final = 241
MOST_WEIGHTS: Final = 8_000_000  # doubles that one part's weights take


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is fixed during a search: priors of the items' numbers (J, P), which items move, which scales are anchored.

    ``held`` (D,): qualities with priors of items or severities, so that their scale is not put into the items. ``tied``
    (J,): items that share one slope with the others of their quality that are tied; where one of these keeps its
    numbers, all keep its slope.
    ``wider`` (D,): by how much the posterior variances of a quality's severities are, together, larger than those of
    each severity taken for itself. ``severity_covariance`` (L, L): theirs after the answers, items and population
    known; empty as long as each is taken for itself.
    """

    prior_mean: Array
    prior_precision: Array
    free: npt.NDArray[np.bool_]
    anchored: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]
    tied: npt.NDArray[np.bool_]
    wider: Array
    severity_covariance: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Where the search ended. ``trace`` holds log-likelihood plus log-prior at the beginning of each step."""

    state: State
    nodes: Array
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    converged: bool
    judged: Array  # (3, L), as in ``Statistics``


def table_of(records: Records, state: State, nodes: Array) -> Array:
    """Return log-probabilities (T, Q) of every row at every node."""
    if records.n_raters:
        return rated_table(records, line_of(records, state, nodes), len(nodes))
    table = np.empty((records.n_rows, len(nodes)))
    kernel_items.tabulate(
        records.first, records.cell_item, shift_of(records, state), records.items.family, records.items.n_categories,
        state.numbers.slopes, state.numbers.intercepts, nodes, table,
    )  # fmt: skip
    return table


def shift_of(records: Records, state: State) -> Array:
    """Return the severity past which each cell sees the places, (C,)."""
    if not records.n_raters:
        return np.zeros(len(records.cell_item))
    return np.where(records.cell_rater >= 0, state.numbers.severity[records.cell_rater], 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """Places of a part's units after their answers: mean (n, D), variance (n, D), weights (n, D, Q), height (n,)."""

    mean: Array
    variance: Array
    weights: Array
    height: Array
    covariance_sum: Array  # (G, D, D)
    covariance: Array  # (n, D, D), where it was asked for


def expect(part: Part, state: State, table: Array, nodes: Array, *, n_sweeps: int, whole: bool = True) -> Expected:
    """Run the E-step of one part and renew its sites; without ``whole`` no unit's covariance is kept."""
    records, d = part.records, part.records.n_qualities
    n = records.n_units
    precision, mu, pull = places_before(part, state)
    weights, mean, variance = np.empty((n, d, len(nodes))), np.empty((n, d)), np.empty((n, d))
    height = np.empty(n)
    blocks = np.empty((-(-n // kernels.BLOCK), len(precision), d, d))
    covariance = np.empty((n if whole else 0, d, d))
    kernels.expect(
        records.pointer, records.row, records.quality, table, nodes, precision, part.group, pull,
        part.tau, part.nu, n_sweeps, weights, mean, variance, height, blocks,
        covariance,
    )  # fmt: skip
    height -= height_before(part, state, mu, pull)
    return Expected(
        mean=mean, variance=variance, weights=weights, height=height, covariance_sum=blocks.sum(axis=0),
        covariance=covariance,
    )  # fmt: skip


def statistics_of(part: Part, state: State, table: Array, nodes: Array, *, n_sweeps: int) -> tuple[Statistics, Array]:
    """Return what a part says to the M-step, and the variances of its units' places (n, D)."""
    found = expect(part, state, table, nodes, n_sweeps=n_sweeps, whole=False)
    records = part.records
    counts = np.zeros_like(table)
    kernels.count(records.row_pointer, records.unit, records.quality, found.weights, counts)
    return summed(part, state, found, counts, np.zeros((3, 0))), found.variance


class Search:
    """One search on one grid."""

    def __init__(
        self, parts: Sequence[Part], plan: Plan, nodes: Array, close: float, told: Callable[[float], None] | None
    ) -> None:
        self.parts, self.plan, self.nodes, self.close, self.told = parts, plan, nodes, close, told
        self.records = parts[0].records
        self.trace: list[float] = []
        self.n_steps = 0
        self.variance = np.zeros((0, self.records.n_qualities))
        self.judged = np.zeros((3, self.records.n_raters))
        rated = bool(self.records.n_raters)  # then the height is approximate, and tells nothing of the last digits
        self.slack, self.least_gain = (1e-7, 0.0) if rated else (1e-9, SMALLEST_GAIN)
        self.shared = rated_steps.shared_qualities(self.records, plan.free)
        self.unscaled = _unscaled(parts, plan)
        self.moving = moving_ties(plan.tied, plan.free, self.records.items.quality)

    def run(self, state: State) -> tuple[State, bool]:
        """Return the state at the top, and whether the search got there."""
        xs: list[Array] = []
        gs: list[Array] = []
        plain, leapt = state, False
        best, began = -np.inf, 0.0
        while self.n_steps < MOST_STEPS:
            said = self.gather(state)
            value = said.height + self.log_prior(state)
            if leapt and value < best - self.slack * abs(best):
                state, leapt, xs, gs = plain, False, [], []
                continue
            self.trace.append(value)
            plain = self.move(state, said)
            before, after = state.flat(), plain.flat()
            change = float(np.max(np.abs(after - before)))
            gain, best = value - best, value
            began = began or change
            if self.told is not None:
                self.told(_share_done(change, began))
            if change < self.close or (not leapt and 0 <= gain < self.least_gain * abs(value)):
                return plain, True
            xs, gs = [*xs, before][-MEMORY:], [*gs, after][-MEMORY:]
            far = mixed(xs, gs)
            state, leapt = plain, False
            if far is not None:
                tried = plain.with_flat(far)
                if is_sound(tried, self.records.items):
                    state, leapt = tried, True
        return plain, False

    def gather(self, state: State) -> Statistics:
        """Run the E-step of every part, in order, and add up; of rated answers for the step of the severities."""
        self.n_steps += 1
        if self.records.n_raters:
            line = line_of(self.records, state, self.nodes)
            said = self.added([
                severities_told(part, state, line, self.nodes, n_sweeps=self.n_sweeps()) for part in self.parts
            ])  # fmt: skip
            self.judged = said.judged
            return said
        table = table_of(self.records, state, self.nodes)
        return self.added([
            statistics_of(part, state, table, self.nodes, n_sweeps=self.n_sweeps()) for part in self.parts
        ])  # fmt: skip

    def n_sweeps(self) -> int:
        """Return how often sites are renewed in a step."""
        return 1 if self.records.n_qualities == 1 else 3 if self.n_steps == 1 else 2

    def added(self, parts: Sequence[tuple[Statistics, Array]]) -> Statistics:
        """Return what all parts say, and keep how wide their places are."""
        self.variance = np.concatenate([variance for _said, variance in parts])
        whole = parts[0][0]
        for said, _variance in parts[1:]:
            whole = whole + said
        return whole

    def narrowest(self) -> float:
        """Return the standard deviation that one place in a hundred falls short of."""
        return float(np.quantile(np.sqrt(self.variance), NARROW_SHARE))

    def log_prior(self, state: State) -> float:
        """Return the log-prior of items and severities, constants left out."""
        items = self.records.items
        total = 0.0
        packed = packed_numbers(state, items)
        total -= 0.5 * float((self.plan.prior_precision * (packed - self.plan.prior_mean) ** 2).sum())
        return total + (
            rated_steps.spread_height(state, self.records, self.judged[2]) if self.records.n_raters else 0.0
        )

    def move(self, state: State, said: Statistics) -> State:
        """Return the state after one M-step."""
        if self.records.n_raters:
            return self.move_rated(state, said)
        records, plan = self.records, self.plan
        slopes, intercepts = state.numbers.slopes.copy(), state.numbers.intercepts.copy()
        items = (
            records.item_cells, records.item_pointer, records.first, shift_of(records, state), records.items.family,
            records.items.n_categories, slopes, intercepts, self.nodes, said.counts,
        )  # fmt: skip
        kernel_items.improve(*items, *pinned(plan.prior_mean, plan.prior_precision, plan.tied, slopes), plan.free, 2)
        tie_slopes(items, self.moving, records.items.quality)
        return self.spread_out(with_numbers(state, slopes=slopes, intercepts=intercepts), said)

    def spread_out(self, state: State, said: Statistics) -> State:
        """Return the state after a step of the backbone."""
        plan = self.plan
        backbone, moved, stretch = backbone_step(
            state.backbone, said.n, said.xx, said.xm, said.mm, plan.anchored, plan.held
        )
        return scaled(replace(state, backbone=backbone), self.records, moved, stretch)

    def move_rated(self, state: State, said: Statistics) -> State:
        """Return the state after a step of severities and their spreads and then, seen anew, of items and backbone."""
        records, plan, own = self.records, self.plan, said.judged[2]
        state = rated_steps.judged(
            state, records, said.judged[0], said.judged[1], self.shared, (plan.prior_mean, plan.prior_precision)
        )  # fmt: skip
        state = rated_steps.centred(state, records, self.shared)
        known = Severities(
            variance=1.0 / (np.maximum(own, 0.0) + 1.0 / state.numbers.severity_sd[records.rater_quality] ** 2),
            covariance=plan.severity_covariance,
        )
        away = known.moved_by(np.sum([skewed(part, known) for part in self.parts], axis=0))
        middle = with_numbers(state, severity=state.numbers.severity + away)
        state = rated_steps.spread(state, records, middle.numbers.severity, own, plan.wider, self.shared)
        line = line_of(records, middle, self.nodes)
        said = self.added([
            answers_counted(part, middle, line, self.nodes, n_sweeps=self.n_sweeps(), known=known)
            for part in self.parts
        ])  # fmt: skip
        slopes, intercepts = state.numbers.slopes.copy(), state.numbers.intercepts.copy()
        j_n, rise = len(slopes), np.zeros_like(plan.prior_mean)
        items = (
            np.arange(j_n), np.arange(j_n + 1), first_rows(records.items), np.zeros(j_n), records.items.family,
            records.items.n_categories, slopes, intercepts, line.places, said.counts,
        )  # fmt: skip
        kernel_items.rise(*items, rise)
        rise -= plan.prior_precision * (packed_numbers(state, records.items) - plan.prior_mean)
        kernel_items.improve(*items, *pinned(plan.prior_mean, plan.prior_precision, plan.tied, slopes), plan.free, 1)
        tie_slopes(items, self.moving, records.items.quality)
        state = self.spread_out(with_numbers(state, slopes=slopes, intercepts=intercepts), said)
        if not self.unscaled.any():
            return state
        return rated_steps.unscaled(state, records, self.unscaled, plan.prior_precision, rise)


def _unscaled(parts: Sequence[Part], plan: Plan) -> npt.NDArray[np.bool_]:
    """Return the held qualities whose scale is nevertheless found in one step: all units alike, and no nominal item."""
    nominal = parts[0].records.items.family == kernel_items.NOMINAL
    alike = not any(part.covariates.shape[1] or part.group.any() for part in parts)
    found = plan.held & alike
    found[parts[0].records.items.quality[nominal]] = False
    return np.asarray(found)


def _share_done(change: float, began: float) -> float:
    if began <= SMALLEST_CHANGE:
        return 1.0
    done = np.log(began / max(change, SMALLEST_CHANGE)) / np.log(began / SMALLEST_CHANGE)
    return float(np.clip(done, 0.0, 0.99))


def mixed(xs: Sequence[Array], gs: Sequence[Array]) -> Array | None:
    """Return where Anderson mixing of the last steps leads; None before there are two."""
    if len(xs) < 2:
        return None
    f = np.array(gs) - np.array(xs)
    df, dg = np.diff(f, axis=0).T, np.diff(np.array(gs), axis=0).T
    ridge = 1e-4 * np.linalg.norm(df)
    left = np.vstack([df, ridge * np.eye(df.shape[1])])
    share = np.linalg.lstsq(left, np.concatenate([f[-1], np.zeros(df.shape[1])]), rcond=None)[0]
    step = dg @ share
    longest = float(np.max(np.abs(step), initial=0.0))
    return np.asarray(gs[-1] - step * min(1.0, 0.5 / longest if longest > 0 else 1.0))


def span_of(state: State, covariates: Array, group: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return from where to where units are to be looked for: at least from -6 to 6, and 5.5 SDs beyond their means."""
    mu = state.backbone.mean + covariates @ state.backbone.regression
    away = FAR * np.sqrt(np.einsum("gdd->gd", state.backbone.covariance))[group]
    return min(-REACH, float((mu - away).min(initial=0.0))), max(REACH, float((mu + away).max(initial=0.0)))


def nodes_of(spacing: float, *, low: float = -REACH, high: float = REACH) -> Array:
    """Return the nodes of an even grid that are at most so far apart."""
    n = min(MOST_NODES, int(np.ceil((high - low) / spacing)) + 1)
    return np.linspace(low, high, n + 1 - n % 2)


def plan_of(records: Records, *, prior_mean: Array | None = None, prior_precision: Array | None = None) -> Plan:
    """Return a plan without anchors: every item moves, and guessing items have a prior on their floor.

    Few learners stand so low that answers tell of a floor.
    """
    items = records.items
    shape = (len(items.family), 2 * int(items.n_categories.max()) + 2)
    mean = np.zeros(shape) if prior_mean is None else prior_mean.copy()
    precision = np.zeros(shape) if prior_precision is None else prior_precision.copy()
    held = np.zeros(records.n_qualities, dtype=bool)
    held[items.quality[(precision > 0).any(axis=1)]] = True
    held[records.rater_quality] = True  # the spread of severities is given in units of the places
    guessing = items.family == kernel_items.GUESSING
    mean[guessing, 2], precision[guessing, 2] = FLOOR_PRIOR[0], 1.0 / FLOOR_PRIOR[1] ** 2
    none = np.zeros(records.n_qualities, dtype=bool)
    return Plan(
        prior_mean=mean, prior_precision=precision, free=np.ones(shape[0], dtype=bool), anchored=none, held=held,
        tied=np.zeros(shape[0], dtype=bool),
        wider=np.ones(records.n_qualities), severity_covariance=np.zeros((0, 0)),
    )  # fmt: skip


def parts_of(records: Records, *, covariates: Array, group: npt.NDArray[np.int64], n_nodes: int) -> tuple[Part, ...]:
    """Return the units in parts whose weights fit into the memory set aside for them, in order."""
    most = max(1, MOST_WEIGHTS // (records.n_qualities * n_nodes))
    most = max(kernels.BLOCK, most // kernels.BLOCK * kernels.BLOCK)
    parts = []
    for begin in range(0, records.n_units, most):
        own = records if most >= records.n_units else units_of(records, begin, min(begin + most, records.n_units))
        shape = (own.n_units, records.n_qualities)
        here = slice(begin, begin + own.n_units)
        parts.append(
            Part(
                records=own, covariates=np.ascontiguousarray(covariates[here]), group=group[here],
                tau=np.ones(shape), nu=np.zeros(shape),
            )
        )  # fmt: skip
    return tuple(parts)


def fit(
    records: Records,
    *,
    plan: Plan | None = None,
    covariates: Array | None = None,
    group: npt.NDArray[np.int64] | None = None,
    start: State | None = None,
    nodes: Array | None = None,
    close: float = SMALLEST_CHANGE,
    told: Callable[[float], None] | None = None,
) -> Fit:
    """Return the likeliest items, severities and backbone.

    covariates (N, P) shift the places, group (N,) numbered from 0 gives each its own covariance, the first being the
    one in whose units places are counted. ``nodes``: of an earlier search, on which this one begins; ``close``: the
    largest change of a number at which the search ends.
    """
    n = records.n_units
    x = np.zeros((n, 0)) if covariates is None else np.ascontiguousarray(covariates, dtype=np.float64)
    of = np.zeros(n, dtype=np.int64) if group is None else group.astype(np.int64)
    state = start or start_of(records, n_groups=int(of.max(initial=0)) + 1, n_covariates=x.shape[1])
    with threads_for(records):
        return _fitted(records, plan or plan_of(records), x, of, state, nodes, close, told)


def _fitted(
    records: Records, plan: Plan, x: Array, of: npt.NDArray[np.int64], state: State, before: Array | None, close: float,
    told: Callable[[float], None] | None,
) -> Fit:  # fmt: skip
    def searching(nodes: Array) -> Search:
        return Search(parts_of(records, covariates=x, group=of, n_nodes=len(nodes)), plan, nodes, close, told)

    much = float(np.quantile(told_of(records), MUCH_TOLD)) if before is None else 0.0
    spacing = spacing_for(much) if before is None else float(before[1] - before[0])
    return climbed(searching, spacing, lambda at: span_of(at, x, of), state, before=before)


def climbed(
    searching: Callable[[Array], Search], spacing: float, span_at: Callable[[State], tuple[float, float]],
    state: State, *, before: Array | None = None,
) -> Fit:  # fmt: skip
    """Search on grids that get finer and wider until they are fine and wide enough; the first may be there before."""
    n_steps = 0
    trace: list[float] = []
    low, high = span_at(state) if before is None else (before[0], before[-1])
    nodes = nodes_of(spacing, low=low, high=high) if before is None else before
    while True:
        search = searching(nodes)
        state, converged = search.run(state)
        trace, n_steps = trace or search.trace, n_steps + search.n_steps
        wanted = search.narrowest()
        fine = nodes[1] - nodes[0] <= 1.02 * wanted or len(nodes) >= MOST_NODES
        span = span_at(state)
        wide = low - span[0] < NEARLY and span[1] - high < NEARLY
        if fine and wide:
            break
        low, high = min(low, span[0]), max(high, span[1])
        spacing = spacing if fine else min(0.9 * wanted, 0.8 * spacing)
        nodes = nodes_of(spacing, low=low, high=high)
    return Fit(
        state=state, nodes=nodes, log_likelihood=search.trace[-1] - search.log_prior(state), trace=tuple(trace),
        n_steps=n_steps, converged=converged, judged=search.judged,
    )  # fmt: skip


def start_of(records: Records, *, n_groups: int, n_covariates: int) -> State:
    """Return where a search begins that knows nothing better."""
    return first_state(
        records.items, _category_counts(records), n_qualities=records.n_qualities, n_groups=n_groups,
        n_covariates=n_covariates, rater_quality=records.rater_quality,
    )  # fmt: skip


def told_of(records: Records) -> npt.NDArray[np.int64]:
    """Return how much the answers of each unit on each quality are likely to tell, in steps of categories, (N D,)."""
    per_item = np.minimum(records.items.n_categories - 1, 3)
    of_row = np.repeat(per_item[records.cell_item], records.items.n_categories[records.cell_item])
    d, told = records.n_qualities, np.zeros(records.n_units * records.n_qualities, dtype=np.int64)
    for begin in range(0, records.n_units, AT_ONCE):
        pointer = records.pointer[begin : begin + AT_ONCE + 1]
        row = records.row[pointer[0] : pointer[-1]]
        key = np.repeat(np.arange(len(pointer) - 1) * d, np.diff(pointer)) + records.quality[row]
        told[begin * d : (begin + AT_ONCE) * d] = np.bincount(key, of_row[row], minlength=(len(pointer) - 1) * d)
    return told


def spacing_for(told: float) -> float:
    """Return how far apart nodes may be for the places that so many steps are likely to make."""
    return float(np.clip(0.95 / np.sqrt(1.0 + TOLD_BY_STEP * told), 0.06, 0.4))


def _category_counts(records: Records) -> Array:
    """Return how often each category of each item was met, (J, most categories)."""
    counts = np.zeros((len(records.items.family), int(records.items.n_categories.max())))
    seen = np.diff(records.row_pointer)
    for c, j in enumerate(records.cell_item):
        k = int(records.items.n_categories[j])
        counts[j, :k] += seen[records.first[c] : records.first[c] + k]
    return counts
