"""A follower gets every statement once and in order, stops before a slower writer, and moves from where it stood."""

from datetime import timedelta

import pytest
from django.db import transaction

from tests.records.records_client import new_id, statement, voiding
from yucai.web.records.following import behind, follow, move_cursor, place_of, start_again
from yucai.web.records.keys import stored_of


@pytest.fixture
def kept(tool):
    """The ids of five statements, the second of them voided, in the order of storing."""
    ids = [new_id() for _ in range(4)]
    for own in ids:
        tool.post(statement(id=own))
    return [*ids, *tool.post(voiding(ids[1])).json]


def test_statements_come_in_the_order_of_storing_and_say_what_was_voided(kept, store):
    found = list(follow(store, after=0, most=100))
    assert [one.id for one in found] == kept
    assert [one.voided for one in found] == [False, True, False, False, False]
    assert [one.voiding for one in found] == [False, False, False, False, True]


def test_a_follower_goes_on_where_it_stopped(kept, store):
    assert behind(store, "lake") == 5
    first = list(follow(store, after=place_of(store, "lake"), most=2))
    with transaction.atomic():
        assert move_cursor(store, "lake", seen=0, to=first[-1].seq)
    assert behind(store, "lake") == 3
    assert [one.id for one in follow(store, after=place_of(store, "lake"), most=100)] == kept[2:]


def test_of_two_that_move_the_same_follower_one_is_told(kept, store):
    first, second = list(follow(store, after=0, most=2))
    with transaction.atomic():
        assert move_cursor(store, "lake", seen=0, to=first.seq)
        assert not move_cursor(store, "lake", seen=0, to=second.seq)
    assert place_of(store, "lake") == first.seq


def test_a_slower_writer_is_waited_for(kept, store, monkeypatch):
    third = list(follow(store, after=0, most=3))[-1]
    from yucai.web.records import following
    from yucai.web.records.keys import microsecond_of

    monkeypatch.setattr(following, "watermark", lambda pk: microsecond_of(stored_of(third.seq)))
    assert [one.id for one in follow(store, after=0, most=100)] == kept[:3]


def test_a_follower_can_begin_again(kept, store):
    third = list(follow(store, after=0, most=3))[-1]
    start_again(store, "lake", since=stored_of(third.seq))
    assert [one.id for one in follow(store, after=place_of(store, "lake"), most=9)] == kept[2:]
    start_again(store, "lake", since=stored_of(third.seq) + timedelta(seconds=60))
    assert not list(follow(store, after=place_of(store, "lake"), most=9))
    start_again(store, "lake")
    assert behind(store, "lake") == 5
