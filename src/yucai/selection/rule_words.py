"""A rule in plain sentences, in both languages: what the data say, and nothing that they do not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from yucai.selection.reasons import group_words, joined, measure_words
from yucai.selection.rule_sets import Attempts, Direction, Points, Rounding, RuleSet, Spared, Terms, Weighting, Within
from yucai.texts import Text

__all__ = ["line_words", "sentences_of", "tie_break_words"]

WITHIN: Final = {
    Within.ALL: Text("Everybody is compared with everybody.", "全体人员一起比较。"),
    Within.COHORT: Text("Everybody is compared within the own entry year.", "在本年级内比较。"),
    Within.PROGRAMME: Text("Everybody is compared within the own programme.", "在本专业内比较。"),
    Within.CLASS: Text("Everybody is compared within the own class.", "在本班内比较。"),
}
SCALES: Final = {
    Points.MARK: Text("the mark of 100", "百分制成绩"),
    Points.LINEAR_5: Text("the grade point (mark − 50) / 10, 0 under 60", "绩点（成绩−50）/10，60 分以下为 0"),
    Points.STEPS_4: Text(
        "the grade point by steps (90: 4.0, 85: 3.7, 82: 3.3, 78: 3.0, 75: 2.7, 72: 2.3, 68: 2.0, 64: 1.5, 60: 1.0)",
        "分段绩点（90 分 4.0、85 分 3.7、82 分 3.3、78 分 3.0、75 分 2.7、72 分 2.3、68 分 2.0、64 分 1.5、60 分 1.0）",
    ),
    Points.FILE: Text("the grade point as the file of grades has it", "成绩表中的绩点"),
}
WEIGHTED: Final = {
    Weighting.CREDITS: Text("weighted by credits", "按学分加权"),
    Weighting.EQUAL: Text("each course the same", "各门课程同等计"),
}
ATTEMPTS: Final = {
    Attempts.FIRST: Text("first attempts only", "只计首次考试成绩"),
    Attempts.BEST: Text("the best attempt at each course", "每门课程取最好成绩"),
}
TERMS: Final = {
    Terms.LAST_YEAR: Text("the last school year that is over on the day", "截至当日已结束的最近一个学年"),
    Terms.LAST_TERM: Text("the last term that is over on the day", "截至当日已结束的最近一个学期"),
    Terms.ALL: Text("all terms up to the day", "截至当日的全部学期"),
}
ROUNDED: Final = {
    Rounding.DOWN: Text("rounded down", "向下取整"),
    Rounding.UP: Text("rounded up", "向上取整"),
    Rounding.NEAREST: Text("rounded to the nearest, a half up", "四舍五入"),
}
TIES: Final = {
    "credits": Text("more credits earned", "已获学分较多者优先"),
    "failed": Text("fewer failed courses", "不及格课程较少者优先"),
    "mean-mark": Text("the higher plain mean of the marks", "各门成绩的简单平均较高者优先"),
}
SAYS: Final = {
    "measure": Text(
        "What counts is the {measure} ({scale}), {weighted}, {attempts}, of {terms}{courses}.",
        "依据为{measure}（{scale}），{weighted}，{attempts}，范围为{terms}{courses}。",
    ),
    "every-course": Text(", over every course", "的全部课程"),
    "courses": Text(", over these courses: {sets}", "的以下课程：{sets}"),
    "set": Text("{name} ({courses}), weight {weight}", "{name}（{courses}），权重 {weight}"),
    "levels": Text(
        "A five-level grade counts as {levels}; absent, deferred and exempted courses are no zeros: their mark is "
        "missing.",
        "五级制成绩依次按 {levels} 计；缺考、缓考、免修不按零分计，视为缺少成绩。",
    ),
    "last-share": Text("The last {share} % leave: {share} % of the people of the group, {rounded}.",
                       "末 {share}% 退出：按本组人数的 {share}% 计算，{rounded}。"),
    "first-share": Text("The first {share} % may enter: {share} % of the people of the group, {rounded}.",
                        "前 {share}% 可入选：按本组人数的 {share}% 计算，{rounded}。"),
    "last-count": Text("The last {count} of each group leave.", "每组末 {count} 名退出。"),
    "first-count": Text("The first {count} of each group may enter.", "每组前 {count} 名可入选。"),
    "spare-all": Text("Nobody leaves by place where everybody of the group has a {measure} of {at} or more.",
                      "本组所有人的{measure}都达到 {at} 时，无人按名次退出。"),
    "spare-each": Text("Nobody with a {measure} of {at} or more leaves by place.",
                       "{measure}达到 {at} 者不按名次退出。"),
    "leave-measure": Text("Whoever has a {measure} under {least} leaves.", "{measure}低于 {least} 者退出。"),
    "enter-measure": Text("A {measure} of {least} or more is needed.", "{measure}须达到 {least}。"),
    "leave-failed": Text("Whoever failed more than {most} course{most:|s} (a mark under {pass_mark}) leaves.",
                         "不及格课程（低于 {pass_mark} 分）超过 {most} 门者退出。"),
    "enter-failed": Text("At most {most} course{most:|s} may be failed (a mark under {pass_mark}).",
                         "不及格课程（低于 {pass_mark} 分）不得超过 {most} 门。"),
    "leave-failed-any": Text("Whoever failed a course (a mark under {pass_mark}) leaves.",
                             "有不及格课程（低于 {pass_mark} 分）者退出。"),
    "enter-failed-any": Text("No course may be failed (a mark under {pass_mark}).",
                             "不得有不及格课程（低于 {pass_mark} 分）。"),
    "leave-credits": Text("Whoever has earned fewer than {least} credits by the day leaves.",
                          "截至当日所获学分不足 {least} 者退出。"),
    "enter-credits": Text("{least} credits or more must be earned by the day.", "截至当日须获得 {least} 学分。"),
    "leave-flag": Text("Whoever is entered by hand for this leaves: {flag}.", "经人工登记“{flag}”者退出。"),
    "enter-flag": Text("Whoever is entered by hand for this does not enter: {flag}.", "经人工登记“{flag}”者不得入选。"),
    "most": Text("At most {most} places in all; the highest {measure} first.",
                 "总名额不超过 {most} 个，按{measure}从高到低。"),
    "exempt": Text(
        "An award of the level “{level}” or higher of the same terms exempts from leaving by place, if it was "
        "verified. It exempts from nothing else.",
        "同期获得“{level}”及以上奖项且经核验者，豁免按名次退出；不豁免其他条款。",
    ),
    "kept": Text("The place of somebody who is exempt does not go to the next.", "豁免者的名次不由后一名递补。"),
    "passed-on": Text("The place of somebody who is exempt goes to the next.", "豁免者的名次由后一名递补。"),
    "enter-kept": Text("The place of somebody who does not meet a condition does not go to the next.",
                       "不符合条件者的名次不由后一名递补。"),
    "enter-passed-on": Text("Who does not meet a condition is left out before places are counted.",
                            "先排除不符合条件者，再计算名次。"),
    "ties": Text("Ties are broken by: {ties}; in this order. What is still tied stays open.",
                 "并列时依次按：{ties}。仍并列的，留待人工决定。"),
    "no-ties": Text("The rule breaks no tie: who is tied at the line stays open.",
                    "规则未规定并列如何处理：分界线上并列者留待人工决定。"),
    "proposes": Text("The rule proposes; a named person decides.", "规则只提出建议，由具名人员作出决定。"),
    "line-share": Text("{group}: {share} % of {n} are {exact}, {rounded}: {k}.",
                       "{group}：{n} 人的 {share}% 为 {exact}，{rounded}：{k} 人。"),
    "line-count": Text("{group}: {k} of {n}.", "{group}：{n} 人中 {k} 人。"),
    "line-none": Text("{group}: {n} people; no line by place.", "{group}：{n} 人；不按名次划线。"),
}  # fmt: skip


def sentences_of(rules: RuleSet) -> tuple[Text, ...]:
    """Return all that a rule says, a sentence for each thing, in the order in which it is applied."""
    return (WITHIN[rules.within], _measure(rules), *_levels(rules), *_line(rules), *_floors(rules),
            *_exempt(rules), _ties(rules), SAYS["proposes"])  # fmt: skip


def _side(rules: RuleSet) -> str:
    return "leave" if rules.direction is Direction.LEAVE else "enter"


def _measure(rules: RuleSet) -> Text:
    if rules.terms[0] in tuple(Terms):
        terms = TERMS[Terms(rules.terms[0])]
    else:
        terms = joined(Text(term, term) for term in rules.terms)
    sets = joined(
        SAYS["set"].filled(
            name=one.name, courses=joined(Text(course, course) for course in one.courses), weight=f"{one.weight:g}"
        )
        for one in rules.sets
    )
    courses = SAYS["courses"].filled(sets=sets) if rules.sets else SAYS["every-course"]
    return SAYS["measure"].filled(
        measure=measure_words(rules), scale=SCALES[rules.points], weighted=WEIGHTED[rules.weighting],
        attempts=ATTEMPTS[rules.attempts], terms=terms, courses=courses,
    )  # fmt: skip


def _levels(rules: RuleSet) -> Iterator[Text]:
    if rules.points is not Points.FILE:
        yield SAYS["levels"].filled(levels=" / ".join(f"{level:g}" for level in reversed(rules.levels)))


def _line(rules: RuleSet) -> Iterator[Text]:
    side = "last" if rules.leaves else "first"
    if rules.share is not None:
        yield SAYS[f"{side}-share"].filled(share=_share(rules), rounded=ROUNDED[rules.rounding])
    elif rules.count is not None:
        yield SAYS[f"{side}-count"].filled(count=rules.count)
    if rules.spare is not Spared.NOBODY:
        yield SAYS[f"spare-{rules.spare}"].filled(measure=measure_words(rules), at=f"{rules.spare_at:g}")


def _share(rules: RuleSet) -> str:
    return f"{rules.share.normalize():f}" if rules.share is not None else ""


def _floors(rules: RuleSet) -> Iterator[Text]:
    side, facts = _side(rules), {"measure": measure_words(rules), "pass_mark": f"{rules.pass_mark:g}"}
    if rules.least_measure is not None:
        yield SAYS[f"{side}-measure"].filled(**facts, least=f"{rules.least_measure:g}")
    if rules.most_failed is not None:
        yield SAYS[f"{side}-failed{'' if rules.most_failed else '-any'}"].filled(**facts, most=rules.most_failed)
    if rules.least_credits is not None:
        yield SAYS[f"{side}-credits"].filled(least=f"{rules.least_credits:g}")
    if rules.flag is not None:
        yield SAYS[f"{side}-flag"].filled(flag=rules.flag)
    if rules.most is not None:
        yield SAYS["most"].filled(**facts, most=rules.most)


def _exempt(rules: RuleSet) -> Iterator[Text]:
    if rules.exempt is not None:
        yield SAYS["exempt"].filled(level=rules.exempt.says)
        yield SAYS["passed-on" if rules.pass_on else "kept"]
    elif not rules.leaves and rules.by_place:
        yield SAYS["enter-passed-on" if rules.pass_on else "enter-kept"]


def _ties(rules: RuleSet) -> Text:
    if not rules.tie_breaks:
        return SAYS["no-ties"]
    return SAYS["ties"].filled(ties=joined(map(tie_break_words, rules.tie_breaks)))


def tie_break_words(rule: str) -> Text:
    """Return what breaks a tie, in words."""
    if rule in TIES:
        return TIES[rule]
    course = rule.partition(":")[2]
    return Text(f"the higher mark in {course}", f"{course}成绩较高者优先")


def line_words(rules: RuleSet, label: str, *, n: int, k: int, exact: float) -> Text:
    """Return how the line of one group came about."""
    group = group_words(rules, label)
    if rules.share is not None:
        return SAYS["line-share"].filled(
            group=group, share=_share(rules), n=n, exact=f"{exact:g}", rounded=ROUNDED[rules.rounding], k=k
        )
    return SAYS["line-count" if rules.by_place else "line-none"].filled(group=group, n=n, k=k)
