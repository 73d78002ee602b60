"""The verdict by written rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yucai.governance.effects.deciding import needs_of, words_of_needs
from yucai.governance.effects.diagnosing import main_estimate
from yucai.governance.effects.figures import figure
from yucai.governance.effects.plan import EvaluationPlan
from yucai.governance.effects.results import (
    Diagnostics,
    EffectEstimate,
    Feasibility,
    Needs,
    RuleOutcome,
    Verdict,
    VerdictGrade,
)
from yucai.governance.effects.rules import RULES, RULES_VERSION, THRESHOLDS
from yucai.texts import Text

__all__ = ["judge"]

MUST_BE_ASKED: Final = frozenset({"second-method", "no-trend", "leave-one-out"})
OF_NOTHING: Final = frozenset({"same-sign", "no-trend"})  # what still says something where nothing was found

WITHHELD: Final = Text(
    "Not testable: whether this policy worked cannot be told from these figures, so no result is shown.",
    "无法检验：这些数据无法判断政策是否有效，因此不给出结果。",
)
FOUND: Final = Text(
    "{grade}: {method} gives {estimate}{interval}, p = {p}.",
    "{grade}：{method}的估计为 {estimate}{interval}，p = {p}。",
)
INTERVAL: Final = Text(" (from {low} to {high})", "（{low} 至 {high}）")
NOTHING: Final = Text("", "")
ALL_MET: Final = Text("Every rule that could be asked is met.", "所有可检查的规则均已满足。")
NOT_MET: Final = Text("Not met: {rules}", "未满足：{rules}")
NOT_ASKED: Final = Text("Could not be asked: {rules}", "无法检查：{rules}")
DIFFER: Final = Text(
    "The methods give from {low} to {high}; they are shown side by side and never averaged.",
    "各方法的估计介于 {low} 与 {high} 之间；并列展示，从不取平均。",
)
BY_CHANCE: Final = Text(
    "A difference of this size comes up by chance too often to be told from the effect of a policy.",
    "这样大小的差异凭偶然也常会出现，无法与政策效应区分。",
)
WOULD_BE_SEEN: Final = Text(
    "An effect of {smallest} or more, the smallest that matters, would very probably have been found.",
    "若效应达到 {smallest}（有意义的最小效应）或以上，多半已被发现。",
)


def judge(
    feasibility: Feasibility,
    estimates: Sequence[EffectEstimate],
    diagnostics: Diagnostics | None,
    plan: EvaluationPlan,
) -> Verdict:
    """Return the grade that the fixed rules give, with every rule that was asked.

    *Not testable*: the gate says so, or nothing was estimated. *Supported*: the primary estimate is found, no rule is
    broken, and a second method, trend and leave-one-out could be asked: who asks less gains nothing by it.
    *Suggestive*: it is found and all methods point the same way;
    or it is found at twice the level, all methods point the same way and no trend is seen. *Inconclusive*: the rest.
    """
    if not feasibility.testable or not estimates:
        rules = (RuleOutcome(code="testable", met=False, says=RULES["testable"]),)
        return Verdict(
            grade=VerdictGrade.NOT_TESTABLE, rules_version=RULES_VERSION, rules=rules, needs=None,
            says=(WITHHELD, *feasibility.reasons),
        )  # fmt: skip
    primary = main_estimate(estimates, plan)
    met = _asked(feasibility, primary, estimates, diagnostics, plan)
    grade = _grade(met, primary, plan)
    needs = None if grade is VerdictGrade.SUPPORTED else needs_of(feasibility, primary, plan)
    return Verdict(
        grade=grade, rules_version=RULES_VERSION,
        rules=tuple(RuleOutcome(code=code, met=met[code], says=RULES[code]) for code in RULES), needs=needs,
        says=_sentences(grade, met, primary, estimates, feasibility, plan, needs),
    )  # fmt: skip


def _p(one: EffectEstimate) -> float:
    """Return the larger of the p-values that a method has: both must hold."""
    return max(p for p in (one.p_value, one.randomisation_p, 0.0) if p is not None)


def _asked(
    gate: Feasibility,
    primary: EffectEstimate,
    estimates: Sequence[EffectEstimate],
    diagnostics: Diagnostics | None,
    plan: EvaluationPlan,
) -> dict[str, bool | None]:
    others = [one for one in estimates if one.method is not primary.method]
    level = THRESHOLDS.weak_level * plan.alpha
    size = abs(primary.estimate)
    met: dict[str, bool | None] = {
        "testable": gate.testable,
        "found": _p(primary) <= plan.alpha,
        "same-sign": all(one.estimate * primary.estimate > 0 for one in estimates),
        "second-method": any(_p(one) <= level for one in others) if others else None,
        "matters": None if plan.smallest_effect is None else size >= plan.smallest_effect,
        "units": gate.n_treated >= THRESHOLDS.fewest_treated,
    }
    return met | _diagnosed(primary.estimate, diagnostics, plan)


def _diagnosed(estimate: float, found: Diagnostics | None, plan: EvaluationPlan) -> dict[str, bool | None]:
    if found is None:
        return dict.fromkeys(("no-trend", "breakdown", "leave-one-out", "in-time", "spill-over"))
    in_time = [one.p_value > plan.alpha for one in found.in_time if one.p_value is not None]
    ring = found.spill_over
    around: bool | None = None
    if ring is not None:
        untouched = ring.p_value is not None and ring.p_value > plan.alpha
        around = untouched or (ring.estimate_without_ring is not None and _kept(ring.estimate_without_ring, estimate))
    return {
        "no-trend": None if found.pretrend is None else found.pretrend.p_value > THRESHOLDS.trend_level,
        "breakdown": None if found.honest is None else found.honest.breakdown >= THRESHOLDS.breakdown,
        "leave-one-out": all(_kept(one.estimate, estimate) for one in found.left_out) if found.left_out else None,
        "in-time": all(in_time) if in_time else None,
        "spill-over": around,
    }


def _kept(without: float, estimate: float) -> bool:
    return without * estimate > 0 and abs(without) >= THRESHOLDS.share_kept * abs(estimate)


def _grade(met: dict[str, bool | None], primary: EffectEstimate, plan: EvaluationPlan) -> VerdictGrade:
    if met["found"] and not any(one is False for one in met.values()) and all(met[code] for code in MUST_BE_ASKED):
        return VerdictGrade.SUPPORTED
    weakly = _p(primary) <= THRESHOLDS.weak_level * plan.alpha and met["no-trend"] is not False
    if (met["found"] or weakly) and met["same-sign"]:
        return VerdictGrade.SUGGESTIVE
    return VerdictGrade.INCONCLUSIVE


def _sentences(
    grade: VerdictGrade,
    met: dict[str, bool | None],
    primary: EffectEstimate,
    estimates: Sequence[EffectEstimate],
    gate: Feasibility,
    plan: EvaluationPlan,
    needs: Needs | None,
) -> tuple[Text, ...]:
    ends = primary.interval
    interval = NOTHING if ends is None else INTERVAL.filled(low=figure(ends[0]), high=figure(ends[1]))
    headed = Text(grade.says.en.capitalize(), grade.says.zh)
    said = [
        FOUND.filled(grade=headed, method=primary.method.says, estimate=figure(primary.estimate), interval=interval,
                     p=figure(_p(primary)))
    ]  # fmt: skip
    if grade is VerdictGrade.INCONCLUSIVE and not met["found"]:
        said.append(BY_CHANCE)
    open_case = grade is VerdictGrade.INCONCLUSIVE
    broken = [
        code for code, one in met.items() if one is False and code != "found" and (not open_case or code in OF_NOTHING)
    ]
    unasked = [code for code, one in met.items() if one is None and code != "matters"]
    if broken:
        said.append(NOT_MET.filled(rules=_listed(broken)))
    elif met["found"]:
        said.append(ALL_MET)
    if unasked and not open_case:
        said.append(NOT_ASKED.filled(rules=_listed(unasked)))
    if len(estimates) > 1:
        values = [one.estimate for one in estimates]
        said.append(DIFFER.filled(low=figure(min(values)), high=figure(max(values))))
    smallest = plan.smallest_effect
    if not met["found"] and smallest is not None and gate.mde is not None and gate.mde <= smallest:
        said.append(WOULD_BE_SEEN.filled(smallest=figure(smallest)))
    return (*said, *(words_of_needs(needs) if needs is not None else ()))


def _listed(codes: Sequence[str]) -> Text:
    """Return the rules one after the other; each is a sentence of its own."""
    return Text(" ".join(RULES[code].en for code in codes), "".join(RULES[code].zh for code in codes))
