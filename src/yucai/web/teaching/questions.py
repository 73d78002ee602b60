"""Questions of a bank as teachers meet them: what each is worth, and who chooses which option."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yucai.evidence import BankQuestion
from yucai.framework import load_evidence_map
from yucai.measurement import ItemParameters, OptionReport, OptionUse, option_report
from yucai.texts import signed
from yucai.web.accounts.access import MIN_CELL
from yucai.web.accounts.models import Group, Person, Space
from yucai.web.evidence.models import Item
from yucai.web.evidence.question_models import ChosenOption, Question
from yucai.web.measurement.calibrations import calibration_of
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.periods import period_of
from yucai.web.measurement.wording import quality_name

__all__ = ["OptionRow", "QuestionView", "misleading_options", "question_of", "question_views"]

WIDE, NARROW = 720, 360
FEWEST: Final = 3 * MIN_CELL  # answers: each third of the learners then holds enough not to point at one


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One option with its text and how it was chosen; ``use`` is None where too few answered to say so."""

    letter: str
    text: str
    is_key: bool
    use: OptionUse | None

    @property
    def weak(self) -> int | None:
        """Per cent of the weakest third."""
        return None if self.use is None else round(100 * self.use.weak_share)

    @property
    def strong(self) -> int | None:
        """Per cent of the strongest third."""
        return None if self.use is None else round(100 * self.use.strong_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """One question: its text, what the calibration knows, and its options; ``says`` are findings in plain words."""

    item: Item
    stem: str
    area: str
    quality: str
    difficulty: str
    discrimination: str
    note: str
    answers: int
    options: tuple[OptionRow, ...]
    says: tuple[str, ...]
    chart_wide: str
    chart_narrow: str


def question_of(item: Item, *, people: QuerySet[Person]) -> QuestionView | None:
    """Return the question of an item, or None where no file brought its text."""
    found = Question.objects.current(item.space).filter(item=item).select_related("item")
    return next(iter(question_views(item.space, list(found), people=people)), None)


def question_views(
    space: Space, questions: Sequence[Question], *, people: QuerySet[Person]
) -> tuple[QuestionView, ...]:
    """Return the questions with what is known of each, in their order, and how these people chose.

    The database is asked three times.
    """
    evidence_map, calibration = load_evidence_map(space.evidence_map), calibration_of(space)
    known = {i.item: i for scale in calibration.scales for i in scale.items} if calibration is not None else {}
    rules = {one.item.code: evidence_map.rule_for(one.item.code) for one in questions}
    qualities = {code: rule.quality for code, rule in rules.items() if rule is not None}
    chosen = _chosen(space, questions, qualities, people)
    return tuple(
        _view(one, known.get(one.item.code), qualities.get(one.item.code, ""), chosen[one.pk]) for one in questions
    )


def misleading_options(
    group: Group, questions: Sequence[Question], places: Mapping[tuple[str, str, str], float]
) -> dict[str, OptionReport]:
    """Return what is to be said of the options of questions of which one misleads the people of a group.

    ``places`` are theirs, by quality, number of the school and period. The database is asked once, and not at all
    without questions.
    """
    if not questions:
        return {}
    evidence_map, known = load_evidence_map(group.space.evidence_map), {one.pk: one for one in questions}
    chosen = ChosenOption.objects.filter(question__in=list(known), record__replaced_by__isnull=True)
    chosen = chosen.filter(record__person__groups=group)
    fields = ("question", "option", "record__person__code", "record__occasion")
    found: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for pk, option, learner, when in chosen.values_list(*fields).order_by("pk"):
        rule = evidence_map.rule_for(known[pk].item.code)
        place = places.get((rule.quality if rule is not None else "", learner, period_of(group.space, when)))
        if place is not None:
            found[pk].append((option, place))
    reports = {known[pk].item.code: _report(known[pk].text, chose) for pk, chose in found.items()}
    return {code: report for code, report in reports.items() if report is not None and report.misleading}


def _view(
    question: Question, known: ItemParameters | None, quality: str, chosen: Sequence[tuple[str, float]]
) -> QuestionView:
    language, text = get_language() or "en", question.text
    report = _report(text, chosen)
    names = {option.letter: option.text.in_language(language) for option in text.options}
    misleading = known is not None and known.misleading
    return QuestionView(
        item=question.item,
        stem=text.stem.in_language(language),
        area=text.area,
        quality=quality_name(quality, language) if quality else "",
        difficulty=signed(known.difficulty) if known is not None and not misleading else "",
        discrimination=signed(known.slope) if known is not None else "",
        note=_note(known, report),
        answers=len(chosen),
        options=tuple(
            OptionRow(letter=letter, text=said, is_key=letter == text.key, use=report.of(letter) if report else None)
            for letter, said in names.items()
        ),
        says=tuple(_says(known, report, language)),
        chart_wide=report.svg(language=language, width=WIDE, names=names) if report else "",
        chart_narrow=report.svg(language=language, width=NARROW, names=names) if report else "",
    )


def _note(known: ItemParameters | None, report: OptionReport | None) -> str:
    if known is None:
        return _("not measured")
    if known.misleading or (report is not None and report.misleading):
        return _("misleading")
    return _("look at its options") if report is not None and report.says else ""


def _says(known: ItemParameters | None, report: OptionReport | None, language: str) -> list[str]:
    said = []
    if known is not None and known.misleading:
        said.append(
            _("Misleading: learners who stand higher did not do better on it. No test asks it until it is mended.")
        )
    return [*said, *(text.in_language(language) for text in (report.says if report is not None else ()))]


def _report(text: BankQuestion, chosen: Sequence[tuple[str, float]]) -> OptionReport | None:
    if len(chosen) < FEWEST:
        return None
    letters = [option.letter for option in text.options]
    options, places = zip(*chosen, strict=True)
    return option_report(options, places, options=letters, key=text.key)


def _chosen(
    space: Space, questions: Sequence[Question], qualities: Mapping[str, str], people: QuerySet[Person]
) -> dict[int, list[tuple[str, float]]]:
    """Return the options chosen of each version, with where who chose it stands in that period."""
    rows = ProfileRow.objects.filter(run__space=space, run__current=True, quality__in=set(qualities.values()))
    places = {
        (q, person, when): mean for q, person, when, mean in rows.values_list("quality", "person", "occasion", "mean")
    }
    current = ChosenOption.objects.filter(question__in=list(questions), record__replaced_by__isnull=True)
    current = current.filter(record__person__in=people)
    fields = ("question", "question__item__code", "option", "record__person", "record__occasion")
    found: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for version, code, option, person, when in current.values_list(*fields).order_by("pk"):
        place = places.get((qualities.get(code, ""), person, period_of(space, when)))
        if place is not None:
            found[version].append((option, place))
    return found
