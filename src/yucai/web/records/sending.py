"""Speaks to another record store: one connection, requests with limits of time and size, redirects not followed.

The standard library's client is enough for one POST and one GET, and does nothing on its own: it follows no redirect,
keeps no cookie, asks no proxy and reads no settings of the machine.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

from yucai.evidence import VERSION_HEADER, AttachmentPart, write_multipart
from yucai.web.records.forwarding import Destination

__all__ = ["LONGEST_SECONDS", "NotReachedError", "OtherStore", "Told"]

QUIET_SECONDS: Final = 30.0  # without a sign from the other side
LONGEST_SECONDS: Final = 120.0  # for a whole request
MOST_ANSWER: Final = 4_000_000


class NotReachedError(Exception):
    """No answer came. ``sent``: the request was on its way already, so that it may be the cause."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason, self.sent = reason, sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer; header names in lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class OtherStore:
    """A connection to the store of a destination, opened when it is first needed."""

    def __init__(self, to: Destination) -> None:
        self._parts = urlsplit(to.address)
        login = base64.b64encode(f"{to.key}:{to.secret}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {login}",
            VERSION_HEADER: to.version.value,
            "Accept": "application/json",
            "User-Agent": "yucai",
        }
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._close()

    def post(self, bodies: Sequence[bytes], parts: Sequence[AttachmentPart]) -> Told:
        """Send statements, as JSON or with their attachments. Raises NotReachedError."""
        kind, body = "application/json", b"[" + b",".join(bodies) + b"]"
        if parts:
            kind, body = write_multipart(body, parts)
        return self._ask("POST", "statements", body, {"Content-Type": kind})

    def find(self, id: str, *, voided: bool) -> Told:
        """Ask for one statement as it is kept there. Raises NotReachedError."""
        name = "voidedStatementId" if voided else "statementId"
        return self._ask("GET", f"statements?{urlencode({name: id, 'format': 'exact'})}", None, {})

    def _ask(self, method: str, resource: str, body: bytes | None, headers: Mapping[str, str]) -> Told:
        sent = False
        connection = self._connection or self._connected()
        ender = threading.Timer(LONGEST_SECONDS, _end, [connection])  # a side that drips is no slow side
        ender.daemon = True
        ender.start()
        try:
            if connection.sock is None:
                connection.connect()
            sent = True
            connection.request(method, f"{self._parts.path}/{resource}", body, {**self._headers, **headers})
            answer = connection.getresponse()
            raw = answer.read(MOST_ANSWER)
            if not answer.isclosed():  # there is more of it than anybody needs
                self._close()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Told(status=answer.status, body=raw, headers=found)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self._close()
            raise NotReachedError(_said(problem), sent=sent) from None
        finally:
            ender.cancel()

    def _connected(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(host, port, timeout=QUIET_SECONDS, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=QUIET_SECONDS)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _end(connection: http.client.HTTPConnection) -> None:
    own = connection.sock
    if own is not None:
        with suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)


def _said(problem: Exception) -> str:
    """What the system says of a fault; nothing of it is ours or the request's."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return problem.verify_message
    if isinstance(problem, TimeoutError):
        return f"no sign for {QUIET_SECONDS:.0f} s"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return type(problem).__name__
