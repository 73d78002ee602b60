"""Who works with whom: the network of people who made works together, and how much of it crosses units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Final

import numpy as np
import scipy

__all__ = ["Collaboration", "Ranged", "UnitPair", "collaboration_ranges", "describe_collaboration", "pairs_of_units"]

MIDDLE: Final = 0.95  # the upper end of the middle 90 %
Pair = frozenset[Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaboration:
    """The network of joint works. Shares are None where there is nothing to divide by.

    ``density`` is pairs that made something together over all pairs of people; ``across`` the share of joint works
    whose makers belong to more than one unit; ``pairs_across`` the same of pairs. ``alone`` are people without a
    single pair; ``largest`` the people of the largest part in which everybody is linked to everybody over others.
    ``assortativity`` is 1 where pairs never cross units, 0 where they do as often as chance would have it (Newman
    2003); None where all belong to one unit.
    """

    people: int
    works: int
    joint_works: int
    pairs: int
    density: float | None
    across: float | None
    pairs_across: float | None
    alone: int
    largest: int
    assortativity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranged:
    """A value with its interval, and of how many works it comes."""

    value: float
    low: float
    high: float
    works: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPair:
    """How many works join two units, and how many would if the people of joint works belonged to units by chance.

    ``low`` and ``high`` hold the middle 90 % of what chance gives; ``p`` is how often chance gives so few, corrected
    for the number of pairs compared (Holm).
    """

    units: tuple[str, str]
    works: int
    expected: float
    low: float
    high: float
    p: float


def describe_collaboration(
    works: Iterable[Iterable[Hashable]], *, units: Mapping[Hashable, str], people: Iterable[Hashable] = ()
) -> Collaboration:
    """Return the network of works, each given by its makers; ``people`` adds those who made nothing.

    Whose unit is not known belongs to no unit and makes nothing cross one.

    >>> found = describe_collaboration([("a", "b"), ("b", "c"), ("d",)], units={"a": "x", "b": "x", "c": "y", "d": "y"})
    >>> found.pairs, round(found.density, 4), found.across, found.alone, found.largest
    (2, 0.3333, 0.5, 1, 3)
    """
    makers = [frozenset(work) for work in works]
    everybody = {person for work in makers for person in work} | set(people)
    joint = [work for work in makers if len(work) > 1]
    pairs = {pair for work in joint for pair in _pairs(work)}
    possible = len(everybody) * (len(everybody) - 1) // 2
    paired = {person for pair in pairs for person in pair}
    return Collaboration(
        people=len(everybody),
        works=len(makers),
        joint_works=len(joint),
        pairs=len(pairs),
        density=len(pairs) / possible if possible else None,
        across=_share_across(joint, units),
        pairs_across=_share_across(pairs, units),
        alone=len(everybody) - len(paired),
        largest=_largest(pairs) if pairs else min(1, len(everybody)),
        assortativity=_assortativity(*_ends(pairs, units)),
    )


def collaboration_ranges(
    works: Iterable[Iterable[Hashable]], *, units: Mapping[Hashable, str], people: Iterable[Hashable] = ()
) -> dict[str, Ranged]:
    """Return density, share of works across units and assortativity, each with a 90 % interval.

    The interval leaves out one joint work after another (jackknife, with Student's t of one less than the works):
    works are what a year might have had otherwise, and the pairs inside one work hang together. A measure that cannot
    be worked out, or not without each of the works, is left out.

    >>> collaboration_ranges([("a", "b"), ("c", "d")], units={"a": "x", "b": "x", "c": "y", "d": "z"})["across"].value
    0.5
    """
    makers = [frozenset(work) for work in works]
    joint = [work for work in makers if len(work) > 1]
    n_people = len({person for work in makers for person in work} | set(people))
    possible = n_people * (n_people - 1) // 2
    held = Counter(pair for work in joint for pair in _pairs(work))
    own = [[pair for pair in _pairs(work) if held[pair] == 1] for work in joint]  # pairs that go with the work
    same, ends = _ends(held, units)
    n_across = sum(_is_across(work, units) for work in joint)
    left: dict[str, list[float | None]] = {"density": [], "across": [], "assortativity": []}
    for work, pairs in zip(joint, own, strict=True):
        less_same, less_ends = _ends(pairs, units)
        left["density"].append((len(held) - len(pairs)) / possible if possible else None)
        rest = len(joint) - 1
        left["across"].append((n_across - _is_across(work, units)) / rest if rest else None)
        fewer = Counter({unit: ends[unit] - less_ends[unit] for unit in ends})
        left["assortativity"].append(_assortativity(same - less_same, fewer))
    whole = describe_collaboration(makers, units=units, people=people)
    values = {"density": whole.density, "across": whole.across, "assortativity": whole.assortativity}
    lowest = {"density": 0.0, "across": 0.0, "assortativity": -1.0}
    found = {}
    for name, value in values.items():
        without = [one for one in left[name] if one is not None]
        if value is None or len(joint) < 2 or len(without) < len(joint):
            continue
        spread = float(scipy.stats.t.ppf(MIDDLE, len(joint) - 1)) * _jackknife_error(without)
        low, high = max(lowest[name], value - spread), min(1.0, value + spread)
        found[name] = Ranged(value=value, low=low, high=high, works=len(joint))
    return found


def pairs_of_units(
    works: Iterable[Iterable[Hashable]],
    *,
    units: Mapping[Hashable, str],
    least_people: int,
    rng: np.random.Generator,
    draws: int = 999,
) -> tuple[UnitPair, ...]:
    """Return how often units make works together, set against people drawn into units by chance; the rarest first.

    Works and their teams stay as they are, and so do the sizes of units: only who belongs where is shuffled. Units
    with fewer than ``least_people`` people in joint works are not compared.
    """
    joint = [frozenset(person for person in work if units.get(person)) for work in works]
    joint = [work for work in joint if len(work) > 1]
    people = sorted({person for work in joint for person in work}, key=repr)
    sizes = Counter(units[person] for person in people)
    names = sorted(unit for unit, n in sizes.items() if n >= least_people)
    if len(names) < 2:
        return ()
    place = {person: n for n, person in enumerate(people)}
    flat = np.array([place[person] for work in joint for person in sorted(work, key=repr)])
    starts = np.cumsum([0, *(len(work) for work in joint[:-1])])
    code = {name: n for n, name in enumerate(names)}
    labels = np.array([code.get(units[person], len(names)) for person in people])

    def together(labelled: np.ndarray) -> np.ndarray:
        inside = labelled[flat][:, None] == np.arange(len(names))
        has = np.logical_or.reduceat(inside, starts, axis=0).astype(np.int64)
        counted: np.ndarray = has.T @ has
        return counted

    seen = together(labels)
    drawn = np.array([together(rng.permutation(labels)) for _ in range(draws)])
    found = []
    for a, b in combinations(range(len(names)), 2):
        by_chance = drawn[:, a, b]
        p = (1 + int((by_chance <= seen[a, b]).sum())) / (draws + 1)
        low, high = np.quantile(by_chance, (0.05, 0.95))
        found.append(
            UnitPair(units=(names[a], names[b]), works=int(seen[a, b]), expected=float(by_chance.mean()),
                     low=float(low), high=float(high), p=p)
        )  # fmt: skip
    return _corrected(found)


def _corrected(found: Sequence[UnitPair]) -> tuple[UnitPair, ...]:
    """Return pairs with p corrected for how many were compared (Holm), those that chance gives least first."""
    in_order = sorted(found, key=lambda one: (one.p, one.works, one.units))
    highest, corrected = 0.0, []
    for place, one in enumerate(in_order):
        highest = max(highest, min(1.0, one.p * (len(in_order) - place)))
        corrected.append(
            UnitPair(units=one.units, works=one.works, expected=one.expected, low=one.low, high=one.high, p=highest)
        )
    return tuple(corrected)


def _pairs(work: Pair) -> list[Pair]:
    return [frozenset(pair) for pair in combinations(sorted(work, key=repr), 2)]


def _share_across(groups: Iterable[Pair], units: Mapping[Hashable, str]) -> float | None:
    found = [_is_across(group, units) for group in groups]
    return sum(found) / len(found) if found else None


def _is_across(group: Pair, units: Mapping[Hashable, str]) -> bool:
    return len({units[person] for person in group if units.get(person)}) > 1


def _ends(pairs: Iterable[Pair], units: Mapping[Hashable, str]) -> tuple[int, Counter[str]]:
    """Return how many pairs stay inside a unit, and how many ends each unit has; pairs without units count none."""
    same, ends = 0, Counter[str]()
    for pair in pairs:
        told = [units[person] for person in pair if units.get(person)]
        if len(told) == 2:
            same += told[0] == told[1]
            ends.update(told)
    return same, ends


def _assortativity(same: int, ends: Mapping[str, int]) -> float | None:
    both = sum(ends.values())
    if not both:
        return None
    by_chance = sum((n / both) ** 2 for n in ends.values())
    return (same / (both / 2) - by_chance) / (1 - by_chance) if by_chance < 1 else None


def _largest(pairs: Iterable[Pair]) -> int:
    head: dict[Hashable, Hashable] = {}

    def root(person: Hashable) -> Hashable:
        while head.setdefault(person, person) != person:
            head[person] = head[head[person]]
            person = head[person]
        return person

    for pair in pairs:
        one, other = pair
        head[root(one)] = root(other)
    return max(Counter(root(person) for person in list(head)).values())


def _jackknife_error(without: Sequence[float]) -> float:
    n, mean = len(without), sum(without) / len(without)
    return sqrt((n - 1) / n * sum((one - mean) ** 2 for one in without))
