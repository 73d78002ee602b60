"""What is asked of a director who plans an observation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.utils import translation
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import (
    SamplingMode,
    load_coding_scheme,
    read_children,
    read_times,
    shipped_coding_schemes,
    times_on_days,
)
from yucai.web.accounts.access import observer_accounts
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.observation_models import ObservationPlan
from yucai.web.evidence.observation_plans import PlanWanted

__all__ = ["PlanForm"]

if TYPE_CHECKING:
    AccountsField = forms.ModelMultipleChoiceField[Account]
else:
    AccountsField = forms.ModelMultipleChoiceField

LARGEST_SEED: Final = 2**53
LINE: Final = re.compile(r"line (\d+)")
WEEKDAYS: Final = (
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
    (5, _("Saturday")), (6, _("Sunday")),
)  # fmt: skip


class ObserversField(AccountsField):
    """Accounts to choose from, called by name and role."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and the role of an account."""
        account: Account = obj
        return f"{account.name.in_language(translation.get_language() or 'en')} · {account.get_role_display()}"


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _number(least: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": least, "inputmode": "numeric"})


def _lines(rows: int, example: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "placeholder": example, "autocomplete": "off", "spellcheck": "false"})


class PlanForm(forms.Form):
    """A plan for one space: what is watched, which children, when, by whom, and until when records are kept."""

    name = forms.CharField(label=_("Name of the plan"), help_text=_("For example: senior class, autumn 2026."))
    scheme = forms.ChoiceField(label=_("Coding scheme"))
    mode = forms.ChoiceField(
        label=_("How it is watched"),
        choices=ObservationPlan.Mode.choices,
        initial=ObservationPlan.Mode.TIMED_EVENT,
        widget=forms.RadioSelect,
    )
    seconds = forms.IntegerField(
        label=_("Seconds that one child is watched in a turn"),
        help_text=_("600 are ten minutes."),
        initial=600,
        widget=_number(1),
    )
    interval_s = forms.IntegerField(
        label=_("Seconds of one interval"),
        help_text=_("Only where intervals or moments are watched, for example 15."),
        required=False,
        widget=_number(1),
    )
    children = forms.CharField(
        label=_("Children"),
        help_text=_("One a line: pseudonym and number of the consent form. It can be pasted from a spreadsheet."),
        widget=_lines(8, "K-001 C-17\nK-002 C-18"),
    )
    first_day = forms.DateField(label=_("First day"), widget=_day())
    last_day = forms.DateField(label=_("Last day"), widget=_day())
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, coerce=int, initial=[0, 1, 2, 3, 4], widget=forms.CheckboxSelectMultiple
    )
    times = forms.CharField(label=_("Times and settings of each day"), widget=_lines(5, "09:00 free-play"))
    observers = ObserversField(
        label=_("Observers"),
        help_text=_("Turns are shared out evenly by lot: nobody chooses whom to watch."),
        queryset=Account.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    second_share = forms.IntegerField(
        label=_("Turns that a second observer watches too, in per cent"),
        help_text=_("They show how far two observers see the same. One turn in five is usual."),
        initial=20,
        min_value=0,
        max_value=100,
        widget=_number(0),
    )
    delete_on = forms.DateField(
        label=_("Records are deleted on"), help_text=_("As it stands in the consent form."), widget=_day()
    )
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, widget=forms.HiddenInput)

    def __init__(self, *args: Any, space: Space, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space = space
        language = translation.get_language() or "en"
        schemes = [(code, load_coding_scheme(code)) for code in shipped_coding_schemes()]
        cast("forms.ChoiceField", self.fields["scheme"]).choices = [
            (code, f"{scheme.name.in_language(language)} · {scheme.version}") for code, scheme in schemes
        ]
        settings = [one.name.in_language(language) for one in schemes[0][1].settings]
        self.fields["times"].help_text = gettext("One a line: time and setting. Settings are: {known}.").format(
            known=", ".join(settings)
        )
        self.fields["times"].widget.attrs["placeholder"] = f"09:00 {settings[0]}\n10:00 {settings[1]}"
        cast("forms.ModelMultipleChoiceField[Account]", self.fields["observers"]).queryset = observer_accounts(space)
        for field in self.fields.values():
            field.error_messages["required"] = _("This is needed.")

    def clean(self) -> dict[str, Any]:
        """Read the lists line by line; every fault is told at its field, with its line."""
        said = self.cleaned_data
        if "children" in said:
            self._read("children", lambda: read_children(said["children"]))
        if "times" in said and "scheme" in said:
            self._read("times", lambda: read_times(said["times"], load_coding_scheme(said["scheme"])))
        if {"times", "first_day", "last_day", "weekdays"} <= said.keys():
            days: dict[str, date] = {"first": said["first_day"], "last": said["last_day"]}
            weekdays = frozenset(said["weekdays"])
            zone = get_current_timezone()
            self._read("times", lambda: times_on_days(said["times"], weekdays=weekdays, zone=zone, **days))
        return said

    def wanted(self) -> PlanWanted:
        """Return what is asked for, once the form is valid."""
        said = self.cleaned_data
        return PlanWanted(
            space=self.space,
            name=said["name"],
            scheme=said["scheme"],
            mode=SamplingMode(said["mode"]),
            seconds=said["seconds"],
            interval_s=said["interval_s"],
            children=said["children"],
            times=said["times"],
            observers=tuple(said["observers"]),
            second_share=said["second_share"] / 100,
            delete_on=said["delete_on"],
            seed=said["seed"],
        )

    def add_faults(self, faults: Iterable[Fault], *, otherwise: str | None = None) -> None:
        """Put faults at the fields they name; what names a line, at the field that was read, with its line."""
        language = translation.get_language() or "en"
        for fault in faults:
            sentence = replace(fault, where="").in_language(language)
            line = LINE.fullmatch(fault.where)
            if line is not None:
                sentence = gettext("Line {n}: {said}").format(n=line[1], said=sentence)
            self.add_error(fault.where if fault.where in self.fields else otherwise, sentence)

    def _read(self, name: str, read: Callable[[], object]) -> None:
        try:
            self.cleaned_data[name] = read()
        except FaultyInputError as refused:
            self.add_faults(refused.faults, otherwise=name)
