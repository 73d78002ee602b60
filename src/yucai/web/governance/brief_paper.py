"""The state of governance on one or two A4 pages: the tables of the home of governance, in its words and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.web.governance.brief_showing import Brief
from yucai.web.governance.papers import banner_of, printed, table_part, written_cell
from yucai.web.listing import Column, Table, heads, said, shown_rows
from yucai.web.paper import FactSheet, SheetDrawing, SheetPart

__all__ = ["brief_sheet"]

WIDTHS: Final[Mapping[str, tuple[float, ...]]] = {
    "decisions": (1.2, 2.4, 7),
    "courses": (3, 2, 1.8, 2.2, 2.4),
    "requirements": (4.6, 1.5, 1.6, 2, 2.6),
    "policies": (4.4, 1.6, 1.8, 3.2, 1, 1.1, 1.5),
    "unknown": (1.2, 5.5, 4),
    "indicators": (3.9, 2.4, 1.9, 1.2, 4.4, 1.9),
}
OTHER_WEIGHTS: Final = ("4", "5")  # columns that stand on the page of the programme, and on its own paper


def brief_sheet(brief: Brief, *, made_for: str, at: datetime) -> FactSheet:
    """Return the state of governance as a sheet, in the language that is active."""
    parts = [_part(table, brief) for table in brief.tables]
    if not brief.waits:
        parts.insert(0, SheetPart(title=_("What needs a decision"), said=(_("Nothing waits."),)))
    return FactSheet(
        language=translation.get_language() or "en",
        title=_("State of governance %(year)s") % {"year": brief.year},
        issuer=said(brief.space.name),
        banner=banner_of([brief.space]),
        facts=((_("Indicators of the year"), str(brief.year)), (_("For whom"), made_for)),
        parts=tuple(parts),
        footer=f"{printed(at)} · "
        + _("An empty cell says why it is empty. Nothing is put in the place of what is missing."),
        dense=True,
    )


def _part(table: Table, brief: Brief) -> SheetPart:
    """Return a table as a part; the indicators with their trend drawn in the cell."""
    if table.key != "indicators":
        leave = OTHER_WEIGHTS if table.key == "requirements" else ()
        return replace(table_part(table, widths=WIDTHS.get(table.key, ()), leave=leave), said=())
    shown = heads(table)
    trend = next(place for place, column in enumerate(_on_page(table)) if column.template)
    rows = []
    for row, line in zip(brief.rows, shown_rows(table), strict=True):
        cells: list[str | SheetDrawing] = [written_cell(one) for one in line.cells]
        cells[0] = line.cells[0].text  # its code and remarks stand on the page of the indicator
        cells[trend] = SheetDrawing(svg=row.spark, told=row.spoken)
        rows.append(tuple(cells))
    return SheetPart(
        title=str(table.title), head=tuple(one.title for one in shown), rows=tuple(rows), widths=WIDTHS["indicators"],
        right=tuple(place for place, one in enumerate(shown) if one.number),
    )  # fmt: skip


def _on_page(table: Table) -> list[Column]:
    return [column for column in table.columns if column.on_page]
