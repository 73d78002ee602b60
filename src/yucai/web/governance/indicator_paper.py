"""The list of indicators, one indicator, and the chain on paper: the same tables and sentences as their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yucai.governance import STEPS, Contradiction, IndicatorPack, Period
from yucai.web.accounts.models import Space
from yucai.web.governance.indicator_chain import STANDS_FOR
from yucai.web.governance.indicator_showing import IndicatorRow, number
from yucai.web.governance.papers import banner_of, table_part
from yucai.web.listing import Table, said
from yucai.web.paper import FactSheet, SheetDrawing, SheetPart

__all__ = ["chain_sheet", "indicator_sheet", "indicators_sheet"]

# How the columns of a table with many words share the page: of versions the first is a number.
WIDTHS: Final[Mapping[str, tuple[float, ...]]] = {"versions": (1.1, 1.3, 1.4, 2.6, 2.6, 2.4, 2.8)}


def indicators_sheet(
    pack: IndicatorPack, rows: Sequence[IndicatorRow], found: Iterable[Contradiction], *, space: Space, year: int,
    keeps: bool, language: str,
) -> FactSheet:  # fmt: skip
    """Return the indicators of a year as a sheet: each group a table, then what contradicts."""
    head = (_("Indicator"), _("Value"), _("Unit"), *((_("Target"), _("Signed")) if keeps else ()))
    parts = [
        SheetPart(
            title=said(name),
            head=head,
            widths=(5.5, 1.8, 1.4, 1.4, 1.8)[: len(head)],
            right=(1, 3) if keeps else (1,),
            rows=tuple(_line(row, keeps) for row in rows if row.indicator.group == code),
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
    return FactSheet(
        language=language,
        title=f"{said(pack.name)} {year}",
        issuer=said(space.name),
        banner=banner_of([space]),
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


def indicator_sheet(facts: Mapping[str, Any], tables: Sequence[Table], *, language: str) -> FactSheet:
    """Return one indicator as a sheet, from the facts and the tables of its page."""
    indicator, space, year = facts["indicator"], facts["space"], facts["year"]
    parts = [SheetPart(title=_("What it means"), said=tuple(_meaning(facts)))]
    titles = {"numerator": _("Numerator"), "denominator": _("Denominator")}
    comes_about = _("How the value of %(year)s comes about") % {"year": year}
    chart = SheetDrawing(svg=facts["page"].chart_wide, told=facts["page"].chart_told)
    for table in tables:
        title = f"{comes_about} · {titles[table.key]}" if table.key in titles else ""
        drawings = (chart,) if table.key == "years" else ()
        parts.append(table_part(table, title=title, drawings=drawings, widths=WIDTHS.get(table.key, ())))
    told = (*facts["reasons"], *facts.get("held", ()))
    if told:
        parts.append(SheetPart(title=_("Why something is hidden"), said=told))
    return FactSheet(
        language=language,
        title=f"{said(indicator.name)} {year}",
        issuer=said(space.name),
        banner=banner_of([space]),
        facts=tuple(_standing(facts)),
        parts=tuple(parts),
        footer=_("An empty cell says why it is empty. Nothing is put in the place of what is missing."),
    )


def _standing(facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what stands at the top of the page of an indicator."""
    indicator, row = facts["indicator"], facts["row"]
    value = f"{facts['value_said']} {said(indicator.unit)}" if row.value is not None else said(row.why_said)
    yield _("Value %(year)s") % {"year": facts["year"]}, value
    if row.target is not None:
        yield _("Target"), facts["target_said"]
    if indicator.norm is not None:
        yield _("Norm of the standard"), facts["norm_said"]
    if facts["keeps"]:
        entry = facts["entry"]
        signed = _("by two people") if entry and entry.signed_at else _("by the recorder alone")
        yield _("Signed"), signed if entry else _("nothing filled in")


def _meaning(facts: Mapping[str, Any]) -> Iterable[str]:
    """Yield the definition, a line each, in the words of the page."""
    indicator, period = facts["indicator"], facts["period"]
    pairs = [(_("Numerator"), said(indicator.numerator))]
    if indicator.denominator is not None:
        pairs.append((_("Denominator"), said(indicator.denominator)))
    pairs += [
        (_("Who or what counts"), said(indicator.rule)),
        (_("As of"), _days(period)),
        (_("Standard"), indicator.standard),
        (_("Where the wording was read"), said(indicator.source)),
        (_("Definition"), f"{indicator.code} · {_('version')} {indicator.version} · {indicator.vintage.isoformat()}"),
    ]
    for label, words in pairs:
        yield f"{label}: {words}"
    if not indicator.checked:
        yield f"{_('To be checked by the office.')} {said(indicator.remark)}"
    elif indicator.remark.en:
        yield said(indicator.remark)


def _days(period: Period) -> str:
    first, last = period.begins.isoformat(), period.ends.isoformat()
    return last if first == last else f"{first} – {last}"


def chain_sheet(facts: Mapping[str, Any], tables: Sequence[Table], *, on: date, language: str) -> FactSheet:
    """Return the chain as a sheet, from the facts and the tables of its page."""
    space, by = facts["space"], dict(facts["choices"])[facts["by"]]
    known = {table.key: table for table in tables}
    away = _("Who went no further may still be on the way: the records say where somebody stands, not that they left.")
    if "chain" in known:
        parts = [table_part(known["chain"], away, *facts["reasons"], *facts["held"])]
    else:
        nobody = _("Nobody here has an entry day or a day of membership on record, so there is no chain to show.")
        parts = [SheetPart(title=_("The chain, step by step"), said=(nobody,))]
    if "destinations" in known:
        parts.append(table_part(known["destinations"], unknown_says()))
    if "industries" in known:
        parts.append(table_part(known["industries"]))
    stands = tuple((said(STEPS[step]), said(says)) for step, says in STANDS_FOR.items())
    rule = _("A step counts only where all steps before it are on record with a day.")
    parts.append(SheetPart(title=_("Which record stands for which step"), head=(_("Step"), _("Record")), rows=stands,
                           said=(rule,)))  # fmt: skip
    if facts["keeps"]:
        parts += [_ecosystem(facts, known), *_network(facts, known)]
    lines = [(_("Institution"), said(space.name)), (_("Grouped by"), said(by)), (_("As of"), on.isoformat())]
    return FactSheet(
        language=language,
        title=_("The chain of cultivation"),
        issuer=said(space.name),
        banner=banner_of([space]),
        facts=tuple(lines),
        parts=tuple(parts),
        footer=_("Groups of people as the gate of releases lets them out; small cells are hidden."),
    )


def unknown_says() -> str:
    """What is said beside the destinations of graduates."""
    return _("At the last follow-up on record. Unknown is unknown: it is not counted as without work.")


def _ecosystem(facts: Mapping[str, Any], known: Mapping[str, Table]) -> SheetPart:
    found = facts["ecosystem"]
    works = _("From %(n)s verified works of the school year that ends in %(year)s. Descriptions, not targets; shown to "
              "the office alone.") % {"n": found.works, "year": facts["year"]}  # fmt: skip
    few = _("Fewer than five people have put in works that were verified in this year: nothing is worked out.")
    if not found.figures:
        return SheetPart(title=_("Health of the ecosystem"), said=(works, few))
    return table_part(known["ecosystem"], works)


def _network(facts: Mapping[str, Any], known: Mapping[str, Table]) -> list[SheetPart]:
    network = facts["network"]
    of = _("Of %(joint)s works by more than one person, %(whole)s name everybody who made them.") % {
        "joint": network.joint, "whole": network.whole,
    }  # fmt: skip
    if not network.figures:
        return [SheetPart(title=_("Who works with whom"), said=(of, said(network.why)))]
    besides = [table_part(known[key]) for key in ("how-made", "pairs") if key in known]
    return [table_part(known["network"], of), *besides]
