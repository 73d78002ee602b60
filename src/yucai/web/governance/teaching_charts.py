"""The picture of lecturers with their intervals, and the tables behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yucai.evidence import CellKind
from yucai.governance import NEVER_ALONE
from yucai.web.drawing import DotLabels, IntervalRow, interval_dots
from yucai.web.governance.teaching_showing import CourseView, LecturerView, SurveyView
from yucai.web.listing import Cell, Column, On, Table, Value

__all__ = ["chart_of", "courses_table", "how_to_turn", "lecturers_table"]


ENDS: Final = ("low", "high")


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
        "mean": gettext_lazy("Mean, drawn in"),
        "low": gettext_lazy("Interval from"),
        "high": gettext_lazy("Interval to"),
        "raw": gettext_lazy("Raw mean"),
        "reliability": gettext_lazy("Reliability"),
    }
    return Column(
        key=name, title=titles[name], kind=CellKind.DECIMAL, places=2, on=On.FILE if name in ENDS else On.BOTH,
        read=lambda row: _figure(row, getattr(row, name)),
    )  # fmt: skip


def _interval(row: LecturerView) -> Cell:
    if row.hidden:
        return Cell(words=_("too few raters"))
    return Cell(shown=f"{row.low:.2f}–{row.high:.2f}")


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
        _number("mean"),
        Column(key="interval", title=gettext_lazy("90 % interval"), kind=CellKind.DECIMAL, on=On.PAGE, read=_interval),
        *map(_number, ("low", "high", "reliability")),
        Column(key="top", title=gettext_lazy("Highest fifth, %"), kind=CellKind.WHOLE,
               read=lambda row: _figure(row, None if row.top is None else round(100 * row.top))),
        Column(key="bottom", title=gettext_lazy("Lowest fifth, %"), kind=CellKind.WHOLE,
               read=lambda row: _figure(row, None if row.bottom is None else round(100 * row.bottom))),
        _number("raw"),
    )  # fmt: skip
    return Table(
        key="lecturers", title=_("Lecturers"), columns=columns, rows=view.lecturers, grey=lambda row: not row.told,
        notes=(NEVER_ALONE.in_language(language), _("By group and name, in no order of merit."),
               _("Highest and lowest fifth: the chance, in 100, to belong to it.")),
    )  # fmt: skip


def courses_table(view: SurveyView) -> Table:
    """Return the courses with their response and the bounds of their means."""
    columns = (
        Column(key="course", title=gettext_lazy("Course"), nowrap=True,
               read=lambda row: Cell(value=row.name, small=row.lecturer)),
        Column(key="lecturer", title=gettext_lazy("Lecturer"), on=On.FILE, read=lambda row: row.lecturer),
        Column(key="response", title=gettext_lazy("Response"), kind=CellKind.WHOLE, on=On.PAGE, read=_response),
        Column(key="answered", title=gettext_lazy("Answered"), kind=CellKind.WHOLE, on=On.FILE,
               read=lambda row: row.answered),
        Column(key="invited", title=gettext_lazy("Asked"), kind=CellKind.WHOLE, on=On.FILE,
               read=lambda row: Cell(words=_("not in the file")) if row.invited is None else row.invited),
        Column(key="mean", title=gettext_lazy("Mean"), kind=CellKind.DECIMAL, places=2, read=_bound("mean")),
        Column(key="bounds", title=gettext_lazy("Bounds for all"), kind=CellKind.DECIMAL, on=On.PAGE,
               read=_both_bounds),
        Column(key="low", title=gettext_lazy("Mean of all: at least"), kind=CellKind.DECIMAL, places=2, on=On.FILE,
               read=_bound("low")),
        Column(key="high", title=gettext_lazy("Mean of all: at most"), kind=CellKind.DECIMAL, places=2, on=On.FILE,
               read=_bound("high")),
        Column(key="turn", title=gettext_lazy("Others, to turn it"), kind=CellKind.DECIMAL, places=2, read=_turn),
    )  # fmt: skip
    return Table(
        key="courses", title=_("Courses and who answered"), columns=columns, rows=view.courses,
        notes=(_("The bounds hold whatever those say who did not answer."), how_to_turn()),
    )  # fmt: skip


def _response(row: CourseView) -> Cell:
    if row.rate is None:
        return Cell(value=row.answered, small=_("asked: not in the file"))
    facts = {"rate": round(100 * row.rate), "answered": row.answered, "asked": row.invited}
    shown = _("%(answered)d of %(asked)d · %(rate)d %%") % facts
    return Cell(shown=shown, small=_("low") if row.low_response else "")


def how_to_turn() -> str:
    """Return what the last column of the courses means."""
    return _(
        "“Others, to turn it”: what those who did not answer would have to say on average for the course to come to "
        "the average of all."
    )


def _bound(name: str) -> Callable[[CourseView], Value | Cell]:
    """Return what reads one of the numbers of a course, or the words in its place."""
    return lambda row: _unknown(row) if row.bounds is None else getattr(row.bounds, name)


def _both_bounds(row: CourseView) -> Cell:
    if row.bounds is None:
        return _unknown(row)
    return Cell(shown=f"{row.bounds.low:.2f}–{row.bounds.high:.2f}")


def _unknown(row: CourseView) -> Cell:
    return Cell(words=_("too few raters") if row.hidden else _("not known"))


def _turn(row: CourseView) -> Value | Cell:
    if row.bounds is None:
        return _unknown(row)
    if row.bounds.rate == 1:
        return Cell(words=_("everybody answered"))
    return Cell(words=_("they cannot")) if row.bounds.others_to_turn is None else row.bounds.others_to_turn
