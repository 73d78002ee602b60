"""The tables of rules, of runs, and of the people of a run."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.listing import Cell, CellKind, Column, On, Table
from yucai.web.selection.rule_models import SelectionRule, SelectionRun
from yucai.web.selection.rule_showing import EntryView, listed, said, scope_of, sentences

__all__ = ["list_table", "near_table", "rules_table", "runs_table"]


def rules_table(rules: Iterable[SelectionRule]) -> Table:
    """Return the newest version of each rule."""
    columns = (
        Column(key="rule", title=gettext_lazy("Rule"),
               read=lambda row: Cell(value=row.title, link=reverse("selection_rule", args=[row.pk]))),
        Column(key="code", title=gettext_lazy("Short name"), read=lambda row: row.code),
        Column(key="version", title=gettext_lazy("Version"), kind=CellKind.WHOLE, read=lambda row: row.version),
        Column(key="at", title=gettext_lazy("Written"), kind=CellKind.TIME, read=lambda row: row.at),
    )  # fmt: skip
    return Table(key="rules", title=_("Rules for entry and exit"), columns=columns, rows=rules)


def runs_table(runs: Iterable[SelectionRun]) -> Table:
    """Return the runs, the newest first. Who is named in them is in none of the cells."""
    columns = (
        Column(key="rule", title=gettext_lazy("Run of"),
               read=lambda row: Cell(value=row.rule.title, link=reverse("selection_run", args=[row.pk]))),
        Column(key="version", title=gettext_lazy("Version"), kind=CellKind.WHOLE, read=lambda row: row.rule.version),
        Column(key="scope", title=gettext_lazy("Whose records"), read=lambda row: said(scope_of(row))),
        Column(key="as_of", title=gettext_lazy("As of"), kind=CellKind.DAY, read=lambda row: row.as_of),
        Column(key="people", title=gettext_lazy("People"), kind=CellKind.WHOLE,
               read=lambda row: row.people if row.at else Cell(words=_("being worked out"))),
        Column(key="at", title=gettext_lazy("Run at"), kind=CellKind.TIME, read=lambda row: row.asked_at),
    )  # fmt: skip
    return Table(key="runs", title=_("Runs"), columns=columns, rows=runs)


def list_table(entries: Iterable[EntryView], notes: tuple[str, ...]) -> Table:
    """Return everybody of a run as a file has them: what the page says, a row each."""
    columns = (
        Column(key="number", title=gettext_lazy("Student number"), read=lambda row: row.person.code),
        Column(key="name", title=gettext_lazy("Name"), read=lambda row: row.name),
        Column(key="group", title=gettext_lazy("Compared in"), read=lambda row: row.group),
        Column(key="outcome", title=gettext_lazy("The rule proposes"), read=lambda row: row.outcome_name),
        Column(key="measure", title=gettext_lazy("Average"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: row.measure),
        Column(key="place", title=gettext_lazy("Place"), kind=CellKind.WHOLE, read=lambda row: row.place),
        Column(key="reasons", title=gettext_lazy("Reasons"), read=lambda row: sentences(row.reasons)),
        Column(key="notes", title=gettext_lazy("On record, not counted"), read=lambda row: sentences(row.notes)),
        Column(key="change", title=gettext_lazy("What would change it"), read=lambda row: row.explained.change),
        Column(key="edge", title=gettext_lazy("Hangs on little"), read=lambda row: listed(row.edge)),
        Column(key="evidence", title=gettext_lazy("Verified works and awards"),
               read=lambda row: listed(row.evidence)),
        Column(key="on_list", title=gettext_lazy("On the list that was made"), read=_on_list),
        Column(key="difference", title=gettext_lazy("Why the list says otherwise"), read=lambda row: row.difference),
        Column(key="decision", title=gettext_lazy("Decision (to be filled in by a person)"), on=On.FILE),
        Column(key="reason", title=gettext_lazy("Own reason for the decision"), on=On.FILE),
    )  # fmt: skip
    return Table(key="list", title=_("List of the rule"), columns=columns, rows=entries, notes=notes)


def _on_list(row: EntryView) -> str:
    if row.on_list is None:
        return ""
    return _("on the list") if row.on_list else _("not on the list")


def near_table(entries: Iterable[EntryView]) -> Table:
    """Return whose outcome hangs on little."""
    columns = (
        Column(key="name", title=gettext_lazy("Name"),
               read=lambda row: Cell(value=row.name, small=row.person.code)),
        Column(key="outcome", title=gettext_lazy("The rule proposes"), read=lambda row: row.outcome_name),
        Column(key="share", title=gettext_lazy("Other outcome, at most in"), kind=CellKind.WHOLE,
               read=lambda row: Cell(value=round(100 * row.edge_share), shown=f"{100 * row.edge_share:.0f} %")),
        Column(key="how", title=gettext_lazy("By which changes"), read=lambda row: listed(row.edge)),
    )  # fmt: skip
    return Table(key="near", title=_("Whose outcome hangs on little"), columns=columns, rows=entries)
