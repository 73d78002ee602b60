"""The provincial page, the same on paper, and the audit of somebody's own table."""

from __future__ import annotations

from typing import Final

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yucai.errors import YucaiError
from yucai.evidence import EmptyFileError, FileTooLargeError
from yucai.governance import load_indices, load_provinces
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, give_tables, table_asked
from yucai.web.evidence.uploads import capped_upload, was_cut
from yucai.web.governance.coordination_audit import (
    MOST_BYTES,
    AuditTold,
    audit_told,
    claim_of_file,
    example_table,
    held_audit,
    tables_of_held,
)
from yucai.web.governance.coordination_drive import drive_facts, drive_table
from yucai.web.governance.coordination_paper import coordination_sheet
from yucai.web.governance.coordination_reading import WEIGHINGS, choose, overlap, require_coordination, worked_out
from yucai.web.governance.coordination_showing import findings, limits, pictures, region_line
from yucai.web.governance.coordination_tables import obstacle_names, province_tables
from yucai.web.paper import sheet_pdf

__all__ = ["coordination", "coordination_audit", "coordination_file"]

MOST_NAMED: Final = 4
MEGABYTE: Final = 1_000_000


@require_safe
def coordination(request: HttpRequest) -> HttpResponse:
    """Provinces: T, C and D side by side, with how far ranks, grades and neighbours can be trusted."""
    account, at = asking(request), timezone.now()
    require_coordination(account)
    chosen = choose(request.GET.dict())
    report = worked_out(chosen.version, chosen.coupled.code, chosen.year, chosen.weighing)
    shared, pack = overlap(), load_indices()
    names = {one.code: one.name for one in load_provinces().units}
    facts = {
        "chosen": chosen,
        "report": report,
        "pack": pack,
        "weighings": WEIGHINGS,
        "source": load_provinces().source,
        "left_out": [(names[code], why) for code, why in pack.left_out.items()],
        "findings": findings(report, shared),
        "limits": limits(),
        "obstacles": obstacle_names(report)[:MOST_NAMED],
        "regions": region_line(report),
        "pictures": {} if table_asked(request) else pictures(report, language=translation.get_language() or "en"),
        "drive": {} if table_asked(request) else drive_facts(),
        "query": request.GET.urlencode(),
    }
    tables = [*province_tables(report, chosen, shared), drive_table()]
    return answer_tables(request, "coordination.html", facts, tables, at=at)


@require_safe
def coordination_file(request: HttpRequest) -> HttpResponse:
    """The provincial page on paper."""
    account, at = asking(request), timezone.now()
    require_coordination(account)
    chosen = choose(request.GET.dict())
    report = worked_out(chosen.version, chosen.coupled.code, chosen.year, chosen.weighing)
    shared = overlap()
    tables = [*province_tables(report, chosen, shared), drive_table()]
    sheet = coordination_sheet(
        report, chosen, tables, findings(report, shared), language=translation.get_language() or "en", at=at
    )
    answer = HttpResponse(sheet_pdf(sheet, at=at), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="yucai-coordination-{chosen.coupled.code}-{chosen.year}.pdf"'
    return answer


@capped_upload
@require_http_methods(["GET", "HEAD", "POST"])
def coordination_audit(request: HttpRequest) -> HttpResponse:
    """Which formulas are behind a table that somebody uploads. Nothing of it is kept.

    What was found goes out with the page, sealed, and comes back when it is asked for as a workbook.
    """
    account, at = asking(request), timezone.now()
    require_coordination(account)
    facts: dict[str, object] = {"megabytes": MOST_BYTES // MEGABYTE}
    if request.method == "POST" and "found" in request.POST:
        try:
            return give_tables(request, *tables_of_held(request.POST["found"], by=account), at=at)
        except BadSignature:
            facts["refused"] = _("This result is more than a day old or not yours. Upload the table again.")
            return render(request, "coordination_audit.html", facts | {"tables": {}}, status=422)
    if request.method == "POST":
        try:
            told = _audited(request)
            facts |= {"told": told, "held": held_audit(told, by=account)}
        except YucaiError as refused:
            facts["refused"] = refused.in_language(translation.get_language() or "en")
            return render(request, "coordination_audit.html", facts | {"tables": {}}, status=422)
    return answer_tables(request, "coordination_audit.html", facts, [example_table()], at=at)


def _audited(request: HttpRequest) -> AuditTold:
    """Return what the audit of the file of a request found. Raises the refusals of files and of tables."""
    sent = request.FILES.get("table")
    name = (sent.name or "") if sent is not None else ""
    if was_cut(request) or (sent is not None and (sent.size or 0) > MOST_BYTES):
        limit = MOST_BYTES // MEGABYTE
        size = -(-(sent.size or 0) // MEGABYTE) if sent is not None else 0
        raise FileTooLargeError(file=name or _("The table"), megabytes=max(size, limit + 1), limit=limit)
    if sent is None or not sent.size:
        raise EmptyFileError(file=name or _("The table"))
    return audit_told(claim_of_file(sent.read(), name=name))
