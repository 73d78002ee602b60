"""The tables of the register of policies: all cards with what came of them, and the estimates of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.governance import PolicyEntry, ToldEstimate, grade_name
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
    Column(key="code", title=gettext_lazy("Short name"), on=On.FILE, read=lambda row: row.record.code),
    Column(key="sealed", title=gettext_lazy("Sealed"), kind=CellKind.DAY,
           read=lambda row: row.record.sealed_at.date() if row.record.sealed_at else None),
    Column(key="verdict", title=gettext_lazy("Verdict"), nowrap=True, read=lambda row: _verdict(row)),
    Column(key="effect", title=gettext_lazy("Effect"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: row.record.estimate),
    Column(key="effect-shown", title=gettext_lazy("Effect"), on=On.PAGE, nowrap=True, read=lambda row: _effect(row)),
    Column(key="lower", title=gettext_lazy("lower bound"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: row.record.lower),
    Column(key="upper", title=gettext_lazy("upper bound"), kind=CellKind.DECIMAL, places=3, on=On.FILE,
           read=lambda row: row.record.upper),
    Column(key="p", title="p", kind=CellKind.DECIMAL, places=3, read=lambda row: _adjusted(row, "p_value")),
    Column(key="bh", title=gettext_lazy("adjusted p"), kind=CellKind.DECIMAL, places=3,
           read=lambda row: _adjusted(row, "hochberg")),
    Column(key="by", title=gettext_lazy("adjusted, any dependence"), kind=CellKind.DECIMAL, places=3,
           read=lambda row: _adjusted(row, "yekutieli")),
    Column(key="simulated", title=gettext_lazy("Simulated"), on=On.FILE,
           read=lambda row: _("simulated") if row.record.simulated else None),
    Column(key="mark", title=gettext_lazy("Mark of the seal"), on=On.FILE, read=lambda row: row.record.mark),
)  # fmt: skip


def register_table(rows: Iterable[RegisterRow], *, notes: tuple[str, ...]) -> Table:
    """Return all cards of an institution, whatever came of them."""
    return Table(
        key="policies", title=_("Register of policies"), columns=COLUMNS, rows=rows, notes=notes,
        grey=lambda row: row.entry is None or row.entry.replaced,
    )  # fmt: skip


def _policy(row: RegisterRow) -> Cell:
    small = [_("simulated")] if row.record.simulated else []
    small += [_("replaced by a later card")] if row.entry is not None and row.entry.replaced else []
    return Cell(value=row.record.title, link=reverse("policy", args=[row.record.slug]), small=" · ".join(small))


def _verdict(row: RegisterRow) -> Cell | Value:
    if row.entry is None:
        return Cell(words=_("draft, not sealed"))
    if row.record.grade:
        return Cell(value=grade_name(row.record.grade), mark=MARKS.get(row.record.grade, ""))
    return row.entry.stage.says


def _effect(row: RegisterRow) -> Value:
    record = row.record
    if record.estimate is None:
        return None
    ends = f" [{_figure(record.lower)}, {_figure(record.upper)}]" if record.lower is not None else ""
    return f"{_figure(record.estimate)}{ends}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:+.3g}".replace("-", "−")


def _adjusted(row: RegisterRow, which: str) -> Value:
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
