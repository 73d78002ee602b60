"""A command under ``yucai records``: its name, its help, what may be typed, what it does; options that many share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from yucai.texts import Text

__all__ = ["ANY_STORE", "DRY", "SPACE", "STORE", "Option", "RecordCommand", "Result"]


class Result(Protocol):
    """What every command gives back."""

    def in_language(self, language: str) -> str:
        """Return the result in plain words."""


@dataclass(frozen=True, slots=True)
class Option:
    """An argument or option, its help, and what argparse is told about it besides."""

    name: str
    says: Text
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCommand:
    """One command; ``run`` gets the workspace, what was typed and the time, and gives result and exit code."""

    name: str
    says: Text
    options: tuple[Option, ...]
    run: Callable[[Path, argparse.Namespace, datetime], tuple[Result, int]]


STORE: Final = Option("store", Text("code of the store", "记录库代码"))
ANY_STORE: Final = Option("store", Text("code of the store (every store)", "记录库代码（默认全部）"), {"nargs": "?"})
DRY: Final = Option(
    "--dry-run", Text("say what would happen, change nothing", "只说明将发生什么，不作改动"), {"action": "store_true"}
)
SPACE: Final = Option("--space", Text("institution, where there are several", "机构代码（有多个机构时需指明）"))
