"""What an operation gets: who asks, by which token, for what, and the numbers in the address, all of it checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import translation
from msgspec import Meta, Struct, structs

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.token_models import ApiToken
from yucai.web.api.answers import Part, PersonName
from yucai.web.explaining import Explanation

__all__ = [
    "MOST_A_PAGE", "Asked", "ByGroup", "JobWanted", "NoQuery", "OfPeriod", "Paged", "parts_of", "person_named",
    "rounded", "said", "until_next",
]  # fmt: skip

MOST_A_PAGE: Final = 200
LARGEST: Final = 2**53 - 1  # what every JSON reader holds exactly

Row = TypeVar("Row")
Limit = Annotated[int, Meta(ge=1, le=MOST_A_PAGE)]
After = Annotated[int, Meta(ge=0, le=LARGEST)]


class NoQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing may be asked for behind the question mark."""


class Paged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list: what comes after a number, so that a list that grows shows nothing twice."""

    after: After = 0
    limit: Limit = 50


class ByGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the list of groups, and of which institution."""

    after: After = 0
    limit: Limit = 50
    space: Annotated[str, Meta(max_length=50)] | None = None


class OfPeriod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which period."""

    period: Annotated[str, Meta(max_length=50)] | None = None


class JobWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which work is asked for."""

    kind: Annotated[Literal["measure"], Meta(description="compute the profiles anew")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question that was let in. ``parts`` are the parts of the address; ``name`` is that of the operation."""

    name: str
    at: datetime
    parts: dict[str, Any]
    query: Any
    body: Any = None
    token: ApiToken | None = None

    @property
    def account(self) -> Account:
        """Who asks. Only an operation that is open to anybody has nobody."""
        assert self.token is not None
        return self.token.account

    @property
    def pk(self) -> int:
        """The number in the address."""
        return int(self.parts["pk"])


def said(text: Text) -> str:
    """Return a text of the library in the language that was asked for."""
    return text.in_language(translation.get_language() or "en")


def parts_of(explained: Explanation) -> list[Part]:
    """Return the six parts of an explanation."""
    return [Part(code=one.code, label=one.label, says=one.says) for one in explained.parts]


def person_named(person: Person) -> PersonName:
    """Return who somebody is."""
    return PersonName(id=person.pk, number=person.code, name=said(person.name), entry_year=person.cohort)


def rounded(value: float | None) -> float | None:
    """Return a number with as many digits as mean something; more would only differ between machines."""
    return None if value is None else round(float(value), 4)


def until_next(asked: Asked, rows: Sequence[Row], key: Callable[[Row], int]) -> tuple[list[Row], str | None]:
    """Return the rows of one page, and the address of the next: ``rows`` holds one more where more follow."""
    limit = asked.query.limit
    shown = list(rows[:limit])
    if len(rows) <= limit:
        return shown, None
    told = {name: value for name, value in structs.asdict(asked.query).items() if value is not None}
    address = reverse(f"api_{asked.name}", kwargs=asked.parts)
    return shown, f"{address}?{urlencode({**told, 'after': key(shown[-1])})}"
