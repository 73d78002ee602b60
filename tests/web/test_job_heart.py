"""The lease of a job is renewed on a connection of its own, which sees only what is kept for good."""

import threading
import time
from datetime import timedelta

import pytest

from tests.web.test_jobs import DONE, NOON, Clock
from yucai.web.accounts.models import Space
from yucai.web.jobs.actions import ask_for, claim_next, run_next
from yucai.web.jobs.models import Job


@pytest.fixture
def kept_space(django_db_setup, django_db_blocker):
    """A space that is in the tables for good, and gone afterwards: the trail of looks lets nobody empty all tables."""
    with django_db_blocker.unblock():
        space = Space.objects.create(
            code="heart", name_en="Heart", name_zh="心", simulated=False, evidence_map="evidence-demo-college"
        )
        yield space
        Job.objects.filter(space=space).delete()
        space.delete()


def test_a_job_that_says_nothing_for_long_keeps_its_lease(kept_space, monkeypatch):
    """Its heart beats on a connection of its own; another worker finds nothing to take up."""
    monkeypatch.setattr("yucai.web.jobs.actions.BEAT_SECONDS", 0.01)
    job, clock, beaten = ask_for("count", space=kept_space, owner=None, at=NOON), Clock(), threading.Event()

    def silent(held, report):
        clock.at += timedelta(minutes=5)
        for _ in range(2000):
            held.refresh_from_db()
            if held.lease_until > clock.at:
                beaten.set()
                break
            time.sleep(0.01)
        assert claim_next(at=clock()) is None
        return DONE

    run_next({"count": silent}, clock=clock)
    job.refresh_from_db()
    assert (beaten.is_set(), job.state, job.attempt) == (True, "done", 1)
    assert not [one for one in threading.enumerate() if one.name == f"lease of job {job.pk}"]
