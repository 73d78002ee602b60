"""The commands under ``yucai records``: what each is called, what may be typed, and what it does.

A new command is one more ``RecordCommand`` at the end of ``RECORD_COMMANDS``; the help is made from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from yucai.texts import Text

__all__ = ["RECORD_COMMANDS", "Option", "RecordCommand", "Result"]


class Result(Protocol):
    """What every command gives back."""

    def in_language(self, language: str) -> str:
        """Return the result in plain words."""


@dataclass(frozen=True, slots=True)
class Option:
    """An argument or option, its help, and what argparse is told about it besides."""

    name: str
    says: Text
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCommand:
    """One command; ``run`` gets the workspace, what was typed and the time, and gives result and exit code."""

    name: str
    says: Text
    options: tuple[Option, ...]
    run: Callable[[Path, argparse.Namespace, datetime], tuple[Result, int]]


def _add_store(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import add_record_store

    made = add_record_store(
        folder, chosen.store, space=chosen.space, version=chosen.xapi, dry_run=chosen.dry_run, at=at
    )
    return made, 0


def _add_credential(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import add_record_credential

    opened = add_record_credential(
        folder,
        chosen.store,
        name=chosen.tool,
        home=chosen.home,
        scopes=tuple(chosen.scope or ("all",)),
        dry_run=chosen.dry_run,
        at=at,
    )
    return opened, 0


def _revoke(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import revoke_record_credential

    return revoke_record_credential(folder, chosen.key, dry_run=chosen.dry_run, at=at), 0


def _verify(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import verify_records

    checked = verify_records(folder, chosen.store)
    return checked, 65 if checked.faults else 0


def _partition(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import partition_records

    return partition_records(folder, dry_run=chosen.dry_run, at=at), 0


def _add_feed(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import FeedOptions, add_evidence_feed

    names = [option.name.removeprefix("--").replace("-", "_") for option in FACTS]
    options = FeedOptions(
        name=chosen.tool,
        profile=chosen.profile,
        home_pages=tuple(chosen.home or ()),
        mail_domains=tuple(chosen.mail_domain or ()),
        highest=chosen.highest,
        template=chosen.template,
        facts={name: said for name in names if (said := getattr(chosen, name)) is not None},
        language=chosen.language,
    )
    return add_evidence_feed(folder, chosen.store, options=options, dry_run=chosen.dry_run, at=at), 0


def _feed(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import take_evidence_feed

    removes, dry_run = chosen.remove_rows, chosen.dry_run
    done = take_evidence_feed(folder, chosen.source, space=chosen.space, remove_rows=removes, dry_run=dry_run, at=at)
    return done, 0


STORE: Final = Option("store", Text("code of the store", "记录库代码"))
ANY_STORE: Final = Option("store", Text("code of the store (every store)", "记录库代码（默认全部）"), {"nargs": "?"})
DRY: Final = Option(
    "--dry-run", Text("say what would happen, change nothing", "只说明将发生什么，不作改动"), {"action": "store_true"}
)
SPACE: Final = Option("--space", Text("institution, where there are several", "机构代码（有多个机构时需指明）"))
FACTS: Final = (
    Option("--purpose", Text("what the data are for", "数据用途")),
    Option("--legal-basis", Text("duty, contract, consent or public", "法律依据：duty、contract、consent 或 public")),
    Option("--owner", Text("office or person who answers for the data", "数据责任部门或责任人")),
    Option("--grade", Text("grade of the data, 1 to 4", "数据分级，1 至 4")),
    Option("--retention-months", Text("months after which the data are erased", "保存期限（月）"), {"type": int}),
)

RECORD_COMMANDS: Final = (
    RecordCommand(
        name="add-store",
        says=Text("make a record store", "新建记录库"),
        options=(
            STORE,
            SPACE,
            Option(
                "--xapi",
                Text("version that answers where a request names none (2.0.0)", "请求未注明版本时使用的版本（2.0.0）"),
                {"default": "2.0.0"},
            ),
            DRY,
        ),
        run=_add_store,
    ),
    RecordCommand(
        name="add-credential",
        says=Text("open a store to a learning tool", "为学习工具开放记录库"),
        options=(
            STORE,
            Option(
                "--tool",
                Text("name of the tool, as statements carry it", "工具名称，写入陈述的授权方"),
                {"default": ""},
            ),
            Option(
                "--home",
                Text("web address of the tool, as statements carry it", "工具网址，写入陈述的授权方"),
                {"default": ""},
            ),
            Option(
                "--scope",
                Text("what the tool may do (all); may be repeated", "工具的权限范围（all），可重复指定"),
                {"action": "append"},
            ),
            DRY,
        ),
        run=_add_credential,
    ),
    RecordCommand(
        name="revoke",
        says=Text("close a store to a tool", "收回工具的权限"),
        options=(Option("key", Text("the tool's key", "工具的 key")), DRY),
        run=_revoke,
    ),
    RecordCommand(
        name="verify",
        says=Text("look whether everything is whole", "检查记录库是否完好"),
        options=(ANY_STORE,),
        run=_verify,
    ),
    RecordCommand(
        name="partition",
        says=Text("part large stores by months (PostgreSQL)", "将大型记录库按月分区（PostgreSQL）"),
        options=(DRY,),
        run=_partition,
    ),
    RecordCommand(
        name="add-feed",
        says=Text("declare a store as a source of evidence", "将记录库声明为证据来源"),
        options=(
            STORE,
            Option("--tool", Text("name of the source, as portraits show it", "来源名称，画像上显示"), {"default": ""}),
            Option(
                "--home",
                Text(
                    "web address whose account names are student numbers; may be repeated",
                    "以学号为账号名的平台网址，可重复指定",
                ),
                {"action": "append"},
            ),
            Option(
                "--mail-domain",
                Text(
                    "mail domain whose names are student numbers; may be repeated", "以学号为邮箱名的域名，可重复指定"
                ),
                {"action": "append"},
            ),
            Option(
                "--profile",
                Text(
                    "how statements are mapped: one that ships, or a file (generic)",
                    "映射方案：自带代码或文件（generic）",
                ),
                {"default": "generic"},
            ),
            Option("--highest", Text("highest score where statements say none", "陈述未注明时的满分"), {"type": float}),
            Option("--template", Text("take the facts of the source from this template", "按此模板填写来源信息")),
            *FACTS,
            DRY,
        ),
        run=_add_feed,
    ),
    RecordCommand(
        name="feed",
        says=Text("take a source in, as its store is now", "按记录库现状将来源入库"),
        options=(
            Option("source", Text("code of the source", "来源代码")),
            SPACE,
            Option("--remove-rows", Text("let many scores go", "允许撤去较多的得分"), {"action": "store_true"}),
            DRY,
        ),
        run=_feed,
    ),
)
