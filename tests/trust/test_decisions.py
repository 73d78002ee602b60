"""The one decision: role and relation and purpose, and what the data were collected for; each look is an event."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.looks import looks, looks_as_a_whole
from yucai.errors import FaultyInputError
from yucai.web.accounts.access import open_group, read_group, read_people, read_person, visible_people
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.deciding import Reason, decide, related_people
from yucai.web.accounts.looks import last_looks, looks_at
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.accounts.purposes import GRANTS, PAGES, Purpose, Related, purpose_for
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.evidence.read_purposes import purposes_of, set_purposes

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ROLES = ("director", "researcher", "teacher", "mentor", "student", "bureau", "officer")


@pytest.fixture
def school(space):
    """Two classes of three; one teacher and one mentor in charge of the first; the student is its first."""
    elsewhere = Space.objects.create(
        code="elsewhere", name_en="E", name_zh="别处", simulated=False, evidence_map="evidence-demo-college"
    )
    groups = [
        Group.objects.create(space=space, code=code, kind="class", name_en=code, name_zh=code) for code in ("c1", "c2")
    ]
    for n in range(6):
        person = Person.objects.create(space=space, code=f"L{n}", name_en=f"L{n}", name_zh=f"L{n}")
        Membership.objects.create(group=groups[n // 3], person=person)
    Person.objects.create(space=elsewhere, code="X", name_en="X", name_zh="X")
    for role in ROLES:
        account = Account.objects.create_user(f"school-{role}", role=role)
        account.spaces.add(space)
    Charge.objects.create(account=who("teacher"), group=groups[0])
    Charge.objects.create(account=who("mentor"), group=groups[0])
    Account.objects.filter(username="school-student").update(person=Person.objects.get(code="L0"))
    return space


def who(role):
    return Account.objects.get(username=f"school-{role}")


def one(code):
    return Person.objects.get(code=code)


# role        own   same class  other class  other space
SEES = """
director      yes   yes         yes          no
researcher    yes   yes         yes          no
teacher       yes   yes         no           no
mentor        yes   yes         no           no
student       yes   no          no           no
bureau        no    no          no           no
officer       yes   yes         yes          no
"""


@pytest.mark.parametrize("line", SEES.strip().splitlines(), ids=lambda line: line.split()[0])
def test_who_stands_in_which_relation_to_whom(school, line):
    role, *said = line.split()
    for code, answer in zip(("L0", "L1", "L5", "X"), said, strict=True):
        allowed = answer == "yes"
        assert decide(who(role), {one(code).pk}, page="who-looked").allowed == allowed
        assert related_people(who(role)).filter(code=code).exists() == allowed
        assert visible_people(who(role)).filter(code=code).exists() == allowed


def test_one_stranger_in_a_list_shuts_the_list(school):
    numbers = {one(code).pk for code in ("L0", "L1", "L5")}
    assert decide(who("teacher"), numbers, page="group").reason is Reason.NO_RELATION
    with pytest.raises(PermissionDenied):
        read_people(who("teacher"), Person.objects.filter(pk__in=numbers), page="group", at=NOON)
    assert {(look.person, look.refused) for look in looks()} == {("L0", True), ("L1", True), ("L5", True)}


def test_a_list_is_one_event_with_all_its_people(school):
    people = Person.objects.filter(groups__code="c1")
    group = Group.objects.get(code="c1")
    read_people(who("teacher"), people, page="group", at=NOON, group=group)
    found = looks()
    assert [(look.person, look.purpose, look.account) for look in found] == [
        (code, "teaching", "school-teacher") for code in ("L0", "L1", "L2")
    ]
    assert len({look.position for look in found}) == 1


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_no_page_but_for_a_purpose_of_both(school, role, page):
    granted, asked = set(GRANTS[Account.Role(role)].purposes), PAGES[page].purposes
    purpose = purpose_for(who(role), page)
    assert purpose == next((one for one in asked if one in granted), None)
    decision = decide(who(role), {one("L0").pk}, page=page)
    if purpose is None:
        assert (decision.allowed, decision.reason) == (False, Reason.WRONG_PURPOSE)
    else:
        by_seat = PAGES[page].related is Related.BY_SEAT
        assert decision.allowed == (by_seat or related_people(who(role)).filter(code="L0").exists())


def test_reading_for_a_purpose_that_is_not_the_roles_is_refused_and_written_down(school):
    with pytest.raises(PermissionDenied):
        read_person(who("teacher"), one("L0").pk, page="statement", at=NOON)
    (look,) = looks()
    assert (look.page, look.account, look.person, look.refused) == ("statement", "school-teacher", "L0", True)


def test_a_page_that_nobody_declared_shows_nobody(school):
    with pytest.raises(KeyError):
        read_person(who("director"), one("L0").pk, page="new-page", at=NOON)


@pytest.fixture
def survey(school):
    """A data set about one student that was collected for quality assurance alone."""
    source = DataSource.objects.create(
        space=school, code="survey", name_en="s", name_zh="问卷", purpose="q", legal_basis="consent", owner="o",
        read_for="quality,upkeep",
    )  # fmt: skip
    entry = Import.objects.create(source=source, file_name="f", digest="d", at=NOON, by="x", kept=1)
    item = Item.objects.create(space=school, code="i", name_en="i", name_zh="i", kind="survey")
    return EvidenceRecord.objects.create(came_with=entry, person=one("L0"), item=item, score=1, max_score=2)


def test_data_are_read_only_for_what_they_were_collected(survey):
    first, second = one("L0").pk, one("L1").pk
    teacher = decide(who("teacher"), {first, second}, page="portrait")
    assert (teacher.allowed, teacher.reason, teacher.source) == (False, Reason.DATA_SET, "survey")
    assert decide(who("teacher"), {second}, page="portrait").allowed  # no value of it is theirs
    assert decide(who("researcher"), {first, second}, page="portrait").allowed
    with pytest.raises(PermissionDenied, match="“survey”"):
        read_person(who("teacher"), first, page="portrait", at=NOON)
    (look,) = looks(account="school-teacher")
    assert (look.refused, look.purpose) == (True, "teaching")


def test_what_is_on_record_about_oneself_is_always_read_by_oneself(survey):
    assert decide(who("student"), {one("L0").pk}, page="portrait").allowed


def test_data_that_are_replaced_shut_nothing(survey):
    EvidenceRecord.objects.update(replaced_by=survey.came_with)
    assert decide(who("teacher"), {one("L0").pk}, page="portrait").allowed


def test_statistics_too_need_data_collected_for_them(survey):
    cohort = Group.objects.create(space=survey.person.space, code="2026", kind="cohort", name_en="2026", name_zh="2026")
    for code in ("L1", "L2", "L3", "L4", "L5"):
        Membership.objects.create(group=cohort, person=one(code))
    assert read_group(who("bureau"), cohort.pk, page="group", at=NOON) == cohort
    Membership.objects.create(group=cohort, person=one("L0"))
    with pytest.raises(PermissionDenied, match="survey"):
        open_group(who("bureau"), cohort.pk, page="group", at=NOON)


def test_a_bureau_sees_groups_as_a_whole_and_its_look_names_nobody(school):
    cohort = Group.objects.create(space=school, code="2026", kind="cohort", name_en="2026", name_zh="2026")
    for n in range(5):
        Membership.objects.create(group=cohort, person=one(f"L{n}"))
    read_group(who("bureau"), cohort.pk, page="group", at=NOON)
    assert [(entry.purpose, entry.refused) for entry in looks_as_a_whole("group")] == [("statistics", False)]
    assert looks() == []
    with pytest.raises(PermissionDenied):
        read_people(who("bureau"), Person.objects.filter(code="L0"), page="group", at=NOON)


def test_an_attempt_at_a_number_that_names_nobody_is_written_down_without_one(school):
    with pytest.raises(PermissionDenied):
        read_person(who("teacher"), 10**30, page="portrait", at=NOON)
    assert [entry.refused for entry in looks_as_a_whole("portrait")] == [True]


@pytest.mark.parametrize("n", [1, 3, 6])
def test_a_look_costs_as_many_questions_for_one_as_for_many(school, n):
    people, director = list(Person.objects.filter(code__startswith="L")[:n]), who("director")
    read_people(director, people, page="group", at=NOON)

    with CaptureQueriesContext(connection) as asked:
        read_people(director, people, page="group", at=NOON)
    assert len(asked) <= 9  # PostgreSQL is asked once more, for the lock of the trail


def test_every_purpose_is_granted_to_somebody_and_asked_for_by_some_page():
    assert {purpose for grant in GRANTS.values() for purpose in grant.purposes} == set(Purpose)
    assert {purpose for page in PAGES.values() for purpose in page.purposes} == set(Purpose)


def test_what_a_data_set_may_be_read_for_is_stated_and_written_down(survey):
    source = survey.came_with.source
    set_purposes(source=source, purposes=["self", "teaching"], by=who("director"), at=NOON)
    assert purposes_of(source) == (Purpose.TEACHING, Purpose.SELF)
    assert decide(who("teacher"), {one("L0").pk}, page="portrait").allowed
    assert decide(who("researcher"), {one("L0").pk}, page="portrait").reason is Reason.DATA_SET
    event = AuditEntry.objects.get(act="source.purposes")
    assert event.detail == '{"after":"teaching,self","before":"quality,upkeep"}'


def test_a_purpose_that_is_none_and_one_that_cannot_be_left_out_are_named_at_once(survey):
    with pytest.raises(FaultyInputError) as told:
        set_purposes(source=survey.came_with.source, purposes=["marketing"], by=None, at=NOON)
    assert [fault.code for fault in told.value.faults] == ["no-purpose", "no-self"]


def test_the_trail_tells_a_person_who_looked_in_the_words_of_the_page(school):
    lin, teacher = one("L0"), who("teacher")
    read_person(teacher, lin.pk, page="portrait", at=NOON)
    read_people(teacher, Person.objects.filter(groups__code="c1"), page="group", at=NOON)
    with pytest.raises(PermissionDenied):
        read_person(who("bureau"), lin.pk, page="portrait", at=NOON)
    read_person(who("director"), one("L5").pk, page="portrait", at=NOON)
    found = looks_at(lin)
    assert [(look.what.en, look.refused, look.people) for look in found] == [
        ("portrait", True, 1), ("class or group", False, 3), ("portrait", False, 1),
    ]  # fmt: skip
    assert [look.what.en for look in last_looks(lin, most=5)] == ["class or group", "portrait"]
    Account.objects.filter(pk=teacher.pk).delete()
    assert [look.who.en for look in looks_at(lin)][1:] == ["an account that is gone"] * 2


def test_figures_of_an_assessment_are_read_only_for_what_its_data_were_collected(survey, client):
    client.force_login(who("teacher"))
    client.cookies["django_language"] = "en"
    page = f"/assessments/{survey.item_id}/"
    refused = client.get(page)
    assert (refused.status_code, "survey" in refused.content.decode()) == (403, True)
    look = AuditEntry.objects.filter(target="assessment").get()
    assert (look.refused, look.purpose, look.reason) == (True, "teaching", "data-set")
    set_purposes(source=survey.came_with.source, purposes=["self", "teaching"], by=who("director"), at=NOON)
    assert client.get(page).status_code == 200
    assert AuditEntry.objects.filter(target="assessment").count() == 1
