"""The portrait of one learner: one reading of the records that page, paper and command line all use.

Words and numbers are formed here once, in the language that is active, so that screen and PDF cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.framework import Entry, load_framework
from yucai.measurement import EnoughRule
from yucai.texts import Text, signed
from yucai.web.accounts.contested import Contested, quality_key
from yucai.web.accounts.models import Person, Space
from yucai.web.bulk import Part
from yucai.web.drawing import DotLabels, QualityRow
from yucai.web.evidence.consented import sources_not_used
from yucai.web.evidence.models import DataSource
from yucai.web.explaining import Explanation
from yucai.web.feeds.behind import WeakLine
from yucai.web.measurement.calibrations import current_run
from yucai.web.measurement.explained import explained_numbers, explained_quality, model_of
from yucai.web.measurement.freshness import asked_changes, changes_said, what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.portrait_charts import (
    CHARTS,
    DOTS,
    RADAR,
    dot_labels,
    draw_chart,
    growth_line,
    growth_place,
)
from yucai.web.measurement.portrait_known import Known, known_of
from yucai.web.measurement.portrait_lines import (
    EvidenceLine,
    evidence_lines,
    occasions_of,
    records_of,
    strength_name,
)
from yucai.web.measurement.portrait_targets import Aim, TargetsView, compared_with, shortly_compared, targets_of
from yucai.web.measurement.wording import place_sentence, run_on
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.tested import tested_words

__all__ = [
    "EvidenceLine",
    "Ground",
    "Portrait",
    "PortraitWish",
    "QualityView",
    "ground_of",
    "named_period",
    "portrait_of",
]

AI_LITERACY = "ai-literacy"
WIDE, NARROW = 720, 360
STRENGTHS: Final = ("strong", "moderate", "weak")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitWish:
    """How somebody wants to see a portrait: the period, the kind of chart, the talent type. None: as it is for most."""

    occasion: str | None = None
    chart: str = DOTS
    talent_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all portraits of an institution stand on: its calibration, and what changed since, in words."""

    run: CalibrationRun | None
    stale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """One quality as it is shown: numbers, or that there is not enough evidence, and what the evidence is."""

    code: str
    name: str
    definition: str
    layer: str
    mean: float | None
    lower: float | None
    upper: float | None
    enough: bool
    clear_strength: bool
    pieces: int
    kinds: str
    strength: str
    sentence: str
    what_would_change: str
    evidence: tuple[EvidenceLine, ...]
    key: str = ""  # how a request names this value
    under_review: bool = False
    method: str = ""  # by which model
    aim: Aim | None = None  # what the chosen talent type asks of it
    compared: str = ""  # how the interval lies to the target, in a sentence
    shortly: str = ""  # the same in a word or two

    @property
    def explained(self) -> Explanation:
        """The six parts of this value, in the language that is active."""
        return explained_quality(
            name=self.name, sentence=self.sentence, place=self.place, missing=self.what_would_change,
            pieces=len(self.evidence), kinds=self.kinds, method=self.method,
        )  # fmt: skip

    @property
    def place(self) -> str:
        """The numbers as they are written: the estimate and its interval, or nothing."""
        if not self.enough or self.mean is None or self.lower is None or self.upper is None:
            return ""
        return f"{signed(self.mean)} [{signed(self.lower)}, {signed(self.upper)}]"

    @property
    def target(self) -> str:
        """The target as a table writes it, with how the interval lies to it; empty where the type names none."""
        if self.aim is None or self.aim.place is None:
            return ""
        return " · ".join(part for part in (self.aim.said, self.shortly) if part)

    @property
    def says(self) -> str:
        """Everything the chart and its table show of this quality, as plain sentences, in the language active."""
        parts = [_("%(name)s: %(sentence)s") % {"name": self.name, "sentence": self.sentence}]
        if self.place and self.mean is not None and self.lower is not None and self.upper is not None:
            facts = {"mean": signed(self.mean), "lower": signed(self.lower), "upper": signed(self.upper)}
            parts.append(_("Estimate %(mean)s, nine times in ten from %(lower)s to %(upper)s.") % facts)
        parts.append(
            ngettext("%(n)d piece of evidence.", "%(n)d pieces of evidence.", self.pieces) % {"n": self.pieces}
        )
        if self.aim is not None:
            parts.append(_("Weight %(weight)s.") % {"weight": self.aim.weight})
            if self.aim.place is not None:
                parts.append(
                    _("Target %(target)s: %(compared)s") % {"target": self.aim.said, "compared": self.compared}
                )
        return run_on(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRow:
    """One quality over the periods: the written place for each, or nothing; and the same as a small line."""

    name: str
    places: tuple[str, ...]
    line: str
    periods: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Each place with what a page calls its period."""
        return tuple(zip(self.places, self.periods, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """All that a portrait says, in the language that was active when it was formed."""

    person: Person
    space: Space
    name: str
    occasion: str
    occasions: tuple[str, ...]
    qualities: tuple[QualityView, ...]
    literacy: tuple[QualityView, ...]
    growth: tuple[GrowthRow, ...]
    summary: tuple[str, ...]
    reading: tuple[str, ...]
    chart: str
    labels: DotLabels
    known: Known
    targets: TargetsView | None = None  # of the chosen talent type; None: the institution has none to choose from
    stale: str = ""  # what changed since the numbers were computed
    not_used: tuple[str, ...] = ()  # data sets that rest on a consent which is not given
    run: CalibrationRun | None = None  # by which the numbers were computed
    rows: tuple[ProfileRow, ...] = ()  # the numbers of the period as they are kept

    @property
    def explained(self) -> Explanation:
        """The six parts of the whole portrait, in the language that is active."""
        return explained_numbers(self.run)

    @property
    def periods(self) -> tuple[tuple[str, str], ...]:
        """The periods to choose from, each with what a page calls it."""
        return tuple((occasion, named_period(occasion)) for occasion in self.occasions)

    @property
    def radar(self) -> bool:
        """Whether the chart is a radar."""
        return self.chart == RADAR

    @property
    def weak(self) -> tuple[WeakLine, ...]:
        """What was done that is no score, by source."""
        return self.known.weak

    @property
    def contested(self) -> frozenset[int]:
        """The own works that are under review."""
        return self.known.contested.works

    @property
    def chart_says(self) -> str:
        """What the chart shows, in sentences."""
        return self.labels.description

    @property
    def chart_wide(self) -> str:
        """The chart for a desk."""
        return self.drawn(WIDE)

    @property
    def chart_narrow(self) -> str:
        """The chart for a phone."""
        return self.drawn(NARROW)

    def drawn(self, width: int, *, notes: bool = True) -> str:
        """Return the chart as SVG, with or without how much evidence there is at its side."""
        rows = [
            QualityRow(
                name=view.name,
                layer=view.layer,
                mean=view.mean,
                lower=view.lower,
                upper=view.upper,
                enough=view.enough,
                note=_pieces(view.pieces) if notes and view.pieces else "",
                target=view.aim.place if view.aim is not None else None,
            )
            for view in self.qualities
        ]
        return draw_chart(self.chart, rows, width=width, labels=self.labels)


def ground_of(space: Space, *, at: datetime) -> Ground:
    """Return what all portraits of an institution stand on."""
    run = current_run(space)
    return Ground(run=run, stale=what_changed_since(run) or why_no_profiles(space, run, at=at))


def _ground(space: Space, run: CalibrationRun | None, known: Known, *, at: datetime) -> Ground:
    """Return the same for one portrait, from what was asked with it."""
    off = "" if PROFILES.code in known.running else why_no_profiles(space, run, at=at)
    return Ground(run=run, stale=changes_said(run, known.also) or off)


def portrait_of(
    person: Person,
    *,
    at: datetime,
    occasion: str | None = None,
    wish: PortraitWish | None = None,
    ground: Ground | None = None,
    also: Mapping[str, Part] | None = None,
) -> Portrait:
    """Return the portrait of a person in a period; without one, in the latest that has evidence.

    Records that rest on a consent which the person does not give at ``at`` are not in it, from that moment. ``ground``
    is what several portraits share; ``also`` are small questions of a page, answered in ``known.also``.
    """
    wish = wish or PortraitWish(occasion=occasion)
    space, records = person.space, records_of(person)
    barred = sources_not_used(person, {one.source for one in records if one.consent}, at=at)
    rows = list(_profiles(person, ground))
    run = ground.run if ground is not None else rows[0].run if rows else current_run(space)
    occasions = occasions_of(space, (one.occasion for one in records), run)
    chosen = wish.occasion if wish.occasion in occasions else (occasions[-1] if occasions else "")
    known = known_of(person, at=at, also={**(also or {}), **({} if ground is not None else asked_changes(run))})
    ground = ground or _ground(space, run, known, at=at)
    lines = evidence_lines(space, records, chosen or "", known.contested, barred={source.pk for source in barred})
    framework = load_framework(space.framework)
    targets = targets_of(space.framework, wanted=wish.talent_type, own=person.talent_type)
    here = _Here(
        rows={row.quality: row for row in rows if row.occasion == chosen},
        lines=lines,
        contested=known.contested,
        period=chosen or "",
        method=model_of(ground.run),
        aims=targets.aims if targets is not None else {},
    )
    views = tuple(here.view(entry, framework.layers) for entry in framework.qualities)
    literacy = tuple(here.view(entry, ()) for entry in load_framework(AI_LITERACY).qualities)
    return Portrait(
        person=person,
        space=space,
        name=_said(person.name),
        occasion=chosen or "",
        occasions=occasions,
        qualities=views,
        literacy=literacy if any(view.pieces for view in literacy) else (),
        growth=_growth(framework.qualities, rows, occasions),
        summary=_summary(views),
        reading=_reading(ground.run),
        chart=wish.chart if wish.chart in CHARTS else DOTS,
        labels=_labels(views, targets),
        known=known,
        targets=targets,
        stale=ground.stale,
        not_used=_not_used(barred, ground.run),
        run=ground.run,
        rows=tuple(here.rows.values()),
    )


def _profiles(person: Person, ground: Ground | None) -> Iterable[ProfileRow]:
    """Return the numbers of a person in the calibration that counts, of all periods, with that calibration."""
    found = ProfileRow.objects.filter(person=person)
    if ground is None:
        return found.filter(run__space=person.space_id, run__current=True).select_related("run")
    return found.filter(run=ground.run) if ground.run is not None else ()


def named_period(occasion: str) -> str:
    """Return what a page calls a period."""
    return occasion or _("no term stated")  # its file named none, and no day tells it


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """What is known of the period that is shown, by quality."""

    rows: Mapping[str, ProfileRow]
    lines: Mapping[str, list[tuple[str, EvidenceLine]]]
    contested: Contested
    period: str
    method: str
    aims: Mapping[str, Aim]

    def view(self, entry: Entry, layers: Collection[Entry]) -> QualityView:
        """Return one quality as it is shown."""
        mine, key, row = self.lines.get(entry.code, []), quality_key(entry.code, self.period), self.rows.get(entry.code)
        known = row if row is not None and row.enough else None
        aim = self.aims.get(entry.code)
        return QualityView(
            code=entry.code,
            name=_said(entry.name),
            definition=_said(entry.definition),
            layer=next((_said(layer.name) for layer in layers if layer.code == entry.parent), ""),
            mean=known.mean if known is not None else None,
            lower=known.lower90 if known is not None else None,
            upper=known.upper90 if known is not None else None,
            enough=known is not None,
            clear_strength=known is not None and known.clear_strength,
            pieces=row.n_evidence if row is not None else 0,
            kinds=_joined(_kind_name(kind) for kind in sorted({kind for kind, _line in mine})),
            strength=_strongest(line for _kind, line in mine),
            sentence=place_sentence(*known.printed) if known is not None else _("Not enough evidence yet."),
            what_would_change=_missing(row, len(mine)),
            evidence=tuple(line for _kind, line in mine),
            key=key if row is not None else "",
            under_review=key in self.contested.qualities or any(line.under_review for _kind, line in mine),
            method=self.method,
            aim=aim,
            compared=compared_with(aim, known.printed if known is not None else None),
            shortly=shortly_compared(aim, known.printed if known is not None else None),
        )


def _missing(row: ProfileRow | None, recorded: int) -> str:
    """Return what is missing for a quality to be shown; evidence that came after the calibration is not passed over."""
    if row is None and recorded:
        return ngettext(
            "%(n)d piece is recorded, but the current calibration does not use it: it came later or says nothing.",
            "%(n)d pieces are recorded, but the current calibration does not use them: they came later or say nothing.",
            recorded,
        ) % {"n": recorded}
    why = EnoughRule().why_not(row.n_evidence, row.std_error) if row is not None else EnoughRule().why_not(0, 1.0)
    return _said(why) if why is not None else ""


def _summary(views: Iterable[QualityView]) -> tuple[str, ...]:
    views = list(views)
    strong = [view.name for view in views if view.clear_strength]
    grey = [view.name for view in views if not view.enough]
    said = []
    if strong:
        said.append(_("Clear strengths: %(names)s.") % {"names": _joined(strong)})
    if grey:
        said.append(_("Not enough evidence yet: %(names)s.") % {"names": _joined(grey)})
    if not strong and len(grey) < len(views):
        said.append(_("No quality stands clearly above the average of the group so far."))
    return tuple(said)


def _reading(run: CalibrationRun | None) -> tuple[str, ...]:
    """Return how to read dots and scale, the six parts of the whole with their labels, and where this was tested."""
    return (
        _("A dot is the best estimate; the line is its 90 % interval: where the true place lies nine times in ten."),
        _("0 is the average of all profiles in this institution; 1 is one standard deviation."),
        *(_("%(label)s: %(says)s") % {"label": part.label, "says": part.says} for part in explained_numbers(run).parts),
        tested_words(PROFILES),
    )


def _growth(entries: Iterable[Entry], rows: Iterable[ProfileRow], occasions: tuple[str, ...]) -> tuple[GrowthRow, ...]:
    if len(occasions) < 2:
        return ()
    at = {(row.quality, row.occasion): row for row in rows}
    grown = []
    for entry in entries:
        mine = [(named_period(when), at.get((entry.code, when))) for when in occasions]
        places = tuple(growth_place(row) for _when, row in mine)
        name, periods = _said(entry.name), tuple(when for when, _row in mine)
        grown.append(GrowthRow(name=name, places=places, line=growth_line(name, mine), periods=periods))
    return tuple(grown)


def _not_used(barred: Iterable[DataSource], run: CalibrationRun | None) -> tuple[str, ...]:
    """Return what is said of data sets that may not be used of somebody; the numbers follow with the next run."""
    said = _(
        "“%(name)s” is not used: it rests on consent, and there is none now. Its records stay on record and are shown "
        "to nobody here."
    )
    lines = [said % {"name": _said(source.name)} for source in barred]
    if lines and run is not None:
        at = f"{localtime(run.at):%Y-%m-%d %H:%M}"
        lines.append(_("The numbers below were computed on %(at)s; what is not used leaves them when they are next "
                       "computed.") % {"at": at})  # fmt: skip
    return tuple(lines)


def _joined(words: Iterable[str]) -> str:
    return _(", ").join(words)


def _kind_name(kind: str) -> str:
    return {
        "exam": _("exam"),
        "assignment": _("assignment"),
        "rating": _("rating"),
        "test": _("test"),
        "survey": _("survey"),
        "award": _("award"),
        "behaviour": _("behaviour"),
    }[kind]


def _strongest(lines: Iterable[EvidenceLine]) -> str:
    held = {line.strength for line in lines}
    return next((name for one in STRENGTHS if (name := strength_name(one)) in held), "")


def _labels(views: Iterable[QualityView], targets: TargetsView | None) -> DotLabels:
    """Return the words beside the chart; its description says all that it shows."""
    says = run_on(view.says for view in views)
    target = _("target: %(type)s (proposal)") % {"type": targets.name} if targets is not None and targets.aims else ""
    return dot_labels(_("Nine qualities with 90 % intervals"), says, target=target)


def _pieces(n: int) -> str:
    return ngettext("%(n)d piece", "%(n)d pieces", n) % {"n": n}
