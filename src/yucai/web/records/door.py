"""The door of the record stores: a plain WSGI callable that stands in front of Django's middleware."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import DatabaseError, connection

from yucai.evidence import (
    VERSION_HEADER,
    RecordRefusedError,
    RequestLimits,
    TooLargeError,
    Version,
    VersionRefusedError,
    read_version,
)
from yucai.web.records.access_log import AccessLog
from yucai.web.records.arriving import FOR_KNOWN, Arriving, Places
from yucai.web.records.caliper import take_envelope
from yucai.web.records.credentials import Caller, authenticate
from yucai.web.records.models import RecordStore
from yucai.web.records.refusals import MethodError, NotFoundError, StoreClosedError, UnauthorisedError
from yucai.web.records.transactions import on_postgresql
from yucai.web.records.views import RESOURCES as XAPI
from yucai.web.records.views import THROUGH, Visit, about, through
from yucai.web.records.watching import note_answer
from yucai.web.records.wire import Answer, Request, is_alternate, json_answer, read_head, start, unfolded, with_body

__all__ = ["PREFIX", "answer", "forget_stores", "log_access", "with_records"]

PREFIX: Final = "/xapi/"
CALIPER: Final = "caliper"  # beside the resources of xAPI; its requests name no version of xAPI
RESOURCES: Final = {**XAPI, CALIPER: (take_envelope, ("POST",))}
TROUBLE: Final = logging.getLogger("yucai.records")
ALLOWED_HEADERS: Final = (
    f"Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match, {VERSION_HEADER}"
)
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"ETag, Last-Modified, {VERSION_HEADER}, X-Experience-API-Consistent-Through",
}
# What tools store is given back in the type they named, on the host of our pages: a browser must never run it there.
HARMLESS: Final = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
UNAVAILABLE: Final = "The store cannot answer now. Send the same request again in some seconds."
STORE_SECONDS: Final = 10.0  # so long a store is remembered
MOST_FORM_BYTES: Final = 4_000_000  # of an alternate request, which brings its credential in its body
# So many requests are worked on at once; the other threads of the server wait for bodies, which costs no memory.
AT_WORK: Final = Places(4)
SMALL: Final = 64_000  # bytes; a statement or two, which may be stored together with those of others
Wsgi = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    pk: int
    code: str
    version: Version
    most_bytes: int
    most_on_page: int
    limits: RequestLimits
    closed: bool
    until: float


_STORES: dict[str, _Store] = {}
_SPOKEN: dict[tuple[int, str], Version] = {}  # by store and key, of credentials that were good: no stranger fills it


def with_records(pages: Wsgi) -> Wsgi:
    """Return an application that answers for record stores itself and hands everything else to the pages."""

    def application(environ: Mapping[str, Any], start_response: Any) -> Any:
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return answer(environ, start_response)
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD") and "wsgi.input" in environ:
            environ = {**environ, "wsgi.input": Arriving(environ["wsgi.input"])}
        return pages(environ, start_response)

    return application


def answer(environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request, whatever comes."""
    began = time.perf_counter()
    method = str(environ["REQUEST_METHOD"]).upper()
    code, _, resource = str(environ["PATH_INFO"])[len(PREFIX) :].partition("/")
    said: dict[str, Any] = {"version": Version.V1, "key": "-", "store": None, "visit": None}
    if on_postgresql() and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    try:
        found = _answered(environ, method, code, resource.strip("/"), said)
    except DatabaseError as problem:
        TROUBLE.error("the database did not answer: %s", type(problem).__name__)
        found = _unavailable()
    except Exception as problem:  # what went wrong here must not become a page of anybody's data
        places = "".join(traceback.format_tb(problem.__traceback__))
        TROUBLE.error("unexpected %s at\n%s", type(problem).__name__, places)
        found = _unavailable()
    version: Any = said["version"]
    name = resource.partition("/more/")[0] or "-"
    _log(code, said["key"], method, name if name in RESOURCES or name == "about" else "?", found, began)
    note_answer(
        store=code if code in _STORES else "",
        method=method,
        status=found.status.value,
        n_statements=found.n_statements,
        seconds=time.perf_counter() - began,
        visit=said["visit"],
        refused=said.get("refused"),
    )
    extra = {VERSION_HEADER: version.value, **CORS, **HARMLESS}
    return start(found, start_response, extra=extra, with_body=method != "HEAD")


def _answered(environ: Mapping[str, Any], method: str, code: str, resource: str, said: dict[str, Any]) -> Answer:
    """Answer, or say why not. Whatever is said of statements carries the time until when they can be read whole."""
    try:
        with ExitStack() as held:
            return _answer(environ, method, code, resource, said, held)
    except RecordRefusedError as refused:
        said["refused"] = refused
        found = _refusal(refused, environ)
        if not resource.startswith("statements") or said["store"] is None or THROUGH in found.headers:
            return found
        return msgspec.structs.replace(found, headers={**found.headers, **through(said["store"])})


def _answer(
    environ: Mapping[str, Any], method: str, code: str, resource: str, said: dict[str, Any], held: ExitStack
) -> Answer:
    store = _store(code)
    said["version"], said["store"] = store.version, store.pk
    path, cursor = (resource.partition("/more/")[0] + "/more", True) if "/more/" in resource else (resource, False)
    if path == "about":
        return _about(environ, method, store, said)
    if path not in RESOURCES or (path == "statements/more" and not cursor):
        raise NotFoundError
    act, methods = RESOURCES[path]
    if method == "OPTIONS":
        return _options(methods)
    if method not in methods:
        raise MethodError(method=method[:20], known=", ".join(methods))
    request = read_head(environ, path=resource)
    alternate = is_alternate(request)
    if alternate:
        request = unfolded(with_body(request, environ, most_bytes=min(store.most_bytes, MOST_FORM_BYTES), held=held))
        if request.method not in methods:
            raise MethodError(method=request.method, known=", ".join(methods))
    if path != CALIPER:
        _hear_version(request, store, said)
    caller = authenticate(store.pk, request.headers.get("authorization"))
    said["key"] = caller.key
    _SPOKEN[store.pk, caller.key] = said["version"]
    if not alternate:  # nobody unknown fills the memory
        try:
            request = with_body(request, environ, most_bytes=store.most_bytes, held=held, places=FOR_KNOWN)
        except TooLargeError:
            said["visit"] = _visit(request, caller, said["version"], store)
            raise
    said["visit"] = visit = _visit(request, caller, said["version"], store)
    if store.closed and request.method not in ("GET", "HEAD"):
        raise StoreClosedError
    if request.method in ("POST", "PUT") and len(request.body) <= SMALL:
        return act(visit)
    with AT_WORK:
        return act(visit)


def _visit(request: Request, caller: Caller, version: Version, store: _Store) -> Visit:
    return Visit(
        request=request,
        caller=caller,
        version=version,
        store=store.pk,
        code=store.code,
        most_on_page=store.most_on_page,
        limits=store.limits,
    )


def _hear_version(request: Request, store: _Store, said: dict[str, Any]) -> None:
    """Take the version that the request names; whoever names none is told so in the version it spoke last."""
    try:
        said["version"] = read_version(request.headers.get(VERSION_HEADER.lower()))
    except VersionRefusedError:
        with suppress(UnauthorisedError):
            caller = authenticate(store.pk, request.headers.get("authorization"))
            said["version"] = _SPOKEN.get((store.pk, caller.key), store.version)
        raise


def log_access() -> None:
    """Write one line for each request into a file of the workspace, if there is one."""
    folder = settings.WORKSPACE.logs
    if folder.is_dir() and not _ACCESS:
        _ACCESS.append(AccessLog(folder / "records.log"))


_ACCESS: Final[list[AccessLog]] = []


def _store(code: str) -> _Store:
    known = _STORES.get(code)
    if known is not None and known.until > time.monotonic():
        return known
    row = RecordStore.objects.filter(code=code).first() if code and len(code) <= 50 and "\0" not in code else None
    if row is None:
        raise NotFoundError
    found = _Store(
        pk=row.pk,
        code=row.code,
        version=Version(row.default_version),
        most_bytes=row.most_bytes,
        most_on_page=row.most_on_page,
        limits=RequestLimits(n_statements=row.most_statements),
        closed=row.closed_at is not None,
        until=time.monotonic() + STORE_SECONDS,
    )
    _STORES[code] = found
    return found


def forget_stores() -> None:
    """Forget what is known of stores and of who spoke which version; the next request asks the tables."""
    _STORES.clear()
    _SPOKEN.clear()


def _about(environ: Mapping[str, Any], method: str, store: _Store, said: dict[str, Any]) -> Answer:
    if method == "OPTIONS":
        return _options(("GET", "HEAD"))
    if method not in ("GET", "HEAD"):
        raise MethodError(method=method[:20], known="GET, HEAD")
    header = environ.get("HTTP_" + VERSION_HEADER.upper().replace("-", "_"))
    try:
        asked = read_version(header) if header else None
    except VersionRefusedError:
        asked = None  # about tells which versions there are, whoever asks
    said["version"] = asked or store.version
    return about(asked)


def _options(methods: Iterable[str]) -> Answer:
    allowed = ", ".join((*methods, "OPTIONS"))
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": "86400",
    }
    return Answer(status=HTTPStatus.NO_CONTENT, headers=headers)


def _refusal(refused: RecordRefusedError, environ: Mapping[str, Any]) -> Answer:
    """Say why, in Chinese where Chinese is wanted first. Documents and pages alike get one JSON text."""
    wanted = str(environ.get("HTTP_ACCEPT_LANGUAGE", "")).lower().lstrip()
    language = "zh" if wanted.startswith("zh") else "en"
    said = json_answer({"error": refused.in_language(language)})
    headers = dict(said.headers)
    if isinstance(refused, NotFoundError):
        headers |= refused.headers
    if isinstance(refused, UnauthorisedError):
        headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    if isinstance(refused, MethodError):
        headers["Allow"] = str(refused.facts["known"])
    if refused.status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
        headers["Content-Type"] = "text/plain; charset=utf-8"
        return Answer(status=HTTPStatus(refused.status), body=refused.in_language(language).encode(), headers=headers)
    return Answer(status=HTTPStatus(refused.status), body=said.body, headers=headers)


def _unavailable() -> Answer:
    said = json_answer({"error": UNAVAILABLE})
    headers = {**said.headers, "Retry-After": "5"}
    return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, body=said.body, headers=headers)


def _log(code: str, key: object, method: str, resource: str, found: Answer, began: float) -> None:
    """Write one line: no parameter, no address, no name of anybody."""
    for log in _ACCESS:
        size = f"{found.status} {len(found.body)} bytes {found.n_statements} statements"
        took_ms = (time.perf_counter() - began) * 1000
        try:
            log.write(f"{code[:50]} {key} {method[:10]} {resource} {size} {took_ms:.1f} ms")
        except OSError as problem:  # a full disk; what was stored is stored, and is answered so
            TROUBLE.error("the access log cannot be written: %s", type(problem).__name__)
