"""The written rule by which a model joins: each condition in words, with its numbers, met or not."""

from __future__ import annotations

from typing import Final

from yucai.matching.support_tested import JoinCheck, JoinRule, SplitFigures
from yucai.texts import Text

__all__ = ["checks_of"]

CASES: Final = Text(
    "The past holds {n} cases with {events} events; {least} and {least_events} are asked for.",
    "以往数据有 {n} 例，其中 {events} 例发生；要求至少 {least} 例和 {least_events} 例。",
)
LISTED: Final = Text(
    "{split}: {n} learners were listed; {least} are asked for.",
    "{split}：列出 {n} 人；要求至少 {least} 人。",
)
GAIN: Final = Text(
    "{split}: of 100 listed, the model has {gain} more right than the rules, interval {low} to {high}; it has to lie "
    "above 0.",
    "{split}：每列出 100 人，模型比规则多对 {gain} 人，区间 {low} 至 {high}；须整个大于 0。",
)
NO_LATER: Final = Text(
    "There are no later cohorts to test in; a model is tested in a time that it has not seen.",
    "没有之后的期次可供检验；模型须在未见过的时期中检验。",
)
SLOPE: Final = Text(
    "{split}: the slope of its chances is {value}; {low} to {high} is asked for.",
    "{split}：概率校准斜率为 {value}；要求在 {low} 至 {high} 之间。",
)
RATIO: Final = Text(
    "{split}: {observed} events came where {expected} were expected, a ratio of {ratio}; {low} to {high} is asked for.",
    "{split}：预期 {expected} 例，实际 {observed} 例，比值 {ratio}；要求在 {low} 至 {high} 之间。",
)


def checks_of(rule: JoinRule, learners: SplitFigures, later: SplitFigures | None) -> tuple[JoinCheck, ...]:
    """Return the conditions of the rule of joining, each with whether it is met."""
    n, events = learners.n_cases, learners.n_events
    enough = CASES.filled(n=n, events=events, least=rule.least_cases, least_events=rule.least_events)
    checks = [JoinCheck(says=enough, met=n >= rule.least_cases and events >= rule.least_events)]
    checks += [_listed(rule, learners), _gain(learners)]
    if later is None:
        return (*checks, JoinCheck(says=NO_LATER, met=False))
    return (*checks, _listed(rule, later), _gain(later), *_chances(rule, later))


def _listed(rule: JoinRule, split: SplitFigures) -> JoinCheck:
    n = int(rule.share * split.n_cases)
    return JoinCheck(says=LISTED.filled(split=split.says, n=n, least=rule.least_listed), met=n >= rule.least_listed)


def _gain(split: SplitFigures) -> JoinCheck:
    gain = split.difference("model", "rules").precision
    said = {
        name: f"{100 * value:.1f}" for name, value in (("gain", gain.value), ("low", gain.low), ("high", gain.high))
    }
    return JoinCheck(says=GAIN.filled(split=split.says, **said), met=gain.low > 0.0)


def _chances(rule: JoinRule, split: SplitFigures) -> tuple[JoinCheck, JoinCheck]:
    held = split.calibration
    slope, ratio = held.slope.value, held.observed / held.expected if held.expected else float("inf")
    asked = {"split": split.says, "low": f"{rule.lowest:g}", "high": f"{rule.highest:g}"}
    return (
        JoinCheck(says=SLOPE.filled(value=f"{slope:.2f}", **asked), met=rule.lowest <= slope <= rule.highest),
        JoinCheck(
            says=RATIO.filled(observed=held.observed, expected=round(held.expected), ratio=f"{ratio:.2f}", **asked),
            met=rule.lowest <= ratio <= rule.highest,
        ),
    )
