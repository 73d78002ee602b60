"""What is asked of who decides in a case. Above every field for words stands who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.fault_form import FaultForm
from yucai.web.matching.case_models import CaseDecision, SupportCase

__all__ = ["FORMS", "DecisionForm"]

READS: Final = _("The student reads this, word for word.")


def _words(label: Any, rows: int, help_text: Any = READS) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, max_length=2000, widget=area)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}))


class DecisionForm(FaultForm):
    """A decision that needs a reason and nothing else."""

    reason = _words(_("Your reason"), 2)


class TalkForm(DecisionForm):
    """A talk that was held."""

    day = _day(_("On which day"))
    who = forms.CharField(label=_("Who talked with the student"), max_length=200)
    said = _words(_("What was said, in plain words"), 4)
    field_order = ("day", "who", "said", "reason")


class HelpForm(DecisionForm):
    """What is done now."""

    said = _words(_("What is done"), 3)
    who = forms.CharField(label=_("Who does it"), max_length=200)
    day = _day(_("Until when"))
    field_order = ("said", "who", "day", "reason")


class OutcomeForm(DecisionForm):
    """What came of it."""

    reason = _words(_("What came of it, and why you see it so"), 3)


class HelpedForm(DecisionForm):
    """Whether it helped."""

    helped = forms.ChoiceField(label=_("Did it help?"), choices=SupportCase.Helped.choices, widget=forms.RadioSelect)
    field_order = ("helped", "reason")


FORMS: Final[Mapping[str, type[DecisionForm]]] = {
    CaseDecision.Kind.TALK: TalkForm,
    CaseDecision.Kind.DISMISSED: DecisionForm,
    CaseDecision.Kind.ACTION: HelpForm,
    CaseDecision.Kind.OUTCOME: OutcomeForm,
    CaseDecision.Kind.HELPED: HelpedForm,
}
