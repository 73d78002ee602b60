"""The state-collection tables as they stand in the store: the same entries and signatures as the pages of indicators.

What somebody filled in goes first. Where nobody did and the records hold a figure, the records give it, and the line
says that nobody signed it. People by a group pass the gate of releases, for such a table is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.timezone import localdate

from yucai.governance import (
    TOTAL,
    Collection,
    CollectionItem,
    CollectionTable,
    Figure,
    FigureGiven,
    FilledLine,
    FilledTable,
    Indicator,
    PartsGiven,
    SignedBy,
    StateCollection,
    WhyEmpty,
    check_collection,
    load_collection,
    period_of,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.indicator_models import IndicatorEntry, IndicatorPlan
from yucai.web.governance.indicator_records import OnRecord, figures_on_record
from yucai.web.governance.indicator_showing import Entries, entries_of, filled_items, plans_of, value_of
from yucai.web.governance.indicator_telling import released_by
from yucai.web.listing import said

__all__ = ["collection_of"]

RECORDS: Final = Text("the records of the institution", "本单位系统记录")
ALL: Final = Text("Together", "合计")
NOTHING: Final = Text("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """What the tables are filled from."""

    collection: Collection
    space: Space
    year: int
    by: Account
    at: datetime
    entries: Entries
    plans: Mapping[str, IndicatorPlan]
    recorded: Mapping[str, OnRecord]  # by what the records are asked for

    def newest(self, indicator: Indicator, year: int) -> IndicatorEntry | None:
        """Return the newest version of an indicator in a year."""
        versions = self.entries.get((indicator.code, year), ())
        return versions[-1] if versions else None

    def told(self, figure: str, year: int) -> list[tuple[Indicator, IndicatorEntry]]:
        """Return where a figure stands in a year, what two people signed first."""
        found = [(one, self.newest(one, year)) for one in self.collection.holding(figure)]
        held = [(one, entry) for one, entry in found if entry is not None and figure in entry.counts]
        return sorted(held, key=lambda pair: pair[1].signed_at is None)

    def on_record(self, figure: Figure) -> float | None:
        """Return what the records give of a figure."""
        return self.recorded[figure.records].count if figure.records else None

    def day(self, table: CollectionTable, figure: str) -> date:
        """Return as of which day the records give a figure: as its first indicator says, else as its table."""
        holding = self.collection.holding(figure)
        reference = holding[0].reference if holding else table.reference
        return min(period_of(reference, self.year).ends, localdate(self.at))


def collection_of(space: Space, year: int, *, by: Account, at: datetime) -> StateCollection:
    """Return the state-collection tables of an institution and year, for who keeps its indicators."""
    collection = load_collection()
    store = _Store(
        collection=collection,
        space=space,
        year=year,
        by=by,
        at=at,
        entries=entries_of(space, [one.code for one in collection.indicators], [year - 1, year]),
        plans=plans_of(space, year),
        recorded=figures_on_record(space, year),
    )
    tables = tuple(FilledTable(table=one, lines=_lines(store, one)) for one in collection.tables)
    parts = [_parts(one) for one in tables if one.table.items[0].people]
    return StateCollection(
        institution=space.name,
        simulated=space.simulated,
        year=year,
        collection=collection,
        tables=tables,
        checks=check_collection(
            [_given(store, figure) for figure in collection.figures.values()],
            filled_items(collection.indicators, store.entries, year),
            collection.checks,
            parts,
        ),
        at=at,
    )


def _given(store: _Store, figure: Figure) -> FigureGiven:
    told = [(one.name, float(entry.counts[figure.code])) for one, entry in store.told(figure.code, store.year)]
    recorded = store.on_record(figure)
    return FigureGiven(
        figure=figure,
        told=tuple(told),
        value=told[0][1] if told else recorded,
        recorded=recorded,
        before=_before(store, figure.code),
    )


def _before(store: _Store, figure: str) -> float | None:
    past = store.told(figure, store.year - 1)
    return float(past[0][1].counts[figure]) if past else None


def _parts(filled: FilledTable) -> PartsGiven:
    lines = [line.value for line in filled.lines if line.name != ALL]
    return PartsGiven(table=filled.table.name, whole=filled.table.items[0].whole, parts=tuple(lines))


def _lines(store: _Store, table: CollectionTable) -> tuple[FilledLine, ...]:
    found: list[FilledLine] = []
    for item in table.items:
        if item.figure:
            found.append(_figure_line(store, table, store.collection.figures[item.figure]))
        elif item.indicator:
            known = next(one for one in store.collection.indicators if one.code == item.indicator)
            found.append(_indicator_line(store, known))
        else:
            found += _people_lines(store, table, item)
    return tuple(found)


def _figure_line(store: _Store, table: CollectionTable, figure: Figure) -> FilledLine:
    holding = store.collection.holding(figure.code)
    told, recorded = store.told(figure.code, store.year), store.on_record(figure)
    facts: dict[str, Any] = {"name": _titled(figure.name), "unit": figure.unit, "before": _before(store, figure.code)}
    if told:
        indicator, entry = told[0]
        value = float(entry.counts[figure.code])
        facts |= {"value": value, "why": None, "places": 0 if value.is_integer() else 2}
        return _from_entry(store, indicator, entry, facts)
    facts |= {"places": 0, "value": recorded, "why": None}
    plan = next((store.plans[one.code] for one in holding if one.code in store.plans), None)
    if recorded is not None:
        return _unfilled(plan, facts, as_of=store.day(table, figure.code), signed=SignedBy.RECORDS)
    for one in holding:
        newest = store.newest(one, store.year)
        if newest is not None and newest.why == WhyEmpty.DOES_NOT_APPLY and figure.code in one.top:
            return _from_entry(store, one, newest, facts | {"why": WhyEmpty.DOES_NOT_APPLY})
    return _unfilled(plan, facts | {"why": WhyEmpty.NOT_RECORDED}, as_of=None, signed=SignedBy.NOBODY)


def _indicator_line(store: _Store, indicator: Indicator) -> FilledLine:
    entry, past = store.newest(indicator, store.year), store.newest(indicator, store.year - 1)
    facts: dict[str, Any] = {
        "name": indicator.name, "unit": indicator.unit, "places": indicator.places,
        "before": past.value if past is not None else None,
    }  # fmt: skip
    if entry is None:
        facts |= {"value": None, "why": WhyEmpty.NOT_RECORDED}
        return _unfilled(store.plans.get(indicator.code), facts, as_of=None, signed=SignedBy.NOBODY)
    value = value_of(indicator, entry)
    why = None if value.value is not None else value.why or WhyEmpty.NOT_RECORDED
    return _from_entry(store, indicator, entry, facts | {"value": value.value, "why": why})


def _people_lines(store: _Store, table: CollectionTable, item: CollectionItem) -> list[FilledLine]:
    """Return people by a group as they may be passed on, the sum last; one empty line where nobody is on record."""
    figure = store.collection.figures[item.whole]
    pack, indicator = next(
        (pack, one) for pack in store.collection.packs for one in pack.indicators if tuple(one.top) == (item.whole,)
    )
    facts: dict[str, Any] = {"unit": figure.unit, "places": 0, "before": None}
    if store.on_record(figure) is None:
        facts |= {"name": _titled(figure.name), "value": None, "why": WhyEmpty.NOT_RECORDED}
        return [_unfilled(None, facts, as_of=None, signed=SignedBy.NOBODY)]
    told = released_by(pack, indicator, item.by, space=store.space, year=store.year, to=store.by, at=store.at)
    assert told is not None  # the definition of the tables names people that are on record
    day, axis = store.day(table, item.whole), told.axes[0]
    plan = store.plans.get(indicator.code)
    found = []
    for cell in told.cells:
        node = cell.place[0]
        line = {"name": ALL if node == TOTAL else axis.said(node), "value": cell.count,
                "why": WhyEmpty.SMALL if cell.count is None else None}  # fmt: skip
        found.append(_unfilled(plan, facts | line, as_of=day, signed=SignedBy.RECORDS))
    return found


def _from_entry(store: _Store, indicator: Indicator, entry: IndicatorEntry, facts: Mapping[str, Any]) -> FilledLine:
    plan = store.plans.get(indicator.code)
    auditor = entry.signed_by or (plan.auditor if plan else None)
    return FilledLine(
        **facts,
        as_of=entry.as_of,
        recorder=said(entry.by.name),
        auditor=said(auditor.name) if auditor else "",
        signed=SignedBy.BOTH if entry.signed_at else SignedBy.RECORDER,
        signed_on=localdate(entry.signed_at) if entry.signed_at else None,
        stands_in=indicator.name,
        source=entry.source,
    )


def _unfilled(
    plan: IndicatorPlan | None, facts: Mapping[str, Any], *, as_of: date | None, signed: SignedBy
) -> FilledLine:  # fmt: skip
    """Return a line that nobody filled in, with who is named to."""
    recorder, auditor = (plan.recorder, plan.auditor) if plan else (None, None)
    return FilledLine(
        **facts,
        as_of=as_of,
        recorder=said(recorder.name) if recorder else "",
        auditor=said(auditor.name) if auditor else "",
        signed=signed,
        signed_on=None,
        stands_in=RECORDS if signed is SignedBy.RECORDS else NOTHING,
        source="",
    )


def _titled(name: Text) -> Text:
    """Return the name of a figure as it begins a line."""
    return Text(name.en[:1].upper() + name.en[1:], name.zh)
