"""Observation records: taken in once from the device that made them, never changed, given to the library whole."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate, localtime

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import OBSERVATIONS, Observations, SamplingMode, Session
from yucai.texts import Text
from yucai.web.accounts.access import may_observe
from yucai.web.accounts.models import Account
from yucai.web.evidence.observation_models import (
    ObservationChild,
    ObservationEvent,
    ObservationPlan,
    ObservationRow,
    ObservationSession,
    ObservationTurn,
)
from yucai.web.evidence.observation_plans import closed_error, observer_name, scheme_of

__all__ = [
    "ConsentWithdrawnError",
    "Kept",
    "OtherRecordError",
    "RecordsGoneError",
    "SentRecord",
    "hand_in_record",
    "kept_of",
    "read_sent",
]

FIELDS: Final = tuple(column.name for column in OBSERVATIONS.columns if column.name not in ("session", "observer"))
NUMBERS: Final = frozenset({"onset_s", "offset_s", "density", "adult_distance_m"})
LONGEST: Final = {"materials": 100, "comment": 200, "modifiers": 200}
LONGEST_ELSE: Final = 50
MOST_ROWS: Final = 5000
MOST_BYTES: Final = 2_000_000
UNREADABLE: Final = Text(
    "what came is no record ({reason}). It stays on the device; bring the device to whoever looks after the pages.",
    "收到的内容不是观察记录（{reason}）。记录仍在设备上，请联系管理人员。",
)
NO_VALUE: Final = Text("“{field}” is missing or of the wrong kind.", "“{field}”缺失或类型不对。")
UNKNOWN_FIELD: Final = Text("“{field}” is not known here.", "不认识“{field}”。")
TOO_LONG: Final = Text("“{field}” is longer than {most} characters.", "“{field}”超过 {most} 个字符。")
BELOW_ZERO: Final = Text("“{field}” is no number from 0 on.", "“{field}”不是 0 以上的数。")
TOO_MANY: Final = Text(
    "{n} row{n:|s} {n:is|are} more than the {most} that one record holds.", "共 {n} 行，超过一份记录的上限 {most}。"
)
TOO_LONG_WATCHED: Final = Text(
    "{value} seconds were recorded, but the turn has {most}.", "记录了 {value} 秒，而本次观察为 {most} 秒。"
)


class OtherRecordError(YucaiError):
    """A record with this number, and another content, was handed in before."""

    says = Text(
        "A record with this number was handed in at {at} with another content. What was handed in is never changed; "
        "nothing was taken in now.",
        "编号相同、内容不同的记录已于 {at} 提交。已提交的记录不再更改；本次未接收。",
    )
    exit_code = 65


class RecordsGoneError(YucaiError):
    """The day of deletion has come."""

    says = Text(
        "The records of this plan were to be deleted on {day}; nothing more is taken in. Throw this record away.",
        "本计划的记录应于 {day} 删除，不再接收。请将此记录从设备上删除。",
    )
    exit_code = 65


class ConsentWithdrawnError(YucaiError):
    """A child is watched no more."""

    says = Text(
        "The consent for {child} was withdrawn: nothing of this child is taken in. Throw this record away.",
        "{child} 的同意已撤回，不再接收其任何记录。请将此记录从设备上删除。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecord:
    """What a device sent: the number it made, the turn, when and how long was watched, and what was seen."""

    uuid: UUID
    turn: int
    starts: datetime
    exposure_s: float
    rows: tuple[Mapping[str, Any], ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """The records of a plan as the library takes them.

    ``apart`` counts second records that watched for another time than the first: they cannot be compared.
    """

    observations: Observations
    apart: int


def read_sent(body: bytes) -> SentRecord:
    """Return what a device sent. Raises FaultyInputError with all faults."""
    try:
        said = json.loads(body, parse_constant=_no_number) if len(body) <= MOST_BYTES else None
    except (ValueError, RecursionError) as error:
        raise _unreadable(type(error).__name__) from None
    if not isinstance(said, dict):
        raise _unreadable("size" if said is None else type(said).__name__)
    faults: list[Fault] = []
    uuid, starts, rows = _uuid(said.get("uuid")), _moment(said.get("starts")), said.get("rows")
    kinds = {"uuid": uuid is not None, "starts": starts is not None, "turn": _is_pk(said.get("turn")),
             "exposure_s": _is_number(said.get("exposure_s")), "rows": isinstance(rows, list)}  # fmt: skip
    faults += [Fault(code="field", says=NO_VALUE, facts={"field": name}) for name, fits in kinds.items() if not fits]
    unknown = sorted(said.keys() - kinds)
    faults += [Fault(code="unknown-field", says=UNKNOWN_FIELD, facts={"field": repr(name[:40])}) for name in unknown]
    found = rows if isinstance(rows, list) else []
    if len(found) > MOST_ROWS:
        faults.append(Fault(code="many", says=TOO_MANY, facts={"n": len(found), "most": MOST_ROWS}))
    else:
        faults += [fault for n, row in enumerate(found, start=1) for fault in _faults_of_row(row, f"row {n}")]
    if faults or uuid is None or starts is None:
        raise FaultyInputError("record", faults)
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return SentRecord(
        uuid=uuid,
        turn=said["turn"],
        starts=starts,
        exposure_s=float(said["exposure_s"]),
        rows=tuple(found),
        digest=digest,
    )


def hand_in_record(*, sent: SentRecord, by: Account, at: datetime) -> ObservationSession:
    """Take a record in, once: the same again changes nothing and gives the same answer.

    Raises PermissionDenied for the turn of another, OtherRecordError, PlanClosedError for what was begun after the
    plan was closed, RecordsGoneError, ConsentWithdrawnError, FaultyInputError with all that the library finds wrong.
    """
    turn = ObservationTurn.objects.select_related("plan__space", "child").filter(pk=sent.turn).first()
    if turn is None or not may_observe(by, observer_pk=turn.observer_id, space=turn.plan.space):
        raise PermissionDenied
    before = _before(sent, turn)
    if before is not None:
        return before
    try:
        return _taken(sent, turn, by=by, at=at)
    except IntegrityError:  # the same record came by two ways at once; the other was first
        before = _before(sent, turn)
        if before is None:
            raise
        return before


@transaction.atomic
def _taken(sent: SentRecord, turn: ObservationTurn, *, by: Account, at: datetime) -> ObservationSession:
    plan = ObservationPlan.objects.select_for_update(no_key=True).get(pk=turn.plan_id)
    if plan.closed_at is not None and sent.starts >= plan.closed_at:
        raise closed_error(plan)
    if plan.delete_on <= localdate(at):
        raise RecordsGoneError(day=plan.delete_on)
    if ObservationChild.objects.filter(pk=turn.child_id, withdrawn_at__isnull=False).exists():
        raise ConsentWithdrawnError(child=turn.child.pseudonym)
    _check(sent, turn)
    record = ObservationSession.objects.create(
        uuid=sent.uuid,
        turn=turn,
        child=turn.child.pseudonym,
        observer=by,
        setting=turn.setting,
        mode=plan.mode,
        interval_s=plan.interval_s,
        starts=sent.starts,
        exposure_s=sent.exposure_s,
        received_at=at,
        digest=sent.digest,
    )
    ObservationRow.objects.bulk_create(ObservationRow(session=record, **row) for row in sent.rows)
    ObservationEvent.objects.create(plan=plan, kind=ObservationEvent.Kind.HANDED_IN, by=by, at=at)
    return record


def kept_of(plan: ObservationPlan) -> Kept:
    """Return all records of a plan. First and second record of a turn share the name of their session."""
    records = list(
        ObservationSession.objects.filter(turn__plan=plan)
        .select_related("turn__child", "observer")
        .order_by("turn__number", "turn__second", "starts", "pk")
    )
    names, apart = _names(records)
    sessions = [_session(record, record.turn, plan, name=names[record.pk]) for record in records]
    by_pk = {record.pk: (names[record.pk], observer_name(record.observer)) for record in records}
    held = ObservationRow.objects.filter(session__in=by_pk).order_by("pk").values_list("session_id", *FIELDS)
    rows = [(*by_pk[pk], *values) for pk, *values in held.iterator()]
    table = pl.DataFrame(rows, schema=_schema(), orient="row")
    observations = Observations.from_table(table, scheme=scheme_of(plan), sessions=sessions)
    return Kept(observations=observations, apart=apart)


def _names(records: list[ObservationSession]) -> tuple[dict[int, str], int]:
    """Return the name of each record's session, and how many second records have none to stand beside."""
    names: dict[int, str] = {}
    free: dict[int, list[ObservationSession]] = {}
    counts: dict[int, int] = {}
    apart = 0
    for record in records:
        number = record.turn.number
        beside = free.setdefault(number, [])
        partner = next((one for one in beside if one.exposure_s == record.exposure_s), None)
        if record.turn.second and partner is not None:
            beside.remove(partner)
            names[record.pk] = names[partner.pk]
            continue
        counts[number] = counts.get(number, 0) + 1
        names[record.pk] = f"T{number:03d}" if counts[number] == 1 else f"T{number:03d}-{counts[number]}"
        if record.turn.second:
            apart += 1
        else:
            beside.append(record)
    return names, apart


def _check(sent: SentRecord, turn: ObservationTurn) -> None:
    """Raise FaultyInputError with everything that is wrong with a record."""
    faults: list[Fault] = []
    if sent.exposure_s > turn.seconds:
        facts = {"value": f"{sent.exposure_s:g}", "most": turn.seconds}
        faults.append(Fault(code="too-long", says=TOO_LONG_WATCHED, facts=facts))
    record = ObservationSession(turn=turn, child=turn.child.pseudonym, observer=turn.observer, setting=turn.setting,
                                mode=turn.plan.mode, interval_s=turn.plan.interval_s, starts=sent.starts,
                                exposure_s=sent.exposure_s)  # fmt: skip
    rows = [("T", observer_name(turn.observer), *(row.get(name) for name in FIELDS)) for row in sent.rows]
    try:
        table = pl.DataFrame(rows, schema=_schema(), orient="row")
        Observations.from_table(
            table, scheme=scheme_of(turn.plan), sessions=[_session(record, turn, turn.plan, name="T")]
        )
    except FaultyInputError as refused:
        faults += refused.faults
    if faults:
        raise FaultyInputError("record", faults)


def _session(record: ObservationSession, turn: ObservationTurn, plan: ObservationPlan, *, name: str) -> Session:
    return Session(
        session=name,
        child=record.child,
        observer=observer_name(record.observer),
        setting=record.setting,
        mode=SamplingMode(record.mode),
        starts=localtime(record.starts),
        exposure_s=record.exposure_s,
        consent=turn.child.consent,
        delete_on=plan.delete_on,
        interval_s=None if record.interval_s is None else float(record.interval_s),
        second=turn.second,
    )


def _schema() -> dict[str, Any]:
    return OBSERVATIONS.schema


def _before(sent: SentRecord, turn: ObservationTurn) -> ObservationSession | None:
    """Return the record that came under this number before. Raises OtherRecordError when it was another one."""
    found = ObservationSession.objects.filter(uuid=sent.uuid).first()
    if found is not None and (found.digest != sent.digest or found.turn_id != turn.pk):
        raise OtherRecordError(at=f"{localtime(found.received_at):%Y-%m-%d %H:%M}")
    return found


def _faults_of_row(row: object, where: str) -> Iterator[Fault]:
    if not isinstance(row, dict):
        yield Fault(code="field", says=NO_VALUE, where=where, facts={"field": "row"})
        return
    for field in sorted(row.keys() - set(FIELDS)):
        yield Fault(code="unknown-field", says=UNKNOWN_FIELD, where=where, facts={"field": repr(field[:40])})
    for field in FIELDS:
        value = row.get(field)
        if value is None and field not in ("code", "onset_s"):
            continue
        if field in NUMBERS:
            if not _is_number(value):
                yield Fault(code="field", says=NO_VALUE, where=where, facts={"field": field})
            elif float(value or 0) < 0:
                yield Fault(code="below-zero", says=BELOW_ZERO, where=where, facts={"field": field})
        elif not isinstance(value, str) or not _is_plain(value):
            yield Fault(code="field", says=NO_VALUE, where=where, facts={"field": field})
        elif len(value) > (most := LONGEST.get(field, LONGEST_ELSE)):
            yield Fault(code="too-long", says=TOO_LONG, where=where, facts={"field": field, "most": most})


def _is_pk(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)


def _is_plain(value: str) -> bool:
    """Return whether a text can be kept by both databases: no control characters, no half of a character."""
    return all(sign.isprintable() for sign in value)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    """Return a moment with its time zone; one without is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.utcoffset() is not None else None


def _no_number(word: str) -> float:
    raise ValueError(word)


def _unreadable(reason: str) -> FaultyInputError:
    return FaultyInputError("record", [Fault(code="unreadable", says=UNREADABLE, facts={"reason": reason})])
