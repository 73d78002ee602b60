"""Drafts of comments from the facts of the portrait, and who of a group has one: for who teaches it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils import translation
from django.utils.translation import gettext as _

from yucai.evidence import step_name
from yucai.framework import EvidenceKind, load_evidence_map, load_framework, load_practices
from yucai.matching import CommentDraft, CommentPiece, Place, draft_comment
from yucai.texts import Text
from yucai.web.accounts.contested import contested_of, quality_key
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.evidence.consented import usable_of_few
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.periods import period_of
from yucai.web.teaching.cohorts import latest_occasion

__all__ = ["CommentRow", "Drafted", "comment_rows", "drafted"]

PRACTICES: Final = "practices-nine-qualities"
NAMED: Final = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING, EvidenceKind.TEST, EvidenceKind.AWARD)
LEAST_SHARE: Final = 0.6  # of the highest mark: a lower one is no instance of a strength
SCORE: Final = Text("{score} of {most}", "{score} / {most}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft with the period and the calibration it rests on."""

    draft: CommentDraft
    occasion: str
    computed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow:
    """One person of a group: what was kept for them and not sent, and when the last was sent."""

    person: Person
    name: str
    kept: StudentComment | None
    sent_at: datetime | None
    state: str
    stale: bool


def drafted(person: Person, group: Group, *, at: datetime) -> Drafted | None:
    """Return a draft for a person, or None where no pack of practices speaks of the framework of the institution.

    It takes no value and no evidence that is under review, nor what may not be used now.
    """
    pack = load_practices(PRACTICES)
    if pack.framework != person.space.framework:
        return None
    run, occasion, rows = _own_rows(person, group)
    contested = contested_of(person)
    codes = [entry.code for entry in load_framework(pack.framework).qualities]
    free = [code for code in codes if quality_key(code, occasion) not in contested.qualities]
    pieces = list(_pieces(person, occasion, contested.records, at=at))
    draft = draft_comment(person.name, list(_places(free, rows)), pieces=pieces, practices=pack)
    return Drafted(draft=draft, occasion=occasion, computed_at=run.at if run is not None else None)


def _own_rows(person: Person, group: Group) -> tuple[CalibrationRun | None, str, list[ProfileRow]]:
    """Return the current calibration, the latest period of the group, and the numbers of a person in that period."""
    latest = ProfileRow.objects.filter(run=OuterRef("run"), person__groups=group).order_by("-occasion")
    rows = ProfileRow.objects.filter(run__space=person.space_id, run__current=True, person=person)
    found = list(rows.select_related("run").annotate(latest=Subquery(latest.values("occasion")[:1])))
    if not found:
        run = CalibrationRun.objects.filter(space=person.space_id, current=True).first()
        return run, latest_occasion(group), []
    occasion = group.occasion or found[0].latest
    return found[0].run, occasion, [row for row in found if row.occasion == occasion]


def _places(codes: Iterable[str], rows: Iterable[ProfileRow]) -> Iterator[Place]:
    known = {row.quality: row for row in rows}
    for code in codes:
        row = known.get(code)
        if row is None:
            yield Place(quality=code, mean=0.0, std_error=1.0, lower90=-1.6, upper90=1.6, n_evidence=0, enough=False)
        else:
            yield Place(quality=code, mean=row.mean, std_error=row.std_error, lower90=row.lower90, upper90=row.upper90,
                        n_evidence=row.n_evidence, enough=row.enough)  # fmt: skip


def _pieces(person: Person, occasion: str, barred: frozenset[int], *, at: datetime) -> Iterator[CommentPiece]:
    """Yield the best piece of each quality in a period: the mean over raters, and none of a low mark."""
    evidence_map = load_evidence_map(person.space.evidence_map)
    records = usable_of_few(person.space, at=at).filter(person=person).select_related("item").order_by("item__code")
    held: dict[int, list[EvidenceRecord]] = defaultdict(list)
    for record in records:
        if record.pk not in barred and period_of(person.space, record.occasion) == occasion:
            held[record.item_id].append(record)
    best: dict[str, tuple[float, CommentPiece]] = {}
    for found in held.values():
        rule = evidence_map.rule_for(found[0].item.code)
        share = sum(one.score / one.max_score for one in found) / len(found)
        if rule is None or rule.kind not in NAMED or share < LEAST_SHARE:
            continue
        piece = CommentPiece(quality=rule.quality, what=found[0].item.name, score=_score(found))
        if rule.quality not in best or share > best[rule.quality][0]:
            best[rule.quality] = (share, piece)
    yield from (piece for _share, piece in best.values())


def _score(found: list[EvidenceRecord]) -> Text:
    first = found[0]
    step = step_name(first.item.code.rpartition("/")[2], first.score) if len(found) == 1 else None
    if step is not None:
        return step
    mean = sum(one.score for one in found) / len(found)
    return SCORE.filled(score=f"{mean:.1f}".removesuffix(".0"), most=f"{first.max_score:g}")


def comment_rows(people: list[Person], *, by: Account, space: int) -> list[CommentRow]:
    """Return how far an author is with the comments to these people, with the same queries however many they are."""
    run = CalibrationRun.objects.filter(space=space, current=True).first()
    now = run.at if run is not None else None
    mine: Mapping[int, list[StudentComment]] = _by_person(StudentComment.objects.filter(person__in=people, author=by))
    return [_row(person, mine.get(person.pk, []), now) for person in people]


def _by_person(comments: Iterable[StudentComment]) -> dict[int, list[StudentComment]]:
    found: dict[int, list[StudentComment]] = defaultdict(list)
    for comment in comments:
        found[comment.person_id].append(comment)
    return found


def _row(person: Person, comments: list[StudentComment], now: datetime | None) -> CommentRow:
    kept = next((one for one in comments if one.sent_at is None), None)
    sent = [one for one in comments if one.sent_at is not None]
    last = max(sent, key=lambda one: (one.sent_at, one.pk), default=None)
    stale = kept is not None and bool(kept.draft) and kept.computed_at != now
    state = _("not opened yet")
    if kept is not None:
        state = _("values changed since it was read") if stale else _("read and kept, not sent")
    elif last is not None:
        state = _("withdrawn") if last.withdrawn_at is not None else _("sent")
    return CommentRow(
        person=person,
        name=person.name.in_language(translation.get_language() or "en"),
        kept=kept,
        sent_at=last.sent_at if last is not None else None,
        state=state,
        stale=stale,
    )
