"""Who keeps and runs rules for entry and exit: directors, in the institutions into which they are let.

A secretary who works on a director's account does so in the director's name. Nobody else sees a run: it is a
simulation, and no decision. The person reads what it says of them in the export of the own data.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from yucai.web.accounts.access import visible_groups, visible_spaces
from yucai.web.accounts.models import Account, Group, Space
from yucai.web.selection.rule_models import SelectionRule, SelectionRun

__all__ = ["may_run_rules", "open_rule", "open_run", "rule_groups", "rule_space", "rule_spaces"]

SCOPES: Final = (Group.Kind.COHORT, Group.Kind.CLASS)


def may_run_rules(account: Account, space: Space) -> bool:
    """Return whether an account keeps and runs the rules of a space."""
    return account.role == Account.Role.DIRECTOR and account.is_let_into(space.pk)


def rule_spaces(account: Account) -> QuerySet[Space]:
    """Return the spaces whose rules an account keeps."""
    return visible_spaces(account) if account.role == Account.Role.DIRECTOR else Space.objects.none()


def rule_space(account: Account, code: str) -> Space:
    """Return a space whose rules an account keeps. Raises PermissionDenied, also for one that is not there."""
    space = rule_spaces(account).filter(code=code).first()
    if space is None:
        raise PermissionDenied
    return space


def rule_groups(account: Account, space: Space) -> QuerySet[Group]:
    """Return the groups on whose records a rule may be run."""
    return visible_groups(account).filter(space=space, kind__in=SCOPES).order_by("-kind", "code")


def open_rule(account: Account, pk: int) -> SelectionRule:
    """Return a version of a rule. Raises PermissionDenied."""
    found = SelectionRule.objects.select_related("space", "by").filter(pk=pk).first()
    if found is None or not may_run_rules(account, found.space):
        raise PermissionDenied
    return found


def open_run(account: Account, pk: int) -> SelectionRun:
    """Return a run. Raises PermissionDenied."""
    known = SelectionRun.objects.select_related("rule__space", "group", "by", "compared_by")
    found = known.filter(pk=pk).first()
    if found is None or not may_run_rules(account, found.rule.space):
        raise PermissionDenied
    return found
