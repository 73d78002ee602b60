"""A table of a page as a part of a paper: the same heads and cells, numbers to the right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.web.accounts.models import Space
from yucai.web.listing import ShownCell, Table, heads, shown_rows
from yucai.web.paper import SheetDrawing, SheetPart

__all__ = ["banner_of", "printed", "table_part", "written_cell"]


def table_part(
    table: Table, *besides: str, about: str = "", title: str = "", leave: Iterable[str] = (),
    widths: tuple[float, ...] = (), drawings: tuple[SheetDrawing, ...] = (),
) -> SheetPart:  # fmt: skip
    """Return a table as a part of a sheet, as the page writes it, without some of its columns; ``besides`` below it."""
    left = set(leave)
    shown = [column for column in table.columns if column.on_page]
    kept = [place for place, column in enumerate(shown) if column.key not in left and not column.template]
    titles = heads(table)
    return SheetPart(
        title=title or str(table.title),
        about=about,
        drawings=drawings,
        head=tuple(titles[place].title for place in kept),
        rows=tuple(tuple(written_cell(row.cells[place]) for place in kept) for row in shown_rows(table)),
        widths=widths,
        right=tuple(place for place, of in enumerate(kept) if titles[of].number),
        said=(*(str(note) for note in table.notes), *besides),
    )


def banner_of(spaces: Iterable[Space]) -> str:
    """Return what stands on top of every page of simulated data; nothing for real ones."""
    return _("Simulated data: nobody in it exists, or only some do.") if any(one.simulated for one in spaces) else ""


def printed(at: datetime) -> str:
    """Return when a paper was printed."""
    return _("Printed %(at)s") % {"at": f"{localtime(at):%Y-%m-%d %H:%M}"}


def written_cell(cell: ShownCell) -> str:
    """Return a cell with its small words, which stay together: “17 %”."""
    small = cell.small.replace(" ", "\u00a0") if len(cell.small) < 12 else cell.small
    return f"{cell.text} ({small})" if small else cell.text
