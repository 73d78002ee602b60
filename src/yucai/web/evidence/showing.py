"""Own works as they are shown: words formed once, in the language that is active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Prefetch
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.evidence import AwardLevel, Proof, WorkKind, link_address, own_work_item
from yucai.framework import load_evidence_map, load_framework
from yucai.texts import Text
from yucai.web.accounts.contested import works_under_review
from yucai.web.accounts.models import Person
from yucai.web.bulk import Part
from yucai.web.evidence.consented import usable_works, works_on_consent
from yucai.web.evidence.models import OwnWork, WorkTakenBack
from yucai.web.evidence.own_works import criterion_of, judged_strength, rated_before

__all__ = [
    "TakenBackView",
    "WorkView",
    "WorksKnown",
    "asked_works",
    "show_work",
    "show_works",
    "works_known",
    "works_of",
]


TAKEN_BACK: Final = "taken-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBackView:
    """What was taken back of a decision, by whom, when and why."""

    what: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """One own work in words. ``counts`` says whether and how it is measured."""

    pk: int
    person: Person
    title: str
    kind: str
    level: str
    done_on: date
    part: str
    team: str
    quality: str
    proof: str
    link: str
    address: str
    ai_used: bool
    ai: tuple[tuple[str, str], ...]
    file_name: str
    file_size: str
    state: str
    state_name: str
    added_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    strength: str
    strength_name: str
    strength_reason: str
    rating: str
    anchor: str
    counts: str
    replaces: int | None
    replaced_by: int | None
    replaceable: bool
    taken_back: tuple[TakenBackView, ...]
    under_review: bool = False

    @property
    def waiting(self) -> bool:
        """Whether somebody has still to decide on it."""
        return self.state == OwnWork.State.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksKnown:
    """What is known of a person's works before they are asked for: of anything that is not there nothing is asked."""

    any: bool = True
    taken_back: bool = True
    on_consent: bool = True  # whether own works rest on a consent somewhere


def asked_works(person: Person) -> dict[str, Part]:
    """Return the questions of ``WorksKnown``; ``works_known`` reads the answers."""
    shown = OwnWork.objects.filter(person=person).exclude(state=OwnWork.State.WITHDRAWN)
    return {
        "works": Part(shown, ("pk",)),
        "works-taken-back": Part(WorkTakenBack.objects.filter(work__person=person), ("pk",)),
        "works-on-consent": Part(works_on_consent(), ("pk",)),
    }


def works_known(found: Mapping[str, list[tuple[str, ...]]]) -> WorksKnown:
    """Return what is known of a person's works, from the answers by name."""
    return WorksKnown(
        any=bool(found["works"]),
        taken_back=bool(found["works-taken-back"]),
        on_consent=bool(found["works-on-consent"]),
    )


def works_of(
    person: Person, *, at: datetime, contested: Set[int], known: WorksKnown | None = None
) -> tuple[WorkView, ...]:
    """Return the works to show on a person's portrait, newest first: not those withdrawn or corrected since.

    ``contested`` are the numbers of those that are under review; ``known`` spares questions.
    None where they rest on a consent that does not hold at the moment.
    """
    known = known or WorksKnown()
    if not known.any:
        return ()
    held = OwnWork.objects.filter(person=person).exclude(state=OwnWork.State.WITHDRAWN).order_by("-done_on", "-pk")
    held = held.select_related("decided_by", "replaces", "replaced_by")
    if known.taken_back:
        back_again = WorkTakenBack.objects.select_related("by")
        held = held.prefetch_related(Prefetch("taken_back", back_again), Prefetch("replaces__taken_back", back_again))
    works = list(usable_works(held, at=at) if known.on_consent else held)
    for work in works:
        work.person = person
        for one in (work, work.replaces) if not known.taken_back else ():
            if one is not None:  # as if it had been asked for
                held_back: dict[str, Any] = {"taken_back": WorkTakenBack.objects.none()}
                one._prefetched_objects_cache = held_back  # type: ignore[attr-defined]
    back = {work.pk for work in works if _is_taken_back(work)}
    gone = back | {work.replaces_id for work in works if work.verified}
    shown = [work for work in works if work.pk not in gone and not _was_corrected(work)]
    return tuple(_shown(work, under_review=work.pk in contested) for work in shown)


def _is_taken_back(work: OwnWork) -> bool:
    """Whether the decision on a work was taken back; its student was asked for it anew."""
    return any(taken.what == WorkTakenBack.What.DECISION for taken in work.taken_back.all())


def _was_corrected(work: OwnWork) -> bool:
    return work.state == OwnWork.State.RETURNED and hasattr(work, "replaced_by")


def show_works(works: Iterable[OwnWork]) -> tuple[WorkView, ...]:
    """Return works in words, in the order they came."""
    works = list(works)
    contested = works_under_review(work.pk for work in works)
    return tuple(_shown(work, under_review=work.pk in contested) for work in works)


def show_work(work: OwnWork) -> WorkView:
    """Return one work in words."""
    return show_works([work])[0]


def _shown(work: OwnWork, *, under_review: bool) -> WorkView:
    judged = judged_strength(work)
    successor = work.replaced_by.pk if hasattr(work, "replaced_by") else None
    rating, anchor = _rating(work)
    return WorkView(
        pk=work.pk,
        person=work.person,
        title=work.title,
        kind=_said(WorkKind(work.kind).says),
        level=_said(AwardLevel(work.level).says) if work.level else "",
        done_on=work.done_on,
        part=work.part,
        team=_("alone") if work.team_size == 1 else _("team of %(n)d") % {"n": work.team_size},
        quality=_quality(work),
        proof=_said(Proof(work.proof).says),
        link=work.link,
        address=link_address(work.link) if work.link else "",
        ai_used=work.ai_used,
        ai=_ai(work),
        file_name=work.file_name,
        file_size=_size(work.file_bytes),
        state=_state(work),
        state_name=_("verification taken back") if _state(work) == TAKEN_BACK else str(work.get_state_display()),
        added_at=work.added_at,
        decided_by=_said(work.decided_by.name) if work.decided_by else "",
        decided_at=work.decided_at,
        reason=work.reason,
        strength=str(judged.strength),
        strength_name={"strong": _("strong"), "moderate": _("moderate"), "weak": _("weak")}[judged.strength],
        strength_reason=_said(judged.reason),
        rating=rating,
        anchor=anchor,
        counts=_counts(work),
        under_review=under_review,
        replaces=work.replaces_id,
        replaced_by=successor,
        replaceable=work.state != OwnWork.State.WAITING and successor is None,
        taken_back=tuple(
            TakenBackView(what=str(taken.get_what_display()), by=_said(taken.by.name), at=taken.at, reason=taken.reason)
            for taken in sorted(work.taken_back.all(), key=lambda taken: taken.at)
        ),
    )


def _state(work: OwnWork) -> str:
    """Return the state as it is shown; a verification that was taken back is none."""
    return TAKEN_BACK if work.state == OwnWork.State.VERIFIED and not work.verified else work.state


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")


def _quality(work: OwnWork) -> str:
    return _said(load_framework(work.person.space.framework).entry(work.quality).name)


def _ai(work: OwnWork) -> tuple[tuple[str, str], ...]:
    if not work.ai_used:
        return ()
    return (
        (_("What the AI did"), work.ai_machine_did),
        (_("What I did myself"), work.ai_i_did),
        (_("How I checked what the AI gave"), work.ai_checked_how),
    )


def _size(n: int) -> str:
    return f"{n / 1024**2:.1f} MB" if n >= 1024**2 else f"{max(1, round(n / 1024))} kB"


def _rating(work: OwnWork) -> tuple[str, str]:
    criterion = criterion_of(work.quality)
    if (score := work.standing_score) is None or criterion is None:
        return "", ""
    level = _("level %(rank)d of %(most)d") % {"rank": score + 1, "most": len(criterion.anchors)}
    return level, _said(criterion.anchors[score].observed)


def _counts(work: OwnWork) -> str:
    if not work.verified:
        return ""
    if work.standing_score is None:
        if work.score is not None:
            return _("Its rating was taken back, so it is shown and not measured.")
        if rated_before(work):
            return _("The rating of the work it corrects stays in the evidence and counts once.")
        return _("Not rated, so it is shown and not measured.")
    item = own_work_item(judged_strength(work).strength, work.quality, number=1)
    if load_evidence_map(work.person.space.evidence_map).rule_for(item) is None:
        return _("Rated, but weak: it is shown and not measured.")
    since = f"{localtime(work.decided_at):%Y-%m-%d}" if work.decided_at else ""
    facts = {"quality": _quality(work), "day": since}
    return _("Counts as evidence of %(quality)s in every calibration since %(day)s.") % facts
