"""How much, where and why: what observation records say about one behaviour, in plain sentences, with limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.evidence import CodingScheme, Observations, SamplingEstimate, estimate_behaviour
from yucai.measurement.reasons import ReasonFit, linked_shares, reason_fits
from yucai.measurement.situations import Contingency, SettingRates, rates_by_setting, what_follows, what_precedes
from yucai.texts import Text

__all__ = ["BehaviourAnswer", "Section", "answer_behaviour"]

HOW_MUCH: Final = Text("How much", "有多少")
WHERE: Final = Text("In which contexts", "在什么情境中")
WHY: Final = Text("Possible reasons", "可能的原因")
LIMITS: Final = Text("What this can and cannot show", "能说明什么，不能说明什么")
WATCHED: Final = Text(
    "{children} children were watched for {hours} hours in {sessions} sessions; {showing} of them showed "
    "“{behaviour}”, "
    "{count} times in all.",
    "对 {children} 名幼儿共观察 {hours} 小时、{sessions} 个时段；其中 {showing} 名出现“{behaviour}”，共 {count} 次。",
)
IN_SETTING: Final = Text(
    "{setting}: {rate} an hour for a typical child (95 % interval {low} to {high}; {count} times in {hours} hours).",
    "{setting}：一般幼儿每小时 {rate} 次（95% 区间 {low} 至 {high}；{hours} 小时中 {count} 次）。",
)
CLEARLY: Final = Text(
    "Compared with “{first}”, “{setting}” has {ratio} times the rate (95 % interval {low} to {high}).",
    "与“{first}”相比，“{setting}”的频率为其 {ratio} 倍（95% 区间 {low} 至 {high}）。",
)
GOES_BEFORE: Final = Text(
    "In the {window} seconds after “{given}” it began in {after} of cases, against {otherwise} at other "
    "times ({ratio}).",
    "“{given}”之后 {window} 秒内有 {after} 出现该行为，其他时间为 {otherwise}（{ratio}）。",
)
COMES_AFTER: Final = Text(
    "In the {window} seconds after it began, “{target}” followed in {after} of cases, against {otherwise} "
    "at other times "
    "({ratio}).",
    "该行为开始后 {window} 秒内有 {after} 出现“{target}”，其他时间为 {otherwise}（{ratio}）。",
)
RATIO: Final = Text("risk ratio {value}, 95 % interval {low} to {high}", "风险比 {value}，95% 区间 {low} 至 {high}")
NO_RATIO: Final = Text("no ratio can be given", "无法给出比值")
FITS: Final = Text(
    "{count} of {of} fit “{name}” ({share}; 95 % interval {low} to {high}).",
    "{of} 次中有 {count} 次与“{name}”相符（{share}；95% 区间 {low} 至 {high}）。",
)
CAN: Final = Text(
    "It can show how often and how long the behaviour was seen in children like these, in the places and "
    "hours watched, and "
    "what went together with it.",
    "可以说明：在所观察的场所和时间，像这样的幼儿出现该行为的频率与时长，以及与之相伴的情形。",
)
CANNOT_CAUSE: Final = Text(
    "It cannot show why: a reason stays a hypothesis until somebody changes the conditions on purpose. Nor "
    "does it say what "
    "happens unwatched, at home, or when children know that they are watched.",
    "不能说明原因：在有意改变条件加以检验之前，“原因”只是假设。也不能说明无人观察时、在家中或幼儿知道被观察时的情形。",
)
CANNOT_JUDGE: Final = Text(
    "It is no judgement of a single child: an hour or two of watching says little about one child, and names nobody as "
    "aggressive.",
    "不能用来评判某一名幼儿：一两个小时的观察对单个幼儿说明甚少，更不能给任何幼儿贴上标签。",
)
NEVER: Final = Text(
    "It was not seen, so nothing can be said about contexts and reasons.", "没有看到，因此谈不上情境与原因。"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an answer: a heading and its sentences."""

    heading: Text
    sentences: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BehaviourAnswer:
    """What the records say about one behaviour: amount, contexts, reasons (hypotheses), and their limits."""

    behaviour: str
    scheme: CodingScheme
    estimate: SamplingEstimate
    settings: SettingRates | None
    before: tuple[Contingency, ...]
    after: tuple[Contingency, ...]
    linked_before: tuple[ReasonFit, ...]
    linked_after: tuple[ReasonFit, ...]
    reasons: tuple[ReasonFit, ...]

    def sections(self) -> tuple[Section, ...]:
        """Return the answer as four sections of plain sentences."""
        seen = self.settings is not None
        return (
            Section(HOW_MUCH, tuple(self._how_much())),
            Section(WHERE, tuple(self._where()) if seen else (NEVER,)),
            Section(WHY, tuple(self._why()) if seen else (NEVER,)),
            Section(LIMITS, (CAN, CANNOT_CAUSE, CANNOT_JUDGE, *self.estimate.warnings)),
        )

    def in_language(self, language: str) -> str:
        """Return the whole answer as text in ``"zh"`` or ``"en"``."""
        parts = []
        for section in self.sections():
            lines = [f"- {sentence.in_language(language)}" for sentence in section.sentences]
            parts.append("\n".join([section.heading.in_language(language), *lines]))
        return "\n\n".join(parts)

    def _name(self, code: str) -> Text:
        return self.scheme.code_of(code).name

    def _how_much(self) -> Iterator[Text]:
        estimate = self.estimate
        yield WATCHED.filled(
            children=estimate.n_children,
            hours=f"{estimate.exposure_hours:.1f}",
            sessions=estimate.n_sessions,
            showing=estimate.n_children_showing,
            behaviour=self._name(self.behaviour),
            count=estimate.count,
        )
        for measure in estimate.measures:
            yield Text(measure.in_language("en"), measure.in_language("zh"))

    def _where(self) -> Iterator[Text]:
        names = {one.code: one.name for one in self.scheme.settings}
        rates = self.settings.rates if self.settings else ()
        for rate in rates:
            low, high = rate.rate95
            yield IN_SETTING.filled(setting=names[rate.setting], rate=f"{rate.rate_per_hour:.2f}", low=f"{low:.2f}",
                          high=f"{high:.2f}", count=rate.count, hours=f"{rate.hours:.1f}")  # fmt: skip
        for rate in rates[1:]:
            low, high = rate.ratio95
            if low > 1 or high < 1:
                yield CLEARLY.filled(first=names[rates[0].setting], setting=names[rate.setting],
                              ratio=f"{rate.rate_ratio:.2f}", low=f"{low:.2f}", high=f"{high:.2f}")  # fmt: skip
        for one in self.before:
            yield GOES_BEFORE.filled(given=self._name(one.given), **_chances(one))
        for one in self.after:
            yield COMES_AFTER.filled(target=self._name(one.target), **_chances(one))
        observers = self.settings.observers if self.settings else ()
        yield from (one.said for one in observers if one.ratio95[0] > 1 or one.ratio95[1] < 1)
        yield from self.settings.notes if self.settings else ()

    def _why(self) -> Iterator[Text]:
        for fit in self.reasons:
            low, high = (_percent(end) for end in fit.interval95)
            yield FITS.filled(count=fit.count, of=fit.of, name=fit.name, share=_percent(fit.share), low=low, high=high)
        yield from (note for note in dict.fromkeys(fit.note for fit in self.reasons) if note is not None)


def answer_behaviour(
    observations: Observations,
    behaviour: str,
    *,
    rng: np.random.Generator,
    window_s: float = 10.0,
    n_resamples: int = 2000,
) -> BehaviourAnswer:
    """Return what event or timed-event records say about one behaviour, its contexts and possible reasons.

    Only those antecedents and consequences that were noted at least once enter. Raises MixedSamplingError,
    WrongSamplingError, NothingObservedError, UnknownObservationCodeError.
    """
    estimate = estimate_behaviour(observations, behaviour, rng=rng, n_resamples=n_resamples)
    scheme, seen = observations.scheme, estimate.count > 0
    noted = set(observations.first_records().table["code"])
    before = [code for code in scheme.codes_of("antecedents") if seen and code in noted]
    after = [code for code in scheme.codes_of("consequences") if seen and code in noted]
    linked = {
        link: linked_shares(observations, behaviour, link=link, rng=rng, n_resamples=n_resamples) if seen else ()
        for link in ("antecedent", "consequence")
    }
    return BehaviourAnswer(
        behaviour=behaviour,
        scheme=scheme,
        estimate=estimate,
        settings=rates_by_setting(observations, behaviour) if seen else None,
        before=tuple(what_precedes(observations, code, behaviour, window_s=window_s) for code in before),
        after=tuple(what_follows(observations, behaviour, code, window_s=window_s) for code in after),
        linked_before=linked["antecedent"],
        linked_after=linked["consequence"],
        reasons=reason_fits(observations, behaviour, rng=rng, n_resamples=n_resamples) if seen else (),
    )


def _chances(one: Contingency) -> dict[str, object]:
    ratio = one.risk_ratio
    low, high = ratio.interval95
    said = NO_RATIO
    if np.isfinite(ratio.value) and np.isfinite(low):
        said = RATIO.filled(value=f"{ratio.value:.1f}", low=f"{low:.1f}", high=f"{high:.1f}")
    return {
        "window": f"{one.window_s:g}",
        "after": _percent(one.probability),
        "otherwise": _percent(one.otherwise),
        "ratio": said,
    }


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.1%}"
