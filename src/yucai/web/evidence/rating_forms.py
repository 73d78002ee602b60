"""What is asked of a director who plans a rating round, and of a rater about one work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.evidence import ConflictReason, LearnersShown
from yucai.framework import Rubric, load_rubric
from yucai.web.accounts.access import advised_people, seatable_accounts
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.evidence.rating_models import RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import RUBRICS, RaterConflict, RoundWanted, may_be_rated_again
from yucai.web.evidence.rating_rounds import Draft

__all__ = ["RatingForm", "RoundForm"]

if TYPE_CHECKING:
    from django.http import QueryDict

    AccountsField = forms.ModelMultipleChoiceField[Account]
    PersonsField = forms.ModelMultipleChoiceField[Person]
    RecordsField = forms.ModelChoiceField[RatingRoundRecord]
else:
    AccountsField = PersonsField = forms.ModelMultipleChoiceField
    RecordsField = forms.ModelChoiceField

LARGEST_SEED: Final = 2**53
MOST_WORKS: Final = 10_000


class RatersField(AccountsField):
    """Accounts to choose from, called by name and role."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and the role of an account."""
        account: Account = obj
        return f"{account.name.in_language(translation.get_language() or 'en')} · {account.get_role_display()}"


class PeopleField(PersonsField):
    """People to choose from, called by name and number."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and the number of a person."""
        person: Person = obj
        return f"{person.name.in_language(translation.get_language() or 'en')} · {person.code}"


class RoundField(RecordsField):
    """Rounds to choose from, called by name and term."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name and the term of a round."""
        record: RatingRoundRecord = obj
        return f"{record.name} · {record.occasion}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterRow:
    """One rater to choose. ``people`` are the learners: whether ticked, and whether known as advised."""

    pk: int
    label: str
    chosen: bool
    most: forms.BoundField
    reason: str
    people: tuple[tuple[Person, bool, bool], ...]

    @property
    def n_against(self) -> int:
        """How many learners are ticked."""
        return sum(ticked for _person, ticked, _known in self.people)


class RoundForm(forms.Form):
    """A round for one group: who rates, by which rubric, what all of them rate, what stands between them."""

    name = forms.CharField(
        label=_("Name of the round"), help_text=_("What is rated, for example: term projects, autumn 2026.")
    )
    occasion = forms.CharField(
        label=_("Term of the works"), help_text=_("The evidence counts for this term. For example 2025-2026-1.")
    )
    rubric = forms.ChoiceField(label=_("Rubric"))
    raters = RatersField(
        label=_("Raters"),
        help_text=_("Those who may see this group. Nobody is listed who belongs to it."),
        queryset=Account.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    each = forms.IntegerField(
        label=_("Raters for each work"),
        min_value=1,
        initial=2,
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"}),
    )
    common = forms.IntegerField(
        label=_("Works that everybody rates"),
        help_text=_("They show who is strict and who is mild."),
        min_value=0,
        initial=3,
        widget=forms.NumberInput(attrs={"min": 0, "inputmode": "numeric"}),
    )
    planted = PeopleField(
        label=_("Whose works everybody rates"),
        help_text=_("Whom you tick counts among these works; the rest is drawn. Tick nobody, and all are drawn."),
        queryset=Person.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    again = RoundField(
        label=_("Works of an earlier round, rated once more"),
        help_text=_(
            "Its common works are mixed in and rated by everybody, so that a change of a rater can be told from a "
            "change of the works. They are no evidence a second time."
        ),
        queryset=RatingRoundRecord.objects.none(),
        required=False,
        empty_label=_("none"),
    )
    shown = forms.ChoiceField(
        label=_("What raters see of the learner"),
        choices=[
            (LearnersShown.BLIND, _("Nothing: only the number of the work")),
            (LearnersShown.NUMBERS, _("The learner's number")),
            (LearnersShown.NAMES, _("The learner's name")),
        ],
        initial=LearnersShown.BLIND,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Open all the same: your reason"),
        help_text=_("Needed only when the check says that severities cannot be separated. It stays with the round."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, widget=forms.HiddenInput)

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        language = translation.get_language() or "en"
        rubrics = [(code, load_rubric(code).name.in_language(language)) for code in RUBRICS]
        cast("forms.ChoiceField", self.fields["rubric"]).choices = rubrics
        self.accounts = list(seatable_accounts(group))
        self.people = list(group.people.order_by("code"))
        self.advised = advised_people(group)
        cast("forms.ModelMultipleChoiceField[Account]", self.fields["raters"]).queryset = seatable_accounts(group)
        cast("forms.ModelMultipleChoiceField[Person]", self.fields["planted"]).queryset = group.people.order_by("code")
        earlier = [record.pk for code in RUBRICS for record in may_be_rated_again(group, rubric=code)]
        found = RatingRoundRecord.objects.filter(pk__in=earlier).order_by("-closed_at")
        cast("RoundField", self.fields["again"]).queryset = found
        if not earlier:
            del self.fields["again"]
        for account in self.accounts:
            self.fields[f"most_{account.pk}"] = forms.IntegerField(
                label=_("At most"), min_value=0, max_value=MOST_WORKS, required=False,
                widget=forms.NumberInput(attrs={"min": 0, "inputmode": "numeric"}),
            )  # fmt: skip
        for field in self.fields.values():
            field.error_messages["required"] = _("This is needed.")

    @property
    def rater_rows(self) -> list[RaterRow]:
        """Each rater to choose, with the most works and the learners whose work is not for this rater."""
        chosen = {str(value) for value in self["raters"].value() or ()}
        label = cast("RatersField", self.fields["raters"]).label_from_instance
        return [
            RaterRow(
                pk=account.pk,
                label=label(account),
                chosen=str(account.pk) in chosen,
                most=self[f"most_{account.pk}"],
                reason=self.data.get(f"why_{account.pk}", ConflictReason.SUPERVISES),
                people=tuple(
                    (person, person.pk in self._against(account), (account.pk, person.pk) in self.advised)
                    for person in self.people
                ),
            )
            for account in self.accounts
        ]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """The reasons to choose from."""
        language = translation.get_language() or "en"
        return [(str(reason), reason.said.in_language(language)) for reason in ConflictReason]

    def wanted(self) -> RoundWanted:
        """Return what is asked for, once the form is valid."""
        said = self.cleaned_data
        most = {account.pk: said.get(f"most_{account.pk}") for account in self.accounts}
        return RoundWanted(
            group=self.group,
            name=said["name"],
            rubric=said["rubric"],
            occasion=said["occasion"],
            raters=tuple(said["raters"]),
            each=said["each"],
            common=said["common"],
            shown=LearnersShown(said["shown"]),
            seed=said["seed"],
            planted=tuple(said["planted"]),
            conflicts=tuple(self._conflicts(said["raters"])),
            capacity={pk: n for pk, n in most.items() if n is not None},
            again=said.get("again"),
        )

    def _against(self, account: Account) -> set[int]:
        """Return the people ticked for an account: as sent or, before anything was, those known as advised."""
        if not self.is_bound:
            return {person for adviser, person in self.advised if adviser == account.pk}
        sent = cast("QueryDict", self.data).getlist(f"against_{account.pk}")
        return {int(value) for value in sent if value.isascii() and value.isdigit()}

    def _conflicts(self, raters: Iterable[Account]) -> Iterator[RaterConflict]:
        for account in raters:
            said = self.data.get(f"why_{account.pk}", "")
            other = ConflictReason(said) if said in set(ConflictReason) else ConflictReason.OTHER
            for person in self.people:
                if person.pk in self._against(account):
                    known = (account.pk, person.pk) in self.advised
                    reason = ConflictReason.SUPERVISES if known else other
                    yield RaterConflict(rater=account, person=person, reason=reason)


class RatingForm(forms.Form):
    """One work: a level or nothing for each criterion, a remark, and a conflict of interest with its reason."""

    remark = forms.CharField(
        label=_("Remark"),
        help_text=_("What you saw, in a sentence. Not needed."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    conflict = forms.BooleanField(label=_("I have a conflict of interest with this work"), required=False)
    conflict_reason = forms.CharField(
        label=_("Which one?"),
        help_text=_("For example: I supervise the learner, we are related. Your levels for this work will not count."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": " "}),
    )

    def __init__(self, *args: Any, rubric: Rubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rubric = rubric
        language = translation.get_language() or "en"
        for name, criterion in zip(names_of(rubric), rubric.criteria, strict=True):
            anchors = [(str(a.rank), a.observed.in_language(language)) for a in criterion.anchors]
            self.fields[name] = forms.TypedChoiceField(
                label=criterion.name.in_language(language),
                help_text=criterion.look_at.in_language(language),
                choices=[*anchors, ("", _("Not seen: leave open"))],
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
            )

    @property
    def criteria(self) -> list[forms.BoundField]:
        """The fields of the criteria, in the order of the rubric."""
        return [self[name] for name in names_of(self.rubric)]

    def draft(self) -> Draft:
        """Return what was said, once the form is valid."""
        said = self.cleaned_data
        levels = {c.code: said[name] for name, c in zip(names_of(self.rubric), self.rubric.criteria, strict=True)}
        return Draft(
            levels=levels,
            remark=said["remark"],
            conflict=said["conflict"],
            conflict_reason=said["conflict_reason"],
        )

    @classmethod
    def of(cls, seat: RatingSeatRecord, rubric: Rubric) -> RatingForm:
        """Return the form of a seat with what was saved so far."""
        levels: Mapping[str, int | None] = dict(seat.marks.values_list("criterion", "level"))
        initial: dict[str, object] = {
            "remark": seat.remark,
            "conflict": seat.conflict,
            "conflict_reason": seat.conflict_reason,
        }
        for name, criterion in zip(names_of(rubric), rubric.criteria, strict=True):
            level = levels.get(criterion.code)
            initial[name] = "" if level is None else str(level)
        return cls(initial=initial, rubric=rubric)


def names_of(rubric: Rubric) -> list[str]:
    """Return the field of each criterion: codes hold characters that no field has."""
    return [f"level_{n}" for n in range(1, len(rubric.criteria) + 1)]
