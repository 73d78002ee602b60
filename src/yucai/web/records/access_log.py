"""The access log of the record stores: one line for each request, in files that are changed when they are full."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final

__all__ = ["AccessLog"]

MOST_BYTES: Final = 20_000_000
OLD_FILES: Final = 2


class AccessLog:
    """Appends lines to a file. Each is written at once and whole, also where several processes write to it."""

    def __init__(self, file: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.file, self.most_bytes = file, most_bytes
        self.lock = threading.Lock()
        self.opened: int | None = None
        self.left = 0  # bytes, before the size of the file is looked at
        self.second, self.stamp = -1, ""

    def write(self, said: str) -> None:
        """Append a line with the time before it."""
        with self.lock:
            now = time.time()
            if int(now) != self.second:
                self.second = int(now)
                self.stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
            line = f"{self.stamp},{int(now * 1000) % 1000:03d} {said}\n".encode("utf-8", "replace")
            if self.opened is None or self.left < len(line):
                self.opened = self._open()
            os.write(self.opened, line)
            self.left -= len(line)

    def _open(self) -> int:
        """Open the file; one that is full steps back behind those that are older."""
        if self.opened is not None:
            os.close(self.opened)
        if self.file.exists() and self.file.stat().st_size >= self.most_bytes - LONGEST_LINE:
            for n in range(OLD_FILES, 0, -1):
                before = self.file.with_name(f"{self.file.name}.{n - 1}") if n > 1 else self.file
                if before.exists():
                    before.replace(self.file.with_name(f"{self.file.name}.{n}"))
        opened = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.left = max(self.most_bytes - os.fstat(opened).st_size, LONGEST_LINE)
        return opened

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        with self.lock:
            if self.opened is not None:
                os.close(self.opened)
            self.opened, self.left = None, 0


LONGEST_LINE: Final = 500
