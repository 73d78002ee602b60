"""The tables of who looked at a person, and of what went out for research."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yucai.web.accounts.looks import Look
from yucai.web.governance.research_models import ResearchExport
from yucai.web.listing import Cell, CellKind, Column, On, Table, Value, said

__all__ = ["looks_table", "research_table"]

LOOK_COLUMNS: Final = (
    Column(key="when", title=gettext_lazy("When"), kind=CellKind.TIME, read=lambda row: row.at),
    Column(key="who", title=gettext_lazy("Who"), read=lambda row: row.who),
    Column(key="as", title=gettext_lazy("As"), read=lambda row: row.role),
    Column(key="what", title=gettext_lazy("What"), read=lambda row: _what(row)),
    Column(key="people", title=gettext_lazy("People on the list"), kind=CellKind.WHOLE, on=On.FILE,
           read=lambda row: row.people),
    Column(key="refused", title=gettext_lazy("Look refused"), on=On.FILE,
           read=lambda row: _("refused: nothing was shown") if row.refused else None),
    Column(key="for", title=gettext_lazy("For"), read=lambda row: row.purpose),
)  # fmt: skip


def looks_table(rows: Iterable[Look]) -> Table:
    """Return who looked at a person. The name of the person is on the page alone."""
    return Table(key="looks", title=_("Who looked"), columns=LOOK_COLUMNS, rows=rows, grey=lambda row: row.refused)


def _what(row: Look) -> Cell:
    besides = []
    if row.people > 1:
        besides.append(ngettext("list of %(n)d person", "list of %(n)d people", row.people) % {"n": row.people})
    if row.refused:
        besides.append(_("refused: nothing was shown"))
    return Cell(value=row.what, small=" · ".join(besides))


def research_table(rows: Iterable[ResearchExport], *, today: date) -> Table:
    """Return what went out for research."""
    columns = (
        Column(key="export", title=gettext_lazy("Export"),
               read=lambda row: Cell(value=row.code, link=reverse("research_use", args=[row.pk]))),
        Column(key="for", title=gettext_lazy("For"), read=lambda row: row.recipient),
        Column(key="people", title=gettext_lazy("People"), kind=CellKind.WHOLE, read=lambda row: row.people),
        Column(key="made", title=gettext_lazy("Made"), on=On.PAGE, read=_made),
        Column(key="at", title=gettext_lazy("Made on"), kind=CellKind.DAY, on=On.FILE,
               read=lambda row: localdate(row.at)),
        Column(key="by", title=gettext_lazy("Made by"), on=On.FILE, read=lambda row: row.by.name),
        Column(key="until", title=gettext_lazy("Until"), kind=CellKind.DAY,
               read=lambda row: Cell(value=row.until, small=_over(row, today))),
        Column(key="state", title=gettext_lazy("State"), on=On.FILE, read=lambda row: _state(row, today)),
        Column(key="actions", title=gettext_lazy("Actions"), unseen=True, template="_research_actions.html"),
    )  # fmt: skip
    return Table(
        key="exports", title=_("Research exports"), columns=columns, rows=rows,
        grey=lambda row: row.ended_at is not None,
    )  # fmt: skip


def _made(row: ResearchExport) -> Cell:
    return Cell(shown=f"{localdate(row.at).isoformat()} · {said(row.by.name)}")


def _over(row: ResearchExport, today: date) -> str:
    return _("over") if row.ended_at is None and row.until < today else ""


def _state(row: ResearchExport, today: date) -> Value:
    if row.ended_at is not None:
        return f"{_('destroyed')} {localdate(row.ended_at).isoformat()}"
    return _over(row, today) or _("running")
