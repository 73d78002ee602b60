"""Groups, their people and their assessments, by the decisions of the page of a group."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Count

from yucai.web.accounts import models
from yucai.web.accounts.access import (
    may_open_assessment,
    open_group,
    read_people,
    require_readable,
    visible_groups,
    visible_people,
)
from yucai.web.accounts.models import Account
from yucai.web.api import answers
from yucai.web.api.asked import Asked, parts_of, rounded, said, until_next
from yucai.web.evidence.models import Item
from yucai.web.measurement.calibrations import current_run
from yucai.web.measurement.explained import explained_numbers
from yucai.web.measurement.freshness import what_changed_since, why_no_profiles
from yucai.web.measurement.models import CalibrationRun
from yucai.web.teaching.assessed import group_assessments, sources_of
from yucai.web.teaching.assessments import AssessmentView, assessment_of, severity_said
from yucai.web.teaching.cohorts import GroupQuality, MemberRow, group_qualities, latest_occasion, member_rows
from yucai.web.teaching.fits import FitView
from yucai.web.teaching.items import ItemRow, item_rows
from yucai.web.teaching.others import OthersView, others_of
from yucai.web.teaching.outside import OutsideQuality, outside_group, outside_size

__all__ = ["assessment", "group", "group_assessments_listed", "group_people", "groups"]


def groups(asked: Asked) -> answers.Groups:
    """Return the groups whose pages the account may open."""
    found = visible_groups(asked.account).select_related("space").annotate(members=Count("people", distinct=True))
    found = found.filter(pk__gt=asked.query.after).order_by("pk")
    if asked.query.space is not None:
        found = found.filter(space__code=asked.query.space)
    shown, following = until_next(asked, list(found[: asked.query.limit + 1]), lambda one: one.pk)
    return answers.Groups(items=[_line(asked, one) for one in shown], next=following)


def _line(asked: Asked, found: models.Group) -> answers.GroupLine:
    outside = asked.account.role == Account.Role.BUREAU
    size = outside_size(found, to=asked.account, at=asked.at).cells[0].count if outside else found.members  # type: ignore[attr-defined]
    return answers.GroupLine(
        id=found.pk,
        space=found.space.code,
        code=found.code,
        name=said(found.name),
        kind=answers.Named(code=found.kind, name=str(found.get_kind_display())),
        period=found.occasion,
        people=size,
    )


def group(asked: Asked) -> answers.Group:
    """Return a group as a whole: from its people, or, to who may not see them, what may leave."""
    account, at = asked.account, asked.at
    found = open_group(account, asked.pk, page="group", at=at)
    read_people(account, [], page="group", at=at, group=found)
    occasion = latest_occasion(found)
    run = CalibrationRun.objects.filter(space=found.space, current=True).first()
    stale, reasons = what_changed_since(run) or why_no_profiles(found.space, run, at=at), []
    qualities: list[answers.GroupQuality]
    if account.role == Account.Role.BUREAU:
        outside = outside_group(found, occasion, to=account, at=at)
        size, stale, reasons = outside.size, "", [*outside.reasons, *outside.held]
        qualities = [_quality(one) for one in outside.qualities]
    else:
        size = found.people.count()
        qualities = [_quality(one) for one in group_qualities(found, occasion)]
    return answers.Group(
        id=found.pk,
        space=found.space.code,
        code=found.code,
        name=said(found.name),
        kind=answers.Named(code=found.kind, name=str(found.get_kind_display())),
        period=occasion,
        people=size,
        qualities=qualities,
        stale=stale,
        reasons=reasons,
        explained=parts_of(explained_numbers(run)),
    )


def _quality(one: GroupQuality | OutsideQuality) -> answers.GroupQuality:
    return answers.GroupQuality(
        name=one.name,
        with_enough=one.with_enough,
        median=rounded(one.median),
        low_quarter=rounded(one.low_quarter),
        high_quarter=rounded(one.high_quarter),
    )


def group_people(asked: Asked) -> answers.Members:
    """Return the people of a group whom the account may see, with what is known of each."""
    account, at, limit = asked.account, asked.at, asked.query.limit
    found = open_group(account, asked.pk, page="group", at=at)
    people = visible_people(account).filter(groups=found, pk__gt=asked.query.after).order_by("pk")
    shown, following = until_next(asked, list(people[: limit + 1]), lambda one: one.pk)
    read_people(account, shown, page="group", at=at, group=found)
    rows = member_rows(found, latest_occasion(found), shown)
    return answers.Members(items=[_member(row) for row in rows], next=following)


def _member(row: MemberRow) -> answers.Member:
    return answers.Member(
        id=row.person.pk,
        number=row.person.code,
        name=row.name,
        entry_year=row.person.cohort,
        known=row.known,
        pieces=row.pieces,
        strengths=row.strengths,
        outcome=row.outcome,
    )


def group_assessments_listed(asked: Asked) -> answers.Assessments:
    """Return the assessments of a group; none to who may open none of them."""
    account, at = asked.account, asked.at
    found = open_group(account, asked.pk, page="group", at=at)
    read_people(account, [], page="group", at=at, group=found)
    items = sorted(group_assessments(account, found, at=at), key=lambda one: one.pk)
    items = [one for one in items if one.pk > asked.query.after]
    shown, following = until_next(asked, items, lambda one: one.pk)
    rows = item_rows(shown, run=current_run(found.space) if shown else None)
    return answers.Assessments(items=[_item(row) for row in rows], next=following)


def _item(row: ItemRow) -> answers.AssessmentLine:
    return answers.AssessmentLine(
        id=row.item.pk,
        code=row.item.code,
        name=said(row.item.name),
        period=row.item.occasion,
        results=row.item.n,  # type: ignore[attr-defined]
        mean_percent=rounded(row.item.mean),  # type: ignore[attr-defined]
        difficulty=rounded(row.difficulty),
        discrimination=rounded(row.discrimination),
        note=row.note,
    )


def assessment(asked: Asked) -> answers.Assessment:
    """Return one assessment at a glance; open to those who see a group that took it."""
    account, at = asked.account, asked.at
    item = Item.objects.select_related("space").filter(pk=asked.pk).first()
    if item is None:
        raise PermissionDenied
    if not may_open_assessment(account, space=item.space, item_pk=item.pk, occasion=item.occasion):
        raise PermissionDenied
    require_readable(account, sources_of([item.pk]), page="assessment", space=item.space, at=at)
    return _assessment(assessment_of(item, people=visible_people(account)), others_of(item, to=account, at=at))


def _assessment(view: AssessmentView, others: OthersView | None) -> answers.Assessment:
    item = view.item
    return answers.Assessment(
        id=item.pk,
        space=item.space.code,
        code=item.code,
        name=said(item.name),
        period=item.occasion,
        results=view.results,
        mean_percent=rounded(100 * view.mean_share) if view.mean_share is not None else None,
        quality=view.quality,
        discrimination=view.discrimination,
        difficulty=view.difficulty,
        misleading=view.misleading,
        says=list(view.says),
        distribution=[answers.Band(name=name, results=n) for name, n in view.bars_table.rows],
        raters=[answers.Severity(rater=one.rater, severity=severity_said(one)) for one in view.raters_table.rows],
        far_off=list(view.far_off),
        fit=_fit(view.fit) if view.fit is not None else None,
        levels=[
            answers.Level(
                name=one.name, results=one.results, share=round(float(one.share), 4), place=rounded(one.place)
            )
            for one in view.levels
        ],
        others=_others(others) if others is not None else None,
    )


def _fit(fit: FitView) -> answers.Fit:
    return answers.Fit(fits=fit.fits, says=list(fit.says), infit=fit.infit, outfit=fit.outfit, answers=fit.answers)


def _others(others: OthersView) -> answers.Others:
    reasons = [*others.reasons, *others.held_lines]
    return answers.Others(results=others.results, mean_percent=rounded(others.mean), reasons=reasons)
