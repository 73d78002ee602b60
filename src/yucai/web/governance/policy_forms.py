"""The form of a policy card: what a file says, asked field by field; and the small forms of its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault
from yucai.governance import CONTROL_NAMES, ESTIMATOR_NAMES, EffectScale, PolicyCard, PolicyDirection
from yucai.texts import Text
from yucai.web.accounts.fault_form import FaultForm

__all__ = ["BundleForm", "CardFileForm", "DataFileForm", "PolicyCardForm", "VintageForm", "form_of_card"]

BOTH: Final = ("title", "text", "issuer", "outcome_name", "outcome_definition", "outcome_measured_in", "data_name",
               "data_source")  # fmt: skip
DIRECTIONS: Final = (
    (PolicyDirection.UP, _("up")),
    (PolicyDirection.DOWN, _("down")),
    (PolicyDirection.EITHER, _("either way")),
)
SCALES: Final = (
    (EffectScale.LEVEL, _("as it is counted")),
    (EffectScale.INDEX, _("per cent of each unit's own mean before the policy")),
)
FEW: Final = {"rows": 3}
DATE: Final = {"type": "date"}


def _words(label: Any, *, lines: int = 0, most: int = 4000, needed: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": lines}) if lines else forms.TextInput()
    return forms.CharField(label=label, widget=widget, max_length=most, required=needed)


def _day(label: Any, *, needed: bool, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, required=needed, help_text=help_text)


class PolicyCardForm(FaultForm):
    """A card field by field. Words may be given in one language or in both."""

    code = forms.CharField(
        label=_("Short name"), help_text=_("Small letters, digits and hyphens, such as reform-pilots-2015."),
        max_length=50,
    )  # fmt: skip
    title_zh, title_en = _words(_("Title (Chinese)"), most=300), _words(_("Title (English)"), most=300)
    text_zh, text_en = _words(_("What it says (Chinese)"), lines=3), _words(_("What it says (English)"), lines=3)
    issuer_zh, issuer_en = _words(_("Issued by (Chinese)")), _words(_("Issued by (English)"))
    document = _words(_("Number or place of the document"), needed=True)
    announced = _day(_("Announced on"), needed=False, help_text=_("Leave it empty if it was not announced before."))
    in_force = _day(_("In force from"), needed=True)
    anticipation = forms.IntegerField(
        label=_("Periods of anticipation"), initial=0, help_text=_("In which units may have acted already.")
    )
    horizon = forms.IntegerField(
        label=_("Periods under the policy"), help_text=_("From the first one on, that included.")
    )
    units = forms.CharField(
        label=_("Units under the policy"), widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line: name, first period, and how much of it (1 is all). For example: Shanghai, 2016, 1"),
    )  # fmt: skip
    competing = forms.CharField(
        label=_("Other policies at the same time"), widget=forms.Textarea(attrs=FEW), required=False,
        help_text=_("One a line: what; units with commas between (empty: everywhere); first and last period. In two "
                    "languages: 中文 | English"),
    )  # fmt: skip
    simulated = forms.BooleanField(
        label=_("The figures are simulated"), required=False,
        help_text=_("It is said on every page. The card counts as a look all the same, and its result is no finding."),
    )  # fmt: skip
    outcome_name_zh, outcome_name_en = (
        _words(_("What is looked at (Chinese)")),
        _words(_("What is looked at (English)")),
    )
    outcome_definition_zh, outcome_definition_en = (
        _words(_("How it is counted (Chinese)"), lines=2),
        _words(_("How it is counted (English)"), lines=2),
    )
    outcome_measured_in_zh, outcome_measured_in_en = (
        _words(_("Unit of measure (Chinese)")),
        _words(_("Unit of measure (English)")),
    )
    direction = forms.ChoiceField(label=_("The policy wants it to go"), choices=DIRECTIONS)
    data_name_zh, data_name_en = _words(_("Name of the data (Chinese)")), _words(_("Name of the data (English)"))
    data_source_zh, data_source_en = _words(_("Source (Chinese)")), _words(_("Source (English)"))
    vintage = _words(_("Vintage of the data"), most=100, needed=True)
    unit_column = _words(_("Column of the units"), most=100, needed=True)
    period_column = _words(_("Column of the periods"), most=100, needed=True)
    outcome_column = _words(_("Column of the outcome"), most=100, needed=True)
    first_period = forms.IntegerField(label=_("First period that counts"))
    last_period = forms.IntegerField(label=_("Last period that counts"))
    estimators = forms.MultipleChoiceField(label=_("Estimators"), widget=forms.CheckboxSelectMultiple)
    primary = forms.ChoiceField(
        label=_("The verdict looks at"), required=False, help_text=_("Left open, a written rule chooses.")
    )
    control_groups = forms.MultipleChoiceField(label=_("Compared with units"), widget=forms.CheckboxSelectMultiple)
    scale = forms.ChoiceField(label=_("The effect is told"), choices=SCALES)
    leave_out = forms.CharField(
        label=_("Units that are no fair comparison"), required=False, help_text=_("With commas between.")
    )
    neighbours = forms.CharField(
        label=_("Neighbours that the policy may spill over to"), widget=forms.Textarea(attrs=FEW), required=False,
        help_text=_("One pair a line: a unit under the policy, and one that is not. For example: Shanghai, Jiangsu"),
    )  # fmt: skip
    no_neighbours = forms.CharField(
        label=_("Or why nobody else could be touched"), max_length=2000, required=False,
        help_text=_("It is sealed and stands in the verdict. Without pairs or a reason the verdict stays below "
                    "“supported”. In two languages: 中文 | English"),
    )  # fmt: skip
    placebo_years = forms.CharField(
        label=_("Earlier starts to try besides"), required=False, initial="2",
        help_text=_("In periods, with commas between. Half of the periods before the policy are tried in any case."),
    )  # fmt: skip
    level = forms.FloatField(label=_("Level of the tests"), initial=0.05)
    smallest_effect = forms.FloatField(
        label=_("Smallest effect that would matter"),
        required=False,
        help_text=_("On the scale beside it. Without it the verdict stays below “supported”."),
    )
    draws = forms.IntegerField(label=_("Random draws"), initial=999)
    seed = forms.IntegerField(
        label=_("Start of the random numbers"), initial=20261128, help_text=_("So that anybody gets the same.")
    )
    to_check = forms.CharField(
        label=_("Facts that somebody still has to look up"), widget=forms.Textarea(attrs=FEW), required=False,
        help_text=_("One a line. In two languages: 中文 | English"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = translation.get_language() or "en"
        known = [(code, name.in_language(language)) for code, name in ESTIMATOR_NAMES.items()]
        groups = [(code, name.in_language(language)) for code, name in CONTROL_NAMES.items()]
        for name, choices in (("estimators", known), ("primary", [("", "–"), *known]), ("control_groups", groups)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Ask for each of the words in one language at least, together with whatever else is missing."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        for name in BOTH:
            if not any(str(told.get(f"{name}_{tongue}") or "").strip() for tongue in ("zh", "en")):
                self.add_error(f"{name}_zh", _("This is needed, in one language at least."))
        return told

    def said(self) -> dict[str, Any]:
        """Return what was filled in, in the shape of the file of a card; the card's own reading finds the faults."""
        told = self.cleaned_data
        data = {name: told[name] for name in ("vintage", "unit_column", "period_column", "outcome_column",
                                              "first_period", "last_period")}  # fmt: skip
        plan = {name: told[name] for name in ("estimators", "control_groups", "scale", "level", "draws", "seed")}
        plan |= {"primary": told["primary"] or None, "leave_out": _parts(told["leave_out"])}
        plan |= {"neighbours": [_parts(line) for line in told["neighbours"].splitlines() if line.strip()]}
        plan |= {"placebo_years": [_number(one) for one in _parts(told["placebo_years"])]}
        plan |= {"no_neighbours": _two(told["no_neighbours"])} if told["no_neighbours"].strip() else {}
        plan |= {} if told["smallest_effect"] is None else {"smallest_effect": told["smallest_effect"]}
        top = {name: told[name] for name in ("code", "document", "in_force", "anticipation", "horizon", "simulated")}
        return {
            **top,
            **{name: self._both(name) for name in ("title", "text", "issuer")},
            "announced": told["announced"] or "",
            "to_check": [_two(line) for line in told["to_check"].splitlines() if line.strip()],
            "units": [_unit(line) for line in told["units"].splitlines() if line.strip()],
            "competing": [_competing(line) for line in told["competing"].splitlines() if line.strip()],
            "outcome": {
                **{name: self._both(f"outcome_{name}") for name in ("name", "definition", "measured_in")},
                "direction": told["direction"],
            },
            "data": {**data, **{name: self._both(f"data_{name}") for name in ("name", "source")}},
            "plan": plan,
        }

    def _both(self, name: str) -> Any:
        """Return words in both languages; those given in one alone stand for both."""
        zh, en = self.cleaned_data[f"{name}_zh"].strip(), self.cleaned_data[f"{name}_en"].strip()
        return {"en": en or zh, "zh": zh or en} if en or zh else ""

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put faults at the fields they are about; the file of a card has other names for them."""
        super().add_faults(replace(fault, where=_field_of(fault.where)) for fault in faults)


def _field_of(where: str) -> str:
    """Return the field in which a place of a card's file is filled in."""
    head, _dot, key = where.partition(".")
    part = head.partition("[")[0]
    if part in ("units", "competing"):
        return part
    if part in ("outcome", "data") and f"{part}_{key}" in BOTH:
        return f"{part}_{key}_zh"
    return f"{where}_zh" if where in BOTH else key or part


def _parts(line: str) -> list[str]:
    return [part.strip() for part in line.replace("，", ",").replace("、", ",").split(",") if part.strip()]


def _unit(line: str) -> dict[str, Any]:
    parts = _parts(line)
    said: dict[str, Any] = {"name": parts[0] if parts else ""}
    if len(parts) > 1:
        said["first_period"] = _number(parts[1])
    if len(parts) > 2:
        said["dose"] = _number(parts[2])
    return said


def _competing(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.replace("；", ";").split(";")]
    said: dict[str, Any] = {"what": _two(parts[0])}
    if len(parts) > 1:
        said["units"] = _parts(parts[1])
    for name, part in zip(("first_period", "last_period"), parts[2:4], strict=False):
        if part:
            said[name] = _number(part)
    return said


def _two(line: str) -> Any:
    """Return words of a line in both languages: "中文 | English", or the same for both."""
    zh, bar, en = (part.strip() for part in line.partition("|"))
    return {"en": en, "zh": zh} if bar and zh and en else line.strip()


def _line(text: Text) -> str:
    return text.zh if text.en == text.zh else f"{text.zh} | {text.en}"


def _number(said: str) -> int | float | str:
    """Return a number where words are one; else the words, which the card's reading refuses by what they are."""
    for kind in (int, float):
        try:
            return kind(said)
        except ValueError:
            continue
    return said


def form_of_card(card: PolicyCard) -> dict[str, Any]:
    """Return what the fields of the form hold for a card."""
    outcome, data, plan = card.outcome, card.data, card.plan
    texts: dict[str, Text] = {
        "title": card.title, "text": card.text, "issuer": card.issuer, "outcome_name": outcome.name,
        "outcome_definition": outcome.definition, "outcome_measured_in": outcome.measured_in, "data_name": data.name,
        "data_source": data.source,
    }  # fmt: skip
    lines = [
        "; ".join([_line(one.what), ", ".join(one.units), str(one.first_period or ""), str(one.last_period or "")])
        for one in card.competing
    ]
    return {
        **{f"{name}_en": text.en for name, text in texts.items()},
        **{f"{name}_zh": text.zh for name, text in texts.items()},
        **{name: getattr(card, name) for name in ("code", "document", "announced", "in_force", "anticipation",
                                                  "horizon", "simulated")},
        **{name: getattr(data, name) for name in ("vintage", "unit_column", "period_column", "outcome_column",
                                                  "first_period", "last_period")},
        **{name: getattr(plan, name) for name in ("scale", "level", "smallest_effect", "draws", "seed")},
        "units": "\n".join(f"{one.name}, {one.first_period}, {one.dose:g}" for one in card.units),
        "competing": "\n".join(lines),
        "direction": outcome.direction.value,
        "estimators": [one.value for one in plan.estimators],
        "primary": plan.primary.value if plan.primary else "",
        "control_groups": [one.value for one in plan.control_groups],
        "leave_out": ", ".join(plan.leave_out),
        "neighbours": "\n".join(", ".join(pair) for pair in plan.neighbours),
        "no_neighbours": _line(plan.no_neighbours) if plan.no_neighbours else "",
        "placebo_years": ", ".join(map(str, plan.placebo_years)),
        "to_check": "\n".join(map(_line, card.to_check)),
    }  # fmt: skip


class CardFileForm(FaultForm):
    """A card as a file."""

    file = forms.FileField(label=_("File of the card (TOML)"))


class DataFileForm(FaultForm):
    """The data of a sealed card, and that they are about units, not people."""

    file = forms.FileField(label=_("File of the figures (CSV)"))
    of_units = forms.BooleanField(
        label=_("The figures are about units such as provinces, colleges or programmes; no row is about one person.")
    )


class VintageForm(FaultForm):
    """A later vintage of the same figures."""

    file = forms.FileField(label=_("File of the later figures (CSV)"))
    name = forms.CharField(label=_("Vintage"), max_length=100, help_text=_("For example: 2027-03, revised"))


class BundleForm(FaultForm):
    """A bundle that was made elsewhere, and its mark where that was kept."""

    file = forms.FileField(label=_("File of the bundle (ZIP)"))
    mark = forms.CharField(
        label=_("Mark of the seal, if it was kept elsewhere"), max_length=64, required=False,
        help_text=_("All 64 signs, at least the first 32. With it the register knows that the plan is that of the day "
                    "of the seal."),
    )  # fmt: skip
