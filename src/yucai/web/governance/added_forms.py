"""What is asked of who has value added worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.fault_form import FaultForm
from yucai.web.governance.added_models import AddedRun
from yucai.web.governance.added_scores import Scored
from yucai.web.governance.added_words import named

__all__ = ["AddedForm"]

NONE: Final = ("", _("none"))
CHOOSE: Final = ("", _("choose …"))


class AddedForm(FaultForm):
    """Which score now, which before, which groups, and how reliable the earlier scores may be."""

    now = forms.ChoiceField(label=_("Score now"))
    prior = forms.ChoiceField(
        label=_("Earlier score"), help_text=_("Of the same people, taken before the groups were taught.")
    )
    second = forms.ChoiceField(
        label=_("Second earlier score"),
        required=False,
        help_text=_("It takes more of the intake out. May be left out."),
    )
    kind = forms.ChoiceField(label=_("Groups are"), choices=AddedRun.Kind.choices)
    lowest = forms.FloatField(
        label=_("Reliability of the earlier scores: at least"), initial=0.7, min_value=0.05, max_value=1,
        help_text=_("From the report of the test. If none is there, a usual range is 0.7 to 0.9."),
    )  # fmt: skip
    highest = forms.FloatField(label=_("at most"), initial=0.9, min_value=0.05, max_value=1)

    def __init__(self, *args: Any, there: Sequence[Scored], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = [(one.key, _("%(name)s: %(n)d people") % {"name": named(one), "n": one.n}) for one in there]
        for field in ("now", "prior"):
            self.fields[field].choices = [CHOOSE, *told]  # type: ignore[attr-defined]
        self.fields["second"].choices = [NONE, *told]  # type: ignore[attr-defined]
