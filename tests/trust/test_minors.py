"""L4 and L5: age asked and never guessed, guardians under 14, approvals under 18, and the yearly pack."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import openpyxl
import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.web.looks import looks
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.web.accounts.access import read_people, read_person
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.ages import years_before
from yucai.web.accounts.audit import note
from yucai.web.accounts.deciding import Reason, decide
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.evidence.actions import preview
from yucai.web.measurement.actions import _measurable
from yucai.web.rights.minors import (
    ApprovalWanted,
    approve_reading,
    end_approval,
    record_guardian,
    set_births,
    set_protection,
    withdraw_guardian,
)
from yucai.web.rights.minors_pack import make_minors_pack

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()
BORN = {
    "kid": years_before(TODAY, 12),
    "teen": years_before(TODAY, 16),
    "adult": years_before(TODAY, 20),
    "unasked": None,
}


@pytest.fixture
def school(space):
    """A child, a youth, a grown-up and one whose age nobody asked, all in the teacher's class."""
    group = Group.objects.create(space=space, code="c1", kind="class", name_en="c1", name_zh="一班")
    for code, born in BORN.items():
        person = Person.objects.create(space=space, code=code, name_en=code, name_zh=code, born=born)
        Membership.objects.create(group=group, person=person)
    for role in ("director", "researcher", "teacher", "mentor", "student", "bureau", "officer"):
        account = Account.objects.create(username=f"school-{role}", role=role)
        account.spaces.add(space)
    for role in ("teacher", "mentor"):
        Charge.objects.create(account=who(role), group=group)
    Account.objects.filter(username="school-student").update(person=one("kid"))
    return space


def who(role):
    return Account.objects.get(username=f"school-{role}")


def one(code):
    return Person.objects.get(code=code, space__code="school")


def approval(space, **changes):
    wanted = {"account": None, "role": "teacher", "group": None, "purpose": "teaching", "reason": "class teacher",
              "until": TODAY + timedelta(days=30), **changes}  # fmt: skip
    return approve_reading(space=space, wanted=ApprovalWanted(**wanted), by=who("officer"), at=NOW)


def guardian(space, code="kid", **changes):
    told = {"guardian": "Zhao Min, mother", "shown": "paper", "reference": "F-12", "given_on": TODAY, **changes}
    return record_guardian(space=space, code=code, by=who("officer"), at=NOW, **told)


def allowed(role, code, page="portrait"):
    return decide(who(role), {one(code).pk}, page=page).allowed


def test_staff_read_of_a_minor_without_an_approval_is_denied_and_written_down(school):
    for role in ("director", "teacher", "mentor", "researcher"):
        assert not allowed(role, "teen"), role
        assert allowed(role, "adult"), role
    with translation.override("en"), pytest.raises(PermissionDenied, match="under 18"):
        read_person(who("teacher"), one("teen").pk, page="portrait", at=NOW)
    (look,) = looks(account="school-teacher")
    assert (look.person, look.refused) == ("teen", True)
    assert decide(who("teacher"), {one("teen").pk}, page="portrait").reason is Reason.MINOR


def test_an_approval_opens_its_people_for_its_purpose_until_its_day(school):
    made = approval(school, group=Group.objects.get(code="c1", space=school))
    assert allowed("teacher", "teen")
    assert not allowed("mentor", "teen")
    assert not allowed("teacher", "teen", page="own-work-decide")  # for another purpose
    pk = one("teen").pk
    assert decide(who("teacher"), {pk}, page="portrait", day=made.until).allowed
    assert not decide(who("teacher"), {pk}, page="portrait", day=made.until + timedelta(days=1)).allowed
    end_approval(approval=made, by=who("officer"), at=NOW)
    assert not allowed("teacher", "teen")


def test_an_approval_of_another_group_or_account_opens_nobody_else(school):
    other = Group.objects.create(space=school, code="c2", kind="class", name_en="c2", name_zh="c2")
    approval(school, group=other)
    assert not allowed("teacher", "teen")
    approval(school, role="", account=who("mentor"), purpose="guidance")
    assert allowed("mentor", "teen")
    assert not allowed("director", "teen")


def test_under_14_nobody_reads_without_a_guardians_consent_whatever_was_approved(school):
    approval(school)
    assert not allowed("teacher", "kid")
    consent = guardian(school)
    assert allowed("teacher", "kid")
    withdraw_guardian(consent=consent, by=who("officer"), at=NOW)
    assert not allowed("teacher", "kid")


def test_the_person_always_reads_of_themself_and_the_officer_of_everybody(school):
    assert allowed("student", "kid")
    assert allowed("student", "kid", page="my-data")
    assert all(allowed("officer", code, page="my-data") for code in BORN)


def test_whose_age_nobody_asked_is_a_minor_where_minors_are_expected(school):
    assert allowed("teacher", "unasked")
    set_protection(space=school, minors_expected=True, request_days=10, source="", by=who("officer"), at=NOW)
    assert not allowed("teacher", "unasked")
    approval(school)
    assert allowed("teacher", "unasked")


@pytest.mark.parametrize(
    ("day", "born", "minor"),
    [("2026-11-27", "2008-11-27", False), ("2026-11-27", "2008-11-28", True), ("2026-02-28", "2008-02-29", True),
     ("2026-03-01", "2008-02-29", False)],
)  # fmt: skip
def test_the_day_somebody_grows_up(school, day, born, minor):
    Person.objects.filter(code="teen", space=school).update(born=born)
    found = decide(who("teacher"), {one("teen").pk}, page="portrait", day=date.fromisoformat(day))
    assert found.allowed == (not minor)


def test_one_minor_shuts_a_list_and_the_cost_does_not_grow_with_its_people(school):
    group = Group.objects.get(code="c1", space=school)
    with pytest.raises(PermissionDenied):
        read_people(who("teacher"), group.people.all(), page="group", at=NOW, group=group)
    Membership.objects.filter(person__code="kid").delete()
    approval(school, group=group)
    few = _queries(group)
    people = [Person(space=school, code=f"p{n}", name_en="x", name_zh="x", born=BORN["teen"]) for n in range(500)]
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create(Membership(group=group, person=person) for person in people)
    assert _queries(group) == few
    Membership.objects.filter(person__in=people).delete()
    Membership.objects.filter(person__code="teen").delete()
    assert _queries(group) == few - 1  # of grown-ups alone nobody asks who is closed


def _queries(group):
    people = {person.pk for person in group.people.all()}
    teacher = who("teacher")
    with CaptureQueriesContext(connection) as asked:
        assert decide(teacher, people, page="group").allowed
    return len(asked)


def test_evidence_of_a_child_without_consent_is_not_taken_in_and_not_measured(school):
    rows = [{"learner": code, "item": "exam/x", "score": 1.0, "max_score": 2.0} for code in BORN]
    responses = Responses.from_table(pl.DataFrame(rows))
    with pytest.raises(FaultyInputError, match="1 person is under 14, and no guardian's consent is on record: kid"):
        preview(responses, space=school, source="x", digest="x")
    assert set(_measurable(responses, school, NOW).table["learner"]) == {"teen", "adult", "unasked"}
    guardian(school)
    assert preview(responses, space=school, source="x", digest="x").kept == 4
    assert len(_measurable(responses, school, NOW)) == 4


def test_only_the_officer_keeps_ages_consents_and_approvals(school):
    wanted = ApprovalWanted(
        account=None, role="teacher", group=None, purpose="teaching", reason="x", until=TODAY + timedelta(days=3)
    )
    for role in ("director", "teacher", "researcher", "student", "bureau"):
        with pytest.raises(PermissionDenied):
            approve_reading(space=school, wanted=wanted, by=who(role), at=NOW)
        with pytest.raises(PermissionDenied):
            set_births(space=school, lines="kid 2015-01-01", by=who(role), at=NOW)
        with pytest.raises(PermissionDenied):
            record_guardian(space=school, code="kid", guardian="x", shown="paper", reference="x", given_on=TODAY,
                            by=who(role), at=NOW)  # fmt: skip
    far = Space.objects.create(code="far", name_en="f", name_zh="f", simulated=False, evidence_map="x")
    with pytest.raises(PermissionDenied):
        set_births(space=far, lines="kid 2015-01-01", by=who("officer"), at=NOW)
    assert not MinorApproval.objects.exists()


WRONG = [
    ({"role": "", "account": None}, "no-one"), ({"role": "student"}, "not-approvable"),
    ({"role": "bureau"}, "not-approvable"),
    ({"purpose": "guidance"}, "no-purpose"), ({"reason": " "}, "empty"), ({"until": TODAY}, "too-long"),
    ({"until": TODAY + timedelta(days=367)}, "too-long"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_what_cannot_be_approved_says_why(school, changes, code):
    with pytest.raises(FaultyInputError) as refused:
        approval(school, **changes)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_nobody_approves_for_themself(school):
    with pytest.raises(FaultyInputError, match="Nobody approves for themself"):
        approval(school, role="", account=who("officer"))
    with pytest.raises(IntegrityError), transaction.atomic():
        MinorApproval.objects.create(
            space=school, account=who("officer"), role="", purpose="teaching", reason="x", until=TODAY,
            approved_by=who("officer"), approved_at=NOW,
        )  # fmt: skip


def test_dates_of_birth_are_entered_whole_or_not_at_all(school):
    with pytest.raises(FaultyInputError) as refused:
        set_births(
            space=school, by=who("officer"), at=NOW,
            lines=f"unasked 2011-05-06\nnobody 2011-05-06\nkid 06.05.2011\nteen {TODAY}\nadult 1899-01-01",
        )  # fmt: skip
    assert [fault.code for fault in refused.value.faults] == ["nobody", "no-day", "no-age", "no-age"]
    assert one("unasked").born is None
    assert set_births(space=school, lines="unasked\t2011-05-06\n\n teen，2010-01-02", by=who("officer"), at=NOW) == 2
    assert (one("unasked").born, one("teen").born) == (date(2011, 5, 6), date(2010, 1, 2))


def test_a_guardian_is_asked_only_for_whom_the_law_asks_one_and_once(school):
    for code, said in (("teen", "not-young"), ("unasked", "not-young"), ("nobody", "unknown")):
        with pytest.raises(FaultyInputError) as refused:
            guardian(school, code)
        assert [fault.code for fault in refused.value.faults] == [said]
    with pytest.raises(FaultyInputError) as refused:
        guardian(school, guardian=" ", reference="", shown="told", given_on=TODAY + timedelta(days=1))
    assert [fault.code for fault in refused.value.faults] == ["empty", "empty", "empty", "future"]
    consent = guardian(school)
    with pytest.raises(FaultyInputError, match="in force already"):
        guardian(school)
    withdraw_guardian(consent=consent, by=who("officer"), at=NOW)
    with pytest.raises(FaultyInputError, match="withdrawn before"):
        withdraw_guardian(consent=consent, by=who("officer"), at=NOW)
    assert GuardianConsent.objects.filter(person=one("kid")).count() == 1
    guardian(school)


def test_the_page_tells_the_officer_whose_age_was_not_asked_and_takes_it(school, client):
    client.force_login(who("officer"))
    address = reverse("minors", args=[school.code])
    client.cookies["django_language"] = "zh-hans"
    assert "有 1 人未询问年龄" in client.get(address).content.decode()
    sent = {"what": "births", "lines": "unasked 2012-01-01", "born": "x", "space": "9"}
    assert client.post(address, sent).status_code == 302
    assert one("unasked").born == date(2012, 1, 1)
    sent = {"what": "approval", "role": "teacher", "purpose": "teaching", "reason": "班主任",
            "until": TODAY + timedelta(days=9), "approved_by": who("director").pk}  # fmt: skip
    client.post(address, sent)
    made = MinorApproval.objects.get(space=school)
    assert made.approved_by == who("officer")
    client.post(reverse("minors_approval_end", args=[school.code, made.pk]))
    made.refresh_from_db()
    assert made.ended_by == who("officer")
    assert client.post(address, {"what": "delete"}).status_code == 403
    assert client.post(reverse("minors_guardian_end", args=[school.code, 987654])).status_code == 403


def test_a_refused_reader_is_told_whom_to_ask(school, client):
    client.force_login(who("teacher"))
    client.cookies["django_language"] = "zh-hans"
    answer = client.get(reverse("portrait", args=[one("teen").pk]))
    assert answer.status_code == 403
    assert "由个人信息保护负责人批准" in answer.content.decode()


# ---- the yearly pack


@pytest.fixture
def year(school):
    """A year with looks allowed and refused, an approval, a consent, and a breach that a child was part of."""
    approval(school)
    guardian(school)
    read_people(who("teacher"), [one("kid"), one("teen"), one("adult")], page="group", at=NOW)
    read_person(who("teacher"), one("teen").pk, page="portrait", at=NOW)
    with pytest.raises(PermissionDenied):
        read_person(who("mentor"), one("teen").pk, page="portrait", at=NOW)
    read_person(who("mentor"), one("adult").pk, page="portrait", at=NOW)
    note("audit.breach", by=None, at=NOW, target="x", people=[one("kid").pk, one("adult").pk])
    return TODAY.year


def rows(workbook, sheet):
    table = openpyxl.load_workbook(io.BytesIO(workbook))[sheet]
    return [tuple(cell.value for cell in row) for row in table.iter_rows(min_row=2)]


def test_the_pack_counts_minors_purposes_looks_approvals_and_incidents(school, year):
    made = make_minors_pack(school, year=year, language="en", by=who("officer"), at=NOW)
    assert (made.under_14, made.under_18, made.unknown) == (1, 1, 1)
    assert rows(made.workbook, "People") == [
        ("Under 14", 1), ("of them with a guardian's consent", 1), ("14 to 17", 1), ("18 and older", 1),
        ("age not asked", 1)
    ]  # fmt: skip
    assert rows(made.workbook, "Who read of minors") == [
        ("Mentor from industry", "guidance of the learner", 0, 0, 1), ("Teacher", "teaching", 2, 2, 0)
    ]  # fmt: skip
    ((for_, of, _purpose, why, *_rest),) = rows(made.workbook, "Approvals of reading")
    assert (for_, of, why) == ("Teacher", "all students", "class teacher")
    incidents = rows(made.workbook, "Incidents")
    assert [row[-1] for row in incidents] == [1, 1]
    pages = PdfReader(io.BytesIO(made.paper)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "yearly audit" in text
    for name in ("kid", "teen", "Zhao Min"):
        assert name not in text


def test_the_pack_is_the_officers_and_that_it_was_made_is_an_event(school, year, client):
    address = reverse("minors_pack", args=[school.code, year])
    client.force_login(who("director"))
    assert client.get(address).status_code == 403
    client.force_login(who("officer"))
    client.cookies["django_language"] = "zh-hans"
    answer = client.get(address)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == [f"minors-{year}.pdf", f"minors-{year}.xlsx"]
        assert rows(archive.read(f"minors-{year}.xlsx"), "人数")[0] == ("未满 14 周岁", 1)
    assert client.get(reverse("minors_pack", args=[school.code, year + 1])).status_code == 403


def test_the_next_year_begins_anew(school, year):
    made = make_minors_pack(school, year=year + 1, language="en", by=None, at=datetime(year + 1, 6, 1, tzinfo=UTC))
    assert rows(made.workbook, "Who read of minors") == []
    assert rows(made.workbook, "Incidents")[0][-1] == 0
