"""Keeping a workspace going: serve it, do its background work, back it up."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.commands.refusals import BackupToolMissingError, DumpFailedError, OutputExistsError
from yucai.web.commands.results import BackedUp, Served
from yucai.web.commands.starting import now, start
from yucai.web.serving import check_pages, running
from yucai.web.workspace import SETTINGS_FILE, FolderNotWritableError, Workspace, open_workspace, without_password

__all__ = ["back_up", "serve", "work"]

IDLE_SECONDS: Final = 0.5
DUE_SECONDS: Final = 10.0  # between two looks for work that is due without being asked for
FORWARD_SECONDS: Final = 2.0  # between two looks whether there is anything to forward
LOGGER = logging.getLogger("yucai.jobs")


def serve(workspace: Path, *, port: int, check: bool, on_ready: Callable[[str], None]) -> Served:
    """Serve a workspace on 127.0.0.1 until interrupted; with ``check`` fetch each start page once and end.

    ``on_ready(address)`` is called when the start page answers.
    Raises PortInUseError, ServerNotReadyError, PageFailedError, EndedByItselfError.
    """
    folder = open_workspace(workspace).folder
    _bring_up_to_date(folder)
    with running(folder, port=port) as served:
        on_ready(served.address)
        if not check:
            served.wait()
        return Served(address=served.address, steps=check_pages(served.address, log=folder / "logs" / "server.log"))


def work(workspace: Path) -> None:
    """Do the background work of a workspace, job after job, until ended; between jobs statements go into the lake."""
    office = start(workspace)
    from django.db import close_old_connections

    from yucai.web.commands.auditing import anchor_when_due
    from yucai.web.commands.gathering import gather_when_due
    from yucai.web.commands.operating import tend_when_due
    from yucai.web.commands.working import job_handlers
    from yucai.web.feeds.due import ask_due
    from yucai.web.jobs.actions import run_next

    handlers = job_handlers()
    threading.Thread(target=_forward, daemon=True).start()  # another store may be slow; no job waits for it
    gather_at = tend_at = look_again = anchor_at = 0.0
    while True:
        close_old_connections()
        gather_at = gather_when_due(gather_at, clock=time.monotonic)
        tend_at = tend_when_due(tend_at, clock=time.monotonic)
        anchor_at = anchor_when_due(anchor_at, folder=office.folder, clock=time.monotonic)
        if time.monotonic() >= look_again:
            ask_due(at=now())
            look_again = time.monotonic() + DUE_SECONDS
        outcome = run_next(handlers, clock=now)
        if outcome is None:
            time.sleep(IDLE_SECONDS)
        elif outcome.problem is not None:
            LOGGER.error("%s did not end well", outcome.job, exc_info=outcome.problem)


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


def back_up(workspace: Path, to: Path | None, *, dry_run: bool, at: datetime) -> BackedUp:
    """Write records, lake, calibrations, files handed in and settings into one .tar.gz; work may go on meanwhile.

    Whole or not at all.

    Raises RecordsMissingError, OutputExistsError, FolderNotWritableError, BackupToolMissingError, DumpFailedError.
    """
    office = start(workspace)
    from yucai.web.governance.trail import ANCHORS_FILE

    file = (to or Path(f"yucai-backup-{at:%Y%m%d-%H%M%S}.tar.gz")).absolute()
    if file.exists():
        raise OutputExistsError(file=file)
    if dry_run:
        return BackedUp(file=file, size_bytes=0, dry_run=True)
    unfinished = file.with_name(f".{file.name}.part")
    try:
        with tempfile.TemporaryDirectory() as aside:
            records = _copy_records(office, Path(aside))
            with tarfile.open(unfinished, "w:gz") as archive:
                archive.add(records, arcname=records.name)
                for name in (SETTINGS_FILE, "secret.key", "calibrations"):
                    archive.add(office.folder / name, arcname=name)
                if (office.folder / ANCHORS_FILE).is_file():
                    archive.add(office.folder / ANCHORS_FILE, arcname=ANCHORS_FILE)
                _add_lake(archive, office)
                for part in (office.tables, office.uploads):
                    if part.is_dir():
                        archive.add(part, arcname=part.name)
        unfinished.rename(file)
    except OSError as problem:
        raise FolderNotWritableError(folder=file.parent, reason=problem.strerror or problem) from problem
    finally:
        unfinished.unlink(missing_ok=True)
    return BackedUp(file=file, size_bytes=file.stat().st_size, dry_run=False)


def _add_lake(archive: tarfile.TarFile, office: Workspace) -> None:
    """Add the files of the lake, also while others are written: what is unfinished, or gone meanwhile, is passed over.

    A file that is listed in the copy of the records and was replaced since stays on the disk for a while.
    """
    archive.add(office.lake, arcname=office.lake.name, recursive=False)
    for file in sorted(office.lake.rglob("*")):
        if not file.name.startswith("."):
            with suppress(FileNotFoundError):
                archive.add(file, arcname=str(file.relative_to(office.folder)), recursive=False)


def _bring_up_to_date(folder: Path) -> None:
    """Apply the steps that a newer version of Yucai brings; a workspace built in this process has them all."""
    from django.apps import apps
    from django.core.management import call_command

    if not apps.ready:
        start(folder)
        call_command("migrate", verbosity=0, interactive=False)


def _dump_records(address: str, aside: Path) -> Path:
    tool = shutil.which("pg_dump")
    if tool is None:
        raise BackupToolMissingError
    dump = aside / "records.pgdump"
    bare, password = without_password(address)
    env = {**os.environ, "PGPASSWORD": password} if password else None  # a command line can be read by others
    done = subprocess.run([tool, "--format=custom", f"--file={dump}", bare], env=env, capture_output=True, text=True)
    if done.returncode:
        raise DumpFailedError(reason=done.stderr.strip().replace("\n", "; "))
    return dump


def _copy_records(office: Workspace, aside: Path) -> Path:
    """Copy the database in one step: a stepwise copy starts over at every write and may never end."""
    from django.conf import settings

    if settings.DATABASE_ADDRESS:
        return _dump_records(settings.DATABASE_ADDRESS, aside)
    copy = aside / office.records.name
    source, target = sqlite3.connect(office.records), sqlite3.connect(copy)
    try:
        source.backup(target, pages=-1)
    finally:
        source.close()
        target.close()
    return copy
