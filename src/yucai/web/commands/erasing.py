"""A person erased from the record stores by command, and whether anything of them is still there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.commands.gathering import stores_named
from yucai.web.commands.places import place_words
from yucai.web.commands.starting import now, space_named, start

if TYPE_CHECKING:
    from yucai.evidence import PersonTraces
    from yucai.web.accounts.models import Space
    from yucai.web.records.erasing import OtherPlace

__all__ = [
    "ErasedChecked",
    "ErasureDone",
    "ErasureLifted",
    "Identifiers",
    "StoreHeld",
    "check_erased",
    "erase_from_records",
    "hold_record_store",
    "lift_record_erasure",
    "release_record_store",
]

DRY: Final = Text("Dry run, nothing was changed. Would be: ", "试运行，未作任何改动。将会：")
NONE: Final = Text("", "")
IN_STORE: Final = Text(
    "{store}: {removed} statement{removed:|s} removed, {rewritten} of others rewritten, {attachments} "
    "attachment{attachments:|s}, {documents} "
    "documents, {names} name{names:|s}, {definitions} definition{definitions:|s}, {lake} row{lake:|s} of the lake.",
    "{store}：删除陈述 {removed} 条，改写他人陈述 {rewritten} 条，附件 {attachments} 个，文档 {documents} 个，"
    "姓名 {names} 个，活动定义 {definitions} 个，数据湖 {lake} 行。",
)
IN_PLACE: Final = Text("{place}: {n}.", "{place}：{n}。")
CALLED: Final = Text(
    "{n} statement{n:|s} of others {n:holds|hold} a name of the person in {n:its|their} words; nobody but you can "
    "say whether it is this person. Look at them, then run again with --text: {ids}",
    "有 {n} 条他人陈述的文字中出现此人姓名；是否为同一人须由您判断。请核对后加 --text 重新运行：{ids}",
)
LEFT: Final = Text(
    "{n} attachment{n:|s} or document{n:|s} of others {n:holds|hold} the person and cannot be rewritten: {which}",
    "有 {n} 个他人的附件或文档含有此人信息，无法改写：{which}",
)
CODE: Final = Text("Erasure {code}, sealed.", "删除编号 {code}，已封存。")
STILL: Final = Text(
    "Still in the database's files: {files}. Stop the server and erase again.",
    "数据库文件中仍有残留：{files}。请停止服务后再次执行删除。",
)
STANDS: Final = Text(
    "Other records of the office name the person too, and stay: {places}. Erasing from record stores leaves them "
    "alone: take each out where it came in.",
    "单位的其他记录中仍有此人信息，予以保留：{places}。从记录库删除不涉及这些记录，请在其来源处分别处理。",
)
FORWARDED: Final = Text(
    "“{store}” is forwarded to {address}. Ask whoever keeps that store to erase the person, too.",
    "“{store}”的陈述转发到 {address}。请联系对方记录库的管理者，同样删除此人。",
)
BACKUPS: Final = Text(
    "Backups made before now still hold the person. Delete them, or erase again after restoring one.",
    "此前的备份仍含有此人信息。请删除这些备份，或在恢复备份后再次执行删除。",
)
LOG: Final = Text(
    "PostgreSQL's write-ahead log, its archive and its replicas hold the rows until they are recycled; free space in "
    "its files does until it is used again or VACUUM FULL is run.",
    "PostgreSQL 的预写日志、归档和副本在回收前仍保留这些行；其文件的空闲空间在被重用或执行 VACUUM FULL 前也是如此。",
)
MOST_SHOWN: Final = 20


class AgentsUnreadableError(YucaiError):
    """The file that names a person holds no agents."""

    says = Text(
        "“{file}” holds no JSON list of agents. Write them as xAPI does: "
        '[{{"mbox": "mailto:..."}}, {{"account": {{"homePage": "...", "name": "..."}}}}]',
        "“{file}”不是主体的 JSON 列表。请按 xAPI 格式书写："
        '[{{"mbox": "mailto:..."}}, {{"account": {{"homePage": "...", "name": "..."}}}}]',
    )
    exit_code = 65


class NobodyNamedError(YucaiError):
    """Nobody was named to look for."""

    says = Text(
        "Name the person: --mail, --account, --openid, --mail-sha1, --agents or --text.",
        "请指明此人：--mail、--account、--openid、--mail-sha1、--agents 或 --text。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """What tells a person: as xAPI does, and by further texts that stand for nobody else."""

    mails: tuple[str, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()  # home page and name
    openids: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()  # SHA-1 of a mail address
    texts: tuple[str, ...] = ()
    file: Path | None = None  # with a JSON list of agents: what is typed can be read by others on the machine

    def traces(self) -> PersonTraces:
        """Return what to look for. Raises AgentsUnreadableError."""
        from yucai.evidence import traces_of

        agents: list[dict[str, Any]] = self._listed()
        agents += [{"mbox": f"mailto:{one.removeprefix('mailto:')}"} for one in self.mails]
        agents += [{"account": {"homePage": home, "name": name}} for home, name in self.accounts]
        agents += [{"openid": one} for one in self.openids]
        agents += [{"mbox_sha1sum": one} for one in self.hashes]
        return traces_of(agents, texts=self.texts)

    def _listed(self) -> list[dict[str, Any]]:
        if self.file is None:
            return []
        from yucai.evidence import is_agent

        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise AgentsUnreadableError(file=self.file) from problem
        if not isinstance(found, list) or not all(is_agent(one) for one in found):
            raise AgentsUnreadableError(file=self.file)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDone:
    """What went, store by store, and what somebody still has to see to."""

    code: str
    stores: tuple[dict[str, Any], ...]
    places: tuple[tuple[str, int], ...]
    searched: dict[str, Any]
    standing: tuple[tuple[str, int], ...]  # where else in the records the person is named
    forwarded: tuple[tuple[str, str], ...]  # code of a store, and the address it is forwarded to
    dry_run: bool

    @property
    def left_behind(self) -> bool:
        """Whether the database's files hold traces that nothing on record explains."""
        return bool(self.searched.get("found in")) and not self.standing

    def in_language(self, language: str) -> str:
        """Return what was done, and what is left to do."""
        lines = [(DRY if self.dry_run else NONE).in_language(language).strip()]
        for one in self.stores:
            lines.append(IN_STORE.in_language(language, **one))
            called, left = one["called"], one["left"]
            if called:
                lines.append(CALLED.in_language(language, n=len(called), ids=", ".join(called[:MOST_SHOWN])))
            if left:
                lines.append(LEFT.in_language(language, n=len(left), which=", ".join(left[:MOST_SHOWN])))
        lines += [IN_PLACE.in_language(language, place=place_words(place, language), n=n) for place, n in self.places]
        if not self.dry_run:
            lines += self._to_be_done(language)
        return "\n".join(line for line in lines if line)

    def _to_be_done(self, language: str) -> list[str]:
        lines = [CODE.in_language(language, code=self.code)]
        if self.left_behind:
            lines.append(STILL.in_language(language, files=", ".join(self.searched["found in"])))
        elif self.standing:
            apart = ", " if language == "en" else "、"
            places = apart.join(place_words(place, language) for place, _n in self.standing)
            lines.append(STANDS.in_language(language, places=places))
        lines += [FORWARDED.in_language(language, store=store, address=to) for store, to in self.forwarded]
        if "log" in self.searched:
            lines.append(LOG.in_language(language))
        return [*lines, BACKUPS.in_language(language)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedChecked:
    """Whether a person was erased, and where they still stand."""

    erased: tuple[tuple[str, str], ...]  # code of each erasure, and when
    found: tuple[tuple[str, int], ...]
    unread: tuple[str, ...]

    def in_language(self, language: str) -> str:
        """Return what is known and what was found."""
        lines = [
            Text("Erased: {code}, {at}.", "已删除：{code}，{at}。").in_language(language, code=code, at=at)
            for code, at in self.erased
        ] or [Text("No erasure of this person is on record.", "没有此人的删除记录。").in_language(language)]
        said = Text("✗ {place}: {n}", "✗ {place}：{n}")
        lines += [said.in_language(language, place=place_words(place, language), n=n) for place, n in self.found]
        if not self.found:
            lines.append(
                Text(
                    "✓ Nothing of this person was found in any table or file.", "✓ 各数据表与文件中均未发现此人的信息。"
                ).in_language(language)
            )
        unread = Text("· Packed, not looked into: {place}", "· 压缩文件，未查看：{place}")
        lines += [unread.in_language(language, place=place) for place in self.unread]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureLifted:
    """An erasure that keeps new statements out no longer."""

    code: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what is taken again, and what is not."""
        said = Text(
            "Erasure {code} lifted: new statements about the person are taken again within 5 seconds; what was erased "
            "stays away.",
            "已解除删除 {code}：5 秒内将重新接收此人的新陈述；已删除的内容不会恢复。",
        ).in_language(language, code=self.code)
        return (DRY if self.dry_run else NONE).in_language(language) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHeld:
    """A store that is kept from any removal, or no longer."""

    store: str
    held: bool
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what holds now."""
        said = (
            Text(
                "Nothing may be removed from “{store}” until the hold is lifted.",
                "解除保留前，不得从“{store}”删除任何内容。",
            )
            if self.held
            else Text("The hold on “{store}” is lifted.", "“{store}”的保留已解除。")
        )
        return (DRY if self.dry_run else NONE).in_language(language) + said.in_language(language, store=self.store)


def erase_from_records(
    workspace: Path, person: Identifiers, *, space: str | None, reason: str, dry_run: bool
) -> ErasureDone:
    """Erase a person from every record store of a space.

    Raises FaultyInputError, UnknownSpaceError, StoreHeldError, CredentialInForceError.
    """
    start(workspace)
    from dataclasses import asdict

    from yucai.web.records.erasing import erase_actor, foresee_erasure
    from yucai.web.records.searching import search_tables
    from yucai.web.records.wiping import overwrite_deleted, wipe

    found, traces, searched = space_named(space), person.traces(), {}
    if dry_run:
        erased = foresee_erasure(space=found, traces=traces, reason=reason, places=_places())
    else:
        overwrite_deleted()

        def clean(traces: PersonTraces) -> dict[str, Any]:
            searched.update(wipe(traces))
            return searched

        erased = erase_actor(
            space=found, traces=traces, reason=reason, by=None, clock=now, places=_places(), clean=clean
        )
        searched["found in"] = wipe(traces).get("found in", [])  # once more, for the seal was written behind
    return ErasureDone(
        code=erased.code,
        stores=tuple(asdict(one) for one in erased.stores),
        places=erased.places,
        searched=searched,
        standing=tuple((hit.place, hit.n) for hit in search_tables(traces)) if searched.get("found in") else (),
        forwarded=_forwarded(found),
        dry_run=dry_run,
    )


def _forwarded(space: Space) -> tuple[tuple[str, str], ...]:
    """Return which stores of a space sent statements on, and whereto."""
    from yucai.web.records.forwarding_models import Forwarding

    rows = Forwarding.objects.filter(store__space=space, n_taken__gt=0).order_by("pk")
    return tuple(dict.fromkeys(rows.values_list("store__code", "address")))


def _places() -> tuple[OtherPlace, ...]:
    """Return the parts of the office that make something of their own out of statements."""
    from yucai.web.feeds.forgetting import DECLARED_ACTORS
    from yucai.web.records.refused_box import REFUSED_DELIVERIES

    return (DECLARED_ACTORS, REFUSED_DELIVERIES)


def check_erased(workspace: Path, person: Identifiers) -> ErasedChecked:
    """Look whether anything of a person is left, in every table and every file of the workspace.

    Raises NobodyNamedError, AgentsUnreadableError.
    """
    office = start(workspace)
    from yucai.web.records.erasure_models import RecordErasure
    from yucai.web.records.models import RecordStore
    from yucai.web.records.searching import search_files, search_tables
    from yucai.web.records.tombstones import tombstone_of

    traces = person.traces()
    if not traces.keys and not traces.texts:
        raise NobodyNamedError
    seals = [
        tombstone_of(store, "agent", key)
        for store in RecordStore.objects.values_list("pk", flat=True)
        for key in traces.keys
    ]
    erasures = RecordErasure.objects.filter(tombstones__seal__in=seals).distinct().order_by("begun_at")
    hits = [*search_tables(traces), *search_files(office.folder, traces)]
    return ErasedChecked(
        erased=tuple((one.code, f"{one.begun_at:%Y-%m-%d %H:%M} UTC") for one in erasures),
        found=tuple((hit.place, hit.n) for hit in hits if hit.n),
        unread=tuple(hit.place for hit in hits if not hit.n),
    )


def lift_record_erasure(workspace: Path, code: str, *, dry_run: bool, at: datetime) -> ErasureLifted:
    """Take new statements about an erased person again. Raises NoErasureError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.records.erasing import lift_erasure

    with transaction.atomic():
        lift_erasure(code=code, by=None, at=at)
        transaction.set_rollback(dry_run)
    return ErasureLifted(code=code, dry_run=dry_run)


def hold_record_store(workspace: Path, code: str, *, reason: str, dry_run: bool, at: datetime) -> StoreHeld:
    """Keep anything from being removed from a store. Raises FaultyInputError, UnknownStoreError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.records.holds import hold_store

    with transaction.atomic():
        hold_store(store=stores_named(code)[0], reason=reason, by=None, at=at)
        transaction.set_rollback(dry_run)
    return StoreHeld(store=code, held=True, dry_run=dry_run)


def release_record_store(workspace: Path, code: str, *, dry_run: bool, at: datetime) -> StoreHeld:
    """Lift the hold on a store. Raises NotHeldError, UnknownStoreError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.records.holds import lift_hold

    with transaction.atomic():
        lift_hold(store=stores_named(code)[0], by=None, at=at)
        transaction.set_rollback(dry_run)
    return StoreHeld(store=code, held=False, dry_run=dry_run)
