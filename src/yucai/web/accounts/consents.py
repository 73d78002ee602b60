"""Consents where consent is the true basis: asked for one by one, given and withdrawn with one click each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import guards_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.models import Account, Person, Space

__all__ = [
    "RESEARCH",
    "TextWanted",
    "add_text",
    "consenting",
    "current_texts",
    "give_consent",
    "has_consent",
    "holding",
    "may_keep_registers",
    "may_read_registers",
    "record_consent",
    "ship_texts",
    "withdraw_consent",
]

NAME: Final = Text("consent", "同意")
NO_REFERENCE: Final = Text("Say where the signed form lies: its number or its folder.", "请写明签字表的编号或存放处。")
NEWER: Final = Text(
    "There is a newer version of this text. Read that one and consent to it, or leave it.",
    "此同意书已有新版本，请阅读新版后再决定是否同意。",
)
NOT_GIVEN: Final = Text("There is no consent to withdraw.", "没有可撤回的同意。")
EMPTY: Final = Text("“{field}” is empty. Write it in both languages.", "“{field}”未填写，请用两种语言填写。")
FIELDS: Final = {
    "title": Text("title", "标题"),
    "body": Text("text", "正文"),
    "what_for": Text("what for", "用途"),
    "remains": Text("what remains after a withdrawal", "撤回后的保留内容"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWanted:
    """A text of consent to be put into force; ``asks_again`` ends the force of consents to earlier versions."""

    code: str
    title: Text
    body: Text
    what_for: Text
    remains: Text
    asks_again: bool = True


RESEARCH: Final = TextWanted(
    code="research",
    title=Text("My data in research", "我的数据用于研究"),
    body=Text(
        "The institution may put my learning records, under a pseudonym, into data sets for education research. "
        "My name, number and free texts are left out. Nothing else depends on it: no result, no place and no support "
        "changes whether I consent or not, and I can withdraw at any time with one click.",
        "学校可将我的学习记录以化名形式纳入教育研究数据集，其中不含我的姓名、学号和自由文本。"
        "是否同意不影响我的任何结果、名额或所获支持；我可随时一键撤回。",
    ),
    what_for=Text("Education research with pseudonyms", "使用化名数据的教育研究"),
    remains=Text(
        "Data sets that were handed out before the withdrawal cannot be called back; they name nobody. "
        "Your records here stay, because your studies need them, but go into no further data set.",
        "撤回之前已提供的数据集无法收回，其中不含任何姓名。您在本系统中的记录因培养需要而保留，但不再进入新的数据集。",
    ),
)
SHIPPED: Final = (RESEARCH,)


def consenting(*, space: Space, code: str, at: datetime) -> QuerySet[Person]:
    """Return the people of a space whose consent to a text holds at a moment.

    A consent holds from when it was given until it is withdrawn, and until a version of the text is in force that asks
    again.
    """
    return Person.objects.filter(space=space).filter(Exists(holding(code, at=at).filter(person=OuterRef("pk"))))


def has_consent(person: Person, code: str, at: datetime) -> bool:
    """Return whether a person's consent to a text of their space holds at a moment."""
    return holding(code, at=at).filter(person=person).exists()


def holding(code: str | OuterRef, *, at: datetime) -> QuerySet[Consent]:
    """Return the consents to a text that hold at a moment, of every space; a query around it may name the text."""
    later = {"version__gt": OuterRef("text__version"), "asks_again": True, "since__lte": at}
    asks_again = ConsentText.objects.filter(space=OuterRef("text__space"), code=OuterRef("text__code"), **later)
    going_on = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    own = Consent.objects.filter(text__code=code, text__space=F("person__space"), given_at__lte=at)
    return own.filter(going_on).exclude(Exists(asks_again))


def current_texts(space: Space, *, at: datetime) -> list[ConsentText]:
    """Return the version in force of each text of a space."""
    newest = ConsentText.objects.filter(space=space, code=OuterRef("code"), since__lte=at).order_by("-version")
    later = newest.filter(version__gt=OuterRef("version"))
    return list(ConsentText.objects.filter(space=space, since__lte=at).exclude(Exists(later)).order_by("code"))


def may_keep_registers(account: Account, space: Space) -> bool:
    """Return whether an account keeps the registers of a space: its directors and data protection officers."""
    return guards_people(account, space)


def may_read_registers(account: Account, space: Space) -> bool:
    """Return whether an account reads the registers of a space: everybody who is let into it.

    They name no learner: what is held, why, by which rules, and who answers for it.
    """
    return account.is_let_into(space.pk)


@transaction.atomic
def add_text(*, space: Space, wanted: TextWanted, by: Account | None, at: datetime) -> ConsentText:
    """Put a text, or a new version of one, into force. Earlier versions stay as they were.

    Raises PermissionDenied for all but who keeps the registers, FaultyInputError with every field left empty.
    """
    if by is not None and not may_keep_registers(by, space):
        raise PermissionDenied
    texts = {name: getattr(wanted, name) for name in FIELDS}
    if faults := [
        Fault(code="empty", says=EMPTY, where=name, facts={"field": FIELDS[name]})
        for name, text in texts.items()
        if not (text.en.strip() and text.zh.strip())
    ]:
        raise FaultyInputError(NAME, faults)
    made = _insert_text(space, wanted, by=by, at=at)
    detail: dict[str, str | int] = {"version": made.version, "asks-again": str(made.asks_again)}
    note("consent-text.added", by=by, at=at, space=space, target=f"consent-text:{made.code}", detail=detail)
    return made


def _insert_text(space: Space, wanted: TextWanted, *, by: Account | None, at: datetime) -> ConsentText:
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)  # versions are numbered one after another
    last = ConsentText.objects.filter(space=space, code=wanted.code).order_by("-version").first()
    both = {
        f"{name}_{tongue}": getattr(getattr(wanted, name), tongue).strip() for name in FIELDS for tongue in ("en", "zh")
    }
    return ConsentText.objects.create(
        space=space,
        code=wanted.code,
        version=last.version + 1 if last is not None else 1,
        since=at,
        asks_again=wanted.asks_again,
        made_by=by,
        **both,
    )


def ship_texts(*, space: Space, at: datetime, texts: Iterable[TextWanted] = SHIPPED) -> None:
    """Give a space the texts that come with the product, where it has none of that code."""
    there = set(ConsentText.objects.filter(space=space).values_list("code", flat=True))
    for wanted in texts:
        if wanted.code not in there:
            add_text(space=space, wanted=wanted, by=None, at=at)


@transaction.atomic
def give_consent(*, text: ConsentText, by: Account, at: datetime) -> Consent:
    """Consent to a text oneself. A second time changes nothing.

    Raises PermissionDenied for who is no learner of the space, FaultyInputError where a newer version is in force.
    """
    person = by.person
    if person is None or person.space_id != text.space_id:
        raise PermissionDenied
    return _enter(person, text, way=Consent.Way.OWN, reference="", by=by, at=at)


@transaction.atomic
def record_consent(
    *, person: Person, text: ConsentText, way: str, reference: str, by: Account, at: datetime
) -> Consent:
    """Record for the office a consent that was signed on paper, by the person or by a guardian.

    Raises PermissionDenied, FaultyInputError without the reference of the form or for an earlier version.
    """
    if not may_keep_registers(by, person.space) or text.space_id != person.space_id or way == Consent.Way.OWN:
        raise PermissionDenied
    if not reference.strip():
        raise FaultyInputError(NAME, [Fault(code="no-reference", says=NO_REFERENCE, where="reference")])
    return _enter(person, text, way=way, reference=reference.strip(), by=by, at=at)


def _enter(person: Person, text: ConsentText, *, way: str, reference: str, by: Account, at: datetime) -> Consent:
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # two clicks are one consent
    if ConsentText.objects.filter(
        space=text.space_id, code=text.code, version__gt=text.version, since__lte=at
    ).exists():
        raise FaultyInputError(NAME, [Fault(code="newer", says=NEWER)])
    there = Consent.objects.filter(person=person, text=text, ended_at__isnull=True).first()
    if there is not None:
        return there
    made = Consent.objects.create(person=person, text=text, way=way, reference=reference, given_at=at, given_by=by)
    detail: dict[str, str | int] = {"version": text.version, "way": way}
    target = f"consent-text:{text.code}"
    note("consent.given", by=by, at=at, space=text.space_id, target=target, people=[person.pk], detail=detail)
    return made


@transaction.atomic
def withdraw_consent(*, person: Person, code: str, by: Account, at: datetime) -> None:
    """End every consent of a person to a text, of whatever version: by the person, or by the office for them.

    Raises PermissionDenied, FaultyInputError where there is none.
    """
    if by.person_id != person.pk and not may_keep_registers(by, person.space):
        raise PermissionDenied
    ended = Consent.objects.filter(person=person, text__code=code, ended_at__isnull=True)
    if not ended.update(ended_at=at, ended_by=by):
        raise FaultyInputError(NAME, [Fault(code="not-given", says=NOT_GIVEN)])
    note("consent.withdrawn", by=by, at=at, space=person.space_id, target=f"consent-text:{code}", people=[person.pk])
