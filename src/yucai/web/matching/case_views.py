"""Cases: opened from the list by one click, read by staff and by the person, decided step by step."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import closed_to, read_people, read_person, visible_people
from yucai.web.accounts.models import Account
from yucai.web.accounts.requests import asking
from yucai.web.matching.case_actions import CaseMovedError, Said, decide_case, open_case, undo_case
from yucai.web.matching.case_clock import kept_until, months_kept
from yucai.web.matching.case_forms import FORMS, DecisionForm
from yucai.web.matching.case_models import OPEN_STATES, SupportCase
from yucai.web.matching.case_seconds import shown_now
from yucai.web.matching.case_showing import case_view, may_undo, open_steps
from yucai.web.matching.priority_doors import listed_space, may_keep_cases
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.matching.priority_showing import last_contacts

__all__ = ["case", "case_decide", "case_open", "case_undo", "cases"]

ROWS_A_PAGE = 50


@require_safe
def cases(request: HttpRequest, code: str) -> HttpResponse:
    """The cases of the people of an account: those that are open, or all."""
    account, at = asking(request), timezone.now()
    space = listed_space(account, code)
    found = SupportCase.objects.filter(space=space, person__in=visible_people(account).values("pk"))
    found = found.exclude(person__in=closed_to(account, page="support-case", at=at).values("pk"))
    over = request.GET.get("over") == "1"
    shown = found.exclude(state__in=OPEN_STATES) if over else found.filter(state__in=OPEN_STATES)
    rows = shown.select_related("person", "opened_by").order_by("-opened_at", "-pk")
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    read_people(account, {one.person for one in page.object_list}, page="support-case", at=at)
    contacts = last_contacts([one.person_id for one in page.object_list])
    months = months_kept(space)
    told = [
        {"case": one, "contact": contacts.get(one.person_id), "until": kept_until(one, months)}
        for one in page.object_list
    ]
    return render(request, "cases.html", {"space": space, "page": page, "rows": told, "over": over, "months": months})


@require_POST
def case_open(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Open a case about an entry of a list."""
    account, at = asking(request), timezone.now()
    entry = PriorityEntry.objects.select_related("run", "person__space").filter(pk=pk).first()
    if entry is None or not may_keep_cases(account, entry.person):
        raise PermissionDenied
    read_person(account, entry.person_id, page="support-case", at=at)
    try:
        made = open_case(entry=entry, by=account, at=at)
    except FaultyInputError as refused:
        for fault in refused.faults:
            messages.error(request, fault.in_language(translation.get_language() or "en"))
        return redirect("priority", code=entry.run.space.code)
    return redirect("case", pk=made.pk)


@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what was noticed, what speaks against it, what was decided; for staff, what can be decided now."""
    return _page(request, _opened(request, pk))


@require_POST
def case_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a decision."""
    account, found = asking(request), _opened(request, pk)
    if account.role == Account.Role.STUDENT:
        raise PermissionDenied
    kind, shown = request.POST.get("kind", ""), request.POST.get("shown", "")
    form = FORMS.get(kind, DecisionForm)(request.POST, auto_id=f"{kind or 'none'}-%s")
    if not form.is_valid():
        return _page(request, found, form=form, kind=kind)
    said = Said(kind=kind, **form.cleaned_data)
    try:
        decide_case(case=found, said=said, shown=shown, by=account, at=timezone.now())
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return _page(request, found, form=form, kind=kind)
    except CaseMovedError as moved:
        messages.error(request, moved.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Written down. The student reads it as you do."))
    return redirect("case", pk=pk)


@require_POST
def case_undo(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take back a case that was just opened."""
    account, found = asking(request), _opened(request, pk)
    try:
        undo_case(case=found, by=account, at=timezone.now())
    except CaseMovedError as moved:
        messages.error(request, moved.in_language(translation.get_language() or "en"))
        return redirect("case", pk=pk)
    messages.success(request, _("Taken back. That it was opened by mistake stays on record."))
    return redirect("priority", code=found.space.code)


def _opened(request: HttpRequest, pk: int) -> SupportCase:
    """Return a case that the account may read: of its own people, or its own. Anything else is refused alike."""
    account = asking(request)
    found = SupportCase.objects.select_related("space", "person__space", "opened_by").filter(pk=pk).first()
    own = found is not None and account.role == Account.Role.STUDENT and account.person_id == found.person_id
    if found is None or not (own or may_keep_cases(account, found.person)):
        raise PermissionDenied
    read_person(account, found.person_id, page="support-case", at=timezone.now())
    return found


def _page(
    request: HttpRequest, found: SupportCase, *, form: DecisionForm | None = None, kind: str = ""
) -> HttpResponse:  # fmt: skip
    account, at = asking(request), timezone.now()
    own = account.role == Account.Role.STUDENT
    facts: dict[str, Any] = {"case": found, "space": found.space, "person": found.person, "own": own}
    months = months_kept(found.space)
    facts |= {"months": months, "until": kept_until(found, months)}
    facts |= {"view": case_view(found), "contact": last_contacts([found.person_id]).get(found.person_id)}
    if own:
        return render(request, "case.html", facts)
    facts["shown"] = request.POST.get("shown", "") or shown_now(case=found.pk, by=account, at=at)
    facts["steps"] = [
        {"kind": one, "form": form if form is not None and one == kind else FORMS[one](auto_id=f"{one}-%s")}
        for one in open_steps(found)
    ]
    facts["faulty"] = form
    facts["undo"] = may_undo(found, account, at=at)
    return render(request, "case.html", facts)
