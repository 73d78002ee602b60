"""Who sees the register of policies: directors and research officers write and seal, bureaus and officers read.

A card is about a policy, and its figures about provinces, colleges or years, never about single people.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_models import PolicyRecord

__all__ = ["may_write_policies", "policies_seen", "policy_at", "policy_spaces", "register_space"]

WRITES: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
READS: Final = (*WRITES, Account.Role.BUREAU, Account.Role.OFFICER)


def may_write_policies(account: Account) -> bool:
    """Return whether an account's role writes cards, seals them and has results worked out."""
    return account.role in WRITES


def policy_spaces(account: Account) -> QuerySet[Space]:
    """Return the institutions whose register an account reads. Raises PermissionDenied where its role reads none."""
    if account.role not in READS:
        raise PermissionDenied
    return visible_spaces(account)


def register_space(account: Account, code: str, *, write: bool = False) -> Space:
    """Return the institution asked for, or an account's first where none is named. Raises PermissionDenied."""
    found = policy_spaces(account)
    space = found.filter(code=code).first() if code else found.first()
    if space is None or (write and not may_write_policies(account)):
        raise PermissionDenied
    return space


def policies_seen(account: Account, space: Space) -> QuerySet[PolicyRecord]:
    """Return the cards of an institution that an account sees: a draft is seen by those who write."""
    found = PolicyRecord.objects.filter(space=space)
    return found if may_write_policies(account) else found.filter(sealed_at__isnull=False)


def policy_at(account: Account, code: str, *, write: bool = False) -> PolicyRecord:
    """Return the card at an address. Raises PermissionDenied, also for one that is not there."""
    found = PolicyRecord.objects.select_related("space", "replaces").filter(
        slug=code, space__in=policy_spaces(account)
    ).first()  # fmt: skip
    if found is None or (not may_write_policies(account) and (write or found.sealed_at is None)):
        raise PermissionDenied
    return found
