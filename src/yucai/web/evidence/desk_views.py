"""The import desk: drop a file, and see and correct how it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import YucaiError
from yucai.evidence import (
    BASES,
    GRADES,
    STATE_NAMES,
    EmptyFileError,
    FileTooLargeError,
    SourceFacts,
    load_profiles,
)
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.evidence.desk import NOT_THERE, Understood, read_upload, space_imports, understood
from yucai.web.evidence.desk_doors import language, open_space, open_upload
from yucai.web.evidence.desk_files import (
    choose,
    clean_name,
    keep_upload,
    state_highest,
    throw_away,
    wish_of,
)
from yucai.web.evidence.import_tables import imports_table
from yucai.web.evidence.imported_views import refused_workbook
from yucai.web.evidence.models import OWN_WORKS, Import, Upload
from yucai.web.evidence.settling import settle
from yucai.web.evidence.taking import SET_ASIDE

__all__ = ["desk", "drop", "following", "refused", "throw", "upload"]

MOST_FILES: Final = 20
MOST_IMPORTS: Final = 50
FROM_PAGES: Final = (OWN_WORKS, SET_ASIDE)  # data sets that come from no file: the desk cannot undo them
MOST_LINES: Final = 12
MOST_HIGHEST: Final = 10_000


@require_safe
def desk(request: HttpRequest, code: str) -> HttpResponse:
    """The desk of one institution: where files are dropped, what lies there, what was taken in."""
    space = open_space(request, code)
    lying = Upload.objects.filter(space=space, state=Upload.State.OPEN).select_related("job").order_by("pk")
    names = {code: profile.name for code, profile in load_profiles().items()}
    taken = space_imports(space, most=None if table_asked(request) else MOST_IMPORTS)
    imports = [(entry, names.get(entry.profile), _supplied(entry)) for entry in taken]
    facts = {"space": space, "lying": lying, "imports": imports}
    facts["files"] = [one for one in imports if one[0].source.code not in FROM_PAGES]
    facts["from_pages"] = [one for one in imports if one[0].source.code in FROM_PAGES]
    tables = [imports_table(imports)]
    return answer_tables(request, "import_desk.html", facts, tables, at=timezone.now(), spaces=[space])


@require_POST
def drop(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Keep the dropped files aside; the first is shown at once, the others in turn."""
    space, account = open_space(request, code), asking(request)
    kept = []
    sent = request.FILES.getlist("files")[:MOST_FILES]
    if not sent:
        messages.error(request, _("No file was chosen. Choose one, or drop it on the field."))
    for file in sent:
        try:
            kept.append(keep_upload(space=space, by=account, sent=file, at=timezone.now()))
            _tell_same(request, kept[-1], file.name)
        except (EmptyFileError, FileTooLargeError) as problem:
            messages.error(request, problem.in_language(language()))
    if not kept:
        return redirect("import_desk", code=code)
    if len(kept) > 1:
        messages.info(request, _("%(n)d files lie on the desk; this is the first.") % {"n": len(kept)})
    return redirect("upload", code=code, pk=kept[0].pk)


def _tell_same(request: HttpRequest, found: Upload, name: str | None) -> None:
    if clean_name(name or "") != found.file_name:
        said = _("“%(file)s” holds the same as “%(there)s”, which lies on the desk already: it is there once.")
        messages.info(request, said % {"file": clean_name(name or ""), "there": found.file_name})


def _supplied(entry: Import) -> int:
    """Return how many refused rows of an import were brought in since."""
    return sum(len(one.brought) for one in entry.supplemented_by.all() if one.undone_at is None)


def upload(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What was understood of a file; a POST corrects it, and names what the law asks of its source."""
    found = open_upload(request, code, pk)
    if request.method == "POST":
        return _chosen(request, found)
    shown = understood(found, at=timezone.now())
    facts = {"bases": BASES, "grades": GRADES, "not_there": NOT_THERE}
    report = shown.reading.report if shown.reading is not None else None
    more = max(0, report.refused_count - MOST_LINES) if report is not None else 0
    lines = [row.in_language(language()) for row in report.refused[:MOST_LINES]] if report is not None else []
    states = _states(report.states) if report is not None else ""
    return render(
        request,
        "import_upload.html",
        {"space": found.space, "upload": found, "shown": shown, "report": report, "refused": lines, "more": more,
         "problem": _problem(request, shown),
         "notices": [one.in_language(language()) for one in (*(report.notices if report else ()), *shown.left_out)],
         "states": states, **facts},
    )  # fmt: skip


def _problem(request: HttpRequest, shown: Understood) -> str:
    """Return why a file cannot be read: not what is asked plainly, nor what a message on the page says already."""
    if shown.problem is None or shown.lacking is not None:
        return ""
    said = messages.get_messages(request)
    told = {str(message) for message in said}
    said.used = False  # type: ignore[union-attr]  # looked at, not shown: the page shows them
    problem = shown.problem.in_language(language())
    return "" if problem in told else problem


@require_safe
def refused(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The refused rows as a workbook to correct and send back."""
    found = open_upload(request, code, pk)
    try:
        reading = read_upload(found, at=timezone.now())
    except YucaiError as problem:
        raise Http404 from problem
    report = settle(reading, wish_of(found), space=found.space).reading.report
    if not report.refused_count:
        raise Http404
    return refused_workbook(report)


@require_safe
def following(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """The next file that this account has on the desk; where there is none, the desk, which says so."""
    space = open_space(request, code)
    lying = Upload.objects.filter(space=space, by=asking(request), state=Upload.State.OPEN, job=None)
    after = lying.order_by("pk").first()
    if after is not None:
        return redirect("upload", code=code, pk=after.pk)
    messages.info(request, _("No other file of yours lies on the desk."))
    return redirect("import_desk", code=code)


@require_POST
def throw(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Take a file off the desk; nothing of it was recorded."""
    found = open_upload(request, code, pk)
    throw_away(upload=found)
    messages.success(request, _("“%(file)s” was thrown away; nothing was recorded.") % {"file": found.file_name})
    return redirect("import_desk", code=code)


def _states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{STATE_NAMES[state].in_language(language())} {n}" for state, n in states.items())


def _chosen(request: HttpRequest, found: Upload) -> HttpResponseRedirect:
    """Keep what the form says; go on to the changes, or show the file anew."""
    said = request.POST
    kind = said.get("profile", "")
    if kind not in load_profiles():
        messages.error(request, _("Choose the kind of table."))
        return redirect("upload", code=found.space.code, pk=found.pk)
    if "kind" in said:  # only the kind was changed: its columns are told anew
        choose(upload=found, profile=kind)
        return redirect("upload", code=found.space.code, pk=found.pk)
    shown = understood(found, at=timezone.now())
    if (column := said.get("is-column", "")) and shown.lacking is not None and column == shown.lacking.column:
        choose(upload=found, profile=kind)
        choose(upload=found, chosen={**found.chosen, column: shown.lacking.guess})
        return redirect("upload", code=found.space.code, pk=found.pk)
    was = {column.name: column.found for column in shown.columns}
    chosen = dict(found.chosen)
    for name, before in was.items():
        title = said.get(f"column-{name}", before)
        if title != before and (not title or title in shown.titles):
            chosen[name] = title or NOT_THERE
    months = said.get("retention_months", "")
    facts = SourceFacts(
        purpose=said.get("purpose", "").strip()[:300],
        legal_basis=said.get("legal_basis", ""),
        owner=said.get("owner", "").strip()[:200],
        grade=said.get("grade", ""),
        retention_months=int(months) if months.isascii() and months.isdigit() and len(months) < 5 else 0,
    )
    choose(upload=found, profile=kind)
    choose(
        upload=found,
        source=_source(said.get("source", ""), kind),
        chosen=chosen,
        facts=None if shown.facts_known else facts,
    )
    _state_highest(found, said)
    where = "upload" if "look" in said else "import_changes"
    return redirect(where, code=found.space.code, pk=found.pk)


def _source(said: str, kind: str) -> str:
    """Return the name of a source; one that is called as its kind of table is has the kind's own code."""
    name, of_kind = said.strip()[:100], load_profiles()[kind].name
    return name if name and name not in {of_kind.en, of_kind.zh} else kind


def _state_highest(found: Upload, said: QueryDict) -> None:
    """Keep the answer to how high the questions go: the guess, another number, or that it is only a table."""
    kind = said.get("highest-is", "other")
    typed = said.get("highest-guess", "") if kind == "guess" else said.get("highest", "")
    if kind == "table":
        state_highest(upload=found, highest=None)
    elif (number := _number(typed)) is not None:
        state_highest(upload=found, highest=number)


def _number(said: str) -> float | None:
    """Return a number that was typed; None where nothing was, or none above 0."""
    try:
        number = float(said.strip() or "nan")
    except ValueError:
        return None
    return number if 0 < number < MOST_HIGHEST else None
