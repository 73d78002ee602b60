"""A sheet of facts on paper: a certificate, the conditions under which data are used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.typesetting import moment_of, printable, typeset_page

__all__ = ["FactSheet", "SheetPart", "sheet_pdf"]

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A part of a sheet: a title, a table with a head, sentences below it.

    The first column takes what the others leave, which may be nothing where those are long: then ``even``.
    """

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    said: tuple[str, ...] = ()
    even: bool = False


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
