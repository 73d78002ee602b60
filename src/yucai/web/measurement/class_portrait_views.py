"""The portraits of a class as one PDF: asking for them, and taking them away."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import open_group, read_people
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.accounts.requests import asking
from yucai.web.bulk import among
from yucai.web.jobs.models import Job
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.class_portraits import (
    KEPT,
    PAGE,
    ask_for_portraits,
    class_of,
    drop_file,
    file_of,
    is_outdated,
    job_of,
)
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.portrait_charts import CHARTS, DOTS
from yucai.web.measurement.portrait_targets import targets_of
from yucai.web.measurement.portraits import PortraitWish

__all__ = ["class_portraits", "class_portraits_file"]

SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
def class_portraits(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file of portraits would hold, asking for it, and the files that lie here for me."""
    account, at = asking(request), timezone.now()
    group = open_group(account, pk, page=PAGE, at=at)
    if request.method == "POST":
        said = request.POST
        chart = said.get("chart", DOTS)
        wish = PortraitWish(
            occasion=said.get("occasion") or None,
            chart=chart if chart in CHARTS else DOTS,
            talent_type=said.get("type") or None,
        )
        language = translation.get_language() or "en"
        try:
            book = ask_for_portraits(group=group, wish=wish, language=language, by=account, at=at)
        except FaultyInputError as refused:
            for fault in refused.faults:
                messages.error(request, fault.in_language(language))
            return redirect("class_portraits", pk=pk)
        job = job_of(book)
        return redirect("job", pk=job.pk) if job is not None else redirect("class_portraits", pk=pk)
    people, left_out = class_of(account, group, at=at)
    # Asked for the distinct ones, SQLite goes through the profiles of everybody by period.
    shown = among("person", [person.pk for person in people])
    periods = ProfileRow.objects.filter(shown, run__current=True, run__space=group.space_id)
    facts = {
        "group": group,
        "space": group.space,
        "count": len(people),
        "left_out": left_out,
        "books": _books(account, group),
        "periods": sorted(set(periods.values_list("occasion", flat=True)) - {""}, reverse=True),
        "targets": targets_of(group.space.framework, wanted=None, own=""),
        "hours": int(KEPT.total_seconds() // 3600),
    }
    return render(request, "class_portraits.html", facts)


def _books(account: Account, group: Group) -> list[dict[str, object]]:
    """Return the last files that an account asked for of a group, each with its job and whether it lies here."""
    at = timezone.now()
    books = list(ClassPortraits.objects.filter(group=group, asked_by=account).order_by("-pk")[:SHOWN])
    jobs = {job.kind: job for job in Job.objects.filter(kind__in=[book.job_kind for book in books])}
    return [
        {
            "book": book,
            "job": jobs.get(book.job_kind),
            "there": file_of(book, at=at) is not None,
            "until": book.made_at + KEPT if book.made_at is not None else None,
            "n": len(book.people),
        }
        for book in books
    ]


@require_safe
def class_portraits_file(request: HttpRequest, pk: int, book: int) -> HttpResponseBase:
    """The file, for who asked for it; whether everybody in it may be read is decided again."""
    account, at = asking(request), timezone.now()
    group = open_group(account, pk, page=PAGE, at=at)
    found = ClassPortraits.objects.filter(pk=book, group=group, asked_by=account).first()
    if found is None:
        raise PermissionDenied
    file = file_of(found, at=at)
    if file is not None and is_outdated(found):
        drop_file(found, at=at)
        file = None
    if file is None:
        messages.error(
            request, _("This file is not here any more: its day is over, or somebody in it withdrew a consent. "
                       "Ask for it anew."))  # fmt: skip
        return redirect("class_portraits", pk=pk)
    people = list(Person.objects.filter(pk__in=found.people))
    read_people(account, people, page=PAGE, at=at, group=group)
    return FileResponse(
        file.open("rb"), as_attachment=True, filename=f"portraits-{group.code}.pdf", content_type="application/pdf"
    )
