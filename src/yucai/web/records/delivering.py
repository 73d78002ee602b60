"""Delivering to another store: at least once, in order, nothing passed over, and one bad statement holds up no other.

The cursor moves only behind what the other store acknowledged or what was kept aside with its answer, in the same
transaction. Ids stay, so that what is sent again after a fall is known there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import F, Q

from yucai.evidence import equivalent
from yucai.texts import Text
from yucai.web.records.following import move_cursor, place_of
from yucai.web.records.forwarding import Destination, SecretUnreadableError, address_faults, destination_of
from yucai.web.records.forwarding_models import Forwarding, Undeliverable
from yucai.web.records.judging import Held, Verdict, held_by, judged
from yucai.web.records.parcels import Parcel, parcels_behind, parcels_of, parts_of
from yucai.web.records.sending import LONGEST_SECONDS, NotReachedError, OtherStore, Told

__all__ = ["Delivered", "deliver", "deliver_due", "resend"]

FIRST_WAIT: Final = 2.0  # seconds
LONGEST_WAIT: Final = 3_600.0
LEASE: Final = timedelta(seconds=LONGEST_SECONDS + 60)
PROBES_AFTER: Final = 5  # tries that ended in a fault over there; then the statement that causes it is looked for
MOST_DOUBTED: Final = 8  # statements refused in a row where nothing was ever taken
MOST_REFUSED: Final = 100  # the same where much was taken before
MOST_ANSWER: Final = 1_000  # characters of an answer that are kept
TURN: Final = 20  # requests before the next forwarding has its turn
BUSY: Final = Text(
    "Another process is sending for this forwarding. If it was killed, wait three minutes, or switch the forwarding "
    "off and on.",
    "另一进程正在为此转发发送陈述。如该进程已被终止，请等待三分钟，或先停用再启用此转发。",
)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of one run: how many were taken, how many kept aside, and why it ended early if it did."""

    taken: int = 0
    aside: int = 0
    held: Text | None = None

    def __add__(self, other: Delivered) -> Delivered:
        """Add up two runs, one after the other."""
        return Delivered(taken=self.taken + other.taken, aside=self.aside + other.aside, held=other.held or self.held)


class _MovedError(Exception):
    """Somebody else has moved the cursor."""


def deliver_due(*, clock: Clock, rng: random.Random) -> Delivered:
    """Send for every forwarding that is on, whose time has come and that nobody is at, a few requests each."""
    total, at = Delivered(), clock()
    due = (Q(next_at__isnull=True) | Q(next_at__lte=at)) & (Q(lease_until__isnull=True) | Q(lease_until__lt=at))
    for forwarding in Forwarding.objects.filter(due, is_on=True).order_by("next_at", "pk"):
        total = total + deliver(forwarding, clock=clock, rng=rng, most=TURN)
    return total


def deliver(forwarding: Forwarding, *, clock: Clock, rng: random.Random, most: int | None = None) -> Delivered:
    """Send what waits, up to ``most`` requests' worth, unless somebody else is at it."""
    lease = _claimed(forwarding, clock())
    if lease is None:
        return Delivered(held=BUSY)
    run = _Run(forwarding=forwarding, clock=clock, rng=rng, lease=lease)
    try:
        return run.whole(most)
    finally:
        Forwarding.objects.filter(pk=forwarding.pk, lease_until=run.lease).update(lease_until=None)


def resend(forwarding: Forwarding, entries: Iterable[Undeliverable], *, clock: Clock) -> Delivered:
    """Send once more what was kept aside, one by one; what is taken now is kept aside no longer."""
    to = _open_destination(forwarding)
    if isinstance(to, Held):
        return Delivered(held=to.why)
    total = Delivered()
    with OtherStore(to) as other:
        for entry in entries:
            found = parcels_of(forwarding, [entry.seq])
            if not found:  # the statement is not here any more
                entry.delete()
                continue
            try:
                told = other.post([found[0].body], parts_of(forwarding, found))
            except NotReachedError as problem:
                return total + Delivered(held=held_by(problem, at=clock()).why)
            verdict = judged(told, found)
            if verdict is Verdict.TAKEN or (told.status == HTTPStatus.CONFLICT and _is_known(other, found[0])):
                _taken_after_all(entry, at=clock())
                total = total + Delivered(taken=1)
            elif verdict is Verdict.HOLD:
                return total + Delivered(held=held_by(told, at=clock()).why)
            else:
                entry.status, entry.answer, entry.at = told.status, _beginning(told.body), clock()
                entry.save(update_fields=["status", "answer", "at"])
                total = total + Delivered(aside=1)
    return total


@transaction.atomic
def _taken_after_all(entry: Undeliverable, *, at: datetime) -> None:
    Forwarding.objects.filter(pk=entry.forwarding_id).update(n_taken=F("n_taken") + 1, last_success_at=at)
    entry.delete()


def _open_destination(forwarding: Forwarding) -> Destination | Held:
    """Return where a forwarding goes, or why nothing may be sent there: the operator's rule, or a lost key."""
    faults = address_faults(forwarding.address)
    if faults:
        return Held(why=Text(faults[0].in_language("en"), faults[0].in_language("zh")))
    try:
        return destination_of(forwarding)
    except SecretUnreadableError as problem:
        return Held(why=Text(problem.in_language("en"), problem.in_language("zh")))


def _claimed(forwarding: Forwarding, at: datetime) -> datetime | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    lease = at + LEASE
    return lease if Forwarding.objects.filter(free, pk=forwarding.pk).update(lease_until=lease) else None


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run of one forwarding."""

    forwarding: Forwarding
    clock: Clock
    rng: random.Random
    lease: datetime
    seen: int = 0  # where the cursor stands
    taken: int = 0
    aside: int = 0
    in_doubt: list[tuple[Parcel, Told]] = field(default_factory=list)  # refused, and not yet decided on
    in_a_row: int = 0  # refused without one that was taken between them
    size: int = 1_000_000  # statements in a request; smaller once one was too large

    def whole(self, most: int | None) -> Delivered:
        forwarding = self.forwarding
        forwarding.refresh_from_db()
        to = _open_destination(forwarding)
        if isinstance(to, Held):
            return self._hold(to)
        self.seen = place_of(forwarding.store, forwarding.follower)
        turns = 0
        with OtherStore(to) as other:
            while most is None or turns < most:
                turns += 1
                next_ = parcels_behind(forwarding, after=self.seen)
                if not next_.found and next_.upto <= self.seen:
                    break
                try:
                    held = self._batch(other, list(next_.found), next_.upto)
                except _MovedError:
                    break
                if held is not None:
                    return self._hold(held)
                if not self._still_ours():
                    break
        return Delivered(taken=self.taken, aside=self.aside)

    def _batch(self, other: OtherStore, parcels: list[Parcel], upto: int) -> Held | None:
        """Send parcels in order, split where they are refused; return why that ended early, or None."""
        left = [parcels[n : n + self.size] for n in range(0, len(parcels), self.size)]
        probing = self.forwarding.n_tries >= PROBES_AFTER
        while left:
            part = left.pop(0)
            before = left[0][0].place - 1 if left else part[-1].place
            try:
                told = other.post([parcel.body for parcel in part], parts_of(self.forwarding, part))
            except NotReachedError as problem:
                if not (problem.sent and probing):
                    return held_by(problem, at=self.clock())
                told = Told(status=0, body=problem.reason.encode())
            verdict = judged(told, part)
            if (
                verdict is Verdict.REFUSED
                and told.status == HTTPStatus.CONFLICT
                and len(part) == 1
                and _is_known(other, part[0])
            ):
                verdict = Verdict.TAKEN
            if verdict is Verdict.TAKEN:
                self._taken(part, min(before, part[-1].place))
            elif verdict is Verdict.HOLD or (verdict is Verdict.FAULT and not probing):
                return held_by(told, at=self.clock())
            elif len(part) > 1:
                half = (len(part) + 1) // 2
                self.size = half if told.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else self.size
                left[:0] = [part[:half], part[half:]]
            elif not self._doubted(part[0], told, min(before, part[0].place), verdict):
                return held_by(told, at=self.clock())
        if self.in_doubt:
            return held_by(self.in_doubt[0][1], at=self.clock())
        if upto > self.seen:
            self._write(upto, n_taken=0)
        return None

    def _taken(self, part: list[Parcel], to: int) -> None:
        self.in_a_row = 0
        self._write(to, n_taken=len(part))
        self.taken += len(part)

    def _doubted(self, parcel: Parcel, told: Told, to: int, verdict: Verdict) -> bool:
        """Keep a statement aside once it is sure that it alone is refused, and not everything; False: it is not.

        That it is sure is shown by something that was taken: at any time before where the statement was refused for
        itself, in this very run where the other store had a fault over it, or may have let us in no longer.
        """
        self.in_doubt.append((parcel, told))
        self.in_a_row += 1
        by_itself = verdict is Verdict.REFUSED and told.status != HTTPStatus.FORBIDDEN
        trusted = self.taken > 0 or (by_itself and self.forwarding.n_taken > 0)
        if trusted and self.in_a_row <= MOST_REFUSED:
            self._write(to, n_taken=0)
            return True
        return self.in_a_row < (MOST_REFUSED if trusted else MOST_DOUBTED)

    def _write(self, to: int, *, n_taken: int) -> None:
        """Move on, and keep aside what is in doubt no longer, in one transaction. Raises _MovedError."""
        forwarding, now = self.forwarding, self.clock()
        with transaction.atomic():
            if not move_cursor(forwarding.store, forwarding.follower, seen=self.seen, to=max(to, self.seen)):
                raise _MovedError
            for parcel, told in self.in_doubt:
                Undeliverable.objects.get_or_create(
                    forwarding=forwarding,
                    seq=parcel.seq,
                    defaults={
                        "statement": parcel.id,
                        "status": told.status,
                        "answer": _beginning(told.body),
                        "at": now,
                    },
                )
            if n_taken:
                Forwarding.objects.filter(pk=forwarding.pk).update(
                    n_taken=F("n_taken") + n_taken, n_tries=0, next_at=None, last_success_at=now
                )
        self.aside += len(self.in_doubt)
        self.in_doubt.clear()
        self.seen = max(to, self.seen)

    def _still_ours(self) -> bool:
        """Renew the lease; False where the forwarding was switched off or somebody else took it over."""
        new = self.clock() + LEASE
        ours = Forwarding.objects.filter(pk=self.forwarding.pk, is_on=True, lease_until=self.lease)
        if not ours.update(lease_until=new):
            return False
        self.lease = new
        self.forwarding.refresh_from_db(fields=["n_tries", "n_taken"])
        return True

    def _hold(self, held: Held) -> Delivered:
        """Write down what went wrong, and wait: longer each time, and not in step with others."""
        now, tries = self.clock(), min(self.forwarding.n_tries, 60)
        if self.taken:
            tries = 0
        wait = min(FIRST_WAIT * 2**tries, LONGEST_WAIT) * self.rng.uniform(0.75, 1.25)
        wait = max(wait, held.seconds)
        Forwarding.objects.filter(pk=self.forwarding.pk).update(
            n_tries=tries + 1,
            next_at=now + timedelta(seconds=wait),
            last_error_at=now,
            last_error_en=held.why.en[:1_000],
            last_error_zh=held.why.zh[:1_000],
        )
        return Delivered(taken=self.taken, aside=self.aside, held=held.why)


def _is_known(other: OtherStore, parcel: Parcel) -> bool:
    """Whether the very same statement is there under its id: some stores call that a conflict."""
    for voided in (False, True):
        try:
            told = other.find(parcel.id, voided=voided)
            if told.status == 200 and equivalent(msgspec.json.decode(parcel.body), msgspec.json.decode(told.body)):
                return True
        except (NotReachedError, msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
            return False
    return False


def _beginning(body: bytes) -> str:
    """Return the beginning of an answer, as every database keeps it."""
    return body[: 4 * MOST_ANSWER].decode("utf-8", "replace").replace("\0", "")[:MOST_ANSWER]
