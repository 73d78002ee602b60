"""A survey on paper: what the page says, in the same words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import NEVER_ALONE
from yucai.web.governance.papers import banner_of, table_part
from yucai.web.governance.teaching_charts import chart_of, courses_table, lecturers_table
from yucai.web.governance.teaching_groups import groups_tables, groups_view
from yucai.web.governance.teaching_models import TeachingSurvey
from yucai.web.governance.teaching_showing import ORDER, SurveyView
from yucai.web.governance.teaching_words import explained_survey, findings_of
from yucai.web.paper import FactSheet, SheetDrawing, SheetPart

__all__ = ["survey_sheet"]

LECTURERS: Final = (3.2, 1.2, 1.6, 1.8, 1.4, 1.4)
"""How the columns of the lecturers share the page."""


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
    return FactSheet(
        language=language,
        title=_("Teaching quality"),
        issuer=survey.space.name.in_language(language),
        banner=banner_of([survey.space]),
        facts=tuple(facts),
        parts=(
            SheetPart(title=_("What stands out"), said=tuple(findings_of(view))),
            *_by_group(view),
            SheetPart(title=_("Lecturers and the average of all"), drawings=(_drawing(view),)),
            table_part(courses_table(view)),
            *_by_groups(survey),
            SheetPart(
                title=_("Why, how sure, and how to object"),
                said=tuple(f"{part.label}: {part.says}" for part in explained.parts),
            ),
        ),
        footer=NEVER_ALONE.in_language(language),
    )


def _drawing(view: SurveyView) -> SheetDrawing:
    """Return the lecturers with their intervals as the page draws them; the tables below say the same."""
    told = _("How many points of the scale each lecturer lies from the average, with 90 % intervals; groups, "
             "and names inside them, in no order of merit.")  # fmt: skip
    return SheetDrawing(svg=chart_of(view, width=860), told=told)


def _by_groups(survey: TeachingSurvey) -> Iterator[SheetPart]:
    """Yield how groups of raters see groups of lecturers, where the table named them."""
    groups = groups_view(survey)
    if groups is not None and groups.cells:
        part = table_part(groups_tables(groups)[0])
        yield replace(part, said=(*(one.says for one in groups.pairs), *groups.cautions))


def _by_group(view: SurveyView) -> Iterator[SheetPart]:
    """Yield the lecturers of each group, by name."""
    language = translation.get_language() or "en"
    for place in ORDER:
        those = replace(view, lecturers=view.within(place))
        if those.lecturers:
            title = place.says.in_language(language).capitalize()
            part = table_part(lecturers_table(those), title=title, leave=("place", "top", "bottom"), widths=LECTURERS)
            yield replace(part, said=())
    hidden = [one.name for one in view.lecturers if one.hidden]
    if hidden:
        yield SheetPart(title=_("Too few raters to show"), said=(" · ".join(hidden),))
