"""L19: lists and cases of talks have a time of retention like other data sets, and two people let them go."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from tests.trust.listing import NOON, decide, entry_of, furnish_college, listed, opened_case, whole_life
from yucai.errors import FaultyInputError
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.holding_back import hold_person
from yucai.web.erasure.actions import SamePersonError, confirm_erasure
from yucai.web.erasure.carrying import CarryingOut
from yucai.web.erasure.retention import ask_retention, carry_out_retention, due_in
from yucai.web.evidence.models import DataSource
from yucai.web.matching.case_clock import kept_until
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.registers.data_sets import change_retention

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=2 * 366)


@pytest.fixture
def college(db):
    """A college in which one case is over and another is open."""
    made = furnish_college("clock")
    listed(made)
    case = opened_case(made)
    whole_life(case, made.accounts["director"])
    opened_case(made)
    return made


def source_of(college):
    return DataSource.objects.select_related("space").get(space=college.space, code="talks")


def due(college, at):
    return next((one for one in due_in(college.space, at=at) if one.source.code == "talks"), None)


def cleared(college, at=LATER):
    erasure = ask_retention(source=source_of(college), reason="", by=college.accounts["director"], at=at)
    with pytest.raises(SamePersonError):
        confirm_erasure(erasure=erasure, backups_until=at.date(), by=college.accounts["director"], at=at)
    confirm_erasure(erasure=erasure, backups_until=at.date(), by=college.accounts["officer"], at=at)
    erasure.refresh_from_db()
    return carry_out_retention(erasure, CarryingOut(clock=lambda: at))


def page_of(client, college, role, name, *args, **asked):
    client.force_login(college.accounts[role])
    client.cookies["django_language"] = "en"
    return client.get(reverse(name, args=args), asked).content.decode()


def test_talks_stand_in_the_register_of_data_sets_with_purpose_owner_and_months(client, college):
    source = source_of(college)
    assert (source.retention_months, source.legal_basis, source.grade) == (24, "duty", "3")
    assert source.purpose.startswith("Guidance")
    assert "priority lists and cases of talks" in page_of(client, college, "director", "registers", "clock")


def test_l19_a_case_is_past_its_time_so_many_months_after_its_end_and_not_before(college):
    assert due(college, NOON + timedelta(days=700)) is None
    found = due(college, LATER)
    assert (found.cases, found.lists, found.people, found.imports) == (1, 1, 1, 0)
    SupportCase.objects.filter(state="closed").update(ended_at=LATER)
    assert (due(college, LATER).cases, due(college, LATER).lists) == (0, 1)


def test_l19_two_people_let_go_what_is_past_its_time_and_nothing_else(college):
    opened = SupportCase.objects.get(space=college.space, state="alert")
    done = cleared(college)
    assert list(SupportCase.objects.filter(space=college.space)) == [opened]
    assert {one.case for one in CaseDecision.objects.filter(case__space=college.space)} == {opened}
    assert not PriorityRun.objects.filter(space=college.space).exists()
    assert not PriorityEntry.objects.filter(person__space=college.space).exists()
    told = json.loads(done.told)
    assert (told["talks"], told["left"]) == ({"cases": 1, "lists": 1}, 0)
    assert due(college, LATER) is None
    with pytest.raises(FaultyInputError, match="Nothing of"):
        ask_retention(source=source_of(college), reason="", by=college.accounts["director"], at=LATER)


def test_an_open_case_is_never_past_its_time(college):
    SupportCase.objects.filter(state="alert").update(opened_at=NOON - timedelta(days=4000))
    cleared(college)
    assert SupportCase.objects.get(space=college.space).state == "alert"


def test_a_legal_hold_on_the_person_keeps_the_case_and_it_is_said(client, college):
    hold_person(person=college.people["quiet"], reason="a court", review_on=date(2099, 1, 1),
                by=college.accounts["officer"], at=NOON)  # fmt: skip
    assert (due(college, LATER).cases, due(college, LATER).held) == (0, 1)
    cleared(college)
    assert SupportCase.objects.filter(space=college.space).count() == 2


def test_who_works_with_cases_and_the_student_read_until_when_they_are_kept(client, college):
    over = SupportCase.objects.get(space=college.space, state="closed")
    assert kept_until(over, 24) == date(2028, 8, 10)
    for role in ("director", "student"):
        assert "It is kept until 2028-08-10" in page_of(client, college, role, "case", over.pk)
    listed_over = page_of(client, college, "teacher", "cases", "clock", over="1")
    assert "2028-08-10" in listed_over
    assert "A case is kept for 24 months after it is over" in listed_over
    opened = SupportCase.objects.get(space=college.space, state="alert")
    assert "it is kept for 24 more months, then it is forgotten" in page_of(
        client, college, "student", "case", opened.pk
    )


def test_a_keeper_of_the_register_changes_the_months_and_nobody_else(client, college):
    change_retention(source=source_of(college), months=12, by=college.accounts["officer"], at=NOON)
    assert due(college, NOON + timedelta(days=367)).cases == 1
    event = AuditEntry.objects.filter(act="source.retention").order_by("-position").first()
    assert json.loads(event.detail) == {"before": 24, "after": 12}
    with pytest.raises(FaultyInputError, match="0 months are no time"):
        change_retention(source=source_of(college), months=0, by=college.accounts["officer"], at=NOON)
    with pytest.raises(PermissionDenied):
        change_retention(source=source_of(college), months=6, by=college.accounts["teacher"], at=NOON)


def test_the_page_of_time_limits_tells_of_cases_and_lists(client, college):
    SupportCase.objects.filter(state="closed").update(ended_at=NOON - timedelta(days=4000))
    page = page_of(client, college, "officer", "erasures", "clock")
    assert "priority lists and cases of talks" in page
    assert "1 case" in page


def test_a_case_that_was_set_aside_or_taken_back_is_forgotten_too(college):
    opened = SupportCase.objects.get(space=college.space, state="alert")
    decide(opened, college.accounts["director"], "dismissed")
    cleared(college)
    assert not SupportCase.objects.filter(space=college.space).exists()
    assert entry_of(college) is None
