"""Requests for correction, objections and appeals, by the decisions of their pages."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from yucai.web.accounts.access import closed_to, read_people
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account
from yucai.web.api import answers
from yucai.web.api.asked import Asked, parts_of, person_named, said, until_next
from yucai.web.rights.cases import handles_cases, is_overdue, read_case
from yucai.web.rights.clock import clock_source
from yucai.web.rights.explained import explained_case

__all__ = ["request", "requests"]


def requests(asked: Asked) -> answers.Requests:
    """Return one's own requests; for who handles them, those of their institutions."""
    account, at, query = asked.account, asked.at, asked.query
    found = _listed(account, at=at).select_related("person", "space").order_by("-pk")
    found = found.filter(pk__lt=query.after) if query.after else found
    shown, following = until_next(asked, list(found[: query.limit + 1]), lambda one: one.pk)
    people = [one.person for one in shown]
    own = account.person if account.role == Account.Role.STUDENT else None
    read_people(account, people if own is None else [own], page="review-cases", at=at)
    return answers.Requests(items=[_line(one, at=at) for one in shown], next=following)


def _listed(account: Account, *, at: datetime) -> QuerySet[ReviewCase]:
    """Return the requests that the account sees in its list. Raises PermissionDenied for who has none."""
    if account.role == Account.Role.STUDENT and account.person is not None:
        return ReviewCase.objects.filter(person=account.person_id)
    spaces = [space for space in account.spaces.all() if handles_cases(account, space)]
    if not spaces:
        raise PermissionDenied
    shut = closed_to(account, page="review-cases", at=at)
    return ReviewCase.objects.filter(space__in=spaces).exclude(person__in=shut)


def _line(one: ReviewCase, *, at: datetime) -> answers.RequestLine:
    return answers.RequestLine(
        id=one.pk,
        space=one.space.code,
        person=person_named(one.person),
        kind=answers.Named(code=one.kind, name=str(one.get_kind_display())),
        about=answers.Named(code=one.about, name=str(one.get_about_display())),
        named=said(one.named),
        state=answers.Named(code=one.state, name=str(one.get_state_display())),
        opened_at=one.opened_at,
        due_on=one.due_on,
        overdue=is_overdue(one, at=at),
    )


def request(asked: Asked) -> answers.Request:
    """Return one request with all its steps."""
    found = read_case(asked.account, asked.pk, at=asked.at)
    line = _line(found, at=asked.at)
    later = ReviewCase.objects.filter(appeals=found).first()
    explained = explained_case(found, clock=clock_source(found.space), appealed=later is not None)
    outcome = answers.Named(code=found.outcome, name=str(found.get_outcome_display())) if found.outcome else None
    return answers.Request(
        id=line.id,
        space=line.space,
        person=line.person,
        kind=line.kind,
        about=line.about,
        named=line.named,
        said=found.said,
        state=line.state,
        opened_at=line.opened_at,
        due_on=line.due_on,
        overdue=line.overdue,
        handler=said(found.handler.name) if found.handler is not None else "",
        taken_at=found.taken_at,
        decided_at=found.decided_at,
        outcome=outcome,
        reason=found.reason,
        effect=said(found.effect),
        appeals=found.appeals_id,
        appealed_by=later.pk if later is not None else None,
        explained=parts_of(explained),
    )
