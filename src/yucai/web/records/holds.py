"""Holds: as long as a store is held, nothing is removed from it, whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.records.erasure_models import RecordHold
from yucai.web.records.models import RecordStore

__all__ = ["NotHeldError", "StoreHeldError", "hold_store", "lift_hold", "require_not_held"]

NO_REASON: Final = Text("Say in words why nothing may be removed.", "请写明为何不得删除。")
HELD_ALREADY: Final = Text(
    "“{store}” is held already, since {at}. Lift that hold first.", "“{store}”自 {at} 起已被保留。请先解除该保留。"
)


class StoreHeldError(YucaiError):
    """Something was to be removed from a store under a hold."""

    says = Text(
        "“{store}” is under a hold since {at} ({reason}); nothing may be removed from it. Lift the hold first.",
        "“{store}”自 {at} 起处于保留状态（{reason}），不得删除任何内容。请先解除保留。",
    )
    exit_code = 77


class NotHeldError(YucaiError):
    """A hold was to be lifted where none is."""

    says = Text("“{store}” is under no hold.", "“{store}”未处于保留状态。")
    exit_code = 64


def require_not_held(store: RecordStore) -> None:
    """Raise StoreHeldError where a hold is in force."""
    found = RecordHold.objects.filter(store=store, lifted_at__isnull=True).first()
    if found is not None:
        raise StoreHeldError(store=store.code, at=f"{found.placed_at:%Y-%m-%d}", reason=found.reason)


@transaction.atomic
def hold_store(*, store: RecordStore, reason: str, by: Account | None, at: datetime) -> RecordHold:
    """Keep anything from being removed from a store. Raises FaultyInputError."""
    before = RecordHold.objects.filter(store=store, lifted_at__isnull=True).first()
    faults = []
    if not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON))
    if before is not None:
        facts = {"store": store.code, "at": f"{before.placed_at:%Y-%m-%d}"}
        faults.append(Fault(code="held-already", says=HELD_ALREADY, facts=facts))
    if faults:
        raise FaultyInputError(store.code, faults)
    return RecordHold.objects.create(store=store, reason=reason.strip(), placed_at=at, placed_by=by)


@transaction.atomic
def lift_hold(*, store: RecordStore, by: Account | None, at: datetime) -> RecordHold:
    """Lift the hold on a store; what was held stays noted. Raises NotHeldError."""
    found = RecordHold.objects.select_for_update().filter(store=store, lifted_at__isnull=True).first()
    if found is None:
        raise NotHeldError(store=store.code)
    found.lifted_at, found.lifted_by = at, by
    found.save(update_fields=["lifted_at", "lifted_by"])
    return found
