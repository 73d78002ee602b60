"""What statements tell, as expressions that mean the same on every engine.

Each takes an Ibis table in the columns of ``STATEMENTS`` and returns another, unread until asked. Only what DuckDB and
Spark were seen to answer alike is used: windows by row number, no ordered collecting, no dates made out of nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis import Table

__all__ = ["days_active", "first_and_last", "sessions_by_gap", "valid_statements", "verbs_by_month"]


def valid_statements(statements: Table) -> Table:
    """Return the statements that stand: not those that void others, nor those that another voids, whenever it came."""
    voiding = statements.filter(statements.voids).select("store", void="target")
    standing = statements.filter(~statements.voids)
    return standing.anti_join(voiding, [standing.store == voiding.store, standing.id == voiding.void])


def sessions_by_gap(statements: Table, *, gap: timedelta) -> Table:
    """Return the sessions of each actor: a longer silence than ``gap`` ends one.

    Columns: actor, session (counted from 1), began, ended, statements.
    """
    import ibis

    in_order = ibis.window(group_by="actor", order_by=["timestamp", "seq"])
    before = statements.select("actor", "timestamp", "seq", before=statements.timestamp.lag().over(in_order))
    silence = ibis.interval(seconds=int(gap.total_seconds()))
    begins = before.before.isnull() | (before.timestamp > before.before + silence)
    marked = before.mutate(begins=begins.cast("int64"))
    up_to_here = ibis.window(group_by="actor", order_by=["timestamp", "seq"], preceding=None, following=0)
    numbered = marked.mutate(session=marked.begins.sum().over(up_to_here))
    return numbered.group_by("actor", "session").aggregate(
        began=numbered.timestamp.min(), ended=numbered.timestamp.max(), statements=numbered.count()
    )


def days_active(statements: Table, *, ahead: timedelta = timedelta(0)) -> Table:
    """Return on how many days each actor did something, and the first and last of them.

    ``ahead`` is how far the clock that divides the days is ahead of UTC: eight hours in China.
    Columns: actor, days, first_day, last_day, statements.
    """
    import ibis

    local = statements.timestamp + ibis.interval(seconds=int(ahead.total_seconds()))
    dated = statements.select("actor", day=local.date())
    return dated.group_by("actor").aggregate(
        days=dated.day.nunique(), first_day=dated.day.min(), last_day=dated.day.max(), statements=dated.count()
    )


def first_and_last(statements: Table) -> Table:
    """Return what each actor did first and last; of two at the same moment the one that was stored first is first.

    Columns: actor, first_at, first_verb, first_object, last_at, last_verb, last_object.
    """
    import ibis

    forwards = ibis.window(group_by="actor", order_by=["timestamp", "seq"])
    backwards = ibis.window(group_by="actor", order_by=[ibis.desc("timestamp"), ibis.desc("seq")])
    placed = statements.select(
        "actor",
        "timestamp",
        "verb",
        "object",
        nth=ibis.row_number().over(forwards),
        nth_last=ibis.row_number().over(backwards),
    )
    first = placed.filter(placed.nth == 0).select(
        "actor", first_at="timestamp", first_verb="verb", first_object="object"
    )
    last = placed.filter(placed.nth_last == 0).select(
        "actor", last_at="timestamp", last_verb="verb", last_object="object"
    )
    return first.join(last, "actor")


def verbs_by_month(statements: Table, *, ahead: timedelta = timedelta(0)) -> Table:
    """Return how often each verb was used in each month, and by how many actors; ``ahead`` as for ``days_active``.

    Columns: month (its first day), verb, statements, actors.
    """
    import ibis

    local = statements.timestamp + ibis.interval(seconds=int(ahead.total_seconds()))
    dated = statements.select("actor", "verb", month=local.truncate("M").date())
    return dated.group_by("month", "verb").aggregate(statements=dated.count(), actors=dated.actor.nunique())
