"""A store into a file: every statement, also voided ones, in the order of storing; taken in again it is the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from yucai.texts import Text
from yucai.web.records.models import AttachmentContent, RecordStore, StatementAttachment, StatementRow
from yucai.web.records.watermark import bound_of, watermark

__all__ = ["StoreExported", "export_statements"]

PAGE: Final = 2_000
MOST_ASKED: Final = 500
SAID_EVERY: Final = 10_000
WRITING: Final = Text("{n} statement{n:|s} written", "已写出 {n} 条陈述")
_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")  # outside strings a line break is space; inside there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreExported:
    """What was written."""

    statements: int
    attachments: int


def export_statements(
    *, store: RecordStore, to: Path, attachments: Path, report: Callable[[float, Text], None]
) -> StoreExported:
    """Write all statements of a store as JSON lines, packed where the name ends in .gz, and attachments by their hash.

    The file is there whole or not at all. What is stored meanwhile is not in it.
    """
    bound, n, n_attached = bound_of(watermark(store.pk)), 0, 0
    behind = StatementRow.objects.filter(store=store, seq__lt=bound)
    total = behind.count()
    unfinished = to.with_name(f".{to.name}.part")
    try:
        with _written(unfinished, packed=to.name.endswith(".gz")) as stream:
            after = 0
            while page := list(behind.filter(seq__gt=after).order_by("seq").values_list("seq", "body")[:PAGE]):
                for _, body in page:
                    stream.write(bytes(body).translate(_ONE_LINE) + b"\n")
                n_attached += _write_attachments(store, [seq for seq, _ in page], attachments)
                after, n = page[-1][0], n + len(page)
                if n % SAID_EVERY < PAGE:
                    report(n / total, WRITING.filled(n=f"{n:,}"))
        unfinished.rename(to)
    finally:
        unfinished.unlink(missing_ok=True)
    return StoreExported(statements=n, attachments=n_attached)


@contextmanager
def _written(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as plain:
        if packed:
            with gzip.GzipFile(fileobj=plain, filename="", mode="wb", compresslevel=6, mtime=0) as stream:
                yield cast(IO[bytes], stream)
        else:
            yield plain


def _write_attachments(store: RecordStore, seqs: list[int], folder: Path) -> int:
    """Write the attachments of statements that came with their bytes, each once; return how many are new there."""
    found: set[str] = set()
    for begin in range(0, len(seqs), MOST_ASKED):
        part = seqs[begin : begin + MOST_ASKED]
        found |= set(StatementAttachment.objects.filter(seq__in=part).values_list("sha2", flat=True))
    n = 0
    for sha2 in sorted(found):
        kept = AttachmentContent.objects.filter(store=store, sha2=sha2).first()
        file = folder / sha2
        if kept is None or file.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{sha2}.part"
        unfinished.write_bytes(bytes(kept.content))
        unfinished.rename(file)
        n += 1
    return n
