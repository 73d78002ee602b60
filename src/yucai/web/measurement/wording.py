"""How pages call qualities and places on their scales, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.framework import load_framework

__all__ = ["place_sentence", "quality_name", "run_on"]

FRAMEWORKS: Final = ("nine-qualities", "ai-literacy")


def quality_name(code: str, language: str) -> str:
    """Return the name of a quality in a language; the code where no framework of ours knows it."""
    for framework in FRAMEWORKS:
        for entry in load_framework(framework).qualities:
            if entry.code == code:
                return entry.name.in_language(language)
    return code


def run_on(sentences: Iterable[str]) -> str:
    """Return sentences one after the other, as the language that is active sets them: in Chinese without blanks."""
    chinese = (translation.get_language() or "en").startswith("zh")
    return ("" if chinese else " ").join(filter(None, sentences))


def place_sentence(lower: float, upper: float) -> str:
    """Return what an interval, with its ends as they are printed, says of a place on the scale of the group."""
    if lower > 1:
        return _("Well above the average of the group.")
    if lower > 0:
        return _("Above the average of the group.")
    if upper < -1:
        return _("Well below the average of the group.")
    if upper < 0:
        return _("Below the average of the group.")
    return _("Not clearly above or below the average of the group.")
