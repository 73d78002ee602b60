"""The picture of lecturers with their intervals, and the tables behind it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yucai.evidence import CellKind
from yucai.governance import NEVER_ALONE
from yucai.web.drawing import DotLabels, IntervalRow, interval_dots
from yucai.web.governance.teaching_showing import CourseView, LecturerView, SurveyView
from yucai.web.listing import Cell, Column, Table, Value

__all__ = ["chart_of", "courses_table", "lecturers_table"]


def chart_of(view: SurveyView, *, width: int) -> str:
    """Return the lecturers of a survey by group and name: how far each lies from the average, with the interval."""
    language = translation.get_language() or "en"
    rows = [
        IntervalRow(
            name=one.name,
            mean=_off(one.mean, view) if one.told else None,
            lower=_off(one.low, view) if one.told else None,
            upper=_off(one.high, view) if one.told else None,
            enough=one.told,
            note=ngettext("%(n)d rater", "%(n)d raters", one.raters) % {"n": one.raters},
            group=one.place.says.in_language(language).capitalize() if one.place else _("Too few raters to show"),
            target=_off(one.raw, view) if one.told else None,  # never alone
        )
        for one in view.lecturers
    ]
    labels = DotLabels(
        title=_("Lecturers and the average of all"),
        description=_("How many points of the scale each lecturer lies from the average, with 90 % intervals; groups, "
                      "and names inside them, in no order of merit."),
        low=_("points below the average"),
        middle=_("average of all"),
        high=_("points above the average"),
        estimate=_("drawn towards the average"),
        interval=_("90 % interval"),
        not_enough=_("not enough ratings yet"),
        target=_("raw mean"),
        empty=_("No lecturer is in this survey."),
    )  # fmt: skip
    return interval_dots(rows, width=width, labels=labels)


def _off(value: float | None, view: SurveyView) -> float | None:
    return None if value is None else value - view.average


def _number(name: str) -> Column:
    titles = {
        "mean": gettext_lazy("Mean drawn towards the average"),
        "low": gettext_lazy("Interval from"),
        "high": gettext_lazy("Interval to"),
        "raw": gettext_lazy("Raw mean"),
        "reliability": gettext_lazy("Reliability"),
    }
    return Column(
        key=name, title=titles[name], kind=CellKind.DECIMAL, places=2, read=lambda row: _figure(row, getattr(row, name))
    )


def _figure(row: LecturerView, value: float | None) -> Value | Cell:
    return Cell(words=_("too few raters")) if row.hidden else value


def _place(row: LecturerView) -> Value | Cell:
    return Cell(words=_("too few raters")) if row.place is None else row.place.says


def lecturers_table(view: SurveyView) -> Table:
    """Return the lecturers by group and name. The raw mean stands behind the one drawn towards the average."""
    language = translation.get_language() or "en"
    columns = (
        Column(key="lecturer", title=gettext_lazy("Lecturer"), read=lambda row: row.name),
        Column(key="place", title=gettext_lazy("Group"), read=_place),
        Column(key="raters", title=gettext_lazy("Raters"), kind=CellKind.WHOLE, read=lambda row: row.raters),
        *map(_number, ("mean", "low", "high", "reliability")),
        Column(key="top", title=gettext_lazy("Chance to be in the highest fifth, %"), kind=CellKind.WHOLE,
               read=lambda row: _figure(row, None if row.top is None else round(100 * row.top))),
        Column(key="bottom", title=gettext_lazy("Chance to be in the lowest fifth, %"), kind=CellKind.WHOLE,
               read=lambda row: _figure(row, None if row.bottom is None else round(100 * row.bottom))),
        _number("raw"),
    )  # fmt: skip
    return Table(
        key="lecturers", title=_("Lecturers"), columns=columns, rows=view.lecturers, grey=lambda row: not row.told,
        notes=(NEVER_ALONE.in_language(language), _("By group and name, in no order of merit.")),
    )  # fmt: skip


def courses_table(view: SurveyView) -> Table:
    """Return the courses with their response and the bounds of their means."""
    columns = (
        Column(key="course", title=gettext_lazy("Course"), read=lambda row: Cell(value=row.name, small=row.lecturer)),
        Column(key="answered", title=gettext_lazy("Answered"), kind=CellKind.WHOLE, read=lambda row: row.answered),
        Column(key="invited", title=gettext_lazy("Asked"), kind=CellKind.WHOLE,
               read=lambda row: Cell(words=_("not in the file")) if row.invited is None else row.invited),
        Column(key="rate", title=gettext_lazy("Response, %"), kind=CellKind.WHOLE, read=_rate),
        _bound("mean", gettext_lazy("Mean of those who answered")),
        _bound("low", gettext_lazy("Mean of all: at least")),
        _bound("high", gettext_lazy("Mean of all: at most")),
        Column(key="turn", title=gettext_lazy("Others would have to say, to come to the average"),
               kind=CellKind.DECIMAL, places=2, read=_turn),
    )  # fmt: skip
    return Table(
        key="courses", title=_("Courses and who answered"), columns=columns, rows=view.courses,
        notes=(_("The bounds hold whatever those say who did not answer."),),
    )  # fmt: skip


def _bound(name: str, title: str | Promise) -> Column:
    return Column(
        key=name, title=title, kind=CellKind.DECIMAL, places=2,
        read=lambda row: _unknown(row) if row.bounds is None else getattr(row.bounds, name),
    )  # fmt: skip


def _unknown(row: CourseView) -> Cell:
    return Cell(words=_("too few raters") if row.hidden else _("not known"))


def _rate(row: CourseView) -> Value | Cell:
    if row.rate is None:
        return Cell(words=_("not known"))
    return Cell(value=round(100 * row.rate), small=_("low") if row.low_response else "")


def _turn(row: CourseView) -> Value | Cell:
    if row.bounds is None:
        return _unknown(row)
    if row.bounds.rate == 1:
        return Cell(words=_("everybody answered"))
    turning: Sequence[float] = [] if row.bounds.others_to_turn is None else [row.bounds.others_to_turn]
    return turning[0] if turning else Cell(words=_("they cannot"))
