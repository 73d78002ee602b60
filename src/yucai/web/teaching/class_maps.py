"""The class map: the ideas a class does not hold, and who has gone quiet, in the words of the page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, load_framework, load_practices
from yucai.matching import LESSON_RULES_VERSION, QuietClass, find_quiet, lesson_plan
from yucai.measurement import ClassIdeas, IdeaKind, class_ideas
from yucai.texts import Text
from yucai.web.accounts.models import Person
from yucai.web.explaining import Explanation
from yucai.web.measurement.explained import model_of
from yucai.web.teaching.class_evidence import ClassEvidence

__all__ = ["IdeaView", "IdeasView", "QuietRow", "QuietView", "ideas_view", "quiet_view"]

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
    missing: int
    expected: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietView:
    """Who has gone quiet; ``more`` are not shown, ``closed`` left out for age, ``ended`` for a final result."""

    rows: tuple[QuietRow, ...]
    expected: int
    people: int
    more: int
    closed: int
    ended: int
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


def quiet_view(evidence: ClassEvidence, *, closed: Collection[int]) -> QuietView:
    """Return who of a class has gone quiet in its latest period; people (numbers) that are ``closed`` are not named."""
    found = find_quiet(_works(evidence))
    going_on = [one for one in found.learners if one.learner not in evidence.ended]
    open_ = [one for one in going_on if evidence.people[one.learner].pk not in closed]
    rows = tuple(
        QuietRow(
            person=evidence.people[one.learner], name=_said(evidence.people[one.learner].name),
            missing=len(one.missing), expected=one.n_expected, says=_said(one.says),
        )
        for one in open_[:MOST_QUIET]
    )  # fmt: skip
    return QuietView(
        rows=rows,
        expected=len(found.expected),
        people=found.n_people,
        more=len(open_) - len(rows),
        closed=len(going_on) - len(open_),
        ended=len(found.learners) - len(going_on),
        rule=_said(found.rule),
        explained=_explained_quiet(evidence, found),
    )


def _works(evidence: ClassEvidence) -> dict[str, set[str]]:
    """Return the pieces of work of each person in the latest period, also of who has none."""
    works: dict[str, set[str]] = {code: set() for code in evidence.people}
    rows = evidence.of_period(evidence.latest).select("learner", "item").unique()
    for learner, piece in _pieces(evidence, rows):
        works[learner].add(piece)
    return works


def _pieces(evidence: ClassEvidence, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield person and piece: nine criteria of one rated work, and the questions of one test, are one piece each."""
    for learner, item in rows.iter_rows():
        kind = evidence.rules[item].kind
        if kind is EvidenceKind.RATING:
            yield learner, f"work/{item.rpartition('/')[2]}"
        elif kind is EvidenceKind.TEST:
            yield learner, "/".join(item.split("/")[:2])
        else:
            yield learner, item


def _explained_quiet(evidence: ClassEvidence, found: QuietClass) -> Explanation:
    day = f"{localtime(evidence.run.at):%Y-%m-%d}" if evidence.run is not None else ""
    return Explanation(
        data=_("Which pieces of work of the period %(period)s are on record of each person of the group; no clicks.")
        % {"period": evidence.latest or _("no term stated")},
        method=_said(found.rule),
        reasons=_("How many pieces that most of the class has are missing; the counts stand beside the name."),
        change=_("A piece of work that comes in: the count is made anew each time the page is opened."),
        sure=_("What is missing is counted, not estimated. Why it is missing nobody here knows; grey is never low.")
        + (" " + _("Values were last computed on %(day)s.") % {"day": day} if day else ""),
        objection=_("The student asks for a correction at the evidence of the portrait; somebody else answers it."),
    )


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
