"""The form of a rule: what a file says, asked field by field; and the small forms of its pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault
from yucai.evidence import AwardLevel
from yucai.selection import (
    Attempts,
    CourseSet,
    Direction,
    Points,
    Rounding,
    RuleSet,
    Spared,
    Terms,
    Weighting,
    Within,
)
from yucai.texts import Text
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.long_choice import LongSelect
from yucai.web.accounts.models import Group

__all__ = ["ListFileForm", "RuleFileForm", "RuleForm", "RunForm", "as_begun", "form_of_rule"]

ALL: Final = "all"
NAMED: Final = "named"
BETWEEN: Final = "="
COMMAS: Final = str.maketrans({"，": ",", "；": ",", ";": ",", "、": ",", "＝": "="})
DIRECTIONS: Final = ((Direction.LEAVE, _("who leaves")), (Direction.ENTER, _("who enters")))
WITHINS: Final = (
    (Within.COHORT, _("the own entry year")), (Within.PROGRAMME, _("the own programme")),
    (Within.CLASS, _("the own class")), (Within.ALL, _("everybody together")),
)  # fmt: skip
SCALES: Final = (
    (Points.MARK, _("marks of 100")), (Points.LINEAR_5, _("grade points: (mark − 50) / 10")),
    (Points.STEPS_4, _("grade points by steps up to 4.0")), (Points.FILE, _("grade points of the file of grades")),
)  # fmt: skip
WEIGHTS: Final = ((Weighting.CREDITS, _("by credits")), (Weighting.EQUAL, _("each course the same")))
ATTEMPTS: Final = ((Attempts.FIRST, _("first attempts only")), (Attempts.BEST, _("the best attempt")))
TERMS: Final = (
    (Terms.LAST_YEAR, _("the last school year that is over")), (Terms.LAST_TERM, _("the last term that is over")),
    (Terms.ALL, _("all terms up to the day")), (NAMED, _("these terms:")),
)  # fmt: skip
ROUNDINGS: Final = (
    (Rounding.DOWN, _("always down")), (Rounding.UP, _("always up")),
    (Rounding.NEAREST, _("to the nearest, a half up")),
)  # fmt: skip
SPARES: Final = (
    (Spared.NOBODY, _("nobody")), (Spared.ALL, _("the whole group, if all have it")),
    (Spared.EACH, _("each person who has it")),
)  # fmt: skip
EXEMPTS: Final = (
    ("", _("no award exempts")), (AwardLevel.COLLEGE, _("of the college or higher")),
    (AwardLevel.PROVINCIAL, _("provincial or higher")), (AwardLevel.NATIONAL, _("national or higher")),
    (AwardLevel.INTERNATIONAL, _("international")),
)  # fmt: skip
TIES: Final = (
    ("credits", _("more credits earned")), ("failed", _("fewer failed courses")), ("mean-mark", _("higher plain mean")),
)  # fmt: skip
FIELD_OF: Final = {
    "title": "title_zh", "line.share": "share", "line.count": "count", "line": "share", "line.spare": "spare",
    "line.spare_at": "spare_at", "floors.least": "least_measure", "floors.most_failed": "most_failed",
    "floors.least_credits": "least_credits", "floors.pass_mark": "pass_mark", "places.most": "most",
    "places.pass_on": "pass_on", "exempt.award": "exempt", "measure.terms": "terms_named", "ties.by": "tie_courses",
    "edge.mark_error": "mark_error", "flag": "flag_zh",
}  # fmt: skip


def _choice(label: Any, choices: Iterable[tuple[Any, Any]], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=tuple(choices), help_text=help_text)


def _line(label: Any, help_text: Any = "", *, needed: bool = False, most: int = 300) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=needed, max_length=most)


def _number(label: Any, help_text: Any = "", *, step: str = "any") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": step, "min": 0})
    return forms.FloatField(label=label, help_text=help_text, required=False, widget=widget)


def _whole(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, required=False, min_value=0)


class RuleForm(FaultForm):
    """A rule field by field. What is left empty the rule does not say."""

    code = _line(_("Short name"), _("Small letters, digits and hyphens. The same name makes a new version."),
                 needed=True, most=50)  # fmt: skip
    title_zh, title_en = _line(_("Title (Chinese)")), _line(_("Title (English)"))
    source = _line(_("Document and article that it comes from"), needed=True)
    direction = _choice(_("The rule says"), DIRECTIONS)
    within = _choice(_("Compared within"), WITHINS)
    points = _choice(_("What is averaged"), SCALES)
    weighting = _choice(_("Weighted"), WEIGHTS)
    attempts = _choice(_("Attempts"), ATTEMPTS)
    terms = _choice(_("Terms"), TERMS)
    terms_named = _line(_("Terms by name"), _("Such as 2025-2026-1, 2025-2026-2; only with “these terms”."))
    sets = forms.CharField(
        label=_("Named courses"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Empty: every course. Else one set a line: name = courses, with commas = weight. A star stands for "
                    "anything: Core = MATH*, Physics = 0.6"),
    )  # fmt: skip
    share = forms.DecimalField(
        label=_("Share of the group (%)"), required=False, help_text=_("Such as 15. Share or number, not both."),
        widget=forms.NumberInput(attrs={"step": "any", "min": 0}), max_digits=9, decimal_places=4,
    )  # fmt: skip
    count = _whole(_("or number of people of each group"))
    rounding = _choice(_("A share that is no whole number is rounded"), ROUNDINGS)
    spare = _choice(_("A high average spares from leaving by place"), SPARES)
    spare_at = _number(_("from this average on"))
    least_measure = _number(_("Least average"), _("Whoever is under it leaves, or does not enter, whatever the place."))
    most_failed = _whole(_("Most failed courses"), _("0: no failed course. Empty: the rule does not say."))
    least_credits = _number(_("Least credits earned"))
    pass_mark = forms.FloatField(label=_("A course is failed under"), initial=60, min_value=0, max_value=100)
    flag_zh = _line(_("Fact entered by hand (Chinese)"),
                    _("Such as a disciplinary record. The numbers are entered when the rule is run."))  # fmt: skip
    flag_en = _line(_("Fact entered by hand (English)"))
    most = _whole(_("Places in all"), _("For entry: no more than these, the highest first."))
    exempt = forms.ChoiceField(
        label=_("A verified award exempts from leaving by place"), choices=EXEMPTS, required=False
    )
    pass_on = forms.BooleanField(
        label=_("The place of who is exempt, or lacks a condition, goes to the next"), required=False
    )
    tie_breaks = forms.MultipleChoiceField(
        label=_("Ties are broken by"), choices=TIES, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("In this order. What is still tied stays open: chance never decides."),
    )  # fmt: skip
    tie_courses = _line(_("then by the mark in these courses"), _("Codes or names, with commas."))
    mark_error = _number(
        _("Error of a mark, in points"),
        _("How far the same work may be marked apart. For the borderline only. Empty: rounding alone."),
    )

    def clean_sets(self) -> tuple[CourseSet, ...]:
        """Return the sets of the lines."""
        found = []
        for line in self.cleaned_data["sets"].splitlines():
            if line.strip():
                parts = [part.strip() for part in line.translate(COMMAS).split(BETWEEN)]
                if len(parts) not in (2, 3) or not all(parts):
                    raise forms.ValidationError(_("Write each line as: name = courses = weight. This is not: %(line)s"),
                                                params={"line": line[:80]})  # fmt: skip
                found.append(_set(parts, line))
        return tuple(found)

    def rules(self) -> RuleSet:
        """Return the rule that was written."""
        said = self.cleaned_data
        terms = tuple(one.strip() for one in said["terms_named"].translate(COMMAS).split(",") if one.strip())
        courses = [one.strip() for one in said["tie_courses"].translate(COMMAS).split(",") if one.strip()]
        order = [code for code, _name in TIES if code in said["tie_breaks"]]
        return RuleSet(
            code=said["code"].strip(), title=_both(said["title_en"], said["title_zh"]), source=said["source"].strip(),
            direction=Direction(said["direction"]), within=Within(said["within"]), points=Points(said["points"]),
            weighting=Weighting(said["weighting"]), attempts=Attempts(said["attempts"]),
            terms=terms if said["terms"] == NAMED else (said["terms"],), sets=said["sets"], share=said["share"],
            count=said["count"], rounding=Rounding(said["rounding"]), spare=Spared(said["spare"]),
            spare_at=said["spare_at"], least_measure=said["least_measure"], most_failed=said["most_failed"],
            least_credits=said["least_credits"], pass_mark=said["pass_mark"], most=said["most"],
            exempt=AwardLevel(said["exempt"]) if said["exempt"] else None, pass_on=said["pass_on"],
            flag=_both(said["flag_en"], said["flag_zh"]) if said["flag_zh"] or said["flag_en"] else None,
            tie_breaks=(*order, *(f"course:{one}" for one in courses)), mark_error=said["mark_error"] or 0.0,
        )  # fmt: skip

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put the faults of a rule at the fields that they are about."""
        for fault in faults:
            part = fault.where.partition("[")[0]
            where = "sets" if part == "measure.sets" else FIELD_OF.get(part, fault.where)
            sentence = replace(fault, where="").in_language(translation.get_language() or "en")
            self.add_error(where if where in self.fields else None, sentence)


def as_begun(rules: RuleSet, begun: RuleSet) -> RuleSet:
    """Return a rule with what the form does not ask for as it was in the rule that it was begun with.

    That is the marks of levels, the second language of names of sets, and the order of what breaks ties.
    """
    names = {one.name.zh: one.name for one in begun.sets}
    sets = tuple(replace(one, name=names.get(one.name.zh, one.name)) for one in rules.sets)
    same = sorted(rules.tie_breaks) == sorted(begun.tie_breaks)
    return replace(rules, levels=begun.levels, sets=sets, tie_breaks=begun.tie_breaks if same else rules.tie_breaks)


def _set(parts: list[str], line: str) -> CourseSet:
    try:
        weight = float(parts[2]) if len(parts) > 2 else 1.0
    except ValueError:
        raise forms.ValidationError(
            _("“%(weight)s” is no weight in: %(line)s"), params={"weight": parts[2][:20], "line": line[:80]}
        ) from None
    courses = tuple(one.strip() for one in parts[1].split(",") if one.strip())
    return CourseSet(name=Text(parts[0], parts[0]), courses=courses, weight=weight)


def _both(en: str, zh: str) -> Text:
    return Text(en.strip() or zh.strip(), zh.strip() or en.strip())


def form_of_rule(rules: RuleSet) -> dict[str, Any]:
    """Return a rule as the form shows it."""
    named = rules.terms[0] not in tuple(Terms)
    return {
        "code": rules.code, "title_zh": rules.title.zh, "title_en": rules.title.en, "source": rules.source,
        "direction": rules.direction, "within": rules.within, "points": rules.points, "weighting": rules.weighting,
        "attempts": rules.attempts, "terms": NAMED if named else rules.terms[0],
        "terms_named": ", ".join(rules.terms) if named else "", "sets": "\n".join(_lines_of(rules)),
        "share": f"{rules.share.normalize():f}" if rules.share is not None else None, "count": rules.count,
        "rounding": rules.rounding, "spare": rules.spare,
        "spare_at": _plain(rules.spare_at), "least_measure": _plain(rules.least_measure),
        "most_failed": rules.most_failed, "least_credits": _plain(rules.least_credits),
        "pass_mark": _plain(rules.pass_mark),
        "flag_zh": rules.flag.zh if rules.flag else "", "flag_en": rules.flag.en if rules.flag else "",
        "most": rules.most, "exempt": rules.exempt or "", "pass_on": rules.pass_on,
        "tie_breaks": [one for one in rules.tie_breaks if not one.startswith("course:")],
        "tie_courses": ", ".join(one.partition(":")[2] for one in rules.tie_breaks if one.startswith("course:")),
        "mark_error": _plain(rules.mark_error or None),
    }  # fmt: skip


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _lines_of(rules: RuleSet) -> Iterator[str]:
    for one in rules.sets:
        yield f"{one.name.zh} = {', '.join(one.courses)} = {one.weight:g}"


class RuleFileForm(FaultForm):
    """A rule as a file, for who would rather write it down whole."""

    toml = forms.CharField(
        label=_("The rule as a file (TOML)"), max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "code"}),
    )  # fmt: skip


class RunForm(FaultForm):
    """On whose records a rule is run, as of which day, and what is entered by hand."""

    scope = forms.ChoiceField(label=_("Whose records"), widget=LongSelect)
    as_of = forms.DateField(
        label=_("As of which day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For last year's list: the day on which it was made. Terms that were over by then count."),
    )  # fmt: skip
    known = forms.BooleanField(
        label=_("Only what was on record here by that day"), required=False,
        help_text=_("Without it, what lay before the day counts, also where its file came in later."),
    )  # fmt: skip
    flagged = forms.CharField(label="", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, groups: Iterable[Group], day: date, flag: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"as_of": day.isoformat()}, **kwargs)
        language = translation.get_language() or "en"
        told = [(str(group.pk), group.name.in_language(language)) for group in groups]
        self.fields["scope"].choices = [*told, (ALL, _("everybody"))]  # type: ignore[attr-defined]
        if flag:
            self.fields["flagged"].label = _("Student numbers with: %(flag)s") % {"flag": flag}
        else:
            del self.fields["flagged"]

    def numbers(self) -> list[str]:
        """Return the numbers that were entered by hand."""
        said: str = self.cleaned_data.get("flagged", "")
        return said.translate(COMMAS).replace(",", " ").split()


class ListFileForm(FaultForm):
    """The list that was really made: a table with a column of student numbers."""

    file = forms.FileField(
        label=_("The list that was made"),
        help_text=_("Excel or CSV with a column “学号” (student number): those who left, or who entered."),
    )  # fmt: skip
