"""The page of the fairness of a priority list, for directors and for who answers for quality: in the aggregate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.list_fairness import FairnessRow, FairnessView, RateView, fairness_of, groupings_of, people_of
from yucai.web.listing import Cell, CellKind, Column, On, Table
from yucai.web.matching.priority_models import PriorityRun
from yucai.web.registers.algorithms import PRIORITY
from yucai.web.registers.switches import state_of

__all__ = ["AUDITS", "fairness_table", "list_fairness"]

AUDITS: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
MOST_RUNS: Final = 30


@require_safe
def list_fairness(request: HttpRequest, code: str) -> HttpResponse:
    """Whom a list proposes for a talk, by group, with intervals; where it is known what came after, also errors."""
    account, at = asking(request), timezone.now()
    space = _space(account, code)
    state = state_of(space, PRIORITY.code, at=at)
    facts: dict[str, Any] = {"space": space, "state": state, "lists": account.role == AUDITS[0]}
    if not state.running:
        return render(request, "priority_fairness.html", facts)
    runs = list(
        PriorityRun.objects.filter(space=space).select_related("group", "space").order_by("-at", "-pk")[:MOST_RUNS]
    )
    run = next((one for one in runs if str(one.pk) == request.GET.get("list")), runs[0] if runs else None)
    facts |= {"runs": runs, "run": run}
    if run is None:
        return render(request, "priority_fairness.html", facts)
    people = people_of(run, at=at)
    ways = groupings_of(run, people)
    by = next((one for one in ways if one.code == request.GET.get("by")), ways[0] if ways else None)
    facts |= {"ways": ways, "by": by}
    if by is None:
        return render(request, "priority_fairness.html", facts)
    view = fairness_of(run, by, people, to=account, at=at)
    facts["view"] = view
    return answer_tables(request, "priority_fairness.html", facts, [fairness_table(view)], at=at, spaces=[space])


def _space(account: Account, code: str) -> Space:
    """Return a space whose lists an account audits. Raises PermissionDenied, also for one that is not there."""
    space = visible_spaces(account).filter(code=code).first()
    if space is None or account.role not in AUDITS:
        raise PermissionDenied
    return space


def fairness_table(view: FairnessView) -> Table:
    """Return the groups of a list with their rates and intervals."""
    columns = [
        Column(key="group", title=view.by.name[:1].upper() + view.by.name[1:], read=lambda row: row.name),
        Column(key="people", title=gettext_lazy("People"), kind=CellKind.WHOLE,
               read=lambda row: Cell(value=row.n, hidden=row.n is None)),
        *_columns("listed", _("Proposed, of 100"), view),
    ]  # fmt: skip
    if view.errors:
        columns += _columns("missed", _("Missed, of 100"), view)
        columns += _columns("wrong", _("Named wrongly, of 100"), view)
    return Table(key="fairness", title=_("Fairness of the list"), columns=tuple(columns), rows=view.rows,
                 notes=(*view.reasons, *view.held))  # fmt: skip


def _columns(key: str, title: str, view: FairnessView) -> Iterable[Column]:
    """Return a rate as a page shows it, in one cell, and as a file has it, in four."""

    def rate(row: FairnessRow) -> RateView | None:
        found: RateView | None = getattr(row, key)
        return found

    def shown(row: FairnessRow) -> Cell:
        one = rate(row)
        if one is None:
            return Cell(words=_("hidden, or too few to say"))
        between = _("between %(low)s and %(high)s") % {"low": one.low, "high": one.high}
        return Cell(value=one.of_100, small=_("(%(between)s); %(words)s") % {"between": between, "words": one.words})

    def number(end: str) -> Column:
        heads = {"of_100": title, "low": _("%(what)s: at least") % {"what": title},
                 "high": _("%(what)s: at most") % {"what": title}}  # fmt: skip
        return Column(key=f"{key}-{end}", title=heads[end], kind=CellKind.WHOLE, on=On.FILE,
                      read=lambda row: int(getattr(one, end)) if (one := rate(row)) is not None else None)  # fmt: skip

    return (
        Column(key=key, title=title, on=On.PAGE, read=shown),
        *(number(end) for end in ("of_100", "low", "high")),
        Column(key=f"{key}-words", title=_("%(what)s: in words") % {"what": title}, on=On.FILE,
               read=lambda row: one.words if (one := rate(row)) is not None else _("hidden, or too few to say")),
    )  # fmt: skip
