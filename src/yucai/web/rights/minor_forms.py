"""What is asked of the officer about ages, guardians' consents and approvals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Account, Group, Space
from yucai.web.rights.minors import APPROVABLE, PURPOSES

__all__ = ["ApprovalForm", "BirthsForm", "GuardianForm", "ProtectionForm"]


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class ProtectionForm(FaultForm):
    """What the space says of minors and of its clock."""

    minors_expected = forms.BooleanField(
        label=_("Minors are expected here: whose age nobody asked counts as under 18"), required=False
    )
    request_days = forms.IntegerField(label=_("Working days in which a request is answered"))
    source = forms.CharField(
        label=_("Who decided that, and when"), required=False, max_length=300,
        help_text=_("For example: data council, decision of 2026-12-03."),
    )  # fmt: skip


class BirthsForm(FaultForm):
    """Dates of birth."""

    lines = forms.CharField(
        label=_("Number and date of birth, a line for each"), max_length=100_000,
        help_text=_("For example: 2025010001 2012-03-04. Two columns copied from a table work too."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )  # fmt: skip


class GuardianForm(FaultForm):
    """A guardian's consent."""

    code = forms.CharField(label=_("Number of the student"), max_length=100)
    guardian = forms.CharField(label=_("Guardian"), max_length=100, help_text=_("Name, and in which relation."))
    shown = forms.ChoiceField(label=_("How it was shown"), choices=GuardianConsent.Shown.choices)
    reference = forms.CharField(label=_("Where the paper is"), max_length=200, help_text=_("Folder or file number."))
    given_on = _day(_("Given on"))


class ApprovalForm(FaultForm):
    """Who may read of minors."""

    role = forms.ChoiceField(label=_("Everybody of a role"), required=False)
    account = forms.ModelChoiceField(label=_("or one account"), required=False, queryset=Account.objects.none())
    group = forms.ModelChoiceField(label=_("Of which students"), required=False, queryset=Group.objects.none())
    purpose = forms.ChoiceField(label=_("For which purpose"), choices=[(p.value, p.label) for p in PURPOSES])
    reason = forms.CharField(label=_("Why"), max_length=300)
    until = _day(_("Until"), _("A year at most."))

    def __init__(self, *args: Any, space: Space, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        roles = [(role.value, role.label) for role in APPROVABLE]
        self.fields["role"].choices = [("", "–"), *roles]  # type: ignore[attr-defined]
        accounts: Any = self.fields["account"]
        accounts.queryset = Account.objects.filter(spaces=space, role__in=APPROVABLE).order_by("username")
        accounts.label_from_instance = lambda one: f"{one.name.in_language(language)} ({one.username})"
        accounts.empty_label = "–"
        groups: Any = self.fields["group"]
        groups.queryset = Group.objects.filter(space=space).order_by("code")
        groups.label_from_instance = lambda one: one.name.in_language(language)
        groups.empty_label = _("all students")
