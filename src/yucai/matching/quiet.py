"""Who has gone quiet: work was due, and none of their own has come since. One rule, wherever the words are used.

Work is counted and no clicks. The priority list, the class map and whoever else says "gone quiet" ask here, so that the
same person is told the same number of days in the same sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from yucai.matching.support_given import SupportDataError, SupportSigns, Work
from yucai.matching.support_rules import SUPPORT_RULES, SupportRule
from yucai.matching.support_words import day_in_words
from yucai.texts import Text

__all__ = ["QUIET_RULE", "QuietClass", "QuietLearner", "find_quiet", "quiet_since"]

QUIET_RULE: Final[SupportRule] = next(rule for rule in SUPPORT_RULES if rule.code == "quiet")

QUIET: Final = Text(
    "On {day}, {days} days ago, {name} was due, and no own work of yours has come since; your last came on {last}.",
    "{name} 于 {day}到期，至今 {days} 天，此后没有收到你的任何作业；你最近一次提交是在 {last}。",
)
QUIET_SINCE_START: Final = Text(
    "On {day}, {days} days ago, {name} was due, and no own work of yours is on record so far.",
    "{name} 于 {day}到期，至今 {days} 天，还没有你的任何作业记录。",
)
RULE: Final = Text(
    "Rule “gone quiet”, version {version}, untested: somebody is named from {days} days on after work was due, where "
    "no own work of any kind has come since.",
    "规则“没了动静”{version} 版，未经检验：作业到期满 {days} 天、此后没有任何提交者列出。",
)
OTHER_DAY: Final = Text(
    "What is given of learner {learner} is of {other}, and the class is asked as of {as_of}; count everybody up to the "
    "same day.",
    "学生 {learner} 的记录截至 {other}，而班级统计日期为 {as_of}；请把所有学生统计到同一天。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietLearner:
    """Somebody who has gone quiet: ``waiting`` are the pieces that were due since the last own work, by due date.

    Days are counted from the first of them; before it nothing was asked for. ``last_work`` is None where no own work is
    on record at all.
    """

    learner: str
    as_of: date
    waiting: tuple[Work, ...]
    last_work: date | None

    @property
    def since(self) -> date:
        """The day on which the first piece that is waited for was due."""
        return self.waiting[0].due or self.as_of

    @property
    def days(self) -> int:
        """For how many days nothing has come."""
        return (self.as_of - self.since).days

    @property
    def says(self) -> Text:
        """The sentence, such as can be said aloud to the learner."""
        facts = {"day": day_in_words(self.since, said_on=self.as_of), "days": self.days, "name": self.waiting[0].called}
        if self.last_work is None:
            return QUIET_SINCE_START.filled(**facts)
        return QUIET.filled(last=day_in_words(self.last_work, said_on=self.as_of), **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietClass:
    """Who of a class has gone quiet, by reference, which says nothing about them.

    ``n_unknown`` are those of whom nothing was due yet and nothing came, so that nothing can be said of them.
    """

    learners: tuple[QuietLearner, ...]
    as_of: date
    n_people: int
    n_unknown: int
    rule: Text


def quiet_since(signs: SupportSigns, *, rule: SupportRule = QUIET_RULE) -> QuietLearner | None:
    """Return since when a learner has been quiet, or None where nothing is waited for or not long enough.

    >>> essay = Work(reference="essay", due=date(2026, 9, 8))
    >>> found = quiet_since(SupportSigns(learner="L", as_of=date(2026, 9, 28), works=(essay,)))
    >>> found.days, found.since == essay.due
    (20, True)
    """
    last = signs.last_work
    waiting = tuple(work for work in signs.missing if last is None or (work.due is not None and work.due > last))
    if not waiting:
        return None
    found = QuietLearner(learner=signs.learner, as_of=signs.as_of, waiting=waiting, last_work=last)
    return found if found.days >= rule.threshold else None


def find_quiet(signs: Iterable[SupportSigns], *, as_of: date, rule: SupportRule = QUIET_RULE) -> QuietClass:
    """Return who of a class has gone quiet by a day. Each is judged by the own work alone."""
    known = sorted(signs, key=lambda one: one.learner)
    for one in known:
        if one.as_of != as_of:
            raise SupportDataError(what=OTHER_DAY.filled(learner=one.learner, other=one.as_of, as_of=as_of))
    found = [quiet_since(one, rule=rule) for one in known]
    return QuietClass(
        learners=tuple(one for one in found if one is not None),
        as_of=as_of,
        n_people=len(known),
        n_unknown=sum(not one.due and not one.handed_in for one in known),
        rule=RULE.filled(version=rule.version, days=round(rule.threshold)),
    )
