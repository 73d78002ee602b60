"""A result in plain words: what each estimator gave, and what speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yucai.governance.effects import ControlGroup, Estimator, Inference
from yucai.governance.policies.summing import key_of, p_of
from yucai.texts import Text, named_twice

__all__ = ["CONTROL_NAMES", "ESTIMATOR_NAMES", "ToldDiagnostic", "ToldEstimate", "tell_diagnostics", "tell_estimates"]

PRETREND: Final = Text("Before the policy", "政策之前")
HONEST: Final = Text("If trends would have parted anyway", "若趋势本会分化")
LEFT_OUT: Final = Text("Without one unit", "逐一剔除单位")
IN_TIME: Final = Text("Pretending that the policy came earlier", "假设政策提前实施")
SPILL: Final = Text("Neighbours", "相邻单位")
BACON: Final = Text("What a simple regression would compare", "简单回归在比较什么")
WITHHELD: Final = Text("What could not be looked at", "未能检查的内容")
PARTED: Final = Text(
    "The units of the policy drifted by {slope} a period against the others already before it (p {p}).",
    "政策单位在政策之前相对其他单位每期已变化 {slope}（p {p}）。",
)
POWER: Final = Text(
    " A drift that would make the whole effect by itself would have been seen with a chance of {power}.",
    "若仅凭此类漂移即可造成全部效果，则有 {power} 的把握会被发现。",
)
ASKED_OF: Final = Text(" This was asked of {share} of the units of the policy.", "此项检验涉及 {share} 的政策单位。")
SEEN_THEN: Final = Text(
    " An effect of the size found would have been seen there with a chance of {power}.",
    "若当时已有所估计大小的效果，则有 {power} 的把握会被发现。",
)
SEEN_THERE: Final = Text(
    " Half of the effect would have been seen on them with a chance of {power}.",
    "若其受到一半大小的影响，则有 {power} 的把握会被发现。",
)
BLIND: Final = Text(
    " A drift of up to {slope} a period would probably have gone unseen; by the end it adds up to {hidden}.",
    "每期不超过 {slope} 的漂移多半不会被发现，至期末累计为 {hidden}。",
)
BREAKDOWN: Final = Text(
    "No effect at all cannot be ruled out any more once trends part {m} times as much as they did before the policy.",
    "若政策后趋势分化达到政策前最大分化的 {m} 倍，就不能排除毫无效果。",
)
NO_BREAKDOWN: Final = Text(
    "Even if trends had gone on exactly parallel, no effect at all cannot be ruled out.",
    "即使趋势完全平行，也不能排除毫无效果。",
)
FROM_TO: Final = Text(
    "Leaving one unit out at a time, the estimate lies between {low} (without {low_unit}) and {high} (without "
    "{high_unit}).",
    "逐一剔除单位后，估计值介于 {low}（剔除 {low_unit}）与 {high}（剔除 {high_unit}）之间。",
)
EARLIER: Final = Text(
    "{years} period{years:|s} earlier, when there was nothing to find, it finds {estimate}{p}.",
    "提前 {years} 期（当时本应没有效果）得到 {estimate}{p}。",
)
WITH_P: Final = Text(" (p {p})", "（p {p}）")
RING: Final = Text(
    "In {n} neighbouring unit{n:|s} without the policy the outcome changed by {effect}{p}.",
    "{n} 个未实施政策的相邻单位变化 {effect}{p}。",
)
WITHOUT_RING: Final = Text(
    " Without them as a comparison the estimate is {estimate}.", "不以其为对照时，估计值为 {estimate}。"
)
SHARES: Final = Text(
    "A two-way fixed-effects regression gives {estimate}; {share} of it compares with units that are under the policy "
    "already.",
    "双向固定效应回归得 {estimate}；其中 {share} 是与已实施政策的单位比较。",
)
NOTHING: Final = Text("", "")
ESTIMATOR_NAMES: Final = {one.value: one.says for one in Estimator}
CONTROL_NAMES: Final = {one.value: one.says for one in ControlGroup}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEstimate:
    """One estimator's answer as it is shown: its name, with whom it compared, and its figures."""

    key: str
    name: Text
    inference: Text
    convention: Text
    estimate: float
    interval: tuple[float, float] | None
    p_value: float | None
    primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDiagnostic:
    """One thing that was looked at beside the estimate, in a sentence."""

    title: Text
    says: Text


def tell_estimates(result: Mapping[str, Any]) -> tuple[ToldEstimate, ...]:
    """Return what each estimator of a result gave, in the order in which they ran."""
    return tuple(_estimate(one, primary=key_of(one) == result["primary"]) for one in result["estimates"])


def _estimate(one: Mapping[str, Any], *, primary: bool) -> ToldEstimate:
    name = Estimator(one["method"]).says
    group = one.get("control_group")
    if group is not None:
        beside = ControlGroup(group).says
        name = Text(f"{name.en}, against {beside.en}", f"{name.zh}，对照：{beside.zh}")
    interval = one.get("interval")
    return ToldEstimate(
        key=key_of(one),
        name=name,
        inference=Inference(one["inference"]).says,
        convention=Text(one["convention"]["en"], one["convention"]["zh"]),
        estimate=float(one["estimate"]),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        p_value=p_of(one),
        primary=primary,
    )


def tell_diagnostics(result: Mapping[str, Any]) -> tuple[ToldDiagnostic, ...]:
    """Return what speaks for and against the estimate; nothing where there is no estimate."""
    found = result.get("diagnostics")
    return tuple(_told(found)) if found else ()


def _told(found: Mapping[str, Any]) -> Iterator[ToldDiagnostic]:
    if found.get("pretrend"):
        yield ToldDiagnostic(title=PRETREND, says=_pretrend(found["pretrend"]))
    if found.get("honest"):
        m = found["honest"]["breakdown"]
        says = BREAKDOWN.filled(m=f"{m:.2g}") if m > 0 else NO_BREAKDOWN
        yield ToldDiagnostic(title=HONEST, says=says)
    if found.get("left_out"):
        ordered = sorted(found["left_out"], key=lambda one: one["estimate"])
        facts = {
            f"{end}{part}": value
            for end, one in (("low", ordered[0]), ("high", ordered[-1]))
            for part, value in (("", _figure(one["estimate"])), ("_unit", named_twice(one["unit"])))
        }
        yield ToldDiagnostic(title=LEFT_OUT, says=FROM_TO.filled(**facts))
    for one in found.get("in_time") or ():
        facts = {"years": one["years"], "estimate": _figure(one["estimate"]), "p": _with_p(one["p_value"])}
        says = _with_share(_with_power(EARLIER.filled(**facts), one, SEEN_THEN), one)
        yield ToldDiagnostic(title=IN_TIME, says=says)
    if found.get("spill_over"):
        yield ToldDiagnostic(title=SPILL, says=_spill_over(found["spill_over"]))
    if found.get("bacon"):
        bacon = found["bacon"]
        facts = {"estimate": _figure(bacon["two_way_estimate"]), "share": f"{bacon['later_against_earlier']:.0%}"}
        yield ToldDiagnostic(title=BACON, says=SHARES.filled(**facts))
    for one in found.get("withheld") or ():
        yield ToldDiagnostic(title=WITHHELD, says=Text(one["en"], one["zh"]))


def _pretrend(one: Mapping[str, Any]) -> Text:
    says = PARTED.filled(slope=_figure(one["slope"]), p=_p(one["p_value"]))
    says = _with_share(_with_power(says, one, POWER), one)
    if one.get("detectable_slope") is not None and one.get("hidden_effect") is not None:
        facts = {"slope": _figure(one["detectable_slope"]), "hidden": _figure(one["hidden_effect"])}
        says = _joined(says, BLIND.filled(**facts))
    return says


def _spill_over(one: Mapping[str, Any]) -> Text:
    says = RING.filled(n=len(one["ring"]), effect=_figure(one["effect_on_ring"]), p=_with_p(one["p_value"]))
    says = _with_power(says, one, SEEN_THERE)
    if one.get("estimate_without_ring") is None:
        return says
    return _joined(says, WITHOUT_RING.filled(estimate=_figure(one["estimate_without_ring"])))


def _with_power(says: Text, one: Mapping[str, Any], words: Text) -> Text:
    """Add with which chance a test would have seen something; results of earlier rules may not say it."""
    return says if one.get("power") is None else _joined(says, words.filled(power=f"{one['power']:.0%}"))


def _with_share(says: Text, one: Mapping[str, Any]) -> Text:
    share = one.get("share_asked", 1.0)
    return says if share >= 1.0 else _joined(says, ASKED_OF.filled(share=f"{share:.0%}"))


def _joined(first: Text, second: Text) -> Text:
    return Text(first.en + second.en, first.zh + second.zh)


def _with_p(p: float | None) -> Text:
    return NOTHING if p is None else WITH_P.filled(p=_p(p))


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _figure(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
