"""Works the result of a bundle out again, and says whether it is the same, else which part of it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from yucai.governance.effects import RULES_VERSION
from yucai.governance.policies.bundles import BundleChecked, verify_bundle
from yucai.governance.policies.evaluating import Report, evaluate_data, gate_bytes
from yucai.governance.policies.versions import code_versions
from yucai.texts import Text

__all__ = ["BundleRerun", "ResultDifference", "rerun_bundle"]

MOST: Final = 20
SAME: Final = Text("Run again, the result is the same, byte for byte.", "重新计算的结果与封存包中的逐字节相同。")
BROKEN: Final = Text(
    "The bundle was changed and was not run again: {n} part{n:|s} {n:does|do} not fit.\n{listed}",
    "封存包已被改动，未重新计算：有 {n} 处不符。\n{listed}",
)
DIFFERS: Final = Text(
    "Run again, the result differs in {n} place{n:|s}:\n{listed}", "重新计算的结果有 {n} 处不同：\n{listed}"
)
PLACE: Final = Text("- {where}: the bundle says {then}, here it is {now}.", "- {where}：包中为 {then}，本机为 {now}。")
VERSIONS: Final = Text(
    "Made with other programs: {listed}. Last digits may differ by that.",
    "所用程序版本不同：{listed}。末位数字可能因此不同。",
)
RULES: Final = Text(
    "The card was sealed when the rules of the verdict had version {then}; here they have {now}. Grade, rules, "
    "intervals and what was looked at may differ by that, not only last digits. To get the same bytes, run it with the "
    "programs named in the bundle.",
    "政策卡封存时结论规则为 {then} 版，本机为 {now} 版。等级、规则、区间与检查内容可能因此不同，而不只是末位数字。"
    "如需逐字节一致，请使用封存包所注明的程序版本重新计算。",
)
VERSION: Final = Text("{name} {then}, here {now}", "{name} {then}，本机 {now}")
READING: Final = Text("looking whether the bundle is whole", "检查封存包是否完好")
WORKING: Final = Text("working the result out again", "重新计算结果")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDifference:
    """One place of a result that came out otherwise."""

    where: str
    then: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRerun:
    """What came of running a bundle again. ``versions`` lists programs that differ: name, then, now.

    ``rules`` names the versions of the rules of the verdict, at the seal and here, where they are not the same.
    """

    checked: BundleChecked
    same: bool
    differences: tuple[ResultDifference, ...]
    versions: tuple[tuple[str, str, str], ...]
    rules: tuple[str, str] | None = None

    def in_language(self, language: str) -> str:
        """Return it in plain words."""
        if not self.checked.whole:
            listed = "\n".join(f"- {fault.in_language(language)}" for fault in self.checked.faults)
            return BROKEN.in_language(language, n=len(self.checked.faults), listed=listed)
        if self.same:
            return SAME.in_language(language)
        rows = [
            PLACE.in_language(language, where=one.where, then=one.then, now=one.now) for one in self.differences[:MOST]
        ]
        lines = [DIFFERS.in_language(language, n=len(self.differences), listed="\n".join(rows))]
        if self.rules:
            lines.append(RULES.in_language(language, then=self.rules[0], now=self.rules[1]))
        if self.versions:
            told = [VERSION.in_language(language, name=name, then=then, now=now) for name, then, now in self.versions]
            lines.append(VERSIONS.in_language(language, listed=("；" if language == "zh" else "; ").join(told)))
        return "\n".join(lines)


def rerun_bundle(content: bytes, *, mark: str = "", report: Report | None = None) -> BundleRerun:
    """Return whether gate and result of a bundle come out the same here; a bundle that is not whole is not run."""
    tell = report or (lambda done, text: None)
    tell(0.05, READING)
    checked = verify_bundle(content, mark=mark)
    if checked.bundle is None:
        return BundleRerun(checked=checked, same=False, differences=(), versions=())
    bundle = checked.bundle
    tell(0.1, WORKING)
    again = evaluate_data(bundle.card, bundle.data)
    found = [
        *_differences("gate.json", bundle.gate, gate_bytes(again.feasibility)),
        *_differences("evaluation.json", bundle.evaluated.evaluation, again.as_json()),
    ]
    here = code_versions()
    versions = tuple(
        (name, then, here.get(name, "–"))
        for name, then in sorted(bundle.evaluated.versions.items())
        if here.get(name) != then
    )
    rules = None if bundle.seal.rules == RULES_VERSION else (bundle.seal.rules, RULES_VERSION)
    return BundleRerun(checked=checked, same=not found, differences=tuple(found), versions=versions, rules=rules)


def _differences(part: str, then: bytes, now: bytes) -> Iterator[ResultDifference]:
    """Yield the places in which two results differ; where only their writing does, that."""
    if then == now:
        return
    try:
        found = list(_places(json.loads(then), json.loads(now), part))
    except ValueError:  # somebody put something else in its place
        found = []
    yield from found or [ResultDifference(where=part, then=f"{len(then)} bytes", now=f"{len(now)} bytes")]


def _places(then: Any, now: Any, where: str) -> Iterator[ResultDifference]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            yield from _places(then.get(key), now.get(key), f"{where} › {key}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (one, other) in enumerate(zip(then, now, strict=True), start=1):
            yield from _places(one, other, f"{where} › {place}")
    elif then != now:
        yield ResultDifference(where=where, then=_short(then), now=_short(now))


def _short(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 80 else f"{said[:80]}…"
