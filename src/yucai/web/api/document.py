"""The document of the API (OpenAPI 3.1), made from the list of operations and the forms of their answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.urls import get_script_prefix

from yucai.texts import Text
from yucai.web.accounts.tokens import SCOPES
from yucai.web.api.asked import LARGEST, said
from yucai.web.api.operations import BASE, OPERATIONS, Operation
from yucai.web.api.problems import KINDS, Problem

__all__ = ["VERSION", "document", "path_of", "statuses_of"]

VERSION: Final = "1.0"
REFERENCE: Final = "#/components/schemas/{name}"
PART: Final = re.compile(r"<(int|slug):(\w+)>")
PARTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "int": {"type": "integer", "minimum": 1, "maximum": LARGEST},
    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,50}$"},
}
CALLED: Final = {"pk": "id", "code": "code"}
QUERIES: Final[Mapping[str, Text]] = {
    "after": Text("the last one that is known already; 0: from the beginning", "已取得的最后一条；0 表示从头开始"),
    "limit": Text("how many at most, up to 200", "最多返回几条，不超过 200"),
    "space": Text("code of an institution; left out: of all", "单位代码；省略则为全部"),
    "period": Text("code of a period; left out: the latest", "时段代码；省略则为最近时段"),
}
TITLE: Final = Text("Yucai", "育才")
SAYS: Final = Text(
    "What the pages show, as JSON, by the same decisions on access. A token stands for an account and never does more "
    "than it. Sentences come in the language that Accept-Language names (zh or en). A list gives “next”, the "
    "address of what follows. What is wrong is told as application/problem+json (RFC 9457). In version 1 fields may be "
    "added; none is taken away or changes its meaning.",
    "以 JSON 提供与页面相同的内容，权限判定完全一致。令牌代表账号，权限不超过该账号。"
    "文字语言由 Accept-Language 指定（zh 或 en）。列表以 next 给出后续地址。"
    "错误以 application/problem+json（RFC 9457）说明。第 1 版内只增加字段，不删除字段，也不改变含义。",
)
BEARER: Final = Text("A token from the page “Tokens for programs”.", "在“程序令牌”页面创建的令牌。")
DONE: Final = Text("Answered", "已答复")
HEADERS: Final[Mapping[int, str]] = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}


def path_of(operation: Operation) -> str:
    """Return the address of an operation as a document writes it."""
    return get_script_prefix() + BASE + PART.sub(lambda part: f"{{{CALLED[part[2]]}}}", operation.path)


def statuses_of(operation: Operation) -> list[int]:
    """Return every status that an operation may answer with, its own first."""
    found = {400, 406, 405, 422, 429, 500, 507}
    if not operation.open:
        found |= {401, 403}
    if PART.search(operation.path) or "period" in operation.query.__struct_fields__:
        found |= {404}
    if operation.body is not None:
        found |= {408, 413, 415, 503}
    return [operation.status, *sorted(found)]


def document() -> dict[str, Any]:
    """Return the document, in the language that is active."""
    answers = [one.answer for one in OPERATIONS]
    bodies = [one.body for one in OPERATIONS if one.body is not None]
    forms: list[type] = list(dict.fromkeys([Problem, *answers, *bodies, *(one.query for one in OPERATIONS)]))
    references, schemas = msgspec.json.schema_components(forms, ref_template=REFERENCE)
    reference_of = dict(zip(forms, references, strict=True))
    queries = {one.query.__name__: schemas[one.query.__name__] for one in OPERATIONS}
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        described = _operation(one, reference_of, queries[one.query.__name__])
        paths.setdefault(path_of(one), {})[one.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": said(TITLE), "version": VERSION, "description": said(SAYS)},
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": said(BEARER)}},
        },
        "x-scopes": {name: said(says) for name, says in SCOPES.items()},
    }


def _operation(one: Operation, reference_of: Mapping[type, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": said(one.title),
        "description": said(one.says),
        "parameters": [*_parts(one), *_query(query)],
        "responses": {str(status): _response(one, status, reference_of) for status in statuses_of(one)},
        "security": [] if one.open else [{"token": [scope]} for scope in one.scopes] or [{"token": []}],
    }
    if one.body is not None:
        content = {"application/json": {"schema": reference_of[one.body]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _parts(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": CALLED[name], "in": "path", "required": True, "schema": dict(PARTS[kind])}
        for kind, name in PART.findall(one.path)
    ]


def _query(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what may stand behind the question mark; what is left out is not said as null there."""
    told = []
    for name, schema in query["properties"].items():
        plain = next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema)
        words = said(QUERIES[name])
        told.append({"name": name, "in": "query", "required": False, "description": words, "schema": dict(plain)})
    return told


def _response(one: Operation, status: int, reference_of: Mapping[type, Any]) -> dict[str, Any]:
    if status == one.status:
        told: dict[str, Any] = {
            "description": said(DONE),
            "content": {"application/json": {"schema": reference_of[one.answer]}},
        }
        if one.leads_to:
            told["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
        return told
    titles = dict.fromkeys(said(kind.title) for kind in KINDS.values() if kind.status == status)
    told = {
        "description": " · ".join(titles),
        "content": {"application/problem+json": {"schema": reference_of[Problem]}},
    }
    if status in HEADERS:
        told["headers"] = {HEADERS[status]: {"required": True, "schema": {"type": "string"}}}
    return told
