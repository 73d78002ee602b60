"""A case as everybody reads it who may: what was noted, what speaks against it, and every decision with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yucai.web.accounts.models import Account, Person
from yucai.web.matching.case_actions import AFTER, UNDO_WITHIN
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.matching.priority_words import Noted, noted, said_of

__all__ = ["CaseView", "DecisionView", "OwnEntry", "case_view", "may_undo", "open_steps", "own_cases", "own_entries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One decision in words."""

    kind: str
    name: str
    who_decided: str
    at: datetime
    reason: str
    day: date | None
    who: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with its decisions, the oldest first."""

    case: SupportCase
    noted: Noted
    decisions: tuple[DecisionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """That a person stands on a list that staff can open."""

    noted: Noted


def case_view(case: SupportCase) -> CaseView:
    """Return a case in the language that is active. One query."""
    return CaseView(
        case=case,
        noted=noted(case, as_of=case.as_of, rules_version=case.rules_version),
        decisions=tuple(_told(one) for one in case.decisions.select_related("by").order_by("at", "pk")),
    )


def open_steps(case: SupportCase) -> tuple[str, ...]:
    """Return which decisions can be made in a case now, the most usual first."""
    return tuple(kind for kind in ORDER if case.state in AFTER[kind][0])


ORDER = (
    CaseDecision.Kind.HELPED, CaseDecision.Kind.ACTION, CaseDecision.Kind.TALK, CaseDecision.Kind.OUTCOME,
    CaseDecision.Kind.DISMISSED,
)  # fmt: skip


def may_undo(case: SupportCase, account: Account, *, at: datetime) -> bool:
    """Return whether an account may still take back that it opened a case."""
    fresh = case.state == SupportCase.State.ALERT and case.opened_at >= at - UNDO_WITHIN
    return fresh and case.opened_by_id == account.pk


def own_cases(person: Person) -> list[SupportCase]:
    """Return all cases of a person, the newest first: those that staff see, and those that were taken back."""
    return list(SupportCase.objects.filter(person=person).order_by("-opened_at", "-pk"))


def own_entries(person: Person) -> list[OwnEntry]:
    """Return what the lists that stand now say of a person, the newest day first, in the words that staff read."""
    entries = PriorityEntry.objects.filter(person=person).select_related("run").order_by("-run__as_of", "-run__at")
    return [
        OwnEntry(noted=noted(one, as_of=one.run.as_of, rules_version=one.run.rules_version)) for one in entries
    ]  # fmt: skip


def _told(one: CaseDecision) -> DecisionView:
    return DecisionView(
        kind=one.kind,
        name=str(one.get_kind_display()),
        who_decided=said_of(one.by.name),
        at=one.at,
        reason=one.reason,
        day=one.day,
        who=one.who,
        said=one.said,
    )
