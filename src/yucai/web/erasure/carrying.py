"""Carrying an erasure out: holding after holding, taken up where it fell, looked through at the end, and sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from yucai.evidence import PersonTraces
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.erasure.cleaning import clean_database, look_everywhere
from yucai.web.erasure.foreseeing import require_erasable, whom_to_tell
from yucai.web.erasure.holding import Holding, Task
from yucai.web.erasure.holdings import HOLDINGS
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.sealing import draft_of, keep_draft, seal_certificate
from yucai.web.erasure.subjects import Subject, subject_unsealed, traces_in
from yucai.web.measurement.models import CalibrationRun
from yucai.web.records.wiping import overwrite_deleted

__all__ = ["CarryingOut", "carry_out"]

Clean = Callable[[PersonTraces], dict[str, Any]]
LOOKING: Final = Text("Looking what is there", "正在查找此人的信息")
PROVING: Final = Text("Looking through every table and file", "正在逐表逐文件核查")
PATIENCE: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingOut:
    """How an erasure is carried out: its clock, whom it tells how far it is, and where it keeps what it has reached."""

    clock: Callable[[], datetime]
    report: Callable[[float, Text], None] = lambda done, text: None
    keep: Callable[[Mapping[str, Any]], None] = lambda reached: None
    patience: float = PATIENCE
    clean: Clean = clean_database


def carry_out(erasure: PersonErasure, how: CarryingOut) -> PersonErasure:
    """Erase the person of an erasure that was confirmed, prove it, and seal the certificate.

    After a fall it goes on behind the last holding that was done. Raises HeldError, StoreHeldError where a hold came
    in between and nothing of the person has gone yet.
    """
    subject = subject_unsealed(erasure)
    overwrite_deleted()
    draft = _draft(erasure, subject, how)
    erased: dict[str, int] = draft["erased"]
    if not erased:
        require_erasable(subject)
    task = Task(erasure=erasure.pk, reason=erasure.reason, at=how.clock(), clock=how.clock, patience=how.patience)
    _each_in_turn(erasure, subject, task, draft, how)
    for holding in HOLDINGS:  # what came between the first holding and the last
        if holding.stays is None and holding.find(subject):
            erased[holding.code] = erased.get(holding.code, 0) + holding.erase(subject, task)
    how.report(0.9, PROVING)
    traces = traces_in(subject)
    with transaction.atomic():
        note(
            "erasure.done", by=erasure.decided_by, at=how.clock(), space=erasure.space,
            target=f"erasure:{erasure.pk}", people=[subject.person],
        )  # fmt: skip
    database = how.clean(traces)
    told = _certificate(erasure, subject, draft, erased) | {"looked": look_everywhere(traces), "database": database}
    with transaction.atomic():
        seal_certificate(erasure, told, at=how.clock())
    how.clean(traces)  # once more: the sealed note of who it was is gone only now
    return erasure


def _draft(erasure: PersonErasure, subject: Subject, how: CarryingOut) -> dict[str, Any]:
    """Return what was there before anything went and whom to tell: found once, and kept."""
    if not (draft := draft_of(erasure)):
        how.report(0.0, LOOKING)
        draft = {
            "begun": how.clock().isoformat(timespec="seconds"),
            "found": {holding.code: holding.find(subject) for holding in HOLDINGS},
            "tell": whom_to_tell(subject),
            "erased": {},
        }
        keep_draft(erasure, draft)
    return draft


def _each_in_turn(
    erasure: PersonErasure, subject: Subject, task: Task, draft: dict[str, Any], how: CarryingOut
) -> None:
    erased: dict[str, int] = draft["erased"]
    for n, holding in enumerate(HOLDINGS):
        if holding.code not in erased:
            how.report(0.05 + 0.85 * n / len(HOLDINGS), holding.says)
            erased[holding.code] = holding.erase(subject, task)
            keep_draft(erasure, draft)
            how.keep({"erased": len(erased)})


def _certificate(
    erasure: PersonErasure, subject: Subject, draft: Mapping[str, Any], erased: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "kind": "person",
        "begun": draft["begun"],
        "holdings": [_line(holding, subject, draft, erased) for holding in HOLDINGS],
        "to be computed anew": list(
            CalibrationRun.objects.filter(space=erasure.space, current=True, erased_people__gt=0).values_list(
                "pk", flat=True
            )
        ),
        "tell": draft["tell"],
        "looked for": len(traces_in(subject).texts),
        "names too common to look for": sum(name not in subject.texts for name in subject.names),
    }


def _line(holding: Holding, subject: Subject, draft: Mapping[str, Any], erased: Mapping[str, int]) -> dict[str, Any]:
    counts = {"found": draft["found"].get(holding.code, 0), "erased": erased.get(holding.code, 0)}
    return {"holding": holding.code, **counts, "left": holding.find(subject), "stays": holding.stays is not None}
