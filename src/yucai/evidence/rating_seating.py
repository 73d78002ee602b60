"""Seats as numbers: works and raters are places in a list, so that names cannot change what is found."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

__all__ = ["Seating", "linked_sets"]

TRIES_PER_SEAT: Final = 30
MOST_TRIES: Final = 20_000


def linked_sets(n_raters: int, raters_on: Iterable[Iterable[int]]) -> list[list[int]]:
    """Return the sets of raters that common works link, in the order of their first rater.

    >>> linked_sets(4, [{0, 1}, {2}, {1, 3}])
    [[0, 1, 3], [2]]
    """
    parent = list(range(n_raters))

    def root(r: int) -> int:
        while parent[r] != r:
            parent[r] = parent[parent[r]]
            r = parent[r]
        return r

    for raters in map(list, raters_on):
        for other in raters[1:]:
            a, b = root(raters[0]), root(other)
            parent[max(a, b)] = min(a, b)
    sets: dict[int, list[int]] = {}
    for r in range(n_raters):
        sets.setdefault(root(r), []).append(r)
    return list(sets.values())


class Seating:
    """Raters on works, changed seat by seat. ``allowed`` are the raters without conflict; ``room`` their capacity."""

    def __init__(self, allowed: Sequence[set[int]], room: Sequence[int], *, rng: np.random.Generator) -> None:
        self.allowed, self.room, self.rng = allowed, room, rng
        self.raters_on: list[set[int]] = [set() for _ in allowed]
        self.works_of: list[set[int]] = [set() for _ in room]
        self.planted: set[int] = set()
        self.shared = np.zeros((len(room), len(room)), dtype=np.int64)  # works that two raters share
        self.order = rng.permutation(len(room)).tolist()  # breaks ties

    def seat_all(self, work: int) -> None:
        """Give a planted work to everybody without conflict; it stays so."""
        self.planted.add(work)
        for rater in sorted(self.allowed[work]):
            self._put(work, rater)

    def seat_one(self, work: int) -> frozenset[int] | None:
        """Give a work one more rater: the least loaded, who shares least with its raters; if all are full, by a chain.

        Returns None, or where no chain ends at somebody with room, the raters who are all full.
        """
        free = [r for r in self.allowed[work] - self.raters_on[work] if self._load(r) < self.room[r]]
        if free:
            on = sorted(self.raters_on[work])
            self._put(work, min(free, key=lambda r: (self._load(r), int(self.shared[r, on].sum()), self.order[r])))
            return None
        starts = sorted(self.allowed[work] - self.raters_on[work])
        chain, met = self._chain(starts, lambda r: self._load(r) < self.room[r])
        if chain is None:
            return frozenset(met)
        self._move_along(chain)
        self._put(work, chain[0][1])
        return None

    def even_out(self) -> None:
        """Pass works on, by chains, from raters with many to raters with at least two fewer, until nobody can."""
        moved = True
        while moved:
            moved = False
            for rater in sorted(range(len(self.room)), key=lambda r: (-self._load(r), self.order[r])):
                if chain := self._chain([rater], self._has_fewer_than(self._load(rater) - 1))[0]:
                    self._move_along(chain)
                    moved = True
                    break

    def mix(self) -> None:
        """Swap raters between works where that spreads the pairs who share works more evenly; loads stay."""
        seats = [(w, r) for w, raters in enumerate(self.raters_on) if w not in self.planted for r in sorted(raters)]
        if len(seats) < 2:
            return
        tries = min(MOST_TRIES, TRIES_PER_SEAT * len(seats))
        for i, j in self.rng.integers(len(seats), size=(tries, 2)).tolist():
            (v, a), (w, b) = seats[i], seats[j]
            if self._may_swap(v, a, w, b) and self._gain(v, a, w, b) < 0:
                self._swap(v, a, w, b)
                seats[i], seats[j] = (v, b), (w, a)

    def link(self) -> None:
        """Swap, or where that cannot be pass on, single seats so that fewer sets of raters lie apart."""
        sets = self._sets()
        while len(sets) > 1 and (self._linked_by_swap(sets) or self._linked_by_move(sets)):
            sets = self._sets()

    def _linked_by_swap(self, sets: list[list[int]]) -> bool:
        place = {r: n for n, raters in enumerate(sets) for r in raters}
        seats = [(w, r) for w, raters in enumerate(self.raters_on) if w not in self.planted for r in sorted(raters)]
        seats = [seats[k] for k in self.rng.permutation(len(seats)).tolist()][:200]
        for v, a in seats:
            for w, b in seats:
                if place[a] < place[b] and self._may_swap(v, a, w, b):
                    self._swap(v, a, w, b)
                    if len(self._sets()) < len(sets):
                        return True
                    self._swap(v, b, w, a)
        return False

    def _linked_by_move(self, sets: list[list[int]]) -> bool:
        place = {r: n for n, raters in enumerate(sets) for r in raters}
        receivers = sorted(range(len(self.room)), key=lambda r: (self._load(r), self.order[r]))
        for w, raters in enumerate(self.raters_on):
            for a in [] if w in self.planted else sorted(raters, key=lambda r: -self._load(r)):
                for b in receivers:
                    fits = b in self.allowed[w] and b not in raters and self._load(b) < self.room[b]
                    if fits and place[a] != place[b]:
                        self._take(w, a)
                        self._put(w, b)
                        if len(self._sets()) < len(sets):
                            return True
                        self._take(w, b)
                        self._put(w, a)
        return False

    def _has_fewer_than(self, load: int) -> Callable[[int], bool]:
        return lambda rater: self._load(rater) < min(load, self.room[rater])

    def _chain(
        self, starts: Sequence[int], ends: Callable[[int], bool]
    ) -> tuple[list[tuple[int, int, int]] | None, set[int]]:
        """Return the shortest chain of moves (work, from, to) from a start to a rater who ``ends`` it, and all met."""
        came: dict[int, tuple[int, int] | None] = dict.fromkeys(starts)
        queue = deque(starts)
        while queue:
            giver = queue.popleft()
            for work in sorted(self.works_of[giver] - self.planted):
                for taker in sorted(self.allowed[work] - self.raters_on[work] - came.keys()):
                    came[taker] = (work, giver)
                    if ends(taker):
                        return self._chain_to(taker, came), set(came)
                    queue.append(taker)
        return None, set(came)

    @staticmethod
    def _chain_to(last: int, came: dict[int, tuple[int, int] | None]) -> list[tuple[int, int, int]]:
        chain: list[tuple[int, int, int]] = []
        while (step := came[last]) is not None:
            chain.append((step[0], step[1], last))
            last = step[1]
        return chain[::-1]

    def _move_along(self, chain: list[tuple[int, int, int]]) -> None:
        for work, giver, _taker in chain:
            self._take(work, giver)
        for work, _giver, taker in chain:
            self._put(work, taker)

    def _may_swap(self, v: int, a: int, w: int, b: int) -> bool:
        fits = b in self.allowed[v] and a in self.allowed[w]
        return fits and v != w and a != b and b not in self.raters_on[v] and a not in self.raters_on[w]

    def _gain(self, v: int, a: int, w: int, b: int) -> int:
        """Return by how much a swap changes the sum of squares of the works that pairs share."""
        change: dict[tuple[int, int], int] = {}
        for work, old, new in ((v, a, b), (w, b, a)):
            for other in self.raters_on[work] - {old}:
                for rater, by in ((old, -1), (new, 1)):
                    pair = (min(rater, other), max(rater, other))
                    change[pair] = change.get(pair, 0) + by
        return sum(2 * int(self.shared[pair]) * by + by * by for pair, by in change.items())

    def _swap(self, v: int, a: int, w: int, b: int) -> None:
        for work, old, new in ((v, a, b), (w, b, a)):
            self._take(work, old)
            self._put(work, new)

    def _put(self, work: int, rater: int) -> None:
        self._count(work, rater, 1)
        self.raters_on[work].add(rater)
        self.works_of[rater].add(work)

    def _take(self, work: int, rater: int) -> None:
        self.raters_on[work].discard(rater)
        self.works_of[rater].discard(work)
        self._count(work, rater, -1)

    def _count(self, work: int, rater: int, by: int) -> None:
        others = sorted(self.raters_on[work])
        self.shared[rater, others] += by
        self.shared[others, rater] += by

    def _load(self, rater: int) -> int:
        return len(self.works_of[rater])

    def _sets(self) -> list[list[int]]:
        return linked_sets(len(self.room), self.raters_on)
