"""Links for mentors outside: opened by whom they are for, given and taken back by directors."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.web.accounts.forms import OutsideLinkForm
from yucai.web.accounts.office_tables import links_table
from yucai.web.accounts.office_views import spaces_run
from yucai.web.accounts.outside import (
    OutsideLinkOverError,
    enter_by_link,
    give_link,
    is_over,
    links_run,
    outside_link_behind,
    take_link_back,
)
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables

__all__ = ["outside", "outside_link_add", "outside_link_back", "outside_links"]

GONE = 410


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def outside(request: HttpRequest, token: str) -> HttpResponse:
    """Say what a link opens, and open it on a press: programs that look into links in a chat open nothing."""
    at = timezone.now()
    try:
        link = outside_link_behind(token, at=at)
    except OutsideLinkOverError as problem:
        told = problem.in_language(translation.get_language() or "en")
        return render(request, "link_over.html", {"told": told}, status=GONE)
    if request.method == "POST":
        enter_by_link(request, link=link, at=at)
        return redirect("group", pk=link.group_id)
    return render(request, "outside.html", {"link": link, "group": link.group, "space": link.group.space})


@require_safe
def outside_links(request: HttpRequest) -> HttpResponse:
    """Every link that who asks may take back, and those that are over."""
    by, at = asking(request), timezone.now()
    spaces = spaces_run(by)
    rows = [(row, is_over(row, at=at)) for row in links_run(by).order_by("-made_at")]
    facts = {"rows": rows, "simulated": any(space.simulated for space in spaces), "several": ("links-back",)}
    return answer_tables(request, "outside_links.html", facts, [links_table(rows)], at=at, spaces=spaces)


@require_http_methods(["GET", "HEAD", "POST"])
def outside_link_add(request: HttpRequest) -> HttpResponse:
    """Give a link."""
    by = asking(request)
    form = OutsideLinkForm(request.POST or None, spaces=spaces_run(by))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = give_link(name=said["name"], group=said["group"], days=said["days"], by=by, at=timezone.now())
        address = request.build_absolute_uri(reverse("outside", args=[made.token]))
        return render(request, "outside_link_made.html", {"link": made.link, "address": address})
    return render(request, "outside_link_add.html", {"form": form})


@require_POST
def outside_link_back(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take a link back."""
    link = links_run(asking(request)).filter(pk=pk).first()
    if link is None:
        raise PermissionDenied
    take_link_back(link=link, by=asking(request), at=timezone.now())
    messages.success(request, _("The link is taken back; what was open by it is closed."))
    return redirect("outside_links")
