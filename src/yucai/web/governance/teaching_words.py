"""What is said of a survey: its findings, and the six parts of its explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.governance import NOT_CURED, TeachingPlace
from yucai.web.explaining import Explanation
from yucai.web.governance.teaching_showing import SurveyView

__all__ = ["called", "explained_survey", "findings_of"]

MOST_NAMED: Final = 3
MATERIAL: Final = 0.1  # of lecturers who would stand in another group: from here on it is a finding


def called(factor: str) -> str:
    """Return what a source of differences is called."""
    return {
        "lecturer": _("lecturers"),
        "rater": _("how strict students are"),
        "course": _("courses"),
        "residual": _("chance and everything else"),
    }[factor]


def findings_of(view: SurveyView) -> Iterator[str]:
    """Yield what a director should know first of a survey."""
    result, told = view.survey.result, [one for one in view.lecturers if not one.hidden]
    shares = {factor: share for factor, _sd, share, _n in result["components"]}
    yield _(
        "Of the differences between ratings, %(own)d %% go back to lecturers, %(rater)d %% to how strict students are."
    ) % {"own": round(100 * shares["lecturer"]), "rater": round(100 * shares["rater"])}
    apart = len(view.within(TeachingPlace.ABOVE)) + len(view.within(TeachingPlace.BELOW))
    yield ngettext(
        "%(n)d of %(all)d lecturers differs from the average with the whole interval; of these, about %(wrong).1f may "
        "stand on the other side. Of all pairs, %(pairs)d %% can be told apart.",
        "%(n)d of %(all)d lecturers differ from the average with the whole interval; of these, about %(wrong).1f may "
        "stand on the other side. Of all pairs, %(pairs)d %% can be told apart.",
        apart,
    ) % {
        "n": apart,
        "wrong": result["wrong_expected"],
        "all": len(view.lecturers),
        "pairs": round(100 * result["pairs_apart"]),
    }
    if told and result["components"]:
        best = max(told, key=lambda one: one.raw or 0.0)
        if best.place is not TeachingPlace.ABOVE:
            yield _(
                "The highest raw mean (%(raw).2f, %(n)d raters) is not among those whose whole interval lies above the "
                "average: it rests on too little."
            ) % {"raw": best.raw, "n": best.raters}
    order = result.get("order")
    if order and order["moved"] > MATERIAL * order["n"]:
        yield _("How far apart the answers of the scale lie matters here.") + " " + _order_said(order)
    low = sorted({course.name for course in view.courses if course.low_response})
    if low:
        comma = "、" if (translation.get_language() or "en").startswith("zh") else ", "
        named = comma.join(low[:MOST_NAMED]) + ("…" if len(low) > MOST_NAMED else "")
        yield ngettext(
            "In %(n)d course fewer than half answered (%(named)s): its mean may lie anywhere between its bounds.",
            "In %(n)d courses fewer than half answered (%(named)s): their means may lie anywhere between their bounds.",
            len(low),
        ) % {"n": len(low), "named": named}
    if result["islands"] > 1:
        yield _(
            "The ratings fall into %(n)d parts that share no student and no lecturer. Between them, lecturers are "
            "compared only as far as their students are alike."
        ) % {"n": result["islands"]}


def explained_survey(view: SurveyView) -> Explanation:
    """Return the six parts of what a survey says of lecturers."""
    survey, result = view.survey, view.survey.result
    facts = {"n": result["ratings"], "raters": survey.raters, "name": survey.name, "file": survey.file_name,
             "day": f"{localtime(survey.at):%Y-%m-%d}"}  # fmt: skip
    return Explanation(
        data=_(
            "%(n)d ratings by %(raters)d students in “%(name)s” (file %(file)s, taken in %(day)s). The numbers of the "
            "students were not kept."
        )
        % facts,
        method=_(
            "Linear model with crossed effects of students, lecturers and, where several are taught, courses, fitted "
            "by restricted maximum likelihood; Yucai %(version)s. Each lecturer is drawn towards the average as far as "
            "the ratings are uncertain."
        )
        % {"version": result["version"]},
        reasons=_(
            "A lecturer stands above or below the average only if the whole interval does. The raw mean stands beside "
            "it and is never shown alone; there are no ranks."
        ),
        change=_changed(result["needed"]),
        sure=_sure(result),
        objection=_(
            "Say what is wrong to whoever answers for the data (%(owner)s) or to the director; the survey can be "
            "worked out anew or removed. No decision about a lecturer may rest on these figures alone."
        )
        % {"owner": survey.source.owner},
    )


def _changed(needed: int | None) -> str:
    language = translation.get_language() or "en"
    more = (
        _(
            "More ratings: for a reliability of 0.7 it takes %(n)d by different students. A higher response would "
            "narrow the bounds of a course."
        )
        % {"n": needed}
        if needed
        else _("In this survey lecturers differ no more than by chance; more ratings may show more.")
    )
    return f"{more} {NOT_CURED.in_language(language)}"


def _sure(result: Mapping[str, Any]) -> str:
    told = _(
        "Nine times in ten the interval holds what more students of this kind would say. Of those named above or below "
        "the average, about %(wrong).1f stand on the other side. With answers taken as an order only, lecturers come "
        "out alike (correlation %(spacing).2f)."
    ) % {"wrong": result["wrong_expected"], "spacing": result["spacing"]}
    order = result.get("order")
    return f"{told} {_order_said(order)}" if order else told


def _order_said(order: Mapping[str, Any]) -> str:
    """Return whether it matters that steps between answers are taken as equal, by a cumulative link model."""
    facts = {"n": order["moved"], "all": order["n"], "correlation": f"{order['correlation']:.2f}"}
    if not order["moved"]:
        return (
            _(
                "A cumulative link model, which knows no steps between answers, puts every lecturer into the same "
                "group (correlation %(correlation)s)."
            )
            % facts
        )
    return (
        ngettext(
            "A cumulative link model, which knows no steps between answers, puts %(n)d of %(all)d lecturers into "
            "another group (correlation %(correlation)s).",
            "A cumulative link model, which knows no steps between answers, puts %(n)d of %(all)d lecturers into "
            "another group (correlation %(correlation)s).",
            order["moved"],
        )
        % facts
    )
