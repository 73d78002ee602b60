"""Which results of a person are under review, for every page that shows them: the same words for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Person
from yucai.web.bulk import Part, read_together

__all__ = [
    "Contested",
    "asked_contested",
    "contested_from",
    "contested_of",
    "quality_key",
    "requests_from",
    "works_under_review",
]

TOLD: Final = ("pk", "kind", "about", "key", "state", "named_en", "named_zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """What is under review: qualities with their period, works, scores and comments, by number."""

    qualities: frozenset[str] = frozenset()
    works: frozenset[int] = frozenset()
    records: frozenset[int] = frozenset()
    comments: frozenset[int] = frozenset()


def quality_key(quality: str, period: str) -> str:
    """Return how a request names a value of a portrait."""
    return f"{quality}|{period}"


def contested_of(person: Person) -> Contested:
    """Return what of a person's results is contested and not decided yet."""
    return contested_from(read_together({"contested": asked_contested(person)})["contested"])


def asked_contested(person: Person) -> Part:
    """Return the question for the requests of a person; ``requests_from`` and ``contested_from`` read the answer."""
    return Part(ReviewCase.objects.filter(person=person), TOLD)


def requests_from(rows: Iterable[tuple[str, ...]]) -> list[ReviewCase]:
    """Return the requests of a person, the newest first, each with what a list tells of it and no more."""
    told = [dict(zip(TOLD, row, strict=True)) for row in rows]
    return [
        ReviewCase(**{**one, "pk": int(one["pk"])})  # to be shown; it is not the row itself, and nobody saves it
        for one in sorted(told, key=lambda one: -int(one["pk"]))
    ]


def contested_from(rows: Iterable[tuple[str, ...]]) -> Contested:
    """Return what is contested and not decided yet, from the requests of a person."""
    found: dict[str, set[str]] = {kind: set() for kind in ReviewCase.About.values}
    for row in rows:
        told = dict(zip(TOLD, row, strict=True))
        if told["state"] != ReviewCase.State.DECIDED:
            found[told["about"]].add(told["key"])
    return Contested(
        qualities=frozenset(found[ReviewCase.About.QUALITY]),
        works=frozenset(int(key) for key in found[ReviewCase.About.WORK]),
        records=frozenset(int(key) for key in found[ReviewCase.About.RECORD]),
        comments=frozenset(int(key) for key in found[ReviewCase.About.COMMENT]),
    )


def works_under_review(numbers: Iterable[int]) -> frozenset[int]:
    """Return which of these own works are contested and not decided yet."""
    asked = ReviewCase.objects.filter(about=ReviewCase.About.WORK, key__in=[str(number) for number in numbers])
    return frozenset(int(key) for key in asked.exclude(state=ReviewCase.State.DECIDED).values_list("key", flat=True))
