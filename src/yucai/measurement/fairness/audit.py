"""The work behind the model-based audit: one population for each group, every item tested, suspects freed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.coding import CodedQuality
from yucai.measurement.engine.records import Family, Items, Records, records_of
from yucai.measurement.engine.search import Fit, fit, plan_of, table_of
from yucai.measurement.engine.state import Backbone, State
from yucai.measurement.fairness.results import DifClass, DifReport, GroupDifference, ItemDif, class_of_area
from yucai.measurement.fit.ground import Ground, few_items, of_part, scores_of
from yucai.measurement.fit.resampling import covariance_of_sums
from yucai.measurement.joint import gathered, whole_part
from yucai.measurement.moderation import false_discovery_rates
from yucai.measurement.priors import weak_priors
from yucai.measurement.scoring import on_scale, state_of
from yucai.texts import Text

__all__ = ["audit"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
FEWEST_UNITS: Final = 50  # of a group; fewer say next to nothing, and would point at people
MOST_ROUNDS: Final = 4
FEWEST_ANCHORS: Final = 2
FLAGGED: Final = 0.05

NOBODY = Text(
    "of {n} learners with responses none is in one of the groups. Check that both use the same learner numbers.",
    "有作答的 {n} 位学习者都不在任何组别中。请核对两处学习者编号是否一致。",
)
ONE_LEFT = Text(
    "only {groups} has at least {fewest} learners with responses, and it takes two such groups. Join small groups.",
    "仅 {groups} 有至少 {fewest} 位有作答的学习者；比较需要两个这样的组。请合并小组。",
)
TOO_SMALL = Text(
    "Left out, fewer than {fewest} learners with responses: {groups}.",
    "以下组别有作答者不足 {fewest} 人，已略去：{groups}。",
)
NO_GROUP = Text("{n} learners are in no group and were left out.", "{n} 位学习者不属于任何组别，已略去。")
NOT_SETTLED = Text(
    "After {n} rounds items were still being added to those that differ; read the report with care.",
    "经过 {n} 轮，仍有题目被判为有差异；请谨慎解读。",
)
HELD_BACK = Text(
    "{quality}: so many items differ that too few would be left to compare groups by; only the surest were freed.",
    "{quality}：有差异的题目过多，可用于比较的题目太少；只放开了最确定的几题。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """What is compared: the coded answers of n units, their group numbers (0: reference), and the groups' names."""

    coded: tuple[CodedQuality, ...]
    units: pl.DataFrame
    group: Index
    groups: tuple[str, ...]
    state: State
    few: npt.NDArray[np.bool_]

    @property
    def items(self) -> list[tuple[str, str]]:
        """Quality and name of each item."""
        return [(one.quality, item) for one in self.coded for item in one.items]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Freed:
    """A fit in which some items have numbers of their own in each group. ``copies`` (G, J): the item's place there."""

    found: Fit
    records: Records
    copies: Index
    whose: Index  # the item that each item of the records is, or is a copy of

    def numbers(self, j: int, g: int) -> int:
        """Return the place of item j's numbers in group g."""
        return int(self.copies[g, j])


def audit(
    calibration: Calibration,
    responses: Responses,
    of_unit: pl.DataFrame,
    *,
    name: Text,
    reference: str | None,
    rng: np.random.Generator,
) -> DifReport:
    """See ``dif``; ``of_unit`` has learner, occasion and group."""
    case, notices = _case(calibration, responses, of_unit, reference)
    freed: list[int] = []
    rounds, settled = 0, False
    p_first: dict[int, tuple[Array, Array]] = {}
    rates: dict[int, float] = {}
    held_back: set[str] = set()
    while rounds < MOST_ROUNDS and not settled:
        rounds += 1
        now = _fitted(case, freed)
        tests = _score_tests(case, now, [j for j in range(len(case.items)) if j not in freed], rng=rng)
        for j, test in tests.items():
            p_first[j] = (test.uniform_p, test.nonuniform_p)
        told = sorted(tests)
        for j, rate in zip(told, false_discovery_rates([tests[j].p_value for j in told]), strict=True):
            rates[j] = rate
        new = [j for j in told if rates[j] <= FLAGGED]
        new, stopped = _with_anchors(case, freed, new, {j: tests[j].p_value for j in told})
        held_back |= stopped
        freed += new
        settled = not new
    if not settled:
        notices.append(NOT_SETTLED.filled(n=rounds))
    notices += [HELD_BACK.filled(quality=quality) for quality in sorted(held_back)]
    final = _fitted(case, freed)
    items = _items(case, final, freed, p_first, rates)
    return DifReport(
        name=name,
        reference=case.groups[0],
        groups=tuple(_differences(case, final)),
        items=tuple(items),
        anchors=tuple(case.items[j][1] for j in range(len(case.items)) if j not in freed),
        n_rounds=rounds,
        notices=tuple(notices),
    )


def _case(
    calibration: Calibration, responses: Responses, of_unit: pl.DataFrame, reference: str | None
) -> tuple[Case, list[Text]]:
    known = {item.item for scale in calibration.scales for item in scale.items}
    table = responses.table.filter(pl.col("item").is_in(list(known)))
    units = table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    keyed = units.join(of_unit, on=["learner", "occasion"], nulls_equal=True, how="left", maintain_order="left")
    notices = []
    without = int(keyed["group"].null_count())
    if without == units.height:
        raise FaultyInputError("groups", [Fault(code="nobody", says=NOBODY, facts={"n": without})])
    if without:
        notices.append(NO_GROUP.filled(n=without))
    counted = dict(keyed.drop_nulls("group").group_by("group").len().iter_rows())
    large = sorted((g for g, n in counted.items() if n >= FEWEST_UNITS), key=lambda g: (-counted[g], g))
    small = sorted(set(counted) - set(large))
    if len(large) < 2:
        facts = {"groups": ", ".join(large) or "-", "fewest": FEWEST_UNITS}
        raise FaultyInputError("groups", [Fault(code="one-group", says=ONE_LEFT, facts=facts)])
    if small:
        notices.append(TOO_SMALL.filled(fewest=FEWEST_UNITS, groups=", ".join(small)))
    if reference in large:
        large = [reference, *(g for g in large if g != reference)]
    keyed = keyed.filter(pl.col("group").is_in(large))
    mine = Responses(table.join(keyed, on=["learner", "occasion"], nulls_equal=True, how="semi"))
    units = keyed.select("learner", "occasion")
    coded = tuple(on_scale(mine, scale, units) for scale in calibration.scales)
    group = keyed["group"].replace_strict({g: n for n, g in enumerate(large)}, return_dtype=pl.Int64).to_numpy()
    case = Case(
        coded=coded, units=units, group=group, groups=tuple(large), state=state_of(coded, calibration),
        few=few_items(coded),
    )  # fmt: skip
    return case, notices


def _fitted(case: Case, freed: Sequence[int]) -> Freed:
    """Return the likeliest numbers with a population for each group and the freed items apart in each."""
    plain = gathered(case.coded, case.units)
    g_n, j_n = len(case.groups), len(plain.items.family)
    copies = np.tile(np.arange(j_n), (g_n, 1))
    whose = list(range(j_n))
    for j in freed:
        for g in range(1, g_n):
            copies[g, j] = len(whose)
            whose.append(j)
    records = _records(case, plain, copies, whose)
    state = _start(case, whose)
    n = records.n_units
    covariates = np.zeros((n, g_n - 1))
    apart = case.group > 0
    covariates[np.flatnonzero(apart), case.group[apart] - 1] = 1.0
    items = records.items
    mean, precision = weak_priors(items.n_categories, items.family == Family.NOMINAL, case.few[whose])
    plan = plan_of(records, prior_mean=mean, prior_precision=precision)
    found = fit(records, plan=plan, covariates=covariates, group=case.group, start=state)
    return Freed(found=found, records=records, copies=copies, whose=np.array(whose))


def _records(case: Case, plain: Records, copies: Index, whose: Sequence[int]) -> Records:
    """Return the records with the copies of freed items in their groups."""
    cell = np.repeat(np.arange(len(plain.first)), plain.items.n_categories[plain.cell_item])[plain.row]
    unit = np.repeat(np.arange(plain.n_units), np.diff(plain.pointer))
    return records_of(
        Items(
            family=plain.items.family[whose], quality=plain.items.quality[whose],
            n_categories=plain.items.n_categories[whose],
        ),
        unit=unit, item=copies[case.group[unit], plain.cell_item[cell]], category=plain.row - plain.first[cell],
        rater=plain.cell_rater[cell], n_units=plain.n_units, n_raters=plain.n_raters,
    )  # fmt: skip


def _start(case: Case, whose: Sequence[int]) -> State:
    numbers, backbone = case.state.numbers, case.state.backbone
    d, g_n = len(backbone.mean), len(case.groups)
    return State(
        numbers=replace(numbers, slopes=numbers.slopes[whose].copy(), intercepts=numbers.intercepts[whose].copy()),
        backbone=Backbone(
            mean=np.zeros(d), regression=np.zeros((g_n - 1, d)), covariance=np.tile(backbone.covariance[0], (g_n, 1, 1))
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Test:
    """One item: p-value over all groups, and by focal group p of the shift and of the slope, (G-1,)."""

    p_value: float
    uniform_p: Array
    nonuniform_p: Array


def _score_tests(case: Case, now: Freed, items: Sequence[int], *, rng: np.random.Generator) -> dict[int, Test]:
    r"""Return the score test of freeing each item's shift and slope in each focal group, all in one pass.

    .. math:: u = \sum_{i \in g} \left( \frac{\partial \ell_i}{\partial \delta_j}, \frac{\partial \ell_i}{\partial a_j}
        \right), \quad u' V^{-1} u \sim \chi^2

    (Glas 1998), V being what is left of the scores' covariance once everything that was estimated is taken out, the
    groups' means and spreads among it.
    """
    part = whole_part(now.records)
    g_n = len(case.groups)
    covariates = np.zeros((now.records.n_units, g_n - 1))
    apart = case.group > 0
    covariates[np.flatnonzero(apart), case.group[apart] - 1] = 1.0
    part = replace(part, covariates=covariates, group=case.group)
    ground = of_part(case.coded, case.units, part, now.found.state, fitted=True, few=case.few[now.whose])

    def moments(drawn: Ground) -> Array:
        told = scores_of(drawn)
        columns = []
        for j in items:
            at, n = int(told.place[j]), int(told.n_numbers[j])
            own = np.column_stack([told.scores[:, at + 1 : at + n].sum(axis=1), told.scores[:, at]])
            columns += [own * (case.group == g)[:, None] for g in range(1, g_n)]
        return np.concatenate(columns, axis=1)

    def scores(drawn: Ground) -> Array:
        return scores_of(drawn).scores

    sums = moments(ground).sum(axis=0)
    covariance = covariance_of_sums(ground, moments, scores, rng=rng)
    found, width = {}, 2 * (g_n - 1)
    for n, j in enumerate(items):
        block = slice(n * width, (n + 1) * width)
        found[j] = _tested(sums[block], covariance[block, block])
    return found


def _tested(u: Array, v: Array) -> Test:
    """Return the tests of one item from its sums (shift and slope by group) and their covariance."""
    whole = float(u @ np.linalg.pinv(v, hermitian=True) @ u)
    shift = np.maximum(np.diag(v)[::2], 1e-12)
    uniform = u[::2] ** 2 / shift
    cross = v[np.arange(1, len(u), 2), np.arange(0, len(u), 2)]
    left = u[1::2] - cross / shift * u[::2]
    nonuniform = left**2 / np.maximum(np.diag(v)[1::2] - cross**2 / shift, 1e-12)
    return Test(
        p_value=float(scipy.stats.chi2.sf(whole, len(u))),
        uniform_p=scipy.stats.chi2.sf(uniform, 1),
        nonuniform_p=scipy.stats.chi2.sf(nonuniform, 1),
    )


def _with_anchors(
    case: Case, freed: Sequence[int], new: Sequence[int], p_values: dict[int, float]
) -> tuple[list[int], set[str]]:
    """Return which of the new suspects to free so that each quality keeps anchors, and where some were held back."""
    kept, stopped = [], set()
    quality = [name for name, _item in case.items]
    left = {name: quality.count(name) - sum(quality[j] == name for j in freed) for name in quality}
    for j in sorted(new, key=lambda j: p_values[j]):
        if left[quality[j]] > max(FEWEST_ANCHORS, quality.count(quality[j]) // 3):
            kept.append(j)
            left[quality[j]] -= 1
        else:
            stopped.add(quality[j])
    return kept, stopped


def _items(
    case: Case,
    final: Freed,
    freed: Sequence[int],
    p_first: dict[int, tuple[Array, Array]],
    rates: dict[int, float],
) -> list[ItemDif]:
    found = []
    for j, (quality, item) in enumerate(case.items):
        lr: tuple[float | None, int | None, float | None] = (None, None, None)
        areas: list[tuple[float | None, float | None]] = [(None, None)] * (len(case.groups) - 1)
        if j in freed:
            without = _fitted(case, [k for k in freed if k != j])
            freedom = int(final.records.items.n_categories[j]) * (len(case.groups) - 1)
            chi2 = max(0.0, 2 * (final.found.log_likelihood - without.found.log_likelihood))
            lr = (chi2, freedom, float(scipy.stats.chi2.sf(chi2, freedom)))
            areas = [_areas(final, j, g) for g in range(1, len(case.groups))]
        for g in range(1, len(case.groups)):
            signed, area = areas[g - 1]
            sure = lr[2] is not None and lr[2] <= FLAGGED
            found.append(
                ItemDif(
                    quality=quality, item=item, group=case.groups[g], uniform_p=float(p_first[j][0][g - 1]),
                    nonuniform_p=float(p_first[j][1][g - 1]), false_discovery_rate=rates[j], lr_chi2=lr[0],
                    lr_freedom=lr[1], lr_p=lr[2], signed_area=signed, area=area,
                    dif_class=class_of_area(area, rates[j]) if area is not None and sure else DifClass.A,
                )
            )  # fmt: skip
    return found


def _areas(final: Freed, j: int, g: int) -> tuple[float, float]:
    """Return the mean and the mean absolute difference of expected scores over the group's places, in shares."""
    state, d = final.found.state, int(final.records.items.quality[j])
    middle = float(state.backbone.mean[d] + state.backbone.regression[g - 1, d])
    spread = float(np.sqrt(state.backbone.covariance[g, d, d]))
    places = middle + spread * np.linspace(-4, 4, 161)
    weights = scipy.stats.norm.pdf(np.linspace(-4, 4, 161))
    weights /= weights.sum()
    gap = _expected(final, final.numbers(j, g), places) - _expected(final, final.numbers(j, 0), places)
    gap /= int(final.records.items.n_categories[j]) - 1
    return float(gap @ weights), float(np.abs(gap) @ weights)


def _expected(final: Freed, place: int, places: Array) -> Array:
    """Return the expected category of an item, seen by nobody or an average rater, at the places."""
    k_n = int(final.records.items.n_categories[place])
    one = records_of(
        Items(
            family=final.records.items.family[[place]], quality=np.zeros(1, np.int64),
            n_categories=final.records.items.n_categories[[place]],
        ),
        unit=np.zeros(1, np.int64), item=np.zeros(1, np.int64), category=np.zeros(1, np.int64), n_units=1,
    )  # fmt: skip
    numbers = final.found.state.numbers
    state = replace(
        final.found.state,
        numbers=replace(numbers, slopes=numbers.slopes[[place]], intercepts=numbers.intercepts[[place]]),
    )
    return np.asarray(np.arange(k_n) @ np.exp(table_of(one, state, np.ascontiguousarray(places))))


def _differences(case: Case, final: Freed) -> list[GroupDifference]:
    backbone = final.found.state.backbone
    return [
        GroupDifference(
            quality=one.quality,
            group=group,
            n_units=int((case.group == g).sum()),
            mean=float(backbone.regression[g - 1, d]) if g else 0.0,
            sd=float(np.sqrt(backbone.covariance[g, d, d])),
        )
        for d, one in enumerate(case.coded)
        for g, group in enumerate(case.groups)
    ]
