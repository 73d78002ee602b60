"""What other parts of the office have on record about a person, for the tables that another office only carries on.

Each function gives the rows of one table in an order of their own; ``after`` is how many rows came along before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import translation

from yucai.texts import Text
from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import Consent
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.looks import looks_at
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.maker_models import WorkMaker
from yucai.web.evidence.models import OwnWork, WorkTakenBack
from yucai.web.evidence.naming_shown import named_work
from yucai.web.evidence.question_models import ChosenOption, Question
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord
from yucai.web.evidence.rating_planning import plan_of
from yucai.web.feeds.models import ActorDeclaration, WeakCount
from yucai.web.governance.attainment_models import AttainmentScores
from yucai.web.governance.research_models import ResearchExportPerson
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry, texts_of
from yucai.web.measurement.adaptive_models import AdaptiveAnswer, AdaptiveSitting
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.step_models import StepMark, StepsRefusal
from yucai.web.registers.models import NoticeSeen
from yucai.web.selection.models import AnnouncedLine
from yucai.web.selection.rule_models import SelectionEntry

__all__ = ["CARRIED_OF", "attained_parts", "fields_of", "made_with", "rated_in"]

Told = dict[str, Any]


def fields_of(thing: Any) -> Told:
    """Return the columns of a row by name, a foreign key as its number."""
    return {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}


def _name(account: Account | None) -> str:
    return "" if account is None else (account.name_zh or account.name_en or account.username)


def _values(person: Person, after: int) -> Iterator[Told]:
    rows = ProfileRow.objects.filter(person=person, run__current=True).select_related("run")
    for row in rows.order_by("occasion", "quality"):
        run = {"computed_at": row.run.at, "evidence_map": row.run.evidence_map}
        yield {**fields_of(row), **run, "evidence_map_version": row.run.evidence_map_version}


def _works(person: Person, after: int) -> Iterator[Told]:
    numbers = _numbers(OwnWork.objects.filter(person=person).order_by("added_at", "pk"), after)
    works = OwnWork.objects.filter(pk__in=numbers).select_related("decided_by")
    for work in sorted(works, key=lambda one: numbers[one.pk]):
        yield {**fields_of(work), "number": numbers[work.pk], "replaces": numbers.get(work.replaces_id or 0),
               "decided_by": _name(work.decided_by)}  # fmt: skip


def _numbers(rows: Any, after: int) -> dict[int, int]:
    return {pk: number for number, pk in enumerate(rows.values_list("pk", flat=True), start=after + 1)}


def _taken_back(person: Person, after: int) -> Iterator[Told]:
    before = person.carried.filter(table="works").count()
    numbers = _numbers(OwnWork.objects.filter(person=person).order_by("added_at", "pk"), before)
    for one in WorkTakenBack.objects.filter(work__person=person).select_related("by").order_by("at", "pk"):
        yield {**fields_of(one), "work": numbers[one.work_id], "by": _name(one.by)}


def _made_with(person: Person, after: int) -> Iterator[Told]:
    """Yield who is named in works of the person, then works of others and of lists that name the person."""
    before = person.carried.filter(table="works").count()
    numbers = _numbers(OwnWork.objects.filter(person=person).order_by("added_at", "pk"), before)
    for one in made_with(person.pk).select_related("person", "own__person", "imported__came_with").order_by("pk"):
        title, kind, done_on, who = named_work(one)
        names_me = one.person_id == person.pk
        whom = who if names_me else one.person.name
        work = None if names_me else numbers.get(one.own_id or 0)
        yield {**fields_of(one), "work": work, "title": title, "kind": kind, "done_on": done_on, "who_en": whom.en,
               "who_zh": whom.zh, "names_me": names_me}  # fmt: skip


def _graduated(person: Person, after: int) -> Iterator[Told]:
    found = GraduateRecord.objects.filter(person=person).select_related("came_with")
    for one in found.order_by("after", "pk"):
        yield {**fields_of(one), "list": one.came_with.file_name, "current": one.came_with.current}


def made_with(person: int) -> QuerySet[WorkMaker]:
    """Return where a person (number) is named, and who is named in works of theirs."""
    return WorkMaker.objects.filter(Q(person=person) | Q(own__person=person))


def _ratings(person: Person, after: int) -> Iterator[Told]:
    for marks in rated_in(person):
        found = marks.select_related("seat__rater", "seat__round")
        in_order = ("seat__round__opened_at", "seat__round", "seat__work", "seat__rater__username", "criterion")
        for mark in found.order_by(*in_order):
            seat = mark.seat
            yield {"round": seat.round.name, "work": seat.work, "rater": _name(seat.rater), "criterion": mark.criterion,
                   "level": mark.level, "remark": seat.remark, "handed_in_at": seat.handed_in_at}  # fmt: skip


def rated_in(person: Person) -> list[QuerySet[RatingMark]]:
    """Return what was handed in about works of a person: of all rounds of the institution as one, or nothing.

    Whose a work is stands in the plan of its round, which is read for it; two questions, however many rounds there are.
    """
    found = []
    for record in RatingRoundRecord.objects.filter(space=person.space_id):
        works = {work.code for work in plan_of(record).works if person.code in work.learners}
        found += [Q(seat__round=record.pk, seat__work__in=works)] if works else []
    return [RatingMark.objects.filter(reduce(or_, found), seat__handed_in_at__isnull=False)] if found else []


def _answers(person: Person, after: int) -> Iterator[Told]:
    chosen = ChosenOption.objects.filter(record__person=person)
    for one in chosen.select_related("question__item", "record").order_by("record__at", "question__item__code", "pk"):
        record = one.record
        yield _answer(one.question, one.option, occasion=record.occasion, at=record.at)
    given = AdaptiveAnswer.objects.filter(sitting__person=person)
    for answer in given.select_related("question__item", "sitting__test").order_by("at", "question__item__code"):
        yield _answer(answer.question, answer.option, occasion=answer.sitting.test.occasion, at=answer.at)


def _answer(question: Question, option: str, *, occasion: str, at: Any) -> Told:
    said = next((text for letter, *text in question.options if letter == option), ["", ""])
    return {"item": question.item.code, "occasion": occasion, "option": option, "chosen_en": said[0],
            "chosen_zh": said[1], "at": at}  # fmt: skip


def _tests(person: Person, after: int) -> Iterator[Told]:
    sat = AdaptiveSitting.objects.filter(person=person, began_at__isnull=False).select_related("test")
    for one in sat.order_by("began_at", "pk"):
        yield {**fields_of(one), "test": one.test.name, "occasion": one.test.occasion, "answers": one.n_answers}


def _counts(person: Person, after: int) -> Iterator[Told]:
    for one in WeakCount.objects.filter(person=person).select_related("feed").order_by("feed__code", "verb"):
        yield {**fields_of(one), "source": one.feed.code}


def _actors(person: Person, after: int) -> Iterator[Told]:
    for one in ActorDeclaration.objects.filter(person=person).select_related("feed").order_by("feed__code", "key"):
        yield {"source": one.feed.code, "actor": one.key, "at": one.at}


def _steps(person: Person, after: int) -> Iterator[Told]:
    for one in StepMark.objects.filter(person=person).order_by("at", "pk"):
        yield fields_of(one)


def _steps_refused(person: Person, after: int) -> Iterator[Told]:
    for one in StepsRefusal.objects.filter(person=person).order_by("since", "pk"):
        yield fields_of(one)


def _noted(thing: Any) -> Told:
    """Return the sentences that are kept with an entry or a case, each kind as one text in each language."""
    told: Told = {}
    for name in ("reasons", "against", "counts"):
        said = texts_of(getattr(thing, name))
        told |= {f"{name}_en": " ".join(one.en for one in said), f"{name}_zh": "".join(one.zh for one in said)}
    return told


def _listed(person: Person, after: int) -> Iterator[Told]:
    entries = PriorityEntry.objects.filter(person=person).select_related("run")
    for one in entries.order_by("run__as_of", "run__at", "pk"):
        yield {**fields_of(one.run), **fields_of(one), **_noted(one)}


def _talk_cases(person: Person, after: int) -> Iterator[Told]:
    numbers = _numbers(SupportCase.objects.filter(person=person).order_by("pk"), after)
    for one in SupportCase.objects.filter(person=person).select_related("opened_by").order_by("pk"):
        yield {**fields_of(one), **_noted(one), "number": numbers[one.pk], "opened_by": _name(one.opened_by)}


def _talk_decisions(person: Person, after: int) -> Iterator[Told]:
    before = person.carried.filter(table="talk_cases").count()
    numbers = _numbers(SupportCase.objects.filter(person=person).order_by("pk"), before)
    for one in CaseDecision.objects.filter(case__person=person).select_related("by").order_by("at", "pk"):
        yield {**fields_of(one), "case": numbers[one.case_id], "by": _name(one.by)}


def _comments(person: Person, after: int) -> Iterator[Told]:
    for one in StudentComment.objects.filter(person=person).select_related("author").order_by("kept_at", "pk"):
        yield {**fields_of(one), "author": _name(one.author)}


def attained_parts(person: Person) -> Iterator[Told]:
    """Yield the parts of courses in which a person has a score or a state."""
    rows = AttainmentScores.objects.filter(person=person).select_related("run__map")
    for row in rows.order_by("run__term", "run__course", "pk"):
        course = row.run.map.map
        for part in course.parts:
            state = "" if part.code in row.scores else row.states.get(part.code, "none")
            yield {"course": course.course, "name": course.name, "term": row.run.term, "part": part.code,
                   "score": row.scores.get(part.code), "max_score": part.full_marks, "state": state}  # fmt: skip


def _requests(person: Person, after: int) -> Iterator[Told]:
    numbers = _numbers(ReviewCase.objects.filter(person=person).order_by("pk"), after)
    for case in ReviewCase.objects.filter(person=person).select_related("handler").order_by("pk"):
        yield {**fields_of(case), "number": numbers[case.pk], "handler": _name(case.handler),
               "appeals": numbers.get(case.appeals_id or 0)}  # fmt: skip


def _announced(person: Person, after: int) -> Iterator[Told]:
    lines = AnnouncedLine.objects.filter(person=person, announcement__approved_at__isnull=False)
    for line in lines.select_related("announcement").order_by("announcement__from_day", "pk"):
        told, outcome = line.announcement, line.announcement.words[line.outcome]
        yield {**fields_of(told), **fields_of(line), "title_en": told.title.en, "title_zh": told.title.zh,
               "outcome_en": outcome.en, "outcome_zh": outcome.zh}  # fmt: skip


def _selected(person: Person, after: int) -> Iterator[Told]:
    entries = SelectionEntry.objects.filter(person=person, run__at__isnull=False).select_related("run__rule")
    for one in entries.order_by("run__at", "pk"):
        rule, reasons = one.run.rule, texts_of(one.reasons)
        yield {**fields_of(one.run), **fields_of(one), "rule_en": rule.title_en, "rule_zh": rule.title_zh,
               "version": rule.version, "reasons_en": " ".join(text.en for text in reasons),
               "reasons_zh": "".join(text.zh for text in reasons)}  # fmt: skip


def _consents(person: Person, after: int) -> Iterator[Told]:
    for one in Consent.objects.filter(person=person).select_related("text").order_by("given_at", "pk"):
        yield {**fields_of(one), "code": one.text.code, "version": one.text.version}


def _guardians(person: Person, after: int) -> Iterator[Told]:
    for one in GuardianConsent.objects.filter(person=person).order_by("given_on", "pk"):
        yield fields_of(one)


def _research(person: Person, after: int) -> Iterator[Told]:
    for one in ResearchExportPerson.objects.filter(person=person).select_related("export").order_by("export__at", "pk"):
        yield fields_of(one.export)


def _holds(person: Person, after: int) -> Iterator[Told]:
    for one in LegalHold.objects.filter(person=person).order_by("placed_at", "pk"):
        yield fields_of(one)


def _notices(person: Person, after: int) -> Iterator[Told]:
    for one in NoticeSeen.objects.filter(account__person=person).select_related("notice").order_by("at", "pk"):
        yield {"version": one.notice.version, "at": one.at}


def _accounts(person: Person, after: int) -> Iterator[Told]:
    for one in Account.objects.filter(person=person):
        yield {"username": one.username, "role": one.role, "joined": one.date_joined, "last_login": one.last_login}


def _saved_views(person: Person, after: int) -> Iterator[Told]:
    for one in SavedView.objects.filter(account__person=person).order_by("made_at", "pk"):
        yield {**fields_of(one), "query": one.query}


def _sign_ins(person: Person, after: int) -> Iterator[Told]:
    for one in SignIn.objects.filter(account__person=person).order_by("began_at", "pk"):
        yield fields_of(one)


def _tokens(person: Person, after: int) -> Iterator[Told]:
    for one in ApiToken.objects.filter(account__person=person).order_by("made_at", "pk"):
        yield fields_of(one)


def _looks(person: Person, after: int) -> Iterator[Told]:
    with translation.override("zh-hans"):
        looks = looks_at(person)
    for one in reversed(looks):
        who: Text = one.who
        yield {"event": one.position, "at": one.at, "who_en": who.en, "who_zh": who.zh, "role": one.role,
               "what_en": one.what.en, "what_zh": one.what.zh, "purpose": one.purpose,
               "refused": one.refused}  # fmt: skip


CARRIED_OF: Final[Mapping[str, Callable[[Person, int], Iterator[Told]]]] = {
    "values": _values,
    "works": _works,
    "taken_back": _taken_back,
    "made_with": _made_with,
    "graduated": _graduated,
    "ratings": _ratings,
    "answers": _answers,
    "tests": _tests,
    "counts": _counts,
    "actors": _actors,
    "steps": _steps,
    "steps_refused": _steps_refused,
    "listed": _listed,
    "talk_cases": _talk_cases,
    "talk_decisions": _talk_decisions,
    "comments": _comments,
    "attained": lambda person, after: attained_parts(person),
    "requests": _requests,
    "announced": _announced,
    "selected": _selected,
    "consents": _consents,
    "guardians": _guardians,
    "research": _research,
    "holds": _holds,
    "notices": _notices,
    "accounts": _accounts,
    "saved_views": _saved_views,
    "sign_ins": _sign_ins,
    "tokens": _tokens,
    "looks": _looks,
}
