"""The tables of the register of policies: all cards with what came of them, and the estimates of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yucai.governance import PolicyEntry, ToldEstimate, grade_name
from yucai.web.governance.policy_believing import NOT_REPRODUCED
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.listing import Cell, CellKind, Column, On, Table, Value

__all__ = ["RegisterRow", "estimates_table", "register_table"]

MARKS: Final = {"supported": "mark verified", "suggestive": "mark waiting", "not-testable": "", "inconclusive": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One card in the register; ``entry`` is there once it is sealed."""

    record: PolicyRecord
    entry: PolicyEntry | None


COLUMNS: Final = (
    Column(key="policy", title=gettext_lazy("Policy"), read=lambda row: _policy(row)),
    Column(key="code", title=gettext_lazy("Short name"), on=On.FILE,
           read=lambda row: row.entry.code if row.entry else row.record.code),
    Column(key="sealed", title=gettext_lazy("Sealed"), kind=CellKind.DAY,
           read=lambda row: row.entry.sealed_at.date() if row.entry else None),
    Column(key="verdict", title=gettext_lazy("Verdict"), read=lambda row: _verdict(row)),
    Column(key="effect", title=gettext_lazy("Effect"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: _of(row, "estimate")),
    Column(key="effect-shown", title=gettext_lazy("Effect"), on=On.PAGE, nowrap=True, read=lambda row: _effect(row)),
    Column(key="lower", title=gettext_lazy("lower bound"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: _interval(row)[0]),
    Column(key="upper", title=gettext_lazy("upper bound"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: _interval(row)[1]),
    Column(key="p", title="p", kind=CellKind.DECIMAL, places=3, read=lambda row: _of(row, "p_value")),
    Column(key="bh", title=gettext_lazy("adjusted p"), kind=CellKind.DECIMAL, places=3,
           read=lambda row: _of(row, "hochberg")),
    Column(key="by", title=gettext_lazy("adjusted, any dependence"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: _of(row, "yekutieli")),
    Column(key="by-shown", title=gettext_lazy("any dependence"), kind=CellKind.DECIMAL, places=3, on=On.PAGE,
           read=lambda row: _of(row, "yekutieli")),
    Column(key="looks", title=gettext_lazy("Looks counted"), kind=CellKind.WHOLE, on=On.FILE,
           read=lambda row: row.entry.counts + row.entry.vintages if row.entry else 0),
    Column(key="kind", title=gettext_lazy("How it counts"), on=On.FILE, read=lambda row: " · ".join(_small(row))),
    Column(key="simulated", title=gettext_lazy("Simulated"), on=On.FILE,
           read=lambda row: _("simulated") if _is_simulated(row) else None),
    Column(key="mark", title=gettext_lazy("Mark of the seal"), on=On.FILE, read=lambda row: row.record.mark),
)  # fmt: skip


def register_table(rows: Iterable[RegisterRow], *, notes: tuple[str, ...]) -> Table:
    """Return all cards of an institution, whatever came of them."""
    return Table(
        key="policies", title=_("Register of policies"), columns=COLUMNS, rows=rows, notes=notes,
        grey=lambda row: row.entry is None or row.entry.replaced,
    )  # fmt: skip


def _policy(row: RegisterRow) -> Cell:
    title = row.entry.title if row.entry is not None else row.record.title
    return Cell(value=title, link=reverse("policy", args=[row.record.slug]), small=" · ".join(_small(row)))


def _small(row: RegisterRow) -> list[str]:
    """Return what is said of a card below its title: how it came here, and how it counts."""
    entry, said = row.entry, []
    if _is_simulated(row):
        said.append(_("simulated: counts as a look, is no finding") if entry and entry.counts else _("simulated"))
    if entry is None:
        return said
    if row.record.taken_at is not None:
        said.append(_("taken in from a bundle"))
    if entry.again:
        said.append(_("a further look at the same figures"))
    if entry.vintages:
        said.append(ngettext("%(n)d later vintage counted", "%(n)d later vintages counted", entry.vintages)
                    % {"n": entry.vintages})  # fmt: skip
    if entry.replaced:
        said.append(_("replaced by a later card"))
    return said


def _is_simulated(row: RegisterRow) -> bool:
    """Return whether a card calls itself so: by what is sealed, and of a draft or a changed card by its column."""
    return row.record.simulated or (row.entry is not None and row.entry.simulated)


def _verdict(row: RegisterRow) -> Cell | Value:
    if row.entry is None:
        return Cell(words=_("draft, not sealed"))
    if row.entry.doubt is not None:
        told = _("not the same here") if row.entry.doubt is NOT_REPRODUCED else _("not as it was kept")
        return Cell(words=told, mark="mark waiting")
    if row.entry.grade:
        small = _("weakened") if row.entry.weakened else ""
        return Cell(value=grade_name(row.entry.grade), mark=MARKS.get(row.entry.grade, ""), small=small)
    return row.entry.stage.says


def _effect(row: RegisterRow) -> Value:
    if row.entry is None or row.entry.estimate is None:
        return None
    lower, upper = _interval(row)
    ends = f" [{_figure(lower)}, {_figure(upper)}]" if lower is not None else ""
    return f"{_figure(row.entry.estimate)}{ends}"


def _interval(row: RegisterRow) -> tuple[float | None, float | None]:
    return row.entry.interval if row.entry is not None and row.entry.interval else (None, None)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:+.3g}".replace("-", "−")


def _of(row: RegisterRow, which: str) -> Value:
    value = getattr(row.entry, which) if row.entry is not None else None
    return None if value is None else float(value)


def estimates_table(rows: Iterable[ToldEstimate]) -> Table:
    """Return what each estimator gave, side by side; nothing is averaged."""
    columns = (
        Column(key="method", title=gettext_lazy("Estimator"),
               read=lambda row: Cell(value=row.name, small=_("the verdict looks at it") if row.primary else "")),
        Column(key="effect", title=gettext_lazy("Effect"), kind=CellKind.DECIMAL, places=3,
               read=lambda row: row.estimate),
        Column(key="lower", title=gettext_lazy("lower bound"), kind=CellKind.DECIMAL, places=3,
               read=lambda row: row.interval[0] if row.interval else None),
        Column(key="upper", title=gettext_lazy("upper bound"), kind=CellKind.DECIMAL, places=3,
               read=lambda row: row.interval[1] if row.interval else None),
        Column(key="p", title="p", kind=CellKind.DECIMAL, places=3, read=lambda row: row.p_value),
        Column(key="inference", title=gettext_lazy("Inference"), read=lambda row: row.inference),
        Column(key="convention", title=gettext_lazy("Convention"), on=On.FILE, read=lambda row: row.convention),
    )  # fmt: skip
    return Table(key="estimates", title=_("Estimates"), columns=columns, rows=rows)
