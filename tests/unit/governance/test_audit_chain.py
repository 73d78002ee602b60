"""What holds for any trail: the first place that was touched is found, by an own reading of the formula."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yucai.governance import CHAIN_START, AuditEvent, ChainBreak, ChainedEvent, canonical_bytes, link_of, verify_chain

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.none() | st.integers(1, 2**62)


@st.composite
def events(draw, position):
    return AuditEvent(
        position=position,
        at=START + timedelta(microseconds=draw(st.integers(0, 10**14))),
        written_at=START + timedelta(microseconds=draw(st.integers(0, 10**14))),
        act=draw(WORDS),
        account=draw(NUMBERS),
        space=draw(NUMBERS),
        target=draw(WORDS),
        purpose=draw(WORDS),
        reason=draw(WORDS),
        refused=draw(st.booleans()),
        people=tuple(draw(st.lists(st.integers(1, 2**62), max_size=4, unique=True))),
        detail=draw(st.dictionaries(WORDS, WORDS | st.integers(-(2**40), 2**40), max_size=3)),
    )


@st.composite
def trails(draw, least=1):
    n = draw(st.integers(least, 9))
    key = draw(st.none() | st.binary(min_size=1, max_size=40))
    link, done = CHAIN_START.link, []
    for position in range(1, n + 1):
        event = draw(events(position))
        link = link_of(event, after=link, key=key)
        done.append(ChainedEvent(event=event, link=link))
    return done, key


def plain_link(event, after, key):
    """The formula of the manual, by the standard library alone."""

    def micros(at):
        return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))

    fields = [
        "yucai-audit-1", event.position, micros(event.at), micros(event.written_at), event.act, event.account,
        event.space, event.target, event.purpose, event.reason, event.refused, sorted(event.people),
        dict(sorted(event.detail.items())),
    ]  # fmt: skip
    said = json.loads(canonical_bytes(event))
    assert said == fields
    assert list(said[-1]) == sorted(event.detail)
    message = after + canonical_bytes(event)
    return hashlib.sha256(message).digest() if key is None else hmac.new(key, message, hashlib.sha256).digest()


@given(trails())
def test_the_links_are_those_of_the_formula(made):
    trail, key = made
    after = bytes(32)
    for one in trail:
        after = plain_link(one.event, after, key)
        assert one.link == after
    assert verify_chain(trail, key=key).fault is None


@given(trails(), st.data())
def test_a_changed_event_is_the_first_that_does_not_hold(made, data):
    trail, key = made
    at = data.draw(st.integers(0, len(trail) - 1))
    before = canonical_bytes(trail[at].event)
    other = data.draw(events(at + 1).filter(lambda one: canonical_bytes(one) != before))
    trail[at] = replace(trail[at], event=other)
    verdict = verify_chain(trail, key=key)
    assert (verdict.fault.how, verdict.fault.position, verdict.events) == (ChainBreak.CHANGED, at + 1, at)


@given(trails(least=2), st.data())
def test_a_removed_event_is_the_first_that_is_missing(made, data):
    trail, key = made
    at = data.draw(st.integers(0, len(trail) - 2))
    del trail[at]
    fault = verify_chain(trail, key=key).fault
    assert (fault.how, fault.position, fault.last) == (ChainBreak.MISSING, at + 1, at + 1)


@given(trails(), st.binary(max_size=40))
def test_another_key_holds_nothing(made, other):
    trail, key = made
    if other in {key, (key or b"") + b"\0"} or (key or b"").rstrip(b"\0") == other.rstrip(b"\0"):
        return  # the standard fills a short key with zeros
    assert verify_chain(trail, key=other).fault.position == 1
