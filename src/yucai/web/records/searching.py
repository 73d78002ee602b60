"""Looking for a person in everything the office holds: every table by its values, every file byte by byte."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import polars as pl
from django.apps import apps
from django.db import models

from yucai.evidence import PersonTraces
from yucai.web.records.models import RecordStore, StatementAgent, StatementRow
from yucai.web.records.tracing import agent_keys, documents_of_person

__all__ = ["Hit", "search_file", "search_files", "search_tables"]

WINDOW: Final = 8_000_000
OVERLAP: Final = 2_000
ROWS: Final = 20_000
READABLE: Final = (models.CharField, models.TextField, models.BinaryField, models.JSONField)
PACKED: Final = (".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".pgdump")


@dataclass(frozen=True, slots=True)
class Hit:
    """A table or file in which the person stands, and in how many rows; 0 where nobody could read it."""

    place: str
    n: int


def search_tables(traces: PersonTraces) -> Iterator[Hit]:
    """Yield every table with a value that holds a text of the person, and every store with a key of theirs."""
    for store in RecordStore.objects.order_by("code"):
        keys = agent_keys(store.pk, traces)
        n = StatementAgent.objects.filter(agent__in=keys).count() + documents_of_person(store.pk, traces).count()
        n += sum(
            StatementRow.objects.filter(**{f"{name}__in": keys}).count() for name in ("actor", "authority", "object")
        )
        if n:
            yield Hit(f"record store {store.code}", n)
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda each: each._meta.db_table):
        names = [one.attname for one in model._meta.concrete_fields if isinstance(one, READABLE)]
        if names and (n := sum(_holds(row, traces) for row in _rows(model, names))):
            yield Hit(model._meta.db_table, n)


def _rows(model: type[models.Model], names: list[str]) -> Iterator[tuple[Any, ...]]:
    rows = model._default_manager.order_by("pk").values_list(*names)
    yield from rows.iterator(chunk_size=1 if "content" in names else 500)


def _holds(row: tuple[Any, ...], traces: PersonTraces) -> bool:
    for value in row:
        raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value or "").encode("utf-8", "replace")
        if traces.are_in_content(raw):
            return True
    return False


def search_files(folder: Path, traces: PersonTraces, *, but: frozenset[str] = frozenset()) -> Iterator[Hit]:
    """Yield every file under a folder that holds the person, by its place in it, and every one nobody can look into."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name in but:
            continue
        name = file.relative_to(folder).as_posix()
        if file.suffix.lower() in PACKED:
            yield Hit(name, 0)
        elif search_file(file, traces):
            yield Hit(name, 1)


def search_file(file: Path, traces: PersonTraces) -> bool:
    """Whether a file holds a text of the person: as bytes, as values of Parquet, or within an archive of ZIP."""
    if file.suffix.lower() == ".parquet":
        return any(traces.are_in(rows) for rows in _parquet_rows(file))
    with file.open("rb") as source:
        if _in_stream(source, traces):
            return True
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            return any(_in_stream(archive.open(name), traces) for name in archive.namelist())
    return False


def _parquet_rows(file: Path) -> Iterator[bytes]:
    frame = pl.read_parquet(file, hive_partitioning=False)
    binary = [name for name, kind in frame.schema.items() if kind == pl.Binary]
    for part in frame.iter_slices(ROWS):
        for name in binary:
            yield from (value for value in part[name] if value is not None)
        told = io.BytesIO()
        part.drop(binary).write_ndjson(told)
        yield from told.getvalue().splitlines()


def _in_stream(source: IO[bytes], traces: PersonTraces) -> bool:
    kept = b""
    while read := source.read(WINDOW):
        low = (kept + read).lower()
        if any(_really(low, needle, traces) for needle in traces.stored_needles):
            return True
        kept = low[-OVERLAP:]
    return False


def _really(low: bytes, needle: bytes, traces: PersonTraces) -> bool:
    """Whether one of the places of a needle holds it as a word of its own, and not within somebody else's."""
    if needle not in traces.needles:
        return needle in low
    places = (found.start() for found in re.finditer(re.escape(needle), low))
    return any(
        traces.pattern.search(low[max(0, at - 100) : at + len(needle) + 100].decode("utf-8", "replace"))
        for at in places
    )
