"""Statements that refer to statements: who refers to whom through how many others, and which are voided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yucai.evidence import StatementFacts
from yucai.web.records import tables
from yucai.web.records.transactions import Sql

__all__ = ["connect"]

MOST_IN_CHAIN: Final = 10_000


def connect(
    sql: Sql,
    store: int,
    news: Sequence[tuple[int, str, StatementFacts]],
    referring: Sequence[tuple[int, str, bool]],
) -> None:
    """Join new statements to what they refer to, and to what was ``referring`` to them before they came.

    Called in the transaction that stores them, with the store locked where one of them refers to another.
    """
    edges: set[tuple[int, int]] = set()
    ids = {own: seq for seq, own, _ in news}
    voided: set[int] = set()
    within = [(seq, facts.target, facts.voids is not None) for seq, _, facts in news if facts.target in ids]
    for source, target, voiding in (*referring, *within):  # statements that were here, or come now
        if target in ids:
            edges.add((source, ids[target]))
            if voiding:
                voided.add(ids[target])
    aims = {facts.target: None for _, _, facts in news if facts.target is not None and facts.target not in ids}
    places = tables.seqs_of(sql, store, list(aims)) if aims else {}
    for seq, _, facts in news:
        if facts.target in places:
            edges.add((seq, places[facts.target]))
            if facts.voids is not None:
                voided.add(places[facts.target])
    if edges:
        _close(sql, edges)
    if voided:
        tables.mark_voided(sql, sorted(voided))


def _close(sql: Sql, edges: set[tuple[int, int]]) -> None:
    """Add edges, and every way that now leads over them."""
    for source, target in sorted(edges):
        before = [source, *_column(sql, "SELECT source FROM web_statementrefrow WHERE target = %s LIMIT %s", source)]
        after = [target, *_column(sql, "SELECT target FROM web_statementrefrow WHERE source = %s LIMIT %s", target)]
        pairs = [(one, other) for one in before for other in after if one != other]
        sql.run_each("INSERT INTO web_statementrefrow (source, target) VALUES (%s, %s) ON CONFLICT DO NOTHING", pairs)


def _column(sql: Sql, question: str, seq: int) -> list[int]:
    return [row[0] for row in sql.ask(question, [seq, MOST_IN_CHAIN])]
