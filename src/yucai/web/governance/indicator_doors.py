"""Who sees the pages of governance: directors and research officers the numbers, a bureau what is released of them.

A secretary works at the desk of one of these roles. Nobody else comes in.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from yucai.governance import Indicator, IndicatorPack, indicator_packs
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Account, Space

__all__ = [
    "eligible_accounts",
    "governed_space",
    "governed_spaces",
    "indicator_known",
    "keeps_indicators",
    "may_see_governance",
    "pack_chosen",
]

KEEPS: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
SEES: Final = (*KEEPS, Account.Role.BUREAU)
FIRST_PACK: Final = "china-undergraduate"


def may_see_governance(account: Account) -> bool:
    """Return whether an account's role sees the pages of governance; of which institution, its spaces say."""
    return account.role in SEES


def keeps_indicators(account: Account) -> bool:
    """Return whether an account sets targets, fills in and signs, and sees the numbers as they are."""
    return account.role in KEEPS


def governed_spaces(account: Account) -> QuerySet[Space]:
    """Return the institutions whose governance an account sees. Raises PermissionDenied where its role sees none."""
    if not may_see_governance(account):
        raise PermissionDenied
    return visible_spaces(account)


def governed_space(account: Account, code: str) -> Space:
    """Return the institution that is asked for, or the first of an account where none is.

    Raises PermissionDenied for one that is not the account's, and where there is none at all.
    """
    found = governed_spaces(account)
    space = found.filter(code=code).first() if code else found.first()
    if space is None:
        raise PermissionDenied
    return space


def indicator_known(code: str) -> tuple[IndicatorPack, Indicator]:
    """Return a definition and its pack. Raises PermissionDenied for a code that names none, as for a stranger."""
    for pack in indicator_packs():
        for one in pack.indicators:
            if one.code == code:
                return pack, one
    raise PermissionDenied


def pack_chosen(code: str) -> IndicatorPack:
    """Return the pack that is asked for, or the core data of the report on undergraduate teaching."""
    packs = {pack.code: pack for pack in indicator_packs()}
    return packs.get(code, packs[FIRST_PACK])


def eligible_accounts(space: Space) -> QuerySet[Account]:
    """Return who may answer for an indicator: the directors and research officers of the institution."""
    return Account.objects.filter(spaces=space, role__in=KEEPS, is_active=True).order_by("role", "username")
