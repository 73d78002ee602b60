"""The page of the traits that a school protects besides those that ship."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yucai.errors import FaultyInputError
from yucai.evidence import shipped_traits
from yucai.texts import Text
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.erasure_models import AddedTrait
from yucai.web.accounts.holding_back import may_protect
from yucai.web.accounts.requests import asking
from yucai.web.accounts.traits import add_trait, end_trait

__all__ = ["trait_end", "traits"]


class TraitForm(forms.Form):
    """A trait by its names, further titles of its columns, and who decided it."""

    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=100, required=False)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=100, required=False)
    titles = forms.CharField(
        label=gettext_lazy("Further titles of its columns"),
        help_text=gettext_lazy("One a line, as files write them. A longer title that holds one of these counts, too."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Who decided it, and why"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
def traits(request: HttpRequest, code: str) -> HttpResponse:
    """What ships, what the school added, and a form for another one."""
    account, at = asking(request), timezone.now()
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_protect(account, space):
        raise PermissionDenied
    form = TraitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            add_trait(
                space=space, name=Text(said["name_en"], said["name_zh"]), titles=said["titles"].splitlines(),
                reason=said["reason"], by=account, at=at,
            )  # fmt: skip
        except FaultyInputError as refused:
            for fault in refused.faults:
                sentence = replace(fault, where="").in_language(translation.get_language() or "en")
                form.add_error(fault.where or None, sentence)
        else:
            messages.success(request, _("Protected from now on. Files that came in before keep what they brought."))
            return redirect("traits", code=code)
    rows = AddedTrait.objects.filter(space=space).select_related("added_by", "ended_by").order_by("-pk")
    return render(request, "traits.html", {"space": space, "form": form, "rows": rows, "shipped": shipped_traits()})


@require_POST
def trait_end(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Protect a trait no longer."""
    account = asking(request)
    found = AddedTrait.objects.select_related("space").filter(pk=pk).first()
    if found is None or not may_protect(account, found.space):
        raise PermissionDenied
    end_trait(trait=found, by=account, at=timezone.now())
    messages.success(request, _("No longer protected. That it was stays written down."))
    return redirect("traits", code=found.space.code)
