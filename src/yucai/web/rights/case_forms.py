"""What is asked of who opens a request, and of who decides on one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.evidence.models import EvidenceRecord

__all__ = ["AppealForm", "DecideCommentForm", "DecideForm", "DecideLineForm", "FaultForm", "RequestForm"]

Kind = ReviewCase.Kind
Outcome = ReviewCase.Outcome
ASKED = (
    (Kind.CORRECTION.value, _("Correction: a fact is wrong, such as a score, a name, a file that is not mine")),
    (Kind.OBJECTION.value, _("Objection: I do not agree with the result or how it came about")),
)


def _words(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))


class RequestForm(FaultForm):
    """What a student asks for, and why."""

    kind = forms.ChoiceField(label=_("What do you ask for?"), choices=ASKED, widget=forms.RadioSelect)
    said = _words(_("What is wrong, in your own words"), _("Who handles it reads this. Name papers that show it."))


class AppealForm(FaultForm):
    """Why a student appeals."""

    said = _words(_("Why you do not agree with the decision"), _("Somebody who has not decided before reads this."))


class DecideForm(FaultForm):
    """The outcome of a request, what is set aside, and why."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=ReviewCase.Outcome.choices, widget=forms.RadioSelect)
    records = forms.TypedMultipleChoiceField(
        label=_("Evidence to set aside"),
        help_text=_("Only for “evidence was set aside”. It stays on record with your reason, and counts no more."),
        required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    reason = _words(_("Reason"), _("The student reads this, word for word."))

    def __init__(self, *args: Any, behind: Iterable[EvidenceRecord], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        told = [(record.pk, f"{record.item.name.in_language(language)}: {record.score:g} / {record.max_score:g}"
                 + (f" · {record.rater}" if record.rater else "")) for record in behind]  # fmt: skip
        self.fields["records"].choices = told  # type: ignore[attr-defined]


class DecideLineForm(DecideForm):
    """The outcome of a request about a line of an announcement; no evidence of ours stands behind it."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), widget=forms.RadioSelect,
        choices=[(Outcome.CORRECTED, _("the line was corrected")), (Outcome.SET_ASIDE, _("the line is taken off")),
                 (Outcome.UPHELD, _("the line stands"))],
    )  # fmt: skip


class DecideCommentForm(DecideForm):
    """The outcome of a request about a comment; no evidence of ours stands behind somebody's word."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), widget=forms.RadioSelect,
        choices=[(Outcome.CORRECTED, _("the author withdrew it")), (Outcome.SET_ASIDE, _("the comment is withdrawn")),
                 (Outcome.UPHELD, _("the comment stands"))],
    )  # fmt: skip
