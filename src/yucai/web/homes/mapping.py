"""The map of a student: what is asked, what is known, what is missing; formed of the portrait that staff see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.framework import PracticePack, load_framework, load_practices, load_talent_types
from yucai.texts import Text
from yucai.web.measurement.portraits import Portrait, QualityView

__all__ = ["MapLine", "StudentMap", "student_map"]

PRACTICES = "practices-nine-qualities"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLine:
    """One quality: what is asked of it, where the student stands in the words of the portrait, and what is missing."""

    view: QualityView
    asked: str
    gap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentMap:
    """All qualities, and from where what is asked comes; ``aim`` is empty where nothing is asked."""

    aim: str
    lines: tuple[MapLine, ...]


def student_map(portrait: Portrait) -> StudentMap:
    """Return the map of a portrait, in the language that is active. Its words and numbers are the portrait's own."""
    pack = load_practices(PRACTICES)
    targets = _targets(pack, portrait)
    levels = _levels(portrait)
    lines = tuple(
        MapLine(view=view, asked=levels.get((view.code, targets.get(view.code, 0)), ""), gap=_gap(view, pack, targets))
        for view in portrait.qualities
    )
    return StudentMap(aim=_aim(pack, portrait) if targets else "", lines=lines)


def _targets(pack: PracticePack, portrait: Portrait) -> Mapping[str, int]:
    if pack.framework != portrait.space.framework:
        return {}
    return pack.targets.get(portrait.person.talent_type, {})


def _levels(portrait: Portrait) -> dict[tuple[str, int], str]:
    """Return what each level of each quality is called, with its rank."""
    return {
        (entry.code, level.rank): _("Level %(level)d, %(name)s") % {"level": level.rank, "name": _said(level.name)}
        for entry in load_framework(portrait.space.framework).qualities
        for level in entry.levels
    }


def _aim(pack: PracticePack, portrait: Portrait) -> str:
    kinds = {kind.code: kind.name for kind in load_talent_types(pack.talent_types).types}
    kind = _said(kinds[portrait.person.talent_type])
    return _("What is asked is the aim for your talent type, “%(kind)s”. %(note)s") % {
        "kind": kind,
        "note": _said(pack.note),
    }


def _gap(view: QualityView, pack: PracticePack, targets: Mapping[str, int]) -> str:
    """Return what is missing: by the interval as it is printed, so that words and numbers do not contradict."""
    if not view.enough or view.lower is None or view.upper is None:
        return view.what_would_change
    level = targets.get(view.code)
    if level is None:
        return _("No level is asked of it.")
    begins = pack.begins(level)
    if round(view.upper, 1) < begins:
        return _("The whole interval lies below what is asked.")
    if round(view.lower, 1) >= begins:
        return _("The whole interval lies at what is asked, or above it.")
    return _("The interval holds what is asked: it cannot be told yet.")


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
