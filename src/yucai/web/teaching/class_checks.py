"""What of a class's tasks misled, worst first, and how far the raters of its works agree: in words, with a way on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind
from yucai.measurement import (
    ItemParameters,
    Level,
    NothingToCompareError,
    QualityScale,
    RaterSeverity,
    curve_report,
    krippendorff_alpha,
)
from yucai.texts import Text, signed
from yucai.web.teaching.class_evidence import ClassEvidence, Task
from yucai.web.teaching.questions import misleading_options

__all__ = ["ItemFinding", "RatedTask", "RatersView", "item_findings", "raters_view"]

MOST_ITEMS: Final = 5
FEWEST_ANSWERS: Final = 50  # below that ``curve_report`` says nothing
FEWEST_WORKS: Final = 10
N_RESAMPLES: Final = 200
WIDEST: Final = 0.5  # an interval of alpha as wide as this leaves good and poor agreement both possible
SEED: Final = 20260901


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFinding:
    """One task or question that misled, and why; ``badness`` puts the worst first."""

    item: Task
    name: str
    mark: str
    why: str
    badness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedTask:
    """One rated task in one sentence; ``far`` are the raters far from the others."""

    item: Task
    name: str
    says: str
    far: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatersView:
    """The rated tasks of a class, those with somebody far from the others first; ``summary`` names who that is."""

    summary: str
    tasks: tuple[RatedTask, ...]


def item_findings(evidence: ClassEvidence) -> tuple[ItemFinding, ...]:
    """Return the tasks and questions of a class that misled, in whatever period, at most five and the worst first."""
    found: dict[str, ItemFinding] = {}
    for finding in (*_by_slope(evidence), *_by_options(evidence), *_by_fit(evidence)):
        found.setdefault(finding.item.code, finding)
    return tuple(sorted(found.values(), key=lambda one: (-one.badness, one.item.code))[:MOST_ITEMS])


def _known(evidence: ClassEvidence) -> Iterator[tuple[QualityScale, ItemParameters, Task]]:
    for scale in evidence.calibration.scales if evidence.calibration is not None else ():
        for parameters in scale.items:
            item = evidence.items.get(parameters.item)
            if item is not None:
                yield scale, parameters, item


def _by_slope(evidence: ClassEvidence) -> Iterator[ItemFinding]:
    said = _(
        "Who stands higher on everything else did not do better here, or did worse (discrimination %(slope)s [%(low)s, "
        "%(high)s]). Look at key and wording; leave it out of decisions until then."
    )
    for _scale, parameters, item in _known(evidence):
        if parameters.misleading:
            low, high = parameters.slope90
            facts = {"slope": signed(parameters.slope), "low": signed(low), "high": signed(high)}
            yield ItemFinding(
                item=item, name=_said(item.name), mark=_("misleading"), why=said % facts, badness=3.0 - high
            )  # fmt: skip


def _by_options(evidence: ClassEvidence) -> Iterator[ItemFinding]:
    for code, report in misleading_options(evidence.group, evidence.questions, _places(evidence)).items():
        item = evidence.items[code]
        why = " ".join(_said(text) for text in report.says)
        yield ItemFinding(item=item, name=_said(item.name), mark=_("look at its options"), why=why, badness=2.0)


def _places(evidence: ClassEvidence) -> dict[tuple[str, str, str], float]:
    rows = evidence.places.select("quality", "learner", "occasion", "mean").iter_rows()
    return {(quality, learner, when or ""): mean for quality, learner, when, mean in rows}


def _by_fit(evidence: ClassEvidence) -> Iterator[ItemFinding]:
    for scale, parameters, item in _known(evidence):
        answers = evidence.records.filter(pl.col("item") == parameters.item, pl.col("rater").is_null())
        if answers.height < FEWEST_ANSWERS or parameters.misleading or evidence.calibration is None:
            continue
        places = evidence.places.filter(pl.col("quality") == scale.quality)
        columns = ("learner", "occasion", "mean", "std_error")
        try:
            report = curve_report(
                evidence.calibration, Responses(answers), places.select(columns), item=parameters.item
            )
        except FaultyInputError:  # nobody who answered is placed: there is nothing to see
            continue
        if report.fits is False and (report.infit > 1.0 or any(group.away for group in report.groups)):
            why = " ".join(_said(text) for text in report.says)
            yield ItemFinding(item=item, name=_said(item.name), mark=_("does not fit"), why=why,
                              badness=1.0 + min(0.9, abs(report.infit - 1.0)))  # fmt: skip


def raters_view(evidence: ClassEvidence) -> RatersView:
    """Return how far the raters of each rated task of the latest period agree, and who is far from the others."""
    rated = evidence.of_period(evidence.latest).filter(pl.col("rater").is_not_null())
    severities = {scale.quality: {one.rater: one for one in scale.raters if one.far_off} for scale, _p, _i in
                  _known(evidence)}  # fmt: skip
    tasks = []
    for (code,), ratings in rated.group_by("item", maintain_order=True):
        rule = evidence.rules[str(code)]
        if rule.kind is EvidenceKind.RATING:
            far = severities.get(rule.quality, {})
            there = set(ratings["rater"].to_list())
            tasks.append(
                _task(evidence.items[str(code)], ratings, [far[name] for name in sorted(far) if name in there])
            )
    tasks.sort(key=lambda one: (not one.far, one.item.code))
    return RatersView(summary=_summary(tasks), tasks=tuple(tasks))


def _task(item: Task, ratings: pl.DataFrame, far: list[RaterSeverity]) -> RatedTask:
    says = _agreement(ratings)
    if far:
        said = _("%(names)s: far from the others; the ratings were adjusted, talk the anchors over.")
        says = f"{said % {'names': _(', ').join(_far(one) for one in far)}} {says}"
    return RatedTask(item=item, name=_said(item.name), says=says, far=tuple(one.rater for one in far))


def _far(rater: RaterSeverity) -> str:
    how = _("more severe") if rater.severity > 0 else _("more lenient")
    return _("%(name)s (%(how)s)") % {"name": rater.rater, "how": how}


def _agreement(ratings: pl.DataFrame) -> str:
    """Return in a sentence how far the raters of one task agree on the works of the class."""
    shares = ratings.group_by("learner", maintain_order=True).agg(pl.col("score") / pl.col("max_score"))
    units = [unit for unit in shares["score"].to_list() if len(unit) > 1]
    if len(units) < FEWEST_WORKS:
        return ngettext(
            "How far they agree cannot be told yet: %(n)d work of the class was rated by two or more.",
            "How far they agree cannot be told yet: %(n)d works of the class were rated by two or more.",
            len(units),
        ) % {"n": len(units)}
    rng = np.random.default_rng(SEED)
    try:
        found = krippendorff_alpha(units, level=Level.ORDINAL, rng=rng, n_resamples=N_RESAMPLES)
    except NothingToCompareError:
        return ""
    low, high = found.interval90
    if not np.isfinite(found.value):
        return _("Everybody gave the same level, so agreement cannot be told.")
    facts = {"value": f"{found.value:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}", "n": len(units)}
    said = _(
        "On %(n)d works rated twice or more they agree at %(value)s [%(low)s, %(high)s] (1: wholly, 0: as by chance)."
    )
    if high - low > WIDEST:
        said = _("How far they agree cannot be told yet: on %(n)d works anything from %(low)s to %(high)s is possible.")
    return (said % facts).replace("-", "−")


def _summary(tasks: list[RatedTask]) -> str:
    counted: dict[str, int] = {}
    for task in tasks:
        for name in task.far:
            counted[name] = counted.get(name, 0) + 1
    if not tasks:
        return _("No work of the class was rated in this period.")
    if not counted:
        return _("No rater is far from the others.")
    names = _(", ").join(
        _("%(name)s (%(n)d of %(all)d tasks)") % {"name": name, "n": n, "all": len(tasks)}
        for name, n in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    )
    return _("Far from the other raters: %(names)s. No student is worse off for it: severity is taken out of the "
             "portraits.") % {"names": names}  # fmt: skip


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
