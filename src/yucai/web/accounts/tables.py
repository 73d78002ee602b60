"""Pages with tables, and the same tables as workbooks: one view decides who sees what, and writes down who did.

``?as=xlsx&table=KEY`` on the address of a page asks for one of its tables as a file. The view that makes the page makes
the file: the same decisions, the same rows, all of them instead of one page of them (decision 0045).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.listing import About, Table, table_file

__all__ = ["answer_tables", "give_tables", "rows_shown", "table_asked"]

AS: Final = "as"
WHICH: Final = "table"
MOST_DIGITS: Final = 7  # of the number of a page; a longer one names none


def table_asked(request: HttpRequest) -> str:
    """Return the key of the table that is asked for as a file, or an empty text for the page."""
    return request.GET.get(WHICH, "") if request.method == "GET" and request.GET.get(AS) == "xlsx" else ""


def rows_shown(request: HttpRequest, rows: QuerySet[Any], *, a_page: int, table: str) -> Page[Any]:
    """Return the rows that a page shows, or all of them where the table is asked for as a file.

    How many there are is asked with them, in one question, but where a page is asked for that there is not.
    """
    if table_asked(request) == table:
        return Paginator(rows, max(1, rows.count())).page(1)
    said = request.GET.get("page", "1")
    number = int(said) if said.isdecimal() and len(said) < MOST_DIGITS else 1
    first = max(0, number - 1) * a_page
    found = list(rows.annotate(rows_in_all=Window(Count("pk")))[first : first + a_page])
    if number != 1 and not (number and found):
        return Paginator(rows, a_page).get_page(said)
    shown = _Counted(rows, a_page, n=found[0].rows_in_all if found else 0).page(number)
    shown.object_list = found
    return shown


class _Counted(Paginator):  # type: ignore[type-arg]
    """A paginator that was told how many rows there are."""

    def __init__(self, rows: QuerySet[Any], a_page: int, *, n: int) -> None:
        super().__init__(rows, a_page)
        self.n = n

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.n


def answer_tables(
    request: HttpRequest,
    template: str,
    facts: Mapping[str, Any],
    tables: Iterable[Table],
    *,
    at: datetime,
    spaces: Sequence[Space] = (),
    noted: bool = False,
) -> HttpResponse:
    """Return a page with its tables as ``tables``, or the one that is asked for as a workbook.

    ``noted`` tells that the trail says already whose data were given; else it is told that a table was. Raises Http404
    for a table that the page does not have.
    """
    known = {table.key: table for table in tables}
    wanted = table_asked(request)
    if not wanted:
        shown = {key.replace("-", "_"): replace(table, href=_href(request, key)) for key, table in known.items()}
        return render(request, template, {**facts, "tables": shown})
    if wanted not in known:
        raise Http404
    return give_tables(request, known[wanted], at=at, spaces=spaces, noted=noted)


def give_tables(
    request: HttpRequest,
    table: Table,
    *beside: Table,
    at: datetime,
    spaces: Sequence[Space] = (),
    noted: bool = False,
) -> HttpResponse:
    """Return a table as a workbook, with others beside it; the trail says who took it, unless ``noted``."""
    account = asking(request)
    rows = list(table.rows)
    if not noted:
        name = request.resolver_match.url_name if request.resolver_match is not None else ""
        space = spaces[0] if len(spaces) == 1 else None
        note("table.taken", by=account, at=at, space=space, target=f"{name}:{table.key}"[:100],
             detail={"rows": len(rows)})  # fmt: skip
    language = translation.get_language() or "en"
    about = About(
        spaces=[space.name for space in spaces],
        simulated=any(space.simulated for space in spaces),
        made_for=f"{account.name.in_language(language)} · {account.get_role_display()}",
        address=request.path,
        at=at,
    )
    return table_file(replace(table, rows=rows), about, *beside)


def _href(request: HttpRequest, key: str) -> str:
    """Return the address of a table as a file: as the page is filtered and sorted, without the number of a page."""
    query = request.GET.copy()
    for name in ("page", AS, WHICH):
        query.pop(name, None)
    query[AS], query[WHICH] = "xlsx", key
    return f"?{query.urlencode()}"
