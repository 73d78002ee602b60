"""The table of the announcements of an institution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.listing import Cell, CellKind, Column, On, Table
from yucai.web.selection.models import Announcement

__all__ = ["announcements_table"]

COLUMNS: Final = (
    Column(key="title", title=gettext_lazy("Announcement"),
           read=lambda row: Cell(value=row[0].title, link=reverse("announcement", args=[row[0].pk]))),
    Column(key="state", title=gettext_lazy("State"),
           read=lambda row: Cell(value=row[1], small=_("lines deleted") if row[0].lines_deleted_at else "")),
    Column(key="public", title=gettext_lazy("Public"), on=On.PAGE, nowrap=True,
           read=lambda row: Cell(shown=f"{row[0].from_day.isoformat()} – {row[0].until_day.isoformat()}")),
    Column(key="from", title=gettext_lazy("Public from"), kind=CellKind.DAY, on=On.FILE,
           read=lambda row: row[0].from_day),
    Column(key="until", title=gettext_lazy("Public until"), kind=CellKind.DAY, on=On.FILE,
           read=lambda row: row[0].until_day),
    Column(key="objections", title=gettext_lazy("Objections until"), kind=CellKind.DAY,
           read=lambda row: row[0].object_until),
)  # fmt: skip


def announcements_table(rows: Iterable[tuple[Announcement, Promise]]) -> Table:
    """Return the announcements, each with how far it is. Who stands in them is in none of the cells."""
    return Table(key="announcements", title=_("Announcements"), columns=COLUMNS, rows=rows)
