"""A sheet of facts on paper: a certificate, the conditions under which data are used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.typesetting import moment_of, printable, typeset_page

__all__ = ["FactSheet", "SheetDrawing", "SheetPart", "SheetState", "sheet_pdf"]

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDrawing:
    """A drawing as the screen shows it (SVG), what it says to those who cannot see it, and words above it."""

    svg: str
    told: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A part of a sheet: a title, quiet words on it, drawings, a table with a head, sentences below it.

    ``widths`` say how the columns share the page, where cells hold many words; without them the first takes what is
    left. ``right`` are the places of the columns with numbers. A cell may be a small drawing. ``beside`` says how many
    drawings stand in a row.
    """

    title: str
    about: str = ""
    drawings: tuple[SheetDrawing, ...] = ()
    beside: int = 1
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str | SheetDrawing, ...], ...] = ()
    widths: tuple[float, ...] = ()
    right: tuple[int, ...] = ()
    said: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A cell too many would push all that follow into the next column, without a word."""
        uneven = {len(row) for row in self.rows} - {len(self.head)}
        if uneven or len(self.widths) not in (0, len(self.head)):
            raise ValueError(f"{self.title}: {len(self.head)} heads, {len(self.widths)} widths, rows of {uneven}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetState:
    """How far what stands on a sheet is: in a few words, with who stands behind it; ``firm`` when it is locked."""

    title: str
    lines: tuple[str, ...]
    firm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSheet:
    """What a sheet says, in one language; ``facts`` are pairs of a label and what is so.

    ``banner`` stands on top of every page: that data are simulated. ``signatures`` are who signs by hand.
    A ``dense`` sheet has small tables, so that much stands on a page.
    """

    language: str
    title: str
    issuer: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[SheetPart, ...]
    footer: str
    banner: str = ""
    state: SheetState | None = None
    signatures: tuple[str, ...] = ()
    dense: bool = False


def sheet_pdf(sheet: FactSheet, *, at: datetime) -> bytes:
    """Return a sheet as a PDF. Raises PaperPartMissingError, PaperError, LetterMissingError."""
    contents = {name: printable(value) for name, value in asdict(sheet).items()}
    contents["language"] = sheet.language.partition("-")[0]
    return typeset_page(TEMPLATE, contents | {"moment": moment_of(at)}, about=sheet.title, at=at)
