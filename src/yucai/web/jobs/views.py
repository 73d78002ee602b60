"""How far a job is, and calling it off."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.web.accounts.access import may_measure
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.jobs.actions import ask_cancel, ask_for
from yucai.web.jobs.models import Job

__all__ = ["cancel", "job", "measure", "progress"]

OWN = "portraits"  # the kind of job that is shown to its owner alone
OF_POLICY = ("policy", "policy-rerun", "policy-open", "policy-later")  # they name the card after a colon


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job, renewed every second as long as it is open."""
    seen = _seen(request, pk)
    kind, _colon, of = seen.kind.partition(":")
    taking = _("Taking statements in")
    titles = {
        "measure": _("Computing the profiles"),
        "portraits": _("Portraits of the class"),
        "priority": _("Working a priority list out"),
        "priority-check": _("Testing the priority list"),
        "feed": taking,
        "feed-take": taking,
        "feed-look": _("Statements"),
        "policy": _("Working out what the policy did"),
        "policy-rerun": _("Running the bundle again"),
        "policy-open": _("Working out what the figures can tell"),
        "policy-later": _("Comparing with later figures"),
        "policy-bundle": _("Running a bundle again before it is listed"),
        "selection": _("Running a rule on records"),
    }
    feed = of if kind.startswith("feed") else ""
    title, alone = titles.get(kind, _("Import")), seen.is_without_worker(at=timezone.now())
    facts = {"job": seen, "alone": alone, "title": title, "feed": feed}
    if kind == OWN:
        facts["back"], facts["back_to"] = (
            reverse("class_portraits", args=[of.partition("-")[2]]),
            _("To the files of the class"),
        )
    if kind in OF_POLICY:
        facts["back"], facts["back_to"] = reverse("policy", args=[of]), _("To the policy card")
    if kind == "policy-bundle":
        facts["back"] = f"{reverse('policies')}?space={seen.space.code}"
        facts["back_to"] = _("To the register of policies")
    if kind == "selection":
        facts["back"], facts["back_to"] = reverse("selection_run", args=[of]), _("To the run of the rule")
    return render(request, "job.html", facts)


@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that is renewed."""
    found = _seen(request, pk)
    answer = render(request, "_job.html", {"job": found, "alone": found.is_without_worker(at=timezone.now())})
    elsewhere = not request.headers.get("HX-Current-URL", "").endswith(reverse("job", args=[pk]))
    if "HX-Request" in request.headers and elsewhere and not found.is_open:
        answer["HX-Refresh"] = "true"  # the page that shows it has more to say now
    return answer


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Call a job off."""
    ask_cancel(_seen(request, pk), at=timezone.now())
    return redirect("job", pk=pk)


@require_POST
def measure(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Ask for a calibration of a space."""
    account = asking(request)
    space = get_object_or_404(Space, code=code)
    if not may_measure(account, space):
        raise PermissionDenied
    return redirect("job", pk=ask_for("measure", space=space, owner=account, at=timezone.now()).pk)


def _seen(request: HttpRequest, pk: int) -> Job:
    found = get_object_or_404(Job.objects.select_related("space"), pk=pk)
    account = asking(request)
    if found.kind.partition(":")[0] == OWN:  # a file for whoever asked, and nobody else's business
        if found.owner_id != account.pk or not account.is_let_into(found.space_id):
            raise PermissionDenied
        return found
    if not may_measure(account, found.space):
        raise PermissionDenied
    return found
