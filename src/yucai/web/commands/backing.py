"""Backing an office up and restoring it, by command."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from yucai.errors import DiskFullError, YucaiError, is_full_disk
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.starting import start
from yucai.web.workspace import FolderNotWritableError, Workspace

__all__ = ["BackedUp", "RestoreOptions", "Restored", "back_up", "restore"]

Report = Callable[[float, Text], None]
LOGGER = logging.getLogger("yucai.backup")
COPYING: Final = Text("Holding one moment of the records", "正在截取记录的同一时刻")
LISTING: Final = Text("Listing the files", "正在登记文件")
WRITING: Final = Text("Writing the backup", "正在写入备份")
PROVING: Final = Text("Reading the backup back", "正在回读核对备份")
SECRETS_APART: Final = Text(
    "\nThe secrets are in {secrets}: keep that file in another place. Without it tools and forwardings need new keys.",
    "\n密钥另存于 {secrets}：请单独保管。缺少它时，各工具与转发须重新设置密钥。",
)
SECRETS_SEALED: Final = Text(
    "\nThe secrets are sealed inside by the passphrase; without it they are lost.",
    "\n密钥已用口令封存在备份之内；遗失口令即无法取回密钥。",
)
NOT_THERE: Final = Text(
    "\n{n} file{n:|s} that the records name {n:was|were} not there and {n:is|are} not in the backup "
    "({first}). Run: yucai check",
    "\n记录中提到的 {n} 个文件当时已缺失，未包含在备份中（{first}）。请运行：yucai check",
)
HELD: Final = Text(
    " It holds {scores:,} score{scores:|s}, {statements:,} statement{statements:|s}, {lake:,} file{lake:|s} of the "
    "lake and {readings:,} entr{readings:y|ies} of the audit trail.",
    "其中有得分 {scores:,} 个、陈述 {statements:,} 条、数据湖文件 {lake:,} 个、审计记录 {readings:,} 条。",
)


class BackupMissingError(YucaiError):
    """There is no such file."""

    says = Text("There is no backup “{file}”. Check the name.", "找不到备份“{file}”。请核对文件名。")
    exit_code = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup file, read back whole; ``secrets_file`` is None where a passphrase seals the secrets inside."""

    file: Path
    secrets_file: Path | None
    size_bytes: int
    counts: dict[str, int]
    missing: tuple[str, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return where the backup is, what it holds, and what to do with the secrets."""
        if self.dry_run:
            return Text("Would write a backup to {file}.", "将把备份写入 {file}。").in_language(
                language, file=self.file
            )
        said = Text(
            "Wrote a backup to {file} ({size:.1f} MB) and read it back.",
            "已将备份写入 {file}（{size:.1f} MB）并回读核对。",
        )
        lines = said.in_language(language, file=self.file, size=self.size_bytes / 1e6) + held(self.counts, language)
        secrets = SECRETS_SEALED if self.secrets_file is None else SECRETS_APART
        lines += secrets.in_language(language, secrets=self.secrets_file)
        if self.missing:
            lines += NOT_THERE.in_language(language, n=len(self.missing), first=self.missing[0])
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A workspace as it was at the moment of a backup, and where what stood there before is kept."""

    workspace: Path
    at: str
    kept: Path | None
    counts: dict[str, int]
    new_secrets: bool
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what stands where now."""
        if self.dry_run:
            said = Text(
                "The backup is whole and could be restored to {folder}; it is of {at}.",
                "备份完好，可以恢复到 {folder}；其时刻为 {at}。",
            )
        else:
            said = Text(
                "Restored to {folder}, as it was at {at}; every part was as it was written.",
                "已恢复到 {folder}，即 {at} 时的状态；各部分均与写入时一致。",
            )
        lines = said.in_language(language, folder=self.workspace, at=self.at) + held(self.counts, language)
        if self.kept is not None:
            kept = Text("\nWhat stood there before is kept in {kept}.", "\n原有内容保留在 {kept}。")
            lines += kept.in_language(language, kept=self.kept)
        if self.new_secrets:
            lines += Text(
                "\nThe secrets are new: give tools and forwardings new keys.",
                "\n密钥是新生成的：请为各工具与转发设置新的密钥。",
            ).in_language(language)
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOptions:
    """How a backup is to be restored; see ``operation.restoring``."""

    replace: bool = False
    secrets_file: Path | None = None
    passphrase_file: Path | None = None
    new_secrets: bool = False
    database: str = ""
    environment: str = ""


def held(counts: dict[str, int], language: str) -> str:
    """Return in words what a backup holds."""
    facts = {"lake" if name == "lake files" else name: n for name, n in counts.items()}
    return HELD.in_language(
        language, **{name: facts.get(name, 0) for name in ("scores", "statements", "lake", "readings")}
    )


def back_up(
    workspace: Path, to: Path | None, *, passphrase_file: Path | None, report: Report, dry_run: bool, at: datetime
) -> BackedUp:
    """Write one moment of an office into one file, while work goes on, and read it back. Whole or not at all.

    Raises RecordsMissingError, OutputExistsError, FolderNotWritableError, DiskFullError, PassphraseError,
    PostgresqlToolMissingError, PostgresqlToolError.
    """
    from yucai.web.operation.secrets_apart import passphrase_in

    office = start(workspace)
    file = (to or Path(f"yucai-backup-{at:%Y%m%d-%H%M%S}.tar.gz")).absolute()
    passphrase = passphrase_in(passphrase_file) if passphrase_file is not None else ""
    apart = None if passphrase else file.with_name(f"{file.name}.secrets")
    for taken in (file, *([apart] if apart else [])):
        if taken.exists():
            raise OutputExistsError(file=taken)
    if dry_run:
        return BackedUp(file=file, secrets_file=apart, size_bytes=0, counts={}, missing=(), dry_run=True)
    try:
        done = _written(office, file, passphrase=passphrase, report=report, at=at)
        _note(office, done, at=at)
    except OSError as problem:
        if is_full_disk(problem):
            raise DiskFullError from problem
        raise FolderNotWritableError(folder=file.parent, reason=problem.strerror or problem) from problem
    return done


def _written(office: Workspace, file: Path, *, passphrase: str, report: Report, at: datetime) -> BackedUp:
    from yucai.web.operation.archive import Manifest, list_parts, read_archive, write_archive
    from yucai.web.operation.moment import held_moment, step_names
    from yucai.web.operation.secrets_apart import sealed, secrets_of, write_private

    unfinished, here = file.with_name(f".{file.name}.part"), version("yucai")
    apart = None if passphrase else file.with_name(f"{file.name}.secrets")
    report(0.0, COPYING)
    try:
        with held_moment(office) as moment:
            parts = list_parts(moment.folder, report=lambda share: report(0.1 + 0.2 * share, LISTING))
            manifest = Manifest(
                id=uuid.uuid4().hex, made_by=here, at=at.isoformat(timespec="seconds"), steps=moment.steps,
                counts=moment.counts, missing=moment.missing, parts=parts,
            )  # fmt: skip
            digest = hashlib.sha256(manifest.written()).hexdigest()
            secrets = replace(secrets_of(office.folder), list_sha256=digest).written()
            inside = sealed(secrets, passphrase) if passphrase else None
            told = _part_of(report, 0.3, 0.4, WRITING)
            write_archive(unfinished, moment.folder, manifest=manifest, sealed=inside, report=told)
        proving = _part_of(report, 0.7, 0.3, PROVING)
        read_archive(unfinished, known_steps=step_names(), here=here, into=None, report=proving)
        if apart is not None:
            write_private(apart, secrets)
        try:
            unfinished.rename(file)
        except OSError:
            if apart is not None:
                apart.unlink(missing_ok=True)
            raise
    finally:
        unfinished.unlink(missing_ok=True)
    return BackedUp(
        file=file, secrets_file=apart, size_bytes=file.stat().st_size, counts=moment.counts, missing=moment.missing,
        dry_run=False,
    )  # fmt: skip


def _part_of(report: Report, first: float, wide: float, text: Text) -> Callable[[float], None]:
    return lambda share: report(first + wide * share, text)


def _note(office: Workspace, done: BackedUp, *, at: datetime) -> None:
    """Note in the logs of the workspace that a backup was made: ``yucai doctor`` tells its age."""
    from yucai.web.operation.examining import BACKUPS_LOG

    line = json.dumps({"at": at.isoformat(timespec="seconds"), "bytes": done.size_bytes, "missing": len(done.missing)})
    try:
        office.logs.mkdir(exist_ok=True)
        with (office.logs / BACKUPS_LOG).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
    except OSError:  # the backup is made and whole, whatever becomes of the note
        LOGGER.warning("the backup could not be noted in %s", office.logs / BACKUPS_LOG)


def restore(
    file: Path, workspace: Path, *, options: RestoreOptions, report: Report, dry_run: bool, at: datetime
) -> Restored:
    """Put the office of a backup in place, whole or not at all; see ``operation.restoring`` for what is raised."""
    if not file.is_file():
        raise BackupMissingError(file=file)
    _prepare()
    from yucai.web.operation.restoring import Restoring, foresee_restore, restore_workspace

    wanted = Restoring(
        file=file.absolute(), folder=workspace.absolute(), replace=options.replace, secrets_file=options.secrets_file,
        passphrase_file=options.passphrase_file, new_secrets=options.new_secrets, database=options.database,
        environment=options.environment,
    )  # fmt: skip
    here, kept = version("yucai"), None
    try:
        if dry_run:
            manifest = foresee_restore(wanted, here=here, report=report)
        else:
            manifest, kept = restore_workspace(wanted, here=here, at=at, report=report)
    except OSError as problem:
        if is_full_disk(problem):
            raise DiskFullError from problem
        raise FolderNotWritableError(folder=wanted.folder, reason=problem.strerror or problem) from problem
    return Restored(
        workspace=wanted.folder, at=manifest.at, kept=kept, counts=manifest.counts, new_secrets=options.new_secrets,
        dry_run=dry_run,
    )  # fmt: skip


def _prepare() -> None:
    """Load Django without any workspace: what is to be restored is not there yet."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.pop("YUCAI_WORKSPACE", None)
        os.environ.pop("YUCAI_DATABASE", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yucai.web.settings")
        django.setup()
