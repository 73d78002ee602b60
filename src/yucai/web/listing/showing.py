"""A table on a page: its heads and cells in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import localtime

from yucai.evidence import CellKind
from yucai.texts import Text, signed
from yucai.web.listing.columns import Cell, Column, Table, Value

__all__ = ["EMPTY", "Head", "ShownCell", "ShownRow", "heads", "rounded", "said", "shown_rows", "written"]

EMPTY = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column on a page; ``href`` puts the rows in its order, ``order`` tells that they are."""

    title: str
    number: bool
    unseen: bool
    href: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell on a page."""

    head: str
    text: str
    number: bool
    nowrap: bool
    brief: str  # what a phone leaves out: “wide-only”, or “empty” where nothing stands
    first: bool
    hidden: bool
    link: str
    small: str
    mark: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row on a page, and what it is read from, for the cells that have a template."""

    row: Any
    grey: bool
    cells: tuple[ShownCell, ...]


def heads(table: Table) -> tuple[Head, ...]:
    """Return the heads of a table on its page."""
    return tuple(_head(column, table) for column in table.columns if column.on_page)


def _head(column: Column, table: Table) -> Head:
    sorting = table.sorting
    here = bool(column.sort) and sorting.by == column.sort
    turned = f"-{column.sort}" if here and not sorting.down else column.sort
    join = "&" if sorting.query else ""
    return Head(
        title=str(column.title),
        number=column.kind.is_number,
        unseen=column.unseen,
        href=f"?{sorting.query}{join}sort={turned}" if column.sort else "",
        order=("descending" if sorting.down else "ascending") if here else "",
    )


def shown_rows(table: Table) -> Iterator[ShownRow]:
    """Yield the rows of a table as its page shows them."""
    columns = [column for column in table.columns if column.on_page]
    head = next((place for place, column in enumerate(columns) if not column.template), 0)
    for row in table.rows:
        cells = tuple(_shown(column, row, first=place == head) for place, column in enumerate(columns))
        yield ShownRow(row=row, grey=table.grey(row), cells=cells)


def _shown(column: Column, row: Any, *, first: bool) -> ShownCell:
    read = Cell() if column.template else column.read(row)
    cell = read if isinstance(read, Cell) else Cell(value=read)
    text = cell.words or cell.shown or written(cell.value, column)
    return ShownCell(
        head="" if column.unseen else str(column.title),
        text=text,
        number=column.kind.is_number,
        nowrap=column.nowrap or column.kind in (CellKind.DAY, CellKind.TIME),
        brief=_brief(column, empty=not column.template and text == EMPTY),
        first=first,
        hidden=cell.hidden,
        link=cell.link,
        small=cell.small,
        mark=cell.mark,
        template=column.template,
    )


def _brief(column: Column, *, empty: bool) -> str:
    return "wide-only" if column.wide_only else "empty" if empty else ""


def said(value: Value) -> Any:
    """Return a value in the language of the page, where it is a text in several."""
    if isinstance(value, Text):
        return value.in_language(translation.get_language() or "en")
    return str(value) if isinstance(value, Promise) else value


def written(value: Value, column: Column) -> str:
    """Return a value as a page writes it: by the kind of its column."""
    plain = said(value)
    if plain is None or plain == "":
        return EMPTY
    if isinstance(plain, datetime):
        return f"{localtime(plain):%Y-%m-%d %H:%M}"
    if isinstance(plain, date):
        return plain.isoformat()
    if isinstance(plain, str):
        return plain
    if column.kind is CellKind.PERCENT:
        return _number(100 * rounded(plain, column), column.places)
    if column.signed:
        return signed(plain)
    return str(intcomma(plain)) if column.kind is CellKind.WHOLE else _number(plain, column.places)


def rounded(value: float, column: Column) -> float:
    """Return a number as its column says it, on the page and in the file: to as many places, and never minus nought."""
    places = 1 if column.signed else column.places
    return round(value, places + 2 if column.kind is CellKind.PERCENT else places) + 0.0


def _number(value: float, places: int) -> str:
    return f"{round(value, places) + 0.0:.{places}f}"
