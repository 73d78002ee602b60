"""The register of data sets: what each may be read for, whether consent is its basis, and what follows from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import translation

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.consent_models import ConsentText
from yucai.web.accounts.consents import may_keep_registers
from yucai.web.accounts.models import Account
from yucai.web.accounts.purposes import Purpose
from yucai.web.evidence.models import DataSource
from yucai.web.evidence.read_purposes import purposes_of, set_purposes
from yucai.web.registers.models import PurposeEntry
from yucai.web.registers.notices import latest_notice, publish_news

__all__ = ["change_purposes", "change_retention", "rest_on_consent"]

NO_TEXT: Final = Text(
    "There is no text of consent “{code}” here. Put one into force first.",
    "本单位没有代码为“{code}”的同意书，请先发布。",
)
MOST_MONTHS: Final = 600
MONTHS: Final = Text(
    "{months} months are no time to keep something. Give 1 to {most}.",
    "保存期限 {months} 个月不合要求。请填写 1 至 {most}。",
)
NEWS: Final = Text(
    "Records of “{source}” may from now on also be read for: {purposes}.", "“{source}”的记录今后还可用于：{purposes}。"
)


@transaction.atomic
def change_purposes(*, source: DataSource, purposes: Collection[str], by: Account | None, at: datetime) -> PurposeEntry:
    """State what a data set may be read for; a purpose that is new is told to everybody by a new notice.

    ``by`` is None for the command line. Raises PermissionDenied, FaultyInputError with all faults.
    """
    if by is not None and not may_keep_registers(by, source.space):
        raise PermissionDenied
    source = DataSource.objects.select_for_update(no_key=True).select_related("space").get(pk=source.pk)
    before, earlier = source.read_for, set(purposes_of(source))
    set_purposes(source=source, purposes=purposes, by=by, at=at)
    new = [purpose for purpose in purposes_of(source) if purpose not in earlier]
    told = None
    if new and latest_notice(source.space, at=at) is not None:
        words = Text(_named(new, "en", ", "), _named(new, "zh-hans", "、"))
        told = publish_news(space=source.space, news=NEWS.filled(source=source.name, purposes=words), by=by, at=at)
    return PurposeEntry.objects.create(source=source, before=before, after=source.read_for, at=at, by=by, notice=told)


@transaction.atomic
def rest_on_consent(*, source: DataSource, code: str, by: Account, at: datetime) -> None:
    """Say that a data set rests on consent to a text, or on none (an empty code). Where it does, nobody else is in it.

    Raises PermissionDenied, FaultyInputError where the institution has no such text.
    """
    if not may_keep_registers(by, source.space):
        raise PermissionDenied
    if code and not ConsentText.objects.filter(space=source.space_id, code=code).exists():
        raise FaultyInputError(source.name, [Fault(code="no-text", says=NO_TEXT, where="code", facts={"code": code})])
    before = source.consent_code
    source.consent_code = code
    source.save(update_fields=["consent_code"])
    detail: dict[str, str | int] = {"before": before, "after": code}
    note("source.consent", by=by, at=at, space=source.space_id, target=f"source:{source.pk}", detail=detail)


@transaction.atomic
def change_retention(*, source: DataSource, months: int, by: Account, at: datetime) -> None:
    """State for how many months a data set is kept. Nothing goes by that alone: two people clear what is past its time.

    Raises PermissionDenied, FaultyInputError.
    """
    if not may_keep_registers(by, source.space):
        raise PermissionDenied
    if not 1 <= months <= MOST_MONTHS:
        fault = Fault(code="months", says=MONTHS, where="months", facts={"months": months, "most": MOST_MONTHS})
        raise FaultyInputError(source.name, [fault])
    before = source.retention_months
    source.retention_months = months
    source.save(update_fields=["retention_months"])
    note("source.retention", by=by, at=at, space=source.space_id, target=f"source:{source.pk}",
         detail={"before": before, "after": months})  # fmt: skip


def _named(purposes: Iterable[Purpose], language: str, between: str) -> str:
    with translation.override(language):
        return between.join(str(purpose.label) for purpose in purposes)
