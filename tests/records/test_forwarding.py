"""Forwarding: everything once at least and in order, one bad statement holds up no other, and all of it told."""

import hashlib
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.records.other_store import other_store
from tests.records.records_client import new_id, reference, statement, voiding
from yucai.evidence import AttachmentPart, Version, write_multipart
from yucai.web.records.delivering import deliver, deliver_due, resend
from yucai.web.records.following import place_of
from yucai.web.records.forwarding import Destination, StatementFilter, add_forwarding, switch_off, switch_on
from yucai.web.records.forwarding_models import Forwarding
from yucai.web.records.models import RecordCursor, StatementRow
from yucai.web.records.parcels import n_waiting

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)


class Clock:
    """A clock that tests move on."""

    def __init__(self):
        self.now = AT

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def other():
    with other_store() as one:
        yield one


@pytest.fixture
def forwarding(store, other):
    return declared(store, other)


def declared(store, other, **filters):
    to = Destination(address=other.address, version=other.version, key="our-key", secret="our-secret")
    return add_forwarding(store=store, to=to, only=StatementFilter(**filters), by=None, at=AT)


def sent(forwarding, clock, **more):
    return deliver(forwarding, clock=clock, rng=random.Random(1), **more)


def stored(tool, n, **more):
    ids = [new_id() for _ in range(n)]
    assert tool.post([statement(id=own, **more) for own in ids]).status == 200
    return ids


def test_what_a_store_holds_goes_on_in_order_and_with_its_ids(tool, forwarding, other, clock):
    first = stored(tool, 250)
    assert n_waiting(forwarding) == 250
    told = sent(forwarding, clock)
    assert (told.taken, told.aside, told.held) == (250, 0, None)
    then = stored(tool, 3)
    sent(forwarding, clock)
    assert other.ids == first + then
    assert [len(ids) for ids in other.requests] == [200, 50, 3]
    forwarding.refresh_from_db()
    assert (forwarding.n_taken, n_waiting(forwarding), forwarding.last_success_at) == (253, 0, AT)


def test_statements_go_as_they_are_kept(tool, forwarding, other, clock):
    (own,) = stored(tool, 1, result={"score": {"raw": 1.50}})
    sent(forwarding, clock)
    assert other.kept[own] == tool.get(statementId=own).json


def test_references_and_voiding_keep_their_order(tool, forwarding, other, clock):
    (first,) = stored(tool, 1)
    about, gone = new_id(), new_id()
    tool.post(reference(first, id=about))
    tool.post(voiding(first, id=gone))
    sent(forwarding, clock)
    assert other.ids == [first, about, gone]


def test_attachments_go_along(tool, forwarding, other, clock):
    for content in (b"what was written", b""):
        sha2 = hashlib.sha256(content).hexdigest()
        attachment = {
            "usageType": "https://example.edu/essay", "display": {"en": "essay"}, "contentType": "text/plain",
            "length": len(content), "sha2": sha2,
        }  # fmt: skip
        part = AttachmentPart(sha2=sha2, content_type="text/plain", content=content)
        kind, body = write_multipart(json.dumps(statement(id=new_id(), attachments=[attachment])).encode(), [part])
        assert tool.post(body, headers={"Content-Type": kind}).status == 200
    assert sent(forwarding, clock).taken == 2
    assert {sha2: part.content for sha2, part in other.parts.items()} == {
        hashlib.sha256(content).hexdigest(): content for content in (b"what was written", b"")
    }


@pytest.mark.parametrize("status", [400, 409, 413])
def test_the_bad_statement_of_a_batch_is_found_kept_aside_and_sent_again_when_asked(
    tool, forwarding, other, clock, status
):
    ids = stored(tool, 100)
    bad = {ids[0], ids[41], ids[42], ids[99]}
    other.refuse = lambda statements: status if bad & {one["id"] for one in statements} else None
    told = sent(forwarding, clock)
    assert (told.taken, told.aside, told.held) == (96, 4, None)
    assert other.ids == [own for own in ids if own not in bad]
    aside = list(forwarding.undeliverable.order_by("seq"))
    assert [str(one.statement) for one in aside] == [own for own in ids if own in bad]
    assert {(one.status, one.answer) for one in aside} == {(status, '{"error": "not this one"}')}
    bad.discard(ids[41])
    told = resend(forwarding, aside, clock=clock)
    assert (told.taken, told.aside) == (1, 3)
    assert [str(one.statement) for one in forwarding.undeliverable.order_by("seq")] == [ids[0], ids[42], ids[99]]
    assert ids[41] in other.kept


def test_a_statement_that_is_known_there_already_is_done_also_where_that_is_called_a_conflict(
    tool, forwarding, other, clock
):
    ids = stored(tool, 8)
    other.kept[ids[3]] = tool.get(statementId=ids[3]).json
    other.kept[ids[5]] = statement(id=ids[5], verb={"id": "http://example.edu/another"})
    other.refuse = lambda statements: 409 if other.kept.keys() & {one["id"] for one in statements} else None
    told = sent(forwarding, clock)
    assert (told.taken, told.aside) == (7, 1)
    assert str(forwarding.undeliverable.get().statement) == ids[5]


def test_nothing_is_kept_aside_while_everything_is_refused(tool, forwarding, other, clock):
    stored(tool, 30)
    other.refuse = lambda statements: 400
    told = sent(forwarding, clock)
    assert (told.taken, told.aside) == (0, 0)
    assert told.held.en == 'The other store refuses everything (400): {"error": "not this one"}'
    assert not forwarding.undeliverable.exists()
    assert place_of(forwarding.store, forwarding.follower) == 0
    other.refuse = lambda statements: None
    assert sent(forwarding, clock).taken == 30


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, b""), "does not let us in (401)"),
        ((403, b""), "does not let us in (403)"),
        ((404, b""), "No record store answers under the address (404)"),
        ((302, b""), "redirect (302), which is not followed"),
        ((200, b"<html>Welcome to our network</html>"), "is no record store (200"),
        ((200, b'["00000000-0000-4000-8000-000000000000"]'), "is no record store (200"),
        ((429, b""), "takes nothing for now (429)"),
        ((503, b""), "takes nothing for now (503)"),
        ((500, b""), "has a fault (500)"),
        ((502, b""), "has a fault (502)"),
    ],
)
def test_an_answer_that_is_nobodys_fault_holds_everything_where_it_is(tool, forwarding, other, clock, answer, says):
    stored(tool, 5)
    other.answer = answer
    told = sent(forwarding, clock)
    assert says in told.held.en
    assert told.held.zh != told.held.en
    forwarding.refresh_from_db()
    assert forwarding.last_error == told.held
    assert (forwarding.last_error_at, forwarding.last_success_at, forwarding.n_tries) == (AT, None, 1)
    assert n_waiting(forwarding) == 5
    other.answer = None
    assert sent(forwarding, clock).taken == 5


def test_waits_grow_differ_and_end_with_the_first_success(tool, forwarding, other, clock):
    stored(tool, 1)
    other.answer = (503, b"")
    waits = []
    for seed in range(16):
        assert deliver(forwarding, clock=clock, rng=random.Random(seed)).held is not None
        forwarding.refresh_from_db()
        waits.append((forwarding.next_at - clock.now).total_seconds())
        assert deliver_due(clock=clock, rng=random.Random(1)).held is None  # it is not due before
        clock.now = forwarding.next_at
    assert 1.5 <= waits[0] <= 2.5
    assert all(later > earlier for earlier, later in zip(waits[:8], waits[2:10], strict=True))
    assert all(2_700 <= wait <= 4_500 for wait in waits[12:])
    assert len({wait / 2**n for n, wait in enumerate(waits[:8])}) == 8
    other.answer = None
    assert deliver_due(clock=clock, rng=random.Random(1)).taken == 1
    forwarding.refresh_from_db()
    assert (forwarding.n_tries, forwarding.next_at) == (0, None)


def test_a_store_that_cannot_be_reached_is_told_of(tool, store, clock):
    with other_store() as gone:
        forwarding = declared(store, gone)
    stored(tool, 1)
    assert "cannot be reached (Connection refused)" in sent(forwarding, clock).held.en


@pytest.mark.parametrize("how", ["fault", "hangs up"])
def test_a_statement_the_other_store_breaks_on_is_found_in_the_end(tool, forwarding, other, clock, how):
    ids = stored(tool, 50)
    if how == "fault":
        other.refuse = lambda statements: 500 if ids[7] in {one["id"] for one in statements} else None
    else:
        other.hangs_up = lambda body: ids[7].encode() in body
    for _ in range(5):
        assert sent(forwarding, clock).taken == 0
        assert not forwarding.undeliverable.exists()
    told = sent(forwarding, clock)
    assert (told.taken, told.aside, told.held) == (49, 1, None)
    assert str(forwarding.undeliverable.get().statement) == ids[7]


def test_a_right_to_void_that_is_missing_holds_up_nothing_else(tool, forwarding, other, clock):
    (first,) = stored(tool, 1)
    gone = new_id()
    tool.post(voiding(first, id=gone))
    (last,) = stored(tool, 1)
    other.refuse = lambda statements: 403 if gone in {one["id"] for one in statements} else None
    told = sent(forwarding, clock)
    assert (told.taken, told.aside, told.held) == (2, 1, None)
    assert other.ids == [first, last]


def test_a_filter_lets_through_what_fits_and_what_voids_it(tool, store, other, clock, credential):
    passed = {"id": "http://adlnet.gov/expapi/verbs/passed"}
    mine, early, voids_early = (new_id() for _ in range(3))
    tool.post(voiding(early, id=voids_early))  # comes before what it voids
    stored(tool, 3)
    tool.post(statement(id=mine, verb=passed))
    not_mine = stored(tool, 2)
    tool.post(statement(id=early, verb=passed))
    tool.post(voiding(not_mine[0]))
    voids_mine = tool.post(voiding(mine)).json
    forwarding = declared(store, other, verb=passed["id"])
    assert n_waiting(forwarding) == 2
    assert sent(forwarding, clock).held is None
    assert other.ids == [mine, early, voids_early, *voids_mine]
    seen = place_of(store, forwarding.follower)
    stored(tool, 1)
    assert sent(forwarding, clock).taken == 0
    assert place_of(store, forwarding.follower) > seen  # what does not go is looked at once


def test_a_filter_by_credential_and_activity(tool, store, other, clock, credential):
    second = credential("all", name="h5p")
    (own,) = stored(second, 1)
    stored(tool, 1)
    stored(second, 1, object={"id": "https://lms.example.edu/quiz/8"})
    forwarding = declared(store, other, credential=second.key, activity="https://lms.example.edu/quiz/7")
    assert sent(forwarding, clock).taken == 1
    assert other.ids == [own]


def test_a_store_of_the_older_version_gets_what_it_can_take(tool, store, other, clock):
    other.version = Version.V1
    (own,) = stored(tool, 1)
    tool.post(statement(id=new_id(), context={"contextAgents": [{
        "objectType": "contextAgent", "agent": {"mbox": "mailto:a@example.edu"},
        "relevantTypes": ["https://example.edu/tutor"],
    }]}))  # fmt: skip
    other.refuse = lambda statements: (
        400 if any("contextAgents" in one.get("context", {}) for one in statements) else None
    )

    def taken(headers, body, take=other.take):
        from yucai.evidence import RecordRefusedError

        try:
            return take(headers, body)
        except RecordRefusedError as refused:
            return refused.status, refused.in_language("en").encode()

    other.take = taken
    told = sent(declared(store, other), clock)
    assert (told.taken, told.aside) == (1, 1)
    assert other.kept[own]["version"] == "1.0.0"


def test_off_means_nothing_is_sent_and_on_goes_on_from_there(tool, forwarding, other, clock):
    first = stored(tool, 2)
    switch_off(number=forwarding.pk, by=None, at=AT)
    assert deliver_due(clock=clock, rng=random.Random(1)).taken == 0
    assert other.requests == []
    switch_on(number=forwarding.pk, by=None, at=AT)
    assert deliver_due(clock=clock, rng=random.Random(1)).taken == 2
    assert other.ids == first


def test_no_two_send_for_one_forwarding_at_once_and_a_fallen_one_is_taken_over(tool, forwarding, other, clock):
    stored(tool, 2)
    Forwarding.objects.filter(pk=forwarding.pk).update(lease_until=AT + timedelta(seconds=30))
    told = sent(forwarding, clock)
    assert (told.taken, told.held.en[:27]) == (0, "Another process is sending ")
    assert deliver_due(clock=clock, rng=random.Random(1)).held is None
    clock.now += timedelta(seconds=31)
    assert sent(forwarding, clock).taken == 2
    forwarding.refresh_from_db()
    assert forwarding.lease_until is None


def test_who_was_overtaken_stops(tool, forwarding, other, clock):
    stored(tool, 450)
    seqs = list(StatementRow.objects.order_by("seq").values_list("seq", flat=True))

    def overtaken():
        if len(other.requests) == 2:
            RecordCursor.objects.update(seq=seqs[449])
        return AT

    assert deliver(forwarding, clock=overtaken, rng=random.Random(1)).taken == 200
    assert (len(other.requests), place_of(forwarding.store, forwarding.follower)) == (2, seqs[449])


def test_one_request_carries_no_more_than_stores_take(tool, forwarding, other, clock):
    ids = [new_id() for _ in range(5)]
    for own in ids:
        tool.post(statement(id=own, result={"response": "x" * 1_500_000}))
    assert sent(forwarding, clock).taken == 5
    assert [len(found) for found in other.requests] == [2, 2, 1]
    assert other.ids == ids


def test_a_turn_is_bounded_so_that_others_have_theirs(tool, forwarding, other, clock):
    stored(tool, 450)
    assert sent(forwarding, clock, most=2).taken == 400
    assert sent(forwarding, clock, most=2).taken == 50


def test_the_secret_is_kept_encrypted_and_told_nowhere(forwarding):
    assert b"our-secret" not in bytes(forwarding.secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM web_forwarding")
        assert "our-secret" not in str(cursor.fetchall())
    assert "our-secret" not in repr(Destination(address="a", version=Version.V2, key="k", secret="our-secret"))


def test_a_secret_of_another_workspace_key_is_said_to_be_unreadable(tool, forwarding, other, clock, settings):
    from yucai.web.records.credentials import server_key

    stored(tool, 1)
    settings.SECRET_KEY = "another-" + "x" * 40
    server_key.cache_clear()
    try:
        assert "Declare the forwarding again" in sent(forwarding, clock).held.en
    finally:
        settings.SECRET_KEY = ""
        server_key.cache_clear()
    assert other.requests == []
