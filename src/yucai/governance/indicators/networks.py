"""Who works with whom: the network of people who made works together, and how much of it crosses units."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

__all__ = ["Collaboration", "describe_collaboration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaboration:
    """The network of joint works. Shares are None where there is nothing to divide by.

    ``density`` is pairs that made something together over all pairs of people; ``across`` the share of joint works
    whose makers belong to more than one unit; ``pairs_across`` the same of pairs.
    """

    people: int
    works: int
    joint_works: int
    pairs: int
    density: float | None
    across: float | None
    pairs_across: float | None


def describe_collaboration(
    works: Iterable[Iterable[Hashable]], *, units: Mapping[Hashable, str], people: Iterable[Hashable] = ()
) -> Collaboration:
    """Return the network of works, each given by its makers; ``people`` adds those who made nothing.

    Whose unit is not known belongs to no unit and makes nothing cross one.

    >>> found = describe_collaboration([("a", "b"), ("b", "c"), ("d",)], units={"a": "x", "b": "x", "c": "y", "d": "y"})
    >>> found.pairs, round(found.density, 4), found.across
    (2, 0.3333, 0.5)
    """
    makers = [frozenset(work) for work in works]
    everybody = {person for work in makers for person in work} | set(people)
    joint = [work for work in makers if len(work) > 1]
    pairs = {frozenset(pair) for work in joint for pair in combinations(sorted(work, key=repr), 2)}
    possible = len(everybody) * (len(everybody) - 1) // 2
    return Collaboration(
        people=len(everybody),
        works=len(makers),
        joint_works=len(joint),
        pairs=len(pairs),
        density=len(pairs) / possible if possible else None,
        across=_share_across(joint, units),
        pairs_across=_share_across(pairs, units),
    )


def _share_across(groups: Iterable[frozenset[Hashable]], units: Mapping[Hashable, str]) -> float | None:
    found = [len({units[person] for person in group if units.get(person)}) > 1 for group in groups]
    return sum(found) / len(found) if found else None
