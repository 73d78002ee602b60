"""Who speaks to a store: key and secret against a keyed hash, remembered for a while in each process."""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.conf import settings

from yucai.evidence import actor_key
from yucai.web.records.keys import key_of
from yucai.web.records.models import RecordCredential
from yucai.web.records.refusals import ForbiddenError, UnauthorisedError

__all__ = [
    "SCOPES",
    "Caller",
    "authenticate",
    "caller_of",
    "forget_credentials",
    "require",
    "secret_hash",
    "server_key",
]

SCOPES: Final = (
    *("statements/write", "statements/read/mine", "statements/read"),
    *("state", "define", "profile", "all/read", "all"),
)
REMEMBERED_SECONDS: Final = 10.0  # so long a revoked credential may still be taken
MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A credential that was checked, with what it may do.

    Whoever is trusted with what statements themselves name as their authority has none of its own.
    """

    store: int
    key: str
    scopes: frozenset[str]
    authority: dict[str, Any] | None
    authority_key: int

    def key_of_authority(self, statement: dict[str, Any]) -> int:
        """Return the key of the authority that a statement of this caller gets."""
        if self.authority is not None:
            return self.authority_key
        return key_of(self.store, "agent", actor_key(statement["authority"]))

    def may(self, *scopes: str) -> bool:
        """Return whether one of these scopes, or the scope of everything, was given."""
        return "all" in self.scopes or not self.scopes.isdisjoint(scopes)

    @property
    def only_mine(self) -> bool:
        """Whether it reads only the statements it wrote."""
        return not self.may("statements/read", "all/read")


@lru_cache(maxsize=8)
def server_key(purpose: str) -> bytes:
    """Return a key for one purpose, made from the secret key that is kept in the workspace."""
    return blake2b(purpose.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=32).digest()


def secret_hash(key: str, secret: str) -> bytes:
    """Return what is kept of a secret. It was drawn at random, so that one fast keyed hash is enough."""
    return blake2b(f"{key}\0{secret}".encode(), key=server_key("records-credential"), digest_size=32).digest()


class _Memory:
    """The last credentials that were good, by the header that brought them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: OrderedDict[tuple[int, str], tuple[float, Caller]] = OrderedDict()

    def find(self, store: int, header: str) -> Caller | None:
        found = self.held.get((store, header))
        return found[1] if found and found[0] > time.monotonic() else None

    def keep(self, store: int, header: str, caller: Caller) -> None:
        with self.lock:
            self.held[store, header] = (time.monotonic() + REMEMBERED_SECONDS, caller)
            while len(self.held) > MOST_REMEMBERED:
                self.held.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.held.clear()


_MEMORY: Final = _Memory()


def forget_credentials() -> None:
    """Forget which credentials were good; the next request of each asks the tables."""
    _MEMORY.clear()


def authenticate(store: int, header: str | None) -> Caller:
    """Return who speaks, by the header Authorization. Raises UnauthorisedError."""
    if header is None or len(header) > 1_000:
        raise UnauthorisedError
    # What is remembered is found by a keyed hash: how long the look-up takes tells nothing of a secret.
    seen = blake2b(
        header.encode("utf-8", "surrogatepass"), key=server_key("records-memory"), digest_size=16
    ).hexdigest()
    known = _MEMORY.find(store, seen)
    if known is not None:
        return known
    key, secret = _login(header)
    row = RecordCredential.objects.filter(store=store, key=key, revoked_at__isnull=True).first()
    kept = bytes(row.secret_hash) if row else bytes(32)
    if not hmac.compare_digest(kept, secret_hash(key, secret)) or row is None:
        raise UnauthorisedError
    caller = caller_of(row)
    _MEMORY.keep(store, seen, caller)
    return caller


def caller_of(row: RecordCredential) -> Caller:
    """Return who speaks with a credential."""
    authority = msgspec.json.decode(row.authority)
    return Caller(
        store=row.store_id,
        key=row.key,
        scopes=frozenset(row.scopes.split()),
        authority=authority,
        authority_key=key_of(row.store_id, "agent", actor_key(authority)),
    )


def _login(header: str) -> tuple[str, str]:
    """Return key and secret: HTTP Basic as xAPI has it, or a bearer token with a dot between, as sensors send it."""
    scheme, _, coded = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        key, dot, secret = coded.strip().partition(".")
        if not dot or "\0" in key:
            raise UnauthorisedError
        return key, secret
    try:
        key, colon, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise UnauthorisedError from None
    if scheme.lower() != "basic" or not colon or "\0" in key:
        raise UnauthorisedError
    return key, secret


def require(caller: Caller, *scopes: str) -> None:
    """Raise ForbiddenError unless the caller has one of these scopes."""
    if not caller.may(*scopes):
        raise ForbiddenError(needed=scopes[0])
