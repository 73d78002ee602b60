"""The lines of the register, read from the bytes that are kept and from nothing beside them.

Whoever can write to the database could change a p value in a column. So the columns are not read: what is listed comes
out of the kept result, whose hash the note of the result names, and so on up to the seal; and the hash of that note
stands in the audit trail, whose anchors are kept outside. What does not fit is not believed, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from yucai.governance import KeptPolicy, PolicyEntry, ResultSummary, entry_of_kept, summarise_result, vintage_doubt
from yucai.texts import Text
from yucai.web.accounts.audit import last_stump
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.governance.policy_models import PolicyRecord, PolicyVintage

__all__ = ["NOT_REPRODUCED", "entries_of"]

TAKEN: Final = "policy.taken"
RESULT: Final = ("policy.evaluated", TAKEN)
VINTAGE: Final = ("policy.vintage",)
NOT_IN_TRAIL: Final = Text(
    "The audit trail does not hold this result: what is kept was changed in the database.",
    "审计记录中没有这一结果：数据库中的内容已被改动。",
)
VINTAGE_NOT_IN_TRAIL: Final = Text(
    "The audit trail does not hold what a comparison with later figures gave.",
    "审计记录中没有与后来数据比对的这一结果。",
)
RESULT_GONE: Final = Text(
    "The audit trail holds a result of this card, and it is not kept any more.",
    "审计记录中有本卡的结果，但现已不存在。",
)
NOT_REPRODUCED: Final = Text(
    "It came as a bundle, and run again here its result is another: it counts as a look and is no finding.",
    "本卡以封存包导入，在本机重新计算结果不同：计为一次检验，不作为发现。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """The events of the audit trail that records point to, by their place; up to ``gone`` the trail was let go."""

    events: dict[int, tuple[str, str, dict[str, Any], datetime]]
    gone: int

    def act(self, position: int | None) -> str:
        """Return what was done at a place; empty where that is not kept."""
        return self.events[position][0] if position in self.events else ""

    def at(self, position: int | None) -> datetime | None:
        """Return when that was."""
        return self.events[position][3] if position in self.events else None

    def holds(self, position: int | None, *, acts: Sequence[str], slug: str, hashes: dict[str, str]) -> bool:
        """Return whether the event at a place is the one that is meant, with the hashes as they are now."""
        if position is None:
            return False
        if position <= self.gone:
            return True
        if position not in self.events:
            return False
        act, target, detail, _at = self.events[position]
        same = all(detail.get(name, value) == value for name, value in hashes.items())
        return act in acts and target == f"policy:{slug}" and "sha256" in detail and same


def entries_of(records: Sequence[PolicyRecord], *, replaced: Iterable[int] = ()) -> dict[int, PolicyEntry]:
    """Return the line of each sealed card, by its number; ``replaced`` are those whose place a later card took."""
    sealed, taken_over = [one for one in records if one.sealed_at is not None], set(replaced)
    vintages: dict[int, list[PolicyVintage]] = {}
    for vintage in PolicyVintage.objects.filter(policy__in=sealed).defer("data", "says", "moved").order_by("at", "pk"):
        vintages.setdefault(vintage.policy_id, []).append(vintage)
    trail = _trail([*sealed, *(one for found in vintages.values() for one in found)])
    return {
        one.pk: _entry(one, vintages.get(one.pk, []), trail, replaced=one.pk in taken_over)
        for one in sealed
    }  # fmt: skip


def _trail(rows: Iterable[PolicyRecord | PolicyVintage]) -> _Trail:
    places = [one.noted for one in rows if one.noted is not None]
    found = AuditEntry.objects.filter(position__in=places).values_list("position", "act", "target", "detail", "at")
    stump = last_stump()
    return _Trail(
        events={position: (act, target, json.loads(detail), at) for position, act, target, detail, at in found},
        gone=stump.position if stump is not None else 0,
    )


def _entry(record: PolicyRecord, vintages: Sequence[PolicyVintage], trail: _Trail, *, replaced: bool) -> PolicyEntry:
    """Return the line of a card. One that came as a bundle was opened here when it came, whatever time it says."""
    doubt = _result_doubt(record, trail)
    later: list[ResultSummary] = []
    for one in vintages:
        doubt = doubt or _vintage_doubt(record, one, trail)
        later.append(_summary(one))
    if record.taken_at is not None or trail.act(record.noted) == TAKEN:
        return replace(
            _read(record, later, doubt, replaced=replaced), opened_at=trail.at(record.noted) or record.taken_at
        )
    return _read(record, later, doubt, replaced=replaced)


def _read(record: PolicyRecord, later: Sequence[ResultSummary], doubt: Text | None, *, replaced: bool) -> PolicyEntry:
    kept = KeptPolicy(
        mark=record.mark, card=record.card, seal=record.seal, opening=record.opening, gate=record.gate,
        acceptance=record.acceptance, evaluation=record.evaluation, evaluated=record.evaluated,
    )  # fmt: skip
    return entry_of_kept(
        kept, title=record.title, code=record.code, sealed_at=record.sealed_at or record.written_at, later=later,
        replaced=replaced, doubt=doubt,
    )  # fmt: skip


def _result_doubt(record: PolicyRecord, trail: _Trail) -> Text | None:
    """Return why the result of a card is not believed, as far as the audit trail tells."""
    if not record.evaluated:
        return None if record.noted is None else RESULT_GONE
    hashes = {"sha256": _hash(record.evaluation), "evaluated": _hash(record.evaluated), "mark": record.mark}
    if not trail.holds(record.noted, acts=RESULT, slug=record.slug, hashes=hashes):
        return NOT_IN_TRAIL
    if record.noted not in trail.events:  # that part of the trail was let go
        return None if record.taken_at is None or record.reproduced else NOT_REPRODUCED
    act, _target, detail, _at = trail.events[record.noted]
    return None if act != TAKEN or detail.get("same") == "yes" else NOT_REPRODUCED


def _vintage_doubt(record: PolicyRecord, one: PolicyVintage, trail: _Trail) -> Text | None:
    if not one.note:  # made before these were kept: it can only weaken
        return None
    hashes = {"sha256": _hash(one.evaluation), "note": _hash(one.note)}
    if not trail.holds(one.noted, acts=VINTAGE, slug=record.slug, hashes=hashes):
        return VINTAGE_NOT_IN_TRAIL
    return vintage_doubt(one.note, one.evaluation, mark=record.mark, evaluated=record.evaluated)


def _summary(one: PolicyVintage) -> ResultSummary:
    if one.evaluation:
        try:
            return summarise_result(one.evaluation.encode())
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # told as a doubt: its hash is not that of the note
    return ResultSummary(grade=one.grade, method="", estimate=None, interval=None, p_value=None, estimated=True)


def _hash(content: str) -> str:
    return sha256(content.encode()).hexdigest()
