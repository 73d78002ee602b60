"""Statements: found by filters, opened, handed out as files."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any, Final
from urllib.parse import quote, urlencode

import msgspec
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yucai.web.accounts.models import Person
from yucai.web.accounts.requests import asking
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.records.attachments import attachments_of
from yucai.web.records.finding import find
from yucai.web.records.keys import stored_of
from yucai.web.records.models import AttachmentContent, RecordStore, StatementAttachment, StatementRow
from yucai.web.records.telling import VERBS, iri_end
from yucai.web.records.watermark import watermark
from yucai.web.stores.browsing import Line, lines_of
from yucai.web.stores.exporting import KINDS, csv_rows, json_lines, note_export, workbook
from yucai.web.stores.filters import NAMES, asked_of, known_verbs
from yucai.web.stores.showing import language, size_words, tools_of
from yucai.web.stores.views import open_record_store

__all__ = ["attachment", "download", "statement", "statements"]

MOST_REFERRING: Final = 20


@require_safe
def statements(request: HttpRequest, code: str) -> HttpResponse:
    """The statements that were asked for, the newest first; who looks at whom is written down."""
    store = open_record_store(request, code)
    wanted = request.GET.get("id", "").strip()
    if wanted:
        if _known(store, wanted):
            return redirect("record_statement", code=code, id=str(uuid.UUID(wanted)))
        messages.error(request, _("No statement here has the id “%(id)s”.") % {"id": wanted[:50]})
    asked = asked_of(store, request.GET)
    found = find(asked.search, caller=asked.caller, certain=watermark(store.pk)) if not asked.faults else None
    rows = found.rows if found is not None else ()
    lines = _lines(request, store, rows, page="statements")
    query = {name: typed for name, typed in asked.said.items() if typed}
    more = found.more if found is not None else None
    facts = {
        "space": store.space,
        "store": store,
        "lines": lines,
        "asked": asked,
        "said": asked.said,
        "query": urlencode(query),
        "more": urlencode({**query, "before": more.last}) if more is not None else "",
        "later": bool(request.GET.get("before")),
        "tools": [(str(line.credential.pk), line.name) for line in tools_of(store)],
        "verbs": _verbs(store),
        "others": [(one, urlencode({**query, "person": one})) for one in asked.others],
    }
    return render(request, "record_statements.html", facts)


def _verbs(store: RecordStore) -> list[tuple[str, str]]:
    """Return what can be typed as a verb, a word where it is clear which verb is meant, and what stands beside it."""
    words = [(iri, _verb_words(iri)) for iri in known_verbs(store)[:50]]
    said = Counter(word for _, word in words)
    return [(word, "") if said[word] == 1 else (iri, word) for iri, word in words]


def _verb_words(iri: str) -> str:
    known = VERBS.get(iri_end(iri).lower())
    return known.in_language(language()).rstrip("了：") if known is not None else iri_end(iri)


def _known(store: RecordStore, text: str) -> bool:
    try:
        return StatementRow.objects.filter(store=store, id=uuid.UUID(text)).exists()
    except ValueError:
        return False


def _lines(request: HttpRequest, store: RecordStore, rows: tuple[tuple[int, bytes], ...], *, page: str) -> list[Line]:
    return lines_of(store, rows, account=asking(request), page=page, language=language(), at=timezone.now())


@require_safe
def statement(request: HttpRequest, code: str, id: uuid.UUID) -> HttpResponse:
    """One statement, whole: in words, as it is kept, with what belongs to it."""
    store = open_record_store(request, code)
    row = StatementRow.objects.filter(store=store, id=id).first()
    if row is None:
        raise Http404
    body = bytes(row.body)
    value: dict[str, Any] = msgspec.json.decode(body)
    (line,) = _lines(request, store, ((row.seq, body),), page="statement")
    about = StatementRow.objects.filter(store=store, target=id).order_by("-seq")[:MOST_REFERRING]
    referring = _lines(request, store, tuple((one.seq, bytes(one.body)) for one in about), page="statement")
    aim = StatementRow.objects.filter(store=store, id=row.target).first() if row.target else None
    facts = {
        "space": store.space,
        "store": store,
        "row": row,
        "line": line,
        "stored": stored_of(row.seq),
        "happened": _time(value.get("timestamp")),
        "verb": value["verb"]["id"],
        "registration": row.registration,
        "attachments": _attachments(store, row.seq, value),
        "referring": [one for one in referring if not one.voiding],
        "voiders": [one for one in referring if one.voiding] if row.voided else [],
        "aim": _lines(request, store, ((aim.seq, bytes(aim.body)),), page="statement")[0] if aim else None,
        "evidence": _evidence(line.person, id),
        "body": json.dumps(json.loads(body), ensure_ascii=False, indent=2),
    }
    return render(request, "record_statement.html", facts)


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _evidence(person: Person | None, id: uuid.UUID) -> list[EvidenceRecord]:
    """Return what was made of a statement; only of somebody on record anything is."""
    if person is None:
        return []
    current = EvidenceRecord.objects.current()
    return list(current.filter(person=person, source_sheet=str(id)).select_related("item").order_by("pk"))


def _attachments(store: RecordStore, seq: int, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the attachments that a statement speaks of, each with whether its bytes are here."""
    named = list(StatementAttachment.objects.filter(seq=seq).values_list("sha2", flat=True))
    here = dict(AttachmentContent.objects.filter(store=store, sha2__in=named).values_list("sha2", "size_bytes"))
    told = {str(one["sha2"]).lower(): one for one in _told_attachments(value)}
    found = []
    for sha2 in named:
        one = told.get(sha2.lower(), {})
        words = one.get("display", {})
        name = next((said for tag, said in words.items() if tag.startswith(language())), next(iter(words.values()), ""))
        found.append(
            {"sha2": sha2, "name": name or sha2[:12], "kind": one.get("contentType", ""), "here": sha2 in here,
             "size": size_words(here.get(sha2, 0)), "url": one.get("fileUrl", "")}
        )  # fmt: skip
    return found


def _told_attachments(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from value.get("attachments", ())
    thing = value.get("object", {})
    if thing.get("objectType") == "SubStatement":
        yield from _told_attachments(thing)


@require_safe
def attachment(request: HttpRequest, code: str, id: uuid.UUID, sha2: str) -> HttpResponse:
    """The bytes of an attachment, to be saved and never to be shown: whatever it is, it is run nowhere."""
    store = open_record_store(request, code)
    row = StatementRow.objects.filter(store=store, id=id).first()
    if row is None:
        raise Http404
    part = next((one for one in attachments_of(store.pk, [row.seq]) if one.sha2 == sha2), None)
    if part is None:
        raise Http404
    _lines(request, store, ((row.seq, bytes(row.body)),), page="statement-attachment")
    answer = HttpResponse(part.content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{sha2[:16]}.bin"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@require_safe
def download(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """The statements that were asked for, all of them, as a file; that they left is written down."""
    store, account, at = open_record_store(request, code), asking(request), timezone.now()
    asked = asked_of(store, {name: request.GET.get(name, "") for name in NAMES})
    if asked.faults:
        for fault in asked.faults:
            messages.error(request, fault)
        return redirect("record_statements", code=code)
    note_export(store=store, kind=kind, asked=asked, by=account, at=at)
    name = f"{store.code}-{at:%Y%m%d-%H%M%S}.{kind}"
    answer: StreamingHttpResponse
    if kind == "xlsx":
        file: IO[bytes] = workbook(store, asked, by=account, language=language(), at=at)
        answer = FileResponse(file, content_type=KINDS[kind])
    elif kind == "csv":
        rows = csv_rows(store, asked, by=account, language=language(), at=at)
        answer = StreamingHttpResponse(rows, content_type=KINDS[kind])
    else:
        answer = StreamingHttpResponse(json_lines(store, asked, by=account, at=at), content_type=KINDS[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
