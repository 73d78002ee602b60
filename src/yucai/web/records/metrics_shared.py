"""The numbers of the other processes of one server: each writes its own into a file, whoever is asked reads them all.

A file is named after its process and is written once a second at most, so what another process answered in this moment
shows a second later. Those of processes that are gone are taken away.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from yucai.web.records.metrics import METRICS, Sample, process_samples

__all__ = ["FOLDER", "keep_shared", "samples_of_others", "share"]

FOLDER: Final = "answered"
EVERY_SECONDS: Final = 1.0
_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(list[Sample]).decode


def share(folder: Path) -> None:
    """Write the numbers of this process into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{os.getpid()}.json"
    unfinished = file.with_suffix(".new")
    unfinished.write_bytes(_ENCODE([*METRICS.samples(), *process_samples()]))
    unfinished.replace(file)


def keep_shared(folder: Path) -> None:
    """Share the numbers of this process from now on, in a thread of its own."""

    def run() -> None:
        while True:
            with suppress(OSError):  # a full disk must not end it; the numbers are written again in a second
                share(folder)
            time.sleep(EVERY_SECONDS)

    threading.Thread(target=run, daemon=True, name="numbers of this process").start()


def samples_of_others(folder: Path) -> Iterator[tuple[int, list[Sample]]]:
    """Yield the number of each other process that is there, and its samples."""
    for file in sorted(folder.glob("*.json")):
        number = int(file.stem)
        if number == os.getpid():
            continue
        if not _is_there(number):
            file.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError):  # taken away by another in this moment
            yield number, _DECODE(file.read_bytes())


def _is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    return True
