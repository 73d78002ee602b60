"""The portrait of one learner on one A4 page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import LANGUAGES, Text
from yucai.web.paper.typesetting import LetterMissingError, moment_of, printable, typeset_page

__all__ = [
    "GrowthLine",
    "LiteracyRow",
    "PortraitLabels",
    "PortraitPage",
    "PortraitRow",
    "PortraitWork",
    "book_contents",
    "boxed_page",
    "check_page",
    "portrait_pdf",
]

TEMPLATE: Final = Path(__file__).parent / "portrait.typ"
BOX: Final = "□"
_VIEW: Final = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRow:
    """One quality in words and evidence. ``place`` is the estimate with its interval as text, or empty."""

    name: str
    layer: str
    sentence: str
    place: str = ""
    pieces: int = 0
    kinds: str = ""
    strength: str = ""
    enough: bool = True
    target: str = ""
    weight: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthLine:
    """One quality over the periods of the page: the place in each as text, or empty."""

    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteracyRow:
    """One dimension of AI literacy in a sentence; grey where there is not enough evidence."""

    name: str
    sentence: str
    enough: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitWork:
    """One own work in words: what it is, how it stands and who says so, why it is as strong as that.

    ``short`` is all of it in one line, for a page that is full.
    """

    title: str
    facts: str
    standing: str
    short: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitLabels:
    """The fixed words of the page. ``page`` holds ``{page}`` and ``{pages}``; ``signatures`` name the lines to sign.

    ``works_more`` and ``works_none`` hold ``{n}``: how many works are on the screen beside those shown, or at all.
    """

    title: str
    name: str
    number: str
    cohort: str
    occasion: str
    summary: str
    qualities: str
    quality: str
    sentence: str
    place: str
    pieces: str
    kinds: str
    strength: str
    literacy: str
    reading: str
    signatures: tuple[str, ...]
    seal: str
    page: str
    works: str = ""
    works_note: str = ""
    works_more: str = ""
    works_none: str = ""
    target: str = ""
    weight: str = ""
    growth: str = ""
    growth_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitPage:
    """All that is printed, in the reader's language. ``banner`` is set exactly when ``simulated`` is true.

    ``chart`` is the SVG shown on screen and ``chart_alt`` what it says to those who cannot see it. ``talent_type`` says
    what the targets of the rows rest on. ``growth`` has a place for each of the ``periods``. ``reading`` are
    the notes below (how to read it, what the interval means, how to object). ``works`` come strongest first; the page
    shows as many as leave the chart legible, at most four, and counts the rest. ``printed`` says when and by whom;
    ``attribution`` where the data come from.
    """

    language: str
    space: str
    learner: str
    number: str
    cohort: str
    occasion: str
    simulated: bool
    banner: str = ""
    summary: tuple[str, ...] = ()
    chart: str
    chart_alt: str
    rows: tuple[PortraitRow, ...]
    talent_type: str = ""
    periods: tuple[str, ...] = ()
    growth: tuple[GrowthLine, ...] = ()
    literacy: tuple[LiteracyRow, ...] = ()
    works: tuple[PortraitWork, ...] = ()
    reading: tuple[str, ...] = ()
    printed: str
    attribution: str = ""
    labels: PortraitLabels


def portrait_pdf(page: PortraitPage, *, at: datetime) -> bytes:
    """Return the portrait as a tagged PDF (PDF/UA-1), one A4 page where the content allows it.

    ``at`` (aware) is noted as the moment of making; the same page at the same moment gives the same bytes.
    Only our own faces are embedded, unless a name holds a letter that they lack; a letter in a student's own works that
    no face has is shown as a box. Raises FaultyInputError listing what
    the page lacks, PaperPartMissingError without our fonts, LetterMissingError when no font has a letter, PaperError
    when the typesetter refuses.
    """
    check_page(page, at)
    try:
        return typeset_page(TEMPLATE, book_contents([page], title=page.learner, at=at), about=page.learner, at=at)
    except LetterMissingError as missing:
        boxed = boxed_page(page, set(str(missing.facts["letter"])))
        if boxed == page:
            raise
    return portrait_pdf(boxed, at=at)  # nobody goes without a page for the sake of a smiling face in a title


def book_contents(pages: Sequence[PortraitPage], *, title: str, at: datetime) -> dict[str, Any]:
    """Return what the template reads of portraits that are set one after the other."""
    return {"pages": [_contents(page) for page in pages], "moment": moment_of(at), "title": printable(title)}


def boxed_page(page: PortraitPage, letters: set[str]) -> PortraitPage:
    """Return the page with these letters shown as boxes in the titles of own works, and nowhere else."""
    box = str.maketrans(dict.fromkeys(letters, BOX))
    return replace(page, works=tuple(replace(work, title=work.title.translate(box)) for work in page.works))


def _contents(page: PortraitPage) -> dict[str, Any]:
    """Return what the template reads: the page and the shape of its chart."""
    width, height = _shape(page.chart) or (1.0, 1.0)
    contents = asdict(page) | {"chart_ratio": width / height}
    return {name: printable(value) for name, value in _dashed(contents).items()}


def _dashed(contents: dict[str, Any]) -> dict[str, Any]:
    """Return the contents with the labels named as the template writes them."""
    labels = {name.replace("_", "-"): words for name, words in contents["labels"].items()}
    return contents | {"labels": labels}


def _shape(chart: str) -> tuple[float, float] | None:
    found = _VIEW.search(chart)
    return (float(found[1]), float(found[2])) if found else None


def check_page(page: PortraitPage, at: datetime) -> None:
    """Raise FaultyInputError naming all that is wrong with the page at once."""
    found: list[tuple[bool, str, Text]] = [
        (
            page.language not in LANGUAGES,
            "language",
            Text(f"the language is {page.language!r}; it must be zh or en", f"语言为 {page.language!r}；应为 zh 或 en"),
        ),
        (
            not page.learner.strip(),
            "learner",
            Text("the name of the learner is empty; fill it in", "学生姓名为空；请填写"),
        ),
        (
            page.simulated != bool(page.banner.strip()),
            "banner",
            Text(
                "simulated people need a banner that says so, and real ones must not have one",
                "模拟人物须有说明模拟的横幅，真实人物不得有横幅",
            ),
        ),
        (
            _shape(page.chart) is None,
            "chart",
            Text(
                "the chart is not an SVG with a viewBox; pass what the drawing gave",
                "图表不是带 viewBox 的 SVG；请传入绘图结果",
            ),
        ),
        (
            not page.chart_alt.strip(),
            "chart_alt",
            Text("the chart has no words for those who cannot see it; add them", "图表缺少替代文字；请补充"),
        ),
        (
            at.tzinfo is None,
            "at",
            Text("the time has no zone; give an aware time", "时间没有时区；请给出带时区的时间"),
        ),
    ]
    faults = [Fault(code=where, says=says, where=where) for wrong, where, says in found if wrong]
    if faults:
        raise FaultyInputError(page.learner or "portrait", faults)
