"""The import desk: drop a file, see what was understood, see what would change, take it in, undo it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
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
    check_source,
    load_profiles,
    write_refused,
)
from yucai.web.accounts.access import may_import
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.evidence.desk import NOT_THERE, changes_of, read_upload, space_imports, understood
from yucai.web.evidence.desk_files import (
    choose,
    choose_correction,
    keep_upload,
    start_taking,
    throw_away,
)
from yucai.web.evidence.foreseeing import facts_of
from yucai.web.evidence.models import Import, Upload
from yucai.web.evidence.taking import undo_import
from yucai.web.jobs.models import Job

__all__ = ["changes", "desk", "drop", "refused", "take", "throw", "undo", "upload"]

MOST_FILES: Final = 20
MOST_LINES: Final = 12
MOST_HIGHEST: Final = 10_000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def desk(request: HttpRequest, code: str) -> HttpResponse:
    """The desk of one institution: where files are dropped, what lies there, what was taken in."""
    space = _open_space(request, code)
    lying = Upload.objects.filter(space=space, state=Upload.State.OPEN).select_related("job").order_by("pk")
    names = {code: profile.name for code, profile in load_profiles().items()}
    imports = [(entry, names.get(entry.profile)) for entry in space_imports(space)]
    return render(request, "import_desk.html", {"space": space, "lying": lying, "imports": imports})


@require_POST
def drop(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Keep the dropped files aside; the first is shown at once, the others in turn."""
    space, account = _open_space(request, code), asking(request)
    kept = []
    sent = request.FILES.getlist("files")[:MOST_FILES]
    if not sent:
        messages.error(request, _("No file was chosen. Choose one, or drop it on the field."))
    for file in sent:
        try:
            kept.append(keep_upload(space=space, by=account, sent=file, at=timezone.now()))
        except (EmptyFileError, FileTooLargeError) as problem:
            messages.error(request, problem.in_language(_language()))
    if not kept:
        return redirect("import_desk", code=code)
    if len(kept) > 1:
        messages.info(request, _("%(n)d files lie on the desk; this is the first.") % {"n": len(kept)})
    return redirect("upload", code=code, pk=kept[0].pk)


def upload(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What was understood of a file; a POST corrects it, and names what the law asks of its source."""
    found = _open_upload(request, code, pk)
    if request.method == "POST":
        return _chosen(request, found)
    shown = understood(found, at=timezone.now())
    facts = {"bases": BASES, "grades": GRADES, "not_there": NOT_THERE}
    report = shown.reading.report if shown.reading is not None else None
    more = max(0, report.refused_count - MOST_LINES) if report is not None else 0
    lines = [row.in_language(_language()) for row in report.refused[:MOST_LINES]] if report is not None else []
    states = _states(report.states) if report is not None else ""
    return render(
        request,
        "import_upload.html",
        {"space": found.space, "upload": found, "shown": shown, "report": report, "refused": lines, "more": more,
         "problem": shown.problem.in_language(_language()) if shown.problem is not None else "",
         "notices": [notice.in_language(_language()) for notice in report.notices] if report is not None else [],
         "states": states, **facts},
    )  # fmt: skip


@require_safe
def refused(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The refused rows as a workbook to correct and send back."""
    found = _open_upload(request, code, pk)
    try:
        reading = read_upload(found, at=timezone.now())
    except YucaiError as problem:
        raise Http404 from problem
    if not reading.report.refused_count:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "refused.xlsx"
        write_refused(file, reading.report, language=_language())
        answer = HttpResponse(file.read_bytes(), content_type=XLSX)
    name = _("%(name)s - refused rows.xlsx") % {"name": Path(found.file_name).stem}
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


def changes(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What taking a file in would change; a POST says what it corrects, and whose rows without a number are."""
    found = _open_upload(request, code, pk)
    now = timezone.now()
    try:
        reading = read_upload(found, at=now)
        check_source(found.file_name, _facts(found, reading.profile.code))
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
        return redirect("upload", code=code, pk=pk)
    if request.method == "POST":
        return _answered(request, found)
    shown = changes_of(found, reading)
    said = {place: number for place, number in found.answers.items() if number}
    faults = [fault.in_language(_language()) for fault in shown.foreseen.faults]
    notices = [notice.in_language(_language()) for notice in shown.foreseen.notices]
    diff = shown.foreseen.diff.in_language(_language()) if shown.foreseen.diff is not None else ""
    return render(
        request,
        "import_changes.html",
        {"space": found.space, "upload": found, "shown": shown, "foreseen": shown.foreseen, "diff": diff,
         "profile": reading.profile, "report": reading.report, "faults": faults, "notices": notices, "said": said},
    )  # fmt: skip


@require_POST
def take(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Take a file in."""
    found = _open_upload(request, code, pk)
    now = timezone.now()
    try:
        if "corrects" in request.POST:
            _correct(request, found)
            found = _open_upload(request, code, pk)
        done = start_taking(upload=found, reading=read_upload(found, at=now), by=asking(request), at=now)
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
        return redirect("import_changes", code=code, pk=pk)
    if isinstance(done, Job):
        return redirect("job", pk=done.pk)
    messages.success(request, _("“%(file)s” was taken in.") % {"file": done.file_name})
    following = Upload.objects.filter(space=found.space, by=asking(request), state=Upload.State.OPEN, job=None)
    after = following.order_by("pk").first()
    if after is None:
        return redirect("import_desk", code=code)
    messages.info(request, _("Next on the desk: “%(file)s”.") % {"file": after.file_name})
    return redirect("upload", code=code, pk=after.pk)


@require_POST
def throw(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Take a file off the desk; nothing of it was recorded."""
    found = _open_upload(request, code, pk)
    throw_away(upload=found)
    messages.success(request, _("“%(file)s” was thrown away; nothing was recorded.") % {"file": found.file_name})
    return redirect("import_desk", code=code)


@require_POST
def undo(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Undo an import."""
    space = _open_space(request, code)
    entry = get_object_or_404(Import, pk=pk, source__space=space)
    try:
        undone = undo_import(entry=entry, by=asking(request).username, at=timezone.now())
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
    else:
        messages.success(request, _("The import of “%(file)s” was undone.") % {"file": undone.file})
        if undone.stay:
            stay = _("%(n)d people stay as a bare number, for the log of readings names them.") % {"n": undone.stay}
            messages.info(request, stay)
    return redirect("import_desk", code=code)


def _open_space(request: HttpRequest, code: str) -> Space:
    """Return the space if this account may import into it; whether it exists is not told to others."""
    space = Space.objects.filter(code=code).first()
    if space is None or not may_import(asking(request), space):
        raise PermissionDenied
    return space


def _open_upload(request: HttpRequest, code: str, pk: int) -> Upload:
    """Return a file that lies on the desk of this space; another space's number names nothing here."""
    found = Upload.objects.select_related("space", "corrects")
    return get_object_or_404(found, pk=pk, space=_open_space(request, code), state=Upload.State.OPEN)


def _language() -> str:
    return translation.get_language() or "en"


def _facts(found: Upload, profile: str) -> SourceFacts:
    """Return what is known of the source, else what was said on the page."""
    known = facts_of(found.space, found.source_code or profile)
    return known if known.purpose else SourceFacts(**found.facts)


def _states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{STATE_NAMES[state].in_language(_language())} {n}" for state, n in states.items())


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
        highest=_highest(said.get("highest", "")),
    )
    where = "upload" if "look" in said else "import_changes"
    return redirect(where, code=found.space.code, pk=found.pk)


def _answered(request: HttpRequest, found: Upload) -> HttpResponseRedirect:
    said = request.POST
    if "corrects" in said:
        _correct(request, found)
    answers = {name.removeprefix("match-"): value for name, value in said.items() if name.startswith("match-")}
    proposed = {
        f"{sheet}|{match.row}": match.learner
        for sheet, match in changes_of(found, read_upload(found, at=timezone.now())).foreseen.unnumbered.proposed
    }
    yes = {place: proposed[place] for place, value in answers.items() if value == "yes" and place in proposed}
    no = {place: "" for place, value in answers.items() if value == "no"}
    if yes or no:
        choose(upload=found, answers={**yes, **no})
    return redirect("import_changes", code=found.space.code, pk=found.pk)


def _correct(request: HttpRequest, found: Upload) -> None:
    number = request.POST["corrects"]
    same = Import.objects.filter(source__space=found.space, source__code=found.source_code, current=True)
    corrects = get_object_or_404(same, pk=int(number)) if number.isascii() and number.isdigit() else None
    choose_correction(upload=found, corrects=corrects)


def _source(said: str, kind: str) -> str:
    """Return the name of a source; one that is called as its kind of table is has the kind's own code."""
    name, of_kind = said.strip()[:100], load_profiles()[kind].name
    return name if name and name not in {of_kind.en, of_kind.zh} else kind


def _highest(said: str) -> float | None:
    """Return the highest score that was typed; None where nothing was, or no number above 0."""
    try:
        number = float(said.strip() or "nan")
    except ValueError:
        return None
    return number if 0 < number < MOST_HIGHEST else None
