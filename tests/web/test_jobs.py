"""Background work: asked for once, held by a lease, told as it goes, never lost and never half-done."""

from datetime import UTC, datetime, timedelta

import pytest

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.jobs.actions import JobCancelledError, ask_cancel, ask_for, claim_next, keep_checkpoint, run_next
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF = Text("Half way", "完成一半")
DONE = Text("Counted", "已清点")


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def space() -> Space:
    return Space.objects.create(
        code="school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


def test_a_job_asked_for_twice_is_one_job(space):
    first = ask_for("count", space=space, owner=None, at=NOON)
    assert ask_for("count", space=space, owner=None, at=NOON + timedelta(minutes=1)) == first
    assert Job.objects.count() == 1


def test_a_job_tells_how_far_it_is_and_how_it_ended(space):
    job = ask_for("count", space=space, owner=None, at=NOON)
    seen = []

    def count(held, report):
        report(0.5, HALF)
        held.refresh_from_db()
        seen.append((held.state, held.progress, held.message.in_language("zh")))
        return DONE

    outcome = run_next({"count": count}, clock=Clock())
    job.refresh_from_db()
    assert outcome is not None
    assert outcome.problem is None
    assert seen == [("running", 0.5, "完成一半")]
    assert (job.state, job.progress, job.message.in_language("en")) == ("done", 1.0, "Counted")


def test_with_nothing_to_do_the_worker_rests():
    assert run_next({}, clock=Clock()) is None


def test_a_job_whose_worker_fell_is_done_by_the_next(space):
    job = ask_for("count", space=space, owner=None, at=NOON)
    clock = Clock()
    assert claim_next(at=clock()) == job  # and the worker is killed here
    assert claim_next(at=clock()) is None
    clock.at += timedelta(minutes=2)
    run_next({"count": lambda held, report: DONE}, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("done", 2)


def test_a_worker_that_lost_its_lease_changes_nothing(space):
    job = ask_for("count", space=space, owner=None, at=NOON)
    clock = Clock()

    def slow(held, report):
        clock.at += timedelta(minutes=2)
        assert claim_next(at=clock()) == job  # somebody else took it over
        report(0.9, HALF)
        return DONE

    run_next({"count": slow}, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.progress) == ("running", 2, 0.0)


def test_after_three_falls_the_job_is_given_up_with_a_sentence(space):
    job = ask_for("count", space=space, owner=None, at=NOON)
    clock = Clock()
    for _ in range(3):
        assert claim_next(at=clock()) == job
        clock.at += timedelta(minutes=2)
    assert claim_next(at=clock()) is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.message.in_language("zh") == "执行程序在此任务中途停止了 3 次。请查看日志后重新开始。"


def test_a_waiting_job_is_called_off_at_once_and_a_running_one_at_its_next_word(space):
    waiting = ask_for("count", space=space, owner=None, at=NOON)
    ask_cancel(waiting, at=NOON)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"

    running = ask_for("count", space=space, owner=None, at=NOON)

    def called_off(held, report):
        ask_cancel(held, at=NOON)
        report(0.5, HALF)
        return DONE

    run_next({"count": called_off}, clock=Clock())
    running.refresh_from_db()
    assert running.state == "cancelled"
    assert running.message.in_language("en") == "The work was called off; nothing was changed."


class NoRoomError(YucaiError):
    says = Text("No room for {n}.", "容纳不下 {n} 个。")


@pytest.mark.parametrize(
    ("problem", "zh"),
    [
        (NoRoomError(n=3), "容纳不下 3 个。"),
        (ZeroDivisionError(), "任务因意外故障中止（ZeroDivisionError），未作任何改动。详情见日志。"),
    ],
)
def test_a_fault_is_written_into_the_job_and_handed_to_the_log(space, problem, zh):
    job = ask_for("count", space=space, owner=None, at=NOON)

    def fail(held, report):
        raise problem

    outcome = run_next({"count": fail}, clock=Clock())
    job.refresh_from_db()
    assert outcome is not None
    assert outcome.problem is problem
    assert (job.state, job.message.in_language("zh")) == ("failed", zh)
    ask_for("count", space=space, owner=None, at=NOON)  # it can be asked for again
    assert Job.objects.filter(state="queued").count() == 1


def test_the_worker_after_a_fall_finds_what_was_reached_and_progress_stays(space):
    job, clock = ask_for("count", space=space, owner=None, at=NOON), Clock()
    fallen = claim_next(at=clock())
    keep_checkpoint(fallen, {"rows": 700})
    Job.objects.filter(pk=job.pk).update(progress=0.7)
    clock.at += timedelta(minutes=2)  # the worker was killed
    seen = []

    def count(held, report):
        seen.append((held.checkpoint, held.progress, held.attempt))
        return DONE

    run_next({"count": count}, clock=clock)
    job.refresh_from_db()
    assert seen == [({"rows": 700}, 0.7, 2)]
    assert (job.state, job.checkpoint) == ("done", {})
    with pytest.raises(JobCancelledError):
        keep_checkpoint(fallen, {"rows": 800})  # the fallen one comes back: it holds the job no more


def test_a_job_called_off_while_its_worker_fell_is_not_begun_again(space):
    job, clock = ask_for("count", space=space, owner=None, at=NOON), Clock()
    claim_next(at=clock())
    ask_cancel(job, at=NOON)
    clock.at += timedelta(minutes=2)
    run_next({"count": lambda held, report: pytest.fail("begun")}, clock=clock)
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_the_page_says_that_a_worker_does_not_answer_and_that_a_job_is_being_called_off(director, space):
    job = ask_for("measure", space=space, owner=None, at=NOON)
    claim_next(at=NOON)  # long ago, and nobody renewed it
    page = director.get(f"/jobs/{job.pk}/progress").content.decode()
    assert "没有响应" in page
    director.post(f"/jobs/{job.pk}/cancel")
    page = director.get(f"/jobs/{job.pk}/progress").content.decode()
    assert "正在取消" in page
    assert "/cancel" not in page
