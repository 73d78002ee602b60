"""A feed takes in by itself what comes: some time after it came, each statement once, and never in circles."""

from datetime import timedelta

import pytest

from tests.feeds.lessons import answered, scores, sent, took, voids, wish
from yucai.web.accounts.models import Account
from yucai.web.commands.working import job_handlers
from yucai.web.evidence.models import Import
from yucai.web.evidence.taking import undo_import
from yucai.web.feeds.actions import (
    NotTakenInError,
    change_mapping,
    declare_actor,
    follow_again,
    forget_keys,
    look_again,
    stop_following,
)
from yucai.web.feeds.due import ask_due, ask_taking, run_feed
from yucai.web.feeds.models import EvidenceFeed
from yucai.web.jobs.actions import claim_next, run_next
from yucai.web.jobs.models import Job
from yucai.web.records.keys import stored_of
from yucai.web.records.models import StatementRow

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def last_stored():
    return stored_of(StatementRow.objects.order_by("-seq").values_list("seq", flat=True)[0])


def worked(at):
    """Ask for what is due and do it; give what became of the jobs."""
    ask_due(at=at)
    outcomes = []
    while (outcome := run_next(job_handlers(), clock=lambda: at)) is not None:
        assert outcome.problem is None, outcome.problem
        outcomes.append(outcome.job)
    return outcomes


@pytest.fixture
def following(feed, tool):
    """A feed that was taken in once."""
    sent(tool, answered("01", "1", 7))
    took(feed, at=last_stored())
    feed.refresh_from_db()
    return feed


def test_nothing_is_taken_in_before_somebody_took_in_once(feed, tool):
    sent(tool, answered("01", "1", 7))
    assert ask_due(at=last_stored() + 60 * MINUTE) == []
    with pytest.raises(NotTakenInError):
        follow_again(feed=feed)


def test_what_came_is_taken_in_when_the_lesson_is_over(following, tool):
    sent(tool, answered("02", "1", 5))
    assert worked(last_stored() + MINUTE) == []
    (job,) = worked(last_stored() + 3 * MINUTE)
    job.refresh_from_db()
    assert (job.kind, job.state) == (f"feed:{following.pk}", Job.State.DONE)
    assert "1 score new" in job.message_en
    assert scores(following) == [("01", "exam/1", 7.0), ("02", "exam/1", 5.0)]
    assert Import.objects.filter(source__code__startswith="xapi").get(current=True).by == "feed"


def test_a_tool_that_never_rests_does_not_put_it_off_for_ever(following, tool):
    sent(tool, answered("02", "1", 5))
    first = StatementRow.objects.order_by("-seq").first()
    sent(tool, answered("03", "1", 5))
    seq = StatementRow.objects.order_by("-seq").values_list("seq", flat=True)[0]
    later = seq + ((20 * 60 * 1_000_000) << 11)  # the second came 20 minutes later
    StatementRow.objects.filter(seq=seq).update(seq=later)
    assert ask_due(at=stored_of(first.seq) + 14 * MINUTE) == []
    assert len(ask_due(at=stored_of(first.seq) + 16 * MINUTE)) == 1


def test_it_looks_once_at_what_came_and_then_rests(following, tool):
    sent(tool, answered("02", "1", 5))
    at = last_stored() + 3 * MINUTE
    assert len(worked(at)) == 1
    for hour in range(1, 5):
        assert worked(at + timedelta(hours=hour)) == []
    assert Import.objects.filter(source__code__startswith="xapi").count() == 2


def test_what_needs_a_yes_waits_for_it_without_looking_again(following, tool):
    ids = sent(tool, *(answered("02", f"{n}", 5) for n in range(20)))
    worked(last_stored() + 3 * MINUTE)
    sent(tool, *(voids(one) for one in ids))
    at = last_stored() + timedelta(hours=2)
    (job,) = worked(at)
    job.refresh_from_db()
    assert "Not taken in" in job.message_en
    assert "20 rows would no longer count" in job.message_en
    following.refresh_from_db()
    assert (following.waiting, following.tries) == (True, 0)
    assert len(scores(following)) == 21
    assert worked(at + timedelta(days=1)) == []
    sent(tool, answered("03", "1", 5))
    assert len(worked(last_stored() + timedelta(days=2))) == 1
    following.refresh_from_db()
    assert following.waiting


def test_a_stopped_feed_and_one_that_was_undone_take_nothing_in(following, tool):
    stop_following(feed=following)
    sent(tool, answered("02", "1", 5))
    at = last_stored() + timedelta(hours=1)
    assert worked(at) == []
    follow_again(feed=following)
    assert len(worked(at)) == 1
    undo_import(entry=Import.objects.filter(source__code__startswith="xapi").get(current=True), by="lin", at=at)
    sent(tool, answered("03", "1", 5))
    assert worked(last_stored() + timedelta(days=1)) == []
    following.refresh_from_db()
    took(following)
    assert len(scores(following)) == 3
    sent(tool, answered("03", "2", 5))
    assert len(worked(last_stored() + timedelta(days=2))) == 1


def test_a_feed_stopped_after_it_was_asked_for_takes_nothing_in(following, tool):
    sent(tool, answered("02", "1", 5))
    at = last_stored() + 3 * MINUTE
    (job,) = ask_due(at=at)
    stop_following(feed=following)
    said = run_feed(job, lambda done, text: None, at=at)
    assert "does not take in by itself" in said.en
    assert len(scores(following)) == 1


def test_what_fails_is_tried_again_later_each_time(following, tool):
    sent(tool, answered("02", "1", 5))
    at = last_stored() + 3 * MINUTE
    pauses = []
    for _ in range(4):
        (job,) = ask_due(at=at)
        Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, ended_at=at)
        following.refresh_from_db()
        pauses.append((following.next_look - at) // MINUTE)
        assert ask_due(at=following.next_look - MINUTE) == []
        at = following.next_look
    assert pauses == [10, 20, 40, 80]


def test_a_worker_that_fell_leaves_the_work_to_the_next(following, tool):
    sent(tool, answered("02", "1", 5))
    at = last_stored() + 3 * MINUTE
    (job,) = ask_due(at=at)
    assert claim_next(at=at) == job  # taken by a worker that is gone
    assert worked(at + MINUTE / 2) == []
    (again,) = worked(at + 2 * MINUTE)
    assert again == job
    assert len(scores(following)) == 2
    assert Import.objects.filter(source__code__startswith="xapi").count() == 2


def test_a_mapping_that_nobody_took_in_yet_is_not_used_by_itself(following, tool):
    change_mapping(feed=following, wish=wish(attempt="best"), by=None, at=last_stored())
    sent(tool, answered("01", "1", 9, at="2026-03-03T08:00:00Z"))
    worked(last_stored() + 3 * MINUTE)
    assert scores(following) == [("01", "exam/1", 7.0)]


def test_the_worker_takes_in_what_somebody_asked_for_with_their_yes(following, tool):
    account = Account.objects.create_user("lin", role="director")
    declared = change_mapping(feed=following, wish=wish(attempt="best"), by=account, at=last_stored())
    sent(tool, answered("01", "1", 9, at="2026-03-03T08:00:00Z"))
    at = last_stored()
    ask_taking(feed=following, agreed=frozenset(), declaration=declared, by=account, at=at)
    assert run_next(job_handlers(), clock=lambda: at).problem is None
    assert scores(following) == [("01", "exam/1", 9.0)]
    following.refresh_from_db()
    assert (following.in_force, following.asked) == (declared, {})
    assert Import.objects.filter(source__code__startswith="xapi").get(current=True).by == "lin"


def test_what_somebody_asked_for_is_not_lost_where_the_feed_takes_in_by_itself_meanwhile(following, tool):
    account = Account.objects.create_user("lin", role="director")
    declared = change_mapping(feed=following, wish=wish(attempt="best"), by=account, at=last_stored())
    sent(tool, answered("01", "1", 9, at="2026-03-03T08:00:00Z"))
    at = last_stored() + 3 * MINUTE
    ask_due(at=at)
    ask_taking(feed=following, agreed=frozenset(), declaration=declared, by=account, at=at)
    assert len(worked(at)) == 2
    following.refresh_from_db()
    assert (following.in_force, following.asked) == (declared, {})
    assert scores(following) == [("01", "exam/1", 9.0)]


def test_who_is_erased_from_a_store_is_forgotten_by_its_feeds(following, tool, store):
    actor = {"mbox": "mailto:lin@example.edu"}
    sent(tool, answered("", "1", 5, actor=actor))
    declare_actor(feed=following, key="mbox:mailto:lin@example.edu", number="02", by=None, at=last_stored())
    took(following)
    assert len(scores(following)) == 2
    StatementRow.objects.filter(seq=StatementRow.objects.order_by("-seq")[0].seq).delete()
    forget_keys(store=store, keys=["mbox:mailto:lin@example.edu"])
    assert not following.actors.exists()
    assert len(worked(EvidenceFeed.objects.get().looked_at + timedelta(days=1))) == 1
    assert scores(following) == [("01", "exam/1", 7.0)]


def test_what_went_out_of_a_store_without_a_word_is_looked_for_when_asked(following, tool, store):
    StatementRow.objects.all().delete()
    at = EvidenceFeed.objects.get().looked_at + timedelta(days=1)
    assert worked(at) == []
    look_again(store=store)
    assert len(worked(at)) == 1
    assert scores(following) == []
    assert worked(at + timedelta(days=1)) == []
