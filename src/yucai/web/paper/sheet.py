"""A sheet of facts on paper: a certificate, the conditions under which data are used."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.portrait import PaperError, all_fonts, own_fonts, printable, typeset

__all__ = ["FactSheet", "SheetPart", "sheet_pdf"]

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A part of a sheet: a title, a table with a head, sentences below it."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
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
    """Return a sheet as a PDF. Raises PaperPartMissingError, PaperError."""
    made = at.astimezone(UTC)
    moment = {part: getattr(made, part) for part in ("year", "month", "day", "hour", "minute", "second")}
    contents = {name: printable(value) for name, value in asdict(sheet).items()}
    contents["language"] = sheet.language.partition("-")[0]
    told = json.dumps(contents | {"moment": moment}, ensure_ascii=False)
    for fonts in (own_fonts, all_fonts):  # what people wrote may hold letters that ours lack
        pdf, refusal = typeset(told, fonts(), at, template=TEMPLATE)
        if pdf is not None:
            return pdf
    raise PaperError(learner=sheet.title, reason=refusal)
