"""What goes to another store next: statements as they are kept, in the order of storing, with their attachments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.db.models import Q

from yucai.evidence import AttachmentPart, Version, actor_key, handed_on
from yucai.web.records.attachments import attachments_of
from yucai.web.records.following import place_of
from yucai.web.records.forwarding_models import Forwarding
from yucai.web.records.keys import key_of
from yucai.web.records.models import AttachmentContent, StatementAttachment, StatementRow
from yucai.web.records.watermark import bound_of, watermark

__all__ = ["Parcel", "Parcels", "n_waiting", "parcels_behind", "parcels_of", "parts_of"]

MOST: Final = 200  # statements in one request: what stores in use take, and little is lost where one breaks off
MOST_BYTES: Final = 4_000_000
MOST_ATTACHED: Final = 32_000_000
LOOKED_AT: Final = 400  # statements that are read at once to find those of a filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A statement on its way. ``place`` is where the cursor stands once it and all before it are done."""

    seq: int
    place: int
    id: str
    body: bytes
    voiding: bool
    voided: bool
    n_attached: int  # bytes, and one for each attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """What goes next, and how far the cursor may move when all of it is done."""

    found: tuple[Parcel, ...]
    upto: int


NAMES: Final = ("seq", "id", "body", "voiding", "voided", "target")
Row = tuple[int, Any, bytes, bool, bool, Any]


def _wanted(forwarding: Forwarding) -> Q:
    """The condition that a forwarding's filter sets."""
    store, wanted = forwarding.store_id, Q()
    if forwarding.verb:
        wanted &= Q(verb=key_of(store, "verb", forwarding.verb))
    if forwarding.activity:
        wanted &= Q(object=key_of(store, "activity", forwarding.activity))
    if forwarding.credential is not None:
        authority = msgspec.json.decode(forwarding.credential.authority)
        wanted &= Q(authority=key_of(store, "agent", actor_key(authority)))
    return wanted


def n_waiting(forwarding: Forwarding) -> int:
    """Return how many statements of a forwarding are still to be sent; those kept aside do not count."""
    after = place_of(forwarding.store, forwarding.follower)
    return StatementRow.objects.filter(_wanted(forwarding), store=forwarding.store_id, seq__gt=after).count()


def parcels_behind(forwarding: Forwarding, *, after: int) -> Parcels:
    """Return what goes next behind a number; what a slower writer may still bring ends it.

    With a filter, a statement that voids one of those that go goes too, in either order.
    """
    store = forwarding.store_id
    bound = bound_of(watermark(store))
    wanted = _wanted(forwarding)
    behind = StatementRow.objects.filter(store=store, seq__gt=after, seq__lt=bound).order_by("seq")
    most = MOST
    if wanted:
        behind, most = behind.filter(wanted | Q(voiding=True)), LOOKED_AT
    rows: list[Row] = list(behind.values_list(*NAMES)[:most])
    upto = rows[-1][0] if rows else after
    if wanted:
        if len(rows) < most and StatementRow.objects.filter(store=store, seq__gt=upto, seq__lt=bound).exists():
            upto = bound - 1  # none of those goes: they need not be looked at again
        rows, upto = _picked(store, rows, wanted, upto)
    parcels = _parcels(forwarding, _with_voiders(store, rows, wanted) if wanted else [(row, row[0]) for row in rows])
    kept = _within(parcels)
    return Parcels(found=kept, upto=upto if len(kept) == len(parcels) else kept[-1].place)


def _picked(store: int, rows: list[Row], wanted: Q, upto: int) -> tuple[list[Row], int]:
    """Leave out what voids statements that do not go, and what is more than one request takes."""
    seqs = [row[0] for row in rows]
    own = set(StatementRow.objects.filter(wanted, seq__in=seqs).values_list("seq", flat=True)) if rows else set()
    targets = {row[5] for row in rows if row[3] and row[0] not in own}
    went = dict(StatementRow.objects.filter(wanted, store=store, id__in=targets).values_list("id", "seq"))
    picked = [row for row in rows if row[0] in own or (row[5] in went and went[row[5]] < row[0])]
    return (picked, upto) if len(picked) <= MOST else (picked[:MOST], picked[MOST - 1][0])


def _with_voiders(store: int, rows: Sequence[Row], wanted: Q) -> list[tuple[Row, int]]:
    """Behind a statement that was voided before it came stands what voided it: that had been nobody's."""
    voided = [row[1] for row in rows if row[4]]
    places = {row[1]: row[0] for row in rows}
    early: dict[Any, list[Row]] = {}
    voiders = StatementRow.objects.filter(store=store, target__in=voided, voiding=True).exclude(wanted)
    for row in voiders.values_list(*NAMES):
        if row[0] < places[row[5]]:
            early.setdefault(row[5], []).append(row)
    return [(one, row[0]) for row in rows for one in (row, *early.get(row[1], ()))]


def _parcels(forwarding: Forwarding, rows: Iterable[tuple[Row, int]]) -> list[Parcel]:
    pairs = list(rows)
    version = Version(forwarding.version)
    sizes = _attached(forwarding.store_id, [row[0] for row, _ in pairs])
    return [
        Parcel(
            seq=seq,
            place=place,
            id=str(own),
            body=handed_on(bytes(body), version=version),
            voiding=voiding,
            voided=voided,
            n_attached=sizes.get(seq, 0),
        )
        for (seq, own, body, voiding, voided, _), place in pairs
    ]


def _attached(store: int, seqs: Sequence[int]) -> dict[int, int]:
    """Return how many bytes are attached to statements, and one more for each attachment: an empty one is one too."""
    pairs = list(StatementAttachment.objects.filter(seq__in=seqs).values_list("seq", "sha2"))
    named = {sha2 for _, sha2 in pairs}
    sizes = dict(AttachmentContent.objects.filter(store=store, sha2__in=named).values_list("sha2", "size_bytes"))
    found: dict[int, int] = {}
    for seq, sha2 in pairs:
        if sha2 in sizes:
            found[seq] = found.get(seq, 0) + sizes[sha2] + 1
    return found


def _within(parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """Return the first of them that make one request of usual size; one always, and what voids it with it."""

    def taken() -> Iterator[Parcel]:
        n_bytes = n_attached = 0
        last = None
        for parcel in parcels:
            n_bytes, n_attached = n_bytes + len(parcel.body), n_attached + parcel.n_attached
            if last not in (None, parcel.place) and (n_bytes > MOST_BYTES or n_attached > MOST_ATTACHED):
                return
            last = parcel.place
            yield parcel

    return tuple(taken())


def parcels_of(forwarding: Forwarding, seqs: Sequence[int]) -> list[Parcel]:
    """Return statements that were kept aside, as they go now; one that is not here any more is left out."""
    rows = StatementRow.objects.filter(store=forwarding.store_id, seq__in=seqs).order_by("seq").values_list(*NAMES)
    return _parcels(forwarding, [(row, row[0]) for row in rows])


def parts_of(forwarding: Forwarding, parcels: Sequence[Parcel]) -> list[AttachmentPart]:
    """Return the attachments that go along."""
    seqs = [parcel.seq for parcel in parcels if parcel.n_attached]
    return attachments_of(forwarding.store_id, seqs) if seqs else []
