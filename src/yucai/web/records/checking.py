"""Looks whether a record store is whole: digests, ids, keys, references, voiding, attachments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.db import connection

from yucai.errors import Fault
from yucai.evidence import Version, digest, equivalent, facts_of
from yucai.texts import Text
from yucai.web.records.keys import key_of, stored_of
from yucai.web.records.models import AttachmentContent, RecordStore, StatementRow
from yucai.web.records.tombstones import names_erased

__all__ = ["StoreChecked", "check_store"]

MOST_FAULTS: Final = 50
HASHES: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
CHANGED: Final = Text("The body of statement {id} is not the one that was stored.", "陈述 {id} 的内容与存入时不同。")
MISPLACED: Final = Text("Statement {id} is filed under keys that are not its own.", "陈述 {id} 的索引键与其内容不符。")
UNJOINED: Final = Text(
    "Statement {id} is not joined to the statement it refers to.", "陈述 {id} 与其引用的陈述未关联。"
)
NOT_VOIDED: Final = Text("Statement {id} was voided but is not marked so.", "陈述 {id} 已被作废，但未作标记。")
NO_VOIDER: Final = Text(
    "Statement {id} is marked as voided, but nothing voids it.", "陈述 {id} 标记为作废，但没有作废它的陈述。"
)
NAMES_ERASED: Final = Text(
    "Statement {id} names a person who was erased here. Erase the same person again.",
    "陈述 {id} 涉及一位已在此删除的人员。请对此人再次执行删除。",
)
LOOSE: Final = Text(
    "{n} row{n:|s} of {table} {n:belongs|belong} to no statement.", "{table} 中有 {n} 行不属于任何陈述。"
)
OTHER_BYTES: Final = Text(
    "The attachment {sha2}... has other bytes than its hash says.", "附件 {sha2}... 的内容与其哈希不符。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChecked:
    """What the look found."""

    statements: int
    attachments: int
    faults: tuple[Fault, ...]


def check_store(store: RecordStore) -> StoreChecked:
    """Read every statement and attachment of a store and compare them with what finds them again."""
    faults: list[Fault] = []
    n_statements = n_attachments = 0
    rows = StatementRow.objects.filter(store=store).order_by("seq")
    for row in rows.iterator(chunk_size=500):
        n_statements += 1
        if len(faults) < MOST_FAULTS:
            faults += _faults_of(store.pk, row)
    for one in AttachmentContent.objects.filter(store=store).iterator(chunk_size=5):
        n_attachments += 1
        if hashlib.new(HASHES[len(one.sha2)], bytes(one.content), usedforsecurity=False).hexdigest() != one.sha2:
            faults.append(Fault(code="other-bytes", says=OTHER_BYTES, facts={"sha2": one.sha2[:12]}))
    faults += [*_reference_faults(store.pk), *_loose_rows()]
    return StoreChecked(statements=n_statements, attachments=n_attachments, faults=tuple(faults[:MOST_FAULTS]))


def _faults_of(store: int, row: StatementRow) -> Iterator[Fault]:
    facts = {"id": str(row.id)}
    try:
        value: dict[str, Any] = msgspec.json.decode(bytes(row.body))
        found = facts_of(value, version=Version.V2 if value["version"].startswith("2") else Version.V1)
        whole = found.id == str(row.id) and _same(value, bytes(row.digest), stored_of(row.seq).isoformat())
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError):
        yield Fault(code="changed", says=CHANGED, facts=facts)
        return
    if not whole:
        yield Fault(code="changed", says=CHANGED, facts=facts)
    kept = (row.actor, row.verb, str(row.registration or ""), str(row.target or ""), row.voiding)
    own = (
        key_of(store, "agent", found.actor),
        key_of(store, "verb", found.verb),
        found.registration or "",
        found.target or "",
        found.voids is not None,
    )
    if kept != own:
        yield Fault(code="misplaced", says=MISPLACED, facts=facts)
    if names_erased(store, found):
        yield Fault(code="names-erased", says=NAMES_ERASED, facts=facts)


def _same(value: dict[str, Any], kept: bytes, stored: str) -> bool:
    """Whether a body has the digest it was stored with; a timestamp may have been the store's."""
    if digest(value) == kept:
        return True
    bare = {name: held for name, held in value.items() if name != "timestamp"}
    return digest(bare) == kept and equivalent(bare, value) and str(value["timestamp"])[:19] == stored[:19]


def _reference_faults(store: int) -> Iterator[Fault]:
    joined = (
        "SELECT s.id FROM web_statementrow s JOIN web_statementrow t ON t.store_id = s.store_id AND t.id = s.target"
        " WHERE s.store_id = %s AND s.target IS NOT NULL AND s.seq <> t.seq"
    )
    unjoined = "NOT EXISTS (SELECT 1 FROM web_statementrefrow r WHERE r.source = s.seq AND r.target = t.seq)"
    voider = (
        "SELECT s.id FROM web_statementrow s WHERE s.store_id = %s AND s.voided AND NOT EXISTS (SELECT 1 FROM"
        " web_statementrow v WHERE v.store_id = s.store_id AND v.target = s.id AND v.target IS NOT NULL AND v.voiding)"
        " AND NOT EXISTS (SELECT 1 FROM web_statementmark m WHERE m.seq = s.seq AND m.kind = 'voider-gone')"
    )
    questions = (
        ("unjoined", UNJOINED, f"{joined} AND {unjoined}"),
        (
            "not-voided",
            NOT_VOIDED,
            joined.replace("SELECT s.id", "SELECT t.id") + " AND s.voiding AND NOT t.voiding AND NOT t.voided",
        ),
        ("no-voider", NO_VOIDER, voider),
    )
    for code, says, question in questions:
        with connection.cursor() as cursor:
            cursor.execute(question, [store])
            for (own,) in cursor.fetchmany(MOST_FAULTS):
                yield Fault(code=code, says=says, facts={"id": own})


def _loose_rows() -> Iterator[Fault]:
    for table, column in (
        ("web_statementactivity", "seq"),
        ("web_statementagent", "seq"),
        ("web_statementattachment", "seq"),
        ("web_statementmark", "seq"),
        ("web_statementrefrow", "source"),
        ("web_statementrefrow", "target"),
    ):
        question = (
            f"SELECT count(*) FROM {table} x WHERE NOT EXISTS"  # noqa: S608  (names of our own)
            f" (SELECT 1 FROM web_statementrow s WHERE s.seq = x.{column})"
        )
        with connection.cursor() as cursor:
            cursor.execute(question)
            n = cursor.fetchone()[0]
        if n:
            yield Fault(code="loose", says=LOOSE, facts={"n": n, "table": table})
