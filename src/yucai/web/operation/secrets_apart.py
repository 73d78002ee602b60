"""The secrets of a workspace, kept out of its backup: sealed by a passphrase inside it, or in a file of their own.

Secrets are the key, the settings as they are (they may hold passwords) and every other small file at the top of the
folder. They carry the SHA-256 of the backup's list, so that a backup that was altered does not pass with them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.operation.refusals import PassphraseError

__all__ = ["Secrets", "opened", "passphrase_in", "read_secrets", "sealed", "secrets_of", "write_private"]

LEAST_LETTERS: Final = 12
MOST_BYTES: Final = 1_000_000  # of one file
COST: Final = 2**15  # of scrypt, with blocks of 8: 32 MB for every guess
SHORT: Final = Text("it has {n} letter{n:|s}; take {least} or more", "只有 {n} 个字符，至少需要 {least} 个")
WRONG: Final = Text("it does not open the secrets of this backup", "无法用它打开此备份的密钥")
UNREADABLE: Final = Text("“{file}” holds none", "“{file}”中没有口令")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What a workspace keeps to itself."""

    files: dict[str, bytes]
    list_sha256: str = ""  # of the list of the backup that they belong to

    def written(self) -> bytes:
        """Return them as they stand in a file."""
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        said = {"yucai_secrets": 1, "files": files, "list_sha256": self.list_sha256}
        return json.dumps(said, indent=0).encode()


def secrets_of(folder: Path) -> Secrets:
    """Return the secrets of a workspace."""
    files = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith((".", "records."))
        and path.stat().st_size <= MOST_BYTES
    }
    return Secrets(files=files)


def read_secrets(written: bytes) -> Secrets:
    """Return secrets from how they stand in a file. Raises ValueError."""
    try:
        said = json.loads(written)
        files = {str(name): base64.b64decode(held, validate=True) for name, held in said["files"].items()}
        found = Secrets(files=files, list_sha256=str(said["list_sha256"]))
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError("no secrets") from problem
    if any("/" in name or "\\" in name or name.startswith(".") or not name for name in files):
        raise ValueError("no name of a secret")
    return found


def passphrase_in(file: Path) -> str:
    """Return the passphrase that a file holds, without the end of its line. Raises PassphraseError."""
    try:
        said = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise PassphraseError(reason=UNREADABLE.filled(file=file)) from problem
    if len(said) < LEAST_LETTERS:
        raise PassphraseError(reason=SHORT.filled(n=len(said), least=LEAST_LETTERS))
    return said


def sealed(written: bytes, passphrase: str) -> bytes:
    """Return secrets as only the passphrase opens them (scrypt, then AES-128-CBC with HMAC-SHA256: Fernet)."""
    from cryptography.fernet import Fernet

    salt = secrets.token_bytes(16)
    return salt.hex().encode() + b"\n" + Fernet(_key(passphrase, salt)).encrypt(written)


def opened(kept: bytes, passphrase: str) -> bytes:
    """Return what was sealed. Raises PassphraseError."""
    from cryptography.fernet import Fernet, InvalidToken

    salt, _, token = kept.partition(b"\n")
    try:
        return Fernet(_key(passphrase, bytes.fromhex(salt.decode("ascii")))).decrypt(token)
    except (InvalidToken, ValueError) as problem:
        raise PassphraseError(reason=WRONG) from problem


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, and see it onto the disk; a file of that name is not written over."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as target:  # noqa: PTH123  (made for its owner only, by its descriptor)
        target.write(content)
        target.flush()
        os.fsync(descriptor)


def _key(passphrase: str, salt: bytes) -> bytes:
    made = hashlib.scrypt(passphrase.encode(), salt=salt, n=COST, r=8, p=1, maxmem=128 * COST * 8 * 2, dklen=32)
    return base64.urlsafe_b64encode(made)
