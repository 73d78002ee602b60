"""Everything on record about a person, as the rows of an export. The same records give the same rows, in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from yucai.web.accounts.models import Membership, Person
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, PersonChange
from yucai.web.rights.elsewhere import CARRIED_OF, fields_of
from yucai.web.rights.formats import CARRIED, TABLES, Cell, Row
from yucai.web.rights.models import CarriedRow
from yucai.web.rights.own_statements import statements_of
from yucai.web.rights.own_traits import traits_of

__all__ = ["STATEMENTS", "PersonData", "carried_rows", "gather", "imports_about", "row_counts"]

STATEMENTS: Final = "statements"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonData:
    """The rows of every table of the format, and the statements as JSON texts."""

    tables: Mapping[str, tuple[Row, ...]]
    statements: tuple[str, ...]

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """SHA-256 and kind of each file of an own work, once."""
        rows = [row for row in self.tables["works"] if row["file_sha256"]]
        return tuple(sorted({(str(row["file_sha256"]), str(row["file_type"])) for row in rows}))


def gather(person: Person) -> PersonData:
    """Return everything on record about a person: what is this office's, after what came along from an earlier one."""
    imports = _imports_of(person)
    numbers = {entry.pk: number for number, entry in enumerate(imports, start=1)}
    rows: dict[str, list[Row]] = {
        "person": [_row("person", fields_of(person))],
        "traits": [_row("traits", one) for one in traits_of(person)],
        "groups": _groups(person),
        "sources": _sources(imports),
        "imports": _imports(person, imports, numbers),
        "items": _items(person),
        "records": _records(person, numbers),
        "changes": _changes(person, numbers),
    }
    office = person.space.name_zh or person.space.name_en
    for name in CARRIED:
        before = carried_rows(person, name)
        own = CARRIED_OF[name](person, len(before))
        rows[name] = [*before, *(_row(name, {"office": office, **one}) for one in own)]
    brought = CarriedRow.objects.filter(person=person, table=STATEMENTS).order_by("position")
    statements = (*brought.values_list("row", flat=True), *statements_of(person))
    return PersonData(tables={name: tuple(rows[name]) for name in TABLES}, statements=statements)


def row_counts(data: PersonData) -> dict[str, int]:
    """Return how many rows each table has, with the statements as one of them."""
    return {**{name: len(rows) for name, rows in data.tables.items()}, STATEMENTS: len(data.statements)}


def carried_rows(person: Person, table: str) -> list[Row]:
    """Return the rows of a table that came along from an earlier office, as they came."""
    kept = CarriedRow.objects.filter(person=person, table=table).order_by("position").values_list("row", flat=True)
    return [msgspec.json.decode(row, type=Row) for row in kept]


def _row(table: str, facts: Mapping[str, Any]) -> Row:
    """Return the cells of a row in the order of the format. Raises KeyError for a column that was not thought of."""
    return {name: _cell(facts[name]) for name in TABLES[table].columns}


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [(cell is not None, str(cell)) for cell in row.values()])


def _groups(person: Person) -> list[Row]:
    mine = Membership.objects.filter(person=person).select_related("group")
    return _sorted(_row("groups", {**fields_of(one.group), **fields_of(one)}) for one in mine)


def _imports_of(person: Person) -> list[Import]:
    """Return the imports that said, corrected or took away something of a person, in an order of their own."""
    found = imports_about(person.pk).select_related("source")
    return sorted(found, key=lambda one: (one.at, one.source.code, one.profile, one.version, one.digest))


def imports_about(person: int) -> QuerySet[Import]:
    """Return the same of a person (number), in no order."""
    about = EvidenceRecord.objects.filter(person=person)
    changed = PersonChange.objects.filter(person=person).values("came_with")
    wanted = Q(pk__in=about.values("came_with")) | Q(pk__in=about.values("replaced_by")) | Q(pk__in=changed)
    return Import.objects.filter(wanted)


def _sources(imports: Iterable[Import]) -> list[Row]:
    codes: dict[int, DataSource] = {entry.source_id: entry.source for entry in imports}
    return _sorted(_row("sources", fields_of(source)) for source in codes.values())


def _imports(person: Person, imports: Iterable[Import], numbers: Mapping[int, int]) -> list[Row]:
    rows: dict[int, int] = {}
    for entry in EvidenceRecord.objects.filter(person=person).values_list("came_with", flat=True):
        rows[entry] = rows.get(entry, 0) + 1
    return [
        _row("imports", {
            **fields_of(entry), "number": numbers[entry.pk], "source": entry.source.code,
            "replaces": numbers.get(entry.replaces_id or 0), "supplements": numbers.get(entry.supplements_id or 0),
            "rows": rows.get(entry.pk, 0),
        })
        for entry in imports
    ]  # fmt: skip


def _items(person: Person) -> list[Row]:
    done = Item.objects.filter(evidence__person=person).distinct()
    return _sorted(_row("items", fields_of(item)) for item in done)


def _records(person: Person, numbers: Mapping[int, int]) -> list[Row]:
    mine = EvidenceRecord.objects.filter(person=person).select_related("item")
    told: Callable[[EvidenceRecord], Row] = lambda one: _row("records", {  # noqa: E731
        **fields_of(one), "item": one.item.code, "import": numbers[one.came_with_id],
        "replaced_by": numbers.get(one.replaced_by_id or 0),
    })  # fmt: skip
    return _sorted(map(told, mine))


def _changes(person: Person, numbers: Mapping[int, int]) -> list[Row]:
    mine = PersonChange.objects.filter(person=person)
    return _sorted(_row("changes", {**fields_of(one), "import": numbers[one.came_with_id]}) for one in mine)
