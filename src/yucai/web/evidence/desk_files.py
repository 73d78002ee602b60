"""Files on the import desk: kept aside, looked at, told what they mean, taken in or thrown away."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings
from django.db import IntegrityError, transaction

from yucai.errors import YucaiError
from yucai.evidence import EmptyFileError, FileTooLargeError, Place, SourceFacts, TableReading
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.foreseeing import Wish, foresee, read_wished
from yucai.web.evidence.models import Import, Upload
from yucai.web.evidence.taking import require_ready, take_table
from yucai.web.jobs.actions import ask_for
from yucai.web.jobs.models import Job

__all__ = [
    "MOST_UPLOAD_BYTES",
    "NotOpenError",
    "answer",
    "choose",
    "choose_correction",
    "clean_name",
    "file_of",
    "keep_upload",
    "start_taking",
    "state_highest",
    "take_upload",
    "throw_away",
    "wish_of",
]

MOST_UPLOAD_BYTES: Final = 256_000_000
MOST_NAME: Final = 80
MOST_NAMES: Final = 5
A_DAY: Final = 86_400
BIG_ROWS: Final = 5_000  # more rows than this are taken in by the worker, with progress
UNWANTED: Final = re.compile(r"[\x00-\x1f\x7f<>:\"|?*]")
READING: Final = Text("Reading the file", "正在读取文件")
TAKING: Final = Text("Taking it in", "正在入库")

Report = Callable[[float, Text], None]


class NotOpenError(YucaiError):
    """The file lies on the desk no more."""

    says = Text(
        "“{file}” is no longer on the desk: it was taken in or thrown away. Drop it again if it is still needed.",
        "“{file}”已不在导入台上：已经入库或已丢弃。如仍需要，请重新放入。",
    )
    exit_code = 65


class Sent(Protocol):
    """A file as a browser sends it."""

    @property
    def name(self) -> str | None:
        """How its sender calls it."""

    @property
    def size(self) -> int | None:
        """Its bytes, counted."""

    def chunks(self) -> Iterable[bytes]:
        """Yield its bytes."""


def keep_upload(*, space: Space, by: Account, sent: Sent, at: datetime) -> Upload:
    """Keep a file aside, under its own name in a folder named by its content; the same file again is the same upload.

    Raises FileTooLargeError, EmptyFileError. Whether it can be read at all is seen when it is looked at.
    """
    name, size = clean_name(sent.name or ""), sent.size or 0
    if size > MOST_UPLOAD_BYTES:
        raise FileTooLargeError(file=name, megabytes=size // 1_000_000, limit=MOST_UPLOAD_BYTES // 1_000_000)
    if not size:
        raise EmptyFileError(file=name)
    place = settings.WORKSPACE.uploads / space.code
    place.mkdir(parents=True, exist_ok=True)
    _clear_broken_off(place, at=at)
    hashed = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=place, prefix=".coming-", delete=False) as coming:
        for chunk in sent.chunks():
            hashed.update(chunk)
            coming.write(chunk)
        coming.flush()
        os.fsync(coming.fileno())
    folder = place / hashed.hexdigest()
    found = Upload.objects.filter(space=space, sha256=hashed.hexdigest(), state=Upload.State.OPEN).first()
    if found is None:
        folder.mkdir(exist_ok=True)
        Path(coming.name).replace(folder / name)
    Path(coming.name).unlink(missing_ok=True)
    if found is not None:
        return _also_named(found, name)
    facts = {"file_name": name, "size_bytes": size, "by": by, "at": at}
    try:
        with transaction.atomic():
            return Upload.objects.create(space=space, sha256=hashed.hexdigest(), **facts)
    except IntegrityError:  # somebody dropped the same file at the same moment
        return Upload.objects.get(space=space, sha256=hashed.hexdigest(), state=Upload.State.OPEN)


def _also_named(found: Upload, name: str) -> Upload:
    """Keep under which other name a file was dropped that lies on the desk already."""
    if name != found.file_name and name not in found.also_named:
        found.also_named = [*found.also_named, name][-MOST_NAMES:]
        found.save(update_fields=["also_named"])
    return found


def _clear_broken_off(place: Path, *, at: datetime) -> None:
    """Remove what a sending that broke off left behind more than a day ago."""
    for coming in place.glob(".coming-*"):
        if at.timestamp() - coming.stat().st_mtime > A_DAY:
            coming.unlink(missing_ok=True)


def clean_name(name: str) -> str:
    r"""Return a file name that names a file and no place: no folders, no control characters, not too long.

    >>> clean_name("../../etc/passwd"), clean_name("C:\\temp\\成绩.xlsx"), clean_name("..")
    ('passwd', '成绩.xlsx', 'file')
    """
    last = UNWANTED.sub("", re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]).strip(". ")
    stem, dot, suffix = last.rpartition(".")
    if not dot:
        return last[:MOST_NAME] or "file"
    return f"{stem[:MOST_NAME]}.{suffix[:10]}"


def file_of(upload: Upload) -> Path:
    """Return where the file lies. Raises NotOpenError when it was taken in or thrown away."""
    file: Path = settings.WORKSPACE.uploads / upload.space.code / upload.sha256 / upload.file_name
    if upload.state != Upload.State.OPEN or not file.is_file():
        raise NotOpenError(file=upload.file_name)
    return file


def wish_of(upload: Upload) -> Wish:
    """Return what is wanted of a file on the desk."""
    return Wish(
        source=upload.source_code,
        profile=upload.profile or None,
        chosen=upload.chosen,
        facts=SourceFacts(**upload.facts),
        corrects=upload.corrects_id,
        answers=_by_place(upload.answers),
        names=_by_place(upload.names),
        agreed=frozenset(upload.agreed),
        highest=upload.highest,
    )


def _by_place(said: Mapping[str, str]) -> dict[Place, str]:
    """Return answers by sheet and row.

    >>> _by_place({"一班|3": "01"})
    {('一班', 3): '01'}
    """
    places = {}
    for place, answered in said.items():
        sheet, _, row = place.rpartition("|")
        places[sheet, int(row)] = answered
    return places


@transaction.atomic
def choose(
    *,
    upload: Upload,
    profile: str | None = None,
    source: str | None = None,
    chosen: Mapping[str, str] | None = None,
    facts: SourceFacts | None = None,
) -> None:
    """Keep what somebody said of a file: kind, source, columns, facts. None: not said now."""
    upload = _held(upload)
    if profile is not None and profile != upload.profile:
        upload.profile, upload.chosen, upload.answers, upload.facts = profile, {}, {}, {}
        upload.names, upload.agreed = {}, []
        upload.source_code, upload.highest, upload.only_table = "", None, False
    if source is not None:
        upload.source_code = source
    if chosen is not None:
        upload.chosen = dict(chosen)
    if facts is not None:
        upload.facts = asdict(facts)
    upload.save()


@transaction.atomic
def answer(
    *, upload: Upload, answers: Mapping[str, str], names: Mapping[str, str], agreed: Collection[str] | None = None
) -> None:
    """Keep what somebody answered: whose a row without a number is, whether the number decides, what is agreed to.

    Rows that are not named keep the answer they have; what is agreed to is as it is said now, None: not said now.
    """
    upload = _held(upload)
    upload.answers = {**upload.answers, **answers}
    upload.names = {**upload.names, **names}
    if agreed is not None:
        upload.agreed = sorted(agreed)
    upload.save(update_fields=["answers", "names", "agreed"])


@transaction.atomic
def state_highest(*, upload: Upload, highest: float | None) -> None:
    """Keep the highest score of the items of which the file says none; None: they are kept as a table only."""
    upload = _held(upload)
    upload.highest, upload.only_table = highest, highest is None
    upload.save(update_fields=["highest", "only_table"])


def _held(upload: Upload) -> Upload:
    """Return an open upload, held until the transaction ends. Raises NotOpenError."""
    held = Upload.objects.select_for_update().get(pk=upload.pk)
    if held.state != Upload.State.OPEN:
        raise NotOpenError(file=held.file_name)
    return held


@transaction.atomic
def choose_correction(*, upload: Upload, corrects: Import | None) -> None:
    """Keep which import a file corrects, or that it stands for itself."""
    Upload.objects.filter(pk=upload.pk, state=Upload.State.OPEN).update(corrects=corrects, corrects_asked=True)


@transaction.atomic
def throw_away(*, upload: Upload) -> None:
    """Take a file off the desk; nothing of it was recorded, and its bytes go."""
    open_one = Upload.objects.filter(pk=upload.pk, state=Upload.State.OPEN)
    if not open_one.update(state=Upload.State.THROWN):
        raise NotOpenError(file=upload.file_name)
    transaction.on_commit(lambda: _remove(upload))


def start_taking(*, upload: Upload, reading: TableReading, by: Account, at: datetime) -> Job | Import:
    """Take a file in: a small one at once, a big one as a job that shows its progress and can be called off.

    Raises what ``take_table`` raises.
    """
    if reading.report.read_count <= BIG_ROWS:
        return take_upload(upload=upload, by=by.username, at=at, reading=reading)
    wish = wish_of(upload)
    require_ready(foresee(reading, wish, space=upload.space), wish)
    job = ask_for(f"import:{upload.pk}", space=upload.space, owner=by, at=at)
    Upload.objects.filter(pk=upload.pk).update(job=job)
    return job


def take_upload(
    *, upload: Upload, by: str, at: datetime, reading: TableReading | None = None, report: Report | None = None
) -> Import:
    """Take a file on the desk in, all or nothing, and take it off the desk. ``report`` may raise to call it off."""
    known = Upload.objects.get(pk=upload.pk)
    if known.became is not None:  # a worker fell just after it was done
        return known.became
    tell = report or (lambda done, text: None)
    tell(0.05, READING)
    wish = wish_of(upload)
    table = reading or read_wished(file_of(upload), wish, space=upload.space, at=at)
    tell(0.5, TAKING)
    with transaction.atomic():
        open_one = Upload.objects.filter(pk=upload.pk, state=Upload.State.OPEN)
        if not open_one.exists():
            raise NotOpenError(file=upload.file_name)
        entry = take_table(table, wish, space=upload.space, by=by, at=at)
        open_one.update(state=Upload.State.DONE, became=entry)
        transaction.on_commit(lambda: _remove(upload))
    return entry


def _remove(upload: Upload) -> None:
    """Remove the bytes of a file that lies on the desk no more; the table that it became is kept."""
    shutil.rmtree(settings.WORKSPACE.uploads / upload.space.code / upload.sha256, ignore_errors=True)
