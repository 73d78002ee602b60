"""Rating rounds: opened from a plan that was checked, rated blind, handed in once, closed into the evidence once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import (
    RESPONSES,
    RatingPlan,
    RatingRound,
    Responses,
    check_design,
    hand_in,
    open_round,
    visible_ratings,
)
from yucai.framework import Rubric
from yucai.texts import Text
from yucai.web.accounts.access import may_open_rating_rounds, may_rate
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.actions import digest_of, source_of_pages, take_in
from yucai.web.evidence.models import Item
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord, RatingSeatRecord
from yucai.web.evidence.rating_planning import (
    RoundWanted,
    origin_of,
    owners_of,
    plan_of,
    planned,
    rater_name,
    rubric_of,
)

__all__ = [
    "Draft",
    "RoundClosedError",
    "close_rating_round",
    "drafts_of",
    "hand_in_seats",
    "may_open_seat",
    "open_rating_round",
    "require_open",
    "round_so_far",
    "save_draft",
    "seen_by",
]

MOST_WORDS: Final = 2000

SAID: Final = Text("{said}", "{said}")
NOT_LEVEL: Final = Text(
    "“{level}” is no level of “{criterion}”. Choose from 1 to {top}, or leave it open.",
    "“{level}”不是“{criterion}”的等级。请选 1 到 {top}，或留空。",
)
NOT_CRITERION: Final = Text("The rubric has no criterion “{code}”.", "量规中没有“{code}”这一评分项。")
WHY_CONFLICT: Final = Text("Say in words what the conflict of interest is.", "请用文字说明是何种利益关系。")
NO_CONFLICT: Final = Text(
    "A reason is given but the conflict of interest is not ticked. Tick it, or remove the reason.",
    "填写了利益关系说明，但未勾选。请勾选，或删去说明。",
)
NAME: Final = Text("Rating rounds", "评分轮次")
LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
STILL_OPEN: Final = Text(
    "{n} work{n:|s} {n:has|have} something left open. Rate them, or confirm that you hand in all the same.",
    "有 {n} 件作品尚有未评之处。请补评，或确认仍然交表。",
)
OUTSTANDING: Final = Text(
    "Not handed in yet: {raters}. Wait for them, or confirm that you close all the same; their drafts will not count.",
    "尚未交表：{raters}。请等候，或确认仍然结束；其草稿不计入。",
)


class RoundClosedError(YucaiError):
    """A round is over."""

    says = Text("{who} closed this round at {at}. Nothing was changed.", "{who} 已于 {at} 结束本轮评分。未作任何改动。")
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a rater says of one work: a level or None for each criterion."""

    levels: Mapping[str, int | None]
    remark: str = ""
    conflict: bool = False
    conflict_reason: str = ""


def may_open_seat(account: Account, seat: RatingSeatRecord) -> bool:
    """Return whether an account may open a seat: its own, and never that of a work of its own."""
    if not may_rate(account, rater_pk=seat.rater_id, space=seat.round.space):
        return False
    own = account.person
    if own is None or own.space_id != seat.round.space_id:
        return True
    return own.code not in owners_of(plan_of(seat.round).work(seat.work))


@transaction.atomic
def open_rating_round(*, wanted: RoundWanted, reason: str, by: Account, at: datetime) -> RatingRoundRecord:
    """Open a round from the plan that the check showed.

    A design that cannot separate severities is refused in the library's words unless a ``reason`` says why it is
    opened all the same. Raises PermissionDenied for all but the directors of the space, FaultyInputError.
    """
    space = wanted.group.space
    if not may_open_rating_rounds(by, space):
        raise PermissionDenied
    plan = planned(wanted)
    report, reason = check_design(plan), reason.strip()
    if not report.separable and not reason:
        says = [report.sentences[0], *report.sentences[1 : 1 + len(report.changes)]]
        raise FaultyInputError(
            wanted.name, [Fault(code="inseparable", says=SAID, where="reason", facts={"said": said}) for said in says]
        )
    record = RatingRoundRecord.objects.create(
        space=space,
        group=wanted.group,
        name=wanted.name,
        rubric=plan.rubric,
        rubric_version=plan.rubric_version,
        occasion=plan.occasion,
        plan=plan.to_json(),
        opened_at=at,
        opened_by=by,
        reason="" if report.separable else reason,
    )
    accounts = {rater_name(account): account for account in wanted.raters}
    RatingSeatRecord.objects.bulk_create(
        RatingSeatRecord(round=record, rater=accounts[seat.rater], work=seat.work) for seat in plan.seats
    )
    _tell("opened", record, by=by, at=at, detail={"works": len(plan.works), "although": int(bool(record.reason))})
    return record


@transaction.atomic
def save_draft(*, seat: RatingSeatRecord, draft: Draft, by: Account, at: datetime) -> None:
    """Keep what a rater says of one work so far; it may be changed until it is handed in.

    Raises PermissionDenied for everybody else, FaultyInputError, HandedInAlreadyError, RoundClosedError.
    """
    record = _open(seat.round)
    if not may_open_seat(by, seat):
        raise PermissionDenied
    _not_handed_in(record, by)
    rubric = rubric_of(record)
    if faults := [*_faults_of_draft(draft, rubric)]:
        raise FaultyInputError(seat.work, faults)
    RatingSeatRecord.objects.filter(pk=seat.pk).update(
        remark=draft.remark.strip(),
        conflict=draft.conflict,
        conflict_reason=draft.conflict_reason.strip(),
        saved_at=at,
    )
    for criterion in rubric.criteria:
        level = draft.levels.get(criterion.code)
        RatingMark.objects.update_or_create(seat=seat, criterion=criterion.code, defaults={"level": level})


@transaction.atomic
def hand_in_seats(*, record: RatingRoundRecord, incomplete: bool, by: Account, at: datetime) -> None:
    """Hand in all that an account rated in a round, for good; ``incomplete`` confirms that something stays open.

    Raises PermissionDenied for whom has no seat, FaultyInputError, HandedInAlreadyError, RoundClosedError.
    """
    record = _open(record)
    seats = RatingSeatRecord.objects.filter(round=record, rater=by)
    if not may_rate(by, rater_pk=by.pk, space=record.space) or not seats.exists():
        raise PermissionDenied
    _not_handed_in(record, by)
    n_criteria = len(rubric_of(record).criteria)
    unfinished = [
        seat for seat in seats if not seat.conflict and seat.marks.filter(level__isnull=False).count() < n_criteria
    ]
    if unfinished and not incomplete:
        facts = {"n": len(unfinished)}
        raise FaultyInputError(record.name, [Fault(code="still-open", says=STILL_OPEN, facts=facts)])
    seats.update(handed_in_at=at)
    _tell("handed-in", record, by=by, at=at, detail={"works": seats.count(), "open": len(unfinished)})


@transaction.atomic
def close_rating_round(*, record: RatingRoundRecord, although: bool, by: Account, at: datetime) -> int:
    """Close a round and take the ratings that were handed in into the evidence, once; return how many.

    ``although`` confirms that some raters have not handed in. Raises PermissionDenied, FaultyInputError,
    RoundClosedError.
    """
    if not may_open_rating_rounds(by, record.space):
        raise PermissionDenied
    record = _open(record)
    so_far = round_so_far(record)
    if so_far.outstanding and not although:
        names = Text(", ".join(so_far.outstanding), "、".join(so_far.outstanding))
        raise FaultyInputError(record.name, [Fault(code="outstanding", says=OUTSTANDING, facts={"raters": names})])
    closed = RatingRoundRecord.objects.filter(pk=record.pk, closed_at__isnull=True).update(closed_at=at, closed_by=by)
    if not closed:
        raise _closed(RatingRoundRecord.objects.get(pk=record.pk))
    ratings = _of_own_works(so_far)
    if len(ratings):
        _name_items(record.space, rubric_of(record))
        digest = digest_of(ratings)
        take_in(
            ratings,
            source=source_of_pages(record.space, "rating-rounds", NAME),
            file_name=record.source,
            digest=digest,
            by=by.username,
            at=at,
        )
    _tell("closed", record, by=by, at=at, detail={"ratings": len(ratings), "outstanding": len(so_far.outstanding)})
    return len(ratings)


def _tell(what: str, record: RatingRoundRecord, *, by: Account, at: datetime, detail: Mapping[str, int]) -> None:
    """Note in the audit trail what was done to a round."""
    target = f"rating-round:{record.pk}"
    note(f"rating-round.{what}", by=by, at=at, space=record.space_id, target=target, detail=detail)


def round_so_far(record: RatingRoundRecord) -> RatingRound:
    """Return a round as the library knows it: its plan, who handed in when, and what they rated."""
    state = open_round(plan_of(record))
    seats = RatingSeatRecord.objects.filter(round=record, handed_in_at__isnull=False).select_related("rater")
    handed: dict[tuple[datetime, str], list[RatingSeatRecord]] = {}
    for seat in seats.prefetch_related("marks").order_by("pk"):
        if seat.handed_in_at is not None:
            handed.setdefault((seat.handed_in_at, rater_name(seat.rater)), []).append(seat)
    for (at, rater), mine in sorted(handed.items()):
        state = hand_in(state, _responses(record, state.plan, mine), rater=rater, at=at)
    return state


def drafts_of(record: RatingRoundRecord, seats: Iterable[RatingSeatRecord]) -> Responses:
    """Return what was saved on seats so far; works with a conflict of interest give nothing."""
    return _responses(record, plan_of(record), list(seats))


def require_open(record: RatingRoundRecord, account: Account) -> None:
    """Raise RoundClosedError when a round is over, HandedInAlreadyError when an account has handed in."""
    if record.closed_at is not None:
        raise _closed(record)
    _not_handed_in(record, account)


def seen_by(account: Account, record: RatingRoundRecord, work: str) -> dict[str, dict[str, int]]:
    """Return the levels of others on a work, by rater and criterion, as far as an account may see them."""
    state = round_so_far(record)
    me, learner = rater_name(account), state.plan.work(work).learners[0]
    table = visible_ratings(state, me).table.filter((pl.col("learner") == learner) & (pl.col("rater") != me))
    found: dict[str, dict[str, int]] = {}
    for rater, item, score in table.select("rater", "item", "score").iter_rows():
        found.setdefault(rater, {})[item] = int(score) + 1
    return found


def _of_own_works(state: RatingRound) -> Responses:
    """Return the ratings of a round's own works: one rated again counted in the round it first belonged to."""
    again = [learner for work in state.plan.works if origin_of(work) is not None for learner in work.learners]
    return Responses(state.ratings.table.filter(~pl.col("learner").is_in(again)))


def _responses(record: RatingRoundRecord, plan: RatingPlan, seats: Sequence[RatingSeatRecord]) -> Responses:
    """Return the ratings on seats: what is open gives none, and neither does a work with a conflict of interest."""
    tops = {criterion.code: float(criterion.max_score) for criterion in rubric_of(record).criteria}
    rows = [
        (learner, mark.criterion, mark.level - 1.0, tops[mark.criterion], rater_name(seat.rater), plan.occasion,
         seat.handed_in_at, record.source)
        for seat in seats
        if not seat.conflict
        for mark in seat.marks.all()
        if mark.level is not None
        for learner in plan.work(seat.work).learners
    ]  # fmt: skip
    names = ("learner", "item", "score", "max_score", "rater", "occasion", "at", "source_file")
    schema = RESPONSES.schema
    table = pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row")
    return Responses.from_table(table)


def _open(record: RatingRoundRecord) -> RatingRoundRecord:
    """Return a round as it is recorded, held until the transaction ends. Raises RoundClosedError."""
    held = RatingRoundRecord.objects.select_for_update(no_key=True).get(pk=record.pk)
    if held.closed_at is not None:
        raise _closed(held)
    return held


def _closed(record: RatingRoundRecord) -> RoundClosedError:
    who = record.closed_by.name if record.closed_by else Text("somebody", "有人")
    when = f"{localtime(record.closed_at):%Y-%m-%d %H:%M}" if record.closed_at else ""
    return RoundClosedError(who=who, at=when)


def _not_handed_in(record: RatingRoundRecord, by: Account) -> None:
    """Raise HandedInAlreadyError, by the library's rule, when an account has handed in."""
    if RatingSeatRecord.objects.filter(round=record, rater=by, handed_in_at__isnull=False).exists():
        hand_in(round_so_far(record), Responses(RESPONSES.empty()), rater=rater_name(by), at=record.opened_at)


def _faults_of_draft(draft: Draft, rubric: Rubric) -> Iterator[Fault]:
    known = {criterion.code: criterion for criterion in rubric.criteria}
    for code, level in draft.levels.items():
        criterion = known.get(code)
        if criterion is None:
            yield Fault(code="no-criterion", says=NOT_CRITERION, facts={"code": code})
        elif level is not None and not 1 <= level <= len(criterion.anchors):
            facts = {"level": level, "criterion": criterion.name, "top": len(criterion.anchors)}
            yield Fault(code="no-level", says=NOT_LEVEL, where=code, facts=facts)
    if draft.conflict and not draft.conflict_reason.strip():
        yield Fault(code="no-reason", says=WHY_CONFLICT, where="conflict_reason")
    if not draft.conflict and draft.conflict_reason.strip():
        yield Fault(code="not-ticked", says=NO_CONFLICT, where="conflict")
    for where, words in (("remark", draft.remark), ("conflict_reason", draft.conflict_reason)):
        if len(words) > MOST_WORDS:
            yield Fault(code="too-long", says=LONG, where=where, facts={"n": len(words), "most": MOST_WORDS})


def _name_items(space: Space, rubric: Rubric) -> None:
    for criterion in rubric.criteria:
        names = {"name_en": f"Rating: {criterion.name.en}", "name_zh": f"评分：{criterion.name.zh}"}
        defaults = {**names, "kind": "rubric"}
        Item.objects.get_or_create(space=space, code=criterion.code, defaults=defaults)
