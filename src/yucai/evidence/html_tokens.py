"""A page as tags and text, in one pass: whatever it holds, no character is looked at more than a few times.

The parser of the standard library goes over a page again for every comment or tag that is never closed, so that a few
hundred kilobytes of them would keep it busy for hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

__all__ = ["Token", "tokens"]

OPENING: Final = re.compile(r"<(?:!--|!\[CDATA\[|[!?]|/?[a-zA-Z])")
NAME: Final = re.compile(r"[^\s/>]*")
SPAN: Final = re.compile(r"(?<![\w-])(rowspan|colspan)\s*=\s*[\"']?(\d{1,6})(?!\d)", re.I)
INSIDE: Final = re.compile(r">|=\s*[\"']")
RAW: Final = {name: re.compile(f"</{name}", re.I) for name in ("script", "style")}
MOST_TAG: Final = 65_536  # characters of a tag whose attributes are looked at


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a page: ``kind`` is start, end or text; a start says how many rows and columns its cell spans."""

    kind: str
    said: str
    down: str = ""
    across: str = ""


def tokens(page: str) -> Iterator[Token]:
    r"""Yield tags and text in order; comments, declarations, scripts and styles are passed over.

    >>> [(token.kind, token.said) for token in tokens("<TD colspan=2>a &lt; b<!-- c --></td>")]
    [('start', 'td'), ('text', 'a < b'), ('end', 'td')]
    """
    at = 0
    while opening := OPENING.search(page, at):
        if opening.start() > at:
            yield Token("text", unescape(page[at : opening.start()]))
        mark = opening[0]
        if mark == "<!--":
            at = _after(page, "-->", opening.end())
        elif mark == "<![CDATA[":
            at = _after(page, "]]>", opening.end())
            yield Token("text", page[opening.end() : max(at - 3, opening.end())])
        elif mark in {"<!", "<?"}:
            at = _after(page, ">", opening.end())
        else:
            token, at = _tag(page, opening)
            yield token
            if token.kind == "start" and token.said in RAW:
                closing = RAW[token.said].search(page, at)
                at = closing.start() if closing else len(page)
    if at < len(page):
        yield Token("text", unescape(page[at:]))


def _after(page: str, mark: str, at: int) -> int:
    """Return the place behind a mark; the end of the page where it never comes, so that it is looked for once."""
    found = page.find(mark, at)
    return len(page) if found < 0 else found + len(mark)


def _tag(page: str, opening: re.Match[str]) -> tuple[Token, int]:
    """Return a tag and the place behind it. A ``>`` in quotation marks does not close it, unless they never close."""
    ends = opening[0].startswith("</")
    start = opening.end() - 1
    name = NAME.match(page, start, start + 64)
    closed = at = start
    while inside := INSIDE.search(page, at):
        closed = inside.start()
        if inside[0] == ">":
            break
        at = page.find(inside[0][-1], inside.end()) + 1
        if not at:  # a quotation mark that is the last of its kind
            at = inside.end()
    else:
        closed = len(page)
    said = name[0].lower() if name else ""
    spans = {found[1].lower(): found[2] for found in SPAN.finditer(page, start, min(closed, start + MOST_TAG))}
    token = Token("end" if ends else "start", said, spans.get("rowspan", ""), spans.get("colspan", ""))
    return token, min(closed + 1, len(page))
