"""The tables of what was taken in, and of the rows of one import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.texts import Text
from yucai.web.evidence.models import Import
from yucai.web.listing import CellKind, Column, Table, Value

__all__ = ["imports_table", "rows_table"]

ImportRow = tuple[Import, Text | None, int]


def imports_table(rows: Iterable[ImportRow]) -> Table:
    """Return what was taken in, each with its kind and how many refused rows were brought in since."""
    whole = CellKind.WHOLE
    columns = (
        Column(key="file", title=gettext_lazy("File"), read=lambda row: row[0].file_name),
        Column(key="version", title=gettext_lazy("Version"), kind=whole, read=lambda row: row[0].version),
        Column(key="kind", title=gettext_lazy("Kind"), read=lambda row: row[1] or _("scores")),
        Column(key="rows", title=gettext_lazy("Rows"), kind=whole, read=lambda row: row[0].kept),
        Column(key="refused", title=gettext_lazy("Rows refused"), kind=whole, read=lambda row: row[0].refused),
        Column(key="added", title=gettext_lazy("Rows added since"), kind=whole, read=lambda row: row[2]),
        Column(key="when", title=gettext_lazy("When"), kind=CellKind.TIME, read=lambda row: row[0].at),
        Column(key="by", title=gettext_lazy("By whom"), read=lambda row: row[0].by),
        Column(key="state", title=gettext_lazy("State"), read=_state),
    )
    return Table(key="taken", title=_("Taken in"), columns=columns, rows=rows)


def _state(row: ImportRow) -> Value:
    entry = row[0]
    if entry.undone_at is not None:
        return _("undone %(at)s · %(by)s") % {
            "at": f"{localtime(entry.undone_at):%Y-%m-%d %H:%M}", "by": entry.undone_by,
        }  # fmt: skip
    return _("in force") if entry.current else _("replaced by a later version")


def rows_table(titles: Sequence[str], columns: Sequence[Sequence[Any]], places: Sequence[str]) -> Table:
    """Return the rows of an import as they came: what a workbook of the same kind holds, and where each stood."""
    told = [_column(title, values, number) for number, (title, values) in enumerate(zip(titles, columns, strict=True))]
    rows = list(zip(*columns, places, strict=True))
    place = Column(key="place", title=gettext_lazy("Row of the file"), read=lambda row: row[-1])
    return Table(key="rows", title=_("Rows"), columns=(*told, place), rows=rows)


def _column(title: str, values: Sequence[Any], number: int) -> Column:
    return Column(key=str(number), title=title, kind=_kind(values), places=2, read=lambda row: row[number])


def _kind(values: Sequence[Any]) -> CellKind:
    """Return what a column holds by what stands in it: numbers or days only where there is nothing else."""
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, datetime) for value in there):
        return CellKind.TIME
    if there and all(isinstance(value, date) and not isinstance(value, datetime) for value in there):
        return CellKind.DAY
    if there and all(isinstance(value, int) and not isinstance(value, bool) for value in there):
        return CellKind.WHOLE
    if there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return CellKind.DECIMAL
    return CellKind.TEXT
