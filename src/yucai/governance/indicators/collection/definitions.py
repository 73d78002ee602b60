"""Which items stand in which table of a state collection, as a TOML file says it. Adding a table is adding an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yucai.framework import PackReader, load_pack
from yucai.governance.indicators.definitions import Figure, Indicator, IndicatorPack, Reference, TableCheck
from yucai.governance.indicators.packs import load_indicators
from yucai.texts import Text

__all__ = ["Collection", "CollectionItem", "CollectionTable", "load_collection"]

HOME: Final = "yucai.governance.indicators.collection"
NOTHING: Final = Text("", "")
ONE_OF: Final = Text(
    "an item is a figure, an indicator, or people by a group: write exactly one of “figure”, “indicator”, “people”.",
    "每一项须且仅须写明“figure”（数据项）、“indicator”（指标）、“people”（按分组的人数）之一。",
)
NOT_KNOWN: Final = Text(
    "“{field}” names “{value}”, which none of the packs of this collection has. Correct the name, or add the pack.",
    "“{field}”提到“{value}”，本采集表所列资料包中均无此项。请改正名称或补充资料包。",
)
NO_PACKS: Final = Text("“packs” must list at least one pack of indicators.", "“packs”至少须列出一个指标资料包。")
NO_ITEMS: Final = Text("a table needs at least one item.", "每张表至少须有一项。")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionItem:
    """One item of a table: a figure, an indicator, or people on record by a group that add up to a figure."""

    figure: str = ""
    indicator: str = ""
    people: str = ""
    by: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionTable:
    """One table: its own title, its items, and what is lacking in it because nothing holds it.

    ``reference`` is as of when the records give a figure that no indicator holds.
    """

    code: str
    name: Text
    reference: Reference
    items: tuple[CollectionItem, ...]
    lacking: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The tables of a state collection, and the packs whose figures and indicators stand in them."""

    code: str
    version: str
    name: Text
    note: Text
    packs: tuple[IndicatorPack, ...]
    tables: tuple[CollectionTable, ...]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Every indicator of the packs, in their order."""
        return tuple(one for pack in self.packs for one in pack.indicators)

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure of the packs by its code. One code means one figure in all of them."""
        return {one.code: one for pack in reversed(self.packs) for one in pack.figures}

    @property
    def checks(self) -> tuple[TableCheck, ...]:
        """What must hold between figures, of all packs."""
        return tuple(one for pack in self.packs for one in pack.checks)

    def holding(self, figure: str) -> tuple[Indicator, ...]:
        """Return the indicators that a figure enters, in the order of the packs."""
        return tuple(one for one in self.indicators if figure in one.figures)


def load_collection(name: str | Path = "china-undergraduate") -> Collection:
    """Return the tables of a state collection by code or path.

    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return load_pack(str(name), "collection", _collection, home=HOME)


def _collection(reader: PackReader) -> Collection:
    said = reader.said
    names = said.get("packs")
    if not isinstance(names, list) or not names:
        reader.fault("packs", NO_PACKS)
        names = []
    packs = tuple(load_indicators(str(one)) for one in names)
    figures = {one.code for pack in packs for one in pack.figures}
    indicators = {one.code for pack in packs for one in pack.indicators}
    records = {one.records for pack in packs for one in pack.figures if one.people and one.records}
    known = {"figure": figures, "indicator": indicators, "people": records, "whole": figures}
    tables = tuple(_table(reader, where, table, known) for where, table in reader.tables("tables"))
    reader.once([one.code for one in tables], "tables")
    return Collection(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        note=reader.text(said, "note"),
        packs=packs,
        tables=tables,
    )


def _table(
    reader: PackReader, where: str, table: Mapping[str, Any], known: Mapping[str, set[str]]
) -> CollectionTable:  # fmt: skip
    listed = reader.listed(table.get("items", []), f"{where}.items")
    items = tuple(_item(reader, at, item, known) for at, item in listed)
    if not items:
        reader.fault(where, NO_ITEMS)
    return CollectionTable(
        code=reader.word(table, "code", where),
        name=reader.text(table, "name", where),
        reference=Reference(reader.choice(table, "reference", list(Reference), where)),
        items=items,
        lacking=reader.text(table, "lacking", where) if "lacking" in table else NOTHING,
    )


def _item(
    reader: PackReader, where: str, item: Mapping[str, Any], known: Mapping[str, set[str]]
) -> CollectionItem:  # fmt: skip
    if sum(field in item for field in ("figure", "indicator", "people")) != 1:
        reader.fault(where, ONE_OF)
    by = reader.word(item, "by", where) if "people" in item else ""
    whole = reader.word(item, "whole", where) if "people" in item else ""
    for field in known:
        if field in item and item[field] not in known[field]:
            reader.fault(where, NOT_KNOWN, field=field, value=item[field])
    told = {field: str(item.get(field, "")) for field in ("figure", "indicator", "people")}
    return CollectionItem(**told, by=by, whole=whole)
