"""What is asked of who makes a token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.tokens import DEFAULT_DAYS, SCOPES, TokenWanted

__all__ = ["TokenForm"]


class TokenForm(FaultForm):
    """For which program, what it may do, and for how long."""

    name = forms.CharField(
        label=gettext_lazy("Which program is it for?"),
        help_text=gettext_lazy("So that you know later which one to revoke."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"),
        help_text=gettext_lazy("Only what it needs. It can never do more than you."),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(label=gettext_lazy("For how many days"), min_value=1, initial=DEFAULT_DAYS)

    def __init__(self, *args: Any, offered: Sequence[str], most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        choice, days = self.fields["scopes"], self.fields["days"]
        assert isinstance(choice, forms.MultipleChoiceField)
        assert isinstance(days, forms.IntegerField)
        choice.choices = [(name, f"{SCOPES[name].in_language(language)} · {name}") for name in offered]
        days.help_text = _("At most %(most)d. After that it opens nothing.") % {"most": most}

    def wanted(self) -> TokenWanted:
        """Return the token that the form asks for."""
        said = self.cleaned_data
        return TokenWanted(name=said["name"], scopes=tuple(said["scopes"]), days=said["days"])
