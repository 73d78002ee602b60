"""How long the trail is kept, and the anchors beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.trust.test_audit_trail import Unguarded, sql
from yucai.governance import ChainBreak
from yucai.web.accounts.audit import anchor_head, head_of, last_stump, note, verify_trail
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
from yucai.web.governance import trail as keeping
from yucai.web.governance.trail import (
    ANCHORS_FILE,
    TermTooShortError,
    TrailBrokenError,
    anchors_beside,
    foresee_retention,
    keep_anchor,
    retain,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_trail_of_its_own(db):
    """A trail that begins here, whatever other tests left in the tables."""
    with Unguarded():
        sql("DELETE FROM web_auditperson", "DELETE FROM web_auditentry", "DELETE FROM web_auditstump")


@pytest.fixture
def years(space):
    """Twelve events, one every half year up to now, each about one person."""
    for n in range(12):
        at = NOON - timedelta(days=180 * (11 - n))
        note("read", by=None, at=at, space=space, target="portrait", people=[7], clock=lambda at=at: at)


def test_three_years_are_kept_and_the_rest_still_holds(years, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)  # several rounds
    foreseen = foresee_retention(months=36, at=NOON)
    done = retain(months=36, by=None, at=NOON)
    assert done == foreseen
    assert (done.events, done.up_to, done.before) == (5, 5, datetime(2023, 11, 27, 12, tzinfo=UTC))
    assert AuditEntry.objects.order_by("position").first().position == 6
    assert AuditPerson.objects.order_by("entry_id").first().entry_id == 6
    verdict = verify_trail()
    assert (verdict.fault, verdict.events, verdict.head.position) == (None, 8, 13)
    assert AuditEntry.objects.get(position=13).act == "audit.cut"


def test_it_is_cut_again_when_more_is_too_old(years):
    retain(months=36, by=None, at=NOON)
    assert retain(months=36, by=None, at=NOON).events == 0
    later = NOON + timedelta(days=400)
    note("read", by=None, at=later, clock=lambda: later)
    assert retain(months=36, by=None, at=later).up_to == 8
    assert last_stump().position == 8
    assert verify_trail().fault is None


def test_less_than_half_a_year_is_refused(years):
    with pytest.raises(TermTooShortError, match="at least 6"):
        retain(months=5, by=None, at=NOON)
    assert retain(months=6, by=None, at=NOON).up_to == 10


def test_a_clock_that_runs_ahead_lets_nothing_go_too_early(years):
    assert foresee_retention(months=36, at=NOON + timedelta(days=3650)) == foresee_retention(months=36, at=NOON)


def test_an_event_stamped_long_ago_by_a_clock_set_back_takes_nothing_with_it(space):
    for at in (NOON, NOON - timedelta(days=4000), NOON):
        note("read", by=None, at=at, clock=lambda at=at: at)
    assert foresee_retention(months=36, at=NOON).events == 0


def test_nothing_of_a_trail_that_does_not_hold_is_let_go(years):
    forged = AuditEntry.objects.order_by("-position").first()
    forged.position += 1
    forged.save(force_insert=True)
    with pytest.raises(TrailBrokenError, match="Event 13 is not as it was written"):
        retain(months=36, by=None, at=NOON)
    assert last_stump() is None


def test_what_is_kept_cannot_be_removed_after_a_cut(years):
    retain(months=36, by=None, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(position=6).delete()


def test_one_event_stays_however_old(years):
    retain(months=6, by=None, at=NOON)
    assert head_of().position == 13


def test_an_empty_trail_lets_nothing_go(db):
    assert retain(months=36, by=None, at=NOON).events == 0


def test_an_anchor_is_kept_once_for_each_end(years, tmp_path):
    first = keep_anchor(tmp_path, at=NOON)
    assert keep_anchor(tmp_path, at=NOON + timedelta(days=1)) == first
    note("read", by=None, at=NOON)
    second = keep_anchor(tmp_path, at=NOON)
    assert anchors_beside(tmp_path) == [first, second]
    assert len((tmp_path / ANCHORS_FILE).read_text().splitlines()) == 2
    assert verify_trail(anchors=anchors_beside(tmp_path)).agreed == 2


def test_an_anchor_of_another_office_is_no_proof(years):
    from dataclasses import replace

    stranger = replace(anchor_head(at=NOON), seal=bytes(32))
    assert verify_trail(anchors=[stranger]).fault.how is ChainBreak.FALSE_SEAL
