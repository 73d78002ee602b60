"""How a file gets into the manifest of the lake, and what the manifest says of it: the same for all that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from yucai.evidence import LakePart
from yucai.web.accounts.models import Space
from yucai.web.lake.models import LakeFile

__all__ = ["file_of", "list_part", "parts_of", "unlink"]


def list_part(part: LakePart, *, folder: Path, space: Space, period: str, at: datetime, store: Any = None) -> LakeFile:
    """Write the line of a part that lies in a folder of the lake. Call it in the transaction the part belongs to."""
    return LakeFile.objects.create(
        space=space,
        store=store,
        path=(folder / part.path).relative_to(settings.WORKSPACE.lake).as_posix(),
        period=period,
        rows=part.rows,
        first_record=part.first_record,
        last_record=part.last_record,
        sha256=part.sha256,
        size_bytes=part.bytes,
        schema_version=part.schema_version,
        at=at,
    )


def parts_of(files: Iterable[LakeFile], *, folder: Path) -> tuple[LakePart, ...]:
    """Return the parts that lines of the manifest speak of, for readers that begin at ``folder``."""
    return tuple(
        LakePart(
            path=file_of(file).relative_to(folder).as_posix(),
            rows=file.rows,
            first_record=file.first_record,
            last_record=file.last_record,
            sha256=file.sha256,
            schema_version=file.schema_version,
            bytes=file.size_bytes,
        )
        for file in files
    )


def file_of(listed: LakeFile) -> Path:
    """Return where a listed file lies."""
    where: Path = settings.WORKSPACE.lake / listed.path
    return where


def unlink(files: Iterable[LakeFile]) -> None:
    """Take files off the disk that are listed no longer."""
    for file in files:
        file_of(file).unlink(missing_ok=True)
