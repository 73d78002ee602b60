"""Starts Django for one workspace."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from yucai.web.commands.refusals import (
    NoTimeError,
    RecordsMissingError,
    SeveralLearnersError,
    SeveralSpacesError,
    StartedElsewhereError,
    UnknownLearnerError,
    UnknownSpaceError,
)
from yucai.web.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from yucai.web.accounts.models import Person, Space

__all__ = ["now", "person_named", "space_named", "start", "start_new", "time_told"]


def start(folder: Path) -> Workspace:
    """Load Django with the settings of a workspace, once in a process, and return the workspace.

    Raises WorkspaceMissingError; RecordsMissingError, for SQLite would silently begin an empty file;
    StartedElsewhereError when this process has another workspace open.
    """
    workspace = start_new(folder)
    from django.conf import settings

    if not settings.DATABASE_ADDRESS and not workspace.records.is_file():
        raise RecordsMissingError(file=workspace.records)
    return workspace


def start_new(folder: Path) -> Workspace:
    """Load Django as ``start`` does, for a workspace whose records are yet to be made."""
    import django
    from django.apps import apps

    workspace = open_workspace(folder)
    if not apps.ready:
        os.environ["YUCAI_WORKSPACE"] = str(workspace.folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yucai.web.settings")
        django.setup()
    from django.conf import settings

    if settings.WORKSPACE.folder != workspace.folder:
        raise StartedElsewhereError(first=settings.WORKSPACE.folder, second=workspace.folder)
    return workspace


def now() -> datetime:
    """Return the time; the only clock of the command line and its work."""
    return datetime.now(tz=UTC)


def space_named(code: str | None) -> Space:
    """Return the space of this code; without a code, the only one. Raises UnknownSpaceError, SeveralSpacesError."""
    from yucai.web.accounts.models import Space

    spaces = list(Space.objects.order_by("code"))
    if code is None and len(spaces) == 1:
        return spaces[0]
    for space in spaces:
        if space.code == code:
            return space
    known = ", ".join(space.code for space in spaces)
    raise (
        SeveralSpacesError(known=known) if code is None and spaces else UnknownSpaceError(space=code or "", known=known)
    )


def person_named(number: str, *, space: str | None) -> Person:
    """Return the person of this number, in the space of this code or the only one that knows it.

    Raises UnknownLearnerError, SeveralLearnersError, UnknownSpaceError.
    """
    from yucai.web.accounts.models import Person

    people = Person.objects.filter(code=number).select_related("space")
    if space is not None:
        people = people.filter(space=space_named(space))
    found = list(people.order_by("space__code"))
    if not found:
        raise UnknownLearnerError(learner=number)
    if len(found) > 1:
        raise SeveralLearnersError(learner=number, spaces=", ".join(person.space.code for person in found))
    return found[0]


def time_told(given: str | None) -> datetime | None:
    """Return the time that was given; without an offset it is UTC. Raises NoTimeError."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise NoTimeError(given=given[:40]) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
