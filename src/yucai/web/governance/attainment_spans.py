"""Attainment with its intervals as a drawing: the objectives of a course, the indicator points of a programme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from yucai.governance import ObjectiveAttainment, RequirementAttainment, interval_words
from yucai.web.drawing import ShareLabels, ShareLine, share_lines
from yucai.web.governance.attainment_showing import said

__all__ = ["objective_lines", "point_lines", "spans"]


def objective_lines(objectives: Iterable[ObjectiveAttainment]) -> list[ShareLine]:
    """Return the objectives of a course: estimate, interval, what is expected, and what that says."""
    return [
        ShareLine(
            name=one.objective, value=one.value, expected=one.expected, note=said(one.level.says),
            interval=None if one.interval is None else (one.interval.low, one.interval.high),
        )
        for one in objectives
    ]  # fmt: skip


def point_lines(found: Iterable[RequirementAttainment]) -> list[ShareLine]:
    """Return the indicator points of a programme: the weighted mean over courses with its interval."""
    return [
        ShareLine(
            name=f"{point.indicator.code} {point.indicator.says}".strip(), value=point.values.get("weighted"),
            interval=None if point.interval is None else (point.interval.low, point.interval.high),
            note=interval_words(point.interval) if "weighted" in point.values else "",
        )
        for requirement in found
        for point in requirement.indicators
    ]  # fmt: skip


def spans(lines: Sequence[ShareLine], *, width: int) -> str:
    """Return lines as SVG in the language that is active."""
    labels = ShareLabels(
        title=_("Attainment with its 95 % interval"),
        description=_("The same figures stand in the table below."),
        estimate=_("attainment"),
        interval=_("95 % interval"),
        expected=_("expected value"),
        unknown=_("no result"),
    )
    return share_lines(lines, width=width, labels=labels)
