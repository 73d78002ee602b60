"""The provincial page on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import CoordinationReport, load_indices, load_provinces
from yucai.web.governance.coordination_drive import drive_picture, driven
from yucai.web.governance.coordination_reading import WEIGHINGS, Chosen
from yucai.web.governance.coordination_showing import chosen_words, left_out, limits, pictures, region_line
from yucai.web.governance.coordination_tables import obstacle_names, ordered
from yucai.web.governance.papers import table_part
from yucai.web.listing import Table, said, shown_rows
from yucai.web.paper import FactSheet, SheetDrawing, SheetPart

__all__ = ["coordination_sheet"]

OBSTACLE_WIDTHS: Final = (1.2, 2.4, 2.4, 2.4, 1.0)
DRIVE_WIDTHS: Final = (2.6, 1.7, 1.1, 1.3, 1.1, 1.2)
"""How the columns of the two tables of words share a page."""


def coordination_sheet(
    report: CoordinationReport, chosen: Chosen, tables: list[Table], told: list[str], *, language: str, at: datetime
) -> FactSheet:
    """Return the sheet of a report in the language that is active: the same tables and sentences as the page."""
    known = {table.key: table for table in tables}
    drawn = pictures(report, language=language)
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
            SheetPart(
                title=_("D, corrected, on the map"),
                drawings=(SheetDrawing(svg=drawn["map"].wide, told=_map_told(report)),),
                said=(_("Tiles stand roughly where provinces lie and draw no border."), *left_out()),
            ),
            _part(known["standing"]),
            SheetPart(
                title=_("Ranks, and how sure they are"),
                drawings=(SheetDrawing(svg=drawn["ranks"].wide, told=_ranks_told(report)),),
                said=(_("Provinces whose bars overlap cannot be put in an order."),),
            ),
            _part(known["years"], region_line(report)),
            SheetPart(
                title=_("Where the shortfall lies"),
                head=(_("Indicator"), "%"),
                rows=tuple((said(name), f"{100 * share:.0f}") for name, share in obstacle_names(report)),
                right=(1,),
            ),
            _part(known["obstacles"], widths=OBSTACLE_WIDTHS),
            _part(known["neighbours"]),
            _part(known["drive"], said(driven().answer.says), drawings=(_drive_drawing(),), widths=DRIVE_WIDTHS),
            _part(known["weights"]),
            SheetPart(title=_("What this is not"), said=tuple(limits())),
            SheetPart(title=_("By which conventions"), said=tuple(said(line) for line in report.conventions)),
        ),
        footer=_("Public figures about provinces; no person is in them."),
    )


def _part(
    table: Table, *besides: str, drawings: tuple[SheetDrawing, ...] = (), widths: tuple[float, ...] = ()
) -> SheetPart:
    """Return a table as a part of a sheet; without ``widths`` a cell has no room for the word of a grade."""
    part = table_part(table, drawings=drawings, widths=widths)
    shown = shown_rows(table)
    rows = tuple(tuple(_on_paper(cell.text, cell.small, roomy=bool(widths)) for cell in row.cells) for row in shown)
    return replace(part, rows=rows, said=besides)


def _on_paper(text: str, small: str, *, roomy: bool) -> str:
    """Return a cell for paper: with its range or its p value, without the word of a grade where there is no room."""
    kept = small.replace(" ", "\u00a0")  # “17 %” stays together
    return f"{text} ({kept})" if small and (roomy or small.startswith("p ") or "–" in small) else text


def _map_told(report: CoordinationReport) -> str:
    """Return what the map says in words: every province with its figure, the highest first."""
    panel, values = report.coupling.panel, report.coupling.of(report.year)["d_corrected"]
    listed = [f"{said(panel.names[panel.units[k]])} {values[k]:.2f}" for k in ordered(report)]
    return _("Map of tiles, D, corrected, from the highest: %(listed)s") % {"listed": ", ".join(listed)}


def _ranks_told(report: CoordinationReport) -> str:
    """Return what the ranks say in words: every province with its rank and between which ranks it may lie."""
    panel, ranks = report.coupling.panel, report.ranks
    listed = [
        f"{said(panel.names[panel.units[k]])} {ranks.rank[k]} ({ranks.lower[k]}–{ranks.upper[k]})"
        for k in ordered(report)
    ]
    return _("Ranks with the 90 %% range under weights drawn at random: %(listed)s") % {"listed": ", ".join(listed)}


def _drive_drawing() -> SheetDrawing:
    """Return the slopes and the answers of the following years as a drawing, and the same in words."""
    listed = [
        f"{said(one.cause)} → {said(one.effect)} {one.slope:.2f} ({one.low:.2f}–{one.high:.2f})"
        for one in driven().answer.directions
    ]
    told = _("Slopes with 95 %% intervals, and the answers of the following years: %(listed)s")
    return SheetDrawing(svg=drive_picture(), told=told % {"listed": "; ".join(listed)})
