"""What the page of rules says: each rule with how many can meet it, as far as that may leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation

from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.models import Rule
from yucai.web.governance.releases import released_counts, told_axis

__all__ = ["RuleTold", "rules_told"]

MEETS: Final = Text("can meet it", "能够满足")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """One rule, and how many of how many people can meet it; ``open_to`` is None where that may not be told."""

    rule: Rule
    open_to: int | None
    people: int | None
    reasons: tuple[str, ...]


def rules_told(space: Space, *, at: datetime) -> tuple[RuleTold, ...]:
    """Return the rules of a space in the language that is active."""
    policy, language = policy_of(space, day=at.date()), translation.get_language() or "en"
    axis, told = told_axis("meets", MEETS), []
    for rule in space.rules.all():
        counts = {"yes": rule.open_to, "no": rule.people - rule.open_to}
        shown = released_counts("rule-open-to", counts, axis=axis, policy=policy, at=at)
        reasons = tuple(reason.in_language(language) for reason in shown.reasons)
        told.append(RuleTold(rule=rule, open_to=shown.cell("yes").count, people=shown.cell("*").count, reasons=reasons))
    return tuple(told)
