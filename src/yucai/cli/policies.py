"""The commands under ``yucai policy``: a card, its seal, the gate, the result, and the bundle that others run again.

They work on files and need no workspace: an outsider has none.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import DRY, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["POLICY_COMMANDS"]


def _new(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import start_card

    return start_card(chosen.card, dry_run=chosen.dry_run), 0


def _seal(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import seal_file

    return seal_file(chosen.card, by=chosen.by, at=at, dry_run=chosen.dry_run), 0


def _feasibility(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import show_gate

    return show_gate(chosen.card, chosen.data, by=chosen.by, accept=chosen.accept, at=at), 0


def _evaluate(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import evaluate_file

    return evaluate_file(chosen.card, chosen.data, by=chosen.by, to=chosen.to, at=at), 0


def _verify(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import verify_file

    checked = verify_file(chosen.bundle, mark=chosen.mark)
    return checked, 0 if checked.checked.whole else 65


def _rerun(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import rerun_file

    again = rerun_file(chosen.bundle, mark=chosen.mark)
    return again, 0 if again.same else 65


def _list(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.policy_files import list_folder

    return list_folder(chosen.folder), 0


CARD: Final = Option("card", Text("file of the card (TOML)", "政策卡文件（TOML）"), {"type": Path})
DATA: Final = Option("data", Text("file of the figures (CSV)", "数据文件（CSV）"), {"type": Path})
BY: Final = Option("--by", Text("name of the person who does it", "操作人姓名"), {"required": True, "metavar": "NAME"})
BUNDLE: Final = Option("bundle", Text("file of the bundle (ZIP)", "封存包文件（ZIP）"), {"type": Path})
MARK: Final = Option(
    "--mark",
    Text("mark of the seal as it was kept elsewhere, at least its first 32 signs", "另处留存的封存标记，至少前 32 位"),
    {"default": ""},
)
POLICY_COMMANDS: Final = (
    RecordCommand(
        name="new",
        says=Text("write an empty card to fill in", "生成待填写的政策卡模板"),
        options=(CARD, DRY),
        run=_new,
    ),
    RecordCommand(
        name="seal",
        says=Text("seal a card before the figures are opened", "在打开数据之前封存政策卡"),
        options=(CARD, BY, DRY),
        run=_seal,
    ),
    RecordCommand(
        name="feasibility",
        says=Text("open the figures and see what they can tell at best", "打开数据并查看最多能检验出什么"),
        options=(
            CARD,
            DATA,
            BY,
            Option("--accept", Text("go on from here to the result", "确认并继续评估"), {"action": "store_true"}),
        ),
        run=_feasibility,
    ),
    RecordCommand(
        name="evaluate",
        says=Text("work the result out and write the bundle", "计算结果并生成封存包"),
        options=(
            CARD,
            DATA,
            BY,
            Option("--to", Text("file to write (card.zip)", "输出文件（默认 card.zip）"), {"type": Path}),
        ),
        run=_evaluate,
    ),
    RecordCommand(
        name="verify",
        says=Text("look whether a bundle is as it was made", "检查封存包是否被改动"),
        options=(BUNDLE, MARK),
        run=_verify,
    ),
    RecordCommand(
        name="rerun",
        says=Text("work the result of a bundle out again and compare", "重新计算封存包的结果并比对"),
        options=(BUNDLE, MARK),
        run=_rerun,
    ),
    RecordCommand(
        name="list",
        says=Text("list all sealed cards of a folder with adjusted p values", "列出文件夹中全部已封存的卡及校正 p 值"),
        options=(Option("folder", Text("folder with cards and bundles", "政策卡与封存包所在文件夹"), {"type": Path}),),
        run=_list,
    ),
)
