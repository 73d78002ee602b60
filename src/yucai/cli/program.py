"""Runs one command: says how it goes, gives its result, and turns every fault into one sentence and an exit code."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from yucai.cli.parsing import GROUPS, UsageError, language_of, parse, workspace_of
from yucai.cli.record_command import Result
from yucai.errors import DiskFullError, YucaiError, is_full_disk
from yucai.texts import Text

__all__ = ["main"]

INTERRUPTED: Final = Text("Ended from the keyboard.", "已由键盘中止。")
UNEXPECTED: Final = Text(
    "Something unexpected happened ({kind}); nothing was left half-done. The details are in {log}.",
    "发生意外故障（{kind}），没有留下半成品。详情见 {log}。",
)
NO_FILE: Final = Text("Name the file to import, or --undo NUMBER.", "请写明要导入的文件，或 --undo 编号。")
PRACTICE_SEED: Final = 20260910
NO_HIGHEST: Final = Text(
    "--highest is {value:g}; a highest score is above 0.", "--highest 为 {value:g}；满分须大于 0。"
)
LOOK: Final = Text("Look at {address}  (end with Ctrl-C)", "请打开 {address}  （按 Ctrl-C 结束）")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, or that of the error that stopped it."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    language = language_of(typed, os.environ)
    try:
        chosen = parse(typed, language=language, version=version("yucai"))
        result, code = RUN[chosen.command](chosen, language)
    except YucaiError as problem:
        _say(problem.in_language(language))
        return problem.exit_code
    except KeyboardInterrupt:
        _say(INTERRUPTED.in_language(language))
        return 130
    except Exception as problem:  # a person gets one sentence; the traceback goes to a file
        if os.environ.get("YUCAI_DEBUG") == "1":
            raise
        if is_full_disk(problem):
            _say(DiskFullError().in_language(language))
            return DiskFullError.exit_code
        _say(UNEXPECTED.in_language(language, kind=type(problem).__name__, log=_logged()))
        return 70
    if result is not None:
        shown = json.dumps(_plain(result), ensure_ascii=False) if chosen.json else result.in_language(language)
        sys.stdout.write(f"{shown}\n")
    return code


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _logged() -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="yucai-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(traceback.format_exc())
    return Path(log.name)


def _plain(value: Any) -> Any:
    """Return a result as JSON can hold it."""
    if isinstance(value, Text):
        return {"en": value.en, "zh": value.zh}
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@contextmanager
def _progress(chosen: argparse.Namespace, language: str) -> Iterator[Callable[[float, Text], None]]:
    """Give a function that shows how far the work is: a bar on a terminal, plain lines elsewhere."""
    if chosen.json or not sys.stderr.isatty():
        said: list[str] = []

        def line(done: float, text: Text) -> None:
            sentence = text.in_language(language)
            if not said or said[-1] != sentence:
                said.append(sentence)
                _say(f"{done:4.0%}  {sentence}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=1.0)
        yield lambda done, text: bars.update(bar, completed=done, description=text.in_language(language))


def _demo(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    if chosen.files is not None:
        return _practice_files(chosen), 0
    from yucai.web import build_demo

    folder = workspace_of(chosen)
    with _progress(chosen, language) as report:
        built = build_demo(folder, report=report, dry_run=chosen.dry_run, at=datetime.now(tz=UTC))
    if chosen.dry_run or chosen.no_serve:
        return built, 0
    _say(built.in_language(language))
    for step in built.steps:
        _say(f"{step.seconds:6.2f} s  {step.name.in_language(language)}")
    return _serve(chosen, language)


def _practice_files(chosen: argparse.Namespace) -> Result:
    import numpy as np

    from yucai.demo import plan_practice_files, simulate_college, write_practice_files

    write = plan_practice_files if chosen.dry_run else write_practice_files
    return write(simulate_college(), chosen.files, rng=np.random.default_rng(PRACTICE_SEED))


def _serve(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import serve

    def ready(address: str) -> None:
        _say(LOOK.in_language(language, address=address))

    return serve(workspace_of(chosen), port=chosen.port, check=chosen.check, on_ready=ready), 0


def _init(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import make_workspace

    folder = workspace_of(chosen)
    name = chosen.name or folder.name
    return make_workspace(folder, language=language, name=name, dry_run=chosen.dry_run), 0


def _import(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import TableOptions, import_file, undo_imported

    at = datetime.now(tz=UTC)
    if chosen.undo is not None:
        folder = workspace_of(chosen)
        return undo_imported(folder, chosen.undo, space=chosen.space, dry_run=chosen.dry_run, at=at), 0
    if chosen.file is None:
        raise UsageError(what=NO_FILE.in_language(language), command=" import")
    if chosen.highest is not None and not 0 < chosen.highest < math.inf:
        raise UsageError(what=NO_HIGHEST.in_language(language, value=chosen.highest), command=" import")
    asked = ("purpose", "legal_basis", "owner", "grade", "retention_months")
    options = TableOptions(
        profile=chosen.profile,
        template=chosen.template,
        facts={name: said for name in asked if (said := getattr(chosen, name)) is not None},
        corrects=chosen.corrects,
        refused=chosen.refused,
        highest=chosen.highest,
        names_differ=chosen.names_differ,
        remove_rows=chosen.remove_rows,
        language=language,
    )
    done = import_file(
        workspace_of(chosen),
        chosen.file,
        space=chosen.space,
        source_name=chosen.source,
        dry_run=chosen.dry_run,
        at=at,
        options=options,
    )
    return done, 0


def _check(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import check_workspace

    checked = check_workspace(workspace_of(chosen))
    return checked, 65 if checked.faults else 0


def _doctor(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import examine_office

    examined = examine_office(workspace_of(chosen), at=datetime.now(tz=UTC))
    return examined, 65 if examined.faults else 0


def _measure(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import measure

    with _progress(chosen, language) as report:
        return measure(workspace_of(chosen), space=chosen.space, report=report, dry_run=chosen.dry_run), 0


def _portrait(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import write_portrait

    written = write_portrait(
        workspace_of(chosen),
        chosen.learner,
        space=chosen.space,
        occasion=chosen.occasion,
        language=language,
        to=chosen.to,
        dry_run=chosen.dry_run,
        at=datetime.now(tz=UTC),
    )
    return written, 0


def _backup(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import back_up

    with _progress(chosen, language) as report:
        made = back_up(
            workspace_of(chosen),
            chosen.to,
            passphrase_file=chosen.passphrase_file,
            report=report,
            dry_run=chosen.dry_run,
            at=datetime.now(tz=UTC),
        )
    return made, 0


def _restore(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import RestoreOptions, restore

    options = RestoreOptions(
        replace=chosen.replace,
        secrets_file=chosen.secrets,
        passphrase_file=chosen.passphrase_file,
        new_secrets=chosen.new_secrets,
        database=chosen.database or "",
        environment=os.environ.get("YUCAI_DATABASE", ""),
    )
    folder, at = workspace_of(chosen), datetime.now(tz=UTC)
    with _progress(chosen, language) as report:
        return restore(chosen.file, folder, options=options, report=report, dry_run=chosen.dry_run, at=at), 0


def _grouped(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    chosen.language = language
    command = next(command for command in GROUPS[chosen.command] if command.name == chosen.what)
    return command.run(workspace_of(chosen), chosen, datetime.now(tz=UTC))


def _work(chosen: argparse.Namespace, language: str) -> tuple[Result | None, int]:
    from yucai.web import work

    work(workspace_of(chosen))
    return None, 0


RUN: Final[dict[str, Callable[[argparse.Namespace, str], tuple[Result | None, int]]]] = {
    "demo": _demo,
    "init": _init,
    "import": _import,
    "check": _check,
    "doctor": _doctor,
    "measure": _measure,
    "portrait": _portrait,
    "records": _grouped,
    "accounts": _grouped,
    "people": _grouped,
    "erasure": _grouped,
    "audit": _grouped,
    "policy": _grouped,
    "coordination": _grouped,
    "serve": _serve,
    "backup": _backup,
    "restore": _restore,
    "work": _work,
}
