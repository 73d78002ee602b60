"""Many rows at once, into a table or out of it, fast on both databases."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Final

from django.db import connection, models
from django.db.models import F, Lookup, Q
from django.db.models.functions import Cast

__all__ = ["Part", "among", "insert_rows", "read_moment", "read_together"]

FEW: Final = 60


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert rows given as sequences in the order of ``columns`` (field names; a foreign key takes the number).

    Constraints of the database hold; signals and ``save`` are passed over. PostgreSQL takes a few as one statement and
    more as a COPY stream, which begins with a further answer; SQLite one prepared statement. Call it inside a
    transaction: it is all or nothing only there.
    """
    fields = [model._meta.get_field(name) for name in columns]
    dated = [i for i, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(str(field.column)) for field in fields if isinstance(field, models.Field))
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            rows = iter(rows)
            few = list(islice(rows, FEW + 1))
            if len(few) <= FEW:
                if few:
                    values = ", ".join([f"({marks})"] * len(few))
                    statement = f"INSERT INTO {table} ({names}) VALUES {values}"  # noqa: S608  names are our models' own
                    cursor.execute(statement, [value for row in few for value in row])  # type: ignore[misc]
                return
            # The stream is the driver's own: its errors become Django's, as those of any other statement.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in chain(few, rows):
                    stream.write_row(row)
            return
        prepared = (_with_times_adapted(row, dated) for row in rows) if dated else rows
        # The names come from our own models, never from outside; the driver takes any iterable of rows.
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        cursor.executemany(statement, prepared)  # type: ignore[arg-type]


def among(field: str, numbers: Collection[int]) -> Q:
    """Return the condition ``field__in=numbers`` in words that do not depend on how many they are.

    The database gets the numbers as one value: it need not read, plan and forget a new statement for each length.
    """
    return Q(_Among(F(field), sorted(numbers)))


class _Among(Lookup):
    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        held = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  the column is our model's own
        return held, (*values, json.dumps(self.rhs))

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*values, self.rhs)


def _with_times_adapted(row: Sequence[object], dated: Sequence[int]) -> list[object]:
    adapted = list(row)
    for i in dated:
        moment = adapted[i]
        if isinstance(moment, datetime):
            adapted[i] = connection.ops.adapt_datetimefield_value(moment)
    return adapted


@dataclass(frozen=True, slots=True)
class Part:
    """One of several small questions that are asked as one: rows of a query, and which of their values are wanted."""

    rows: models.QuerySet[Any]
    values: tuple[str | models.expressions.Combinable, ...] = ()


def read_together(parts: Mapping[str, Part]) -> dict[str, list[tuple[str, ...]]]:
    """Return what several small questions find, by name, asked of the database as one statement.

    Every value comes as text, and nothing as "": numbers and times are read by whoever asked. A question without
    values gives an empty row for each row it finds. The order within a part is not kept.
    """
    width = max((len(part.values) for part in parts.values()), default=0)
    asked = [_part(name, part, width) for name, part in parts.items()]
    found: dict[str, list[tuple[str, ...]]] = {name: [] for name in parts}
    if asked:
        first, *others = asked
        for name, *values in first.union(*others, all=True) if others else first:
            found[name].append(tuple(value or "" for value in values[: len(parts[name].values)]))
    return found


def read_moment(said: str) -> datetime:
    """Return a time as a database writes it as text: it says its zone, or means UTC."""
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _part(name: str, part: Part, width: int) -> models.QuerySet[Any]:
    text = models.TextField()
    wanted = [Cast(F(value) if isinstance(value, str) else value, text) for value in part.values]
    empty = [models.Value("", output_field=text)] * (width - len(wanted))
    said = [models.Value(name, output_field=text), *wanted, *empty]
    named = {f"together_{number}": value for number, value in enumerate(said)}
    asked: models.QuerySet[Any] = part.rows.order_by().annotate(**named).values_list(*named)
    return asked
