"""Looks whether the lake of a record store is whole: files, manifest, cursor and store agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from yucai.errors import Fault
from yucai.evidence import STATEMENT_LAKE, verify_parts
from yucai.texts import Text
from yucai.web.lake.actions import parts_of
from yucai.web.lake.models import LakeFile
from yucai.web.records.following import place_of
from yucai.web.records.lake import FOLLOWER
from yucai.web.records.lake_files import folder_of, listed
from yucai.web.records.models import RecordStore, StatementRow

__all__ = ["LakeChecked", "check_lake"]

DIFFERS: Final = Text(
    "The lake file {file} holds {rows} statement{rows:|s}; the store has {there} between its first and its last. "
    "Write the lake of “{store}” anew: yucai records mend {store}",
    "数据湖文件 {file} 有 {rows} 条陈述，而记录库在其首末序号之间有 {there} 条。请重新写出“{store}”的数据湖："
    "yucai records mend {store}",
)
GAP: Final = Text(
    "{n} statement{n:|s} of “{store}” {n:was|were} passed over by the lake: in none of its files. Write them: "
    "yucai records mend {store}",
    "“{store}”有 {n} 条陈述被数据湖漏掉，不在任何文件中。请补写：yucai records mend {store}",
)
OVERLAP: Final = Text(
    "The lake files {first} and {second} hold the same numbers. Restore the workspace from the last backup.",
    "数据湖文件 {first} 与 {second} 的序号重叠。请从最近一次备份恢复工作区。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeChecked:
    """What the look found: statements in how many files, and how many the lake has not seen yet."""

    statements: int
    files: int
    waiting: int
    faults: tuple[Fault, ...]


def check_lake(store: RecordStore) -> LakeChecked:
    """Compare the files of a store with the manifest, and the manifest with the store."""
    files = listed(store)
    folder = folder_of(store)
    faults = list(verify_parts(folder, parts_of(files, folder=folder), dataset=STATEMENT_LAKE))
    faults += [*_differing(store, files), *_overlapping(files)]
    seen = max([place_of(store, FOLLOWER), *(file.last_record for file in files)])
    statements = StatementRow.objects.filter(store=store)
    between = sum(statements.filter(seq__gte=file.first_record, seq__lte=file.last_record).count() for file in files)
    passed_over = statements.filter(seq__lte=seen).count() - between
    if passed_over > 0:
        faults.append(Fault(code="lake-gap", says=GAP, facts={"n": passed_over, "store": store.code}))
    return LakeChecked(
        statements=sum(file.rows for file in files),
        files=len(files),
        waiting=statements.filter(seq__gt=seen).count(),
        faults=tuple(faults),
    )


def _differing(store: RecordStore, files: Sequence[LakeFile]) -> Iterator[Fault]:
    for file in files:
        there = StatementRow.objects.filter(store=store, seq__gte=file.first_record, seq__lte=file.last_record).count()
        if there != file.rows:
            facts = {"file": file.path, "rows": file.rows, "there": there, "store": store.code}
            yield Fault(code="lake-differs", says=DIFFERS, facts=facts)


def _overlapping(files: Sequence[LakeFile]) -> Iterator[Fault]:
    for first, second in pairwise(files):
        if second.first_record <= first.last_record:
            yield Fault(code="lake-overlap", says=OVERLAP, facts={"first": first.path, "second": second.path})
