"""An assessment at a glance: how it went, how hard it was, whether it can be trusted, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yucai.measurement import ItemParameters, QualityScale, RaterSeverity
from yucai.texts import signed
from yucai.web.accounts.models import Person
from yucai.web.drawing import IntervalRow, ScoreBand, ScoreLabels, interval_dots, score_bars
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import Item
from yucai.web.listing import Cell, CellKind, Column, On, Table, plain_table
from yucai.web.measurement.calibrations import calibration_of
from yucai.web.measurement.portrait_charts import dot_labels
from yucai.web.teaching.fits import FitView, fit_of
from yucai.web.teaching.items import LevelView, ScaleView, levels_of, scale_views

__all__ = ["AssessmentView", "assessment_of", "levels_table", "severity_said"]

Array = npt.NDArray[np.float64]

SHARES = (0.0, 0.4, 0.55, 0.7, 0.85, 1.0)
MOST_LEVELS = 10  # up to this highest score, whole scores are levels and are shown one by one
WIDE, NARROW = 720, 360


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentView:
    """What a teacher needs of one assessment, in the language that was active."""

    item: Item
    results: int
    mean_share: float | None
    quality: str
    discrimination: str
    difficulty: str
    misleading: bool
    says: tuple[str, ...]
    bars_wide: str
    bars_narrow: str
    bars_table: Table
    raters_table: Table
    raters_wide: str
    raters_narrow: str
    far_off: tuple[str, ...]
    fit: FitView | None
    levels: tuple[LevelView, ...]
    scale: ScaleView | None


def assessment_of(item: Item, *, people: QuerySet[Person]) -> AssessmentView:
    """Return the page's contents for an item, from the records of these people and the current calibration."""
    records = usable_records(item.space, at=timezone.now()).filter(item=item, person__in=people)
    marks = np.array(list(records.values_list("score", "max_score"))).reshape(-1, 2)
    shares = marks[:, 0] / marks[:, 1]
    scale, parameters = _found(item)
    misleading = parameters is not None and parameters.misleading
    raters = scale.raters if scale is not None and item.kind == "rubric" else ()
    far_off = tuple(rater.rater for rater in raters if rater.far_off)
    return AssessmentView(
        item=item,
        results=len(shares),
        mean_share=float(shares.mean()) if len(shares) else None,
        quality=scale.quality if scale is not None else "",
        discrimination=_discrimination(parameters) if parameters else "",
        difficulty=signed(parameters.difficulty) if parameters and not misleading else "",
        misleading=misleading,
        says=tuple(_says(shares, parameters, far_off)),
        bars_wide=_bars(marks, WIDE),
        bars_narrow=_bars(marks, NARROW),
        bars_table=_bars_table(marks),
        raters_table=_raters_table(raters),
        raters_wide=_raters(raters, WIDE),
        raters_narrow=_raters(raters, NARROW),
        far_off=far_off,
        fit=fit_of(item, scale.quality, people=people) if scale is not None else None,
        levels=levels_of(item, scale.quality, people=people) if scale is not None and _has_levels(marks) else (),
        scale=next(iter(scale_views(item.space, [item.code], people=people)), None),
    )


def _discrimination(parameters: ItemParameters) -> str:
    low, high = parameters.slope90
    return f"{signed(parameters.slope)} [{signed(low)}, {signed(high)}]"


def _found(item: Item) -> tuple[QualityScale | None, ItemParameters | None]:
    calibration = calibration_of(item.space)
    for scale in calibration.scales if calibration is not None else ():
        for parameters in scale.items:
            if parameters.item == item.code:
                return scale, parameters
    return None, None


def _says(shares: Array, parameters: ItemParameters | None, far_off: tuple[str, ...]) -> Iterator[str]:
    """The findings as sentences, most urgent first, each with a next step."""
    if not len(shares):
        yield _("No results are recorded for this assessment, so nothing is said of it.")
        return
    if parameters is not None and parameters.misleading:
        yield _(
            "Misleading: learners who stand higher on everything else did not do better here, or did worse. "
            "Look at the key and the wording before the next use; leave it out of decisions until then."
        )
    if parameters is None:
        yield _("Not measured: no rule covers this item, or everybody reached the same category.")
    if shares.mean() > 0.9:
        yield _("Nearly everybody reached the top: it no longer tells learners apart. Consider a harder task.")
    if shares.mean() < 0.4:
        yield _("Hard for most: go over its main ideas again before building on them.")
    if far_off:
        yield _("Raters far from the others: %(names)s. Their ratings were adjusted; talk the anchors over.") % {
            "names": _list_mark().join(far_off)
        }


def _list_mark() -> str:
    return "、" if (get_language() or "").startswith("zh") else ", "


def _has_levels(marks: Array) -> bool:
    """Whether scores are levels: few, and whole."""
    return bool(len(marks) and marks[:, 1].max() <= MOST_LEVELS and (marks[:, 0] == marks[:, 0].round()).all())


def _bars_table(marks: Array) -> Table:
    """What the bars show."""
    first = _("level") if _has_levels(marks) else _("share of the highest mark")
    heads = ((first, CellKind.TEXT, 0), (_("results"), CellKind.WHOLE, 0))
    rows = [(band.name, band.learners) for band in _bands(marks)]
    return plain_table("scores", _("Distribution of the scores"), heads, rows)


def _raters_table(raters: tuple[RaterSeverity, ...]) -> Table:
    """What the dots of the raters show: the interval in one cell of the page, its ends in two of the file."""
    decimal = CellKind.DECIMAL
    columns = (
        Column(key="rater", title=_("Rater"), read=lambda row: row.rater),
        Column(key="shown", title=_("Severity [90 % interval]"), kind=decimal, on=On.PAGE,
               read=lambda row: Cell(shown=severity_said(row))),
        Column(key="severity", title=_("Severity"), kind=decimal, places=2, on=On.FILE,
               read=lambda row: row.severity),
        Column(key="from", title=_("90 % interval from"), kind=decimal, places=2, on=On.FILE,
               read=lambda row: row.severity90[0]),
        Column(key="to", title=_("90 % interval to"), kind=decimal, places=2, on=On.FILE,
               read=lambda row: row.severity90[1]),
    )  # fmt: skip
    return Table(key="raters", title=_("Raters"), columns=columns, rows=raters)


def levels_table(levels: tuple[LevelView, ...]) -> Table:
    """Return who reached which level, and where they stand."""
    heads = (
        (_("Level"), CellKind.TEXT, 0),
        (_("Results"), CellKind.WHOLE, 0),
        (_("Share, %"), CellKind.PERCENT, 0),
        (_("Where these learners stand on average"), CellKind.DECIMAL, 2),
    )
    rows = [(level.name, level.results, level.share / 100, _mean_place(level)) for level in levels]
    table = plain_table("levels", _("Who reached which level"), heads, rows)
    return replace(table, grey=lambda row: isinstance(row[3], Cell) and bool(row[3].words))


def _mean_place(level: LevelView) -> Cell:
    if level.place is None:
        return Cell(words=_("hidden: too few"))
    return Cell(value=level.place, shown=signed(level.place))


def severity_said(rater: RaterSeverity) -> str:
    """Return how severe a rater is, with the interval, as it is printed."""
    low, high = rater.severity90
    return f"{signed(rater.severity)} [{signed(low)}, {signed(high)}]"


def _bands(marks: Array) -> list[ScoreBand]:
    """Level by level where scores are levels, else in bands of the highest mark."""
    if not len(marks):
        return []
    if _has_levels(marks):
        counts = np.bincount(marks[:, 0].astype(int), minlength=int(marks[:, 1].max()) + 1)
        names = [str(level) for level in range(len(counts))]
    else:
        counts, _edges = np.histogram(marks[:, 0] / marks[:, 1], bins=np.array([*SHARES[:-1], 1.0001]))
        names = [f"{round(100 * a)}–{round(100 * b)} %" for a, b in pairwise(SHARES)]
    return [ScoreBand(name=name, learners=int(n)) for name, n in zip(names, counts, strict=True)]


def _bars(marks: Array, width: int) -> str:
    """The distribution, drawn."""
    labels = ScoreLabels(
        title=_("Distribution of the scores"),
        description=_("Number of results at each level or in each band."),
        learners=_("results"),
        marks=_("level") if _has_levels(marks) else _("share of the highest mark"),
        hidden=_("withheld: too few"),
        empty=_("No results yet."),
    )
    return score_bars(_bands(marks), width=width, labels=labels)


def _raters(raters: tuple[RaterSeverity, ...], width: int) -> str:
    if not raters:
        return ""
    rows = [
        IntervalRow(
            name=rater.rater,
            mean=rater.severity,
            lower=rater.severity90[0],
            upper=rater.severity90[1],
            marked=rater.far_off,
        )
        for rater in raters
    ]
    base = dot_labels(_("Severity of the raters with 90 % intervals"), "")
    words = {
        "low": _("more lenient"),
        "middle": _("average rater"),
        "high": _("more severe"),
        "marked": _("far from the others"),
    }
    return interval_dots(rows, width=width, labels=replace(base, **words))
