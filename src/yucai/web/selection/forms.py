"""What is asked of who prepares an announcement, approves it, takes it down."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Group, Space
from yucai.web.selection.facts import AnnouncementFacts
from yucai.web.selection.models import Announcement

__all__ = ["AnnouncingForm", "CorrectForm", "FactsForm", "FileForm", "GroupForm", "LinesForm", "ReasonForm"]

BETWEEN: Final = "="


def _line(label: Any, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, max_length=400, required=required)


def _words(label: Any, help_text: Any = "", *, rows: int = 3, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=100_000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class FactsForm(FaultForm):
    """All that an announcement says but for its list. There is no field for a reason."""

    title_zh = _line(_("Title in Chinese"))
    title_en = _line(_("Title in English"), _("One language is enough."))
    decided_zh = _words(_("What was decided, in Chinese"))
    decided_en = _words(_("What was decided, in English"))
    reference = _line(
        _("On which rule or document it rests"),
        _("Title and number. Where the title itself says what must not be public, the number alone."),
    )
    outcomes = _words(
        _("Outcomes, one a line"),
        _("The closed list of words that may stand beside a person. Chinese = English, or one of both."), rows=4,
    )  # fmt: skip
    from_day = _day(_("Public from"))
    until_day = _day(_("until the end of"), _("Thirty days at most."))
    object_until = _day(
        _("Objections until the end of"), _("Not before the last public day. Then the lines are deleted.")
    )
    contact = _line(_("Where to object beside the pages here"), _("Office, room, telephone of the office."))
    names = forms.ChoiceField(
        label=_("How people are named"), choices=Announcement.Names.choices, widget=forms.RadioSelect,
        help_text=_("Numbers are always masked."),
    )  # fmt: skip
    names_rule = _line(_("For whole names: the written rule that asks for them, with its article"))

    def facts(self) -> AnnouncementFacts:
        """Return what was stated, blanks levelled, lines apart."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "outcomes"}
        plain: dict[str, Any] = {
            name: " ".join(value.split()) if isinstance(value, str) else value for name, value in said.items()
        }
        told = self.cleaned_data["outcomes"].splitlines()
        return AnnouncementFacts(**plain, outcomes=tuple(_pair(line) for line in told if line.strip()))

    @staticmethod
    def written(outcomes: list[list[str]]) -> str:
        """Return outcomes as they are written in the form."""
        return "\n".join(f" {BETWEEN} ".join(dict.fromkeys(word for word in pair if word)) for pair in outcomes)


def _pair(line: str) -> tuple[str, str]:
    """Return the word in Chinese and in English; one alone stands for both."""
    first, _sep, second = (" ".join(part.split()) for part in line.partition(BETWEEN))
    return first or second, second or first


class LinesForm(FaultForm):
    """People as lines."""

    lines = _words(
        _("Numbers, and outcomes behind them"),
        _("A line for each person, such as: 2025010001 First prize. Without an outcome it is the first of the list."),
        rows=5, required=True,
    )  # fmt: skip


class FileForm(FaultForm):
    """People as a table."""

    file = forms.FileField(
        label=_("Excel or CSV file"), allow_empty_file=True,
        help_text=_("With the columns “学号” and, if there are several outcomes, “结果”. Other columns are not read, "
                    "and the file is not kept."),
    )  # fmt: skip


class GroupForm(FaultForm):
    """People of a group."""

    group = forms.ModelChoiceField(label=_("Everybody of"), queryset=Group.objects.none(), empty_label="–")
    outcome = forms.ChoiceField(label=_("with the outcome"))

    def __init__(self, *args: Any, space: Space, words: tuple[Text, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        groups: Any = self.fields["group"]
        groups.queryset = Group.objects.filter(space=space).order_by("code")
        groups.label_from_instance = lambda one: one.name.in_language(language)
        said = [(word.zh, word.in_language(language)) for word in words]
        self.fields["outcome"].choices = said  # type: ignore[attr-defined]


class ReasonForm(FaultForm):
    """Why something is given back or taken down."""

    reason = _words(_("Why"), _("Kept here for who prepares announcements; the public does not read it."), rows=2)


class CorrectForm(forms.Form):
    """Another outcome for a line."""

    outcome = forms.IntegerField(min_value=0)


class AnnouncingForm(FaultForm):
    """How an institution announces."""

    days = forms.IntegerField(label=_("Working days unless said otherwise"))
    source = _line(_("Who decided that, and when"), _("For example: school regulations of 2026, article 12."))
    contact = _line(_("Contact for objections"))
    index_on = forms.BooleanField(
        label=_("Running announcements stand in a public list; else only who has the address finds them"),
        required=False,
    )  # fmt: skip
