"""What the page of teaching quality shows of a survey: all of it, or a lecturer's own figures beside the others'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Avg, Count
from django.utils import translation

from yucai.governance import Axis, AxisKind, ResponseBounds, TeachingPlace, response_bounds
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.releases import released_counts
from yucai.web.governance.teaching_models import TaughtCourse, TaughtLecturer, TeachingSurvey

__all__ = ["ORDER", "CourseView", "LecturerView", "OthersPlaced", "SurveyView", "others_placed", "survey_view"]

LOW_RESPONSE: Final = 0.5  # under it the page says so; the bounds say how much is open
ORDER: Final = (TeachingPlace.BELOW, TeachingPlace.NOT_TOLD_APART, TeachingPlace.ABOVE, TeachingPlace.UNKNOWN)
PLACED: Final = Text("where lecturers stand", "教师所在的组")


@dataclass(frozen=True, slots=True, kw_only=True)
class LecturerView:
    """A lecturer: figures where at least as many raters spoke as the rules of release ask for, else none of them."""

    name: str
    code: str
    raters: int
    hidden: bool
    place: TeachingPlace | None = None
    raw: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    reliability: float | None = None
    top: float | None = None
    bottom: float | None = None

    @property
    def told(self) -> bool:
        """Whether an interval is shown: enough raters, and reliable enough."""
        return not self.hidden and self.place is not TeachingPlace.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """A course of one lecturer: who answered, and the bounds of the mean of all who were asked."""

    lecturer: str
    name: str
    answered: int
    invited: int | None
    rate: float | None
    hidden: bool
    bounds: ResponseBounds | None

    @property
    def low_response(self) -> bool:
        """Whether fewer than half of those asked answered."""
        return self.rate is not None and self.rate < LOW_RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyView:
    """A survey as a reader sees it: lecturers by group and, inside, by name."""

    survey: TeachingSurvey
    lecturers: tuple[LecturerView, ...]
    courses: tuple[CourseView, ...]
    min_cell: int

    @property
    def average(self) -> float:
        """The mean that a lecturer gets who is average here."""
        return float(self.survey.result["average"])

    @property
    def answered(self) -> int:
        """How many ratings there are."""
        return sum(course.answered for course in self.courses)

    @property
    def rate(self) -> float | None:
        """The share of those asked who answered, over the courses of which it is known."""
        known = [course for course in self.courses if course.invited]
        asked = sum(course.invited or 0 for course in known)
        return sum(course.answered for course in known) / asked if asked else None

    def within(self, place: TeachingPlace) -> tuple[LecturerView, ...]:
        """Return the lecturers of one group whose figures are shown."""
        return tuple(one for one in self.lecturers if one.place is place and not one.hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersPlaced:
    """How many lecturers stand in each group; None is hidden, and ``reasons`` say why."""

    counts: tuple[tuple[Text, int | None], ...]
    reasons: tuple[str, ...]
    held: tuple[str, ...]


def survey_view(survey: TeachingSurvey, *, at: datetime, only: Account | None = None) -> SurveyView:
    """Return what is shown of a survey that was worked out; ``only`` narrows it to the lecturers that an account is."""
    least = policy_of(survey.space, day=at.date()).min_cell
    lecturers = TaughtLecturer.objects.filter(survey=survey)
    if only is not None:
        lecturers = lecturers.filter(account=only)
    taught = TaughtCourse.objects.filter(lecturer__in=lecturers).select_related("lecturer")
    told = taught.annotate(answered=Count("ratings"), mean=Avg("ratings__score")).order_by("lecturer__name", "code")
    return SurveyView(
        survey=survey,
        lecturers=tuple(sorted((_lecturer(one, least) for one in lecturers), key=_in_groups)),
        courses=tuple(_courses(told, survey, least)),
        min_cell=least,
    )


def others_placed(survey: TeachingSurvey, *, at: datetime) -> OthersPlaced:
    """Return how many lecturers of a survey stand in each group, for one of them: through the gate of releases."""
    figures = TaughtLecturer.objects.filter(survey=survey).values_list("figure", flat=True)
    places = [figure["place"] for figure in figures]
    axis = Axis(code="place", name=PLACED, leaves=tuple(place.value for place in ORDER), kind=AxisKind.COUNTED,
                has_total=False, names={place.value: place.says for place in ORDER})  # fmt: skip
    counts = {place.value: places.count(place.value) for place in ORDER}
    policy = policy_of(survey.space, day=at.date())
    shown = released_counts("teaching-places", counts, axis=axis, policy=policy, at=at)
    language = translation.get_language() or "en"
    return OthersPlaced(
        counts=tuple((place.says, cell.count) for place, cell in zip(ORDER, shown.cells, strict=True)),
        reasons=tuple(reason.in_language(language) for reason in shown.reasons),
        held=(shown.held.in_language(language),) if shown.held is not None else (),
    )


def _lecturer(lecturer: TaughtLecturer, least: int) -> LecturerView:
    name, raters, figure = lecturer.name, lecturer.raters, lecturer.figure
    if raters < least:
        return LecturerView(name=name, code=lecturer.code, raters=raters, hidden=True)
    return LecturerView(
        name=name, code=lecturer.code, raters=raters, hidden=False, place=TeachingPlace(figure["place"]),
        raw=figure["raw"], mean=figure["mean"], low=figure["low"], high=figure["high"],
        reliability=figure["reliability"], top=figure["top"], bottom=figure["bottom"],
    )  # fmt: skip


def _in_groups(one: LecturerView) -> tuple[int, str, str]:
    """Groups in their order, hidden ones last; inside a group by name and never by a mean."""
    return (len(ORDER) if one.place is None else ORDER.index(one.place), one.name, one.code)


def _courses(courses: Iterable[TaughtCourse], survey: TeachingSurvey, least: int) -> list[CourseView]:
    told = list(courses)
    hidden = _hidden(told, least)
    return [_course(course, survey, hidden=course.pk in hidden) for course in told]


def _hidden(courses: Sequence[TaughtCourse], least: int) -> set[int]:
    """Return the courses (numbers) that are hidden: of too few, and the next of a lecturer whose rest would tell."""
    hidden: set[int] = set()
    for lecturer in {course.lecturer_id for course in courses}:
        mine = sorted((one for one in courses if one.lecturer_id == lecturer), key=_answered)
        small = [one for one in mine if _answered(one) < least]
        if small and sum(map(_answered, small)) < least and len(mine) > len(small):
            small.append(mine[len(small)])
        hidden |= {one.pk for one in small}
    return hidden


def _answered(course: TaughtCourse) -> int:
    return int(course.answered)  # type: ignore[attr-defined]  # annotated above


def _course(course: TaughtCourse, survey: TeachingSurvey, *, hidden: bool) -> CourseView:
    answered, invited = _answered(course), course.invited
    bounds = None
    if not hidden and invited:
        bounds = response_bounds(
            answered=answered, invited=invited, mean=float(course.mean),  # type: ignore[attr-defined]  # annotated
            scale=(survey.low, survey.high), average=float(survey.result["average"]),
        )  # fmt: skip
    return CourseView(
        lecturer=course.lecturer.name,
        name=course.name,
        answered=answered,
        invited=invited,
        rate=answered / invited if invited else None,
        hidden=hidden,
        bounds=bounds,
    )
