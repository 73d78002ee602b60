"""The files that hold a store's statements in the lake, and how the list of them changes: under one lock, and whole.

A file gets its name while the lock is held, and its line in the manifest in the same transaction. So under the lock
every file that is not listed is left over from something broken off, or was replaced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from yucai.errors import FaultyInputError
from yucai.evidence import STATEMENT_LAKE, LakePart, PreparedPart, drop_part, keep_part, verify_parts
from yucai.web.lake.actions import file_of, list_part, parts_of
from yucai.web.lake.models import LakeFile
from yucai.web.records.keys import stored_of
from yucai.web.records.models import RecordStore

__all__ = [
    "Change",
    "dropping_unless",
    "folder_of",
    "hold_lake",
    "last_listed",
    "list_statements",
    "listed",
    "month_of",
    "swap",
    "sweep",
    "whole_parts",
]

GRACE: Final = timedelta(minutes=15)  # a reader may still have a file open that another took the place of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Listed files, and what takes their place: nothing, where nothing is left of them."""

    old: tuple[LakeFile, ...]
    new: PreparedPart | None

    @property
    def rows_lost(self) -> int:
        """How many rows of the old files are not in the new one."""
        return sum(file.rows for file in self.old) - (self.new.part.rows if self.new else 0)


def folder_of(store: RecordStore) -> Path:
    """Return the folder of a store's Parquet files."""
    folder: Path = settings.WORKSPACE.lake / store.space.code / "statements" / store.code
    return folder


def hold_lake(store: RecordStore) -> None:
    """Hold the list of a store's files until the transaction ends; whoever stores statements is not kept waiting."""
    RecordStore.objects.select_for_update(no_key=True).get(pk=store.pk)


def listed(store: RecordStore) -> list[LakeFile]:
    """Return the listed files of a store, in the order of storing."""
    return list(LakeFile.objects.of_statements(store.pk))


def last_listed(store: RecordStore) -> int:
    """Return the number of the last statement that a listed file holds; 0 where there is none."""
    return LakeFile.objects.of_statements(store.pk).aggregate(last=Max("last_record"))["last"] or 0


def whole_parts(store: RecordStore, files: Sequence[LakeFile]) -> tuple[LakePart, ...]:
    """Return the parts of files that are about to be written anew.

    Raises FaultyInputError where one is missing or changed: damage must not be written on as if it were sound.
    """
    parts = parts_of(files, folder=folder_of(store))
    if faults := verify_parts(folder_of(store), parts, dataset=STATEMENT_LAKE):
        raise FaultyInputError(store.code, faults)
    return parts


def month_of(seq: int) -> str:
    """Return the month in which the statement of a number was stored; a file holds statements of one month."""
    return f"{stored_of(seq):%Y-%m}"


def list_statements(store: RecordStore, prepared: PreparedPart, *, at: datetime) -> None:
    """Give a prepared part its name and its line. Call it in a transaction that holds the lake."""
    part = keep_part(prepared)
    period = month_of(part.first_record)
    list_part(part, folder=folder_of(store), space=store.space, store=store, period=period, at=at)


@contextmanager
def dropping_unless() -> Iterator[list[Change]]:
    """Give a list for changes in the making; where one cannot be made, the others are taken off the disk again."""
    changes: list[Change] = []
    try:
        yield changes
    except BaseException:
        _drop(changes)
        raise


def swap(store: RecordStore, changes: Sequence[Change], *, still: Callable[[], bool] = lambda: True) -> bool:
    """Let new files take the place of old ones, all or none; False where the list is not what it was.

    ``still`` is asked under the lock. What is not kept is taken off the disk; the old files stay until they are swept.
    """
    old = [file for change in changes for file in change.old]
    at = datetime.now(tz=UTC)
    try:
        with transaction.atomic():
            hold_lake(store)
            there = LakeFile.objects.filter(pk__in=[file.pk for file in old])
            if there.count() != len(old) or not still():
                return False
            there.delete()
            for change in changes:
                if change.new is not None:
                    list_statements(store, change.new, at=at)
            transaction.on_commit(partial(_touch, old))
    finally:
        _drop(changes)
    return True


def _touch(files: Sequence[LakeFile]) -> None:
    """Begin the time after which files are swept that were replaced."""
    for file in files:
        with suppress(FileNotFoundError):
            os.utime(file_of(file))


def _drop(changes: Sequence[Change]) -> None:
    for change in changes:
        if change.new is not None:
            drop_part(change.new)  # of what was kept nothing is there any more under that name


def sweep(store: RecordStore, *, grace: timedelta = GRACE) -> int:
    """Take files off the disk that are not listed and were not touched for a while; return how many."""
    folder, n = folder_of(store), 0
    if not folder.is_dir():
        return 0
    with transaction.atomic():
        hold_lake(store)
        known = {file_of(file) for file in listed(store)}
        latest = (datetime.now(tz=UTC) - grace).timestamp()
        for file in folder.glob("period=*/*.par*"):  # .parquet, and .part of what was broken off
            if file not in known and file.stat().st_mtime <= latest:
                file.unlink(missing_ok=True)
                n += 1
    return n
