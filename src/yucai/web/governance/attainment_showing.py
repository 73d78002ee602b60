"""The attainment of one course in the words of its page: cards of objectives, versions, what came of last year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from yucai.evidence import CellKind
from yucai.governance import (
    ActionOutcome,
    CourseAttainment,
    CourseMap,
    CourseReport,
    Improvement,
    Level,
    LockedBy,
    ObjectiveAttainment,
    ReportTable,
    follow_up,
    interval_words,
    pool_classes,
    report_tables,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Charge
from yucai.web.drawing import ScoreBand, ScoreLabels, score_bars
from yucai.web.explaining import Explanation
from yucai.web.governance.attainment_counting import work_out
from yucai.web.governance.attainment_digests import CHANGED, MAP_CHANGED, fits_map, is_unchanged, result_of
from yucai.web.governance.attainment_models import AttainmentAction, AttainmentRun, AttainmentTicket, AttainmentVersion
from yucai.web.listing import Cell, Table, Value, plain_table

__all__ = [
    "CourseView",
    "LastYear",
    "ObjectiveCard",
    "course_view",
    "earlier_versions",
    "explained_course",
    "improvements",
    "in_a_row",
    "language",
    "objective_bars",
    "report_of",
    "said",
    "shown_tables",
]

State = AttainmentVersion.State
WIDE, NARROW = 640, 340
PLACES: Final = {CellKind.WHOLE: 0, CellKind.PERCENT: 0, CellKind.DECIMAL: 3}


def language() -> str:
    """Return the language of the page, as the library calls it."""
    return "zh" if (translation.get_language() or "en").startswith("zh") else "en"


def said(text: Text) -> str:
    """Say a text of the library in the language of the page."""
    return text.in_language(language())


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveCard:
    """One objective on the page: its figures, what they say, and what they hang on, as sentences."""

    one: ObjectiveAttainment
    says: str
    mark: str
    interval: str
    share: str
    left_out: str
    hangs: str
    bars_wide: str
    bars_narrow: str
    actions: tuple[AttainmentAction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """A course as its page shows it. ``state`` is draft, handed-in, locked or returned; ``ticket`` an open one.

    ``withheld`` says why a result that is handed in or locked is not shown: it is not what was written down.
    ``changed`` holds the numbers of all versions of which that is so.
    """

    run: AttainmentRun
    map: CourseMap
    result: CourseAttainment | None
    version: AttainmentVersion | None
    versions: tuple[AttainmentVersion, ...]
    ticket: AttainmentTicket | None
    state: str
    cards: tuple[ObjectiveCard, ...]
    actions: tuple[AttainmentAction, ...]
    withheld: str = ""
    changed: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it may be filled in now."""
        return self.state in {"draft", State.RETURNED}


def course_view(run: AttainmentRun) -> CourseView:
    """Return a course as it stands: the result that is handed in or locked, or what the scores give now."""
    versions = tuple(run.versions.select_related("filled_by", "checked_by", "ticket").order_by("-number"))
    ticket = run.tickets.filter(closed_at=None).first()
    last = versions[0] if versions else None
    fixed = last if last is not None and last.state != State.RETURNED else None
    if fixed is not None and fixed.state == State.LOCKED and ticket is not None:
        fixed = None
    withheld = ""
    if fixed is not None:
        result, withheld = _kept(fixed, run)
        state, course = str(fixed.state), run.map.map
    else:
        counted = work_out(run)
        result, course = counted.result, counted.map
        state = str(State.RETURNED) if last is not None and last.state == State.RETURNED else "draft"
    actions = tuple(run.actions.order_by("objective", "pk"))
    cards = tuple(_card(one, actions) for one in result.objectives) if result is not None else ()
    return CourseView(run=run, map=course, result=result, version=fixed, versions=versions, ticket=ticket, state=state,
                      cards=cards, actions=actions, withheld=withheld,
                      changed=tuple(one.number for one in versions if not is_unchanged(one)))  # fmt: skip


def _kept(version: AttainmentVersion, run: AttainmentRun) -> tuple[CourseAttainment | None, str]:
    """Return the result of a version, or nothing and the sentence that says why it is withheld."""
    result = result_of(version)
    if result is None:
        return None, said(CHANGED.filled(version=version.number))
    if not fits_map(result, run.map):
        return None, said(MAP_CHANGED.filled(version=version.number))
    return result, ""


def _card(one: ObjectiveAttainment, actions: Sequence[AttainmentAction]) -> ObjectiveCard:
    return ObjectiveCard(
        one=one,
        says=said(one.level.says),
        mark={Level.REACHED: "verified", Level.BELOW: "returned"}.get(one.level, "waiting"),
        interval=interval_words(one.interval),
        share="" if one.share is None else _("%(n)d of %(of)d (%(share)d %%; 95 %% interval %(low)d–%(high)d %%)") % {
            "n": one.n_reached, "of": one.n, "share": round(100 * one.share.value),
            "low": round(100 * one.share.low), "high": round(100 * one.share.high)},
        left_out=_left_out(one),
        hangs=_hangs(one),
        bars_wide=objective_bars(one, WIDE),
        bars_narrow=objective_bars(one, NARROW),
        actions=tuple(action for action in actions if action.objective == one.objective),
    )  # fmt: skip


def _left_out(one: ObjectiveAttainment) -> str:
    from yucai.governance import STATE_WORDS

    told = [f"{said(STATE_WORDS[left.state])} {left.n}" for left in one.left_out]
    return ("、" if language() == "zh" else ", ").join(told)


def _hangs(one: ObjectiveAttainment) -> str:
    """Say in a sentence or two what other weights and those left out could change."""
    told = one.sensitivity
    if told is None or one.value is None:
        return ""
    facts = {"low": f"{told.low:.2f}", "high": f"{told.high:.2f}", "equal": f"{told.equal:.2f}",
             "marks": f"{told.by_marks:.2f}", "worst": f"{told.worst:.2f}", "best": f"{told.best:.2f}"}  # fmt: skip
    lines = []
    if len(one.parts) > 1:
        lines.append(_("With every weight a fifth off: %(low)s to %(high)s; all parts alike: %(equal)s; by full marks: "
                       "%(marks)s.") % facts)  # fmt: skip
    if one.left_out:
        lines.append(_("With nothing, or everything, in the scores that are missing: %(worst)s to %(best)s.")
                     % facts)  # fmt: skip
    if one.depends_on_weights:
        lines.append(_("Whether the expected value is reached hangs on the choice of weights."))
    return in_a_row(lines)


def in_a_row(sentences: Iterable[str]) -> str:
    """Return sentences after one another, as the language of the page writes them."""
    return ("" if language() == "zh" else " ").join(sentences)


def objective_bars(one: ObjectiveAttainment, width: int) -> str:
    """Return how many students reach each tenth of an objective as SVG."""
    names = [f"{n / 10:.1f}" if width < WIDE else f"{n / 10:.1f}–{n / 10 + 0.1:.1f}" for n in range(10)]
    bands = [ScoreBand(name=name, learners=n) for name, n in zip(names, one.bins, strict=True)]
    labels = ScoreLabels(
        title=_("Students by attainment of %(objective)s") % {"objective": one.objective}, learners=_("students"),
        marks=_("attainment"), hidden=_("hidden"), empty=_("Nobody has a score in every part."),
    )  # fmt: skip
    return score_bars(bands, width=width, labels=labels)


def shown_tables(report: CourseReport) -> list[Table]:
    """Return the tables of a report as the page and its workbooks have them."""
    return [_table(table) for table in report_tables(report)]


def _table(table: ReportTable) -> Table:
    heads = [(said(title), kind, PLACES.get(kind, 0)) for title, kind in table.columns]
    kinds = [kind for _title, kind in table.columns]
    rows = [[_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in table.rows]
    return plain_table(table.code, said(table.name), heads, rows)


def _cell(value: Value, kind: CellKind) -> Value | Cell:
    """Return a value as the Word report writes it: full marks without three places, shares with their sign."""
    if not isinstance(value, int | float):
        return value
    if kind is CellKind.PERCENT:
        return Cell(value=value, shown=f"{value:.0%}")
    return Cell(value=value, shown=f"{value:.1f}") if kind is CellKind.DECIMAL and abs(value) > 1.0005 else value


def explained_course() -> Explanation:
    """Say of the figures of a course what must be said of a result."""
    return Explanation(
        data=_("Scores of this class in the parts of the assessment that the map names; answers of a survey apart."),
        method=_("Weighted mean of scores over full marks, as the map says; intervals by bootstrap over students "
                 "(expanded percentile), shares exact. Version of the map and digest stand below."),
        reasons=_("Each part, its weight, its mean and of how many there is a score stand in the table of parts."),
        change=_("Other scores, other weights, or a corrected state. What weights could change stands below each one."),
        sure=_("Fewer than five students give no interval. “Reached” and “below” are said only where the whole "
               "interval lies on one side."),
        objection=_("Teachers and directors open a correction; a student objects at the evidence behind a score."),
    )  # fmt: skip


def earlier_versions(run: AttainmentRun) -> list[AttainmentVersion]:
    """Return the newest locked result of each class that took the course in the latest term before. One query."""
    earlier = AttainmentVersion.objects.filter(
        run__space=run.space_id, run__course=run.course, run__term__lt=run.term, state=State.LOCKED
    )
    rows = list(earlier.select_related("run", "run__group").order_by("-run__term", "run_id", "-number")[:40])
    term = rows[0].run.term if rows else ""
    newest: dict[int, AttainmentVersion] = {}
    for row in rows:
        if row.run.term == term:
            newest.setdefault(row.run_id, row)
    return list(newest.values())


def improvements(
    earlier: Sequence[AttainmentVersion], result: CourseAttainment | None
) -> tuple[tuple[ActionOutcome, ...], CourseAttainment | None]:
    """Return what came of the actions of the year before, and its result over all its classes."""
    if not earlier or result is None:
        return (), None
    results = [told for one in earlier if (told := result_of(one)) is not None]
    if not results:
        return (), None
    same = [one for one in results if one.map == results[0].map]
    before = pool_classes(same)
    written = AttainmentAction.objects.filter(run__in=[one.run_id for one in earlier]).order_by("objective", "pk")
    actions = [_improvement(one) for one in written]
    return follow_up(actions, before, result), before


def _improvement(action: AttainmentAction) -> Improvement:
    return Improvement(objective=action.objective, what=action.what, who=action.who, by=action.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """What is said of last year's actions: what came of them, that result, or in a sentence why it is not said."""

    outcomes: tuple[ActionOutcome, ...] = ()
    before: CourseAttainment | None = None
    says: str = ""


def report_of(view: CourseView, last: LastYear) -> CourseReport | None:
    """Return the report of a course in the language of the page; None before there are scores."""
    if view.result is None:
        return None
    run, version = view.run, view.version
    locked = None
    if version is not None and version.state == State.LOCKED and version.checked_at is not None:
        ticket = version.ticket
        locked = LockedBy(
            version=version.number, digest=version.digest, filled_by=_who(version.filled_by),
            filled_at=version.filled_at, checked_by=_who(version.checked_by), checked_at=version.checked_at,
            corrects=ticket.corrects if ticket is not None else None,
            reason=ticket.reason if ticket is not None else "",
        )  # fmt: skip
    return CourseReport(
        school=said(run.space.name), group=said(run.group.name), term=run.term, teacher=_teachers(run), map=view.map,
        result=view.result, analysis=version.analysis if version is not None else run.analysis,
        actions=tuple(_improvement(one) for one in view.actions), outcomes=last.outcomes, last_says=last.says,
        locked=locked, simulated=run.space.simulated,
    )  # fmt: skip


def _who(account: Account | None) -> str:
    return "–" if account is None else said(account.name)


def _teachers(run: AttainmentRun) -> str:
    mine = Q(group=run.group_id, account__role=Account.Role.TEACHER)
    charges = Charge.objects.filter(mine).select_related("account").order_by("account__username")
    return ("、" if language() == "zh" else ", ").join(said(one.account.name) for one in charges)
