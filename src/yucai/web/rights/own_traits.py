"""The protected traits of one person, for that person's own copy alone: no list, no count and no model comes here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from yucai.web.accounts.models import Person, ProtectedTrait

__all__ = ["keep_traits", "traits_of", "traits_rows"]


def traits_of(person: Person) -> list[dict[str, object]]:
    """Return what is on record apart about a person, for the copy that they have a right to."""
    mine = traits_rows(person.pk).order_by("occasion", "trait", "value")
    return [dict(row) for row in mine.values("occasion", "trait", "value")]


def traits_rows(person: int) -> QuerySet[ProtectedTrait]:
    """Return the same as rows of the table, for that copy and for how many it holds."""
    return ProtectedTrait.objects.filter(person=person)


def keep_traits(person: Person, rows: Iterable[Mapping[str, object]]) -> None:
    """Keep apart what a person brought along of the kind."""
    named = [{name: str(row[name] or "") for name in ("occasion", "trait", "value")} for row in rows]
    ProtectedTrait.objects.bulk_create([ProtectedTrait(person=person, **one) for one in named])
