"""What of indicators is told to a bureau: what is signed, and of people what the gate lets out.

A figure whose people are on record leaves with its people, set against all that left before. A figure that somebody
filled in leaves only where no difference is small: inside a value, between its versions, and beside the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from yucai.framework import load_talent_types
from yucai.governance import (
    Axis,
    AxisKind,
    Indicator,
    IndicatorPack,
    IndicatorValue,
    Released,
    WhyEmpty,
    compute_indicator,
    standing_told,
    told_of_each_other,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.indicator_doors import keeps_indicators
from yucai.web.governance.indicator_models import IndicatorEntry
from yucai.web.governance.indicator_records import PEOPLE, people_of_figure
from yucai.web.governance.releases import ANYBODY, released, released_alone

__all__ = ["BY", "UNKNOWN", "Told", "group_axis", "released_by", "told_values"]

UNKNOWN: Final = "-"
TYPES: Final = "talent-types"
BY: Final[Mapping[str, Text]] = {
    "cohort": Text("entry year", "入学年份"),
    "programme": Text("programme", "专业"),
    "talent_type": Text("talent type", "人才类型"),
}
TOLD_KINDS: Final = {"talent_type": AxisKind.COUNTED}  # who belongs to which is not common knowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one indicator in one year: a value, or why there is none."""

    value: IndicatorValue | None
    why: WhyEmpty | None
    held: Text | None = None


def told_values(
    pack: IndicatorPack, entries: Mapping[str, Sequence[IndicatorEntry]], *, space: Space, year: int, to: Account,
    at: datetime, min_cell: int,
) -> dict[str, Told]:  # fmt: skip
    """Return what is told of each indicator of a pack in a year; ``entries`` are all its versions, oldest first."""
    figures = {one.code: one for one in pack.figures}
    sizes: dict[str, Released] = {}
    found: dict[str, Told] = {}
    for indicator in pack.indicators:
        signed = [one for one in entries.get(indicator.code, ()) if one.signed_at is not None]
        if not signed:
            any_ = entries.get(indicator.code)
            found[indicator.code] = Told(value=None, why=WhyEmpty.NOT_SIGNED if any_ else WhyEmpty.NOT_RECORDED)
            continue
        if signed[-1].value is None:
            found[indicator.code] = Told(value=None, why=WhyEmpty(signed[-1].why))
            continue
        let_out, held = _let_out(pack, indicator, sizes, space=space, year=year, to=to, at=at)
        if any(count is None for count in let_out.values()):
            found[indicator.code] = Told(value=None, why=WhyEmpty.SMALL)
            continue
        versions = [_version(indicator, one, let_out) for one in signed if one.counts]
        standing = standing_told(indicator, versions, figures, min_cell=min_cell)
        found[indicator.code] = Told(value=standing, why=None if standing else WhyEmpty.SMALL, held=held)
    told = {code: one.value for code, one in found.items() if one.value is not None}
    for code in told_of_each_other(pack, told, min_cell=min_cell):
        found[code] = replace(found[code], value=None, why=WhyEmpty.SMALL)
    return found


def _version(indicator: Indicator, entry: IndicatorEntry, let_out: Mapping[str, int | None]) -> IndicatorValue:
    """Return a signed version as it may leave: with its own value, or worked out from what the gate let out."""
    value = compute_indicator(indicator, {**entry.counts, **let_out}, entry.at)
    return value if let_out else replace(value, value=entry.value)


def _let_out(
    pack: IndicatorPack, indicator: Indicator, sizes: dict[str, Released], *, space: Space, year: int, to: Account,
    at: datetime,
) -> tuple[dict[str, int | None], Text | None]:  # fmt: skip
    """Return those counts of people that are on record, as they may leave; each is asked for once on a page."""
    counts: dict[str, int | None] = {}
    held = None
    for code in indicator.figures:
        records = pack.figure(code).records
        if records not in PEOPLE:
            continue
        if records not in sizes:
            people = list(PEOPLE[records](space, year).order_by("pk").values_list("pk", flat=True))
            sizes[records] = released(
                "indicator-size", people, {ANYBODY.code: ["all"] * len(people)}, code=f"indicator/{records}/{year}",
                axes=[ANYBODY], space=space, to=to, at=at,
            )  # fmt: skip
        counts[code] = sizes[records].cells[0].count
        held = held or sizes[records].held
    return counts, held


def group_axis(by: str, leaves: Sequence[str]) -> Axis:
    """Return the axis of a grouping of people, its entries named in both languages where they have a name."""
    names = {UNKNOWN: Text("not on record", "未登记")}
    if by == "talent_type":
        names |= {kind.code: kind.name for kind in load_talent_types(TYPES).types}
    return Axis(code=by, name=BY[by], leaves=tuple(leaves), kind=TOLD_KINDS.get(by, AxisKind.GROUP), names=names)


def released_by(
    pack: IndicatorPack, indicator: Indicator, by: str, *, space: Space, year: int, to: Account, at: datetime
) -> Released | None:
    """Return how the people of an indicator's numerator divide, as far as that may leave; None where none is on record.

    Whoever asks gets it through the gate, for such a table is passed on: a bureau set against all that left to it
    before, who keeps indicators each table by itself.
    """
    records = next((pack.figure(code).records for code in indicator.top if pack.figure(code).records in PEOPLE), "")
    people = people_of_figure(space, records, year) if records else None
    if people is None or by not in BY:
        return None
    rows = list(people.order_by("pk").values_list("pk", by))
    leaves = tuple(sorted({value or UNKNOWN for _pk, value in rows})) or (UNKNOWN,)
    axis = group_axis(by, leaves)
    who, values = [pk for pk, _value in rows], {by: [value or UNKNOWN for _pk, value in rows]}
    if keeps_indicators(to):
        policy = policy_of(space, day=at.date())
        return released_alone("indicator-people", who, values, axes=[axis], policy=policy, at=at)
    code = f"indicator/{records}/{year}/{by}"
    return released("indicator-people", who, values, code=code, axes=[axis], space=space, to=to, at=at)
