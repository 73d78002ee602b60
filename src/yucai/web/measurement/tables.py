"""The tables of adaptive tests, and of how far raters agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.listing import Cell, CellKind, Column, On, Table, Value
from yucai.web.measurement.adaptive_models import AdaptiveTestRecord
from yucai.web.measurement.raters import AgreementRow

__all__ = ["agreement_table", "tests_table"]

TEST_COLUMNS: Final = (
    Column(key="test", title=gettext_lazy("Test"),
           read=lambda row: Cell(value=row.name, link=reverse("adaptive_test", args=[row.pk]))),
    Column(key="group", title=gettext_lazy("Group"), read=lambda row: row.group.name),
    Column(key="period", title=gettext_lazy("Period"), read=lambda row: row.occasion),
    Column(key="opened", title=gettext_lazy("Opened on"), kind=CellKind.DAY, read=lambda row: localdate(row.opened_at)),
    Column(key="state", title=gettext_lazy("State"), read=lambda row: _("closed") if row.closed_at else _("open")),
)  # fmt: skip
AGREEMENT_COLUMNS: Final = (
    Column(key="criterion", title=gettext_lazy("Criterion"), read=lambda row: row.criterion),
    Column(key="works", title=gettext_lazy("Works"), kind=CellKind.WHOLE, read=lambda row: row.n_works),
    Column(key="alpha", title=gettext_lazy("Alpha"), kind=CellKind.DECIMAL, places=2,
           read=lambda row: Cell(words=row.why) if row.why else row.value),
    Column(key="interval", title=gettext_lazy("90 % interval"), kind=CellKind.DECIMAL, on=On.PAGE,
           read=lambda row: Cell(shown=row.interval)),
    Column(key="low", title=gettext_lazy("90 % interval from"), kind=CellKind.DECIMAL, places=2, on=On.FILE,
           read=lambda row: _end(row, 0)),
    Column(key="high", title=gettext_lazy("90 % interval to"), kind=CellKind.DECIMAL, places=2, on=On.FILE,
           read=lambda row: _end(row, 1)),
)  # fmt: skip


def tests_table(rows: Iterable[AdaptiveTestRecord]) -> Table:
    """Return the tests of groups."""
    return Table(
        key="tests", title=_("Tests"), columns=TEST_COLUMNS, rows=rows, grey=lambda row: row.closed_at is not None
    )  # fmt: skip


def agreement_table(rows: Iterable[AgreementRow]) -> Table:
    """Return how far the raters of a round agree on each criterion."""
    return Table(
        key="agreement", title=_("Agreement"), columns=AGREEMENT_COLUMNS, rows=rows, grey=lambda row: bool(row.why)
    )  # fmt: skip


def _end(row: AgreementRow, place: int) -> Value:
    return row.ends[place] if row.ends is not None else None
