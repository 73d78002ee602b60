"""The rules of release of a space: which are in force, and how they are changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import ReleasePolicy, RuleEntry, policy_on
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_models import ReleaseRule

__all__ = ["may_read_release_rules", "may_set_release_rules", "policy_of", "set_release_rules"]

NAME: Final = Text("rules of release", "发布规则")
PAST: Final = Text(
    "The rule would begin on {day}, before today: what left meanwhile cannot be taken back. Begin today or later.",
    "规则生效日 {day} 早于今天，其间已公布的内容无法收回。请填今天或以后的日期。",
)
NO_CHANGE: Final = Text(
    "These numbers are in force on {day} already. Change one of them.", "{day} 起已是这些数值，请至少改动一项。"
)


def may_set_release_rules(account: Account, space: Space) -> bool:
    """Return whether an account sets how many people a number must speak of: a director of the space."""
    return account.role == Account.Role.DIRECTOR and account.is_let_into(space.pk)


def may_read_release_rules(account: Account, space: Space) -> bool:
    """Return whether an account sees the rules of release: a director or research officer of the space."""
    whole = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
    return account.role in whole and account.is_let_into(space.pk)


def policy_of(space: Space, *, day: date) -> ReleasePolicy:
    """Return the rules in force in a space on a day: its own where it has set any, else the library's."""
    return policy_on(day, entries=_entries(space))


@transaction.atomic
def set_release_rules(
    *, space: Space, min_cell: int, min_spread: int, starts: date, source: str, by: Account, at: datetime
) -> tuple[ReleaseRule, ...]:
    """Set from which day on how many people a number, and a spread, must speak of, and who decided it.

    Earlier entries stay. Raises PermissionDenied for anybody but a director of the space; FaultyInputError with all
    faults: too few people, a day gone by, no source, nothing changed.
    """
    if not may_set_release_rules(by, space):
        raise PermissionDenied
    before = policy_of(space, day=max(starts, at.date()))
    wanted = {ReleaseRule.Rule.MIN_CELL: min_cell, ReleaseRule.Rule.MIN_SPREAD: min_spread}
    held = {ReleaseRule.Rule.MIN_CELL: before.min_cell, ReleaseRule.Rule.MIN_SPREAD: before.min_spread}
    changed = {rule: value for rule, value in wanted.items() if value != held[rule]}
    faults = [] if changed else [Fault(code="no-change", says=NO_CHANGE, facts={"day": starts})]
    if starts < at.date():
        faults.append(Fault(code="past", says=PAST, facts={"day": starts}))
    entries = [
        RuleEntry(rule=rule, starts=starts, value=value, source=_in_both(source)) for rule, value in changed.items()
    ]
    try:
        policy_on(max(starts, at.date()), entries=[*_entries(space), *entries])
    except FaultyInputError as told:
        faults += [fault for fault in told.faults if fault not in faults]
    if faults:
        raise FaultyInputError(NAME, faults)
    made = tuple(
        ReleaseRule.objects.create(
            space=space, rule=rule, starts=starts, value=value, source=source.strip(), set_at=at, set_by=by
        )
        for rule, value in changed.items()
    )
    detail: dict[str, str | int] = {str(rule): value for rule, value in changed.items()}
    note("release-rules", by=by, at=at, space=space, detail=detail | {"from": f"{starts}"})
    return made


def _entries(space: Space) -> list[RuleEntry]:
    rows = ReleaseRule.objects.filter(space=space).order_by("pk").values_list("rule", "starts", "value", "source")
    return [
        RuleEntry(rule=rule, starts=starts, value=value, source=_in_both(source))
        for rule, starts, value, source in rows
    ]


def _in_both(source: str) -> Text:
    return Text(source.strip(), source.strip())
