"""The forms of erasures and holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.models import DataSource

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["AskForm", "ConfirmForm", "HoldForm"]


class FaultForm(forms.Form):
    """A form that shows faults of an action at the fields they are about."""

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put faults at their fields."""
        for fault in faults:
            sentence = replace(fault, where="").in_language(translation.get_language() or "en")
            self.add_error(fault.where if fault.where in self.fields else None, sentence)


def _day_field(label: _StrPromise, help_text: _StrPromise) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AskForm(FaultForm):
    """Whom to erase, why, and further texts that stand for nobody else."""

    reason = forms.CharField(
        label=_("Who asked, and by which right"),
        help_text=_("Without name and number: the certificate keeps this sentence for good."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    texts = forms.CharField(
        label=_("Further texts that stand for this person only"),
        help_text=_("One a line: a full name that nobody else bears, a telephone number. Left empty, names of two "
                    "characters are not looked for in the words of others."),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )  # fmt: skip

    def further(self) -> tuple[str, ...]:
        """Return the further texts."""
        return tuple(line.strip() for line in self.cleaned_data["texts"].splitlines() if line.strip())


class ConfirmForm(FaultForm):
    """Until when backups of before are kept."""

    backups_until = _day_field(
        _("Backups of before today are kept until"),
        _("They still hold the person until then; the certificate says so."),
    )


class SourceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among data sets, called by their names in the language of the page."""

    def label_from_instance(self, obj: DataSource) -> str:
        """Return the name of a data set."""
        return obj.name.in_language(translation.get_language() or "en")


class HoldForm(FaultForm):
    """What is held, why, and when somebody looks at it again."""

    learner = forms.CharField(label=_("Number of the learner"), required=False, max_length=100)
    source = SourceField(label=_("or a data set"), queryset=DataSource.objects.none(), required=False, empty_label="—")
    reason = forms.CharField(
        label=_("Why nothing may be erased"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    review_on = _day_field(_("Look at it again on"), _("A hold ends only when somebody lifts it."))

    def __init__(self, *args: object, space: Space, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.space = space
        sources = self.fields["source"]
        if isinstance(sources, forms.ModelChoiceField):
            sources.queryset = DataSource.objects.filter(space=space).order_by("code")

    def clean(self) -> dict[str, object]:
        """Require one of both, and somebody who is there."""
        said = super().clean() or {}
        number, source = str(said.get("learner") or "").strip(), said.get("source")
        if bool(number) == (source is not None):
            self.add_error("learner", _("Name either a learner or a data set."))
        elif number:
            said["person"] = Person.objects.filter(space=self.space, code=number).first()
            if said["person"] is None:
                self.add_error("learner", _("Nobody with this number is on record."))
        return said
