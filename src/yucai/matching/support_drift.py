"""Whether a model that once joined still holds: watched in a recent stretch of time, and off by itself where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from yucai.matching.support_compare import score_of_rules
from yucai.matching.support_measures import Scored, split_figures
from yucai.matching.support_model import NO_TEST, ModelNotAdmittedError, SupportModel
from yucai.matching.support_rules import SUPPORT_RULES, SupportRule
from yucai.matching.support_tested import (
    Drift,
    DriftRule,
    DriftState,
    Figure,
    JoinRule,
    PastCase,
    SplitFigures,
    SupportComparison,
)
from yucai.texts import Text

__all__ = ["watch_drift"]

SAYS: Final = Text("the recent stretch", "最近一段时间")
HOLDS: Final = Text(
    "Model {model}: over {n} recent cases precision and chances hold, as far as these cases can tell.",
    "模型 {model}：最近 {n} 例中，精确率与概率校准在可判断范围内保持。",
)
TOO_FEW: Final = Text(
    "Model {model}: {n} recent cases with {events} events; {least} and {least_events} are asked for before anything "
    "can be said.",
    "模型 {model}：最近有 {n} 例，其中 {events} 例发生；至少需要 {least} 例和 {least_events} 例才能判断。",
)
WORSE: Final = Text(
    "Model {model} is off: of 100 listed lately {now} were right, {high} at most; it was admitted with {low} at least.",
    "模型 {model} 已停用：最近列出的 100 人中 {now} 人属实，至多 {high} 人；准入时至少为 {low} 人。",
)
BELOW_RULES: Final = Text(
    "Model {model} is off: of 100 listed lately it has {gap} fewer right than the rules.",
    "模型 {model} 已停用：最近每列出 100 人，比规则少对 {gap} 人。",
)
SHIFTED: Final = Text(
    "Model {model} is off: {expected} events were expected lately, {observed} came.",
    "模型 {model} 已停用：最近预期 {expected} 例，实际 {observed} 例。",
)
BENT: Final = Text(
    "Model {model} is off: the slope of its chances is {slope} lately; it has to be near 1.",
    "模型 {model} 已停用：最近概率校准斜率为 {slope}；应接近 1。",
)


def watch_drift(
    model: SupportModel,
    recent: Sequence[PastCase],
    *,
    seed: int,
    rule: DriftRule | None = None,
    rules: Sequence[SupportRule] = SUPPORT_RULES,
) -> Drift:
    """Return whether an admitted model still holds in recent cases whose outcome is known.

    A list that is acted upon changes what it foretells: learners who were helped are listed, and nothing happens to
    them. They count against the model here, so that a model goes off too soon and not too late. Give cases that nobody
    acted upon where there are enough of them.
    """
    asked, tested = rule or DriftRule(), model.tested
    if tested is None:
        raise ModelNotAdmittedError(version=model.version, why=NO_TEST)
    known = [case for case in recent if case.signs.due or case.signs.results]
    events = sum(case.happened for case in known)
    if len(known) < asked.least_cases or min(events, len(known) - events) < asked.least_events:
        said = TOO_FEW.filled(model=model.version, n=len(known), events=events, least=asked.least_cases,
                              least_events=asked.least_events)  # fmt: skip
        return Drift(rule=asked, state=DriftState.CANNOT_TELL, model=model.version, n_cases=len(known),
                     n_events=events, recent=None, says=(said,))  # fmt: skip
    found = _figures(model, known, asked, rules=rules, rng=np.random.default_rng(seed))
    wrong = tuple(_faults(model.version, tested, found, asked))
    return Drift(
        rule=asked,
        state=DriftState.OFF if wrong else DriftState.HOLDS,
        model=model.version,
        n_cases=len(known),
        n_events=events,
        recent=found,
        says=wrong or (HOLDS.filled(model=model.version, n=len(known)),),
    )


def _figures(
    model: SupportModel,
    cases: Sequence[PastCase],
    rule: DriftRule,
    *,
    rules: Sequence[SupportRule],
    rng: np.random.Generator,
) -> SplitFigures:
    signs = [case.signs for case in cases]
    scores = {"rules": np.array([score_of_rules(one, rules) for one in signs]), "model": model.chances(signs)}
    share = model.tested.rule.share if model.tested else JoinRule().share
    asked = JoinRule(share=share, level=rule.level, rounds=rule.rounds)
    return split_figures(Scored(cases=cases, scores=scores, bands=[""] * len(cases)), asked, rng, says=SAYS)


def _faults(version: str, tested: SupportComparison, found: SplitFigures, rule: DriftRule) -> Iterator[Text]:
    admitted = tested.learners.method("model").precision
    now, held = found.method("model").precision, found.calibration
    gap = found.difference("model", "rules").precision
    if now.high < admitted.low:
        facts = {"now": now.value, "high": now.high, "low": admitted.low}
        yield WORSE.filled(model=version, **{name: f"{100 * value:.0f}" for name, value in facts.items()})
    if gap.high < 0.0:
        yield BELOW_RULES.filled(model=version, gap=f"{-100 * gap.value:.0f}")
    if _outside(held.intercept, -rule.most_shift, rule.most_shift):
        yield SHIFTED.filled(model=version, expected=round(held.expected), observed=held.observed)
    if _outside(held.slope, *rule.slopes):
        yield BENT.filled(model=version, slope=f"{held.slope.value:.2f}")


def _outside(figure: Figure, low: float, high: float) -> bool:
    return figure.high < low or figure.low > high
