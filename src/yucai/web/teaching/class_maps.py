"""The class map: the ideas a class does not hold, and who has gone quiet, in the words of the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yucai.evidence import Responses
from yucai.framework import load_framework, load_practices
from yucai.matching import LESSON_RULES_VERSION, lesson_plan
from yucai.measurement import ClassIdeas, IdeaKind, class_ideas
from yucai.texts import Text
from yucai.web.accounts.models import Person
from yucai.web.explaining import Explanation
from yucai.web.matching.priority_running import day_of_counting, last_term_of_records
from yucai.web.matching.quiet_counting import QuietFound, own_works_of, quiet_among
from yucai.web.measurement.explained import model_of
from yucai.web.teaching.class_evidence import ClassEvidence

__all__ = ["IdeaView", "IdeasView", "QuietRow", "QuietView", "ideas_view", "quiet_in", "quiet_view"]

PRACTICES: Final = "practices-nine-qualities"
FRAMEWORKS: Final = ("nine-qualities", "ai-literacy")
MOST_QUIET: Final = 20
MOST_THIN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaView:
    """One idea in words; ``item`` is the number of its task, where it is one."""

    kind: str
    name: str
    evidence: str
    sure: str
    do: str
    item: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeasView:
    """At most three ideas; ``fewer`` says why there are no more, ``thin`` names what too little is known of."""

    ideas: tuple[IdeaView, ...]
    fewer: str
    how: str
    rules: tuple[str, ...]
    thin: tuple[tuple[str, str], ...]
    more_thin: int
    explained: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietRow:
    """Somebody who has gone quiet, with the counts and the sentence to say aloud."""

    person: Person
    name: str
    days: int
    waiting: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietView:
    """Who has gone quiet by a day; ``more`` are not shown, ``closed`` left out for age, ``unknown`` had nothing due."""

    rows: tuple[QuietRow, ...]
    as_of: date
    expected: int
    people: int
    more: int
    closed: int
    unknown: int
    rule: str
    explained: Explanation


def ideas_view(evidence: ClassEvidence) -> IdeasView:
    """Return the ideas that a class does not hold in its latest period."""
    when, pack = evidence.latest, load_practices(PRACTICES)
    topics = _topics(evidence)
    found = ClassIdeas(ideas=(), thin=())
    if evidence.calibration is not None:
        responses = Responses(evidence.of_period(when))
        found = class_ideas(evidence.calibration, responses, evidence.places_in(when), topics=topics)
    names = _names(evidence, topics)
    plan = lesson_plan(found, pack, names=names)
    thin = [(_said(names.get(one.code, Text(one.code, one.code))), _said(one.why)) for one in plan.thin]
    return IdeasView(
        ideas=tuple(
            IdeaView(
                kind=_kind(point.idea.kind), name=_said(point.name), evidence=_said(point.evidence),
                sure=_said(point.sure), do=_said(point.do),
                item=evidence.items[point.idea.code].pk if point.idea.kind is IdeaKind.TASK else None,
            )
            for point in plan.points
        ),
        fewer=_said(plan.fewer) if plan.fewer is not None else "",
        how=_said(plan.how),
        rules=tuple(dict.fromkeys(_said(point.rule) for point in plan.points)),
        thin=tuple(thin[:MOST_THIN]),
        more_thin=max(0, len(thin) - MOST_THIN),
        explained=_explained_ideas(evidence, _said(plan.how)),
    )  # fmt: skip


def _topics(evidence: ClassEvidence) -> dict[str, str]:
    """Return the topic of each question of a bank that names one."""
    return {one.item.code: one.area.strip() for one in evidence.questions if one.area.strip()}


def _names(evidence: ClassEvidence, topics: Mapping[str, str]) -> dict[str, Text]:
    qualities = {entry.code: entry.name for code in FRAMEWORKS for entry in load_framework(code).qualities}
    named = {code: item.name for code, item in evidence.items.items()}
    return {**named, **{topic: Text(topic, topic) for topic in topics.values()}, **qualities}


def _kind(kind: IdeaKind) -> str:
    return {IdeaKind.QUALITY: _("quality"), IdeaKind.TOPIC: _("questions of one topic"), IdeaKind.TASK: _("task")}[kind]


def _explained_ideas(evidence: ClassEvidence, how: str) -> Explanation:
    return Explanation(
        data=_("Scores of exams, tests, tasks and ratings of the people of the group in the period, and their places."),
        method=" ".join((_("Rule of the class map, version %(version)s, untested.") % {"version": LESSON_RULES_VERSION},
                         model_of(evidence.run))),
        reasons=_("A quality is compared with the average of all profiles of the institution, of all years together: a "
                  "young class stands below it for that alone. A task is compared with what others reach who stand "
                  "alike."),
        change=_("New or corrected evidence, from the next computing on."),
        sure=how,
        objection=_("Speak to the director or to who runs the measurement; nothing on this page enters a grade."),
    )  # fmt: skip


def quiet_in(evidence: ClassEvidence, *, at: datetime) -> QuietFound:
    """Return who of a group has gone quiet, as the priority list says it. One question, of own works."""
    asked, group = evidence.asked, evidence.group
    last_term = asked.last_term or (last_term_of_records(group.space) if group.starts is None else None)
    as_of = day_of_counting(group.starts, asked.last_due, last_term, today=localdate(at))
    works = own_works_of([one.pk for one in evidence.people.values()], as_of=as_of, at=at)
    return quiet_among(asked.members, asked.homes, asked.rows, asked.tasks, as_of=as_of, own_works=works)


def quiet_view(evidence: ClassEvidence, *, closed: Collection[int], at: datetime) -> QuietView:
    """Return who of a group has gone quiet in words; people (numbers) that are ``closed`` are not named."""
    told = quiet_in(evidence, at=at)
    open_ = [one for one in told.people if one.person.pk not in closed]
    rows = tuple(
        QuietRow(
            person=one.person, name=_said(one.person.name), days=one.quiet.days, waiting=len(one.quiet.waiting),
            says=_said(one.says),
        )
        for one in open_[:MOST_QUIET]
    )  # fmt: skip
    return QuietView(
        rows=rows,
        as_of=told.found.as_of,
        expected=told.expected,
        people=told.found.n_people,
        more=len(open_) - len(rows),
        closed=len(told.people) - len(open_),
        unknown=told.found.n_unknown,
        rule=_said(told.found.rule),
        explained=_explained_quiet(told),
    )


def _explained_quiet(told: QuietFound) -> Explanation:
    return Explanation(
        data=_("Work of each person that was due up to %(day)s, and when own work last came; no clicks.")
        % {"day": told.found.as_of},
        method=_said(told.found.rule),
        reasons=_("Since which day nothing has come, and how many pieces were due since; it stands beside the name."),
        change=_("A piece of work that comes in: the count is made anew each time the page is opened."),
        sure=_("What is missing is counted, not estimated. Why it is missing nobody here knows; grey is never low."),
        objection=_("The student asks for a correction at the evidence of the portrait; somebody else answers it."),
    )


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
