"""The provincial page on paper."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import CoordinationReport, load_indices, load_provinces
from yucai.web.governance.coordination_drive import driven
from yucai.web.governance.coordination_reading import WEIGHINGS, Chosen
from yucai.web.governance.coordination_showing import chosen_words, limits, region_line
from yucai.web.governance.coordination_tables import obstacle_names
from yucai.web.listing import Table, heads, said, shown_rows
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["coordination_sheet"]


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
            SheetPart(
                title=_("Where the shortfall lies"),
                head=(_("Indicator"), "%"),
                rows=tuple((said(name), f"{100 * share:.0f}") for name, share in obstacle_names(report)),
            ),
            _part(known["neighbours"]),
            _part(known["drive"], said(driven().answer.says)),
            _part(known["weights"]),
            SheetPart(title=_("What this is not"), said=tuple(limits())),
            SheetPart(title=_("By which conventions"), said=tuple(said(line) for line in report.conventions)),
        ),
        footer=_("Public figures about provinces; no person is in them."),
    )


def _part(table: Table, *besides: str) -> SheetPart:
    """Return a table as a part of a sheet, as the page writes it."""
    head = tuple(one.title for one in heads(table))
    rows = tuple(tuple(_on_paper(cell.text, cell.small) for cell in row.cells) for row in shown_rows(table))
    return SheetPart(
        title=str(table.title),
        head=head,
        rows=rows,
        said=besides,
    )


def _on_paper(text: str, small: str) -> str:
    """Return a cell for paper: with its range or its p value, without the word of a grade: there is no room."""
    return f"{text} ({small})" if small.startswith("p ") or "–" in small else text
