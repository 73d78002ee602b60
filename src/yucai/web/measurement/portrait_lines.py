"""The records behind a portrait, read once for all periods: lines of evidence, periods, what rests on a consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.evidence import step_name
from yucai.framework import load_evidence_map
from yucai.texts import Text
from yucai.web.accounts.contested import Contested
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.feeds.behind import feed_names, statement_source
from yucai.web.measurement.models import CalibrationRun, ProfileRow

__all__ = ["EvidenceLine", "Record", "evidence_lines", "occasions_of", "records_of", "strength_name"]

YEAR_LENGTH: Final = len("2025-2026")
UUID_LENGTH: Final = 36


class Record(NamedTuple):
    """What a line of evidence needs of its row, and no more: an import keeps much that would be read for each line."""

    pk: int
    occasion: str
    item: str
    name_en: str
    name_zh: str
    rater: str
    score: float
    max_score: float
    at: datetime | None
    file: str
    sheet: str
    row: int | None
    source: int
    source_code: str
    consent: str


COLUMNS: Final = (
    "pk", "occasion", "item__code", "item__name_en", "item__name_zh", "rater", "score", "max_score", "at",
    "source_file", "source_sheet", "source_row", "came_with__source", "came_with__source__code",
    "came_with__source__consent_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One record behind a quality, in words."""

    what: str
    score: str
    rater: str
    when: str
    strength: str
    source: str
    record: int = 0
    under_review: bool = False
    statement: int = 0  # the record whose statement can be looked at; 0: it came from no record store


def records_of(person: Person) -> list[Record]:
    """Return the records of a person that are in force, of all periods, in the order in which they are shown."""
    held = EvidenceRecord.objects.current().filter(person=person).order_by("item__code", "rater")
    return [Record(*values) for values in held.values_list(*COLUMNS)]


def occasions_of(space: Space, lived: Iterable[str], run: CalibrationRun | None) -> tuple[str, ...]:
    """The periods a person has evidence in; school years go on after the first, so that silence is seen as grey."""
    own = {period_of(space, value) for value in lived}
    if own and space.period == Space.Period.SCHOOL_YEAR:
        known = _periods_of(run.pk, run.at) if run is not None else frozenset()
        own |= {year for year in known if year > min(own)}
    return tuple(sorted(own))


@lru_cache(maxsize=64)
def _periods_of(run: int, _at: datetime) -> frozenset[str]:
    """Return the periods of a calibration. They never change, and finding them means reading all its profiles."""
    return frozenset(ProfileRow.objects.filter(run=run).values_list("occasion", flat=True).distinct())


def period_of(space: Space, occasion: str) -> str:
    """Return the period of a profile that a term lies in."""
    return occasion[:YEAR_LENGTH] if space.period == Space.Period.SCHOOL_YEAR else occasion


def evidence_lines(
    space: Space, records: Iterable[Record], period: str, contested: Contested, *, barred: Set[int]
) -> dict[str, list[tuple[str, EvidenceLine]]]:
    """Return the records of a period, by the quality they speak of, each with its kind; not those of barred sources."""
    here = [one for one in records if period_of(space, one.occasion) == period and one.source not in barred]
    told = load_evidence_map(space.evidence_map)
    from_stores = any(len(one.sheet) == UUID_LENGTH for one in here)  # a statement's number stands in for a sheet
    feeds = feed_names(space.pk) if from_stores else {}
    found: dict[str, list[tuple[str, EvidenceLine]]] = defaultdict(list)
    for record in here:
        rule = told.rule_for(record.item)
        if rule is None:
            continue
        feed = feeds.get(record.source_code)
        line = EvidenceLine(
            what=_said(Text(record.name_en, record.name_zh)),
            score=_score(record),
            rater=record.rater,
            when=_when(record),
            strength=strength_name(str(rule.strength)),
            source=_place(record) if feed is None else statement_source(feed, record.at),
            record=record.pk,
            under_review=record.pk in contested.records or _work_of(record) in contested.works,
            statement=0 if feed is None else record.pk,
        )
        found[rule.quality].append((str(rule.kind), line))
    return found


def _when(record: Record) -> str:
    """Return the term, and the day where the record knows it."""
    day = f"{localtime(record.at):%Y-%m-%d}" if record.at is not None else ""
    return " · ".join(part for part in (record.occasion, day) if part)


def _work_of(record: Record) -> int:
    """Return the own work that a rating is of; 0 where it is of none."""
    number = record.file.removeprefix("own-work-")
    return int(number) if number != record.file and number.isdigit() else 0


def _place(record: Record) -> str:
    """Return where a score stands in its file."""
    row = _("row %(row)d") % {"row": record.row} if record.row else ""
    return " ".join(part for part in (record.file, record.sheet, row) if part)


def _score(record: Record) -> str:
    """Return a score as its scale has it: 良好 for a level, 86 / 100 for points."""
    step = step_name(record.item.rpartition("/")[2], record.score)
    return _said(step) if step is not None else f"{record.score:g} / {record.max_score:g}"


def strength_name(strength: str) -> str:
    """Return how strong evidence is, in words."""
    return {"strong": _("strong"), "moderate": _("moderate"), "weak": _("weak")}[strength]


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
