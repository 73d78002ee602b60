"""Portraits of a class as one PDF: a class is set at once, tagged; more are set by the dozen and put together.

A class of up to ``TAGGED`` becomes a PDF/UA-1, as the single portrait is: title, language, headings, tables, and words
for each chart. The typesetter keeps what it laid out, some eleven megabytes a page, in a process that gives it back.
For more the memory must not grow with their number, and the typesetter embeds no pages in a file for screen readers:
there each page is a picture of the page that was set, with its text to search and copy, told in sentences.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.portrait import TEMPLATE, PortraitPage, book_contents, boxed_page, check_page
from yucai.web.paper.typesetting import UNIVERSAL, LetterMissingError, moment_of, printable, typeset_apart

__all__ = ["portraits_as_one"]

TOGETHER: Final = 10  # some 20 MB each while they are set
TAGGED: Final = 50  # portraits; sixty need 670 MB while they are set
BOOK: Final = Path(__file__).parent / "book.typ"
_PAGE: Final = re.compile(rb"/Type\s*/Page\b")


def portraits_as_one(
    pages: Sequence[PortraitPage], *, title: str, at: datetime, report: Callable[[int], None] = lambda done: None
) -> bytes:
    """Return portraits one after the other as one PDF, each beginning on a page of its own.

    ``report`` is told after every few how many are set; what it raises ends the work. Raises as ``portrait_pdf``.
    """
    for page in pages:
        check_page(page, at)
    called = f"{pages[0].labels.title} · {title}"
    with tempfile.TemporaryDirectory(prefix="yucai-paper-") as made:
        folder, placed = Path(made), []
        if len(pages) <= TAGGED:
            report(0)
            _set(pages, folder / "tagged.pdf", title=title, at=at)
            report(len(pages))
            return (folder / "tagged.pdf").read_bytes()
        for first in range(0, len(pages), TOGETHER):
            some = pages[first : first + TOGETHER]
            file = folder / f"{first}.pdf"
            _set(some, file, title=title, at=at)
            placed += _placed(file, some)
            report(min(first + TOGETHER, len(pages)))
        template, whole = folder / BOOK.name, folder / "whole.pdf"
        shutil.copyfile(BOOK, template)
        contents = {
            "pages": placed, "title": printable(called), "author": pages[0].space,
            "moment": moment_of(at), "language": pages[0].language,
        }  # fmt: skip
        typeset_apart(template, contents, about=title, at=at, to=whole)
        return whole.read_bytes()


def _set(pages: Sequence[PortraitPage], file: Path, *, title: str, at: datetime) -> None:
    """Set a few portraits into a file; a letter in a title of a work that no face has becomes a box."""
    contents = book_contents(pages, title=title, at=at)
    try:
        typeset_apart(TEMPLATE, contents, about=title, at=at, to=file, standards=UNIVERSAL)
    except LetterMissingError as missing:
        boxed = [boxed_page(page, set(str(missing.facts["letter"]))) for page in pages]
        if boxed == list(pages):
            raise
        _set(boxed, file, title=title, at=at)


def _placed(file: Path, pages: Sequence[PortraitPage]) -> list[dict[str, str | int]]:
    """Return the pages of a file in order, each with what screen readers are told; a portrait may take two."""
    n = len(_PAGE.findall(file.read_bytes()))
    told = [_alt(page) for page in pages]
    if n != len(pages):  # which page is whose is not known then: each is told by its number
        told = [f"{pages[0].labels.title} {number + 1}" for number in range(n)]
    return [{"file": file.name, "page": number + 1, "alt": alt} for number, alt in enumerate(told)]


def _alt(page: PortraitPage) -> str:
    """Return a page in words: who, when, what in short, and every quality."""
    return " ".join(filter(None, (page.learner, page.number, page.occasion, *page.summary, page.chart_alt)))
