"""The commands under ``yucai people``: everything on record about a person, out as a file and in again."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import SPACE, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["PEOPLE_COMMANDS"]


def _export(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import export_person_file

    asked = {"space": chosen.space, "to": chosen.to, "language": chosen.language}
    return export_person_file(folder, chosen.learner, at=at, **asked), 0


def _import(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import import_person_file

    return import_person_file(folder, chosen.file, space=chosen.space, at=at), 0


PEOPLE_COMMANDS: Final = (
    RecordCommand(
        name="export",
        says=Text("write everything on record about a person into one ZIP", "将某人的全部记录导出为一个 ZIP 文件"),
        options=(
            Option("learner", Text("number of the learner", "学号")),
            SPACE,
            Option("--to", Text("file to write", "输出文件"), {"type": Path, "metavar": "FILE"}),
        ),
        run=_export,
    ),
    RecordCommand(
        name="import",
        says=Text("take in a person whom another office exported", "导入其他单位导出的个人数据"),
        options=(Option("file", Text("the ZIP", "ZIP 文件"), {"type": Path}), SPACE),
        run=_import,
    ),
)
