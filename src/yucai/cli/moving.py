"""Runs the commands that move statements in and out of a record store."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from yucai.cli.parsing import UsageError, workspace_of
from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["move"]

NO_NUMBER: Final = Text(
    "records {what} needs the number of a forwarding. See: yucai records forwardings",
    "records {what} 需要转发编号。请看：yucai records forwardings",
)
NO_STORE: Final = Text("records forward-to needs the code of a store.", "records forward-to 需要记录库代码。")
SECRET: Final = Text("Secret: ", "密钥（secret）：")
HELD: Final = 69  # as sysexits.h calls what is unavailable


class SecretFileError(YucaiError):
    """The file of the secret cannot be read."""

    says = Text("“{file}” cannot be read ({reason}).", "无法读取“{file}”（{reason}）。")
    exit_code = 66


def move(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    """Run one of the commands and return its result and exit code."""
    return RUN[chosen.what](chosen, language)


def _forward_to(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import NewForwarding, add_record_forwarding

    if chosen.name is None:
        raise UsageError(what=NO_STORE.in_language(language), command=" records")
    new = NewForwarding(
        store=chosen.name,
        to=chosen.to,
        version=chosen.xapi,
        key=chosen.key,
        secret=_secret(chosen.secret_file, language),
        verb=chosen.verb,
        activity=chosen.activity,
        credential=chosen.from_credential,
    )
    return add_record_forwarding(workspace_of(chosen), new, dry_run=chosen.dry_run, at=datetime.now(tz=UTC)), 0


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


def _forwardings(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import list_forwardings

    number = None if chosen.name is None else _number(chosen, language)
    return list_forwardings(workspace_of(chosen), number), 0


def _forward(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import forward_records

    number = None if chosen.name is None else _number(chosen, language)
    sent = forward_records(workspace_of(chosen), number)
    return sent, HELD if sent.held else 0


def _resend(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import resend_records

    sent = resend_records(workspace_of(chosen), _number(chosen, language))
    return sent, HELD if sent.held else 0


def _pause(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import pause_forwarding

    return pause_forwarding(workspace_of(chosen), _number(chosen, language), dry_run=chosen.dry_run), 0


def _resume(chosen: argparse.Namespace, language: str) -> tuple[Any, int]:
    from yucai.web import resume_forwarding

    return resume_forwarding(workspace_of(chosen), _number(chosen, language), dry_run=chosen.dry_run), 0


def _number(chosen: argparse.Namespace, language: str) -> int:
    name = chosen.name or ""
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        raise UsageError(what=NO_NUMBER.in_language(language, what=chosen.what), command=" records")
    return int(name)


RUN: Final[dict[str, Callable[[argparse.Namespace, str], tuple[Any, int]]]] = {
    "forward-to": _forward_to,
    "forwardings": _forwardings,
    "forward": _forward,
    "resend": _resend,
    "pause-forwarding": _pause,
    "resume-forwarding": _resume,
}
