"""Whether the profiles that the pages show still rest on the evidence there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import load_profiles
from yucai.web.accounts.models import Space
from yucai.web.bulk import Part
from yucai.web.evidence.models import Import
from yucai.web.measurement.models import CalibrationRun
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.switches import state_of

__all__ = ["asked_changes", "changes_said", "what_changed_since", "why_no_profiles"]

CHANGES: Final = "changes"


def what_changed_since(run: CalibrationRun | None) -> str:
    """Return a sentence that evidence came, went or was erased after a calibration; empty where profiles stand.

    Tables without scores (class lists, projects ...) change no profile.
    """
    if run is None:
        return ""
    changes = _changes(run).order_by("pk").values_list("file_name", "undone_at")
    return _said(run, [(file, undone_at is not None) for file, undone_at in changes])


def asked_changes(run: CalibrationRun | None) -> dict[str, Part]:
    """Return the question behind ``what_changed_since``, for a page that asks others with it."""
    return {CHANGES: Part(_changes(run), ("pk", "file_name", "undone_at"))} if run is not None else {}


def changes_said(run: CalibrationRun | None, found: Mapping[str, list[tuple[str, ...]]]) -> str:
    """Return what ``what_changed_since`` would, from what was found for ``asked_changes``."""
    if run is None:
        return ""
    rows = sorted(found[CHANGES], key=lambda row: int(row[0]))
    return _said(run, [(file, bool(undone_at)) for _pk, file, undone_at in rows])


def _changes(run: CalibrationRun) -> QuerySet[Import]:
    scored = ["", *(code for code, kind in load_profiles().items() if kind.responses is not None)]
    later = Q(at__gt=run.at, undone_at__isnull=True) | Q(at__lte=run.at, undone_at__gt=run.at)
    return Import.objects.filter(later, source__space=run.space_id, profile__in=scored)


def _said(run: CalibrationRun, found: Sequence[tuple[str, bool]]) -> str:
    """Say what came and went: files in order, each with whether it was undone."""
    taken = [file for file, was_undone in found if not was_undone]
    undone = [file for file, was_undone in found if was_undone]
    parts = []
    if taken:
        words = ngettext("taken in: “%(file)s”", "%(n)d taken in, last “%(file)s”", len(taken))
        parts.append(words % {"n": len(taken), "file": taken[-1]})
    if undone:
        words = ngettext("undone: “%(file)s”", "%(n)d undone, last “%(file)s”", len(undone))
        parts.append(words % {"n": len(undone), "file": undone[-1]})
    if run.erased_people:
        words = ngettext("one person was erased", "%(n)d people were erased", run.erased_people)
        parts.append(words % {"n": run.erased_people})
    if not parts:
        return ""
    return _(
        "The evidence has changed since these profiles were computed on %(at)s (%(what)s). "
        "Compute them anew before you rely on them."
    ) % {"at": f"{localtime(run.at):%Y-%m-%d %H:%M}", "what": _("; ").join(parts)}


def why_no_profiles(space: Space, run: CalibrationRun | None, *, at: datetime) -> str:
    """Return a sentence that profiles are switched off in a space; empty where there are some, or may be."""
    if run is not None:
        return ""
    why = state_of(space, PROFILES.code, at=at).why
    if why is None:
        return ""
    told = why.in_language(translation.get_language() or "en")
    return _("Profiles are not computed in this institution (%(why)s).") % {"why": told}
