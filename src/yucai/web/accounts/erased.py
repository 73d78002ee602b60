"""Whose number was erased in a space: told by a keyed hash, so that no list of the erased is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from yucai.web.accounts.erasure_models import PersonTombstone
from yucai.web.accounts.keys import digest_of
from yucai.web.accounts.models import Space

__all__ = ["erased_among", "tombstone_of"]

LABEL: Final = "person-tombstone"


def tombstone_of(space: Space | int, number: str) -> str:
    """Return the keyed hash that stands for a number in a space; full-width signs and capitals make nobody else."""
    pk = space if isinstance(space, int) else space.pk
    plain = unicodedata.normalize("NFKC", number).strip().casefold()
    return digest_of(LABEL, f"{pk}\0{plain}")


def erased_among(space: Space, numbers: Iterable[str]) -> frozenset[str]:
    """Return which of these numbers are of somebody who was erased here and may not come in again."""
    kept = PersonTombstone.objects.filter(space=space, lifted_at__isnull=True).values_list("seal", flat=True)
    seals = frozenset(kept)
    return frozenset(number for number in numbers if seals and tombstone_of(space, number) in seals)
