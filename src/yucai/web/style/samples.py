"""What the style page shows: invented figures, put through the real forms, partial templates and charts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.texts import signed
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.drawing import (
    DayBar,
    GrowthPoint,
    IntervalRow,
    QualityRow,
    ScoreBand,
    ScoreLabels,
    day_bars,
    growth_lines,
    interval_dots,
    quality_dots,
    score_bars,
)
from yucai.web.jobs.models import Job
from yucai.web.measurement.portraits import dot_labels

__all__ = ["SampleForm", "samples"]

WIDE, NARROW = 720, 340
BANDS: Final = (("0-59", None), ("60-69", 7), ("70-79", 18), ("80-89", 21), ("90-100", 9))
PLACES: Final = ((-1.2, 0.3, None), (0.4, 0.25, None), (None, None, None), (1.1, 0.4, True))


class SampleForm(FaultForm):
    """One field of each kind."""

    name = forms.CharField(
        label=gettext_lazy("Short text"), help_text=gettext_lazy("A sentence of help stands between label and field.")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("One of a few"),
        choices=[("a", gettext_lazy("first")), ("b", gettext_lazy("second"))],
        widget=forms.RadioSelect,
    )
    one = forms.ChoiceField(
        label=gettext_lazy("One of many"), choices=[("", "–"), *((str(n), str(n)) for n in range(1, 13))]
    )
    said = forms.CharField(label=gettext_lazy("Long text"), widget=forms.Textarea(attrs={"rows": 3}))


def samples(*, at: datetime) -> dict[str, Any]:
    """Return everything that the style page puts into its parts."""
    return {
        "clean": SampleForm(prefix="clean"),
        "faulty": SampleForm({}, prefix="faulty"),
        "running": _job(at, state=Job.State.RUNNING, progress=0.4, cancel_asked=True),
        "done": _job(at, state=Job.State.DONE, progress=1.0),
        "bands": BANDS,
        "cards": _cards(),
        "charts": [
            {"title": title, "wide": draw(WIDE), "narrow": draw(NARROW), "rows": rows}
            for title, draw, rows in _charts()
        ],
        "bars": _bars(at),
        "states": [("verified", _("verified")), ("waiting", _("waiting")), ("returned", _("returned"))],
        "reasons": [_("A number over fewer than five people is hidden, and so is one from which it could be found.")],
    }


def _cards() -> list[dict[str, Any]]:
    """Three jobs as a home shows them: one whole, one of which a part is missing, one without anything to press."""
    way = {"words": _("Open it"), "to": "#cards"}
    return [
        {"title": _("A job that is whole"), "figure": "3", "says": _("people wait for it."), "missing": "", "way": way},
        {"title": _("A job of which a part is missing"), "figure": "", "says": _("The sentence that matters today."),
         "missing": _("What is not there yet is said here."), "way": way},
        {"title": _("A job that is not there yet"), "figure": "", "says": _("What it will be."),
         "missing": _("Nothing to press: no button leads nowhere."), "way": None},
    ]  # fmt: skip


def _job(at: datetime, **state: Any) -> Job:
    """Return a job that is nowhere on record."""
    return Job(kind="measure", asked_at=at, lease_until=at + timedelta(minutes=1), **state)


def _charts() -> list[tuple[str, Any, list[tuple[str, str]]]]:
    words = dot_labels(_("Intervals"), _("Invented figures."))
    marks = ScoreLabels(
        title=_("Distribution"), description=_("Invented figures."), learners=_("learners"), marks=_("marks"),
        hidden=_("hidden"), empty=_("Nothing is here yet."),
    )  # fmt: skip
    rows = [_row(number, *place) for number, place in enumerate(PLACES, start=1)]
    dots = [
        QualityRow(name=row.name, layer=_("Layer"), mean=row.mean, lower=row.lower, upper=row.upper, enough=row.enough)
        for row in rows
    ]
    points = [
        GrowthPoint(occasion=f"2026-{row.name}", mean=row.mean, lower=row.lower, upper=row.upper, enough=row.enough)
        for row in rows
    ]
    bands = [ScoreBand(name=name, learners=n) for name, n in BANDS]
    places = [(row.name, _place(row)) for row in rows]
    counts = [(name, _("hidden") if n is None else str(n)) for name, n in BANDS]
    return [
        (_("Qualities of one person"), lambda width: quality_dots(dots, width=width, labels=words), places),
        (_("Raters or assessments side by side"), lambda width: interval_dots(rows, width=width, labels=words), places),
        (_("One quality over time"), lambda width: growth_lines(points, width=width, labels=words), places),
        (_("Distribution, with a number that is withheld"), lambda width: score_bars(bands, width=width, labels=marks),
         counts),
    ]  # fmt: skip


def _place(row: IntervalRow) -> str:
    """Return where a row lies, in the words of its table."""
    if row.mean is None or row.lower is None or row.upper is None:
        return _("not enough evidence yet")
    return f"{signed(row.mean)} [{signed(row.lower)}, {signed(row.upper)}]"


def _row(number: int, mean: float | None, spread: float | None, marked: bool | None) -> IntervalRow:
    name = str(number)
    if mean is None or spread is None:
        return IntervalRow(name=name, enough=False)
    return IntervalRow(name=name, mean=mean, lower=mean - spread, upper=mean + spread, marked=bool(marked))


def _bars(at: datetime) -> str:
    days = [DayBar(value=n % 5, title=f"{at - timedelta(days=14 - n):%Y-%m-%d}: {n % 5}") for n in range(14)]
    return day_bars(days, name="style", title=_("The last 14 days"))
