"""A sheet of facts on paper: a certificate, the conditions under which data are used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.typesetting import moment_of, printable, typeset_page

__all__ = ["FactSheet", "SheetDrawing", "SheetPart", "sheet_pdf"]

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDrawing:
    """A drawing as the screen shows it (SVG), and what it says to those who cannot see it."""

    svg: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A part of a sheet: a title, drawings, a table with a head, sentences below it.

    ``widths`` say how the columns share the page, where cells hold many words; without them the first takes what is
    left.
    """

    title: str
    drawings: tuple[SheetDrawing, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSheet:
    """What a sheet says, in one language; ``facts`` are pairs of a label and what is so."""

    language: str
    title: str
    issuer: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[SheetPart, ...]
    footer: str


def sheet_pdf(sheet: FactSheet, *, at: datetime) -> bytes:
    """Return a sheet as a PDF. Raises PaperPartMissingError, PaperError, LetterMissingError."""
    contents = {name: printable(value) for name, value in asdict(sheet).items()}
    contents["language"] = sheet.language.partition("-")[0]
    return typeset_page(TEMPLATE, contents | {"moment": moment_of(at)}, about=sheet.title, at=at)
