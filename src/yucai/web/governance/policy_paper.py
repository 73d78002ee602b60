"""The page of a card on paper: the same words and figures, on as many A4 pages as it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.governance.policy_showing import PolicyView
from yucai.web.governance.policy_tables import estimates_table
from yucai.web.listing import heads, shown_rows
from yucai.web.paper import RecordPage, RecordSection, record_pdf

__all__ = ["policy_pdf"]


def policy_pdf(record: PolicyRecord, view: PolicyView, *, at: datetime) -> bytes:
    """Return a card with its seal, gate and result as PDF, in the language that is active."""
    language = translation.get_language() or "en"
    zh = language.startswith("zh")

    def say(text: Text) -> str:
        return text.in_language(language)

    pair = (_("What"), _("Says"))
    sections = [
        RecordSection(title=_("The policy"), note=say(view.card.text), head=pair, widths=(1.0, 3.0), rows=view.facts),
        RecordSection(
            title=_("The plan, fixed before the data"), note="", head=pair, widths=(1.0, 2.0), rows=view.plan
        ),
    ]
    if view.card.to_check:
        sections.append(_list(_("Still to be looked up"), [say(one) for one in view.card.to_check]))
    if view.gate:
        sections.append(_list(_("What these figures can tell at best"), [say(one) for one in view.gate]))
    if view.estimates:
        sections.append(_estimates(view))
    if view.diagnostics:
        rows = tuple((say(one.title), say(one.says)) for one in view.diagnostics)
        sections.append(RecordSection(title=_("What speaks for and against it"), note="", head=pair,
                                      widths=(1.0, 3.0), rows=rows))  # fmt: skip
    page = RecordPage(
        language="zh" if zh else "en",
        title=say(view.card.title),
        space=f"{say(record.space.name)} · {_('Policy card')}",
        about=_("Policy card"),
        banner=_("Simulated: policy and figures are made up.") if view.card.simulated else "",
        lead=_lead(view, say),
        facts=_seal_facts(record, view),
        sections=tuple(sections),
        printed=_("Printed %(at)s") % {"at": f"{localtime(at):%Y-%m-%d %H:%M}"},
        page=_("page {page} of {pages}"),
    )
    return record_pdf(page, at=at)


def _lead(view: PolicyView, say: Callable[[Text], str]) -> tuple[str, ...]:
    """Return what stands at the top: first whatever speaks against believing it."""
    lines = []
    if not view.fits:
        lines.append(_("What is kept of this card is not what was sealed or written down."))
    if view.doubt is not None:
        lines.append(say(view.doubt))
    elif not view.verdict:
        lines.append(_("There is no result yet."))
    if view.stands is not None and view.grade_name is not None:
        grade = say(view.grade_name)
        lines.append(_("Verdict:") + f" {say(view.stands)}")
        lines.append(_("Later figures weaken it: of the sealed figures alone it is “%(grade)s”.") % {"grade": grade})
    return (*lines, *(say(one) for one in view.verdict))


def _list(title: str, lines: list[str]) -> RecordSection:
    return RecordSection(title=title, note="", head=(_("Says"),), widths=(1.0,), rows=tuple((line,) for line in lines))


def _estimates(view: PolicyView) -> RecordSection:
    table = estimates_table(view.estimates)
    rows = tuple(
        tuple(f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row.cells)
        for row in shown_rows(table)
    )
    head = tuple(one.title for one in heads(table))
    return RecordSection(
        title=_("What each estimator gives"), note=view.card.outcome.measured_in.in_language(
            translation.get_language() or "en"), head=head, widths=(3.0, *(1.0 for _one in head[1:-1]), 1.6), rows=rows,
    )  # fmt: skip


def _seal_facts(record: PolicyRecord, view: PolicyView) -> tuple[tuple[str, str], ...]:
    if record.sealed_at is None:
        return ((_("The seal"), _("not sealed: a draft")),)
    facts = [
        (_("Sealed"), f"{localtime(record.sealed_at):%Y-%m-%d %H:%M} · {view.sealed_by}"),
        (_("Mark of the seal"), record.mark),
    ]
    if record.opened_at is not None:
        facts.append((_("Data opened"), f"{localtime(record.opened_at):%Y-%m-%d %H:%M} · {view.data_hash[:16]}…"))
    if record.accepted_at is not None:
        facts.append((_("Gate accepted"), f"{localtime(record.accepted_at):%Y-%m-%d %H:%M} · {view.accepted_by}"))
    if record.evaluated_at is not None:
        facts.append((_("Worked out"), f"{localtime(record.evaluated_at):%Y-%m-%d %H:%M}"))
    if record.taken_at is not None:
        facts.append((_("Taken in from a bundle"), f"{localtime(record.taken_at):%Y-%m-%d %H:%M}"))
    return tuple(facts)
