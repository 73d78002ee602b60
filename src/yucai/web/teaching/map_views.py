"""The class map: what to go over, what misled, who has gone quiet, and how raters agree, for who teaches a group."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from yucai.web.accounts.access import (
    closed_to,
    group_at_hand,
    may_see_tests,
    may_write_comments_at_all,
    read_people,
)
from yucai.web.accounts.ages import maybe_minor
from yucai.web.accounts.requests import asking
from yucai.web.governance.attainment_classes import class_attainment
from yucai.web.matching.priority_doors import may_see_lists
from yucai.web.registers.algorithms import CLASS_MAP, RATERS
from yucai.web.registers.switches import states_of
from yucai.web.teaching.class_checks import item_findings, raters_view
from yucai.web.teaching.class_evidence import evidence_of
from yucai.web.teaching.class_maps import ideas_view, quiet_view

__all__ = ["class_map"]

PAGE: Final = "class-map"


@require_safe
def class_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Three ideas the class does not hold, the tasks that misled, who has gone quiet, and how the raters agree."""
    account, at = asking(request), timezone.now()
    group = group_at_hand(account, pk, page=PAGE, at=at)
    if not may_see_tests(account):  # who teaches, and who sees whole institutions
        raise PermissionDenied
    evidence = evidence_of(group, at=at)
    states = {state.method.code: state for state in states_of(group.space, at=at)}
    closed: set[int] = set()
    if any(maybe_minor(person, group.space, day=localdate(at)) for person in evidence.people.values()):
        closed = set(closed_to(account, page=PAGE, at=at).filter(groups=group).values_list("pk", flat=True))
    facts = {"group": group, "space": group.space, "occasion": evidence.latest, "people": len(evidence.people)}
    quiet = None
    if states[CLASS_MAP.code].running:
        quiet = quiet_view(evidence, closed=closed, at=at)
        facts |= {"ideas": ideas_view(evidence), "quiet": quiet}
    facts |= {"off": states[CLASS_MAP.code].why, "raters_off": states[RATERS.code].why}
    if states[RATERS.code].running:
        facts["raters"] = raters_view(evidence)
    facts["findings"] = item_findings(evidence)
    facts |= {"writes": may_write_comments_at_all(account), "lists": may_see_lists(account, group.space)}
    facts["attained"] = class_attainment(group)
    facts["writes"] = may_write_comments_at_all(account)
    read_people(account, [row.person for row in quiet.rows] if quiet else [], page=PAGE, at=at, group=group)
    return render(request, "class_map.html", facts)
