"""Filling in, handing in, checking and correcting the attainment of a course: who may, what is refused, what stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from tests.spec.test_attainment import COURSE
from tests.trust.attaining import NOON, furnish_course, scores
from yucai.errors import FaultyInputError
from yucai.governance import Change, Combination, Improvement, Objective, Survey, attainment_from_json
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Person
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.governance.attainment_actions import (
    AttainmentLockedError,
    add_action,
    check_version,
    hand_in,
    open_course,
    open_ticket,
    put_scores,
    put_survey,
    take_records,
    write_analysis,
)
from yucai.web.governance.attainment_digests import AttainmentChangedError
from yucai.web.governance.attainment_maps import put_course_map
from yucai.web.governance.attainment_models import AttainmentScores, AttainmentVersion
from yucai.web.governance.attainment_showing import course_view, earlier_versions, improvements

pytestmark = pytest.mark.django_db
ACTION = Improvement(objective="目标2", what="每周上机一次", who="王老师", by=date(2026, 12, 31))


@pytest.fixture
def course(db):
    return furnish_course("attain")


def last_event():
    return AuditEntry.objects.order_by("-position").first()


def locked(course, *, run=None, at=NOON):
    run = run or course.run
    version = hand_in(run=run, by=course.accounts["teacher"], at=at)
    return check_version(version=version, lock=True, remark="", by=course.accounts["director"], at=at)


def test_a_result_is_locked_by_two_people_with_hash_and_time(course):
    version = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    assert last_event().act == "attainment.handed-in"
    assert version.digest in last_event().detail
    with pytest.raises(PermissionDenied):  # a teacher does not check
        check_version(version=version, lock=True, remark="", by=course.accounts["teacher"], at=NOON)
    found = check_version(version=version, lock=True, remark="ok", by=course.accounts["researcher"], at=NOON)
    assert (found.state, found.checked_by, found.checked_at) == ("locked", course.accounts["researcher"], NOON)
    assert last_event().act == "attainment.locked"
    one = attainment_from_json(found.content).objective("目标1")
    assert (one.value, one.n) == (pytest.approx(0.716), 5)
    assert [(left.state, left.n) for left in one.left_out] == [("absent", 1)]


def test_nobody_checks_what_they_handed_in_themselves(course):
    director = course.accounts["director"]
    version = hand_in(run=course.run, by=director, at=NOON)
    with pytest.raises(PermissionDenied):
        check_version(version=version, lock=True, remark="", by=director, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():  # nor by another door
        AttainmentVersion.objects.filter(pk=version.pk).update(checked_by=director)


@pytest.mark.parametrize("entered", ["scores", "records", "survey", "analysis"])
def test_who_entered_part_of_a_result_cannot_check_it_whoever_hands_it_in(course, entered):
    director, teacher = course.accounts["director"], course.accounts["teacher"]
    if entered == "scores":
        put_scores(run=course.run, scores=scores("attain-a"), source="d.xlsx", by=director, at=NOON)
    elif entered == "records":
        course.run = from_records(course, by=director)
    elif entered == "survey":
        put_survey(run=course.run, survey=None, combination=None, by=director, at=NOON)
    else:
        write_analysis(run=course.run, said="as expected", by=director, at=NOON)
    course.run.refresh_from_db()
    version = hand_in(run=course.run, by=teacher, at=NOON)
    assert set(version.entered_by) >= {director.pk}
    for lock in (True, False):
        with pytest.raises(PermissionDenied):
            check_version(version=version, lock=lock, remark="x", by=director, at=NOON)
    assert (
        check_version(version=version, lock=True, remark="", by=course.accounts["researcher"], at=NOON).state
        == "locked"
    )


def test_who_entered_scores_of_a_version_cannot_check_the_one_that_corrects_it(course):
    director, teacher = course.accounts["director"], course.accounts["teacher"]
    put_scores(run=course.run, scores=scores("attain-a"), source="d.xlsx", by=director, at=NOON)
    version = hand_in(run=course.run, by=teacher, at=NOON)
    check_version(version=version, lock=True, remark="", by=course.accounts["researcher"], at=NOON)
    open_ticket(run=course.run, reason="a word in the analysis", by=teacher, at=NOON)
    write_analysis(run=course.run, said="better said", by=teacher, at=NOON)
    again = hand_in(run=course.run, by=teacher, at=NOON)
    with pytest.raises(PermissionDenied):  # the scores are still those that the director entered
        check_version(version=again, lock=True, remark="", by=director, at=NOON)


def test_a_result_that_was_changed_while_it_waited_is_not_locked(course):
    version = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    AttainmentVersion.objects.filter(pk=version.pk).update(content=version.content.replace("0.7", "0.9", 1))
    with pytest.raises(AttainmentChangedError, match="not what was handed in"):
        check_version(version=version, lock=True, remark="", by=course.accounts["director"], at=NOON)
    version.refresh_from_db()
    assert version.state == "handed-in"


def test_what_waits_or_is_locked_cannot_be_filled_in(course):
    teacher = course.accounts["teacher"]
    version = hand_in(run=course.run, by=teacher, at=NOON)
    for _state in ("waits", "locked"):
        for act in (
            lambda: put_scores(run=course.run, scores=scores("attain-a"), source="x", by=teacher, at=NOON),
            lambda: write_analysis(run=course.run, said="x", by=teacher, at=NOON),
            lambda: put_survey(run=course.run, survey=None, combination=None, by=teacher, at=NOON),
            lambda: hand_in(run=course.run, by=teacher, at=NOON),
        ):
            with pytest.raises(AttainmentLockedError):
                act()
        AttainmentVersion.objects.filter(pk=version.pk).update(state="locked", checked_at=NOON)


def test_a_correction_is_a_version_of_its_own_that_names_the_old_one(course):
    teacher = course.accounts["teacher"]
    first = locked(course)
    with pytest.raises(FaultyInputError, match="reason"):
        open_ticket(run=course.run, reason=" ", by=teacher, at=NOON)
    open_ticket(run=course.run, reason="a resit was missing", by=teacher, at=NOON)
    with pytest.raises(AttainmentLockedError):
        open_ticket(run=course.run, reason="again", by=teacher, at=NOON)
    put_scores(run=course.run, scores=scores("attain-a", absent=False), source="y", by=teacher, at=NOON)
    second = locked(course, at=NOON + timedelta(days=1))
    assert (second.number, second.ticket.corrects, second.ticket.reason) == (2, 1, "a resit was missing")
    assert attainment_from_json(second.content).objective("目标1").n == 6
    again = AttainmentVersion.objects.get(pk=first.pk)
    assert (again.content, again.digest, again.state) == (first.content, first.digest, "locked")
    assert course_view(course.run).state == "locked"
    assert course.run.tickets.get().closed_at is not None


def test_a_returned_result_says_why_and_is_filled_in_again(course):
    version = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    director = course.accounts["director"]
    with pytest.raises(FaultyInputError, match="reason"):
        check_version(version=version, lock=False, remark="", by=director, at=NOON)
    check_version(version=version, lock=False, remark="homework is missing", by=director, at=NOON)
    assert course_view(course.run).state == "returned"
    assert locked(course).number == 2


def test_an_objective_below_expectation_asks_for_an_action_before_it_is_handed_in(course):
    teacher = course.accounts["teacher"]
    put_scores(run=course.run, scores=scores("attain-a", shift=-6), source="x", by=teacher, at=NOON)
    with pytest.raises(FaultyInputError, match="“目标2” lies below") as refused:
        hand_in(run=course.run, by=teacher, at=NOON)
    below = [fault.facts["objective"] for fault in refused.value.faults]
    assert below == ["目标1", "目标2"]  # all at once
    for objective in below:
        add_action(run=course.run, action=replace(ACTION, objective=objective), by=teacher, at=NOON)
    assert hand_in(run=course.run, by=teacher, at=NOON).number == 1
    with pytest.raises(FaultyInputError):
        add_action(run=course.run, action=Improvement(objective="目标9", what="", who="", by=NOON.date()), by=teacher,
                   at=NOON)  # fmt: skip


def test_the_year_after_shows_the_action_and_what_came_after_it(course):
    teacher = course.accounts["teacher"]
    add_action(run=course.run, action=ACTION, by=teacher, at=NOON)
    locked(course)
    after = open_course(map=course.map, group=course.group, term="2026-2027-2", by=teacher, at=NOON)
    put_scores(run=after, scores=scores("attain-a", shift=3), source="z", by=teacher, at=NOON)
    outcomes, before = improvements(earlier_versions(after), course_view(after).result)
    assert [(one.action.what, one.change) for one in outcomes] == [("每周上机一次", Change.UNSURE)]
    assert before.objective("目标2").value == pytest.approx(0.7)
    assert earlier_versions(course.run) == []


def test_only_who_teaches_the_class_or_directs_fills_in(course):
    for role in ("researcher", "student", "bureau", "mentor"):
        with pytest.raises(PermissionDenied):
            put_scores(run=course.run, scores=[], source="x", by=course.accounts[role], at=NOON)
    with pytest.raises(FaultyInputError, match="class of yours"):
        open_course(map=course.map, group=course.other, term="2025-2026-2", by=course.accounts["teacher"], at=NOON)
    with pytest.raises(FaultyInputError, match="already"):
        open_course(map=course.map, group=course.group, term="2025-2026-2", by=course.accounts["teacher"], at=NOON)


def test_scores_above_the_full_marks_change_nothing(course):
    wrong = scores("attain-a")
    wrong[0] = replace(wrong[0], scores={"作业": 101, "期末/目标1": 1})
    with pytest.raises(FaultyInputError, match="101"):
        put_scores(run=course.run, scores=wrong, source="x", by=course.accounts["teacher"], at=NOON)
    assert AttainmentScores.objects.get(run=course.run, person__code="attain-a0").scores["作业"] == 80


def test_a_changed_map_is_a_new_version_and_what_was_worked_out_keeps_its_own(course):
    changed = replace(COURSE, objectives=(Objective(code="目标1", expected=0.5), COURSE.objectives[1]))
    again = put_course_map(space=course.space, course=COURSE, file_name="x", by=course.accounts["teacher"], at=NOON)
    assert again.pk == course.map.pk  # the same content is no new version
    new = put_course_map(space=course.space, course=changed, file_name="x", by=course.accounts["teacher"], at=NOON)
    assert (new.number, course.run.map.number) == (2, 1)


def put_record(course):
    """One student of the class scored half in an exam."""
    item = Item.objects.create(space=course.space, code="exam/x-2026-2027-1", name_en="x", name_zh="x", kind="exam")
    source = DataSource.objects.create(space=course.space, code="e", name_en="e", name_zh="e", purpose="p",
                                       legal_basis="duty", owner="o")  # fmt: skip
    entry = Import.objects.create(source=source, file_name="x", digest="x", at=NOON, by="x", kept=1)
    person = Person.objects.get(code="attain-a1")
    EvidenceRecord.objects.create(came_with=entry, person=person, item=item, score=50, max_score=100)


def from_records(course, *, by):
    """The course of the year after, whose exam an account took from the records."""
    parts = tuple(replace(one, source="exam/x-{term}") if one.code == "期末/目标1" else one for one in COURSE.parts)
    teacher = course.accounts["teacher"]
    made = put_course_map(space=course.space, course=replace(COURSE, parts=parts), file_name="x", by=teacher, at=NOON)
    run = open_course(map=made, group=course.group, term="2026-2027-1", by=teacher, at=NOON)
    put_scores(run=run, scores=scores("attain-a"), source="s.xlsx", by=teacher, at=NOON)
    put_record(course)
    take_records(run=run, by=by, at=NOON)
    run.refresh_from_db()
    for objective in ("目标1", "目标2"):
        add_action(run=run, action=replace(ACTION, objective=objective), by=teacher, at=NOON)
    return run


def test_scores_come_from_the_records_where_the_map_names_an_item(course):
    parts = tuple(replace(one, source="exam/x-{term}") if one.code == "期末/目标1" else one for one in COURSE.parts)
    made = put_course_map(space=course.space, course=replace(COURSE, parts=parts), file_name="x",
                          by=course.accounts["teacher"], at=NOON)  # fmt: skip
    run = open_course(map=made, group=course.group, term="2026-2027-1", by=course.accounts["teacher"], at=NOON)
    with pytest.raises(FaultyInputError, match="exam/x-2026-2027-1"):
        take_records(run=run, by=course.accounts["teacher"], at=NOON)
    put_record(course)
    assert take_records(run=run, by=course.accounts["teacher"], at=NOON) == 1
    assert AttainmentScores.objects.get(run=run).scores == {"期末/目标1": 20.0}  # of 40
    with pytest.raises(FaultyInputError, match="names an item"):
        take_records(run=course.run, by=course.accounts["teacher"], at=NOON)


def recorded(course, code, *marks):
    """A class of its own course, with an item on record and scores in it: student, of a hundred, rater, occasion."""
    item = Item.objects.create(space=course.space, code=code, name_en="x", name_zh="x", kind="exam")
    source = DataSource.objects.create(space=course.space, code=code, name_en="e", name_zh="e", purpose="p",
                                       legal_basis="duty", owner="o")  # fmt: skip
    entry = Import.objects.create(source=source, file_name="x", digest="x", at=NOON, by="x", kept=len(marks))
    for student, score, rater, occasion in marks:
        EvidenceRecord.objects.create(came_with=entry, person=Person.objects.get(code=student), item=item, score=score,
                                      max_score=100, rater=rater, occasion=occasion)  # fmt: skip


def test_an_item_that_two_parts_name_gives_both_their_share_and_two_raters_count_as_their_mean(course):
    parts = tuple(replace(one, source="exam/y") if one.code.startswith("期末") else one for one in COURSE.parts)
    made = put_course_map(space=course.space, course=replace(COURSE, parts=parts), file_name="x",
                          by=course.accounts["teacher"], at=NOON)  # fmt: skip
    run = open_course(map=made, group=course.group, term="2026-2027-1", by=course.accounts["teacher"], at=NOON)
    recorded(course, "exam/y", ("attain-a1", 40, "r1", "1"), ("attain-a1", 60, "r2", "1"), ("attain-a2", 75, "", "1"))
    assert take_records(run=run, by=course.accounts["teacher"], at=NOON) == 2
    found = dict(AttainmentScores.objects.filter(run=run).values_list("person__code", "scores"))
    assert found == {
        "attain-a1": {"期末/目标1": 20.0, "期末/目标2": 30.0},  # half of 40 and of 60
        "attain-a2": {"期末/目标1": 30.0, "期末/目标2": 45.0},
    }


def test_scores_of_several_terms_in_one_item_are_refused_and_none_is_picked(course):
    parts = tuple(replace(one, source="exam/z") if one.code == "作业" else one for one in COURSE.parts)
    made = put_course_map(space=course.space, course=replace(COURSE, parts=parts), file_name="x",
                          by=course.accounts["teacher"], at=NOON)  # fmt: skip
    run = open_course(map=made, group=course.group, term="2026-2027-1", by=course.accounts["teacher"], at=NOON)
    recorded(course, "exam/z", ("attain-a1", 40, "", "2025"), ("attain-a1", 90, "", "2026"))
    with pytest.raises(FaultyInputError, match="several scores in exam/z for 1 student"):
        take_records(run=run, by=course.accounts["teacher"], at=NOON)
    assert not AttainmentScores.objects.filter(run=run).exists()


def test_a_survey_is_combined_with_scores_only_under_a_name(course):
    survey = Survey(asked=6, answers={"目标1": (0, 1, 1, 2, 2)})
    teacher = course.accounts["teacher"]
    with pytest.raises(FaultyInputError) as refused:
        put_survey(run=course.run, survey=survey, combination=Combination(name="", direct=0.5, indirect=0.3),
                   by=teacher, at=NOON)  # fmt: skip
    assert [fault.where for fault in refused.value.faults] == ["name", "direct"]
    put_survey(run=course.run, survey=survey, combination=None, by=teacher, at=NOON)
    assert course_view(course.run).cards[0].one.combined is None
    rule = Combination(name="rule of 2024", direct=0.8, indirect=0.2)
    course.run.refresh_from_db()
    put_survey(run=course.run, survey=survey, combination=rule, by=teacher, at=NOON)
    course.run.refresh_from_db()
    one = course_view(course.run).cards[0].one
    assert one.combined.value == pytest.approx(0.8 * one.value + 0.2 * one.survey.value)
