"""Documents beside statements: merging, entity tags, preconditions; persons; what is known of an activity."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from yucai.evidence.statements.reading import RequestLimits, read_json
from yucai.evidence.statements.refused import NotJsonError, RecordRefusedError
from yucai.evidence.statements.rules_actors import IDENTIFIERS
from yucai.evidence.statements.splicing import joined, members
from yucai.texts import Text

__all__ = [
    "Document",
    "DocumentsDifferError",
    "PreconditionFailedError",
    "UnconditionalError",
    "UnguardedError",
    "check_conditional",
    "check_document",
    "check_guarded",
    "check_precondition",
    "etag",
    "merge_definitions",
    "merge_documents",
    "person_of",
]

Json = dict[str, Any]
_TAG = re.compile(r'(?:[Ww]/)?(?:"([^"]*)"|([^\s",]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is kept under one id: bytes and their media type."""

    content: bytes
    content_type: str

    @property
    def is_json(self) -> bool:
        """Whether it is called JSON; parameters such as charset do not matter."""
        return self.content_type.partition(";")[0].strip().lower() == "application/json"


class DocumentsDifferError(RecordRefusedError):
    """A document cannot be merged into the one that is there."""

    says = Text(
        "Only JSON objects are merged; {which} is none. Send it by PUT to replace the document.",
        "只有 JSON 对象可以合并，{which}不是。如需替换整个文档，请改用 PUT。",
    )


class PreconditionFailedError(RecordRefusedError):
    """The document is not, or no longer, what the request says it must be."""

    says = Text(
        "The document is not what {header} asks for: it was changed, made or removed meanwhile. Read it again.",
        "文档与 {header} 的要求不符：期间已被修改、新建或删除。请重新读取。",
    )
    status = 412


class UnguardedError(RecordRefusedError):
    """A document would be overwritten unseen."""

    says = Text(
        "There is a document already. Read it, then send its ETag as If-Match, or If-None-Match: * to keep it.",
        "文档已存在。请先读取，再以 If-Match 携带其 ETag 发送；若不想覆盖，请发送 If-None-Match: *。",
    )
    status = 409


class UnconditionalError(RecordRefusedError):
    """A request does not say whether it means to make a document or to replace one."""

    says = Text(
        "PUT needs If-None-Match: * to make the document, or If-Match with its ETag to replace it. POST needs none.",
        "PUT 须携带 If-None-Match: *（新建）或带有其 ETag 的 If-Match（替换）；POST 则不需要。",
    )


def check_document(document: Document, *, limits: RequestLimits) -> None:
    """Refuse a document that is called JSON and is none."""
    if document.is_json:
        read_json(document.content, limits=limits)


def merge_documents(old: Document | None, new: Document, *, limits: RequestLimits) -> Document:
    """Return what is kept when a document is sent by POST: the members of the new one over those of the old.

    Only the first level is merged, and each value keeps its bytes. Where there is no document yet the new one is kept
    as it is; where either is no JSON object, the request is refused.
    """
    if old is None:
        check_document(new, limits=limits)
        return new
    for which, document in ((Text("the new one", "新文档"), new), (Text("the old one", "原文档"), old)):
        if not document.is_json or not isinstance(_read(document, which, limits), dict):
            raise DocumentsDifferError(which=which)
    return Document(content=joined({**members(old.content), **members(new.content)}), content_type=new.content_type)


def _read(document: Document, which: Text, limits: RequestLimits) -> Any:
    try:
        return read_json(document.content, limits=limits)
    except NotJsonError:
        raise DocumentsDifferError(which=which) from None


def etag(content: bytes) -> str:
    """Return the entity tag of some bytes: their SHA-1 in quotation marks, as xAPI asks.

    >>> etag(b"")
    '"da39a3ee5e6b4b0d3255bfef95601890afd80709"'
    """
    return f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'


def check_precondition(if_match: str | None, if_none_match: str | None, current_etag: str | None) -> None:
    """Refuse a request whose If-Match or If-None-Match does not hold; ``current_etag`` is None where nothing is kept.

    A tag is compared without its quotation marks and without the mark of a weak one: clients leave either out.
    """
    if if_match is not None and not _matches(if_match, current_etag):
        raise PreconditionFailedError(header="If-Match")
    if if_none_match is not None and _matches(if_none_match, current_etag):
        raise PreconditionFailedError(header="If-None-Match")


def check_guarded(if_match: str | None, if_none_match: str | None, current_etag: str | None) -> None:
    """Refuse to overwrite a document when the request does not say which one it means to overwrite."""
    if current_etag is not None and if_match is None and if_none_match is None:
        raise UnguardedError


def check_conditional(if_match: str | None, if_none_match: str | None) -> None:
    """Refuse a request that carries neither header; xAPI 1.0.3 asks every PUT of a profile for one of them."""
    if if_match is None and if_none_match is None:
        raise UnconditionalError


def _matches(header: str, current_etag: str | None) -> bool:
    if current_etag is None:
        return False
    if header.strip() == "*":
        return True
    return current_etag.strip('"') in {quoted or bare for quoted, bare in _TAG.findall(header)}


def person_of(agent: Json, same: Iterable[Json]) -> Json:
    """Return the Person whom an agent and all agents known to be the same make up: every name and identifier once."""
    person: Json = {"objectType": "Person"}
    for one in (agent, *same):
        for name in ("name", *IDENTIFIERS):
            if name in one:
                held = person.setdefault(name, [])
                if one[name] not in held:
                    held.append(one[name])
    return person


def merge_definitions(known: Mapping[str, Any], new: Mapping[str, Any]) -> Json:
    """Return what is known of an activity after one more definition of it.

    Names and descriptions gather their languages and extensions their keys; everything else is what was said last.
    """
    merged = {**known, **new}
    for name in ("name", "description", "extensions"):
        if name in known and name in new:
            merged[name] = {**known[name], **new[name]}
    return merged
