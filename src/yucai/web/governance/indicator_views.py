"""The home of governance, the list of indicators, one indicator, and what is done with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.governance import Indicator, IndicatorPack, indicator_packs, period_of
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, give_tables, table_asked
from yucai.web.governance.brief_paper import brief_sheet
from yucai.web.governance.brief_showing import brief_of
from yucai.web.governance.indicator_actions import (
    fill_indicator,
    latest_entry,
    latest_plan,
    plan_indicator,
    recorded_counts,
    sign_indicator,
)
from yucai.web.governance.indicator_doors import (
    eligible_accounts,
    governed_space,
    governed_spaces,
    indicator_known,
    keeps_indicators,
    pack_chosen,
)
from yucai.web.governance.indicator_forms import FillForm, PlanForm
from yucai.web.governance.indicator_models import IndicatorEntry
from yucai.web.governance.indicator_paper import indicator_sheet, indicators_sheet
from yucai.web.governance.indicator_showing import (
    IndicatorPage,
    indicator_page,
    indicator_rows,
    last_year,
    number,
)
from yucai.web.governance.indicator_tables import (
    conversion_table,
    indicators_table,
    people_table,
    versions_table,
    years_table,
)
from yucai.web.governance.indicator_telling import BY, released_by
from yucai.web.listing import Table, said
from yucai.web.paper import sheet_pdf

__all__ = ["governance", "indicator", "indicator_fill", "indicator_plan", "indicator_sign", "indicators"]

YEARS_BACK: Final = 5


@require_safe
def governance(request: HttpRequest) -> HttpResponse:
    """Where the governance of an institution starts: what needs a decision, one card a piece, and the state of each."""
    account, at = asking(request), timezone.now()
    space = governed_space(account, request.GET.get("space", ""))
    facts: dict[str, Any] = {"space": space, "spaces": governed_spaces(account), "keeps": keeps_indicators(account)}
    if not facts["keeps"]:
        return render(request, "governance_home.html", facts)
    year = last_year(at)
    brief = brief_of(space, year=year, to=account, at=at)
    if request.GET.get("as") == "pdf":
        note("table.taken", by=account, at=at, space=space, target="governance:pdf",
             detail={"rows": sum(len(list(table.rows)) for table in brief.tables)})  # fmt: skip
        made_for = f"{said(account.name)} · {account.get_role_display()}"
        return _pdf(sheet_pdf(brief_sheet(brief, made_for=made_for, at=at), at=at), f"governance-{year}")
    if table_asked(request) == "all" and brief.tables:
        return give_tables(request, *brief.tables, at=at, spaces=[space])
    entries = IndicatorEntry.objects.filter(space=space, year=year)
    newest = {row.indicator: row for row in entries.order_by("version")}
    facts |= {"year": year, "filled": len(newest), "brief": brief,
              "waiting": sum(row.signed_at is None for row in newest.values())}  # fmt: skip
    return answer_tables(request, "governance_home.html", facts, brief.tables, at=at, spaces=[space])


@require_safe
def indicators(request: HttpRequest) -> HttpResponse:
    """The indicators of a pack in a year: value or why empty, target, trend, who answers, who signed."""
    account, at = asking(request), timezone.now()
    space, year = governed_space(account, request.GET.get("space", "")), _year(request, at)
    pack, keeps = pack_chosen(request.GET.get("pack", "")), keeps_indicators(account)
    rows, found = indicator_rows(pack, space=space, year=year, to=account, at=at)
    if request.GET.get("as") == "pdf":
        note("table.taken", by=account, at=at, space=space, target="indicators:pdf", detail={"rows": len(rows)})
        language = translation.get_language() or "en"
        sheet = indicators_sheet(pack, rows, found, space=space, year=year, keeps=keeps, language=language)
        return _pdf(sheet_pdf(sheet, at=at), f"indicators-{year}")
    table = indicators_table(rows, year=year, keeps=keeps, title=said(pack.name))
    facts = {
        "space": space, "spaces": governed_spaces(account), "pack": pack, "packs": indicator_packs(), "year": year,
        "years": range(last_year(at) - YEARS_BACK, last_year(at) + 1), "keeps": keeps, "found": found,
        "filled": sum(row.value is not None for row in rows), "rows": rows,
        "reasons": _reasons(rows), "held": _held(rows),
    }  # fmt: skip
    return answer_tables(request, "indicators.html", facts, [table], at=at, spaces=[space])


@require_safe
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """One indicator: its definition in words, its years, its versions, and the forms of who keeps it."""
    account, at = asking(request), timezone.now()
    space, year = governed_space(account, request.GET.get("space", "")), _year(request, at)
    return _page(request, account, space, code, year, at=at)


@require_POST
def indicator_plan(request: HttpRequest, code: str) -> HttpResponse:
    """Set who fills an indicator in, who audits it, and its target."""
    account, at = asking(request), timezone.now()
    space, year = _kept(request, account), _year(request, at)
    _pack, known = indicator_known(code)
    form = PlanForm(request.POST, accounts=eligible_accounts(space), plan=None)
    if form.is_valid():
        try:
            plan_indicator(space=space, indicator=known, year=year, by=account, at=at, **form.wanted())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Set. It is written down with your name."))
            return _back(code, space, year)
    return _page(request, account, space, code, year, at=at, plan_form=form)


@require_POST
def indicator_fill(request: HttpRequest, code: str) -> HttpResponse:
    """Fill an indicator in, or give it a new version: the first signature."""
    account, at = asking(request), timezone.now()
    space, year = _kept(request, account), _year(request, at)
    pack, known = indicator_known(code)
    form = _fill_form(pack, known, space, year, at=at, data=request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            fill_indicator(
                space=space, pack=pack, indicator=known, year=year, counts=form.counts(), applies=not told["not_here"],
                source=told["source"] or (_("does not apply") if told["not_here"] else ""), as_of=told["as_of"],
                reason=told.get("reason", ""), by=account, at=at,
            )  # fmt: skip
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Filled in and signed by you. Another person audits it now."))
            return _back(code, space, year)
    return _page(request, account, space, code, year, at=at, fill_form=form)


@require_POST
def indicator_sign(request: HttpRequest, code: str) -> HttpResponse:
    """Sign the newest version as the second person, which locks it."""
    account, at = asking(request), timezone.now()
    space, year = _kept(request, account), _year(request, at)
    indicator_known(code)
    entry = latest_entry(space, code, year)
    if entry is None or str(entry.pk) != request.POST.get("entry", ""):
        messages.error(request, _("There is a newer version, or none. Look at it first."))
        return _back(code, space, year)
    try:
        sign_indicator(entry=entry, by=account, at=at)
    except FaultyInputError as refused:
        language = translation.get_language() or "en"
        messages.error(request, " ".join(fault.in_language(language) for fault in refused.faults))
    else:
        messages.success(request, _("Signed. This version is locked; a correction is a new one beside it."))
    return _back(code, space, year)


def _page(
    request: HttpRequest, account: Account, space: Space, code: str, year: int, *, at: datetime,
    plan_form: PlanForm | None = None, fill_form: FillForm | None = None,
) -> HttpResponse:  # fmt: skip
    pack, known = indicator_known(code)
    keeps = keeps_indicators(account)
    page = indicator_page(pack, known, space=space, year=year, to=account, at=at)
    facts: dict[str, Any] = {
        "space": space, "pack": pack, "indicator": known, "page": page, "row": page.row, "year": year, "keeps": keeps,
        "years": range(last_year(at) - YEARS_BACK, last_year(at) + 1), "period": period_of(known.reference, year),
        "choices": list(BY.items()), "by": request.GET.get("by", "cohort"),
        "value_said": number(page.row.value, known.places), "target_said": number(page.row.target, known.places),
        "norm_said": number(known.norm, known.places),
    }  # fmt: skip
    tables = _tables(pack, known, page)
    let_out = released_by(pack, known, facts["by"], space=space, year=year, to=account, at=at)
    reasons = _reasons([page.row])
    if let_out is not None:
        tables.append(people_table(let_out))
        reasons += [said(reason) for reason in let_out.reasons]
        facts["held"] = [said(let_out.held)] if let_out.held else []
    facts["reasons"] = list(dict.fromkeys(reasons))
    if keeps:
        entry = latest_entry(space, code, year)
        facts |= {"entry": entry, "may_sign": entry is not None and entry.signed_at is None and entry.by != account}
        facts["recorded"] = [
            (pack.figure(one), count) for one, count in recorded_counts(pack, known, space, year).items()
        ]
        facts["moved"] = [
            (figure, entry.counts[figure.code], count)
            for figure, count in facts["recorded"]
            if entry is not None and entry.counts.get(figure.code, count) != count
        ]
        facts["plan_form"] = plan_form or PlanForm(
            accounts=eligible_accounts(space), plan=latest_plan(space, code, year)
        )
        facts["fill_form"] = fill_form or _fill_form(pack, known, space, year, at=at)
        facts["form"] = fill_form or plan_form
    if request.method == "GET" and request.GET.get("as") == "pdf":
        note("table.taken", by=account, at=at, space=space, target=f"indicator:{code}:pdf"[:100],
             detail={"rows": sum(len(list(table.rows)) for table in tables)})  # fmt: skip
        sheet = indicator_sheet(facts, tables, language=translation.get_language() or "en")
        return _pdf(sheet_pdf(sheet, at=at), f"{code}-{year}")
    return answer_tables(request, "indicator.html", facts, tables, at=at, spaces=[space])


def _tables(pack: IndicatorPack, known: Indicator, page: IndicatorPage) -> list[Table]:
    tables = [years_table(page)]
    if page.top:
        tables.append(conversion_table(pack, page.top, key="numerator", title=_("Numerator")))
    if page.bottom:
        tables.append(conversion_table(pack, page.bottom, key="denominator", title=_("Denominator")))
    if page.versions:
        tables.append(versions_table(known, page.versions))
    return tables


def _fill_form(
    pack: IndicatorPack, known: Indicator, space: Space, year: int, *, at: datetime, data: Any = None
) -> FillForm:  # fmt: skip
    """Return the form of an indicator. A figure that stands in another table of the year is offered from there."""
    figures = {one.code: one for one in pack.figures}
    rows = IndicatorEntry.objects.filter(space=space, year=year, indicator__in=[one.code for one in pack.indicators])
    offered: dict[str, float] = {}
    own: dict[str, float] = {}
    version = 0
    for row in rows.order_by("pk"):
        offered |= row.counts
        if row.indicator == known.code:
            own, version = row.counts, row.version
    recorded = recorded_counts(pack, known, space, year)
    day = min(period_of(known.reference, year).ends, at.date())
    return FillForm(data, indicator=known, figures=figures, recorded=recorded, known=offered | own, day=day,
                    correction=version > 0)  # fmt: skip


def _kept(request: HttpRequest, account: Account) -> Space:
    """Return the institution whose indicators an account keeps. Raises PermissionDenied for who only looks."""
    if not keeps_indicators(account):
        raise PermissionDenied
    return governed_space(account, request.POST.get("space", ""))


def _year(request: HttpRequest, at: datetime) -> int:
    """Return the year that is asked for, within what the page offers, or the newest."""
    newest = last_year(at)
    said_year = (request.POST if request.method == "POST" else request.GET).get("year", "")
    year = int(said_year) if said_year.isdecimal() and len(said_year) == 4 else newest
    return min(max(year, newest - YEARS_BACK), newest)


def _back(code: str, space: Space, year: int) -> HttpResponseRedirect:
    return redirect(f"{reverse('indicator', args=[code])}?space={space.code}&year={year}")


def _reasons(rows: Any) -> list[str]:
    """Return why values are hidden in a list, each reason once."""
    return list(dict.fromkeys(said(row.why_said) for row in rows if row.why is not None and row.why.value == "small"))


def _held(rows: Any) -> list[str]:
    return list(dict.fromkeys(said(row.held) for row in rows if row.held))


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="yucai-{name}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
