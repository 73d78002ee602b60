"""The page of the rules."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.requests import asking

__all__ = ["rules"]


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that decide over people, open to everybody of the institution."""
    spaces = list(visible_spaces(asking(request)).prefetch_related("rules"))
    simulated = any(space.simulated for space in spaces)
    return render(request, "rules.html", {"spaces": spaces, "simulated": simulated})
