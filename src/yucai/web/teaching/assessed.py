"""Which assessments a group has, each with how many of its people have a result and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Avg, Count, F, QuerySet

from yucai.framework import EvidenceKind, EvidenceMap, load_evidence_map
from yucai.web.accounts.access import may_see_tests
from yucai.web.accounts.models import Account, Group, Membership
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.evidence.question_models import Question

__all__ = ["group_assessments", "sources_of"]

ASSESSED = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING)
QUIZZES = ("CMA",)  # tests of the Open University that are marked by machine


def group_assessments(account: Account, found: Group, *, at: datetime) -> list[Item]:
    """Return the assessments of a group that an account opened: each with how many of its people have a result (``n``)
    and their ``mean``.
    """
    if not may_see_tests(account):  # a role that teaches; that this group is one it sees was decided when it opened
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


def sources_of(items: QuerySet[Question, int] | Sequence[int]) -> QuerySet[EvidenceRecord, int]:
    """Return the data sets (numbers) that the records of some items came with."""
    records = EvidenceRecord.objects.current().filter(item__in=items)
    return records.order_by().values_list("came_with__source", flat=True).distinct()
