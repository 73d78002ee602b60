"""The attainment of the courses of one class, in a few lines, for the class map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from yucai.governance import ObjectiveAttainment
from yucai.web.accounts.models import Group
from yucai.web.governance.attainment_counting import scores_of_runs, work_out
from yucai.web.governance.attainment_digests import kept_result
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentVersion
from yucai.web.governance.attainment_showing import said

__all__ = ["ClassCourse", "ClassLine", "class_attainment"]

MOST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """One objective: what is said of it, and its figures."""

    objective: str
    says: str
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCourse:
    """One course of a class, with its objectives; ``locked`` tells that somebody checked it.

    ``withheld`` tells that its result is not what was handed in, so nothing is said of it.
    """

    run: AttainmentRun
    name: str
    locked: bool
    lines: tuple[ClassLine, ...]
    withheld: bool = False


def class_attainment(group: Group) -> list[ClassCourse]:
    """Return the latest courses of a class that have a map, with what is on record of their objectives.

    For a page whose reader sees the class. Two queries.
    """
    newest = AttainmentVersion.objects.filter(run=OuterRef("pk")).exclude(state="returned").order_by("-number")
    runs = AttainmentRun.objects.filter(group=group).select_related("map").order_by("-term", "course")
    noted = runs.annotate(
        told=Subquery(newest.values("content")[:1]), state=Subquery(newest.values("state")[:1]),
        said=Subquery(newest.values("analysis")[:1]), mark=Subquery(newest.values("digest")[:1]),
    )  # fmt: skip
    shown, found = list(noted[:MOST]), []
    scores = scores_of_runs([run for run in shown if not run.told])
    for run in shown:
        result = (
            kept_result(content=run.told, analysis=run.said, digest=run.mark) if run.told
            else work_out(run, scores[run.pk]).result
        )  # fmt: skip
        lines = tuple(_line(one) for one in result.objectives) if result is not None else ()
        found.append(ClassCourse(run=run, name=run.map.name or run.course, locked=run.state == "locked", lines=lines,
                                 withheld=bool(run.told) and result is None))  # fmt: skip
    return found


def _line(one: ObjectiveAttainment) -> ClassLine:
    if one.value is None or one.interval is None:
        return ClassLine(objective=one.objective, says=said(one.level.says), figures="")
    facts = {"value": f"{one.value:.2f}", "low": f"{one.interval.low:.2f}", "high": f"{one.interval.high:.2f}",
             "expected": f"{one.expected:g}", "n": one.n}  # fmt: skip
    figures = _("%(value)s [%(low)s, %(high)s], expected %(expected)s, %(n)d students") % facts
    return ClassLine(objective=one.objective, says=said(one.level.says), figures=figures)
