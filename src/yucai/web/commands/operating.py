"""Running record stores by command and by worker: what there is, what was refused, what is too old."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.texts import Text
from yucai.web.commands.gathering import stores_named
from yucai.web.commands.starting import now, start

if TYPE_CHECKING:
    pass

__all__ = [
    "MetricsToken",
    "RefusedListed",
    "StoresListed",
    "StoresRetained",
    "list_record_stores",
    "list_refused",
    "make_metrics_token",
    "put_refused_again",
    "retain_records",
    "tend_when_due",
]

LOGGER = logging.getLogger("yucai.records")
EVERY: Final = 10.0  # seconds between two looks of the worker
AFTER_FAILURE: Final = 60.0
WOULD: Final = Text("Dry run, nothing was changed.", "试运行，未作任何改动。")
NO_STORE: Final = Text("There is no record store.", "尚无记录库。")
STORE: Final = Text(
    "{code}: {statements} statement{statements:|s}, last one {last}, {tools} tool{tools:|s}, {refused} refused "
    "{refused:delivery waits|deliveries wait}{closed}",
    "{code}：{statements} 条陈述，最近一条 {last}，{tools} 个工具，{refused} 次被拒收的投递待处理{closed}",
)
CLOSED: Final = Text(" (closed)", "（已关闭）")
NO_REFUSED: Final = Text("No refused delivery waits.", "没有待处理的被拒收投递。")
REFUSED: Final = Text(
    "{number}: {tool}, {at} UTC, {statements} statement{statements:|s}, sent {times} time{times:|s}, status "
    "{status}: {why}",
    "{number}：{tool}，{at} UTC，{statements} 条陈述，发送 {times} 次，状态 {status}：{why}",
)
PUT_IN: Final = Text(
    "{done} deliver{done:y|ies} {done:is|are} in; {refused} {refused:was|were} refused again.",
    "已存入 {done} 次投递；{refused} 次再次被拒收。",
)
NO_TERM: Final = Text("{code}: everything is kept", "{code}：全部保留")
RETAINED: Final = Text(
    "{code}: {statements} statement{statements:|s} stored before {before}, {documents} document{documents:|s} "
    "written before {documents_before}",
    "{code}：{before} 之前存入的 {statements} 条陈述，{documents_before} 之前写入的 {documents} 份文档",
)
WENT: Final = Text("Removed:", "已删除：")
WOULD_GO: Final = Text("Would be removed:", "将删除：")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreListed:
    """A record store in figures."""

    code: str
    statements: int
    last: str
    tools: int
    refused: int
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresListed:
    """The record stores there are."""

    stores: tuple[StoreListed, ...]

    def in_language(self, language: str) -> str:
        """Return a line for each."""
        lines = []
        for one in self.stores:
            facts = {"code": one.code, "statements": one.statements, "last": one.last, "tools": one.tools}
            closed = CLOSED.in_language(language) if one.closed else ""
            lines.append(STORE.in_language(language, **facts, refused=one.refused, closed=closed))
        return "\n".join(lines) or NO_STORE.in_language(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDelivery:
    """A refused delivery that waits; ``why`` in both languages, without what it holds."""

    number: int
    tool: str
    at: str
    statements: int
    times: int
    status: int
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedListed:
    """The refused deliveries that wait, or what became of them when they were put in again."""

    deliveries: tuple[RefusedDelivery, ...]
    put_in: int | None = None
    refused_again: int = 0

    def in_language(self, language: str) -> str:
        """Return a line for each."""
        if self.put_in is not None:
            return PUT_IN.in_language(language, done=self.put_in, refused=self.refused_again)
        lines = [
            REFUSED.in_language(
                language, number=one.number, tool=one.tool, at=one.at, statements=one.statements, times=one.times,
                status=one.status, why=one.why.in_language(language),
            )
            for one in self.deliveries
        ]  # fmt: skip
        return "\n".join(lines) or NO_REFUSED.in_language(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRetained:
    """What went from one store, or would go; no day where nothing has a term."""

    code: str
    statements: int
    before: str
    documents: int
    documents_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresRetained:
    """What was too old in some stores."""

    stores: tuple[StoreRetained, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return a line for each store."""
        lines = [(WOULD_GO if self.dry_run else WENT).in_language(language)]
        for one in self.stores:
            if one.before == one.documents_before == "-":
                lines.append(NO_TERM.in_language(language, code=one.code))
                continue
            facts = {"code": one.code, "statements": one.statements, "before": one.before}
            more = {"documents": one.documents, "documents_before": one.documents_before}
            lines.append(RETAINED.in_language(language, **facts, **more))
        return "\n".join([*lines, WOULD.in_language(language)] if self.dry_run else lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsToken:
    """A new token for the numbers of the server."""

    token: str
    loopback: bool

    def in_language(self, language: str) -> str:
        """Return the token and how it is used."""
        said = Text(
            "Token {token} (shown once). The one before holds no longer. Ask for /metrics with the header "
            "“Authorization: Bearer {token}”.",
            "令牌 {token}（只显示这一次），此前的令牌即时失效。"
            "访问 /metrics 时请附上请求头“Authorization: Bearer {token}”。",
        ).in_language(language, token=self.token)
        near = Text(" Programs on this machine need none.", "本机程序无需令牌。")
        return said + (near.in_language(language) if self.loopback else "")


def list_record_stores(workspace: Path) -> StoresListed:
    """Return the record stores of a workspace, each with what it holds."""
    start(workspace)
    from yucai.web.records.counting import count_new, held_in
    from yucai.web.records.keys import stored_of
    from yucai.web.records.models import StatementRow
    from yucai.web.records.operating_models import RefusedRequest

    told = []
    for store in stores_named(None):
        while count_new(store):
            continue
        last = StatementRow.objects.filter(store=store).order_by("-seq").values_list("seq", flat=True).first()
        waiting = RefusedRequest.objects.filter(store=store, state=RefusedRequest.State.WAITING)
        told.append(
            StoreListed(
                code=store.code,
                statements=held_in(store).statements,
                last="-" if last is None else f"{stored_of(last):%Y-%m-%d %H:%M} UTC",
                tools=store.credentials.filter(revoked_at__isnull=True).count(),
                refused=waiting.count(),
                closed=store.closed_at is not None,
            )
        )
    return StoresListed(stores=tuple(told))


def list_refused(workspace: Path, code: str | None) -> RefusedListed:
    """Return the refused deliveries of one store, or all, that wait. Raises UnknownStoreError."""
    start(workspace)
    from yucai.web.records.actions import tool_of
    from yucai.web.records.operating_models import RefusedRequest

    rows = RefusedRequest.objects.filter(store__in=stores_named(code), state=RefusedRequest.State.WAITING)
    told = [
        RefusedDelivery(
            number=row.pk,
            tool=tool_of(row.credential),
            at=f"{row.last_at:%Y-%m-%d %H:%M}",
            statements=row.statements,
            times=row.times,
            status=row.status,
            why=Text(*(_first(said) for said in (row.reason_en, row.reason_zh))),
        )
        for row in rows.select_related("credential").defer("body").order_by("first_at", "pk").iterator(chunk_size=500)
    ]
    return RefusedListed(deliveries=tuple(told))


def _first(said: str) -> str:
    lines = said.splitlines() or [""]
    return next((line[2:] for line in lines if line.startswith("- ")), lines[0])


def put_refused_again(workspace: Path, code: str, *, at: datetime) -> RefusedListed:
    """Put everything that waits in a store in again, the oldest first. Raises UnknownStoreError."""
    start(workspace)
    from yucai.evidence import RecordRefusedError
    from yucai.web.records.operating_models import RefusedRequest
    from yucai.web.records.refused_box import CannotPutAgainError, put_again

    waiting = RefusedRequest.objects.filter(store__in=stores_named(code), state=RefusedRequest.State.WAITING)
    done = refused = 0
    for pk in list(waiting.order_by("first_at", "pk").values_list("pk", flat=True)):
        row = RefusedRequest.objects.select_related("store", "credential").get(pk=pk)
        try:
            put_again(row=row, by=None, at=at)
            done += 1
        except (RecordRefusedError, CannotPutAgainError):
            refused += 1
    return RefusedListed(deliveries=(), put_in=done, refused_again=refused)


def retain_records(workspace: Path, code: str | None, *, dry_run: bool, at: datetime) -> StoresRetained:
    """Remove what is too old from one store, or all. Raises UnknownStoreError, StoreHeldError."""
    start(workspace)
    from yucai.web.records.counting import count_new
    from yucai.web.records.retention import foresee_retention, retain

    told = []
    for store in stores_named(code):
        while dry_run and count_new(store):
            continue
        one = foresee_retention(store, at=at) if dry_run else retain(store, by=None, at=at)
        told.append(
            StoreRetained(
                code=store.code,
                statements=one.statements,
                before=str(one.before or "-"),
                documents=one.documents,
                documents_before=str(one.documents_before or "-"),
            )
        )
    return StoresRetained(stores=tuple(told), dry_run=dry_run)


def make_metrics_token(workspace: Path, *, loopback: bool) -> MetricsToken:
    """Make a new token for the numbers of the server; the one before holds no longer."""
    office = start(workspace)
    from yucai.web.records.health import make_metrics_token as make

    return MetricsToken(token=make(office.folder, loopback=loopback), loopback=loopback)


def tend_when_due(due: float, *, clock: Callable[[], float]) -> float:
    """Add up what is new in each store and let go what is too old, when it is time; return when to look again."""
    if clock() < due:
        return due
    from yucai.web.records.counting import BATCH, count_new
    from yucai.web.records.models import RecordStore
    from yucai.web.records.partitions import tend_months
    from yucai.web.records.retention import retain_when_due

    more = failed = False
    for store in RecordStore.objects.order_by("pk"):
        try:
            more |= count_new(store) == BATCH
        except Exception:  # the worker must outlive a full disk; the cursor stands where it stood
            LOGGER.exception("statements of store %s could not be counted", store.code)
            failed = True
    for tend in (retain_when_due, tend_months):
        try:
            tend(at=now())
        except Exception:  # as above
            LOGGER.exception("the round of the record stores could not be made: %s", tend.__name__)
            failed = True
    return clock() + (AFTER_FAILURE if failed else 0 if more else EVERY)
