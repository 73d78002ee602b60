"""The forms of the registers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.consent_models import Consent
from yucai.web.accounts.consents import TextWanted
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.purposes import ALL_PURPOSES
from yucai.web.registers.processors import ProcessorWanted

__all__ = [
    "AssessmentForm",
    "ConsentTextForm",
    "DataSetForm",
    "EndForm",
    "NoticeForm",
    "OffForm",
    "ProcessorForm",
    "SignedForm",
]


def _words(rows: int, **more: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **more})


class DataSetForm(FaultForm):
    """What a data set may be read for, and whether consent is its basis."""

    purposes = forms.MultipleChoiceField(
        label=_("May be read for"),
        help_text=_("A purpose that is new is told to everybody in a new notice."),
        choices=[(purpose.value, purpose.label) for purpose in ALL_PURPOSES],
        widget=forms.CheckboxSelectMultiple,
    )
    code = forms.ChoiceField(
        label=_("Consent"),
        help_text=_(
            "Only where consent is the true basis. Where a duty or a contract is, consent would promise a choice "
            "that nobody has."
        ),
        required=False,
    )

    months = forms.IntegerField(
        label=_("Kept, months"),
        help_text=_("What is older is shown under time limits, and cleared when two people confirm it."),
        min_value=1,
        max_value=600,
        required=False,
    )

    def __init__(self, *args: Any, texts: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["code"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("does not rest on consent")), *texts]


class AssessmentForm(FaultForm):
    """What is weighed before a method is switched on."""

    purpose = forms.CharField(label=_("Purpose"), widget=_words(2))
    necessity = forms.CharField(
        label=_("Why it is needed"), help_text=_("What would be worse without it?"), widget=_words(2)
    )
    risks = forms.CharField(
        label=_("Risks for the people concerned"), help_text=_("Also when it is wrong."), widget=_words(3)
    )
    measures = forms.CharField(label=_("Measures against them"), widget=_words(3))
    owner = forms.CharField(label=_("Who answers for it"), max_length=200)


class OffForm(FaultForm):
    """Why a method is switched off."""

    reason = forms.CharField(label=_("Why it is switched off"), max_length=300)


class ProcessorForm(FaultForm):
    """Somebody outside who handles data."""

    name = forms.CharField(label=_("Name"), max_length=200)
    what_for = forms.CharField(label=_("What for"), max_length=300)
    data_sets = forms.CharField(label=_("Which data sets"), max_length=300)
    contract = forms.CharField(label=_("Contract"), help_text=_("Number and date."), max_length=200)
    sub_processors = forms.CharField(
        label=_("Whom it engages in turn"), help_text=_("Leave open where nobody."), max_length=300, required=False
    )
    on_leaving = forms.CharField(
        label=_("Deletion on leaving"),
        help_text=_("How its copies are deleted, and how that is proved."),
        max_length=300,
    )
    since = forms.DateField(label=_("Since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def wanted(self) -> ProcessorWanted:
        """Return what the form asks to enter."""
        return ProcessorWanted(**self.cleaned_data)


class EndForm(FaultForm):
    """When a processor ended."""

    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class NoticeForm(FaultForm):
    """A notice in both languages."""

    body_zh = forms.CharField(label=_("Chinese text"), widget=_words(14, lang="zh-hans"))
    body_en = forms.CharField(label=_("English text"), widget=_words(14, lang="en"))
    news_zh = forms.CharField(label=_("What is new, in Chinese"), widget=_words(2), required=False)
    news_en = forms.CharField(label=_("What is new, in English"), widget=_words(2), required=False)

    def both(self, name: str) -> Text:
        """Return a part of it in both languages."""
        return Text(self.cleaned_data[f"{name}_en"], self.cleaned_data[f"{name}_zh"])


class ConsentTextForm(FaultForm):
    """A text of consent, or a new version of one, in both languages."""

    code = forms.SlugField(
        label=_("Short name"), help_text=_("Letters, digits and hyphens; the same for each version.")
    )
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    body_zh = forms.CharField(label=_("Chinese text"), widget=_words(5, lang="zh-hans"))
    body_en = forms.CharField(label=_("English text"), widget=_words(5, lang="en"))
    what_for_zh = forms.CharField(label=_("What for, in Chinese"), max_length=300)
    what_for_en = forms.CharField(label=_("What for, in English"), max_length=300)
    remains_zh = forms.CharField(
        label=_("What stops and what remains after a withdrawal, in Chinese"), widget=_words(3)
    )
    remains_en = forms.CharField(
        label=_("What stops and what remains after a withdrawal, in English"), widget=_words(3)
    )
    asks_again = forms.BooleanField(
        label=_("Consents to earlier versions count no more"),
        help_text=_("Leave it open only for a clearer wording of the same."),
        required=False,
    )

    def wanted(self) -> TextWanted:
        """Return the text that the form asks for."""
        said = self.cleaned_data
        both = {name: Text(said[f"{name}_en"], said[f"{name}_zh"]) for name in ("title", "body", "what_for", "remains")}
        return TextWanted(code=said["code"], asks_again=said["asks_again"], **both)


class SignedForm(FaultForm):
    """A consent on paper."""

    person = forms.CharField(label=_("Student number"), max_length=100)
    text = forms.ChoiceField(label=_("Text"))
    way = forms.ChoiceField(
        label=_("Who signed"),
        choices=[(Consent.Way.FORM, _("the student")), (Consent.Way.GUARDIAN, _("a guardian"))],
        widget=forms.RadioSelect,
    )
    reference = forms.CharField(
        label=_("Where the form lies"), help_text=_("For example: folder 3, page 12."), max_length=200
    )

    def __init__(self, *args: Any, texts: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["text"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = list(texts)
