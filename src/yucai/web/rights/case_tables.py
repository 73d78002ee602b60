"""The tables of requests, and how requests are found and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db.models import F, OrderBy, Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.accounts.case_models import ReviewCase
from yucai.web.listing import Cell, CellKind, Column, On, Table
from yucai.web.rights.cases import is_overdue

__all__ = ["case_filters", "case_orders", "decided_table", "found_cases", "waiting_table"]

STUDENT: Final = (
    Column(key="student", title=gettext_lazy("Student"), on=On.PAGE,
           read=lambda row: Cell(value=row.person.name, small=row.person.code)),
    Column(key="name", title=gettext_lazy("Name"), on=On.FILE, read=lambda row: row.person.name),
    Column(key="number", title=gettext_lazy("Student number"), on=On.FILE, read=lambda row: row.person.code),
)  # fmt: skip
REQUEST: Final = (
    Column(key="request", title=gettext_lazy("Request"),
           read=lambda row: Cell(value=_capital(row.get_kind_display()), link=reverse("request", args=[row.pk]))),
    Column(key="about", title=gettext_lazy("About"), read=lambda row: row.named),
)  # fmt: skip
DECIDED: Final = (
    Column(key="outcome", title=gettext_lazy("Outcome"), read=lambda row: row.get_outcome_display()),
    Column(key="when", title=gettext_lazy("When"), kind=CellKind.DAY, read=lambda row: localdate(row.decided_at)),
)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def waiting_table(
    cases: Iterable[ReviewCase], *, at: datetime, own: bool, filters: tuple[tuple[str, str], ...] = ()
) -> Table:
    """Return the requests that wait; of who asks for their own, all of them, and without a column of names."""
    due = Column(
        key="due", title=gettext_lazy("Answer by"), kind=CellKind.DAY,
        read=lambda row: None if row.state == ReviewCase.State.DECIDED else row.due_on,
    )  # fmt: skip
    late = Column(
        key="overdue", title=gettext_lazy("Overdue"),
        read=lambda row: Cell(value=_("overdue"), mark="state overdue") if is_overdue(row, at=at) else None,
    )  # fmt: skip
    state = Column(
        key="state", title=gettext_lazy("State"),
        read=lambda row: Cell(value=row.get_state_display(), mark=f"state {row.state}"),
    )  # fmt: skip
    columns = (*(() if own else STUDENT), *REQUEST, state, due, late)
    title = _("My requests") if own else _("Requests that wait")
    return Table(key="waiting", title=title, columns=columns, rows=cases, filters=filters)


def decided_table(cases: Iterable[ReviewCase], *, filters: tuple[tuple[str, str], ...] = ()) -> Table:
    """Return the requests that are decided."""
    columns = (*STUDENT, *REQUEST, *DECIDED)
    return Table(key="decided", title=_("Requests decided"), columns=columns, rows=cases, filters=filters)


def found_cases(cases: QuerySet[ReviewCase], wanted: Mapping[str, str], *, at: datetime) -> list[ReviewCase]:
    """Return the requests that the filters ask for; without an order asked for, the most urgent first."""
    if words := wanted.get("contains"):
        in_name = Q(person__name_zh__icontains=words) | Q(person__name_en__icontains=words)
        cases = cases.filter(in_name | Q(person__code__icontains=words))
    if "kind" in wanted:
        cases = cases.filter(kind=wanted["kind"])
    if wanted.get("state") == "decided":
        cases = cases.filter(state=ReviewCase.State.DECIDED)
    elif "state" in wanted:
        cases = cases.exclude(state=ReviewCase.State.DECIDED)
    found = list(cases.order_by(*_order(wanted.get("sort", ""))))
    return [one for one in found if is_overdue(one, at=at)] if "overdue" in wanted else found


def _order(asked: str) -> tuple[OrderBy | str, ...]:
    name = "person__name_zh" if (translation.get_language() or "en").startswith("zh") else "person__name_en"
    column = {"student": name, "kind": "kind", "due": "due_on"}.get(asked.removeprefix("-"))
    if column is None:
        return (F("decided_at").asc(nulls_first=True), "due_on", "pk")
    return (f"-{column}" if asked.startswith("-") else column, "due_on", "pk")


def case_filters(wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the filters in words."""
    if "contains" in wanted:
        yield _("Name or number contains"), wanted["contains"]
    if "kind" in wanted:
        yield _("Request"), str(ReviewCase.Kind(wanted["kind"]).label)
    if "state" in wanted:
        yield _("State"), _("decided") if wanted["state"] == "decided" else _("not decided")
    if "overdue" in wanted:
        yield _("Answer by"), _("overdue")


def case_orders() -> tuple[tuple[str, str], ...]:
    """Return the orders that requests can stand in, each with its word in an address."""
    return (
        ("", _("the most urgent first")),
        ("student", _("name")),
        ("kind", _("kind of request")),
        ("-due", _("last day, latest first")),
    )
