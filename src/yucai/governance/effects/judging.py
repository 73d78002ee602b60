"""The verdict by written rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from yucai.governance.effects.deciding import needs_of, words_of_needs
from yucai.governance.effects.diagnosing import main_estimate
from yucai.governance.effects.feasibility import FEWEST_DONORS
from yucai.governance.effects.figures import figure
from yucai.governance.effects.plan import EvaluationPlan
from yucai.governance.effects.results import (
    FEWEST_FOR_CLUSTERS,
    Diagnostics,
    EffectEstimate,
    Feasibility,
    InTimePlacebo,
    Needs,
    PretrendTest,
    RuleOutcome,
    SpillOver,
    Verdict,
    VerdictGrade,
)
from yucai.governance.effects.rules import RULES, RULES_VERSION, THRESHOLDS
from yucai.governance.effects.synthetic import FEWEST_PRE
from yucai.texts import Text

__all__ = ["judge"]

# Who asks less gains nothing: a plan that skips one of these, and a past too short for it, stay below "supported".
MUST_BE_ASKED: Final = frozenset({"second-method", "no-trend", "leave-one-out", "in-time", "spill-over", "matters"})
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
EXCUSED: Final = Text(
    "Neighbours were not looked at. The plan says why: {why}", "未检查相邻单位。方案说明的原因：{why}"
)
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
    broken, and all that must be asked could be asked. *Suggestive*: it is found and all methods point the same way;
    or it is found at twice the level, all methods point the same way and no trend is seen that would have been seen.
    *Inconclusive*: the rest.
    """
    if not feasibility.testable or not estimates:
        rules = (RuleOutcome(code="testable", met=False, says=RULES["testable"]),)
        return Verdict(
            grade=VerdictGrade.NOT_TESTABLE, rules_version=RULES_VERSION, rules=rules, needs=None,
            says=(WITHHELD, *feasibility.reasons),
        )  # fmt: skip
    primary = main_estimate(estimates, plan)
    met = _asked(feasibility, primary, estimates, diagnostics, plan)
    grade = _grade(met, primary, _must(feasibility, plan), plan)
    needs = None if grade is VerdictGrade.SUPPORTED else needs_of(feasibility, primary, plan)
    return Verdict(
        grade=grade, rules_version=RULES_VERSION,
        rules=tuple(RuleOutcome(code=code, met=met[code], says=RULES[code]) for code in RULES), needs=needs,
        says=_sentences(grade, met, primary, estimates, feasibility, plan, needs),
    )  # fmt: skip


def _p(one: EffectEstimate) -> float:
    """Return the larger of the p-values that a method has: both must hold. Without any, nothing was found."""
    return max(
        (p if math.isfinite(p) else 1.0 for p in (one.p_value, one.randomisation_p) if p is not None), default=1.0
    )


def _levels(plan: EvaluationPlan) -> tuple[float, float]:
    """Return the level at which something is found, and the weaker one; neither is beyond the largest that counts."""
    most = THRESHOLDS.largest_level
    return min(plan.alpha, most), min(THRESHOLDS.weak_level * plan.alpha, most)


def _asked(
    gate: Feasibility,
    primary: EffectEstimate,
    estimates: Sequence[EffectEstimate],
    diagnostics: Diagnostics | None,
    plan: EvaluationPlan,
) -> dict[str, bool | None]:
    level, weak = _levels(plan)
    size = abs(primary.estimate)
    others = _of_another_kind(gate, primary, estimates)
    met: dict[str, bool | None] = {
        "testable": gate.testable,
        "found": _p(primary) <= level,
        "same-sign": all(one.estimate * primary.estimate > 0 for one in estimates),
        "second-method": any(_p(one) <= weak for one in others) if others else None,
        "matters": None if plan.smallest_effect is None else size >= plan.smallest_effect,
        "units": gate.n_treated >= THRESHOLDS.fewest_treated,
    }
    return met | _diagnosed(primary.estimate, diagnostics)


def _of_another_kind(
    gate: Feasibility, primary: EffectEstimate, estimates: Sequence[EffectEstimate]
) -> list[EffectEstimate]:
    """Return the estimates that may confirm the primary one.

    Two plain differences are nearly one method, and so are two synthetic ones. Where the panel can carry the other
    kind, only that confirms, so that a plan does not gain by naming twins; else another method of the same kind does.
    """
    kind = primary.method.synthetic
    if kind or (gate.pre_periods >= FEWEST_PRE and gate.n_donors > FEWEST_DONORS):
        return [one for one in estimates if one.method.synthetic is not kind]
    return [one for one in estimates if one.method is not primary.method]


def _diagnosed(estimate: float, found: Diagnostics | None) -> dict[str, bool | None]:
    if found is None:
        return dict.fromkeys(("no-trend", "breakdown", "leave-one-out", "in-time", "spill-over"))
    return {
        "no-trend": _unseen([found.pretrend] if found.pretrend else []),
        "breakdown": None if found.honest is None else found.honest.breakdown >= THRESHOLDS.breakdown,
        "leave-one-out": all(_kept(one.estimate, estimate) for one in found.left_out) if found.left_out else None,
        "in-time": _unseen(found.in_time),
        "spill-over": _untouched(found.spill_over, estimate),
    }


def _unseen(tests: Sequence[PretrendTest | InTimePlacebo]) -> bool | None:
    """Return False where a test saw something, True where one saw nothing and would have, else None."""
    if any(one.p_value is not None and one.p_value <= THRESHOLDS.trend_level for one in tests):
        return False
    strong = [
        one for one in tests
        if one.p_value is not None and one.share_asked >= THRESHOLDS.share_asked and _strong(one.power)
    ]  # fmt: skip
    return True if strong else None


def _strong(power: float | None) -> bool:
    return power is not None and power >= THRESHOLDS.power


def _untouched(ring: SpillOver | None, estimate: float) -> bool | None:
    """Return whether neighbours are untouched or do not matter; a ring that could show nothing leaves it open."""
    if ring is None:
        return None
    if ring.estimate_without_ring is not None and _kept(ring.estimate_without_ring, estimate):
        return True
    if ring.p_value is None or ring.p_value <= THRESHOLDS.trend_level:
        return False if ring.p_value is not None and ring.estimate_without_ring is not None else None
    return True if _strong(ring.power) else None


def _kept(without: float, estimate: float) -> bool:
    return without * estimate > 0 and abs(without) >= THRESHOLDS.share_kept * abs(estimate)


def _grade(
    met: dict[str, bool | None], primary: EffectEstimate, must: frozenset[str], plan: EvaluationPlan
) -> VerdictGrade:
    if met["found"] and not any(one is False for one in met.values()) and all(met[code] for code in must):
        return VerdictGrade.SUPPORTED
    weakly = _p(primary) <= _levels(plan)[1] and met["no-trend"]
    if (met["found"] or weakly) and met["same-sign"]:
        return VerdictGrade.SUGGESTIVE
    return VerdictGrade.INCONCLUSIVE


def _must(gate: Feasibility, plan: EvaluationPlan) -> frozenset[str]:
    """Return what must be asked: neighbours unless the plan says why not, the breakdown value where it can be had."""
    excused = {"spill-over"} if plan.no_neighbours is not None else set()
    honest = {"breakdown"} if gate.n_treated >= FEWEST_FOR_CLUSTERS else set()
    return frozenset((MUST_BE_ASKED | honest) - excused)


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
    excused = plan.no_neighbours is not None and met["spill-over"] is None
    unasked = [code for code, one in met.items() if one is None and not (excused and code == "spill-over")]
    if open_case:  # of an open case only what kept it from more
        unasked = [code for code in unasked if code == "no-trend" and _p(primary) <= _levels(plan)[1]]
    if broken:
        said.append(NOT_MET.filled(rules=_listed(broken)))
    elif met["found"]:
        said.append(ALL_MET)
    if unasked:
        said.append(NOT_ASKED.filled(rules=_listed(unasked)))
    if excused and plan.no_neighbours is not None:
        said.append(EXCUSED.filled(why=plan.no_neighbours))
    if len(estimates) > 1:
        values = [one.estimate for one in estimates]
        said.append(DIFFER.filled(low=figure(min(values)), high=figure(max(values))))
    smallest = plan.smallest_effect
    seen = smallest is not None and gate.mde is not None and max(gate.mde, abs(primary.estimate)) <= smallest
    if not met["found"] and smallest is not None and seen:
        said.append(WOULD_BE_SEEN.filled(smallest=figure(smallest)))
    return (*said, *(words_of_needs(needs) if needs is not None else ()))


def _listed(codes: Sequence[str]) -> Text:
    """Return the rules one after the other; each is a sentence of its own."""
    return Text(" ".join(RULES[code].en for code in codes), "".join(RULES[code].zh for code in codes))
