"""Consent where it is the true basis: separate, in versions, withdrawn with one click (L3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from yucai.errors import FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.consents import (
    TextWanted,
    add_text,
    consenting,
    current_texts,
    give_consent,
    has_consent,
    record_consent,
    ship_texts,
    withdraw_consent,
)
from yucai.web.accounts.models import Account, Person, Space

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def school(space):
    """Two students, a director, an officer and a teacher, with the texts that come with the product."""
    for code in ("L0", "L1"):
        Person.objects.create(space=space, code=code, name_en=code, name_zh=code)
    for role in ("director", "officer", "teacher", "student"):
        Account.objects.create_user(f"school-{role}", role=role).spaces.add(space)
    Account.objects.filter(username="school-student").update(person=one("L0"))
    ship_texts(space=space, at=NOON)
    return space


def who(role):
    return Account.objects.select_related("person").get(username=f"school-{role}")


def one(code):
    return Person.objects.get(code=code, space__code="school")


def text(space, at=NOON):
    return next(found for found in current_texts(space, at=at) if found.code == "research")


def wanted(**other):
    both = Text("words", "文字")
    return TextWanted(**{"code": "research", "title": both, "body": both, "what_for": both, "remains": both, **other})


def holders(space, at):
    return [person.code for person in consenting(space=space, code="research", at=at)]


def test_a_consent_holds_from_when_it_was_given_until_it_is_withdrawn(school):
    assert holders(school, NOON) == []
    give_consent(text=text(school), by=who("student"), at=NOON)
    assert holders(school, NOON - timedelta(seconds=1)) == []
    assert holders(school, NOON) == ["L0"]
    assert has_consent(one("L0"), "research", NOON)
    assert not has_consent(one("L1"), "research", NOON)
    assert not has_consent(one("L0"), "other", NOON)
    withdraw_consent(person=one("L0"), code="research", by=who("student"), at=LATER)
    assert holders(school, LATER) == []
    assert holders(school, LATER - timedelta(seconds=1)) == ["L0"]  # what was done meanwhile was done with consent


def test_two_clicks_are_one_consent_and_each_act_stands_in_the_trail(school):
    give_consent(text=text(school), by=who("student"), at=NOON)
    give_consent(text=text(school), by=who("student"), at=LATER)
    assert Consent.objects.count() == 1
    withdraw_consent(person=one("L0"), code="research", by=who("student"), at=LATER)
    with pytest.raises(FaultyInputError, match="no consent to withdraw"):
        withdraw_consent(person=one("L0"), code="research", by=who("student"), at=LATER)
    acts = AuditEntry.objects.filter(people__person=one("L0")).order_by("position")
    assert [(entry.act, entry.target) for entry in acts] == [
        ("consent.given", "consent-text:research"),
        ("consent.withdrawn", "consent-text:research"),
    ]


def test_a_new_version_asks_again_and_the_earlier_text_stays_as_it_was(school):
    first = text(school)
    give_consent(text=first, by=who("student"), at=NOON)
    second = add_text(space=school, wanted=wanted(), by=who("officer"), at=LATER)
    assert (second.version, text(school, LATER).pk, text(school).pk) == (2, second.pk, first.pk)
    assert ConsentText.objects.get(pk=first.pk).body_en == first.body_en
    assert holders(school, NOON) == ["L0"]
    assert holders(school, LATER) == []
    with pytest.raises(FaultyInputError, match="newer version"):
        give_consent(text=first, by=who("student"), at=LATER)
    give_consent(text=second, by=who("student"), at=LATER)
    assert holders(school, LATER) == ["L0"]


def test_a_better_wording_that_asks_for_nothing_new_leaves_consents_in_force(school):
    give_consent(text=text(school), by=who("student"), at=NOON)
    add_text(space=school, wanted=wanted(asks_again=False), by=who("director"), at=LATER)
    assert holders(school, LATER) == ["L0"]


def test_withdrawing_ends_consents_to_every_version(school):
    give_consent(text=text(school), by=who("student"), at=NOON)
    second = add_text(space=school, wanted=wanted(asks_again=False), by=who("director"), at=LATER)
    give_consent(text=second, by=who("student"), at=LATER)
    withdraw_consent(person=one("L0"), code="research", by=who("student"), at=LATER + timedelta(days=1))
    assert holders(school, LATER + timedelta(days=1)) == []


@pytest.mark.parametrize("way", ["form", "guardian"])
def test_the_office_records_a_signed_form_with_its_place(school, way):
    facts = {"person": one("L1"), "text": text(school), "way": way, "at": NOON}
    with pytest.raises(FaultyInputError, match="where the signed form lies"):
        record_consent(reference=" ", by=who("officer"), **facts)
    made = record_consent(reference="folder 3, page 12", by=who("officer"), **facts)
    assert (made.way, made.reference, made.given_by) == (way, "folder 3, page 12", who("officer"))
    assert holders(school, NOON) == ["L1"]


def test_nobody_consents_for_somebody_else(school):
    with pytest.raises(PermissionDenied):
        give_consent(text=text(school), by=who("teacher"), at=NOON)
    form = {"person": one("L1"), "text": text(school), "at": NOON, "reference": "x"}
    for role, way in (("teacher", "form"), ("student", "form"), ("officer", "own")):
        with pytest.raises(PermissionDenied):
            record_consent(by=who(role), way=way, **form)
    give_consent(text=text(school), by=who("student"), at=NOON)
    with pytest.raises(PermissionDenied):
        withdraw_consent(person=one("L0"), code="research", by=who("teacher"), at=LATER)
    with pytest.raises(PermissionDenied):
        add_text(space=school, wanted=wanted(), by=who("teacher"), at=NOON)
    elsewhere = Space.objects.create(code="far", name_en="F", name_zh="远", simulated=False, evidence_map="m")
    ship_texts(space=elsewhere, at=NOON)
    with pytest.raises(PermissionDenied):
        give_consent(text=text(elsewhere), by=who("student"), at=NOON)
    assert holders(school, LATER) == ["L0"]


def test_a_text_is_written_in_both_languages(school):
    with pytest.raises(FaultyInputError) as refused:
        add_text(space=school, wanted=wanted(title=Text("x", " "), body=Text("", "")), by=who("officer"), at=NOON)
    assert [fault.where for fault in refused.value.faults] == ["title", "body"]


def test_the_texts_that_come_with_the_product_are_given_once(school):
    ship_texts(space=school, at=LATER)
    assert ConsentText.objects.filter(space=school).count() == 1
