"""Scores on record for value added: which there are, and one row for each person with a score now and before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db.models import Avg, Count, F, FloatField, QuerySet

from yucai.texts import Text
from yucai.web.accounts.access import closed_to, visible_people
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.governance.added_models import AddedRun

__all__ = ["LEAST_PEOPLE", "PAGE", "Scored", "ScoresTaken", "scored_of", "scores_there", "sources_of", "take_scores"]

PAGE: Final = "value-added"  # in the table of what pages are read for
LEAST_PEOPLE: Final = 20  # with a score, or it is not offered
SHARE: Final = Avg(F("score") / F("max_score") * 100, output_field=FloatField())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One thing that was scored: an item, at an occasion."""

    item: int
    occasion: str
    name: Text
    n: int = 0

    @property
    def key(self) -> str:
        """What a form sends of it."""
        return f"{self.item}:{self.occasion}"

    def kept(self) -> dict[str, Any]:
        """Return what a run keeps of it."""
        return {"item": self.item, "occasion": self.occasion, "name": [self.name.en, self.name.zh]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresTaken:
    """The rows to fit, names and rows of the groups, and how many people were left out for which reason."""

    table: pl.DataFrame
    names: Mapping[str, Text]
    rows: Mapping[str, int]
    left_out: Mapping[str, int]


def scored_of(kept: Mapping[str, Any]) -> Scored:
    """Return what a run kept."""
    return Scored(item=kept["item"], occasion=kept["occasion"], name=Text(*kept["name"]))


def scores_there(space: Space, *, at: datetime) -> list[Scored]:
    """Return what was scored of enough people in a space, by name; single questions of a bank are no score."""
    told = usable_records(space, at=at).filter(item__space=space, item__questions=None).order_by()
    fields = ("item", "occasion", "item__name_en", "item__name_zh")
    counted = told.values_list(*fields).annotate(n=Count("person", distinct=True)).filter(n__gte=LEAST_PEOPLE)
    found = [Scored(item=item, occasion=occasion, name=Text(en, zh), n=n) for item, occasion, en, zh, n in counted]
    return sorted(found, key=lambda one: (one.name.en, one.occasion, one.item))


def sources_of(scored: Sequence[Scored]) -> QuerySet[EvidenceRecord, int]:
    """Return the data sets (numbers) that some scores came with."""
    records = EvidenceRecord.objects.current().filter(item__in=[one.item for one in scored])
    return records.order_by().values_list("came_with__source", flat=True).distinct()


def take_scores(
    space: Space, kind: str, *, now: Scored, prior: Sequence[Scored], least: int, by: Account | None, at: datetime
) -> ScoresTaken:
    """Return a row for each person with all scores and one group: what was reached, in per cent, averaged over raters.

    Left out are people who lack an earlier score, who stand in no group or in several, and whole groups of fewer than
    ``least``: nothing of theirs can be worked out from what is found of the others. People whose records the reader may
    not use because of their age are not looked at.
    """
    people = Person.objects.filter(space=space) if by is None else visible_people(by).filter(space=space)
    if by is not None:
        people = people.exclude(pk__in=closed_to(by, page=PAGE, at=at))
    columns = [_shares(space, one, people, at=at) for one in (now, *prior)]
    groups, names, rows = _groups(space, kind)
    whole = [person for person in columns[0] if all(person in column for column in columns[1:])]
    placed = [person for person in whole if len(groups.get(person, ())) == 1]
    sizes = Counter(groups[person][0] for person in placed)
    kept = [person for person in placed if sizes[groups[person][0]] >= least]
    table = pl.DataFrame(
        {
            "group": [groups[person][0] for person in kept],
            **{f"score {n}": [column[person] for person in kept] for n, column in enumerate(columns)},
        },
        schema_overrides={"group": pl.String},
    )
    left_out = {"no-earlier": len(columns[0]) - len(whole), "no-group": len(whole) - len(placed),
                "small-group": len(placed) - len(kept)}  # fmt: skip
    return ScoresTaken(table=table, names=names, rows=rows, left_out=left_out)


def _shares(space: Space, scored: Scored, people: QuerySet[Person], *, at: datetime) -> dict[int, float]:
    told = usable_records(space, at=at).filter(item=scored.item, occasion=scored.occasion, person__in=people)
    return dict(told.values_list("person").annotate(share=SHARE).order_by("person"))


def _groups(space: Space, kind: str) -> tuple[dict[int, list[str]], dict[str, Text], dict[str, int]]:
    """Return the groups (codes) of each person, their names, and the rows of those that have one."""
    if kind == AddedRun.Kind.PROGRAMME:
        told = Person.objects.filter(space=space).exclude(programme="").values_list("pk", "programme")
        programmes = {person: [name] for person, name in told}
        return programmes, {name: Text(name, name) for (name,) in programmes.values()}, {}
    members: dict[int, list[str]] = {}
    inside = Membership.objects.filter(group__space=space, group__kind=kind)
    for person, code in inside.values_list("person", "group__code").order_by("group__code"):
        members.setdefault(person, []).append(code)
    groups = list(Group.objects.filter(space=space, kind=kind))
    return members, {one.code: one.name for one in groups}, {one.code: one.pk for one in groups}
