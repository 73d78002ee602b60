"""What the chosen talent type aims at: a place for some qualities, a weight for each. From no data, and said so.

A target is where the level begins that the pack of practices names for the type: the same that next steps use. A weight
is the share that the pack of talent types gives a quality. Both are proposals for the school to change; no sum is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.framework import load_framework, load_practices, load_talent_types
from yucai.texts import Text, signed
from yucai.web.measurement.wording import run_on

__all__ = [
    "NO_TYPE",
    "PRACTICES",
    "Aim",
    "TargetsView",
    "TypeChoice",
    "compared_with",
    "shortly_compared",
    "targets_of",
]

PRACTICES: Final = "practices-nine-qualities"
NO_TYPE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeChoice:
    """One talent type to choose from."""

    code: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a type asks of one quality: its share of the weights, and the place to reach where there is one."""

    weight: str
    place: float | None = None
    level: str = ""

    @property
    def said(self) -> str:
        """The place as it is written, or nothing."""
        return signed(self.place) if self.place is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsView:
    """What the chosen type aims at, the types to choose from, and what it all rests on."""

    code: str
    name: str
    definition: str
    note: str
    aims: Mapping[str, Aim]
    choices: tuple[TypeChoice, ...]


def targets_of(framework: str, *, wanted: str | None, own: str) -> TargetsView | None:
    """Return the targets of the type ``wanted`` (a code, or "none"), else of the person's ``own`` type.

    None where no talent types speak of the framework of the institution. Without a type there are no aims.
    """
    pack = load_practices(PRACTICES)
    types = load_talent_types(pack.talent_types)
    if types.framework != framework:
        return None
    known = {kind.code: kind for kind in types.types}
    code = wanted if wanted in known or wanted == NO_TYPE else own if own in known else NO_TYPE
    kind = known.get(code or NO_TYPE)
    levels = pack.targets.get(code or "", {})
    aims = {}
    for entry in load_framework(framework).qualities if kind is not None else ():
        level = levels.get(entry.code)
        named = next((_said(one.name) for one in entry.levels if one.rank == level), "")
        aims[entry.code] = Aim(
            weight=f"{100 * kind.weights.get(entry.code, 0.0):.0f} %" if kind is not None else "",
            place=pack.begins(level) if level is not None else None,
            level=named,
        )
    return TargetsView(
        code=kind.code if kind is not None else "",
        name=_said(kind.name) if kind is not None else "",
        definition=_said(kind.definition) if kind is not None else "",
        note=_note(proposal=types.proposal) if kind is not None else "",
        aims=aims,
        choices=tuple(
            TypeChoice(code=one.code, name=_said(one.name), chosen=one is kind) for one in types.types
        ),
    )  # fmt: skip


def _note(*, proposal: bool) -> str:
    """Return what targets and weights are, and that they rest on no data."""
    said = _(
        "A target is where the level begins that this type aims at; a weight is the share this type gives a quality. "
        "They come from no data, and nothing is added up: there is no total and no rank."
    )
    return run_on((said, _("They are a proposal for the school to discuss and change."))) if proposal else said


def compared_with(aim: Aim | None, printed: tuple[float, float] | None) -> str:
    """Return what an interval, with its ends as they are printed, says of a target; empty where there is none."""
    if aim is None or aim.place is None:
        return ""
    if printed is None:
        return _("Not enough evidence to compare with the target.")
    lower, upper = printed
    target = round(aim.place, 1)
    if upper < target:
        return _("The whole interval lies below the target.")
    if lower >= target:
        return _("The whole interval reaches the target.")
    return _("The interval holds the target: whether it is reached, the evidence does not tell yet.")


def shortly_compared(aim: Aim | None, printed: tuple[float, float] | None) -> str:
    """Return ``compared_with`` in a word or two, for a cell of a table."""
    if aim is None or aim.place is None or printed is None:
        return ""
    lower, upper = printed
    target = round(aim.place, 1)
    return _("below the target") if upper < target else _("reached") if lower >= target else _("cannot tell yet")


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
