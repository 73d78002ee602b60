"""The portrait on paper: in the words and numbers of the page."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.web.accounts.models import Person
from yucai.web.evidence.models import OwnWork
from yucai.web.evidence.showing import WorkView, works_of
from yucai.web.measurement.portraits import Portrait, PortraitWish, QualityView, named_period, portrait_of
from yucai.web.measurement.wording import run_on
from yucai.web.paper import (
    GrowthLine,
    LiteracyRow,
    PortraitLabels,
    PortraitPage,
    PortraitRow,
    PortraitWork,
    portrait_pdf,
)

__all__ = ["code_of", "portrait_page", "portrait_paper"]

PAPER_WIDE, PAPER_BESIDE = 640, 560  # pixels of the chart: alone, and with the growth at its side


def portrait_paper(
    person: Person,
    *,
    occasion: str | None = None,
    language: str,
    by: str,
    at: datetime,
    wish: PortraitWish | None = None,
) -> bytes:
    """Return the portrait as a PDF, in the words and numbers of the page."""
    code = code_of(language)
    with translation.override(code):
        shown = portrait_of(person, at=at, wish=wish or PortraitWish(occasion=occasion))
        return portrait_pdf(portrait_page(shown, language=code[:2], by=by, at=at), at=at)


def code_of(language: str) -> str:
    """Return how the pages call a language that somebody reads."""
    return "zh-hans" if language.startswith("zh") else "en"


def _reviewed(view: QualityView) -> str:
    return _("%(sentence)s (under review)") % {"sentence": view.sentence} if view.under_review else view.sentence


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


def portrait_page(portrait: Portrait, *, language: str, by: str, at: datetime) -> PortraitPage:
    """Return a portrait as it is set on paper, in the language that is active."""
    simulated = portrait.space.simulated
    printed = _("Printed %(at)s by %(by)s.") % {"at": date_format(localtime(at), "Y-m-d H:i"), "by": by}
    return PortraitPage(
        language=language,
        space=portrait.space.name.in_language(language),
        learner=portrait.name,
        number=portrait.person.code,
        cohort=portrait.person.cohort,
        occasion=named_period(portrait.occasion),
        simulated=simulated,
        banner=_("Simulated data: nobody on this page exists.") if simulated else "",
        summary=(*([portrait.stale] if portrait.stale else []), *portrait.not_used, *portrait.summary),
        chart=portrait.drawn(PAPER_WIDE if portrait.radar or not portrait.growth else PAPER_BESIDE, notes=False),
        chart_alt=portrait.chart_says,
        rows=tuple(
            PortraitRow(
                name=view.name,
                layer=view.layer,
                sentence=_reviewed(view),
                place=view.place,
                pieces=view.pieces,
                kinds=view.kinds,
                strength=view.strength,
                enough=view.enough,
                target=view.target,
                weight=view.aim.weight if view.aim is not None else "",
            )
            for view in portrait.qualities
        ),
        talent_type=_type(portrait),
        periods=tuple(name for _when, name in portrait.periods) if portrait.growth else (),
        growth=tuple(GrowthLine(name=row.name, places=row.places) for row in portrait.growth),
        literacy=tuple(
            LiteracyRow(name=view.name, sentence=_reviewed(view), enough=view.enough, place=view.place)
            for view in portrait.literacy
        ),
        works=tuple(_work(view) for view in sorted(_works(portrait, at=at), key=_weakness)),
        reading=portrait.reading,
        printed=printed,
        attribution="" if simulated else portrait.space.attribution.in_language(language),
        labels=_labels(),
    )


def _works(portrait: Portrait, *, at: datetime) -> tuple[WorkView, ...]:
    return works_of(portrait.person, at=at, contested=portrait.contested, known=portrait.known.works)


def _type(portrait: Portrait) -> str:
    """Return what is said of the chosen talent type and of what its targets rest on, or nothing."""
    chosen = portrait.targets
    if chosen is None or not chosen.aims:
        return ""
    return run_on((_("Talent type: %(name)s.") % {"name": chosen.name}, chosen.definition, chosen.note))


def _labels() -> PortraitLabels:
    return PortraitLabels(
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
        target=_("Target"),
        weight=_("Weight"),
        growth=_("Growth over the periods"),
        growth_note=_("Estimate ± half of its 90 % interval. Where two intervals overlap, do not read a change."),
    )
