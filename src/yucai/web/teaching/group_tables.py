"""The tables of a group: the group as a whole, its people, its assessments, and what the charts of its scales show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.texts import signed
from yucai.web.accounts.models import Group
from yucai.web.listing import Cell, CellKind, Column, On, Sorting, Table, Value
from yucai.web.teaching.cohorts import GroupQuality, MemberRow
from yucai.web.teaching.items import ItemRow, ScaleView
from yucai.web.teaching.outside import OutsideGroup, OutsideQuality

__all__ = ["assessments_table", "people_table", "scale_tables", "whole_table"]

Quality = GroupQuality | OutsideQuality
QUALITY: Final = Column(key="quality", title=gettext_lazy("Quality"), read=lambda row: row.name)
MIDDLE: Final = gettext_lazy("Middle of the group")
SCALE_NOTE: Final = gettext_lazy("0 is the average of all profiles in the institution, 1 one standard deviation.")


def whole_table(qualities: Sequence[Quality], outside: OutsideGroup | None) -> Table:
    """Return a group as a whole: for who may see its people singly, or what of it may leave."""
    columns = (QUALITY, *(_outside_columns() if outside is not None else _inside_columns()))
    notes = [str(SCALE_NOTE)]
    if outside is not None:
        notes += [_("Middle and quarters are each the mean of a few places, so that none is one person's.")]
        notes += [*outside.reasons, *outside.held]
    else:
        notes += [_("Fewer than 5 people are not shown.")]
    return Table(
        key="whole", title=_("The group as a whole"), columns=columns, rows=qualities, notes=tuple(notes),
        grey=lambda row: row.median is None,
    )  # fmt: skip


def _inside_columns() -> tuple[Column, ...]:
    known = gettext_lazy("With enough evidence")
    return (
        Column(key="known", title=known, kind=CellKind.WHOLE,
               read=lambda row: Cell(value=row.with_enough, shown=f"{row.with_enough} / {row.size}")),
        Column(key="size", title=gettext_lazy("Size of the group"), kind=CellKind.WHOLE, on=On.FILE,
               read=lambda row: row.size),
        Column(key="middle", title=MIDDLE, kind=CellKind.DECIMAL, signed=True, read=_place),
        *_half(_inside_half, _quarter),
    )  # fmt: skip


def _outside_columns() -> tuple[Column, ...]:
    return (
        Column(key="known", title=gettext_lazy("With enough evidence"), kind=CellKind.WHOLE,
               read=lambda row: _hidden() if row.with_enough is None else row.with_enough),
        Column(key="middle", title=MIDDLE, kind=CellKind.DECIMAL, signed=True, read=_place_outside),
        *_half(_outside_half, _quarter_outside),
    )  # fmt: skip


def _half(joined: object, apart: object) -> tuple[Column, ...]:
    """Return the middle half: its two ends in one cell of the page, and in two of the file."""
    return (
        Column(key="half", title=gettext_lazy("Middle half from – to"), kind=CellKind.DECIMAL, on=On.PAGE,
               read=joined),  # type: ignore[arg-type]
        Column(key="from", title=gettext_lazy("Middle half from"), kind=CellKind.DECIMAL, signed=True, on=On.FILE,
               read=lambda row: apart(row, row.low_quarter)),  # type: ignore[operator]
        Column(key="to", title=gettext_lazy("Middle half to"), kind=CellKind.DECIMAL, signed=True, on=On.FILE,
               read=lambda row: apart(row, row.high_quarter)),  # type: ignore[operator]
    )  # fmt: skip


def _hidden() -> Cell:
    return Cell(words=_("hidden"), hidden=True)


def _place(row: GroupQuality) -> Value | Cell:
    return Cell(words=_("not enough evidence yet")) if row.median is None else row.median


def _place_outside(row: OutsideQuality) -> Value | Cell:
    if row.nobody:
        return Cell(words=_("not enough evidence yet"))
    return _hidden() if row.median is None else row.median


def _quarter(row: GroupQuality, value: float | None) -> Value | Cell:
    return value


def _quarter_outside(row: OutsideQuality, value: float | None) -> Value | Cell:
    if row.nobody:
        return None
    return _hidden() if row.low_quarter is None or row.high_quarter is None else value


def _inside_half(row: GroupQuality) -> Value | Cell:
    return None if row.median is None else Cell(shown=_from_to(row))


def _outside_half(row: OutsideQuality) -> Value | Cell:
    if row.nobody:
        return None
    return _hidden() if row.low_quarter is None or row.high_quarter is None else Cell(shown=_from_to(row))


def _from_to(row: Quality) -> str:
    return _("%(low)s to %(high)s") % {"low": signed(row.low_quarter or 0), "high": signed(row.high_quarter or 0)}


def people_table(
    group: Group,
    rows: Iterable[MemberRow],
    *,
    occasion: str,
    qualities: int,
    sorting: Sorting,
    filters: tuple[tuple[str, str], ...],
) -> Table:
    """Return the people of a group, by name and number as a class list has them: the import desk takes it in again."""
    about = f"?occasion={quote(occasion)}" if occasion else ""
    name, number = gettext_lazy("Name"), gettext_lazy("Student number")
    known, pieces = gettext_lazy("Qualities known"), gettext_lazy("Pieces of evidence")
    columns = [
        Column(key="name", title=name, sort="name", nowrap=True,
               read=lambda row: Cell(value=row.name, link=reverse("portrait", args=[row.person.pk]) + about)),
        Column(key="number", title=number, sort="number", read=lambda row: row.person.code),
        Column(key="known", title=known, kind=CellKind.WHOLE, sort="known",
               read=lambda row: Cell(value=row.known, shown=f"{row.known} / {qualities}")),
        Column(key="pieces", title=pieces, kind=CellKind.WHOLE, sort="pieces", wide_only=True,
               read=lambda row: row.pieces),
        Column(key="strengths", title=gettext_lazy("Clear strengths"), read=lambda row: row.strengths),
    ]  # fmt: skip
    if group.kind == Group.Kind.PRESENTATION:
        columns.append(Column(key="result", title=gettext_lazy("Result"), read=lambda row: row.outcome))
    notes = (_("Period: %(period)s") % {"period": occasion},) if occasion else ()
    return Table(
        key="people", title=_("People"), columns=columns, rows=rows, grey=lambda row: not row.known, notes=notes,
        sorting=sorting, filters=filters,
    )  # fmt: skip


def assessments_table(group: Group, rows: Iterable[ItemRow]) -> Table:
    """Return the assessments of a group; results and mean are those of its people."""
    columns = [
        Column(key="assessment", title=gettext_lazy("Assessment"),
               read=lambda row: Cell(value=row.item.name, link=reverse("assessment", args=[row.item.pk]))),
        Column(key="results", title=gettext_lazy("Results"), kind=CellKind.WHOLE, read=lambda row: row.item.n),
        Column(key="mean", title=gettext_lazy("Mean, % of the highest"), kind=CellKind.PERCENT, read=_mean),
        Column(key="difficulty", title=gettext_lazy("Difficulty"), kind=CellKind.DECIMAL, signed=True,
               read=lambda row: row.difficulty),
        Column(key="discrimination", title=gettext_lazy("Discrimination"), kind=CellKind.DECIMAL, signed=True,
               read=lambda row: row.discrimination),
        Column(key="note", title=gettext_lazy("Note"), read=lambda row: row.note),
    ]  # fmt: skip
    if group.occasion:
        due = Column(key="due", title=gettext_lazy("Due day"), kind=CellKind.WHOLE, read=lambda row: row.item.due_day)
        columns.insert(1, due)
    notes = (
        _("Results and mean are those of the people of this group."),
        _(
            "Difficulty: 0 suits the average learner, above 0 is harder. Discrimination: near 0 the mark says nothing "
            "of where a learner stands."
        ),
    )
    return Table(key="assessments", title=_("Assessments"), columns=columns, rows=rows, notes=notes)


def _mean(row: ItemRow) -> Value:
    mean: float | None = row.item.mean  # type: ignore[attr-defined]
    return None if mean is None else mean / 100


def scale_tables(scales: Iterable[ScaleView]) -> Iterator[Table]:
    """Yield the tables behind the charts of scales."""
    for scale in scales:
        yield scale.places
        yield scale.information
