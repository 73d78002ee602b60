"""A notice for a board: what is announced, its last day in large letters, and the list in columns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.typesetting import moment_of, printable, typeset_page

__all__ = ["NoticeSheet", "notice_pdf"]

TEMPLATE: Final = Path(__file__).parent / "notice.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet:
    """What a notice says, in one language. About a hundred lines fit one page; more go on."""

    language: str
    title: str
    issuer: str
    banner: str
    large: str
    said: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    head: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]
    footer: str


def notice_pdf(sheet: NoticeSheet, *, at: datetime) -> bytes:
    """Return a notice as a PDF. Raises PaperPartMissingError, PaperError, LetterMissingError."""
    contents = {name: printable(value) for name, value in asdict(sheet).items()}
    contents["language"] = sheet.language.partition("-")[0]
    return typeset_page(TEMPLATE, contents | {"moment": moment_of(at)}, about=sheet.title, at=at)
