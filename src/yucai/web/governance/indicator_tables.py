"""The tables of indicators: the list, the years and versions of one, its people by group, the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.governance import (
    EMPTY_SAYS,
    STEPS,
    TOTAL,
    ChainStep,
    ConversionLine,
    Indicator,
    IndicatorPack,
    Released,
    SignedBy,
    StateCollection,
    UnitPair,
    WhyEmpty,
)
from yucai.web.governance.indicator_chain import ChainGroup
from yucai.web.governance.indicator_network import FEW_WORKS, Network
from yucai.web.governance.indicator_showing import IndicatorPage, IndicatorRow, VersionRow, number
from yucai.web.governance.indicator_telling import Told
from yucai.web.listing import Cell, CellKind, Column, On, Table, Value, plain_table, said

__all__ = [
    "chain_table_of",
    "collection_table",
    "conversion_table",
    "indicators_table",
    "is_met",
    "people_table",
    "versions_table",
    "years_table",
]


def indicators_table(rows: Iterable[IndicatorRow], *, year: int, keeps: bool, title: str) -> Table:
    """Return the list of indicators of a year. A bureau has no column of who answers for what."""
    columns = [
        Column(key="indicator", title=gettext_lazy("Indicator"), read=_name),
        Column(key="group", title=gettext_lazy("Part of the standard"), on=On.FILE, read=lambda row: row.group),
        Column(key="value", title=gettext_lazy("Value"), kind=CellKind.DECIMAL, places=2, read=_value),
        Column(key="unit", title=gettext_lazy("Unit"), on=On.FILE, read=lambda row: row.indicator.unit),
    ]
    if keeps:
        columns += [
            Column(key="before", title=gettext_lazy("Year before"), kind=CellKind.DECIMAL, places=2, on=On.FILE,
                   read=lambda row: row.before),
            Column(key="target", title=gettext_lazy("Target"), kind=CellKind.DECIMAL, places=2, read=_target),
            Column(key="trend", title=gettext_lazy("Trend"), template="_indicator_trend.html", wide_only=True),
            Column(key="who", title=gettext_lazy("Recorder and auditor"), read=_who, wide_only=True),
            Column(key="signed", title=gettext_lazy("Signed"), read=_signed),
            Column(key="source", title=gettext_lazy("Source"), on=On.FILE,
                   read=lambda row: row.entry.source if row.entry else None),
        ]  # fmt: skip
    columns += [
        Column(key="standard", title=gettext_lazy("Standard"), on=On.FILE, read=lambda row: row.indicator.standard),
        Column(key="checked", title=gettext_lazy("Definition"), on=On.FILE, read=lambda row: _checked(row.indicator)),
    ]
    notes = (_("An empty cell says why it is empty. Nothing is put in the place of what is missing."),)
    return Table(key="indicators", title=f"{title} {year}", columns=tuple(columns), rows=rows, notes=notes)


def _checked(indicator: Indicator) -> str:
    return _("compared with its source") if indicator.checked else _("to be checked by the office")


def _name(row: IndicatorRow) -> Cell:
    small = [row.indicator.code]
    if not row.indicator.checked:
        small.append(_("definition to be checked by the office"))
    if row.wrong:
        small.append(_("contradiction: see above"))
    return Cell(value=row.indicator.name, link=row.address, small=" · ".join(small))


def _value(row: IndicatorRow) -> Cell:
    if row.why is WhyEmpty.SMALL:
        return Cell(words=said(row.why_said), hidden=True)
    if row.value is None:
        return Cell(words=said(row.why_said))
    unit = said(row.indicator.unit)
    unit = "" if unit == "number" else unit  # “3 number” says no more than “3”
    return Cell(value=row.value, shown=number(row.value, row.indicator.places), small=unit)


def _target(row: IndicatorRow) -> Cell | None:
    if row.target is None:
        return None
    return Cell(value=row.target, shown=number(row.target, row.indicator.places), small=_met(row))


def is_met(row: IndicatorRow) -> bool | None:
    """Return whether a target is met; None where there is none, or nobody said which way is better."""
    if row.value is None or row.target is None or row.indicator.more_is_better is None:
        return None
    return row.value >= row.target if row.indicator.more_is_better else row.value <= row.target


def _met(row: IndicatorRow) -> str:
    met = is_met(row)
    return "" if met is None else _("met") if met else _("not met")


def _who(row: IndicatorRow) -> Cell:
    if row.plan is None:
        return Cell(words=_("nobody named"))
    recorder, auditor = (said(one.name) if one else _("nobody named") for one in (row.plan.recorder, row.plan.auditor))
    return Cell(value=f"{recorder} / {auditor}", shown=recorder, small=auditor)


def _signed(row: IndicatorRow) -> Cell:
    if row.entry is None:
        return Cell(words=_("nothing filled in"))
    if row.entry.signed_at is None:
        return Cell(value=_("by the recorder alone"))
    day = localdate(row.entry.signed_at).isoformat()
    return Cell(value=_("by both, %(day)s") % {"day": day}, shown=_("by both"), small=day)


def years_table(page: IndicatorPage) -> Table:
    """Return the years behind the chart."""
    places = page.row.indicator.places

    def read(told: Told) -> Value | Cell:
        if told.value is None:
            why = said(EMPTY_SAYS[told.why]) if told.why else ""
            return Cell(words=why, hidden=told.why is WhyEmpty.SMALL)
        return told.value.value

    columns = [(_("Year"), CellKind.TEXT, 0), (said(page.row.indicator.unit), CellKind.DECIMAL, places)]
    rows = [(str(year), read(told)) for year, told in page.years]
    return plain_table("years", _("By year"), columns, rows)


def conversion_table(pack: IndicatorPack, lines: Sequence[ConversionLine], *, key: str, title: str) -> Table:
    """Return how each figure enters a numerator or denominator."""
    columns = [
        (_("Figure of the table"), CellKind.TEXT, 0),
        (_("Count"), CellKind.DECIMAL, 1),
        (_("Weight"), CellKind.DECIMAL, 1),
        (_("Counts as"), CellKind.DECIMAL, 1),
    ]
    rows: list[tuple[Value | Cell, ...]] = [
        (pack.figure(line.figure).name, _exact(line.count), _exact(line.weight), _exact(line.counts_as))
        for line in lines
    ]
    rows.append((_("together"), None, None, _exact(sum(line.counts_as for line in lines))))
    return plain_table(key, title, columns, rows)


def _exact(value: float) -> Cell:
    whole = float(value).is_integer()
    return Cell(value=value, shown=f"{value:,.0f}" if whole else f"{value:,.1f}")


def versions_table(indicator: Indicator, rows: Iterable[VersionRow]) -> Table:
    """Return every version of a value, the newest first, with who filled it in and who signed."""
    columns = (
        Column(key="version", title=gettext_lazy("Version"), kind=CellKind.WHOLE, read=lambda row: row.entry.version),
        Column(key="value", title=gettext_lazy("Value"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: _of_version(indicator, row)),
        Column(key="difference", title=gettext_lazy("Difference"), kind=CellKind.DECIMAL, places=indicator.places,
               signed=indicator.places == 1, read=lambda row: row.difference),
        Column(key="source", title=gettext_lazy("Source"),
               read=lambda row: Cell(value=row.entry.source, small=row.entry.as_of.isoformat())),
        Column(key="by", title=gettext_lazy("Filled in"),
               read=lambda row: Cell(value=row.entry.by.name, small=localdate(row.entry.at).isoformat())),
        Column(key="signed", title=gettext_lazy("Audited"), read=_auditor),
        Column(key="reason", title=gettext_lazy("Why a new version"), read=lambda row: row.entry.reason),
    )  # fmt: skip
    return Table(key="versions", title=_("Versions"), columns=columns, rows=rows)


def _of_version(indicator: Indicator, row: VersionRow) -> Cell:
    if row.value.value is None:
        return Cell(words=said(EMPTY_SAYS[row.value.why]) if row.value.why else "")
    return Cell(value=row.value.value, shown=number(row.value.value, indicator.places))


def _auditor(row: VersionRow) -> Cell:
    if row.entry.signed_by is None or row.entry.signed_at is None:
        return Cell(words=_("not yet"))
    return Cell(value=row.entry.signed_by.name, small=localdate(row.entry.signed_at).isoformat())


def people_table(released: Released) -> Table:
    """Return how the people of a figure divide, as far as that may leave."""
    axis = released.axes[0]
    columns = [(said(axis.name), CellKind.TEXT, 0), (_("People"), CellKind.WHOLE, 0)]
    rows = [
        (axis.said(cell.place[0]) if cell.place[0] != TOTAL else _("all"),
         Cell(words=_("hidden"), hidden=True) if cell.count is None else cell.count)
        for cell in released.cells
    ]  # fmt: skip
    return plain_table("people", _("Whom it counts, by group"), columns, rows)


def chain_table_of(groups: Iterable[ChainGroup], *, title: str) -> Table:
    """Return the chain: for each group how many reached each step, and how many went no further."""
    groups = list(groups)
    steps = [one.step for one in groups[0].steps] if groups else []
    columns: list[tuple[str, CellKind, int]] = [(_("Grouped by"), CellKind.TEXT, 0)]
    for place, step in enumerate(steps):
        columns.append((said(STEPS[step]), CellKind.WHOLE, 0))
        if place < len(steps) - 1:
            columns.append((_("went no further"), CellKind.WHOLE, 0))
    rows = [[group.name, *(cell for one in group.steps for cell in _cells(one, last=one is group.steps[-1]))]
            for group in groups]  # fmt: skip
    return plain_table("chain", title, columns, rows)


def _cells(step: ChainStep, *, last: bool) -> list[Value | Cell]:
    hidden = Cell(words=_("hidden"), hidden=True)
    reached: Value | Cell = hidden if step.reached is None else step.reached
    return [reached] if last else [reached, hidden if step.stopped is None else step.stopped]


def network_table(network: Network) -> Table:
    """Return the measures of the network, each with its interval."""
    heads = (_("What"), _("Formula"), _("Value"), _("Within"), _("How to read it"))
    rows = [(one.name, one.formula, one.value, one.within, one.reads) for one in network.figures]
    return plain_table("network", _("Who works with whom"), [(head, CellKind.TEXT, 0) for head in heads], rows)


def counted_table(told: Released, *, key: str, title: str) -> Table:
    """Return people counted by two things, everybody first, as the gate lets them out."""
    over, what = told.axes
    counts = {cell.place: cell.count for cell in told.cells}
    columns = [(said(over.name), CellKind.TEXT, 0), (_("Everybody"), CellKind.WHOLE, 0)]
    columns += [(said(what.said(leaf)), CellKind.WHOLE, 0) for leaf in what.leaves]
    hidden = Cell(words=_("hidden"), hidden=True)
    rows = [
        [over.said(node), *(hidden if counts[node, leaf] is None else counts[node, leaf]
                            for leaf in (TOTAL, *what.leaves))]
        for node in (over.nodes[-1], *over.nodes[:-1])
    ]  # fmt: skip
    return plain_table(key, title, columns, rows)


def pairs_table(network: Network) -> Table:
    """Return how often programmes work together beside what chance gives; of a few works only that they are few."""
    heads = (_("Programme"), _("With"), _("Works together"), _("By chance"), _("How to read it"))
    rows = [
        (
            *one.units,
            _("1 to 4") if 0 < one.works < FEW_WORKS else str(one.works),
            f"{one.low:.0f} – {one.high:.0f}",
            _reads(one, rare=one in network.rare),
        )
        for one in network.pairs
    ]
    return plain_table("pairs", _("Which programmes work together"), [(head, CellKind.TEXT, 0) for head in heads], rows)


def _reads(pair: UnitPair, *, rare: bool) -> str:
    if not rare:
        return _("as often as chance gives, or more")
    return (
        _("never together; chance alone would not give that") if not pair.works else _("more rarely than chance gives")
    )


def collection_table(tables: StateCollection) -> Table:
    """Return how far each of the state-collection tables is."""
    heads = (
        _("Lines of the table"),
        _("Signed by two people"),
        _("By the recorder alone"),
        _("From the records"),
        _("Empty"),
    )
    columns = [(_("Table"), CellKind.TEXT, 0), *((head, CellKind.WHOLE, 0) for head in heads)]
    rows = [
        (one.table.name, len(one.lines), one.count(SignedBy.BOTH), one.count(SignedBy.RECORDER),
         one.count(SignedBy.RECORDS), one.empty)
        for one in tables.tables
    ]  # fmt: skip
    return plain_table("collection", said(tables.collection.name), columns, rows)
