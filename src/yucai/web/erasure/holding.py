"""What a holding is: a kind of thing that is kept of a person, and how it is found, goes, and is proved gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yucai.texts import Text
from yucai.web.erasure.subjects import Subject

__all__ = ["Holding", "Task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One erasure as a holding sees it: who acts, by which right, and when."""

    erasure: int
    reason: str
    at: datetime
    clock: Callable[[], datetime]
    patience: float  # seconds that other processes may need to learn that statements are taken no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One kind of thing that is kept of a person.

    ``find`` counts what is there, ``erase`` lets it go in transactions of its own and may be done again, as after a
    fall; gone is proved by ``find``, which then gives 0. Where ``stays`` says why, what is left is kept on purpose.
    ``models`` are the tables it answers for.
    """

    code: str
    says: Text
    how: Text
    models: tuple[str, ...]
    find: Callable[[Subject], int]
    erase: Callable[[Subject, Task], int]
    stays: Text | None = None
