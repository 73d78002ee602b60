"""The document of the API, and the page about it that people read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from yucai.web.accounts.tokens import SCOPES
from yucai.web.api.asked import said
from yucai.web.api.document import VERSION, document, path_of, statuses_of
from yucai.web.api.door import answered, count_address, require_method
from yucai.web.api.operations import OPERATIONS, Operation
from yucai.web.api.problems import KINDS
from yucai.web.api.taking import require_json_taken

__all__ = ["EXAMPLES", "api_document", "api_page"]

EXAMPLES: Final = Path(__file__).with_name("examples.json")  # made by tools/api_examples.py, held by a test


@csrf_exempt
@login_not_required
def api_document(request: HttpRequest) -> HttpResponse:
    """The document, for anybody: it says what could be asked, and nothing about anybody."""

    def act() -> HttpResponse:
        require_method(request, "GET")
        require_json_taken(request)
        count_address(request)
        return HttpResponse(_encoded(get_script_prefix(), translation.get_language()), content_type="application/json")

    return answered(request, act)


@lru_cache(maxsize=4)
def _encoded(_prefix: str, _language: str | None) -> bytes:
    """Return the document as it is sent; it changes with the language and the place of the site alone."""
    return msgspec.json.encode(document())


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One operation as the page tells it."""

    name: str
    method: str
    path: str
    title: str
    says: str
    scopes: tuple[str, ...]
    may: str
    open: bool
    query: tuple[tuple[str, str], ...]
    statuses: str
    example: str
    answer: str


@login_not_required
@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """What programs can ask, operation by operation, each with a question and an answer of the demonstration."""
    described, address = document(), request.build_absolute_uri("/").rstrip("/")
    language = "zh" if (translation.get_language() or "").startswith("zh") else "en"
    facts = {
        "operations": [_described(one, described, address, language) for one in OPERATIONS],
        "scopes": [(name, said(says)) for name, says in SCOPES.items()],
        "problems": sorted((kind.status, kind.code, said(kind.title)) for kind in KINDS.values()),
        "version": VERSION,
        "address": address,
    }
    return render(request, "api.html", facts)


def _described(one: Operation, described: dict[str, Any], address: str, language: str) -> Described:
    told = described["paths"][path_of(one)][one.method.lower()]
    kept = _examples().get(one.name, {})
    query = tuple((part["name"], part.get("description", "")) for part in told["parameters"] if part["in"] == "query")
    return Described(
        name=one.name,
        method=one.method,
        path=path_of(one),
        title=said(one.title),
        says=said(one.says),
        scopes=one.scopes,
        may=" / ".join(said(SCOPES[scope]) for scope in one.scopes),
        open=one.open,
        query=query,
        statuses=", ".join(str(status) for status in statuses_of(one)),
        example=_curl(one, f"{address}{kept.get('path', path_of(one))}", language),
        answer=msgspec.json.format(msgspec.json.encode(kept[language]), indent=2).decode() if kept else "",
    )


def _curl(one: Operation, address: str, language: str) -> str:
    lines = ["curl"]
    if not one.open:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines.append(f'-H "Accept-Language: {language}"')
    if one.body is not None:
        lines.append('-H "Content-Type: application/json" -d \'{"kind": "measure"}\'')
    elif one.method == "POST":
        lines.append("-X POST")
    return " \\\n  ".join([" ".join(lines[:2]), *lines[2:], address])


@lru_cache(maxsize=1)
def _examples() -> dict[str, Any]:
    """Return kept answers of the demonstration, in both languages."""
    found: dict[str, Any] = msgspec.json.decode(EXAMPLES.read_bytes()) if EXAMPLES.is_file() else {}
    return found
