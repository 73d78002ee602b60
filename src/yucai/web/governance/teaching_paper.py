"""A survey on paper: what the page says, in the same words and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import NEVER_ALONE
from yucai.web.governance.teaching_charts import courses_table, lecturers_table
from yucai.web.governance.teaching_groups import groups_tables, groups_view
from yucai.web.governance.teaching_models import TeachingSurvey
from yucai.web.governance.teaching_showing import ORDER, SurveyView
from yucai.web.governance.teaching_words import explained_survey, findings_of
from yucai.web.listing import ShownCell, Table, heads, shown_rows
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["part_of", "survey_sheet"]


def survey_sheet(view: SurveyView) -> FactSheet:
    """Return a survey as a sheet in the language that is active."""
    language = translation.get_language() or "en"
    survey = view.survey
    explained = explained_survey(view)
    facts = [
        (_("Survey"), survey.name),
        (_("Ratings"), f"{view.answered:,}"),
        (_("Students who rated"), f"{survey.raters:,}"),
        (_("Response, %"), _("not known") if view.rate is None else f"{round(100 * view.rate)}"),
        (_("Average of all"), f"{view.average:.2f}"),
        (_("Worked out"), f"{localtime(survey.worked_at):%Y-%m-%d %H:%M}"),
    ]
    if survey.space.simulated:
        facts.append((_("Simulated"), _("yes: nobody in it exists, or only some do")))
    return FactSheet(
        language=language,
        title=_("Teaching quality"),
        issuer=survey.space.name.in_language(language),
        facts=tuple(facts),
        parts=(
            SheetPart(title=_("What stands out"), said=tuple(findings_of(view))),
            *_by_group(view),
            part_of(courses_table(view), leave=()),
            *_by_groups(survey),
            SheetPart(
                title=_("Why, how sure, and how to object"),
                said=tuple(f"{part.label}: {part.says}" for part in explained.parts),
            ),
        ),
        footer=NEVER_ALONE.in_language(language),
    )


def _by_groups(survey: TeachingSurvey) -> Iterator[SheetPart]:
    """Yield how groups of raters see groups of lecturers, where the table named them."""
    groups = groups_view(survey)
    if groups is not None and groups.cells:
        part = part_of(groups_tables(groups)[0], leave=())
        yield replace(part, said=(*(one.says for one in groups.pairs), *groups.cautions))


def _by_group(view: SurveyView) -> Iterator[SheetPart]:
    """Yield the lecturers of each group, by name."""
    language = translation.get_language() or "en"
    for place in ORDER:
        those = replace(view, lecturers=view.within(place))
        if those.lecturers:
            part = part_of(lecturers_table(those), leave=("place", "top", "bottom"))
            yield replace(part, title=place.says.in_language(language).capitalize(), said=())
    hidden = [one.name for one in view.lecturers if one.hidden]
    if hidden:
        yield SheetPart(title=_("Too few raters to show"), said=(" · ".join(hidden),))


def part_of(table: Table, *, leave: Iterable[str]) -> SheetPart:
    """Return a table as it stands on the page, without some of its columns."""
    left = set(leave)
    kept = [n for n, column in enumerate(one for one in table.columns if one.on_page) if column.key not in left]
    titles, rows = heads(table), list(shown_rows(table))
    return SheetPart(
        title=str(table.title),
        head=tuple(titles[n].title for n in kept),
        rows=tuple(tuple(_said(row.cells[n]) for n in kept) for row in rows),
        said=table.notes,
    )


def _said(cell: ShownCell) -> str:
    return f"{cell.text} {cell.small}".strip()
