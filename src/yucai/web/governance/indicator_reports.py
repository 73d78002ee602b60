"""The year report as it stands in the store: every item with its value or why there is none, and who answers."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localdate

from yucai.governance import QualityReport, ReportItem, WhyEmpty
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.indicator_doors import pack_chosen
from yucai.web.governance.indicator_showing import IndicatorRow, indicator_rows, value_of
from yucai.web.listing import said

__all__ = ["report_of"]


def report_of(space: Space, year: int, *, by: Account, at: datetime) -> QualityReport:
    """Return the report of an institution and year, for who keeps its indicators."""
    pack = pack_chosen("")
    rows, found = indicator_rows(pack, space=space, year=year, to=by, at=at)
    return QualityReport(
        institution=space.name,
        simulated=space.simulated,
        year=year,
        pack=pack,
        items=tuple(_item(row) for row in rows),
        contradictions=found,
        at=at,
    )


def _item(row: IndicatorRow) -> ReportItem:
    entry, plan = row.entry, row.plan
    value = value_of(row.indicator, entry) if entry is not None else None
    has = value is not None and value.value is not None
    recorder = entry.by if entry is not None else plan.recorder if plan else None
    auditor = entry.signed_by if entry is not None and entry.signed_by else plan.auditor if plan else None
    return ReportItem(
        indicator=row.indicator,
        value=value if has else None,
        why=None if has else row.why or WhyEmpty.NOT_RECORDED,
        before=row.before,
        target=row.target,
        recorder=said(recorder.name) if recorder else "",
        auditor=said(auditor.name) if auditor else "",
        source=entry.source if entry is not None else "",
        filled=entry is not None,
        signed_on=localdate(entry.signed_at) if entry is not None and entry.signed_at else None,
    )
