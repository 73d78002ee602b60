"""The commands under ``yucai coordination``: a method audit of a table, and whether two series drive one another.

They work on a file and need no workspace; nothing of the file is kept.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["COORDINATION_COMMANDS"]


def _audit(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.coordination_files import audit_file

    return audit_file(chosen.file), 0


def _drive(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.cli.coordination_files import drive_file

    found = drive_file(
        chosen.file, unit=chosen.unit, period=chosen.period, first=chosen.first, second=chosen.second,
        lags=chosen.lags, draws=chosen.draws, shared=tuple(chosen.shared),
    )  # fmt: skip
    return found, 0


def _column(name: str, en: str, zh: str) -> Option:
    return Option(name, Text(en, zh), {"required": True, "metavar": "COLUMN"})


COORDINATION_COMMANDS: Final = (
    RecordCommand(
        name="audit",
        says=Text("say which formulas are behind a table of C, T and D", "核查 C、T、D 表格是由哪种公式算出的"),
        options=(
            Option(
                "file",
                Text("table of inputs and results (Excel, CSV)", "含数据与结果的表格（Excel、CSV）"),
                {"type": Path},
            ),
        ),
        run=_audit,
    ),
    RecordCommand(
        name="drive",
        says=Text(
            "say whether two series over the same units drive one another", "检验同一批单位的两个序列是否互相驱动"
        ),
        options=(
            Option("file", Text("panel, a row for each unit and period", "面板数据，每单位每期一行"), {"type": Path}),
            _column("--unit", "column of the unit", "单位所在的列"),
            _column("--period", "column of the period (years in whole numbers)", "期次所在的列（整数年份）"),
            _column("--first", "column of the first series", "第一个序列所在的列"),
            _column("--second", "column of the second series", "第二个序列所在的列"),
            Option("--lags", Text("lags, 1 to 4 (1)", "滞后期数，1 至 4（默认 1）"), {"type": int, "default": 1}),
            Option(
                "--draws",
                Text("panels drawn again, 99 to 9,999 (999)", "重抽样次数，99 至 9,999（默认 999）"),
                {"type": int, "default": 999},
            ),
            Option(
                "--shared",
                Text(
                    "an indicator that both series were built from; may be given several times",
                    "两个序列共用的指标，可多次给出",
                ),
                {"action": "append", "default": [], "metavar": "INDICATOR"},
            ),
        ),
        run=_drive,
    ),
)
