"""What the pages of indicators say: rows of the list, and one indicator with its years, versions and conversion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yucai.governance import (
    CENSUS_DAY,
    EMPTY_SAYS,
    Contradiction,
    ConversionLine,
    FilledItem,
    Indicator,
    IndicatorPack,
    IndicatorValue,
    Vintage,
    WhyEmpty,
    check_tables,
    compute_indicator,
    vintages_of,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.drawing import TrendPoint, TrendWords, trend_line, trend_spark
from yucai.web.governance.indicator_doors import keeps_indicators
from yucai.web.governance.indicator_models import IndicatorEntry, IndicatorPlan
from yucai.web.governance.indicator_telling import Told, told_values
from yucai.web.listing import said

__all__ = [
    "BACK",
    "Entries",
    "IndicatorPage",
    "IndicatorRow",
    "contradictions",
    "entries_of",
    "filled_items",
    "indicator_page",
    "indicator_rows",
    "last_year",
    "number",
    "plans_of",
    "value_of",
]

BACK: Final = 3  # years in a trend
BACK_OUTSIDE: Final = 2  # of a bureau: the gate is asked for each year
WIDTHS: Final = (720, 340)
Entries = Mapping[tuple[str, int], Sequence[IndicatorEntry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """One line of the list: what is told this year, what is aimed at, who answers, and how far it is signed."""

    indicator: Indicator
    group: Text
    value: float | None
    why: WhyEmpty | None
    target: float | None
    plan: IndicatorPlan | None
    entry: IndicatorEntry | None
    spark: str
    spoken: str
    before: float | None
    address: str
    held: Text | None = None
    wrong: bool = False

    @property
    def why_said(self) -> Text:
        """Why there is no value."""
        return EMPTY_SAYS[self.why] if self.why else Text("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of a value, with its difference from the one before."""

    entry: IndicatorEntry
    value: IndicatorValue
    difference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorPage:
    """One indicator: its row, years, versions (none for a bureau), conversion, and chart, wide and narrow."""

    row: IndicatorRow
    years: tuple[tuple[int, Told], ...]
    versions: tuple[VersionRow, ...]
    top: tuple[ConversionLine, ...]
    bottom: tuple[ConversionLine, ...]
    chart_wide: str
    chart_narrow: str
    chart_told: str

    @property
    def drawn(self) -> bool:
        """Whether any year has a value to draw."""
        return any(told.value is not None and told.value.value is not None for _year, told in self.years)


def last_year(at: datetime) -> int:
    """Return the newest year whose 30 September is past."""
    today = localdate(at)
    return today.year if (today.month, today.day) >= CENSUS_DAY else today.year - 1


def number(value: float | None, places: int) -> str:
    """Return a value as it is written, thousands apart; empty for none."""
    return "" if value is None else f"{round(value, places) + 0.0:,.{places}f}"


def value_of(indicator: Indicator, entry: IndicatorEntry) -> IndicatorValue:
    """Return what an entry says, with the parts behind it. The value is the one that was signed, whatever the
    definition says today: a changed definition is a new version, and the check of ratios tells where they differ.
    """
    why = WhyEmpty.DOES_NOT_APPLY if entry.why == WhyEmpty.DOES_NOT_APPLY else None
    counts = {code: why if why else entry.counts.get(code) for code in indicator.figures}
    return replace(compute_indicator(indicator, counts, entry.at), value=entry.value)


def entries_of(space: Space, codes: Sequence[str], years: Sequence[int]) -> dict[tuple[str, int], list[IndicatorEntry]]:
    """Return the versions of indicators in some years, oldest first."""
    rows = IndicatorEntry.objects.filter(space=space, indicator__in=codes, year__in=years)
    found: dict[tuple[str, int], list[IndicatorEntry]] = {}
    for row in rows.select_related("by", "signed_by").order_by("version"):
        found.setdefault((row.indicator, row.year), []).append(row)
    return found


def plans_of(space: Space, year: int) -> dict[str, IndicatorPlan]:
    """Return who answers for each indicator of a year, and its target."""
    rows = IndicatorPlan.objects.filter(space=space, year=year).select_related("recorder", "auditor").order_by("pk")
    return {row.indicator: row for row in rows}


def _told_years(
    pack: IndicatorPack, entries: Entries, years: Sequence[int], *, space: Space, to: Account, at: datetime
) -> dict[int, dict[str, Told]]:  # fmt: skip
    """Return what an account is told of each indicator in each year: the keepers all, a bureau what may leave."""
    found, keeps = {}, keeps_indicators(to)
    min_cell = 0 if keeps else policy_of(space, day=at.date()).min_cell
    for year in years:
        if keeps:
            found[year] = {one.code: _plain(one, entries.get((one.code, year), ())) for one in pack.indicators}
        else:
            of_year = {one.code: entries.get((one.code, year), ()) for one in pack.indicators}
            found[year] = told_values(pack, of_year, space=space, year=year, to=to, at=at, min_cell=min_cell)
    return found


def _plain(indicator: Indicator, versions: Sequence[IndicatorEntry]) -> Told:
    if not versions:
        return Told(value=None, why=WhyEmpty.NOT_RECORDED)
    value = value_of(indicator, versions[-1])
    return Told(value=value if value.value is not None else None, why=value.why)


def indicator_rows(
    pack: IndicatorPack, *, space: Space, year: int, to: Account, at: datetime
) -> tuple[tuple[IndicatorRow, ...], tuple[Contradiction, ...]]:  # fmt: skip
    """Return the list of a pack in a year for an account, and, for who keeps it, what contradicts in its tables."""
    years = range(year - BACK + 1, year + 1)
    entries = entries_of(space, [one.code for one in pack.indicators], years)
    keeps = keeps_indicators(to)
    plans = plans_of(space, year)
    told = _told_years(pack, entries, years if keeps else [year], space=space, to=to, at=at)
    found = contradictions(pack, entries, year) if keeps else ()
    wrong = {code for one in found for code in one.items}
    names = dict(pack.groups)
    rows = tuple(
        _row(one, names[one.group], told, entries, plans.get(one.code), year=year, keeps=keeps, space=space,
             wrong=one.code in wrong)
        for one in pack.indicators
    )  # fmt: skip
    return rows, found


def _row(
    indicator: Indicator, group: Text, told: Mapping[int, Mapping[str, Told]], entries: Entries,
    plan: IndicatorPlan | None, *, year: int, keeps: bool, space: Space, wrong: bool = False,
) -> IndicatorRow:  # fmt: skip
    now = told[year][indicator.code]
    versions = entries.get((indicator.code, year), ())
    points = _points(indicator, told, entries, keeps=keeps)
    drawn = keeps and any(point.value is not None for point in points)
    before = told.get(year - 1, {}).get(indicator.code)
    address = reverse("indicator", args=[indicator.code])
    return IndicatorRow(
        indicator=indicator,
        group=group,
        value=now.value.value if now.value else None,
        why=now.why,
        target=plan.target if plan else None,
        plan=plan if keeps else None,
        entry=versions[-1] if versions and keeps else None,
        spark=trend_spark(points, title=_spoken(points)) if drawn else "",
        spoken=_spoken(points) if keeps else "",
        before=before.value.value if before and before.value else None,
        address=f"{address}?space={space.code}&year={year}",
        held=now.held,
        wrong=wrong,
    )


def _points(
    indicator: Indicator, told: Mapping[int, Mapping[str, Told]], entries: Entries, *, keeps: bool
) -> list[TrendPoint]:  # fmt: skip
    """Return the years; who keeps the indicator sees what was corrected, too."""
    found = []
    for year in sorted(told):
        one, versions = told[year][indicator.code], entries.get((indicator.code, year), ())
        value = one.value.value if one.value else None
        words = number(value, indicator.places) if value is not None else said(EMPTY_SAYS[one.why]) if one.why else ""
        found.append(
            TrendPoint(
                name=str(year), value=value, said=words, firm=bool(versions) and versions[-1].signed_at is not None,
                definition=versions[-1].definition if versions else "",
                earlier=_corrected(versions, value) if keeps else (),
            )
        )  # fmt: skip
    return found


def _corrected(versions: Sequence[IndicatorEntry], value: float | None) -> tuple[float, ...]:
    """Return the values that an earlier version of a year had and the newest has not."""
    return tuple({one.value: None for one in versions[:-1] if one.value is not None and one.value != value})


def _spoken(points: Sequence[TrendPoint]) -> str:
    told, before = [], ""
    for point in points:
        changed = bool(before and point.definition) and before != point.definition
        told.append(f"{point.name}: {point.said}{_(' (the definition changed)') if changed else ''}")
        before = point.definition
    return "; ".join(told)


def indicator_page(
    pack: IndicatorPack, indicator: Indicator, *, space: Space, year: int, to: Account, at: datetime
) -> IndicatorPage:  # fmt: skip
    """Return what the page of an indicator says to an account."""
    keeps = keeps_indicators(to)
    years = range(year - (BACK if keeps else BACK_OUTSIDE) + 1, year + 1)
    entries = entries_of(space, [one.code for one in pack.indicators] if not keeps else [indicator.code], years)
    told = _told_years(pack, entries, years, space=space, to=to, at=at)
    row = _row(indicator, dict(pack.groups)[indicator.group], told, entries, plans_of(space, year).get(indicator.code),
               year=year, keeps=keeps, space=space)  # fmt: skip
    now = told[year][indicator.code].value
    points = _points(indicator, told, entries, keeps=keeps)
    aim = row.target if row.target is not None else indicator.norm
    aim_said = (
        (_("target") if row.target is not None else _("norm")) + f" {number(aim, indicator.places)}" if aim else ""
    )
    words = TrendWords(
        firm=_("signed by two people"), light=_("not yet signed by a second person"),
        corrected=_("corrected by a later version"), broken=_("the definition changed: not to be compared"),
    )  # fmt: skip
    title = said(indicator.name)
    wide, narrow = (
        trend_line(points, width=width, title=title, description=_spoken(points), aim=aim, aim_said=aim_said,
                   words=words)
        for width in WIDTHS
    )  # fmt: skip
    return IndicatorPage(
        row=row,
        years=tuple((one, told[one][indicator.code]) for one in years),
        versions=_versions(indicator, entries.get((indicator.code, year), ())) if keeps else (),
        top=now.top if now else (),
        bottom=now.bottom if now else (),
        chart_wide=wide,
        chart_narrow=narrow,
        chart_told=f"{title}: {_spoken(points)}{'; ' if aim_said else ''}{aim_said}",
    )


def _versions(indicator: Indicator, entries: Sequence[IndicatorEntry]) -> tuple[VersionRow, ...]:
    values = [value_of(indicator, one) for one in entries]
    vintages: list[Vintage] = []
    for place, value in enumerate(values):
        vintages.append(vintages_of(values[:place], value)[-1])
    return tuple(
        VersionRow(entry=entry, value=value, difference=vintage.difference if place else None)
        for place, (entry, value, vintage) in enumerate(zip(entries, values, vintages, strict=True))
    )[::-1]


def contradictions(pack: IndicatorPack, entries: Entries, year: int) -> tuple[Contradiction, ...]:
    """Return what contradicts in the newest versions of a year's tables, and what leaps against the year before."""
    return check_tables(pack, filled_items(pack.indicators, entries, year))


def filled_items(indicators: Iterable[Indicator], entries: Entries, year: int) -> tuple[FilledItem, ...]:
    """Return what stands in a year's tables for each indicator that has figures there, in its newest version."""
    items = []
    for indicator in indicators:
        versions = entries.get((indicator.code, year), ())
        if not versions or not versions[-1].counts:
            continue
        past = entries.get((indicator.code, year - 1), ())
        items.append(
            FilledItem(
                indicator=indicator,
                counts=versions[-1].counts,
                value=value_of(indicator, versions[-1]),
                written=versions[-1].value,
                last_year=past[-1].value if past else None,
            )
        )
    return tuple(items)
