"""How the marks of one assessment are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.drawing.sheet import Ink, Sheet
from yucai.web.drawing.words import balance, text_width

__all__ = ["ScoreBand", "ScoreLabels", "score_bars"]

_TALL: Final = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBand:
    """One band of marks, such as 60-69, and how many learners are in it; ``None`` where the number is withheld."""

    name: str
    learners: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLabels:
    """What the reader reads beside the bars. ``hidden`` explains a withheld number; ``empty`` is said without bands."""

    title: str
    description: str = ""
    learners: str
    marks: str
    hidden: str
    empty: str


def score_bars(bands: Sequence[ScoreBand], *, width: int, labels: ScoreLabels) -> str:
    """Return the distribution of marks as SVG, the number of learners on every bar.

    Columns where the names of the bands fit beneath them, else bars lying one under the other.
    Raises FaultyInputError naming every band without a name or below zero.
    """
    _check(bands, labels)
    sheet = Sheet(width=width, left=16, right=width - 16)
    if not any(band.learners is None or band.learners for band in bands):
        sheet.y = 16
        sheet.y += sheet.lines(labels.empty, 16, width=width - 32, fill=Ink.quiet) + 16
        return sheet.drawn(title=labels.title, description=labels.description)
    sheet.y = 34
    room = (width - 32) / len(bands)
    widest = max(text_width(band.name, 12) for band in bands)
    (_columns if widest + 8 <= room else _lying)(sheet, bands, labels)
    if any(band.learners is None for band in bands):
        sheet.y += 18
        sheet.legend([("unknown", labels.hidden)], start=16)
    return sheet.drawn(title=labels.title, description=labels.description)


def _columns(sheet: Sheet, bands: Sequence[ScoreBand], labels: ScoreLabels) -> None:
    room = (sheet.right - sheet.left) / len(bands)
    most = max((band.learners or 0 for band in bands), default=0) or 1
    wide = min(room * 0.72, 64)
    foot = sheet.y + 18 + _TALL
    sheet.words(labels.learners, sheet.left, 16, size=11.5, fill=Ink.quiet)
    for number, band in enumerate(bands):
        middle = sheet.left + room * (number + 0.5)
        tall = _TALL * (band.learners or 0) / most
        if band.learners is None:
            sheet.unknown(middle - wide / 2, foot - 14, size=(wide, 20), text="?")
        else:
            _bar(sheet, (middle - wide / 2, foot - tall), (wide, tall))
            sheet.words(f"{band.learners:,}", middle, foot - tall - 11, size=12, align="center")
        sheet.words(band.name, middle, foot + 14, size=12, align="center", fill=Ink.quiet)
    sheet.put("rule", x1=sheet.left, x2=sheet.right, y1=foot, y2=foot, stroke=Ink.zero)
    sheet.words(labels.marks, sheet.right, foot + 36, size=11.5, align="right", fill=Ink.quiet)
    sheet.y = foot + 48


def _lying(sheet: Sheet, bands: Sequence[ScoreBand], labels: ScoreLabels) -> None:
    most = max((band.learners or 0 for band in bands), default=0) or 1
    widest = max(text_width(labels.marks, 11.5), *(text_width(band.name, 12) for band in bands))
    start = sheet.left + min(widest, sheet.width * 0.35) + 10
    long = sheet.right - start - text_width(f"{most:,}", 12) - 10
    top = sheet.y
    sheet.words(labels.marks, start - 10, 16, size=11.5, align="right", fill=Ink.quiet)
    sheet.words(labels.learners, start + 2, 16, size=11.5, fill=Ink.quiet)
    for band in bands:
        names = balance(band.name, 12, width=start - sheet.left - 8)
        height = max(26, 16 * len(names) + 8)
        middle = sheet.y + height / 2
        for number, line in enumerate(names):
            y = middle + 16 * (number - (len(names) - 1) / 2)
            sheet.words(line, start - 10, y, size=12, align="right", fill=Ink.quiet)
        if band.learners is None:
            sheet.unknown(start + 2, middle, size=(40, 18), text="?")
        else:
            end = start + long * band.learners / most
            _bar(sheet, (start, middle - 8), (end - start, 16))
            sheet.words(f"{band.learners:,}", end + 7, middle, size=12)
        sheet.y += height
    sheet.put("rule", x1=start, x2=start, y1=top, y2=sheet.y, stroke=Ink.zero)
    sheet.y += 8


def _bar(sheet: Sheet, corner: tuple[float, float], size: tuple[float, float]) -> None:
    if size[0] > 0 and size[1] > 0:
        sheet.put("box", x=corner[0], y=corner[1], width=size[0], height=size[1], fill=Ink.band)


def _check(bands: Sequence[ScoreBand], labels: ScoreLabels) -> None:
    faults = []
    for number, band in enumerate(bands):
        where = f"bands[{number}] {band.name}".strip()
        if not band.name.strip():
            says = Text("the band has no name; name its marks, such as 60-69", "该分数段没有名称；请写明分数，如 60-69")
            faults.append(Fault(code="no-name", says=says, where=where))
        if band.learners is not None and band.learners < 0:
            says = Text(
                "{n} learners; count from 0 up, or give None for a withheld number",
                "人数为 {n}；应从 0 起，不公开的人数请填 None",
            )
            faults.append(Fault(code="negative", says=says, where=where, facts={"n": band.learners}))
    if faults:
        raise FaultyInputError(labels.title, faults)
