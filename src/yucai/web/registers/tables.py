"""The tables of the registers: data sets, methods, processors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.accounts.purposes import Purpose
from yucai.web.evidence.models import DataSource
from yucai.web.listing import Cell, CellKind, Column, Table, Value
from yucai.web.registers.models import Processor
from yucai.web.registers.switches import MethodState

__all__ = ["data_sets_table", "methods_table", "processors_table"]

DataSetRow = tuple[DataSource, Sequence[Purpose], Text]
METHOD_COLUMNS: Final = (
    Column(key="method", title=gettext_lazy("Method"), read=lambda row: row.method.name),
    Column(key="what", title=gettext_lazy("What it does"), read=lambda row: row.method.what),
    Column(key="state", title=gettext_lazy("State"), read=lambda row: _state(row)),
    Column(key="tested", title=gettext_lazy("How it was tested"), read=lambda row: row.method.tested),
    Column(key="why", title=gettext_lazy("Why it does not run"), read=lambda row: row.why),
    Column(key="version", title=gettext_lazy("Version"), read=lambda row: row.method.version),
)
PROCESSOR_COLUMNS: Final = (
    Column(key="who", title=gettext_lazy("Who"), read=lambda row: row.name),
    Column(key="what", title=gettext_lazy("What for"), read=lambda row: row.what_for),
    Column(key="sets", title=gettext_lazy("Which data sets"), read=lambda row: row.data_sets),
    Column(key="contract", title=gettext_lazy("Contract"), read=lambda row: row.contract),
    Column(key="sub", title=gettext_lazy("Whom it engages in turn"),
           read=lambda row: row.sub_processors or _("nobody")),
    Column(key="leaving", title=gettext_lazy("Deletion on leaving"), read=lambda row: row.on_leaving),
    Column(key="since", title=gettext_lazy("Since"), kind=CellKind.DAY, read=lambda row: row.since),
)  # fmt: skip


def data_sets_table(space: Space, rows: Iterable[DataSetRow]) -> Table:
    """Return the data sets of an institution, each with what it may be read for and its legal basis."""
    mark = _(", ")
    columns = (
        Column(key="set", title=gettext_lazy("Data set"),
               read=lambda row: Cell(value=row[0].name, link=reverse("data_set", args=[space.code, row[0].pk]))),
        Column(key="purpose", title=gettext_lazy("Purpose"), read=lambda row: row[0].purpose_said),
        Column(key="basis", title=gettext_lazy("Basis"), read=_basis),
        Column(key="owner", title=gettext_lazy("Owner"), read=lambda row: row[0].owner),
        Column(key="grade", title=gettext_lazy("Grade"), kind=CellKind.WHOLE, read=_grade),
        Column(key="kept", title=gettext_lazy("Kept, months"), kind=CellKind.WHOLE,
               read=lambda row: row[0].retention_months or None),
        Column(key="for", title=gettext_lazy("May be read for"),
               read=lambda row: mark.join(str(one.label) for one in row[1])),
    )  # fmt: skip
    return Table(key="data-sets", title=_("Data sets"), columns=columns, rows=rows)


def _grade(row: DataSetRow) -> Value:
    grade = row[0].grade
    return int(grade) if grade.isdecimal() else grade


def _basis(row: DataSetRow) -> Value:
    source, _purposes, basis = row
    return f"{_('consent')} ({source.consent_code})" if source.consent_code else basis


def methods_table(states: Iterable[MethodState]) -> Table:
    """Return the methods that run on people here; the page tells the same of each in a list."""
    return Table(key="methods", title=_("Methods"), columns=METHOD_COLUMNS, rows=states)


def _state(row: MethodState) -> Value:
    if row.always:
        return _("always on")
    if not row.running or row.last is None:
        return _("off")
    if row.provisional and row.last.impact is not None and row.last.impact.provisional_until is not None:
        return _("on provisionally until %(day)s") % {"day": row.last.impact.provisional_until.isoformat()}
    return _("on since %(day)s") % {"day": localdate(row.last.at).isoformat()}


def processors_table(rows: Iterable[Processor]) -> Table:
    """Return who outside handles data for an institution."""
    return Table(key="processors", title=_("Processors"), columns=PROCESSOR_COLUMNS, rows=rows)
