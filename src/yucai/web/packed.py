"""Pages go compressed to browsers that take it: a long list is a tenth as many bytes, which a phone feels.

Whoever can have a browser ask for pages, and sees how long the answers are, could guess at a page by how well it packs
with a word of their own. So each answer is made longer by a length that is drawn, tokens of forms are masked anew in
each page, and another site's requests carry no cookie but where somebody follows a link. Only pages are compressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

__all__ = ["packed"]

FEWEST: Final = 1_400  # bytes; what is shorter goes in one packet anyway
MOST_DRAWN: Final = 100  # bytes that are added by chance, as Django's own middleware does
TAKES: Final = re.compile(r"\bgzip\b")

Answering = Callable[[HttpRequest], HttpResponse]


def packed(answering: Answering) -> Answering:
    """Compress pages for browsers that say they take it."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = answering(request)
        if given.streaming or not given.get("Content-Type", "").startswith("text/html"):
            return given
        patch_vary_headers(given, ("Accept-Encoding",))
        if len(given.content) < FEWEST or given.has_header("Content-Encoding"):
            return given
        if TAKES.search(request.headers.get("Accept-Encoding", "")):
            given.content = compress_string(given.content, max_random_bytes=MOST_DRAWN)
            given["Content-Encoding"] = "gzip"
            given["Content-Length"] = str(len(given.content))
        return given

    return answer
