"""Attachments given back with statements, never more at once than memory should hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yucai.evidence import AttachmentPart
from yucai.web.records.models import AttachmentContent, StatementAttachment

__all__ = ["attachments_of", "within"]

MOST_BYTES: Final = 160_000_000  # of attachments in one answer; the first statement always comes whole


def within(store: int, seqs: Sequence[int]) -> int:
    """Return how many of these statements, from the first on, can be given back with their attachments."""
    pairs = list(StatementAttachment.objects.filter(seq__in=seqs).values_list("seq", "sha2"))
    named = {sha2 for _, sha2 in pairs}
    sizes = dict(AttachmentContent.objects.filter(store=store, sha2__in=named).values_list("sha2", "size_bytes"))
    seen: set[str] = set()
    total = 0
    for n, seq in enumerate(seqs):
        new = {sha2 for one, sha2 in pairs if one == seq} - seen
        total += sum(sizes.get(sha2, 0) for sha2 in new)
        if n and total > MOST_BYTES:
            return n
        seen |= new
    return len(seqs)


def attachments_of(store: int, seqs: Sequence[int]) -> list[AttachmentPart]:
    """Return the attachments of statements that came with their bytes, each once."""
    named = StatementAttachment.objects.filter(seq__in=seqs).values_list("sha2", flat=True)
    rows = AttachmentContent.objects.filter(store=store, sha2__in=set(named)).order_by("sha2")
    return [
        AttachmentPart(sha2=row.sha2, content_type=row.content_type, content=bytes(row.content))
        for row in rows.iterator(chunk_size=10)
    ]
