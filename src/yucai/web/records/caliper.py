"""Caliper at the door: an envelope of events becomes statements, whole or not at all; what does not map is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from yucai.evidence import (
    RecordRefusedError,
    equivalent,
    read_json,
    read_statement_request,
    statements_from_caliper,
)
from yucai.texts import Text
from yucai.web.records.credentials import require
from yucai.web.records.refusals import StatementConflictError
from yucai.web.records.views import Visit
from yucai.web.records.wire import Answer, json_answer
from yucai.web.records.writing import store_statements

__all__ = ["NotCaliperTypeError", "take_envelope"]

TYPES: Final = ("application/json", "application/ld+json")
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


class NotCaliperTypeError(RecordRefusedError):
    """The request has a content type that brings no envelope."""

    says = Text(
        "Envelopes of Caliper come as application/json; this is {given}.",
        "Caliper 信封须以 application/json 发送，此处为 {given}。",
    )
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def take_envelope(visit: Visit) -> Answer:
    """Store the statements that an envelope's events give, and say how many of its entries give none, and why.

    An event and its statement share their id, so that an envelope that comes again changes nothing.
    """
    require(visit.caller, "statements/write")
    kind = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise NotCaliperTypeError(given=kind[:80] or Text("nothing", "空"))
    envelope = read_json(visit.request.body, limits=visit.limits)
    reading = statements_from_caliper(envelope, version=visit.version)
    statements = _once_each(map(_with_id, reading.statements))
    if statements:
        sent = read_statement_request(TYPES[0], _ENCODE(statements), version=visit.version, limits=visit.limits)
        store_statements(sent, caller=visit.caller, version=visit.version)
    language = "zh" if visit.request.headers.get("accept-language", "").lower().lstrip().startswith("zh") else "en"
    told = {
        "entries": len(envelope["data"]),
        "statements": len(statements),
        "left_out": [
            {"code": fault.code, "n": fault.facts["n"], "says": fault.in_language(language)}
            for fault in reading.notices
        ],
    }
    return msgspec.structs.replace(json_answer(told), n_statements=len(statements))


def _with_id(statement: dict[str, Any]) -> dict[str, Any]:
    """An event should have an id; one without gets one made of what it says, the same whenever it comes."""
    if "id" in statement:
        return statement
    return {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, _ENCODE(statement).decode())), **statement}


def _once_each(statements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each statement once; two that differ under one id are refused as two requests would be."""
    found: dict[str, dict[str, Any]] = {}
    for statement in statements:
        known = found.setdefault(statement["id"], statement)
        if known is not statement and not equivalent(known, statement):
            raise StatementConflictError(id=statement["id"])
    return list(found.values())
