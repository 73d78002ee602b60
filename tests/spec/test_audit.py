"""The audit trail: what was read, done or refused, in a chain that shows what was done to it afterwards.

An event names people and accounts by number. Each is bound to all before it by a link, made with the office's key.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yucai.governance import (
    CHAIN_START,
    AnchorUnreadableError,
    AuditEvent,
    ChainBreak,
    ChainedEvent,
    ChainPlace,
    link_of,
    read_anchors,
    seal_place,
    verify_chain,
)

KEY = b"the key of the office"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def read_event(position):
    return AuditEvent(
        position=position, at=NOON, written_at=NOON + timedelta(seconds=position), act="read", account=4, space=1,
        target="portrait", purpose="guidance", people=(position % 7 + 1,),
    )  # fmt: skip


def chained(events, *, key=KEY, after=CHAIN_START):
    done, link = [], after.link
    for event in events:
        link = link_of(event, after=link, key=key)
        done.append(ChainedEvent(event=event, link=link))
    return done


@pytest.fixture
def trail():
    return chained(read_event(n) for n in range(1, 11))


def fault_of(events, **more):
    fault = verify_chain(events, key=KEY, **more).fault
    assert fault is not None
    return fault.how, fault.position, fault.last


def test_a_trail_that_nobody_touched_holds(trail):
    verdict = verify_chain(trail, key=KEY)
    assert (verdict.fault, verdict.events, verdict.head.position) == (None, 10, 10)
    assert verdict.head.link == trail[-1].link


def test_an_empty_trail_holds():
    assert verify_chain([], key=KEY).head == CHAIN_START


@pytest.mark.parametrize(
    "change",
    [
        {"account": 5},
        {"account": None},
        {"people": (2,)},
        {"people": ()},
        {"purpose": "teaching"},
        {"refused": True},
        {"at": NOON + timedelta(microseconds=1)},
        {"written_at": NOON},
        {"detail": {"n": 1}},
        {"target": "portrait-pdf"},
        {"reason": "x"},
        {"act": "write"},
        {"space": 2},
    ],
    ids=lambda change: "-".join(change),
)
def test_whatever_is_changed_of_an_event_shows(trail, change):
    trail[3] = replace(trail[3], event=replace(trail[3].event, **change))
    assert fault_of(trail) == (ChainBreak.CHANGED, 4, 4)


def test_a_removed_event_is_missing(trail):
    del trail[3:5]
    assert fault_of(trail) == (ChainBreak.MISSING, 4, 5)


def test_an_event_put_in_between_is_found_by_the_next_that_holds(trail):
    forged = chained([read_event(4)], after=ChainPlace(position=3, link=trail[2].link), key=b"another key")
    later = [replace(one, event=replace(one.event, position=one.event.position + 1)) for one in trail[3:]]
    assert fault_of([*trail[:3], *forged, *later]) == (ChainBreak.INSERTED, 4, 4)


@pytest.mark.parametrize("other", [4, 5, 8])
def test_exchanged_events_are_named(trail, other):
    first, second = trail[3], trail[other]
    trail[3] = replace(second, event=replace(second.event, position=4))
    trail[other] = replace(first, event=replace(first.event, position=other + 1))
    assert fault_of(trail) == (ChainBreak.SWAPPED, 4, other + 1)


def test_what_is_cut_off_at_the_end_shows_only_by_an_anchor_kept_outside(trail):
    anchor = seal_place(verify_chain(trail, key=KEY).head, kind="anchor", at=NOON, key=KEY)
    assert verify_chain(trail[:7], key=KEY).fault is None
    assert fault_of(trail[:7], anchors=[anchor]) == (ChainBreak.CUT, 8, 10)
    assert verify_chain(trail, key=KEY, anchors=[anchor]).agreed == 1


def test_a_trail_made_anew_by_whoever_holds_the_key_differs_from_an_anchor(trail):
    anchor = seal_place(ChainPlace(position=6, link=trail[5].link), kind="anchor", at=NOON, key=KEY)
    anew = chained([replace(one.event, account=9) for one in trail])
    assert verify_chain(anew, key=KEY).fault is None
    assert fault_of(anew, anchors=[anchor]) == (ChainBreak.REWRITTEN, 6, 6)


def test_without_the_key_nobody_makes_an_event_that_holds(trail):
    forged = chained([read_event(11)], after=ChainPlace(position=10, link=trail[-1].link), key=None)
    assert fault_of([*trail, *forged]) == (ChainBreak.CHANGED, 11, 11)


def test_the_oldest_part_may_go_and_the_rest_still_holds(trail):
    stump = seal_place(ChainPlace(position=4, link=trail[3].link), kind="stump", at=NOON, key=KEY)
    verdict = verify_chain(trail[4:], key=KEY, stump=stump)
    assert (verdict.fault, verdict.events, verdict.head.position) == (None, 6, 10)
    assert fault_of(trail[5:], stump=stump) == (ChainBreak.MISSING, 5, 5)


def test_a_stump_without_the_right_seal_lets_nothing_go(trail):
    place = ChainPlace(position=4, link=trail[3].link)
    for false in (
        seal_place(place, kind="stump", at=NOON, key=b"another key"),
        replace(seal_place(place, kind="anchor", at=NOON, key=KEY), kind="stump"),
    ):
        assert fault_of(trail[4:], stump=false) == (ChainBreak.FALSE_SEAL, 4, 4)


def test_an_anchor_from_before_what_is_kept_is_passed_over_and_counted(trail):
    stump = seal_place(ChainPlace(position=4, link=trail[3].link), kind="stump", at=NOON, key=KEY)
    old = seal_place(ChainPlace(position=2, link=trail[1].link), kind="anchor", at=NOON, key=KEY)
    verdict = verify_chain(trail[4:], key=KEY, stump=stump, anchors=[old])
    assert (verdict.fault, verdict.passed_over) == (None, 1)


def test_a_clock_set_back_is_told_and_breaks_nothing():
    events = [read_event(n) for n in range(1, 6)]
    events[3] = replace(events[3], written_at=NOON - timedelta(days=1))
    verdict = verify_chain(chained(events), key=KEY)
    assert (verdict.fault, verdict.clock_steps) == (None, (4,))


def test_an_anchor_is_one_line_that_is_read_again(trail):
    anchor = seal_place(ChainPlace(position=10, link=trail[-1].link), kind="anchor", at=NOON, key=KEY)
    assert read_anchors(f"\n{anchor.line}\n") == [anchor]
    assert anchor.holds(key=KEY)
    assert not replace(anchor, position=11).holds(key=KEY)


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "yucai-audit-1 anchor 10 2026-11-27T12:00:00+00:00 ab cd",
        "yucai-audit-1 anchor ten 2026-11-27T12:00:00+00:00 " + "ab" * 32 + " " + "cd" * 32,
        "yucai-audit-1 anchor 10 2026-11-27T12:00:00 " + "ab" * 32 + " " + "cd" * 32,
        "yucai-audit-9 anchor 10 2026-11-27T12:00:00+00:00 " + "ab" * 32 + " " + "cd" * 32,
    ],
)
def test_a_line_that_is_no_anchor_is_named(line):
    with pytest.raises(AnchorUnreadableError, match=r"Line 2 .* cannot be read"):
        read_anchors(f"\n{line}")


def test_every_fault_is_a_sentence_in_both_languages(trail):
    fault = verify_chain(trail[:2] + trail[4:], key=KEY).fault
    assert fault.says.en == "Events 3 to 4 are missing: they were removed."
    assert fault.says.zh == "第 3 至 4 号事件缺失：已被删除。"
