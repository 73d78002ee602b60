"""Who comes to the import desk: the space and the file that a page speaks of, or nothing."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import translation

from yucai.web.accounts.access import may_import
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.evidence.models import Import, Upload

__all__ = ["language", "open_import", "open_space", "open_upload"]


def open_space(request: HttpRequest, code: str) -> Space:
    """Return the space if this account may import into it; whether it exists is not told to others."""
    space = Space.objects.filter(code=code).first()
    if space is None or not may_import(asking(request), space):
        raise PermissionDenied
    return space


def open_upload(request: HttpRequest, code: str, pk: int) -> Upload:
    """Return a file that lies on the desk of this space; another space's number names nothing here."""
    found = Upload.objects.select_related("space", "corrects")
    return get_object_or_404(found, pk=pk, space=open_space(request, code), state=Upload.State.OPEN)


def open_import(request: HttpRequest, code: str, pk: int) -> Import:
    """Return an import of this space; another space's number names nothing here."""
    found = Import.objects.select_related("source__space", "table")
    return get_object_or_404(found, pk=pk, source__space=open_space(request, code))


def language() -> str:
    """Return the language of the page."""
    return translation.get_language() or "en"
