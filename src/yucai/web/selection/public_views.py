"""What everybody may see without signing in: one announcement by its address while it runs, and the list of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from yucai.web.selection.ending import keep_ended
from yucai.web.selection.models import Announcement
from yucai.web.selection.showing import Phase, page_of, phase_of, running_in_index

__all__ = ["index", "public"]

GONE = 410


@login_not_required
@require_safe
def public(request: HttpRequest, key: str) -> HttpResponse:
    """An announcement while it runs; afterwards that it ended, without a name. An address that never was, one that
    waits for approval and one that has not begun are answered alike.
    """
    at = timezone.now()
    found = Announcement.objects.select_related("space").filter(key=key).first()
    phase = phase_of(found, at=at) if found is not None else Phase.DRAFT
    if found is None or (found.approved_at is None or phase is Phase.WAITING):
        raise Http404
    if phase is Phase.RUNNING:
        return _kept_by_nobody(render(request, "announced.html", {"page": page_of(found, at=at), "space": found.space}))
    if phase is Phase.ENDED:
        keep_ended(found, at=at)
    facts = {"announcement": found, "phase": phase, "space": found.space}
    return _kept_by_nobody(render(request, "announced_over.html", facts, status=GONE))


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The announcements that run now, of institutions that switched this list on."""
    rows = running_in_index(at=timezone.now())
    return _kept_by_nobody(render(request, "announced_index.html", {"rows": rows}))


def _kept_by_nobody(answer: HttpResponse) -> HttpResponse:
    """Ask search engines to list nothing, and every cache to keep nothing: what ends must not live on elsewhere."""
    add_never_cache_headers(answer)
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive, nosnippet"
    return answer
