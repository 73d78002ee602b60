"""What is said of a person: sentences that can be said aloud, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from yucai.selection.rule_sets import Direction, Points, RuleSet, Within
from yucai.texts import Text

__all__ = ["SAYS", "group_words", "joined", "measure_facts", "measure_words", "outcome_words", "value_words"]

GROUPS: Final = {
    Within.ALL: Text("all together", "全体"),
    Within.COHORT: Text("the entry year", "本年级"),
    Within.PROGRAMME: Text("the programme", "本专业"),
    Within.CLASS: Text("the class", "本班"),
}
NAMED: Final = {
    Within.COHORT: Text("entry year {label}", "{label}级"),
    Within.CLASS: Text("class {label}", "{label}班"),
}
MEASURES: Final = {
    Points.MARK: Text("mean mark", "平均成绩"),
    Points.LINEAR_5: Text("mean grade point", "平均绩点"),
    Points.STEPS_4: Text("mean grade point", "平均绩点"),
    Points.FILE: Text("mean grade point", "平均绩点"),
}
OUTCOMES: Final = {
    Direction.LEAVE: {
        "proposed": Text("proposed to leave", "建议退出"),
        "not-proposed": Text("stays", "保留"),
        "exempt": Text("exempt", "豁免"),
        "edge": Text("at the line", "临界待定"),
        "unknown": Text("cannot tell", "无法判断"),
    },
    Direction.ENTER: {
        "proposed": Text("proposed to enter", "建议入选"),
        "not-proposed": Text("not proposed", "未入选"),
        "exempt": Text("exempt", "豁免"),
        "edge": Text("at the line", "临界待定"),
        "unknown": Text("cannot tell", "无法判断"),
    },
}
SAYS: Final = {
    "last-in": Text(
        "{Measure} {value}: place {place} of {n} in {group}. The last {k} {k:leaves|leave} by the rule.",
        "{Measure} {value}，在{group} {n} 人中排第 {place} 名；按规则末 {k} 名退出。",
    ),
    "last-out": Text(
        "{Measure} {value}: place {place} of {n} in {group}, not among the last {k}.",
        "{Measure} {value}，在{group} {n} 人中排第 {place} 名，不在末 {k} 名之内。",
    ),
    "first-in": Text(
        "{Measure} {value}: place {place} of {n} in {group}, among the first {k}.",
        "{Measure} {value}，在{group} {n} 人中排第 {place} 名，在前 {k} 名之内。",
    ),
    "first-out": Text(
        "{Measure} {value}: place {place} of {n} in {group}, not among the first {k}.",
        "{Measure} {value}，在{group} {n} 人中排第 {place} 名，不在前 {k} 名之内。",
    ),
    "first-in-rest": Text(
        "{Measure} {value}, among the first {k} of those in {group} who meet the other conditions.",
        "{Measure} {value}，在{group}满足其他条件者中位列前 {k} 名。",
    ),
    "first-out-rest": Text(
        "{Measure} {value}, not among the first {k} of those in {group} who meet the other conditions.",
        "{Measure} {value}，在{group}满足其他条件者中未进入前 {k} 名。",
    ),
    "tie": Text(
        "{Measure} {value}, the same as {n} other{n:|s} exactly at the line, and nothing in the rule or on record "
        "breaks the tie. A person has to decide.",
        "{Measure} {value}，与另外 {n} 人在分界线上完全相同，规则和记录都无法区分，须由人决定。",
    ),
    "own": Text(
        "It hangs on records that are missing: {what}.",
        "结果取决于缺少的记录：{what}。",
    ),
    "nothing": Text(
        "No mark that counts by this rule is on record.",
        "没有可按本规则计算的成绩记录。",
    ),
    "others": Text(
        "It hangs on missing records of others of {group}: with them the line may move past this person.",
        "结果取决于{group}其他人缺少的记录：补齐后分界线可能移过此人。",
    ),
    "spared": Text(
        "Everybody of {group} has {measure} of {at} or more, so nobody leaves by place.",
        "{group}所有人的{measure}都达到 {at}，因此无人按名次退出。",
    ),
    "spared-open": Text(
        "If everybody of {group} had {measure} of {at} or more, nobody would leave by place; for {n} "
        "{n:person|people} that is not known.",
        "如{group}所有人的{measure}都达到 {at}，则无人按名次退出；其中 {n} 人尚不清楚。",
    ),
    "spared-each": Text(
        "{Measure} {value} is {at} or more, and so nobody leaves by place with it.",
        "{Measure} {value}，达到 {at}，不按名次退出。",
    ),
    "under": Text("{Measure} {value} is under {least}.", "{Measure} {value}，低于 {least}。"),
    "reached": Text("{Measure} {value} reaches {least}.", "{Measure} {value}，达到 {least}。"),
    "failed": Text("{n} failed course{n:|s}; the rule allows {most}.", "不及格课程 {n} 门，规则允许 {most} 门。"),
    "failed-in": Text("Failed courses: {n}; the rule allows {most}.", "不及格课程 {n} 门，规则允许 {most} 门。"),
    "credits": Text("{n} credits earned; the rule asks for {least}.", "已获学分 {n}，规则要求 {least}。"),
    "flag": Text("Entered by hand: {flag}.", "人工登记：{flag}。"),
    "full": Text(
        "Meets the rule, but the {most} places go to those with a higher {measure}.",
        "符合条件，但 {most} 个名额由{measure}更高者占用。",
    ),
    "exempt": Text(
        "Would be among the last {k}; exempt by a verified award: {award}.",
        "本在末 {k} 名之内；因经核验的奖项豁免：{award}。",
    ),
    "exempt-open": Text(
        "Whether among the last {k} or not is open; exempt by a verified award: {award}.",
        "是否在末 {k} 名之内尚无定论；因经核验的奖项豁免：{award}。",
    ),
    "unverified": Text(
        "On record, but not verified by the day, and so not counted: {award}.",
        "有记录但截至当日未经核验，不作为依据：{award}。",
    ),
    "too-low": Text(
        "A verified award of a level below the rule's: {award}.", "经核验的奖项未达规则要求的级别：{award}。"
    ),
    "despite": Text(
        "A verified award is on record ({award}); by the rule it exempts from leaving by place, not from this.",
        "有经核验的奖项（{award}）；按规则奖项只豁免名次，不豁免此项。",
    ),
    "unread": Text(
        "Not counted, for the rule turns this grade into no number: {what}.",
        "以下成绩按规则无法换算为数值，未计入：{what}。",
    ),
    "change-up": Text(
        "With {measure} above {value} this person would stand on the other side of the line by place.",
        "若{measure}高于 {value}，按名次将在分界线的另一侧。",
    ),
    "change-down": Text(
        "With {measure} below {value} this person would stand on the other side of the line by place.",
        "若{measure}低于 {value}，按名次将在分界线的另一侧。",
    ),
    "change-award": Text(
        "An award of the level “{level}” or higher, verified by the day, would exempt.",
        "若有“{level}”及以上奖项并在当日前经核验，可豁免。",
    ),
    "change-floor": Text(
        "{Measure} of {least} or more would clear that floor.", "{Measure}达到 {least} 即可不触及该底线。"
    ),
    "change-course": Text(
        "A failed course that is corrected, or credits that are entered, would change it.",
        "不及格成绩更正或学分补录后会改变结果。",
    ),
    "change-records": Text("The missing marks, once they are on record, settle it.", "缺少的成绩补录后即可确定。"),
    "change-flag": Text("The entry by hand, if it was wrong.", "人工登记如有误，更正后会改变结果。"),
    "change-none": Text(
        "A mark that is corrected, of this person or of those near the line.", "本人或分界线附近他人的成绩更正。"
    ),
}


def measure_words(rules: RuleSet) -> Text:
    """Return what the measure of a rule is called."""
    return MEASURES[rules.points]


def outcome_words(rules: RuleSet, outcome: str) -> Text:
    """Return what an outcome is called under a rule."""
    return OUTCOMES[rules.direction][outcome]


def group_words(rules: RuleSet, label: str) -> Text:
    """Return what a group is called: its own label, else what kind of group it is."""
    if not label:
        return GROUPS[rules.within]
    said = NAMED.get(rules.within)
    return said.filled(label=label) if said is not None else Text(label, f"“{label}”")


def measure_facts(rules: RuleSet) -> dict[str, Text]:
    """Return the name of the measure for within a sentence, and for its beginning.

    >>> from yucai.selection.rule_sets import Direction
    >>> rules = RuleSet(code="x", title=Text("", ""), source="", direction=Direction.LEAVE, within=Within.ALL)
    >>> [text.en for text in measure_facts(rules).values()]
    ['mean mark', 'Mean mark']
    """
    words = measure_words(rules)
    return {"measure": words, "Measure": Text(words.en[:1].upper() + words.en[1:], words.zh)}


def value_words(value: float) -> str:
    """Return a measure as it is said: two decimals.

    >>> value_words(71.236), value_words(3.0)
    ('71.24', '3.00')
    """
    return f"{value:.2f}"


def joined(texts: Iterable[Text]) -> Text:
    """Return a list in words."""
    told = list(texts)
    return Text(", ".join(text.en for text in told), "、".join(text.zh for text in told))
