"""How evidence enters the records, and how the lake follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import RESPONSES, LakePart, Responses, read_lake, verify_parts, write_part
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.bulk import insert_rows
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, LakeFile

__all__ = [
    "Taken",
    "check_lake",
    "digest_of",
    "lake_folder",
    "preview",
    "source_named",
    "space_responses",
    "take_in",
    "write_lake",
]

RECORD_COLUMNS: Final = (
    "came_with", "person", "item", "rater", "occasion", "score", "max_score", "at",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip
RESPONSE_KEY: Final = ["learner", "item", "rater", "occasion"]
LAKE_BATCH: Final = 500_000
FEW: Final = 100
LAKE_FIELDS: Final = (  # in the order of RESPONSES
    "person__code", "item__code", "score", "max_score", "rater", "occasion", "at",
    "source_file", "source_sheet", "source_row", "pk",
)  # fmt: skip

ALREADY_THERE = Text(
    "{n} scores are already recorded for the same learner, item, rater and occasion (first: {learner} on {item}). "
    "Take them out of the file; a correction is entered as a correction, not over the old value.",
    "有 {n} 个得分已经入库（同一学习者、题目、评分人、学期；首见：{learner} 的 {item}）。"
    "请从文件中删去；更正须按更正录入，不得覆盖原值。",
)


class NoEvidenceError(YucaiError):
    """Nothing can be measured where no evidence is."""

    says = Text(
        "“{space}” holds no evidence yet. Import a file first: yucai import FILE",
        "“{space}”中还没有证据。请先导入文件：yucai import 文件",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an import did, or (previewed) would do."""

    kept: int
    new_people: int
    new_items: int
    already: bool  # the very same file is in already: nothing to do


def digest_of(responses: Responses) -> str:
    """Return the SHA-256 of a table of responses, for tables that come from no file."""
    hashed = responses.table.hash_rows(seed=0).to_numpy().tobytes()
    return hashlib.sha256(hashed).hexdigest()


def source_named(space: Space, code: str) -> DataSource:
    """Return a source of a space; one that is not there yet is entered with the purpose every office has."""
    source, _ = DataSource.objects.get_or_create(
        space=space,
        code=code,
        defaults={
            "name_en": code,
            "name_zh": code,
            "purpose": "Guidance and quality of cultivation",
            "legal_basis": "Statutory duty of the school",
            "owner": space.name_zh or space.name_en,
        },
    )
    return source


def preview(responses: Responses, *, source: DataSource, digest: str) -> Taken:
    """Return what ``take_in`` would do. Raises FaultyInputError when a response is recorded already."""
    if Import.objects.filter(source=source, digest=digest).exists():
        return Taken(kept=0, new_people=0, new_items=0, already=True)
    _refuse_recorded(responses, source.space)
    people, items = _people(source.space), _items(source.space)
    table = responses.table
    return Taken(
        kept=table.height,
        new_people=sum(code not in people for code in table["learner"].unique()),
        new_items=sum(code not in items for code in table["item"].unique()),
        already=False,
    )


@transaction.atomic
def take_in(
    responses: Responses, *, source: DataSource, file_name: str, digest: str, by: str, at: datetime, refused: int = 0
) -> Taken:
    """Record responses, all or none; the same file a second time changes nothing.

    Learners and items not known yet are added under their codes. Raises FaultyInputError as ``preview``.
    """
    foreseen = preview(responses, source=source, digest=digest)
    if foreseen.already:
        return foreseen
    space = source.space
    entry = Import.objects.create(
        source=source, file_name=file_name, digest=digest, at=at, by=by, kept=len(responses), refused=refused
    )
    people, items = _people(space), _items(space)
    _add_people(space, sorted(set(responses.table["learner"]) - people.keys()))
    _add_items(space, sorted(set(responses.table["item"]) - items.keys()))
    rows = _record_rows(responses.table, entry.pk, _people(space), _items(space))
    insert_rows(EvidenceRecord, RECORD_COLUMNS, rows)
    return foreseen


def write_lake(space: Space, *, at: datetime) -> tuple[LakeFile, ...]:
    """Write the records that the lake lacks as Parquet files and list them in the manifest; return the new files.

    A file that was written but not listed (the power went) is never read, and is written anew.
    """
    watermark = LakeFile.objects.filter(space=space).aggregate(last=Max("last_record"))["last"] or 0
    written = []
    while (table := _records_after(space, watermark)).height:
        part = write_part(table, lake_folder(space), period=f"{at:%Y-%m}")
        written.append(
            LakeFile.objects.create(
                space=space,
                path=f"{space.code}/{part.path}",
                rows=part.rows,
                first_record=part.first_record,
                last_record=part.last_record,
                sha256=part.sha256,
                size_bytes=part.bytes,
                schema_version=part.schema_version,
                at=at,
            )
        )
        watermark = part.last_record
    return tuple(written)


def space_responses(space: Space) -> Responses:
    """Return all responses of a space from the lake. Raises NoEvidenceError when there are none."""
    parts = _parts(space)
    if not parts:
        raise NoEvidenceError(space=space.name)
    return read_lake(lake_folder(space), parts)


def check_lake(space: Space) -> tuple[Fault, ...]:
    """Return what is wrong with the lake files of a space: missing, or not as they were written."""
    return verify_parts(lake_folder(space), _parts(space))


def lake_folder(space: Space) -> Path:
    """Return the folder of a space's Parquet files."""
    folder: Path = settings.WORKSPACE.lake / space.code
    return folder


def _parts(space: Space) -> tuple[LakePart, ...]:
    return tuple(
        LakePart(
            path=file.path.removeprefix(f"{space.code}/"),
            rows=file.rows,
            first_record=file.first_record,
            last_record=file.last_record,
            sha256=file.sha256,
            schema_version=file.schema_version,
            bytes=file.size_bytes,
        )
        for file in LakeFile.objects.filter(space=space).order_by("first_record")
    )


def _people(space: Space) -> dict[str, int]:
    return dict(Person.objects.filter(space=space).values_list("code", "pk"))


def _items(space: Space) -> dict[str, int]:
    return dict(Item.objects.filter(space=space).values_list("code", "pk"))


def _add_people(space: Space, codes: list[str]) -> None:
    Person.objects.bulk_create(Person(space=space, code=code, name_en=code, name_zh=code) for code in codes)


def _add_items(space: Space, codes: list[str]) -> None:
    Item.objects.bulk_create(
        Item(space=space, code=code, name_en=code, name_zh=code, kind=code.partition("/")[0][:30]) for code in codes
    )


def _record_rows(
    table: pl.DataFrame, entry: int, people: Mapping[str, int], items: Mapping[str, int]
) -> Iterator[tuple[object, ...]]:
    columns = ["learner", "item", "rater", "occasion", "score", "max_score", "at"]
    columns += ["source_file", "source_sheet", "source_row"]
    for learner, item, rater, occasion, score, highest, at, file, sheet, row in table.select(columns).iter_rows():
        whose, what = people[learner], items[item]
        yield entry, whose, what, rater or "", occasion or "", score, highest, at, file or "", sheet or "", row


def _refuse_recorded(responses: Responses, space: Space) -> None:
    """A response that is recorded already must not be recorded again under another file."""
    there = EvidenceRecord.objects.filter(person__space=space)
    learners = responses.table["learner"].unique().to_list()
    if len(learners) <= FEW:  # one rating must not read all evidence of a university
        there = there.filter(person__code__in=learners)
    if not there.exists():
        return
    known = pl.DataFrame(
        list(there.values_list("person__code", "item__code", "rater", "occasion")),
        schema=dict.fromkeys(RESPONSE_KEY, pl.String),
        orient="row",
    )
    coming = responses.table.select(pl.col(RESPONSE_KEY).fill_null(""))
    twice = coming.join(known, on=RESPONSE_KEY, how="semi")
    if twice.height:
        facts = {"n": twice.height, "learner": twice["learner"][0], "item": twice["item"][0]}
        raise FaultyInputError(space.code, [Fault(code="already-recorded", says=ALREADY_THERE, facts=facts)])


def _records_after(space: Space, watermark: int) -> pl.DataFrame:
    records = (
        EvidenceRecord.objects.filter(person__space=space, pk__gt=watermark)
        .order_by("pk")
        .values_list(*LAKE_FIELDS)[:LAKE_BATCH]
    )
    schema = {column.name: column.dtype for column in RESPONSES.columns}
    table = pl.DataFrame(list(records.iterator(chunk_size=50_000)), schema=schema, orient="row")
    texts = ("rater", "occasion", "source_file", "source_sheet")
    return table.with_columns(pl.col(name).replace("", None) for name in texts)
