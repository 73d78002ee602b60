"""What a director takes to a meeting: indicators, what needs a decision, attainment, policies, what is not known.

Everything comes from the pages of the pieces: the same rows, words and figures, gathered for one institution and year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from yucai.evidence import CellKind
from yucai.governance import Contradiction, PolicyStage, grade_name
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentVersion
from yucai.web.governance.attainment_programmes import ProgrammeView, programme_views, runs_table, runs_to_show
from yucai.web.governance.attainment_showing import language
from yucai.web.governance.indicator_doors import pack_chosen
from yucai.web.governance.indicator_showing import IndicatorRow, indicator_rows, number
from yucai.web.governance.indicator_tables import indicators_table, is_met
from yucai.web.governance.policy_showing import register_view
from yucai.web.governance.policy_tables import RegisterRow, register_table
from yucai.web.listing import Cell, Table, Value, plain_table, said

__all__ = ["Brief", "brief_of"]

State = AttainmentVersion.State
Line = tuple[Value | Cell, ...]
NOT_TOLD = ("not-testable", "inconclusive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The state of governance of an institution in a year; ``tables`` in their order, only those with rows."""

    space: Space
    year: int
    rows: tuple[IndicatorRow, ...]
    tables: tuple[Table, ...]
    waits: int


def brief_of(space: Space, *, year: int, to: Account, at: datetime) -> Brief:
    """Return the state of governance for an account that keeps the indicators of an institution."""
    pack = pack_chosen("")
    rows, found = indicator_rows(pack, space=space, year=year, to=to, at=at)
    kept = tuple(row for row in rows if row.entry is not None or row.target is not None)
    runs, programmes = runs_to_show(to, space), programme_views(to, space)
    cards = register_view(to, space).rows
    decisions = [*_of_indicators(rows, found, space, year), *_of_runs(runs), *_of_cards(cards)]
    unknown = [*_empty(rows), *_missing(programmes, runs), *_not_told(cards)]
    tables = [
        _lines("decisions", _("What needs a decision"), (_("What waits"), _("About")), decisions),
        indicators_table(kept, year=year, keeps=True, title=said(pack.name)),
        runs_table(runs),
        *(view.results for view in programmes[:1]),
        register_table(cards, notes=()),
        _lines("unknown", _("What is not known, and why"), (_("Not known"), _("Why")), unknown),
    ]
    return Brief(space=space, year=year, rows=kept, tables=tuple(one for one in tables if list(one.rows)),
                 waits=len(decisions))  # fmt: skip


def _lines(key: str, title: str, heads: tuple[str, str], rows: Iterable[Line]) -> Table:
    columns = [(_("Piece"), CellKind.TEXT, 0), *((head, CellKind.TEXT, 0) for head in heads)]
    made = plain_table(key, title, columns, rows)
    piece, *others = made.columns
    return replace(made, columns=(replace(piece, nowrap=True), *others))


def _listed(names: Iterable[object]) -> str:
    return ("、" if language() == "zh" else ", ").join(str(name) for name in names)


def _of_indicators(
    rows: Iterable[IndicatorRow], found: Iterable[Contradiction], space: Space, year: int
) -> Iterator[Line]:
    """Yield what waits among the indicators: second signatures, contradictions, targets that are not met."""
    rows = list(rows)
    piece = Cell(value=_("Indicators"), link=f"{reverse('indicators')}?space={space.code}&year={year}")
    unsigned = [said(row.indicator.name) for row in rows if row.entry is not None and row.entry.signed_at is None]
    if unsigned:
        yield piece, _("second signature"), _listed(unsigned)
    for one in found:
        yield piece, _("contradiction between the tables"), said(one.says)
    missed = [
        _("%(name)s: %(value)s, target %(target)s") % {
            "name": said(row.indicator.name), "value": number(row.value, row.indicator.places),
            "target": number(row.target, row.indicator.places),
        }
        for row in rows
        if is_met(row) is False
    ]  # fmt: skip
    if missed:
        yield piece, _("target not met"), ("；" if language() == "zh" else "; ").join(missed)


def _of_runs(runs: Iterable[AttainmentRun]) -> Iterator[Line]:
    """Yield which results of courses wait to be checked, or were returned."""
    words = {State.HANDED_IN: _("a result waits to be checked"), State.RETURNED: _("a result was returned")}
    for run in runs:
        state = run.state  # type: ignore[attr-defined]  # annotated
        if state in words:
            piece = Cell(value=_("Attainment"), link=reverse("attainment_course", args=[run.pk]))
            yield piece, words[state], _named(run)


def _named(run: AttainmentRun) -> str:
    return _listed((run.map.name or run.course, said(run.group.name), run.term))


def _of_cards(cards: Iterable[RegisterRow]) -> Iterator[Line]:
    """Yield which policy cards are on the way, and at which step."""
    steps = {
        PolicyStage.SEALED: _("sealed: the figures are to be opened"),
        PolicyStage.OPENED: _("what the figures can tell is to be accepted"),
        PolicyStage.ACCEPTED: _("the result is to be worked out"),
    }
    for row in cards:
        step = _("draft: to be sealed or dropped") if row.entry is None else steps.get(row.entry.stage)
        if step and not (row.entry is not None and row.entry.replaced):
            piece = Cell(value=_("Policies"), link=reverse("policy", args=[row.record.slug]))
            yield piece, step, said(row.record.title)


def _empty(rows: Iterable[IndicatorRow]) -> Iterator[Line]:
    """Yield the indicators without a value, by the reason why."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        if row.value is None:
            by_reason.setdefault(said(row.why_said), []).append(said(row.indicator.name))
    for why, names in by_reason.items():
        yield _("Indicators"), _listed(names), why


def _missing(programmes: Iterable[ProgrammeView], runs: Iterable[AttainmentRun]) -> Iterator[Line]:
    """Yield what is missing in programmes, and the courses without a result."""
    for view in programmes:
        for sentence in view.missing:
            yield _("Attainment"), view.record.programme, sentence
    without = [_named(run) for run in runs if run.state is None]  # type: ignore[attr-defined]  # annotated
    if without:
        yield _("Attainment"), ("；" if language() == "zh" else "; ").join(without), _("no result yet")


def _not_told(cards: Iterable[RegisterRow]) -> Iterator[Line]:
    """Yield the policies of which the figures cannot tell whether they worked."""
    for row in cards:
        if row.record.grade in NOT_TOLD:
            yield _("Policies"), said(row.record.title), said(grade_name(row.record.grade))
