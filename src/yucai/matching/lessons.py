"""Which three ideas a class may go over next: the surest first, with the evidence and one suggestion each.

The suggestion is a practice of the pack, untested, and says so. Where the evidence holds fewer than three ideas, fewer
are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yucai.framework import PracticePack
from yucai.measurement import FALSE_ALARMS, ClassIdea, ClassIdeas, IdeaKind, ThinIdea
from yucai.texts import Text, signed

__all__ = ["LESSON_RULES_VERSION", "MOST_IDEAS", "LessonPlan", "LessonPoint", "lesson_plan"]

MOST_IDEAS: Final = 3
LESSON_RULES_VERSION: Final = "1.0"
MOST_SURE: Final = 99  # of 100; no data of a class make anything surer than that

OF_QUALITY: Final = Text(
    "The class stands at {seen} [{low}, {high}]; 0 is the average of all profiles of the institution, of all years "
    "together. Of {n} {n:person|people} of the class enough is known.",
    "全班平均位置为 {seen} [{low}, {high}]，0 为本单位各学年全部画像的平均水平。全班有 {n} 人的证据充足。",
)
OF_TASK: Final = Text(
    "The class came {seen} % of the way to the highest level; others who stand where it stands come {expected} % of it "
    "(difference {gap} points, between {low} and {high}). {n} {n:person|people}, {answers} answers.",
    "全班达到最高等级的 {seen}%；其他水平相当的学习者为 {expected}%（相差 {gap} 个百分点，区间 {low} 至 {high}）。"
    "共 {n} 人、{answers} 个作答。",
)
SURE: Final = Text(
    "That the class is behind here: {chance} in 100, taken by itself; the interval is one of 90 %.",
    "单独来看，“全班在此落后”的把握：100 次中约 {chance} 次。区间为 90% 区间。",
)
RULE: Final = Text(
    "Chosen by rule “the surest first”, version {version}. The suggestion is one of the pack “{pack}”, version "
    "{edition}: untested.",
    "按“最明确者优先”规则（{version} 版）选出。建议出自“{pack}”{edition} 版，未经检验。",
)
PLAIN_RULE: Final = Text(
    "Chosen by rule “the surest first”, version {version}. The pack of practices has nothing on it; the suggestion is "
    "of the rule itself: untested.",
    "按“最明确者优先”规则（{version} 版）选出。实践建议包中没有相应内容，建议由规则本身给出，未经检验。",
)
GO_OVER: Final = Text(
    "Go over “{name}” once more: let two people tell how they went about it, then work one new example together.",
    "再讲一次“{name}”：先请两名同学说说自己的做法，再一起完成一个新例子。",
)
HOW: Final = Text(
    "{n} idea{n:|s} {n:was|were} looked at. Of those named as behind, at most {most} in 100 are so by chance: false "
    "alarms are held over all of them together (Benjamini and Hochberg).",
    "共考察 {n} 个知识点或素养。被列为落后的，由偶然造成的不超过 {most}%：已对全部考察项统一控制误报"
    "（Benjamini-Hochberg 方法）。",
)
NONE: Final = Text(
    "Nothing in the evidence says that the class is behind on any idea.", "现有证据未显示全班在任何方面落后。"
)
NO_SECOND: Final = Text(
    "Nothing in the evidence says that the class is behind on a second idea.", "现有证据未显示全班在第二个方面落后。"
)
NO_THIRD: Final = Text(
    "Nothing in the evidence says that the class is behind on a third idea.", "现有证据未显示全班在第三个方面落后。"
)
NOTHING_KNOWN: Final = Text(
    "Too little is known of the class to name any idea. That is grey, and not low.",
    "对全班所知太少，无法指出任何方面。灰色不等于水平低。",
)
FEWER: Final = (NONE, NO_SECOND, NO_THIRD)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPoint:
    """One idea the class does not hold: what it is called, the evidence, how sure, one suggestion, by which rule."""

    idea: ClassIdea
    name: Text
    evidence: Text
    sure: Text
    do: Text
    rule: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPlan:
    """At most three ideas, surest first; ``fewer`` says why there are no more, ``how`` what was done to name them.

    ``thin`` are ideas of which too little is known: they are grey, and not low.
    """

    points: tuple[LessonPoint, ...]
    fewer: Text | None
    how: Text
    thin: tuple[ThinIdea, ...]


def lesson_plan(ideas: ClassIdeas, practices: PracticePack, *, names: Mapping[str, Text]) -> LessonPlan:
    """Return the ideas that a class does not hold, at most three and the surest first, no quality twice.

    ``names`` says what ideas are called, by code; one without a name stands by its code. The suggestion is the practice
    on the way to the level after the one in which the class stands on the quality.
    """
    points, spoken = list[LessonPoint](), set[str]()
    for idea in ideas.behind:
        if len(points) < MOST_IDEAS and idea.quality not in spoken:
            spoken.add(idea.quality)
            points.append(_point(idea, ideas, practices, names.get(idea.code, Text(idea.code, idea.code))))
    fewer = None if len(points) == MOST_IDEAS else FEWER[len(points)] if ideas.ideas else NOTHING_KNOWN
    how = HOW.filled(n=len(ideas.ideas), most=round(100 * FALSE_ALARMS))
    return LessonPlan(points=tuple(points), fewer=fewer, how=how, thin=ideas.thin)


def _point(idea: ClassIdea, ideas: ClassIdeas, practices: PracticePack, name: Text) -> LessonPoint:
    practice = practices.practice(idea.quality, practices.next_level(_stands(idea, ideas)))
    facts = {"version": LESSON_RULES_VERSION, "pack": practices.name, "edition": practices.version}
    return LessonPoint(
        idea=idea,
        name=name,
        evidence=_evidence(idea),
        sure=SURE.filled(chance=min(MOST_SURE, round(100 * (1.0 - idea.p_value)))),
        do=practice.says if practice is not None else GO_OVER.filled(name=name),
        rule=(RULE if practice is not None else PLAIN_RULE).filled(**facts),
    )


def _stands(idea: ClassIdea, ideas: ClassIdeas) -> float:
    """Return where the class stands on the quality of an idea; in the middle where too little is known of that."""
    own = (one.seen for one in ideas.ideas if one.kind is IdeaKind.QUALITY and one.code == idea.quality)
    return next(own, 0.0)


def _evidence(idea: ClassIdea) -> Text:
    low, high = idea.gap90
    if idea.kind is IdeaKind.QUALITY:
        places = {"seen": signed(idea.seen), "low": signed(low), "high": signed(high)}
        return OF_QUALITY.filled(n=idea.n_people, **places)
    shares = {"gap": idea.gap, "low": low, "high": high}
    points = {name: f"{100 * share:+.0f}".replace("-", "−") for name, share in shares.items()}
    return OF_TASK.filled(
        n=idea.n_people, answers=idea.n_answers, seen=round(100 * idea.seen),
        expected=round(100 * min(1.0, max(0.0, idea.expected))), **points,
    )  # fmt: skip
