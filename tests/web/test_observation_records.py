"""Observation plans and records: drawn by the seed, taken in once, never changed, deleted when their day has come."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from tests.web.observing import (
    CHILDREN,
    NOON,
    ONE,
    SEEN,
    TIMES,
    account,
    body,
    hand_in,
    opened,
    row,
    sent,
    turns_of,
    wanted,
)
from yucai.errors import FaultyInputError
from yucai.evidence import ConsentedChild, SamplingMode
from yucai.web.evidence.observation_models import (
    ObservationEvent,
    ObservationPlan,
    ObservationRow,
    ObservationSession,
)
from yucai.web.evidence.observation_plans import (
    NotDueError,
    PlanClosedError,
    close_plan,
    delete_due_records,
    due_for_deletion,
    open_plan,
    planned,
    schedule_of,
    withdraw_consent,
)
from yucai.web.evidence.observation_records import (
    ConsentWithdrawnError,
    OtherRecordError,
    RecordsGoneError,
    hand_in_record,
    kept_of,
    read_sent,
)

pytestmark = pytest.mark.django_db


def codes_of(told):
    return sorted(fault.code for fault in told.value.faults)


def events(plan):
    return [(event.kind, event.by.username, event.count) for event in plan.events.order_by("pk")]


# Plans


def test_a_plan_has_the_turns_that_its_seed_draws_and_anybody_can_draw_them_again():
    plan = opened()
    drawn = planned(replace(wanted(), name="Another"))
    assert {(t.number, t.child.pseudonym, t.starts, t.observer.username, t.second) for t in plan.turns.all()} == {
        (t.number, t.slot.child, t.slot.starts, t.observer, t.second) for t in drawn.turns
    }
    assert [(slot.child, slot.starts, slot.setting) for slot in schedule_of(plan).slots] == [
        (slot.child, slot.starts, slot.setting) for slot in drawn.schedule.slots
    ]
    assert plan.turns.filter(second=True).count() == 4
    assert plan.scheme_version == "1.0"
    assert events(plan) == [("opened", "director", 12)]


def test_children_stand_as_pseudonyms_with_their_consent_forms_and_nothing_else():
    plan = opened()
    assert set(plan.children.values_list("pseudonym", "consent")) == {(c.child, c.consent) for c in CHILDREN}
    fields = {field.name for field in plan.children.model._meta.get_fields()}
    assert fields == {"id", "plan", "pseudonym", "consent", "withdrawn_at", "turns"}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"name": " "}, ["no-name"]),
        ({"scheme": "nothing"}, ["no-scheme"]),
        ({"seconds": 0}, ["length", "length"]),
        ({"interval_s": 15}, ["no-interval"]),
        ({"mode": SamplingMode.MOMENTARY}, ["interval"]),
        ({"mode": SamplingMode.WHOLE_INTERVAL, "interval_s": 7}, ["interval"]),
        ({"delete_on": date(2026, 11, 25)}, ["too-early"]),
        ({"observers": ()}, ["no-observer"]),
        ({"times": (TIMES[0], (TIMES[0][0] + timedelta(seconds=60), "meal"))}, ["clash"]),
        ({"children": (CHILDREN[0], CHILDREN[0])}, ["duplicate"]),
        ({"name": "", "delete_on": date(2020, 1, 1), "second_share": 2}, ["no-name", "share", "too-early"]),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_with_all_faults(changes, codes):
    with pytest.raises(FaultyInputError) as told:
        planned(wanted(**changes))
    assert codes_of(told) == codes


def test_only_accounts_that_watch_here_are_observers():
    for name in ("student", "bureau"):
        with pytest.raises(FaultyInputError) as told:
            planned(wanted(observers=(account("teacher"), account(name))))
        assert codes_of(told) == ["stranger"]


@pytest.mark.parametrize("name", ["teacher", "student", "mentor", "researcher", "bureau"])
def test_only_a_director_opens_closes_and_deletes(name):
    plan = opened()
    with pytest.raises(PermissionDenied):
        open_plan(wanted=wanted(name="Other"), by=account(name), at=NOON)
    with pytest.raises(PermissionDenied):
        close_plan(plan=plan, by=account(name), at=NOON)
    with pytest.raises(PermissionDenied):
        delete_due_records(plan=plan, by=account(name), at=NOON + timedelta(days=700))


def test_a_name_is_taken_once_in_a_space():
    opened()
    with pytest.raises(FaultyInputError) as told:
        opened()
    assert codes_of(told) == ["name-taken"]


# Records


def test_a_record_is_taken_in_with_every_column_and_a_note_of_it():
    plan = opened()
    turn = turns_of(plan, "teacher").first()
    record = hand_in(turn)
    assert (record.child, record.setting, record.mode, record.exposure_s) == (
        turn.child.pseudonym, turn.setting, "timed-event", 600.0,
    )  # fmt: skip
    assert list(record.rows.order_by("pk").values_list("code", "onset_s", "offset_s", "antecedent", "modifiers")) == [
        ("alone", 0.0, 61.5, None, None),
        ("object-dispute", 60.2, None, None, None),
        ("aggression", 61.5, 72.0, "object-dispute", "form=physical"),
    ]
    assert events(plan)[-1] == ("handed-in", "teacher", 1)


def test_a_session_in_which_nothing_was_seen_counts_too():
    plan = opened()
    hand_in(turns_of(plan, "teacher").first(), rows=())
    [session] = kept_of(plan).observations.sessions
    assert session.exposure_s == 600.0


def test_the_same_record_sent_again_changes_nothing_and_gets_the_same_answer():
    plan = opened()
    turn = turns_of(plan, "teacher").first()
    first, again = hand_in(turn, uuid=str(ONE)), hand_in(turn, uuid=str(ONE), at=NOON + timedelta(days=1))
    assert (first.pk, first.received_at) == (again.pk, again.received_at)
    assert ObservationSession.objects.count() == 1
    assert ObservationRow.objects.count() == 3
    assert [kind for kind, *_ in events(plan)] == ["opened", "handed-in"]


@pytest.mark.parametrize("changes", [{"exposure_s": 599}, {"rows": SEEN[:1]}])
def test_another_record_under_the_same_number_is_refused_and_the_first_stays(changes):
    turn = turns_of(opened(), "teacher").first()
    hand_in(turn, uuid=str(ONE))
    with pytest.raises(OtherRecordError, match="never changed"):
        hand_in(turn, **{"uuid": str(ONE), **changes})
    assert ObservationSession.objects.get().rows.count() == 3


def test_a_number_cannot_be_used_for_another_turn():
    turns = turns_of(opened(), "teacher")
    hand_in(turns[0], uuid=str(ONE))
    with pytest.raises(OtherRecordError):
        hand_in(turns[1], uuid=str(ONE))


def test_the_turn_of_another_is_recorded_by_nobody_else():
    turn = turns_of(opened(), "teacher").first()
    for name in ("director", "researcher", "mentor", "student", "bureau"):
        with pytest.raises(PermissionDenied):
            hand_in_record(sent=sent(turn), by=account(name), at=NOON)
    account("teacher").spaces.clear()
    with pytest.raises(PermissionDenied):
        hand_in_record(sent=sent(turn), by=account("teacher"), at=NOON)
    assert not ObservationSession.objects.exists()


def test_everything_the_library_finds_wrong_is_told_and_nothing_is_kept():
    turn = turns_of(opened(), "teacher").first()
    wrong = (row("jumping", 1), row("alone", 5), row("alone", 10, 700), row("aggression", 20, 30, target="王小明"),
             row("dispute", 25, 40))  # fmt: skip
    with pytest.raises(FaultyInputError) as told:
        hand_in(turn, rows=wrong, exposure_s=601)
    assert codes_of(told) == ["name", "no-end", "outside", "overlap", "too-long", "unknown-code"]
    assert "王小明" not in told.value.in_language("zh")
    assert not ObservationSession.objects.exists()


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"uuid": "1"}, ["field"]),
        ({"starts": "2026-11-24T12:00:00"}, ["field"]),
        ({"turn": True}, ["field"]),
        ({"turn": "1", "exposure_s": "600", "rows": {}}, ["field", "field", "field"]),
        ({"child": "王小明"}, ["unknown-field"]),
        ({"rows": [{"code": "alone", "onset_s": 1, "name": "x"}]}, ["unknown-field"]),
        ({"rows": [{"code": "alone", "onset_s": -1, "density": -2}]}, ["below-zero", "below-zero"]),
        ({"rows": [{"code": "alone", "onset_s": 1, "materials": "x" * 101}]}, ["too-long"]),
        ({"rows": [{"code": "alone", "onset_s": 1, "materials": "\x00"}, 7]}, ["field", "field"]),
        ({"rows": [{"code": "\ud800", "onset_s": 1}]}, ["field"]),
        ({"rows": [{}] * 5001}, ["many"]),
    ],
)
def test_what_is_no_record_is_refused_with_all_faults(change, codes):
    turn = turns_of(opened(), "teacher").first()
    with pytest.raises(FaultyInputError) as told:
        read_sent(json.dumps(body(turn) | change).encode())
    assert codes_of(told) == codes


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"exposure_s": NaN}', b"\xff", b"[" * 100_000, b" " * 2_000_001])
def test_what_is_not_even_an_object_is_refused_in_words(raw):
    with pytest.raises(FaultyInputError, match="stays on the device"):
        read_sent(raw)


def test_what_was_recorded_before_closing_comes_in_afterwards_and_nothing_else():
    plan = opened()
    first, second = turns_of(plan, "teacher")[:2]
    close_plan(plan=plan, by=account("director"), at=first.starts + timedelta(seconds=1))
    hand_in(first)
    with pytest.raises(PlanClosedError, match="Director Lin"):
        hand_in(second)
    with pytest.raises(PlanClosedError):
        close_plan(plan=plan, by=account("director"), at=NOON + timedelta(days=9))
    assert ObservationSession.objects.count() == 1


def test_records_go_on_their_day_with_the_numbers_of_the_forms_and_not_before():
    plan = opened()
    turn = turns_of(plan, "teacher").first()
    hand_in(turn)
    before = NOON.replace(year=2027, month=8, day=30)
    assert due_for_deletion(plan, at=before) == 0
    with pytest.raises(NotDueError):
        delete_due_records(plan=plan, by=account("director"), at=before)
    due = before + timedelta(days=1)
    assert due_for_deletion(plan, at=due) == 1
    assert delete_due_records(plan=plan, by=account("director"), at=due) == 1
    assert not ObservationSession.objects.exists()
    assert not ObservationRow.objects.exists()
    assert set(plan.children.values_list("consent", flat=True)) == {""}
    assert events(plan)[-1] == ("deleted", "director", 1)
    with pytest.raises(RecordsGoneError):
        hand_in(turn, at=due)


def test_a_withdrawn_consent_takes_the_records_of_that_child_and_of_no_other():
    plan = opened()
    first, other = turns_of(plan, "teacher")[0], turns_of(plan, "teacher")[1]
    assert first.child != other.child
    hand_in(first)
    hand_in(other)
    with pytest.raises(PermissionDenied):
        withdraw_consent(child=first.child, by=account("teacher"), at=NOON)
    assert withdraw_consent(child=first.child, by=account("director"), at=NOON) == 1
    assert [session.child for session in kept_of(plan).observations.sessions] == [other.child.pseudonym]
    assert plan.children.get(pk=first.child.pk).consent == ""
    assert events(plan)[-1] == ("withdrawn", "director", 1)
    assert withdraw_consent(child=first.child, by=account("director"), at=NOON) == 0
    assert events(plan)[-2][0] == "handed-in"
    with pytest.raises(ConsentWithdrawnError, match="Throw this record away"):
        hand_in(first)


# What the library gets


def test_first_and_second_record_of_a_turn_stand_side_by_side():
    plan = opened()
    second = plan.turns.filter(second=True).first()
    hand_in(second)
    hand_in(plan.turns.get(number=second.number, second=False))
    kept = kept_of(plan)
    assert len({session.session for session in kept.observations.sessions}) == 1
    assert sorted(session.second for session in kept.observations.sessions) == [False, True]
    assert kept.apart == 0


def test_a_second_record_of_another_length_stands_apart():
    plan = opened()
    second = plan.turns.filter(second=True).first()
    hand_in(second, exposure_s=300)
    hand_in(plan.turns.get(number=second.number, second=False))
    kept = kept_of(plan)
    assert len({session.session for session in kept.observations.sessions}) == 2
    assert kept.apart == 1


def test_a_turn_that_was_interrupted_has_several_sessions():
    plan = opened()
    turn = turns_of(plan, "teacher").first()
    hand_in(turn, exposure_s=200)
    hand_in(turn, exposure_s=150, starts=(turn.starts + timedelta(seconds=400)).isoformat())
    sessions = kept_of(plan).observations.sessions
    assert [session.session for session in sessions] == [f"T{turn.number:03d}", f"T{turn.number:03d}-2"]
    assert sessions[0].starts == localtime(turn.starts)


@pytest.mark.parametrize("mode", [SamplingMode.PARTIAL_INTERVAL, SamplingMode.WHOLE_INTERVAL, SamplingMode.MOMENTARY])
def test_intervals_are_taken_in_on_their_grid(mode):
    plan = opened(mode=mode, interval_s=30)
    turn = turns_of(plan, "teacher").first()
    momentary = mode is SamplingMode.MOMENTARY
    hand_in(turn, rows=[row("alone", 30, None if momentary else 60)], exposure_s=300)
    assert kept_of(plan).observations.sessions[0].n_intervals == 10
    with pytest.raises(FaultyInputError) as told:
        hand_in(turn, rows=[row("alone", 31, None if momentary else 61)], exposure_s=301)
    assert codes_of(told) == ["interval", "off-grid"]


# The database keeps the promises


def test_the_database_refuses_what_no_action_writes():
    plan = opened()
    turn = turns_of(plan, "teacher").first()
    record = hand_in(turn)
    for write in (
        lambda: ObservationPlan.objects.filter(pk=plan.pk).update(interval_s=5),
        lambda: ObservationPlan.objects.filter(pk=plan.pk).update(closed_at=NOON),
        lambda: ObservationSession.objects.filter(pk=record.pk).update(exposure_s=0),
        lambda: ObservationRow.objects.filter(session=record, code="aggression").update(offset_s=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    assert ObservationEvent.objects.filter(plan=plan).count() == 2


@pytest.mark.parametrize("child", [("Wang Xiaoming", "C-1"), ("王小明", "C-1"), ("K-001", "妈妈同意"), ("K-001", "")])
def test_what_may_be_a_name_opens_no_plan_and_is_not_repeated(child):
    with pytest.raises(FaultyInputError) as told:
        opened(children=(ConsentedChild(*child),))
    assert not [word for word in ("王小明", "妈妈", "Wang") if word in told.value.in_language("zh")]
    assert not ObservationPlan.objects.exists()
