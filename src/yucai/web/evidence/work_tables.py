"""The tables of own works to verify, of rating rounds, and of how far the raters of one are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.rating_showing import RaterView
from yucai.web.evidence.showing import WorkView
from yucai.web.listing import Cell, CellKind, Column, On, Table

__all__ = ["raters_progress_table", "rounds_table", "works_table"]

WORK_COLUMNS: Final = (
    Column(key="pick", title=gettext_lazy("Choose"), unseen=True, template="_pick_work.html"),
    Column(key="work", title=gettext_lazy("Work"), on=On.PAGE,
           read=lambda row: Cell(value=row.title, link=reverse("own_work", args=[row.pk]), small=row.quality)),
    Column(key="title", title=gettext_lazy("Work"), on=On.FILE, read=lambda row: row.title),
    Column(key="quality", title=gettext_lazy("Quality"), on=On.FILE, read=lambda row: row.quality),
    Column(key="student", title=gettext_lazy("Student"), on=On.PAGE,
           read=lambda row: Cell(value=row.person.name, small=row.person.code)),
    Column(key="name", title=gettext_lazy("Name"), on=On.FILE, read=lambda row: row.person.name),
    Column(key="number", title=gettext_lazy("Student number"), on=On.FILE, read=lambda row: row.person.code),
    Column(key="kind", title=gettext_lazy("Kind"), on=On.PAGE,
           read=lambda row: Cell(value=row.kind, small=_joined(row.level, row.team))),
    Column(key="kind-only", title=gettext_lazy("Kind"), on=On.FILE, read=lambda row: row.kind),
    Column(key="level", title=gettext_lazy("Level of the award"), on=On.FILE, read=lambda row: row.level),
    Column(key="team", title=gettext_lazy("Part in it"), on=On.FILE, read=lambda row: row.team),
    Column(key="proof", title=gettext_lazy("Proof"), on=On.PAGE,
           read=lambda row: Cell(value=row.proof, small=_joined(_file(row), _ai(row)))),
    Column(key="proof-only", title=gettext_lazy("Proof"), on=On.FILE, read=lambda row: row.proof),
    Column(key="file", title=gettext_lazy("File"), on=On.FILE, read=lambda row: _file(row)),
    Column(key="ai", title=gettext_lazy("AI"), on=On.FILE, read=lambda row: _ai(row)),
    Column(key="done", title=gettext_lazy("Done on"), kind=CellKind.DAY, read=lambda row: row.done_on),
    Column(key="added", title=gettext_lazy("Put in"), kind=CellKind.DAY, read=lambda row: localdate(row.added_at)),
)  # fmt: skip
ROUND_COLUMNS: Final = (
    Column(key="round", title=gettext_lazy("Rating round"),
           read=lambda row: Cell(value=row.name, link=reverse("rating_round", args=[row.pk]))),
    Column(key="space", title=gettext_lazy("Institution"), read=lambda row: row.space.name),
    Column(key="group", title=gettext_lazy("Group"), read=lambda row: row.group.name),
    Column(key="term", title=gettext_lazy("Term of the works"), read=lambda row: row.occasion),
    Column(key="opened", title=gettext_lazy("Opened on"), kind=CellKind.DAY, read=lambda row: localdate(row.opened_at)),
    Column(key="state", title=gettext_lazy("State"), read=lambda row: _("closed") if row.closed_at else _("open")),
)  # fmt: skip
RATER_COLUMNS: Final = (
    Column(key="rater", title=gettext_lazy("Rater"), on=On.PAGE,
           read=lambda row: Cell(value=row.name, small=row.role)),
    Column(key="name", title=gettext_lazy("Rater"), on=On.FILE, read=lambda row: row.name),
    Column(key="role", title=gettext_lazy("Role"), on=On.FILE, read=lambda row: row.role),
    Column(key="works", title=gettext_lazy("Works"), kind=CellKind.WHOLE, read=lambda row: row.works),
    Column(key="begun", title=gettext_lazy("Begun"), kind=CellKind.WHOLE, read=lambda row: row.begun),
    Column(key="handed", title=gettext_lazy("Handed in"), kind=CellKind.TIME, read=lambda row: row.handed_in_at),
)  # fmt: skip


def works_table(rows: Iterable[WorkView]) -> Table:
    """Return the works that wait to be verified."""
    return Table(key="works", title=_("Own works to verify"), columns=WORK_COLUMNS, rows=rows)


def _file(row: WorkView) -> str:
    return _("with a file") if row.file_name else ""


def _ai(row: WorkView) -> str:
    return _("AI was used, as stated") if row.ai_used else ""


def _joined(*words: str) -> str:
    return " · ".join(word for word in words if word)


def rounds_table(rows: Iterable[RatingRoundRecord]) -> Table:
    """Return the rating rounds of institutions."""
    return Table(
        key="rounds", title=_("Rating rounds"), columns=ROUND_COLUMNS, rows=rows,
        grey=lambda row: row.closed_at is not None,
    )  # fmt: skip


def raters_progress_table(rows: Iterable[RaterView]) -> Table:
    """Return how far each rater of a round is; no level among it."""
    return Table(key="progress", title=_("Progress"), columns=RATER_COLUMNS, rows=rows)
