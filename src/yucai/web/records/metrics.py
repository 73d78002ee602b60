"""What this process has answered, in numbers: counted in memory, told in the text format of Prometheus.

No label names a person, a parameter or an address; stores that do not exist have no label of their own.
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["METRICS", "Metrics", "Sample", "memory_bytes", "rendered"]

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STARTED: Final = time.time()
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number with its labels."""

    name: str
    labels: Labels
    value: float


@dataclass(slots=True)
class _Times:
    """How long requests took: how many within each bound, and all together."""

    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Metrics:
    """Counts of one process; ``metrics_shared`` tells them to the others."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: Counter[tuple[str, str, str]] = Counter()
        self.stored: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.times: dict[tuple[str, str], _Times] = {}

    def note(self, *, store: str, method: str, status: int, seconds: float, stored: int, given: int) -> None:
        """Count one request."""
        with self.lock:
            self.requests[store, method, str(status)] += 1
            self.stored[store] += stored
            self.given[store] += given
            if status >= 400:
                self.refused[store, str(status)] += 1
            times = self.times.get((store, method))
            if times is None:
                times = self.times[store, method] = _Times()
            times.within[bisect_left(BOUNDS, seconds)] += 1
            times.seconds += seconds

    def samples(self) -> Iterator[Sample]:
        """Yield every count."""
        with self.lock:
            requests, refused = dict(self.requests), dict(self.refused)
            stored, given = dict(self.stored), dict(self.given)
            times = {key: (list(one.within), one.seconds) for key, one in self.times.items()}
        for (store, method, status), n in sorted(requests.items()):
            told = (("store", store), ("method", method), ("status", status))
            yield Sample(name="yucai_records_requests_total", labels=told, value=n)
        for name, counts in (("stored", stored), ("given", given)):
            for store, n in sorted(counts.items()):
                yield Sample(name=f"yucai_records_statements_{name}_total", labels=(("store", store),), value=n)
        for (store, status), n in sorted(refused.items()):
            labels = (("store", store), ("status", status))
            yield Sample(name="yucai_records_refused_total", labels=labels, value=n)
        for (store, method), (within, seconds) in sorted(times.items()):
            yield from _histogram(store, method, within, seconds)


def _histogram(store: str, method: str, within: list[int], seconds: float) -> Iterator[Sample]:
    name, labels, so_far = "yucai_records_request_seconds", (("store", store), ("method", method)), 0
    for bound, n in zip((*map(str, BOUNDS), "+Inf"), within, strict=True):
        so_far += n
        yield Sample(name=f"{name}_bucket", labels=(*labels, ("le", bound)), value=so_far)
    yield Sample(name=f"{name}_sum", labels=labels, value=seconds)
    yield Sample(name=f"{name}_count", labels=labels, value=so_far)


METRICS: Final = Metrics()
HELP: Final[Mapping[str, tuple[str, str]]] = {
    "yucai_records_requests_total": ("counter", "Requests answered."),
    "yucai_records_statements_stored_total": ("counter", "Statements taken, also those that were here already."),
    "yucai_records_statements_given_total": ("counter", "Statements given back."),
    "yucai_records_refused_total": ("counter", "Requests answered with a status of 400 or more."),
    "yucai_records_request_seconds": ("histogram", "Seconds from a request to its answer."),
    "yucai_records_follower_behind_seconds": ("gauge", "Age of the oldest statement that a follower has not done."),
    "yucai_records_statements": ("gauge", "Statements held, as far as they are counted."),
    "yucai_records_refused_waiting": ("gauge", "Refused deliveries that wait for the office."),
    "process_resident_memory_bytes": ("gauge", "Resident memory size in bytes."),
    "process_start_time_seconds": ("gauge", "Start time of the process since unix epoch in seconds."),
    "process_cpu_seconds_total": ("counter", "Total user and system CPU time spent in seconds."),
}


def process_samples() -> Iterator[Sample]:
    """Yield what this process takes of the machine."""
    memory = memory_bytes()
    if memory is not None:
        yield Sample(name="process_resident_memory_bytes", labels=(), value=memory)
    yield Sample(name="process_start_time_seconds", labels=(), value=STARTED)
    yield Sample(name="process_cpu_seconds_total", labels=(), value=time.process_time())


def memory_bytes() -> int | None:
    """Return the memory that this process holds now; None where the system does not tell."""
    told = Path("/proc/self/statm")
    if not told.is_file():
        return None
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def rendered(told: Mapping[str, Iterable[Sample]]) -> str:
    """Return samples in the text format 0.0.4, by the process that tells them."""
    families: dict[str, list[str]] = {name: [] for name in HELP}
    for worker, samples in told.items():
        for one in samples:
            families[_family(one.name)].append(_line(one, worker))
    lines: list[str] = []
    for name, (kind, says) in HELP.items():
        if families[name]:
            lines += [f"# HELP {name} {says}", f"# TYPE {name} {kind}", *families[name]]
    return "\n".join(lines) + "\n"


def _family(name: str) -> str:
    for end in ("_bucket", "_sum", "_count"):
        if name.removesuffix(end) in HELP:
            return name.removesuffix(end)
    return name


def _line(one: Sample, worker: str) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in (*one.labels, ("worker", worker)))
    return f"{one.name}{{{labels}}} {one.value:.17g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
