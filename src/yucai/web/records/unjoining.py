"""References of statements when some of them are gone: every way that led over one of those ends there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db import connection

from yucai.web.records.emptying import delete_by, in_parts, marks

__all__ = ["unjoin"]

MOST_ASKED: Final = 400
NEXT: Final = (
    "SELECT s.seq, t.seq FROM web_statementrow s JOIN web_statementrow t ON t.store_id = s.store_id AND t.id = s.target"
    " WHERE s.seq IN ({marks}) AND s.target IS NOT NULL"
)


def unjoin(gone: Collection[int]) -> None:
    """Take away what led to, from or over statements that are deleted already.

    A statement refers to one other at most, so that what is left of each is found by walking along.
    """
    sources = _asked("SELECT source FROM web_statementrefrow WHERE target IN ({marks})", gone)
    left = {source for (source,) in sources} - set(gone)
    delete_by("web_statementrefrow", "target", gone)
    delete_by("web_statementrefrow", "source", gone)
    if not left:
        return
    kept = set(_asked("SELECT source, target FROM web_statementrefrow WHERE source IN ({marks})", left))
    if not kept:
        return
    reached = _reached({source for source, _ in kept})
    over = sorted(kept - reached)
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM web_statementrefrow WHERE source = %s AND target = %s", over)


def _reached(sources: set[int]) -> set[tuple[int, int]]:
    """Return every pair of source and what it reaches now."""
    pairs: set[tuple[int, int]] = set()
    at = {source: source for source in sources}
    while at:
        following = dict(_asked(NEXT, set(at.values())))
        moved = {source: following[place] for source, place in at.items() if place in following}
        at = {source: place for source, place in moved.items() if place != source and (source, place) not in pairs}
        pairs |= set(at.items())
    return pairs


def _asked(question: str, numbers: Iterable[int]) -> list[Any]:
    found: list[Any] = []
    with connection.cursor() as cursor:
        for part in in_parts(sorted(numbers), MOST_ASKED):
            cursor.execute(question.format(marks=marks(part)), part)
            found += cursor.fetchall()
    return found
