"""How wide words are, and where a line breaks. Estimates, on the wide side, so that nothing is ever cut."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["balance", "printable", "straight_quotes", "text_width", "wrap"]

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_THIN: Final = frozenset("iljtfrI.,:;'|!()[] ·-")
_BROAD: Final = frozenset("mwMW@%—…")
_NO_START: Final = frozenset("，。、；：！？）》」』”’%…·,.;:!?)")
_STRAIGHT: Final = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_HANZI: Final = re.compile(r"[\u3000-\u9fff]")
_HAN: Final = r"\u3000-\u9fff\uf900-\ufaff\uff00-\uffef\u2018\u2019\u201c\u201d\u2026"
_PIECES: Final = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+|\s+")


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in pixels at a font size in pixels, in a common sans-serif face."""
    return size * sum(map(_em, text))


def wrap(text: str, size: float, *, width: float) -> list[str]:
    """Return the lines of a text that fit ``width`` pixels at a font size in pixels; one word too long stays whole.

    Chinese breaks between any two characters except before closing punctuation.

    >>> wrap("Communication and cooperation", 13, width=130)
    ['Communication and', 'cooperation']
    """
    lines = [""]
    for piece in _pieces(straight_quotes(text)):
        longer = lines[-1] + piece
        if lines[-1].strip() and text_width(longer.rstrip(), size) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] = longer
    return [line.strip() for line in lines if line.strip()]


def balance(text: str, size: float, *, width: float) -> list[str]:
    """Return as few lines as ``wrap`` would, about equally long.

    >>> balance("well below the group", 11.5, width=110)
    ['well below', 'the group']
    """
    lines = wrap(text, size, width=width)
    for narrower in range(int(width), 20, -4):
        tried = wrap(text, size, width=narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def straight_quotes(text: str) -> str:
    """Return Latin text with typewriter quotes: Chinese faces draw curly ones a full character wide."""
    return text if _HANZI.search(text) else text.translate(_STRAIGHT)


def printable(text: str) -> str:
    r"""Return a text without characters that no XML may hold (one spoils the picture) and without wide Latin quotes.

    >>> printable("a\x00b “c”")
    'a b "c"'
    """
    return straight_quotes(_FORBIDDEN.sub(" ", text))


def _pieces(text: str) -> list[str]:
    """Split where a line may break, closing punctuation kept with what it closes."""
    pieces: list[str] = []
    for piece in _PIECES.findall(text.strip()):
        if pieces and piece in _NO_START:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in "“”‘’":
        return 1.0
    if character in _THIN:
        return 0.34
    if character in _BROAD:
        return 0.92
    return 0.68 if character.isupper() else 0.57
