"""Who sees, fills in and checks attainment: teachers their own courses, directors and research officers all."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from yucai.web.accounts.access import visible_groups, visible_spaces
from yucai.web.accounts.models import Account, Group, Space
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentRun, AttainmentVersion

__all__ = [
    "LEARNING",
    "attainment_space",
    "attainment_spaces",
    "had_a_hand_in",
    "may_add_maps",
    "may_add_programmes",
    "may_check",
    "may_fill",
    "may_see_attainment",
    "open_map",
    "open_run",
    "own_classes",
    "seen_runs",
]

ALL: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
SEES: Final = (*ALL, Account.Role.TEACHER)
FILLS: Final = (Account.Role.DIRECTOR, Account.Role.TEACHER)
LEARNING: Final = (Group.Kind.CLASS, Group.Kind.PRESENTATION)


def may_see_attainment(account: Account) -> bool:
    """Return whether an account's role sees attainment at all; of which courses, its groups say."""
    return account.role in SEES


def may_add_maps(account: Account) -> bool:
    """Return whether an account brings in maps of courses: who teaches, and who sees the whole institution."""
    return account.role in SEES


def may_add_programmes(account: Account) -> bool:
    """Return whether an account brings in the map of a programme: who sees the whole institution."""
    return account.role in ALL


def attainment_spaces(account: Account) -> QuerySet[Space]:
    """Return the institutions whose attainment an account looks at. Raises PermissionDenied."""
    if not may_see_attainment(account):
        raise PermissionDenied
    return visible_spaces(account)


def attainment_space(account: Account, code: str) -> Space:
    """Return the institution that is asked for, or the first with anything on record. Raises PermissionDenied."""
    spaces = attainment_spaces(account)
    if code:
        found = spaces.filter(code=code).first()
    else:
        on_record = Q(attainment_runs__isnull=False) | Q(attainment_programmes__isnull=False)
        found = spaces.filter(on_record).first() or spaces.first()
    if found is None:
        raise PermissionDenied
    return found


def own_classes(account: Account, space: Space) -> QuerySet[Group]:
    """Return the classes and presentations for which an account may open a course."""
    return visible_groups(account).filter(space=space, kind__in=LEARNING).order_by("kind", "code")


def seen_runs(account: Account) -> QuerySet[AttainmentRun]:
    """Return the courses whose results an account sees: of its own classes, or of its institutions."""
    if not may_see_attainment(account):
        return AttainmentRun.objects.none()
    return AttainmentRun.objects.filter(group__in=visible_groups(account))


def open_run(account: Account, pk: int) -> AttainmentRun:
    """Return a course that an account sees. Raises PermissionDenied, also for one that is not there."""
    found = seen_runs(account).filter(pk=pk).select_related("space", "map", "group", "group__space").first()
    if found is None:
        raise PermissionDenied
    return found


def open_map(account: Account, pk: int) -> AttainmentMap:
    """Return a map of an institution of the account. It tells of nobody. Raises PermissionDenied."""
    found = AttainmentMap.objects.filter(pk=pk, space__in=attainment_spaces(account)).select_related("space").first()
    if found is None:
        raise PermissionDenied
    return found


def may_fill(account: Account, run: AttainmentRun) -> bool:
    """Return whether an account fills in a course that it sees: its teachers, and the directors."""
    return account.role in FILLS and seen_runs(account).filter(pk=run.pk).exists()


def may_check(account: Account, run: AttainmentRun) -> bool:
    """Return whether an account checks results of a course: who sees the whole institution, never one's own work."""
    return account.role in ALL and seen_runs(account).filter(pk=run.pk).exists()


def had_a_hand_in(version: AttainmentVersion, account: Account) -> bool:
    """Return whether an account handed a result in or entered anything of it: then somebody else checks it."""
    return version.filled_by_id == account.pk or account.pk in version.entered_by
