"""What the door does for each resource: one function for each, from a request to an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.utils.http import http_date

from yucai.errors import Fault
from yucai.evidence import (
    AttachmentPart,
    Document,
    DocumentQuery,
    DocumentResource,
    ParameterRefusedError,
    RequestLimits,
    StatementFormat,
    Version,
    canonical,
    ids_only,
    person_of,
    read_activity_query,
    read_agent_query,
    read_document_query,
    read_one_document_query,
    read_put_query,
    read_query,
    read_statement_request,
    timestamp_text,
    write_multipart,
)
from yucai.texts import Text
from yucai.web.records.attachments import attachments_of, within
from yucai.web.records.catalogue import activities_of, definitions_for, names_of
from yucai.web.records.credentials import Caller, require
from yucai.web.records.documents import delete_documents, document_of, documents_of, put_document
from yucai.web.records.finding import Search, after, cursor_of, find, find_one, search_of, search_under
from yucai.web.records.keys import EPOCH, stored_of
from yucai.web.records.models import RecordDocument
from yucai.web.records.refusals import IdDiffersError, NotFoundError, UnknownParameterError
from yucai.web.records.watermark import watermark, watermark_after_writing
from yucai.web.records.wire import Answer, Request, json_answer
from yucai.web.records.writing import store_statements

__all__ = ["RESOURCES", "THROUGH", "Visit", "about", "through"]

READERS: Final = ("statements/read", "statements/read/mine", "all/read")
THROUGH: Final = "X-Experience-API-Consistent-Through"
FIRST_FAMILY: Final = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
NO_SINCE: Final = Text(
    "Deleting takes no since: all documents would go. Leave it out.", "删除时不能使用 since（会删除全部文档），请去掉。"
)
NO_NUL: Final = Text("It holds a NUL character, which cannot be kept.", "其中含有 NUL 字符，无法保存。")


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose caller, version and store are known."""

    request: Request
    caller: Caller
    version: Version
    store: int
    code: str
    most_on_page: int
    limits: RequestLimits

    @property
    def conditions(self) -> tuple[str | None, str | None]:
        """The headers If-Match and If-None-Match."""
        return self.request.headers.get("if-match"), self.request.headers.get("if-none-match")


def about(version: Version | None) -> Answer:
    """Say which versions are spoken. Whoever asks in 1.0 hears only of those that 1.0.3 lets an answer name."""
    spoken = FIRST_FAMILY if version is Version.V1 else (*FIRST_FAMILY, Version.V2.value)
    return json_answer({"version": spoken, "extensions": {}})


def statements(visit: Visit) -> Answer:
    """Store, or find, statements."""
    if visit.request.method == "POST":
        return _post_statements(visit)
    return _put_statement(visit) if visit.request.method == "PUT" else _get_statements(visit)


def through(store: int) -> dict[str, str]:
    """Say until when a store can be read whole."""
    return {THROUGH: _time_text(watermark(store))}


def _through_after(store: int, last: int | None) -> dict[str, str]:
    return {THROUGH: _time_text(watermark_after_writing(store, last))}


def _time_text(microsecond: int) -> str:
    return timestamp_text(EPOCH + timedelta(microseconds=microsecond))


def _post_statements(visit: Visit) -> Answer:
    require(visit.caller, "statements/write")
    _no_parameters(visit.request)
    sent = _read(visit)
    stored = store_statements(sent, caller=visit.caller, version=visit.version)
    through = _through_after(visit.store, stored.last)
    return json_answer(stored.ids, headers=through, n_statements=len(stored.ids))


def _put_statement(visit: Visit) -> Answer:
    require(visit.caller, "statements/write")
    id = read_put_query(visit.request.pairs, version=visit.version)
    sent = _read(visit)
    if not sent.batch.single or sent.facts[0].id not in (None, id):
        raise IdDiffersError
    stored = store_statements(sent, caller=visit.caller, version=visit.version, put_id=id)
    return Answer(status=HTTPStatus.NO_CONTENT, headers=_through_after(visit.store, stored.last), n_statements=1)


def _read(visit: Visit) -> Any:
    request = visit.request
    return read_statement_request(
        request.headers.get("content-type"), request.body, version=visit.version, limits=visit.limits
    )


def _no_parameters(request: Request) -> None:
    if request.pairs:
        raise UnknownParameterError(names=", ".join(sorted({name[:60] for name, _ in request.pairs})))


def _get_statements(visit: Visit) -> Answer:
    require(visit.caller, *READERS)
    query = read_query(visit.request.pairs, version=visit.version)
    one = query.statement_id or query.voided_statement_id
    if one is None:
        return _page(visit, search_of(query, store=visit.store, most=visit.most_on_page))
    certain = through(visit.store)
    found = find_one(visit.store, one, voided=query.statement_id is None, caller=visit.caller)
    if found is None:
        raise NotFoundError(headers=certain)  # so that a client can tell "not yet" from "not at all"
    (shaped,) = _shaped([found[1]], query.format, visit)
    headers = {**certain, "Last-Modified": http_date(int(stored_of(found[0]).timestamp()))}
    parts = attachments_of(visit.store, [found[0]]) if query.attachments else None
    return _with_parts(shaped, parts, headers, 1)


def further(visit: Visit) -> Answer:
    """Give the page that a cursor stands for."""
    require(visit.caller, *READERS)
    _no_parameters(visit.request)
    return _page(visit, search_under(visit.request.path.rpartition("/")[2], store=visit.store))


def _page(visit: Visit, search: Search) -> Answer:
    certain = watermark(visit.store)
    found = find(search, caller=visit.caller, certain=certain)
    rows, more = found.rows, found.more
    parts = None
    if search.attachments:
        kept = within(visit.store, [seq for seq, _ in rows])
        if kept < len(rows):
            rows, more = rows[:kept], after(search, rows[kept - 1][0])
        parts = attachments_of(visit.store, [seq for seq, _ in rows])
    shaped = _shaped([body for _, body in rows], StatementFormat(search.form), visit)
    link = f"/xapi/{visit.code}/statements/more/{cursor_of(more)}" if more else ""
    body = b'{"statements":[' + b",".join(shaped) + b'],"more":' + msgspec.json.encode(link) + b"}"
    headers = {THROUGH: _time_text(certain)}
    if rows:
        headers["Last-Modified"] = http_date(int(stored_of(max(seq for seq, _ in rows)).timestamp()))
    return _with_parts(body, parts, headers, len(rows))


def _with_parts(
    body: bytes, parts: Iterable[AttachmentPart] | None, headers: Mapping[str, str], n_statements: int
) -> Answer:
    kind = "application/json"
    if parts is not None:
        kind, body = write_multipart(body, parts)
    said = {**headers, "Content-Type": kind}
    return Answer(status=HTTPStatus.OK, body=body, headers=said, n_statements=n_statements)


def _shaped(bodies: list[bytes], form: StatementFormat, visit: Visit) -> list[bytes]:
    if form is StatementFormat.IDS:
        return [ids_only(body) for body in bodies]
    if form is StatementFormat.EXACT:
        return bodies
    named = {activity["id"] for body in bodies for activity in activities_of(msgspec.json.decode(body))}
    definitions = definitions_for(visit.store, named)
    languages = visit.request.headers.get("accept-language")
    return [canonical(body, languages=languages, definitions=definitions) for body in bodies]


def activities(visit: Visit) -> Answer:
    """Give an activity as it is known here, if only by its id."""
    require(visit.caller, *READERS, "profile", "state", "define")
    iri = read_activity_query(visit.request.pairs, version=visit.version)
    known = definitions_for(visit.store, [iri]).get(iri)
    return json_answer({"objectType": "Activity", "id": iri, **({"definition": known} if known else {})})


def agents(visit: Visit) -> Answer:
    """Give the person whom an agent is, with every name known here."""
    require(visit.caller, *READERS, "profile", "state", "define")
    agent = read_agent_query(visit.request.pairs, version=visit.version)
    return json_answer(person_of(agent, [{"name": name} for name in names_of(visit.store, agent)]))


def _documents(resource: DocumentResource, scope: str) -> Callable[[Visit], Answer]:
    def documents(visit: Visit) -> Answer:
        method = visit.request.method
        if method in ("GET", "HEAD"):
            require(visit.caller, scope, "all/read")
            return _get_documents(visit, resource)
        require(visit.caller, scope)
        return _delete_documents(visit, resource) if method == "DELETE" else _put_document(visit, resource)

    return documents


def _get_documents(visit: Visit, resource: DocumentResource) -> Answer:
    query = read_document_query(visit.request.pairs, resource=resource, version=visit.version)
    if query.id is not None:
        kept = document_of(visit.store, query)
        if kept is None:
            raise NotFoundError
        return _document(kept)
    rows = documents_of(visit.store, query)
    if query.since is not None:
        rows = rows.filter(updated__gt=query.since)
    found = list(rows.order_by("pk").values_list("name", "updated"))
    headers = {"Last-Modified": http_date(int(max(at for _, at in found).timestamp()))} if found else {}
    return json_answer(list(dict.fromkeys(name for name, _ in found)), headers=headers)


def _document(kept: RecordDocument) -> Answer:
    headers = {
        "Content-Type": kept.content_type,
        "ETag": kept.etag,
        "Last-Modified": http_date(int(kept.updated.timestamp())),
    }
    return Answer(status=HTTPStatus.OK, body=bytes(kept.content), headers=headers)


def _put_document(visit: Visit, resource: DocumentResource) -> Answer:
    query = read_one_document_query(visit.request.pairs, resource=resource, version=visit.version)
    if "\0" in (query.id or ""):
        raise ParameterRefusedError([Fault(code="nul", says=NO_NUL, where=resource.own)])
    kind = visit.request.headers.get("content-type", "application/octet-stream")
    document = Document(content=visit.request.body, content_type=kind)
    put_document(
        visit.store,
        query,
        document,
        conditions=visit.conditions,
        merge=visit.request.method == "POST",
        version=visit.version,
        limits=visit.limits,
        at=datetime.now(tz=UTC),
    )
    return Answer(status=HTTPStatus.NO_CONTENT)


def _delete_documents(visit: Visit, resource: DocumentResource) -> Answer:
    read = read_document_query if resource is DocumentResource.STATE else read_one_document_query
    query: DocumentQuery = read(visit.request.pairs, resource=resource, version=visit.version)
    if query.id is None and query.since is not None:
        raise ParameterRefusedError([Fault(code="no-since", says=NO_SINCE, where="since")])
    delete_documents(visit.store, query, conditions=visit.conditions)
    return Answer(status=HTTPStatus.NO_CONTENT)


READING: Final = ("GET", "HEAD")
KEEPING: Final = (*READING, "PUT", "POST", "DELETE")
# Each resource: what does it, and the methods it has.
RESOURCES: Final[Mapping[str, tuple[Callable[[Visit], Answer], tuple[str, ...]]]] = {
    "statements": (statements, (*READING, "PUT", "POST")),
    "statements/more": (further, READING),
    "activities": (activities, READING),
    "activities/state": (_documents(DocumentResource.STATE, "state"), KEEPING),
    "activities/profile": (_documents(DocumentResource.ACTIVITY_PROFILE, "profile"), KEEPING),
    "agents": (agents, READING),
    "agents/profile": (_documents(DocumentResource.AGENT_PROFILE, "profile"), KEEPING),
}
