"""Keys and keyed hashes of the sign-in, made from the secret key that lies in the workspace, outside the database."""

from __future__ import annotations

import base64
import secrets
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from cryptography.fernet import Fernet
from django.conf import settings

__all__ = ["digest_of", "new_token", "seal", "unseal"]

TOKEN_BYTES: Final = 32


def digest_of(purpose: str, value: str) -> str:
    """Return what is kept of a value that must be found again but not be read: 64 hexadecimal digits."""
    return blake2b(
        value.encode("utf-8", "surrogatepass"), key=_key(purpose, settings.SECRET_KEY), digest_size=32
    ).hexdigest()


def new_token() -> str:
    """Return 256 random bits for an address; so many that one fast keyed hash of it is enough to keep."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def seal(purpose: str, value: str) -> str:
    """Return a value so that the database alone does not tell it."""
    return _box(purpose, settings.SECRET_KEY).encrypt(value.encode()).decode()


def unseal(purpose: str, sealed: str) -> str:
    """Return a sealed value. Raises InvalidToken where it was changed or the workspace has another key now."""
    return _box(purpose, settings.SECRET_KEY).decrypt(sealed).decode()


@lru_cache(maxsize=16)
def _key(purpose: str, secret: str) -> bytes:
    return blake2b(f"sign-in {purpose}".encode(), key=secret.encode()[:64], digest_size=32).digest()


@lru_cache(maxsize=16)
def _box(purpose: str, secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(purpose, secret)))
