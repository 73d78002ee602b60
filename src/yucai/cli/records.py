"""The commands under ``yucai records``: those of stores here, those that run, move and erase beside.

A new command is one more ``RecordCommand``; the help is made from it.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.erasing import ERASING_COMMANDS
from yucai.cli.moving import MOVING_COMMANDS
from yucai.cli.record_command import ANY_STORE, DRY, SPACE, STORE, Option, RecordCommand, Result
from yucai.cli.running import RUNNING_COMMANDS
from yucai.texts import Text

__all__ = ["RECORD_COMMANDS"]


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


FACTS: Final = (
    Option("--purpose", Text("what the data are for", "数据用途")),
    Option("--legal-basis", Text("duty, contract, consent or public", "法律依据：duty、contract、consent 或 public")),
    Option("--owner", Text("office or person who answers for the data", "数据责任部门或责任人")),
    Option("--grade", Text("grade of the data, 1 to 4", "数据分级，1 至 4")),
    Option("--retention-months", Text("months after which the data are erased", "保存期限（月）"), {"type": int}),
)

STORE_COMMANDS: Final = (
    RecordCommand(
        name="add-store",
        says=Text("make a record store", "新建记录库"),
        options=(
            STORE,
            SPACE,
            Option(
                "--xapi",
                Text("version that answers where a request names none (1.0.3)", "请求未注明版本时使用的版本（1.0.3）"),
                {"default": "1.0.3"},
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
        says=Text("bring what is new into the lake", "将新内容写入数据湖"),
        options=(ANY_STORE, DRY),
        run=_gather,
    ),
    RecordCommand(
        name="mend",
        says=Text("write damaged files of the lake anew", "重写数据湖中损坏的文件"),
        options=(ANY_STORE, DRY),
        run=_mend,
    ),
    RecordCommand(
        name="files",
        says=Text("list the files of a store in the lake", "列出记录库在数据湖中的文件"),
        options=(STORE,),
        run=_files,
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
RECORD_COMMANDS: Final = (*STORE_COMMANDS, *RUNNING_COMMANDS, *MOVING_COMMANDS, *ERASING_COMMANDS)
