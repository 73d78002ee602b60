"""Statements that refer to statements: who refers to whom through how many others, and which are voided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from yucai.evidence import StatementFacts
from yucai.web.records import tables

__all__ = ["connect"]

MOST_IN_CHAIN: Final = 10_000


def connect(store: int, news: Sequence[tuple[int, str, StatementFacts]]) -> None:
    """Join new statements to what they refer to and to what referred to them before they came.

    Called in the transaction that stores them, with the store locked where one of them refers to another.
    """
    edges: set[tuple[int, int]] = set()
    ids = {own: seq for seq, own, _ in news}
    waiting = tables.referring_to(store, list(ids))
    voided: set[int] = set()
    for source, target, voiding in waiting:  # statements that were here, or come now, and refer to a new one
        edges.add((source, ids[target]))
        if voiding:
            voided.add(ids[target])
    aims = {facts.target: None for _, _, facts in news if facts.target is not None and facts.target not in ids}
    places = tables.seqs_of(store, list(aims)) if aims else {}
    for seq, _, facts in news:
        if facts.target in places:
            edges.add((seq, places[facts.target]))
            if facts.voids is not None:
                voided.add(places[facts.target])
    if edges:
        _close(edges)
    if voided:
        tables.mark_voided(sorted(voided))


def _close(edges: set[tuple[int, int]]) -> None:
    """Add edges, and every way that now leads over them."""
    with connection.cursor() as cursor:
        for source, target in sorted(edges):
            cursor.execute("SELECT source FROM web_statementrefrow WHERE target = %s", [source])
            before = [source, *(row[0] for row in cursor.fetchmany(MOST_IN_CHAIN))]
            cursor.execute("SELECT target FROM web_statementrefrow WHERE source = %s", [target])
            after = [target, *(row[0] for row in cursor.fetchmany(MOST_IN_CHAIN))]
            pairs = [(one, other) for one in before for other in after if one != other]
            cursor.executemany(
                "INSERT INTO web_statementrefrow (source, target) VALUES (%s, %s) ON CONFLICT DO NOTHING", pairs
            )
