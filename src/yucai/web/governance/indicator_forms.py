"""What is asked of who plans an indicator, and of who fills it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.governance import Figure, Indicator
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Account
from yucai.web.governance.indicator_models import IndicatorPlan
from yucai.web.listing import said

__all__ = ["FillForm", "PlanForm"]

NOBODY: Final = ("", _("nobody named"))
MOST: Final = 1e15  # of a figure: sums of such still are numbers


class PlanForm(FaultForm):
    """Who fills in, who audits, and what is aimed at."""

    recorder = forms.ChoiceField(label=_("Recorder"), required=False)
    auditor = forms.ChoiceField(label=_("Auditor"), required=False)
    target = forms.FloatField(label=_("Target"), required=False, min_value=-MOST, max_value=MOST)

    def __init__(self, *args: Any, accounts: Iterable[Account], plan: IndicatorPlan | None, **kwargs: Any) -> None:
        first = {"recorder": plan.recorder_id, "auditor": plan.auditor_id, "target": plan.target} if plan else {}
        super().__init__(*args, initial=first, **kwargs)
        self.accounts = {str(one.pk): one for one in accounts}
        choices = [NOBODY, *((pk, said(one.name)) for pk, one in self.accounts.items())]
        for name in ("recorder", "auditor"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """Return what was chosen."""
        told = self.cleaned_data
        return {
            "recorder": self.accounts.get(told["recorder"]),
            "auditor": self.accounts.get(told["auditor"]),
            "target": told["target"],
        }


class FillForm(FaultForm):
    """The figures that the records do not give, where they come from, and as of which day."""

    def __init__(
        self, *args: Any, indicator: Indicator, figures: Mapping[str, Figure], recorded: Iterable[str],
        known: Mapping[str, float], day: date, correction: bool, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.indicator, self.asked = indicator, [code for code in indicator.figures if code not in set(recorded)]
        super().__init__(*args, initial={"as_of": day.isoformat()}, **kwargs)
        for code in self.asked:
            figure = figures[code]
            self.fields[_name(code)] = forms.FloatField(
                label=f"{said(figure.name)} ({said(figure.unit)})", required=False, min_value=0,
                max_value=MOST,
                initial=_plain(known.get(code)), widget=forms.NumberInput(attrs={"step": "any"}),
            )  # fmt: skip
        self.fields["source"] = forms.CharField(
            label=_("Where the figures come from"), max_length=300, required=False,
            help_text=_("For example: asset register, export of 2026-09-30."),
        )  # fmt: skip
        self.fields["as_of"] = forms.DateField(
            label=_("As of which day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        )
        if correction:
            self.fields["reason"] = forms.CharField(
                label=_("Why a new version"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.fields["not_here"] = forms.BooleanField(label=_("Does not apply to this institution"), required=False)

    def counts(self) -> dict[str, float]:
        """Return the figures that were filled in; an empty field is no figure, and not zero."""
        told = {code: self.cleaned_data[_name(code)] for code in self.asked}
        return {code: count for code, count in told.items() if count is not None}

    def add_faults(self, faults: Any) -> None:
        """Put faults at their fields; a fault of a figure names the figure."""
        for fault in faults:
            where = _name(fault.where) if fault.where in self.asked else fault.where
            super().add_faults([type(fault)(code=fault.code, says=fault.says, where=where, facts=fault.facts)])


def _name(code: str) -> str:
    return "figure-" + code.replace(".", "-")


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value
