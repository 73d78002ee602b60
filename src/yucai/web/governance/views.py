"""The pages of the rules, and the page that says who looked at a person."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import read_person, visible_spaces
from yucai.web.accounts.audit_models import AuditPerson
from yucai.web.accounts.looks import OWN_AFFAIR, looks_at
from yucai.web.accounts.release_models import ReleaseRule
from yucai.web.accounts.release_rules import (
    may_read_release_rules,
    may_set_release_rules,
    policy_of,
    set_release_rules,
)
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, rows_shown, table_asked
from yucai.web.governance.forms import ReleaseRulesForm
from yucai.web.governance.releases import PLACES
from yucai.web.governance.showing import rules_told
from yucai.web.governance.tables import looks_table
from yucai.web.selection.rule_doors import may_run_rules

__all__ = ["release_rules", "rules", "who_looked"]

ON_A_PAGE: Final = 50


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that decide over people, open to everybody of the institution."""
    account, at = asking(request), timezone.now()
    spaces = list(visible_spaces(account).prefetch_related("rules"))
    simulated = any(space.simulated for space in spaces)
    told = [
        {
            "space": space,
            "rules": rules_told(space, at=at),
            "release": may_read_release_rules(account, space),
            "writes": may_run_rules(account, space),
        }
        for space in spaces
    ]
    return render(request, "rules.html", {"spaces": told, "simulated": simulated})


@require_http_methods(["GET", "HEAD", "POST"])
def release_rules(request: HttpRequest, code: str) -> HttpResponse:
    """How many people a number must speak of before it leaves, where numbers leave, and, for directors, to set it."""
    account, at = asking(request), timezone.now()
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_read_release_rules(account, space):
        raise PermissionDenied
    policy = policy_of(space, day=at.date())
    first = {"min_cell": policy.min_cell, "min_spread": policy.min_spread, "starts": at.date()}
    form = ReleaseRulesForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            set_release_rules(space=space, by=account, at=at, **form.cleaned_data)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Set. It is written down with your name."))
            return redirect("release_rules", code=code)
    facts = {"space": space, "form": form, "policy": policy, "places": PLACES.values()}
    facts["entries"] = [entry for entry in policy.sources if entry.rule in ReleaseRule.Rule.values]
    facts["set"] = space.release_rules.select_related("set_by").order_by("-pk")
    facts["may_set"] = may_set_release_rules(account, space)
    return render(request, "release_rules.html", facts)


@require_safe
def who_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """Who looked at a person, for what, and what was refused: for the person, and for who sees their portrait."""
    account = asking(request)
    at, asked = timezone.now(), table_asked(request)
    person = read_person(account, pk, page="who-looked", at=at, taken=bool(asked))
    own = account.person_id == person.pk
    besides = () if own else OWN_AFFAIR
    about = AuditPerson.objects.filter(person=person).exclude(entry__act__in=besides).order_by("-entry_id")
    page = rows_shown(request, about, a_page=ON_A_PAGE, table="looks")
    looks = looks_at(person, first=page.start_index() - 1, most=page.paginator.per_page, besides=besides)
    facts = {"person": person, "space": person.space, "looks": looks, "page": page, "own": own}
    return answer_tables(
        request, "who_looked.html", facts, [looks_table(looks)], at=at, spaces=[person.space], noted=True
    )  # fmt: skip
