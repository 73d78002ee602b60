"""What is asked of who wants a list worked out, and of who decides on several entries at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.long_choice import LongSelect
from yucai.web.accounts.models import Group
from yucai.web.matching.priority_doors import ALL
from yucai.web.matching.priority_words import said_of

__all__ = ["SeveralForm", "WorkOutForm"]

CHOICES: Final = (("opened", _("open a case: somebody talks with them")), ("dismissed", _("set aside")))


class WorkOutForm(FaultForm):
    """Whose list, and of which day."""

    scope = forms.ChoiceField(label=_("Whose list"), widget=LongSelect)
    as_of = forms.DateField(
        label=_("As of which day"),
        help_text=_("Work is counted up to this day; work that came later does not count."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, groups: Iterable[Group], whole: bool, day: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"as_of": day.isoformat()}, **kwargs)
        told = [(str(group.pk), _named(group)) for group in groups]
        self.fields["scope"].choices = [*([(ALL, _("all classes"))] if whole else []), *told]  # type: ignore[attr-defined]


class SeveralForm(FaultForm):
    """For each chosen entry what is decided, and why."""

    def __init__(self, *args: Any, entries: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in entries:
            self.fields[f"kind-{number}"] = forms.ChoiceField(
                label=_("What is decided"), choices=CHOICES, widget=forms.RadioSelect, initial="opened"
            )
            self.fields[f"reason-{number}"] = forms.CharField(
                label=_("Your reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
            )
            for name in (f"kind-{number}", f"reason-{number}"):
                self.fields[name].error_messages["required"] = _("This is needed.")

    def said(self) -> dict[int, tuple[str, str]]:
        """Return what was decided of each entry (number), and why."""
        numbers = [int(name.partition("-")[2]) for name in self.fields if name.startswith("kind-")]
        return {n: (self.cleaned_data[f"kind-{n}"], self.cleaned_data[f"reason-{n}"]) for n in numbers}


def _named(group: Group) -> str:
    """Return what a group is called, with the day from which its due days are counted."""
    name = said_of(group.name)
    return f"{name} ({group.code}, {group.starts})" if group.starts is not None else name
