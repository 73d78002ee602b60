"""Record stores by command: made, opened to a learning tool, closed to it again, looked through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.commands.gathering import stores_named, told_of_lake
from yucai.web.commands.results import Checked
from yucai.web.commands.starting import space_named, start

if TYPE_CHECKING:
    from yucai.web.accounts.models import Space
    from yucai.web.records.models import RecordStore

__all__ = [
    "CredentialAdded",
    "CredentialRevoked",
    "RecordsPartitioned",
    "StoreAdded",
    "add_record_credential",
    "add_record_store",
    "partition_records",
    "revoke_record_credential",
    "verify_records",
]

WOULD: Final = Text("Dry run, nothing was changed. ", "试运行，未作任何改动。")
NONE: Final = Text("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAdded:
    """A new record store."""

    store: str
    space: str
    endpoint: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return where it is reached, and what comes next."""
        said = Text(
            "Record store “{store}” in “{space}”. Learning tools reach it under {endpoint} of the served address. "
            "Next: yucai records add-credential {store}",
            "空间“{space}”中的记录库“{store}”。学习工具通过服务地址下的 {endpoint} 访问。"
            "下一步：yucai records add-credential {store}",
        ).in_language(language, store=self.store, space=self.space, endpoint=self.endpoint)
        return (WOULD if self.dry_run else NONE).in_language(language) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialAdded:
    """A new credential; its secret is shown here and kept nowhere."""

    store: str
    key: str
    secret: str
    scopes: tuple[str, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return key and secret."""
        if self.dry_run:
            said = Text("Would open “{store}” for: {scopes}.", "将为“{store}”开放：{scopes}。")
            return WOULD.in_language(language) + said.in_language(
                language, store=self.store, scopes=", ".join(self.scopes)
            )
        return Text(
            "Key {key}, secret {secret} (shown once; keep it). It may in “{store}”: {scopes}.",
            "key：{key}，secret：{secret}（只显示这一次，请妥善保存）。在“{store}”中的权限：{scopes}。",
        ).in_language(language, key=self.key, secret=self.secret, store=self.store, scopes=", ".join(self.scopes))


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRevoked:
    """A credential that is in force no longer."""

    store: str
    key: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what was revoked, and from when on."""
        said = Text(
            "Credential {key} of “{store}” revoked. Servers refuse it within 10 seconds; its statements stay.",
            "已吊销“{store}”的凭据 {key}。运行中的服务将在 10 秒内拒绝它；它已存入的内容保留。",
        ).in_language(language, key=self.key, store=self.store)
        return (WOULD if self.dry_run else NONE).in_language(language) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPartitioned:
    """The parts in which the statements lie."""

    changed: bool
    months: tuple[str, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return how many parts there are, and what they are called."""
        if self.dry_run:
            said = Text("Would part the statements by months.", "将按月对陈述分区。")
            return WOULD.in_language(language) + said.in_language(language)
        done = Text("Parted by months: {months}.", "已按月分区：{months}。")
        known = Text("Parted by months already: {months}.", "此前已按月分区：{months}。")
        return (done if self.changed else known).in_language(language, months=", ".join(self.months))


def add_record_store(
    workspace: Path, code: str, *, space: str | None, version: str, dry_run: bool, at: datetime
) -> StoreAdded:
    """Make a record store in a space. Raises FaultyInputError, UnknownSpaceError, VersionRefusedError."""
    start(workspace)
    from django.db import transaction

    from yucai.evidence import read_version
    from yucai.web.records.actions import add_store

    found = space_named(space)
    with transaction.atomic():
        made = add_store(space=found, code=code, version=read_version(version), by=None, at=at)
        transaction.set_rollback(dry_run)
    return StoreAdded(store=made.code, space=found.code, endpoint=f"/xapi/{made.code}/", dry_run=dry_run)


def add_record_credential(
    workspace: Path, code: str, *, name: str, home: str, scopes: tuple[str, ...], dry_run: bool, at: datetime
) -> CredentialAdded:
    """Open a store to a learning tool. Raises FaultyInputError, UnknownStoreError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.records.actions import add_credential

    with transaction.atomic():
        new = add_credential(store=stores_named(code)[0], name=name, home=home, scopes=scopes, by=None, at=at)
        transaction.set_rollback(dry_run)
    granted = tuple(new.credential.scopes.split())
    key, secret = ("", "") if dry_run else (new.credential.key, new.secret)
    return CredentialAdded(store=code, key=key, secret=secret, scopes=granted, dry_run=dry_run)


def revoke_record_credential(workspace: Path, key: str, *, dry_run: bool, at: datetime) -> CredentialRevoked:
    """Close a store to a learning tool. Raises UnknownCredentialError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.records.actions import revoke

    with transaction.atomic():
        revoked = revoke(key=key, by=None, at=at)
        transaction.set_rollback(dry_run)
    return CredentialRevoked(store=revoked.store.code, key=key, dry_run=dry_run)


def partition_records(workspace: Path, *, dry_run: bool, at: datetime) -> RecordsPartitioned:
    """Part the statements of all stores by months. Raises NotPostgresqlError."""
    start(workspace)
    from yucai.web.records.partitions import is_partitioned, partition, require_postgresql

    require_postgresql()
    if dry_run:
        return RecordsPartitioned(changed=not is_partitioned(), months=(), dry_run=True)
    found = partition(at=at)
    return RecordsPartitioned(changed=found.changed, months=found.months, dry_run=False)


def verify_records(workspace: Path, code: str | None) -> Checked:
    """Look through one store, or all, and their lake. Raises UnknownStoreError."""
    start(workspace)
    from yucai.web.records.checking import check_store
    from yucai.web.records.sealing import check_erasures

    stores = stores_named(code)
    faults: list[Fault] = [fault for space in _spaces(stores) for fault in check_erasures(space)]
    passed: list[Text] = []
    for store in stores:
        found = check_store(store)
        lake, whole = told_of_lake(store)
        faults += [*found.faults, *lake.faults]
        if not found.faults:
            passed.append(
                Text(
                    f"Store “{store.code}” is whole: {found.statements} statements, {found.attachments} attachments",
                    f"记录库“{store.code}”完好：{found.statements} 条陈述，{found.attachments} 个附件",
                )
            )
        if not lake.faults:
            passed.append(whole)
    return Checked(faults=tuple(faults), passed=tuple(passed))


def _spaces(stores: list[RecordStore]) -> list[Space]:
    found = {store.space_id: store.space for store in stores}
    return [found[pk] for pk in sorted(found)]
