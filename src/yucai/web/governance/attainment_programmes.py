"""The page of a programme: requirements by courses, results, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.evidence import CellKind
from yucai.governance import (
    STRENGTHS,
    CourseAttainment,
    ProgrammeMap,
    RequirementAttainment,
    attain_requirements,
    courses_without_map,
    interval_words,
    pool_classes,
)
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.attainment_digests import CHANGED, kept_result, result_of
from yucai.web.governance.attainment_doors import seen_runs
from yucai.web.governance.attainment_maps import current_maps, current_programmes
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentProgramme, AttainmentRun, AttainmentVersion
from yucai.web.governance.attainment_showing import language, said
from yucai.web.governance.attainment_spans import point_lines, spans
from yucai.web.listing import Cell, Column, Table, Value, plain_table

__all__ = ["ProgrammeView", "programme_views", "runs_table", "runs_to_show"]

State = AttainmentVersion.State
DECIMAL, TEXT = CellKind.DECIMAL, CellKind.TEXT
MOST_RUNS: Final = 60
WIDTHS: Final = (680, 340)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeView:
    """One programme: its matrix, its results with table and drawing, and what is missing, as sentences.

    ``used`` are the locked results behind it.
    """

    record: AttainmentProgramme
    matrix: Table
    results: Table
    missing: tuple[str, ...]
    terms: tuple[str, ...]
    found: tuple[RequirementAttainment, ...]
    used: tuple[AttainmentVersion, ...]
    wide: str
    narrow: str


def runs_to_show(account: Account, space: Space) -> list[AttainmentRun]:
    """Return the courses of an account with the state of their newest version, the latest term first. One query."""
    newest = AttainmentVersion.objects.filter(run=OuterRef("pk")).order_by("-number")
    runs = seen_runs(account).filter(space=space).select_related("map", "group")
    noted = runs.annotate(
        state=Subquery(newest.values("state")[:1]), told=Subquery(newest.values("content")[:1]),
        said=Subquery(newest.values("analysis")[:1]), mark=Subquery(newest.values("digest")[:1]),
    )  # fmt: skip
    return list(noted.order_by("-term", "course", "group__code")[:MOST_RUNS])


def runs_table(runs: Iterable[AttainmentRun]) -> Table:
    """Return the courses as a table: class, term, state, how many objectives reach what is expected."""
    columns = (
        Column(key="course", title=gettext_lazy("Course"),
               read=lambda row: Cell(value=row.map.name or row.course, small=row.course,
                                     link=reverse("attainment_course", args=[row.pk]))),
        Column(key="group", title=gettext_lazy("Class"), read=lambda row: row.group.name),
        Column(key="term", title=gettext_lazy("Term"), read=lambda row: row.term, nowrap=True),
        Column(key="state", title=gettext_lazy("State"), read=_state),
        Column(key="reached", title=gettext_lazy("At or above the expected value"), read=_reached),
    )  # fmt: skip
    return Table(key="courses", title=_("Courses and classes"), columns=columns, rows=list(runs))


def _state(row: AttainmentRun) -> Cell:
    state: str = row.state or "draft"  # type: ignore[attr-defined]  # annotated
    words = {"draft": _("being filled in"), **{str(code): str(label) for code, label in State.choices}}
    mark = {"locked": "mark verified", "handed-in": "mark waiting", "returned": "mark returned"}.get(state, "mark")
    return Cell(value=words[state], mark=mark)


def _reached(row: AttainmentRun) -> Cell:
    told: str | None = row.told  # type: ignore[attr-defined]
    if not told:
        return Cell(words=_("no result yet"))
    kept = kept_result(content=told, analysis=row.said, digest=row.mark)  # type: ignore[attr-defined]
    if kept is None:
        return Cell(words=_("withheld: changed after it was handed in"))
    known = [one for one in kept.objectives if one.value is not None]
    n = sum(not one.asks_action for one in known)
    return Cell(value=_("%(n)d of %(of)d objectives") % {"n": n, "of": len(known)})


def programme_views(account: Account, space: Space) -> list[ProgrammeView]:
    """Return the programmes of an institution. Results are of the courses whose results the account sees."""
    programmes = current_programmes(space)
    if not programmes:
        return []
    maps = {one.course: one for one in current_maps(space)}
    found = _results(account, space)
    return [_view(one, maps, found) for one in programmes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """The result of each course, its term and versions; ``withheld`` are those that are not what was handed in."""

    by_course: dict[str, CourseAttainment]
    terms: dict[str, str]
    used: dict[str, list[AttainmentVersion]]
    withheld: tuple[AttainmentVersion, ...]


def _results(account: Account, space: Space) -> _Results:
    """Return the result of each course in its latest term with a locked one, over its classes. One query."""
    locked = AttainmentVersion.objects.filter(
        run__in=seen_runs(account).filter(space=space), state=State.LOCKED
    ).select_related("run", "run__group", "filled_by", "checked_by")
    newest: dict[int, AttainmentVersion] = {}
    for one in locked.order_by("-number"):
        newest.setdefault(one.run_id, one)
    by_course: dict[str, list[AttainmentVersion]] = {}
    for one in newest.values():
        by_course.setdefault(one.run.course, []).append(one)
    found: dict[str, CourseAttainment] = {}
    terms: dict[str, str] = {}
    used: dict[str, list[AttainmentVersion]] = {}
    withheld: list[AttainmentVersion] = []
    for course, versions in by_course.items():
        term = max(one.run.term for one in versions)
        told = {one: result_of(one) for one in versions if one.run.term == term}
        withheld += [one for one, result in told.items() if result is None]
        kept = [(one, result) for one, result in told.items() if result is not None]
        same = [(one, result) for one, result in kept if result.map == kept[0][1].map]
        if same:
            found[course] = pool_classes([result for _one, result in same])
            terms[course], used[course] = term, [one for one, _result in same]
    return _Results(by_course=found, terms=terms, used=used, withheld=tuple(withheld))


def _view(record: AttainmentProgramme, maps: dict[str, AttainmentMap], told: _Results) -> ProgrammeView:
    programme, results, terms = record.map, told.by_course, told.terms
    found = attain_requirements(programme, results, {code: one.map for code, one in maps.items()})
    missing = [fault.in_language(language()) for fault in courses_without_map(programme, maps)]
    missing += [_withheld(programme, one) for one in told.withheld if one.run.course in programme.courses]
    waiting = [programme.names.get(code) or code for code in programme.courses if code in maps and code not in results]
    if waiting:
        listed = ("、" if language() == "zh" else ", ").join(waiting)
        missing.append(_("No locked result that you may see: %(listed)s.") % {"listed": listed})
    lines = point_lines(found)
    wide, narrow = (spans(lines, width=width) for width in WIDTHS)
    used = sorted({terms[code] for code in programme.courses if code in terms})
    return ProgrammeView(record=record, matrix=_matrix(programme), results=_table(record, found),
                         missing=tuple(missing), terms=tuple(used), found=tuple(found), wide=wide, narrow=narrow,
                         used=tuple(one for code in programme.courses for one in told.used.get(code, ())))  # fmt: skip


def _withheld(programme: ProgrammeMap, version: AttainmentVersion) -> str:
    """Say that a result is left out because it is not what was handed in."""
    run = version.run
    facts = {"course": programme.names.get(run.course) or run.course, "group": said(run.group.name), "term": run.term,
             "says": said(CHANGED.filled(version=version.number))}  # fmt: skip
    return _("%(course)s, %(group)s, %(term)s: %(says)s") % facts


def _matrix(programme: ProgrammeMap) -> Table:
    """Return courses down and indicator points across, H, M, L or the weight in the cells."""
    heads = [(_("Course"), TEXT, 0), *((one.code, TEXT, 0) for one in programme.indicators)]
    told = {
        (one.course, one.indicator): one.strength or ("" if one.weight is None else f"{one.weight:g}")
        for one in programme.supports
    }
    rows: list[Sequence[Value | Cell]] = []
    for course in programme.courses:
        cells = [told.get((course, one.code), "") for one in programme.indicators]
        rows.append([Cell(value=programme.names.get(course) or course, small=course), *cells])
    return plain_table("matrix", _("Courses and graduation requirements"), heads, rows)


def _table(record: AttainmentProgramme, found: Sequence[RequirementAttainment]) -> Table:
    """Return a row for each indicator point, and before them the lowest of them for the requirement."""
    others = STRENGTHS[1:]
    heads = [(_("Requirement"), TEXT, 0), (_("Weighted mean"), DECIMAL, 3), (_("95 % interval"), TEXT, 0),
             (_("Minimum over courses"), DECIMAL, 3), *((said(one.says), DECIMAL, 3) for one in others),
             (_("Without a result"), TEXT, 0)]  # fmt: skip
    none = Cell(words=_("no result"))
    rows: list[Sequence[Value | Cell]] = []
    for requirement in found:
        told = requirement.values
        name = _("Requirement %(code)s (lowest of its points)") % {"code": requirement.requirement}
        rows.append([name, told.get("weighted", none), "", told.get("minimum", none), *("" for _one in others), ""])
        for point in requirement.indicators:
            under = [point.under.get(one.code, "") for one in others]
            rows.append([
                Cell(value=point.indicator.code, small=point.indicator.says), point.values.get("weighted", none),
                interval_words(point.interval), point.values.get("minimum", none), *under, ", ".join(point.missing),
            ])  # fmt: skip
    return plain_table("requirements", record.programme, heads, rows)
