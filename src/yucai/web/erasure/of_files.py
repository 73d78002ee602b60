"""What lies in files: on the import desk, in the tables of imports, as files of own works."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.db import transaction

from yucai.evidence import PersonTraces, write_parquet
from yucai.web.accounts.models import Space
from yucai.web.erasure.holding import Task
from yucai.web.erasure.subjects import Subject, traces_in
from yucai.web.evidence.actions import held
from yucai.web.evidence.models import OwnWork, TableFile, Upload
from yucai.web.evidence.uploads import upload_file
from yucai.web.measurement.class_portraits import drop_file, holding_person
from yucai.web.records.searching import search_file

__all__ = [
    "count_class_portraits",
    "count_desk",
    "count_tables",
    "count_work_files",
    "forget_class_portraits",
    "forget_desk",
    "forget_tables",
    "forget_work_files",
    "holds_person",
]

SIGN = "…"
PEOPLE_CELL = pl.List(pl.Struct({"name": pl.String, "role": pl.String, "number": pl.String}))  # makers of one work
OTHER_CODES = ("gb18030", "utf-16-le")  # of Chinese text files, and of old workbooks


def holds_person(file: Path, subject: Subject) -> bool:
    """Return whether a file holds the person, in whatever encoding a school's files come."""
    traces = traces_in(subject)
    if search_file(file, traces):
        return True
    raw = file.read_bytes()
    return any(text.encode(code, "ignore") in raw for text in traces.texts for code in OTHER_CODES)


def count_class_portraits(subject: Subject) -> int:
    """Return how many files of portraits hold the person."""
    return len(holding_person(subject.person))


def forget_class_portraits(subject: Subject, task: Task) -> int:
    """Let files of portraits go that hold the person."""
    found = holding_person(subject.person)
    for book in found:
        drop_file(book, at=task.at)
    return len(found)


def _on_desk(subject: Subject) -> Iterator[Upload]:
    """Yield the files on the desk that hold the person, or of which somebody said that a row is theirs."""
    for upload in Upload.objects.filter(space=subject.space, state=Upload.State.OPEN).select_related("space"):
        file = settings.WORKSPACE.uploads / upload.space.code / upload.sha256 / upload.file_name
        if subject.number in upload.answers.values() or (file.is_file() and holds_person(file, subject)):
            yield upload


def count_desk(subject: Subject) -> int:
    """Return how many files on the desk hold the person."""
    return sum(1 for _ in _on_desk(subject)) + len(_answers_left(subject))


def _answers_left(subject: Subject) -> list[Upload]:
    """Return files that are on the desk no more, but of which a row was said to be the person's."""
    done = Upload.objects.filter(space=subject.space).exclude(state=Upload.State.OPEN)
    return [upload for upload in done if subject.number in upload.answers.values()]


def forget_desk(subject: Subject, task: Task) -> int:
    """Throw files on the desk away that hold the person: the office still has them, and drops them again without."""
    found = list(_on_desk(subject))
    for upload in found:
        folder = settings.WORKSPACE.uploads / upload.space.code / upload.sha256
        if folder.is_dir():
            shutil.rmtree(folder)
        upload.state, upload.answers, upload.names = Upload.State.THROWN, {}, {}
        upload.save(update_fields=["state", "answers", "names"])
    answered = _answers_left(subject)
    for upload in answered:
        upload.answers = {place: said for place, said in upload.answers.items() if said != subject.number}
        upload.save(update_fields=["answers"])
    return len(found) + len(answered)


def _rows_of(table: pl.DataFrame, subject: Subject) -> pl.Series:
    """Return which rows of a table are the person's: a cell is their number, or a name that is nobody else's."""
    own = {subject.number, *(name for name in subject.names if name in subject.texts)}
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    if not texts:
        return pl.Series([False] * table.height, dtype=pl.Boolean)
    return table.select(pl.any_horizontal(pl.col(texts).str.strip_chars().is_in(list(own))).fill_null(value=False))[
        texts[0]
    ]


def _without(table: pl.DataFrame, subject: Subject) -> tuple[pl.DataFrame, int]:
    """Return a table without the person's rows, and without their texts in the rows of others; and how many changed."""
    mine = _rows_of(table, subject) & ~_made_by_others(table, subject)
    traces, left, changed = traces_in(subject), table.filter(~mine), set[int]()
    for name in (name for name, kind in table.schema.items() if kind == pl.String):
        values = left[name].to_list()
        new = [SIGN if value and value.strip() == subject.number else _unnamed(value, traces) for value in values]
        rows = [n for n, (before, after) in enumerate(zip(values, new, strict=True)) if before != after]
        if rows:
            changed.update(rows)
            left = left.with_columns(pl.Series(name, new, dtype=pl.String))
    for name in (name for name, kind in table.schema.items() if kind == PEOPLE_CELL):
        cells = left[name].to_list()
        fewer = [_without_maker(cell, subject) for cell in cells]
        rows = [n for n, (before, after) in enumerate(zip(cells, fewer, strict=True)) if before != after]
        if rows:
            changed.update(rows)
            left = left.with_columns(pl.Series(name, fewer, dtype=PEOPLE_CELL))
    return left, int(mine.sum()) + len(changed)


def _made_by_others(table: pl.DataFrame, subject: Subject) -> pl.Series:
    """Return which rows name others beside the person as makers of one work: such a row is theirs too, and stays."""
    columns = [name for name, kind in table.schema.items() if kind == PEOPLE_CELL]
    return pl.Series(
        [
            any(one == kept for name in columns
                for one, kept in zip(row[name] or (), _without_maker(row[name], subject) or (), strict=True))
            for row in table.select(columns).iter_rows(named=True)
        ]
        if columns else [False] * table.height,
        dtype=pl.Boolean,
    )  # fmt: skip


def _without_maker(people: list[dict[str, str | None]] | None, subject: Subject) -> list[dict[str, str | None]] | None:
    """Return the people of a cell with a sign in the place of the person, so that their number stays."""
    names = {name for name in subject.names if name in subject.texts}
    return people and [
        {"name": SIGN, "role": one["role"], "number": None}
        if one["number"] == subject.number or (one["name"] in names and one["number"] is None)
        else one
        for one in people
    ]


def _unnamed(value: str | None, traces: PersonTraces) -> str | None:
    return traces.pattern.sub(SIGN, value) if value and traces.texts else value


def _tables(subject: Subject) -> Iterator[tuple[TableFile, pl.DataFrame, int]]:
    for listed in TableFile.objects.filter(came_with__source__space=subject.space).order_by("pk"):
        file = settings.WORKSPACE.folder / listed.path
        if file.is_file():
            left, n = _without(pl.read_parquet(file, hive_partitioning=False), subject)
            if n:
                yield listed, left, n


def _refused(subject: Subject) -> Iterator[tuple[Path, list[Any], int]]:
    """Yield the files of refused rows that hold the person, with what is left of each."""
    traces = traces_in(subject)
    for listed in TableFile.objects.filter(came_with__source__space=subject.space).exclude(refused_path=""):
        file = settings.WORKSPACE.folder / listed.refused_path
        rows = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
        left = [row for row in rows if not _refused_row_is_of(row, subject, traces)]
        if len(left) < len(rows):
            yield file, left, len(rows) - len(left)


def _refused_row_is_of(row: dict[str, Any], subject: Subject, traces: PersonTraces) -> bool:
    own = {subject.number, *(name for name in subject.names if name in subject.texts)}
    cells = {str(value).strip() for value in row["cells"].values()}
    return bool(own & cells) or bool(traces.texts and traces.pattern.search(json.dumps(row, ensure_ascii=False)))


def count_tables(subject: Subject) -> int:
    """Return how many rows of kept tables, sound and refused, hold the person, and files that no table lists."""
    rows = sum(n for _, _, n in _tables(subject)) + sum(n for _, _, n in _refused(subject))
    return rows + sum(holds_person(file, subject) for file in _unlisted(subject.space))


def forget_tables(subject: Subject, task: Task) -> int:
    """Write kept tables anew without the person. A new file is listed before the old one goes."""
    done = 0
    for listed, left, n in _tables(subject):
        done += n
        _rewritten(listed, left, task)
    for file, rows, n in _refused(subject):
        done += n
        unfinished = file.with_name(f".{file.name}.part")
        with unfinished.open("w", encoding="utf-8") as writing:
            json.dump(rows, writing, ensure_ascii=False)
            writing.flush()
            os.fsync(writing.fileno())
        unfinished.replace(file)
    with transaction.atomic():
        held(Space.objects.get(pk=subject.space))  # nobody is taking a table in just now
        for file in _unlisted(subject.space):
            file.unlink(missing_ok=True)
    return done


def _rewritten(listed: TableFile, left: pl.DataFrame, task: Task) -> None:
    old = settings.WORKSPACE.folder / listed.path
    mark = f"e{task.erasure}-{secrets.token_hex(3)}"  # never the name of a file that is listed
    place = Path(listed.path).with_name(f"{listed.came_with.profile}-{listed.came_with_id}.{mark}.parquet")
    new = settings.WORKSPACE.folder / place
    write_parquet(new, left)
    with new.open("rb+") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
        os.fsync(written.fileno())
    TableFile.objects.filter(pk=listed.pk).update(path=place.as_posix(), rows=left.height, sha256=digest)
    old.unlink(missing_ok=True)


def _unlisted(space: int) -> list[Path]:
    """Return files beside the kept tables that no import lists: what a fall left behind."""
    folder = settings.WORKSPACE.tables / Space.objects.get(pk=space).code
    listed = TableFile.objects.filter(came_with__source__space=space).values_list("path", "refused_path")
    known = {settings.WORKSPACE.folder / path for pair in listed for path in pair if path}
    return [file for file in sorted(folder.glob("*")) if file.is_file() and file not in known]


def _left_of_works(subject: Subject) -> list[Path]:
    """Return the files of the person's works, as far as nobody else handed in the very same."""
    others = OwnWork.objects.exclude(person=subject.person).filter(file_sha256__in=subject.files)
    shared = set(others.values_list("file_sha256", flat=True))
    return [file for name in subject.files if name not in shared and (file := upload_file(name)).is_file()]


def count_work_files(subject: Subject) -> int:
    """Return how many of the person's works and of their files there are."""
    return OwnWork.objects.filter(person=subject.person).count() + len(_left_of_works(subject))


def forget_work_files(subject: Subject, task: Task) -> int:
    """Let the person's works go with what hangs on them, and their files from the disk."""
    n = OwnWork.objects.filter(person=subject.person).count()
    OwnWork.objects.filter(person=subject.person).delete()
    files = _left_of_works(subject)
    for file in files:
        file.unlink(missing_ok=True)
    return n + len(files)
