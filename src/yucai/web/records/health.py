"""Whether the server is well, for whoever watches it, and its numbers: two addresses in front of everything else.

``/healthz`` asks for no sign-in and tells nothing of anybody or of any store. ``/metrics`` asks for a token of its own.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count

from yucai.web.records.counting import held_in
from yucai.web.records.credentials import server_key
from yucai.web.records.keys import stored_of
from yucai.web.records.metrics import METRICS, Sample, process_samples, rendered
from yucai.web.records.metrics_shared import FOLDER, samples_of_others
from yucai.web.records.models import RecordCursor, RecordStore, StatementRow
from yucai.web.records.operating_models import RefusedRequest
from yucai.web.records.wire import Answer, start

__all__ = ["HEALTH", "METRICS_PAGE", "Lag", "lags", "make_metrics_token", "with_health"]

HEALTH: Final = "/healthz"
METRICS_PAGE: Final = "/metrics"
TOKEN_FILE: Final = "metrics-token.json"  # noqa: S105  (a name, and what it holds is a hash)
LEAST_FREE_BYTES: Final = 500_000_000
MOST_BEHIND_SECONDS: Final = 6 * 3600.0
FORWARDED: Final = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")
LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "::ffff:127.0.0.1"))
Wsgi = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How long the oldest statement waits that a follower has not done; 0 where none waits."""

    store: str
    follower: str
    seconds: float


def with_health(inner: Wsgi) -> Wsgi:
    """Return an application that tells health and numbers itself and hands everything else on."""

    def application(environ: Mapping[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path in (HEALTH, METRICS_PAGE):
            return answer(environ, start_response)
        return inner(environ, start_response)

    return application


def answer(environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request for health or numbers."""
    method = str(environ["REQUEST_METHOD"]).upper()
    if method not in ("GET", "HEAD"):
        found = Answer(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    elif environ["PATH_INFO"] == HEALTH:
        found = _health()
    else:
        found = _metrics(environ)
    return start(found, start_response, extra={"Cache-Control": "no-store"}, with_body=method != "HEAD")


def _health() -> Answer:
    """Say whether the database answers, the disk has room, and nobody who follows a store is far behind.

    Only the first two make it a failure: statements are taken also while the lake waits.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    began = time.perf_counter()
    try:
        worst = max((lag.seconds for lag in lags(at=datetime.now(tz=UTC))), default=0.0)
        database: dict[str, Any] = {"ok": True, "seconds": round(time.perf_counter() - began, 4)}
    except DatabaseError as problem:
        worst, database = None, {"ok": False, "kind": type(problem).__name__}
    free = shutil.disk_usage(_folder()).free
    disk = {"ok": free >= LEAST_FREE_BYTES, "free_bytes": free}
    followers = {"ok": worst is not None and worst <= MOST_BEHIND_SECONDS, "behind_seconds": worst}
    up = bool(database["ok"] and disk["ok"])
    said = {
        "status": "down" if not up else "ok" if followers["ok"] else "degraded",
        "database": database,
        "disk": disk,
        "followers": followers,
    }
    status = HTTPStatus.OK if up else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status=status, body=json.dumps(said).encode(), headers={"Content-Type": "application/json"})


def _folder() -> Path:
    folder: Path = settings.WORKSPACE.folder
    return folder if folder.is_dir() else Path.cwd()


def lags(*, at: datetime) -> Iterator[Lag]:
    """Yield how far each follower of each store is behind, by two looks into an index for each."""
    for cursor in RecordCursor.objects.select_related("store").order_by("store__code", "follower"):
        rows = StatementRow.objects.filter(store=cursor.store, seq__gt=cursor.seq).order_by("seq")
        first = rows.values_list("seq", flat=True).first()
        seconds = 0.0 if first is None else max(0.0, (at - stored_of(first)).total_seconds())
        yield Lag(store=cursor.store.code, follower=cursor.follower, seconds=seconds)


def make_metrics_token(folder: Path, *, loopback: bool) -> str:
    """Make a new token for the numbers and return it; the one before holds no longer. Only its hash is kept.

    ``loopback`` also lets in whoever asks from this machine without it, but not through another server.
    """
    token = secrets.token_urlsafe(32)
    file = folder / TOKEN_FILE
    unfinished = file.with_name(f".{TOKEN_FILE}.{os.getpid()}")
    said = json.dumps({"hash": _hash(token).hex(), "loopback": loopback})
    unfinished.touch(mode=0o600)
    unfinished.write_text(said, encoding="utf-8")
    unfinished.replace(file)
    return token


def _hash(token: str) -> bytes:
    return blake2b(token.encode(), key=server_key("records-metrics"), digest_size=32).digest()


def _allowed(environ: Mapping[str, Any]) -> bool:
    file = _folder() / TOKEN_FILE
    if not file.is_file():
        return False
    said = json.loads(file.read_text(encoding="utf-8"))
    if said["loopback"] and environ.get("REMOTE_ADDR") in LOOPBACK and not any(environ.get(one) for one in FORWARDED):
        return True
    kind, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(_hash(token.strip()), bytes.fromhex(said["hash"]))


def _metrics(environ: Mapping[str, Any]) -> Answer:
    if not _allowed(environ):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"', "Content-Type": "text/plain; charset=utf-8"}
        said = b"The numbers ask for a token. Make one with: yucai records metrics-token\n"
        return Answer(status=HTTPStatus.UNAUTHORIZED, body=said, headers=headers)
    told = {str(os.getpid()): [*METRICS.samples(), *_stores(), *process_samples()]}
    told |= {str(number): samples for number, samples in samples_of_others(_folder() / "logs" / FOLDER)}
    body = rendered(told).encode()
    return Answer(status=HTTPStatus.OK, body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _stores() -> Iterator[Sample]:
    """Yield what every process tells alike; nothing where the database does not answer."""
    try:
        for lag in lags(at=datetime.now(tz=UTC)):
            labels = (("store", lag.store), ("follower", lag.follower))
            yield Sample(name="yucai_records_follower_behind_seconds", labels=labels, value=lag.seconds)
        for store in RecordStore.objects.order_by("code"):
            yield Sample(
                name="yucai_records_statements", labels=(("store", store.code),), value=held_in(store).statements
            )
        waiting = RefusedRequest.objects.filter(state=RefusedRequest.State.WAITING).values_list("store__code")
        for code, n in waiting.annotate(n=Count("pk")).order_by("store__code"):
            yield Sample(name="yucai_records_refused_waiting", labels=(("store", code),), value=n)
    except DatabaseError:
        return
