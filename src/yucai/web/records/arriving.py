"""Bodies of requests as they arrive: at once as a rule, slowly at times, and from some senders never.

The web server waits for a body as long as its sender keeps the connection. So that senders who fall silent, or mean to
block, do not take one thread after the other until nobody is answered, a request lets another thread fetch its body and
leaves it where nothing comes for a while. Only some of those whose sender is known wait by themselves, which costs
less. Fewer wait than the server has threads, so that whoever only reads is always answered.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Final

__all__ = ["FOR_KNOWN", "LARGE", "MOST_LARGE", "MOST_WAITING", "QUIET_SECONDS", "Arriving", "Places", "room_for"]

QUIET_SECONDS: Final = 20.0  # without a further piece
KNOWN_SECONDS: Final = 5.0  # that a sender who showed a credential stands in line for a place
PIECE: Final = 256_000  # bytes
LARGE: Final = 8_000_000  # bytes; of larger bodies only few are held at once, so that memory stays bounded
MOST_LARGE: Final = 4
MOST_DIRECT: Final = 12  # requests whose own threads wait, of the 32 that the server answers at once
MOST_WAITING: Final = 12  # requests that wait for another thread
MOST_FETCHING: Final = 500  # threads; one that was left ends with its connection
FOR_KNOWN: Final = tuple(threading.Lock() for _ in range(MOST_DIRECT))  # places of senders who showed a credential
_WAITING: Final = threading.BoundedSemaphore(MOST_WAITING)
_LARGE: Final = threading.BoundedSemaphore(MOST_LARGE)
_FETCHING: Final = threading.BoundedSemaphore(MOST_FETCHING)


class Places:
    """So many may be inside at once; whoever comes then waits. A semaphore does the same at ten times the cost."""

    def __init__(self, n: int) -> None:
        self.free: SimpleQueue[None] = SimpleQueue()
        for _ in range(n):
            self.free.put(None)

    def __enter__(self) -> None:
        self.free.get()

    def __exit__(self, *_: object) -> None:
        self.free.put(None)


class Arriving:
    """The body of one request, in place of the web server's; it waits by itself where one of the ``places`` is free."""

    def __init__(
        self, source: Any, *, places: Sequence[threading.Lock] = (), quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        self.source, self.places, self.quiet_seconds = source, places, quiet_seconds
        self.readline = source.readline

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer where the body ends before.

        Raises TimeoutError where nothing comes for too long, BlockingIOError where too many are waited for already.
        """
        places = self.places if size <= LARGE else ()
        direct = next((place for place in places if place.acquire(blocking=False)), None)
        if direct is not None:
            try:
                found: bytes = self.source.read(size)
                return found
            finally:
                direct.release()
        with _place(_WAITING, seconds=KNOWN_SECONDS if self.places else 0.0):
            pieces = _Pieces(self.source, size)
            return b"".join(pieces.within(self.quiet_seconds))


@contextmanager
def room_for(n_bytes: int) -> Iterator[None]:
    """Keep one of the few places of large bodies while inside. Raises BlockingIOError where all are taken."""
    if n_bytes <= LARGE:
        yield
        return
    with _place(_LARGE, seconds=0.0):
        yield


@contextmanager
def _place(among: threading.BoundedSemaphore, *, seconds: float) -> Iterator[None]:
    if not among.acquire(timeout=seconds):
        raise BlockingIOError("too many bodies are waited for")
    try:
        yield
    finally:
        among.release()


class _Pieces:
    """What another thread fetches, piece by piece; an empty piece is the end."""

    def __init__(self, source: Any, size: int) -> None:
        self.source, self.left = source, size
        self.come: SimpleQueue[bytes | Exception] = SimpleQueue()
        self.given_up = False
        if not _FETCHING.acquire(blocking=False):
            raise BlockingIOError("too many bodies are waited for")
        threading.Thread(target=self.fetch, daemon=True).start()

    def fetch(self) -> None:
        """Fetch all of it, or what comes before nobody wants it any more."""
        try:
            piece = b"-"
            while piece and not self.given_up:
                piece = self.source.read(min(self.left, PIECE)) if self.left else b""
                self.left -= len(piece)
                self.come.put(piece)
        except Exception as problem:  # it is the waiting thread's to tell
            self.come.put(problem)
        finally:
            _FETCHING.release()

    def within(self, quiet_seconds: float) -> Iterator[bytes]:
        """Yield the pieces, each within a time. Raises TimeoutError, and what fetching them raises."""
        while True:
            try:
                piece = self.come.get(timeout=quiet_seconds)
            except Empty:
                self.given_up = True
                raise TimeoutError(f"nothing came for {quiet_seconds:.0f} s") from None
            if isinstance(piece, Exception):
                raise piece
            if not piece:
                return
            yield piece
