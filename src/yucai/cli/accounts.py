"""The commands under ``yucai accounts``: a way in for whoever runs the server, when nobody else can help."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["ACCOUNT_COMMANDS"]


def _link(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import make_account_link

    return make_account_link(folder, username=chosen.account, address=chosen.address, at=at), 0


ACCOUNT_COMMANDS: Final = (
    RecordCommand(
        name="link",
        says=Text(
            "make a link with which an account's owner sets a new password", "生成密码重设链接，由账号本人设置新密码"
        ),
        options=(
            Option("account", Text("account name", "账号")),
            Option(
                "--address",
                Text("address under which people reach the pages", "网页的访问地址"),
                {"default": "http://127.0.0.1:8000"},
            ),
        ),
        run=_link,
    ),
)
