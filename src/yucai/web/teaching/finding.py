"""The people of a group, found and sorted over all pages by the database: by words, by what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from yucai.framework import load_framework
from yucai.web.accounts.models import Group, Person
from yucai.web.listing import Sorting
from yucai.web.measurement.models import ProfileRow

__all__ = ["filters_said", "found_people", "orders", "sorting_of"]

BY_PROFILE: Final = ("known", "pieces")


def found_people(people: QuerySet[Person], group: Group, occasion: str, wanted: Mapping[str, str]) -> QuerySet[Person]:
    """Return those of the people whom the filters ask for, in the order asked for; without any, by number."""
    if words := wanted.get("contains"):
        people = people.filter(Q(code__icontains=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words))
    by = wanted.get("sort", "").removeprefix("-")
    if by in BY_PROFILE or {"least", "most", "without"} & set(wanted):
        people = _with_profiles(people, group, occasion)
    if "least" in wanted:
        people = people.filter(Q(known__gte=int(wanted["least"])))
    if "most" in wanted:
        people = people.filter(Q(known__lte=int(wanted["most"])))
    if "without" in wanted:
        people = people.filter(Q(pieces=0))
    return people.order_by(*_order(by, down=wanted.get("sort", "").startswith("-")))


def _order(by: str, *, down: bool) -> tuple[str, ...]:
    """Return the columns of the order; who is alike stands by number, so that no page shows somebody twice."""
    name = "name_zh" if (translation.get_language() or "en").startswith("zh") else "name_en"
    first = {"name": name, "number": "code", "known": "known", "pieces": "pieces"}.get(by, "code")
    return (f"-{first}" if down else first, *(("code",) if first != "code" else ()), "pk")


def _with_profiles(people: QuerySet[Person], group: Group, occasion: str) -> QuerySet[Person]:
    """Return people, each with how many qualities are known in a period, and from how many pieces of evidence."""
    names = [entry.code for entry in load_framework(group.space.framework).qualities]
    rows = ProfileRow.objects.filter(
        run__current=True, run__space=group.space_id, person=OuterRef("pk"), occasion=occasion, quality__in=names
    )
    known = rows.filter(enough=True).order_by().values("person").annotate(n=Count("pk")).values("n")
    pieces = rows.order_by().values("person").annotate(n=Sum("n_evidence")).values("n")
    return people.annotate(
        known=Coalesce(Subquery(known, output_field=IntegerField()), 0),
        pieces=Coalesce(Subquery(pieces, output_field=IntegerField()), 0),
    )


def sorting_of(wanted: Mapping[str, str]) -> Sorting:
    """Return the order in which the people stand, and the filters that stay when it is changed."""
    rest = urlencode({name: value for name, value in wanted.items() if name != "sort"})
    asked = wanted.get("sort", "")
    return Sorting(by=asked.removeprefix("-"), down=asked.startswith("-"), query=rest)


def filters_said(wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the filters in words."""
    if "contains" in wanted:
        yield _("Name or number contains"), wanted["contains"]
    if "least" in wanted:
        yield _("Qualities known, at least"), wanted["least"]
    if "most" in wanted:
        yield _("Qualities known, at most"), wanted["most"]
    if "without" in wanted:
        yield _("Evidence"), _("none in this period")


def orders() -> tuple[tuple[str, str], ...]:
    """Return the orders that people can stand in, each with its word in an address."""
    return (
        ("number", _("number")),
        ("name", _("name")),
        ("-known", _("qualities known, most first")),
        ("known", _("qualities known, fewest first")),
        ("-pieces", _("evidence, most first")),
        ("pieces", _("evidence, least first")),
    )
