"""A table as a workbook: the rows with typed cells, and a sheet that says what it is and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

from django.http import HttpResponse
from django.utils.timezone import get_current_timezone_name, localtime
from django.utils.translation import gettext as _

from yucai.evidence import WorkbookColumn, WorkbookTable, write_workbook
from yucai.texts import Text
from yucai.web.listing.columns import Cell, Column, Table
from yucai.web.listing.showing import rounded, said

__all__ = ["XLSX", "About", "table_file", "workbook_of"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a workbook says of itself besides its rows."""

    spaces: Sequence[Text]
    simulated: bool
    made_for: str
    address: str
    at: datetime


def table_file(table: Table, about: About, *beside: Table) -> HttpResponse:
    """Return the answer that gives a table as a file, others beside it. Its name holds nothing personal."""
    answer = HttpResponse(workbook_of(table, about, *beside), content_type=XLSX)
    name = f"yucai-{table.key}-{localtime(about.at):%Y%m%d-%H%M}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def workbook_of(table: Table, about: About, *beside: Table) -> bytes:
    """Return a table as a workbook in the language that is active; tables beside it have sheets of their own."""
    sheets = [_sheet(one) for one in (table, *beside)]
    return write_workbook([*sheets, _about(table, about, n=len(sheets[0].rows))], at=about.at)


def _sheet(table: Table) -> WorkbookTable:
    columns = [column for column in table.columns if column.in_file]
    rows = [[_value(column, row) for column in columns] for row in table.rows]
    heads = [WorkbookColumn(title=str(one.title), kind=one.kind, places=_places(one)) for one in columns]
    return WorkbookTable(name=str(table.title), columns=heads, rows=rows)


def _places(column: Column) -> int:
    return 1 if column.signed else column.places


def _value(column: Column, row: Any) -> Any:
    """Return what stands in a cell of the file: the value itself, or the words in its place."""
    read = column.read(row)
    cell = read if isinstance(read, Cell) else Cell(value=read)
    if cell.words:
        return cell.words
    value = said(cell.value)
    if value == "":
        return None
    if isinstance(value, float) and isfinite(value):  # as the page says it: a file must not tell more
        return rounded(value, column)
    return localtime(value).replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _about(table: Table, about: About, *, n: int) -> WorkbookTable:
    """Return the sheet that says what the table is, when and for whom it was made, of what, and what is hidden."""
    made = f"{localtime(about.at):%Y-%m-%d %H:%M} ({get_current_timezone_name()})"
    rows = [
        (_("What"), str(table.title)),
        (_("Institution"), " · ".join(said(name) for name in about.spaces) or "–"),
        (_("Made"), made),
        (_("For whom"), about.made_for),
        (_("Rows"), n),
        *((_("Only rows with"), _chosen_by(name, value)) for name, value in table.filters),
        (_("Source"), _("Yucai, page %(address)s") % {"address": about.address}),
        (_("Simulated"), _simulated(about)),
        *((_("Note"), note) for note in table.notes),
    ]
    heads = (WorkbookColumn(title=_("About this table")), WorkbookColumn(title=_("Says")))
    return WorkbookTable(name=_("About this table"), columns=heads, rows=rows)


def _chosen_by(name: str, value: str) -> str:
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def _simulated(about: About) -> str:
    return _("yes: nobody in it exists, or only some do") if about.simulated else _("no, none of it")
