"""Questions to the database that are formed once and then asked again with other values.

To put a condition of several parts into the words of the database takes Python longer than the database needs for the
answer. The conditions stay where they are, as querysets; what is kept here is the sentence that came of one, with the
places of its values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

__all__ = ["ask_formed", "row_names", "row_of"]

Row = TypeVar("Row", bound=Model)
Value = int | Sequence[int]  # a number, or some for ``bulk.among``
MARK: Final = -4_000_000_000_000_000  # no row has such a number
MOST_KEPT: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Formed:
    """A sentence, and for each of its places a constant or which of the values stands there."""

    sql: str
    places: tuple[tuple[bool, Any], ...]  # is it a value; then which one, else the constant


def ask_formed(
    key: Hashable, form: Callable[..., QuerySet[Any, Any]], values: Sequence[Value], *, around: str = "{}"
) -> list[tuple[Any, ...]]:
    """Return the rows of ``form(*values)`` as the database gives them; nothing where the condition holds for nobody.

    ``form`` gets marks in place of the values once for each ``key``, which holds all that the sentence depends on
    besides them, and uses values as they are. ``around`` is put around the sentence, between braces.

    Raises ValueError where the sentence holds what was computed of a value: it would be kept for all others.
    """
    kinds = tuple(isinstance(value, int) for value in values)
    formed = _formed(connection.vendor, key, kinds, around, _Form(form))
    if formed is None:
        return []
    given = [value if single else _many(value) for value, single in zip(values, kinds, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(formed.sql, [given[told] if is_value else told for is_value, told in formed.places])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def row_names(model: type[Model], *related: str) -> tuple[str, ...]:
    """Return the names of the values that make rows of a model, and of what these foreign keys lead to."""
    own = [field.attname for field in model._meta.concrete_fields]
    others = [f"{name}__{field.attname}" for name in related for field in _led_to(model, name)._meta.concrete_fields]
    return (*own, *others)


def row_of(model: type[Row], *related: str, values: Sequence[Any]) -> Row:
    """Return the row that these values make, as the database gave them in the order of ``row_names``."""
    left = iter(values)
    row = _made(model, left)
    for name in related:
        setattr(row, name, _made(_led_to(model, name), left))
    return row


def _made(model: type[Row], left: Iterator[Any]) -> Row:
    fields = model._meta.concrete_fields
    return model.from_db(
        connection.alias, [field.attname for field in fields], [field.to_python(next(left)) for field in fields]
    )


def _led_to(model: type[Model], name: str) -> type[Model]:
    led_to = model._meta.get_field(name).related_model
    assert isinstance(led_to, type)  # a foreign key leads to a table
    return led_to


class _Form:
    """What forms a sentence; the key alone says whether two are alike."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., QuerySet[Any, Any]]) -> None:
        self.call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Form)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=MOST_KEPT)
def _formed(vendor: str, key: Hashable, kinds: tuple[bool, ...], around: str, form: _Form) -> _Formed | None:
    try:
        sql, places = _marked(form, kinds, MARK)
        again, places_again = _marked(form, kinds, 2 * MARK)
    except EmptyResultSet:
        return None
    if (sql, places) != (again, places_again):
        raise ValueError(f"the sentence of {key!r} holds something that was computed of a value")
    return _Formed(sql=around.format(sql), places=places)


def _marked(form: _Form, kinds: tuple[bool, ...], first: int) -> tuple[str, tuple[tuple[bool, Any], ...]]:
    """Return the sentence for marks in place of values, and its places."""
    marks: list[Value] = [first - n if single else (first - n,) for n, single in enumerate(kinds)]
    sql, params = form.call(*marks).query.sql_with_params()
    known = {
        _as_key(mark if single else _many(mark)): n for n, (mark, single) in enumerate(zip(marks, kinds, strict=True))
    }
    return sql, tuple((_as_key(one) in known, known.get(_as_key(one), one)) for one in params)


def _as_key(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else (type(value), value)


def _many(numbers: Any) -> Any:
    """Return numbers as ``bulk.among`` gives them to the database."""
    return sorted(numbers) if connection.vendor == "postgresql" else json.dumps(sorted(numbers))
