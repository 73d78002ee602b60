"""The folder in which one office keeps everything: records, lake, calibrations, key and settings."""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from yucai.errors import YucaiError, why_unread
from yucai.texts import Text

__all__ = [
    "LOCK_FILE",
    "SETTINGS_FILE",
    "DatabaseAddressError",
    "FolderNotWritableError",
    "ProcessesError",
    "Workspace",
    "WorkspaceExistsError",
    "WorkspaceMissingError",
    "create_workspace",
    "in_use",
    "is_in_use",
    "left_alone",
    "new_key",
    "open_workspace",
    "require_address",
    "require_processes",
    "settings_text",
    "without_password",
]

SETTINGS_FILE = "yucai.toml"
LOCK_FILE = ".in-use"
MOST_PROCESSES = 64


class WorkspaceMissingError(YucaiError):
    """The folder named is no workspace."""

    says = Text(
        "“{folder}” is no Yucai workspace: it holds no yucai.toml. Make one with: yucai init --workspace {folder}",
        "“{folder}”不是育才工作区：其中没有 yucai.toml。请先建立：yucai init --workspace {folder}",
    )
    exit_code = 66


class WorkspaceExistsError(YucaiError):
    """A workspace, or something else, stands where a new one was to be made."""

    says = Text(
        "“{folder}” already exists and was left as it is. Choose another with --workspace, or move it away.",
        "“{folder}”已经存在，未作任何改动。请用 --workspace 另选文件夹，或先把它移走。",
    )
    exit_code = 73


class FolderNotWritableError(YucaiError):
    """The folder cannot be written to."""

    says = Text(
        "Yucai may not write in “{folder}” ({reason}). Choose another with --workspace, or ask for permission.",
        "育才无权写入“{folder}”（{reason}）。请用 --workspace 选择自己的文件夹，或申请写入权限。",
    )
    exit_code = 77


class UnreadableSettingsError(YucaiError):
    """The settings file of a workspace is damaged."""

    says = Text(
        "“{file}” cannot be read ({reason}). Correct that line, or restore the file from a backup.",
        "“{file}”无法读取（{reason}）。请改正该行，或从备份中恢复此文件。",
    )
    exit_code = 65


class DatabaseAddressError(YucaiError):
    """The address of the database is none that Yucai knows; what it holds is not said, for it may hold a password."""

    says = Text(
        "The database address cannot be used: {reason}. Write postgresql://NAME:PASSWORD@HOST:PORT/DATABASE, "
        "or leave it empty for a file in the workspace.",
        "数据库地址无法使用：{reason}。请写成 postgresql://用户名:密码@主机:端口/数据库，或留空以使用工作区中的文件。",
    )
    exit_code = 65


class ProcessesError(YucaiError):
    """The number of processes is none."""

    says = Text(
        "YUCAI_PROCESSES is “{said}”; it says in how many processes the pages are made: "
        "a whole number from 1 to {most}.",
        "YUCAI_PROCESSES 为“{said}”；它指定网页服务的进程数，应为 1 至 {most} 的整数。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where one office keeps its things, and the few settings that differ from office to office."""

    folder: Path
    name: str
    language: str = "zh"
    database: str = ""  # a postgresql:// address; empty: SQLite in the folder
    demo: bool = False
    secret_key: str = ""

    @property
    def records(self) -> Path:
        """The SQLite file of the records."""
        return self.folder / "records.sqlite3"

    @property
    def lake(self) -> Path:
        """The folder of the Parquet files."""
        return self.folder / "lake"

    @property
    def calibrations(self) -> Path:
        """The folder of the saved calibrations."""
        return self.folder / "calibrations"

    @property
    def tables(self) -> Path:
        """The folder of the tables that imports brought."""
        return self.folder / "tables"

    @property
    def uploads(self) -> Path:
        """The folder of files that were handed in: by students, and those that lie on the import desk."""
        return self.folder / "uploads"

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.folder / "logs"


def create_workspace(folder: Path, *, name: str, language: str, demo: bool = False) -> Workspace:
    """Make an empty workspace in a folder that does not exist yet, or is empty.

    Raises WorkspaceExistsError, FolderNotWritableError.
    """
    require_free(folder)
    try:
        for part in (folder, folder / "lake", folder / "calibrations", folder / "uploads", folder / "logs"):
            part.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # other users of the machine have no business here
        key = folder / "secret.key"
        key.write_text(new_key(), encoding="ascii")
        key.chmod(0o600)
        made = settings_text(name=name, language=language, database="", demo=demo)
        (folder / SETTINGS_FILE).write_text(made, encoding="utf-8")
    except OSError as problem:
        raise FolderNotWritableError(folder=folder, reason=problem.strerror or problem) from problem
    return open_workspace(folder)


def new_key() -> str:
    """Return a secret key for a workspace, drawn at random."""
    return secrets.token_urlsafe(48)


def settings_text(*, name: str, language: str, database: str, demo: bool) -> str:
    """Return the settings of a workspace as they stand in its file."""
    quoted = [json.dumps(one, ensure_ascii=False).replace("\x7f", "\\u007f") for one in (name, language, database)]
    lines = [f"name = {quoted[0]}", f"language = {quoted[1]}", f"database = {quoted[2]}", f"demo = {str(demo).lower()}"]
    return "\n".join([*lines, ""])  # a string of JSON is one of TOML


def require_free(folder: Path) -> None:
    """Raise unless a workspace can be made at this place; nothing is written."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceExistsError(folder=folder)
    parent = folder
    while not parent.exists():
        parent = parent.parent
    if not os.access(parent, os.W_OK):
        raise FolderNotWritableError(folder=folder, reason=Text("no write permission", "没有写入权限"))


def open_workspace(folder: Path) -> Workspace:
    """Return the workspace in a folder. Raises WorkspaceMissingError, UnreadableSettingsError."""
    file = folder / SETTINGS_FILE
    if not file.is_file():
        raise WorkspaceMissingError(folder=folder)
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        key = (folder / "secret.key").read_text(encoding="ascii")
    except OSError as problem:
        raise UnreadableSettingsError(file=file, reason=problem.strerror or problem) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UnreadableSettingsError(file=file, reason=why_unread(problem)) from problem
    return Workspace(
        folder=folder.resolve(),
        name=str(said.get("name", "")),
        language=str(said.get("language", "zh")),
        database=str(said.get("database", "")),
        demo=bool(said.get("demo", False)),
        secret_key=key.strip(),
    )


def require_processes(said: str) -> int:
    """Return the number of processes that ``YUCAI_PROCESSES`` says. Raises ProcessesError."""
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= MOST_PROCESSES):
        raise ProcessesError(said=said, most=MOST_PROCESSES)
    return int(said)


def require_address(address: str) -> SplitResult:
    """Return the parts of the address of a PostgreSQL database. Raises DatabaseAddressError."""
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres"):
        begins = f"{parts.scheme}:" if parts.scheme else "-"
        raise DatabaseAddressError(reason=Text(f"it begins with “{begins}”", f"它以“{begins}”开头"))
    if not parts.path.strip("/"):
        raise DatabaseAddressError(reason=Text("it names no database", "它没有写明数据库"))
    try:
        _ = parts.port
    except ValueError as problem:
        reason = Text("its port is no number from 0 to 65535", "其端口不是 0 到 65535 之间的数字")
        raise DatabaseAddressError(reason=reason) from problem
    return parts


def without_password(address: str) -> tuple[str, str]:
    """Return the address of a database without its password, and the password.

    >>> without_password("postgresql://ana:p%40ss@db:5433/office")
    ('postgresql://ana@db:5433/office', 'p@ss')
    """
    parts = require_address(address)
    before, at, place = parts.netloc.rpartition("@")
    if not before:
        return address, ""
    name, _, password = before.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}{at}{place}")), unquote(password)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Mark a workspace as in use while inside; several may use it at once. The mark goes with the process."""
    with _locked(folder / LOCK_FILE, shared=True):
        yield


@contextmanager
def left_alone(file: Path) -> Iterator[bool]:
    """Hold a lock that nobody else has or uses while inside; gives False where somebody does."""
    with _locked(file, shared=False) as held:
        yield held


def is_in_use(file: Path) -> bool:
    """Whether another process holds the lock of a file."""
    with left_alone(file) as free:
        return not free


@contextmanager
def _locked(file: Path, *, shared: bool) -> Iterator[bool]:
    try:
        import fcntl
    except ImportError:  # Windows keeps a folder that is in use from being moved
        yield True
        return
    with file.open("ab") as opened:
        held = False
        with suppress(OSError):
            fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            held = True
        yield held
