"""What was taken in: its rows, its refused rows, and how it is undone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import polars as pl
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from yucai.errors import YucaiError
from yucai.evidence import QualityReport, load_profiles, table_columns, write_refused
from yucai.web.accounts.access import read_people, visible_people
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.evidence.desk_doors import language, open_import
from yucai.web.evidence.import_tables import rows_table
from yucai.web.evidence.models import Import, PersonChange
from yucai.web.evidence.refusals_kept import kept_refusals
from yucai.web.evidence.settling import table_of
from yucai.web.evidence.taking import built_upon, undo_import

__all__ = ["refused_rows", "refused_workbook", "rows", "undo"]

ON_A_PAGE: Final = 50
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def rows(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The rows that an import brought, fifty on a page; who looks at people is written down."""
    entry = open_import(request, code, pk)
    if entry.profile not in load_profiles() or not hasattr(entry, "table") or entry.undone_at is not None:
        raise Http404
    table, profile = table_of(entry), load_profiles()[entry.profile]
    pages = max(1, -(-table.height // ON_A_PAGE))
    asked = request.GET.get("page", "1")
    page = min(pages, max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1))
    whole, at = bool(table_asked(request)), timezone.now()
    part = table if whole else table.slice((page - 1) * ON_A_PAGE, ON_A_PAGE)
    people = visible_people(asking(request)).filter(space=entry.source.space, code__in=_learners(part))
    read_people(asking(request), people, page="import-rows", at=at, taken=whole)
    titles, columns = table_columns(part, profile, language=language())
    lines = _lines(part, columns)
    facts = {"space": entry.source.space, "entry": entry, "kind": profile.name, "titles": titles, "lines": lines,
             "page": page, "pages": pages, "before": page - 1, "after": page + 1 if page < pages else 0,
             "total": table.height}  # fmt: skip
    tables = [rows_table(titles, columns, [place for place, _cells in lines])]
    return answer_tables(request, "import_rows.html", facts, tables, at=at, spaces=[entry.source.space], noted=True)


def _lines(part: pl.DataFrame, columns: list[Sequence[Any]]) -> list[tuple[str, list[str]]]:
    """Return the rows as they are shown, each with its place in the file."""
    places = [f"{sheet or ''} {row}".strip() for sheet, row in part.select("source_sheet", "source_row").iter_rows()]
    cells = zip(*columns, strict=True) if columns else iter([()] * len(places))
    return [(place, [_shown(cell) for cell in row]) for place, row in zip(places, cells, strict=True)]


@require_safe
def refused_rows(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The refused rows of an import as a workbook to correct and send back."""
    entry = open_import(request, code, pk)
    report = kept_refusals(entry) if entry.undone_at is None else None
    if report is None:
        raise Http404
    return refused_workbook(report)


def refused_workbook(report: QualityReport) -> HttpResponse:
    """Return the refused rows of a report as a workbook, named after their file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "refused.xlsx"
        write_refused(file, report, language=language())
        answer = HttpResponse(file.read_bytes(), content_type=XLSX)
    name = _("%(name)s - refused rows.xlsx") % {"name": Path(report.file).stem}
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What undoing an import would take back and what rests on it; a POST undoes it."""
    entry = open_import(request, code, pk)
    if request.method != "POST":
        later = built_upon(entry) if entry.undone_at is None else []
        shown = {"space": entry.source.space, "entry": entry, "takes_back": list(_takes_back(entry)), "later": later}
        return render(request, "import_undo.html", shown)
    try:
        undone = undo_import(entry=entry, by=asking(request).username, at=timezone.now())
    except YucaiError as problem:
        messages.error(request, problem.in_language(language()))
    else:
        messages.success(request, _("The import of “%(file)s” was undone.") % {"file": undone.file})
        if undone.stay:
            stay = _("%(n)d people stay as a bare number, for the log of readings names them.") % {"n": undone.stay}
            messages.info(request, stay)
    return redirect("import_desk", code=code)


def _takes_back(entry: Import) -> Iterator[str]:
    """Yield what undoing an import takes back, in numbers."""
    changes = PersonChange.objects.filter(came_with=entry)
    new = changes.filter(field=PersonChange.Field.PERSON)
    changed = changes.exclude(person__in=new.values("person")).values("person").distinct().count()
    made, scores, replaced = new.count(), entry.records.count(), entry.replaced_records.count()
    if made:
        yield ngettext("%(n)d person whom this file brought", "%(n)d people whom this file brought", made) % {"n": made}
    if changed:
        said = ngettext("what it changed of %(n)d person", "what it changed of %(n)d people", changed)
        yield said % {"n": changed}
    if scores:
        yield ngettext("%(n)d score of this file", "%(n)d scores of this file", scores) % {"n": scores}
    if replaced:
        said = ngettext("%(n)d score that it replaced comes back", "%(n)d scores that it replaced come back", replaced)
        yield said % {"n": replaced}
    if not made and not scores:
        yield ngettext("%(n)d row of this file", "%(n)d rows of this file", entry.kept) % {"n": entry.kept}


def _learners(part: pl.DataFrame) -> list[str]:
    return part["learner"].drop_nulls().unique().to_list() if "learner" in part.columns else []


def _shown(cell: object) -> str:
    """Return a cell as a person would write it.

    >>> _shown(80.0), _shown(None), _shown(date(2025, 9, 1))
    ('80', '', '2025-09-01')
    """
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:g}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
