"""Whether groups of raters see groups of lecturers differently: worked out as a table comes in, and told by groups.

Which group a rater or a lecturer belongs to is read once and kept nowhere: what stays is the mean of each pair of
groups and how they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.errors import FaultyInputError
from yucai.evidence import CellKind
from yucai.governance import DifferentialRatings, differential_ratings
from yucai.web.governance.teaching_models import TeachingSurvey
from yucai.web.listing import Cell, Column, Table, Value

__all__ = ["GroupsView", "groups_found", "groups_tables", "groups_view"]

LEAST: Final = 10  # raters and lecturers behind a cell; the rules of release may ask for more
COLUMNS: Final = ("rater_group", "lecturer_group")


def groups_found(rows: pl.DataFrame, *, least: int, running: bool) -> dict[str, Any]:
    """Return what a table says of its groups; nothing where it names none.

    Where the method is switched off nothing is worked out. What cannot be compared is kept as the reason, in words.
    """
    if any(column not in rows.columns or rows[column].is_null().all() for column in COLUMNS):
        return {}
    if not running:
        return {"off": True}
    known = rows.drop_nulls(COLUMNS)
    try:
        found = differential_ratings(known, least=max(least, LEAST))
    except FaultyInputError as refused:
        return {"refused": [refused.in_language("en"), refused.in_language("zh")]}
    return {"ratings": known.height, "left_out": rows.height - known.height, **_kept(found)}


def _kept(found: DifferentialRatings) -> dict[str, Any]:
    return {
        "level": found.level, "least": found.least, "hidden": found.n_hidden,
        "cautions": [[text.en, text.zh] for text in found.cautions],
        "cells": [[one.raters, one.lecturers, one.mean, one.std_error] for one in found.cells],
        "differentials": [
            [one.raters, one.raters_beside, one.lecturers, one.lecturers_beside, one.difference, one.low, one.high]
            for one in found.differentials
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPair:
    """How differently two groups of raters set two groups of lecturers apart; None is hidden."""

    raters: str
    raters_beside: str
    lecturers: str
    lecturers_beside: str
    difference: float | None
    low: float | None
    high: float | None

    @property
    def apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    @property
    def says(self) -> str:
        """The pair in a sentence."""
        names = {"one": self.raters, "other": self.raters_beside, "these": self.lecturers,
                 "those": self.lecturers_beside}  # fmt: skip
        if self.difference is None or self.low is None or self.high is None:
            return (
                _(
                    "Raters “%(one)s” beside raters “%(other)s”, of lecturers “%(these)s” beside lecturers "
                    "“%(those)s”: hidden, too few."
                )
                % names
            )
        facts = {**names, "size": f"{abs(self.difference):.2f}", "low": f"{self.low:.2f}", "high": f"{self.high:.2f}"}
        if not self.apart:
            return (
                _(
                    "Raters “%(one)s” set lecturers “%(these)s” and “%(those)s” apart as raters “%(other)s” do, as "
                    "far as can be told (between %(low)s and %(high)s points of difference)."
                )
                % facts
            )
        if self.difference < 0:
            return (
                _(
                    "Beside lecturers “%(those)s”, raters “%(one)s” rate lecturers “%(these)s” %(size)s points lower "
                    "than raters “%(other)s” do (95 %% interval of the difference: %(low)s to %(high)s)."
                )
                % facts
            )
        return (
            _(
                "Beside lecturers “%(those)s”, raters “%(one)s” rate lecturers “%(these)s” %(size)s points higher than "
                "raters “%(other)s” do (95 %% interval of the difference: %(low)s to %(high)s)."
            )
            % facts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsView:
    """What the page shows of groups: sentences, or why there are none."""

    off: bool
    refused: str
    pairs: tuple[GroupPair, ...]
    cells: tuple[tuple[str, str, float | None, float | None], ...]
    cautions: tuple[str, ...]
    least: int
    left_out: int


def groups_view(survey: TeachingSurvey) -> GroupsView | None:
    """Return what is shown of the groups of a survey; None where its table named none."""
    kept: Mapping[str, Any] = survey.groups
    if not kept:
        return None
    number = 1 if (translation.get_language() or "en").startswith("zh") else 0
    return GroupsView(
        off=bool(kept.get("off")),
        refused=kept["refused"][number] if "refused" in kept else "",
        pairs=tuple(
            GroupPair(raters=a, raters_beside=b, lecturers=c, lecturers_beside=d, difference=e, low=f, high=g)
            for a, b, c, d, e, f, g in kept.get("differentials", ())
        ),
        cells=tuple((a, b, c, d) for a, b, c, d in kept.get("cells", ())),
        cautions=tuple(one[number] for one in kept.get("cautions", ())),
        least=int(kept.get("least", LEAST)),
        left_out=int(kept.get("left_out", 0)),
    )


def groups_tables(view: GroupsView | None) -> tuple[Table, ...]:
    """Return how each pair of groups was rated, and how groups of raters differ, as tables for page and file."""
    if view is None or not view.cells:
        return ()
    cells = (
        Column(key="raters", title=gettext_lazy("Raters"), read=lambda row: row[0]),
        Column(key="lecturers", title=gettext_lazy("Lecturers"), read=lambda row: row[1]),
        Column(key="mean", title=gettext_lazy("Mean"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: _hidden() if row[2] is None else row[2]),
        Column(key="error", title=gettext_lazy("Standard error"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: _hidden() if row[3] is None else row[3]),
    )  # fmt: skip
    pairs = (
        Column(key="raters", title=gettext_lazy("Raters"), read=lambda row: f"{row.raters} / {row.raters_beside}"),
        Column(key="lecturers", title=gettext_lazy("Lecturers"),
               read=lambda row: f"{row.lecturers} / {row.lecturers_beside}"),
        Column(key="difference", title=gettext_lazy("Difference of differences"), kind=CellKind.DECIMAL, places=2,
               read=lambda row: _hidden() if row.difference is None else row.difference),
        _end("low", gettext_lazy("95 % interval from")),
        _end("high", gettext_lazy("95 % interval to")),
    )  # fmt: skip
    return (
        Table(key="rated_cells", title=_("How groups rate groups"), columns=cells, rows=view.cells,
              notes=view.cautions),
        Table(key="rated_pairs", title=_("How groups of raters differ"), columns=pairs, rows=view.pairs,
              notes=view.cautions),
    )  # fmt: skip


def _end(name: str, title: Any) -> Column:
    def read(row: GroupPair) -> Value | Cell:
        found: float | None = getattr(row, name)
        return _hidden() if found is None else found

    return Column(key=name, title=title, kind=CellKind.DECIMAL, places=2, read=read)


def _hidden() -> Cell:
    return Cell(words=_("hidden"))
