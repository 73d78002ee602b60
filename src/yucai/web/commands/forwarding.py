"""Forwarding by command: declared, listed, sent at once, switched off and on, and tried again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.texts import Text
from yucai.web.commands.gathering import store_named
from yucai.web.commands.starting import now, start

if TYPE_CHECKING:
    from yucai.web.records.delivering import Delivered
    from yucai.web.records.forwarding_models import Forwarding, Undeliverable

__all__ = [
    "ForwardingAdded",
    "ForwardingShown",
    "ForwardingSwitched",
    "ForwardingsListed",
    "NewForwarding",
    "StatementsForwarded",
    "UndeliverableShown",
    "add_record_forwarding",
    "forward_records",
    "list_forwardings",
    "pause_forwarding",
    "resend_records",
    "resume_forwarding",
]

WOULD: Final = Text("Dry run, nothing was changed. ", "试运行，未作任何改动。")
NONE: Final = Text("", "")
NO_FORWARDINGS: Final = Text(
    "Nothing is forwarded. Declare it with: yucai records forward-to STORE --to ADDRESS --key KEY",
    "没有转发。声明方法：yucai records forward-to 记录库 --to 地址 --key KEY",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForwarding:
    """What is to be declared."""

    store: str
    to: str
    version: str
    key: str
    secret: str
    verb: str = ""
    activity: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingAdded:
    """A new forwarding."""

    number: int
    store: str
    address: str
    waiting: int
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what goes where, and when."""
        said = Text(
            "Forwarding {number}: “{store}” goes on to {address}; {waiting} statement{waiting:|s} "
            "{waiting:waits|wait}. They are sent while the "
            "workspace is served, or by: yucai records forward",
            "转发 {number}：“{store}”的陈述将转发到 {address}，待发送 {waiting} 条。服务运行时自动发送，"
            "或运行：yucai records forward",
        ).in_language(language, number=self.number or "-", store=self.store, address=self.address, waiting=self.waiting)
        return (WOULD if self.dry_run else NONE).in_language(language) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliverableShown:
    """A statement the other store did not take."""

    statement: str
    status: int
    answer: str
    at: datetime

    def in_language(self, language: str) -> str:
        """Return which, and what was answered."""
        return f"  {self.statement}  {self.at:%Y-%m-%d %H:%M}  {self.status}  {' '.join(self.answer.split())[:300]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingShown:
    """How one forwarding goes."""

    number: int
    store: str
    address: str
    is_on: bool
    taken: int
    waiting: int
    last_success: datetime | None
    last_error: Text
    last_error_at: datetime | None
    next_try: datetime | None
    undeliverable: int
    shown: tuple[UndeliverableShown, ...] = ()

    def in_language(self, language: str) -> str:
        """Return it in a few lines."""
        facts = {
            "number": self.number,
            "store": self.store,
            "address": self.address,
            "state": (Text("on", "开启") if self.is_on else Text("off", "停用")).in_language(language),
            "taken": self.taken,
            "waiting": self.waiting,
            "aside": self.undeliverable,
            "success": f"{self.last_success:%Y-%m-%d %H:%M:%S} UTC" if self.last_success else "-",
        }
        lines = [
            Text(
                "{number}  {store} → {address}  ({state})  taken {taken}, waiting {waiting}, not taken {aside}; last "
                "success {success}",
                "{number}  {store} → {address}（{state}）  已接收 {taken}，待发送 {waiting}，未被接收 {aside}；"
                "最近成功 {success}",
            ).in_language(language, **facts)
        ]
        if self.last_error_at is not None:
            error = self.last_error.in_language(language)
            lines.append(
                Text("  last fault {at} UTC: {error}", "  最近故障 {at} UTC：{error}").in_language(
                    language, at=f"{self.last_error_at:%Y-%m-%d %H:%M:%S}", error=error
                )
            )
        if self.next_try is not None and self.is_on:
            said = Text("  next try {at} UTC", "  下次尝试 {at} UTC")
            lines.append(said.in_language(language, at=f"{self.next_try:%Y-%m-%d %H:%M:%S}"))
        return "\n".join([*lines, *(one.in_language(language) for one in self.shown)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingsListed:
    """All forwardings, or one with what was not taken."""

    forwardings: tuple[ForwardingShown, ...]

    def in_language(self, language: str) -> str:
        """Return one after the other."""
        if not self.forwardings:
            return NO_FORWARDINGS.in_language(language)
        return "\n".join(one.in_language(language) for one in self.forwardings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingSwitched:
    """A forwarding that rests, or goes on."""

    number: int
    is_on: bool
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return which, and what that means."""
        said = (
            Text("Forwarding {number} goes on from where it stands.", "转发 {number} 将从当前位置继续。")
            if self.is_on
            else Text(
                "Forwarding {number} rests; nothing is lost meanwhile.", "转发 {number} 已停用；期间不会丢失任何陈述。"
            )
        )
        return (WOULD if self.dry_run else NONE).in_language(language) + said.in_language(language, number=self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsForwarded:
    """What came of sending."""

    taken: int
    not_taken: int
    held: tuple[Text, ...]

    def in_language(self, language: str) -> str:
        """Return counts, and why it ended early where it did."""
        said = Text(
            "{taken} statement{taken:|s} {taken:was|were} taken, {aside} {aside:was|were} not and {aside:is|are} "
            "kept aside.",
            "{taken} 条陈述被接收，{aside} 条未被接收，已另行保留。",
        ).in_language(language, taken=self.taken, aside=self.not_taken)
        return "\n".join([said, *(why.in_language(language) for why in self.held)])


def add_record_forwarding(workspace: Path, new: NewForwarding, *, dry_run: bool, at: datetime) -> ForwardingAdded:
    """Declare a forwarding. Raises FaultyInputError, UnknownStoreError, VersionRefusedError."""
    start(workspace)
    from django.db import transaction

    from yucai.evidence import read_version
    from yucai.web.records.forwarding import Destination, StatementFilter, add_forwarding
    from yucai.web.records.parcels import n_waiting

    to = Destination(address=new.to, version=read_version(new.version), key=new.key, secret=new.secret)
    only = StatementFilter(verb=new.verb, activity=new.activity, credential=new.credential)
    with transaction.atomic():
        made = add_forwarding(store=store_named(new.store), to=to, only=only, by=None, at=at)
        waiting = n_waiting(made)
        transaction.set_rollback(dry_run)
    number = 0 if dry_run else made.pk
    return ForwardingAdded(number=number, store=made.store.code, address=made.address, waiting=waiting, dry_run=dry_run)


def list_forwardings(workspace: Path, number: int | None) -> ForwardingsListed:
    """Return how all forwardings go, or one with the statements not taken. Raises UnknownForwardingError."""
    start(workspace)
    from yucai.web.records.forwarding_models import Forwarding

    if number is not None:
        found = _forwarding(number)
        return ForwardingsListed(forwardings=(_shown(found, list(found.undeliverable.order_by("seq"))),))
    every = Forwarding.objects.select_related("store").order_by("pk")
    return ForwardingsListed(forwardings=tuple(_shown(one, ()) for one in every))


def pause_forwarding(workspace: Path, number: int, *, dry_run: bool) -> ForwardingSwitched:
    """Let a forwarding rest. Raises UnknownForwardingError."""
    start(workspace)
    from yucai.web.records.forwarding import switch_off

    return _switched(switch_off, number, dry_run)


def resume_forwarding(workspace: Path, number: int, *, dry_run: bool) -> ForwardingSwitched:
    """Let a forwarding go on. Raises UnknownForwardingError."""
    start(workspace)
    from yucai.web.records.forwarding import switch_on

    return _switched(switch_on, number, dry_run)


def forward_records(workspace: Path, number: int | None) -> StatementsForwarded:
    """Send all that waits now, whatever the time of the next try. Raises UnknownForwardingError."""
    start(workspace)
    from yucai.web.records.delivering import deliver
    from yucai.web.records.forwarding_models import Forwarding

    rng = random.Random()  # noqa: S311  (spreads waits, guards nothing)
    found = [_forwarding(number)] if number is not None else Forwarding.objects.filter(is_on=True).order_by("pk")
    return _told([deliver(one, clock=now, rng=rng) for one in found])


def resend_records(workspace: Path, number: int) -> StatementsForwarded:
    """Try again what a forwarding could not deliver. Raises UnknownForwardingError."""
    start(workspace)
    from yucai.web.records.delivering import resend

    found = _forwarding(number)
    return _told([resend(found, list(found.undeliverable.order_by("seq")), clock=now)])


def _told(runs: list[Delivered]) -> StatementsForwarded:
    return StatementsForwarded(
        taken=sum(run.taken for run in runs),
        not_taken=sum(run.aside for run in runs),
        held=tuple(run.held for run in runs if run.held is not None),
    )


def _switched(switch: Callable[..., Forwarding], number: int, dry_run: bool) -> ForwardingSwitched:
    from django.db import transaction

    with transaction.atomic():
        found = switch(number=number, by=None, at=now())
        transaction.set_rollback(dry_run)
    return ForwardingSwitched(number=number, is_on=found.is_on, dry_run=dry_run)


def _forwarding(number: int) -> Forwarding:
    from yucai.web.records.forwarding import UnknownForwardingError
    from yucai.web.records.forwarding_models import Forwarding

    found = Forwarding.objects.select_related("store").filter(pk=number).first()
    if found is None:
        raise UnknownForwardingError(number=number)
    return found


def _shown(forwarding: Forwarding, entries: Iterable[Undeliverable]) -> ForwardingShown:
    from yucai.web.records.parcels import n_waiting

    listed = tuple(
        UndeliverableShown(statement=str(one.statement), status=one.status, answer=one.answer, at=one.at)
        for one in entries
    )
    return ForwardingShown(
        number=forwarding.pk,
        store=forwarding.store.code,
        address=forwarding.address,
        is_on=forwarding.is_on,
        taken=forwarding.n_taken,
        waiting=n_waiting(forwarding),
        last_success=forwarding.last_success_at,
        last_error=forwarding.last_error,
        last_error_at=forwarding.last_error_at,
        next_try=forwarding.next_at,
        undeliverable=forwarding.undeliverable.count(),
        shown=listed,
    )
