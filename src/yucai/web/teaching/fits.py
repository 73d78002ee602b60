"""Whether an item fits, for the page of an assessment: what weak and strong reached beside what was expected."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from yucai.errors import FaultyInputError
from yucai.evidence import RESPONSES, Responses
from yucai.measurement import CurveReport, curve_report
from yucai.web.accounts.models import Person
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import Item
from yucai.web.measurement.calibrations import calibration_of
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.periods import period

__all__ = ["FitView", "fit_of"]

WIDE, NARROW = 720, 360
NOTHING_TO_SEE = frozenset({"no-answers", "unknown-item"})  # nobody is placed yet, or it was left out
MOST = 20_000  # answers that are looked at: more would not change what is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class FitView:
    """The fit of one item in words and as pictures; ``fits`` is None where too few answered to say so."""

    fits: bool | None
    says: tuple[str, ...]
    infit: str
    outfit: str
    answers: int
    chart_wide: str
    chart_narrow: str


def fit_of(item: Item, quality: str, *, people: QuerySet[Person]) -> FitView | None:
    """Return how an item fits these people; None where that cannot be seen: rated, not measured, nobody placed."""
    if not quality or item.kind == "rubric":  # a rating hangs on the rater too, who has a chart of their own
        return None
    report = _report(item, quality, people)
    if report is None:
        return None
    language, shown = get_language() or "en", report.fits is not None
    return FitView(
        fits=report.fits,
        says=tuple(text.in_language(language) for text in report.says),
        infit=f"{report.infit:.2f}",
        outfit=f"{report.outfit:.2f}",
        answers=report.n_answers,
        chart_wide=report.svg(language=language, width=WIDE) if shown else "",
        chart_narrow=report.svg(language=language, width=NARROW) if shown else "",
    )


def _report(item: Item, quality: str, people: QuerySet[Person]) -> CurveReport | None:
    calibration = calibration_of(item.space)
    if calibration is None:
        return None
    responses, places = _responses(item, people), _places(item, quality, people)
    try:
        return curve_report(calibration, responses, places, item=item.code)
    except FaultyInputError as told:
        if {fault.code for fault in told.faults} <= NOTHING_TO_SEE:
            return None
        raise


def _responses(item: Item, people: QuerySet[Person]) -> Responses:
    """Return the answers on an item, each in the period that a profile covers."""
    names = ("learner", "occasion", "score", "max_score")
    rows = usable_records(item.space, at=timezone.now()).filter(item=item, rater="", person__in=people).order_by("pk")
    listed = rows.values_list("person__code", "occasion", "score", "max_score")[:MOST]
    schema = {name: RESPONSES.schema[name] for name in names}
    table = pl.DataFrame(list(listed), schema=schema, orient="row")
    return Responses.from_table(
        table.with_columns(item=pl.lit(item.code), occasion=period(item.space).replace("", None))
    )


def _places(item: Item, quality: str, people: QuerySet[Person]) -> pl.DataFrame:
    rows = ProfileRow.objects.filter(run__space=item.space, run__current=True, quality=quality)
    rows = rows.filter(person__evidence__item=item, person__in=people).distinct()
    listed = rows.values_list("person__code", "occasion", "mean", "std_error")
    schema = {"learner": pl.String, "occasion": pl.String, "mean": pl.Float64, "std_error": pl.Float64}
    table = pl.DataFrame(list(listed), schema=schema, orient="row")
    return table.with_columns(pl.col("occasion").replace("", None)).sort("learner", "occasion")
