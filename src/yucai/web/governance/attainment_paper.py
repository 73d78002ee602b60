"""The attainment of a course, and of a programme, on paper: the words, figures and drawings of their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import CourseReport
from yucai.web.accounts.models import Account
from yucai.web.governance.attainment_models import AttainmentVersion
from yucai.web.governance.attainment_programmes import ProgrammeView
from yucai.web.governance.attainment_showing import (
    CourseView,
    ObjectiveCard,
    in_a_row,
    objective_bars,
    said,
    shown_tables,
)
from yucai.web.governance.attainment_spans import objective_lines, point_lines, spans
from yucai.web.governance.papers import banner_of, printed, table_part
from yucai.web.listing import Table
from yucai.web.paper import FactSheet, SheetDrawing, SheetPart, SheetState

__all__ = ["course_sheet", "programme_sheet"]

State = AttainmentVersion.State
BARS: Final = (310, 3)  # pixels of a drawing of students, and how many stand beside one another
WIDTHS: Final[Mapping[str, tuple[float, ...]]] = {  # how the columns of a table share the page
    "objectives": (1.3, 5.4, 1.1, 3.2),
    "parts": (1.4, 3.4, 1, 1.2, 1.2, 1.2, 1.6),
    "results": (1.5, 1.2, 1.4, 1.5, 1.3, 1.9, 1.7, 1.5, 1.6),
    "sensitivity": (1.5, 1.3, 1.2, 1.3, 1.8, 1.6, 2.0),
    "survey": (1.5, 1.6, 1.5, 1.1, 1, 2.2, 1.3),
    "last": (1.4, 3.2, 1.5, 1.6, 1.1, 1.1, 1.5, 2.1, 1.8),
    "this": (1.3, 6, 2, 1.6),
    "requirements": (4.2, 1.3, 1.5, 1.6, 1.4, 1.5, 1.9),
}


def course_sheet(view: CourseView, report: CourseReport, *, at: datetime) -> FactSheet:
    """Return the report of a course in the language that is active: state, figures, drawings, tables, signatures."""
    known = {table.key: table for table in shown_tables(report)}
    run, course = view.run, report.map
    facts = (
        (_("Course"), f"{course.name} · {course.course}" if course.name else course.course),
        (_("Class"), f"{report.group} · {report.term}"),
        (_("Teacher"), report.teacher or "–"),
        (_("Students"), str(report.result.students)),
        (_("Map of the course"), _("version %(n)s") % {"n": run.map.number}),
        (_("Scores from"), run.scores_from or "–"),
    )
    return FactSheet(
        language=translation.get_language() or "en",
        title=_("Attainment of course objectives"),
        issuer=report.school,
        banner=banner_of([run.space]),
        state=_state(view, report),
        facts=facts,
        parts=tuple(_parts(view, report, known)),
        signatures=tuple(
            _("%(who)s: signature and date") % {"who": who}
            for who in (_("Teacher"), _("Head of the course"), _("Head of the programme"))
        ),
        footer=printed(at),
    )


def _state(view: CourseView, report: CourseReport) -> SheetState:
    version, locked = view.version, report.locked
    if version is None:
        return SheetState(title=_("Draft: not checked, not locked."), lines=(), firm=False)
    filled = _("Handed in by %(name)s, %(on)s") % _by(version.filled_by, version.filled_at)
    digest = f"SHA-256 {version.digest}"
    if locked is None:
        title = _("Version %(n)s: handed in, not checked yet") % {"n": version.number}
        return SheetState(title=title, lines=(filled, digest), firm=False)
    lines = [filled, _("Checked and locked by %(name)s, %(on)s") % _by(version.checked_by, version.checked_at), digest]
    if locked.corrects is not None:
        told = _("It corrects version %(n)s: %(reason)s") % {"n": locked.corrects, "reason": locked.reason}
        lines.insert(0, told)
    title = _("Version %(n)s: checked and locked") % {"n": version.number}
    return SheetState(title=title, lines=tuple(lines), firm=True)


def _by(account: Account | None, at: datetime | None) -> dict[str, str]:
    return {"name": "–" if account is None else said(account.name),
            "on": "–" if at is None else f"{localtime(at):%Y-%m-%d %H:%M}"}  # fmt: skip


def _parts(view: CourseView, report: CourseReport, known: Mapping[str, Table]) -> Iterator[SheetPart]:
    objectives = report.result.objectives
    drawn = SheetDrawing(svg=spans(objective_lines(objectives), width=680), told=_told(view.cards))
    yield table_part(
        known["results"], title=_("Attainment and intervals"), about=_("Weighted mean of scores over full marks, over "
        "the students with a score in every part. “Reached” and “below expectation” are said only where the whole "
        "interval lies on one side of the expected value. A missing score is no zero."),
        drawings=(drawn,), widths=WIDTHS["results"],
    )  # fmt: skip
    yield SheetPart(title=_("What the figures rest on"), said=tuple(_rests(view.cards)))
    bars = tuple(SheetDrawing(svg=objective_bars(one, BARS[0]), told=_spread(card), title=one.objective)
                 for one, card in zip(objectives, view.cards, strict=True))  # fmt: skip
    yield SheetPart(title=_("How students are spread"), drawings=bars, beside=BARS[1])
    for key in ("objectives", "parts", "sensitivity", "survey"):
        if key in known:
            yield table_part(known[key], widths=WIDTHS[key],
                             about=report.result.combination if key == "survey" else "")  # fmt: skip
    yield SheetPart(title=_("Analysis"), said=tuple(report.analysis.splitlines()) or (_("None is written."),))
    if "last" in known:
        yield table_part(known["last"], widths=WIDTHS["last"], about=_("The difference follows the action; it does not "
                         "prove that the action caused it."))  # fmt: skip
    else:
        yield SheetPart(title=_("What came of last year's actions"),
                        said=(report.last_says or _("No action of last year is on record."),))  # fmt: skip
    if "this" in known:
        yield table_part(known["this"], widths=WIDTHS["this"])
    else:
        yield SheetPart(title=_("Actions of improvement"), said=(_("No action is on record."),))


def _told(cards: Iterable[ObjectiveCard]) -> str:
    """Return the drawing of the intervals in words."""
    listed = [
        f"{card.one.objective} {'–' if card.one.value is None else f'{card.one.value:.3f}'} ({card.interval}; "
        f"{_('expected')} {card.one.expected:g})"
        for card in cards
    ]
    return _("Attainment with its 95 %% interval: %(listed)s") % {"listed": "; ".join(listed)}


def _spread(card: ObjectiveCard) -> str:
    bins = ", ".join(f"{n / 10:.1f}: {students}" for n, students in enumerate(card.one.bins))
    return _("Students by attainment of %(objective)s: %(bins)s") % {"objective": card.one.objective, "bins": bins}


def _rests(cards: Iterable[ObjectiveCard]) -> Iterator[str]:
    """Yield for each objective what its page says below the figures."""
    for card in cards:
        told = [_("%(objective)s: %(says)s.") % {"objective": card.one.objective, "says": card.says}]
        if card.share:
            told.append(_("Reach the expected value: %(share)s.") % {"share": card.share})
        if card.left_out:
            told.append(_("Left out, and no zero: %(left)s.") % {"left": card.left_out})
        if card.hangs:
            told.append(card.hangs)
        yield in_a_row(told)


def programme_sheet(view: ProgrammeView, *, at: datetime) -> FactSheet:
    """Return a programme in the language that is active: its requirements, what is missing, what it rests on."""
    record = view.record
    parts = []
    if view.missing:
        parts.append(SheetPart(title=_("Missing in this programme"), said=view.missing))
    lines = point_lines(view.found)
    drawings: tuple[SheetDrawing, ...] = ()
    if any(line.value is not None for line in lines):
        listed = "; ".join(f"{line.name} {line.value:.3f} {line.note}" for line in lines if line.value is not None)
        told = _("Weighted means of the indicator points with their intervals: %(listed)s") % {"listed": listed}
        drawings = (SheetDrawing(svg=spans(lines, width=760), told=told),)
    parts.append(table_part(
        view.results, title=_("Graduation requirements"), about=_("From the latest locked result of each course, over "
        "its classes. A requirement is the lowest of its indicator points. The interval is on the safe side: the same "
        "students sit in several courses."), drawings=drawings, widths=WIDTHS["requirements"],
    ))  # fmt: skip
    parts.append(table_part(view.matrix, title=_("Which course supports which indicator point")))
    parts.append(_rests_on(view))
    return FactSheet(
        language=translation.get_language() or "en",
        title=_("Attainment of graduation requirements"),
        issuer=said(record.space.name),
        banner=banner_of([record.space]),
        facts=(
            (_("Programme"), record.programme),
            (_("Map of the programme"), f"{_('version %(n)s') % {'n': record.number}} · SHA-256 {record.digest}"),
            (_("Terms"), ", ".join(view.terms) or "–"),
        ),
        parts=tuple(parts),
        footer=printed(at),
    )


def _rests_on(view: ProgrammeView) -> SheetPart:
    """Return the locked results behind a programme, each with who stands behind it."""
    rows = []
    for one in view.used:
        filled, checked = _by(one.filled_by, one.filled_at), _by(one.checked_by, one.checked_at)
        rows.append((
            one.run.course, said(one.run.group.name), one.run.term, str(one.number),
            f"{filled['name']} {filled['on'][:10]}", f"{checked['name']} {checked['on'][:10]}", one.digest,
        ))  # fmt: skip
    title = _("Locked results behind it")
    if not rows:
        return SheetPart(title=title, said=(_("None yet."),))
    head = (_("Course"), _("Class"), _("Term"), _("Version"), _("Handed in by"), _("Checked by"), "SHA-256")
    return SheetPart(
        title=title, head=head, rows=tuple(rows), widths=(1.1, 1.7, 1.6, 0.9, 1.7, 1.7, 5.2)
    )  # fmt: skip
