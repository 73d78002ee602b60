"""What a teacher is asked who starts an adaptive test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Group, Person
from yucai.web.measurement.adaptive_planning import Exposure, SpaceBank, TestWanted
from yucai.web.measurement.wording import quality_name

__all__ = ["TestForm"]

if TYPE_CHECKING:
    PersonsField = forms.ModelMultipleChoiceField[Person]
else:
    PersonsField = forms.ModelMultipleChoiceField

LARGEST_SEED: Final = 2**53
PRECISIONS: Final = (0.3, 0.4, 0.5, 0.6)
USUAL: Final = "0.6"
NO_PRECISION: Final = "none"


class PeopleField(PersonsField):
    """People to choose from, called by name and number."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and the number of a person."""
        person: Person = obj
        return f"{person.name.in_language(translation.get_language() or 'en')} · {person.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One area of content: how many questions there are, and the fields of least and most."""

    name: str
    there: int
    least: forms.BoundField
    most: forms.BoundField


def _count(least: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": least, "inputmode": "numeric"})


class TestForm(forms.Form):
    """An adaptive test of one group: what it measures, how long, how surely, and who takes it."""

    __test__ = False  # no test of pytest

    name = forms.CharField(label=_("Name of the test"), help_text=_("The students see it. For example: AI literacy."))
    occasion = forms.CharField(
        label=_("Term"), help_text=_("The answers count as evidence of this term. For example 2025-2026-1.")
    )
    qualities = forms.MultipleChoiceField(label=_("What is measured"), widget=forms.CheckboxSelectMultiple)
    std_error = forms.ChoiceField(
        label=_("When it may stop"),
        help_text=_("1 is one standard deviation of all profiles. The surer, the more questions."),
        initial=USUAL,
        widget=forms.RadioSelect,
    )
    least_items = forms.IntegerField(label=_("At least so many questions"), min_value=1, initial=6, widget=_count(1))
    most_items = forms.IntegerField(
        label=_("At most so many questions"),
        help_text=_("Then it ends, whether it is sure or not, and says so."),
        min_value=1,
        initial=16,
        widget=_count(1),
    )
    exposure = forms.ChoiceField(label=_("How widely questions are seen"), widget=forms.RadioSelect)
    fresh_only = forms.BooleanField(
        label=_("Ask nobody a question that they have answered before"), required=False, initial=True
    )
    people = PeopleField(label=_("Who takes it"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple)
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, widget=forms.HiddenInput)

    def __init__(self, *args: Any, group: Group, held: SpaceBank, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group, self.held = group, held
        language = translation.get_language() or "en"
        people = self.fields["people"]
        if isinstance(people, PeopleField):
            people.queryset = Person.objects.filter(groups=group).order_by("code")
        self._choices("qualities", [(q, _sized(quality_name(q, language), n)) for q, n in held.sizes().items()])
        self._choices("std_error", [*((f"{se:g}", _precision(se)) for se in PRECISIONS), (NO_PRECISION, _fixed())])
        self._choices("exposure", list(_exposures()))
        self.areas = held.bank.areas if held.bank is not None else ()
        for k, area in enumerate(self.areas):
            for name, words in (("least", gettext("at least, on %(area)s")), ("most", gettext("at most, on %(area)s"))):
                self.fields[f"area_{k}_{name}"] = forms.IntegerField(
                    label=words % {"area": area}, min_value=0, required=False, widget=_count(0)
                )

    @property
    def area_rows(self) -> Iterator[AreaRow]:
        """The areas of content with their fields."""
        items = self.held.bank.items if self.held.bank is not None else ()
        for k, area in enumerate(self.areas):
            there = sum(one.area == area for one in items)
            yield AreaRow(name=area, there=there, least=self[f"area_{k}_least"], most=self[f"area_{k}_most"])

    def wanted(self) -> TestWanted:
        """Return what is asked for, once the form is valid."""
        said = self.cleaned_data
        most = said["most_items"]
        content = {
            area: (said[f"area_{k}_least"] or 0, most if said[f"area_{k}_most"] is None else said[f"area_{k}_most"])
            for k, area in enumerate(self.areas)
            if said[f"area_{k}_least"] or said[f"area_{k}_most"] is not None
        }
        return TestWanted(
            group=self.group,
            name=said["name"],
            occasion=said["occasion"],
            qualities=tuple(said["qualities"]),
            most_items=most,
            least_items=said["least_items"],
            std_error=None if said["std_error"] == NO_PRECISION else float(said["std_error"]),
            people=tuple(said["people"]),
            exposure=Exposure(said["exposure"]),
            fresh_only=said["fresh_only"],
            seed=said["seed"],
            content=content,
        )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


def _sized(name: str, n: int) -> str:
    return ngettext("%(name)s · %(n)d question", "%(name)s · %(n)d questions", n) % {"name": name, "n": n}


def _precision(std_error: float) -> str:
    facts = {"reach": f"{1.645 * std_error:.1f}", "share": round(100 * (1 - std_error**2))}
    return gettext("when each place is known to ± %(reach)s nine times in ten (reliability %(share)d %%)") % facts


def _fixed() -> str:
    return gettext("never before the most questions: everybody answers equally many")


def _exposures() -> Iterator[tuple[str, str]]:
    words = {
        Exposure.DRAWN: gettext("One of the five best, at random: neighbours get different questions"),
        Exposure.BEST: gettext("Always the best: shortest, but everybody begins with the same question"),
        Exposure.HELD: gettext("Held back: few questions are seen by more than 40 % of the people; somewhat longer"),
    }
    return ((str(exposure), said) for exposure, said in words.items())
