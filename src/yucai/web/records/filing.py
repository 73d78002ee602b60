"""Files of statements into a store: by the same rules and the same action as the door, in batches, resumable.

What stands in the file is stored in its order. A statement without an id gets one made of the file and its place, so
that the same file taken in again adds nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from yucai.errors import YucaiError
from yucai.evidence import (
    AttachmentPart,
    FiledStatement,
    FileMissingError,
    FileUnreadableError,
    RecordRefusedError,
    RequestLimits,
    SentStatement,
    StatementBatch,
    StatementFacts,
    StatementRequest,
    Version,
    actor_key,
    digest,
    equivalent,
    facts_of,
    read_kept_statements,
    read_statement_request,
    write_multipart,
)
from yucai.texts import Text
from yucai.web.records import tables
from yucai.web.records.credentials import Caller
from yucai.web.records.filing_models import StatementFile
from yucai.web.records.keys import key_of
from yucai.web.records.models import AttachmentContent, RecordCredential, RecordStore
from yucai.web.records.refusals import StatementConflictError
from yucai.web.records.tombstones import ErasedPersonError, without_erased
from yucai.web.records.transactions import reading
from yucai.web.records.writing import store_statements

__all__ = ["FileTaken", "NoAuthorityError", "RefusedListExistsError", "look_through", "take_statement_file"]

BATCH: Final = 500
BATCH_BYTES: Final = 8_000_000
ATTACHED_BYTES: Final = 32_000_000
SAID_EVERY: Final = 10_000
TAKING: Final = Text("{n} statement{n:|s} taken in", "已导入 {n} 条陈述")
Report = Callable[[float, Text], None]
Clock = Callable[[], datetime]


class NoAuthorityError(RecordRefusedError):
    """A statement that nobody vouches for."""

    says = Text(
        "It names no authority. Import with --as and the key of the credential that vouches for the file.",
        "未注明授权方。请用 --as 指明为此文件负责的凭据 key 后导入。",
    )


class RefusedListExistsError(YucaiError):
    """The list of refused lines would go over something else."""

    says = Text(
        "“{file}” already exists and was left as it is. Name another file with --refused-lines, or move it away.",
        "“{file}”已经存在，未作任何改动。请用 --refused-lines 另取文件名，或先把它移走。",
    )
    exit_code = 73


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """What came of a file; ``refused_list`` holds line and reason of each refused statement, if there are any."""

    new: int
    known: int
    refused: int
    refused_list: Path | None


@dataclass(slots=True, kw_only=True)
class _Ready:
    """A good statement that waits for its batch."""

    line: int
    id: str
    sent: SentStatement
    facts: StatementFacts
    parts: dict[str, AttachmentPart]


def look_through(path: Path, *, otherwise: Version, limits: RequestLimits) -> tuple[int, int]:
    """Return how many statements of a file are good by themselves and how many are not; nothing is stored."""
    good = refused = 0
    for found in read_kept_statements(path, otherwise=otherwise, limits=limits):
        good, refused = good + (found.refused is None), refused + (found.refused is not None)
    return good, refused


def take_statement_file(
    *,
    store: RecordStore,
    path: Path,
    credential: RecordCredential | None,
    attachments: Path,
    refused: Path,
    report: Report,
    clock: Clock,
) -> FileTaken:
    """Take a file in and return what came of it; one that broke off goes on where it stood.

    With a credential its authority vouches for every statement; else each keeps the authority it names. When it was
    stored is always said anew. Raises RefusedListExistsError, FileMissingError, FileUnreadableError,
    NoStatementFileError.
    """
    limits = RequestLimits(n_statements=store.most_statements)
    pieces = read_kept_statements(path, otherwise=Version(store.default_version), limits=limits)
    sha256 = _sha256(path)
    row = _row_of(store, sha256, credential.key if credential else "", refused=refused, at=clock())
    taking = _Taking(
        row=row, caller=_caller(store, credential), version=Version(store.default_version), limits=limits,
        attachments=attachments, refused=Path(row.refused_list), clock=clock,
    )  # fmt: skip
    taking.all_of(pieces, report)
    listed = taking.refused if row.n_refused else None
    return FileTaken(new=row.n_new, known=row.n_known, refused=row.n_refused, refused_list=listed)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise FileMissingError(file=path.name) from problem
    except OSError as problem:
        said = problem.strerror or str(problem)
        reason = Text(f"the system says: {said}", f"系统提示：{said}")
        raise FileUnreadableError(file=path.name, reason=reason) from problem


def _row_of(store: RecordStore, sha256: str, as_key: str, *, refused: Path, at: datetime) -> StatementFile:
    """Return how far a file is; what broke off goes on with the list of refused lines it had begun."""
    known = StatementFile.objects.filter(store=store, sha256=sha256, as_key=as_key).first()
    if known is not None and known.ended_at is None:
        return known
    if refused.exists():
        raise RefusedListExistsError(file=refused)
    if known is not None:
        known.delete()
    return StatementFile.objects.create(
        store=store, sha256=sha256, as_key=as_key, refused_list=str(refused), began_at=at, moved_at=at
    )


def _caller(store: RecordStore, credential: RecordCredential | None) -> Caller:
    authority = msgspec.json.decode(credential.authority) if credential else None
    return Caller(
        store=store.pk,
        key=credential.key if credential else "",
        scopes=frozenset({"all"}),
        authority=authority,
        authority_key=key_of(store.pk, "agent", actor_key(authority)) if authority else 0,
    )


@dataclass(slots=True, kw_only=True)
class _Taking:
    """One file on its way in."""

    row: StatementFile
    caller: Caller
    version: Version
    limits: RequestLimits
    attachments: Path
    refused: Path
    clock: Clock
    batch: list[_Ready] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    n_bytes: int = 0
    n_attached: int = 0
    not_good: list[tuple[int, RecordRefusedError]] = field(default_factory=list)

    def all_of(self, pieces: Iterator[FiledStatement], report: Report) -> None:
        said = 0
        n = 0
        for n, found in enumerate(pieces, start=1):
            if n <= self.row.n_done:  # it was done before the fall
                continue
            self._take(n, found)
            if len(self.batch) + len(self.not_good) >= BATCH or self._is_heavy():
                self._flush(n)
                if n - said >= SAID_EVERY:
                    said = n
                    report(0.0, TAKING.filled(n=f"{n:,}"))
        self.row.ended_at = self.clock()
        self._flush(n)

    def _is_heavy(self) -> bool:
        return self.n_bytes > BATCH_BYTES or self.n_attached > ATTACHED_BYTES

    def _take(self, n: int, found: FiledStatement) -> None:
        if found.sent is None:
            self.not_good.append((found.line, found.refused or RecordRefusedError()))
            return
        try:
            ready = self._ready(n, found, found.sent)
        except RecordRefusedError as problem:
            self.not_good.append((found.line, problem))
            return
        if ready.id in self.ids:  # the store says whether it is the same
            self._flush(n - 1)
        self.batch.append(ready)
        self.ids.add(ready.id)
        self.n_bytes += len(ready.sent.raw)
        self.n_attached += sum(len(part.content) for part in ready.parts.values())

    def _ready(self, n: int, found: FiledStatement, sent: SentStatement) -> _Ready:
        facts = facts_of(sent.value, version=found.version)
        if self.caller.authority is None and "authority" not in sent.value:
            raise NoAuthorityError
        parts: dict[str, AttachmentPart] = {}
        if facts.attachments:
            parts = self._attached(facts)
            kind, body = write_multipart(sent.raw, parts.values())
            read_statement_request(kind, body, version=found.version, limits=self.limits)
        own = facts.id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.row.sha256}/{n}"))
        return _Ready(line=found.line, id=own, sent=sent, facts=msgspec.structs.replace(facts, id=own), parts=parts)

    def _attached(self, facts: StatementFacts) -> dict[str, AttachmentPart]:
        """Return the attachments of a statement that lie beside the file, or in the store already."""
        parts = {}
        for need in facts.attachments:
            file = self.attachments / need.sha2
            kept = None
            if not file.is_file():
                kept = AttachmentContent.objects.filter(store=self.caller.store, sha2=need.sha2).first()
            content = bytes(kept.content) if kept else file.read_bytes() if file.is_file() else None
            if content is not None:
                parts[need.sha2] = AttachmentPart(sha2=need.sha2, content_type=need.content_type, content=content)
        return parts

    def _flush(self, done: int) -> None:
        """Store what waits and write down how far it is: after that, so that a fall between costs nothing."""
        known = self._there()
        refused = self._stored()
        there = self._there()
        # A statement that was erased here stays away without a word to whoever sends it; the office is told.
        self.not_good += [
            (one.line, ErasedPersonError(n=one.line)) for one in self.batch if one.id not in there | refused
        ]
        row = self.row
        row.n_known += len(known - refused)
        row.n_new += len(there - known)
        row.n_refused += len(self.not_good)
        if self.not_good:
            row.refused_bytes = self._write_refused(row.refused_bytes)
        row.n_done, row.moved_at = done, self.clock()
        row.save()
        self.batch.clear()
        self.ids.clear()
        self.not_good.clear()
        self.n_bytes = self.n_attached = 0

    def _there(self) -> set[str]:
        """Return which of the batch the store has."""
        with reading() as sql:
            return set(tables.seqs_of(sql, self.caller.store, [one.id for one in self.batch])) if self.batch else set()

    def _stored(self) -> set[str]:
        """Store the batch; return which are refused: another statement has their id, or a person was erased here."""
        refused: dict[str, RecordRefusedError] = {}
        while wanted := [one for one in self.batch if one.id not in refused]:
            try:
                store_statements(_request(wanted), caller=self.caller, version=self.version)
                break
            except StatementConflictError as conflict:
                clashing = self._conflicts(wanted) | {str(conflict.facts["id"])}
                refused |= {own: StatementConflictError(id=own) for own in clashing}
            except ErasedPersonError as erased:
                refused |= dict.fromkeys(self._erased(wanted), erased)
        self.not_good += [(one.line, refused[one.id]) for one in self.batch if one.id in refused]
        return set(refused)

    def _erased(self, wanted: list[_Ready]) -> list[str]:
        """Return the ids of the statements that name somebody who was erased here."""
        found = []
        for one in wanted:
            try:
                without_erased(self.caller.store, _request([one]), [one.id])
            except ErasedPersonError:
                found.append(one.id)
        return found

    def _conflicts(self, wanted: list[_Ready]) -> set[str]:
        """Return which ids belong to other statements."""
        with reading() as sql:
            kept = tables.find_bodies(sql, self.caller.store, [one.id for one in wanted])

        def differs(sent: dict[str, Any], held: tuple[bytes, bytes]) -> bool:
            return digest(sent) != held[0] and not equivalent(sent, msgspec.json.decode(held[1]))

        return {one.id for one in wanted if one.id in kept and differs(one.sent.value, kept[one.id])}

    def _write_refused(self, size: int) -> int:
        """Add to the list of refused lines, behind what belongs to what is done; return its new size."""
        with self.refused.open("r+b" if size and self.refused.exists() else "wb") as stream:
            stream.truncate(size)
            stream.seek(size)
            for line, problem in sorted(self.not_good, key=lambda one: one[0]):
                _write_line(stream, line, problem)
            return stream.tell()


def _request(ready: Sequence[_Ready]) -> StatementRequest:
    return StatementRequest(
        batch=StatementBatch(statements=tuple(one.sent for one in ready), single=False),
        facts=tuple(one.facts for one in ready),
        parts={sha2: part for one in ready for sha2, part in one.parts.items()},
    )


def _write_line(stream: IO[bytes], line: int, problem: RecordRefusedError) -> None:
    told = {
        "line": line,
        "status": int(problem.status),
        "en": problem.in_language("en"),
        "zh": problem.in_language("zh"),
    }
    stream.write(msgspec.json.encode(told) + b"\n")
