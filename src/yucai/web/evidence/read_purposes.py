"""What a data set may be read for: what it was collected for, as notice and register say."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.accounts.purposes import ALL_PURPOSES, Purpose
from yucai.web.evidence.models import DataSource

__all__ = ["purposes_of", "set_purposes"]

UNKNOWN: Final = Text("“{said}” is no purpose. Choose among: {known}.", "“{said}”不是查阅目的。可选：{known}。")
ALWAYS: Final = Text(
    "“self” cannot be left out: what is on record about oneself may always be read by oneself. Name it too.",
    "不能去掉“self”：本人始终可以查阅关于自己的记录。请一并写上。",
)


def purposes_of(source: DataSource) -> tuple[Purpose, ...]:
    """Return what a data set may be read for, in the order of the table of purposes."""
    said = source.read_for.split(",")
    return tuple(purpose for purpose in ALL_PURPOSES if purpose.value in said)


@transaction.atomic
def set_purposes(*, source: DataSource, purposes: Collection[str], by: Account | None, at: datetime) -> None:
    """State what a data set may be read for from now on. Raises FaultyInputError with all faults."""
    known = ", ".join(ALL_PURPOSES)
    faults = [
        Fault(code="no-purpose", says=UNKNOWN, facts={"said": said, "known": known})
        for said in purposes
        if said not in ALL_PURPOSES
    ]
    if Purpose.SELF not in purposes:
        faults.append(Fault(code="no-self", says=ALWAYS))
    if faults:
        raise FaultyInputError(source.code, faults)
    before = source.read_for
    source.read_for = ",".join(purpose for purpose in ALL_PURPOSES if purpose in purposes)
    source.save(update_fields=["read_for"])
    detail = {"before": before, "after": source.read_for}
    note("source.purposes", by=by, at=at, space=source.space_id, target=f"source:{source.pk}", detail=detail)
