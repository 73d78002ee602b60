"""Groups and assessments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Avg, Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yucai.framework import EvidenceKind, EvidenceMap, load_evidence_map
from yucai.web.accounts.access import (
    may_import,
    may_open_assessment,
    may_see_tests,
    open_group,
    read_people,
    require_readable,
    taught_groups,
    visible_people,
    visible_spaces,
)
from yucai.web.accounts.models import Account, Group, Membership
from yucai.web.accounts.requests import asking
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.evidence.question_models import Question
from yucai.web.measurement.explained import explained_numbers
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun
from yucai.web.teaching.assessments import assessment_of
from yucai.web.teaching.cohorts import group_qualities, latest_occasion, member_rows
from yucai.web.teaching.items import item_rows, scale_views
from yucai.web.teaching.others import others_of
from yucai.web.teaching.outside import outside_group
from yucai.web.teaching.questions import question_of, question_views

__all__ = ["assessment", "group", "question_bank"]

ROWS_A_PAGE = 50
QUESTIONS_A_PAGE = 25
ASSESSED = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING)
QUIZZES = ("CMA",)  # tests of the Open University that are marked by machine


@require_safe
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """A cohort, class, course presentation or group of mentees."""
    account, at = asking(request), timezone.now()
    found = open_group(account, pk, page="group", at=at)
    occasion = latest_occasion(found)
    people = visible_people(account).filter(groups=found).order_by("code")
    items = _items(account, found, at=at)
    page = Paginator(people, ROWS_A_PAGE).get_page(request.GET.get("page"))
    read_people(account, page.object_list, page="group", at=at, group=found)
    return render(
        request,
        "group.html",
        {
            "group": found,
            "space": found.space,
            "occasion": occasion,
            **_as_a_whole(account, found, occasion, at=at),
            "page": page,
            "members": member_rows(found, occasion, list(page.object_list)),
            "items": item_rows(found.space, items),
            "scales": scale_views(found.space, [item.code for item in items], people=people),
        },
    )


def _as_a_whole(account: Account, found: Group, occasion: str, *, at: datetime) -> dict[str, object]:
    """What is said of a group as a whole: from its people, or, to who may not see them, what may leave."""
    if account.role == Account.Role.BUREAU:
        outside = outside_group(found, occasion, to=account, at=at)
        return {"size": outside.size, "qualities": outside.qualities, "outside": outside}
    run = CalibrationRun.objects.filter(space=found.space, current=True).first()
    stale = what_changed_since(run) or why_no_profiles(found.space, run, at=at)
    explained = explained_numbers(run)
    return {"size": found.people.count(), "qualities": group_qualities(found, occasion), "stale": stale,
            "explained": explained}  # fmt: skip


def _items(account: Account, found: Group, *, at: datetime) -> list[Item]:
    """Return the assessments of a group, each with how many of its people have a result (``n``) and their ``mean``."""
    if not taught_groups(account).filter(pk=found.pk).exists():
        return []
    items = Item.objects.filter(space=found.space).order_by("-occasion", "due_day", "code")
    records = usable_records(found.space, at=at)
    if found.occasion:  # of the course, done or not: few items, found by themselves
        items = items.filter(occasion=found.occasion)
        figures = _figures(records.filter(item__in=[item.pk for item in items], person__groups=found))
    else:  # whatever its people did: few people
        figures = _figures(records.filter(person__in=Membership.objects.filter(group=found).values("person")))
        items = items.filter(among("pk", figures))
    evidence_map = load_evidence_map(found.space.evidence_map)
    assessments = [item for item in items if _is_assessment(item, evidence_map)]
    for item in assessments:
        item.n, item.mean = figures.get(item.pk, (0, None))  # type: ignore[attr-defined]
    return assessments


def _figures(records: QuerySet[EvidenceRecord]) -> dict[int, tuple[int, float]]:
    """Return for each item (number) how many of these records there are, and their mean in per cent of the highest."""
    share = F("score") / F("max_score") * 100
    told = records.order_by().values("item").annotate(n=Count("pk"), mean=Avg(share))
    return {pk: (n, mean) for pk, n, mean in told.values_list("item", "n", "mean")}


def _is_assessment(item: Item, evidence_map: EvidenceMap) -> bool:
    """Whether a whole group was assessed by it: an exam, a task, a rating; no survey, and no work of one's own."""
    rule = evidence_map.rule_for(item.code)
    own = item.code.startswith("own/")
    return rule is not None and not own and (rule.kind in ASSESSED or item.kind in QUIZZES)


@require_safe
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """At-a-glance feedback on one assessment; open to those who see a group that took it."""
    item = get_object_or_404(Item.objects.select_related("space"), pk=pk)
    account, at = asking(request), timezone.now()
    if not may_open_assessment(account, space=item.space, item_pk=item.pk, occasion=item.occasion):
        raise PermissionDenied
    require_readable(account, _sources_of([item.pk]), page="assessment", space=item.space, at=at)
    people = visible_people(account)
    facts = {"view": assessment_of(item, people=people), "space": item.space}
    facts |= {"question": question_of(item, people=people), "others": others_of(item, to=account, at=at)}
    return render(request, "assessment.html", facts)


def _sources_of(items: QuerySet[Question, int] | Sequence[int]) -> QuerySet[EvidenceRecord, int]:
    """Return the data sets (numbers) that the records of some items came with."""
    records = EvidenceRecord.objects.current().filter(item__in=items)
    return records.order_by().values_list("came_with__source", flat=True).distinct()


@require_safe
def question_bank(request: HttpRequest, code: str) -> HttpResponse:
    """The questions of a space, what each is worth, and who chooses which option: for who teaches there."""
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_see_tests(account):
        raise PermissionDenied
    questions = Question.objects.current(space).select_related("item").order_by("item__code")
    about, at = _sources_of(questions.values_list("item", flat=True)), timezone.now()
    require_readable(account, about, page="question-bank", space=space, at=at)
    page = Paginator(questions, QUESTIONS_A_PAGE).get_page(request.GET.get("page"))
    views = question_views(space, list(page.object_list), people=visible_people(account))
    facts = {"space": space, "page": page, "views": views, "may_import": may_import(account, space)}
    return render(request, "question_bank.html", facts)
