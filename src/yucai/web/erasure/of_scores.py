"""What was scored and what was computed of it: evidence, lake, tests, ratings, profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min

from yucai.evidence import RatingPlan
from yucai.web.accounts.models import Space
from yucai.web.erasure.holding import Task
from yucai.web.erasure.of_files import holds_person
from yucai.web.erasure.subjects import Subject
from yucai.web.evidence.actions import held, lake_folder, rewrite_lake, write_lake
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.evidence.rating_models import RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import plan_of
from yucai.web.lake.models import LakeFile
from yucai.web.measurement.adaptive_models import AdaptiveSitting
from yucai.web.measurement.models import CalibrationRun, ProfileRow

__all__ = [
    "count_profiles",
    "count_rounds",
    "count_scores",
    "count_sittings",
    "forget_profiles",
    "forget_rounds",
    "forget_scores",
    "forget_sittings",
]


def count_scores(subject: Subject) -> int:
    """Return how many scores of the person there are, current or replaced, and lake files that nothing lists."""
    n = EvidenceRecord.objects.filter(person=subject.person).count()
    return n + sum(holds_person(file, subject) for file in _unlisted(Space.objects.get(pk=subject.space)))


@transaction.atomic
def forget_scores(subject: Subject, task: Task) -> int:
    """Let the person's scores go from the records and, with the same commit, from the lake."""
    space = held(Space.objects.get(pk=subject.space))
    write_lake(space, at=task.at)  # the lake must hold all of it, or what goes could still follow
    mine = EvidenceRecord.objects.filter(person=subject.person)
    ends = mine.aggregate(low=Min("pk"), high=Max("pk"))
    n = mine.count()
    mine.delete()
    if ends["low"] is not None:
        rewrite_lake(space, low=ends["low"], high=ends["high"], tag=f"x{task.erasure}", at=task.at)
    for file in _unlisted(space):
        if holds_person(file, subject):
            transaction.on_commit(lambda file=file: file.unlink(missing_ok=True))  # type: ignore[misc]
    return n


def _unlisted(space: Space) -> Iterator[Path]:
    """Yield the files of responses that the manifest lists no more: what a fall left behind."""
    folder = lake_folder(space)
    listed = set(LakeFile.objects.of_responses(space).values_list("path", flat=True))
    for file in sorted(folder.rglob("*.parquet")):
        inside = file.relative_to(settings.WORKSPACE.lake).as_posix()
        if inside not in listed and file.relative_to(folder).parts[0] != "statements":
            yield file


def count_sittings(subject: Subject) -> int:
    """Return how many tests the person sat or was to sit."""
    return AdaptiveSitting.objects.filter(person=subject.person).count()


def forget_sittings(subject: Subject, task: Task) -> int:
    """Let the person's tests go, with every answer and event of them."""
    n = count_sittings(subject)
    AdaptiveSitting.objects.filter(person=subject.person).delete()
    return n


def _rounds(subject: Subject) -> Iterator[tuple[RatingRoundRecord, RatingPlan]]:
    """Yield the rounds whose plan names the person, as the author of a work or in a conflict."""
    for record in RatingRoundRecord.objects.filter(space=subject.space).order_by("pk"):
        plan = plan_of(record)
        if any(subject.number in work.learners for work in plan.works) or any(
            conflict.learner == subject.number for conflict in plan.conflicts
        ):
            yield record, plan


def count_rounds(subject: Subject) -> int:
    """Return how many rating rounds name the person."""
    return sum(1 for _ in _rounds(subject))


def forget_rounds(subject: Subject, task: Task) -> int:
    """Take the person's own works out of rounds, with the marks on them; from shared works only the person goes."""
    n = 0
    for record, plan in _rounds(subject):
        alone = {work.code for work in plan.works if set(work.learners) == {subject.number}}
        with transaction.atomic():
            RatingSeatRecord.objects.filter(round=record, work__in=alone).delete()
            record.plan = _plan_without(plan, subject, alone).to_json()
            record.save(update_fields=["plan"])
        n += 1
    return n


def _plan_without(plan: RatingPlan, subject: Subject, alone: set[str]) -> RatingPlan:
    works = tuple(
        replace(
            work,
            learners=tuple(one for one in work.learners if one != subject.number),
            names=tuple(name for name in work.names if name not in subject.names),
        )
        for work in plan.works
        if work.code not in alone
    )
    return replace(
        plan,
        works=works,
        seats=tuple(seat for seat in plan.seats if seat.work not in alone),
        common=tuple(code for code in plan.common if code not in alone),
        conflicts=tuple(one for one in plan.conflicts if one.learner != subject.number),
    )


def count_profiles(subject: Subject) -> int:
    """Return how many numbers of the person calibrations gave."""
    return ProfileRow.objects.filter(person=subject.person).count()


@transaction.atomic
def forget_profiles(subject: Subject, task: Task) -> int:
    """Let the person's numbers go, and mark the runs that were computed of them too, to be run again."""
    rows = ProfileRow.objects.filter(person=subject.person)
    runs = list(rows.order_by().values_list("run", flat=True).distinct())
    n = rows.count()
    rows.delete()
    CalibrationRun.objects.filter(pk__in=runs).update(erased_people=F("erased_people") + 1)
    return n
