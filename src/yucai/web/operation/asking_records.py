"""What an administrator would ask of the records: reachable, up to date, in step with the clock, whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.models import Max

from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.evidence.models import Import
from yucai.web.jobs.models import Job
from yucai.web.lake.actions import file_of
from yucai.web.lake.models import LakeFile
from yucai.web.operation.findings import Finding, State, finding_of
from yucai.web.records.health import lags
from yucai.web.workspace import Workspace

__all__ = ["look_at_records"]

LONG_JOB: Final = timedelta(hours=2)
LONG_WAIT: Final = timedelta(minutes=10)
LONG_BEHIND: Final = timedelta(hours=6)
CLOCK_OFF: Final = timedelta(seconds=30)
SMALL: Final = 500_000_000  # bytes of a database that is looked through here; yucai check looks through any
FAILED_SINCE: Final = timedelta(days=1)


def look_at_records(office: Workspace, *, at: datetime) -> tuple[Finding, ...]:
    """Return what is found; where the database does not answer, that alone."""
    try:
        return tuple(
            found for look in (_database, _steps, _clock, _jobs, _lake, _followers) for found in look(office, at)
        )
    except DatabaseError as problem:
        says = Text("The database does not answer as it should ({kind}).", "数据库没有正常响应（{kind}）。")
        do = Text(
            "Start it, and see that its address and password are right. If it is damaged: yucai restore",
            "请启动数据库，并核对地址与密码。如已损坏，请用 yucai restore 恢复。",
        )
        return (finding_of("database", State.FAULT, says, do, kind=type(problem).__name__),)


def _ask(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        return row[0] if row else None


def _database(office: Workspace, at: datetime) -> Iterator[Finding]:
    if connection.vendor != "sqlite":
        version = str(_ask("SHOW server_version"))
        says = Text("The database answers (PostgreSQL {version}).", "数据库响应正常（PostgreSQL {version}）。")
        yield finding_of("database", State.WELL, says, version=version)
        return
    mode = str(_ask("PRAGMA journal_mode"))
    if mode == "wal":
        yield finding_of(
            "database", State.WELL, Text("The database answers (SQLite, WAL).", "数据库响应正常（SQLite，WAL）。")
        )
    else:
        says = Text(
            "SQLite works in the mode “{mode}”, where readers and writers wait for each other.",
            "SQLite 处于“{mode}”模式，读写会互相等待。",
        )
        do = Text(
            "Move the workspace to a local disk: network folders bear no WAL.",
            "请把工作区移到本地磁盘：网络文件夹不支持 WAL。",
        )
        yield finding_of("wal", State.FAULT, says, do, mode=mode)
    if office.records.is_file() and office.records.stat().st_size > SMALL:
        says = Text("The records are large and were not looked through.", "记录库较大，此处未逐页检查。")
        yield finding_of("records", State.NOTE, says, Text("Run: yucai check", "请运行：yucai check"))
    elif (found := str(_ask("PRAGMA quick_check(1)"))) != "ok":
        says = Text("The records are damaged ({found}).", "记录库已损坏（{found}）。")
        yield finding_of(
            "records",
            State.FAULT,
            says,
            Text("Restore the last backup: yucai restore", "请恢复最近一次备份：yucai restore"),
            found=found[:120],
        )
    else:
        yield finding_of("records", State.WELL, Text("The records are whole.", "记录库完好。"))


def _steps(office: Workspace, at: datetime) -> Iterator[Finding]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if unknown:
        says = Text(
            "A newer version of Yucai has worked on these records ({n} step{n:|s}).",
            "更新版本的育才曾处理过这些记录（{n} 步）。",
        )
        yield finding_of("steps", State.FAULT, says, Text("Install that version.", "请安装该版本。"), n=len(unknown))
    elif behind:
        says = Text("The records are {n} step{n:|s} behind this version.", "记录库比当前版本落后 {n} 步。")
        do = Text(
            "Make a backup, then start yucai serve, which updates them.", "请先备份，再运行 yucai serve（会自动升级）。"
        )
        yield finding_of("steps", State.FAULT, says, do, n=behind)
    else:
        yield finding_of("steps", State.WELL, Text("The records are up to date.", "记录库结构为最新。"))


def _clock(office: Workspace, at: datetime) -> Iterator[Finding]:
    written = AuditEntry.objects.order_by("-position").values_list("written_at", flat=True).first()
    latest = [written, Import.objects.aggregate(at=Max("at"))["at"]]
    newest = max((found for found in latest if found is not None), default=None)
    do = Text("Set the clock, and let the machine keep it (NTP).", "请校正时钟，并启用自动校时（NTP）。")
    if newest is not None and newest - at > CLOCK_OFF:
        says = Text(
            "The clock was set back: the newest record is of {newest} UTC.",
            "时钟被调回：最新记录的时间为 {newest}（UTC）。",
        )
        yield finding_of("clock", State.FAULT, says, do, newest=f"{newest.astimezone(UTC):%Y-%m-%d %H:%M}")
        return
    if connection.vendor == "postgresql":
        apart = abs(_ask("SELECT clock_timestamp()") - datetime.now(tz=UTC))
        if apart > CLOCK_OFF:
            says = Text(
                "The clocks of this machine and of the database are {n} s apart.", "本机与数据库的时钟相差 {n} 秒。"
            )
            yield finding_of("clock", State.FAULT, says, do, n=round(apart.total_seconds()))
            return
    yield finding_of("clock", State.WELL, Text("The clock is not behind the records.", "时钟不落后于记录。"))


def _jobs(office: Workspace, at: datetime) -> Iterator[Finding]:
    running, queued = Job.objects.filter(state=Job.State.RUNNING), Job.objects.filter(state=Job.State.QUEUED)
    alone = running.filter(lease_until__lt=at).count()
    restart = Text(
        "See that the worker runs: yucai serve. It takes the work up again.",
        "请确认后台进程在运行：yucai serve。任务会被重新接手。",
    )
    long = Text(
        "Look at the page of the job, and call it off if it does not move.", "请查看任务页面；如无进展，可取消任务。"
    )
    log = Text("Its page and logs/worker.log say why.", "原因见任务页面与 logs/worker.log。")
    waiting = queued.filter(asked_at__lt=at - LONG_WAIT).count()
    lost = Text("{n} job{n:|s} {n:has|have} lost {n:its|their} worker.", "有 {n} 个任务失去了执行程序。")
    counted = (
        (alone, State.FAULT, lost, restart),
        (waiting, State.FAULT, Text("{n} job{n:|s} wait{n:s|} for long.", "有 {n} 个任务等待过久。"), restart),
        (running.filter(lease_until__gte=at, started_at__lt=at - LONG_JOB).count(), State.NOTE,
         Text("{n} job{n:|s} run{n:s|} for more than two hours.", "有 {n} 个任务运行超过两小时。"), long),
        (Job.objects.filter(state=Job.State.FAILED, ended_at__gt=at - FAILED_SINCE).count(), State.NOTE,
         Text("{n} job{n:|s} failed since yesterday.", "昨天以来有 {n} 个任务失败。"), log),
    )  # fmt: skip
    found = [finding_of("jobs", state, says, do, n=n) for n, state, says, do in counted if n]
    yield from found or [finding_of("jobs", State.WELL, Text("No job is stuck.", "没有卡住的任务。"))]


def _lake(office: Workspace, at: datetime) -> Iterator[Finding]:
    """Whether every listed file is there with its length; yucai check compares what is in them."""
    listed = list(LakeFile.objects.only("path", "size_bytes"))
    wrong = [file.path for file in listed if _length(file_of(file)) != file.size_bytes]
    if wrong:
        says = Text(
            "{n} file{n:|s} of the lake {n:is|are} missing or cut ({first}).",
            "数据湖有 {n} 个文件缺失或不完整（{first}）。",
        )
        do = Text(
            "yucai check says which; yucai records mend, or restore the last backup.",
            "yucai check 会逐一列出；请用 yucai records mend 或恢复最近一次备份。",
        )
        yield finding_of("lake", State.FAULT, says, do, n=len(wrong), first=wrong[0])
    else:
        yield finding_of(
            "lake",
            State.WELL,
            Text("The lake is complete: {n} file{n:|s}.", "数据湖的 {n} 个文件齐全。"),
            n=len(listed),
        )


def _length(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1


def _followers(office: Workspace, at: datetime) -> Iterator[Finding]:
    late = [lag for lag in lags(at=at) if lag.seconds > LONG_BEHIND.total_seconds()]
    if late:
        says = Text(
            "Statements of {stores} wait for the lake or for evidence since hours.",
            "{stores} 的陈述已等待数小时，尚未进入数据湖或证据。",
        )
        do = Text(
            "See that the worker runs; logs/worker.log says why.", "请确认后台进程在运行；原因见 logs/worker.log。"
        )
        yield finding_of("followers", State.FAULT, says, do, stores=", ".join(sorted({lag.store for lag in late})))
