"""The tables of ages that may leave the page of minors: how many are how old, and who may read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.accounts.age_models import MinorApproval
from yucai.web.listing import CellKind, Column, On, Table, Value, plain_table

__all__ = ["ages_table", "approvals_table"]

APPROVAL_COLUMNS: Final = (
    Column(key="who", title=gettext_lazy("Who"), read=lambda row: _who(row[0])),
    Column(key="whom", title=gettext_lazy("Of whom"),
           read=lambda row: row[0].group.name if row[0].group else _("all students")),
    Column(key="what", title=gettext_lazy("For what"), read=lambda row: row[0].get_purpose_display()),
    Column(key="why", title=gettext_lazy("Why"), read=lambda row: row[0].reason),
    Column(key="until", title=gettext_lazy("Until"), kind=CellKind.DAY, read=lambda row: row[0].until),
    Column(key="state", title=gettext_lazy("State"), on=On.FILE,
           read=lambda row: _("in force") if row[1] else _("over")),
    Column(key="actions", title=gettext_lazy("Actions"), unseen=True, template="_approval_actions.html"),
)  # fmt: skip


def ages_table(counts: Mapping[str, Any]) -> Table:
    """Return how many people are how old as far as it was asked: counts alone, and nobody's name."""
    named = {
        "under_14": _("Under 14"),
        "missing": _("of them without consent"),
        "under_18": _("14 to 17"),
        "grown_up": _("18 and older"),
        "unknown": _("not asked"),
    }
    heads = ((_("Age"), CellKind.TEXT, 0), (_("People"), CellKind.WHOLE, 0))
    return plain_table("ages", _("Ages"), heads, [(name, counts[key]) for key, name in named.items()])


def approvals_table(rows: Iterable[tuple[MinorApproval, bool]]) -> Table:
    """Return who may read of people under 18, each with whether that holds."""
    title = _("Who may read of people under 18")
    return Table(key="approvals", title=title, columns=APPROVAL_COLUMNS, rows=rows, grey=lambda row: not row[1])


def _who(row: MinorApproval) -> Value:
    return row.account.name if row.account is not None else row.get_role_display()
