"""The home of each user, the search, and the student's own page."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from yucai.web.accounts.access import may_measure, may_search, read_person, visible_spaces
from yucai.web.accounts.looks import last_looks_of_others
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.evidence.showing import works_of
from yucai.web.homes.cards import Asked
from yucai.web.homes.desks import Desk, desks_of
from yucai.web.homes.mapping import student_map
from yucai.web.homes.searching import enough_to_search, search_for
from yucai.web.homes.spaces import listed_groups, numbers_of, observed_only, observes, tools_of
from yucai.web.matching.case_showing import own_cases, own_entries
from yucai.web.measurement.comment_showing import comments_of
from yucai.web.measurement.portraits import portrait_of
from yucai.web.measurement.step_showing import steps_view
from yucai.web.selection.showing import announced_of

__all__ = ["home", "my_map", "search"]

LAST_LOOKS = 3
LAST_WORKS = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where each user starts: three jobs first, then the groups and tools of one institution."""
    account = asking(request)
    if account.role == Account.Role.STUDENT:
        return redirect("my_map")
    spaces, desks = list(visible_spaces(account)), desks_of(account)
    space = _chosen(spaces, request.GET.get("space", ""))
    desk = next((one for one in desks if one.code == request.GET.get("desk")), desks[0])
    facts = {"spaces": spaces, "desks": desks, "desk": desk, "space": space}
    if space is not None:
        facts |= _of_space(Asked(account=account, space=space, at=timezone.now()), desk)
    return render(request, "home.html", facts)


def _chosen(spaces: Sequence[Space], code: str) -> Space | None:
    """Return the institution that is asked for, or the first."""
    return next((one for one in spaces if one.code == code), next(iter(spaces), None))


def _of_space(asked: Asked, desk: Desk) -> dict[str, object]:
    """What the home says of an institution. Where nobody is on record, the first thing to do stands alone."""
    watched = observes(asked)
    empty = observed_only(asked.space)
    facts: dict[str, object] = {"observes": watched, "only_observes": watched and empty, "empty": empty}
    if not empty:
        facts |= {"cards": desk.cards(asked), "groups": listed_groups(asked)}
    measures = may_measure(asked.account, asked.space)
    if measures and not facts["only_observes"]:
        facts["numbers"] = numbers_of(asked)
    return facts | {"tools": tools_of(asked, measures=measures and not facts["only_observes"])}


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Find people, groups, assessments and works. What was typed comes in the body, so that no address holds a name."""
    account = asking(request)
    if not may_search(account):
        raise PermissionDenied
    said = request.POST.get("q", "").strip()
    facts = {"said": said, "short": bool(said) and not enough_to_search(said)}
    facts["simulated"] = visible_spaces(account).filter(simulated=True).exists()
    if said and not facts["short"]:
        facts["found"] = search_for(said, by=account, at=timezone.now())
    return render(request, "search.html", facts)


@require_safe
def my_map(request: HttpRequest) -> HttpResponse:
    """The student's own page: map, evidence, next steps, results, data."""
    account, at = asking(request), timezone.now()
    if account.role != Account.Role.STUDENT or account.person_id is None:
        raise PermissionDenied
    person = read_person(account, account.person_id, page="my-map", at=at)
    portrait = portrait_of(person, at=at)
    works = works_of(person, at=at, contested=portrait.contested, known=portrait.known.works)
    cases = portrait.known.requests
    facts = {
        "person": person,
        "space": person.space,
        "portrait": portrait,
        "map": student_map(portrait),
        "works": works[:LAST_WORKS],
        "n_works": len(works),
        "next_steps": steps_view(person, portrait, at=at),
        "own": True,
        "comments": comments_of(person, to=account, contested=portrait.known.contested),
        "listed": own_entries(person),
        "talk_cases": own_cases(person),
        "announced": announced_of(person, at=at, cases=cases),
        "cases": cases,
        "looks": last_looks_of_others(person, most=LAST_LOOKS),
    }
    return render(request, "my_map.html", facts)
