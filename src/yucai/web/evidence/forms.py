"""What is asked of a student who puts in a work, and of the person who decides on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import (
    MOST_BYTES,
    AiContribution,
    Attachment,
    AwardLevel,
    OwnWork,
    Proof,
    WorkKind,
    check_own_work,
    look_into,
)
from yucai.framework import Framework
from yucai.texts import Text
from yucai.web.accounts.models import Person
from yucai.web.evidence.makers import tell_fellows
from yucai.web.evidence.models import OwnWork as Record
from yucai.web.evidence.models import WorkTakenBack
from yucai.web.evidence.own_works import criterion_of, rated_before
from yucai.web.evidence.taken_back import to_take_back

__all__ = ["DecisionForm", "TakeBackForm", "WorkForm", "add_faults"]

ACCEPT: Final = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.pptx,.txt"


def add_faults(form: forms.Form, faults: Iterable[Fault]) -> None:
    """Put faults at the fields they name; what names no field, or one that is faulty already, is not said twice."""
    language = translation.get_language() or "en"
    for fault in faults:
        field = fault.where.replace(".", "_")
        said = replace(fault, where="").in_language(language)
        if field not in form.fields:
            form.add_error(None, said)
        elif field not in form.errors:
            form.add_error(field, said)


def _words(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class WorkForm(forms.Form):
    """One own work; every fault is told at its field, all at once."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=forms.RadioSelect)
    title = forms.CharField(label=_("Title"), required=False, strip=True)
    level = forms.ChoiceField(label=_("Level of the award"), required=False)
    done_on = forms.DateField(label=_("Finished or awarded on"), widget=forms.DateInput(attrs={"type": "date"}))
    team_size = forms.IntegerField(
        label=_("How many people took part, you included?"),
        initial=1,
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"}),
    )
    fellows = forms.CharField(
        label=_("Who made it with you?"),
        help_text=_(
            "Names of students of your groups or programme, one after another. They see that you named them, and can "
            "say no."
        ),
        required=False,
        max_length=1000,
        widget=_words(2),
    )
    part = forms.CharField(
        label=_("What did you do in it?"),
        help_text=_("Your own part, in a sentence or two."),
        required=False,
        widget=_words(4),
    )
    quality = forms.ChoiceField(label=_("Which quality does it show best?"))
    proof = forms.ChoiceField(label=_("How can somebody check it?"), widget=forms.RadioSelect)
    link = forms.CharField(
        label=_("Address or DOI"),
        help_text=_("For example https://… or 10.1000/182."),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "off"}),
    )
    document = forms.FileField(
        label=_("File"),
        help_text=_("PDF, picture, Word, Excel, PowerPoint or plain text, at most 20 MB."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    ai_used = forms.ChoiceField(
        label=_("Was AI used?"),
        choices=[("no", _("No, AI was not used")), ("yes", _("Yes, AI was used"))],
        required=False,
        widget=forms.RadioSelect,
    )
    ai_machine_did = forms.CharField(label=_("What did the AI do?"), required=False, widget=_words(3))
    ai_i_did = forms.CharField(label=_("What did you do yourself?"), required=False, widget=_words(3))
    ai_checked_how = forms.CharField(label=_("How did you check what the AI gave?"), required=False, widget=_words(3))

    def __init__(
        self, *args: Any, framework: Framework, person: Person, today: date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.framework, self.person, self.today = framework, person, today or localdate()
        self.described: OwnWork | None = None
        self.attachment: Attachment | None = None
        self.cut = False
        self._choose("kind", ((kind, kind.says) for kind in WorkKind))
        self._choose("level", ((level, level.says) for level in AwardLevel), empty=_("choose …"))
        self._choose("proof", ((proof, proof.says) for proof in Proof))
        self._choose("quality", ((e.code, e.name) for e in framework.qualities), empty=_("choose …"))
        for name in ("kind", "proof", "quality", "done_on", "team_size"):
            self.fields[name].error_messages["required"] = _("This is needed.")

    def _choose(self, name: str, choices: Iterable[tuple[str, Text]], *, empty: object = None) -> None:
        language = translation.get_language() or "en"
        listed = [(str(code), says.in_language(language)) for code, says in choices]
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = [("", str(empty)), *listed] if empty else listed

    def clean_document(self) -> Attachment | None:
        """Return what the file is, by its content."""
        if self.cut:
            content = b"\0" * (MOST_BYTES + 1)  # the rest was not read; the refusal is the same
            return self._looked_into(content, "")
        sent: UploadedFile[Any] | None = self.cleaned_data.get("document")
        return self._looked_into(sent.read(), sent.name or "") if sent else None

    def _looked_into(self, content: bytes, name: str) -> Attachment | None:
        try:
            return look_into(content, name=name)
        except FaultyInputError as refused:
            add_faults(self, refused.faults)
            return None

    def clean(self) -> dict[str, Any]:
        """Describe the work as the library knows it, and tell what it finds."""
        said = self.cleaned_data
        document, team = said.get("document"), said.get("team_size")
        fellows = tell_fellows(said.get("fellows", ""), self.person, day=self.today)
        add_faults(self, fellows.faults)
        described = OwnWork(
            kind=WorkKind(said.get("kind") or WorkKind.PROJECT),
            title=said.get("title", ""),
            done_on=said.get("done_on") or self.today,
            part=said.get("part", ""),
            team_size=1 if team is None else team,
            quality=said.get("quality") or "",
            level=AwardLevel(said["level"]) if said.get("level") and said.get("kind") == WorkKind.AWARD else None,
            link=said.get("link", ""),
            document=document.name if document else "",
            proof=Proof(said.get("proof") or Proof.OWN_WORD),
            ai=self._ai(),
            makers=tuple(one.code for one in fellows.people),
        )
        add_faults(self, check_own_work(described, self.framework, at=self.today))
        self.described, self.attachment = described, document
        return said

    def _ai(self) -> AiContribution | None:
        said = self.cleaned_data
        if not said.get("ai_used"):
            return None
        words = {name: said.get(f"ai_{name}", "") for name in ("machine_did", "i_did", "checked_how")}
        return AiContribution(used=said["ai_used"] == "yes", **words)


class DecisionForm(forms.Form):
    """Verify or return, a rating on the anchors or none, and a reason in words."""

    verdict = forms.ChoiceField(
        label=_("Your decision"),
        choices=[
            (Record.State.VERIFIED, _("I have verified it")),
            (Record.State.RETURNED, _("I return it to the student")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    score = forms.TypedChoiceField(
        label=_("Rating"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason in words"),
        help_text=_("What you checked, or what is missing. The student reads it."),
        required=False,
        widget=_words(3),
    )

    def __init__(self, *args: Any, work: Record, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        self.criterion = None if rated_before(work) else criterion_of(work.quality)
        if self.criterion is None:
            del self.fields["score"]
            return
        field = cast("forms.ChoiceField", self.fields["score"])
        anchors = [(str(a.rank - 1), f"{a.rank} · {a.observed.in_language(language)}") for a in self.criterion.anchors]
        field.choices = [("", _("Not rated: verify only")), *anchors]
        field.help_text = self.criterion.look_at.in_language(language)


class TakeBackForm(forms.Form):
    """What is taken back of a decision, and why."""

    what = forms.ChoiceField(label=_("What do you take back?"), required=False, widget=forms.RadioSelect)
    back_reason = forms.CharField(
        label=_("Why?"), help_text=_("The student reads it."), required=False, widget=_words(3)
    )  # fmt: skip

    def __init__(self, *args: Any, work: Record, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        can = to_take_back(work)
        words = {
            WorkTakenBack.What.RATING: _("The rating alone; the work stays verified"),
            WorkTakenBack.What.DECISION: _("The verification, with its rating if there is one; the work waits anew"),
        }
        cast("forms.ChoiceField", self.fields["what"]).choices = [(what, words[what]) for what in can]
