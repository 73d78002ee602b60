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

from yucai.measurement.engine import kernel_items, kernels
from yucai.measurement.engine.backbone import backbone_step, scaled
from yucai.measurement.engine.records import Items, Records, units_of
from yucai.measurement.engine.state import State, first_state, is_sound, with_numbers
from yucai.measurement.engine.threads import threads_for
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


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """Some of the units: their records, covariates (n, P) and groups (n,), and their sites, which the sweeps renew."""

    records: Records
    covariates: Array
    group: npt.NDArray[np.int64]
    tau: Array
    nu: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """What the M-step needs of a part; the sum over parts is that of the whole.

    counts (T, Q); by group: n (G,), x with a leading one: xx (G, P+1, P+1), xm (G, P+1, D), mm (G, D, D).
    """

    counts: Array
    n: Array
    xx: Array
    xm: Array
    mm: Array
    height: float

    def __add__(self, other: Statistics) -> Statistics:
        """Return the statistics of both parts together."""
        return Statistics(
            counts=self.counts + other.counts, n=self.n + other.n, xx=self.xx + other.xx,
            xm=self.xm + other.xm, mm=self.mm + other.mm, height=self.height + other.height,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is fixed during a search: priors of the items' numbers (J, P), which items move, which scales are anchored.

    ``held`` (D,): qualities with priors of items or severities, so that their scale is not put into the items.
    """

    prior_mean: Array
    prior_precision: Array
    free: npt.NDArray[np.bool_]
    anchored: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Where the search ended. ``trace`` holds log-likelihood plus log-prior at the beginning of each step."""

    state: State
    nodes: Array
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    converged: bool
    severity_information: Array


def table_of(records: Records, state: State, nodes: Array) -> Array:
    """Return log-probabilities (T, Q) of every row at every node."""
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
    backbone = state.backbone
    precision = np.linalg.inv(backbone.covariance)
    mu = backbone.mean + part.covariates @ backbone.regression
    pull = np.einsum("nde,ne->nd", precision[part.group], mu) if len(precision) > 1 else mu @ precision[0]
    weights, mean, variance = np.empty((n, d, len(nodes))), np.empty((n, d)), np.empty((n, d))
    height = np.empty(n)
    blocks = np.empty((-(-n // kernels.BLOCK), len(precision), d, d))
    covariance = np.empty((n if whole else 0, d, d))
    kernels.expect(
        records.pointer, records.row, records.quality, table, nodes, precision, part.group, np.ascontiguousarray(pull),
        part.tau, part.nu, n_sweeps, weights, mean, variance, height, blocks,
        covariance,
    )  # fmt: skip
    log_det = np.linalg.slogdet(backbone.covariance)[1]
    height -= 0.5 * log_det[part.group] + 0.5 * np.einsum("nd,nd->n", mu, pull)
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
    x = np.concatenate([np.ones((records.n_units, 1)), part.covariates], axis=1)
    g_n = len(state.backbone.covariance)
    chosen = [slice(None)] if g_n == 1 else [part.group == g for g in range(g_n)]
    covariance = found.covariance_sum
    said = Statistics(
        counts=counts,
        n=np.array([float(len(x[here])) for here in chosen]),
        xx=np.stack([x[here].T @ x[here] for here in chosen]),
        xm=np.stack([x[here].T @ found.mean[here] for here in chosen]),
        mm=np.stack([covariance[g] + found.mean[here].T @ found.mean[here] for g, here in enumerate(chosen)]),
        height=float(found.height.sum()),
    )
    return said, found.variance


class Search:
    """One search on one grid."""

    def __init__(self, parts: Sequence[Part], plan: Plan, nodes: Array, told: Callable[[float], None] | None) -> None:
        self.parts, self.plan, self.nodes, self.told = parts, plan, nodes, told
        self.records = parts[0].records
        self.trace: list[float] = []
        self.n_steps = 0
        self.variance = np.zeros((0, self.records.n_qualities))
        self.information = np.zeros(self.records.n_raters)

    def run(self, state: State) -> tuple[State, bool]:
        """Return the state at the top, and whether the search got there."""
        xs: list[Array] = []
        gs: list[Array] = []
        plain, leapt = state, False
        best, began = -np.inf, 0.0
        while self.n_steps < MOST_STEPS:
            said = self.gather(state)
            value = said.height + self.log_prior(state)
            if leapt and value < best - 1e-9 * abs(best):
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
            if change < SMALLEST_CHANGE or (not leapt and 0 <= gain < SMALLEST_GAIN * abs(value)):
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
        """Run the E-step of every part, in order, and add up."""
        d = self.records.n_qualities
        n_sweeps = 1 if d == 1 else 3 if self.n_steps == 0 else 2
        self.n_steps += 1
        table = table_of(self.records, state, self.nodes)
        whole: Statistics | None = None
        variances = []
        for part in self.parts:
            said, variance = statistics_of(part, state, table, self.nodes, n_sweeps=n_sweeps)
            whole = said if whole is None else whole + said
            variances.append(variance)
        self.variance = np.concatenate(variances)
        assert whole is not None
        return whole

    def narrowest(self) -> float:
        """Return the standard deviation that one place in a hundred falls short of."""
        return float(np.quantile(np.sqrt(self.variance), NARROW_SHARE))

    def log_prior(self, state: State) -> float:
        """Return the log-prior of items and severities, constants left out."""
        items = self.records.items
        total = 0.0
        packed = _packed(state, items)
        total -= 0.5 * float((self.plan.prior_precision * (packed - self.plan.prior_mean) ** 2).sum())
        if self.records.n_raters:
            spread = state.numbers.severity_sd[self.records.rater_quality]
            total -= 0.5 * float(((state.numbers.severity / spread) ** 2).sum())
        return total

    def move(self, state: State, said: Statistics) -> State:
        """Return the state after one M-step."""
        records, plan = self.records, self.plan
        slopes, intercepts = state.numbers.slopes.copy(), state.numbers.intercepts.copy()
        shift = shift_of(records, state)
        kernel_items.improve(
            records.item_cells, records.item_pointer, records.first, shift, records.items.family,
            records.items.n_categories, slopes, intercepts, self.nodes, said.counts, plan.prior_mean,
            plan.prior_precision, plan.free, 2,
        )  # fmt: skip
        state = with_numbers(state, slopes=slopes, intercepts=intercepts)
        if records.n_raters:
            state = self.judged(state, said, shift)
        backbone, moved, stretch = backbone_step(
            state.backbone, said.n, said.xx, said.xm, said.mm, plan.anchored, plan.held
        )
        return scaled(replace(state, backbone=backbone), records, moved, stretch)

    def judged(self, state: State, said: Statistics, shift: Array) -> State:
        """Return the state after a step of the severities, whose spreads stay as they are."""
        records, of = self.records, self.records.rater_quality
        gradient, information = np.empty(len(shift)), np.empty(len(shift))
        kernel_items.judge(
            records.cell_item, shift, records.first, records.items.family, records.items.n_categories,
            state.numbers.slopes, state.numbers.intercepts, self.nodes, said.counts, gradient, information,
        )  # fmt: skip
        judged = records.cell_rater >= 0
        g = _by(records.cell_rater[judged], gradient[judged], records.n_raters)
        h = _by(records.cell_rater[judged], information[judged], records.n_raters)
        held = 1.0 / state.numbers.severity_sd[of] ** 2
        severity = state.numbers.severity + np.clip((g - held * state.numbers.severity) / (h + held), -1.0, 1.0)
        self.information = h
        return with_numbers(state, severity=severity)


def _share_done(change: float, began: float) -> float:
    if began <= SMALLEST_CHANGE:
        return 1.0
    done = np.log(began / max(change, SMALLEST_CHANGE)) / np.log(began / SMALLEST_CHANGE)
    return float(np.clip(done, 0.0, 0.99))


def _by(of: npt.NDArray[np.int64], values: Array, n: int) -> Array:
    return np.asarray(np.bincount(of, values, minlength=n), dtype=np.float64)


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


def _packed(state: State, items: Items) -> Array:
    """Return each item's numbers in one row as the kernels pack them, (J, P)."""
    n_i = state.numbers.intercepts.shape[1]
    packed = np.zeros((len(items.family), 2 * int(items.n_categories.max()) + 2))
    nominal = items.family == kernel_items.NOMINAL
    packed[~nominal, 0] = state.numbers.slopes[~nominal, 0]
    packed[~nominal, 1 : 1 + n_i] = state.numbers.intercepts[~nominal]
    for j in np.flatnonzero(nominal):
        k = int(items.n_categories[j]) - 1
        packed[j, :k], packed[j, k : 2 * k] = state.numbers.slopes[j, :k], state.numbers.intercepts[j, :k]
    return packed


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
        prior_mean=mean, prior_precision=precision, free=np.ones(shape[0], dtype=bool), anchored=none, held=held
    )


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
    told: Callable[[float], None] | None = None,
) -> Fit:
    """Return the likeliest items, severities and backbone.

    covariates (N, P) shift the places, group (N,) numbered from 0 gives each its own covariance, the first being the
    one in whose units places are counted.
    """
    n = records.n_units
    x = np.zeros((n, 0)) if covariates is None else np.ascontiguousarray(covariates, dtype=np.float64)
    of = np.zeros(n, dtype=np.int64) if group is None else group.astype(np.int64)
    state = start or start_of(records, n_groups=int(of.max(initial=0)) + 1, n_covariates=x.shape[1])
    with threads_for(records):
        return _fitted(records, plan or plan_of(records), x, of, state, told)


def _fitted(
    records: Records, plan: Plan, x: Array, of: npt.NDArray[np.int64], state: State,
    told: Callable[[float], None] | None,
) -> Fit:  # fmt: skip
    def searching(nodes: Array) -> Search:
        return Search(parts_of(records, covariates=x, group=of, n_nodes=len(nodes)), plan, nodes, told)

    spacing = spacing_for(float(np.quantile(told_of(records), MUCH_TOLD)))
    return climbed(searching, spacing, lambda at: span_of(at, x, of), state)


def climbed(
    searching: Callable[[Array], Search], spacing: float, span_at: Callable[[State], tuple[float, float]], state: State
) -> Fit:
    """Search on grids that get finer and wider until they are fine and wide enough."""
    n_steps = 0
    trace: list[float] = []
    low, high = span_at(state)
    while True:
        nodes = nodes_of(spacing, low=low, high=high)
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
    return Fit(
        state=state, nodes=nodes, log_likelihood=search.trace[-1] - search.log_prior(state), trace=tuple(trace),
        n_steps=n_steps, converged=converged, severity_information=search.information,
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
