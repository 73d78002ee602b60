"""What a learner does with suggestions: marks one, refuses all, wants them again. Each is an event of the trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from yucai.errors import Fault, FaultyInputError
from yucai.matching import RULES_VERSION
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person
from yucai.web.bulk import Part, read_moment, read_together
from yucai.web.measurement.step_models import StepMark, StepsRefusal

__all__ = [
    "asked_marks",
    "latest_marks",
    "mark_step",
    "marks_from",
    "refusals",
    "refuse_steps",
    "refuses_steps",
    "want_steps",
]

MOST_SAID: Final = 300
MARK: Final = ("pk", "key", "rules_version", "title_en", "title_zh", "state", "said", "at")
NAME: Final = Text("my next steps", "我的下一步")
GONE: Final = Text(
    "This suggestion is not shown any more. Look at the page again; nothing was changed.",
    "这条建议已不再显示。请重新打开页面；未作任何改动。",
)
UNKNOWN: Final = Text("“{value}” is no mark. Choose one of the buttons.", "“{value}”不是可用的标记。请点击按钮选择。")
LONG: Final = Text("This is longer than {most} characters. Shorten it.", "超过 {most} 个字符。请缩短。")


def latest_marks(person: Person) -> dict[str, StepMark]:
    """Return the mark that counts of each suggestion, the latest marked first."""
    return marks_from(read_together({"marks": asked_marks(person)})["marks"], person=person)


def asked_marks(person: Person) -> Part:
    """Return the question for what a person said of suggestions; ``marks_from`` reads the answer."""
    return Part(StepMark.objects.filter(person=person), MARK)


def marks_from(rows: Iterable[tuple[str, ...]], *, person: Person) -> dict[str, StepMark]:
    """Return the mark that counts of each suggestion, the latest marked first, from the values of each mark."""
    latest: dict[str, StepMark] = {}
    made = [dict(zip(MARK, row, strict=True)) for row in rows]
    for one in sorted(made, key=lambda mark: (read_moment(mark["at"]), int(mark["pk"])), reverse=True):
        facts = {**one, "pk": int(one["pk"]), "at": read_moment(one["at"])}
        latest.setdefault(one["key"], StepMark(person=person, **facts))
    return latest


def refuses_steps(person: Person) -> bool:
    """Return whether a person refuses suggestions of their own."""
    return refusals(person).exists()


def refusals(person: Person) -> QuerySet[StepsRefusal]:
    """Return the refusal of a person that goes on, or nothing."""
    return StepsRefusal.objects.filter(person=person, until__isnull=True)


@transaction.atomic
def mark_step(
    *, person: Person, key: str, state: str, said: str, shown: Iterable[tuple[str, Text]], by: Account, at: datetime
) -> StepMark:
    """Keep what a person says of a suggestion that is ``shown`` (key and title), or was marked before.

    Raises PermissionDenied for anybody else, FaultyInputError with every fault.
    """
    _require_own(person, by)
    titles = {mark.key: mark.title for mark in latest_marks(person).values()} | dict(shown)
    faults = [
        *([] if key in titles else [Fault(code="gone", says=GONE)]),
        *([] if state in StepMark.State.values else [Fault(code="unknown", says=UNKNOWN, facts={"value": state[:40]})]),
        *([] if len(said) <= MOST_SAID else [Fault(code="long", says=LONG, where="said", facts={"most": MOST_SAID})]),
    ]
    if faults:
        raise FaultyInputError(NAME, faults)
    title = titles[key]
    made = StepMark.objects.create(
        person=person, key=key, rules_version=RULES_VERSION, title_en=title.en, title_zh=title.zh, state=state,
        said=said.strip(), at=at, by=by,
    )  # fmt: skip
    note("next-step.marked", by=by, at=at, space=person.space_id, target=f"next-step:{key}", people=[person.pk],
         detail={"state": state})  # fmt: skip
    return made


@transaction.atomic
def refuse_steps(*, person: Person, by: Account, at: datetime) -> None:
    """Let nobody see suggestions of this person's own from now on. A second time changes nothing.

    Raises PermissionDenied for anybody but the person.
    """
    _require_own(person, by)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # two clicks are one refusal
    if refuses_steps(person):
        return
    StepsRefusal.objects.create(person=person, since=at)
    note("next-steps.refused", by=by, at=at, space=person.space_id, target="next-steps", people=[person.pk])


@transaction.atomic
def want_steps(*, person: Person, by: Account, at: datetime) -> None:
    """End a refusal. Without one nothing changes. Raises PermissionDenied for anybody but the person."""
    _require_own(person, by)
    if StepsRefusal.objects.filter(person=person, until__isnull=True).update(until=at):
        note("next-steps.wanted", by=by, at=at, space=person.space_id, target="next-steps", people=[person.pk])


def _require_own(person: Person, by: Account) -> None:
    """Raise PermissionDenied for whom it is not about: nobody refuses, or takes on, a step for somebody else."""
    if by.role != Account.Role.STUDENT or by.person_id != person.pk:
        raise PermissionDenied
