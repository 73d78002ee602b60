"""What little is on record of one person beside evidence and profiles, asked of the database as one question.

Most of it is nothing: no request, no mark, no test that waits. What is not there is not asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.contested import Contested, asked_contested, contested_from, requests_from
from yucai.web.accounts.models import Person
from yucai.web.bulk import Part, read_together
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.showing import WorksKnown, asked_works, works_known
from yucai.web.feeds.behind import WeakLine, asked_weak, weak_from
from yucai.web.measurement.adaptive_models import AdaptiveSitting
from yucai.web.measurement.step_marking import asked_marks, refusals
from yucai.web.registers.switches import asked_running, running_from

__all__ = ["Known", "known_of", "open_rounds", "open_sittings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is on record of a person beside evidence and profiles.

    ``running`` are the methods that run in the institution, ``sits`` and ``rated`` whether an open test waits for the
    person and whether a round goes on in which a work of theirs may be rated; ``also`` what a page asked besides.
    """

    contested: Contested
    requests: Sequence[ReviewCase]  # the newest first, as a list tells of them
    weak: tuple[WeakLine, ...]
    marks: Sequence[tuple[str, ...]]  # as they are kept; only the block of next steps reads them
    refuses: bool
    running: frozenset[str]
    sits: bool
    rated: bool
    works: WorksKnown
    also: Mapping[str, list[tuple[str, ...]]] = field(default_factory=dict)


def known_of(person: Person, *, at: datetime, also: Mapping[str, Part] | None = None) -> Known:
    """Return what is known of a person at a moment; ``also`` are questions of the page, by a name of their own."""
    more = dict(also or {})
    found = read_together({
        "contested": asked_contested(person),
        "weak": asked_weak(person),
        "marks": asked_marks(person),
        "refusals": Part(refusals(person), ("pk",)),
        "running": asked_running(person.space),
        "sittings": Part(open_sittings(person), ("pk",)),
        "rounds": Part(open_rounds(person), ("pk",)),
        **asked_works(person),
        **more,
    })  # fmt: skip
    return Known(
        contested=contested_from(found["contested"]),
        requests=requests_from(found["contested"]),
        weak=weak_from(found["weak"]),
        marks=found["marks"],
        refuses=bool(found["refusals"]),
        running=running_from(found["running"], at=at),
        sits=bool(found["sittings"]),
        rated=bool(found["rounds"]),
        works=works_known(found),
        also={name: found[name] for name in more},
    )


def open_sittings(person: Person) -> QuerySet[AdaptiveSitting]:
    """Return the open tests of a person that have not ended."""
    return AdaptiveSitting.objects.filter(person=person, ended_at__isnull=True, test__closed_at__isnull=True)


def open_rounds(person: Person) -> QuerySet[RatingRoundRecord]:
    """Return the rating rounds that go on in a group of a person."""
    return RatingRoundRecord.objects.filter(space=person.space_id, group__people=person, closed_at__isnull=True)
