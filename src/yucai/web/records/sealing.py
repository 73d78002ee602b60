"""The sealed record of an erasure: each holds the seal of the one before, so that none can be changed or taken away."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import transaction

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.records.credentials import server_key
from yucai.web.records.erasure_models import RecordErasure

__all__ = ["check_erasures", "seal_erasure"]

_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
BROKEN: Final = Text("The record of erasure {code} is not the one that was sealed.", "删除记录 {code} 与封存时不一致。")
OUT_OF_CHAIN: Final = Text(
    "Before erasure {code} a record of another erasure is missing.", "删除记录 {code} 之前缺少另一条删除记录。"
)
UNFINISHED: Final = Text(
    "Erasure {code}, begun on {at}, is not done. Erase the same person again to finish it.",
    "删除 {code}（{at} 开始）尚未完成。请对同一人再次执行删除以完成。",
)


def seal_erasure(erasure: RecordErasure, told: dict[str, Any], *, at: datetime) -> None:
    """Write down what an erasure did and seal it together with the seal of the one before in its space."""
    with transaction.atomic():
        Space.objects.select_for_update(no_key=True).get(pk=erasure.space_id)
        before = _done(erasure.space_id).last()
        said = {
            "erasure": erasure.code,
            "space": erasure.space.code,
            "reason": erasure.reason,
            "by": erasure.by.username if erasure.by else "",
            "begun": _time(erasure.begun_at),
            "done": _time(at),
            "previous": before.seal if before else "",
            **told,
        }
        erasure.told = _ENCODE(said).decode()
        erasure.seal, erasure.done_at = _seal(erasure.told), at
        erasure.save(update_fields=["told", "seal", "done_at"])


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _seal(told: str) -> str:
    return blake2b(told.encode(), key=server_key("records-erasure"), digest_size=32).hexdigest()


def _done(space: int) -> Any:
    return RecordErasure.objects.filter(space=space, done_at__isnull=False).order_by("done_at", "pk")


def check_erasures(space: Space) -> Iterator[Fault]:
    """Yield every record of an erasure that was changed, or before which one is missing, or that is not done."""
    previous = ""
    for one in _done(space.pk):
        said = msgspec.json.decode(one.told) if one.told.startswith("{") else {}
        kept = (one.code, one.reason, _time(one.begun_at), _time(one.done_at))
        if not hmac.compare_digest(one.seal, _seal(one.told)) or kept != tuple(
            said.get(name) for name in ("erasure", "reason", "begun", "done")
        ):
            yield Fault(code="erasure-changed", says=BROKEN, facts={"code": one.code})
        elif said["previous"] != previous:
            yield Fault(code="erasure-missing", says=OUT_OF_CHAIN, facts={"code": one.code})
        previous = one.seal
    for one in RecordErasure.objects.filter(space=space, done_at__isnull=True):
        facts = {"code": one.code, "at": f"{one.begun_at:%Y-%m-%d}"}
        yield Fault(code="erasure-unfinished", says=UNFINISHED, facts=facts)
