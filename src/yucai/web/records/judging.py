"""What the answer of another store means for what was sent, and how it is said to the office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import Final

import msgspec

from yucai.texts import Text
from yucai.web.records.parcels import Parcel
from yucai.web.records.sending import NotReachedError, Told

__all__ = ["Held", "Verdict", "held_by", "judged"]

REFUSES: Final = frozenset((400, 409, 411, 413, 415, 422))  # what was sent is at fault
FAULTS: Final = frozenset((0, 500, 501))  # something over there broke, perhaps on what was sent
LONGEST_ASKED: Final = 6 * 3_600.0  # seconds that another store may let us wait

NOT_REACHED: Final = Text(
    "The other store cannot be reached ({why}). It is tried again by itself; check the address if this lasts.",
    "无法连接对方记录库（{why}）。系统会自动重试；若持续如此，请核对地址。",
)
REDIRECTED: Final = Text(
    "The address answers with a redirect ({status}), which is not followed. Declare the address it leads to.",
    "该地址返回重定向（{status}），系统不会跟随。请改为声明其最终地址。",
)
NOT_LET: Final = Text(
    "The other store does not let us in ({status}). Ask its keeper whether key and secret are in force and may write.",
    "对方记录库拒绝访问（{status}）。请向其管理者确认 key 与 secret 有效且可写入。",
)
NOT_THERE: Final = Text(
    "No record store answers under the address ({status}). Check it.", "该地址没有记录库应答（{status}）。请核对地址。"
)
NOT_A_STORE: Final = Text(
    "What answers under the address is no record store ({status}, and no ids). Check the address.",
    "该地址的应答不是记录库的应答（{status}，且没有标识）。请核对地址。",
)
BUSY: Final = Text(
    "The other store takes nothing for now ({status}). It is tried again by itself.",
    "对方记录库暂不接收（{status}）。系统会自动重试。",
)
BROKEN: Final = Text(
    "The other store has a fault ({status}). It is tried again by itself; tell its keeper if this lasts.",
    "对方记录库发生故障（{status}）。系统会自动重试；若持续如此，请告知其管理者。",
)
REFUSES_ALL: Final = Text(
    "The other store refuses everything ({status}): {answer}",
    "对方记录库拒绝全部陈述（{status}）：{answer}",
)


class Verdict(Enum):
    """What becomes of what was sent."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAULT = "fault"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why nothing more is sent for now, and how many seconds the other store asked for."""

    why: Text
    seconds: float = 0.0


def judged(told: Told, parcels: Sequence[Parcel]) -> Verdict:
    """Say what an answer means. A store that took everything names every id, or answers 204."""
    if told.status == HTTPStatus.NO_CONTENT or (told.status == HTTPStatus.OK and _names_all(told.body, parcels)):
        return Verdict.TAKEN
    if told.status in REFUSES or (told.status == HTTPStatus.FORBIDDEN and _only_voiding_is(parcels)):
        return Verdict.REFUSED
    return Verdict.FAULT if told.status in FAULTS else Verdict.HOLD


def _only_voiding_is(parcels: Sequence[Parcel]) -> bool:
    """Whether the right to void may be what is missing: a standing of its own in many stores."""
    return any(parcel.voiding for parcel in parcels)


def _names_all(body: bytes, parcels: Sequence[Parcel]) -> bool:
    try:
        ids = msgspec.json.decode(body, type=list[str])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return {own.lower() for own in ids} >= {parcel.id for parcel in parcels}


def held_by(cause: Told | NotReachedError, *, at: datetime) -> Held:
    """Say in plain words why a run ended."""
    if isinstance(cause, NotReachedError):
        return Held(why=NOT_REACHED.filled(why=cause.reason))
    status = cause.status
    if status == 0:
        return Held(why=NOT_REACHED.filled(why=cause.body.decode("utf-8", "replace")))
    if status in REFUSES:
        answer = " ".join(cause.body[:2_000].decode("utf-8", "replace").replace("\0", "").split())
        return Held(why=REFUSES_ALL.filled(status=status, answer=answer[:300]))
    if 300 <= status < 400:
        return Held(why=REDIRECTED.filled(status=status))
    if status in (401, 403):
        return Held(why=NOT_LET.filled(status=status))
    if status in (404, 405, 410):
        return Held(why=NOT_THERE.filled(status=status))
    if status in (408, 425, 429, 503):
        return Held(why=BUSY.filled(status=status), seconds=_asked_for(cause, at))
    return Held(why=(BROKEN if status >= 500 else NOT_A_STORE).filled(status=status))


def _asked_for(told: Told, at: datetime) -> float:
    """Return how long the other store asks to be left alone: in seconds, or until a time."""
    said = told.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_ASKED)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - at).total_seconds(), 0.0), LONGEST_ASKED)
