"""What is asked of who makes a store, changes one, or opens one to a tool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, cast

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault
from yucai.evidence import Version
from yucai.web.accounts.models import Space
from yucai.web.records.actions import MOST_LIMITS, StoreSettings
from yucai.web.records.credentials import SCOPES
from yucai.web.records.models import RecordStore
from yucai.web.stores.presets import OWN, PRESETS, SCOPE_WORDS

__all__ = ["CredentialForm", "ForwardingForm", "SettingsForm", "StoreForm"]

MEGABYTE: Final = 1_000_000
FAULT_FIELDS: Final = {
    "bad-code": "code", "taken": "code", "bad-name": "name", "nul": "name", "bad-home": "home", "no-scope": "scopes",
    "bad-scope": "scopes", "no-address": "address", "not-safe": "address", "login-in-address": "address",
}  # fmt: skip

VERSION_HELP: Final = _(
    "Tools name the version with each request; one that names none is refused, in this version. Files that name none "
    "are read in it."
)


class _Form(forms.Form):
    """A form that takes the faults of an action to its fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("This is needed.")

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put faults at the fields they are about."""
        for fault in faults:
            name = fault.where or FAULT_FIELDS.get(fault.code, "")
            sentence = replace(fault, where="").in_language(translation.get_language() or "en")
            self.add_error(name if name in self.fields else None, sentence)


class StoreForm(_Form):
    """A new store."""

    space = forms.ChoiceField(label=_("Institution"))
    code = forms.CharField(
        label=_("Code"),
        help_text=_("It stands in the address that tools are given: letters, digits, - and _. For example: moodle."),
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    default_version = forms.ChoiceField(
        label=_("Version of xAPI where none is named"),
        help_text=VERSION_HELP,
        choices=RecordStore.SpokenVersion.choices,
        initial=RecordStore.SpokenVersion.V1,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, spaces: Iterable[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        choices = [(space.code, space.name.in_language(language)) for space in spaces]
        field = cast("forms.ChoiceField", self.fields["space"])
        field.choices = choices
        if len(choices) == 1:
            field.initial, field.widget = choices[0][0], forms.HiddenInput()


class ForwardingForm(_Form):
    """Where a store's statements are to go on to."""

    address = forms.CharField(
        label=_("Address of the other store"),
        help_text=_("As its keeper gave it; it begins with https. For example: https://lrs.example.edu/xapi/"),
        max_length=1_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    key = forms.CharField(
        label=_("Key"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    secret = forms.CharField(
        label=_("Secret"),
        help_text=_("It is kept encrypted and shown nowhere."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    version = forms.ChoiceField(
        label=_("Version of xAPI the other store speaks"),
        choices=RecordStore.SpokenVersion.choices,
        initial=RecordStore.SpokenVersion.V2,
        widget=forms.RadioSelect,
    )
    verb = forms.CharField(label=_("Only this verb"), help_text=_("Its IRI."), required=False, max_length=1_000)
    activity = forms.CharField(label=_("Only this activity"), help_text=_("Its IRI."), required=False, max_length=1_000)


def _whole(most: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": 1, "max": most, "inputmode": "numeric"})


class SettingsForm(_Form):
    """What may be changed of a store."""

    default_version = forms.ChoiceField(
        label=_("Version of xAPI where none is named"),
        help_text=VERSION_HELP,
        choices=RecordStore.SpokenVersion.choices,
        widget=forms.RadioSelect,
    )
    megabytes = forms.IntegerField(
        label=_("Most megabytes in one request"),
        min_value=1,
        max_value=MOST_LIMITS["most_bytes"] // MEGABYTE,
        widget=_whole(MOST_LIMITS["most_bytes"] // MEGABYTE),
    )
    most_statements = forms.IntegerField(
        label=_("Most statements in one request"),
        min_value=1,
        max_value=MOST_LIMITS["most_statements"],
        widget=_whole(MOST_LIMITS["most_statements"]),
    )
    most_on_page = forms.IntegerField(
        label=_("Most statements in one answer"),
        min_value=1,
        max_value=MOST_LIMITS["most_on_page"],
        widget=_whole(MOST_LIMITS["most_on_page"]),
    )
    keep_months = forms.IntegerField(
        label=_("Keep statements for so many months"),
        help_text=_("Empty: they are kept. What is older is removed once a day, with all that hangs on it."),
        required=False,
        min_value=1,
        max_value=1200,
        widget=_whole(1200),
    )
    keep_documents_months = forms.IntegerField(
        label=_("Keep documents for so many months"),
        help_text=_("Where learners stopped, and profiles; counted from when they were last written."),
        required=False,
        min_value=1,
        max_value=1200,
        widget=_whole(1200),
    )

    @staticmethod
    def said(settings: StoreSettings) -> dict[str, Any]:
        """Return settings as the form shows them."""
        return {
            "default_version": settings.default_version.value,
            "megabytes": settings.most_bytes // MEGABYTE,
            "most_statements": settings.most_statements,
            "most_on_page": settings.most_on_page,
            "keep_months": settings.keep_months,
            "keep_documents_months": settings.keep_documents_months,
        }

    def wanted(self) -> StoreSettings:
        """Return the settings that are asked for, once the form is valid."""
        said = self.cleaned_data
        return StoreSettings(
            default_version=Version(said["default_version"]),
            most_bytes=said["megabytes"] * MEGABYTE,
            most_statements=said["most_statements"],
            most_on_page=said["most_on_page"],
            keep_months=said["keep_months"],
            keep_documents_months=said["keep_documents_months"],
        )


class CredentialForm(_Form):
    """A credential for one tool."""

    name = forms.CharField(
        label=_("Name of the tool"),
        help_text=_("As you call it, for example Moodle. Every statement it stores carries this name."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    home = forms.CharField(
        label=_("Web address of the tool"),
        help_text=_("For example https://moodle.example.edu"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    preset = forms.ChoiceField(label=_("What kind of tool it is"), widget=forms.RadioSelect, initial="sender")
    scopes = forms.MultipleChoiceField(label=_("What it may do"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        self.presets = PRESETS
        presets = [(one.code, one.name.in_language(language)) for one in PRESETS]
        cast("forms.ChoiceField", self.fields["preset"]).choices = [*presets, (OWN, _("Something else: I choose"))]
        cast("forms.ChoiceField", self.fields["scopes"]).choices = [
            (scope, SCOPE_WORDS[scope].in_language(language)) for scope in SCOPES
        ]

    def wanted(self) -> tuple[str, ...]:
        """Return the scopes that are asked for, once the form is valid."""
        chosen = self.cleaned_data["preset"]
        if chosen == OWN:
            return tuple(self.cleaned_data["scopes"])
        return next(one.scopes for one in PRESETS if one.code == chosen)
