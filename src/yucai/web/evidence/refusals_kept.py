"""The refused rows of an import, kept beside its table until it is undone: to download, correct and send back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from yucai.errors import Fault
from yucai.evidence import Place, QualityReport, RefusedCells, load_profile
from yucai.texts import Text
from yucai.web.evidence.models import Import

__all__ = ["forget_refused", "keep_refused", "kept_refusals", "refused_places"]


def keep_refused(report: QualityReport, entry: Import) -> str:
    """Write the refused rows of an import beside its table; return the path, "" where none was refused.

    Columns that are dropped are in no refused row, so they are not in here either.
    """
    if not report.refused:
        return ""
    place = f"tables/{entry.source.space.code}/{entry.profile}-{entry.pk}.refused.json"
    file = settings.WORKSPACE.folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.part")
    with unfinished.open("w", encoding="utf-8") as writing:
        json.dump([_written(row) for row in report.refused], writing, ensure_ascii=False)
        writing.flush()
        os.fsync(writing.fileno())
    unfinished.replace(file)
    return place


def kept_refusals(entry: Import) -> QualityReport | None:
    """Return the refused rows of an import as its report had them; None where none are kept."""
    file = _file(entry)
    if file is None:
        return None
    profile = load_profile(entry.profile)
    rows = tuple(_read(row) for row in json.loads(file.read_text(encoding="utf-8")))
    return QualityReport(
        file=entry.file_name,
        sha256=entry.digest,
        kind="",
        encoding="",
        profile=entry.profile,
        profile_name=profile.name,
        row_means=profile.row,
        sheets=(),
        understood={},
        titles={column.name: column.title for column in profile.columns},
        kept_count=entry.kept,
        refused=rows,
    )


def refused_places(entry: Import) -> set[Place]:
    """Return where the refused rows of an import stood."""
    report = kept_refusals(entry)
    return {(row.sheet, row.row) for row in report.refused} if report is not None else set()


def forget_refused(entry: Import) -> None:
    """Remove the refused rows of an import that was undone."""
    if (file := _file(entry)) is not None:
        file.unlink(missing_ok=True)


def _file(entry: Import) -> Path | None:
    table = getattr(entry, "table", None)
    if table is None or not table.refused_path:
        return None
    file: Path = settings.WORKSPACE.folder / table.refused_path
    return file if file.is_file() else None


def _written(row: RefusedCells) -> dict[str, Any]:
    reasons = {"en": row.reasons("en"), "zh": row.reasons("zh")}
    return {"sheet": row.sheet, "row": row.row, "reasons": reasons, "cells": dict(row.cells)}


def _read(row: dict[str, Any]) -> RefusedCells:
    told = Fault(code="refused", says=Text(**row["reasons"]))
    return RefusedCells(sheet=row["sheet"], row=row["row"], faults=(told,), cells=row["cells"])
