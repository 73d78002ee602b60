"""Files of statements by command: into a store and out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.commands.gathering import store_named
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.starting import now, start

__all__ = ["StatementsExported", "StatementsImported", "export_records", "import_records"]

Report = Callable[[float, Text], None]
LOOKED: Final = Text(
    "Dry run, nothing was changed. {new} statement{new:|s} {new:is|are} good, {refused} {refused:is|are} refused.",
    "试运行，未作任何改动。{new} 条陈述本身合格，{refused} 条被拒。",
)
TAKEN: Final = Text(
    "{new} statement{new:|s} taken into “{store}”; {known} {known:was|were} there already, {refused} "
    "{refused:is|are} refused.",
    "已导入记录库“{store}”{new} 条陈述；{known} 条原已存在，{refused} 条被拒。",
)
LISTED: Final = Text(" Lines and reasons: {file}", "行号与原因见：{file}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsImported:
    """What came of a file of statements."""

    store: str
    new: int
    known: int
    refused: int
    refused_lines: Path | None
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return the counts, and where the refused lines are listed."""
        facts = {"store": self.store, "new": self.new, "known": self.known, "refused": self.refused}
        said = (LOOKED if self.dry_run else TAKEN).in_language(language, **facts)
        return said + (LISTED.in_language(language, file=self.refused_lines) if self.refused_lines else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsExported:
    """A store in a file."""

    store: str
    file: Path
    statements: int
    attachments: int
    folder: Path | None

    def in_language(self, language: str) -> str:
        """Return where everything is."""
        said = Text("{n} statement{n:|s} of “{store}”: {file}", "记录库“{store}”的 {n} 条陈述：{file}").in_language(
            language, n=self.statements, store=self.store, file=self.file
        )
        if self.folder is None:
            return said
        more = Text("; {n} attachment{n:|s}: {folder}", "；{n} 个附件：{folder}")
        return said + more.in_language(language, n=self.attachments, folder=self.folder)


def import_records(
    workspace: Path,
    file: Path,
    *,
    store: str,
    key: str,
    attachments: Path | None,
    refused: Path | None,
    report: Report,
    dry_run: bool,
) -> StatementsImported:
    """Take a file of statements into a store.

    Raises UnknownStoreError, StoreClosedError, UnknownCredentialError, NoStatementFileError, FileMissingError,
    FileUnreadableError, RefusedListExistsError.
    """
    start(workspace)
    from yucai.evidence import RequestLimits, Version
    from yucai.web.records.actions import UnknownCredentialError
    from yucai.web.records.filing import look_through, take_statement_file
    from yucai.web.records.models import RecordCredential
    from yucai.web.records.refusals import StoreClosedError

    into = store_named(store)
    if into.closed_at is not None:
        raise StoreClosedError
    credential = None
    if key:
        credential = RecordCredential.objects.filter(store=into, key=key, revoked_at__isnull=True).first()
        if credential is None:
            raise UnknownCredentialError(key=key[:64])
    if dry_run:
        good, bad = look_through(file, otherwise=Version(into.default_version), limits=RequestLimits())
        return StatementsImported(store=into.code, new=good, known=0, refused=bad, refused_lines=None, dry_run=True)
    taken = take_statement_file(
        store=into,
        path=file,
        credential=credential,
        attachments=attachments or file.with_name(f"{file.name}.attachments"),
        refused=(refused or Path(f"{file.name}.refused.jsonl")).absolute(),
        report=report,
        clock=now,
    )
    return StatementsImported(
        store=into.code,
        new=taken.new,
        known=taken.known,
        refused=taken.refused,
        refused_lines=taken.refused_list,
        dry_run=False,
    )


def export_records(
    workspace: Path, *, store: str, to: Path | None, attachments: Path | None, report: Report
) -> StatementsExported:
    """Write a store into a file. Raises UnknownStoreError, OutputExistsError."""
    start(workspace)
    from yucai.web.records.file_export import export_statements

    found = store_named(store)
    file = (to or Path(f"{found.code}.jsonl.gz")).absolute()
    if file.exists():
        raise OutputExistsError(file=file)
    folder = (attachments or file.with_name(f"{file.name}.attachments")).absolute()
    written = export_statements(store=found, to=file, attachments=folder, report=report)
    return StatementsExported(
        store=found.code,
        file=file,
        statements=written.statements,
        attachments=written.attachments,
        folder=folder if written.attachments else None,
    )
