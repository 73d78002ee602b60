"""Who sees what of teaching quality: directors and institutional research all of a survey, a teacher the own figures.

Nobody else sees any of it, students neither: what they said reaches the lecturer as a whole or not at all.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.teaching_models import TeachingSurvey

__all__ = ["keeping_spaces", "require_keeper", "require_reader", "seen_surveys", "sees_all"]

SEES_ALL: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
READS: Final = (*SEES_ALL, Account.Role.TEACHER)


def sees_all(account: Account) -> bool:
    """Return whether an account sees every lecturer of the surveys of its spaces."""
    return account.role in SEES_ALL


def require_reader(account: Account) -> None:
    """Raise PermissionDenied for whoever sees nothing of teaching quality."""
    if account.role not in READS:
        raise PermissionDenied


def seen_surveys(account: Account) -> QuerySet[TeachingSurvey]:
    """Return the surveys of which an account sees something: all of its spaces, or those in which it was rated."""
    require_reader(account)
    inside = TeachingSurvey.objects.filter(space__in=account.spaces.all())
    if not sees_all(account):
        inside = inside.filter(lecturers__account=account)
    return inside.select_related("space", "source").distinct().order_by("-at", "-pk")


def keeping_spaces(account: Account) -> QuerySet[Space]:
    """Return the spaces into which an account takes course evaluations, and whose surveys it works out and removes."""
    return visible_spaces(account) if account.role in SEES_ALL else Space.objects.none()


def require_keeper(account: Account, space: Space) -> None:
    """Raise PermissionDenied for whoever keeps no surveys of a space."""
    if not keeping_spaces(account).filter(pk=space.pk).exists():
        raise PermissionDenied
