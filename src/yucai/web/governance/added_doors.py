"""Who sees what of value added: directors and institutional research all of a run, a teacher the own groups.

Nobody else sees any of it. It is the rule of teaching quality, for groups in place of lecturers.
"""

from __future__ import annotations

from django.db.models import QuerySet

from yucai.web.accounts.access import visible_groups
from yucai.web.accounts.models import Account
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.teaching_doors import require_reader, sees_all

__all__ = ["seen_groups", "seen_runs"]


def seen_runs(account: Account) -> QuerySet[AddedRun]:
    """Return the runs of which an account sees something: all of its spaces, or those with a group of its own."""
    require_reader(account)
    inside = AddedRun.objects.filter(space__in=account.spaces.all())
    if not sees_all(account):
        inside = inside.filter(groups__group__in=visible_groups(account))
    return inside.select_related("space").distinct().order_by("-at", "-pk")


def seen_groups(account: Account, run: AddedRun) -> QuerySet[AddedGroup]:
    """Return the groups of a run that an account sees."""
    inside = AddedGroup.objects.filter(run=run)
    return inside if sees_all(account) else inside.filter(group__in=visible_groups(account))
