"""The page of the rules, and the page that says who looked at a person."""

from __future__ import annotations

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yucai.web.accounts.access import read_person, visible_spaces
from yucai.web.accounts.audit_models import AuditPerson
from yucai.web.accounts.looks import looks_at
from yucai.web.accounts.requests import asking

__all__ = ["rules", "who_looked"]

ON_A_PAGE: Final = 50


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that decide over people, open to everybody of the institution."""
    spaces = list(visible_spaces(asking(request)).prefetch_related("rules"))
    simulated = any(space.simulated for space in spaces)
    return render(request, "rules.html", {"spaces": spaces, "simulated": simulated})


@require_safe
def who_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """Who looked at a person, for what, and what was refused: for the person, and for who sees their portrait."""
    account = asking(request)
    person = read_person(account, pk, page="who-looked", at=timezone.now())
    about = AuditPerson.objects.filter(person=person).order_by("-entry_id")
    page = Paginator(about, ON_A_PAGE).get_page(request.GET.get("page"))
    looks = looks_at(person, first=page.start_index() - 1, most=ON_A_PAGE)
    own = account.person_id == person.pk
    facts = {"person": person, "space": person.space, "looks": looks, "page": page, "own": own}
    return render(request, "who_looked.html", facts)
