"""A group as somebody sees it who may not see its people: what of it may leave, by the gate of releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation

from yucai.framework import load_framework
from yucai.governance import Measure, Released, ReleasedCell, Statistic
from yucai.texts import Text
from yucai.web.accounts.models import Account, Group
from yucai.web.governance.releases import ANYBODY, released, told_axis
from yucai.web.measurement.models import ProfileRow

__all__ = ["OutsideGroup", "OutsideQuality", "outside_group", "outside_size"]

ENOUGH: Final = Text("enough evidence", "证据足够")
PLACE: Final = Text("place", "位置")
QUARTERS: Final = (Statistic.LOW_QUARTER, Statistic.MEDIAN, Statistic.HIGH_QUARTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideQuality:
    """One quality over a group; None is hidden, and ``nobody`` tells that there is nothing to hide."""

    name: str
    with_enough: int | None
    nobody: bool
    median: float | None
    low_quarter: float | None
    high_quarter: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideGroup:
    """A group as a whole: its size, its qualities, why something is hidden, and of which day it is."""

    size: int | None
    qualities: tuple[OutsideQuality, ...]
    reasons: tuple[str, ...]
    held: tuple[str, ...]


def outside_size(group: Group, *, to: Account, at: datetime) -> Released:
    """Return how many belong to a group, as far as that may be told."""
    people = list(group.people.order_by("pk").values_list("pk", flat=True))
    return released(
        "group-size",
        people,
        {ANYBODY.code: ["all"] * len(people)},
        code=f"group-size:{group.pk}",
        axes=[ANYBODY],
        space=group.space,
        to=to,
        at=at,
    )


def outside_group(group: Group, occasion: str, *, to: Account, at: datetime) -> OutsideGroup:
    """Return a group as a whole for who may not see its people, in the language that is active."""
    language, size = translation.get_language() or "en", outside_size(group, to=to, at=at)
    people = list(group.people.order_by("pk").values_list("pk", flat=True))
    places: dict[str, dict[Hashable, float]] = defaultdict(dict)
    rows = ProfileRow.objects.filter(run__current=True, person__groups=group, occasion=occasion, enough=True)
    for quality, person, mean in rows.values_list("quality", "person", "mean"):
        places[quality][person] = mean
    told, left = [], [size]
    for entry in load_framework(group.space.framework).qualities:
        known, shown = _of_quality(group, occasion, entry.code, people, places[entry.code], to=to, at=at)
        told.append(_quality(entry.name.in_language(language), known, shown))
        left += [known, shown]
    return OutsideGroup(
        size=size.cells[0].count,
        qualities=tuple(told),
        reasons=_said([reason for one in left for reason in one.reasons], language),
        held=_said([one.held for one in left if one.held is not None], language),
    )


def _of_quality(
    group: Group,
    occasion: str,
    quality: str,
    people: list[int],
    places: Mapping[Hashable, float],
    *,
    to: Account,
    at: datetime,
) -> tuple[Released, Released]:
    axis = told_axis(f"enough:{quality}:{occasion}", ENOUGH)
    known = released(
        "group-known",
        people,
        {axis.code: ["yes" if person in places else "no" for person in people]},
        code=f"group-known:{group.pk}:{occasion}:{quality}",
        axes=[axis],
        space=group.space,
        to=to,
        at=at,
    )
    measure = Measure(code=f"place:{quality}:{occasion}", name=PLACE, values=places, statistics=QUARTERS)
    shown = released(
        "group-places",
        people,
        {ANYBODY.code: ["all"] * len(people)},
        code=f"group-places:{group.pk}:{occasion}:{quality}",
        axes=[ANYBODY],
        measures=[measure],
        space=group.space,
        to=to,
        at=at,
    )
    return known, shown


def _quality(name: str, known: Released, shown: Released) -> OutsideQuality:
    count, figures = known.cell("yes").count, _figures(shown.cells[0])
    return OutsideQuality(
        name=name,
        with_enough=count,
        nobody=count == 0,
        low_quarter=figures.get(Statistic.LOW_QUARTER),
        median=figures.get(Statistic.MEDIAN),
        high_quarter=figures.get(Statistic.HIGH_QUARTER),
    )


def _figures(cell: ReleasedCell) -> dict[Statistic, float | None]:
    return {what: value for (_code, what), value in cell.figures.items()}


def _said(texts: Sequence[Text], language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.in_language(language) for text in texts))
