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


def _gather(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import gather_records

    return gather_records(folder, chosen.store, dry_run=chosen.dry_run), 0


def _mend(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import mend_records

    return mend_records(folder, chosen.store, dry_run=chosen.dry_run), 0


def _files(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import list_lake_files

    return list_lake_files(folder, chosen.store), 0


STORE: Final = Option("store", Text("code of the store", "记录库代码"))
ANY_STORE: Final = Option("store", Text("code of the store (every store)", "记录库代码（默认全部）"), {"nargs": "?"})
DRY: Final = Option(
    "--dry-run", Text("say what would happen, change nothing", "只说明将发生什么，不作改动"), {"action": "store_true"}
)
SPACE: Final = Option("--space", Text("institution, where there are several", "机构代码（有多个机构时需指明）"))

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
        name="gather",
        says=Text("bring what is new into the lake", "将新陈述写入数据湖"),
        options=(ANY_STORE, DRY),
        run=_gather,
    ),
    RecordCommand(
        name="mend",
        says=Text("write damaged files of the lake anew", "重新写出受损的数据湖文件"),
        options=(ANY_STORE, DRY),
        run=_mend,
    ),
    RecordCommand(
        name="files",
        says=Text("list the files of the lake, to read by any engine", "列出数据湖文件，供任何引擎读取"),
        options=(STORE,),
        run=_files,
    ),
)
