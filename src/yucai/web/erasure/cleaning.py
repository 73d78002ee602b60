"""What a database leaves on its disk of what was deleted, and whether anything of a person is left anywhere."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection

from yucai.evidence import PersonTraces
from yucai.web.records.searching import search_files, search_tables
from yucai.web.records.wiping import wipe

__all__ = ["clean_database", "look_everywhere"]


def clean_database(traces: PersonTraces) -> dict[str, Any]:
    """Have the database let go of what it deleted, outside of a transaction, and tell what could be done.

    SQLite has overwritten what this connection deleted (``secure_delete``); what older changes left in free pages goes
    as the file is written anew, and the write-ahead log is emptied. PostgreSQL frees dead rows; its log and the free
    space in its files go with their own time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True)):
                cursor.execute(f'VACUUM "{table}"')
        return {"vacuumed": True, "log": "kept by PostgreSQL until it is recycled"}
    anew = _written_anew()
    told = wipe(traces)
    return {"vacuumed": anew or bool(told["vacuumed"]), "log emptied": told["log emptied"]}


def _written_anew() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
    except OperationalError:  # somebody reads in a transaction just now; the certificate says that it could not be done
        return False
    return True


def look_everywhere(traces: PersonTraces) -> dict[str, Any]:
    """Return in which tables and files of the workspace a text or key of the person stands, and which are packed."""
    files = list(search_files(settings.WORKSPACE.folder, traces))
    return {
        "tables": [[hit.place, hit.n] for hit in search_tables(traces)],
        "files": [hit.place for hit in files if hit.n],
        "packed": [hit.place for hit in files if not hit.n],
    }
