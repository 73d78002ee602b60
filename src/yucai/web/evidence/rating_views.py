"""Pages of rating rounds: a rater's works and one work on a phone; planning, progress and closing for a director."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import HandedInAlreadyError, LearnersShown, RatedWork, school_term
from yucai.web.accounts.access import (
    may_open_rating_rounds,
    may_rate,
    may_rate_at_all,
    may_see_rating_rounds,
    read_group,
    read_people,
    visible_groups,
    visible_spaces,
)
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.evidence.forms import add_faults
from yucai.web.evidence.rating_forms import RatingForm, RoundForm
from yucai.web.evidence.rating_models import RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import origin_of, plan_of, planned, rubric_of
from yucai.web.evidence.rating_rounds import (
    RoundClosedError,
    close_rating_round,
    hand_in_seats,
    may_open_seat,
    open_rating_round,
    save_draft,
)
from yucai.web.evidence.rating_showing import (
    closed_levels,
    my_rounds,
    people_of_rounds,
    people_shown,
    progress_of,
    reading_of,
    seat_levels,
    whose,
)
from yucai.web.evidence.work_tables import raters_progress_table, rounds_table

__all__ = ["add_round", "close", "hand_in", "index", "key", "one_round", "seat"]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """My works in my open rounds, and for who sees whole spaces the rounds there are."""
    account = asking(request)
    return _index(request, account, note="", at=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, pk: int) -> HttpResponse:
    """One work to rate, or, once handed in, how I and the others rated it."""
    account, at = asking(request), timezone.now()
    found = RatingSeatRecord.objects.select_related("round__space", "round__group", "rater").filter(pk=pk).first()
    if found is None or not may_open_seat(account, found):
        raise PermissionDenied
    read_people(account, people_shown(found.round, [found.work]), page="rating-seat", at=at)
    rubric = rubric_of(found.round)
    if found.handed_in_at is not None or found.round.closed_at is not None:
        levels = seat_levels(found, account, rubric=rubric) if found.handed_in_at is not None else None
        return _seat_page(request, found, {"levels": levels})
    form = RatingForm.of(found, rubric)
    if request.method == "POST":
        form = RatingForm(request.POST, rubric=rubric)
        if form.is_valid():
            try:
                save_draft(seat=found, draft=form.draft(), by=account, at=at)
            except FaultyInputError as refused:
                add_faults(form, refused.faults)
            except (HandedInAlreadyError, RoundClosedError) as late:
                form.add_error(None, late.in_language(_language()))
            else:
                return _after_saving(request, found, account)
    return _seat_page(request, found, {"form": form})


@require_POST
def hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in all my ratings of a round, for good."""
    account, at = asking(request), timezone.now()
    found = RatingRoundRecord.objects.select_related("space").filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    try:
        hand_in_seats(record=found, incomplete=bool(request.POST.get("incomplete")), by=account, at=at)
    except (FaultyInputError, HandedInAlreadyError, RoundClosedError) as refused:
        return _index(request, account, note=_words(refused), at=at)
    return redirect("ratings")


@require_http_methods(["GET", "HEAD", "POST"])
def add_round(request: HttpRequest) -> HttpResponse:
    """Plan a round for a group: checked first, in words, then opened as it was checked."""
    account, at = asking(request), timezone.now()
    group = _group(request, account, at=at)
    initial = {"occasion": school_term(localdate(at)), "seed": secrets.randbelow(2**31)}
    form, report, checked = RoundForm(initial=initial, group=group), None, ""
    lines: list[str] = []
    if request.method == "POST":
        form = RoundForm(request.POST, group=group)
        if form.is_valid():
            wanted = form.wanted()
            try:
                plan = planned(wanted, language=_language())
                checked = sha256(plan.to_json().encode()).hexdigest()
                report, lines = reading_of(plan, wanted.raters)
                if "open" in request.POST and request.POST.get("checked") == checked:
                    opened = open_rating_round(wanted=wanted, reason=form.cleaned_data["reason"], by=account, at=at)
                    return redirect("rating_round", pk=opened.pk)
            except FaultyInputError as refused:
                add_faults(form, refused.faults)
    facts = {"form": form, "group": group, "space": group.space, "report": report, "lines": lines, "checked": checked}
    facts["changed"] = "open" in request.POST and request.POST.get("checked") != checked
    return render(request, "rating_round_add.html", facts)


@require_safe
def one_round(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a round is; its levels only once it is closed."""
    return _round_page(request, _round(request, pk), note="")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a round: what was handed in goes into the evidence."""
    found = _round(request, pk)
    try:
        close_rating_round(
            record=found, although=bool(request.POST.get("although")), by=asking(request), at=timezone.now()
        )
    except (FaultyInputError, RoundClosedError) as refused:
        return _round_page(request, found, note=_words(refused))
    return redirect("rating_round", pk=found.pk)


@require_safe
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose work each number is, for the director who hands the works out; written down like every look at people."""
    account, at, found = asking(request), timezone.now(), _round(request, pk)
    if not may_open_rating_rounds(account, found.space) or _still_blind(account, found):
        raise PermissionDenied
    people = {person.code: person for person in Person.objects.filter(space=found.space, groups=found.group)}
    works = [
        (work.code, [people[x] for x in work.learners if x in people], _first_rated(work))
        for work in plan_of(found).works
    ]
    read_people(account, [person for _code, owners, _first in works for person in owners], page="rating-key", at=at)
    return render(request, "rating_key.html", {"round": found, "space": found.space, "works": works})


def _language() -> str:
    return translation.get_language() or "en"


def _words(refused: YucaiError) -> str:
    """Return the sentences of a refusal; the faults alone where it lists them."""
    if isinstance(refused, FaultyInputError):
        return " ".join(fault.in_language(_language()) for fault in refused.faults)
    return refused.in_language(_language())


def _index(request: HttpRequest, account: Account, *, note: str, at: datetime) -> HttpResponse:
    spaces = [space for space in visible_spaces(account) if may_see_rating_rounds(account, space)]
    if not may_rate_at_all(account) and not spaces:
        raise PermissionDenied
    records = RatingRoundRecord.objects.select_related("space", "group")
    mine = records.filter(seats__rater=account, space__in=account.spaces.all()).distinct().order_by("-opened_at")
    rounds = my_rounds(account, [one for one in mine if may_rate(account, rater_pk=account.pk, space=one.space)])
    people = people_of_rounds([(entry.record, [work.code for work in entry.works]) for entry in rounds])
    read_people(account, people, page="ratings", at=at)
    groups = visible_groups(account).filter(space__in=spaces, kind=Group.Kind.CLASS).select_related("space")
    facts: dict[str, Any] = {
        "rounds": rounds,
        "rates": may_rate_at_all(account),
        "sees": bool(spaces),
        "all_rounds": records.filter(space__in=spaces).order_by("-opened_at") if spaces else [],
        "groups": [g for g in groups.order_by("space__code", "code") if may_open_rating_rounds(account, g.space)],
        "note": note,
        "simulated": visible_spaces(account).filter(simulated=True).exists(),
    }
    tables = [rounds_table(facts["all_rounds"])] if spaces else []
    return answer_tables(request, "ratings.html", facts, tables, at=at, spaces=spaces)


def _group(request: HttpRequest, account: Account, *, at: datetime) -> Group:
    """Return the group a round is planned for. Raises PermissionDenied for whom opens no rounds there."""
    number = request.GET.get("group", "")
    if not number.isdecimal() or len(number) > 18:
        raise PermissionDenied
    group = read_group(account, int(number), page="rating-round-add", at=at)
    if not may_open_rating_rounds(account, group.space):
        raise PermissionDenied
    return group


def _round(request: HttpRequest, pk: int) -> RatingRoundRecord:
    """Return a round whose progress an account may see; a number that names none is refused alike."""
    found = RatingRoundRecord.objects.select_related("space", "group", "opened_by", "closed_by").filter(pk=pk).first()
    if found is None or not may_see_rating_rounds(asking(request), found.space):
        raise PermissionDenied
    return found


def _first_rated(work: RatedWork) -> tuple[RatingRoundRecord, str] | None:
    """Return the round and the number under which a work was first rated, for one that is rated again."""
    origin = origin_of(work)
    record = RatingRoundRecord.objects.filter(pk=origin[0]).first() if origin is not None else None
    return (record, origin[1]) if record is not None and origin is not None else None


def _still_blind(account: Account, record: RatingRoundRecord) -> bool:
    """Return whether an account has still to rate works whose learners it is not to know."""
    blind = plan_of(record).shown == LearnersShown.BLIND and record.closed_at is None
    return blind and RatingSeatRecord.objects.filter(round=record, rater=account, handed_in_at__isnull=True).exists()


def _after_saving(request: HttpRequest, found: RatingSeatRecord, account: Account) -> HttpResponse:
    """Go on to the next work where that was asked for, and back to the list after the last."""
    later = RatingSeatRecord.objects.filter(round=found.round, rater=account, work__gt=found.work).order_by("work")
    following = later.first() if "next" in request.POST else None
    return redirect("rating_seat", pk=following.pk) if following is not None else redirect("ratings")


def _seat_page(request: HttpRequest, found: RatingSeatRecord, more: dict[str, object]) -> HttpResponse:
    mine = RatingSeatRecord.objects.filter(round=found.round, rater=found.rater_id)
    facts = {
        "seat": found,
        "space": found.round.space,
        "whose": whose(plan_of(found.round), found.work),
        "place": mine.filter(work__lte=found.work).count(),
        "of": mine.count(),
        **more,
    }
    return render(request, "rating_seat.html", facts)


def _round_page(request: HttpRequest, found: RatingRoundRecord, *, note: str) -> HttpResponse:
    account = asking(request)
    found.refresh_from_db()
    raters, plan = progress_of(found), plan_of(found)
    accounts = Account.objects.filter(rating_seats__round=found).distinct()
    directs = may_open_rating_rounds(account, found.space)
    facts = {
        "round": found,
        "space": found.space,
        "rubric": rubric_of(found).name,
        "plan": plan,
        "raters": raters,
        "handed_in": sum(rater.handed_in_at is not None for rater in raters),
        "waiting": [rater for rater in raters if rater.handed_in_at is None],
        "lines": reading_of(plan, accounts)[1],
        "closable": directs and found.closed_at is None,
        "key": directs and not _still_blind(account, found),
        "compares": directs and found.closed_at is not None,
        "levels": closed_levels(found) if found.closed_at is not None else [],
        "note": note,
    }
    tables = [raters_progress_table(raters)]
    return answer_tables(request, "rating_round.html", facts, tables, at=timezone.now(), spaces=[found.space])
