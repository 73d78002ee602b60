"""The import desk: see what would change, answer what is asked, take a file in."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yucai.errors import YucaiError
from yucai.evidence import SourceFacts, TableReading, check_source
from yucai.web.accounts.access import read_people
from yucai.web.accounts.requests import asking
from yucai.web.evidence.desk import read_upload
from yucai.web.evidence.desk_changes import Changes, asked_rows, asks_highest, changes_of, unanswered_rows
from yucai.web.evidence.desk_doors import language, open_upload
from yucai.web.evidence.desk_files import answer, choose_correction, start_taking
from yucai.web.evidence.desk_questions import OLDER
from yucai.web.evidence.foreseeing import facts_of
from yucai.web.evidence.models import Import, Upload
from yucai.web.evidence.settling import BY_NUMBER, OUT
from yucai.web.jobs.models import Job

__all__ = ["changes", "take"]

CLASS_LIST: Final = "class-list"
MOST_ROWS: Final = 8


def changes(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What taking a file in would change; a POST says what it corrects, and whose rows without a number are."""
    found = open_upload(request, code, pk)
    now = timezone.now()
    try:
        reading = read_upload(found, at=now)
        check_source(found.file_name, _facts(found, reading.profile.code))
    except YucaiError as problem:
        messages.error(request, problem.in_language(language()))
        return redirect("upload", code=code, pk=pk)
    if asks_highest(found, reading):
        return _to_highest(request, found)
    if request.method == "POST":
        _keep_answers(request, found, reading)
        _keep_correction(request, found)
        return redirect("import_changes", code=code, pk=pk)
    shown = changes_of(found, reading)
    read_people(asking(request), shown.looked_at, page="import-changes", at=now)
    return render(request, "import_changes.html", _context(found, reading, shown))


def _context(found: Upload, reading: TableReading, shown: Changes) -> dict[str, object]:
    foreseen, said = shown.foreseen, language()
    report = foreseen.settled.reading.report
    old = foreseen.corrects is None and bool(foreseen.faults) and any(one.code == OLDER for one in foreseen.questions)
    return {
        "space": found.space,
        "upload": found,
        "shown": shown,
        "foreseen": foreseen,
        "asks": [(one, one.in_language(said), one.tick(said), one.token in shown.agreed) for one in foreseen.questions],
        "profile": reading.profile,
        "report": report,
        # Of an old file that stands beside what replaced it, it goes without saying that all of it is there.
        "faults": [] if old else [fault.in_language(said) for fault in foreseen.faults],
        "notices": [notice.in_language(said) for notice in foreseen.notices],
        "diff": foreseen.diff.in_language(said) if foreseen.diff is not None else "",
        "kept_only": reading.profile.responses is None and reading.profile.code != CLASS_LIST,
        "nothing": foreseen.already or foreseen.unchanged or old or not (shown.rows or shown.whose or shown.names),
        "old": old,
    }


@require_POST
def take(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Take a file in, with the answers that the page sends along."""
    found = open_upload(request, code, pk)
    now = timezone.now()
    try:
        reading = read_upload(found, at=now)
        if asks_highest(found, reading):
            return _to_highest(request, found)
        _keep_answers(request, found, reading)
        if not _keep_correction(request, found) or not _was_shown(request):
            return redirect("import_changes", code=code, pk=pk)
        found = open_upload(request, code, pk)
        reading = read_upload(found, at=now)
        waiting = unanswered_rows(found, reading)
        done = start_taking(upload=found, reading=reading, by=asking(request), at=now)
    except YucaiError as problem:
        messages.error(request, problem.in_language(language()))
        return redirect("import_changes", code=code, pk=pk)
    if isinstance(done, Job):
        _tell_waiting(request, waiting)
        return redirect("job", pk=done.pk)
    messages.success(request, _("“%(file)s” was taken in.") % {"file": done.file_name})
    _tell_waiting(request, waiting)
    return _to_next(request, found)


def _to_next(request: HttpRequest, found: Upload) -> HttpResponseRedirect:
    """Go on to the next file that this account has on the desk, or back to the desk."""
    after = Upload.objects.filter(space=found.space, by=asking(request), state=Upload.State.OPEN, job=None)
    following = after.order_by("pk").first()
    if following is None:
        return redirect("import_desk", code=found.space.code)
    messages.info(request, _("Next on the desk: “%(file)s”.") % {"file": following.file_name})
    return redirect("upload", code=found.space.code, pk=following.pk)


def _tell_waiting(request: HttpRequest, waiting: tuple[str, ...]) -> None:
    """Say which rows stay refused because nobody answered whose they are."""
    if waiting:
        listed = "、".join(waiting[:MOST_ROWS]) + (" …" if len(waiting) > MOST_ROWS else "")
        said = _("Not answered, so still refused: %(rows)s. The list on the desk keeps them for download.")
        messages.warning(request, said % {"rows": listed})


def _to_highest(request: HttpRequest, found: Upload) -> HttpResponseRedirect:
    messages.error(request, _("Say first how high the questions go, or that the file is kept only as a table."))
    return redirect("upload", code=found.space.code, pk=found.pk)


def _facts(found: Upload, profile: str) -> SourceFacts:
    """Return what is known of the source, else what was said on the page."""
    known = facts_of(found.space, found.source_code or profile)
    return known if known.purpose else SourceFacts(**found.facts)


def _was_shown(request: HttpRequest) -> bool:
    """Return whether what is to be taken in is what the page showed; say so where it is not."""
    said = request.POST
    if said.get("shown", said.get("corrects", "")) == said.get("corrects", ""):
        return True
    wrong = _("The page showed another choice than yours. Here is what yours changes: look at it, then take it in.")
    messages.error(request, wrong)
    return False


def _keep_correction(request: HttpRequest, found: Upload) -> bool:
    """Keep which import a file corrects, if it still counts; say so where it does not."""
    number = request.POST.get("corrects")
    if number is None:
        return True
    if not (number.isascii() and number.isdigit()):
        choose_correction(upload=found, corrects=None)
        return True
    same = Import.objects.filter(source__space=found.space, source__code=found.source_code)
    corrects = same.filter(pk=int(number), current=True).first()
    if corrects is None:
        messages.error(request, _("The file to correct counts no more: it was replaced or undone. Choose anew."))
        return False
    choose_correction(upload=found, corrects=corrects)
    return True


def _keep_answers(request: HttpRequest, found: Upload, reading: TableReading) -> None:
    """Keep what was answered of single rows that were asked about, and what was ticked."""
    said = request.POST
    whose, disputes = asked_rows(found, reading)
    asked = {f"{one.sheet}|{one.row}": one.learner for one in whose}
    answers = {
        place: asked[place] if value == "yes" else ""
        for name, value in said.items()
        if (place := name.removeprefix("match-")) != name and place in asked and value in ("yes", "no")
    }
    disputed = {f"{one.sheet}|{one.row}" for one in disputes}
    names = {
        place: str(value)
        for name, value in said.items()
        if (place := name.removeprefix("name-")) != name and place in disputed and value in (BY_NUMBER, OUT)
    }
    answer(upload=found, answers=answers, names=names, agreed=[str(token) for token in said.getlist("agree")])
