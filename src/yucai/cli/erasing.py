"""The commands under ``yucai records`` that forget a person, hold a store, and give statements out without names."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from yucai.cli.record_command import DRY, SPACE, STORE, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["ERASING_COMMANDS"]


def _erase(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import erase_from_records

    done = erase_from_records(folder, _person(chosen), space=chosen.space, reason=chosen.reason, dry_run=chosen.dry_run)
    return done, 65 if done.left_behind else 0


def _erased(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import check_erased

    checked = check_erased(folder, _person(chosen))
    return checked, 65 if checked.found else 0


def _person(chosen: argparse.Namespace) -> Any:
    from yucai.web import Identifiers

    return Identifiers(
        mails=tuple(chosen.mail or ()),
        accounts=tuple((home, name) for home, name in chosen.account or ()),
        openids=tuple(chosen.openid or ()),
        hashes=tuple(chosen.mail_sha1 or ()),
        texts=tuple(chosen.text or ()),
        file=chosen.agents,
    )


def _lift_erasure(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import lift_record_erasure

    return lift_record_erasure(folder, chosen.code, dry_run=chosen.dry_run, at=at), 0


def _hold(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import hold_record_store

    return hold_record_store(folder, chosen.store, reason=chosen.reason, dry_run=chosen.dry_run, at=at), 0


def _release(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import release_record_store

    return release_record_store(folder, chosen.store, dry_run=chosen.dry_run, at=at), 0


def _export_pseudonymised(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import PseudonymisedExport, export_records_pseudonymised

    asked = PseudonymisedExport(
        to=chosen.to,
        recipient=chosen.recipient,
        purpose=chosen.purpose,
        consents=chosen.consents,
        since=chosen.since,
        until=chosen.until,
        verbs=tuple(chosen.verb or ()),
        activities=tuple(chosen.activity or ()),
        parts=tuple(chosen.with_part or ()),
        addresses=tuple(chosen.address or ()),
        extensions=tuple(chosen.extension or ()),
        times=chosen.times,
        shift_days=chosen.shift_days,
        columns=tuple(chosen.column or ()),
        k=chosen.k,
        leave_out=chosen.leave_out_rare,
        same_people=chosen.same_people,
        key_file=chosen.key_file,
    )
    return export_records_pseudonymised(folder, chosen.store, asked, at=at), 0


AGAIN: Final = {"action": "append"}
PERSON: Final = (
    Option("--mail", Text("mail address of the person; may be repeated", "此人的邮箱，可重复指定"), AGAIN),
    Option(
        "--account",
        Text("web address of a platform and the name there; may be repeated", "平台网址与其中的账号名，可重复指定"),
        {"action": "append", "nargs": 2, "metavar": ("HOME", "NAME")},
    ),
    Option("--openid", Text("OpenID of the person; may be repeated", "此人的 OpenID，可重复指定"), AGAIN),
    Option("--mail-sha1", Text("SHA-1 of a mail address; may be repeated", "邮箱的 SHA-1，可重复指定"), AGAIN),
    Option(
        "--agents",
        Text("file with a JSON list of agents, instead of typing them", "含主体 JSON 列表的文件，可代替逐个输入"),
        {"type": Path, "metavar": "FILE"},
    ),
    Option(
        "--text",
        Text(
            "full name or other text that stands for nobody else; may be repeated",
            "仅指此人的全名或其他文字，可重复指定",
        ),
        AGAIN,
    ),
)
REASON: Final = Option("--reason", Text("why, in words", "原因说明"), {"default": ""})
EXPORT: Final = (
    STORE,
    Option("--to", Text("new folder to write", "要新建的输出文件夹"), {"type": Path, "required": True}),
    Option("--recipient", Text("for whom", "接收方"), {"default": ""}),
    Option("--purpose", Text("what the data are for", "数据用途"), {"default": ""}),
    Option(
        "--consents",
        Text(
            "where signed consents lie; without it only people go out who consented on the pages",
            "签字同意书存放处；不写则只导出已在系统中同意者的陈述",
        ),
        {"default": "", "metavar": "REFERENCE"},
    ),
    Option("--since", Text("statements from this time on", "起始时间")),
    Option("--until", Text("statements up to this time", "截止时间")),
    Option("--verb", Text("only this verb; may be repeated", "仅限此动词，可重复指定"), AGAIN),
    Option("--activity", Text("only this activity; may be repeated", "仅限此活动，可重复指定"), AGAIN),
    Option(
        "--with",
        Text("what goes out besides; may be repeated", "另外导出的部分，可重复指定"),
        {
            "action": "append",
            "dest": "with_part",
            "choices": ("activity-names", "responses", "language", "instructors"),
        },
    ),
    Option(
        "--address",
        Text("what begins so goes out as it is; may be repeated", "以此开头的网址原样导出，可重复指定"),
        AGAIN,
    ),
    Option("--extension", Text("extension that goes out; may be repeated", "导出此扩展，可重复指定"), AGAIN),
    Option(
        "--times",
        Text("how exact times are (exact)", "时间精度（exact）"),
        {"default": "exact", "choices": ("exact", "hour", "day")},
    ),
    Option(
        "--shift-days",
        Text("move each person's times by up to so many days", "个人时间平移的天数上限"),
        {"type": int, "default": 0, "choices": range(3651), "metavar": "N"},
    ),
    Option(
        "--column",
        Text("look how many people share its values; may be repeated", "检查此列取值由多少人共有，可重复指定"),
        AGAIN,
    ),
    Option("--k", Text("fewer people than this are told (5)", "不足此人数时提示（5）"), {"type": int, "default": 5}),
    Option(
        "--leave-out-rare",
        Text("what fewer people share does not go out", "不导出不足该人数的组合"),
        {"action": "store_true"},
    ),
    Option(
        "--same-people",
        Text("file with a JSON list of lists of agents, each list one person", "JSON 文件，每个列表为同一人的主体"),
        {"type": Path, "metavar": "FILE"},
    ),
    Option(
        "--key-file",
        Text("keep the key of the pseudonyms here (it is thrown away)", "把假名密钥保存到此文件（默认丢弃）"),
        {"type": Path, "metavar": "FILE"},
    ),
)

ERASING_COMMANDS: Final = (
    RecordCommand(
        name="erase",
        says=Text("erase a person from every store of a space", "从空间的所有记录库中删除一个人"),
        options=(*PERSON, REASON, SPACE, DRY),
        run=_erase,
    ),
    RecordCommand(
        name="erased",
        says=Text("look whether anything of a person is left", "检查是否仍有某人的信息"),
        options=PERSON,
        run=_erased,
    ),
    RecordCommand(
        name="lift-erasure",
        says=Text("take new statements about an erased person again", "重新接收已删除人员的新陈述"),
        options=(Option("code", Text("code of the erasure", "删除编号")), DRY),
        run=_lift_erasure,
    ),
    RecordCommand(
        name="hold",
        says=Text("keep anything from being removed from a store", "禁止从记录库删除任何内容"),
        options=(STORE, REASON, DRY),
        run=_hold,
    ),
    RecordCommand(
        name="release",
        says=Text("lift the hold on a store", "解除记录库的保留"),
        options=(STORE, DRY),
        run=_release,
    ),
    RecordCommand(
        name="export-pseudonymised",
        says=Text("write statements without names for research", "导出供研究使用的假名化陈述"),
        options=EXPORT,
        run=_export_pseudonymised,
    ),
)
