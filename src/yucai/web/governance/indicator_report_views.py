"""The page of the year report: how far it is, what contradicts, who still has to sign, and the files."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from yucai.governance import write_report_docx, write_report_xlsx
from yucai.web.accounts.audit import note
from yucai.web.accounts.requests import asking
from yucai.web.governance.indicator_doors import governed_space, governed_spaces, keeps_indicators
from yucai.web.governance.indicator_reports import report_of
from yucai.web.governance.indicator_showing import last_year
from yucai.web.listing import XLSX, said

__all__ = ["quality_report"]

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
YEARS_BACK: Final = 5
WRITTEN: Final = {"docx": (write_report_docx, DOCX), "xlsx": (write_report_xlsx, XLSX)}


@require_safe
def quality_report(request: HttpRequest) -> HttpResponse:
    """The year report on undergraduate teaching, as a page, as Word and as Excel, all from the same rows."""
    account, at = asking(request), timezone.now()
    if not keeps_indicators(account):
        raise PermissionDenied
    space, newest = governed_space(account, request.GET.get("space", "")), last_year(at)
    asked = request.GET.get("year", "")
    year = min(max(int(asked), newest - YEARS_BACK), newest) if asked.isdecimal() and len(asked) == 4 else newest
    report = report_of(space, year, by=account, at=at)
    kind = request.GET.get("as", "")
    if kind in WRITTEN:
        write, mime = WRITTEN[kind]
        note("table.taken", by=account, at=at, space=space, target=f"quality_report:{kind}",
             detail={"rows": len(report.items)})  # fmt: skip
        answer = HttpResponse(write(report, language=translation.get_language() or "en"), content_type=mime)
        answer["Content-Disposition"] = f'attachment; filename="yucai-quality-report-{year}.{kind}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    facts = {
        "space": space, "spaces": governed_spaces(account), "year": year, "report": report,
        "years": range(newest - YEARS_BACK, newest + 1),
        "open_items": [(one.code, said(one.name), said(says)) for one, says in report.open_items],
    }  # fmt: skip
    return render(request, "quality_report.html", facts)
