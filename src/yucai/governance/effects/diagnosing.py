"""What speaks for and against an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from yucai.governance.effects.assigning import assignments_of, chance_to_find, rank_p
from yucai.governance.effects.comparing import (
    comparable_part,
    effect_contrasts,
    labels_of,
    table_of,
    total,
    treatment_of,
)
from yucai.governance.effects.placebos import FEW_TREATED
from yucai.governance.effects.plan import ControlGroup, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.primary import (
    earlier_effect,
    effect_of,
    effects_without,
    own_placebo_years,
    part_of,
)
from yucai.governance.effects.results import (
    FEWEST_FOR_CLUSTERS,
    Diagnostics,
    EffectEstimate,
    InTimePlacebo,
    LeftOut,
    SpillOver,
)
from yucai.governance.effects.rules import THRESHOLDS
from yucai.governance.effects.staggered import bacon_shares, honest_breakdown
from yucai.governance.effects.trends import trend_before
from yucai.texts import Text

__all__ = ["diagnose"]

MOST_LEFT_OUT: Final = 60  # left out one by one; of more units, those that the estimate leans on most

NO_TREND: Final = Text(
    "No trend before the policy: no treated unit has two years before it.",
    "未检验政策前趋势：没有实施单位拥有政策前两年数据。",
)
NO_HONEST: Final = Text(
    "No breakdown value: it rests on cluster-robust errors and needs {fewest} treated units; there {n:is|are} {n}.",
    "未计算稳健临界值：它以聚类稳健标准误为依据，需要 {fewest} 个实施单位；现有 {n} 个。",
)
NO_HONEST_YEARS: Final = Text(
    "No breakdown value: there are too few years before the policy, or more years than so few units can carry.",
    "未计算稳健临界值：政策前年份不足，或年份相对单位数过多。",
)
NO_IN_TIME: Final = Text(
    "No placebo {years} year{years:|s} earlier: there are too few years before the policy.",
    "未作提前 {years} 年的时间安慰剂：政策前年份不足。",
)
NONE_IN_TIME: Final = Text(
    "No placebo in time: there are too few years before the policy.", "未作时间安慰剂：政策前年份不足。"
)
NO_NEIGHBOURS: Final = Text(
    "No spill-over: the plan names no neighbours of the treated that were never treated, and does not say why.",
    "未检验溢出：方案未列出实施单位的、从未实施政策的相邻单位，也未说明原因。",
)
WHY_NONE: Final = Text("No spill-over was looked for. The plan says why: {why}", "未检验溢出。方案说明的原因：{why}")
NO_REST: Final = Text(
    "No spill-over: nearly all donors are neighbours of the treated, so nobody is left to compare with.",
    "未检验溢出：几乎所有对照单位都与实施单位相邻，没有其他单位可供比较。",
)
NO_BACON: Final = Text(
    "No shares of two-way fixed effects: all were treated in the same year, so there is one kind of comparison.",
    "未分解双向固定效应：各单位同年实施，只有一种比较。",
)


def diagnose(panel: PolicyPanel, plan: EvaluationPlan, estimates: Sequence[EffectEstimate]) -> Diagnostics:
    """Return the diagnostics of the primary estimate (the first of ``estimates`` by the plan's or the rule's choice).

    What cannot be had is withheld with a reason; nothing stands in for it.
    """
    part, primary = comparable_part(panel, plan), main_estimate(estimates, plan)
    group = primary.control_group or ControlGroup.NEVER
    withheld = list[Text]()
    pretrend = trend_before(part, plan, primary)
    if pretrend is None:
        withheld.append(NO_TREND)
    honest = None
    if len(part.treated) < FEWEST_FOR_CLUSTERS:
        withheld.append(NO_HONEST.filled(n=len(part.treated), fewest=FEWEST_FOR_CLUSTERS))
    else:
        honest = honest_breakdown(part, plan, group)
        withheld += [NO_HONEST_YEARS] if honest is None else []
    in_time, missed = _in_time(part, plan, primary)
    spill_over, why = _spill_over(part, plan, primary, group)
    several = len(part.cohorts) > 1
    withheld += [*missed, *([why] if why else []), *([] if several else [NO_BACON])]
    return Diagnostics(
        pretrend=pretrend, honest=honest, left_out=_left_out(part, plan, primary, group), in_time=in_time,
        spill_over=spill_over, bacon=bacon_shares(part) if several else None, withheld=tuple(withheld),
    )  # fmt: skip


def main_estimate(estimates: Sequence[EffectEstimate], plan: EvaluationPlan) -> EffectEstimate:
    """Return the estimate that the verdict looks at: of the plan's method, else of the rule's."""
    few = (Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL, Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION)
    many = (Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION, Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL)
    rule = few if estimates[0].n_treated <= FEW_TREATED else many
    order = (plan.primary, *rule) if plan.primary else rule
    return min(estimates, key=lambda one: order.index(one.method))


def _left_out(
    part: PolicyPanel, plan: EvaluationPlan, primary: EffectEstimate, group: ControlGroup
) -> tuple[LeftOut, ...]:
    treated, donors = part.treated if len(part.treated) > 1 else (), part.donors if len(part.donors) > 2 else ()
    if primary.method.synthetic:
        named = {one.unit for one in primary.weights}
        units = sorted([*treated, *(n for n in donors if part.units[n] in named)])
    else:
        units = _leant_on(part, plan, group, able=[*treated, *donors])
    effects = effects_without(part, plan, primary.method, group, units) if units else np.empty(0)
    return tuple(LeftOut(unit=part.units[n], estimate=float(e)) for n, e in zip(units, effects, strict=True))


def _leant_on(part: PolicyPanel, plan: EvaluationPlan, group: ControlGroup, *, able: Sequence[int]) -> list[int]:
    """Return the units that a plain difference leans on most, in their order."""
    labels = labels_of(part)
    table = table_of(effect_contrasts(part, plan, group), part.outcome, labels)
    own = table[labels, np.arange(len(labels))]
    centred = own.copy()
    for label in range(len(part.cohorts) + 1):
        centred[labels == label] -= own[labels == label].mean()
    return sorted(sorted(able, key=lambda n: (-abs(centred[n]), n))[:MOST_LEFT_OUT])


def _in_time(
    part: PolicyPanel, plan: EvaluationPlan, primary: EffectEstimate
) -> tuple[tuple[InTimePlacebo, ...], list[Text]]:
    """Return the placebos in time of the plan, and the one that is asked whatever the plan names."""
    found, missed = [], []
    own = own_placebo_years(part, plan, primary.method)
    for years in sorted({*plan.placebo_years, *([] if own is None else [own])}):
        one = earlier_effect(part, plan, primary.method, years, size=primary.estimate)
        if one is None:
            missed.append(NO_IN_TIME.filled(years=years))
        else:
            found.append(one)
    return tuple(found), missed or ([NONE_IN_TIME] if not found else [])


def _spill_over(
    part: PolicyPanel, plan: EvaluationPlan, primary: EffectEstimate, group: ControlGroup
) -> tuple[SpillOver | None, Text | None]:
    method, begins = primary.method, _ring(part, plan)
    if not begins:
        return None, NO_NEIGHBOURS if plan.no_neighbours is None else WHY_NONE.filled(why=plan.no_neighbours)
    rest = [n for n in part.donors if n not in begins]
    if len(rest) < 2:
        return None, NO_REST
    around = part_of(part, sorted([*begins, *rest]), [begins.get(n) for n in range(len(part.units))])
    labels = labels_of(around)
    drawn = assignments_of(labels, draws=plan.draws, seed=plan.seed)
    contrasts = effect_contrasts(around, plan, ControlGroup.NEVER)
    values = total(table_of(contrasts, around.outcome, labels), drawn.rows)
    shares = total(table_of(contrasts, treatment_of(around), labels), drawn.rows)
    half = THRESHOLDS.share_kept * primary.estimate
    powers = [
        chance_to_find(size, values[1:], alpha=THRESHOLDS.trend_level, shares=shares[1:]) for size in (half, -half)
    ]
    without = part_of(part, sorted([*part.treated, *rest]))
    enough = len(rest) >= (3 if method.synthetic else 2)
    return SpillOver(
        ring=tuple(part.units[n] for n in sorted(begins)), effect_on_ring=float(values[0]),
        p_value=rank_p(values, around.outcome),
        estimate_without_ring=effect_of(without, plan, method, group) if enough else None,
        power=min((one for one in powers if one is not None), default=None),
    ), None  # fmt: skip


def _ring(part: PolicyPanel, plan: EvaluationPlan) -> dict[int, int]:
    """Return the never treated neighbours of treated units, each with the first year of a treated neighbour."""
    places = {unit: n for n, unit in enumerate(part.units)}
    begins = dict[int, int]()
    for pair in (*plan.neighbours, *((b, a) for a, b in plan.neighbours)):
        one, other = (places.get(unit) for unit in pair)
        if one is None or other is None or part.first_treated[other] is not None:
            continue
        first = part.first_treated[one]
        if first is not None:
            begins[other] = min(begins.get(other, first), first)
    return begins
