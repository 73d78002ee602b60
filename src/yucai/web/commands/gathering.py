"""The lake of record stores by command and by worker: gathered, mended, listed for engines."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.texts import Text
from yucai.web.commands.starting import start

if TYPE_CHECKING:
    from yucai.web.records.lake_checking import LakeChecked
    from yucai.web.records.models import RecordStore

__all__ = [
    "LakeFiles",
    "RecordsGathered",
    "RecordsMended",
    "gather_records",
    "gather_when_due",
    "list_lake_files",
    "mend_records",
    "store_named",
    "stores_named",
    "told_of_lake",
]

LOGGER = logging.getLogger("yucai.lake")
EVERY: Final = 5.0  # seconds between two looks of the worker
AFTER_FAILURE: Final = 60.0  # seconds; what failed is tried again, and the log does not fill up
DRY: Final = Text("Dry run, nothing was changed. ", "试运行，未作任何改动。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsGathered:
    """What came into the lake of some stores, or (dry run) waits for it."""

    stores: tuple[str, ...]
    statements: int
    files: int
    merged: int
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return how much came, and how it is kept."""
        names = ", ".join(self.stores) or "-"
        if self.dry_run:
            waiting = Text(
                "{n} statement{n:|s} of {stores} {n:waits|wait} for the lake.", "{stores} 有 {n} 条陈述等待写入数据湖。"
            )
            return DRY.in_language(language) + waiting.in_language(language, n=self.statements, stores=names)
        return Text(
            "{n} statement{n:|s} of {stores} {n:is|are} new in the lake, in {files} file{files:|s}; {merged} small "
            "file{merged:|s} {merged:was|were} put together.",
            "{stores} 有 {n} 条陈述新写入数据湖，共 {files} 个文件；合并了 {merged} 个小文件。",
        ).in_language(language, n=self.statements, stores=names, files=self.files, merged=self.merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsMended:
    """How many files of the lake of some stores were written anew from the store."""

    stores: tuple[str, ...]
    files: int
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return how many, and of which stores."""
        if self.dry_run:
            would = Text(
                "Something is wrong in {files} place{files:|s} of the lake of {stores}; it would be written anew.",
                "{stores} 的数据湖有 {files} 处问题，将重新写出。",
            )
            return DRY.in_language(language) + would.in_language(
                language, files=self.files, stores=", ".join(self.stores) or "-"
            )
        return Text(
            "{files} file{files:|s} of the lake of {stores} {files:was|were} written anew from the store.",
            "已由记录库重新写出 {stores} 的 {files} 个数据湖文件。",
        ).in_language(language, files=self.files, stores=", ".join(self.stores) or "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeFiles:
    """The files to hand to an engine, and no others."""

    store: str
    files: tuple[Path, ...]
    rows: int

    def in_language(self, language: str) -> str:
        """Return the paths alone, one a line, so that another program can take them as they are."""
        return "\n".join(str(file) for file in self.files)


def gather_records(workspace: Path, code: str | None, *, dry_run: bool) -> RecordsGathered:
    """Bring what is new in one store, or all, into the lake. Raises UnknownStoreError, FaultyInputError."""
    start(workspace)
    from yucai.web.records.following import behind
    from yucai.web.records.lake import FOLLOWER, gather

    stores = stores_named(code)
    names = tuple(store.code for store in stores)
    if dry_run:
        waiting = sum(behind(store, FOLLOWER) for store in stores)
        return RecordsGathered(stores=names, statements=waiting, files=0, merged=0, dry_run=True)
    told = [gather(store) for store in stores]
    return RecordsGathered(
        stores=names,
        statements=sum(one.statements for one in told),
        files=sum(one.files for one in told),
        merged=sum(one.merged for one in told),
        dry_run=False,
    )


def mend_records(workspace: Path, code: str | None, *, dry_run: bool) -> RecordsMended:
    """Write what is wrong in the lake of one store, or all, anew from the store. Raises UnknownStoreError."""
    start(workspace)
    from yucai.web.records.lake import mend_lake
    from yucai.web.records.lake_checking import check_lake

    stores = stores_named(code)
    files = sum(len(check_lake(store).faults) if dry_run else mend_lake(store) for store in stores)
    return RecordsMended(stores=tuple(store.code for store in stores), files=files, dry_run=dry_run)


def list_lake_files(workspace: Path, code: str) -> LakeFiles:
    """Return the files that hold the statements of a store now. Raises UnknownStoreError."""
    start(workspace)
    from yucai.web.lake.actions import file_of
    from yucai.web.records.lake_files import listed

    (store,) = stores_named(code)
    files = listed(store)
    return LakeFiles(store=code, files=tuple(map(file_of, files)), rows=sum(file.rows for file in files))


def gather_when_due(due: float, *, clock: Callable[[], float]) -> float:
    """Bring some of what waits in each store into the lake, when it is time, and return when to look again.

    No job is made of it, so that no queue fills up. What fails in one store keeps no other waiting; it is logged.
    """
    if clock() < due:
        return due
    from yucai.web.records.lake import WORKER_BATCH, gather_waiting, waits_for_lake
    from yucai.web.records.models import RecordStore

    more = failed = False
    for store in RecordStore.objects.select_related("space"):
        try:
            more |= waits_for_lake(store) and gather_waiting(store) == WORKER_BATCH
        except Exception:  # the worker must outlive a full disk; the cursor stands where it stood
            LOGGER.exception("statements of store %s could not be brought into the lake", store.code)
            failed = True
    return clock() + (AFTER_FAILURE if failed else 0 if more else EVERY)


def told_of_lake(store: RecordStore) -> tuple[LakeChecked, Text]:
    """Return what a look at the lake of a store found, and the sentence for a lake that is whole."""
    from yucai.web.records.lake_checking import check_lake

    found = check_lake(store)
    counts = {"n": found.statements, "files": found.files, "waiting": found.waiting, "store": store.code}
    says = Text(
        "Lake of “{store}” is whole: {n} statement{n:|s} in {files} file{files:|s}, {waiting} still to come",
        "“{store}”的数据湖完好：{files} 个文件共 {n} 条陈述，另有 {waiting} 条待写入",
    )
    return found, says.filled(**counts)


def store_named(code: str) -> RecordStore:
    """Return the store of a code. Raises UnknownStoreError."""
    return stores_named(code)[0]


def stores_named(code: str | None) -> list[RecordStore]:
    """Return the store of a code, or all. Raises UnknownStoreError."""
    from yucai.web.records.actions import UnknownStoreError
    from yucai.web.records.models import RecordStore

    every = RecordStore.objects.select_related("space").order_by("code")
    found = list(every.filter(code=code) if code else every)
    if code and not found:
        known = ", ".join(every.values_list("code", flat=True))
        raise UnknownStoreError(store=code, known=known or "-")
    return found
