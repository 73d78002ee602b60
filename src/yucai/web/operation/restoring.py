"""Putting a backup in place: everything is made ready and looked through aside, then the folders change places at once.

What stood there before is kept beside. A PostgreSQL database must be empty: what an office had stays in its own.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.operation.archive import DUMP, RECORDS, Manifest, read_archive
from yucai.web.operation.moment import require_tool, run_tool, step_names
from yucai.web.operation.refusals import (
    BackupBrokenError,
    DatabaseNotEmptyError,
    NoRoomToRestoreError,
    OtherDatabaseError,
    SecretsMissingError,
    WorkspaceInUseError,
    WorkspaceTakenError,
)
from yucai.web.operation.secrets_apart import Secrets, opened, passphrase_in, read_secrets, write_private
from yucai.web.workspace import (
    LOCK_FILE,
    SETTINGS_FILE,
    is_in_use,
    new_key,
    settings_text,
    without_password,
)

__all__ = ["Restoring", "foresee_restore", "restore_workspace"]

FREE_BESIDES: Final = 50_000_000  # bytes that stay free
AT_FDCWD: Final = -100
EXCHANGE: Final = 2  # RENAME_EXCHANGE of Linux
SEALED_INSIDE: Final = Text(
    "they are sealed inside; give --passphrase-file", "密钥封存在备份之内；请用 --passphrase-file 提供口令"
)
BESIDE: Final = Text("“{file}” is not beside it; give --secrets FILE", "旁边没有“{file}”；请用 --secrets 指明该文件")
NOT_OF_IT: Final = Text(
    "the secrets are of another backup, or it was altered since", "密钥属于另一份备份，或备份在生成后被改动"
)
NO_SECRETS: Final = Text("“{file}” holds no secrets of a backup", "“{file}”不是备份的密钥文件")
DAMAGED_RECORDS: Final = Text("its records are damaged ({found})", "其中的记录库已损坏（{found}）")
KEEP_SQLITE: Final = Text(
    "Unset YUCAI_DATABASE and leave --database out.", "请取消 YUCAI_DATABASE，且不要用 --database。"
)
NAME_DATABASE: Final = Text(
    "Name an empty database: --database postgresql://NAME:PASSWORD@HOST/DATABASE",
    "请指明一个空数据库：--database postgresql://用户名:密码@主机/数据库",
)
READING: Final = Text("Looking through the backup", "正在核对备份")
FILLING: Final = Text("Filling the database", "正在写入数据库")
PLACING: Final = Text("Putting it in place", "正在就位")

Report = Callable[[float, Text], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What is to be restored, where to, and with which secrets.

    ``database`` is an address to write into the settings, ``environment`` one that stands in the environment.
    """

    file: Path
    folder: Path
    replace: bool = False
    secrets_file: Path | None = None
    passphrase_file: Path | None = None
    new_secrets: bool = False
    database: str = ""
    environment: str = ""


def foresee_restore(wanted: Restoring, *, here: str, report: Report) -> Manifest:
    """Look through a backup, and whether it could be restored; nothing is written.

    Raises as ``restore_workspace``.
    """
    _require_place(wanted)
    manifest, sealed = _read(wanted, into=None, here=here, report=report)
    secrets = _secrets(wanted, manifest, sealed)
    if manifest.on_postgresql:
        _require_empty(_address(wanted, secrets, ""))
    return manifest


def restore_workspace(wanted: Restoring, *, here: str, at: datetime, report: Report) -> tuple[Manifest, Path | None]:
    """Restore a backup and return its list, and where what stood there before is kept. Whole or not at all.

    Raises BackupBrokenError, BackupNewerError, SecretsMissingError, PassphraseError, WorkspaceTakenError,
    WorkspaceInUseError, DatabaseNotEmptyError, OtherDatabaseError, NoRoomToRestoreError, PostgresqlToolMissingError,
    PostgresqlToolError.
    """
    _require_place(wanted)
    with _aside(wanted.folder) as staging:
        manifest, sealed = _read(wanted, into=staging, here=here, report=report)
        secrets = _secrets(wanted, manifest, sealed)
        address = _furnish(staging, wanted, secrets, manifest)
        filled = False
        try:
            if manifest.on_postgresql:
                report(0.85, FILLING)
                _require_empty(address)
                bare, password = without_password(address)
                tool = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
                run_tool("pg_restore", *tool, f"--dbname={bare}", str(staging / DUMP), password=password)
                filled = True
                (staging / DUMP).unlink()
            else:
                _require_sound(staging / RECORDS, wanted.file)
            report(0.98, PLACING)
            return manifest, _place(staging, wanted, at=at)
        except BaseException:
            if filled:
                _empty_again(address)
            raise


def _require_place(wanted: Restoring) -> None:
    folder = wanted.folder
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not wanted.replace):
        raise WorkspaceTakenError(folder=folder)
    if (folder / LOCK_FILE).is_file() and is_in_use(folder / LOCK_FILE):
        raise WorkspaceInUseError(folder=folder)


def _read(wanted: Restoring, *, into: Path | None, here: str, report: Report) -> tuple[Manifest, bytes | None]:
    def accept(manifest: Manifest) -> None:
        place = wanted.folder.parent
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free - FREE_BESIDES
        if into is not None and free < manifest.size:
            raise NoRoomToRestoreError(needed=manifest.size // 10**6 + 1, free=max(free, 0) // 10**6, folder=place)
        if manifest.on_postgresql:
            require_tool("pg_restore")
        elif wanted.database or wanted.environment:
            raise OtherDatabaseError(held="SQLite", wanted="PostgreSQL", do=KEEP_SQLITE)

    def told(share: float) -> None:
        report(0.85 * share, READING)

    return read_archive(wanted.file, known_steps=step_names(), here=here, into=into, report=told, accept=accept)


def _secrets(wanted: Restoring, manifest: Manifest, sealed: bytes | None) -> Secrets | None:
    """Return the secrets of a backup; None where new ones are wanted."""
    if wanted.new_secrets:
        return None
    beside = wanted.secrets_file or wanted.file.with_name(f"{wanted.file.name}.secrets")
    if sealed is not None:
        if wanted.passphrase_file is None:
            raise SecretsMissingError(file=wanted.file, where=SEALED_INSIDE)
        written = opened(sealed, passphrase_in(wanted.passphrase_file))
    elif beside.is_file():
        written = beside.read_bytes()
    else:
        raise SecretsMissingError(file=wanted.file, where=BESIDE.filled(file=beside))
    try:
        secrets = read_secrets(written)
    except ValueError as problem:
        raise BackupBrokenError(file=wanted.file, reason=NO_SECRETS.filled(file=beside)) from problem
    if secrets.list_sha256 != hashlib.sha256(manifest.written()).hexdigest():
        raise BackupBrokenError(file=wanted.file, reason=NOT_OF_IT)
    return secrets


def _furnish(staging: Path, wanted: Restoring, secrets: Secrets | None, manifest: Manifest) -> str:
    """Write secrets and settings into the workspace in the making; return the address of its database."""
    settings = staging / SETTINGS_FILE
    said = settings.read_text(encoding="utf-8")
    for name, content in (secrets.files if secrets else {"secret.key": new_key().encode("ascii")}).items():
        if name == SETTINGS_FILE:
            said = content.decode("utf-8")
        elif not (staging / name).exists():
            write_private(staging / name, content)
    address = _address(wanted, secrets, said) if manifest.on_postgresql else ""
    if not wanted.environment or wanted.database:
        said = _with_address(said, address)
    settings.write_text(said, encoding="utf-8")
    settings.chmod(0o600)
    for name in ("lake", "calibrations", "uploads", "logs"):
        (staging / name).mkdir(exist_ok=True)
    return address


def _address(wanted: Restoring, secrets: Secrets | None, said: str) -> str:
    """Return where the records go: as asked for, else as the environment says, else where they came from."""
    kept = secrets.files.get(SETTINGS_FILE, b"").decode("utf-8") if secrets else said
    found = wanted.database or wanted.environment or str(tomllib.loads(kept).get("database", ""))
    if not found:
        raise OtherDatabaseError(held="PostgreSQL", wanted="SQLite", do=NAME_DATABASE)
    return found


def _with_address(said: str, address: str) -> str:
    """Return settings that name this database; all else stays as it was written."""
    held = tomllib.loads(said)
    line = f"database = {json.dumps(address, ensure_ascii=False)}"
    changed = re.sub(r"(?m)^database\s*=.*$", lambda _found: line, said, count=1)
    if tomllib.loads(changed) == {**held, "database": address}:
        return changed
    return settings_text(
        name=str(held.get("name", "")), language=str(held.get("language", "zh")), database=address,
        demo=bool(held.get("demo", False)),
    )  # fmt: skip


def _require_sound(records: Path, file: Path) -> None:
    try:
        with closing(sqlite3.connect(records)) as database:
            found = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [str(row) for row in database.execute("PRAGMA foreign_key_check")]
    except sqlite3.DatabaseError as problem:
        found = [str(problem)]
    if found:
        raise BackupBrokenError(file=file, reason=DAMAGED_RECORDS.filled(found=found[0][:200]))


def _require_empty(address: str) -> None:
    import psycopg

    from yucai.web.operation.refusals import PostgresqlToolError

    question = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    question += " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
    try:
        with psycopg.connect(address) as asked:
            (tables,) = asked.execute(question).fetchone() or (0,)
    except psycopg.Error as problem:
        raise PostgresqlToolError(tool="PostgreSQL", reason=str(problem).strip().replace("\n", "; ")) from problem
    if tables:
        raise DatabaseNotEmptyError(tables=tables)


def _empty_again(address: str) -> None:
    """Take out what was just filled in: the database was empty, and its folder did not get into place."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as asked:
        asked.execute("DROP SCHEMA public CASCADE")
        asked.execute("CREATE SCHEMA public")


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the wanted one; whatever lies there afterwards is taken away."""
    staging = folder.absolute().with_name(f".{folder.name}.restoring")
    staging.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(staging, ignore_errors=True)  # what a restore left that was killed
    staging.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _place(staging: Path, wanted: Restoring, *, at: datetime) -> Path | None:
    """Let the made folder take the place of the one that stands there; return where that one is now."""
    folder = wanted.folder.absolute()
    _require_place(wanted)
    if not folder.exists() or not any(folder.iterdir()):
        staging.replace(folder)
        _see_onto_disk(folder.parent)
        return None
    kept = _free_name(folder.with_name(f"{folder.name}.before-{at:%Y%m%d-%H%M%S}"))
    staging.rename(kept)  # under the name that what stands here will have: nothing takes either away from now on
    if not _exchanged(kept, folder):
        kept.rename(staging)
        folder.rename(kept)
        staging.rename(folder)
    _see_onto_disk(folder.parent)
    return kept


def _free_name(wanted: Path) -> Path:
    name, n = wanted, 1
    while name.exists():
        n += 1
        name = wanted.with_name(f"{wanted.name}-{n}")
    return name


def _exchanged(first: Path, second: Path) -> bool:
    """Let two folders change places in one step, where the system can: a kill finds either the one or the other."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    return bool(rename(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), EXCHANGE) == 0)


def _see_onto_disk(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
