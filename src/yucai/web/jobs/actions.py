"""How a job is asked for, held, told of, ended, and returned to the queue when its worker fell.

A worker holds a job by a lease. A heartbeat renews it while the work goes on, also where the work says nothing for
long. A lease that has run out means that the worker is gone: the job goes back to the queue, so handlers must be able
to start again, from the beginning or from the checkpoint that they kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.jobs.models import Job

__all__ = [
    "Handler",
    "JobCancelledError",
    "Report",
    "ask_cancel",
    "ask_for",
    "called_off",
    "claim_next",
    "keep_checkpoint",
    "require_going_on",
    "run_next",
]

LEASE: Final = timedelta(seconds=60)
BEAT_SECONDS: Final = 15.0
MOST_ATTEMPTS: Final = 3
LOGGER = logging.getLogger("yucai.jobs")

called_off = Signal()  # of a job that ended so: whoever keeps something for it lets it go

Report = Callable[[float, Text], None]
Handler = Callable[[Job, Report], Text]
Clock = Callable[[], datetime]


class JobCancelledError(YucaiError):
    """The person who asked for the job called it off."""

    says = Text("The work was called off; nothing was changed.", "任务已取消，未作任何改动。")
    exit_code = 75


GAVE_UP: Final = Text(
    "The worker stopped {n} times in the middle of this work. Look into the log, then start it again.",
    "执行程序在此任务中途停止了 {n} 次。请查看日志后重新开始。",
)
UNEXPECTED: Final = Text(
    "The work ended with an unexpected fault ({kind}); nothing was changed. The log has the details.",
    "任务因意外故障中止（{kind}），未作任何改动。详情见日志。",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job that a worker took."""

    job: Job
    problem: Exception | None


def ask_for(kind: str, *, space: Space, owner: Account | None, at: datetime) -> Job:
    """Return a queued job; when one of this kind is already open in the space, that one."""
    try:
        with transaction.atomic():
            return Job.objects.create(kind=kind, space=space, owner=owner, asked_at=at)
    except IntegrityError:
        return Job.objects.get(kind=kind, space=space, state__in=[Job.State.QUEUED, Job.State.RUNNING])


def ask_cancel(job: Job, *, at: datetime) -> None:
    """Call a job off: at once when it waits, at its next report when it runs."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
    if waiting.update(state=Job.State.CANCELLED, ended_at=at, cancel_asked=True):
        called_off.send(sender=Job, job=job)
    else:
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)


def claim_next(*, at: datetime, only: Job | None = None) -> Job | None:
    """Return the oldest job to do, now held by the caller, or None. Jobs whose lease ran out count as waiting.

    With ``only`` no other job is taken.
    """
    fallen = Q(state=Job.State.RUNNING, lease_until__lt=at)
    with transaction.atomic():
        open_jobs = Job.objects.filter(pk=only.pk) if only is not None else Job.objects.all()
        job = open_jobs.select_for_update().filter(Q(state=Job.State.QUEUED) | fallen).order_by("asked_at").first()
        if job is None:
            return None
        if job.attempt >= MOST_ATTEMPTS:
            _end(job, Job.State.FAILED, GAVE_UP.filled(n=job.attempt), at=at)
            return None
        job.state, job.attempt = Job.State.RUNNING, job.attempt + 1
        job.progress = job.progress if job.checkpoint else 0.0
        job.started_at, job.lease_until = at, at + LEASE
        job.save(update_fields=["state", "attempt", "progress", "started_at", "lease_until"])
        return job


def run_next(handlers: Mapping[str, Handler], *, clock: Clock, only: Job | None = None) -> Outcome | None:
    """Take one job (``only`` this one, where it is given), do it, and write down how it ended; None: nothing to do.

    A kind may name what it works on after a colon ("import:7"): one such job is open at a time, others beside it.
    A fault never gets lost: it is written into the job in both languages and handed back for the log.
    """
    job = claim_next(at=clock(), only=only)
    if job is None:
        return None
    try:
        if job.cancel_asked:  # called off while its worker fell
            raise JobCancelledError
        with _heartbeat(job, clock=clock):
            said = handlers[job.kind.partition(":")[0]](job, lambda done, text: _tell(job, done, text, at=clock()))
    except JobCancelledError as called_off:
        _end(job, Job.State.CANCELLED, called_off.says, at=clock())
        return Outcome(job, None)
    except YucaiError as problem:
        _end(job, Job.State.FAILED, Text(problem.in_language("en"), problem.in_language("zh")), at=clock())
        return Outcome(job, problem)
    except Exception as problem:  # the worker must outlive any one job; the fault is kept and handed on
        kind = type(problem).__name__
        _end(job, Job.State.FAILED, UNEXPECTED.filled(kind=kind), at=clock())
        return Outcome(job, problem)
    _end(job, Job.State.DONE, said, at=clock())
    return Outcome(job, None)


def keep_checkpoint(job: Job, reached: Mapping[str, Any]) -> None:
    """Keep what a job has reached, so that the worker that goes on after a fall need not begin anew.

    Raises JobCancelledError where the job is called off, or somebody else has taken it over.
    """
    if not _held(job).update(checkpoint=dict(reached)):
        raise JobCancelledError
    job.checkpoint = dict(reached)


def require_going_on(job: Job) -> None:
    """Hold a job until the end of the transaction, so that what is written with it cannot be called off half-way.

    Raises JobCancelledError where it is called off already, or somebody else has taken it over.
    """
    held = _held(job).select_for_update().values_list("cancel_asked", flat=True).first()
    if held is not False:
        raise JobCancelledError


@contextmanager
def _heartbeat(job: Job, *, clock: Clock) -> Iterator[None]:
    """Renew the lease of a job while inside, from a thread and a connection of its own."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(BEAT_SECONDS):
                try:
                    if not _held(job).update(lease_until=clock() + LEASE):
                        return  # somebody else has it; the next report of this worker is told so
                except DatabaseError as problem:  # busy, or away for a moment: the lease bears some missed beats
                    LOGGER.warning("the lease of job %s was not renewed (%s)", job.pk, type(problem).__name__)
        finally:
            connection.close()

    beating = threading.Thread(target=beat, daemon=True, name=f"lease of job {job.pk}")
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join(timeout=BEAT_SECONDS)


def _held(job: Job) -> QuerySet[Job]:
    """Return the job as long as this worker holds it."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempt=job.attempt)


def _tell(job: Job, done: float, text: Text, *, at: datetime) -> None:
    told = _held(job).update(
        progress=min(max(done, 0.0), 1.0), message_en=text.en, message_zh=text.zh, lease_until=at + LEASE
    )
    if not told or Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
        raise JobCancelledError


def _end(job: Job, state: Job.State, said: Text, *, at: datetime) -> None:
    progress = 1.0 if state == Job.State.DONE else job.progress
    ended = Job.objects.filter(pk=job.pk, attempt=job.attempt).update(
        state=state,
        message_en=said.en[:500],
        message_zh=said.zh[:500],
        ended_at=at,
        lease_until=None,
        progress=progress,
        checkpoint={},
    )
    if ended and state == Job.State.CANCELLED:
        called_off.send(sender=Job, job=job)
