"""The commands under ``yucai records`` with which stores are run: what there is, what was refused, what is too old."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import ANY_STORE, DRY, STORE, Option, RecordCommand, Result
from yucai.texts import Text

__all__ = ["RUNNING_COMMANDS"]


def _stores(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import list_record_stores

    return list_record_stores(folder), 0


def _refused(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import list_refused

    return list_refused(folder, chosen.store), 0


def _put_again(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import put_refused_again

    told = put_refused_again(folder, chosen.store, at=at)
    return told, 65 if told.refused_again else 0


def _retain(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import retain_records

    return retain_records(folder, chosen.store, dry_run=chosen.dry_run, at=at), 0


def _metrics_token(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import make_metrics_token

    return make_metrics_token(folder, loopback=chosen.loopback), 0


RUNNING_COMMANDS: Final = (
    RecordCommand(
        name="stores",
        says=Text("list the record stores", "列出记录库"),
        options=(),
        run=_stores,
    ),
    RecordCommand(
        name="refused",
        says=Text("list refused deliveries that wait", "列出待处理的被拒收投递"),
        options=(ANY_STORE,),
        run=_refused,
    ),
    RecordCommand(
        name="put-again",
        says=Text("put refused deliveries in again", "重新存入被拒收的投递"),
        options=(STORE,),
        run=_put_again,
    ),
    RecordCommand(
        name="retain",
        says=Text("remove what is older than a store keeps", "清理超过保留期限的内容"),
        options=(ANY_STORE, DRY),
        run=_retain,
    ),
    RecordCommand(
        name="metrics-token",
        says=Text("make a token for the server's numbers", "生成服务指标的访问令牌"),
        options=(
            Option(
                "--loopback",
                Text("programs on this machine need no token", "本机程序无需令牌"),
                {"action": "store_true"},
            ),
        ),
        run=_metrics_token,
    ),
)
