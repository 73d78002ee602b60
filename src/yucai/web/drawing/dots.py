"""Dots with intervals: the nine qualities of a person; raters or assessments side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.drawing.sheet import AXIS, Ink, Sheet
from yucai.web.drawing.words import balance, text_width, wrap

__all__ = ["DotLabels", "IntervalRow", "QualityRow", "interval_dots", "quality_dots"]

WIDTHS: Final = (280, 1600)
PHONE_BELOW: Final = 560


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """One quality of one person, on the scale where 0 is the group's average and 1 a standard deviation.

    ``lower`` and ``upper`` bound the 90 % interval. Where ``enough`` is false no estimate is placed on the axis.
    ``note`` is a short remark such as how much evidence there is, ``target`` a place to reach.
    """

    name: str
    layer: str
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    enough: bool
    note: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """One rater, assessment or the like with its value and 90 % interval; ``marked`` ones are drawn as diamonds."""

    name: str
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    enough: bool = True
    note: str = ""
    marked: bool = False
    group: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DotLabels:
    """What the reader reads beside the dots, in the reader's language.

    ``low``, ``middle`` and ``high`` name the left end, the zero line and the right end of the axis. ``estimate``,
    ``interval`` and ``not_enough`` are the key; ``not_enough`` also stands where nothing can be said. ``marked``
    explains diamonds, ``target`` places to reach; ``empty`` is said when there are no rows.
    """

    title: str
    description: str = ""
    low: str
    middle: str
    high: str
    estimate: str
    interval: str
    not_enough: str
    marked: str = ""
    target: str = ""
    empty: str = ""


def quality_dots(rows: Sequence[QualityRow], *, width: int, labels: DotLabels) -> str:
    """Return the qualities of one person as SVG: a dot and its 90 % interval each, under the headings of their layers.

    Below 560 px names stand above their lines. Raises FaultyInputError naming every row that contradicts itself.
    """
    plain = [
        IntervalRow(
            name=r.name, mean=r.mean, lower=r.lower, upper=r.upper, enough=r.enough, note=r.note, group=r.layer,
            target=r.target,
        )
        for r in rows
    ]  # fmt: skip
    return _dots(plain, width=width, labels=labels, axis=AXIS)


def interval_dots(rows: Sequence[IntervalRow], *, width: int, labels: DotLabels) -> str:
    """Return raters or assessments as SVG, one dot with its 90 % interval each, zero in the middle.

    The axis reaches at least from -1 to 1 and as far as the widest interval, the same on both sides.
    Raises FaultyInputError naming every row that contradicts itself.
    """
    known = [abs(v) for r in rows if r.enough for v in (r.mean, r.lower, r.upper) if v is not None and math.isfinite(v)]
    reach = max(1.0, math.ceil(max(known, default=1.0) * 2) / 2)
    return _dots(rows, width=width, labels=labels, axis=(-reach, reach))


def _dots(rows: Sequence[IntervalRow], *, width: int, labels: DotLabels, axis: tuple[float, float]) -> str:
    check_rows(rows, width, labels)
    phone = width < PHONE_BELOW
    sheet = _laid_out(rows, width) if not phone else Sheet(width=width, left=16, right=width - 16)
    if not rows:
        sheet.y = 16
        sheet.y += sheet.lines(labels.empty or labels.not_enough, 16, width=width - 32, fill=Ink.quiet) + 16
        return sheet.drawn(title=labels.title, description=labels.description, axis=axis)
    sheet.y = 8
    _axis_words(sheet, labels)
    top = sheet.y
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            _heading(sheet, group)
        for row in members:
            (_phone_row if phone else _desktop_row)(sheet, row, labels)
    sheet.y += 4
    _grid(sheet, top, axis)
    sheet.y += 18
    sheet.legend(key_of(rows, labels), start=16 if phone else 4)
    return sheet.drawn(title=labels.title, description=labels.description, axis=axis)


def _laid_out(rows: Sequence[IntervalRow], width: int) -> Sheet:
    """Give names and notes the room they need at the sides, and the plot the rest, at least two fifths."""
    name = max((text_width(row.name, 13) for row in rows), default=0)
    note = max((text_width(row.note, 11.5) for row in rows), default=0)
    left = min(max(name + 24, 120), width * 0.33)
    right = width - (min(max(note + 20, 60), width * 0.25) if note else 20)
    return Sheet(width=width, left=round(left), right=round(right))


def _axis_words(sheet: Sheet, labels: DotLabels) -> None:
    """Put the three words of the axis above the plot, each within its third."""
    third = (sheet.right - sheet.left) / 3 - 8
    middle = sheet.left + (sheet.right - sheet.left) / 2
    placed = [
        (labels.low, sheet.left, "left"),
        (labels.middle, middle, "center"),
        (labels.high, sheet.right, "right"),
    ]
    deepest = max(len(wrap(text, 11.5, width=third)) for text, _, _ in placed)
    for text, x, align in placed:
        lines = balance(text, 11.5, width=third)
        for number, line in enumerate(lines):
            y = sheet.y + 16 * (deepest - len(lines) + number + 0.5)
            sheet.words(line, x, y, align=align, size=11.5, fill=Ink.quiet)
    sheet.y += 16 * deepest + 8


def _grid(sheet: Sheet, top: float, axis: tuple[float, float]) -> None:
    """Upright lines from ``top`` to where we are: faint ones at whole numbers, a clear one at zero."""
    step = 1 if axis[1] <= 4 else math.ceil(axis[1] / 4)
    for value in range(math.ceil(axis[0]), math.floor(axis[1]) + 1):
        if value == 0:
            sheet.put("rule", depth=2, value=0, y1=top, y2=sheet.y, stroke=Ink.zero, width=1.25)
        elif value % step == 0:
            sheet.put("rule", depth=3, value=value, y1=top, y2=sheet.y, stroke=Ink.guide)


def _heading(sheet: Sheet, text: str) -> None:
    """A layer's name on a white strip, so that no grid line runs through the words, with a rule beneath."""
    sheet.y += 6
    start, end = (4, sheet.width - 4) if sheet.left > 16 else (16, sheet.width - 16)
    lines = wrap(text, 13, width=0.94 * (end - start))  # bold letters are a little wider than those that are measured
    height = 26 + 17 * (len(lines) - 1)
    sheet.put("box", depth=1, x=0, y=sheet.y, width=sheet.width, height=height, fill=Ink.paper)
    for number, line in enumerate(lines):
        sheet.words(line, start, sheet.y + 13 + 17 * number, weight="bold", fill=Ink.heading)
    sheet.put("rule", x1=start, x2=end, y1=sheet.y + height, y2=sheet.y + height, stroke=Ink.rule)
    sheet.y += height + 4


def _desktop_row(sheet: Sheet, row: IntervalRow, labels: DotLabels) -> None:
    """Name, mark and note side by side, their middles on one line."""
    names = balance(row.name, 13, width=sheet.left - 20)
    notes = balance(row.note, 11.5, width=sheet.width - sheet.right - 16)
    height = max(32, 18 * len(names) + 10, 16 * len(notes) + 8)
    middle = sheet.y + height / 2
    sheet.put("rule", depth=3, x1=sheet.left, x2=sheet.right, y1=middle, y2=middle, stroke=Ink.guide)
    for number, line in enumerate(names):
        y = middle + 18 * (number - (len(names) - 1) / 2)
        sheet.words(line, 12, y, weight="bold" if row.marked else "normal")
    for number, line in enumerate(notes):
        y = middle + 16 * (number - (len(notes) - 1) / 2)
        sheet.words(line, sheet.right + 12, y, size=11.5, fill=Ink.quiet)
    _mark(sheet, row, labels, middle)
    sheet.y += height


def _phone_row(sheet: Sheet, row: IntervalRow, labels: DotLabels) -> None:
    """Name and note above the mark, on one line where both fit."""
    room = sheet.right - sheet.left
    beside = row.note and text_width(row.name, 14) + text_width(row.note, 11.5) + 12 <= room
    top = sheet.y
    sheet.y += 4
    if beside:
        sheet.words(row.note, sheet.right, sheet.y + 10, size=11.5, align="right", fill=Ink.quiet)
    sheet.y += sheet.lines(row.name, sheet.left, width=room, size=14, weight="bold" if row.marked else "normal")
    if row.note and not beside:
        sheet.y += sheet.lines(row.note, sheet.left, width=room, size=11.5, fill=Ink.quiet)
    sheet.put("box", depth=1, x=0, y=top - 4, width=sheet.width, height=sheet.y - top + 4, fill=Ink.paper)
    middle = sheet.y + 14
    sheet.put("rule", depth=3, x1=sheet.left, x2=sheet.right, y1=middle, y2=middle, stroke=Ink.guide)
    _mark(sheet, row, labels, middle)
    sheet.y += 30


def _mark(sheet: Sheet, row: IntervalRow, labels: DotLabels, y: float) -> None:
    """The dot and its interval, or the hollow band that places nothing."""
    if row.target is not None:
        sheet.put("target", value=row.target, y=y, height=22, fill=Ink.marked)
    if not row.enough:
        sheet.unknown(sheet.left, y, size=(sheet.right - sheet.left, 20), text=labels.not_enough)
        return
    look = {"fill": Ink.point, "band": Ink.band, "shape": "circle"}
    if row.marked:
        look = {"fill": Ink.marked, "band": Ink.marked_band, "shape": "diamond"}
    mark: dict[str, Any] = {"from": row.lower, "to": row.upper, **look}
    sheet.put("interval", value=row.mean, y=y, height=9, r=6.5, **mark)


def key_of(rows: Sequence[IntervalRow], labels: DotLabels) -> list[tuple[str, str]]:
    """Return what each shape means, for the shapes that are there."""
    entries = [("circle", labels.estimate), ("interval", labels.interval)]
    if any(row.marked and row.enough for row in rows) and labels.marked:
        entries.append(("diamond", labels.marked))
    if any(row.target is not None for row in rows) and labels.target:
        entries.append(("target", labels.target))
    if not all(row.enough for row in rows):
        entries.append(("unknown", labels.not_enough))
    return entries


def check_rows(rows: Sequence[IntervalRow], width: int, labels: DotLabels) -> None:
    """Raise FaultyInputError naming every row that contradicts itself, and a width no screen has."""
    faults = [fault for number, row in enumerate(rows) for fault in _faults(row, f"rows[{number}] {row.name}".strip())]
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        says = Text(
            "the width is {width} px; it must be from {low} to {high}", "宽度为 {width} 像素；应在 {low} 到 {high} 之间"
        )
        faults.append(
            Fault(code="width", says=says, where="width", facts={"width": width, "low": WIDTHS[0], "high": WIDTHS[1]})
        )
    if faults:
        raise FaultyInputError(labels.title, faults)


def _faults(row: IntervalRow, where: str) -> list[Fault]:
    faults = []
    if not row.name.strip():
        says = Text("the row has no name; give the name the reader knows", "该行没有名称；请填写读者认得的名称")
        faults.append(Fault(code="no-name", says=says, where=where))
    if row.target is not None and not math.isfinite(row.target):
        says = Text("the target is {value}; it must be a number, or nothing", "目标为 {value}；应为数值，或不填")
        faults.append(Fault(code="no-target", says=says, where=where, facts={"value": row.target}))
    if not row.enough:
        return faults
    values = (row.lower, row.mean, row.upper)
    if any(value is None or not math.isfinite(value) for value in values):
        says = Text(
            "there is enough evidence, but lower, mean and upper are {values}; all three must be numbers, "
            "or enough must be false",
            "证据足够，但下限、均值、上限为 {values}；三者都应是数值，否则 enough 应为 false",
        )
        faults.append(Fault(code="no-number", says=says, where=where, facts={"values": values}))
    elif not row.lower <= row.mean <= row.upper:  # type: ignore[operator]  # None was ruled out just above
        says = Text(
            "lower, mean and upper are {values}; the mean must lie within its interval",
            "下限、均值、上限为 {values}；均值应在区间之内",
        )
        faults.append(Fault(code="outside", says=says, where=where, facts={"values": values}))
    return faults
