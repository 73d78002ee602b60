"""Maps come in: read and previewed first, then taken as a whole; a change is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber

from yucai.governance import (
    CourseMap,
    MapReading,
    ProgrammeMap,
    ProgrammeReading,
    ScoresReading,
    map_from_json,
    map_to_json,
    programme_from_json,
    read_course_maps,
    read_programme_map,
    read_scores,
)
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.attainment_doors import may_add_maps, may_add_programmes
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentProgramme

__all__ = [
    "current_maps",
    "current_programmes",
    "held",
    "put_course_map",
    "put_programme_map",
    "read_map_file",
    "read_programme_file",
    "read_scores_file",
    "taken_maps",
    "taken_programme",
    "unheld",
]

SALT: Final = "yucai.attainment"
HOLDS: Final = 3600  # seconds between preview and yes


def _read(sent: UploadedFile[Any], reader: Any) -> Any:
    """Read a file that was sent from a place that is gone afterwards; its name is never part of an address."""
    with TemporaryDirectory() as folder:
        suffix = Path(sent.name or "").suffix[:8] if (sent.name or "").isprintable() else ""
        place = Path(folder) / f"file{suffix if suffix.lstrip('.').isalnum() else ''}"
        place.write_bytes(sent.read())
        return reader(place)


def read_map_file(sent: UploadedFile[Any], *, course: str = "", name: str = "") -> MapReading:
    """Return the course maps in a file that was sent. Raises YucaiError for a file that is no table of this kind."""
    found: MapReading = _read(sent, lambda path: read_course_maps(path, course=course, name=name))
    return found


def read_programme_file(sent: UploadedFile[Any], *, programme: str) -> ProgrammeReading:
    """Return the map of a programme in a file that was sent. Raises YucaiError."""
    found: ProgrammeReading = _read(sent, lambda path: read_programme_map(path, programme=programme))
    return found


def read_scores_file(sent: UploadedFile[Any], course: CourseMap, *, students: Sequence[str]) -> ScoresReading:
    """Return the scores in a file that was sent. Raises YucaiError."""
    found: ScoresReading = _read(sent, lambda path: read_scores(path, course, students=students))
    return found


def held(what: str, by: Account, content: Any) -> str:
    """Return what was previewed as a sealed text for the form that says yes: nothing is kept until then."""
    return signing.dumps([by.pk, content], salt=f"{SALT}.{what}", compress=True)


def unheld(what: str, by: Account, text: str) -> Any:
    """Return what was previewed. Raises signing.BadSignature for a text that is old, altered or of somebody else."""
    number, content = signing.loads(text, salt=f"{SALT}.{what}", max_age=HOLDS)
    if number != by.pk:
        raise signing.BadSignature
    return content


def taken_maps(content: Any) -> list[CourseMap]:
    """Return the maps of a preview."""
    return [map_from_json(text) for text in content]


def taken_programme(content: Any) -> ProgrammeMap:
    """Return the programme of a preview."""
    return programme_from_json(content)


def current_maps(space: Space) -> list[AttainmentMap]:
    """Return the newest version of the map of each course, by course."""
    newest = Window(RowNumber(), partition_by=F("course"), order_by=F("number").desc())
    return list(AttainmentMap.objects.filter(space=space).annotate(place=newest).filter(place=1).order_by("course"))


def current_programmes(space: Space) -> list[AttainmentProgramme]:
    """Return the newest version of the map of each programme."""
    newest = Window(RowNumber(), partition_by=F("programme"), order_by=F("number").desc())
    found = AttainmentProgramme.objects.filter(space=space).annotate(place=newest)
    return list(found.filter(place=1).order_by("programme"))


@transaction.atomic
def put_course_map(
    *, space: Space, course: CourseMap, file_name: str, by: Account | None, at: datetime
) -> AttainmentMap:
    """Record a map of a course as its newest version; the same content again is no new one. Raises PermissionDenied."""
    if by is not None and not (may_add_maps(by) and visible_spaces(by).filter(pk=space.pk).exists()):
        raise PermissionDenied
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)
    before = AttainmentMap.objects.filter(space=space, course=course.course).order_by("-number").first()
    if before is not None and before.digest == course.digest:
        return before
    made = AttainmentMap.objects.create(
        space=space, course=course.course, name=course.name, number=before.number + 1 if before else 1,
        content=map_to_json(course), digest=course.digest, file_name=file_name[:255], by=by, at=at,
    )  # fmt: skip
    note("attainment.map", by=by, at=at, space=space, target=f"attainment-map:{made.pk}",
         detail={"version": made.number, "objectives": len(course.objectives)})  # fmt: skip
    return made


@transaction.atomic
def put_programme_map(
    *, space: Space, programme: ProgrammeMap, file_name: str, by: Account | None, at: datetime
) -> AttainmentProgramme:
    """Record the map of a programme as its newest version. Raises PermissionDenied."""
    if by is not None and not (may_add_programmes(by) and visible_spaces(by).filter(pk=space.pk).exists()):
        raise PermissionDenied
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)
    rows = AttainmentProgramme.objects.filter(space=space, programme=programme.programme)
    number = (rows.aggregate(most=Max("number"))["most"] or 0) + 1
    before = rows.filter(number=number - 1).first()
    if before is not None and before.digest == programme.digest:
        return before
    made = AttainmentProgramme.objects.create(
        space=space, programme=programme.programme, number=number, content=map_to_json(programme),
        digest=programme.digest, file_name=file_name[:255], by=by, at=at,
    )  # fmt: skip
    note("attainment.programme", by=by, at=at, space=space, target=f"attainment-programme:{made.pk}",
         detail={"version": number, "indicators": len(programme.indicators)})  # fmt: skip
    return made
