"""A whole request that brings statements: JSON alone, or multipart with attachments and signatures."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from yucai.evidence.statements.facts import AttachmentNeed, StatementFacts, facts_of
from yucai.evidence.statements.multipart import AttachmentPart, MultipartRefusedError, media_type, read_multipart
from yucai.evidence.statements.reading import RequestLimits, StatementBatch, read_statements
from yucai.evidence.statements.refused import RecordRefusedError
from yucai.evidence.statements.signatures import SIGNATURE, SignatureRefusedError, check_signature
from yucai.evidence.statements.versions import Version
from yucai.texts import Text

__all__ = ["ContentTypeRefusedError", "StatementRequest", "read_statement_request"]

NOT_SENT = Text(
    "the attachment with sha2 {sha2}... has neither a part nor a fileUrl",
    "sha2 为 {sha2}... 的附件既无对应部分，也无 fileUrl",
)
UNASKED = Text("no statement speaks of the part with hash {sha2}...", "没有陈述提到哈希为 {sha2}... 的部分")
NOT_OCTETS = Text(
    "its attachment must be of type application/octet-stream", "签名附件的类型须为 application/octet-stream"
)


class ContentTypeRefusedError(RecordRefusedError):
    """The request has a content type that brings no statements."""

    says = Text(
        "Statements come as application/json or multipart/mixed; this is {given}.",
        "陈述须以 application/json 或 multipart/mixed 发送，此处为 {given}。",
    )


class StatementRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Good statements, what a store has to know of each, and the attachments that came with them."""

    batch: StatementBatch
    facts: tuple[StatementFacts, ...]
    parts: Mapping[str, AttachmentPart]


def read_statement_request(
    content_type: str | None, body: bytes, *, version: Version, limits: RequestLimits
) -> StatementRequest:
    """Return the statements of a request and their attachments, or refuse all of it.

    Every attachment without ``fileUrl`` must be there as a part, and every part must belong to a statement. Attachments
    that are signatures must hold for their statement.
    """
    kind, _ = media_type(content_type)
    parts: Mapping[str, AttachmentPart] = {}
    if kind == "multipart/mixed":
        sent = read_multipart(content_type or "", body, limits=limits)
        body, parts = sent.statements, sent.parts
    elif kind != "application/json":
        raise ContentTypeRefusedError(given=kind[:80] or Text("nothing", "空"))
    batch = read_statements(body, version=version, limits=limits)
    facts = tuple(facts_of(statement.value, version=version) for statement in batch.statements)
    asked = [need for one in facts for need in one.attachments]
    _check_parts(asked, parts)
    for statement, one in zip(batch.statements, facts, strict=True):
        for need in one.attachments:
            if need.usage_type == SIGNATURE:
                _check_signature(statement.value, need, parts, version=version, limits=limits)
    return StatementRequest(batch=batch, facts=facts, parts=parts)


def _check_parts(asked: list[AttachmentNeed], parts: Mapping[str, AttachmentPart]) -> None:
    for need in asked:
        if need.sha2 not in parts and need.file_url is None:
            raise MultipartRefusedError(reason=_short(NOT_SENT, need.sha2))
    for sha2 in parts.keys() - {need.sha2 for need in asked}:
        raise MultipartRefusedError(reason=_short(UNASKED, sha2))


def _check_signature(
    statement: dict[str, object],
    need: AttachmentNeed,
    parts: Mapping[str, AttachmentPart],
    *,
    version: Version,
    limits: RequestLimits,
) -> None:
    if media_type(need.content_type)[0] != "application/octet-stream":
        raise SignatureRefusedError(reason=NOT_OCTETS)
    if need.sha2 in parts:
        check_signature(statement, parts[need.sha2].content, version=version, limits=limits)


def _short(words: Text, sha2: str) -> Text:
    return words.filled(sha2=sha2[:12])
