"""What the door leaves behind each answer: counts, when a credential was last used, and what was refused."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError, transaction

from yucai.evidence import RecordRefusedError
from yucai.web.records.metrics import METRICS
from yucai.web.records.models import RecordCredential
from yucai.web.records.refused_box import keep_refused
from yucai.web.records.views import Visit

__all__ = ["note_answer"]

TROUBLE: Final = logging.getLogger("yucai.records")
METHODS: Final = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"))
USED_EVERY: Final = 60.0  # seconds between two notes that a credential is in use
_USED: dict[str, float] = {}


def note_answer(
    *,
    store: str,
    method: str,
    status: int,
    n_statements: int,
    seconds: float,
    visit: Visit | None,
    refused: RecordRefusedError | None,
) -> None:
    """Note one answer. ``store`` is "" where none has the code that was asked for.

    Nothing of this may keep an answer back: what cannot be noted is told in the log.
    """
    done = visit.request.method if visit is not None else method
    writes = done in ("PUT", "POST")
    METRICS.note(
        store=store or "?",
        method=done if done in METHODS else "?",
        status=status,
        seconds=seconds,
        stored=n_statements if writes else 0,
        given=0 if writes else n_statements,
    )
    if visit is None:
        return
    try:
        _note_use(visit.caller.key)
        if refused is not None or status >= 500:
            with transaction.atomic():
                keep_refused(visit, refused, at=datetime.now(tz=UTC))
    except DatabaseError as problem:
        TROUBLE.error("what follows an answer could not be noted: %s", type(problem).__name__)


def _note_use(key: str) -> None:
    """Write down that a credential is in use, at most once a minute in each process."""
    now = time.monotonic()
    if _USED.get(key, -USED_EVERY) + USED_EVERY > now:
        return
    with transaction.atomic():
        RecordCredential.objects.filter(key=key).update(last_used_at=datetime.now(tz=UTC))
    _USED[key] = now
