"""The portrait of one learner: one reading of the records that page, paper and command line all use.

Words and numbers are formed here once, in the language that is active, so that screen and PDF cannot differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Q
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import step_name
from yucai.framework import Entry, EvidenceMap, load_evidence_map, load_framework
from yucai.measurement import EnoughRule
from yucai.texts import Text, signed
from yucai.web.accounts.contested import Contested, contested_of, quality_key
from yucai.web.accounts.models import Person, Space
from yucai.web.drawing import DotLabels, QualityRow, quality_dots
from yucai.web.evidence.consented import sources_not_used
from yucai.web.evidence.models import DataSource, EvidenceRecord
from yucai.web.explaining import Explanation
from yucai.web.feeds.behind import WeakLine, feed_names, statement_source, weak_lines
from yucai.web.measurement.explained import explained_numbers, explained_quality, model_of
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.wording import place_sentence

__all__ = ["EvidenceLine", "Portrait", "QualityView", "named_period", "portrait_of"]

AI_LITERACY = "ai-literacy"
WIDE, NARROW = 720, 360
YEAR_LENGTH = len("2025-2026")
# What a line of evidence needs of its row: an import keeps much more, which would be read anew for each line.
SHOWN = (
    "person", "rater", "occasion", "score", "max_score", "at", "source_file", "source_sheet", "source_row",
    "item__code", "item__name_en", "item__name_zh", "came_with__source__code",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One record behind a quality, in words."""

    what: str
    score: str
    rater: str
    when: str
    strength: str
    source: str
    record: int = 0
    under_review: bool = False
    statement: int = 0  # the record whose statement can be looked at; 0: it came from no record store


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRow:
    """One quality over the periods: the written place for each, or nothing."""

    name: str
    places: tuple[str, ...]


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
    chart_wide: str
    chart_narrow: str
    chart_says: str
    stale: str = ""  # what changed since the numbers were computed
    weak: tuple[WeakLine, ...] = ()  # what was done that is no score, by source
    contested: frozenset[int] = frozenset()  # the own works that are under review
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


def portrait_of(person: Person, *, at: datetime, occasion: str | None = None) -> Portrait:
    """Return the portrait of a person in a period; without one, in the latest that has evidence.

    Records that rest on a consent which the person does not give at ``at`` are not in it, from that moment.
    """
    space, lived = person.space, _lived(person)
    barred = sources_not_used(person, {source for _when, source, asked in lived if asked}, at=at)
    run = CalibrationRun.objects.filter(space=space, current=True).select_related("space").first()
    rows = list(ProfileRow.objects.filter(run=run, person=person)) if run else []
    occasions = _occasions(person, [when for when, _source, _asked in lived], run)
    chosen = occasion if occasion in occasions else (occasions[-1] if occasions else "")
    contested = contested_of(person)
    lines = _evidence_lines(person, chosen, contested, barred=[source.pk for source in barred])
    here = {row.quality: row for row in rows if row.occasion == chosen}
    framework = load_framework(space.framework)
    layers, method = {entry.code: entry for entry in framework.layers}, model_of(run)
    views = tuple(
        _view(entry, here.get(entry.code), lines, layers, contested, chosen, method=method)
        for entry in framework.qualities
    )
    literacy = tuple(
        _view(entry, here.get(entry.code), lines, {}, contested, chosen, method=method)
        for entry in load_framework(AI_LITERACY).qualities
    )
    says = " ".join(f"{view.name}: {view.sentence}" for view in views)
    return Portrait(
        person=person,
        space=space,
        name=_said(person.name),
        occasion=chosen,
        occasions=occasions,
        qualities=views,
        literacy=literacy if any(view.pieces for view in literacy) else (),
        growth=_growth(framework.qualities, rows, occasions),
        summary=_summary(views),
        reading=_reading(run),
        chart_wide=_chart(views, WIDE, says),
        chart_narrow=_chart(views, NARROW, says),
        chart_says=says,
        stale=what_changed_since(run) or why_no_profiles(space, run, at=at),
        weak=weak_lines(person),
        contested=contested.works,
        not_used=_not_used(barred, run),
        run=run,
        rows=tuple(here.values()),
    )


def _lived(person: Person) -> list[tuple[str, int, bool]]:
    """Return the terms and data sets that a person has evidence of, and whether the data set rests on consent."""
    held = EvidenceRecord.objects.current().filter(person=person)
    found = held.values_list("occasion", "came_with__source", "came_with__source__consent_code").distinct()
    return [(occasion, source, bool(code)) for occasion, source, code in found]


def _occasions(person: Person, lived: Iterable[str], run: CalibrationRun | None) -> tuple[str, ...]:
    """The periods a person has evidence in; school years go on after the first, so that silence is seen as grey."""
    own = {_period(person.space, value) for value in lived}
    if own and person.space.period == Space.Period.SCHOOL_YEAR:
        known = _periods_of(run.pk, run.at) if run is not None else frozenset()
        own |= {year for year in known if year > min(own)}
    return tuple(sorted(own))


@lru_cache(maxsize=64)
def _periods_of(run: int, _at: datetime) -> frozenset[str]:
    """Return the periods of a calibration. They never change, and finding them means reading all its profiles."""
    return frozenset(ProfileRow.objects.filter(run=run).values_list("occasion", flat=True).distinct())


def named_period(occasion: str) -> str:
    """Return what a page calls a period."""
    return occasion or _("no term stated")  # its file named none, and no day tells it


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")


def _period(space: Space, occasion: str) -> str:
    return occasion[:YEAR_LENGTH] if space.period == Space.Period.SCHOOL_YEAR else occasion


def _of_period(space: Space, period: str) -> Q:
    """The records of a period: those of all its terms where a profile covers a school year."""
    if space.period == Space.Period.SCHOOL_YEAR and len(period) == YEAR_LENGTH:
        return Q(occasion__startswith=period)
    return Q(occasion=period)


def _view(
    entry: Entry,
    row: ProfileRow | None,
    lines: Mapping[str, list[tuple[str, EvidenceLine]]],
    layers: Mapping[str, Entry],
    contested: Contested,
    period: str,
    *,
    method: str,
) -> QualityView:
    mine, key = lines.get(entry.code, []), quality_key(entry.code, period)
    enough = row is not None and row.enough
    n = row.n_evidence if row is not None else 0
    kinds = sorted({kind for kind, _line in mine})
    return QualityView(
        code=entry.code,
        name=_said(entry.name),
        definition=_said(entry.definition),
        layer=_said(layers[entry.parent].name) if entry.parent and entry.parent in layers else "",
        mean=row.mean if row is not None and enough else None,
        lower=row.lower90 if row is not None and enough else None,
        upper=row.upper90 if row is not None and enough else None,
        enough=enough,
        clear_strength=row is not None and row.clear_strength,
        pieces=n,
        kinds=_joined(_kind_name(kind) for kind in kinds),
        strength=_strongest(line for _kind, line in mine),
        sentence=place_sentence(*row.printed) if row is not None and enough else _("Not enough evidence yet."),
        what_would_change=_missing(row, len(mine)),
        evidence=tuple(line for _kind, line in mine),
        key=key if row is not None else "",
        under_review=key in contested.qualities or any(line.under_review for _kind, line in mine),
        method=method,
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
    """Return how to read dots and scale, and the six parts of the whole, each with its label."""
    return (
        _("A dot is the best estimate; the line is its 90 % interval: where the true place lies nine times in ten."),
        _("0 is the average of all profiles in this institution; 1 is one standard deviation."),
        *(_("%(label)s: %(says)s") % {"label": part.label, "says": part.says} for part in explained_numbers(run).parts),
    )


def _growth(entries: Iterable[Entry], rows: Iterable[ProfileRow], occasions: tuple[str, ...]) -> tuple[GrowthRow, ...]:
    if len(occasions) < 2:
        return ()
    at = {(row.quality, row.occasion): row for row in rows if row.enough}
    return tuple(
        GrowthRow(
            name=_said(entry.name),
            places=tuple(
                f"{signed(row.mean)} ± {1.645 * row.std_error:.1f}" if (row := at.get((entry.code, when))) else ""
                for when in occasions
            ),
        )
        for entry in entries
    )


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


def _evidence_lines(
    person: Person, period: str, contested: Contested, *, barred: list[int]
) -> dict[str, list[tuple[str, EvidenceLine]]]:
    """Return the records of a period, by the quality they speak of, each with its kind."""
    evidence_map: EvidenceMap = load_evidence_map(person.space.evidence_map)
    records = (
        EvidenceRecord.objects.current()
        .filter(_of_period(person.space, period), person=person)
        .exclude(came_with__source__in=barred)
        .select_related("item", "came_with__source")
        .only(*SHOWN)
        .order_by("item__code", "rater")
    )
    found: dict[str, list[tuple[str, EvidenceLine]]] = defaultdict(list)
    feeds = feed_names(person.space_id)
    for record in records:
        rule = evidence_map.rule_for(record.item.code)
        if rule is None:
            continue
        feed = feeds.get(record.came_with.source.code)
        line = EvidenceLine(
            what=_said(record.item.name),
            score=_score(record),
            rater=record.rater,
            when=record.occasion,
            strength=_strength_name(str(rule.strength)),
            source=_place(record) if feed is None else statement_source(feed, record.at),
            record=record.pk,
            under_review=record.pk in contested.records or _work_of(record) in contested.works,
            statement=0 if feed is None else record.pk,
        )
        found[rule.quality].append((str(rule.kind), line))
    return found


def _work_of(record: EvidenceRecord) -> int:
    """Return the own work that a rating is of; 0 where it is of none."""
    number = record.source_file.removeprefix("own-work-")
    return int(number) if number != record.source_file and number.isdigit() else 0


def _place(record: EvidenceRecord) -> str:
    """Return where a score stands in its file."""
    row = _("row %(row)d") % {"row": record.source_row} if record.source_row else ""
    return " ".join(part for part in (record.source_file, record.source_sheet, row) if part)


def _score(record: EvidenceRecord) -> str:
    """Return a score as its scale has it: 良好 for a level, 86 / 100 for points."""
    step = step_name(record.item.code.rpartition("/")[2], record.score)
    return _said(step) if step is not None else f"{record.score:g} / {record.max_score:g}"


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


def _strength_name(strength: str) -> str:
    return {"strong": _("strong"), "moderate": _("moderate"), "weak": _("weak")}[strength]


def _strongest(lines: Iterable[EvidenceLine]) -> str:
    held = {line.strength for line in lines}
    return next((name for s in ("strong", "moderate", "weak") if (name := _strength_name(s)) in held), "")


def _chart(views: Iterable[QualityView], width: int, says: str) -> str:
    rows = [
        QualityRow(
            name=view.name,
            layer=view.layer,
            mean=view.mean,
            lower=view.lower,
            upper=view.upper,
            enough=view.enough,
            note=ngettext("%(n)d piece", "%(n)d pieces", view.pieces) % {"n": view.pieces} if view.pieces else "",
        )
        for view in views
    ]
    return quality_dots(rows, width=width, labels=dot_labels(_("Nine qualities with 90 % intervals"), says))


def dot_labels(title: str, description: str) -> DotLabels:
    """Return the words beside dots on the scale of the group."""
    return DotLabels(
        title=title,
        description=description,
        low=_("well below the group"),
        middle=_("average of the group"),
        high=_("well above the group"),
        estimate=_("estimate"),
        interval=_("90 % interval"),
        not_enough=_("not enough evidence yet"),
    )
