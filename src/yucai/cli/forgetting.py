"""The commands that erase a person, say what is past its time, and give scores out without names."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import DRY, SPACE, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["ERASURE_COMMANDS", "FORGETTING_COMMANDS"]

COLUMNS: Final = ("cohort", "programme", "talent_type")


def _erase(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import PersonToErase, erase_person

    wanted = PersonToErase(
        number=chosen.learner,
        space=chosen.space,
        reason=chosen.reason,
        asked_by=chosen.asked_by,
        confirmed_by=chosen.confirmed_by,
        backups_until=chosen.backups_until,
        texts=tuple(chosen.text or ()),
    )
    done = erase_person(folder, wanted, dry_run=chosen.dry_run, at=at)
    return done, 65 if done.still else 0


def _due(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import data_past_its_time

    return data_past_its_time(folder, space=chosen.space, at=at), 0


def _check(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import check_erasure_certificates

    checked = check_erasure_certificates(folder)
    return checked, 65 if checked.faults else 0


def _research(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import ResearchToExport, export_for_research

    asked = ResearchToExport(
        space=chosen.space,
        recipient=chosen.recipient,
        purpose=chosen.purpose,
        conditions=chosen.conditions,
        reference=chosen.reference,
        until=chosen.until,
        columns=tuple(chosen.column or ()),
        by=chosen.by,
        to=chosen.to,
    )
    return export_for_research(folder, asked, at=at), 0


RESEARCH: Final = RecordCommand(
    name="research",
    says=Text("write scores of consenting people without names", "导出已同意者的不具名得分"),
    options=(
        Option("--to", Text("archive to write", "要写入的压缩包"), {"type": Path, "required": True, "metavar": "FILE"}),
        Option("--by", Text("account in whose name it goes out", "导出人的登录名"), {"required": True}),
        Option("--recipient", Text("for whom", "接收方"), {"default": ""}),
        Option("--purpose", Text("what the data are for", "数据用途"), {"default": ""}),
        Option("--conditions", Text("on which conditions", "使用条件"), {"default": ""}),
        Option("--reference", Text("where the signed agreement lies", "已签协议的编号或存放处"), {"default": ""}),
        Option(
            "--until", Text("day until which they may be used", "可使用到的日期"), {"required": True, "metavar": "DAY"}
        ),
        Option(
            "--column", Text("column that tells of a person; may be repeated", "涉及个人的列，可重复指定"),
            {"action": "append", "choices": COLUMNS},
        ),
        SPACE,
    ),
    run=_research,
)  # fmt: skip
FORGETTING_COMMANDS: Final = (
    RESEARCH,
    RecordCommand(
        name="erase",
        says=Text("erase a person from everything that is kept, with proof", "从全部数据中删除一个人并出具证明"),
        options=(
            Option("learner", Text("number of the learner", "学号")),
            SPACE,
            Option("--reason", Text("who asked, and by which right", "由谁提出、依据何种权利"), {"default": ""}),
            Option("--asked-by", Text("account of who asks", "申请人的登录名"), {"default": ""}),
            Option(
                "--confirmed-by", Text("account of who confirms, another one", "确认人的登录名，须为另一人"),
                {"default": ""},
            ),
            Option(
                "--backups-until", Text("day until which backups of before are kept", "此前备份保存到的日期"),
                {"required": True, "metavar": "DAY"},
            ),
            Option(
                "--text", Text("full name or other text that stands for nobody else; may be repeated",
                               "仅指此人的全名或其他文字，可重复指定"),
                {"action": "append"},
            ),
            DRY,
        ),
        run=_erase,
    ),
)  # fmt: skip
ERASURE_COMMANDS: Final = (
    RecordCommand(
        name="due",
        says=Text("what is past its time of retention", "哪些数据已超过保存期限"),
        options=(SPACE,),
        run=_due,
    ),
    RecordCommand(
        name="check",
        says=Text("look whether the certificates are as they were sealed", "核对删除证明是否与封存时一致"),
        options=(),
        run=_check,
    ),
)
