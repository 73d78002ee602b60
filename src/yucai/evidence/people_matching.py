"""Who a row speaks of: told by number; by name only inside a class, and only with a human's yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

__all__ = ["PeopleMatch", "ProposedMatch", "match_people"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedMatch:
    """A row that may speak of a learner of that name in that class; a human says yes or no."""

    row: int
    name: str
    class_name: str
    learner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMatch:
    """Which rows (numbers from 0) speak of whom, which only may, and which speak of nobody on the list."""

    matched: Mapping[int, str]
    proposed: tuple[ProposedMatch, ...]
    unmatched: tuple[int, ...]


def match_people(
    rows: pl.DataFrame, roster: pl.DataFrame, *, confirmed: Mapping[int, str] | None = None
) -> PeopleMatch:
    """Return whom the rows speak of, by a roster with learner, name and class_name.

    A row with a number on the roster is that learner, whatever name it gives. A row without a number is proposed where
    exactly one learner of its class has its name; it is matched only when ``confirmed`` says so, row by row.
    A number that is not on the roster, and a name that two in the class share, match nobody.
    """
    known = set(roster["learner"].to_list())
    called: dict[tuple[str, str], list[str]] = {}
    for learner, name, class_name in roster.select("learner", "name", "class_name").iter_rows():
        if name and class_name:
            called.setdefault((class_name, name), []).append(learner)
    matched: dict[int, str] = {}
    proposed, unmatched = [], []
    yes = confirmed or {}
    names = ("learner", "name", "class_name")
    wanted = [rows[name].to_list() if name in rows.columns else [None] * rows.height for name in names]
    for row, (learner, name, class_name) in enumerate(zip(*wanted, strict=True)):
        candidates = called.get((class_name or "", name or ""), [])
        if learner:
            if learner in known:
                matched[row] = learner
            else:
                unmatched.append(row)
        elif len(candidates) == 1 and yes.get(row) == candidates[0]:
            matched[row] = candidates[0]
        elif len(candidates) == 1:
            proposed.append(ProposedMatch(row=row, name=name, class_name=class_name, learner=candidates[0]))
        else:
            unmatched.append(row)
    return PeopleMatch(matched=matched, proposed=tuple(proposed), unmatched=tuple(unmatched))
