"""The picture of groups with their intervals over a range of reliabilities, and the tables behind it."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yucai.evidence import CellKind
from yucai.governance import NOT_CAUSED
from yucai.web.drawing import DotLabels, IntervalRow, interval_dots
from yucai.web.governance.added_showing import AddedAtView, AddedView, GroupView, said_of
from yucai.web.listing import Cell, Column, On, Table, Value

__all__ = ["added_chart", "groups_table", "reliabilities_table"]

FILE_ONLY: Final = ("low", "high", "lowest", "highest")


def added_chart(view: AddedView, *, width: int) -> str:
    """Return the groups of a run by kind and name: how far each lies from what was expected, over the whole range."""
    rows = [
        IntervalRow(
            name=one.name,
            mean=one.middle if one.told else None,
            lower=one.low if one.told else None,
            upper=one.high if one.told else None,
            enough=one.told,
            note=_people(one),
            group=_kind(one),
            target=one.effect if one.told else None,
        )
        for one in view.groups
    ]
    labels = DotLabels(
        title=_("Groups and what earlier scores let one expect"),
        description=_("How many points of the score each group lies from what was expected, with 90 % intervals over "
                      "the whole range of reliabilities; kinds, and names inside them, in no order of merit."),
        low=_("points below what was expected"),
        middle=_("as expected"),
        high=_("points above what was expected"),
        estimate=_("middle of the range"),
        interval=_("90 % interval over the range"),
        not_enough=_("too little is known to say"),
        target=_("as if earlier scores were without error"),
        empty=_("No group of yours is in this run."),
    )  # fmt: skip
    return interval_dots(rows, width=width, labels=labels)


def _people(one: GroupView) -> str:
    if one.people is None:
        return _("hidden")
    return ngettext("%(n)d person", "%(n)d people", one.people) % {"n": one.people}


def _kind(one: GroupView) -> str:
    return _("Too few people to show") if one.place is None else said_of(one.place.says).capitalize()


def _number(name: str) -> Column:
    titles = {
        "low": gettext_lazy("Interval from"),
        "high": gettext_lazy("Interval to"),
        "lowest": gettext_lazy("Effect over the range, lowest"),
        "highest": gettext_lazy("Effect over the range, highest"),
        "effect": gettext_lazy("As if without error"),
        "raw": gettext_lazy("Mean score now, %"),
    }
    return Column(
        key=name, title=titles[name], kind=CellKind.DECIMAL, places=1, on=On.FILE if name in FILE_ONLY else On.BOTH,
        read=lambda row: _hidden() if row.hidden else getattr(row, name),
    )  # fmt: skip


def _hidden() -> Cell:
    return Cell(words=_("hidden"))


def _between(row: GroupView, low: str, high: str) -> Cell:
    if row.hidden:
        return _hidden()
    return Cell(
        shown=_("%(low)s to %(high)s") % {"low": _signed(getattr(row, low)), "high": _signed(getattr(row, high))}
    )


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-", "\u2212")


def _people_cell(row: GroupView) -> Value | Cell:
    return _hidden() if row.people is None else row.people


def groups_table(view: AddedView) -> Table:
    """Return the groups by kind and name. The mean of the scores stands last and never alone."""
    columns = (
        Column(key="group", title=gettext_lazy("Group"), read=lambda row: row.name),
        Column(key="place", title=gettext_lazy("Kind"),
               read=lambda row: _hidden() if row.place is None else row.place.says),
        Column(key="people", title=gettext_lazy("People compared"), kind=CellKind.WHOLE, read=_people_cell),
        Column(key="range", title=gettext_lazy("Effect over the range"), kind=CellKind.DECIMAL, on=On.PAGE,
               read=lambda row: _between(row, "lowest", "highest")),
        Column(key="interval", title=gettext_lazy("90 % interval"), kind=CellKind.DECIMAL, on=On.PAGE,
               read=lambda row: _between(row, "low", "high")),
        *map(_number, ("lowest", "highest", "low", "high", "effect", "raw")),
    )  # fmt: skip
    return Table(
        key="groups", title=_("Groups compared"), columns=columns, rows=view.groups, grey=lambda row: not row.told,
        notes=(said_of(NOT_CAUSED), _("By kind and name, in no order of merit."),
               _("Points are per cent of the highest score.")),
    )  # fmt: skip


def reliabilities_table(view: AddedView) -> Table:
    """Return what the model says at each reliability of the range."""
    columns = (
        Column(key="reliability", title=gettext_lazy("Reliability of earlier scores"),
               read=_reliability),
        *(_slope(view, n) for n in range(len(view.prior))),
        Column(key="sd", title=gettext_lazy("Spread of groups (SD)"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: row.sd),
        Column(key="above", title=gettext_lazy("Groups above"), kind=CellKind.WHOLE, read=lambda row: row.above),
        Column(key="below", title=gettext_lazy("Groups below"), kind=CellKind.WHOLE, read=lambda row: row.below),
    )  # fmt: skip
    return Table(
        key="reliabilities", title=_("What hangs on the reliability of the earlier scores"), columns=columns,
        rows=view.at, notes=(_("Above and below: with the whole 90 % interval, at this reliability."),),
    )  # fmt: skip


def _reliability(row: AddedAtView) -> Cell:
    return Cell(shown=_("1 (as if without error)") if row.plain else f"{row.reliability:g}")


def _slope(view: AddedView, n: int) -> Column:
    title = _("Points now for one point before")
    if len(view.prior) > 1:
        title = _("Points now for one point in the earlier score %(n)d") % {"n": n + 1}
    return Column(key=f"slope{n}", title=title, kind=CellKind.DECIMAL, places=2, read=lambda row: row.slopes[n])
