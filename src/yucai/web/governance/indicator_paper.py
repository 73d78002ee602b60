"""The list of indicators on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yucai.governance import Contradiction, IndicatorPack
from yucai.web.accounts.models import Space
from yucai.web.governance.indicator_showing import IndicatorRow, number
from yucai.web.listing import said
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["indicators_sheet"]


def indicators_sheet(
    pack: IndicatorPack, rows: Sequence[IndicatorRow], found: Iterable[Contradiction], *, space: Space, year: int,
    keeps: bool, language: str,
) -> FactSheet:  # fmt: skip
    """Return the indicators of a year as a sheet: each group a table, then what contradicts."""
    head = (_("Indicator"), _("Value"), _("Unit"), *((_("Target"), _("Signed")) if keeps else ()))
    parts = [
        SheetPart(
            title=said(name), head=head, rows=tuple(_line(row, keeps) for row in rows if row.indicator.group == code)
        )
        for code, name in pack.groups
    ]
    told = tuple(said(one.says) for one in found)
    if told:
        parts.append(SheetPart(title=_("Contradictions between the tables"), said=told))
    unchecked = [said(row.indicator.name) for row in rows if not row.indicator.checked]
    if unchecked:
        parts.append(SheetPart(title=_("Definitions to be checked by the office"), said=("；".join(unchecked) if
                     language.startswith("zh") else "; ".join(unchecked),)))  # fmt: skip
    facts = [
        (_("Institution"), said(space.name)),
        (_("Year"), str(year)),
        (_("Source of the definitions"), said(pack.source)),
    ]
    if space.simulated:
        facts.append((_("Data"), _("simulated")))
    return FactSheet(
        language=language,
        title=f"{said(pack.name)} {year}",
        issuer=said(space.name),
        facts=tuple(facts),
        parts=tuple(parts),
        footer=_("An empty cell says why it is empty. Nothing is put in the place of what is missing."),
    )


def _line(row: IndicatorRow, keeps: bool) -> tuple[str, ...]:
    value = number(row.value, row.indicator.places) if row.value is not None else said(row.why_said)
    line = (said(row.indicator.name), value, said(row.indicator.unit))
    if not keeps:
        return line
    signed = row.entry.signed_at if row.entry else None
    told = localdate(signed).isoformat() if signed else (_("recorder alone") if row.entry else "–")
    return (*line, number(row.target, row.indicator.places) or "–", told)
