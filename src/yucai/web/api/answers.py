"""The forms of answers: what stands in them, under which name. The document of the API is made from these classes.

What a page says in words is given in the words of the page, in the language that was asked for; a number comes beside
them where the page has one. ``None`` is what is not there or may not be told.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

__all__ = [
    "Assessment", "AssessmentLine", "Assessments", "Band", "Evidence", "Fit", "GeneralSteps", "Group", "GroupLine",
    "GroupQuality", "Groups", "Growth", "GrowthLine", "Level", "Look", "Looks", "Member", "Members", "Named",
    "NextSteps", "Others", "Part", "PastStep", "PersonName", "Portrait", "Quality", "Request", "RequestLine",
    "Requests", "Severity", "Step", "Weak", "Work",
]  # fmt: skip

Place = Annotated[float | None, Meta(description="on the scale of the group: 0 its average, 1 one standard deviation")]
Next = Annotated[str | None, Meta(description="address of what follows; null: this is the end")]


class Named(Struct, frozen=True, kw_only=True):
    """A code and what it is called."""

    code: str
    name: str


class Part(Struct, frozen=True, kw_only=True):
    """One of the six parts of an explanation, as on every page."""

    code: str
    label: str
    says: str


class GroupLine(Struct, frozen=True, kw_only=True):
    """One group in a list."""

    id: int
    space: str
    code: str
    name: str
    kind: Named
    period: str
    people: Annotated[int | None, Meta(description="null: may not be told")]


class Groups(Struct, frozen=True, kw_only=True):
    """Groups whose pages the account may open."""

    items: list[GroupLine]
    next: Next


class GroupQuality(Struct, frozen=True, kw_only=True):
    """One quality over a group; null: too few, or may not be told."""

    name: str
    with_enough: int | None
    median: Place
    low_quarter: Place
    high_quarter: Place


class Group(Struct, frozen=True, kw_only=True):
    """A group as a whole; to who may not see its people, what may leave of it."""

    id: int
    space: str
    code: str
    name: str
    kind: Named
    period: str
    people: int | None
    qualities: list[GroupQuality]
    stale: str
    reasons: Annotated[list[str], Meta(description="why something is hidden")]
    explained: list[Part]


class Member(Struct, frozen=True, kw_only=True):
    """One person of a group."""

    id: int
    number: str
    name: str
    entry_year: str
    known: Annotated[int, Meta(description="qualities with enough evidence")]
    pieces: Annotated[int, Meta(description="pieces of evidence")]
    strengths: str
    outcome: str


class Members(Struct, frozen=True, kw_only=True):
    """People of a group whom the account may see."""

    items: list[Member]
    next: Next


class AssessmentLine(Struct, frozen=True, kw_only=True):
    """One assessment of a group; ``results`` and ``mean_percent`` are of the people of this group."""

    id: int
    code: str
    name: str
    period: str
    results: int
    mean_percent: float | None
    difficulty: float | None
    discrimination: float | None
    note: str


class Assessments(Struct, frozen=True, kw_only=True):
    """Assessments of a group."""

    items: list[AssessmentLine]
    next: Next


class Band(Struct, frozen=True, kw_only=True):
    """How many results lie at a level or in a band of shares."""

    name: str
    results: int


class Severity(Struct, frozen=True, kw_only=True):
    """How severe a rater is, written with its interval."""

    rater: str
    severity: str


class Fit(Struct, frozen=True, kw_only=True):
    """Whether the item fits; null: too few answered to say so."""

    fits: bool | None
    says: list[str]
    infit: str
    outfit: str
    answers: int


class Level(Struct, frozen=True, kw_only=True):
    """How many reached a level and where they stand."""

    name: str
    results: int
    share: float
    place: Place


class Others(Struct, frozen=True, kw_only=True):
    """How those did whom the account may not see singly, as far as that may leave."""

    results: int | None
    mean_percent: float | None
    reasons: list[str]


class Assessment(Struct, frozen=True, kw_only=True):
    """One assessment at a glance, over the people whom the account sees."""

    id: int
    space: str
    code: str
    name: str
    period: str
    results: int
    mean_percent: float | None
    quality: str
    discrimination: str
    difficulty: str
    misleading: bool
    says: list[str]
    distribution: list[Band]
    raters: list[Severity]
    far_off: list[str]
    fit: Fit | None
    levels: list[Level]
    others: Others | None


class PersonName(Struct, frozen=True, kw_only=True):
    """Who it is about."""

    id: int
    number: str
    name: str
    entry_year: str


class Evidence(Struct, frozen=True, kw_only=True):
    """One record behind a quality."""

    what: str
    score: str
    rater: str
    period: str
    strength: str
    source: str
    under_review: bool


class Quality(Struct, frozen=True, kw_only=True):
    """One quality: where the person stands and how surely, or that there is not enough evidence, and what is behind."""

    code: str
    name: str
    definition: str
    layer: str
    enough: bool
    mean: Place
    lower90: Place
    upper90: Place
    place: Annotated[str, Meta(description="the numbers as the page writes them")]
    sentence: str
    missing: str
    clear_strength: bool
    pieces: int
    kinds: str
    strength: str
    under_review: bool
    evidence: list[Evidence]
    explained: list[Part]


class GrowthLine(Struct, frozen=True, kw_only=True):
    """One quality over the periods, written; empty: not enough evidence then."""

    name: str
    places: list[str]


class Growth(Struct, frozen=True, kw_only=True):
    """The periods, and each quality over them."""

    periods: list[str]
    qualities: list[GrowthLine]


class Weak(Struct, frozen=True, kw_only=True):
    """What was done that is no score."""

    source: str
    what: str


class Work(Struct, frozen=True, kw_only=True):
    """One own work of the person."""

    title: str
    kind: str
    level: str
    done_on: date
    quality: str
    state: Named
    strength: Named
    strength_reason: str
    rating: str


class Portrait(Struct, frozen=True, kw_only=True):
    """The portrait of a person in a period: numbers and sentences of the page and of the PDF."""

    person: PersonName
    space: str
    simulated: bool
    period: Named
    periods: list[Named]
    stale: str
    not_used: list[str]
    summary: list[str]
    qualities: list[Quality]
    literacy: list[Quality]
    growth: Growth
    weak: list[Weak]
    works: list[Work]
    reading: list[str]
    explained: list[Part]


class Step(Struct, frozen=True, kw_only=True):
    """One suggestion with its reason, and what the learner said of it."""

    key: str
    title: str
    do: str
    reason: str
    state: Named | None
    said: str
    explained: list[Part]


class PastStep(Struct, frozen=True, kw_only=True):
    """A suggestion that is done or was not wanted."""

    key: str
    title: str
    state: str
    said: str
    at: datetime


class GeneralSteps(Struct, frozen=True, kw_only=True):
    """One quality of the list that is the same for all: level and practice."""

    name: str
    practices: list[Named]


class NextSteps(Struct, frozen=True, kw_only=True):
    """Next steps beside the portrait of the latest period; ``personal`` is false where the general list stands."""

    person: PersonName
    personal: bool
    steps: list[Step]
    silent: list[str]
    past: list[PastStep]
    general: list[GeneralSteps]
    note: str


class Look(Struct, frozen=True, kw_only=True):
    """One event of the audit trail about a person."""

    event: int
    at: datetime
    who: str
    role: str
    what: str
    purpose: str
    refused: bool
    people: int


class Looks(Struct, frozen=True, kw_only=True):
    """Who looked at a person, the latest first."""

    items: list[Look]
    next: Next


class RequestLine(Struct, frozen=True, kw_only=True):
    """One request in a list."""

    id: int
    space: str
    person: PersonName
    kind: Named
    about: Named
    named: str
    state: Named
    opened_at: datetime
    due_on: date
    overdue: bool


class Requests(Struct, frozen=True, kw_only=True):
    """One's own requests, or those of one's institutions for who handles them; the latest first."""

    items: list[RequestLine]
    next: Next


class Request(Struct, frozen=True, kw_only=True):
    """One request with all its steps."""

    id: int
    space: str
    person: PersonName
    kind: Named
    about: Named
    named: str
    said: str
    state: Named
    opened_at: datetime
    due_on: date
    overdue: bool
    handler: str
    taken_at: datetime | None
    decided_at: datetime | None
    outcome: Named | None
    reason: str
    effect: str
    appeals: Annotated[int | None, Meta(description="the request whose decision this one appeals against")]
    appealed_by: int | None
    explained: list[Part]
