"""The gate before any result: what could be told with so many treated units, donors and years."""

from __future__ import annotations

from typing import Final

import numpy as np

from yucai.governance.effects.assigning import MOST_COUNTED, count_assignments, detectable, smallest_rank_p
from yucai.governance.effects.comparing import comparable_part, labels_of, windows_of
from yucai.governance.effects.figures import figure, percent
from yucai.governance.effects.placebos import (
    FEW_TREATED,
    MOST_SETS,
    compared_placebos,
    count_placebos,
    lasting_share,
    synthetic_placebos,
)
from yucai.governance.effects.plan import Array, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import FEWEST_FOR_CLUSTERS, Feasibility, Inference
from yucai.governance.effects.rules import THRESHOLDS
from yucai.governance.effects.synthetic import FEWEST_PRE, SYNTHETIC_DRAWS
from yucai.governance.effects.trends import smallest_beyond_trend
from yucai.texts import Text

__all__ = ["FEWEST_DONORS", "check_feasibility"]

FEWEST_DONORS: Final = 2

NO_TREATED: Final = Text(
    "No unit was treated. Say who was, and from which year on.", "没有任何单位实施政策。请指明实施单位与起始年份。"
)
NO_DONORS: Final = Text(
    "{n} unit{n:|s} {n:was|were} never treated; to compare, there must be {fewest}.",
    "从未实施政策的单位有 {n} 个；至少需要 {fewest} 个才能比较。",
)
NO_PRE: Final = Text(
    "A treated unit has no year before the policy once {anticipation} year{anticipation:|s} of anticipation "
    "{anticipation:is|are} left out.",
    "扣除 {anticipation} 年预期后，有实施单位没有政策前的年份。",
)
SHORT_PRE: Final = Text(
    "No treated unit has two years before the policy, so nothing shows whether it was already drifting apart.",
    "没有实施单位拥有政策前两年数据，无法判断此前是否已有分化趋势。",
)
NO_POST: Final = Text("A treated unit has no year after the start of the policy.", "有实施单位没有政策实施后的年份。")
NOT_RUN: Final = Text(
    "The primary estimator of the plan, {method}, needs {fewest} years before the policy and {donors} donors.",
    "方案的主要估计方法“{method}”需要政策前 {fewest} 年数据及 {donors} 个对照单位。",
)
COUNTS: Final = Text(
    "{n_treated} of {n_units} units treated, {n_donors} never treated; at least {pre} year{pre:|s} before and {post} "
    "after the start.",
    "{n_units} 个单位中 {n_treated} 个实施政策，{n_donors} 个从未实施；政策前至少 {pre} 年，政策后至少 {post} 年。",
)
BY_CLUSTERS: Final = Text(
    "Cluster-robust and randomisation inference are both allowed.", "可用聚类稳健推断与随机化推断。"
)
BY_ASSIGNMENTS: Final = Text(
    "With fewer than {fewest} treated units only randomisation inference is allowed: a t-test would reject far too "
    "often.",
    "实施单位少于 {fewest} 个，仅允许随机化推断：t 检验会过于频繁地拒绝原假设。",
)
BY_PLACEBOS: Final = Text(
    "With one or two treated units the verdict rests on synthetic comparisons and placebos on all donors.",
    "实施单位仅一至二个，结论以合成对照及对全部对照单位的安慰剂检验为依据。",
)
SMALLEST: Final = Text(
    "The smallest p-value that can come out is {p} ({n} assignments).", "可能得到的最小 p 值为 {p}（共 {n} 种分配）。"
)
OUT_OF_REACH: Final = Text(
    "That is above {alpha}: even the largest effect could not be shown at this level.",
    "该值高于 {alpha}：无论效应多大，在此水平下都无法得到证实。",
)
MDE: Final = Text(
    "The smallest effect that would be found with a chance of {power} is {mde} ({share} of the level before); a "
    "smaller one would probably be missed.",
    "有 {power} 把握能发现的最小效应为 {mde}（政策前水平的 {share}）；更小的效应多半无法发现。",
)
TREND: Final = Text(
    "An effect below {size} could be made by a drift before the policy that would probably go unseen; so small, it "
    "will not be called supported.",
    "小于 {size} 的效应可能由政策前多半无法发现的趋势造成；如此小的效应不会被判为“得到支持”。",
)
NO_TREND: Final = Text(
    "No drift before the policy could be told from chance with these units and years, so nothing will be called "
    "supported.",
    "以这些单位与年份，无法把政策前的趋势与偶然区分开，因此不会得出“得到支持”的结论。",
)
PLAN_LACKS: Final = Text(
    "The plan does not say {what}; without it nothing will be called supported.",
    "方案未说明{what}；缺少该项时不会得出“得到支持”的结论。",
)
SMALLEST_EFFECT: Final = Text("which effect would matter", "多大的效应才有意义")
NEIGHBOURS: Final = Text("who the neighbours are, or why none could be touched", "相邻单位是哪些，或为何不会受到影响")
NO_MDE: Final = Text(
    "The smallest effect that could be found cannot be worked out from these donors.",
    "无法由这些对照单位推算可发现的最小效应。",
)


def check_feasibility(panel: PolicyPanel, plan: EvaluationPlan) -> Feasibility:
    """Return what can be told at all; it never looks at the outcome of a treated unit after its policy.

    The minimum detectable effect comes from placebos in space: donors take the place of the treated, in the same
    numbers and years, and the primary estimator is run on them.
    """
    part = comparable_part(panel, plan)
    windows = windows_of(part, plan)
    pre = min((len(w.pre) for w in windows), default=0)
    able = _able(plan, pre=pre, n_donors=len(part.donors))
    primary = _primary(part, plan, able)
    reasons = _reasons(part, plan, primary)
    counts = {
        "n_units": len(part.units), "n_treated": len(part.treated), "n_donors": len(part.donors),
        "n_cohorts": len(windows), "pre_periods": pre, "post_periods": min((len(w.post) for w in windows), default=0),
    }  # fmt: skip
    if reasons or primary is None:
        return Feasibility(
            testable=False, **counts, mde=None, mde_share=None, placebo_sd=None, lasting_share=None, smallest_p=None,
            n_assignments=0, allowed=(), estimators=(), primary=primary, reasons=reasons,
            says=(_counted(counts), *reasons),
        )  # fmt: skip
    n, smallest = _assignments(part, plan, primary)
    placebos = _placebos(part, plan, primary)
    mde = detectable(placebos, alpha=plan.alpha, power=plan.power) if smallest <= plan.alpha else None
    level = _level_before(part, plan)
    allowed = _allowed(len(part.treated))
    trend = smallest_beyond_trend(part, plan, primary)
    said = _sentences(counts, plan, n=n, smallest=smallest, mde=mde, level=level)
    said += _limits(plan, trend, n_treated=len(part.treated))
    return Feasibility(
        testable=True, **counts, mde=mde, mde_share=None if mde is None or level == 0 else mde / level,
        placebo_sd=float(placebos.std(ddof=1)) if len(placebos) > 1 else None,
        lasting_share=lasting_share(part, plan, primary),
        smallest_p=smallest, trend_mde=trend, n_assignments=n, allowed=allowed, estimators=able, primary=primary,
        reasons=(), says=said,
    )  # fmt: skip


def _able(plan: EvaluationPlan, *, pre: int, n_donors: int) -> tuple[Estimator, ...]:
    enough = pre >= FEWEST_PRE and n_donors > FEWEST_DONORS
    return tuple(one for one in plan.estimators if not one.synthetic or enough)


def _primary(part: PolicyPanel, plan: EvaluationPlan, able: tuple[Estimator, ...]) -> Estimator | None:
    """Return the estimator that counts: that of the plan, else the first that the rule prefers and that can be run."""
    if plan.primary is not None:
        return plan.primary
    few = (Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL, Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION)
    many = (Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION, Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL)
    order = few if len(part.treated) <= FEW_TREATED else many
    return next((one for one in order if one in able), None)


def _reasons(part: PolicyPanel, plan: EvaluationPlan, primary: Estimator | None) -> tuple[Text, ...]:
    windows = windows_of(part, plan)
    if not windows:
        return (NO_TREATED,)
    found = []
    if len(part.donors) < FEWEST_DONORS:
        found.append(NO_DONORS.filled(n=len(part.donors), fewest=FEWEST_DONORS))
    if any(not w.pre for w in windows):
        found.append(NO_PRE.filled(anticipation=plan.anticipation))
    elif all(len(w.pre) < 2 for w in windows):
        found.append(SHORT_PRE)
    if any(not w.post for w in windows):
        found.append(NO_POST)
    able = _able(plan, pre=min(len(w.pre) for w in windows), n_donors=len(part.donors))
    if not found and (primary is None or primary not in able):
        named = primary or plan.estimators[0]
        found.append(NOT_RUN.filled(method=named.says, fewest=FEWEST_PRE, donors=FEWEST_DONORS + 1))
    return tuple(found)


def _limits(plan: EvaluationPlan, trend: float | None, *, n_treated: int) -> tuple[Text, ...]:
    """Return what will keep the verdict from its highest grade, known before any result."""
    if n_treated < THRESHOLDS.fewest_treated:
        return ()  # a single unit is never more than suggestive
    lacking = [SMALLEST_EFFECT] if plan.smallest_effect is None else []
    lacking += [NEIGHBOURS] if not plan.neighbours and plan.no_neighbours is None else []
    said = [PLAN_LACKS.filled(what=what) for what in lacking]
    return (NO_TREND if trend is None else TREND.filled(size=figure(trend)), *said)


def _assignments(part: PolicyPanel, plan: EvaluationPlan, primary: Estimator) -> tuple[int, float]:
    """Return how many assignments stand behind the p-value of the primary estimator, and the smallest p-value."""
    labels = labels_of(part)
    if primary.synthetic and len(part.treated) <= FEW_TREATED:
        ways = count_placebos(part)
        n = (ways if ways <= MOST_SETS else plan.draws + 1) + 1
        if len(part.treated) == 1:
            return n, 1.0 / n
        # Of two, the rank among all assignments must be small as well.
        every, most = count_assignments(labels), min(plan.draws, SYNTHETIC_DRAWS) + 1
        return n, max(1.0 / n, 1.0 / (every if every <= SYNTHETIC_DRAWS else most))
    ways = count_assignments(labels)
    most, draws = (
        (SYNTHETIC_DRAWS, min(plan.draws, SYNTHETIC_DRAWS)) if primary.synthetic else (MOST_COUNTED, plan.draws)
    )
    n = ways if ways <= most else draws + 1
    return n, smallest_rank_p(labels, n) if ways <= most else 1.0 / n


def _placebos(part: PolicyPanel, plan: EvaluationPlan, primary: Estimator) -> Array:
    """Return placebo estimates; of synthetic methods where one or two are treated, else of plain differences."""
    if primary.synthetic and len(part.treated) <= FEW_TREATED:
        return synthetic_placebos(part, plan, primary, windows_of(part, plan)).estimates
    return compared_placebos(part, plan)


def _level_before(part: PolicyPanel, plan: EvaluationPlan) -> float:
    values = [
        part.outcome[n, list(w.pre)].mean()
        for w in windows_of(part, plan)
        for n in part.treated
        if part.first_treated[n] == w.first
    ]
    return abs(float(np.mean(values)))


def _allowed(n_treated: int) -> tuple[Inference, ...]:
    if n_treated >= FEWEST_FOR_CLUSTERS:
        return (Inference.CLUSTER_ROBUST, Inference.RANDOMISATION)
    return (Inference.PLACEBO, Inference.RANDOMISATION) if n_treated <= FEW_TREATED else (Inference.RANDOMISATION,)


def _counted(counts: dict[str, int]) -> Text:
    return COUNTS.filled(
        n_units=counts["n_units"], n_treated=counts["n_treated"], n_donors=counts["n_donors"],
        pre=counts["pre_periods"], post=counts["post_periods"],
    )  # fmt: skip


def _sentences(
    counts: dict[str, int], plan: EvaluationPlan, *, n: int, smallest: float, mde: float | None, level: float
) -> tuple[Text, ...]:
    n_treated = counts["n_treated"]
    if n_treated >= FEWEST_FOR_CLUSTERS:
        inference = [BY_CLUSTERS]
    else:
        inference = [BY_ASSIGNMENTS.filled(fewest=FEWEST_FOR_CLUSTERS)]
        inference += [BY_PLACEBOS] if n_treated <= FEW_TREATED else []
    said = [_counted(counts), *inference, SMALLEST.filled(p=figure(smallest), n=n)]
    if smallest > plan.alpha:
        return (*said, OUT_OF_REACH.filled(alpha=figure(plan.alpha)))
    if mde is None:
        return (*said, NO_MDE)
    share = percent(mde / level) if level else "—"
    return (*said, MDE.filled(mde=figure(mde), share=share, power=percent(plan.power)))
