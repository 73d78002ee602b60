"""What tools sent and were refused: counted, kept for some days within bounds, put in again or dismissed.

Only who has a credential leaves anything here. A credential that is refused all the time fills its own share and no
more: the oldest goes first, and what comes faster than it can be looked at is only counted.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils.timezone import localdate

from yucai.errors import YucaiError
from yucai.evidence import PersonTraces, RecordRefusedError, RequestLimits, Version, actor_key
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.records.credentials import caller_of
from yucai.web.records.erasure_models import RecordTombstone
from yucai.web.records.models import RecordCredential, RecordStore
from yucai.web.records.noting import record_event
from yucai.web.records.operating_models import RecordEvent, RefusedCount, RefusedRequest
from yucai.web.records.refusals import StoreClosedError
from yucai.web.records.tombstones import ErasedAgentError, ErasedPersonError, refuse_erased
from yucai.web.records.views import RESOURCES, Visit
from yucai.web.records.wire import Request

__all__ = [
    "KEPT_DAYS",
    "REFUSED_DELIVERIES",
    "CannotPutAgainError",
    "RefusedToday",
    "actors_in",
    "dismiss",
    "keep_refused",
    "put_again",
    "refused_today",
    "throw_out_old",
]

KEPT_DAYS: Final = 14
KEPT_STATUSES: Final = frozenset((400, 403, 409, 412, 413, 503))
KEPT_RESOURCES: Final = frozenset(("statements",))  # a document that is refused is read and written anew by its tool
MOST_BODY: Final = 2_000_000  # bytes of one request
MOST_BYTES: Final = 16_000_000  # of all requests of one credential
MOST_ROWS: Final = 500  # of one credential
MOST_IN_TIME: Final = 50  # requests of one credential kept by one process within ...
SECONDS: Final = 10.0
Json = dict[str, Any]
CLAIMED: Final = timedelta(minutes=2)  # so long a request that is being put in again is nobody else's
UNAVAILABLE: Final = Text("The database did not answer.", "数据库当时没有响应。")
REVOKED: Final = Text(
    "its credential was revoked. Give the tool a new one and let it send again",
    "其凭据已被吊销。请为该工具签发新凭据并重新发送",
)
NO_BODY: Final = Text("it was too large to keep. Let the tool send it again", "内容过大，未予保留。请让该工具重新发送")
SETTLED: Final = Text("it was settled before", "它此前已处理")
UNDER_WAY: Final = Text("somebody is putting it in just now", "有人正在重新存入")
PUT_IN: Final = Text("{n} statement{n:|s}", "{n} 条陈述")


class CannotPutAgainError(YucaiError):
    """A refused delivery that cannot be put in again."""

    says = Text("This delivery cannot be put in again: {reason}.", "无法重新存入：{reason}。")
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedToday:
    """What of one credential was refused today for one reason."""

    credential: RecordCredential
    status: int
    code: str
    requests: int
    statements: int
    reason: Text


class _Pace:
    """How many requests of each credential were kept lately; what came beyond is remembered to be counted later."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lately: dict[str, tuple[float, int]] = {}
        self.uncounted: Counter[tuple[str, date, int, str]] = Counter()
        self.statements: Counter[tuple[str, date, int, str]] = Counter()

    def allows(self, key: str) -> bool:
        with self.lock:
            until, n = self.lately.get(key, (0.0, 0))
            now = time.monotonic()
            until, n = (now + SECONDS, 0) if until < now else (until, n)
            self.lately[key] = (until, n + 1)
            return n < MOST_IN_TIME

    def remember(self, place: tuple[str, date, int, str], statements: int) -> None:
        with self.lock:
            self.uncounted[place] += 1
            self.statements[place] += statements

    def take(self, key: str) -> list[tuple[tuple[str, date, int, str], int, int]]:
        with self.lock:
            places = [place for place in self.uncounted if place[0] == key]
            return [(place, self.uncounted.pop(place), self.statements.pop(place)) for place in places]


_PACE: Final = _Pace()


def keep_refused(visit: Visit, refused: RecordRefusedError | None, *, at: datetime) -> None:
    """Count a refused delivery of statements, and keep it if it can be put in again; None: no answer of the database.

    One that names an erased person is counted and not kept.
    """
    request = visit.request
    status = int(refused.status) if refused is not None else 503
    if request.path not in KEPT_RESOURCES or request.method in ("GET", "HEAD") or status not in KEPT_STATUSES:
        return
    code = _code(refused)
    place = (visit.caller.key, localdate(at), status, code)
    n = n_statements(request) if len(request.body) <= MOST_BODY else 0
    if not _PACE.allows(visit.caller.key):
        _PACE.remember(place, n)
        return
    with transaction.atomic():
        credential = RecordCredential.objects.filter(key=visit.caller.key).first()
        if credential is None:
            return
        for (_, day, status_, code_), requests, statements in [*_PACE.take(visit.caller.key), (place, 1, n)]:
            _count(credential.pk, day, status_, code_, requests, statements)
        if isinstance(refused, ErasedPersonError | ErasedAgentError) or _names_erased(visit.store, request):
            return
        _keep(visit, credential, refused, status=status, code=code, n=n, at=at)
        _trim(credential, at=at)


_COUNT: Final = (
    "INSERT INTO web_refusedcount (credential_id, day, status, code, requests, statements)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (credential_id, day, status, code) DO UPDATE SET"
    " requests = web_refusedcount.requests + excluded.requests,"
    " statements = web_refusedcount.statements + excluded.statements"
)


def _count(credential: int, day: date, status: int, code: str, requests: int, statements: int) -> None:
    with connection.cursor() as cursor:
        told = connection.ops.adapt_datefield_value(day)
        cursor.execute(_COUNT, [credential, told, status, code, requests, statements])


def _keep(
    visit: Visit,
    credential: RecordCredential,
    refused: RecordRefusedError | None,
    *,
    status: int,
    code: str,
    n: int,
    at: datetime,
) -> None:
    request, reason = visit.request, _reason(refused)
    seal = _digest(visit)
    why = {"status": status, "code": code, "reason_en": reason.en, "reason_zh": reason.zh, "last_at": at}
    waiting = RefusedRequest.objects.filter(credential=credential, digest=seal, state=RefusedRequest.State.WAITING)
    if waiting.update(times=F("times") + 1, **why):
        return
    row = RefusedRequest(
        store_id=visit.store,
        credential=credential,
        first_at=at,
        method=request.method,
        resource=request.path,
        version=visit.version.value,
        pairs=[list(pair) for pair in request.pairs],
        content_type=request.headers.get("content-type", "")[:255],
        body=request.body if len(request.body) <= MOST_BODY else b"",
        size_bytes=_size(request),
        digest=seal,
        statements=n,
        **why,
    )
    RefusedRequest.objects.bulk_create([row], ignore_conflicts=True)


def _size(request: Request) -> int:
    """Return how large a request is; of one that was not read, how large it said it is."""
    said = request.headers.get("content-length", "")
    return len(request.body) or (int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0)


def _digest(visit: Visit) -> bytes:
    request = visit.request
    head = (request.method, request.path, visit.version.value, request.pairs, request.headers.get("content-type"))
    return blake2b(repr(head).encode("utf-8", "replace") + b"\0" + request.body, digest_size=16).digest()


def _trim(credential: RecordCredential, *, at: datetime) -> None:
    """Keep a credential within its share: what is old goes, then the oldest."""
    rows = RefusedRequest.objects.filter(credential=credential)
    rows.filter(last_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
    total, too_many = 0, []
    sizes = rows.order_by("-last_at", "-pk").annotate(kept=Length("body")).values_list("pk", "kept")
    for place, (pk, size) in enumerate(sizes):
        total += size or 0
        if place >= MOST_ROWS or total > MOST_BYTES:
            too_many.append(pk)
    for begin in range(0, len(too_many), 500):
        RefusedRequest.objects.filter(pk__in=too_many[begin : begin + 500]).delete()


def throw_out_old(*, at: datetime) -> int:
    """Delete what was kept long enough, counts after a year, and return how many requests went."""
    RefusedCount.objects.filter(day__lt=localdate(at) - timedelta(days=366)).delete()
    return RefusedRequest.objects.filter(last_at__lt=at - timedelta(days=KEPT_DAYS)).delete()[0]


def _code(refused: RecordRefusedError | None) -> str:
    if refused is None:
        return "unavailable"
    faults = getattr(refused, "faults", ())
    own = re.sub(r"(?<!^)(?=[A-Z])", "-", type(refused).__name__.removesuffix("Error")).lower()
    return str(faults[0].code if faults else own)[:100]


def _reason(refused: RecordRefusedError | None) -> Text:
    if refused is None:
        return UNAVAILABLE
    return Text(*(refused.in_language(language).replace("\0", "")[:4_000] for language in ("en", "zh")))


def _said(request: Request) -> Any:
    """Return the JSON of a request, that of the first part where it has several; None where nobody can tell."""
    raw = request.body
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raw = raw.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def n_statements(request: Request) -> int:
    """Return how many statements a request brings, as far as one can tell."""
    said = _said(request)
    return len(said) if isinstance(said, list) else int(isinstance(said, dict))


def _names_erased(store: int, request: Request) -> bool:
    """Whether a request may name a person who was erased; what nobody can read may."""
    said = _said(request)
    if said is None:
        return RecordTombstone.objects.filter(store=store, erasure__lifted_at__isnull=True).exists()
    try:
        refuse_erased(store, map(actor_key, _actors(said)))
    except ErasedAgentError:
        return True
    return False


def actors_in(row: RefusedRequest) -> list[Json]:
    """Return the agents whom a kept delivery names, as far as it can be read."""
    headers = {"content-type": row.content_type}
    said = _said(Request(method=row.method, path="", pairs=(), headers=headers, body=bytes(row.body)))
    return list(_actors(said))


def _actors(value: Any) -> Iterator[Json]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            if _is_agent(one):
                yield one


def _is_agent(value: Json) -> bool:
    """Whether an object of JSON has an identifier of an agent that can be read."""
    first = next((name for name in ("mbox", "mbox_sha1sum", "openid", "account") if name in value), "")
    found = value.get(first)
    if first == "account":
        return isinstance(found, dict) and all(isinstance(found.get(name), str) for name in ("homePage", "name"))
    return isinstance(found, str)


def put_again(*, row: RefusedRequest, by: Account | None, at: datetime) -> None:
    """Put a refused delivery in as if its tool had sent it now. Raises CannotPutAgainError, RecordRefusedError.

    Where it is refused again it waits with the new reason.
    """
    credential = row.credential
    _claim(row, at)
    try:
        RESOURCES[row.resource][0](_visit(row, credential))
    except RecordRefusedError as refused:
        reason = _reason(refused)
        facts = {"status": int(refused.status), "code": _code(refused), "reason_en": reason.en, "reason_zh": reason.zh}
        RefusedRequest.objects.filter(pk=row.pk).update(claimed_at=None, **facts)  # when its tool sent it last stays
        raise
    _settle(row, RefusedRequest.State.DONE, RecordEvent.Kind.PUT_AGAIN, by=by, at=at)


def _claim(row: RefusedRequest, at: datetime) -> None:
    """Take a delivery in hand, so that two clicks put it in once. Raises CannotPutAgainError."""
    if row.credential.revoked_at is not None:
        raise CannotPutAgainError(reason=REVOKED)
    if row.state != RefusedRequest.State.WAITING:
        raise CannotPutAgainError(reason=SETTLED)
    if not row.body:
        raise CannotPutAgainError(reason=NO_BODY)
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - CLAIMED)
    if not RefusedRequest.objects.filter(free, pk=row.pk, state=RefusedRequest.State.WAITING).update(claimed_at=at):
        raise CannotPutAgainError(reason=UNDER_WAY)


def _visit(row: RefusedRequest, credential: RecordCredential) -> Visit:
    store = row.store
    if store.closed_at is not None:
        RefusedRequest.objects.filter(pk=row.pk).update(claimed_at=None)
        raise StoreClosedError
    body = bytes(row.body)
    headers = {"content-type": row.content_type} if row.content_type else {}
    pairs = tuple((str(name), str(value)) for name, value in row.pairs)
    request = Request(method=row.method, path=row.resource, pairs=pairs, headers=headers, body=body)
    return Visit(
        request=request,
        caller=caller_of(credential),
        version=Version(row.version),
        store=store.pk,
        code=store.code,
        most_on_page=store.most_on_page,
        limits=replace(RequestLimits(), n_statements=store.most_statements),
    )


@transaction.atomic
def _settle(
    row: RefusedRequest, state: RefusedRequest.State, kind: RecordEvent.Kind, *, by: Account | None, at: datetime
) -> None:
    waiting = RefusedRequest.objects.filter(pk=row.pk, state=RefusedRequest.State.WAITING)
    if not waiting.update(state=state, settled_at=at, settled_by=by, claimed_at=None, body=b""):
        raise CannotPutAgainError(reason=SETTLED)
    detail = PUT_IN.filled(n=row.statements)
    record_event(store=row.store, kind=kind, by=by, at=at, credential=row.credential, detail=detail)


def dismiss(*, row: RefusedRequest, by: Account | None, at: datetime) -> None:
    """Settle a refused delivery without putting it in; its body goes. Raises CannotPutAgainError."""
    _settle(row, RefusedRequest.State.DISMISSED, RecordEvent.Kind.DISMISSED, by=by, at=at)


def refused_today(store: RecordStore, *, at: datetime) -> list[RefusedToday]:
    """Return what was refused today, by credential and reason, the most first."""
    counts = RefusedCount.objects.filter(credential__store=store, day=localdate(at)).select_related("credential")
    found = []
    for count in counts.order_by("-statements", "-requests"):
        like = RefusedRequest.objects.filter(credential=count.credential, status=count.status, code=count.code)
        latest = like.order_by("-last_at").first()
        reason = latest.reason if latest is not None else Text("", "")
        found.append(
            RefusedToday(
                credential=count.credential, status=count.status, code=count.code, requests=count.requests,
                statements=count.statements, reason=reason,
            )
        )  # fmt: skip
    return found


class _RefusedDeliveries:
    """Where an erasure looks beside the stores."""

    name = "refused deliveries"

    def further_keys(self, space: Space, keys: frozenset[str]) -> frozenset[str]:
        """Return none: a delivery says of nobody who they are besides."""
        return frozenset()

    def count(self, space: Space, traces: PersonTraces) -> int:
        """Return how many deliveries hold the person."""
        return len(_of_person(space, traces))

    def forget(self, space: Space, traces: PersonTraces, *, at: datetime) -> int:
        """Delete the deliveries that hold the person, inside a transaction, and return how many."""
        found = _of_person(space, traces)
        for begin in range(0, len(found), 500):
            RefusedRequest.objects.filter(pk__in=found[begin : begin + 500]).delete()
        return len(found)


REFUSED_DELIVERIES: Final = _RefusedDeliveries()


def _of_person(space: Space, traces: PersonTraces) -> list[int]:
    """Return the kept deliveries of a space that hold a person."""
    rows = RefusedRequest.objects.filter(store__space=space).order_by("pk")
    told = rows.values_list("pk", "body", "pairs", "reason_en", "reason_zh").iterator(chunk_size=5)
    return [pk for pk, body, *rest in told if traces.are_in_content(bytes(body)) or _in_words(rest, traces)]


def _in_words(values: list[Any], traces: PersonTraces) -> bool:
    return any(traces.are_in_content(str(value).encode("utf-8", "replace")) for value in values)
