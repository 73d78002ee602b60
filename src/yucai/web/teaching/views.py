"""Groups and assessments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yucai.web.accounts.access import (
    group_at_hand,
    may_import,
    may_open_assessment,
    may_see_tests,
    read_people,
    require_readable,
    visible_people,
    visible_spaces,
)
from yucai.web.accounts.models import Account, Group
from yucai.web.accounts.requests import asking
from yucai.web.accounts.saved import chosen
from yucai.web.accounts.saved_views import saved_here
from yucai.web.accounts.tables import answer_tables, rows_shown, table_asked
from yucai.web.evidence.models import Item
from yucai.web.evidence.question_models import Question
from yucai.web.listing import Table
from yucai.web.measurement.calibrations import current_run
from yucai.web.measurement.explained import explained_numbers
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun
from yucai.web.teaching.assessed import group_assessments, sources_of
from yucai.web.teaching.assessments import AssessmentView, assessment_of, levels_table
from yucai.web.teaching.cohorts import MemberRow, group_qualities, latest_occasion, member_rows
from yucai.web.teaching.finding import filters_said, found_people, orders, sorting_of
from yucai.web.teaching.group_tables import assessments_table, people_table, scale_tables, whole_table
from yucai.web.teaching.items import item_rows, scale_names, scale_views
from yucai.web.teaching.others import others_of
from yucai.web.teaching.outside import outside_group
from yucai.web.teaching.questions import question_of, question_views

__all__ = ["assessment", "group", "group_scale", "question_bank"]

ROWS_A_PAGE = 50
QUESTIONS_A_PAGE = 25


@require_safe
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """A cohort, class, course presentation or group of mentees."""
    account, at = asking(request), timezone.now()
    found = group_at_hand(account, pk, page="group", at=at)
    occasion, asked = latest_occasion(found), table_asked(request)
    wanted = chosen("group", request.GET.dict())
    everybody = visible_people(account).filter(groups=found)
    items = group_assessments(account, found, at=at)
    page = rows_shown(request, found_people(everybody, found, occasion, wanted), a_page=ROWS_A_PAGE, table="people")
    people = list(page.object_list) if asked in ("", "people") else []  # a file of the whole shows nobody singly
    read_people(account, people, page="group", at=at, group=found, taken=bool(asked))
    run = current_run(found.space)
    size = everybody.count() if wanted else page.paginator.count
    facts = {
        "group": found,
        "space": found.space,
        "occasion": occasion,
        **_as_a_whole(account, found, occasion, run=run, size=size, at=at),
        "page": page,
        "peopled": people or (wanted and size),
        "wanted": wanted,
        "sorts": orders(),
        "saved": saved_here(request, "group", found.pk),
        "items": item_rows(items, run=run),
        "scales": scale_names([item.code for item in items], run=run),
        "teaches": may_see_tests(account),
    }
    tables = _group_tables(facts, member_rows(found, occasion, people))
    return answer_tables(request, "group.html", facts, tables, at=at, spaces=[found.space], noted=True)


def _group_tables(facts: Mapping[str, Any], members: Sequence[MemberRow]) -> Iterator[Table]:
    """Yield the tables of the page of a group that there is something in."""
    yield whole_table(facts["qualities"], facts.get("outside"))
    wanted, group = facts["wanted"], facts["group"]
    if facts["peopled"]:
        yield people_table(
            group, members, occasion=facts["occasion"], qualities=len(facts["qualities"]),
            sorting=sorting_of(wanted), filters=tuple(filters_said(wanted)),
        )  # fmt: skip
    if facts["items"]:
        yield assessments_table(group, facts["items"])


@require_safe
def group_scale(request: HttpRequest, pk: int, quality: str) -> HttpResponse:
    """The scale of one quality, with the people of a group and its assessments side by side."""
    account, at = asking(request), timezone.now()
    found = group_at_hand(account, pk, page="group-scale", at=at)
    if not may_see_tests(account):  # who teaches, and who sees whole institutions
        raise PermissionDenied
    read_people(account, [], page="group-scale", at=at, group=found)
    codes = [item.code for item in group_assessments(account, found, at=at)]
    people = visible_people(account).filter(groups=found)
    run = current_run(found.space) if codes else None
    scale = next(iter(scale_views(found.space, codes, people=people, only=quality, run=run)), None)
    others = [one for one in scale_names(codes, run=run) if one[0] != quality]
    facts = {"group": found, "space": found.space, "scale": scale, "others": others}
    tables = scale_tables([scale] if scale is not None else [])
    return answer_tables(request, "group_scale.html", facts, tables, at=at, spaces=[found.space])


def _as_a_whole(
    account: Account, found: Group, occasion: str, *, run: CalibrationRun | None, size: int, at: datetime
) -> dict[str, object]:
    """What is said of a group as a whole: from its people, or, to who may not see them, what may leave.

    ``size`` is how many of it the account sees: all, for whoever sees a group and single people at all.
    """
    if account.role == Account.Role.BUREAU:
        outside = outside_group(found, occasion, to=account, at=at)
        return {"size": outside.size, "qualities": outside.qualities, "outside": outside}
    stale = what_changed_since(run) or why_no_profiles(found.space, run, at=at)
    explained = explained_numbers(run)
    return {"size": size, "qualities": group_qualities(found, occasion, size=size), "stale": stale,
            "explained": explained}  # fmt: skip


@require_safe
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """At-a-glance feedback on one assessment; open to those who see a group that took it."""
    item = get_object_or_404(Item.objects.select_related("space"), pk=pk)
    account, at = asking(request), timezone.now()
    if not may_open_assessment(account, space=item.space, item_pk=item.pk, occasion=item.occasion):
        raise PermissionDenied
    require_readable(account, sources_of([item.pk]), page="assessment", space=item.space, at=at)
    people = visible_people(account)
    view = assessment_of(item, people=people)
    facts = {"view": view, "space": item.space}
    facts |= {"question": question_of(item, people=people), "others": others_of(item, to=account, at=at)}
    return answer_tables(request, "assessment.html", facts, _assessment_tables(view), at=at, spaces=[item.space])


def _assessment_tables(view: AssessmentView) -> Iterator[Table]:
    """Yield the tables of the page of an assessment that there is something in."""
    yield view.bars_table
    if view.raters_wide:
        yield view.raters_table
    if view.levels:
        yield levels_table(view.levels)
    if view.scale:
        yield from scale_tables([view.scale])


@require_safe
def question_bank(request: HttpRequest, code: str) -> HttpResponse:
    """The questions of a space, what each is worth, and who chooses which option: for who teaches there."""
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_see_tests(account):
        raise PermissionDenied
    questions = Question.objects.current(space).select_related("item").order_by("item__code")
    about, at = sources_of(questions.values_list("item", flat=True)), timezone.now()
    require_readable(account, about, page="question-bank", space=space, at=at)
    page = Paginator(questions, QUESTIONS_A_PAGE).get_page(request.GET.get("page"))
    views = question_views(space, list(page.object_list), people=visible_people(account))
    facts = {"space": space, "page": page, "views": views, "may_import": may_import(account, space)}
    return render(request, "question_bank.html", facts)
