"""The key of each research export, in a file of its own outside the database: who has both can name people."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings

from yucai.web.governance.research_models import ResearchExport

__all__ = ["destroy_key", "key_file", "make_key", "pseudonym", "pseudonym_in"]


def key_file(code: str) -> Path:
    """Return where the key of an export lies."""
    folder: Path = settings.WORKSPACE.folder / "research" / "keys"
    return folder / f"{code}.key"


def make_key(code: str) -> bytes:
    """Draw a key for an export and keep it, readable to nobody else on the machine."""
    key, file = secrets.token_bytes(32), key_file(code)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as kept:
        kept.write(f"{key.hex()}\n")
    return key


def destroy_key(code: str) -> None:
    """Let the key go: from now on nobody can say who is who in the export."""
    key_file(code).unlink(missing_ok=True)


def pseudonym(key: bytes, person: int) -> str:
    """Return by what a person is called in the export of a key; without the key nobody gets from one to the other."""
    return f"p-{hmac.digest(key, str(person).encode(), 'sha256').hex()[:16]}"


def pseudonym_in(export: ResearchExport, person: int) -> str:
    """Return by what a person is called in an export; empty once its key is destroyed."""
    file = key_file(export.code)
    return pseudonym(bytes.fromhex(file.read_text("ascii").strip()), person) if file.is_file() else ""
