"""What a database leaves on its disk of rows that are deleted, and how to be rid of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.db import OperationalError, connection

from yucai.evidence import PersonTraces
from yucai.web.records.searching import search_file

__all__ = ["overwrite_deleted", "wipe"]

TABLES: Final = (
    *("web_statementrow", "web_statementactivity", "web_statementagent", "web_statementattachment"),
    *("web_statementrefrow", "web_attachmentcontent", "web_recorddocument", "web_agentname", "web_activitydefinition"),
    "web_recordcredential",
)


def overwrite_deleted() -> None:
    """Have this connection overwrite with zeros whatever it deletes; PostgreSQL has nothing of the kind."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def wipe(traces: PersonTraces) -> dict[str, object]:
    """Clear the database's disk of what was deleted, and tell what was done and found; outside of a transaction.

    On SQLite the write-ahead log is emptied into the file. Where a text of the person still stands in free space, left
    by a change long ago, the file is written anew. On PostgreSQL dead rows are freed; their log goes with its own time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"VACUUM {table}")
        return {"vacuumed": True, "log": "kept by PostgreSQL until it is recycled", "file": "not looked into"}
    emptied, vacuumed = _empty_log(), False
    files = _files()
    if any(search_file(file, traces) for file in files):
        vacuumed = _run("VACUUM")
        emptied = _empty_log()
    found = [file.name for file in _files() if search_file(file, traces)]
    return {"vacuumed": vacuumed, "log emptied": emptied, "found in": found}


def _files() -> list[Path]:
    file = Path(str(connection.settings_dict["NAME"]))
    return [one for one in (file, file.with_name(f"{file.name}-wal")) if one.is_file()]


def _empty_log() -> bool:
    """Whether the write-ahead log could be emptied; somebody who reads just now keeps it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(cursor.fetchone()[0] == 0)


def _run(command: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(command)
    except OperationalError:  # somebody else has the file open in a transaction; what is left is told
        return False
    return True
