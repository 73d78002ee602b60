"""The portrait of one learner: one reading of the records that page, paper and command line all use.

Words and numbers are formed here once, in the language that is active, so that screen and PDF cannot differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import step_name
from yucai.framework import Entry, EvidenceMap, load_evidence_map, load_framework
from yucai.measurement import EnoughRule
from yucai.texts import Text, signed
from yucai.web.accounts.models import Person, Space
from yucai.web.drawing import DotLabels, QualityRow, quality_dots
from yucai.web.evidence.models import DataSource, EvidenceRecord, OwnWork
from yucai.web.evidence.showing import WorkView, works_of
from yucai.web.feeds.behind import WeakLine, feed_names, statement_source, weak_lines
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.wording import place_sentence
from yucai.web.paper import (
    LiteracyRow,
    PortraitLabels,
    PortraitPage,
    PortraitRow,
    PortraitWork,
    portrait_pdf,
)
from yucai.web.registers.data_sets import sources_not_used

__all__ = ["EvidenceLine", "Portrait", "QualityView", "portrait_of", "portrait_paper"]

AI_LITERACY = "ai-literacy"
WIDE, NARROW = 720, 360
YEAR_LENGTH = len("2025-2026")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One record behind a quality, in words."""

    what: str
    score: str
    rater: str
    when: str
    strength: str
    source: str
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
    not_used: tuple[str, ...] = ()  # data sets that rest on a consent which is not given

    @property
    def periods(self) -> tuple[tuple[str, str], ...]:
        """The periods to choose from, each with what a page calls it."""
        return tuple((occasion, _named(occasion)) for occasion in self.occasions)


def portrait_of(person: Person, *, at: datetime, occasion: str | None = None) -> Portrait:
    """Return the portrait of a person in a period; without one, in the latest that has evidence.

    Records that rest on a consent which the person does not give at ``at`` are not in it, from that moment.
    """
    space, lived = person.space, _lived(person)
    barred = sources_not_used(person, {source for _when, source, asked in lived if asked}, at=at)
    run = CalibrationRun.objects.filter(space=space, current=True).first()
    rows = list(ProfileRow.objects.filter(run=run, person=person)) if run else []
    occasions = _occasions(person, [when for when, _source, _asked in lived], run)
    chosen = occasion if occasion in occasions else (occasions[-1] if occasions else "")
    lines = _evidence_lines(person, chosen, barred=[source.pk for source in barred])
    here = {row.quality: row for row in rows if row.occasion == chosen}
    framework = load_framework(space.framework)
    layers = {entry.code: entry for entry in framework.layers}
    views = tuple(_view(entry, here.get(entry.code), lines, layers) for entry in framework.qualities)
    literacy = tuple(_view(entry, here.get(entry.code), lines, {}) for entry in load_framework(AI_LITERACY).qualities)
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
        reading=_reading(),
        chart_wide=_chart(views, WIDE, says),
        chart_narrow=_chart(views, NARROW, says),
        chart_says=says,
        stale=what_changed_since(run) or why_no_profiles(space, run, at=at),
        weak=weak_lines(person),
        not_used=_not_used(barred, run),
    )


def portrait_paper(person: Person, *, occasion: str | None, language: str, by: str, at: datetime) -> bytes:
    """Return the portrait as a PDF, in the words and numbers of the page."""
    code = "zh-hans" if language.startswith("zh") else "en"
    with translation.override(code):
        return portrait_pdf(
            _page(portrait_of(person, at=at, occasion=occasion), language=code[:2], by=by, at=at), at=at
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
        known = ProfileRow.objects.filter(run=run).values_list("occasion", flat=True).distinct()
        own |= {year for year in known if year > min(own)}
    return tuple(sorted(own))


def _named(occasion: str) -> str:
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
) -> QualityView:
    mine = lines.get(entry.code, [])
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


def _reading() -> tuple[str, ...]:
    rule = EnoughRule()
    facts = {"n": rule.min_evidence, "share": round(100 * rule.min_reliability)}
    return (
        _("A dot is the best estimate; the line is its 90 % interval: where the true place lies nine times in ten."),
        _("0 is the average of all profiles in this institution; 1 is one standard deviation."),
        _("Grey means not enough evidence (at least %(n)d pieces and a reliability of %(share)d %%), never low.")
        % facts,
        _("There is no total: the qualities are a language for talks, not a formula."),
        _("If something is wrong, tell your adviser: evidence can be corrected, and you can object to any result."),
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


def _evidence_lines(person: Person, period: str, *, barred: list[int]) -> dict[str, list[tuple[str, EvidenceLine]]]:
    """Return the records of a period, by the quality they speak of, each with its kind."""
    evidence_map: EvidenceMap = load_evidence_map(person.space.evidence_map)
    records = (
        EvidenceRecord.objects.current()
        .filter(_of_period(person.space, period), person=person)
        .exclude(came_with__source__in=barred)
        .select_related("item", "came_with__source")
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
            statement=0 if feed is None else record.pk,
        )
        found[rule.quality].append((str(rule.kind), line))
    return found


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


def _weakness(work: WorkView) -> tuple[int, int, bool]:
    """Return where a work stands among others on paper: the strongest first, the newest of equals first."""
    states = (OwnWork.State.VERIFIED, OwnWork.State.WAITING, OwnWork.State.RETURNED)
    standing = [str(state) for state in states].index(work.state)
    return ("strong", "moderate", "weak").index(work.strength), standing, not work.rating


def _work(work: WorkView) -> PortraitWork:
    """Return an own work in the words of the page on screen."""
    facts = (work.kind, work.level, f"{work.done_on:%Y-%m-%d}", work.team, work.quality)
    decided = (work.decided_by, f"{localtime(work.decided_at):%Y-%m-%d}") if work.decided_at is not None else ()
    strength = _("strength: %(strength)s") % {"strength": work.strength_name}
    standing = (work.state_name, strength, *decided, work.rating)
    return PortraitWork(
        title=work.title,
        facts=" · ".join(part for part in facts if part),
        standing=" · ".join(part for part in standing if part),
        short=" · ".join(part for part in (*facts[:3], *standing) if part),
        reason=work.strength_reason,
    )


def _page(portrait: Portrait, *, language: str, by: str, at: datetime) -> PortraitPage:
    simulated = portrait.space.simulated
    printed = _("Printed %(at)s by %(by)s.") % {"at": date_format(localtime(at), "Y-m-d H:i"), "by": by}
    return PortraitPage(
        language=language,
        space=_said(portrait.space.name),
        learner=portrait.name,
        number=portrait.person.code,
        cohort=portrait.person.cohort,
        occasion=_named(portrait.occasion),
        simulated=simulated,
        banner=_("Simulated data: nobody on this page exists.") if simulated else "",
        summary=(*([portrait.stale] if portrait.stale else []), *portrait.not_used, *portrait.summary),
        chart=portrait.chart_wide,
        chart_alt=portrait.chart_says,
        rows=tuple(
            PortraitRow(
                name=view.name,
                layer=view.layer,
                sentence=view.sentence,
                place=view.place,
                pieces=view.pieces,
                kinds=view.kinds,
                strength=view.strength,
                enough=view.enough,
            )
            for view in portrait.qualities
        ),
        literacy=tuple(
            LiteracyRow(name=view.name, sentence=view.sentence, enough=view.enough) for view in portrait.literacy
        ),
        works=tuple(_work(view) for view in sorted(works_of(portrait.person), key=_weakness)),
        reading=portrait.reading,
        printed=printed,
        attribution="" if simulated else _said(portrait.space.attribution),
        labels=PortraitLabels(
            title=_("Portrait of a learner"),
            name=_("Name"),
            number=_("Number"),
            cohort=_("Entry year"),
            occasion=_("Period"),
            summary=_("In short"),
            qualities=_("Nine qualities"),
            quality=_("Quality"),
            sentence=_("What the evidence says"),
            place=_("Estimate [90 % interval]"),
            pieces=_("Pieces"),
            kinds=_("Kinds of evidence"),
            strength=_("Strongest"),
            literacy=_("AI literacy"),
            reading=_("How to read this page"),
            signatures=(_("Student"), _("Adviser")),
            seal=_("Seal"),
            page=_("Page {page} of {pages}"),
            works=_("Own works"),
            works_note=_(
                "Put in by the student. Only what a named person verified and rated is measured; the rest is shown and "
                "not measured."
            ),
            works_more=_("and {n} more, on the screen"),
            works_none=_("Listed on the screen: {n}"),
        ),
    )
