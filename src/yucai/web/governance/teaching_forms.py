"""What is asked of who takes a table of course evaluations in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Space

__all__ = ["SurveyForm"]

MOST: Final = 1_000  # of a score: with far larger ones the fit has no numbers any more


class SurveyForm(FaultForm):
    """Of which institution, how it is called, its scale, who answers for the data, and the file."""

    space = forms.ChoiceField(label=_("Institution"))
    name = forms.CharField(
        label=_("Name of the survey"), help_text=_("For example: course evaluation, autumn 2026."), max_length=200
    )
    low = forms.FloatField(label=_("Lowest score of the scale"), initial=1, min_value=-MOST, max_value=MOST)
    high = forms.FloatField(label=_("Highest score of the scale"), initial=5, min_value=-MOST, max_value=MOST)
    owner = forms.CharField(
        label=_("Who answers for the data"),
        help_text=_("An office or a person; it stands on the page."),
        max_length=200,
    )
    file = forms.FileField(
        label=_("Table"),
        help_text=_("xlsx, xls or csv, one rating a row: number of the rater, staff number, course number, rating; if "
                    "there are any, names and the number of students asked. Numbers of raters are not kept."),
    )  # fmt: skip

    def __init__(self, *args: Any, spaces: Iterable[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        told = [(space.code, space.name.in_language(language)) for space in spaces]
        self.fields["space"].choices = told  # type: ignore[attr-defined]
