"""Who sees priority lists and cases, and of whom: directors of their space, teachers of the people of their groups.

A mentor from a firm does not: what the office writes about a talk stays in the office.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from yucai.web.accounts.access import visible_groups, visible_people, visible_spaces
from yucai.web.accounts.models import Account, Group, Person, Space

__all__ = [
    "ALL",
    "LISTED",
    "filter_groups",
    "listed_space",
    "may_keep_cases",
    "may_see_lists",
    "scopes_of",
    "seen_runs",
]

ALL: Final = "all"
ROLES: Final = (Account.Role.DIRECTOR, Account.Role.TEACHER)
LISTED: Final = (Group.Kind.CLASS, Group.Kind.PRESENTATION)


def may_see_lists(account: Account, space: Space) -> bool:
    """Return whether an account's role sees priority lists of a space; of whom, its groups say."""
    return account.role in ROLES and account.is_let_into(space.pk)


def may_keep_cases(account: Account, person: Person) -> bool:
    """Return whether an account opens, reads and decides cases of a person: who sees them on a list, never oneself."""
    return account.role in ROLES and visible_people(account).filter(pk=person.pk).exists()


def listed_space(account: Account, code: str) -> Space:
    """Return a space whose lists an account sees. Raises PermissionDenied, also for one that is not there."""
    space = visible_spaces(account).filter(code=code).first()
    if space is None or account.role not in ROLES:
        raise PermissionDenied
    return space


def scopes_of(account: Account, space: Space) -> QuerySet[Group]:
    """Return the groups for which an account may have a list worked out: classes and presentations that it sees."""
    return visible_groups(account).filter(space=space, kind__in=LISTED).order_by("kind", "code")


def filter_groups(account: Account, space: Space) -> QuerySet[Group]:
    """Return the groups by which an account may narrow a list."""
    return visible_groups(account).filter(space=space).order_by("kind", "code")


def seen_runs(account: Account, space: Space) -> Q:
    """Return which lists of a space an account may open; of a list it sees its own people only."""
    return Q(space=space) & (Q(group__isnull=True) | Q(group__in=scopes_of(account, space)))
