"""Deleting rows of the record store's tables by their numbers, for both databases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from django.db import connection

from yucai.web.records.models import ActivityDefinition

__all__ = [
    "delete_attachments",
    "delete_by",
    "delete_definitions",
    "delete_pairs",
    "delete_unspoken",
    "in_parts",
    "marks",
]

MOST_ASKED: Final = 500  # parameters in one question
One = TypeVar("One")


def in_parts(values: Iterable[One], most: int = MOST_ASKED) -> Iterator[list[One]]:
    """Yield what comes in parts of at most so many.

    >>> list(in_parts("abc", 2))
    [['a', 'b'], ['c']]
    """
    left = iter(values)
    while part := list(islice(left, most)):
        yield part


def marks(values: Collection[object]) -> str:
    """Return as many marks of parameters as there are values."""
    return ", ".join(["%s"] * len(values))


def delete_by(table: str, column: str, numbers: Collection[int]) -> int:
    """Delete the rows that have one of these numbers in a column; return how many."""
    n = 0
    with connection.cursor() as cursor:
        for part in in_parts(sorted(numbers)):
            cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({marks(part)})", part)  # noqa: S608
            n += cursor.rowcount
    return n


def delete_pairs(table: str, column: str, pairs: Collection[tuple[int, int]]) -> None:
    """Delete rows by their primary key of key and number."""
    if not pairs:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            keys, seqs = zip(*pairs, strict=True)
            sql = (
                f"DELETE FROM {table} x USING unnest(%s::bigint[], %s::bigint[]) AS gone(key, seq)"  # noqa: S608
                f" WHERE x.{column} = gone.key AND x.seq = gone.seq"
            )
            cursor.execute(sql, [list(keys), list(seqs)])
        else:
            cursor.executemany(f"DELETE FROM {table} WHERE {column} = %s AND seq = %s", sorted(pairs))  # noqa: S608


UNSPOKEN: Final = (
    "SELECT c.id, c.size_bytes FROM web_attachmentcontent c WHERE c.store_id = %s AND c.sha2 IN ({marks}) AND"
    " NOT EXISTS (SELECT 1 FROM web_statementattachment a JOIN web_statementrow s ON s.seq = a.seq"
    " WHERE a.sha2 = c.sha2 AND s.store_id = c.store_id)"
)


def delete_attachments(store: int, seqs: Collection[int]) -> tuple[int, int]:
    """Take the links of statements to attachments away, and the bytes that nothing speaks of then.

    Returns how many contents went, and their size. Call it before the statements themselves are deleted.
    """
    held = sorted(seqs)
    spoken: set[str] = set()
    with connection.cursor() as cursor:
        for part in in_parts(held):
            cursor.execute(f"SELECT sha2 FROM web_statementattachment WHERE seq IN ({marks(part)})", part)  # noqa: S608
            spoken |= {sha2 for (sha2,) in cursor.fetchall()}
    if not spoken:
        return 0, 0
    delete_by("web_statementattachment", "seq", held)
    return delete_unspoken(store, spoken)


def delete_unspoken(store: int, hashes: Collection[str]) -> tuple[int, int]:
    """Delete those of these contents that no statement of the store speaks of; return how many, and their size."""
    found: list[tuple[int, int]] = []
    with connection.cursor() as cursor:
        for part in in_parts(sorted(hashes)):
            cursor.execute(UNSPOKEN.format(marks=marks(part)), [store, *part])
            found += cursor.fetchall()
    delete_by("web_attachmentcontent", "id", [pk for pk, _ in found])
    return len(found), sum(size for _, size in found)


NAMING: Final = (
    "SELECT d.id FROM web_activitydefinition d WHERE d.store_id = %s AND d.activity IN ({marks})"
    " AND NOT EXISTS (SELECT 1 FROM web_statementrow s WHERE s.object = d.activity)"
    " AND NOT EXISTS (SELECT 1 FROM web_statementactivity a WHERE a.activity = d.activity)"
)


def delete_definitions(store: int, activities: Iterable[int]) -> int:
    """Delete what is known of those of these activities that no statement names any more; return how many."""
    found: list[int] = []
    with connection.cursor() as cursor:
        for part in in_parts(sorted(activities)):
            cursor.execute(NAMING.format(marks=marks(part)), [store, *part])
            found += [pk for (pk,) in cursor.fetchall()]
    ActivityDefinition.objects.filter(pk__in=found).delete()
    return len(found)
