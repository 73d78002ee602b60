"""Pseudonymised statements of a store as files for research, with a data sheet that says what they are.

Statements are read twice: once for the names of everybody and how many people share each combination of the declared
columns, once to be written. Nothing is left behind where it breaks off.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import (
    EverybodysNames,
    Pseudonyms,
    ReleaseRules,
    flat_row,
    names_in,
    pseudonymised,
    statement_faults,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.records.erasure_models import RecordExport
from yucai.web.records.keys import key_of
from yucai.web.records.models import RecordStore, StatementActivity, StatementRow
from yucai.web.records.rewriting import version_of
from yucai.web.records.sheets import write_sheet

__all__ = ["COLUMNS", "Crowd", "ExportFilter", "ExportPurpose", "Exported", "export_pseudonymised"]

COLUMNS: Final = ("verb", "object", "activity_type", "parent", "language", "object_kind", "success", "completion")
SCHEMA: Final = {
    **dict.fromkeys(("statement", "person", "verb", "object_kind", "object", "activity_type", "parent"), pl.String),
    **dict.fromkeys(("registration", "language", "timestamp"), pl.String),
    **dict.fromkeys(("score_scaled", "score_raw", "score_min", "score_max"), pl.Float64),
    **dict.fromkeys(("success", "completion"), pl.Boolean),
    **dict.fromkeys(("duration", "response"), pl.String),
}
THING: Final = Text("The export", "导出请求")
NO_WORD: Final = Text("Say {what}; it stands in the data sheet.", "请写明{what}；数据说明中须注明。")
BAD_COLUMN: Final = Text("There is no column “{column}”. There are: {known}.", "没有“{column}”列，可用：{known}。")
THERE: Final = Text("“{folder}” is there already. Name a new folder.", "“{folder}”已存在，请另写文件夹。")
KEY_THERE: Final = Text(
    "“{file}” is there already; no key is written over another.", "“{file}”已存在，不会覆盖已有密钥。"
)
KEY_INSIDE: Final = Text(
    "The key would lie among the files that go out. Keep it elsewhere.", "密钥不能放在导出文件夹内，请另选位置。"
)
NO_CONSENTS: Final = Text(
    "Statements of everybody go out only with their consents. Say where the signed ones lie, or let only those go out "
    "whose people consented on the pages.",
    "未经同意不得导出所有人的陈述。请写明签字同意书的存放处，或只导出已在系统中同意者的陈述。",
)
NOT_ONE: Final = Text("k is {k}; at least 2 people make a crowd.", "k 为 {k}，至少应为 2。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPurpose:
    """For whom, for what, and where the consents of those people lie who gave none on the pages of the office."""

    recipient: str
    purpose: str
    consents: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilter:
    """Which statements: by their own time, verbs and activities, also those of the context, and their actors.

    ``actors`` are the identifiers of people who consented; None asks for everybody's, with consents kept elsewhere.
    """

    since: datetime | None = None
    until: datetime | None = None
    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    actors: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many people share each combination of some columns, and below how many one is told."""

    columns: tuple[str, ...] = ()
    k: int = 5
    leave_out: bool = False  # what fewer share does not go out


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What went out."""

    code: str
    statements: int
    people: int
    smallest: int | None  # people who share the rarest combination
    rare: int  # combinations that fewer than k share
    left_out: int  # statements of such combinations, and those of which too little is left to be one
    files: tuple[tuple[str, str], ...]  # name and SHA-256


@dataclass(slots=True)
class _Seen:
    """What the first reading finds."""

    names: set[str] = field(default_factory=set)
    people: set[bytes] = field(default_factory=set)
    sharing: dict[bytes, set[bytes]] = field(default_factory=dict)


def export_pseudonymised(
    *,
    store: RecordStore,
    folder: Path,
    purpose: ExportPurpose,
    rules: ReleaseRules,
    wanted: ExportFilter,
    crowd: Crowd,
    same: dict[str, str],
    key_file: Path | None,
    by: Account | None,
    at: datetime,
) -> Exported:
    """Write statements of a store without anybody's name into a new folder, and note that it was done.

    The key of the pseudonyms is drawn anew and thrown away; with ``key_file`` it is kept there. ``same`` maps
    identifiers to the one that stands for the same person. Raises FaultyInputError.
    """
    _check(folder, purpose, crowd, key_file, everybody=wanted.actors is None)
    key, code = secrets.token_bytes(32), secrets.token_hex(8)
    pseudonyms = Pseudonyms(key, same)
    aside = folder.with_name(f".{folder.name}.part")
    try:
        aside.mkdir(parents=True)
        seen = _look(store, wanted, rules, pseudonyms, crowd)
        everybody = EverybodysNames(frozenset(filter(_telling, seen.names)))
        seen = _look(store, wanted, rules, pseudonyms, crowd, everybody=everybody)  # by what will be written
        n, left_out, people = _write(store, wanted, rules, pseudonyms, crowd, seen, everybody, aside)
        smallest = min(map(len, seen.sharing.values()), default=None) if crowd.columns else None
        files = tuple((file.name, _sha256(file)) for file in sorted(aside.iterdir()))
        rare = sum(len(found) < crowd.k for found in seen.sharing.values())
        done = Exported(
            code=code, statements=n, people=people, smallest=smallest, rare=rare, left_out=left_out, files=files
        )
        sheet = _sheet(store, done, purpose=purpose, rules=rules, wanted=wanted, crowd=crowd, key_file=key_file, at=at)
        write_sheet(aside, sheet)
        with transaction.atomic():
            _note(store, done, purpose, sheet, by=by, at=at)
            if key_file is not None:
                _keep_key(key_file, key)
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return done


def _check(folder: Path, purpose: ExportPurpose, crowd: Crowd, key_file: Path | None, *, everybody: bool) -> None:
    faults = []
    if everybody and not purpose.consents.strip():
        faults.append(Fault(code="no-consents", says=NO_CONSENTS))
    for said, what in ((purpose.recipient, Text("for whom", "接收方")), (purpose.purpose, Text("for what", "用途"))):
        if not said.strip():
            faults.append(Fault(code="no-word", says=NO_WORD, facts={"what": what}))
    faults += [
        Fault(code="bad-column", says=BAD_COLUMN, facts={"column": column, "known": ", ".join(COLUMNS)})
        for column in crowd.columns
        if column not in COLUMNS
    ]
    if crowd.k < 2:
        faults.append(Fault(code="not-a-crowd", says=NOT_ONE, facts={"k": crowd.k}))
    if folder.exists():
        faults.append(Fault(code="there", says=THERE, facts={"folder": folder}))
    if key_file is not None and key_file.exists():
        faults.append(Fault(code="key-there", says=KEY_THERE, facts={"file": key_file}))
    if key_file is not None and folder.absolute() in key_file.absolute().parents:
        faults.append(Fault(code="key-inside", says=KEY_INSIDE))
    if faults:
        raise FaultyInputError(THING, faults)


def _telling(name: str) -> bool:
    """Whether a name is long enough to tell somebody: one of two letters would stand in any text."""
    return len(name) >= (3 if name.isascii() and not name.isdigit() else 4 if name.isascii() else 2)


def _bodies(store: RecordStore, wanted: ExportFilter) -> Iterator[dict[str, Any]]:
    rows = StatementRow.objects.filter(store=store, voided=False, voiding=False)
    if wanted.since is not None:
        rows = rows.filter(timestamp__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(timestamp__lte=wanted.until)
    if wanted.verbs:
        rows = rows.filter(verb__in=[key_of(store.pk, "verb", iri) for iri in wanted.verbs])
    if wanted.activities:
        keys = [key_of(store.pk, "activity", iri) for iri in wanted.activities]
        beside = StatementActivity.objects.filter(seq=OuterRef("seq"), activity__in=keys)
        rows = rows.filter(Q(object__in=keys) | Exists(beside))
    if wanted.actors is not None:
        rows = rows.filter(actor__in=[key_of(store.pk, "agent", actor) for actor in sorted(wanted.actors)])
    for body in rows.order_by("seq").values_list("body", flat=True).iterator(chunk_size=500):
        yield msgspec.json.decode(bytes(body))


def _released(
    store: RecordStore, wanted: ExportFilter, rules: ReleaseRules, pseudonyms: Pseudonyms, everybody: EverybodysNames
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each statement that goes out and its row; one that is none without what stays inside is None twice."""
    for value in _bodies(store, wanted):
        new = pseudonymised(value, rules=rules, pseudonyms=pseudonyms, everybody=everybody)
        if not statement_faults(new, version=version_of(value)):
            yield new, flat_row(new)


def _look(
    store: RecordStore,
    wanted: ExportFilter,
    rules: ReleaseRules,
    pseudonyms: Pseudonyms,
    crowd: Crowd,
    *,
    everybody: EverybodysNames | None = None,
) -> _Seen:
    """Gather the names of everybody or, where they are known, who shares which combination of columns."""
    seen = _Seen()
    if everybody is None:
        for value in _bodies(store, ExportFilter()):
            seen.names.update(names_in(value))
        return seen
    if crowd.columns:
        for _, row in _released(store, wanted, rules, pseudonyms, everybody):
            seen.sharing.setdefault(_place(row, crowd), set()).add(_short(row["person"]))
    return seen


def _place(row: dict[str, Any], crowd: Crowd) -> bytes:
    return _short(json.dumps([row[column] for column in crowd.columns]))


def _short(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _write(
    store: RecordStore,
    wanted: ExportFilter,
    rules: ReleaseRules,
    pseudonyms: Pseudonyms,
    crowd: Crowd,
    seen: _Seen,
    everybody: EverybodysNames,
    folder: Path,
) -> tuple[int, int, int]:
    """Write both files; return how many statements went out, how many stayed, and of how many people."""
    n = left_out = 0
    people: set[bytes] = set()
    encode, rows = msgspec.json.Encoder().encode, folder / "rows.jsonl"
    with (folder / "statements.jsonl").open("wb") as lines, rows.open("wb") as flat:
        for new, row in _released(store, wanted, rules, pseudonyms, everybody):
            if crowd.leave_out and crowd.columns and len(seen.sharing.get(_place(row, crowd), ())) < crowd.k:
                left_out += 1
                continue
            lines.write(encode(new) + b"\n")
            flat.write(encode(row) + b"\n")
            n += 1
            people.add(_short(row["person"]))
    pl.scan_ndjson(rows, schema=SCHEMA).sink_parquet(folder / "statements.parquet")
    rows.unlink()
    return n, left_out, len(people)


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        digest = sha256()
        for part in iter(lambda: source.read(1_000_000), b""):
            digest.update(part)
    return digest.hexdigest()


def _keep_key(file: Path, key: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as kept:
        kept.write(key.hex() + "\n")


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _sheet(
    store: RecordStore,
    done: Exported,
    *,
    purpose: ExportPurpose,
    rules: ReleaseRules,
    wanted: ExportFilter,
    crowd: Crowd,
    key_file: Path | None,
    at: datetime,
) -> dict[str, Any]:
    """Return the data sheet: what, when, for whom, for what, by which rules, and how well people hide in the crowd."""
    return {
        "export": done.code,
        "store": store.code,
        "at": at.isoformat(),
        "recipient": purpose.recipient.strip(),
        "purpose": purpose.purpose.strip(),
        "consents": "asked here" if wanted.actors is not None else purpose.consents.strip(),
        "statements": done.statements,
        "people": done.people,
        "left_out": done.left_out,
        "wanted": {
            "since": _time(wanted.since),
            "until": _time(wanted.until),
            "verbs": list(wanted.verbs),
            "activities": len(wanted.activities),
        },
        "rules": {
            "parts": sorted(part.value for part in rules.parts),
            "addresses": list(rules.addresses),
            "extensions": sorted(rules.extensions),
            "times": rules.grain.value,
            "shift_days": rules.shift_days,
            "key": "kept by the office" if key_file is not None else "thrown away",
        },
        "crowd": {
            "columns": list(crowd.columns),
            "k": crowd.k,
            "smallest": done.smallest,
            "rare": done.rare,
            "rare_left_out": crowd.leave_out,
        },
        "files": dict(done.files),
    }


def _note(
    store: RecordStore,
    done: Exported,
    purpose: ExportPurpose,
    sheet: dict[str, Any],
    *,
    by: Account | None,
    at: datetime,
) -> None:
    RecordExport.objects.create(
        store=store,
        code=done.code,
        recipient=purpose.recipient.strip(),
        purpose=purpose.purpose.strip(),
        at=at,
        by=by,
        statements=done.statements,
        people=done.people,
        sheet=json.dumps(sheet, ensure_ascii=False, sort_keys=True),
    )
