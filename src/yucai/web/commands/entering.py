"""A way in by command: a link for a password, made by whoever has the whole workspace in their hands anyway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.commands.refusals import UnknownAccountError
from yucai.web.commands.starting import start

__all__ = ["AccountLinkMade", "make_account_link"]

MADE: Final = Text(
    "{address}\nHand this link to the owner of “{account}” and to nobody else. It opens once, within {hours} hours; "
    "earlier links of this account open nothing any more.",
    "{address}\n请只将此链接交给“{account}”的本人。链接只能使用一次，{hours} 小时内有效；该账号以前的链接均已失效。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinkMade:
    """A link with which a password is set, once."""

    account: str
    address: str
    expires_at: datetime
    hours: int

    def in_language(self, language: str) -> str:
        """Return the link and what to do with it."""
        return MADE.in_language(language, address=self.address, account=self.account, hours=self.hours)


def make_account_link(workspace: Path, *, username: str, address: str, at: datetime) -> AccountLinkMade:
    """Make a link with which the owner of an account sets a new password. Raises UnknownAccountError."""
    start(workspace)
    from django.urls import reverse

    from yucai.web.accounts.actions import LINK_HOURS, make_link
    from yucai.web.accounts.models import Account

    account = Account.objects.filter(username=username, demo=False, outside_link=None).first()
    if account is None:
        raise UnknownAccountError(account=username)
    made = make_link(account=account, by=None, at=at)
    return AccountLinkMade(
        account=username,
        address=address.rstrip("/") + reverse("set_password", args=[made.token]),
        expires_at=made.link.expires_at,
        hours=LINK_HOURS,
    )
