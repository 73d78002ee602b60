"""Parts of statements that come again and again: actors, verbs, objects and context activities, read once.

Learners, activities and verbs repeat from statement to statement, letter for letter. A part that came before is found
by its bytes and carries what was worked out of it then: its value, that it kept the rules, its normal form, its facts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from yucai.evidence.statements.versions import Version

__all__ = ["Part", "Parts", "worked_out_once"]

LONGEST: Final = 8_192  # bytes of a part that is remembered
MOST_BYTES: Final = 4_000_000  # of the parts that are remembered, twice over

R = TypeVar("R")
Json = dict[str, Any]


class Part(dict[str, Any]):
    """A part of a statement; as others have it too, it is never changed."""

    __slots__ = ("good", "n_brackets", "results")

    def __init__(self, value: dict[str, Any], *, n_brackets: int) -> None:
        super().__init__(value)
        self.n_brackets = n_brackets  # that open in it: it is nested no deeper
        self.good: tuple[Version, ...] = ()  # the versions whose rules it keeps
        self.results: dict[str, Any] = {}


class Parts:
    """The parts of late, by their place in a statement and their bytes; the oldest are forgotten."""

    def __init__(self) -> None:
        self.young: dict[tuple[str, bytes], Part] = {}
        self.old: dict[tuple[str, bytes], Part] = {}
        self.n_bytes = 0

    def find(self, place: str, raw: bytes) -> Part | None:
        """Return the part of these bytes if it came before."""
        key = (place, raw)
        found = self.young.get(key)
        if found is None and (found := self.old.get(key)) is not None:
            self.keep(place, raw, found)
        return found

    def keep(self, place: str, raw: bytes, part: Part) -> None:
        """Remember a part; what was not asked for since the memory was last full goes then."""
        if len(raw) > LONGEST:
            return
        if self.n_bytes > MOST_BYTES:
            self.old, self.young, self.n_bytes = self.young, {}, 0
        self.young[place, raw] = part
        self.n_bytes += len(raw)


def worked_out_once(work: Callable[[Json], R]) -> Callable[[Json], R]:
    """Have a function of a part alone answer from what it gave for the same part before."""
    name = work.__qualname__

    @wraps(work)
    def answered(value: Json) -> R:
        if type(value) is not Part:
            return work(value)
        try:
            found: R = value.results[name]
        except KeyError:
            found = value.results[name] = work(value)
        return found

    return answered
