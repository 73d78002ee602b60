"""All that is on record about a person, to read: sections of tables on as many A4 pages as it takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.web.paper.typesetting import LetterMissingError, moment_of, printable, typeset_page

__all__ = ["RecordPage", "RecordSection", "record_pdf"]

TEMPLATE: Final = Path(__file__).parent / "record.typ"
BOX: Final = "□"
MOST_BOXES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSection:
    """One table with its title: widths are shares of the page; ``note`` says what it is, or that there is nothing."""

    title: str
    note: str
    head: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What is printed, in the reader's language. ``page`` holds ``{page}`` and ``{pages}``."""

    language: str
    title: str
    space: str
    about: str
    banner: str
    lead: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[RecordSection, ...]
    printed: str
    page: str


def record_pdf(page: RecordPage, *, at: datetime) -> bytes:
    """Return the pages as a tagged PDF; the same page at the same moment gives the same bytes.

    A letter that no face on the machine has is shown as a box: nobody goes without the copy they have a right to.
    Raises PaperPartMissingError without our fonts, PaperError when the typesetter refuses.
    """
    contents = printable(asdict(page) | {"moment": moment_of(at)})
    for _time in range(MOST_BOXES):
        try:
            return typeset_page(TEMPLATE, contents, about=page.about, at=at)
        except LetterMissingError as missing:
            contents = _boxed(contents, str.maketrans(dict.fromkeys(str(missing.facts["letter"]), BOX)))
    return typeset_page(TEMPLATE, contents, about=page.about, at=at)


def _boxed(value: object, box: dict[int, str]) -> dict[str, object]:
    return {name: _inside(inner, box) for name, inner in value.items()} if isinstance(value, dict) else {}


def _inside(value: object, box: dict[int, str]) -> object:
    if isinstance(value, str):
        return value.translate(box)
    if isinstance(value, dict):
        return _boxed(value, box)
    return [_inside(one, box) for one in value] if isinstance(value, list) else value
