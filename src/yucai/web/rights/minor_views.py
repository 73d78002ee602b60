"""The officer's page of ages: who is under 14 and under 18, consents, approvals, and the yearly pack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import read_people, visible_spaces
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.ages import GROWN_UP, unconsented, years_before, young
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.rights.clock import clock_source
from yucai.web.rights.minor_forms import ApprovalForm, BirthsForm, GuardianForm, ProtectionForm
from yucai.web.rights.minor_tables import ages_table, approvals_table
from yucai.web.rights.minors import (
    ApprovalWanted,
    approve_reading,
    end_approval,
    keeps_ages,
    record_guardian,
    set_births,
    set_protection,
    withdraw_guardian,
)
from yucai.web.rights.minors_pack import make_minors_pack

__all__ = ["approval_end", "guardian_end", "minors_page", "pack"]

Forms = dict[str, Any]
MOST_LISTED = 200


def _space(request: HttpRequest, code: str) -> Space:
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not keeps_ages(account, space):
        raise PermissionDenied
    return space


@require_http_methods(["GET", "HEAD", "POST"])
def minors_page(request: HttpRequest, code: str) -> HttpResponse:
    """Who is how old as far as it was asked, whom that closes, and what the officer says about it."""
    space = _space(request, code)
    what = request.POST.get("what", "")
    forms = _forms(request, space, what)
    if request.method == "POST":
        if what not in ACTS:
            raise PermissionDenied
        form = forms[what]
        if form.is_valid():
            try:
                said = ACTS[what](space, form.cleaned_data, asking(request))
            except FaultyInputError as refused:
                form.add_faults(refused.faults)
            else:
                messages.success(request, said)
                return redirect("minors", code=code)
    facts = _facts(request, space)
    tables = [ages_table(facts), approvals_table(facts["approvals"])]
    return answer_tables(request, "minors.html", {**facts, **forms}, tables, at=timezone.now(), spaces=[space])


def _forms(request: HttpRequest, space: Space, what: str) -> Forms:
    data = {name: request.POST if name == what else None for name in ACTS}
    now = {"minors_expected": space.minors_expected, "request_days": space.request_days,
           "source": space.request_days_source}  # fmt: skip
    return {
        "protection": ProtectionForm(data["protection"], initial=now, prefix=None),
        "births": BirthsForm(data["births"], auto_id="births_%s"),
        "guardian": GuardianForm(data["guardian"], auto_id="guardian_%s"),
        "approval": ApprovalForm(data["approval"], space=space, auto_id="approval_%s"),
    }


def _protection(space: Space, said: Forms, by: Account) -> str:
    set_protection(space=space, by=by, at=timezone.now(), **said)
    return _("Set. It is written down with your name.")


def _births(space: Space, said: Forms, by: Account) -> str:
    n = set_births(space=space, by=by, at=timezone.now(), **said)
    return ngettext("%(n)d date of birth was entered.", "%(n)d dates of birth were entered.", n) % {"n": n}


def _guardian(space: Space, said: Forms, by: Account) -> str:
    record_guardian(space=space, by=by, at=timezone.now(), **said)
    return _("The guardian's consent is on record.")


def _approval(space: Space, said: Forms, by: Account) -> str:
    approve_reading(space=space, wanted=ApprovalWanted(**said), by=by, at=timezone.now())
    return _("Approved. It is written down with your name.")


ACTS: dict[str, Callable[[Space, Forms, Account], str]] = {
    "protection": _protection, "births": _births, "guardian": _guardian, "approval": _approval,
}  # fmt: skip


def _facts(request: HttpRequest, space: Space) -> Forms:
    """Return what the page shows; the people on it are looked at, and that is written down."""
    at, today = timezone.now(), localdate()
    people = Person.objects.filter(space=space)
    adult, child = years_before(today, GROWN_UP), young(today)
    listed = people.filter(child).order_by("code")[:MOST_LISTED]
    shown = [] if table_asked(request) else list(listed)  # no file names a child
    read_people(asking(request), shown, page="minors", at=at)
    consents = {one.person_id: one for one in GuardianConsent.objects.filter(person__in=shown, withdrawn_on=None)}
    approvals = MinorApproval.objects.filter(space=space).select_related("account", "group", "approved_by")
    return {
        "space": space,
        "unknown": people.filter(born=None).count(),
        "under_14": people.filter(child).count(),
        "under_18": people.filter(born__gt=adult).exclude(child).count(),
        "grown_up": people.filter(born__lte=adult).count(),
        "missing": people.filter(unconsented(today)).count(),
        "children": [(person, consents.get(person.pk)) for person in shown],
        "approvals": [(one, one.ended_at is None and one.until >= today) for one in approvals.order_by("-pk")[:50]],
        "source": clock_source(space),
        "years": [today.year, today.year - 1],
    }


def _ended(request: HttpRequest, code: str, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except FaultyInputError as refused:
        messages.error(request, refused.faults[0].in_language(translation.get_language() or "en"))
    else:
        messages.success(request, said)
    return redirect("minors", code=code)


@require_POST
def guardian_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Withdraw a guardian's consent."""
    space, by = _space(request, code), asking(request)
    consent = GuardianConsent.objects.select_related("person__space").filter(pk=pk, person__space=space).first()
    if consent is None:
        raise PermissionDenied
    withdraw = lambda: withdraw_guardian(consent=consent, by=by, at=timezone.now())  # noqa: E731
    return _ended(request, code, withdraw, _("Withdrawn. Nobody reads of this person from now on; measure anew."))


@require_POST
def approval_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """End an approval."""
    space, by = _space(request, code), asking(request)
    approval = MinorApproval.objects.select_related("space").filter(pk=pk, space=space).first()
    if approval is None:
        raise PermissionDenied
    end = lambda: end_approval(approval=approval, by=by, at=timezone.now())  # noqa: E731
    return _ended(request, code, end, _("Ended. Reading by it is refused from now on."))


@require_safe
def pack(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """The yearly pack for the authority: workbook and PDF in one ZIP."""
    space, by, at = _space(request, code), asking(request), timezone.now()
    if not at.year - 20 <= year <= at.year:
        raise PermissionDenied
    made = make_minors_pack(space, year=year, language=translation.get_language() or "en", by=by, at=at)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"minors-{year}.xlsx", made.workbook)
        archive.writestr(f"minors-{year}.pdf", made.paper)
    answer = HttpResponse(out.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="minors-{year}.zip"'
    return answer
