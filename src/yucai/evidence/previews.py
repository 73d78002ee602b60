"""A first look at a file before anything is taken in: its sheets, what each may be and why, a few rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yucai.errors import Fault
from yucai.evidence.profiles import Learned, known_titles
from yucai.evidence.recognising import ProfileMatch, recognise
from yucai.evidence.sheets import read_sheets
from yucai.evidence.sniffing import MOST_TABLE_BYTES
from yucai.evidence.unwanted import Unwanted, unwanted_kind

__all__ = ["COVERED", "Preview", "SheetPreview", "preview_file"]

SHOWN = 20
COVERED = "···"  # in place of a cell of a personal column


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPreview:
    """One sheet: its first rows as they stand, with personal columns that would be dropped already covered."""

    name: str
    hidden: bool
    rows: int
    first_rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file is: kind, encoding, sheets, the kinds of tables it may be (best first), and what should be said."""

    file: str
    sha256: str
    kind: str
    encoding: str
    sheets: tuple[SheetPreview, ...]
    matches: tuple[ProfileMatch, ...]
    notices: tuple[Fault, ...]


def preview_file(
    path: Path,
    *,
    learned: Learned | None = None,
    encoding: str | None = None,
    limit: int = MOST_TABLE_BYTES,
    protected: Sequence[Unwanted] = (),
) -> Preview:
    """Return a first look at a file. Nothing is changed; raises one sentence for what cannot be read."""
    content = read_sheets(path, known=known_titles(), encoding=encoding, limit=limit)
    matches = recognise(content, learned=learned)
    headers: Mapping[str, ProfileMatch] = {match.sheet: match for match in reversed(matches)}
    sheets = []
    for sheet in content.sheets:
        match = headers.get(sheet.name)
        titles = match.header.titles if match else ("",) * sheet.cells.width
        below = match.header.last + 1 if match else 0
        bodies = [sheet.cells[f"{place}"].slice(below) for place in range(sheet.cells.width)]
        covered = {
            place for place, values in enumerate(bodies) if unwanted_kind(titles[place], values, besides=protected)
        }
        first = match.header.first if match else 0
        rows = tuple(
            _once(row)
            if n < first
            else tuple(COVERED if n >= below and place in covered and cell else cell for place, cell in enumerate(row))
            for n, row in enumerate(sheet.cells.head(SHOWN).rows())
        )
        sheets.append(SheetPreview(name=sheet.name, hidden=sheet.hidden, rows=sheet.cells.height, first_rows=rows))
    return Preview(
        file=content.file,
        sha256=content.sha256,
        kind=content.kind,
        encoding=content.encoding,
        sheets=tuple(sheets),
        matches=matches,
        notices=content.notices,
    )


def _once(row: tuple[str, ...]) -> tuple[str, ...]:
    """Return a row above the header with a title that goes over many columns said once."""
    return tuple("" if place and cell == row[place - 1] else cell for place, cell in enumerate(row))
