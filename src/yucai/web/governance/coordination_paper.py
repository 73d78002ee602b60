"""The provincial page on paper."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import CoordinationReport, load_indices, load_provinces
from yucai.web.governance.coordination_reading import WEIGHINGS, Chosen
from yucai.web.governance.coordination_showing import chosen_words, limits, region_line
from yucai.web.listing import Table, heads, said, shown_rows
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["coordination_sheet"]

ON_PAPER = {"standing": (0, -8, -7, -6, -5, -4, -1), "years": (0, 1, 2, 3, 4, 5, 6, 7, 9, 11)}
"""Which columns of a wide table go on paper; the file has them all."""


def coordination_sheet(
    report: CoordinationReport, chosen: Chosen, tables: list[Table], told: list[str], *, language: str, at: datetime
) -> FactSheet:
    """Return the sheet of a report in the language that is active: the same tables and sentences as the page."""
    known = {table.key: table for table in tables}
    facts = (
        (_("What"), chosen_words(report, chosen)),
        (_("Weights"), str(WEIGHINGS[chosen.weighing])),
        (_("Version"), _("indices %(version)s, goalposts from %(first)d to %(last)d")
         % {"version": chosen.version, "first": load_indices().years[0], "last": load_indices().years[-1]}),
        (_("Source"), said(load_provinces().source)),
        (_("Made"), f"{localtime(at):%Y-%m-%d %H:%M}"),
    )  # fmt: skip
    return FactSheet(
        language=language,
        title=_("How coordinated the provinces are"),
        issuer=_("Yucai"),
        facts=facts,
        parts=(
            SheetPart(title=_("What is worth knowing"), said=tuple(told)),
            _part(known["standing"]),
            _part(known["years"], region_line(report)),
            _part(known["obstacles"]),
            _part(known["neighbours"]),
            _part(known["weights"]),
            SheetPart(title=_("What this is not"), said=tuple(limits())),
            SheetPart(title=_("By which conventions"), said=tuple(said(line) for line in report.conventions)),
        ),
        footer=_("Public figures about provinces; no person is in them."),
    )


def _part(table: Table, *besides: str) -> SheetPart:
    """Return a table as a part of a sheet, as the page writes it."""
    head = [one.title for one in heads(table)]
    rows = [
        [f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row.cells] for row in shown_rows(table)
    ]
    kept = [place % len(head) for place in ON_PAPER.get(table.key, range(len(head)))]
    return SheetPart(
        title=str(table.title),
        head=tuple(head[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
        said=besides,
    )
