"""Next steps as they are shown: the same words for the learner and for whoever may read the portrait.

Where a person refuses suggestions of their own, and where the office has switched them off, everybody gets the list
that is the same for all. The page does not say which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.framework import PracticePack, load_framework, load_practices
from yucai.matching import EvidenceWay, NextStep, NextSteps, Place, WayKind, next_steps
from yucai.texts import Text
from yucai.web.accounts.ages import YOUNG, unconsented, years_before
from yucai.web.accounts.models import Person
from yucai.web.evidence.rating_planning import plan_of, rubric_of
from yucai.web.explaining import Explanation
from yucai.web.measurement.adaptive_tests import ready_test
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.portrait_known import Known, open_rounds, open_sittings
from yucai.web.measurement.portrait_targets import PRACTICES
from yucai.web.measurement.portraits import Portrait, QualityView, named_period
from yucai.web.measurement.step_marking import marks_from
from yucai.web.measurement.step_models import StepMark
from yucai.web.registers.algorithms import ADAPTIVE, STEPS

__all__ = ["GeneralQuality", "MarkedStep", "StepView", "StepsView", "shown_steps", "steps_view"]

MOST_NAMED: Final = 3
PAST: Final = (StepMark.State.DONE, StepMark.State.NOT_FOR_ME)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One suggestion in words, with what the learner said of it, and where it begins or is contested."""

    key: str
    title: str
    do: str
    reason: str
    explained: Explanation
    begin_at: str
    contest: str  # how a request names the value it rests on; empty: it rests on none
    state: str
    state_name: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedStep:
    """A suggestion that is done or was not wanted."""

    key: str
    title: str
    state_name: str
    said: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralQuality:
    """One quality of the list that is the same for all: each level to reach with its practice."""

    name: str
    practices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsView:
    """The block of next steps. ``personal`` is false where the general list stands; ``note`` says what it rests on.

    ``refused`` is for the person alone: whether the list stands because they refused steps of their own.
    """

    personal: bool
    steps: tuple[StepView, ...]
    silent: tuple[str, ...]
    marked: tuple[MarkedStep, ...]
    general: tuple[GeneralQuality, ...]
    note: str
    refused: bool = False


def steps_view(person: Person, portrait: Portrait, *, at: datetime) -> StepsView | None:
    """Return the block of next steps beside the portrait of the latest period.

    None where no pack of practices speaks of the framework of the institution.
    """
    pack, known = load_practices(PRACTICES), portrait.known
    if pack.framework != person.space.framework:
        return None
    running = _running(person, known, at=at)
    refused = STEPS.code in running and known.refuses
    note = _said(pack.note)
    if refused or STEPS.code not in running:
        general = _general(pack)
        return StepsView(personal=False, steps=(), silent=(), marked=(), general=general, note=note, refused=refused)
    marks = marks_from(known.marks, person=person)
    found = _found(person, portrait, pack, marks, tests=ADAPTIVE.code in running)
    views = {view.code: view for view in portrait.qualities}
    shown = tuple(_view(step, views[step.quality], marks.get(step.key), portrait) for step in found.steps)
    silent = () if found.steps else tuple(_said(none.why) for none in found.abstained)
    return StepsView(personal=True, steps=shown, silent=silent, marked=_marked(marks), general=(), note=note)


def shown_steps(person: Person, portrait: Portrait, *, at: datetime) -> tuple[tuple[str, Text], ...]:
    """Return key and title of each suggestion that a person is shown now, in the order of the page."""
    pack, running = load_practices(PRACTICES), _running(person, portrait.known, at=at)
    if pack.framework != person.space.framework or STEPS.code not in running or portrait.known.refuses:
        return ()
    marks = marks_from(portrait.known.marks, person=person)
    found = _found(person, portrait, pack, marks, tests=ADAPTIVE.code in running)
    return tuple((step.key, step.words.title) for step in found.steps)


def _running(person: Person, known: Known, *, at: datetime) -> frozenset[str]:
    """Return the methods that may run on a person: none under 14 without a guardian's consent."""
    day = localdate(at)
    young = person.born is not None and person.born > years_before(day, YOUNG)
    if young and Person.objects.filter(unconsented(day), pk=person.pk).exists():
        return frozenset()
    return known.running


def _found(
    person: Person, portrait: Portrait, pack: PracticePack, marks: Mapping[str, StepMark], *, tests: bool
) -> NextSteps:
    """Return the steps of the period of a portrait. A value under review is no ground for any."""
    rows = {row.quality: row for row in portrait.rows}
    codes = [view.code for view in portrait.qualities if not view.under_review]
    places = [_place(code, rows.get(code)) for code in codes] if portrait.run is not None else []
    known = portrait.known
    set_aside = {key for key, mark in marks.items() if mark.state in PAST}
    ways = {code: [EvidenceWay(kind=WayKind.OWN_WORK)] for code in codes}
    rated, tested = known.rated, tests and known.sits
    for quality, way in (*(_ratings(person) if rated else ()), *(_tests(person) if tested else ())):
        ways.get(quality, []).append(way)
    return next_steps(places, practices=pack, talent_type=person.talent_type, ways=ways, set_aside=set_aside)


def _place(code: str, row: ProfileRow | None) -> Place:
    if row is None:
        return Place(quality=code, mean=0.0, std_error=1.0, lower90=-1.6, upper90=1.6, n_evidence=0, enough=False)
    return Place(quality=code, mean=row.mean, std_error=row.std_error, lower90=row.lower90, upper90=row.upper90,
                 n_evidence=row.n_evidence, enough=row.enough)  # fmt: skip


def _tests(person: Person) -> Iterator[tuple[str, EvidenceWay]]:
    """Yield each quality that an open test of a person asks about."""
    for sitting in open_sittings(person).select_related("test").order_by("pk"):
        way = EvidenceWay(kind=WayKind.TEST, name=sitting.test.name, reference=f"-{sitting.pk}")
        yield from ((quality, way) for quality in ready_test(sitting.test).test.bank.qualities)


def _ratings(person: Person) -> Iterator[tuple[str, EvidenceWay]]:
    """Yield each quality of which a work of a person is being rated."""
    for record in open_rounds(person).order_by("pk"):
        if any(person.code in work.learners for work in plan_of(record).works):
            way = EvidenceWay(kind=WayKind.RATING, name=record.name, reference=f"-{record.pk}")
            yield from ((quality, way) for quality in sorted({one.quality for one in rubric_of(record).criteria}))


def _view(step: NextStep, view: QualityView, mark: StepMark | None, portrait: Portrait) -> StepView:
    words = step.words
    mark = mark if mark is not None and mark.state == StepMark.State.DOING else None
    return StepView(
        key=step.key,
        title=_said(words.title),
        do=_said(words.do),
        reason=_said(words.reason),
        explained=Explanation(
            data=_data(view, portrait),
            method=_said(words.rule),
            reasons=_said(words.reason),
            change=_said(words.change),
            sure=_said(words.sure),
            objection=_(
                "“Not for me” is enough, without a reason; “No steps of my own” ends them all. The value a step rests "
                "on can be contested at that quality below."
            ),
        ),
        begin_at=_begin_at(step),
        contest=view.key if step.way is None else "",
        state=mark.state if mark else "",
        state_name=str(mark.get_state_display()) if mark else "",
        said=mark.said if mark else "",
    )  # fmt: skip


def _begin_at(step: NextStep) -> str:
    """Return where the learner begins, or nothing: a practice is done outside, and a rating by others."""
    if step.way is None or step.way.kind is WayKind.RATING:
        return ""
    if step.way.kind is WayKind.TEST:
        return reverse("sitting", args=[int(step.way.reference.lstrip("-"))])
    return reverse("own_work_add")


def _data(view: QualityView, portrait: Portrait) -> str:
    """Return the evidence behind a step with source and date, the first few by name."""
    period = named_period(portrait.occasion) if portrait.occasion else _("so far")
    computed = f"{localtime(portrait.run.at):%Y-%m-%d}" if portrait.run is not None else ""
    facts = {"quality": view.name, "period": period, "at": computed}
    if not view.evidence:
        return _("Your own portrait (%(period)s, computed %(at)s): no evidence of “%(quality)s” is on record.") % facts
    named = _("; ").join(
        " · ".join(part for part in (line.what, line.source, line.when) if part) for line in view.evidence[:MOST_NAMED]
    )
    more = len(view.evidence) - MOST_NAMED
    rest = ngettext(" and %(n)d more", " and %(n)d more", more) % {"n": more} if more > 0 else ""
    said = _(
        "Your own portrait (%(period)s, computed %(at)s), nobody else's. Evidence of “%(quality)s”: %(named)s%(rest)s."
    )
    return said % {**facts, "named": named, "rest": rest}


def _marked(marks: Mapping[str, StepMark]) -> tuple[MarkedStep, ...]:
    return tuple(
        MarkedStep(key=mark.key, title=_said(mark.title), state_name=str(mark.get_state_display()), said=mark.said,
                   at=mark.at)
        for mark in marks.values()
        if mark.state in PAST
    )  # fmt: skip


def _general(pack: PracticePack) -> tuple[GeneralQuality, ...]:
    """Return every practice of a pack in the order of its framework: the same for everybody."""
    return tuple(
        GeneralQuality(
            name=_said(entry.name),
            practices=tuple(
                (_("Level %(level)d, %(name)s") % {"level": level.rank, "name": _said(level.name)}, _said(found.says))
                for level in entry.levels
                if (found := pack.practice(entry.code, level.rank)) is not None
            ),
        )
        for entry in load_framework(pack.framework).qualities
    )


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
