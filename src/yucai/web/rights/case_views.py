"""The pages of requests: opened by the student, seen with every step, handled by a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import closed_to, read_people, read_person
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.saved import chosen
from yucai.web.accounts.saved_views import saved_here
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.rights.case_forms import AppealForm, DecideCommentForm, DecideForm, DecideLineForm, RequestForm
from yucai.web.rights.case_tables import (
    case_filters,
    case_orders,
    decided_table,
    found_cases,
    waiting_table,
)
from yucai.web.rights.cases import (
    CaseMovedError,
    NotYoursToHandleError,
    appeal_case,
    corrections_of,
    decide_case,
    handles_cases,
    is_overdue,
    open_case,
    read_case,
    take_case,
    why_not_handled_by,
)
from yucai.web.rights.clock import clock_source
from yucai.web.rights.explained import explained_case
from yucai.web.rights.results import records_behind, result_of
from yucai.web.selection.models import AnnouncedLine

__all__ = ["add", "appeal", "case", "decide", "index", "take"]

MOST_LISTED: Final = 200


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own requests; for who handles them, those of their institutions, the most urgent first."""
    account, at = asking(request), timezone.now()
    if account.role == Account.Role.STUDENT and account.person is not None:
        cases = list(ReviewCase.objects.filter(person=account.person_id).select_related("person").order_by("-pk"))
        read_people(account, [account.person], page="review-cases", at=at, taken=bool(table_asked(request)))
        facts = {"cases": cases, "own": True}
        tables = [waiting_table(cases, at=at, own=True)]
        return answer_tables(
            request, "requests.html", facts, tables, at=at, spaces=[account.person.space], noted=True
        )  # fmt: skip
    spaces = [space for space in account.spaces.all() if handles_cases(account, space)]
    if not spaces:
        raise PermissionDenied
    return _requests_to_handle(request, account, spaces, at=at)


def _requests_to_handle(request: HttpRequest, account: Account, spaces: list[Space], *, at: datetime) -> HttpResponse:
    """The requests of institutions, found and sorted as the address says."""
    all_ = ReviewCase.objects.filter(space__in=spaces).select_related("person", "space", "handler")
    shut, wanted = closed_to(account, page="review-cases", at=at), chosen("requests", request.GET.dict())
    open_ = all_.exclude(person__in=shut)
    asked, found = table_asked(request), found_cases(open_, wanted, at=at)
    shown = found if asked else found[:MOST_LISTED]
    kept = [one for one in shown if not asked or (one.state == ReviewCase.State.DECIDED) == (asked == "decided")]
    read_people(account, [one.person for one in kept], page="review-cases", at=at, taken=bool(asked))
    waiting = [one for one in kept if one.state != ReviewCase.State.DECIDED]
    decided = [one for one in kept if one.state == ReviewCase.State.DECIDED]
    facts = {"cases": waiting, "decided": decided, "own": False, "wanted": wanted, "sorts": case_orders()}
    facts["overdue"] = sum(is_overdue(one, at=at) for one in waiting)
    facts["simulated"] = any(space.simulated for space in spaces)
    facts["closed"] = all_.filter(person__in=shut).exists()
    facts["kinds"] = ReviewCase.Kind.choices
    facts["saved"] = saved_here(request, "requests")
    said = tuple(case_filters(wanted))
    tables = [waiting_table(waiting, at=at, own=False, filters=said), decided_table(decided, filters=said)]
    return answer_tables(request, "requests.html", facts, tables, at=at, spaces=spaces, noted=True)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Open a request about a result of one's own, which the address names."""
    account, at = asking(request), timezone.now()
    about, key = request.GET.get("about", ""), request.GET.get("key", "")
    if account.role != Account.Role.STUDENT or account.person is None:
        raise PermissionDenied
    person = read_person(account, account.person.pk, page="review-case", at=at)
    result = result_of(person, about=about, key=key, at=at)
    if result is None:
        raise PermissionDenied
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("kind", "said")}
        try:
            made = open_case(about=about, key=key, by=account, at=at, **said)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Your request is in. Below you see every step of it."))
            return redirect("request", pk=made.pk)
    facts = {"form": form, "named": result.named, "space": person.space, "person": person}
    facts["source"] = clock_source(person.space)
    return render(request, "request_add.html", facts)


@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One request with all its steps."""
    return _page(request, read_case(asking(request), pk, at=timezone.now()))


def _page(
    request: HttpRequest,
    found: ReviewCase,
    *,
    decide_form: DecideForm | None = None,
    appeal_form: AppealForm | None = None,
) -> HttpResponse:
    account, at = asking(request), timezone.now()
    own = account.person_id == found.person_id
    why = None if own else why_not_handled_by(found, account)
    facts = {"case": found, "space": found.space, "own": own, "why": why, "overdue": is_overdue(found, at=at)}
    facts["source"] = clock_source(found.space)
    facts["later"] = later = ReviewCase.objects.filter(appeals=found).first()
    facts["explained"] = explained_case(found, clock=clock_source(found.space), appealed=later is not None)
    if not own and found.state == ReviewCase.State.IN_HAND and found.handler_id == account.pk:
        facts["form"] = decide_form or _decide_form(found)
        facts["corrections"] = corrections_of(found)
        if found.about == ReviewCase.About.ANNOUNCED:
            line = AnnouncedLine.objects.filter(pk=int(found.key)).first()
            facts["announcement"] = line.announcement_id if line is not None else None
    if own and found.state == ReviewCase.State.DECIDED and facts["later"] is None:
        facts["appeal"] = appeal_form or AppealForm()
    return render(request, "request.html", facts)


def _decide_form(found: ReviewCase, data: object = None) -> DecideForm:
    if found.about == ReviewCase.About.ANNOUNCED:
        return DecideLineForm(data, behind=())
    if found.about == ReviewCase.About.COMMENT:
        return DecideCommentForm(data, behind=())
    behind = records_behind(found.person, about=found.about, key=found.key)
    return DecideForm(data, behind=behind.select_related("item").order_by("item__code", "pk"))


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request in hand."""
    found = read_case(asking(request), pk, at=timezone.now())
    try:
        take_case(case=found, by=asking(request), at=timezone.now())
    except (CaseMovedError, NotYoursToHandleError) as refused:
        messages.error(request, refused.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("It is in your hand. The student sees that."))
    return redirect("request", pk=pk)


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a request with its outcome."""
    account, found = asking(request), read_case(asking(request), pk, at=timezone.now())
    if not handles_cases(account, found.space):
        raise PermissionDenied
    form = _decide_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, decide_form=form)
    said = {name: form.cleaned_data[name] for name in ("outcome", "reason", "records")}
    try:
        decide_case(case=found, by=account, at=timezone.now(), **said)
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return _page(request, found, decide_form=form)
    except (CaseMovedError, NotYoursToHandleError) as refused:
        messages.error(request, refused.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Closed. The student sees the outcome and your reason."))
    return redirect("request", pk=pk)


@require_POST
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Appeal against the decision on one's own request."""
    account, found = asking(request), read_case(asking(request), pk, at=timezone.now())
    if account.role != Account.Role.STUDENT:
        raise PermissionDenied
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            made = appeal_case(case=found, said=form.cleaned_data["said"], by=account, at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Your appeal is in. Somebody who has not decided before handles it."))
            return redirect("request", pk=made.pk)
    return _page(request, found, appeal_form=form)
