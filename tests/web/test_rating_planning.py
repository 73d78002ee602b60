"""What a director enters when planning a round: conflicts of interest, capacity, and works that everybody rates."""

import re

import pytest

from tests.web.looks import looks
from tests.web.rating import (
    CODES,
    NOON,
    a_round,
    account,
    common_seat,
    give,
    rate,
    seats_of,
    wish,
)
from yucai.errors import FaultyInputError
from yucai.evidence import ConflictReason, LearnersShown, drawn_again
from yucai.web.accounts.access import advised_people
from yucai.web.accounts.models import Charge, Group, Person
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.rating_planning import RaterConflict, design_of, origin_of, plan_of, planned
from yucai.web.evidence.rating_rounds import close_rating_round, may_open_seat

pytestmark = pytest.mark.django_db


def people():
    return list(Group.objects.get(code="2023-1").people.order_by("code"))


def against(name, learners, reason=ConflictReason.RELATED):
    return tuple(RaterConflict(rater=account(name), person=person, reason=reason) for person in learners)


def codes(refused):
    return [fault.code for fault in refused.value.faults]


def form(**changes):
    usual = {
        "name": "Projects", "occasion": "2026-2027-1", "rubric": "rubric-nine-qualities", "shown": "blind",
        "raters": [account("teacher").pk, account("director").pk], "each": 1, "common": 2, "seed": 7,
    }  # fmt: skip
    return {**usual, **changes}


def add(client, **changes):
    return client.post(f"/ratings/add?group={Group.objects.get(code='2023-1').pk}", form(**changes))


@pytest.fixture
def mentees():
    """The teacher is in charge of three mentees of the class, too."""
    group = Group.objects.create(
        space=people()[0].space, code="mentees-zhao", kind=Group.Kind.MENTEES, name_en="Mentees", name_zh="学生"
    )
    group.people.set(people()[:3])
    Charge.objects.create(account=account("teacher"), group=group)
    return people()[:3]


# Conflicts of interest


def test_advisers_that_the_records_know_are_proposed(signed_in, mentees):
    teacher = account("teacher")
    found = advised_people(Group.objects.get(code="2023-1"))
    assert {person for adviser, person in found if adviser == teacher.pk} == {person.pk for person in mentees}
    director = signed_in("director")
    page = director.get(f"/ratings/add?group={Group.objects.get(code='2023-1').pk}")
    row = next(row for row in page.context["form"].rater_rows if row.pk == teacher.pk)
    assert [person.pk for person, ticked, known in row.people if ticked and known] == [p.pk for p in mentees]
    assert sum(known for _person, _ticked, known in row.people) == 3


def test_what_is_ticked_is_kept_apart_with_its_reason(signed_in, mentees):
    teacher, other = account("teacher"), people()[5]
    ticked = {f"against_{teacher.pk}": [mentees[0].pk, other.pk], f"why_{teacher.pk}": "related"}
    director = signed_in("director")
    checked = add(director, **ticked)
    assert "Conflicts of interest noted: 2." in checked.content.decode()
    add(director, **ticked, open="yes", checked=checked.context["checked"])
    plan = plan_of(RatingRoundRecord.objects.get())
    assert {(c.rater, c.learner, c.reason.value) for c in plan.conflicts} == {
        ("teacher", mentees[0].code, "supervises"),
        ("teacher", other.code, "related"),
    }
    rated = {learner for work in plan.works_of("teacher") for learner in work.learners}
    assert not rated & {mentees[0].code, other.code}


def test_a_conflict_that_leaves_too_few_raters_names_the_learner_and_why(signed_in):
    both = people()[0]
    ticked = {f"against_{account(n).pk}": [both.pk] for n in ("teacher", "director")}
    shown = add(signed_in("director"), **ticked, **{f"why_{account('teacher').pk}": "same-group"})
    page = shown.content.decode()
    assert f"“{both.name_en} {both.code}” needs 1 raters, but only 0 have no conflict of interest" in page
    assert "Teacher Zhao (demo) belongs to the learner&#x27;s group" in page
    assert not re.search(r"\bW\d\d\b", str(shown.context["form"].errors))
    page = add(signed_in("director", "zh"), **ticked).content.decode()
    assert f"“{both.name_zh} {both.code}”需要 1 名评分人，没有利益关系的只有 0 名" in page


def test_conflicts_that_make_severities_inseparable_are_said(signed_in):
    half = len(people()) // 2
    ticked = {
        f"against_{account('teacher').pk}": [person.pk for person in people()[:half]],
        f"against_{account('director').pk}": [person.pk for person in people()[half:]],
    }
    checked = add(signed_in("director"), **ticked)
    assert not checked.context["report"].separable
    assert "conflicts of interest keep them from every work that the others rate" in checked.content.decode()
    checked = add(signed_in("director", "zh"), **ticked)
    assert "双方所评作品均受利益关系所限" in checked.content.decode()


def test_the_check_of_a_design_knows_conflicts_and_capacity_under_the_shown_names():
    plan = planned(wish(conflicts=against("teacher", people()[:2]), capacity={account("teacher").pk: 20}))
    report = design_of(plan, {"teacher": "Zhao", "director": "Lin"})
    assert report.faults == ()
    assert report.n_conflicts == 2
    assert {rater.rater for rater in report.raters} == {"Zhao", "Lin"}


def test_who_does_not_belong_to_the_group_cannot_be_named():
    stranger = Person.objects.exclude(groups__code="2023-1").first()
    with pytest.raises(FaultyInputError) as refused:
        planned(wish(planted=(stranger,), conflicts=against("teacher", [stranger])))
    assert codes(refused) == ["elsewhere"]
    assert "1 of the learners named do not belong" in refused.value.faults[0].in_language("en")


# Capacity


def test_nobody_rates_more_than_was_said(signed_in):
    teacher, director = account("teacher"), account("director")
    client = signed_in("director")
    most = {f"most_{teacher.pk}": 5}
    checked = add(client, **most)
    add(client, **most, open="yes", checked=checked.context["checked"])
    record = RatingRoundRecord.objects.get()
    assert seats_of(record, "teacher").count() == 5
    assert plan_of(record).capacity == {"teacher": 5}
    assert drawn_again(plan_of(record)) == plan_of(record)
    refused = add(client, **{"name": "B", f"most_{teacher.pk}": 5, f"most_{director.pk}": 6}).content.decode()
    assert "who have room for" in refused
    wrong = add(client, **{"name": "B", f"most_{teacher.pk}": "-1"})
    assert f"most_{teacher.pk}" in wrong.context["form"].errors


def test_what_was_entered_stands_there_when_the_form_comes_back(signed_in):
    teacher, learner = account("teacher"), people()[4]
    page = add(signed_in("director"), **{
        "name": "", f"most_{teacher.pk}": 9, f"against_{teacher.pk}": [learner.pk], f"why_{teacher.pk}": "related",
        "planted": [people()[1].pk],
    })  # fmt: skip
    [row] = [row for row in page.context["form"].rater_rows if row.pk == teacher.pk]
    assert (row.chosen, row.most.value(), row.reason, row.n_against) == (True, "9", "related", 1)
    assert page.context["form"]["planted"].value() == [str(people()[1].pk)]


# Common works


def test_whom_the_director_names_is_rated_by_everybody(signed_in):
    chosen, client = people()[7], signed_in("director")
    checked = add(client, planted=[chosen.pk])
    add(client, planted=[chosen.pk], open="yes", checked=checked.context["checked"])
    plan = plan_of(RatingRoundRecord.objects.get())
    assert len(plan.common) == 2
    assert chosen.code in plan.learner_of_common
    for code in plan.common:
        assert {seat.rater for seat in plan.seats if seat.work == code} == {"teacher", "director"}


@pytest.fixture
def earlier():
    """A closed round of the class, two common works rated by both."""
    record = a_round(name="Spring", occasion="2025-2026-2")
    for name in ("teacher", "director"):
        for n in range(2):
            rate(common_seat(record, name, n), 3)
        give(record, account(name))
    close_rating_round(record=record, although=True, by=account("director"), at=NOON)
    record.refresh_from_db()
    return record


def test_works_of_an_earlier_round_are_rated_again_and_are_no_evidence_twice(earlier):
    record = a_round(again=earlier, common=3)
    plan = plan_of(record)
    again = [work for work in plan.works if origin_of(work) is not None]
    assert {origin_of(work) for work in again} == {(earlier.pk, code) for code in plan_of(earlier).common}
    assert {work.code for work in again} < set(plan.common)
    assert len(plan.common) == 3
    for name in ("teacher", "director"):
        for seat in seats_of(record, name):
            rate(seat, 4)
        give(record, account(name))
    n = close_rating_round(record=record, although=False, by=account("director"), at=NOON)
    own = len(plan.seats) - 2 * len(again)
    assert n == own * len(CODES)
    assert EvidenceRecord.objects.current().filter(source_file=record.source).count() == n
    assert not Person.objects.filter(code__startswith="again").exists()


def test_a_work_rated_a_third_time_is_still_the_same(earlier):
    second = a_round(again=earlier, common=2)
    close_rating_round(record=second, although=True, by=account("director"), at=NOON)
    second.refresh_from_db()
    third = plan_of(a_round(name="Third", occasion="2027-2028-1", again=second, common=2))
    assert {origin_of(w) for w in third.works} - {None} == {(earlier.pk, code) for code in plan_of(earlier).common}


def test_a_conflict_holds_for_a_work_that_is_rated_again(earlier):
    first = plan_of(earlier)
    learner = Person.objects.get(code=first.work(first.common[0]).learners[0])
    plan = planned(wish(again=earlier, conflicts=against("teacher", [learner])))
    kept_from = {w.code for w in plan.works} - {w.code for w in plan.works_of("teacher")}
    [work] = [w for w in plan.works if origin_of(w) == (earlier.pk, first.common[0])]
    assert work.code in kept_from


def test_nobody_rates_the_own_work_again(earlier):
    record, first = a_round(again=earlier), plan_of(earlier)
    [work] = [w for w in plan_of(record).works if origin_of(w) == (earlier.pk, first.common[0])]
    seat, teacher = seats_of(record, "teacher").get(work=work.code), account("teacher")
    assert may_open_seat(teacher, seat)
    teacher.person = Person.objects.get(code=first.work(first.common[0]).learners[0])
    assert not may_open_seat(teacher, seat)


def test_what_cannot_be_rated_again_is_said(signed_in, earlier):
    running = a_round(name="Running", occasion="2024-2025-2")
    for changes, found in (
        ({"again": running}, ["not-again"]),
        ({"again": earlier, "occasion": "2025-2026-2"}, ["not-again"]),
        ({"again": earlier, "shown": LearnersShown.NAMES}, ["again-blind"]),
    ):
        with pytest.raises(FaultyInputError) as refused:
            planned(wish(**changes))
        assert codes(refused) == found
    page = add(signed_in("director"), again=running.pk)
    assert "again" in page.context["form"].errors


def test_the_list_of_numbers_says_where_a_work_was_first_rated(signed_in, earlier):
    record = a_round(again=earlier)
    give(record, account("director"))
    page = signed_in("director").get(f"/ratings/rounds/{record.pk}/works").content.decode()
    for code in plan_of(earlier).common:
        assert f"rated again: {code} of “Spring”" in page
    assert len(looks(page="rating-key")) == len(people())
