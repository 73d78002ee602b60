"""Bodies of requests as they arrive: at once as a rule, slowly at times, and from some senders never.

The web server waits for a body as long as its sender keeps the connection. So that senders who fall silent, or mean to
block, do not take one thread after the other until nobody is answered, a request lets another thread fetch its body and
leaves it where nothing comes for a while. Only some of those whose sender is known wait by themselves, which costs
less. Fewer wait than the server has threads, so that whoever only reads is always answered; and a body that is there
already, as that of a browser's form is, needs none of the places that slow senders can fill.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Final

__all__ = ["FOR_KNOWN", "LARGE", "MOST_LARGE", "MOST_WAITING", "QUIET_SECONDS", "Arriving", "Places", "room_for"]

QUIET_SECONDS: Final = 20.0  # without a further piece
BRIEF_SECONDS: Final = 0.25  # within which a body that was sent with its head is there
KNOWN_SECONDS: Final = 5.0  # that a sender who showed a credential stands in line for a place
PIECE: Final = 256_000  # bytes
LARGE: Final = 8_000_000  # bytes; of larger bodies only few are held at once, so that memory stays bounded
MOST_LARGE: Final = 4
MOST_DIRECT: Final = 12  # requests whose own threads wait, of the 32 that the server answers at once
MOST_BRIEF: Final = 8  # requests that see whether their body is there
MOST_WAITING: Final = 8  # requests that wait for another thread
MOST_FETCHING: Final = 500  # threads; one that was left ends with its connection
FOR_KNOWN: Final = tuple(threading.Lock() for _ in range(MOST_DIRECT))  # places of senders who showed a credential
_BRIEF: Final = threading.BoundedSemaphore(MOST_BRIEF)
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
        self.refused: type[OSError] | None = None  # why what was asked for last did not come
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
        try:
            return self._fetched(size)
        except (BlockingIOError, TimeoutError) as problem:
            self.refused = type(problem)
            raise

    def _fetched(self, size: int) -> bytes:
        in_line = KNOWN_SECONDS if self.places else BRIEF_SECONDS
        with _place(_BRIEF, seconds=in_line):
            pieces = _Pieces(self.source, size)
            if pieces.are_there(BRIEF_SECONDS):
                return b"".join(pieces.come)
        try:
            with _place(_WAITING, seconds=KNOWN_SECONDS if self.places else 0.0):
                pieces.wait(self.quiet_seconds)
        finally:
            pieces.given_up = True
        return b"".join(pieces.come)


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
    """What another thread fetches, piece by piece: those that have come, and those on their way, an empty one last."""

    def __init__(self, source: Any, size: int) -> None:
        self.source, self.left = source, size
        self.come: list[bytes] = []
        self.on_the_way: SimpleQueue[bytes | Exception] = SimpleQueue()
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
                self.on_the_way.put(piece)
        except Exception as problem:  # it is the waiting thread's to tell
            self.on_the_way.put(problem)
        finally:
            _FETCHING.release()

    def are_there(self, seconds: float) -> bool:
        """Return whether all have come within a time. Raises what fetching them raises."""
        end = time.monotonic() + seconds
        with suppress(Empty):
            while self._take(end - time.monotonic()):
                pass
            return True
        return False

    def wait(self, quiet_seconds: float) -> None:
        """Wait until all have come, each within a time. Raises TimeoutError, and what fetching them raises."""
        try:
            while self._take(quiet_seconds):
                pass
        except Empty:
            raise TimeoutError(f"nothing came for {quiet_seconds:.0f} s") from None

    def _take(self, seconds: float) -> bytes:
        piece = self.on_the_way.get(timeout=max(seconds, 0.0))
        if isinstance(piece, Exception):
            raise piece
        self.come.append(piece)
        return piece
