"""The certificate of an erasure: each is sealed together with the one before, so that none is changed or taken away."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.db.models import QuerySet

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.accounts.keys import digest_of
from yucai.web.accounts.models import Space
from yucai.web.erasure.models import PersonErasure

__all__ = ["certificate_of", "check_certificates", "draft_of", "keep_draft", "seal_certificate", "seal_holds"]

_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
LABEL: Final = "erasure-certificate"
BROKEN: Final = Text(
    "The certificate of erasure {code} is not the one that was sealed.", "删除证明 {code} 与封存时不一致。"
)
MISSING: Final = Text("Before erasure {code} a certificate is missing.", "删除证明 {code} 之前缺少一份证明。")


def keep_draft(erasure: PersonErasure, draft: dict[str, Any]) -> None:
    """Keep what was found before anything went, for a worker that goes on after a fall."""
    erasure.told = _ENCODE(draft).decode()
    erasure.save(update_fields=["told"])


def draft_of(erasure: PersonErasure) -> dict[str, Any]:
    """Return what was found before anything went; empty where nobody has looked yet."""
    found: dict[str, Any] = msgspec.json.decode(erasure.told) if erasure.told else {}
    return found


def certificate_of(erasure: PersonErasure) -> dict[str, Any]:
    """Return the certificate of an erasure that is done."""
    return draft_of(erasure)


def seal_certificate(erasure: PersonErasure, told: dict[str, Any], *, at: datetime) -> None:
    """Write the certificate and seal it, and empty what told the person. Call it inside a transaction."""
    Space.objects.select_for_update(no_key=True).get(pk=erasure.space_id)
    before = _done(erasure.space_id).last()
    said = {
        "certificate": erasure.code,
        "space": erasure.space.code,
        "reason": erasure.reason,
        "asked": _who(erasure.asked_by, erasure.asked_at),
        "confirmed": _who(erasure.decided_by, erasure.decided_at),
        "done": _time(at),
        "backups until": erasure.backups_until.isoformat() if erasure.backups_until else None,
        "previous": before.seal if before is not None else "",
        **told,
    }
    erasure.told = _ENCODE(said).decode()
    erasure.seal, erasure.done_at, erasure.state = digest_of(LABEL, erasure.told), at, PersonErasure.State.DONE
    erasure.subject = erasure.texts = ""
    erasure.save(update_fields=["told", "seal", "done_at", "state", "subject", "texts"])


def _who(account: Any, at: datetime | None) -> dict[str, Any]:
    return {"account": account.pk, "role": account.role, "at": _time(at)} if account is not None else {}


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at is not None else ""


def seal_holds(erasure: PersonErasure) -> bool:
    """Return whether a certificate is as it was sealed."""
    return hmac.compare_digest(erasure.seal, digest_of(LABEL, erasure.told))


def _done(space: int) -> QuerySet[PersonErasure]:
    return PersonErasure.objects.filter(space=space, state=PersonErasure.State.DONE).order_by("done_at", "pk")


def check_certificates(space: Space) -> Iterator[Fault]:
    """Yield every certificate that was changed, or before which one is missing."""
    previous = ""
    for one in _done(space.pk):
        if not seal_holds(one):
            yield Fault(code="certificate-changed", says=BROKEN, facts={"code": one.code})
        elif certificate_of(one)["previous"] != previous:
            yield Fault(code="certificate-missing", says=MISSING, facts={"code": one.code})
        previous = one.seal
