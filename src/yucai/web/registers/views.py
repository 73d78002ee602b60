"""The registers that everybody of an institution may read, and those who keep them may change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.evidence import BASES
from yucai.texts import Text
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.consents import current_texts, may_keep_registers
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.evidence.models import DataSource
from yucai.web.evidence.read_purposes import purposes_of
from yucai.web.registers.algorithms import METHODS
from yucai.web.registers.data_sets import change_purposes, change_retention, rest_on_consent
from yucai.web.registers.forms import AssessmentForm, DataSetForm, EndForm, OffForm, ProcessorForm
from yucai.web.registers.models import ImpactRecord, MethodSwitch, Processor, PurposeEntry
from yucai.web.registers.notices import latest_notice
from yucai.web.registers.processors import add_processor, end_processor, processors_of
from yucai.web.registers.switches import Assessment, draft_of, state_of, states_of, switch_method_off, switch_method_on
from yucai.web.registers.tables import data_sets_table, methods_table, processors_table

__all__ = [
    "about_algorithms",
    "data_set",
    "method",
    "method_off",
    "processor_end",
    "processors",
    "registers",
]


@require_safe
def registers(request: HttpRequest, code: str) -> HttpResponse:
    """Data sets, methods and processors of an institution: what is held, why, and who answers for it."""
    account, space = _asked(request, code)
    at = timezone.now()
    states = states_of(space, at=at)
    facts: dict[str, Any] = {"space": space, "keeps": may_keep_registers(account, space), "states": states}
    facts["sources"] = [(source, purposes_of(source), _basis(source)) for source in space.sources.order_by("code")]
    facts["processors"] = list(processors_of(space, day=at.date()))
    facts["notice"] = latest_notice(space, at=at)
    tables = (
        data_sets_table(space, facts["sources"]), methods_table(facts["states"]), processors_table(facts["processors"])
    )  # fmt: skip
    return answer_tables(request, "registers.html", facts, tables, at=at, spaces=[space])


@require_http_methods(["GET", "HEAD", "POST"])
def data_set(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One data set, and what became of its purposes."""
    account, space = _asked(request, code)
    at, language = timezone.now(), translation.get_language() or "en"
    source = get_object_or_404(DataSource.objects.select_related("space"), space=space, pk=pk)
    keeps = may_keep_registers(account, space)
    texts = [(text.code, text.title.in_language(language)) for text in current_texts(space, at=at)]
    first: dict[str, Any] = {"purposes": [str(one) for one in purposes_of(source)], "code": source.consent_code}
    first["months"] = source.retention_months or None
    form = DataSetForm(request.POST or None, initial=first, texts=texts)
    if request.method == "POST":
        if not keeps:
            raise PermissionDenied
        if form.is_valid() and _change(source, form, account):
            messages.success(request, _("Set. It is written down with your name."))
            return redirect("data_set", code=code, pk=pk)
    entries = PurposeEntry.objects.filter(source=source).select_related("by", "notice").order_by("-pk")
    facts = {"space": space, "source": source, "form": form, "keeps": keeps, "entries": entries}
    facts |= {"purposes": purposes_of(source), "basis": _basis(source)}
    facts["no_text"] = source.legal_basis == "consent" and not source.consent_code
    return render(request, "data_set.html", facts)


def _basis(source: DataSource) -> Text:
    """Return the legal basis of a data set in words; one that an office wrote itself stands as it is."""
    return BASES.get(source.legal_basis, Text(source.legal_basis, source.legal_basis))


def _change(source: DataSource, form: DataSetForm, account: Account) -> bool:
    """Do what the form of a data set asks; return whether it was done."""
    at, said = timezone.now(), form.cleaned_data
    try:
        if set(said["purposes"]) != {str(one) for one in purposes_of(source)}:
            change_purposes(source=source, purposes=said["purposes"], by=account, at=at)
        if said["code"] != source.consent_code:
            source.refresh_from_db()
            rest_on_consent(source=source, code=said["code"], by=account, at=at)
        if said["months"] not in (None, source.retention_months):
            source.refresh_from_db()
            change_retention(source=source, months=said["months"], by=account, at=at)
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def method(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """One method: what it does, how it was tested, its assessments, and the switch."""
    account, space = _asked(request, code)
    if name not in METHODS:
        raise PermissionDenied
    at, language = timezone.now(), translation.get_language() or "en"
    state, keeps = state_of(space, name, at=at), may_keep_registers(account, space)
    first = {part: text.in_language(language) for part, text in draft_of(state.method).items()}
    form = AssessmentForm(request.POST or None, initial=first | {"owner": state.last.owner if state.last else ""})
    if request.method == "POST":
        if not keeps:
            raise PermissionDenied
        if form.is_valid():
            owner = form.cleaned_data.pop("owner")
            switch_method_on(
                space=space, method=name, wanted=Assessment(**form.cleaned_data), owner=owner, by=account, at=at
            )
            messages.success(request, _("Switched on. The assessment bears your name."))
            return redirect("method", code=code, name=name)
    return _method_page(request, space, name, keeps=keeps, form=form, off=OffForm())


def _method_page(
    request: HttpRequest, space: Space, name: str, *, keeps: bool, form: AssessmentForm, off: OffForm
) -> HttpResponse:
    state = state_of(space, name, at=timezone.now())
    impacts = ImpactRecord.objects.filter(space=space, method=name).select_related("signed_by").order_by("-pk")
    switched = MethodSwitch.objects.filter(space=space, method=name).select_related("by").order_by("-pk")
    facts = {"space": space, "state": state, "keeps": keeps and not state.always, "form": form, "off": off}
    return render(request, "method.html", {**facts, "impacts": impacts, "switched": switched})


@require_POST
def method_off(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Switch a method off."""
    account, space = _asked(request, code)
    if name not in METHODS or not may_keep_registers(account, space):
        raise PermissionDenied
    off = OffForm(request.POST)
    if off.is_valid():
        reason = off.cleaned_data["reason"]
        switch_method_off(space=space, method=name, reason=reason, by=account, at=timezone.now())
        messages.success(request, _("Switched off. What it gave is shown no more."))
        return redirect("method", code=code, name=name)
    return _method_page(request, space, name, keeps=True, form=AssessmentForm(), off=off)


@require_http_methods(["GET", "HEAD", "POST"])
def processors(request: HttpRequest, code: str) -> HttpResponse:
    """Who outside handles data for an institution, now and before."""
    account, space = _asked(request, code)
    at = timezone.now()
    keeps = may_keep_registers(account, space)
    form = ProcessorForm(request.POST or None, initial={"since": at.date()})
    if request.method == "POST":
        if not keeps:
            raise PermissionDenied
        if form.is_valid():
            try:
                add_processor(space=space, wanted=form.wanted(), by=account, at=at)
            except FaultyInputError as refused:
                form.add_faults(refused.faults)
            else:
                messages.success(request, _("Entered. It is written down with your name."))
                return redirect("processors", code=code)
    listed = Processor.objects.filter(space=space).order_by("until", "name")
    facts = {"space": space, "keeps": keeps, "form": form, "listed": listed, "today": at.date()}
    return render(request, "processors.html", facts)


@require_POST
def processor_end(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Say when a processor ended."""
    account, space = _asked(request, code)
    if not may_keep_registers(account, space):
        raise PermissionDenied
    found = get_object_or_404(Processor.objects.select_related("space"), space=space, pk=pk)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            end_processor(processor=found, until=form.cleaned_data["until"], by=account, at=timezone.now())
        except FaultyInputError as refused:
            messages.error(request, refused.in_language(translation.get_language() or "en"))
    else:
        messages.error(request, _("Write the day on which it ended."))
    return redirect("processors", code=code)


@login_not_required
@require_safe
def about_algorithms(request: HttpRequest) -> HttpResponse:
    """For anybody, without signing in: the methods and processors of each institution; nobody is named or counted."""
    at = timezone.now()
    told = [
        {"space": space, "states": states_of(space, at=at), "processors": processors_of(space, day=at.date())}
        for space in Space.objects.order_by("code")
    ]
    return render(request, "about_algorithms.html", {"told": told, "methods": METHODS.values()})


def _asked(request: HttpRequest, code: str) -> tuple[Account, Space]:
    """Return who asks and the institution. Raises PermissionDenied alike for one of others and one there is not."""
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None:
        raise PermissionDenied
    return account, space
