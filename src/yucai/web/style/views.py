"""The style page: every part that pages are built of, as it really looks, in both languages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yucai.web.accounts.requests import asking
from yucai.web.style.samples import samples

__all__ = ["style"]


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Show every part once; nothing on the page is about anybody."""
    asking(request)
    return render(request, "style.html", samples(at=timezone.now()))
