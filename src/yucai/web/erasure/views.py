"""The pages of erasures, legal holds and data past their time: for directors and data protection officers."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.web.accounts.access import read_people, read_person, visible_spaces
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.holding_back import hold_person, hold_source, lift_legal_hold, may_protect
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.requests import asking
from yucai.web.erasure.actions import (
    ask_erasure,
    confirm_erasure,
    kind_of_job,
    let_in_again,
    texts_of,
    withdraw_erasure,
)
from yucai.web.erasure.foreseeing import foresee
from yucai.web.erasure.forms import AskForm, ConfirmForm, HoldForm
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.retention import ask_retention, due_in
from yucai.web.erasure.showing import certificate_sheet, certificate_told, told_of
from yucai.web.evidence.models import DataSource
from yucai.web.jobs.actions import ask_for
from yucai.web.jobs.models import Job
from yucai.web.paper import sheet_pdf

__all__ = [
    "certificate_json",
    "certificate_pdf",
    "confirm",
    "erasure",
    "erasure_add",
    "erasures",
    "hold_add",
    "hold_lift",
    "let_in",
    "retention_ask",
    "withdraw",
]

State = PersonErasure.State


def _space(account: Account, code: str) -> Space:
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_protect(account, space):
        raise PermissionDenied
    return space


def _erasure(account: Account, pk: int) -> PersonErasure:
    known = PersonErasure.objects.select_related("space", "source", "asked_by", "decided_by")
    found = known.filter(pk=pk).first()
    if found is None or not may_protect(account, found.space):
        raise PermissionDenied
    return found


def _say(problem: YucaiError) -> str:
    return problem.in_language(translation.get_language() or "en")


@require_safe
def erasures(request: HttpRequest, code: str) -> HttpResponse:
    """What was asked for and done, what is past its time, and what is held."""
    account, at = asking(request), timezone.now()
    space = _space(account, code)
    holds = list(LegalHold.objects.filter(space=space, lifted_at=None).select_related("person", "source", "placed_by"))
    with transaction.atomic():
        read_people(account, [hold.person for hold in holds if hold.person is not None], page="hold", at=at)
    rows = PersonErasure.objects.filter(space=space).select_related("source", "asked_by", "decided_by").order_by("-pk")
    facts = {"space": space, "rows": rows[:100], "holds": holds, "due": due_in(space, at=at), "today": at.date()}
    return render(request, "erasures.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def erasure_add(request: HttpRequest, code: str) -> HttpResponse:
    """Name a person, see what would go, and ask for it; nothing goes before a second person confirms."""
    account, at = asking(request), timezone.now()
    space = _space(account, code)
    number = (request.POST.get("number") or request.GET.get("number") or "").strip()
    found = Person.objects.filter(space=space, code=number).first() if number else None
    facts = {"space": space, "number": number, "unknown": bool(number) and found is None}
    if found is None:
        return render(request, "erasure_add.html", facts)
    person = read_person(account, found.pk, page="erasure", at=at)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = ask_erasure(
                person=person, reason=form.cleaned_data["reason"], texts=form.further(), by=account, at=at
            )
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as refused:
            form.add_error(None, _say(refused))
        else:
            messages.success(request, _("Asked for. Another director or officer has to confirm it."))
            return redirect("erasure", pk=made.pk)
    foreseen = foresee(person)
    facts |= {"person": person, "form": form, "foreseen": foreseen, "tell": told_of(foreseen.to_tell)}
    facts["forbidden"] = _say(foreseen.forbidden) if foreseen.forbidden is not None else ""
    return render(request, "erasure_add.html", facts)


@require_safe
def erasure(request: HttpRequest, pk: int) -> HttpResponse:
    """One erasure: what would go as long as it waits, how far it is, and its certificate once it is done."""
    return _shown(request, _erasure(asking(request), pk), ConfirmForm())


def _shown(request: HttpRequest, found: PersonErasure, form: ConfirmForm) -> HttpResponse:
    account, at = asking(request), timezone.now()
    facts = {"erasure": found, "space": found.space, "form": form, "own": account.pk == found.asked_by_id}
    if found.state == State.ASKED and found.person is not None:
        person = read_person(account, found.person, page="erasure", at=at)
        foreseen = foresee(person, texts=texts_of(found))
        facts |= {"person": person, "foreseen": foreseen, "tell": told_of(foreseen.to_tell)}
        facts["forbidden"] = _say(foreseen.forbidden) if foreseen.forbidden is not None else ""
    if found.state == State.RUNNING:
        facts["job"] = Job.objects.filter(kind=kind_of_job(found), space=found.space).order_by("-pk").first()
    if found.state == State.DONE:
        facts["told"] = certificate_told(found)
        facts["lets_in"] = found.tombstones.filter(lifted_at=None).exists()
    return render(request, "erasure.html", facts)


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it carried out, as the second person; or have one that broke off go on."""
    account, at = asking(request), timezone.now()
    found = _erasure(account, pk)
    if found.state == State.RUNNING:
        ask_for(kind_of_job(found), space=found.space, owner=account, at=at)
        return redirect("erasure", pk=pk)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["backups_until"]
        try:
            confirm_erasure(erasure=found, backups_until=until, by=account, at=at)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as refused:
            form.add_error(None, _say(refused))
        else:
            return redirect("erasure", pk=pk)
    return _shown(request, found, form)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Decide that it is not carried out."""
    account = asking(request)
    try:
        withdraw_erasure(erasure=_erasure(account, pk), by=account, at=timezone.now())
    except YucaiError as refused:
        messages.error(request, _say(refused))
    return redirect("erasure", pk=pk)


@require_POST
def let_in(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Let the number come in again."""
    account = asking(request)
    let_in_again(erasure=_erasure(account, pk), by=account, at=timezone.now())
    messages.success(request, _("Files may bring this number in again. What was erased stays away."))
    return redirect("erasure", pk=pk)


@require_safe
def certificate_json(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate as it was sealed, with its seal."""
    found = _done(request, pk)
    body = f'{{"certificate":{found.told},"seal":"{found.seal}"}}\n'
    return _file(body.encode(), "application/json", f"erasure-{found.code}.json")


@require_safe
def certificate_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate on paper, in the language of the page."""
    found = _done(request, pk)
    sheet = certificate_sheet(found, language=translation.get_language() or "en")
    return _file(sheet_pdf(sheet, at=timezone.now()), "application/pdf", f"erasure-{found.code}.pdf")


def _done(request: HttpRequest, pk: int) -> PersonErasure:
    found = _erasure(asking(request), pk)
    if found.state != State.DONE:
        raise PermissionDenied
    return found


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def hold_add(request: HttpRequest, code: str) -> HttpResponse:
    """Hold a person or a data set."""
    account, at = asking(request), timezone.now()
    space = _space(account, code)
    form = HoldForm(request.POST or None, space=space)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        common = {"reason": said["reason"], "review_on": said["review_on"], "by": account, "at": at}
        try:
            if said.get("person") is not None:
                person = read_person(account, said["person"].pk, page="hold", at=at)
                hold_person(person=person, **common)
            else:
                hold_source(source=said["source"], **common)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Held. Nothing of it is erased until somebody lifts the hold."))
            return redirect("erasures", code=code)
    return render(request, "hold_add.html", {"space": space, "form": form})


@require_POST
def hold_lift(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Lift a hold."""
    account = asking(request)
    found = LegalHold.objects.select_related("space").filter(pk=pk).first()
    if found is None or not may_protect(account, found.space):
        raise PermissionDenied
    lift_legal_hold(hold=found, by=account, at=timezone.now())
    messages.success(request, _("The hold is lifted."))
    return redirect("erasures", code=found.space.code)


@require_POST
def retention_ask(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Ask that what a data set may keep no longer be cleared."""
    account = asking(request)
    space = _space(account, code)
    source = DataSource.objects.select_related("space").filter(space=space, pk=pk).first()
    if source is None:
        raise PermissionDenied
    try:
        made = ask_retention(source=source, reason="", by=account, at=timezone.now())
    except YucaiError as refused:
        messages.error(request, _say(refused))
        return redirect("erasures", code=code)
    return redirect("erasure", pk=made.pk)
