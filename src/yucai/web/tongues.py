"""Chinese words on an English page are marked as Chinese, so that a screen reader speaks them with a Chinese voice.

Names, titles and remarks that people wrote stand on pages of either language. Whole texts of Yucai's own are in the
language of the page; only what is not is marked here, in one place, for every page (WCAG 2.2, 3.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation

__all__ = ["marked", "tongues_marked"]

Answering = Callable[[HttpRequest], HttpResponse]

_HAN: Final = re.compile(r"[\u4e00-\u9fff](?:[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e\d·]| (?=[\u4e00-\u9fff]))*")
_PART: Final = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][\w-]*)(.*?)(/?)>", re.DOTALL)
_CHINESE: Final = re.compile(r"""\blang=["']?zh""")
# Elements that hold no other element, or whose words are not read out.
_CLOSED: Final = frozenset({"title", "script", "style", "textarea", "option", "svg", "code", "pre"})
_NAMED: Final = frozenset({"option", "text"})  # of those that hold no other: their own language is marked
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


def tongues_marked(answering: Answering) -> Answering:
    """Mark the Chinese words of every English page."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = answering(request)
        plain = not given.streaming and given.get("Content-Type", "").startswith("text/html")
        if plain and (translation.get_language() or "").startswith("en"):
            said = given.content.decode(given.charset)
            if _HAN.search(said):
                given.content = marked(said).encode(given.charset)
        return given

    return answer


def marked(page: str) -> str:
    """Return an English page in which runs of Chinese carry their language; what is marked already is left alone.

    >>> marked('<p>Class 一班</p>')
    '<p>Class <span lang="zh-hans">一班</span></p>'
    >>> marked('<select><option value="1">一班</option></select>')
    '<select><option value="1" lang="zh-hans">一班</option></select>'
    >>> marked('<svg><text x="1">一班</text></svg>')
    '<svg><text x="1" lang="zh-hans">一班</text></svg>'
    >>> marked('<svg><title id="t">一班</title></svg>')
    '<svg><title id="t" lang="zh-hans">一班</title></svg>'
    >>> marked('<b lang="zh">一班</b>')
    '<b lang="zh">一班</b>'
    """
    return "".join(_walked(_PART.split(page)))


def _walked(parts: list[str]) -> Iterator[str]:
    """Give the parts back, words and tags in turn. What no browser would misread we need not read better here."""
    inside: list[str] = []  # from the element within which nothing is marked down to where we are
    for place, part in enumerate(parts):
        tag = _TAG.fullmatch(part) if place % 2 else None
        if tag is None:
            yield part if place % 2 or inside else _HAN.sub(r'<span lang="zh-hans">\g<0></span>', part)
            continue
        closes, name, more, empty = tag[1], tag[2].lower(), tag[3], tag[4]
        if closes:
            if inside and name == inside[-1]:
                inside.pop()
        elif name not in _VOID and not empty and (inside or name in _CLOSED or _CHINESE.search(more)):
            inside.append(name)
            named = name in _NAMED or (name == "title" and "svg" in inside)  # of a page's own title the page speaks
            if named and not _CHINESE.search(more) and _HAN.search(parts[place + 1]):
                part = f'{part[:-1]} lang="zh-hans">'
        yield part
