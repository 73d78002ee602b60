"""Sheets cut at their titles, for files whose titles are known beforehand: exports of BORIS, rating sheets of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from yucai.evidence.refusals import EmptyFileError
from yucai.evidence.sheets import HEADER_WITHIN, Sheet, read_sheets
from yucai.evidence.sniffing import MOST_TABLE_BYTES
from yucai.evidence.vocabulary import plain

__all__ = ["TitledSheet", "read_titled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitledSheet:
    """One sheet: its titles and the rows below as columns of text; ``first_row`` is the number of the first of them."""

    sheet: str
    header: tuple[str, ...]
    columns: pl.DataFrame
    first_row: int
    kind: str


def read_titled(
    path: Path, *, known: frozenset[str], limit: int = MOST_TABLE_BYTES
) -> tuple[str, tuple[TitledSheet, ...]]:
    """Return a file's SHA-256 and its visible sheets; ``known`` are plain titles, by which those of a sheet are found.

    Raises what ``read_sheets`` raises, and EmptyFileError where no sheet has a row below its titles.
    """
    content = read_sheets(path, known=known, limit=limit)
    sheets = [_titled(sheet, known, kind=content.kind) for sheet in content.sheets if not sheet.hidden]
    filled = tuple(sheet for sheet in sheets if sheet.columns.height)
    if not filled:
        raise EmptyFileError(file=content.file)
    return content.sha256, filled


def _titled(sheet: Sheet, known: frozenset[str], *, kind: str) -> TitledSheet:
    """The titles are the row, of the first thirty, with most words that are known; rows above are about the sheet."""
    head = sheet.cells.head(HEADER_WITHIN).rows()
    hits = [sum(plain(cell) in known for cell in row) for row in head]
    filled = next((place for place, row in enumerate(head) if any(row)), 0)
    at = hits.index(max(hits)) if any(hits) else filled
    return TitledSheet(
        sheet=sheet.name,
        header=head[at],
        columns=sheet.cells.slice(at + 1),
        first_row=at + 1 + sheet.first_row,
        kind=kind,
    )
