"""Many rows into one table at once, fast on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, models

__all__ = ["insert_rows"]


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert rows given as sequences in the order of ``columns`` (field names; a foreign key takes the number).

    Constraints of the database hold; signals and ``save`` are passed over. PostgreSQL takes a COPY stream, SQLite
    one prepared statement. Call it inside a transaction: it is all or nothing only there.
    """
    fields = [model._meta.get_field(name) for name in columns]
    dated = [i for i, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(str(field.column)) for field in fields if isinstance(field, models.Field))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The stream is the driver's own: without the wrapper its faults would not be Django's.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        prepared = (_with_times_adapted(row, dated) for row in rows) if dated else rows
        # The names come from our own models, never from outside; the driver takes any iterable of rows.
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        cursor.executemany(statement, prepared)  # type: ignore[arg-type]


def _with_times_adapted(row: Sequence[object], dated: Sequence[int]) -> list[object]:
    adapted = list(row)
    for i in dated:
        moment = adapted[i]
        if isinstance(moment, datetime):
            adapted[i] = connection.ops.adapt_datetimefield_value(moment)
    return adapted
