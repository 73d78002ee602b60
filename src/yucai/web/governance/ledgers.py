"""The ledger of releases in the database: what left to an audience, read whole and added to."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db.models import Q

from yucai.governance import (
    Axis,
    AxisKind,
    Ledger,
    LedgerEntry,
    Measure,
    Percentages,
    ReleasePolicy,
    Statistic,
    Table,
    entry_of,
)
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.accounts.release_models import ReleasedPerson, ReleasedTable
from yucai.web.bulk import insert_rows

__all__ = ["keep_entry", "ledger_beside", "ledger_of"]

MOST_KEPT: Final = 512  # tables that left, in the memory of one process


def ledger_of(space: Space, audience: str) -> Ledger:
    """Return everything that left to an audience of a space, oldest first.

    What left is never changed, so each table is read once and then kept in memory; the database is asked once for
    which there are, and once for each that is new.
    """
    marks = ReleasedTable.objects.filter(space=space, audience=audience).order_by("pk").values_list("mark", flat=True)
    return Ledger(entries=tuple(_kept(mark) for mark in marks))


def ledger_beside(space: Space, audience: str, code: str) -> tuple[Ledger, bool]:
    """Return what left to an audience, and beside it whatever left of one definition to anybody.

    Also whether the last of that definition left to this audience.
    """
    known = ReleasedTable.objects.filter(Q(audience=audience) | Q(code=code), space=space).order_by("pk")
    rows = list(known.values_list("mark", "audience", "code", "at"))
    of_code = [(at, whom) for _mark, whom, definition, at in rows if definition == code]
    newest = of_code[-1][0] if of_code else None
    mine = (newest, audience) in of_code
    return Ledger(entries=tuple(_kept(mark) for mark, *_rest in rows)), mine


@lru_cache(maxsize=MOST_KEPT)
def _kept(mark: UUID) -> LedgerEntry:
    row = ReleasedTable.objects.get(mark=mark)
    return _entry(row, list(row.people.order_by("pk").values_list("pk", "person", "base", "values")))


def keep_entry(space: Space, audience: str, entry: LedgerEntry) -> ReleasedTable:
    """Keep a table that leaves, with its people."""
    table = entry.table
    kept = ReleasedTable.objects.create(
        space=space, audience=audience, code=table.code, at=entry.released.as_of, definition=_definition(entry)
    )
    values = [measure.values for measure in table.measures]
    rows = [
        (
            kept.pk,
            None if isinstance(person, tuple) else person,
            int(base),
            json.dumps([one.get(person) for one in values]),
        )
        for person, base in zip(table.people, table.base, strict=True)
    ]
    insert_rows(ReleasedPerson, ("table", "person", "base", "values"), rows)
    return kept


def _definition(entry: LedgerEntry) -> dict[str, Any]:
    table, policy = entry.table, entry.policy
    assert table.amounts is None  # no page releases sums of money
    return {
        "name": _pair(table.name),
        "axes": [
            {"code": axis.code, "name": _pair(axis.name), "leaves": axis.leaves, "kind": axis.kind.value,
             "parents": dict(axis.parents), "total": axis.has_total,
             "names": {node: _pair(name) for node, name in axis.names.items()}}
            for axis in table.axes
        ],
        "measures": [
            {"code": one.code, "name": _pair(one.name), "asked": [str(what) for what in one.statistics],
             "low": one.low, "high": one.high, "decimals": one.decimals}
            for one in table.measures
        ],
        "percentages": None if table.percentages is None else [table.percentages.over, table.percentages.decimals],
        "policy": {"min_cell": policy.min_cell, "min_spread": policy.min_spread, "open_share": policy.open_share,
                   "p_percent": policy.p_percent},
        "shown": list(entry.shown),
        "measured": {code: list(cells) for code, cells in entry.measured},
    }  # fmt: skip


def _entry(row: ReleasedTable, people: list[tuple[Any, ...]]) -> LedgerEntry:
    told = row.definition
    who: tuple[Hashable, ...] = tuple(("gone", pk) if person is None else person for pk, person, *_rest in people)
    values = [given for *_rest, given in people]
    base = np.array([base for _pk, _person, base, _values in people], dtype=np.int64)
    axes = tuple(_axis(one) for one in told["axes"])
    shape = tuple(len(axis.leaves) for axis in axes)
    table = Table(
        code=row.code,
        name=Text(*told["name"]),
        axes=axes,
        counts=np.bincount(base, minlength=int(np.prod(shape))).reshape(shape),
        people=who,
        base=base,
        measures=tuple(
            _measure(one, {person: given[number] for person, given in zip(who, values, strict=True)})
            for number, one in enumerate(told["measures"])
        ),
        percentages=Percentages(over=told["percentages"][0], decimals=told["percentages"][1])
        if told["percentages"]
        else None,
    )
    policy = ReleasePolicy(**told["policy"])
    return entry_of(table, shown=told["shown"], measured=told["measured"], policy=policy, at=row.at)


def _axis(told: Mapping[str, Any]) -> Axis:
    return Axis(
        code=told["code"],
        name=Text(*told["name"]),
        leaves=tuple(told["leaves"]),
        kind=AxisKind(told["kind"]),
        parents=told["parents"],
        has_total=told["total"],
        names={node: Text(*name) for node, name in told["names"].items()},
    )


def _measure(told: Mapping[str, Any], values: Mapping[Hashable, float | None]) -> Measure:
    return Measure(
        code=told["code"],
        name=Text(*told["name"]),
        values={person: value for person, value in values.items() if value is not None},
        statistics=tuple(Statistic(what) for what in told["asked"]),
        low=told["low"],
        high=told["high"],
        decimals=told["decimals"],
    )


def _pair(text: Text) -> list[str]:
    return [text.en, text.zh]
