"""How evidence enters the records, and how the lake follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings
from django.db import models, transaction
from django.db.models import Max
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import RESPONSES, LakePart, Responses, read_lake, verify_parts, write_part
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented_codes
from yucai.web.accounts.audit import note
from yucai.web.accounts.erased import erased_among
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.bulk import insert_rows
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, PersonChange
from yucai.web.lake.actions import list_part, parts_of, unlink
from yucai.web.lake.models import LakeFile

__all__ = [
    "NoEvidenceError",
    "Taken",
    "check_lake",
    "digest_of",
    "held",
    "lake_folder",
    "last_in_lake",
    "name_items",
    "preview",
    "record",
    "recorded",
    "require_evidence",
    "rewrite_lake",
    "source_of_pages",
    "space_responses",
    "take_in",
    "tell_import",
    "unfit",
    "without_guardian",
    "write_lake",
]

RECORD_COLUMNS: Final = (
    "came_with", "person", "item", "rater", "occasion", "score", "max_score", "at",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip
TEXTS_OF_OWN: Final = ("rater", "occasion", "source_file", "source_sheet")
RESPONSE_KEY: Final = ["learner", "item", "rater", "occasion"]
LAKE_BATCH: Final = 500_000
FEW: Final = 100
LAKE_FIELDS: Final = (  # in the order of RESPONSES
    "person__code", "item__code", "score", "max_score", "rater", "occasion", "at",
    "source_file", "source_sheet", "source_row", "pk",
)  # fmt: skip

MOST_NAMED: Final = 20

ALREADY_THERE = Text(
    "{n} score{n:|s} {n:is|are} already recorded for the same learner, item, rater and occasion: {which}. "
    "Take them out of the file; a correction is entered as a correction, not over the old value.",
    "有 {n} 个得分已经入库（同一学习者、题目、评分人、学期）：{which}。"
    "请从文件中删去；更正须按更正录入，不得覆盖原值。",
)
NO_GUARDIAN = Text(
    "{n} {n:person is|people are} under 14, and no guardian's consent is on record: {which}. Have the data protection "
    "officer record it, or take them out of the file.",
    "有 {n} 人未满 14 周岁且没有监护人同意：{which}。请由个人信息保护负责人登记同意，或从文件中删去。",
)
TOO_LONG = Text(
    "{n} value{n:|s} of “{column}” {n:is|are} longer than the {most} characters the records hold (first: {value}…). "
    "Shorten them.",
    "“{column}”有 {n} 个值超过记录库可容纳的 {most} 个字符（首见：{value}…）。请缩短。",
)
OF_ERASED = Text(
    "{n} score{n:|s} {n:is|are} of people whose records were erased here; no file brings them back. Take the rows out, "
    "or have the data protection officer let the number in again.",
    "有 {n} 个得分属于记录已在此删除的人员，任何文件都不会使其恢复。请删去这些行，"
    "或由个人信息保护负责人准许该学号重新入库。",
)
NOT_TEXT = Text(
    "{n} value{n:|s} of “{column}” {n:holds|hold} a zero byte, which is no character. Save the file anew as UTF-8.",
    "“{column}”有 {n} 个值含有零字节，不是有效字符。请将文件重新存为 UTF-8。",
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


def preview(responses: Responses, *, space: Space, source: str, digest: str) -> Taken:
    """Return what ``take_in`` would do, from a source that need not be there yet; nothing is written.

    Raises FaultyInputError that names every response recorded already and every value the records cannot hold.
    """
    same = Import.objects.filter(source__space=space, source__code=source, profile="", digest=digest, current=True)
    if same.exists():
        return Taken(kept=0, new_people=0, new_items=0, already=True)
    faults = [
        *unfit(responses), *without_guardian(responses, space), *recorded(responses, space),
        *_of_erased(responses, space),
    ]  # fmt: skip
    if faults:
        raise FaultyInputError(space.code, faults)
    people, items = _people(space), _items(space)
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
    space = held(source.space)
    foreseen = preview(responses, space=space, source=source.code, digest=digest)
    if foreseen.already:
        return foreseen
    entry = Import.objects.create(
        source=source, file_name=file_name, digest=digest, at=at, by=by, kept=len(responses), refused=refused
    )
    record(responses.table, entry)
    tell_import("taken", entry, by=by, at=at)
    return foreseen


def source_of_pages(
    space: Space,
    code: str,
    name: Text,
    *,
    purpose: str = "指导与培养质量 / Guidance and quality of cultivation",
    legal_basis: str = "duty",
    months: int = 60,
) -> DataSource:
    """Return the source of evidence that arises on pages of a space; it is made when it is needed first."""
    source, _made = DataSource.objects.get_or_create(
        space=space,
        code=code,
        defaults={
            "name_en": name.en,
            "name_zh": name.zh,
            "purpose": purpose,
            "legal_basis": "public" if space.simulated else legal_basis,
            "grade": "1" if space.simulated else "3",
            "retention_months": months,
            "owner": space.name_zh or space.name_en,
        },
    )
    return source


def tell_import(what: str, entry: Import, *, by: str, at: datetime) -> None:
    """Note in the audit trail that an import was taken in, or undone; ``by`` is an account, or the command line."""
    account = Account.objects.filter(username=by).first()
    detail = {"rows": entry.kept, "refused": entry.refused, "version": entry.version}
    target, space = f"import:{entry.pk}", entry.source.space_id
    note(f"import.{what}", by=account, at=at, space=space, target=target, detail=detail)


def record(table: pl.DataFrame, entry: Import) -> None:
    """Record a table of responses as that of an import; learners and items not known yet are added with it.

    Call it inside a transaction. What was added is written down, so that the import can be undone.
    """
    space = entry.source.space
    unknown = sorted(set(table["learner"]) - _people(space).keys())
    _add_people(space, unknown)
    PersonChange.objects.bulk_create(
        [PersonChange(came_with=entry, person=person, field=PersonChange.Field.PERSON, after=person.code)
         for person in _made(space, unknown)],
        batch_size=500,
    )  # fmt: skip
    new_items = sorted(set(table["item"]) - _items(space).keys())
    _add_items(space, new_items)
    if new_items:
        entry.made = {**entry.made, "items": new_items}
        entry.save(update_fields=["made"])
    insert_rows(EvidenceRecord, RECORD_COLUMNS, _record_rows(table, entry.pk, _people(space), _items(space)))


def name_items(space: Space, names: Mapping[str, str]) -> None:
    """Call items as their file does. Call it inside a transaction, for items that were added just now."""
    items = list(Item.objects.filter(space=space, code__in=[code for code, name in names.items() if name != code]))
    for item in items:
        item.name_en = item.name_zh = names[item.code][: _longest(Item, "name_zh")]
    Item.objects.bulk_update(items, ["name_en", "name_zh"], batch_size=200)


def _made(space: Space, codes: list[str]) -> list[Person]:
    """Return people by any number of numbers; a database takes only so many in one question."""
    wanted = set(codes)
    return [person for person in Person.objects.filter(space=space) if person.code in wanted]


def write_lake(space: Space, *, at: datetime) -> tuple[LakeFile, ...]:
    """Write the records that the lake lacks as Parquet files and list them in the manifest; return the new files.

    A file that was written but not listed (the power went) is never read, and is written anew.
    """
    written: list[LakeFile] = []
    while (file := _next_part(space, at=at)) is not None:
        written.append(file)
    return tuple(written)


@transaction.atomic
def _next_part(space: Space, *, at: datetime) -> LakeFile | None:
    """Write and list one file; two that write at once wait for each other, so that no record stands in two files."""
    held(space)
    table = _records_after(space, last_in_lake(space))
    return _listed(space, table, period=f"{at:%Y-%m}", at=at) if table.height else None


def rewrite_lake(space: Space, *, low: int, high: int, tag: str, at: datetime) -> None:
    """Write anew the lake files that hold any record from ``low`` to ``high``, with what is current of them now.

    Call it in the transaction that changed the records, with the lake complete before: the new lines of the manifest
    appear with the change, or not at all. ``tag`` names the change, so that no listed file is written over.
    """
    old = list(LakeFile.objects.of_responses(space).filter(first_record__lte=high, last_record__gte=low))
    low, high = min([low, *(file.first_record for file in old)]), max([high, *(file.last_record for file in old)])
    LakeFile.objects.filter(pk__in=[file.pk for file in old]).delete()
    while (table := _records_after(space, low - 1, most=high)).height:
        _listed(space, table, period=f"{at:%Y-%m}-{tag}", at=at)
        low = int(table["record"].max()) + 1  # type: ignore[arg-type]
    transaction.on_commit(lambda: unlink(old))


def _listed(space: Space, table: pl.DataFrame, *, period: str, at: datetime) -> LakeFile:
    """Write one file of the lake and list it."""
    folder = lake_folder(space)
    part = write_part(table, folder, period=period)
    return list_part(part, folder=folder, space=space, period=period, at=at)


def last_in_lake(space: Space) -> int:
    """Return the number of the last record that the lake of a space holds; 0 when it holds none."""
    return LakeFile.objects.of_responses(space).aggregate(last=Max("last_record"))["last"] or 0


def held(space: Space) -> Space:
    """Return the space, held until the transaction ends: in a space records are numbered in the order they appear.

    Otherwise a later import could be in the lake before an earlier one ends, and the earlier would be passed over.
    """
    return Space.objects.select_for_update(no_key=True).get(pk=space.pk)


def space_responses(space: Space) -> Responses:
    """Return all responses of a space from the lake. Raises NoEvidenceError when there are none."""
    parts = _parts(space)
    if not parts:
        raise NoEvidenceError(space=space.name)
    try:
        return read_lake(lake_folder(space), parts)
    except FaultyInputError:
        renewed = _parts(space)
        if renewed == parts:
            raise
        return read_lake(lake_folder(space), renewed)  # a corrected file came in between list and reading


def require_evidence(space: Space) -> int:
    """Return the number of responses recorded in a space. Raises NoEvidenceError when there are none."""
    n = EvidenceRecord.objects.current().filter(person__space=space).count()
    if not n:
        raise NoEvidenceError(space=space.name)
    return n


def check_lake(space: Space) -> tuple[Fault, ...]:
    """Return what is wrong with the lake files of a space: missing, or not as they were written."""
    return verify_parts(lake_folder(space), _parts(space))


def lake_folder(space: Space) -> Path:
    """Return the folder of a space's Parquet files."""
    folder: Path = settings.WORKSPACE.lake / space.code
    return folder


def _parts(space: Space) -> tuple[LakePart, ...]:
    return parts_of(LakeFile.objects.of_responses(space), folder=lake_folder(space))


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


def unfit(responses: Responses) -> Iterator[Fault]:
    """Yield what the columns of the records cannot hold; PostgreSQL would refuse it, SQLite would not even say so."""
    homes = {"learner": (Person, "code"), "item": (Item, "code"), **{n: (EvidenceRecord, n) for n in TEXTS_OF_OWN}}
    meanings = {column.name: column.meaning for column in RESPONSES.columns}
    for name, (model, field) in homes.items():
        most = _longest(model, field)
        values = responses.table[name].drop_nulls()
        long = values.filter(values.str.len_chars() > most)
        if len(long):
            facts = {"n": len(long), "column": meanings[name], "most": most, "value": long[0][:20]}
            yield Fault(code="value-too-long", says=TOO_LONG, facts=facts)
        if zeros := int(values.str.contains("\0", literal=True).sum()):
            yield Fault(code="zero-byte", says=NOT_TEXT, facts={"n": zeros, "column": meanings[name]})


def without_guardian(responses: Responses, space: Space) -> Iterator[Fault]:
    """Yield that scores are about people under 14 for whom no guardian's consent is in force."""
    closed = unconsented_codes(space, day=localdate())
    found = sorted(closed & set(responses.table["learner"].unique())) if closed else []
    if found:
        facts = {"n": len(found), "which": ", ".join(found[:MOST_NAMED])}
        yield Fault(code="no-guardian", says=NO_GUARDIAN, facts=facts)


def _longest(model: type[models.Model], field: str) -> int:
    found = model._meta.get_field(field)
    if not isinstance(found, models.CharField) or found.max_length is None:
        raise TypeError(f"{field} has no greatest length")
    return found.max_length


def recorded(responses: Responses, space: Space) -> Iterator[Fault]:
    """Yield, for each sheet, all that is recorded already: it must not be recorded again under another file."""
    there = EvidenceRecord.objects.current().filter(person__space=space)
    # A code with a zero byte is told as unfit, is recorded nowhere, and PostgreSQL would not even look for it.
    learners = [code for code in responses.table["learner"].unique().to_list() if "\0" not in code]
    if len(learners) <= FEW:  # one rating must not read all evidence of a university
        there = there.filter(person__code__in=learners)
    if not there.exists():
        return
    known = pl.DataFrame(
        list(there.values_list("person__code", "item__code", "rater", "occasion")),
        schema=dict.fromkeys(RESPONSE_KEY, pl.String),
        orient="row",
    )
    places = ["source_file", "source_sheet", "source_row"]
    coming = responses.table.select(pl.col(RESPONSE_KEY).fill_null(""), *places)
    twice = coming.join(known, on=RESPONSE_KEY, how="semi", maintain_order="left")
    for (file, sheet), rows in twice.group_by("source_file", "source_sheet", maintain_order=True):
        where = " ".join(part for part in (file, sheet) if part)
        facts = {"n": rows.height, "which": _which(rows)}
        yield Fault(code="already-recorded", says=ALREADY_THERE, where=where, facts=facts)


def _of_erased(responses: Responses, space: Space) -> Iterator[Fault]:
    """Yield that scores are of people who were erased here; by which rows, for their numbers are not said again."""
    erased = erased_among(space, responses.table["learner"].unique().to_list())
    if erased:
        rows = responses.table.filter(pl.col("learner").is_in(list(erased)))
        yield Fault(code="erased", says=OF_ERASED, facts={"n": rows.height})


def _which(twice: pl.DataFrame) -> Text:
    """Name responses: by all their rows in the file or, in a table without rows, by learner and item."""
    if not twice["source_row"].null_count():
        runs = _runs(sorted(twice["source_row"]))
        word = "row" if twice.height == 1 else "rows"
        return Text(f"{word} {', '.join(runs)}", f"第 {'、'.join(runs)} 行")
    pairs = twice.select("learner", "item").head(MOST_NAMED).rows()
    more = twice.height - len(pairs)
    en, zh = ", ".join(f"{who} on {what}" for who, what in pairs), "、".join(f"{who} 的 {what}" for who, what in pairs)
    return Text(f"{en} and {more} more", f"{zh}等 {twice.height} 个") if more else Text(en, zh)


def _runs(rows: list[int]) -> list[str]:
    """Return ascending numbers as runs.

    >>> _runs([2, 3, 4, 7])
    ['2–4', '7']
    """
    runs = [[row for _, row in run] for _, run in groupby(enumerate(rows), key=lambda place: place[1] - place[0])]
    return [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]


def _records_after(space: Space, watermark: int, *, most: int | None = None) -> pl.DataFrame:
    within = {"pk__gt": watermark} if most is None else {"pk__gt": watermark, "pk__lte": most}
    records = (
        EvidenceRecord.objects.current()
        .filter(person__space=space, **within)
        .order_by("pk")
        .values_list(*LAKE_FIELDS)[:LAKE_BATCH]
    )
    schema = RESPONSES.schema
    table = pl.DataFrame(list(records.iterator(chunk_size=50_000)), schema=schema, orient="row")
    return table.with_columns(pl.col(name).replace("", None) for name in TEXTS_OF_OWN)
