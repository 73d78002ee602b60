"""The words of next steps: reasons that can be said aloud to the learner, the same for everybody who reads them."""

from __future__ import annotations

from typing import Final

from yucai.framework import Entry, Practice, PracticePack
from yucai.matching.steps_given import EvidenceWay, Place, StepWords, WayKind
from yucai.measurement import EnoughRule
from yucai.texts import Text, signed

__all__ = ["words_of_build", "words_of_close", "words_of_know"]

BUILD: Final = StepWords(
    title=Text("Build on your strength in {quality}", "发挥你的长处：{quality}"),
    do=Text("{practice}", "{practice}"),
    reason=Text(
        "You stand above the average of the group in {quality}: {place}, from {n} piece{n:|s} of evidence. The "
        "practice is for the way to level {level}, “{name}”: {descriptor}",
        "你的{quality}高于群体平均水平：{place}，依据 {n} 条证据。这条建议面向第 {level} 级“{name}”：{descriptor}",
    ),
    rule=Text(
        "Rule “{rule}”, version {version}, untested. Practice suggestion of the pack “{pack}”, version {edition}.",
        "规则“{rule}”{version} 版，未经检验。实践建议出自“{pack}”{edition} 版。",
    ),
    change=Text(
        "New evidence by which your interval reaches down to the average, or another quality in which you stand above "
        "it more surely.",
        "新的证据使你的区间下端降到平均水平，或另有一项素养更明确地高于平均水平。",
    ),
    sure=Text(
        "That you stand above the average: {chance} in 100. Where levels begin is a proposal, and that the practice "
        "helps has not been tested.",
        "“高于平均水平”的把握：100 次中约 {chance} 次。等级起点为建议值，实践建议是否有效尚未检验。",
    ),
)
CLOSE: Final = StepWords(
    title=Text("Come further in {quality}", "再进一步：{quality}"),
    do=BUILD.do,
    reason=Text(
        "Your talent type, {kind}, aims at level {aim} of {quality}, “{aimed}”, which begins at {target}. You stand at "
        "{place}, from {n} piece{n:|s} of evidence. The practice is for the way to level {level}, “{name}”: "
        "{descriptor}",
        "你的人才类型是{kind}，{quality}的目标为第 {aim} 级“{aimed}”，起点为 {target}。你目前的位置是 {place}，"
        "依据 {n} 条证据。这条建议面向第 {level} 级“{name}”：{descriptor}",
    ),
    rule=BUILD.rule,
    change=Text(
        "New evidence by which your interval reaches the target, another talent type, or another target of the school.",
        "新的证据使你的区间达到目标，或人才类型有变，或学校调整目标。",
    ),
    sure=Text(
        "That you stand below this target: {chance} in 100. The target is a proposal, and that the practice helps has "
        "not been tested.",
        "“低于该目标”的把握：100 次中约 {chance} 次。目标为建议值，实践建议是否有效尚未检验。",
    ),
)
KNOW: Final = StepWords(
    title=Text("Make your {quality} known", "让人看到你的{quality}"),
    do=Text("", ""),
    reason=Text(
        "Of {quality} not enough is known yet to say anything; that is no weakness. {why}",
        "关于{quality}，现有证据还不足以下结论，这并不表示薄弱。{why}",
    ),
    rule=Text("Rule “{rule}”, version {version}, untested.", "规则“{rule}”{version} 版，未经检验。"),
    change=Text(
        "As soon as there is enough evidence ({least} pieces at least, and sure enough), this step falls away.",
        "证据充足后（至少 {least} 条且足够可靠），这条建议即不再出现。",
    ),
    sure=Text(
        "That evidence is missing is counted, not estimated. Whether this way alone is enough cannot be said.",
        "“缺少证据”是计数的结果，不是估计。仅此一途是否足够，现在还不能断定。",
    ),
)
WAYS: Final = {
    WayKind.TEST: Text("Take the test “{name}”, which is open to you.", "完成已向你开放的测验“{name}”。"),
    WayKind.RATING: Text(
        "Your work is being rated in the round “{name}”. When it is closed, talk its levels through with your adviser.",
        "你的作品正在“{name}”轮次中评分。轮次结束后，和指导老师谈谈评出的等级。",
    ),
    WayKind.OWN_WORK: Text(
        "Put in a work of yours (a project, an award, a paper, open source) and name {quality} as what it shows. A "
        "teacher verifies and rates it.",
        "填报一件自己的成果（项目、奖项、论文或开源作品），注明它体现{quality}，由老师核验并评级。",
    ),
}


def words_of_build(
    place: Place, quality: Entry, practice: Practice, *, pack: PracticePack, chance: float, rule: Text, version: str
) -> StepWords:
    """Return what is said of a step that builds on a strength."""
    facts = _facts(place, quality, practice, chance=chance)
    return _filled(BUILD, **facts, rule=rule, version=version, pack=pack.name, edition=pack.version)


def words_of_close(
    place: Place,
    quality: Entry,
    practice: Practice,
    *,
    aim: int,
    kind: Text,
    pack: PracticePack,
    chance: float,
    rule: Text,
    version: str,
) -> StepWords:
    """Return what is said of a step towards ``aim``, the level at which a talent type aims."""
    facts = _facts(place, quality, practice, chance=chance)
    facts |= {"kind": _running(kind), "aim": aim, "aimed": quality.levels[aim - 1].name}
    facts |= {"target": signed(pack.begins(aim))}
    return _filled(CLOSE, **facts, rule=rule, version=version, pack=pack.name, edition=pack.version)


def words_of_know(
    place: Place, quality: Entry, way: EvidenceWay, *, enough: EnoughRule, rule: Text, version: str
) -> StepWords:
    """Return what is said of a step by which a quality would become known."""
    why = enough.why_not(place.n_evidence, place.std_error) or Text("", "")
    words = _filled(KNOW, quality=_running(quality.name), why=why, least=enough.min_evidence, rule=rule,
                    version=version)  # fmt: skip
    do = WAYS[way.kind].filled(name=way.name, quality=_running(quality.name))
    return StepWords(title=words.title, do=do, reason=words.reason, rule=words.rule, change=words.change,
                     sure=words.sure)  # fmt: skip


def _facts(place: Place, quality: Entry, practice: Practice, *, chance: float) -> dict[str, object]:
    level = quality.levels[practice.level - 1]
    return {
        "quality": _running(quality.name),
        "place": f"{signed(place.mean)} [{signed(place.lower90)}, {signed(place.upper90)}]",
        "n": place.n_evidence,
        "chance": min(99, max(1, round(100 * chance))),
        "practice": practice.says,
        "level": practice.level,
        "name": level.name,
        "descriptor": level.descriptor,
    }


def _running(name: Text) -> Text:
    """Return a name as it stands inside a sentence: in English without its capital."""
    return Text(name.en[:1].lower() + name.en[1:], name.zh)


def _filled(words: StepWords, **facts: object) -> StepWords:
    return StepWords(
        title=words.title.filled(**facts),
        do=words.do.filled(**facts),
        reason=words.reason.filled(**facts),
        rule=words.rule.filled(**facts),
        change=words.change.filled(**facts),
        sure=words.sure.filled(**facts),
    )
