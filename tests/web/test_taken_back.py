"""A verification or rating of an own work taken back by who gave it: nothing erased, the evidence follows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import translation

from tests.web.looks import looks
from tests.web.rating import account
from tests.web.test_own_work_pages import DESCRIBED, NOON, OWN, verify
from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Person
from yucai.web.evidence.actions import check_lake, space_responses, write_lake
from yucai.web.evidence.models import EvidenceRecord, Import, OwnWork, WorkTakenBack
from yucai.web.evidence.own_works import add_work, decide_work, judged_strength
from yucai.web.evidence.showing import show_work, works_of
from yucai.web.evidence.taken_back import take_back_decision
from yucai.web.evidence.taking import GivenOnPagesError, undo_import

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=3)


@pytest.fixture
def rated(db):
    work = add_work(described=DESCRIBED, attachment=None, replaces=None, by=account("student"), at=NOON)
    verify(work, account("teacher"))
    return work


def records(work):
    return EvidenceRecord.objects.filter(person=work.person, source_file=work.source)


def back(work, what="rating", *, by="teacher", reason="I mistook it for another work."):
    return take_back_decision(work=work, what=what, reason=reason, by=account(by), at=LATER)


def send(client, work, what="rating", reason="I mistook it."):
    return client.post(f"/own-works/{work.pk}/take-back", {"what": what, "back_reason": reason})


def test_a_rating_is_taken_back_and_its_evidence_follows(rated):
    [record] = records(rated)
    space = rated.person.space
    write_lake(space, at=NOON)
    taken = back(rated)
    assert not records(rated).filter(replaced_by=None).exists()
    record.refresh_from_db()
    assert (record.score, record.replaced_by) == (3.0, taken.correction)
    assert (taken.correction.version, taken.correction.by, taken.correction.kept) == (2, "teacher", 0)
    assert not Import.objects.get(pk=taken.correction.replaces_id).current
    assert space_responses(space).table.filter(source_file=rated.source).height == 0
    assert check_lake(space) == ()


def test_the_decision_stays_as_it_was_written(rated):
    before = OwnWork.objects.filter(pk=rated.pk).values().get()
    back(rated)
    assert OwnWork.objects.filter(pk=rated.pk).values().get() == before
    rated.refresh_from_db()
    assert (rated.verified, rated.standing_score) == (True, None)
    assert OwnWork.objects.filter(replaces=rated).count() == 0
    with translation.override("en"):
        assert "rating was taken back" in show_work(rated).counts


def test_a_verification_is_taken_back_and_the_work_waits_anew(rated):
    back(rated, "decision")
    anew = OwnWork.objects.get(replaces=rated)
    assert (anew.state, anew.title, anew.score, anew.added_at) == ("waiting", rated.title, None, LATER)
    assert show_work(rated).state == "taken-back"
    assert judged_strength(rated).strength == "weak"
    assert [
        view.pk for view in works_of(rated.person, at=NOON, contested=frozenset()) if view.title == rated.title
    ] == [anew.pk]
    decide_work(work=anew, verdict="verified", reason="Now the right one.", score=1, by=account("teacher"), at=LATER)
    assert list(records(anew).filter(replaced_by=None).values_list("score", flat=True)) == [1.0]
    numbers = {
        r.item.code.rsplit("/", 1)[1]
        for r in EvidenceRecord.objects.filter(source_file__in=[rated.source, anew.source])
    }
    assert len(numbers) == 2


def test_first_the_rating_then_the_verification(rated):
    back(rated)
    back(rated, "decision")
    assert set(rated.taken_back.values_list("what", flat=True)) == {"rating", "decision"}
    assert rated.taken_back.get(what="decision").correction is None


def test_where_a_corrected_version_is_there_none_is_made(rated):
    better = add_work(described=DESCRIBED, attachment=None, replaces=rated, by=account("student"), at=NOON)
    decide_work(work=better, verdict="verified", reason="Fine.", score=None, by=account("teacher"), at=NOON)
    assert [v.pk for v in works_of(rated.person, at=NOON, contested=frozenset()) if v.title == rated.title] == [
        better.pk
    ]
    back(better, "decision")
    anew = OwnWork.objects.get(replaces=better)
    assert {v.pk for v in works_of(rated.person, at=NOON, contested=frozenset()) if v.title == rated.title} == {
        rated.pk,
        anew.pk,
    }
    back(rated, "decision")
    assert OwnWork.objects.filter(replaces=rated).get() == better
    verify(anew, account("teacher"), score=2)
    assert records(anew).filter(replaced_by=None).count() == 1


@pytest.mark.parametrize("name", ["director", "student", "mentor", "researcher", "bureau"])
def test_only_who_gave_it_takes_it_back(signed_in, rated, name):
    with pytest.raises(PermissionDenied):
        back(rated, by=name)
    assert send(signed_in(name), rated).status_code == 403
    assert records(rated).get().replaced_by is None
    assert "Take it back" not in signed_in(name).get(f"/own-works/{rated.pk}/").content.decode()


def test_who_is_no_longer_in_charge_takes_nothing_back(rated):
    account("teacher").spaces.clear()
    with pytest.raises(PermissionDenied):
        back(rated)


def test_what_is_wrong_is_said_at_once(signed_in, rated):
    teacher = signed_in("teacher", "zh")
    answer = send(teacher, rated, what="", reason=" ")
    assert set(answer.context["back"].errors) == {"what", "back_reason"}
    assert "请写明为何收回。" in answer.content.decode()
    with pytest.raises(FaultyInputError) as refused:
        back(rated, reason="x" * 2001)
    assert "2001 characters are too many" in refused.value.faults[0].in_language("en")
    back(rated)
    with pytest.raises(FaultyInputError, match="it was taken back at"):
        back(rated)
    bare = add_work(described=DESCRIBED, attachment=None, replaces=rated, by=account("student"), at=NOON)
    decide_work(work=bare, verdict="returned", reason="No.", score=None, by=account("teacher"), at=NOON)
    with pytest.raises(FaultyInputError, match="the work is not verified"):
        back(bare, "decision")
    assert not WorkTakenBack.objects.filter(work=bare).exists()


def test_the_page_offers_it_and_the_student_sees_it(signed_in, rated):
    page = signed_in("teacher").get(f"/own-works/{rated.pk}/")
    assert "Take it back" in page.content.decode()
    assert send(signed_in("teacher"), rated, reason="Wrong <file>.").status_code == 302
    student = signed_in("student")
    for address in ("/own-works/", f"/own-works/{rated.pk}/"):
        shown = student.get(address).content.decode()
        assert "Teacher Zhao (demo) took back the rating, 2026-" in shown
        assert "Wrong &lt;file&gt;." in shown
    shown = signed_in("student", "zh").get("/own-works/").content.decode()
    assert "收回评分：" in shown
    assert len(looks(page="own-work-take-back", person=OWN)) == 1


def test_the_page_of_the_new_version_says_why_it_waits(signed_in, rated):
    back(rated, "decision")
    anew = OwnWork.objects.get(replaces=rated)
    assert "so it waits anew" in signed_in("teacher").get(f"/own-works/{anew.pk}/").content.decode()
    page = signed_in("student").get(f"/own-works/{rated.pk}/").content.decode()
    assert "verification taken back" in page
    assert "See how the work stands now." in page


def test_the_import_desk_does_not_undo_what_was_given_on_a_page(rated):
    for entry in (records(rated).get().came_with, back(rated).correction):
        with pytest.raises(GivenOnPagesError, match="It is taken back there"):
            undo_import(entry=entry, by="director", at=LATER)


def test_the_import_desk_leads_to_the_work_instead_of_an_undo_that_is_refused(signed_in, rated):
    entry = records(rated).get().came_with
    page = signed_in("director").get("/spaces/demo-college/import/").content.decode()
    assert f"/own-works/{rated.pk}/" in page
    assert f"/import/undo/{entry.pk}" not in page


def test_the_database_keeps_one_of_a_kind_with_its_reason(rated):
    facts = {"work": rated, "by": account("teacher"), "at": datetime(2026, 11, 27, tzinfo=UTC)}
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkTakenBack.objects.create(**facts, what="rating", reason="")
    WorkTakenBack.objects.create(**facts, what="rating", reason="Once.")
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkTakenBack.objects.create(**facts, what="rating", reason="Twice.")


def test_a_person_who_leaves_takes_it_along(rated):
    back(rated)
    person = Person.objects.get(code=OWN)
    assert WorkTakenBack.objects.filter(work__person=person).exists()
