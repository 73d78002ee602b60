"""The commands under ``yucai audit``: does the trail hold, an anchor to keep outside, who looked at a person."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import DRY, SPACE, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["AUDIT_COMMANDS"]


def _verify(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import verify_audit_trail

    verified = verify_audit_trail(folder, anchors=chosen.anchors)
    return verified, 65 if verified.fault is not None else 0


def _anchor(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import anchor_audit_trail

    return anchor_audit_trail(folder, to=chosen.to, at=at), 0


def _person(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import extract_audit_of_person

    return extract_audit_of_person(folder, chosen.learner, space=chosen.space, at=at), 0


def _breach(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import affected_by_account

    asked = {"since": chosen.since, "until": chosen.until, "to": chosen.to}
    return affected_by_account(folder, chosen.account, at=at, **asked), 0


def _minors(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import write_minors_pack

    asked = {"space": chosen.space, "to": chosen.to, "language": chosen.language}
    return write_minors_pack(folder, year=chosen.year or at.year, at=at, **asked), 0


def _purposes(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import read_purposes_of_source

    said = tuple(part for one in chosen.purposes or () for part in one.split(",") if part)
    where = {"space": chosen.space, "dry_run": chosen.dry_run}
    return read_purposes_of_source(folder, chosen.source, purposes=said, at=at, **where), 0


def _retain(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import retain_audit_trail

    return retain_audit_trail(folder, months=chosen.months, dry_run=chosen.dry_run, at=at), 0


AUDIT_COMMANDS: Final = (
    RecordCommand(
        name="verify",
        says=Text("look whether the audit trail holds", "检查审计记录是否完整"),
        options=(
            Option(
                "--anchors",
                Text("file of anchors that were kept outside", "在外部保存的锚点文件"),
                {"type": Path, "metavar": "FILE"},
            ),
        ),
        run=_verify,
    ),
    RecordCommand(
        name="anchor",
        says=Text("print the end of the trail, to keep outside", "输出审计记录的末端锚点，供在外部保存"),
        options=(Option("--to", Text("file to write", "输出文件"), {"type": Path}),),
        run=_anchor,
    ),
    RecordCommand(
        name="person",
        says=Text("who looked at a person, and for what", "谁看过某人，目的是什么"),
        options=(Option("learner", Text("number of the learner", "学号")), SPACE),
        run=_person,
    ),
    RecordCommand(
        name="breach",
        says=Text("who was affected when an account was in the wrong hands", "账号失控期间哪些人受到影响"),
        options=(
            Option("account", Text("name the account signs in with", "登录名")),
            Option("--since", Text("from this time on", "起始时间"), {"required": True}),
            Option("--until", Text("up to this time (now)", "截止时间（默认为现在）")),
            Option("--to", Text("workbook to write", "输出的工作簿"), {"type": Path, "metavar": "FILE"}),
        ),
        run=_breach,
    ),
    RecordCommand(
        name="minors",
        says=Text("the yearly pack about minors, as workbook and PDF", "未成年人保护年度审计材料（工作簿与 PDF）"),
        options=(
            SPACE,
            Option("--year", Text("year (this one)", "年份（默认今年）"), {"type": int}),
            Option(
                "--to", Text("folder to write to (here)", "输出文件夹（默认当前）"), {"type": Path, "metavar": "FOLDER"}
            ),
        ),
        run=_minors,
    ),
    RecordCommand(
        name="purposes",
        says=Text("what a source may be read for", "某来源的数据可用于哪些查阅目的"),
        options=(
            Option("source", Text("code of the source", "来源代码")),
            Option(
                "--for", Text("state it anew: purposes, with commas between", "重新写明：各目的以逗号分隔"),
                {"action": "append", "dest": "purposes", "metavar": "PURPOSES"},
            ),
            SPACE,
            DRY,
        ),
        run=_purposes,
    ),
    RecordCommand(
        name="retain",
        says=Text("let go of the oldest part of the trail", "清除审计记录中超期的最早部分"),
        options=(
            Option(
                "--months", Text("months that are kept (36, at least 6)", "保存月数（36，至少 6）"),
                {"type": int, "default": 36},
            ),
            DRY,
        ),
        run=_retain,
    ),
)  # fmt: skip
