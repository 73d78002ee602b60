"""Pages of rating sheets: a rater's workbook out, the filled one looked at, and saved as drafts."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import MOST_BYTES, EmptyFileError, RatingSheetReport
from yucai.web.accounts.access import read_people
from yucai.web.accounts.requests import asking
from yucai.web.evidence.rating_files import SheetUnderstood, read_sheet, save_sheet, seats_to_fill, sheet_file
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.rating_planning import plan_of, rubric_of
from yucai.web.evidence.rating_showing import people_shown, whose
from yucai.web.evidence.uploads import capped_upload, was_cut

__all__ = ["save", "sheet", "upload_sheet"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEGABYTE: Final = 1_000_000
REASON: Final = "reason-"


@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The workbook of my works in a round, with what I saved so far."""
    found = _round_of_mine(request, pk, page="rating-sheet")
    answer = HttpResponse(sheet_file(found, asking(request), language=_language()), content_type=XLSX)
    name = _("%(round)s - my ratings.xlsx") % {"round": found.name}
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@capped_upload
@require_POST
def upload_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """What was understood of a filled sheet; nothing of it is saved yet."""
    found = _round_of_mine(request, pk, page="rating-sheet-read")
    sent = request.FILES.get("sheet")
    name = sent.name or "" if sent is not None else ""
    try:
        if was_cut(request):
            said = _("The file is larger than %(limit)d MB, so it is no rating sheet. Choose the one you filled in.")
            messages.error(request, said % {"limit": MOST_BYTES // MEGABYTE})
            return redirect("ratings")
        if sent is None:
            messages.error(request, _("No file was chosen. Choose the rating sheet that you filled in."))
            return redirect("ratings")
        if not sent.size:
            raise EmptyFileError(file=name)
        understood = read_sheet(found, asking(request), content=sent.read(), name=name, at=timezone.now())
    except YucaiError as refused:
        messages.error(request, refused.in_language(_language()))
        return redirect("ratings")
    return _sheet_page(request, found, understood)


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Save what was shown of a sheet as drafts; handing in is another step."""
    found, account = _round_of_mine(request, pk, page="rating-sheet-saved"), asking(request)
    reasons = {name.removeprefix(REASON): str(said) for name, said in request.POST.items() if name.startswith(REASON)}
    try:
        n = save_sheet(
            record=found, seal=request.POST.get("seal", ""), reasons=reasons, by=account, at=timezone.now()
        )  # fmt: skip
    except FaultyInputError as refused:
        for fault in refused.faults:
            messages.error(request, fault.in_language(_language()))
    except YucaiError as refused:
        messages.error(request, refused.in_language(_language()))
    else:
        said = ngettext(
            "Drafts of %(n)d work were saved from the sheet. They count once you hand in.",
            "Drafts of %(n)d works were saved from the sheet. They count once you hand in.",
            n,
        )
        messages.success(request, said % {"n": n})
    return redirect("ratings")


def _language() -> str:
    return translation.get_language() or "en"


def _round_of_mine(request: HttpRequest, pk: int, *, page: str) -> RatingRoundRecord:
    """Return a round in which the account has seats; a number that names none is refused alike.

    Where the plan shows whose works they are, the look is written down.
    """
    found = RatingRoundRecord.objects.select_related("space", "group").filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    works = [seat.work for seat in seats_to_fill(asking(request), found)]
    read_people(asking(request), people_shown(found, works), page=page, at=timezone.now())
    return found


def _sheet_page(request: HttpRequest, found: RatingRoundRecord, understood: SheetUnderstood) -> HttpResponse:
    plan, names = plan_of(found), {c.code: c.name.in_language(_language()) for c in rubric_of(found).criteria}
    rows = [
        {
            "row": row,
            "whose": whose(plan, row.work),
            "levels": [
                (name, row.levels[code], row.before.get(code)) for code, name in names.items() if code in row.levels
            ],
        }
        for row in understood.rows
    ]
    report = understood.report
    facts = {
        "round": found,
        "space": found.space,
        "report": report,
        "rows": rows,
        "criteria": len(names),
        "seal": understood.seal,
        "open": _open(report),
        **_words(report),
    }
    return render(request, "rating_sheet.html", facts)


def _words(report: RatingSheetReport) -> dict[str, list[str]]:
    language = _language()
    return {
        "faults": [fault.in_language(language) for fault in report.faults],
        "refused": [row.in_language(language) for row in report.refused],
        "notices": [notice.in_language(language) for notice in report.notices],
    }


def _open(report: RatingSheetReport) -> list[tuple[str, int]]:
    """Return how many ratings each work still lacks in the sheet."""
    counted: dict[str, int] = {}
    for work, _criterion in report.missing:
        counted[work] = counted.get(work, 0) + 1
    return list(counted.items())
