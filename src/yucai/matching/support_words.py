"""The sentences of a priority list: they can be said aloud to the learner, and hold only what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from yucai.matching.support_given import GRACE_DAYS, SupportSigns, Work
from yucai.texts import Text

__all__ = ["day_in_words", "names_of", "of_100", "step_of", "what_was_not_counted", "words_against",
           "words_of_abstention"]  # fmt: skip

MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                 "November", "December")  # fmt: skip
RECENT_EVIDENCE_DAYS: Final = 28
RECENT_VISIT_DAYS: Final = 7
RECENT_TALK_DAYS: Final = 14

NOTHING_DUE: Final = Text(
    "Too little is known: no piece of work was due yet whose coming could be counted, and no result is known.",
    "目前所知太少：还没有可供统计的到期作业，也没有已知成绩。",
)
ALL_EXCUSED: Final = Text(
    "Too little is known: all {n} piece{n:|s} of work so far {n:was|were} excused, and no result is known.",
    "目前所知太少：迄今的 {n} 份作业均已获准免交，也没有已知成绩。",
)
GOOD_RESULT: Final = Text(
    "Your last known result, {name}, is {result} of 100; the pass mark is {mark}.",
    "最近一次已知成绩（{name}）为 {result} 分，及格线为 {mark} 分。",
)
OTHER_WORK: Final = Text(
    "Other own work is on record: {kind}, {n} piece{n:|s}, the last on {day}.",
    "另有其他记录：{kind} {n} 件，最近一件为 {day}。",
)
RECENT_VISIT: Final = Text(
    "You opened the course site on {day}; a visit says little.",
    "你在 {day}访问过课程网站；访问本身说明不了多少。",
)
RECENT_TALK: Final = Text("There was a talk with you on {day}.", "{day}已与你谈过。")
EXCUSED: Final = Text(
    "{n} piece{n:|s} of work {n:was|were} excused and {n:is|are} not counted.",
    "有 {n} 份作业获准免交，不计入统计。",
)

STEP_AFTER_TALK: Final = Text(
    "There was a talk on {day}. See first whether what was agreed there came about.",
    "{day}已经谈过。先看看当时商定的事情是否落实。",
)
STEPS: Final = {
    "missing": Text(
        "Ask what is in the way, and agree on one piece of work and a day for it.",
        "问一问遇到了什么困难，商定先完成哪一份作业、哪天交。",
    ),
    "quiet": Text(
        "Make contact, ask how things are, and agree on a first small piece of work.",
        "主动联系，问问近况，商定从一份小作业开始。",
    ),
    "late": Text(
        "Talk about what takes the time, and look whether due dates collide.",
        "谈谈时间花在哪里，看看截止日期是否集中在一起。",
    ),
    "below-pass": Text(
        "Look at the last piece of work together, and name a place where help is given.",
        "一起看看最近这份作业，并告知可以在哪里得到辅导。",
    ),
    "falling": Text(
        "Lay an earlier and a recent piece of work side by side, and ask what has changed.",
        "把早前和最近的作业放在一起看，问问有什么变化。",
    ),
    "model": Text(
        "Look at the work of these weeks together. The model gives no ground for more than a talk.",
        "一起看看这几周的作业。模型的依据只够安排一次谈话。",
    ),
}

IN_GRACE: Final = Text(
    "{n} piece{n:|s} of work that fell due in the last {days} days and did not come yet: not counted as missing.",
    "最近 {days} 天内到期、尚未交来的作业 {n} 份：暂不算未交。",
)
N_EXCUSED: Final = Text("{n} excused piece{n:|s} of work.", "获准免交的作业 {n} 份。")
BEFORE_JOINED: Final = Text(
    "{n} piece{n:|s} of work that fell due before the learner joined.",
    "学生加入之前已到期的作业 {n} 份。",
)
NO_DUE_DATE: Final = Text(
    "{n} piece{n:|s} of work without a due date that did not come: such work is never missing.",
    "没有截止日期且未交来的作业 {n} 份：这类作业不算未交。",
)
NO_CLICKS: Final = Text("Clicks: none were read.", "点击记录：未读取。")
CLICKS_OF_SOME: Final = Text(
    "Clicks: read of {n} of {all} learners; they never bring anybody onto the list.",
    "点击记录：{all} 名学生中有 {n} 名；点击不会使任何人进入名单。",
)
NEVER_COUNTED: Final = Text(
    "Never counted: traits of a person, family, home place, profiles, and the work of other learners.",
    "从不计入：个人特征、家庭、籍贯、画像，以及其他学生的作业。",
)


def day_in_words(day: date, *, beside: date | None = None) -> Text:
    """Return a day as it is said; with its year where that is another than of the day that it stands ``beside``.

    >>> day_in_words(date(2026, 11, 3))
    Text(en='3 November', zh='11月3日')
    >>> day_in_words(date(2025, 7, 31), beside=date(2026, 1, 31))
    Text(en='31 July 2025', zh='2025年7月31日')
    """
    said = Text(f"{day.day} {MONTHS[day.month - 1]}", f"{day.month}月{day.day}日")
    if beside is None or beside.year == day.year:
        return said
    return Text(f"{said.en} {day.year}", f"{day.year}年{said.zh}")


def names_of(works: Iterable[Work]) -> Text:
    """Return the names of pieces of work, one after the other."""
    called = [work.called for work in works]
    return Text(", ".join(called), "、".join(called))


def of_100(share: float) -> str:
    """Return a share of all points as points of 100, without decimals where it has none.

    >>> of_100(0.8), of_100(0.725)
    ('80', '72.5')
    """
    return f"{100 * share:.1f}".removesuffix(".0")


def words_of_abstention(signs: SupportSigns) -> Text:
    """Return why nothing is said of a learner."""
    return ALL_EXCUSED.filled(n=len(signs.excused)) if signs.excused and not signs.in_grace else NOTHING_DUE


def words_against(signs: SupportSigns) -> tuple[Text, ...]:
    """Return what speaks against being on a list at all: a good result, other work, a talk, a visit."""
    said = list[Text]()
    marked = [work for work in signs.results if work.pass_mark is not None]
    if marked and (marked[-1].result or 0.0) >= (marked[-1].pass_mark or 0.0):
        work = marked[-1]
        said.append(GOOD_RESULT.filled(name=work.called, result=of_100(work.result or 0.0),
                                       mark=of_100(work.pass_mark or 0.0)))  # fmt: skip
    for one in signs.evidence:
        if one.pieces > 0 and 0 <= (signs.as_of - one.last).days <= RECENT_EVIDENCE_DAYS:
            said.append(OTHER_WORK.filled(kind=one.kind, n=one.pieces, day=day_in_words(one.last)))
    if signs.excused:
        said.append(EXCUSED.filled(n=len(signs.excused)))
    if _talked(signs):
        said.append(RECENT_TALK.filled(day=day_in_words(signs.last_contact or signs.as_of)))
    visit = signs.clicks.last_visit if signs.clicks else None
    if visit is not None and 0 <= (signs.as_of - visit).days < RECENT_VISIT_DAYS:
        said.append(RECENT_VISIT.filled(day=day_in_words(visit)))
    return tuple(said)


def step_of(signs: SupportSigns, codes: Sequence[str]) -> Text:
    """Return what may be done: after a recent talk to see what came of it, else by the first reason given."""
    if _talked(signs):
        return STEP_AFTER_TALK.filled(day=day_in_words(signs.last_contact or signs.as_of))
    return next(STEPS[code] for code in codes if code in STEPS)


def what_was_not_counted(signs: Sequence[SupportSigns]) -> tuple[Text, ...]:
    """Return, in sentences with their counts, what was left out of a list."""
    counts = (
        (IN_GRACE, sum(len(one.in_grace) for one in signs)),
        (N_EXCUSED, sum(len(one.excused) for one in signs)),
        (BEFORE_JOINED, sum(len(_before(one)) for one in signs)),
        (NO_DUE_DATE, sum(len(one.without_due_date) for one in signs)),
    )
    said = [text.filled(n=n, days=GRACE_DAYS) for text, n in counts if n]
    with_clicks = sum(one.clicks is not None for one in signs)
    said.append(CLICKS_OF_SOME.filled(n=with_clicks, all=len(signs)) if with_clicks else NO_CLICKS)
    return (*said, NEVER_COUNTED)


def _before(signs: SupportSigns) -> list[Work]:
    since = signs.joined or date.min
    return [work for work in signs.works if work.due is not None and not work.excused and work.due < since]


def _talked(signs: SupportSigns) -> bool:
    return signs.last_contact is not None and 0 <= (signs.as_of - signs.last_contact).days <= RECENT_TALK_DAYS
