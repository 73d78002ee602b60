"""The page of the year report: how far it is, what contradicts, who still has to sign, and the files."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from yucai.governance import (
    CHECK_STATES,
    write_collection_docx,
    write_collection_xlsx,
    write_report_docx,
    write_report_xlsx,
)
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.governance.indicator_collection import collection_of
from yucai.web.governance.indicator_doors import governed_space, governed_spaces, keeps_indicators
from yucai.web.governance.indicator_reports import report_of
from yucai.web.governance.indicator_showing import last_year
from yucai.web.governance.indicator_tables import collection_table
from yucai.web.listing import XLSX, said

__all__ = ["quality_report"]

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
YEARS_BACK: Final = 5
WRITTEN: Final = {"docx": (write_report_docx, DOCX), "xlsx": (write_report_xlsx, XLSX)}
COLLECTED: Final = {"tables-docx": (write_collection_docx, DOCX), "tables-xlsx": (write_collection_xlsx, XLSX)}


@require_safe
def quality_report(request: HttpRequest) -> HttpResponse:
    """The year report and the state-collection tables, as a page, as Word and as Excel, all from the same rows."""
    account, at = asking(request), timezone.now()
    if not keeps_indicators(account):
        raise PermissionDenied
    space, newest = governed_space(account, request.GET.get("space", "")), last_year(at)
    asked = request.GET.get("year", "")
    year = min(max(int(asked), newest - YEARS_BACK), newest) if asked.isdecimal() and len(asked) == 4 else newest
    kind, language = request.GET.get("as", ""), translation.get_language() or "en"
    if kind in COLLECTED:
        tables = collection_of(space, year, by=account, at=at)
        collect, mime = COLLECTED[kind]
        lines = sum(len(table.lines) for table in tables.tables)
        _noted(kind, lines, by=account, space=space, at=at)
        return _file(collect(tables, language=language), mime, f"state-tables-{year}.{kind.removeprefix('tables-')}")
    report = report_of(space, year, by=account, at=at)
    if kind in WRITTEN:
        write, mime = WRITTEN[kind]
        _noted(kind, len(report.items), by=account, space=space, at=at)
        return _file(write(report, language=language), mime, f"quality-report-{year}.{kind}")
    tables = collection_of(space, year, by=account, at=at)
    facts = {
        "space": space, "spaces": governed_spaces(account), "year": year, "report": report,
        "years": range(newest - YEARS_BACK, newest + 1),
        "open_items": [(one.code, said(one.name), said(says)) for one, says in report.open_items],
        "collected": tables, "collection_table": collection_table(tables),
        "found": [(said(CHECK_STATES[one.state]), said(one.says)) for one in tables.found],
    }  # fmt: skip
    return render(request, "quality_report.html", facts)


def _noted(kind: str, rows: int, *, by: Account, space: Space, at: datetime) -> None:
    note("table.taken", by=by, at=at, space=space, target=f"quality_report:{kind}", detail={"rows": rows})


def _file(content: bytes, mime: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=mime)
    answer["Content-Disposition"] = f'attachment; filename="yucai-{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
