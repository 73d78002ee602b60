"""Statements in the lake: gathered behind a cursor, read by any engine, forgotten where the law says so.

Nobody holds the database while a file is written. The file gets its name and its line, and the cursor its new place,
in one short transaction that looks once more whether what was written is still what the store holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice, takewhile
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.db import transaction

from yucai.errors import FaultyInputError
from yucai.evidence import (
    STATEMENT_LAKE,
    LakePart,
    PreparedPart,
    drop_part,
    open_lake,
    prepare_part,
    read_in_pieces,
    statement_table,
    verify_parts,
)
from yucai.web.lake.actions import file_of, parts_of
from yucai.web.lake.models import LakeFile
from yucai.web.records.following import Followed, follow, move_cursor, place_of
from yucai.web.records.lake_files import (
    Change,
    dropping_unless,
    folder_of,
    hold_lake,
    last_listed,
    list_statements,
    listed,
    month_of,
    swap,
    sweep,
    whole_parts,
)
from yucai.web.records.lake_tidying import tidy
from yucai.web.records.models import RecordStore, StatementRow

if TYPE_CHECKING:
    from ibis import Table

__all__ = [
    "FOLLOWER",
    "Gathered",
    "forget_in_lake",
    "gather",
    "gather_waiting",
    "mend_lake",
    "open_statements",
    "renew_in_lake",
    "waits_for_lake",
]

FOLLOWER: Final = "lake"
BATCH: Final = 100_000  # statements of one file, before files are put together
WORKER_BATCH: Final = 20_000  # other work waits for no more than this
PIECE: Final = 20_000  # statements that are in memory at a time
LAST: Final = 2**63 - 1  # no number is greater


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What came into the lake: statements, in how many new files, and how many small files were put together."""

    statements: int
    files: int
    merged: int


def gather(store: RecordStore) -> Gathered:
    """Bring everything that is certain into the lake, then put small files together."""
    sweep(store)
    statements = files = 0
    while rows := _gather_batch(store, most=BATCH):
        statements, files = statements + rows, files + 1
    return Gathered(statements=statements, files=files, merged=tidy(store))


def gather_waiting(store: RecordStore) -> int:
    """Bring some of what waits into the lake and return how many statements: for a worker that has other work too."""
    rows = _gather_batch(store, most=WORKER_BATCH)
    if rows:
        tidy(store)
        sweep(store)
    return rows


def waits_for_lake(store: RecordStore) -> bool:
    """Whether the lake has not seen the last statement."""
    return StatementRow.objects.filter(store=store, seq__gt=place_of(store, FOLLOWER)).exists()


def open_statements(store: RecordStore, *, backend: Any = None) -> Table:
    """Return all statements that are in the lake, also those voided since, as an Ibis table that is unread until asked.

    ``backend`` as for ``open_lake``. Raises FaultyInputError naming every file that is missing or damaged.
    """
    folder = folder_of(store)
    parts = parts_of(listed(store), folder=folder)
    try:
        return open_lake(folder, parts, dataset=STATEMENT_LAKE, backend=backend)
    except FaultyInputError:
        renewed = parts_of(listed(store), folder=folder)
        if renewed == parts:
            raise
        return open_lake(folder, renewed, dataset=STATEMENT_LAKE, backend=backend)  # files were put together just now


def _gather_batch(store: RecordStore, *, most: int) -> int:
    """Write and list one file of one month; return how many statements it holds.

    Where another was faster, or a statement was erased meanwhile, what was written is dropped and written anew.
    """
    while True:
        seen = place_of(store, FOLLOWER)
        after = max(seen, last_listed(store))  # who puts the cursor back gets no statement twice
        prepared = _prepare(store, after=after, most=most)
        if prepared is None:
            return 0
        if _enter(store, prepared, seen=seen, after=after):
            return prepared.part.rows


def _prepare(store: RecordStore, *, after: int, most: int, until: int = LAST, tag: str = "") -> PreparedPart | None:
    """Write statements of one month from the store; None where there are none."""
    rows = follow(store, after=after, most=most)
    first = next(rows, None)
    if first is None or first.seq > until:
        return None
    month = month_of(first.seq)
    same = takewhile(lambda one: one.seq <= until and month_of(one.seq) == month, chain([first], rows))
    return prepare_part(_tables(store, same), folder_of(store), period=month, dataset=STATEMENT_LAKE, tag=tag)


def _tables(store: RecordStore, rows: Iterator[Followed]) -> Iterator[pl.DataFrame]:
    while some := [(one.seq, one.body) for one in islice(rows, PIECE)]:
        yield statement_table(some, store=store.code)


def _enter(store: RecordStore, prepared: PreparedPart, *, seen: int, after: int) -> bool:
    part = prepared.part
    try:
        with transaction.atomic():
            hold_lake(store)
            if not _is_still(store, part, after=after) or last_listed(store) > after:
                return False
            if not move_cursor(store, FOLLOWER, seen=seen, to=part.last_record):
                return False
            list_statements(store, prepared, at=datetime.now(tz=UTC))
    except FileNotFoundError:  # taken off the disk because it could have held what was erased meanwhile
        return False
    finally:
        drop_part(prepared)
    return True


def _is_still(store: RecordStore, part: LakePart, *, after: int) -> bool:
    """Whether the store holds what was written from it: nothing was erased since."""
    there = StatementRow.objects.filter(store=store, seq__gt=after, seq__lte=part.last_record)
    return there.count() == part.rows


def forget_in_lake(store: RecordStore, seqs: Iterable[int]) -> int:
    """Take statements out of the lake by their numbers, and return how many it held.

    The files that hold them, and no others, are written anew without them; at the commit the old ones are deleted, and
    every other file that could still hold them. Call it in the transaction that deletes the statements from the store,
    or after it: what is gathered meanwhile is then without them. Raises FaultyInputError where a file is damaged.
    """
    wanted = sorted(set(seqs))
    if not wanted:
        return 0
    while True:
        near = _near(store, wanted)
        with dropping_unless() as changes:
            changes += filter(None, (_without(store, file, wanted) for file in near))
        if swap(store, changes, still=partial(_are_near, store, wanted, near)):
            break
    transaction.on_commit(partial(sweep, store, grace=timedelta(0)))
    return sum(change.rows_lost for change in changes)


def renew_in_lake(store: RecordStore, seqs: Iterable[int]) -> int:
    """Write the files that could hold some statements anew from the store, where these are other words now.

    Returns how many files were written. As with what is forgotten, whatever else could still hold the old words is
    deleted at the commit; call it in the transaction that changes the statements, or after it.
    """
    wanted, written = sorted(set(seqs)), 0
    if not wanted:
        return 0
    while near := _near(store, wanted):
        file = near[0]
        if _from_store(store, old=(file,), after=file.first_record - 1, until=file.last_record) is not None:
            written += 1
            wanted = [seq for seq in wanted if seq > file.last_record]
    transaction.on_commit(partial(sweep, store, grace=timedelta(0)))
    return written


def _near(store: RecordStore, wanted: Sequence[int]) -> list[LakeFile]:
    """Return the listed files that could hold one of the numbers, which are sorted."""
    found = []
    for file in listed(store):
        at = bisect_left(wanted, file.first_record)
        if at < len(wanted) and wanted[at] <= file.last_record:
            found.append(file)
    return found


def _are_near(store: RecordStore, wanted: Sequence[int], files: Sequence[LakeFile]) -> bool:
    return [file.pk for file in _near(store, wanted)] == [file.pk for file in files]


def _without(store: RecordStore, file: LakeFile, wanted: Sequence[int]) -> Change | None:
    """Write a file without some statements; None where it holds none of them."""
    parts = whole_parts(store, [file])
    gone = pl.Series(wanted, dtype=pl.Int64)
    held = int(
        pl.read_parquet(file_of(file), columns=["seq"], hive_partitioning=False)["seq"].is_in(gone.implode()).sum()
    )
    if not held:
        return None
    if held == file.rows:
        return Change(old=(file,), new=None)
    pieces = (
        piece.filter(~pl.col("seq").is_in(gone.implode()))
        for piece in read_in_pieces(folder_of(store), parts, dataset=STATEMENT_LAKE)
    )
    left = (piece for piece in pieces if piece.height)
    new = prepare_part(left, folder_of(store), period=file.period, dataset=STATEMENT_LAKE, tag=token_hex(4))
    return Change(old=(file,), new=new)


def mend_lake(store: RecordStore) -> int:
    """Write anew from the store what is missing, changed or not what the store holds; return how many files."""
    folder, mended = folder_of(store), 0
    for file in listed(store):
        (part,) = parts_of([file], folder=folder)
        after, until = file.first_record - 1, file.last_record
        if verify_parts(folder, [part], dataset=STATEMENT_LAKE) or not _is_still(store, part, after=after):
            mended += _from_store(store, old=(file,), after=after, until=until) is not None
    files = listed(store)
    ends = [place_of(store, FOLLOWER), *(file.last_record for file in files)]
    for after, before in zip([0, *ends[1:]], [*(file.first_record for file in files), max(ends) + 1], strict=True):
        while (after := _from_store(store, old=(), after=after, until=before - 1) or before) < before:
            mended += 1
    return mended


def _from_store(store: RecordStore, *, old: tuple[LakeFile, ...], after: int, until: int) -> int | None:
    """Write statements from the store in the place of a file, or where there is none; return the last number."""
    most = max([BATCH, *(file.rows for file in old)])
    new = _prepare(store, after=after, until=until, most=most, tag=token_hex(4))
    if new is None and not old:
        return None
    last = until if new is None else new.part.last_record

    def still() -> bool:
        near = LakeFile.objects.of_statements(store.pk).filter(first_record__lte=last, last_record__gt=after)
        return list(near) == list(old) and (new is None or _is_still(store, new.part, after=after))

    return last if swap(store, [Change(old=old, new=new)], still=still) else None
