"""What is asked of who signs in, sets a password, or opens an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.actions import AccountWanted
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Account, Group, Space

__all__ = [
    "AccountForm",
    "ChangePasswordForm",
    "CodeForm",
    "NewPasswordForm",
    "OutsideLinkForm",
    "ProveForm",
    "SignInForm",
]

PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


def _password(label: Any, *, help_text: Any = "", fill: str = "new-password") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": fill})
    return forms.CharField(label=label, help_text=help_text, strip=False, widget=widget, max_length=1000)


class SignInForm(FaultForm):
    """Account name and password."""

    username = forms.CharField(
        label=_("Account name"),
        max_length=150,
        widget=forms.TextInput(attrs={**PLAIN, "autocomplete": "username"}),
    )
    password = _password(_("Password"), fill="current-password")


class NewPasswordForm(FaultForm):
    """A new password, typed twice."""

    first = _password(
        _("New password"),
        help_text=_("12 characters or more, none that is well known. Four words that do not belong together are good."),
    )
    second = _password(_("New password again"))

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_first(self) -> str:
        """Hold the password against the rules."""
        said = str(self.cleaned_data["first"])
        validate_password(said, self.account)
        return said

    def clean(self) -> dict[str, Any]:
        """Say so when the two differ."""
        said = super().clean() or self.cleaned_data
        if "first" in said and "second" in said and said["first"] != said["second"]:
            self.add_error("second", _("The two differ. Type the new password twice alike."))
        return said


class ChangePasswordForm(NewPasswordForm):
    """The old password and a new one."""

    old = _password(_("Your password now"), fill="current-password")
    field_order = ("old", "first", "second")


class ProveForm(FaultForm):
    """The password once more, before something that must not be done at a machine left alone."""

    old = _password(_("Your password now"), fill="current-password")


class CodeForm(FaultForm):
    """A code of six digits, or a recovery code."""

    code = forms.CharField(
        label=_("Verification code"),
        max_length=40,
        widget=forms.TextInput(attrs={**PLAIN, "autocomplete": "one-time-code", "autofocus": True}),
    )


class OutsideLinkForm(FaultForm):
    """A link for a mentor outside."""

    name = forms.CharField(
        label=_("For whom"),
        help_text=_("One person by name; their readings are written down under it."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    group = forms.ModelChoiceField(label=_("Which group"), queryset=Group.objects.none())
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=180, initial=30)

    def __init__(self, *args: Any, spaces: list[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        groups.queryset = Group.objects.filter(space__in=spaces).order_by("kind", "code")
        groups.label_from_instance = lambda group: group.name.in_language(language)  # type: ignore[method-assign,assignment]


class AccountForm(FaultForm):
    """A new account."""

    space = forms.ChoiceField(label=_("Institution"))
    username = forms.CharField(
        label=_("Account name"),
        help_text=_("The staff number or another short name; letters, digits and @ . + - _"),
        max_length=150,
        widget=forms.TextInput(attrs={**PLAIN, "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=Account.Role.choices, initial=Account.Role.TEACHER)
    person_code = forms.CharField(
        label=_("Student number"), help_text=_("For a student's account only."), required=False, max_length=100
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("In charge of"),
        help_text=_("For teachers and mentors: whose pages they may open. Hold Ctrl to choose several."),
        queryset=Group.objects.none(),
        required=False,
    )

    def __init__(self, *args: Any, spaces: list[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        self.spaces = {space.code: space for space in spaces}
        choice = self.fields["space"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(space.code, space.name.in_language(language)) for space in spaces]
        groups = self.fields["groups"]
        assert isinstance(groups, forms.ModelMultipleChoiceField)
        groups.queryset = Group.objects.filter(space__in=spaces).order_by("kind", "code")
        groups.label_from_instance = lambda group: group.name.in_language(language)  # type: ignore[method-assign,assignment]

    def clean(self) -> dict[str, Any]:
        """Hold the groups against the institution."""
        said = super().clean() or self.cleaned_data
        space = self.spaces.get(str(said.get("space", "")))
        if space is not None and any(group.space_id != space.pk for group in said.get("groups") or ()):
            self.add_error("groups", _("These groups are not all of this institution."))
        return said

    def wanted(self) -> AccountWanted:
        """Return the account that the form asks for."""
        said = self.cleaned_data
        return AccountWanted(
            username=Account.normalize_username(said["username"]),
            role=Account.Role(said["role"]),
            name=Text(said["name"], said["name"]),
            groups=tuple(said["groups"]),
            person_code=said["person_code"].strip(),
        )
