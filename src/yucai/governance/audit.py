"""The audit trail as a chain: each event is bound to all before it, so that what was done to it afterwards shows.

With a key, whoever can write to the database but has no key can neither add, change nor remove an event unseen; only
the last ones could be cut off, and an anchor kept outside shows that. Without a key the chain still shows every
change by somebody who did not make the rest of it anew.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "CHAIN_START",
    "AnchorUnreadableError",
    "AuditEvent",
    "ChainAnchor",
    "ChainBreak",
    "ChainFault",
    "ChainPlace",
    "ChainVerdict",
    "ChainedEvent",
    "canonical_bytes",
    "link_of",
    "read_anchors",
    "seal_place",
    "verify_chain",
]

FORMAT: Final = "yucai-audit-1"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
CLOCK_TOLERANCE: Final = timedelta(seconds=2)
MOST_LOOKED_AT: Final = 1_000  # events behind a fault, for the one that belongs there
MOST_STEPS: Final = 20  # steps of the clock that are told one by one


class AnchorUnreadableError(YucaiError):
    """A line that should be an anchor is none."""

    says = Text(
        "Line {line} of the anchors cannot be read. An anchor is one line as “yucai audit anchor” prints it: "
        "{format}, kind, number, time, link and seal. Take that line out, or fetch the anchor anew from where it is "
        "kept.",
        "锚点第 {line} 行无法读取。锚点须为“yucai audit anchor”输出的一行：{format}、类别、序号、时间、链值与封印。"
        "请删去该行，或从保存处重新取回。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One thing that was read, done or refused. People and accounts stand as numbers, never by name.

    ``at`` is when it happened, ``written_at`` when it was chained: a long act happens before its event is written.
    ``detail`` holds facts without personal values.
    """

    position: int  # 1, 2, 3 ... without a gap
    at: datetime
    written_at: datetime
    act: str  # "read", "own-work.decided", "sign-in"
    account: int | None = None  # None: the command line, or the machine by itself
    space: int | None = None
    target: str = ""  # the page of a reading, or the thing acted on: "rating-round:3"
    purpose: str = ""
    reason: str = ""  # why it was allowed or refused
    refused: bool = False
    people: tuple[int, ...] = ()
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEvent:
    """An event as it is kept: with the link that binds it to all before it (32 bytes)."""

    event: AuditEvent
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPlace:
    """A place in a chain: the number of an event, and the link there."""

    position: int
    link: bytes


CHAIN_START: Final = ChainPlace(position=0, link=bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAnchor:
    """A sealed place in a chain: an ``anchor`` to keep outside, or the ``stump`` of a part that was let go."""

    kind: str
    position: int
    at: datetime
    link: bytes
    seal: bytes

    @property
    def place(self) -> ChainPlace:
        """Where in the chain it is."""
        return ChainPlace(position=self.position, link=self.link)

    @property
    def line(self) -> str:
        """The anchor as one line of text."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{FORMAT} {self.kind} {self.position} {at} {self.link.hex()} {self.seal.hex()}"

    def holds(self, *, key: bytes | None) -> bool:
        """Return whether the seal was made with this key over what the anchor says."""
        return hmac.compare_digest(self.seal, _seal(self.kind, self.position, self.at, self.link, key))


class ChainBreak(StrEnum):
    """What is wrong at the first place where a chain does not hold."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    SWAPPED = "swapped"
    CUT = "cut"
    REWRITTEN = "rewritten"
    FALSE_SEAL = "false-seal"


BROKEN: Final = {
    ChainBreak.CHANGED: Text(
        "Event {position} is not as it was written, or what stood there was replaced.",
        "第 {position} 号事件与写入时不同，或原有事件已被替换。",
    ),
    ChainBreak.MISSING: Text(
        "Events {position} to {last} are missing: they were removed.", "第 {position} 至 {last} 号事件缺失：已被删除。"
    ),
    ChainBreak.INSERTED: Text(
        "Events {position} to {last} were put in afterwards: what now comes behind them stood there.",
        "第 {position} 至 {last} 号事件是事后插入的：其后的事件原在此处。",
    ),
    ChainBreak.SWAPPED: Text(
        "Events {position} and {last} were exchanged.", "第 {position} 号与第 {last} 号事件被互换。"
    ),
    ChainBreak.CUT: Text(
        "Events {position} to {last} are missing at the end: an anchor shows that there were {last}.",
        "末尾缺少第 {position} 至 {last} 号事件：锚点表明曾有 {last} 个事件。",
    ),
    ChainBreak.REWRITTEN: Text(
        "The chain up to event {position} is another than when the anchor was taken: it was made anew.",
        "截至第 {position} 号事件的链与取锚点时不同：链曾被重新生成。",
    ),
    ChainBreak.FALSE_SEAL: Text(
        "The seal at event {position} was not made with the key of this office: it is forged, or the key is another.",
        "第 {position} 号事件处的封印不是用本单位密钥生成的：系伪造，或密钥已更换。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """The first place where a chain does not hold; ``last`` ends the stretch that is concerned."""

    how: ChainBreak
    position: int
    last: int

    @property
    def says(self) -> Text:
        """What is wrong, in one sentence."""
        return BROKEN[self.how].filled(position=self.position, last=self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """What the look at a chain gave: how many events hold, where it ends, the first fault, how the clock went.

    ``clock_steps`` are the numbers of events that were written before the one in front of them, by more than two
    seconds: the clock was set back. ``passed_over`` counts anchors from before the part that is kept.
    """

    events: int
    head: ChainPlace
    fault: ChainFault | None = None
    clock_steps: tuple[int, ...] = ()
    passed_over: int = 0
    agreed: int = 0  # anchors that were compared and agree


def canonical_bytes(event: AuditEvent) -> bytes:
    """Return the bytes that stand for an event: JSON of its fields in a fixed order, times in microseconds.

    >>> from datetime import UTC, datetime
    >>> at = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    >>> canonical_bytes(AuditEvent(position=1, at=at, written_at=at, act="read", people=(7, 3)))
    b'["yucai-audit-1",1,1000000,1000000,"read",null,null,"","","",false,[3,7],{}]'
    """
    return _ENCODER.encode(
        (
            FORMAT,
            event.position,
            (event.at - EPOCH) // MICROSECOND,
            (event.written_at - EPOCH) // MICROSECOND,
            event.act,
            event.account,
            event.space,
            event.target,
            event.purpose,
            event.reason,
            event.refused,
            sorted(event.people),
            event.detail,
        )
    )


_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def link_of(event: AuditEvent, *, after: bytes, key: bytes | None) -> bytes:
    r"""Return the link of an event (32 bytes): :math:`l_n = H(l_{n-1} \| c(e_n))`.

    H is HMAC-SHA-256 with ``key`` (RFC 2104, FIPS 198-1), SHA-256 without; c are the canonical bytes; ``after`` is
    :math:`l_{n-1}`, before the first event 32 zero bytes.
    """
    message = after + canonical_bytes(event)
    return hashlib.sha256(message).digest() if key is None else hmac.digest(key, message, "sha256")


def seal_place(place: ChainPlace, *, kind: str, at: datetime, key: bytes | None) -> ChainAnchor:
    """Return a place with a seal over it: of kind ``anchor`` or ``stump``."""
    seal = _seal(kind, place.position, at, place.link, key)
    return ChainAnchor(kind=kind, position=place.position, at=at, link=place.link, seal=seal)


def _seal(kind: str, position: int, at: datetime, link: bytes, key: bytes | None) -> bytes:
    message = _ENCODER.encode((FORMAT, kind, position, (at - EPOCH) // MICROSECOND, link.hex()))
    return hashlib.sha256(message).digest() if key is None else hmac.digest(key, message, "sha256")


def read_anchors(text: str) -> list[ChainAnchor]:
    """Return the anchors in a text of one a line; empty lines are passed over. Raises AnchorUnreadableError."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            named, kind, position, at, link, seal = line.split()
            one = ChainAnchor(
                kind=kind,
                position=int(position),
                at=datetime.fromisoformat(at),
                link=bytes.fromhex(link),
                seal=bytes.fromhex(seal),
            )
        except ValueError as problem:
            raise AnchorUnreadableError(line=number, format=FORMAT) from problem
        if named != FORMAT or one.at.tzinfo is None or len(one.link) != len(one.seal) or len(one.link) != 32:
            raise AnchorUnreadableError(line=number, format=FORMAT)
        found.append(one)
    return found


def verify_chain(
    events: Iterable[ChainedEvent],
    *,
    key: bytes | None,
    stump: ChainAnchor | None = None,
    anchors: Sequence[ChainAnchor] = (),
) -> ChainVerdict:
    """Look through a chain, in the order of its numbers, and say where it first does not hold, and how.

    ``stump`` is the sealed end of a part that was let go. Events are taken one after the other; memory does not grow.
    """
    for sealed in (*([stump] if stump is not None else ()), *anchors):
        if not sealed.holds(key=key):
            fault = ChainFault(how=ChainBreak.FALSE_SEAL, position=sealed.position, last=sealed.position)
            return ChainVerdict(events=0, head=CHAIN_START, fault=fault)
    start = stump.place if stump is not None else CHAIN_START
    due = sorted((one.place for one in anchors if one.position >= start.position), key=lambda one: one.position)
    return replace(_Walk(start, due, key).through(events), passed_over=len(anchors) - len(due))


class _Walk:
    """One look through a chain: where it stands, and what it has seen of the clock."""

    def __init__(self, start: ChainPlace, due: Sequence[ChainPlace], key: bytes | None) -> None:
        self.start, self.key = start, key
        self.position, self.link = start.position, start.link
        self.due = list(reversed(due))
        self.steps: list[int] = []
        self.agreed = 0

    def through(self, events: Iterable[ChainedEvent]) -> ChainVerdict:
        """Return what was found up to the first fault, or the end."""
        if fault := self._compared():
            return self._verdict(fault)
        before: datetime | None = None
        following = iter(events)
        for one in following:
            link = link_of(one.event, after=self.link, key=self.key)
            if one.event.position != self.position + 1 or link != one.link:
                return self._verdict(self._fault(one, following))
            self.position, self.link = one.event.position, link
            if before is not None and one.event.written_at < before - CLOCK_TOLERANCE and len(self.steps) < MOST_STEPS:
                self.steps.append(self.position)
            before = one.event.written_at
            if self.due and self.due[-1].position == self.position and (fault := self._compared()):
                return self._verdict(fault)
        if self.due:
            last = self.due[0].position
            return self._verdict(ChainFault(how=ChainBreak.CUT, position=self.position + 1, last=last))
        return self._verdict(None)

    def _compared(self) -> ChainFault | None:
        """Compare the place where the walk stands with the anchors taken there."""
        while self.due and self.due[-1].position == self.position:
            if self.due.pop().link != self.link:
                return ChainFault(how=ChainBreak.REWRITTEN, position=self.position, last=self.position)
            self.agreed += 1
        return None

    def _fault(self, one: ChainedEvent, following: Iterator[ChainedEvent]) -> ChainFault:
        """Return what is wrong with the event that does not hold, by how it and the next would hold otherwise."""
        due = self.position + 1
        if one.event.position > due:
            return ChainFault(how=ChainBreak.MISSING, position=due, last=one.event.position - 1)
        if one.event.position < due:
            return ChainFault(how=ChainBreak.INSERTED, position=one.event.position, last=one.event.position)
        before = self.link
        for other, _ in zip(following, range(MOST_LOOKED_AT), strict=False):
            if self._held(other, position=due, after=self.link):  # this is the one that belongs here
                last = other.event.position
                exchanged = self._held(one, position=last, after=other.link if last == due + 1 else before)
                how = ChainBreak.SWAPPED if exchanged else ChainBreak.INSERTED
                return ChainFault(how=how, position=due, last=last if exchanged else last - 1)
            before = other.link
        return ChainFault(how=ChainBreak.CHANGED, position=due, last=due)

    def _held(self, one: ChainedEvent, *, position: int, after: bytes) -> bool:
        return link_of(replace(one.event, position=position), after=after, key=self.key) == one.link

    def _verdict(self, fault: ChainFault | None) -> ChainVerdict:
        return ChainVerdict(
            events=self.position - self.start.position,
            head=ChainPlace(position=self.position, link=self.link),
            fault=fault,
            clock_steps=tuple(self.steps),
            agreed=self.agreed,
        )
