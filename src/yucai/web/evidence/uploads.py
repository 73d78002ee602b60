"""Files handed in: kept under their SHA-256 in the workspace, outside everything that a web server gives out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from yucai.evidence import MOST_BYTES
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import OwnWork

__all__ = ["capped_upload", "damaged_uploads", "digest", "keep", "upload_file", "was_cut"]

CHUNK: Final = 1024 * 1024
View = Callable[..., HttpResponse]


def digest(content: bytes) -> str:
    """Return the SHA-256 under which a content is kept."""
    return hashlib.sha256(content).hexdigest()


def upload_file(sha256: str) -> Path:
    """Return where a content lies. The name is made from the hash alone, so that no name of anybody's leads astray."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError(sha256)
    folder: Path = settings.WORKSPACE.uploads
    return folder / sha256[:2] / sha256


def keep(content: bytes) -> str:
    """Write a content into the workspace, whole or not at all, and return its SHA-256."""
    name = digest(content)
    place = upload_file(name)
    if place.is_file() and digest(place.read_bytes()) == name:
        return name
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".", suffix=".part", delete=False) as unfinished:
        aside = Path(unfinished.name)
        try:
            unfinished.write(content)
            unfinished.close()
            aside.replace(place)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    return name


def damaged_uploads(space: Space) -> tuple[str, ...]:
    """Return the files of a space that are missing or not as they came, by SHA-256."""
    named = OwnWork.objects.filter(person__space=space).exclude(file_sha256="")
    names = sorted(set(named.values_list("file_sha256", flat=True)))
    return tuple(name for name in names if not _whole(upload_file(name), name))


def _whole(place: Path, name: str) -> bool:
    return place.is_file() and digest(place.read_bytes()) == name


class _CappedHandler(FileUploadHandler):
    """Drops a file as soon as it is larger than is taken, and reads the rest of the form."""

    seen = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > MOST_BYTES:
            self.request.yucai_cut = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one keep the file."""


def capped_upload(view: View) -> View:
    """Let a view take files of at most ``MOST_BYTES``; its form is read only after the cap is in place."""
    inner = csrf_protect(view)

    @csrf_exempt  # only until the cap stands: the inner view is protected
    @wraps(view)
    def capped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            request.upload_handlers.insert(0, _CappedHandler(request))
        return inner(request, *args, **kwargs)

    return capped


def was_cut(request: HttpRequest) -> bool:
    """Return whether a file of this request was larger than is taken."""
    return bool(getattr(request, "yucai_cut", False))
