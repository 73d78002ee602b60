"""The form of the rules of release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault

__all__ = ["ReleaseRulesForm"]

FAULT_FIELDS: Final = {"past": "starts", "no-source": "source"}


class ReleaseRulesForm(forms.Form):
    """How many people a number must speak of, from when, and who decided it."""

    min_cell = forms.IntegerField(
        label=_("People behind a number, at least"),
        help_text=_("A count, a mean or a share of fewer is hidden. Not below 3."),
        min_value=3,
        max_value=100,
    )
    min_spread = forms.IntegerField(
        label=_("People behind a spread, at least"),
        help_text=_("Quarters and grades over levels tell more of each person. Not below the first number."),
        min_value=3,
        max_value=200,
    )
    starts = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(
        label=_("Who decided it, and when"),
        help_text=_("For example: data council, decision of 2026-12-03."),
        max_length=300,
    )

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put faults at the fields they are about."""
        for fault in faults:
            name = FAULT_FIELDS.get(fault.code, fault.where)
            sentence = replace(fault, where="").in_language(translation.get_language() or "en")
            self.add_error(name if name in self.fields else None, sentence)
