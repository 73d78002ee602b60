"""Results in a file: one JSON document under the name and version of what it holds, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["UnreadableError", "keep", "kept_in"]

Kept = TypeVar("Kept")
OTHER_VERSION = Text("it is of another version", "版本不同")
NOT_OPENED = Text("it is not there or cannot be opened", "文件不存在或无法打开")
DAMAGED = Text("it is damaged or something else", "内容损坏或并非此类文件")


class UnreadableError(YucaiError):
    """A file does not hold what it should; its sentence has ``{file}`` and ``{reason}``."""

    exit_code = 65


def keep(file: Path, *, name: str, version: int, said: Mapping[str, Any]) -> None:
    """Write what was found into a file; one that is broken off leaves what was there."""
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.write_text(json.dumps({name: version, **said}, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(file)


def kept_in(
    file: Path,
    *,
    name: str,
    version: int,
    made: Callable[[dict[str, Any]], Kept],
    unreadable: type[UnreadableError],
) -> Kept:
    """Return what a file holds, as ``made`` makes it of the document. Raises ``unreadable``."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if said.pop(name) != version:
            raise unreadable(file=file.name, reason=OTHER_VERSION)
        return made(said)
    except OSError as problem:
        raise unreadable(file=file.name, reason=NOT_OPENED) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise unreadable(file=file.name, reason=DAMAGED) from problem
