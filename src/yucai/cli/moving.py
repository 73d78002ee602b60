"""The commands under ``yucai records`` that move statements in and out of a record store."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.cli.record_command import DRY, STORE, Option, RecordCommand, Result
from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["MOVING_COMMANDS"]

SECRET: Final = Text("Secret: ", "密钥（secret）：")
HELD: Final = 69  # as sysexits.h calls what is unavailable
REFUSED: Final = 65  # and data that are not all good


class SecretFileError(YucaiError):
    """The file of the secret cannot be read."""

    says = Text("“{file}” cannot be read ({reason}).", "无法读取“{file}”（{reason}）。")
    exit_code = 66


def _forward_to(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import NewForwarding, add_record_forwarding

    new = NewForwarding(
        store=chosen.store,
        to=chosen.to,
        version=chosen.xapi,
        key=chosen.key,
        secret=_secret(chosen.secret_file, chosen.language),
        verb=chosen.verb,
        activity=chosen.activity,
        credential=chosen.from_credential,
    )
    return add_record_forwarding(folder, new, dry_run=chosen.dry_run, at=at), 0


def _secret(file: Path | None, language: str) -> str:
    """Return the secret from a file, the keyboard or standard input: never from the command line, which others see."""
    if file is None:
        return (
            getpass.getpass(SECRET.in_language(language)) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        )
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "UTF-8"
        raise SecretFileError(file=file, reason=reason) from problem


def _forwardings(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import list_forwardings

    return list_forwardings(folder, chosen.number), 0


def _forward(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import forward_records

    sent = forward_records(folder, chosen.number)
    return sent, HELD if sent.held else 0


def _resend(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import resend_records

    sent = resend_records(folder, chosen.number)
    return sent, HELD if sent.held else 0


def _pause(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import pause_forwarding

    return pause_forwarding(folder, chosen.number, dry_run=chosen.dry_run), 0


def _resume(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import resume_forwarding

    return resume_forwarding(folder, chosen.number, dry_run=chosen.dry_run), 0


def _import(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import import_records

    taken = import_records(
        folder,
        chosen.file,
        store=chosen.store,
        key=chosen.as_key,
        attachments=chosen.attachments,
        refused=chosen.refused_lines,
        report=_told(chosen.language),
        dry_run=chosen.dry_run,
    )
    return taken, REFUSED if taken.refused else 0


def _export(folder: Path, chosen: argparse.Namespace, at: datetime) -> tuple[Result, int]:
    from yucai.web import export_records

    written = export_records(
        folder, store=chosen.store, to=chosen.to, attachments=chosen.attachments, report=_told(chosen.language)
    )
    return written, 0


def _told(language: str) -> Callable[[float, Text], None]:
    """Say on standard error how far the work is."""
    return lambda _, text: print(text.in_language(language), file=sys.stderr)  # noqa: T201


NUMBER: Final = Option("number", Text("number of the forwarding", "转发编号"), {"type": int})
ANY_NUMBER: Final = Option(
    "number", Text("number of the forwarding (every one)", "转发编号（默认全部）"), {"type": int, "nargs": "?"}
)

FILE: Final = {"type": Path}
IN_STORE: Final = Option("--store", Text("code of the store", "记录库代码"), {"required": True})
ATTACHMENTS: Final = Option(
    "--attachments", Text("folder of attachments, each under its hash", "附件文件夹，文件名为哈希值"), FILE
)
MOVING_COMMANDS: Final = (
    RecordCommand(
        name="forward-to",
        says=Text("let what a store holds go on to another store", "将记录库的陈述转发到另一记录库"),
        options=(
            STORE,
            Option("--to", Text("address of the other store", "对方记录库地址"), {"required": True}),
            Option("--key", Text("key at the other store", "对方记录库的 key"), {"required": True}),
            Option(
                "--secret-file",
                Text("file that holds the secret (asked for without it)", "存放 secret 的文件（缺省时询问）"),
                {"type": Path},
            ),
            Option(
                "--xapi",
                Text("version the other store is addressed in (2.0.0)", "对方记录库使用的版本（2.0.0）"),
                {"default": "2.0.0"},
            ),
            Option("--verb", Text("only statements with this verb", "只转发此动词的陈述"), {"default": ""}),
            Option(
                "--activity", Text("only statements about this activity", "只转发关于此活动的陈述"), {"default": ""}
            ),
            Option(
                "--from-credential",
                Text("only statements that this key brought", "只转发此 key 发来的陈述"),
                {"default": ""},
            ),
            DRY,
        ),
        run=_forward_to,
    ),
    RecordCommand(
        name="forwardings",
        says=Text(
            "tell how forwarding goes; of one also what was not taken", "查看转发情况；指定编号时列出未被接收的陈述"
        ),
        options=(ANY_NUMBER,),
        run=_forwardings,
    ),
    RecordCommand(
        name="forward",
        says=Text("send what waits at once", "立即发送待转发的陈述"),
        options=(ANY_NUMBER,),
        run=_forward,
    ),
    RecordCommand(
        name="resend",
        says=Text("try again what was not taken", "重新发送未被接收的陈述"),
        options=(NUMBER,),
        run=_resend,
    ),
    RecordCommand(
        name="pause-forwarding",
        says=Text("let a forwarding rest", "停用转发"),
        options=(NUMBER, DRY),
        run=_pause,
    ),
    RecordCommand(
        name="resume-forwarding",
        says=Text("let a forwarding go on", "恢复转发"),
        options=(NUMBER, DRY),
        run=_resume,
    ),
    RecordCommand(
        name="import",
        says=Text("take a file of statements into a store", "将陈述文件导入记录库"),
        options=(
            Option(
                "file", Text("file of statements: .jsonl, .json, also .gz", "陈述文件：.jsonl、.json，可为 .gz"), FILE
            ),
            IN_STORE,
            Option(
                "--as",
                Text(
                    "key whose authority vouches for all (each keeps its own)",
                    "改由此 key 的授权方负责（默认保留原有）",
                ),
                {"default": "", "dest": "as_key"},
            ),
            ATTACHMENTS,
            Option("--refused-lines", Text("file to list refused lines in", "列出被拒行的文件"), FILE),
            DRY,
        ),
        run=_import,
    ),
    RecordCommand(
        name="export",
        says=Text("write all statements of a store into a file", "将记录库的全部陈述写入文件"),
        options=(
            IN_STORE,
            Option("--to", Text("file to write: .jsonl or .jsonl.gz", "输出文件：.jsonl 或 .jsonl.gz"), FILE),
            ATTACHMENTS,
        ),
        run=_export,
    ),
)
