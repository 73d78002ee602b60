"""Whether the profiles that the pages show still rest on the evidence there is."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import load_profiles
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import Import
from yucai.web.measurement.models import CalibrationRun
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.switches import state_of

__all__ = ["what_changed_since", "why_no_profiles"]


def what_changed_since(run: CalibrationRun | None) -> str:
    """Return a sentence that evidence came, went or was erased after a calibration; empty where profiles stand.

    Tables without scores (class lists, projects ...) change no profile.
    """
    if run is None:
        return ""
    scored = ["", *(code for code, kind in load_profiles().items() if kind.responses is not None)]
    later = Q(at__gt=run.at, undone_at__isnull=True) | Q(at__lte=run.at, undone_at__gt=run.at)
    changes = Import.objects.filter(later, source__space=run.space_id, profile__in=scored).order_by("pk")
    found = list(changes.values_list("file_name", "undone_at"))
    taken = [file for file, undone_at in found if undone_at is None]
    undone = [file for file, undone_at in found if undone_at is not None]
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
