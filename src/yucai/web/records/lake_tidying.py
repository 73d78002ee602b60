"""Putting small files of a month together, so that a reader opens few and nothing is written too often.

Files are merged when a handful of about the same size have come: each statement is then written anew a few times in
all, however small the files were that it came in. A month that is over ends as one file, or as few large ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from secrets import token_hex
from typing import Final

from yucai.evidence import STATEMENT_LAKE, prepare_part, read_in_pieces
from yucai.web.lake.models import LakeFile
from yucai.web.records.lake_files import Change, dropping_unless, folder_of, listed, swap, whole_parts
from yucai.web.records.models import RecordStore

__all__ = ["runs_to_merge", "tidy"]

FAN: Final = 8  # files of a size that make one of the next
MOST_ROWS: Final = 2_000_000  # of one file


def tidy(store: RecordStore) -> int:
    """Put small files together and return how many went into larger ones. Raises FaultyInputError."""
    merged = 0
    for run in runs_to_merge(listed(store), this_month=f"{datetime.now(tz=UTC):%Y-%m}"):
        parts = whole_parts(store, run)
        pieces = read_in_pieces(folder_of(store), parts, dataset=STATEMENT_LAKE)
        with dropping_unless() as changes:
            new = prepare_part(pieces, folder_of(store), period=run[0].period, dataset=STATEMENT_LAKE, tag=token_hex(4))
            changes.append(Change(old=tuple(run), new=new))
        if swap(store, changes):
            merged += len(run)
    return merged


def runs_to_merge(files: Sequence[LakeFile], *, this_month: str) -> list[list[LakeFile]]:
    """Return which files, given in order, are to become one."""
    runs = []
    for period, group in groupby(files, key=lambda file: file.period):
        of_month = list(group)
        runs += _whole_month(of_month) if period < this_month else _last_small(of_month)
    return runs


def _whole_month(files: Sequence[LakeFile]) -> list[list[LakeFile]]:
    runs: list[list[LakeFile]] = []
    for file in files:
        if runs and sum(one.rows for one in runs[-1]) + file.rows <= MOST_ROWS:
            runs[-1].append(file)
        else:
            runs.append([file])
    return [run for run in runs if len(run) > 1]


def _last_small(files: Sequence[LakeFile]) -> list[list[LakeFile]]:
    """Return the last files of about the same size, where they are enough of them."""
    for tier in range(_tier(MOST_ROWS)):
        tail: list[LakeFile] = []
        for file in reversed(files):
            if _tier(file.rows) > tier or sum(one.rows for one in tail) + file.rows > MOST_ROWS:
                break
            tail.insert(0, file)
        if len(tail) >= FAN:
            return [tail]
    return []


def _tier(rows: int) -> int:
    """Return how often a number of rows can be divided by ``FAN``.

    >>> _tier(7), _tier(8), _tier(63), _tier(64)
    (0, 1, 1, 2)
    """
    tier = 0
    while rows >= FAN:
        rows, tier = rows // FAN, tier + 1
    return tier
