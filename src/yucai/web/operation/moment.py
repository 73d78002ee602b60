"""One moment of an office, held still while work goes on: its records, and every file that they name.

Files are never changed once they have their name, and leave the disk only after the records stopped naming them. So a
second name is given to every file before and after the records are copied: what the copy names was there in between.
Where a file came and went just then, all is done again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.evidence.models import EvidenceRecord, OwnWork, TableFile, Upload
from yucai.web.governance.trail import ANCHORS_FILE
from yucai.web.lake.models import LakeFile
from yucai.web.measurement.models import CalibrationRun
from yucai.web.operation.archive import DUMP, RECORDS
from yucai.web.operation.refusals import PostgresqlToolError, PostgresqlToolMissingError
from yucai.web.records.models import StatementRow
from yucai.web.workspace import SETTINGS_FILE, Workspace, is_in_use, left_alone, settings_text, without_password

__all__ = ["Moment", "held_moment", "require_tool", "run_tool", "step_names"]

TRIES: Final = 5
STAGING: Final = ".backup-"
NO_PART: Final = frozenset({"logs"})
COUNTED: Final = {
    "scores": EvidenceRecord, "statements": StatementRow, "lake files": LakeFile, "readings": AuditEntry,
}  # fmt: skip
STEPS: Final = "SELECT app || '.' || name FROM django_migrations ORDER BY id"
Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A folder that holds the records and all files of one moment; ``missing`` are named by the records, not there."""

    folder: Path
    steps: tuple[str, ...]
    counts: dict[str, int]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Copied:
    named: set[str] = field(default_factory=set)
    lake: set[str] = field(default_factory=set)
    steps: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


@contextmanager
def held_moment(office: Workspace) -> Iterator[Moment]:
    """Give one moment of an office, in a folder of its own that is gone afterwards. Work may go on meanwhile.

    Raises PostgresqlToolMissingError, PostgresqlToolError.
    """
    _clear_left_over(office.folder)
    with tempfile.TemporaryDirectory(dir=office.folder, prefix=STAGING, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with left_alone(folder / ".lock"):
            held = folder / "held"
            for left in reversed(range(TRIES)):
                held.mkdir()
                copied = _copy(office, held)
                missing = sorted(name for name in copied.named if not (held / name).is_file())
                if not missing or not left or not _came_and_went(office, missing):
                    break
                shutil.rmtree(held)
            for stray in (held / "lake").rglob("*"):
                if stray.is_file() and stray.relative_to(held).as_posix() not in copied.lake:
                    stray.unlink()  # written, not listed: the records do not know it
            _write_settings(office, held)
            yield Moment(folder=held, steps=copied.steps, counts=copied.counts, missing=tuple(missing))


def _write_settings(office: Workspace, held: Path) -> None:
    """Write the settings without what may be a secret; as they are they go with the secrets."""
    address = without_password(office.database)[0] if office.database else ""
    said = settings_text(name=office.name, language=office.language, database=address, demo=office.demo)
    (held / SETTINGS_FILE).write_text(said, encoding="utf-8")


def _came_and_went(office: Workspace, missing: list[str]) -> bool:
    """Whether a missing file is named no longer; a file that is lost for good is lost at every try."""
    with transaction.atomic():
        return bool(set(missing) - _named(_ask_django)[0])


def _copy(office: Workspace, held: Path) -> _Copied:
    _give_second_names(office, held)
    anchors = office.folder / ANCHORS_FILE
    if anchors.is_file():  # before the records: an anchor of what they do not hold yet would look like a cut
        shutil.copyfile(anchors, held / ANCHORS_FILE)
    copied = _dump(settings.DATABASE_ADDRESS, held) if settings.DATABASE_ADDRESS else _copy_sqlite(office, held)
    _give_second_names(office, held)
    return copied


def _give_second_names(office: Workspace, held: Path) -> None:
    for top in sorted(office.folder.iterdir()):
        if top.is_dir() and not top.name.startswith(".") and top.name not in NO_PART and not top.is_symlink():
            for folder, _folders, names in os.walk(top):
                there = held / Path(folder).relative_to(office.folder)
                there.mkdir(parents=True, exist_ok=True)
                for name in names:
                    if not name.startswith("."):
                        _give_second_name(Path(folder) / name, there / name)


def _give_second_name(file: Path, there: Path) -> None:
    if there.exists() or file.is_symlink():
        return
    try:
        os.link(file, there)
    except FileNotFoundError:
        return  # gone meanwhile; if the records name it, all is done again
    except OSError:  # a file system without second names
        with suppress(FileNotFoundError):
            shutil.copyfile(file, there)


def _copy_sqlite(office: Workspace, held: Path) -> _Copied:
    """Copy the database in one step: a stepwise copy starts over at every write and may never end."""
    copy = held / RECORDS
    with closing(sqlite3.connect(office.records, timeout=60)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode=DELETE")  # whole in one file
        return _looked_into(lambda question: target.execute(question).fetchall())


def _dump(address: str, held: Path) -> _Copied:
    """Dump a PostgreSQL database and look into it in the same moment: both see one snapshot."""
    require_tool("pg_dump")
    try:
        connection.ensure_connection()
    except DatabaseError as problem:
        raise PostgresqlToolError(tool="PostgreSQL", reason=str(problem).strip().replace("\n", "; ")) from problem
    bare, password = without_password(address)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone() or ("",)
        copied = _looked_into(_ask_django)
        to = f"--file={held / DUMP}"
        run_tool("pg_dump", "--format=custom", "--no-owner", to, f"--snapshot={snapshot}", bare, password=password)
    return copied


def require_tool(tool: str) -> str:
    """Return where one of PostgreSQL's tools lies. Raises PostgresqlToolMissingError."""
    found = shutil.which(tool)
    if found is None:
        raise PostgresqlToolMissingError(tool=tool)
    return found


def run_tool(tool: str, *arguments: str, password: str) -> None:
    """Run one of PostgreSQL's tools. Raises PostgresqlToolMissingError, PostgresqlToolError."""
    found = require_tool(tool)
    env = {**os.environ, "PGPASSWORD": password} if password else None  # a command line can be read by others
    done = subprocess.run([found, *arguments], env=env, capture_output=True, text=True)
    if done.returncode:
        raise PostgresqlToolError(tool=tool, reason=done.stderr.strip().replace("\n", "; ")[:600])


def _ask_django(question: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def _looked_into(ask: Ask) -> _Copied:
    named, lake = _named(ask)
    counts = {
        name: int(ask(f'SELECT count(*) FROM "{model._meta.db_table}"')[0][0])  # noqa: S608  (a name of our own)
        for name, model in COUNTED.items()
    }
    return _Copied(named=named, lake=lake, steps=tuple(row[0] for row in ask(STEPS)), counts=counts)


def _named(ask: Ask) -> tuple[set[str], set[str]]:
    """Return the files that the records name, by their places in the workspace, and which of them are of the lake."""
    lake = {f"lake/{path}" for (path,) in ask(_columns(LakeFile, "path"))}
    named = lake | {path for (path,) in ask(_columns(TableFile, "path"))}
    for (sha256,) in ask(_columns(OwnWork, "file_sha256")):
        named |= {f"uploads/{sha256[:2]}/{sha256}"} if sha256 else set()
    desk = (
        f'SELECT s.code, u.sha256, u.file_name FROM "{Upload._meta.db_table}" u'  # noqa: S608
        f" JOIN web_space s ON s.id = u.space_id WHERE u.state = '{Upload.State.OPEN.value}'"
    )
    named |= {f"uploads/{space}/{sha256}/{name}" for space, sha256, name in ask(desk)}
    runs = f'SELECT file FROM "{CalibrationRun._meta.db_table}" WHERE current'  # noqa: S608
    return named | {f"calibrations/{file}" for (file,) in ask(runs)}, lake


def _columns(model: Any, column: str) -> str:
    return f'SELECT "{column}" FROM "{model._meta.db_table}"'  # noqa: S608  (names of our own)


def step_names() -> frozenset[str]:
    """Return the migrations that this version knows, as a backup writes them."""
    from django.db.migrations.loader import MigrationLoader

    return frozenset(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)


def _clear_left_over(folder: Path) -> None:
    """Take away what a backup left that was killed; one that still runs holds its lock."""
    for left in folder.glob(f"{STAGING}*"):
        if left.is_dir() and not left.is_symlink() and _is_left(left / ".lock"):
            shutil.rmtree(left, ignore_errors=True)


def _is_left(lock: Path) -> bool:
    return lock.is_file() and not is_in_use(lock)
