"""Rating rounds on the site: planned, checked, rated blind, handed in once, closed into the evidence once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from tests.web.looks import looks
from yucai.errors import FaultyInputError
from yucai.evidence import HandedInAlreadyError, LearnersShown, check_design
from yucai.framework import load_rubric
from yucai.web.accounts.models import Account
from yucai.web.evidence.models import EvidenceRecord, Import
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import RoundWanted, plan_of, planned
from yucai.web.evidence.rating_rounds import (
    Draft,
    RoundClosedError,
    close_rating_round,
    hand_in_seats,
    open_rating_round,
    save_draft,
    seen_by,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CODES = [criterion.code for criterion in load_rubric("rubric-nine-qualities").criteria]


@pytest.fixture
def account(db):
    return lambda name: Account.objects.get(username=name)


@pytest.fixture
def wanted(account, group):
    return RoundWanted(
        group=group("2023-1"), name="Projects", rubric="rubric-nine-qualities", occasion="2026-2027-1",
        raters=(account("teacher"), account("director")), each=1, common=2, shown=LearnersShown.BLIND, seed=7,
    )  # fmt: skip


@pytest.fixture
def opened(wanted, account):
    return open_rating_round(wanted=wanted, reason="", by=account("director"), at=NOON)


def seats_of(record, name):
    return RatingSeatRecord.objects.filter(round=record, rater__username=name).order_by("work")


def common_seat(record, name):
    return seats_of(record, name).get(work=plan_of(record).common[0])


def rate(seat, level, **more):
    save_draft(seat=seat, draft=Draft(levels=dict.fromkeys(CODES, level), **more), by=seat.rater, at=NOON)


def give(record, by, *, minutes=1):
    hand_in_seats(record=record, incomplete=True, by=by, at=NOON + timedelta(minutes=minutes))


def taken(record):
    return EvidenceRecord.objects.filter(source_file=record.source)


def sent(level="3", **changes):
    return {**{f"level_{n}": level for n in range(1, 10)}, "remark": "", "conflict_reason": "", **changes}


def form_of(wanted, **changes):
    return {
        "name": wanted.name, "occasion": wanted.occasion, "rubric": wanted.rubric, "shown": "blind",
        "raters": [account.pk for account in wanted.raters], "each": 1, "common": 2, "seed": wanted.seed, **changes,
    }  # fmt: skip


# Opening


def test_a_round_has_a_seat_for_each_rater_and_work_of_the_plan(opened, group):
    plan = plan_of(opened)
    assert {(seat.rater.username, seat.work) for seat in opened.seats.select_related("rater")} == {
        (seat.rater, seat.work) for seat in plan.seats
    }
    assert {x for work in plan.works for x in work.learners} == {p.code for p in group("2023-1").people.all()}


def test_numbers_of_works_do_not_follow_the_numbers_of_learners(opened):
    learners = [work.learners[0] for work in plan_of(opened).works]
    assert learners != sorted(learners)


def test_a_design_that_cannot_separate_severities_is_refused_in_the_librarys_words(wanted, account):
    apart = replace(wanted, common=0)
    with pytest.raises(FaultyInputError) as refused:
        open_rating_round(wanted=apart, reason=" ", by=account("director"), at=NOON)
    said = refused.value.faults[0].in_language("en")
    assert check_design(planned(apart)).sentences[0].en in said
    assert not RatingRoundRecord.objects.exists()


def test_it_is_opened_all_the_same_with_a_reason_that_stays(wanted, account):
    record = open_rating_round(
        wanted=replace(wanted, common=0), reason="A trial.", by=account("director"), at=NOON
    )  # fmt: skip
    assert record.reason == "A trial."


@pytest.mark.parametrize("name", ["teacher", "student", "mentor", "researcher", "bureau"])
def test_only_a_director_opens_and_closes(wanted, opened, account, name):
    with pytest.raises(PermissionDenied):
        open_rating_round(wanted=replace(wanted, name="Other"), reason="", by=account(name), at=NOON)
    with pytest.raises(PermissionDenied):
        close_rating_round(record=opened, although=True, by=account(name), at=NOON)


def test_nobody_rates_who_may_not_see_the_group_or_belongs_to_it(wanted, account, person):
    teacher = account("teacher")
    for stranger in ("mentor", "student", "bureau"):
        with pytest.raises(FaultyInputError) as refused:
            planned(replace(wanted, raters=(teacher, account(stranger))))
        assert [fault.code for fault in refused.value.faults] == ["stranger"]
    Account.objects.filter(username="student").update(person=None)
    teacher.person = person("2023010001")
    teacher.save()
    with pytest.raises(FaultyInputError, match="belongs to it"):
        planned(wanted)


def test_the_same_rating_cannot_be_planned_twice(wanted, opened, account):
    with pytest.raises(FaultyInputError) as refused:
        open_rating_round(wanted=replace(wanted, name="Again"), reason="", by=account("director"), at=NOON)
    assert {fault.code for fault in refused.value.faults} == {"planned-before"}
    with pytest.raises(FaultyInputError, match="named “Projects” is there already"):
        planned(wanted)


def test_the_page_opens_only_what_was_checked(signed_in, wanted):
    director, address = signed_in("director"), f"/ratings/add?group={wanted.group.pk}"
    first = director.post(address, form_of(wanted))
    assert "Director Lin (demo)" in first.content.decode()
    changed = director.post(address, form_of(wanted, common=3, open="yes", checked=first.context["checked"]))
    assert changed.status_code == 200
    assert not RatingRoundRecord.objects.exists()
    last = director.post(address, form_of(wanted, common=3, open="yes", checked=changed.context["checked"]))
    assert last.status_code == 302
    assert len(plan_of(RatingRoundRecord.objects.get()).common) == 3


# Rating


def test_a_draft_is_kept_and_changed_until_it_is_handed_in(signed_in, opened):
    seat = common_seat(opened, "teacher")
    teacher = signed_in("teacher", "zh")
    teacher.post(f"/ratings/works/{seat.pk}/", sent("2", remark="思路清楚。"))
    teacher.post(f"/ratings/works/{seat.pk}/", sent("4", level_9=""))
    levels = dict(seat.marks.values_list("criterion", "level"))
    assert levels == {**dict.fromkeys(CODES, 4), CODES[8]: None}
    assert not taken(opened).exists()


@pytest.mark.parametrize("level", ["9", "0", "-1", "3.5", "x"])
def test_a_level_that_is_none_is_refused_and_nothing_is_kept(signed_in, opened, level):
    seat = common_seat(opened, "teacher")
    answer = signed_in("teacher").post(f"/ratings/works/{seat.pk}/", sent(level_2=level))
    assert "level_2" in answer.context["form"].errors
    assert not seat.marks.exists()


def test_the_action_and_the_database_refuse_level_nine_too(opened):
    seat = common_seat(opened, "teacher")
    with pytest.raises(FaultyInputError, match="“9” is no level"):
        rate(seat, 9)
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingMark.objects.create(seat=seat, criterion=CODES[0], level=9)


def test_the_seat_of_another_is_neither_seen_nor_rated(signed_in, opened, account):
    foreign = common_seat(opened, "director")
    assert signed_in("teacher").post(f"/ratings/works/{foreign.pk}/", sent()).status_code == 403
    with pytest.raises(PermissionDenied):
        save_draft(seat=foreign, draft=Draft(levels={}), by=account("teacher"), at=NOON)
    assert not foreign.marks.exists()


def test_nobody_opens_a_work_of_their_own(signed_in, opened, account, person):
    seat, teacher = common_seat(opened, "teacher"), account("teacher")
    [learner] = plan_of(opened).work(seat.work).learners
    assert signed_in("teacher").get(f"/ratings/works/{seat.pk}/").status_code == 200
    Account.objects.filter(person__code=learner).update(person=None)
    teacher.person = person(learner)
    teacher.save()
    assert signed_in("teacher").get(f"/ratings/works/{seat.pk}/").status_code == 403
    assert signed_in("teacher").post(f"/ratings/works/{seat.pk}/", sent()).status_code == 403
    assert not seat.marks.exists()


def test_the_forms_are_guarded_against_other_sites(opened, account):
    strict, seat = Client(enforce_csrf_checks=True), common_seat(opened, "teacher")
    strict.force_login(account("teacher"))
    assert strict.post(f"/ratings/works/{seat.pk}/", sent()).status_code == 403
    assert strict.post(f"/ratings/rounds/{opened.pk}/hand-in", {"incomplete": "yes"}).status_code == 403
    assert not seats_of(opened, "teacher").exclude(saved_at=None, handed_in_at=None).exists()


def test_a_rater_who_left_the_institution_rates_no_more(signed_in, opened, account):
    seat = common_seat(opened, "teacher")
    account("teacher").spaces.clear()
    assert signed_in("teacher").get(f"/ratings/works/{seat.pk}/").status_code == 403


def test_a_conflict_of_interest_needs_its_reason_and_gives_no_evidence(signed_in, opened, account):
    seat = common_seat(opened, "teacher")
    answer = signed_in("teacher").post(f"/ratings/works/{seat.pk}/", sent(conflict="on"))
    assert set(answer.context["form"].errors) == {"conflict_reason"}
    rate(seat, 5, conflict=True, conflict_reason="My niece.")
    give(opened, account("teacher"))
    close_rating_round(record=opened, although=True, by=account("director"), at=NOON)
    assert not taken(opened).exists()


# Blind


def test_nothing_of_others_is_seen_before_the_own_hand_in(signed_in, opened, account):
    theirs, mine = common_seat(opened, "director"), common_seat(opened, "teacher")
    rate(theirs, 5, remark="Outstanding")
    give(opened, account("director"))
    assert seen_by(account("teacher"), opened, mine.work) == {}
    before = signed_in("teacher").get(f"/ratings/works/{mine.pk}/")
    assert "Director Lin" not in before.content.decode()
    assert before.context["form"]["level_1"].value() == ""
    assert "levels" not in before.context
    rate(mine, 2)
    give(opened, account("teacher"), minutes=2)
    assert seen_by(account("teacher"), opened, mine.work) == {"director": dict.fromkeys(CODES, 5)}
    after = signed_in("teacher").get(f"/ratings/works/{mine.pk}/").content.decode()
    assert "Director Lin" in after
    assert "Outstanding" not in after


def test_a_work_left_open_stays_closed_to_that_rater(opened, account):
    theirs, mine = common_seat(opened, "director"), common_seat(opened, "teacher")
    rate(theirs, 5)
    give(opened, account("director"))
    give(opened, account("teacher"), minutes=2)
    assert seen_by(account("teacher"), opened, mine.work) == {}


def test_a_blind_work_shows_no_learner_and_writes_down_no_look(signed_in, opened):
    seat = common_seat(opened, "teacher")
    [learner] = plan_of(opened).work(seat.work).learners
    assert learner not in signed_in("teacher").get(f"/ratings/works/{seat.pk}/").content.decode()
    assert not looks(page="rating-seat")


def test_a_learner_that_is_shown_is_written_down(signed_in, wanted, account):
    named = replace(wanted, shown=LearnersShown.NUMBERS)
    record = open_rating_round(wanted=named, reason="", by=account("director"), at=NOON)
    seat = common_seat(record, "teacher")
    [learner] = plan_of(record).work(seat.work).learners
    assert learner in signed_in("teacher").get(f"/ratings/works/{seat.pk}/").content.decode()
    assert [look.person for look in looks(page="rating-seat")] == [learner]


def test_a_director_who_rates_blind_reads_the_list_of_names_only_afterwards(signed_in, opened, account):
    address = f"/ratings/rounds/{opened.pk}/works"
    assert signed_in("director").get(address).status_code == 403
    give(opened, account("director"))
    assert signed_in("director").get(address).status_code == 200
    assert len(looks(page="rating-key")) == opened.group.people.count()


# Handing in and closing


def test_handing_in_says_first_what_is_open_and_is_final(signed_in, opened, account):
    seat, address = common_seat(opened, "teacher"), f"/ratings/rounds/{opened.pk}/hand-in"
    rate(seat, 3)
    assert "left open" in signed_in("teacher").post(address).content.decode()
    assert signed_in("teacher").post(address, {"incomplete": "yes"}).status_code == 302
    with pytest.raises(HandedInAlreadyError):
        rate(seat, 4)
    with pytest.raises(HandedInAlreadyError):
        give(opened, account("teacher"))
    assert set(seat.marks.values_list("level", flat=True)) == {3}


def test_closing_takes_what_was_handed_in_exactly_once(opened, account):
    mine, draft = common_seat(opened, "teacher"), common_seat(opened, "director")
    rate(mine, 4)
    rate(draft, 1)
    give(opened, account("teacher"))
    director = account("director")
    with pytest.raises(FaultyInputError, match="director"):
        close_rating_round(record=opened, although=False, by=director, at=NOON)
    assert close_rating_round(record=opened, although=True, by=director, at=NOON) == len(CODES)
    with pytest.raises(RoundClosedError):
        close_rating_round(record=opened, although=True, by=director, at=NOON)
    [learner] = plan_of(opened).work(mine.work).learners
    rows = taken(opened).values_list("person__code", "item__code", "rater", "occasion", "score", "max_score")
    assert set(rows) == {(learner, code, "teacher", "2026-2027-1", 3.0, 4.0) for code in CODES}
    assert taken(opened).count() == len(CODES)
    assert Import.objects.filter(source__code="rating-rounds").count() == 1
    with pytest.raises(RoundClosedError):
        give(opened, director)


def test_levels_are_on_the_page_of_the_round_only_once_it_is_closed(signed_in, opened, account):
    rate(common_seat(opened, "teacher"), 4)
    give(opened, account("teacher"))
    address = f"/ratings/rounds/{opened.pk}/"
    assert signed_in("researcher").get(address).context["levels"] == []
    close_rating_round(record=opened, although=True, by=account("director"), at=NOON)
    [(work, levels)] = signed_in("researcher").get(address).context["levels"]
    assert work == plan_of(opened).common[0]
    assert {cells for _criterion, cells in levels.rows} == {("4",)}
