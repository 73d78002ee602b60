"""The file of a backup: a gzipped tar whose first part lists every other with its size and SHA-256.

Nothing is taken out of it on trust: names, sizes and contents must be those of the list, and the list is one that this
version understands.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from yucai.texts import Text
from yucai.web.operation.refusals import BackupBrokenError, BackupNewerError

__all__ = ["DUMP", "FORMAT", "RECORDS", "Manifest", "Part", "digest_of", "list_parts", "read_archive", "write_archive"]

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEALED: Final = "secrets.sealed"
RECORDS: Final = "records.sqlite3"
DUMP: Final = "records.pgdump"
CHUNK: Final = 1 << 20
MOST_MANIFEST: Final = 256 << 20  # some hundred thousand files
MOST_SEALED: Final = 16 << 20
OVERHEAD: Final = 16 << 10  # of tar, for one file: its head, what a long name takes, and the rest of a block
BROKEN: Final = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError, TypeError)
NO_BACKUP: Final = Text("it is no backup of Yucai, or is damaged", "它不是育才的备份，或已损坏")
DAMAGED: Final = Text("the part “{part}” is not as it was written", "其中“{part}”与写入时不一致")
LACKING: Final = Text("the part “{part}” is missing", "其中缺少“{part}”")
FOREIGN: Final = Text("it holds “{part}”, which no backup of Yucai holds", "其中含有“{part}”，育才的备份不会有此内容")

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a backup: where it lies in the workspace, how long it is, and its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself. ``steps`` are the migrations of its records, ``counts`` what they held."""

    id: str
    made_by: str  # version of Yucai
    at: str
    steps: tuple[str, ...]
    counts: dict[str, int]
    missing: tuple[str, ...]  # files that the records name and that were not there
    parts: tuple[Part, ...]

    @property
    def on_postgresql(self) -> bool:
        """Whether its records come from PostgreSQL."""
        return any(part.path == DUMP for part in self.parts)

    @property
    def size(self) -> int:
        """How many bytes its files take."""
        return sum(part.size for part in self.parts)

    def written(self) -> bytes:
        """Return it as it stands in the file."""
        return json.dumps({"yucai_backup": FORMAT, **asdict(self)}, ensure_ascii=False, indent=0).encode()


def digest_of(file: Path, *, seen: Callable[[int], None] = lambda n: None) -> str:
    """Return the SHA-256 of a file; ``seen(n)`` hears how many bytes more were read."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            found.update(chunk)
            seen(len(chunk))
    return found.hexdigest()


def list_parts(folder: Path, *, report: Progress) -> tuple[Part, ...]:
    """Return every file below a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    told = _share(sum(file.stat().st_size for file in files), report)
    return tuple(
        Part(
            path=file.relative_to(folder).as_posix(),
            size=file.stat().st_size,
            sha256=digest_of(file, seen=told),
        )
        for file in files
    )


def write_archive(file: Path, folder: Path, *, manifest: Manifest, sealed: bytes | None, report: Progress) -> None:
    """Write a backup of the files below a folder, for its owner only, and see it onto the disk."""
    told = _share(manifest.size, report)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as opened:  # noqa: PTH123  (made for its owner only, by its descriptor)
        with tarfile.open(fileobj=opened, mode="w:gz", compresslevel=5) as archive:
            _add(archive, MANIFEST, manifest.written())
            if sealed is not None:
                _add(archive, SEALED, sealed)
            for part in manifest.parts:
                head = _head(part.path, part.size)
                with (folder / part.path).open("rb") as content:
                    archive.addfile(head, content)
                told(part.size)
        opened.flush()
        os.fsync(descriptor)


def read_archive(
    file: Path, *, known_steps: Iterable[str], here: str, into: Path | None, report: Progress,
    accept: Callable[[Manifest], None] = lambda manifest: None,
) -> tuple[Manifest, bytes | None]:  # fmt: skip
    """Read a backup to its end, compare every part with the list, and write the parts below ``into`` where it is given.

    ``accept(manifest)`` may refuse by raising before anything is written. Gives the list and the sealed secrets.
    Raises BackupBrokenError, BackupNewerError.
    """
    try:
        with _opened(file) as (archive, limit):
            manifest, members = _manifest(archive, limit, file=file, known_steps=known_steps, here=here)
            accept(manifest)
            limit.most += manifest.size + MOST_SEALED + OVERHEAD * (len(manifest.parts) + 8)
            sealed = _take_parts(archive, members, manifest, into=into, file=file, report=report)
    except BROKEN as problem:
        raise BackupBrokenError(file=file, reason=NO_BACKUP) from problem
    return manifest, sealed


def _manifest(
    archive: tarfile.TarFile, limit: _Limited, *, file: Path, known_steps: Iterable[str], here: str
) -> tuple[Manifest, Iterator[tarfile.TarInfo]]:
    members = iter(archive)
    first = next(members, None)
    if first is None or first.name != MANIFEST or not first.isreg():
        raise BackupBrokenError(file=file, reason=NO_BACKUP)
    said = json.loads(_content(archive, first, most=MOST_MANIFEST))
    if int(said["yucai_backup"]) > FORMAT:
        raise BackupNewerError(file=file, made_by=str(said.get("made_by", "?"))[:40], here=here)
    manifest = Manifest(
        id=str(said["id"]), made_by=str(said["made_by"])[:40], at=str(said["at"])[:40], steps=tuple(said["steps"]),
        counts={str(name): int(n) for name, n in said["counts"].items()}, missing=tuple(map(str, said["missing"])),
        parts=tuple(
            Part(path=str(part["path"]), size=int(part["size"]), sha256=str(part["sha256"])) for part in said["parts"]
        ),
    )  # fmt: skip
    for path in unsafe_paths([part.path for part in manifest.parts]):
        raise BackupBrokenError(file=file, reason=FOREIGN.filled(part=ascii(path)[:200]))
    if any(part.size < 0 for part in manifest.parts) or not any(p.path in (RECORDS, DUMP) for p in manifest.parts):
        raise BackupBrokenError(file=file, reason=NO_BACKUP)
    if set(manifest.steps) - set(known_steps):
        raise BackupNewerError(file=file, made_by=manifest.made_by, here=here)
    return manifest, members


def unsafe_paths(paths: Sequence[str]) -> list[str]:
    """Return the paths that would lead out of a folder, hide in it, stand for the same file, or lie below a file.

    >>> unsafe_paths(["lake/a.parquet", "../x", "/etc/passwd", "lake/A.parquet", "lake/a.parquet/b", ".ssh/x"])
    ['../x', '/etc/passwd', 'lake/A.parquet', 'lake/a.parquet/b', '.ssh/x']
    """
    bad, seen, folders = [], set[str](), set[str]()
    for path in paths:
        whole = PurePosixPath(path)
        parents = {str(parent).casefold() for parent in whole.parents} - {"."}
        name = path.casefold()
        plain = path == str(whole) and not whole.is_absolute() and whole.parts and ".." not in whole.parts
        if not plain or _hidden(path) or name in seen | folders or parents & seen or _foreign_letters(path):
            bad.append(path)
        seen.add(name)
        folders |= parents
    return bad


def _hidden(path: str) -> bool:
    return path.startswith(".") or path.partition("/")[0].casefold() in {"logs", MANIFEST, SEALED}


def _foreign_letters(path: str) -> bool:
    return "\0" in path or (os.name == "nt" and any(letter in path for letter in '\\:*?"<>|'))


def _take_parts(
    archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo], manifest: Manifest, *, into: Path | None, file: Path,
    report: Progress,
) -> bytes | None:  # fmt: skip
    wanted = {part.path: part for part in manifest.parts}
    told, sealed = _share(manifest.size, report), None
    for member in members:
        if member.name == SEALED and member.isreg() and sealed is None:
            sealed = _content(archive, member, most=MOST_SEALED)
            continue
        part = wanted.pop(member.name, None)
        if part is None or not member.isreg():
            raise BackupBrokenError(file=file, reason=FOREIGN.filled(part=ascii(member.name)[:200]))
        if member.size != part.size or _taken(archive, member, into, told) != part.sha256:
            raise BackupBrokenError(file=file, reason=DAMAGED.filled(part=part.path))
    for path in sorted(wanted):
        raise BackupBrokenError(file=file, reason=LACKING.filled(part=path))
    return sealed


def _taken(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path | None, told: Callable[[int], None]) -> str:
    """Read one file, write it where it is wanted, and return its SHA-256."""
    found, content = hashlib.sha256(), archive.extractfile(member)
    assert content is not None, "a regular file has a content"
    with _target(into, member.name) as target:
        while chunk := content.read(CHUNK):
            found.update(chunk)
            target.write(chunk)
            told(len(chunk))
    return found.hexdigest()


@contextmanager
def _target(into: Path | None, name: str) -> Iterator[IO[bytes]]:
    if into is None:
        yield _Nowhere()
        return
    place = into / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as opened:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())


class _Nowhere(io.BytesIO):
    """Takes what is written and keeps nothing of it."""

    def write(self, chunk: Any, /) -> int:
        return len(chunk)


class _Limited(io.RawIOBase):
    """Gives no more bytes than a backup of this list can hold: a small file must not unpack without end."""

    def __init__(self, inner: IO[bytes], *, most: int) -> None:
        self.inner, self.most, self.given = inner, most, 0

    def read(self, size: int = -1, /) -> bytes:
        chunk = self.inner.read(size)
        self.given += len(chunk)
        if self.given > self.most:
            raise tarfile.ReadError("more than the list tells of")
        return chunk


@contextmanager
def _opened(file: Path) -> Iterator[tuple[tarfile.TarFile, _Limited]]:
    with gzip.open(file, "rb") as unpacked:
        limit = _Limited(unpacked, most=MOST_MANIFEST + OVERHEAD)  # type: ignore[arg-type]
        with tarfile.open(fileobj=limit, mode="r|", bufsize=CHUNK) as archive:
            yield archive, limit


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, *, most: int) -> bytes:
    content = archive.extractfile(member)
    if content is None or member.size > most:
        raise tarfile.ReadError(member.name)
    return content.read()


def _head(name: str, size: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600
    return head


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_head(name, len(content)), io.BytesIO(content))


def _share(whole: int, report: Progress) -> Callable[[int], None]:
    """Return a function that hears how much more was done and tells the share of the whole."""
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        report(min(done / max(whole, 1), 1.0))

    return told
