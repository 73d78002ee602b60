"""The page of the chain of cultivation, with the health of the ecosystem below it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yucai.governance import STEPS
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.indicator_chain import (
    FIRST_BY,
    STANDS_FOR,
    ChainRead,
    chain_of,
    destinations_of,
    industries_of,
    read_chain,
)
from yucai.web.governance.indicator_doors import governed_space, governed_spaces, keeps_indicators
from yucai.web.governance.indicator_ecosystem import ecosystem_of
from yucai.web.governance.indicator_network import network_of
from yucai.web.governance.indicator_paper import chain_sheet
from yucai.web.governance.indicator_showing import last_year
from yucai.web.governance.indicator_tables import chain_table_of, counted_table, network_table, pairs_table
from yucai.web.governance.indicator_telling import BY
from yucai.web.listing import CellKind, Table, plain_table, said
from yucai.web.paper import sheet_pdf

__all__ = ["chain"]


@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    """How many reached each step, how many went no further, by talent type or another group; small cells hidden."""
    account, at = asking(request), timezone.now()
    space = governed_space(account, request.GET.get("space", ""))
    asked, choices = request.GET.get("by", FIRST_BY), BY if keeps_indicators(account) else {FIRST_BY: BY[FIRST_BY]}
    by = asked if asked in choices else FIRST_BY
    read = read_chain(space, by, to=account, at=at)
    groups, told = chain_of(space, read, to=account, at=at)
    went = destinations_of(space, read, to=account, at=at)
    tables = [chain_table_of(groups, title=_("The chain, step by step"))] if groups else []
    if went is not None:
        tables.append(counted_table(went, key="destinations", title=_("Where graduates went")))
    facts = {
        "space": space, "spaces": governed_spaces(account), "choices": list(choices.items()), "by": by,
        "whole": groups[0] if groups else None, "graduates": len(read.graduates),
        "stands_for": [(STEPS[step], says) for step, says in STANDS_FOR.items()],
        "reasons": [said(reason) for reason in told.reasons] if told else [],
        "held": [said(told.held)] if told and told.held else [], "keeps": keeps_indicators(account),
    }  # fmt: skip
    if facts["keeps"]:
        more, beside = _for_the_office(space, read, at=at)
        tables, facts = [*tables, *more], facts | beside
    if request.GET.get("as") == "pdf":
        note("table.taken", by=account, at=at, space=space, target="chain:pdf", detail={"rows": len(groups)})
        sheet = chain_sheet(facts, tables, on=localdate(at), language=translation.get_language() or "en")
        answer = HttpResponse(sheet_pdf(sheet, at=at), content_type="application/pdf")
        answer["Content-Disposition"] = 'attachment; filename="yucai-chain.pdf"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    return answer_tables(request, "chain.html", facts, tables, at=at, spaces=[space])


def _for_the_office(space: Space, read: ChainRead, *, at: datetime) -> tuple[list[Table], dict[str, object]]:
    """Return the tables and facts that the office sees besides: industries, and the health of the ecosystem."""
    tables = []
    industries = industries_of(read, at=at)
    if industries is not None:
        tables.append(counted_table(industries, key="industries", title=_("Industries of those in work")))
    year = last_year(at)
    found = ecosystem_of(space, year)
    columns = [(_("What"), CellKind.TEXT, 0), (_("Formula"), CellKind.TEXT, 0), (_("Value"), CellKind.DECIMAL, 2),
               (_("How to read it"), CellKind.TEXT, 0)]  # fmt: skip
    rows = [(one.name, one.formula, one.value, one.reads) for one in found.figures]
    tables.append(plain_table("ecosystem", _("Health of the ecosystem"), columns, rows))
    network = network_of(space, year, at=at)
    if network.figures:
        tables.append(network_table(network))
    if network.told is not None:
        title = _("How people made works, by programme")
        tables.append(counted_table(network.told, key="how-made", title=title))
    if network.pairs:
        tables.append(pairs_table(network))
    return tables, {"year": year, "ecosystem": found, "network": network}
