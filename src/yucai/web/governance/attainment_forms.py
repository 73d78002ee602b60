"""What is asked of who brings in maps and scores, writes actions, hands in, checks and corrects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yucai.evidence import read_term
from yucai.governance import Combination, CourseMap, Improvement, Survey
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Group
from yucai.web.governance.attainment_models import AttainmentMap
from yucai.web.governance.attainment_showing import said

__all__ = ["ActionForm", "CheckForm", "CourseForm", "MapForm", "ReasonForm", "ScoresForm", "SurveyForm"]

TABLES: Final = {"accept": ".xlsx,.xls,.csv,.txt"}
DAY: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MapForm(FaultForm):
    """A file with maps of courses, or with the map of a programme."""

    kind = forms.ChoiceField(label=_("What the file holds"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"), help_text=_("Excel or CSV, in the layout that you have."),
        widget=forms.ClearableFileInput(attrs=TABLES),
    )  # fmt: skip
    course = forms.CharField(
        label=_("Course number"), help_text=_("Only where the file does not say which course it is about."),
        required=False, max_length=50,
    )  # fmt: skip
    name = forms.CharField(label=_("Name of the course or programme"), required=False, max_length=200)

    def __init__(self, *args: Any, programmes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("course", _("objectives and assessment of courses"))]
        if programmes:
            kinds.append(("programme", _("courses and graduation requirements of a programme")))
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].initial = "course"

    def clean(self) -> dict[str, Any]:
        """A programme has a name."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("kind") == "programme" and not told.get("name", "").strip():
            self.add_error("name", _("This is needed."))
        return told


class CourseForm(FaultForm):
    """Which course, which class, which term."""

    map = forms.ChoiceField(label=_("Course"))
    group = forms.ChoiceField(label=_("Class"))
    term = forms.CharField(label=_("Term"), help_text=_("For example 2025-2026-1."), max_length=50)

    def __init__(self, *args: Any, maps: Iterable[AttainmentMap], groups: Iterable[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["map"].choices = [(one.pk, f"{one.name or one.course} ({one.course})") for one in maps]  # type: ignore[attr-defined]
        self.fields["group"].choices = [(one.pk, f"{said(one.name)} ({one.code})") for one in groups]  # type: ignore[attr-defined]

    def clean_term(self) -> str:
        """Return a term in one spelling, where it is one that is known."""
        text: str = self.cleaned_data["term"].strip()
        term = read_term(text)
        return term.code if term is not None else text


class ScoresForm(FaultForm):
    """A file with the scores of a class."""

    file = forms.FileField(
        label=_("File"), help_text=_("One row a student, one column a part; 缺考, 缓考 and 免修 stay states."),
        widget=forms.ClearableFileInput(attrs=TABLES),
    )  # fmt: skip


class SurveyForm(FaultForm):
    """How many were asked, what they answered, and by which rule that is combined with scores, if at all."""

    asked = forms.IntegerField(label=_("How many were asked"), min_value=1, max_value=10_000)
    name = forms.CharField(
        label=_("Rule by which both are combined"),
        help_text=_("Leave it empty to keep them apart. For example: Academic Affairs, rule of 2024."),
        required=False, max_length=200,
    )  # fmt: skip
    direct = forms.FloatField(label=_("Weight of scores"), required=False, min_value=0, max_value=1)
    indirect = forms.FloatField(label=_("Weight of the survey"), required=False, min_value=0, max_value=1)

    def __init__(self, *args: Any, course: CourseMap, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course = course
        for place, one in enumerate(course.objectives):
            self.fields[f"answers-{place}"] = forms.CharField(
                label=one.code, required=False, max_length=60,
                help_text=_("Students at levels 1 to 5, the lowest first: 0/2/6/20/9"),
            )  # fmt: skip

    def survey(self) -> Survey:
        """Return the answers; what is no row of numbers is a row that the action refuses."""
        answers = {}
        for place, one in enumerate(self.course.objectives):
            text = self.cleaned_data.get(f"answers-{place}", "").strip()
            if text:
                parts = re.split(r"[/,，、;；\s]+", text)
                answers[one.code] = tuple(int(part) if part.isdecimal() else -1 for part in parts)
        return Survey(asked=self.cleaned_data["asked"], answers=answers)

    def combination(self) -> Combination | None:
        """Return the rule by which both are combined, where any of it is filled in."""
        told = self.cleaned_data
        if not told["name"].strip() and told["direct"] is None and told["indirect"] is None:
            return None
        return Combination(name=told["name"], direct=told["direct"] or 0.0, indirect=told["indirect"] or 0.0)


class ActionForm(FaultForm):
    """What is done about which objective, by whom and until when."""

    objective = forms.ChoiceField(label=_("Objective"))
    what = forms.CharField(
        label=_("What is going to be done"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
    who = forms.CharField(label=_("Who does it"), max_length=200)
    by = forms.DateField(label=_("By when"), widget=DAY)

    def __init__(self, *args: Any, objectives: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objective"].choices = [(code, code) for code in objectives]  # type: ignore[attr-defined]

    def action(self) -> Improvement:
        """Return what was filled in."""
        return Improvement(**{name: self.cleaned_data[name] for name in ("objective", "what", "who", "by")})


class CheckForm(FaultForm):
    """What who checked says of a result."""

    remark = forms.CharField(
        label=_("Remark"), help_text=_("Needed where the result is returned."), required=False,
        widget=forms.Textarea(attrs={"rows": 2}), max_length=2000,
    )  # fmt: skip


class ReasonForm(FaultForm):
    """Why a locked result is to be corrected."""

    reason = forms.CharField(
        label=_("What is wrong, and why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
