"""A table is described once: its columns, and how each is read from a row. Page and workbook come of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from django.utils.functional import Promise

from yucai.evidence import CellKind
from yucai.texts import Text

__all__ = ["Cell", "Column", "On", "Sorting", "Table", "Value", "nothing", "plain_table"]

Value = str | int | float | date | datetime | Text | Promise | None
"""What a cell holds; a text of the library is said in the language of the page."""


class On:
    """Where a column stands. Links and buttons are of no use in a file; parts that a page joins are apart there."""

    BOTH: Final = "both"
    PAGE: Final = "page"
    FILE: Final = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of which more is to say than its value.

    ``words`` stand in place of the value, on the page and in the file: why there is none. ``hidden`` tells that it is
    hidden by the rules of release, whose reasons stand below the table. The rest dresses the page: ``shown`` instead
    of the value, a ``link``, ``small`` words beside it, the class of a ``mark``.
    """

    value: Value = None
    words: str = ""
    hidden: bool = False
    shown: str = ""
    link: str = ""
    small: str = ""
    mark: str = ""


Read = Callable[[Any], Value | Cell]


def _nothing_to_read(row: Any) -> Value:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head in the language of the page, what its cells are, and how they are read from a row.

    ``template`` is what a page shows in the cell instead, given the ``row``; such a column stands on the page alone.
    ``sort`` is the word of an address by which the rows are put in the order of this column.
    """

    key: str
    title: str | Promise
    read: Read = _nothing_to_read
    kind: CellKind = CellKind.TEXT
    places: int = 0
    signed: bool = False
    on: str = On.BOTH
    unseen: bool = False  # the head is for the ear alone: what stands below says it to the eye
    template: str = ""
    nowrap: bool = False
    wide_only: bool = False  # on a phone the page of the row says it
    sort: str = ""

    @property
    def on_page(self) -> bool:
        """Whether the page has it."""
        return self.on != On.FILE

    @property
    def in_file(self) -> bool:
        """Whether the workbook has it."""
        return self.on != On.PAGE and not self.template


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """The order in which the rows of a table stand, and the address of a page without any order or number of page."""

    by: str = ""
    down: bool = False
    query: str = ""


def _never(row: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: what it is called, its columns, and its rows, which are all of them where a file was asked for.

    ``notes`` stand in the file: why cells are hidden, how numbers are to be read. ``filters`` say by what the rows
    were chosen. ``href`` is the address of the file; the page that shows the table fills it in.
    """

    key: str
    title: str | Promise
    columns: Sequence[Column]
    rows: Iterable[Any]
    grey: Callable[[Any], bool] = _never
    notes: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    sorting: Sorting = field(default_factory=Sorting)
    href: str = ""
    caption: str = ""


def nothing(value: Value, words: str) -> Value | Cell:
    """Return a value, or, where there is none, words that say why."""
    return Cell(words=words) if value is None else value


def plain_table(
    key: str, title: str, columns: Sequence[tuple[str, CellKind, int]], rows: Iterable[Sequence[Value | Cell]]
) -> Table:
    """Return a table of rows that are sequences, by head, kind and places of each column."""
    described = [
        Column(key=str(place), title=head, kind=kind, places=places, read=itemgetter(place))
        for place, (head, kind, places) in enumerate(columns)
    ]
    return Table(key=key, title=title, columns=tuple(described), rows=tuple(rows))
