"""Keeping the audit trail: anchors beside the records, and letting go of what is older than the office keeps."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from yucai.errors import YucaiError
from yucai.governance import ChainAnchor, ChainPlace, read_anchors, seal_place
from yucai.texts import Text
from yucai.web.accounts.audit import anchor_head, key_of_trail, last_stump, note, verify_trail
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson, AuditStump
from yucai.web.accounts.models import Account

__all__ = [
    "ANCHORS_FILE",
    "DEFAULT_MONTHS",
    "LEAST_MONTHS",
    "Retained",
    "TermTooShortError",
    "TrailBrokenError",
    "anchors_beside",
    "foresee_retention",
    "keep_anchor",
    "retain",
]

ANCHORS_FILE: Final = "audit-anchors.txt"
LEAST_MONTHS: Final = 6
DEFAULT_MONTHS: Final = 36
BATCH: Final = 20_000


class TermTooShortError(YucaiError):
    """A term under which the trail may not be let go."""

    says = Text(
        "{months} months are too short: the audit trail is kept for at least {least}. Name {least} or more.",
        "{months} 个月过短：审计记录至少保存 {least} 个月。请填写 {least} 或以上。",
    )
    exit_code = 64


class TrailBrokenError(YucaiError):
    """A trail that does not hold is evidence; nothing of it is let go."""

    says = Text(
        "The audit trail does not hold, so nothing of it is let go. {fault} Run “yucai audit verify”, then find out "
        "what happened.",
        "审计记录不完整，因此未清除任何内容。{fault}请先运行“yucai audit verify”，查明原因。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What of the trail was let go, or would be: events up to a number, all written before a day."""

    events: int
    up_to: int
    before: datetime


def anchors_beside(folder: Path) -> list[ChainAnchor]:
    """Return the anchors kept in a workspace. Raises AnchorUnreadableError."""
    file = folder / ANCHORS_FILE
    return read_anchors(file.read_text(encoding="utf-8")) if file.is_file() else []


def keep_anchor(folder: Path, *, at: datetime) -> ChainAnchor:
    """Write the end of the trail to the anchors of a workspace, unless the last one is there already; return it."""
    anchor = anchor_head(at=at)
    known = anchors_beside(folder)
    if known and known[-1].place == anchor.place:
        return known[-1]
    with (folder / ANCHORS_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{anchor.line}\n")
    return anchor


def foresee_retention(*, months: int, at: datetime) -> Retained:
    """Return what ``retain`` would let go. Raises TermTooShortError."""
    if months < LEAST_MONTHS:
        raise TermTooShortError(months=months, least=LEAST_MONTHS)
    stump = last_stump()
    gone = stump.position if stump is not None else 0
    kept = AuditEntry.objects.filter(position__gt=gone)
    last = kept.order_by("-position").values_list("position", "written_at").first()
    if last is None:
        return Retained(events=0, up_to=gone, before=_months_before(at, months))
    before = _months_before(min(at, last[1]), months)  # a clock that runs ahead lets nothing go too early
    young = kept.filter(written_at__gte=before).order_by("position").values_list("position", flat=True).first()
    up_to = last[0] - 1 if young is None else young - 1
    return Retained(events=max(0, up_to - gone), up_to=max(gone, up_to), before=before)


def retain(*, months: int, by: Account | None, at: datetime) -> Retained:
    """Let the oldest part of the trail go, and leave a sealed stump so that the rest still holds.

    Only what lies before the first event that is young enough goes. Raises TermTooShortError, TrailBrokenError.
    """
    foreseen = foresee_retention(months=months, at=at)
    if foreseen.events:
        if (fault := verify_trail().fault) is not None:
            raise TrailBrokenError(fault=fault.says)
        _set_stump(foreseen, by=by, months=months, at=at)
    _clear()
    return foreseen


@transaction.atomic
def _set_stump(foreseen: Retained, *, by: Account | None, months: int, at: datetime) -> None:
    link = bytes(AuditEntry.objects.values_list("link", flat=True).get(position=foreseen.up_to))
    sealed = seal_place(ChainPlace(position=foreseen.up_to, link=link), kind="stump", at=at, key=key_of_trail())
    AuditStump.objects.create(position=sealed.position, at=sealed.at, link=sealed.link, seal=sealed.seal)
    note("audit.cut", by=by, at=at, detail={"up_to": foreseen.up_to, "months": months})


def _clear() -> None:
    """Remove what lies before the stump, some at a time; what a broken-off run left goes too."""
    stump = last_stump()
    while stump is not None:
        first = AuditEntry.objects.order_by("position").values_list("position", flat=True).first()
        if first is None or first > stump.position:
            return
        up_to = min(stump.position, first + BATCH - 1)
        with transaction.atomic():
            AuditPerson.objects.filter(entry_id__lte=up_to).delete()
            AuditEntry.objects.filter(position__lte=up_to).delete()


def _months_before(at: datetime, months: int) -> datetime:
    """Return the same day and time some months earlier, or the last day of that month.

    >>> from datetime import UTC
    >>> _months_before(datetime(2026, 8, 31, tzinfo=UTC), 6)
    datetime.datetime(2026, 2, 28, 0, 0, tzinfo=datetime.timezone.utc)
    """
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
