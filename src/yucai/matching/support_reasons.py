"""The reasons of a priority list: each rule counts, says what it counted, and says what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from yucai.matching.quiet import quiet_since
from yucai.matching.support_given import SupportDataError, SupportSigns, Work
from yucai.matching.support_rules import SupportRule
from yucai.matching.support_words import day_in_words, names_of, of_100
from yucai.texts import Text

__all__ = ["SupportNumber", "SupportReason", "reasons_of"]

RECENT_DUE: Final = 4  # of how many pieces that were due, the last ones, a missing one counts
RECENT_CAME: Final = 3  # of how many pieces that came, or results, the last ones, are looked at
EARLIER: Final = 2  # how many earlier results the own past needs
NOW: Final = 2  # how many results are "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportNumber:
    """One count behind a reason, with what it counts."""

    code: str
    says: Text
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportReason:
    """Why a learner is on a list.

    ``says`` is the sentence as it can be said aloud to the learner, ``numbers`` what it rests on, ``against`` what
    speaks against this reason. A ``strong`` reason is enough for a talk; a ``weak`` one (clicks) never counts.
    """

    rule: SupportRule
    says: Text
    numbers: tuple[SupportNumber, ...]
    against: tuple[Text, ...] = ()
    strong: bool = False
    weak: bool = False


MISSING: Final = Text(
    "Of the last {n} pieces of work that were due, {k} did not come from you: {names}.",
    "最近到期的 {n} 份作业中，你有 {k} 份未交：{names}。",
)
ONLY_MISSING: Final = Text(
    "The one piece of work that was due so far did not come from you: {names}.",
    "到目前为止只有一份作业到期，你没有交：{names}。",
)
SOME_CAME: Final = Text(
    "Of all {n} pieces of work that were due so far, {k} came.", "迄今到期的 {n} 份作业中，已交 {k} 份。"
)
ONLY_ONE_DUE: Final = Text(
    "Only one piece of work has been due so far; that is little to go by.",
    "迄今只有一份作业到期，依据有限。",
)
LAST_CAME: Final = Text("The piece that was due last did come: {name}.", "最近到期的一份已交：{name}。")
LATE: Final = Text(
    "Of the last {n} pieces of work that came from you, {k} came after the due date: {names}.",
    "你最近交来的 {n} 份作业中，有 {k} 份迟交：{names}。",
)
ALL_CAME: Final = Text(
    "Everything that was due so far did come: {n} piece{n:|s} of work.", "迄今到期的作业全部交来，共 {n} 份。"
)
BELOW: Final = Text(
    "Of your last {n} result{n:|s} that {n:has|have} a pass mark, {k} {k:is|are} below it. {results}.",
    "你最近 {n} 次有及格线的成绩中，有 {k} 次不及格。{results}。",
)
ONE_BELOW: Final = Text(
    "Your only result so far that has a pass mark is below it. {results}.",
    "你目前唯一一次有及格线的成绩不及格。{results}。",
)
ONE_RESULT: Final = Text("It is one result only.", "目前只有一次成绩。")
ONE_RESULT_OF_MARK: Final = Text(
    "{name}: {result} of 100 (pass mark {mark})", "{name}：{result} 分（及格线 {mark} 分）"
)
FALLING: Final = Text(
    "Your last two results are {now} of 100 on average; your {n} earlier ones were {before}.",
    "你最近两次成绩平均为 {now} 分，此前 {n} 次平均为 {before} 分。",
)
WORK_DIFFERS: Final = Text(
    "Pieces of work differ in how hard they are, and these are two results only.",
    "各次作业难度不同，而且只有两次成绩。",
)
NO_VISIT: Final = Text(
    "Your last visit to the course site was on {day}, {days} days ago.",
    "你最近一次访问课程网站是在 {day}，距今 {days} 天。",
)
NO_VISIT_AT_ALL: Final = Text(
    "No visit of yours to the course site is on record for the last {days} days.",
    "最近 {days} 天没有你访问课程网站的记录。",
)
VISITS_SAY_LITTLE: Final = Text(
    "Visits say little: a reader of the printed book leaves none.", "访问记录说明不了多少：读纸质教材不留下记录。"
)
NO_RULE: Final = Text(
    "There is no rule “{code}”. Rules that can be asked: {known}.", "没有规则“{code}”。可用的规则：{known}。"
)


def reasons_of(signs: SupportSigns, rules: Sequence[SupportRule]) -> tuple[SupportReason, ...]:
    """Return the reasons that the rules find, in their order; clicks are named only beside another reason."""
    unknown = next((rule.code for rule in rules if rule.code not in ASKED), None)
    if unknown is not None:
        raise SupportDataError(what=NO_RULE.filled(code=unknown, known=", ".join(ASKED)))
    found = [reason for rule in rules if (reason := ASKED[rule.code](signs, rule)) is not None]
    return tuple(found) if any(not reason.weak for reason in found) else ()


def _missing(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    recent = signs.due[-RECENT_DUE:]
    gone = [work for work in recent if work in signs.missing]
    if not gone or len(gone) < rule.threshold:
        return None
    came, all_due = len(signs.due) - len(signs.missing), len(signs.due)
    against = list[Text]()
    if came:
        against.append(SOME_CAME.filled(n=all_due, k=came))
    if all_due == 1:
        against.append(ONLY_ONE_DUE)
    if recent[-1] not in gone:
        against.append(LAST_CAME.filled(name=recent[-1].called))
    words = MISSING if all_due > 1 else ONLY_MISSING
    return SupportReason(
        rule=rule,
        says=words.filled(n=len(recent), k=len(gone), names=names_of(gone)),
        numbers=_counts(missing=len(gone), due=len(recent)),
        against=tuple(against),
        strong=rule.strong is not None and (len(gone) >= rule.strong or not signs.handed_in),
    )


def _quiet(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    found = quiet_since(signs, rule=rule)
    if found is None:
        return None
    return SupportReason(
        rule=rule,
        says=found.says,
        numbers=_counts(days=found.days, due_since=len(found.waiting)),
        strong=_reaches(found.days, rule),
    )


def _late(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    recent = signs.handed_in[-RECENT_CAME:]
    late = [work for work in recent if work in signs.late]
    if not late or len(late) < rule.threshold:
        return None
    all_came = signs.due and not signs.missing
    return SupportReason(
        rule=rule,
        says=LATE.filled(n=len(recent), k=len(late), names=names_of(late)),
        numbers=_counts(late=len(late), came=len(recent)),
        against=(ALL_CAME.filled(n=len(signs.due)),) if all_came else (),
        strong=_reaches(len(late), rule),
    )


def _below(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    recent = [work for work in signs.results if work.pass_mark is not None][-RECENT_CAME:]
    below = [work for work in recent if _share(work) < (work.pass_mark or 0.0)]
    if not below or len(below) < rule.threshold:
        return None
    said = [
        ONE_RESULT_OF_MARK.filled(name=work.called, result=of_100(_share(work)), mark=of_100(work.pass_mark or 0.0))
        for work in below
    ]
    return SupportReason(
        rule=rule,
        says=(BELOW if len(recent) > 1 else ONE_BELOW).filled(
            n=len(recent),
            k=len(below),
            results=Text("; ".join(one.en for one in said), "；".join(one.zh for one in said)),
        ),
        numbers=_counts(below=len(below), results=len(recent)),
        against=(ONE_RESULT,) if len(recent) == 1 else (),
        strong=_reaches(len(below), rule),
    )


def _falling(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    earlier, now = signs.results[:-NOW], signs.results[-NOW:]
    if len(earlier) < EARLIER:
        return None
    before, after = fmean(_share(work) for work in earlier), fmean(_share(work) for work in now)
    drop = 100.0 * (before - after)
    if drop < rule.threshold:
        return None
    return SupportReason(
        rule=rule,
        says=FALLING.filled(now=of_100(after), n=len(earlier), before=of_100(before)),
        numbers=_counts(now=100.0 * after, before=100.0 * before),
        against=(WORK_DIFFERS,),
        strong=_reaches(drop, rule),
    )


def _no_visit(signs: SupportSigns, rule: SupportRule) -> SupportReason | None:
    clicks = signs.clicks
    if clicks is None:
        return None
    seen = clicks.last_visit
    days = clicks.window_days if seen is None else (signs.as_of - seen).days
    if days < rule.threshold:
        return None
    on = None if seen is None else day_in_words(seen, said_on=signs.as_of)
    said = NO_VISIT_AT_ALL.filled(days=days) if on is None else NO_VISIT.filled(day=on, days=days)
    return SupportReason(rule=rule, says=said, numbers=_counts(days=days), against=(VISITS_SAY_LITTLE,), weak=True)


ASKED: Final[Mapping[str, Callable[[SupportSigns, SupportRule], SupportReason | None]]] = {
    "missing": _missing,
    "quiet": _quiet,
    "late": _late,
    "below-pass": _below,
    "falling": _falling,
    "no-visit": _no_visit,
}
COUNTED: Final[Mapping[str, Text]] = {
    "missing": Text("missing", "未交份数"),
    "due": Text("last pieces due", "最近到期份数"),
    "days": Text("days", "天数"),
    "due_since": Text("due since", "此后到期份数"),
    "late": Text("late", "迟交份数"),
    "came": Text("last pieces that came", "最近交来份数"),
    "below": Text("below the pass mark", "不及格次数"),
    "results": Text("last results", "最近成绩次数"),
    "now": Text("now, of 100", "最近平均分"),
    "before": Text("before, of 100", "此前平均分"),
}


def _counts(**values: float) -> tuple[SupportNumber, ...]:
    return tuple(SupportNumber(code=code, says=COUNTED[code], value=value) for code, value in values.items())


def _reaches(value: float, rule: SupportRule) -> bool:
    return rule.strong is not None and value >= rule.strong


def _share(work: Work) -> float:
    return work.result if work.result is not None else 0.0
