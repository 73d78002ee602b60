"""What is done with a card: written, sealed, its data opened, its gate accepted, its result worked out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import (
    Feasibility,
    GateAcceptance,
    OpenedData,
    PolicyCard,
    Seal,
    accept_gate,
    acceptance_of,
    canonical_json,
    check_gate,
    gate_bytes,
    opening_of,
    read_card,
    record_opening,
    replace_card,
    require_seal,
    seal_card,
    seal_of,
    write_card,
)
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_doors import may_write_policies
from yucai.web.governance.policy_models import PolicyRecord

__all__ = [
    "accept_policy_gate",
    "drop_draft",
    "free_slug",
    "held_acceptance",
    "held_opening",
    "held_record",
    "held_seal",
    "keep_opening",
    "name_of",
    "open_policy_data",
    "replace_policy",
    "require_file_size",
    "require_unopened",
    "require_writer",
    "save_policy",
    "seal_policy",
]

LONGEST_SLUG: Final = 32
MOST_BYTES: Final = 8 * 1024 * 1024
THING: Final = Text("The policy card", "政策卡")
IS_SEALED: Final = Text(
    "This card was sealed on {at} and is not changed any more. Make a new card that takes its place.",
    "此卡已于 {at} 封存，不再修改。请另立新卡替代它。",
)
NOT_SEALED: Final = Text("The card is not sealed yet. Seal it first.", "此卡尚未封存。请先封存。")
IS_OPENED: Final = Text(
    "The data of this card were opened on {at}. Other figures need a new card, or a look at another vintage.",
    "此卡的数据已于 {at} 打开。如用其他数据，请另立新卡，或作数据版本比对。",
)
NOT_OPENED: Final = Text("No data were opened for this card yet.", "此卡尚未打开数据。")
IS_ACCEPTED: Final = Text("The gate was accepted on {at}.", "可行性门槛已于 {at} 确认。")
TOO_LARGE: Final = Text(
    "The file has {size} MB; up to {most} MB are taken. Keep only the columns that the card names.",
    "文件为 {size} MB，上限 {most} MB。请只保留政策卡列明的列。",
)
OTHER_SCREEN: Final = Text(
    "What these data can tell is another than on the page you saw. Look at it again.",
    "数据最多能说明的内容与您看到的页面不同。请重新查看。",
)


def held_seal(record: PolicyRecord) -> Seal:
    """Return the seal of a card."""
    return seal_of(json.loads(record.seal))


def held_opening(record: PolicyRecord) -> OpenedData:
    """Return the opening of its data."""
    return opening_of(json.loads(record.opening))


def held_acceptance(record: PolicyRecord) -> GateAcceptance:
    """Return the acceptance of its gate."""
    return acceptance_of(json.loads(record.acceptance))


@transaction.atomic
def save_policy(
    *, space: Space, card: PolicyCard, by: Account, at: datetime, record: PolicyRecord | None = None
) -> PolicyRecord:
    """Keep a draft: a new one, or in place of ``record``.

    Raises PermissionDenied, FaultyInputError once it is sealed.
    """
    require_writer(by, space)
    if record is not None:
        record = held_record(record)
        _require(record.sealed_at is None, "is-sealed", IS_SEALED, at=_told(record.sealed_at))
    else:
        record = PolicyRecord(space=space, slug=free_slug(card.code))
    if record.replaces is not None:
        card = replace_card(card, old=held_seal(record.replaces))
    _fill(record, card)
    record.written_at, record.written_by = at, by
    record.save()
    note("policy.written", by=by, at=at, space=space, target=f"policy:{record.slug}")
    return record


def _fill(record: PolicyRecord, card: PolicyCard) -> None:
    record.code, record.simulated, record.card = card.code, card.simulated, write_card(card)
    record.title_en, record.title_zh = card.title.en[:300], card.title.zh[:300]


def free_slug(code: str) -> str:
    """Return the address of a new card: its code, shortened to go into the name of a job, and a number if taken."""
    code = code[:LONGEST_SLUG].strip("-")
    taken = {"new", *PolicyRecord.objects.filter(slug__startswith=code).values_list("slug", flat=True)}
    if code not in taken:
        return code
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{code}-{n}") not in taken)


@transaction.atomic
def drop_draft(*, record: PolicyRecord, by: Account, at: datetime) -> None:
    """Throw a draft away. Raises FaultyInputError once it is sealed: what is sealed stays in the register."""
    record = held_record(record)
    require_writer(by, record.space)
    _require(record.sealed_at is None, "is-sealed", IS_SEALED, at=_told(record.sealed_at))
    note("policy.dropped", by=by, at=at, space=record.space, target=f"policy:{record.slug}")
    record.delete()


@transaction.atomic
def seal_policy(*, record: PolicyRecord, by: Account, at: datetime) -> PolicyRecord:
    """Seal a card. Its mark goes into the audit trail, whose anchors are kept outside: so it can be proved later.

    Raises PermissionDenied, FaultyInputError.
    """
    record = held_record(record)
    require_writer(by, record.space)
    _require(record.sealed_at is None, "is-sealed", IS_SEALED, at=_told(record.sealed_at))
    seal = seal_card(read_card(record.card), at=at, by=name_of(by))
    record.seal = canonical_json({**seal.as_json(), "mark": seal.mark}).decode()
    record.mark, record.sealed_at = seal.mark, at
    record.save(update_fields=["seal", "mark", "sealed_at"])
    note("policy.sealed", by=by, at=at, space=record.space, target=f"policy:{record.slug}", detail={"mark": seal.mark})
    return record


def open_policy_data(*, record: PolicyRecord, data: bytes, name: str, by: Account, at: datetime) -> PolicyRecord:
    """Open the data of a sealed card at once, and keep what they can tell at best; pages do it in the background.

    A file that cannot be read is refused and does not count as opened: nothing but its faults was seen of it.
    Raises PermissionDenied, FaultyInputError.
    """
    require_writer(by, record.space)
    require_unopened(record)
    require_file_size(data)
    card = read_card(record.card)
    require_seal(card, held_seal(record))
    return keep_opening(record=record, data=data, gate=check_gate(card, data), name=name, by=by, at=at)


@transaction.atomic
def keep_opening(
    *, record: PolicyRecord, data: bytes, gate: Feasibility, name: str, by: Account | None, at: datetime
) -> PolicyRecord:
    """Keep the data of a sealed card with what they can tell at best: from now on they are open.

    Raises PermissionDenied, FaultyInputError.
    """
    record = held_record(record)
    require_writer(by, record.space)
    require_unopened(record)
    card, seal = read_card(record.card), held_seal(record)
    require_seal(card, seal)
    opening = record_opening(seal, data, at=at, by=name_of(by))
    record.data, record.data_name, record.opened_at = data, name[:200], at
    record.opening = canonical_json(opening.as_json()).decode()
    record.gate = gate_bytes(gate).decode()
    record.save(update_fields=["data", "data_name", "opened_at", "opening", "gate"])
    note("policy.opened", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
         detail={"sha256": opening.data})  # fmt: skip
    return record


def require_unopened(record: PolicyRecord) -> None:
    """Raise FaultyInputError for a card that is not sealed yet, or whose figures are open."""
    _require(record.sealed_at is not None, "not-sealed", NOT_SEALED)
    _require(record.opened_at is None, "is-opened", IS_OPENED, at=_told(record.opened_at))


@transaction.atomic
def accept_policy_gate(*, record: PolicyRecord, shown: str, by: Account, at: datetime) -> PolicyRecord:
    """Note that somebody saw what the data can tell at best, and goes on. ``shown`` is the hash of what they saw.

    Raises PermissionDenied, FaultyInputError.
    """
    record = held_record(record)
    require_writer(by, record.space)
    _require(record.opened_at is not None, "not-opened", NOT_OPENED)
    _require(record.accepted_at is None, "is-accepted", IS_ACCEPTED, at=_told(record.accepted_at))
    gate = record.gate.encode()
    acceptance = accept_gate(held_opening(record), gate, at=at, by=name_of(by))
    _require(shown == acceptance.gate, "other-screen", OTHER_SCREEN)
    record.acceptance, record.accepted_at = canonical_json(acceptance.as_json()).decode(), at
    record.save(update_fields=["acceptance", "accepted_at"])
    note("policy.accepted", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
         detail={"gate": acceptance.gate})  # fmt: skip
    return record


@transaction.atomic
def replace_policy(*, record: PolicyRecord, by: Account, at: datetime) -> PolicyRecord:
    """Return a draft that takes the place of a sealed card and names its seal. The sealed one stays in the register."""
    record = held_record(record)
    require_writer(by, record.space)
    _require(record.sealed_at is not None, "not-sealed", NOT_SEALED)
    card = replace_card(read_card(record.card), old=held_seal(record))
    draft = PolicyRecord(space=record.space, slug=free_slug(card.code), replaces=record, written_at=at, written_by=by)
    _fill(draft, card)
    draft.save()
    note("policy.replaced", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
         detail={"by": draft.slug})  # fmt: skip
    return draft


def held_record(record: PolicyRecord) -> PolicyRecord:
    """Return the row as it is now, held until the end of the transaction."""
    return PolicyRecord.objects.select_for_update(of=("self",), no_key=True).select_related("space").get(pk=record.pk)


def require_file_size(data: bytes) -> None:
    """Raise FaultyInputError for a file larger than is taken."""
    size, most = round(len(data) / 2**20, 1), MOST_BYTES // 2**20
    _require(len(data) <= MOST_BYTES, "too-large", TOO_LARGE, size=size, most=most)


def require_writer(by: Account | None, space: Space) -> None:
    """Raise PermissionDenied for an account that writes no policies in a space, and for one that is gone."""
    if by is None or not may_write_policies(by) or not by.spaces.filter(pk=space.pk).exists():
        raise PermissionDenied


def _require(holds: bool, code: str, says: Text, **facts: object) -> None:
    if not holds:
        raise FaultyInputError(THING, [Fault(code=code, says=says, facts=facts)])


def name_of(account: Account | None) -> str:
    """Return the name under which somebody stands in seals and notes; the program by itself is yucai."""
    if account is None:
        return "yucai"
    return account.name_zh or account.name_en or account.username


def _told(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
