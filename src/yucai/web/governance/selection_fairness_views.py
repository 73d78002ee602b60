"""The page of the fairness of a run of a rule: whom it proposes, by group, with intervals; small groups hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yucai.web.accounts.models import Group, Membership, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.list_fairness import ListPeople, fairness_of, groupings_of
from yucai.web.governance.list_fairness_views import fairness_table
from yucai.web.registers.algorithms import SELECTION
from yucai.web.registers.switches import state_of
from yucai.web.selection.rule_doors import open_run
from yucai.web.selection.rule_models import SelectionEntry, SelectionRun

__all__ = ["selection_fairness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run of a rule as a list whose fairness is looked at."""

    scope: str
    as_of: date
    group: Group | None
    space: Space


@require_safe
def selection_fairness(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom a rule proposes, group by group. Nobody is named, and no group came into the rule."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    space = run.rule.space
    state = state_of(space, SELECTION.code, at=at)
    facts: dict[str, Any] = {"space": space, "run": run, "state": state}
    if not state.running or run.at is None:
        return render(request, "selection_fairness.html", facts)
    people = _people(run)
    listed = _Run(scope=f"selection-{run.pk}", as_of=run.as_of, group=run.group, space=space)
    ways = groupings_of(listed, people)
    by = next((one for one in ways if one.code == request.GET.get("by")), ways[0] if ways else None)
    facts |= {"ways": ways, "by": by}
    if by is None:
        return render(request, "selection_fairness.html", facts)
    view = fairness_of(listed, by, people, to=account, at=at)
    facts["view"] = view
    return answer_tables(request, "selection_fairness.html", facts, [fairness_table(view)], at=at, spaces=[space])


def _people(run: SelectionRun) -> ListPeople:
    """Return whom a run looked at, as far as they are still on record, and whom it proposes."""
    entries = list(run.entries.select_related("person").order_by("person"))
    proposed = frozenset(one.person_id for one in entries if one.outcome == SelectionEntry.Outcome.PROPOSED)
    return ListPeople({one.person_id: Membership(person=one.person) for one in entries}, proposed, {})
