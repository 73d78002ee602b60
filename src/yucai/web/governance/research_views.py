"""The page of research exports: what went out, and a new one."""

from __future__ import annotations

import json
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.research import (
    QUASI_IDENTIFIERS,
    ResearchWanted,
    end_export,
    export_research,
    may_export_research,
)
from yucai.web.governance.research_files import research_archive, research_sheet
from yucai.web.governance.research_models import ResearchExport
from yucai.web.governance.tables import research_table
from yucai.web.paper import sheet_pdf

__all__ = ["research", "research_end", "research_use"]


class ResearchForm(forms.Form):
    """For whom, what for, until when, on which conditions, by which agreement, with which columns."""

    recipient = forms.CharField(label=gettext_lazy("Who gets the data"), max_length=200)
    purpose = forms.CharField(label=gettext_lazy("What they are for"), widget=forms.Textarea(attrs={"rows": 2}))
    conditions = forms.CharField(label=gettext_lazy("On which conditions"), widget=forms.Textarea(attrs={"rows": 2}))
    reference = forms.CharField(
        label=gettext_lazy("Where the signed agreement lies"),
        help_text=gettext_lazy("For example: contract 12/2026, folder of the data office."),
        max_length=200,
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns that tell of a person"),
        help_text=gettext_lazy("Each one more leaves more people out: those who share all of them with too few."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        language = translation.get_language() or "en"
        columns = self.fields["columns"]
        if isinstance(columns, forms.MultipleChoiceField):
            columns.choices = [(code, name.in_language(language)) for code, name in QUASI_IDENTIFIERS.items()]


def _space(account: Account, code: str) -> Space:
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_export_research(account, space):
        raise PermissionDenied
    return space


@require_http_methods(["GET", "HEAD", "POST"])
def research(request: HttpRequest, code: str) -> HttpResponse:
    """What went out for research, and a form whose answer is the archive itself: it is kept nowhere."""
    account, at = asking(request), timezone.now()
    space = _space(account, code)
    form = ResearchForm(request.POST or None, initial={"until": at.date() + timedelta(days=365), "columns": ["cohort"]})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            data = export_research(
                space=space, wanted=ResearchWanted(**said | {"columns": tuple(said["columns"])}), by=account, at=at
            )
        except FaultyInputError as refused:
            language = translation.get_language() or "en"
            for fault in refused.faults:
                form.add_error(fault.where if fault.where in form.fields else None, fault.says.in_language(
                    language, **fault.facts))  # fmt: skip
        else:
            return _file(research_archive(data, at=at), "application/zip", f"research-{data.export.code}.zip")
    rows = ResearchExport.objects.filter(space=space).select_related("by").order_by("-pk")
    facts = {"space": space, "form": form, "rows": rows, "policy": policy_of(space, day=at.date())}
    tables = [research_table(rows, today=at.date())]
    return answer_tables(request, "research.html", facts, tables, at=at, spaces=[space])


def _export(request: HttpRequest, pk: int) -> ResearchExport:
    found = ResearchExport.objects.select_related("space").filter(pk=pk).first()
    if found is None or not may_export_research(asking(request), found.space):
        raise PermissionDenied
    return found


@require_safe
def research_use(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of use of an export, in the language of the page."""
    found = _export(request, pk)
    language = translation.get_language() or "en"
    sheet = research_sheet(json.loads(found.sheet), space=found.space, language=language)
    return _file(sheet_pdf(sheet, at=timezone.now()), "application/pdf", f"research-{found.code}.pdf")


@require_POST
def research_end(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Note that the data were destroyed."""
    found = _export(request, pk)
    end_export(export=found, by=asking(request), at=timezone.now())
    messages.success(request, _("Noted. The key is destroyed: nobody can say any more who is who in it."))
    return redirect("research", code=found.space.code)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
