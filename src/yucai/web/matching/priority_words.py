"""What is noted of a person, as everybody reads it who may: the list, the case, and the person themself.

One place forms the words, so that staff and student read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.accounts.models import Group
from yucai.web.explaining import Explanation
from yucai.web.matching.case_models import SupportCase
from yucai.web.matching.priority_models import ListCheck, PriorityEntry, PriorityRun, texts_of

__all__ = ["Noted", "against_list", "noted", "said_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What was noted of a person on a day, in the language that was active when it was formed."""

    band: str
    band_code: str
    as_of: date
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    counts: tuple[str, ...]
    step: str
    explained: Explanation


def noted(told: PriorityEntry | SupportCase, *, as_of: date, rules_version: str) -> Noted:
    """Return what an entry of a list, or a case that was opened about one, says."""
    reasons, against, counts = (_said(rows) for rows in (told.reasons, told.against, told.counts))
    unknown = told.band == PriorityEntry.Band.UNKNOWN
    return Noted(
        band=str(told.get_band_display()),
        band_code=told.band,
        as_of=as_of,
        reasons=reasons,
        against=against,
        counts=counts,
        step=said_of(told.step),
        explained=Explanation(
            data=_("Work of this person alone, counted up to %(day)s. %(counts)s")
            % {"day": as_of, "counts": " ".join(counts)},
            method=_("Written rules, version %(version)s. A rule, untested on this institution's own past.")
            % {"version": rules_version},
            reasons=" ".join(reasons),
            change=_("Work that is due or comes, or a score that is corrected: the next list counts anew.")
            if unknown
            else _("Work that comes, an excuse, or a score that is corrected: the next list counts anew."),
            sure=_(
                "The counts are as they stand on record. What they mean for this person nobody knows before a talk."
            ),
            objection=_("With a request from the own case, or from the score itself; somebody else answers it."),
        ),
    )


def against_list(run: PriorityRun, check: ListCheck | None) -> tuple[str, ...]:
    """Return what speaks against a list as a whole: doubts about its work, and what nobody tested or knows yet."""
    told = [*_said(run.doubts)]
    if check is None or not check.tests:
        told.append(
            _("Nobody has tested yet on this institution's own past whether such a list finds those who need help.")
        )
    if run.group is None or run.group.kind != Group.Kind.PRESENTATION:
        told.append(
            _("Records name no due days for classes: what at least half of a class handed in counts as due when its "
              "term ended, or when the class had handed it in. Who was excused by word of mouth is not known here.")
        )  # fmt: skip
    if getattr(run, "newer", False):
        told.append(_("Evidence came in after the list was worked out, and is not in it."))
    return tuple(told)


def said_of(text: Text) -> str:
    """Return a text in the language of the page."""
    return text.in_language(translation.get_language() or "en")


def day_of(moment: datetime) -> str:
    """Return the day of a moment as it is printed."""
    return f"{localtime(moment):%Y-%m-%d}"


def _said(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(said_of(text) for text in texts_of([list(row) for row in rows]))
