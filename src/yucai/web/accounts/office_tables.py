"""The tables of accounts and of links for mentors outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.accounts.models import Account
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.listing import Cell, CellKind, Column, On, Table, Value

__all__ = ["accounts_table", "links_table"]

PICK: Final = Column(key="pick", title=gettext_lazy("Choose"), unseen=True, template="_pick.html")
ACCOUNT_COLUMNS: Final = (
    PICK,
    Column(key="account", title=gettext_lazy("Account"), on=On.PAGE,
           read=lambda row: Cell(value=row.name, small=row.username)),
    Column(key="name", title=gettext_lazy("Name"), on=On.FILE, read=lambda row: row.name),
    Column(key="username", title=gettext_lazy("Account name"), on=On.FILE, read=lambda row: row.username),
    Column(key="role", title=gettext_lazy("Role"), read=lambda row: row.get_role_display()),
    Column(key="state", title=gettext_lazy("State"), on=On.FILE, read=lambda row: _account_state(row)),
    Column(key="last", title=gettext_lazy("Last signed in"), kind=CellKind.TIME,
           read=lambda row: row.last_login or Cell(words=_("never"))),
    Column(key="open", title=gettext_lazy("Open sign-ins"), kind=CellKind.WHOLE, read=lambda row: row.signed_in),
    Column(key="actions", title=gettext_lazy("Actions"), unseen=True, template="_account_actions.html"),
)  # fmt: skip
LINK_COLUMNS: Final = (
    Column(key="pick", title=gettext_lazy("Choose"), unseen=True, template="_pick_link.html"),
    Column(key="whom", title=gettext_lazy("For whom"), read=lambda row: row[0].account.name),
    Column(key="group", title=gettext_lazy("Group"), read=lambda row: row[0].group.name),
    Column(key="until", title=gettext_lazy("Until"), kind=CellKind.TIME, read=lambda row: row[0].expires_at),
    Column(key="last", title=gettext_lazy("Last opened"), kind=CellKind.TIME,
           read=lambda row: row[0].account.last_login or Cell(words=_("never"))),
    Column(key="state", title=gettext_lazy("State"), on=On.FILE, read=lambda row: _link_state(row)),
    Column(key="actions", title=gettext_lazy("Actions"), unseen=True, template="_link_actions.html"),
)  # fmt: skip


def accounts_table(rows: Iterable[Account]) -> Table:
    """Return the table of accounts; each row knows how many sign-ins are open and how many second factors it has."""
    return Table(
        key="accounts", title=_("Accounts of the office"), columns=ACCOUNT_COLUMNS, rows=rows,
        grey=lambda row: not row.is_active,
    )  # fmt: skip


def links_table(rows: Iterable[tuple[OutsideLink, bool]]) -> Table:
    """Return the table of links, each with whether it is over."""
    return Table(
        key="links", title=_("Links for mentors outside"), columns=LINK_COLUMNS, rows=rows, grey=lambda row: row[1]
    )  # fmt: skip


def _account_state(row: Account) -> Value:
    return _("switched on") if row.is_active else _("switched off")


def _link_state(row: tuple[OutsideLink, bool]) -> Value:
    link, over = row
    return _("taken back") if link.revoked_at else _("over") if over else _("open")
