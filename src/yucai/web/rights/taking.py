"""Taking in what somebody brought along: rows of this office's own, and beside them what others did, carried on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import may_import
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.evidence.actions import held
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, PersonChange
from yucai.web.evidence.uploads import keep
from yucai.web.rights.formats import CARRIED, TABLES, Row
from yucai.web.rights.gathering import STATEMENTS, PersonData
from yucai.web.rights.models import CarriedRow
from yucai.web.rights.own_traits import keep_traits
from yucai.web.rights.unpacking import PersonPack

__all__ = ["PersonThereError", "take_in_person"]

BATCH: Final = 500
MODELS: Final[Mapping[str, type[models.Model]]] = {
    "person": Person, "groups": Group, "sources": DataSource, "imports": Import, "items": Item,
    "records": EvidenceRecord, "changes": PersonChange,
}  # fmt: skip
UNKNOWN: Final = Text(
    "it names “{name}” in “{column}”, which the export does not hold. Export the person anew.",
    "“{column}”中的“{name}”不在数据包内。请重新导出。",
)
LONG: Final = Text(
    "“{column}” has more than the {most} characters that the records hold.",
    "“{column}”超过记录库可容纳的 {most} 个字符。",
)
BROKEN: Final = Text(
    "its rows contradict each other: one thing twice, or a score off its scale. Export the person anew.",
    "其中的行互相矛盾：同一内容重复，或得分超出满分。请重新导出。",
)


class PersonThereError(YucaiError):
    """Two offices may use one number; who is whom is not guessed."""

    says = Text(
        "The number {code} is on record in “{space}” already. Take the export into an institution where it is not; who "
        "is the same person is not guessed.",
        "“{space}”中已有编号 {code}。请导入到没有该编号的机构；系统不会猜测是否为同一人。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True)
class _Made:
    """Which rows of this office stand for what the export numbers and names."""

    person: Person
    sources: dict[str, int]
    items: dict[str, int]
    imports: dict[int, int]


def take_in_person(pack: PersonPack, *, space: Space, by: Account | None, at: datetime) -> Person:
    """Record a person as an export brings them, all or nothing. Without ``by`` it is the command line.

    Raises PermissionDenied, PersonThereError, FaultyInputError.
    """
    if by is not None and not may_import(by, space):
        raise PermissionDenied
    code = str(pack.data.tables["person"][0]["code"])
    if faults := [*_faults(pack.data)][:20]:
        raise FaultyInputError(code, faults)
    try:
        with transaction.atomic():
            return _take_in(pack, code, space=held(space), by=by, at=at)
    except IntegrityError:
        raise FaultyInputError(code, [Fault(code="broken", says=BROKEN)]) from None


def _take_in(pack: PersonPack, code: str, *, space: Space, by: Account | None, at: datetime) -> Person:
    if Person.objects.filter(space=space, code=code).exists():
        raise PersonThereError(code=code, space=space.name)
    tables = pack.data.tables
    person = Person.objects.create(space=space, **_values("person", tables["person"][0]))
    for row in tables["groups"]:
        told = _values("groups", row)
        group, _ = Group.objects.get_or_create(space=space, code=told.pop("code"), defaults=told)
        days = {name: _day(row[name]) for name in ("joined", "left")}
        Membership.objects.create(group=group, person=person, outcome=str(row["outcome"] or ""), **days)
    made = _Made(person=person, sources=_named(DataSource, "sources", tables["sources"], space),
                 items=_named(Item, "items", tables["items"], space), imports={})  # fmt: skip
    _imports(tables["imports"], made)
    _records(tables["records"], made)
    changes = [PersonChange(person=person, came_with_id=made.imports[_count(row["import"])], **_values("changes", row))
               for row in tables["changes"]]  # fmt: skip
    PersonChange.objects.bulk_create(changes, batch_size=BATCH)
    keep_traits(person, tables["traits"])
    _carry(person, pack.data)
    for content in pack.files.values():
        keep(content)
    counts = {"records": len(tables["records"]), "works": len(tables["works"]), "statements": len(pack.data.statements)}
    note("person.taken-in", by=by, at=at, space=space, people=[person.pk], detail=counts)
    return person


def _day(cell: object) -> date | None:
    return date.fromisoformat(cell) if isinstance(cell, str) else None


def _count(cell: object) -> int:
    return int(cell) if isinstance(cell, (int, float)) else 0


def _values(table: str, row: Row) -> dict[str, Any]:
    """Return the cells of a row that are columns of the records, as the records hold them."""
    fields = {field.attname: field for field in MODELS[table]._meta.concrete_fields if not field.is_relation}
    told: dict[str, Any] = {}
    for name, cell in row.items():
        if name in fields and name != "id":
            kind = TABLES[table].columns[name]
            if isinstance(cell, str) and kind in {"day", "time"}:
                told[name] = date.fromisoformat(cell) if kind == "day" else datetime.fromisoformat(cell)
            elif cell is not None or fields[name].null:
                told[name] = cell
    return told


def _named(model: Any, table: str, rows: tuple[Row, ...], space: Space) -> dict[str, int]:
    """Return the numbers of sources or tasks by code; those that are not here yet are made."""
    found: dict[str, int] = dict(model.objects.filter(space=space).values_list("code", "pk"))
    for row in rows:
        told = _values(table, row)
        if told["code"] not in found:
            found[told["code"]] = model.objects.create(space=space, **told).pk
    return found


def _imports(rows: tuple[Row, ...], made: _Made) -> None:
    """Make the imports of an export; one that another person brought along before is the same import."""
    for row in rows:
        told, kept = _values("imports", row), _count(row["rows"])
        source = made.sources[str(row["source"])]
        same = {name: told[name] for name in ("digest", "profile", "version", "at", "file_name")}
        there = Import.objects.filter(source=source, **same).first()
        if there is None:
            there = Import.objects.create(
                source_id=source, kept=kept, replaces_id=made.imports.get(_count(row["replaces"])),
                supplements_id=made.imports.get(_count(row["supplements"])), **told,
            )  # fmt: skip
        else:
            Import.objects.filter(pk=there.pk).update(kept=models.F("kept") + kept)
        made.imports[_count(row["number"])] = there.pk


def _records(rows: tuple[Row, ...], made: _Made) -> None:
    records = [
        EvidenceRecord(
            person=made.person, item_id=made.items[str(row["item"])],
            came_with_id=made.imports[_count(row["import"])],
            replaced_by_id=made.imports.get(_count(row["replaced_by"])),
            **_values("records", row),
        )
        for row in rows
    ]  # fmt: skip
    EvidenceRecord.objects.bulk_create(records, batch_size=BATCH)


def _carry(person: Person, data: PersonData) -> None:
    told = {name: [msgspec.json.encode(row).decode() for row in data.tables[name]] for name in CARRIED}
    told[STATEMENTS] = list(data.statements)
    rows = [CarriedRow(person=person, table=name, position=position, row=text)
            for name, texts in told.items() for position, text in enumerate(texts)]  # fmt: skip
    CarriedRow.objects.bulk_create(rows, batch_size=BATCH)


def _faults(data: PersonData) -> Iterator[Fault]:
    """Yield what the records cannot hold, and what is named and not there."""
    for table, model in MODELS.items():
        for number, row in enumerate(data.tables[table], start=1):
            for name, cell in row.items():
                most = _longest(model, name)
                if most is not None and isinstance(cell, str) and len(cell) > most:
                    yield Fault(
                        code="long", says=LONG, where=f"{table}, {number}", facts={"column": name, "most": most}
                    )
    yield from _unknown(data)


def _longest(model: type[models.Model], name: str) -> int | None:
    found = {field.attname: field for field in model._meta.concrete_fields}.get(name)
    return found.max_length if isinstance(found, models.CharField) else None


def _unknown(data: PersonData) -> Iterator[Fault]:
    known: dict[str, set[object]] = {
        "source": {row["code"] for row in data.tables["sources"]},
        "item": {row["code"] for row in data.tables["items"]},
        "import": {row["number"] for row in data.tables["imports"]},
    }
    known |= {"replaced_by": known["import"] | {None}, "replaces": known["import"] | {None}}
    for table in ("imports", "records", "changes"):
        for number, row in enumerate(data.tables[table], start=1):
            for name in known.keys() & row.keys():
                if row[name] not in known[name]:
                    facts = {"column": name, "name": str(row[name])[:40]}
                    yield Fault(code="unknown", says=UNKNOWN, where=f"{table}, {number}", facts=facts)
