"""Keeping a workspace going: serve it, do its background work."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from yucai.web.commands.results import Served
from yucai.web.commands.starting import now, start
from yucai.web.serving import check_pages, processes_for, running
from yucai.web.workspace import in_use, open_workspace

__all__ = ["serve", "work"]

IDLE_SECONDS: Final = 0.5
DUE_SECONDS: Final = 10.0  # between two looks for work that is due without being asked for
BEAT_SECONDS: Final = 10.0
FORWARD_SECONDS: Final = 2.0  # between two looks whether there is anything to forward
LOGGER = logging.getLogger("yucai.jobs")


def serve(workspace: Path, *, port: int, check: bool, on_ready: Callable[[str], None]) -> Served:
    """Serve a workspace on 127.0.0.1 until interrupted; with ``check`` fetch each start page once and end.

    ``on_ready(address)`` is called when the start page answers.
    Raises PortInUseError, ServerNotReadyError, PageFailedError, EndedByItselfError.
    """
    folder = open_workspace(workspace).folder
    _bring_up_to_date(folder)
    from django.conf import settings

    processes = processes_for(settings.DATABASE_ADDRESS, said=os.environ.get("YUCAI_PROCESSES", ""))
    with in_use(folder), running(folder, port=port, processes=processes) as served:
        on_ready(served.address)
        if not check:
            served.wait()
        return Served(address=served.address, steps=check_pages(served.address, log=folder / "logs" / "server.log"))


def work(workspace: Path) -> None:
    """Do the background work of a workspace, job after job, until ended; between jobs statements go into the lake."""
    office = start(workspace)
    with in_use(office.folder):
        _work(office.folder)


def _work(folder: Path) -> None:
    from django.db import close_old_connections

    from yucai.web.commands.auditing import anchor_when_due
    from yucai.web.commands.gathering import gather_when_due
    from yucai.web.commands.operating import tend_when_due
    from yucai.web.commands.working import job_handlers
    from yucai.web.feeds.due import ask_due
    from yucai.web.jobs.actions import run_next

    handlers = job_handlers()
    threading.Thread(target=_beat, daemon=True).start()
    threading.Thread(target=_forward, daemon=True).start()  # another store may be slow; no job waits for it
    gather_at = tend_at = look_again = anchor_at = 0.0
    while True:
        close_old_connections()
        gather_at = gather_when_due(gather_at, clock=time.monotonic)
        tend_at = tend_when_due(tend_at, clock=time.monotonic)
        anchor_at = anchor_when_due(anchor_at, folder=folder, clock=time.monotonic)
        if time.monotonic() >= look_again:
            ask_due(at=now())
            _tend_announcements()
            _tend_portraits()
            look_again = time.monotonic() + DUE_SECONDS
        outcome = run_next(handlers, clock=now)
        if outcome is None:
            time.sleep(IDLE_SECONDS)
        elif outcome.problem is not None:
            LOGGER.error("%s did not end well", outcome.job, exc_info=outcome.problem)


def _tend_announcements() -> None:
    """Keep which announcements ended, and let go of their lines in time; pages ask the calendar themselves."""
    from yucai.web.selection.ending import tend_announcements

    try:
        tend_announcements(at=now())
    except Exception:  # the worker must outlive a full disk; it is tried again
        LOGGER.exception("announcements could not be tended")


def _tend_portraits() -> None:
    """Let go of files of portraits whose day is over; a download asks the clock itself."""
    from yucai.web.measurement.class_portraits import tend_portraits

    try:
        tend_portraits(at=now())
    except Exception:  # the worker must outlive a file that somebody holds open; it is tried again
        LOGGER.exception("files of portraits could not be tended")


def _beat() -> None:
    """Tell ``yucai doctor`` that the worker runs."""
    from django.conf import settings

    from yucai.web.operation.examining import BEAT_FILE

    file: Path = settings.WORKSPACE.logs / BEAT_FILE
    while True:
        try:
            file.parent.mkdir(exist_ok=True)
            file.touch()
        except OSError:
            LOGGER.warning("the worker could not note that it runs")
        time.sleep(BEAT_SECONDS)


def _forward() -> None:
    """Send statements to other stores as they come, where an office has declared that; see records.delivering."""
    from django.db import close_old_connections

    from yucai.web.records.delivering import deliver_due

    rng = random.Random()  # noqa: S311  (spreads waits, guards nothing)
    while True:
        close_old_connections()
        try:
            sent = deliver_due(clock=now, rng=rng)
        except Exception:  # a fault of one moment must not end forwarding for good
            LOGGER.exception("forwarding did not end well")
            sent = None
        if sent is None or not (sent.taken or sent.aside):
            time.sleep(FORWARD_SECONDS)


def _bring_up_to_date(folder: Path) -> None:
    """Apply the steps that a newer version of Yucai brings; a workspace built in this process has them all."""
    from django.apps import apps
    from django.core.management import call_command

    if not apps.ready:
        start(folder)
        call_command("migrate", verbosity=0, interactive=False)
