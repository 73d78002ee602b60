"""The register of processors: who outside handles data for an institution, on which contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.consents import may_keep_registers
from yucai.web.accounts.models import Account, Space
from yucai.web.registers.models import Processor

__all__ = ["ProcessorWanted", "add_processor", "end_processor", "processors_of"]

NAME: Final = Text("processor", "受托处理者")
EMPTY: Final = Text("“{field}” is empty.", "“{field}”未填写。")
EARLY: Final = Text("It cannot end on {day}, before it began.", "结束日期 {day} 早于开始日期。")
NEEDED: Final = {
    "name": Text("name", "名称"),
    "what_for": Text("what for", "用途"),
    "data_sets": Text("which data sets", "涉及的数据集"),
    "contract": Text("contract", "合同"),
    "on_leaving": Text("deletion on leaving", "终止时的删除方式"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorWanted:
    """Who handles which data for what, on which contract, and what becomes of its copies."""

    name: str
    what_for: str
    data_sets: str
    contract: str
    on_leaving: str
    since: date
    sub_processors: str = ""


def processors_of(space: Space, *, day: date) -> QuerySet[Processor]:
    """Return who handles data for a space on a day."""
    return Processor.objects.filter(Q(until__isnull=True) | Q(until__gt=day), space=space, since__lte=day).order_by(
        "name"
    )


@transaction.atomic
def add_processor(*, space: Space, wanted: ProcessorWanted, by: Account, at: datetime) -> Processor:
    """Enter a processor. Raises PermissionDenied, FaultyInputError with every part that is missing."""
    if not may_keep_registers(by, space):
        raise PermissionDenied
    if faults := [
        Fault(code="empty", says=EMPTY, where=field, facts={"field": says})
        for field, says in NEEDED.items()
        if not str(getattr(wanted, field)).strip()
    ]:
        raise FaultyInputError(NAME, faults)
    made = Processor.objects.create(space=space, **asdict(wanted))
    note("processor.added", by=by, at=at, space=space, target=f"processor:{made.pk}")
    return made


@transaction.atomic
def end_processor(*, processor: Processor, until: date, by: Account, at: datetime) -> None:
    """Say when a processor ended. Raises PermissionDenied, FaultyInputError for a day before it began."""
    if not may_keep_registers(by, processor.space):
        raise PermissionDenied
    if until < processor.since:
        raise FaultyInputError(NAME, [Fault(code="early", says=EARLY, facts={"day": until})])
    processor.until = until
    processor.save(update_fields=["until"])
    note("processor.ended", by=by, at=at, space=processor.space_id, target=f"processor:{processor.pk}")
