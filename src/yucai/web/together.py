"""What several threads want done at the same time, done by one of them for all: one transaction, one commit.

A commit, and the lock before it, cost as much as what is written between them. With a thread each, many wait for one
another; here whoever finds nobody at work does what waits, and lets the first of those who came meanwhile go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

__all__ = ["MOST_TOGETHER", "Together", "Wish"]

W = TypeVar("W")
R = TypeVar("R")
MOST_TOGETHER: Final = 32  # wishes that are fulfilled at once


class Wish(Generic[W, R]):
    """What one thread wants done, and what came of it."""

    __slots__ = ("leads", "problem", "result", "turn", "wanted")

    def __init__(self, wanted: W) -> None:
        self.wanted = wanted
        self.leads = False
        self.problem: BaseException | None = None
        self.turn: threading.Lock | None = None  # held until it is done, or until its thread is to do the next

    def outcome(self) -> R:
        """Return what came of it. Raises what went wrong."""
        if self.problem is not None:
            raise self.problem
        return self.result

    def done(self, result: R) -> None:
        """Keep what came of it."""
        self.result: R = result


class Together(Generic[W, R]):
    """Fulfils wishes in groups: ``act`` gets some, and leaves a result or a problem with each; it raises nothing."""

    def __init__(self, act: Callable[[Sequence[Wish[W, R]]], None], *, most: int = MOST_TOGETHER) -> None:
        self.act, self.most = act, most
        self.guard = threading.Lock()
        self.busy = False
        self.waiting: list[Wish[W, R]] = []

    def done(self, wanted: W) -> R:
        """Do it, or have it done, and return what came of it. Raises what went wrong."""
        wish: Wish[W, R] = Wish(wanted)
        with self.guard:
            if self.busy:
                wish.turn = threading.Lock()
                wish.turn.acquire()
                self.waiting.append(wish)
            else:
                self.busy = True
        if wish.turn is not None:
            wish.turn.acquire()
            if not wish.leads:
                return wish.outcome()
        group = self._group(wish)
        try:
            self.act(group)
        finally:
            self._go_on(group)
        return wish.outcome()

    def _group(self, wish: Wish[W, R]) -> list[Wish[W, R]]:
        if not self.waiting:
            return [wish]
        with self.guard:
            group, self.waiting = [wish, *self.waiting[: self.most - 1]], self.waiting[self.most - 1 :]
        return group

    def _go_on(self, group: list[Wish[W, R]]) -> None:
        """Let the first of those who wait do what waits, and let go whose wish is fulfilled."""
        with self.guard:
            following = self.waiting.pop(0) if self.waiting else None
            self.busy = following is not None
        if following is not None and following.turn is not None:
            following.leads = True
            following.turn.release()
        for wish in group[1:]:
            if wish.turn is not None:
                wish.turn.release()
